/* SPDX-License-Identifier: ISC
 *
 * submit/target: one entry of `deliver:`. Pure.
 */
#pragma once

#include "base/buf.h"
#include "net/address.h"

struct target {
    const char *name; /* as configured */
    bool lmtp;
    bool local; /* a UNIX socket: address holds it */
    bool maildir;
    const char *path; /* of a Maildir, "/path/%u" */
    char host[256];   /* a name or an IP, without brackets */
    uint16_t port;    /* 25 and 24 by default */
    struct address address;
};

/* spec: smtp://HOST[:PORT], lmtp://HOST[:PORT], lmtp:/PATH, maildir:/PATH; must outlive *out. */
MUST_USE bool target_parse(const char *spec, struct target *out, struct buf *why);
