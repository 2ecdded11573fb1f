/* SPDX-License-Identifier: ISC
 *
 * smtp/capability: what an upstream's EHLO (or LHLO) reply offers. Pure.
 */
#pragma once

#include "base/slice.h"

enum smtp_capability {
    SMTP_CAP_PIPELINING = 1 << 0,
    SMTP_CAP_SIZE = 1 << 1,
    SMTP_CAP_8BITMIME = 1 << 2,
    SMTP_CAP_BINARYMIME = 1 << 3,
    SMTP_CAP_SMTPUTF8 = 1 << 4,
    SMTP_CAP_CHUNKING = 1 << 5,
    SMTP_CAP_DSN = 1 << 6,
    SMTP_CAP_ENHANCEDSTATUSCODES = 1 << 7,
    SMTP_CAP_STARTTLS = 1 << 8,
    SMTP_CAP_AUTH = 1 << 9,
    SMTP_CAP_XCLIENT = 1 << 10,
};

enum smtp_xclient { /* attributes offered behind XCLIENT */
                    SMTP_XCLIENT_NAME = 1 << 0,
                    SMTP_XCLIENT_ADDR = 1 << 1,
                    SMTP_XCLIENT_PORT = 1 << 2,
                    SMTP_XCLIENT_PROTO = 1 << 3,
                    SMTP_XCLIENT_HELO = 1 << 4,
                    SMTP_XCLIENT_LOGIN = 1 << 5,
};

struct smtp_capabilities {
    unsigned offered; /* of enum smtp_capability */
    unsigned xclient; /* of enum smtp_xclient */
    uint64_t size;    /* SIZE's argument; 0: no fixed maximum */
};

/* lines: all of the reply, as smtp_reply_parse gives it. What is not known is ignored. */
void smtp_capabilities_parse(struct slice lines, struct smtp_capabilities *out);
