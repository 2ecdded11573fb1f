/* SPDX-License-Identifier: ISC
 *
 * milter/worker: one unprivileged process with one loop, one resolver, one cache of keys, and the
 * connections of MTAs.
 */
#pragma once

#include "conf/conf.h"
#include "milter/setup.h"
#include "service/serving.h"
#include "verify/verification.h"

struct milter_client;
struct privacy;

struct milter_worker_setup { /* what the parent hands over; all of it was made before the fork */
    const struct conf *conf;
    const struct privacy *privacy;
    const struct postern_dkim_private *const *keys; /* of conf->milter.sign */
    const struct sockets *sockets;
    unsigned workers; /* of the generation: they share the limit on connections */
    int ready_fd;     /* one byte is written when it serves */
};

struct milter_worker {
    const struct milter_worker_setup *setup;
    struct milter_setup session; /* what every session goes by */
    struct verification_setup verification;
    struct postern_practices_options practices[MILTER_KINDS];
    struct loop *loop;
    struct serving serving;        /* it has the count of clients */
    struct milter_client *clients; /* all of them */
    uint32_t clients_max;
    int64_t full_said_us;
    bool unvalidated_said;
    bool paused; /* full: none is accepted */
};

/* Runs until told to stop; the exit status of the process. */
int milter_worker_run(const struct milter_worker_setup *setup);
/* The number of clients has changed. */
void milter_worker_recount(struct milter_worker *w);
/* A message was verified: says once if its DNS answers were believed without DNSSEC. */
void milter_worker_verified(struct milter_worker *w);
