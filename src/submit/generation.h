/* SPDX-License-Identifier: ISC
 *
 * submit/generation: all that one configuration needs, and that its workers inherit: opened by the
 * parent, while it may still read keys and bind ports.
 */
#pragma once

#include "conf/conf.h"
#include "device/location.h"
#include "device/policy.h"
#include "net/tls.h"
#include "privacy/pseudonym.h"
#include "service/tree.h"
#include "submit/sender.h"

struct generation {
    struct tree_generation tree;
    struct privacy *privacy;
    struct sender_map *senders;
    struct tls_server *tls;
    struct locations *locations;
    struct policy *policy; /* compiled for the service's counters */
};

/* Takes conf over, and frees it on NULL; then *why has a line for the operator. old: the generation
 * whose sockets stay in use, or NULL. ticket_secret: as for tls_server_new. */
struct generation *generation_open(struct conf *conf, const struct generation *old,
                                   const uint8_t *ticket_secret, struct buf *why);
/* The policy and what it looks up, for the counters that the service keeps through reloads. On false
 * *why has a line for the operator; g is then still to be closed. */
MUST_USE bool generation_police(struct generation *g, const struct counters *counters,
                                struct buf *why);
void generation_close(struct generation *g);
