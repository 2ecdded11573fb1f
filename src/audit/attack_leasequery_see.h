/* SPDX-License-Identifier: ISC
 *
 * audit/attack_leasequery_see: questions, answers and what hides behind DHCPTLS, as they are noted while messages pass;
 * attack_leasequery.c judges. Bounded.
 */
#pragma once

#include "audit/attack_internal.h"

enum {
    AUDIT_PENDING_MAX = 256, /* questions that wait for an answer; the oldest goes */
    AUDIT_UNRESOLVED_MAX =
        256,               /* questions about whom nobody knew yet; further ones are passed over */
    AUDIT_HIDDEN_MAX = 16, /* connections; the oldest goes */
};

struct audit_pending {
    uint32_t file, xid, requestor;
    uint8_t type; /* 0: free */
    struct audit_place place;
};
struct audit_unresolved { /* by client identifier or address */
    struct slice client_id;
    uint32_t address, requestor;
    uint8_t type;
    bool resolved;
    struct audit_place place;
};
struct audit_hidden { /* behind DHCPTLS */
    uint32_t requestor, server, network;
    uint16_t port; /* the requestor's */
    bool refused;
    bool serves; /* somebody among the clients */
    struct audit_place place;
};
struct audit_asked {
    struct audit_pending pending[AUDIT_PENDING_MAX];
    struct audit_unresolved unresolved[AUDIT_UNRESOLVED_MAX];
    struct audit_hidden hidden[AUDIT_HIDDEN_MAX];
    size_t pending_next, unresolved_n, hidden_next;
};

/* The server has the client's lease, or is on its network. */
bool audit_is_hidden_for(const struct audit_client *client, const struct audit_hidden *hidden);
