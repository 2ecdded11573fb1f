/* SPDX-License-Identifier: ISC
 *
 * audit/server: servers and relay agents: what they volunteer, what they leak, and how servers choose addresses
 * (RFC 7819 §4.2). allocation.c infers the strategy; pure.
 */
#pragma once

#include "audit/evidence.h"

struct audit;
struct audit_client;
struct audit_message;

enum audit_strategy {
    AUDIT_STRATEGY_UNKNOWN,   /* fewer than ten clients */
    AUDIT_STRATEGY_ITERATIVE, /* the next, or the lowest free */
    AUDIT_STRATEGY_LRU,
    AUDIT_STRATEGY_IDENTIFIER,    /* low bits of the hardware address */
    AUDIT_STRATEGY_HASH,          /* a known one without a key: which stands in detail */
    AUDIT_STRATEGY_UNPREDICTABLE, /* random, or keyed */
    AUDIT_STRATEGIES,
};
const char *audit_strategy_text(enum audit_strategy strategy); /* "iterative", "lru", ... */

struct audit_given { /* the first address that a server gave a client on a network, in order */
    uint32_t address;
    uint32_t client; /* number */
    uint32_t network,
        subnet;   /* each has a pool of its own; a named network may have many subnets */
    uint32_t xid; /* of the latest exchange */
    bool wished;  /* the client had asked for it: says nothing of the server's choice */
    bool returned, returned_same; /* the client came again; and got the same address each time */
    int64_t time_us,
        until_us; /* until: the lease's end, as far as was seen; AUDIT_NO_TIME: unknown */
    struct audit_place place;
};

struct audit_allocation {
    enum audit_strategy strategy;
    const char *detail; /* static: "next free", "SDBM over the hardware address (dnsmasq)", ... */
    double likelihood[AUDIT_STRATEGIES]; /* posterior of each, sums to 1 */
    double predicted;                    /* share of the held-out tail that was predicted exactly */
    uint32_t held_out;                   /* how many were tried */
    uint32_t pool_first, pool_last;      /* the pool as inferred */
    uint32_t returning, returning_same;  /* clients that came back; with the same address */
    uint32_t moved, moved_same; /* clients on several networks of it; with the same offset */
    struct audit_given *given;  /* bounded by the number of clients */
    size_t given_n;
    size_t judged; /* of those the ones that were not wished for: the strategy goes by them */
};

struct audit_server {
    uint32_t id;      /* 54 */
    uint32_t network; /* what its file belongs to; with id, how it is known */
    uint32_t link;    /* where it answered without a relay agent last */
    uint8_t hardware[6];
    bool has_hardware, direct, rogue; /* direct: answers without a relay agent;
                                        * rogue: a busier one answers on this link, too */
    uint32_t messages;
    struct audit_allocation allocation;
    struct audit_findings volunteered; /* options that no client had asked for */
    struct audit_findings leaked;      /* 82 in what went to clients, names, locations */
    struct server_seen *seen;          /* server.c's own */
};

struct audit_relay { /* a giaddr */
    uint32_t address, network;
    uint32_t messages;
    struct audit_findings added; /* 82 as it adds it, and 82 that it passed on to clients */
};

MUST_USE int audit_servers_see(struct audit *audit, struct audit_client *client,
                               const struct audit_message *message);
MUST_USE int audit_servers_judge(struct audit *audit);
/* This address was giaddr in a message of a client. */
bool audit_is_relay(const struct audit *audit, uint32_t address);
