/* SPDX-License-Identifier: ISC
 *
 * What the parent's files share: service.c (what it opens, and what its workers get) and keeper_child.c
 * (the keeper: its start and its end).
 */
#pragma once

#include "submit/admission.h"
#include "submit/generation.h"
#include "submit/metrics.h"

struct service {
    struct tree tree;
    uint8_t ticket_secret[TLS_TICKET_SECRET];
    struct admission *admission;
    struct counters *counters; /* of the policy */
    struct metrics *metrics;
    uint32_t connections_most; /* what the table of connections was made for */
    int *wake_fds;             /* eventfds, one a column */
    int *recorder_fds;         /* the workers' ends, one a column */
    int *keeper_fds;           /* the keeper's ends */
    int keeper_stop[2];        /* closing [1] stops it */
    int keeper_ready;          /* while the service starts: one byte comes when the keeper serves */
    int metrics_fd;
    pid_t keeper;
    bool
        keeper_renewed; /* it was told to end: another, of the new configuration, takes its place */
    int64_t keeper_respawn_us; /* when it may start again; 0: it runs */
};

/* The generation in force. */
struct generation *service_now(const struct service *sv);

/* ready_fd: one byte when it serves; -1: nobody waits. */
void service_start_keeper(struct service *sv, int ready_fd);
/* It holds the old configuration's words for the log, and its keys. What the workers send meanwhile
 * waits for its successor. */
void service_renew_keeper(struct service *sv);
void service_keeper_ended(struct service *sv, int status);
/* Starts it again when its time has come. */
void service_respawn_keeper(struct service *sv);
/* It goes last: it writes down what the workers sent. */
void service_stop_keeper(struct service *sv);
