/* SPDX-License-Identifier: ISC
 *
 * What the parent's files share: service.c (its life, reloads) and children.c (who is started, and what
 * becomes of who dies).
 */
#pragma once

#include <sys/types.h>

#include "submit/admission.h"
#include "submit/generation.h"
#include "submit/metrics.h"

struct column {
    pid_t pid;                      /* 0: free */
    bool old;                       /* of an earlier generation: not started again */
    int64_t started_us, respawn_us; /* respawn_us: when it may start again; 0: now or running */
};

struct service {
    struct generation now;
    uint8_t ticket_secret[TLS_TICKET_SECRET];
    struct admission *admission;
    struct counters *counters; /* of the policy */
    struct metrics *metrics;
    uint32_t connections_most; /* what the table of connections was made for */
    unsigned columns_n;
    struct column *columns;
    int *wake_fds;      /* eventfds, one a column */
    int *recorder_fds;  /* the workers' ends, one a column */
    int *keeper_fds;    /* the keeper's ends */
    int keeper_stop[2]; /* closing [1] stops it */
    int metrics_fd;
    pid_t keeper;
    bool
        keeper_renewed; /* it was told to end: another, of the new configuration, takes its place */
    int64_t keeper_respawn_us;
    int signals;
    bool stopping;
};

void service_log(const struct conf *conf);
/* ready_fd: one byte is written to it when the worker serves. The pid, or -1. */
pid_t service_start_worker(struct service *sv, struct generation *g, unsigned column, int ready_fd);
/* ready_fd: one byte when it serves; -1: nobody waits. */
void service_start_keeper(struct service *sv, int ready_fd);
/* It holds the old configuration's words for the log, and its keys. What the workers send meanwhile
 * waits for its successor. */
void service_renew_keeper(struct service *sv);
/* Looks who has ended, and gives back what they held. */
void service_reap(struct service *sv);
/* Starts again whose time has come; and when that is next, 0: nobody waits for it. */
void service_respawn(struct service *sv);
int64_t service_next_respawn_us(const struct service *sv);
