/* SPDX-License-Identifier: ISC
 *
 * audit/claim: addresses that a client brings along (50, ciaddr) and what became of them: RFC 7819 §5.4,
 * RFC 7844 §3.2, §3.3.
 */
#pragma once

#include "audit/evidence.h"

struct audit;
struct audit_client;
struct audit_message;

enum { AUDIT_CLAIMS_MAX = 8 };

enum audit_claim_outcome {
    AUDIT_CLAIM_OPEN, /* nobody answered */
    AUDIT_CLAIM_CONFIRMED, /* ACK or OFFER of that very address by this network, or seen given here before */
    AUDIT_CLAIM_OTHER,   /* another address was given instead */
    AUDIT_CLAIM_REFUSED, /* NAK */
};

struct audit_claim {
    uint32_t address;
    uint32_t network; /* where it was claimed */
    bool in_discover, init_reboot, in_ciaddr;
    enum audit_claim_outcome outcome;
    struct audit_place place; /* of the claim */
    struct audit_place outcome_place;
    uint32_t xid;
    uint32_t given;  /* the address that this network gave instead; 0: none */
    uint32_t server; /* who answered: 54, or the relay agent; 0: nobody */
    bool from_known; /* somebody had this address on another network when it was claimed ... */
    uint32_t from, from_client; /* ... on this one, this client */
    int64_t time_us;
};

struct audit_claims {
    struct audit_claim at[AUDIT_CLAIMS_MAX];
    uint16_t n;
    uint32_t dropped;
};

MUST_USE int audit_claims_see(struct audit *audit, struct audit_client *client,
                              const struct audit_message *message);
