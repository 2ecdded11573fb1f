/* SPDX-License-Identifier: ISC
 *
 * net/proxy: the PROXY protocol's header, versions 1 and 2 (HAProxy proxy-protocol.txt). Pure.
 */
#pragma once

#include "net/address.h"

#define PROXY_HEADER_MAX 4096 /* v2 with TLVs; longer is refused */

enum proxy_result { PROXY_MORE, PROXY_DONE, PROXY_BAD };

struct proxy_header {
    bool local; /* v2 LOCAL, v1 UNKNOWN: keep the real addresses */
    struct address source, destination;
    size_t length; /* bytes to drop */
};

/* PROXY_MORE: needs more bytes than n. PROXY_BAD: *why says what and where. */
enum proxy_result proxy_parse(struct slice bytes, struct proxy_header *out, struct fault *why);
