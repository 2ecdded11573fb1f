/* SPDX-License-Identifier: ISC
 *
 * submit/events: what happens to sessions, told to the log and to the counters, in one place.
 * The names are the table of postern-events(7).
 */
#pragma once

#include "submit/client.h"

/* What policy said beside its verdict: limits that tripped, delays, dry runs. */
void event_policy(struct client *c, const struct policy_verdict *verdict);
void event_connect(struct client *c);
void event_tls(struct client *c);
void event_tls_failed(struct client *c, const char *reason);
void event_disconnect(struct client *c, const char *reason);
void event_refused_connection(struct worker *w, const struct address *peer, const char *reason);
/* What the session core reports. */
void event_session(struct client *c, const struct submit_want *want);
