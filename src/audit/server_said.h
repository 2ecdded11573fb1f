/* SPDX-License-Identifier: ISC
 *
 * audit/server_said: what servers and relay agents tell that nobody had asked for, or that clients should never
 * see. All return 0 or -ENOMEM.
 */
#pragma once

#include "audit/audit.h"

struct server_seen;

/* Options in an OFFER or ACK that the client's parameter request list does not name (RFC 2131 §4.3.1), each once
 * for a server. */
MUST_USE int server_said_unasked(struct audit *audit, const struct audit_client *client,
                                 const struct audit_message *m, struct audit_server *server);
/* Relay agent information in what goes to a client: RFC 3046 §2.1 has the relay agent take it off. */
MUST_USE int server_said_to_client(struct audit *audit, const struct audit_message *m,
                                   struct audit_findings *to);
/* What a relay agent adds of a client's line. */
MUST_USE int server_said_by_relay(struct audit *audit, const struct audit_message *m,
                                  struct audit_findings *to);
