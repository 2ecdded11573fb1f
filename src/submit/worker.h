/* SPDX-License-Identifier: ISC
 *
 * submit/worker: one unprivileged process with one loop and its sessions.
 */
#pragma once

#include "auth/auth.h"
#include "auth/policy_server.h"
#include "conf/conf.h"
#include "device/location.h"
#include "device/policy.h"
#include "net/threads.h"
#include "net/tls.h"
#include "service/serving.h"
#include "submit/admission.h"
#include "submit/maildir.h"
#include "submit/metrics.h"
#include "submit/recorder.h"
#include "submit/session.h"
#include "submit/upstream.h"

struct client;

#define WORKER_NETWORKS_MAX 64

/* What the parent hands to a worker; all of it was made before the fork. */
struct worker_setup {
    const struct conf *conf;
    const struct privacy *privacy;
    const struct sender_map *senders; /* NULL: none */
    const struct tls_server *tls;
    const struct policy *policy;
    const struct locations *locations;
    struct counters *counters;
    struct admission *admission;
    struct metrics *metrics;
    uint32_t column; /* its own, in the tables above */
    int recorder_fd; /* to the keeper */
    int ready_fd;    /* one byte is written when it serves */
    int *wake_fds;   /* an eventfd for each column: somebody was asked to go */
    const struct sockets *sockets;
};

struct worker {
    const struct worker_setup *setup;
    struct submit_setup session; /* what every session shares */
    struct loop *loop;
    struct thread_pool *threads;
    struct auth_backend *auth;
    struct policy_server *policy_server; /* NULL: none is asked */
    struct store *store;                 /* the registry, for reading; see worker_store */
    int64_t store_retry_us;
    int store_error;             /* of the last try; said once */
    struct upstreams *upstreams; /* NULL: deliveries go to a Maildir */
    struct maildir_setup maildir;
    struct recorder *recorder;
    struct network proxies[WORKER_NETWORKS_MAX];
    size_t proxies_n;
    struct serving serving; /* it has the count of clients */
    struct loop_watch wake;
    struct loop_timer warm_up;
    struct client **by_slot; /* indexed by admission slot */
    size_t by_slot_n;
    struct client *clients; /* all of them */
    uint32_t waiting;       /* sessions that wait out a failure-delay */
    int64_t serve_by_us;    /* warming up ends then */
    bool learned;           /* an upstream has answered, or none will */
    bool let_in;            /* clients are */
    bool failed;
};

/* Runs until told to stop; the exit status of the process. */
int worker_run(const struct worker_setup *setup);
/* The registry, or NULL while it cannot be opened: policy then goes on from memory. */
struct store *worker_store(struct worker *w);
