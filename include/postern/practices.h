/* SPDX-License-Identifier: ISC
 *
 * postern/practices: what a domain says about its mail: should this message have been signed?
 *
 * Three mechanisms behind one interface: Sender Signing Practices (draft-allman-dkim-ssp-02 §4.3),
 * ADSP (RFC 5617), and DMARC's DKIM half (RFC 9989). A check is a machine that asks for DNS and is
 * told answers (postern/dns.h).
 */
#ifndef POSTERN_PRACTICES_H
#define POSTERN_PRACTICES_H

#include "postern/dkim.h"
#include "postern/dns.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- whom the message says it is from ---- */

enum postern_originator_fault { /* why there is no single Originator Address */
                                POSTERN_ORIGINATOR_OK,
                                POSTERN_ORIGINATOR_NO_FROM,
                                POSTERN_ORIGINATOR_SEVERAL_FROM,
                                POSTERN_ORIGINATOR_NO_ADDRESS, /* an empty group */
                                POSTERN_ORIGINATOR_UNREADABLE, /* not RFC 5322 §3.4 */
                                POSTERN_ORIGINATOR_NO_DOMAIN /* a domain literal, or what is no DNS name */
};
const char *postern_originator_fault_text(enum postern_originator_fault fault); /* "no-from", ... */

struct postern_originator;                               /* of one message */
struct postern_originator *postern_originator_new(void); /* NULL: out of memory */
void postern_originator_free(struct postern_originator *o);
/* The value of one From field, behind the colon. 0, or -ENOMEM. */
int postern_originator_from(struct postern_originator *o, const void *value, size_t n);
enum postern_originator_fault postern_originator_fault(const struct postern_originator *o);
/* NULL when there is a fault. address: local part as written (quotes kept), "@", the domain;
 * domain: A-labels, lower case, no final dot. */
const char *postern_originator_address(const struct postern_originator *o);
const char *postern_originator_domain(const struct postern_originator *o);
/* Addresses of the From field in all, and in different domains. */
size_t postern_originator_addresses(const struct postern_originator *o);
size_t postern_originator_domains(const struct postern_originator *o);
/* §2.7: is this signature on behalf of the Originator (whether it is valid or not)? */
int postern_originator_signed(const struct postern_originator *o,
                              const struct postern_dkim_signature *signature);

/* ---- the check ---- */

enum postern_practices_kind { POSTERN_SSP, POSTERN_ADSP, POSTERN_DMARC };
const char *postern_practices_kind_text(enum postern_practices_kind kind); /* "ssp", ... */

enum postern_verdict {
    POSTERN_NON_SUSPICIOUS,
    POSTERN_SUSPICIOUS,
    POSTERN_VERDICT_TEMPERROR, /* DNS could not say; never "suspicious" */
    POSTERN_VERDICT_PERMERROR, /* no single Originator Address, or a record nobody can go by */
    POSTERN_VERDICT_NONE       /* adsp, dmarc: no record to go by */
};
const char *postern_verdict_text(enum postern_verdict verdict); /* "non-suspicious", ... */

struct postern_practices_options {
    enum postern_practices_kind kind;
    uint16_t rrtype;             /* of DKIMP; 65280 */
    const char *const *accepted; /* signers whose third-party signatures count (§2.10): domains, or
                                  * ".domain" for it and all below; NULL or none: all */
    size_t accepted_n;
    unsigned parent_min_labels; /* a parent is asked only with at least so many labels (S13); 1 */
    int user_testing_letter;    /* t=y of a user-level record is not honoured (S9) */
    int local_part_any_case;    /* compare local parts without case (S25) */
};
void postern_practices_options_init(struct postern_practices_options *out,
                                    enum postern_practices_kind kind);

struct postern_practices;

/* Starts the check of one message, its signatures verified. originator and signatures are read now
 * and not kept. NULL: out of memory. */
struct postern_practices *
postern_practices_new(const struct postern_practices_options *options,
                      const struct postern_originator *originator,
                      const struct postern_dkim_signature *const *signatures, size_t signatures_n);
