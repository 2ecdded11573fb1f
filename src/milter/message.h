/* SPDX-License-Identifier: ISC
 *
 * milter/message: what is known of one message, and what is done with it. Plain data.
 */
#pragma once

#include "base/arena.h"
#include "milter/forged.h"
#include "milter/macros.h"
#include "milter/signing.h"

#define MILTER_REPORTED_MAX 32  /* signatures in one Authentication-Results */
#define MILTER_WHY_MAX      256 /* octets of a line, with a NUL */
#define MILTER_LINE_MAX     998 /* octets of a line of the body that any hop takes, without CRLF */
#define MILTER_SENDER_MAX   512 /* octets kept of the envelope's sender, with a NUL */

/* What the verification found, in plain data (so that a test can write it). */
struct milter_verified {
    const struct postern_dkim_signature *signatures[MILTER_REPORTED_MAX]; /* top first */
    size_t signatures_n;
    size_t signatures_more;                                          /* there were, beyond those */
    const struct postern_practices_outcome *practices[MILTER_KINDS]; /* by kind; NULL: not asked */
    /* ssp again, made without signatures: what the domain says of all its mail, for a list's
     * reject-strict; NULL: it was not asked, and the check above has to do. */
    const struct postern_practices_outcome *published;
    enum postern_dkim_result result;
    unsigned faults; /* enum postern_message_fault */
};

enum milter_action {
    MILTER_ACCEPT,
    MILTER_REJECT,     /* 550 5.7.1 */
    MILTER_QUARANTINE, /* accepted, and kept by the MTA for its operator */
    MILTER_TEMPFAIL,   /* 451 4.7.x */
};
const char *milter_action_text(enum milter_action action); /* "accept", "reject", ... */

/* How a message ended, for the log and for counters. */
struct milter_report {
    enum milter_role role;
    enum milter_action action;
    const char *action_why;    /* static; NULL: nothing to say */
    char from[DOMAIN_MAX + 1]; /* the domain of From; "": there is no single one */
    bool verified;             /* the next ones hold */
    enum postern_dkim_result dkim;
    unsigned step; /* ssp: the one that decided */
    size_t signatures;
    unsigned faults;                     /* enum postern_message_fault */
    const char *practices[MILTER_KINDS]; /* the word of each: "pass", "unknown", ...; NULL */
    char signed_by[MILTER_WHY_MAX];      /* "example.com/s1 example.com/s2", cut; "": it is not */
    char not_signed[MILTER_WHY_MAX];     /* why not, one line; "": it is */
    uint32_t forged;                     /* Authentication-Results that claimed to be ours */
    bool eight_bit;                      /* of what was signed */
    int error;                           /* negative: a failure on our side */
    size_t longest_line;                 /* of what was signed */
    uint64_t size;                       /* octets of header and body */
};

struct milter_message {
    bool open;                      /* MAIL was seen, and no end */
    bool begun;                     /* its header, too */
    bool sender_seen;               /* a Sender field */
    bool header_over;               /* more of a header than is looked at */
    struct milter_macros macros;    /* of the message: they hold before the connection's */
    char sender[MILTER_SENDER_MAX]; /* of the envelope, without <> */
    struct postern_originator *originator;
    struct postern_dkim_signer *signer; /* NULL: it is not to be signed */
    size_t rows[SIGNING_ROWS_MAX];      /* of milter.sign, that sign it */
    size_t rows_n;
    struct forged forged;
    uint64_t header, body; /* octets */
    const char *differs;   /* why nobody may go by its header; static; NULL: one may */
    const struct conf_list_manager *list; /* NULL: not of a list manager */
    bool sender_added;                    /* for the list, and signed */
    int error;                            /* negative: a failure on our side, signing */
    struct milter_report report;
};
