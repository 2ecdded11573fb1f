/* SPDX-License-Identifier: ISC
 *
 * audit/server_given: which address a server gave each client first, whether it came again, and what strategy that
 * makes (audit/allocation.h).
 */
#pragma once

#include "audit/audit.h"

struct server_seen {
    uint32_t *slots;  /* of (client, network): index of given, plus 1; open addressing */
    uint32_t slots_n; /* a power of two, at most half full; 0: none yet */
    uint32_t given_size;
    uint8_t told[32]; /* a bit for each option that was volunteered and said */
};

/* An OFFER or ACK. 0 or -ENOMEM. */
MUST_USE int server_given_see(struct audit *audit, const struct audit_client *client,
                              const struct audit_message *m, struct audit_server *server);
void server_given_released(struct audit_server *server, const struct audit_client *client,
                           const struct audit_message *m);
/* Strategy, prediction and who came again. 0 or -ENOMEM. */
MUST_USE int server_given_judge(const struct audit *audit, struct audit_server *server);
/* Of all servers: clients that got an address on several networks, and the same offset there. 0 or -ENOMEM. */
MUST_USE int server_given_moved(struct audit *audit);
