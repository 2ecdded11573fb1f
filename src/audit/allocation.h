/* SPDX-License-Identifier: ISC
 *
 * audit/allocation: how a server chooses addresses (RFC 7819 §4.2), from the first address that each client was
 * given. Every model says which address comes next; the one that is right most often, for the fewest
 * parameters, is the likeliest. Pure.
 */
#pragma once

#include "audit/server.h"

enum {
    ALLOCATION_CASES_MIN = 10,     /* below that: unknown */
    ALLOCATION_CASES_MAX = 4096,   /* looked at, of a server; the first ones */
    ALLOCATION_POOL_MAX = 1 << 20, /* addresses from the first to the last of a network */
};

struct allocation_case {
    uint32_t address;
    uint32_t network, subnet;  /* each subnet of a network has a pool of its own */
    int64_t from_us, until_us; /* AUDIT_NO_TIME: unknown */
    uint8_t hardware[16];
    uint8_t hlen;
    struct slice client_id; /* option 61; empty: none was sent */
};

/* cases: in order of time. Sets strategy, detail, likelihood, predicted, held_out and the pool of *out. 0 or
 * -ENOMEM. */
MUST_USE int allocation_infer(const struct allocation_case *cases, size_t n,
                              struct audit_allocation *out);
