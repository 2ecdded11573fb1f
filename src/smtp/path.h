/* SPDX-License-Identifier: ISC
 *
 * smtp/path: reverse- and forward-paths (RFC 5321 §4.1.2, RFC 6531 §3.3). Pure.
 * Results point into the argument.
 */
#pragma once

#include "base/slice.h"

#define SMTP_LOCAL_MAX \
    192 /* over the 64 of RFC 5321 §4.5.3.1.1: VERP and reply addresses are longer */
#define SMTP_DOMAIN_MAX 255 /* §4.5.3.1.2 */
#define SMTP_PATH_MAX   256 /* §4.5.3.1.3, with the angle brackets */

struct smtp_path {
    struct slice mailbox; /* "local@domain" as sent, without <>, without a source route; "" is <> */
    struct slice local;   /* as sent, quotes included */
    struct slice domain;  /* name, A-label, U-label or address literal; empty: bare <Postmaster> */
    bool utf8;            /* holds a byte above 0x7f */
};

enum smtp_path_kind { SMTP_REVERSE, SMTP_FORWARD };

/* argument: all behind "FROM:" or "TO:" (white space there is tolerated, RFC 5321 §4.1.1 errata
 * notwithstanding: clients send it). A reverse-path may be <>; a forward-path may be <Postmaster>.
 * *rest is what follows the ">": empty or parameters. A missing "<" is a fault. UTF-8 is accepted
 * and marked: the caller knows whether SMTPUTF8 was asked for. */
MUST_USE bool smtp_path_parse(struct slice argument, enum smtp_path_kind kind,
                              struct smtp_path *out, struct slice *rest, struct fault *why);
/* "local@domain" without brackets, whole input. */
MUST_USE bool smtp_mailbox_parse(struct slice text, struct smtp_path *out, struct fault *why);
/* True when a and b name the same mailbox: domains without case, local parts octet for octet
 * after unquoting; with fold_local local parts without case too. */
bool smtp_mailbox_equal(const struct smtp_path *a, const struct smtp_path *b, bool fold_local);
/* The local part without its quotes and backslashes, into out (room for SMTP_LOCAL_MAX + 2). */
struct slice smtp_local_unquote(struct slice local, uint8_t *out);
/* RFC 5321 Domain or address-literal, RFC 6531 U-labels allowed. */
bool smtp_is_domain(struct slice text);
