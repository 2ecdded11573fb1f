/* SPDX-License-Identifier: ISC
 *
 * audit/presence: on which network a client was when, and with which addresses.
 */
#pragma once

#include "audit/evidence.h"

struct audit;
struct audit_client;
struct audit_message;

enum { AUDIT_STAYS_MAX = 16, AUDIT_LEASES_MAX = 16, AUDIT_SPANS_MAX = 16 };

struct audit_lease {          /* an ACK, or ciaddr in use */
    uint32_t address, server; /* host order; server: 54, or the giaddr's server, 0 unknown */
    int64_t first_us, last_us, until_us; /* until: the lease time told, or last_us */
    struct audit_place place;            /* of the first */
    bool offered_only;
};

struct audit_span { /* active without a longer pause than the lease lasted (or an hour) */
    int64_t from_us, to_us;
};

struct audit_stay { /* one client on one network */
    struct audit_stay *next;
    uint32_t network;
    uint32_t messages, sightings; /* sightings: exchanges (xid) of its own */
    struct audit_place first, last;
    int64_t first_us, last_us;
    struct audit_lease leases[AUDIT_LEASES_MAX];
    struct audit_span spans[AUDIT_SPANS_MAX]; /* the last one grows when there is no room */
    uint16_t leases_n, spans_n;
};

struct audit_stay *audit_stay_of(const struct audit_client *client,
                                 uint32_t network); /* NULL: none */
MUST_USE int audit_presence_see(struct audit *audit, struct audit_client *client,
                                const struct audit_message *message);
/* Who was known to hold an address on any network: the last stay's client; NULL: nobody. *network is told. */
struct audit_client *audit_holder(const struct audit *audit, uint32_t address, uint32_t *network);
