/* SPDX-License-Identifier: ISC
 *
 * smtp/command: one command line to a verb and its argument (RFC 5321 §4.1.1).
 * Pure: no I/O, no allocation; results point into the line.
 */
#pragma once

#include "base/slice.h"

/* Every verb that we know; RFC 5321 and its kin name more than a submission server hears. */
enum smtp_verb {
    SMTP_AUTH,
    SMTP_BDAT,
    SMTP_CLIENTID,
    SMTP_DATA,
    SMTP_EHLO,
    SMTP_ETRN,
    SMTP_EXPN,
    SMTP_HELO,
    SMTP_HELP,
    SMTP_MAIL,
    SMTP_NOOP,
    SMTP_QUIT,
    SMTP_RCPT,
    SMTP_RSET,
    SMTP_STARTTLS,
    SMTP_VRFY,
    SMTP_VERB_COUNT,
    SMTP_UNKNOWN = SMTP_VERB_COUNT,
};

struct smtp_command {
    enum smtp_verb verb;
    struct slice word;     /* the verb as it was sent */
    struct slice argument; /* behind the first space; trailing white space cut; may be empty */
    bool argument_given;   /* a space stood behind the verb */
};

/* line: without CRLF. On false (no verb, or a control byte other than TAB) *why says what and
 * where, and *out is untouched. Verbs compare without case. */
MUST_USE bool smtp_command_parse(struct slice line, struct smtp_command *out, struct fault *why);

/* "MAIL", or "?" for SMTP_UNKNOWN: bounded text for logs and metrics. */
const char *smtp_verb_name(enum smtp_verb verb);
