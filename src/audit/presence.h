/* SPDX-License-Identifier: ISC
 *
 * audit/presence: on which network a client was when, and with which addresses.
 */
#pragma once

#include "audit/evidence.h"

struct audit;
struct audit_client;
struct audit_message;

enum { AUDIT_STAYS_MAX = 64, AUDIT_LEASES_MAX = 16, AUDIT_SPANS_MAX = 16 };

struct audit_lease {          /* an OFFER, an ACK, or ciaddr in use */
    uint32_t address, server; /* host order; server: 54, 0 unknown */
    int64_t first_us, last_us,
        until_us;             /* until: the lease time told (RELEASE: then), or last_us */
    struct audit_place place; /* of the first */
    bool offered_only;        /* no ACK of it was seen */
    bool claimed_only; /* only the client says so: ciaddr of INFORM, or of a RENEWING REQUEST */
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
    struct audit_lease *leases; /* at most AUDIT_LEASES_MAX; grown by doubling */
    struct audit_span *spans;   /* at most AUDIT_SPANS_MAX; then the last one grows */
    uint32_t exchange;          /* number of the last one, as the client counts */
    uint16_t leases_n, leases_size, spans_n, spans_size;
    bool gone; /* it has released: what follows is another span */
};

struct audit_stay *audit_stay_of(const struct audit_client *client,
                                 uint32_t network); /* NULL: none */
MUST_USE int audit_presence_see(struct audit *audit, struct audit_client *client,
                                const struct audit_message *message);
/* Who was known to hold an address (an ACK, ciaddr in use), on any network: the last one; NULL: nobody. *network
 * is told. */
struct audit_client *audit_holder(const struct audit *audit, uint32_t address, uint32_t *network);
/* The last one that held it on this network; NULL: nobody. */
struct audit_client *audit_holder_on(const struct audit *audit, uint32_t network, uint32_t address);
/* The client itself had this address on a network other than `but`: that stay; NULL: on none. */
struct audit_stay *audit_stay_with(const struct audit_client *client, uint32_t address,
                                   uint32_t but);
