/* SPDX-License-Identifier: ISC
 *
 * smtp/xclient: one XCLIENT command (Postfix XCLIENT_README). Pure.
 */
#pragma once

#include "base/buf.h"

struct smtp_xclient_facts {
    unsigned offered;     /* of enum smtp_xclient: only these are sent */
    struct slice address; /* "192.0.2.1" or "2001:db8::1" (sent with IPV6:) ; empty: unknown */
    uint16_t port;
    struct slice helo, login;
};
/* "XCLIENT NAME=[UNAVAILABLE] ADDR=... PROTO=ESMTP ...\r\n", values in xtext. Nothing is written
 * when no attribute is offered. */
void smtp_xclient_write(struct buf *out, const struct smtp_xclient_facts *facts);