void postern_practices_free(struct postern_practices *p);
/* The next question, 1, or 0: none, or an answer must come first. */
int postern_practices_question(struct postern_practices *p, struct postern_dns_question *out);
void postern_practices_answer(struct postern_practices *p, unsigned id,
                              const struct postern_dns_response *response);

struct postern_practices_query { /* a record asked for, in order */
    const char *name;
    uint16_t type;
    enum postern_dns_answer answer;
    const char *record; /* its text, strings joined, unprintable octets escaped; NULL: none */
};

struct postern_practices_outcome {
    enum postern_verdict verdict;
    const char *practice; /* the word that was applied: "strict", "discardable", "reject"; NULL */
    unsigned step;        /* ssp: of §4.3, the one that decided; 0: none (permerror) */
    const char *result;   /* the word for Authentication-Results: "pass", "unknown", "fail", ... */
    const char *explanation; /* one sentence for people */
    const struct postern_practices_query *queries;
    size_t queries_n;
    const char *const *notes; /* for the log: records ignored, flags skipped, ... */
    size_t notes_n;
    int originator_signature; /* index of the valid one that ended the check, or -1 */
    struct {                  /* ssp */
        unsigned practice;    /* 1-5 of §3 as applied at last; 0: not reached */
        int user_level;       /* practice (4) was met: a user-level query was due */
        int testing;          /* t=y decided */
    } ssp;
    struct {                               /* dmarc */
        const char *organizational_domain; /* of the From domain; NULL: not known */
        const char *record_domain;         /* whose record applies; NULL: none */
        const char *disposition;           /* "none", "quarantine", "reject" after t= */
        const char *policy_tag;            /* "p", "sp" or "np"; NULL */
        int strict_alignment, testing;
    } dmarc;
};
/* NULL while an answer is awaited. Lives as long as p. */
const struct postern_practices_outcome *
postern_practices_outcome(const struct postern_practices *p);

/* ---- publishing ---- */

/* The zone line of an SSP record (RFC 3597): "NAME [TTL] IN TYPE65280 \# ...". p, u, t: values, NULL:
 * left out. malloc'ed, no newline; NULL: *why has a static text. */
char *postern_practices_record(const char *name, uint16_t rrtype, const char *p, const char *u,
                               const char *t, const char **why);
/* "<user>._user.<domain>" of §4.1 for a local part as written (quotes are taken off, what no label
 * may hold is removed, cut at 63). malloc'ed; NULL: nothing is left, or it is too long. */
char *postern_practices_user_name(const char *local_part, const char *domain);

/* ---- mailing lists (§5) ---- */

enum postern_list_kind { POSTERN_LIST_RESENDING, POSTERN_LIST_VERBATIM, POSTERN_LIST_DIGEST };
enum postern_list_action {
    POSTERN_LIST_SIGN,  /* sign for the Sender's address */
    POSTERN_LIST_LEAVE, /* pass on unsigned: signing would imply what is not so */
    POSTERN_LIST_REJECT
};

struct postern_list_message { /* what is known of it */
    enum postern_list_kind kind;
    enum postern_dkim_result verified;             /* of the message as it came */
    const struct postern_practices_outcome *check; /* ssp; NULL: none was made */
    /* ssp again, made without signatures: what the domain says, which a check that ends at a valid
     * Originator Signature does not ask. For reject_strict; NULL: `check` has to do. */
    const struct postern_practices_outcome *published;
    int has_sender;        /* a Sender field is there */
    int reject_suspicious; /* options of the operator */
    int reject_strict;     /* mail of strict domains cannot be re-sent: refuse it at the list */
};
struct postern_list_decision {
    enum postern_list_action action;
    int add_sender;  /* with the list's address */
    const char *why; /* one line */
};
void postern_list_decide(const struct postern_list_message *message,
                         struct postern_list_decision *out);

#ifdef __cplusplus
}
#endif
#endif
