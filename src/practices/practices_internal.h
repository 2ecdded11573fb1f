/* SPDX-License-Identifier: ISC
 *
 * practices_internal: what the files of this room share: a check, and what a mechanism is to it.
 *
 * check.c owns the check: it reads the signatures, answers permerror where there is no single
 * Originator Address, hands out questions and takes answers. A mechanism (ssp.c, adsp.c, dmarc.c) is
 * two functions: `start` asks the first questions or decides at once, `answer` is told each answer
 * and asks more or decides. It ends by practices_decide; questions still open are then dropped.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "message/domain.h"
#include "postern/practices.h"

#define PRACTICES_NOTES_MAX 32 /* of one check; more are dropped */

struct postern_originator {
    struct arena arena;
    unsigned fields; /* From fields seen */
    enum postern_originator_fault fault;
    size_t addresses, domains;
    const char *address; /* local part as written, "@", domain */
    struct slice local;  /* as written */
    struct slice user;   /* what it means: without quotes and backslashes */
    struct domain domain;
};
/* §2.7: does identity (i= decoded, or "@" and d=) match the Originator Address? any_case: local parts
 * are compared without case (S25). */
bool originator_matches(const struct postern_originator *o, const char *identity, bool any_case);

/* A signature that passed or whose key could not be had: no other one counts. */
struct practices_signature {
    size_t index;       /* in the message */
    const char *domain; /* d=, A-labels, lower case */
    bool valid;         /* pass; false: temperror */
    bool originator;    /* §2.7, valid or not */
    bool accepted;      /* §2.10; true for all where no list is configured */
};

struct practices_mechanism {
    size_t state_size; /* of p->state, zeroed */
    size_t most;       /* queries of one check: asking for more is a fault of ours (temperror) */
    void (*start)(struct postern_practices *p);
    /* id: what practices_ask gave. */
    void (*answer)(struct postern_practices *p, unsigned id,
                   const struct postern_dns_response *response);
};
/* check.c has the table of them. */
extern const struct practices_mechanism practices_ssp, practices_adsp, practices_dmarc;

struct postern_practices {
    struct arena arena; /* everything of this check */
    const struct practices_mechanism *mechanism;
    void *state; /* the mechanism's own */

    /* What the check goes by. Strings of the caller were copied. */
    struct postern_practices_options options; /* accepted: NULL, see the signatures */
    bool accepted_listed;                     /* a list of accepted signers is configured */
    const char *address;                      /* Originator Address; NULL only with permerror */
    struct slice user;                        /* its local part, unquoted */
    struct domain domain;                     /* of the Originator Address */
    size_t domains;                           /* different ones in From */
    const struct practices_signature *signatures;
    size_t signatures_n;

    /* Filled by the mechanism; verdict, result, explanation, queries and notes by the calls below. */
    struct postern_practices_outcome outcome;

    struct postern_practices_query *queries; /* outcome.queries, to be written */
    struct practices_asked *asked;           /* what became of each: check.c's */
    const char **notes;                      /* outcome.notes, to be written */
    bool decided, failed;                    /* failed: no memory, or more than `most` queries */
};

/* Asks; name: A-labels, no final dot, copied. Several questions may be open. The id is the index of
 * the query in outcome.queries, and what `answer` is given. */
unsigned practices_ask(struct postern_practices *p, const char *name, uint16_t type);
/* What `queries` shows as the record of query id; without it the common reading is shown: strings of
 * each record joined, escaped, several records with " | " between them. NULL: none. */
void practices_show_record(struct postern_practices *p, unsigned id, const char *text);

/* One more line for the log. Whatever comes from outside goes through practices_escape. */
void practices_note(struct postern_practices *p, const char *format, ...) PRINTF(2, 3);
/* Text in the check's arena; never NULL ("out of memory"). */
const char *practices_text(struct postern_practices *p, const char *format, ...) PRINTF(2, 3);
/* Printable ASCII as it is, other octets and the backslash as \DDD, cut where it is very long; never
 * NULL. */
const char *practices_escape(struct postern_practices *p, struct slice octets);
void practices_escape_into(struct buf *out, struct slice octets);
/* The check ends. result: the word for Authentication-Results. */
void practices_decide(struct postern_practices *p, enum postern_verdict verdict, const char *result,
                      const char *format, ...) PRINTF(4, 5);

/* What a local part means: without quotes, backslashes undone. room: at least written.n octets. */
struct slice practices_unquote(struct slice written, uint8_t *room);

/* §4.1: "<user>._user.<domain>" of an unquoted local part; malloc'ed; NULL: nothing is left of it, or
 * the name is too long, or no memory. */
char *practices_user_name(struct slice user, const struct domain *domain);

/* RDATA of TXT and its like: character-strings joined (RFC 6376 §3.6.2.2). False: a length runs over
 * the end, there is no string at all, or no memory. */
MUST_USE bool practices_strings(struct arena *arena, struct postern_octets rdata,
                                struct slice *out);
