/* SPDX-License-Identifier: ISC
 *
 * The parent's children: workers and the keeper, how they start and what becomes of who dies.
 */
#include "submit/service_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "submit/housekeeping.h"
#include "submit/privilege.h"
#include "submit/worker.h"

#define RESPAWN_WAIT_US (1 * US_PER_S) /* for a worker that died young */

void service_log(const struct conf *conf)
{
    log_setup(conf->log.to, conf->log.format, conf->log.level, "submit");
}

static void run_worker(struct service *sv, struct generation *g, unsigned column, int ready_fd)
{
    int fds[WORKER_LISTENERS_MAX];
    bool tls[WORKER_LISTENERS_MAX];
    size_t n = g->sockets.n < WORKER_LISTENERS_MAX ? g->sockets.n : WORKER_LISTENERS_MAX;
    service_log(g->conf);
    (void)close(sv->signals);
    (void)close(sv->keeper_stop[1]);
    if (g != &sv->now) /* a queue that is not served here must not live on here */
        sockets_close(&sv->now.sockets);
    for (size_t i = 0; i < n; i++) {
        fds[i] = g->sockets.at[i].fd;
        tls[i] = g->sockets.at[i].spec.tls;
    }
    struct worker_setup setup = {
        .conf = g->conf,
        .privacy = g->privacy,
        .senders = g->senders,
        .tls = g->tls,
        .policy = g->policy,
        .locations = g->locations,
        .counters = sv->counters,
        .admission = sv->admission,
        .metrics = sv->metrics,
        .column = column,
        .recorder_fd = sv->recorder_fds[column],
        .ready_fd = ready_fd,
        .wake_fds = sv->wake_fds,
        .listen_fds = fds,
        .listen_tls = tls,
        .listen_n = n,
    };
    _exit(worker_run(&setup));
}

pid_t service_start_worker(struct service *sv, struct generation *g, unsigned column, int ready_fd)
{
    log_flush();
    pid_t pid = fork();
    if (pid == 0)
        run_worker(sv, g, column, ready_fd);
    struct column *c = &sv->columns[column];
    c->started_us = clock_monotonic_us();
    c->respawn_us = 0;
    if (pid < 0) {
        LOG(L_ERROR, "worker.failed", FIELD_STR("reason", err_text(-errno)));
        c->respawn_us = c->started_us + RESPAWN_WAIT_US;
        c->pid = 0;
        return -1;
    }
    return c->pid = pid;
}

static struct device_bounds bounds_of(const struct conf_policy *policy)
{
    return (struct device_bounds){ .devices = policy->devices,
                                   .places = policy->places,
                                   .device_age_us = policy->device_age_us,
                                   .place_age_us = policy->place_age_us };
}

static void run_keeper(struct service *sv, int ready_fd)
{
    struct buf why;
    struct keeper_setup setup = {
        .workers = sv->keeper_fds,
        .workers_n = sv->columns_n,
        .stop = sv->keeper_stop[0],
        .state = sv->now.conf->state,
        .privacy = sv->now.privacy,
        .bounds = bounds_of(&sv->now.conf->policy),
        .metrics = sv->metrics,
        .metrics_fd = sv->metrics_fd,
    };
    struct housekeeping_setup house_setup = {
        .conf = sv->now.conf,
        .privacy = sv->now.privacy,
        .policy = sv->now.policy,
        .locations = sv->now.locations,
        .counters = sv->counters,
        .ready_fd = ready_fd,
    };
    buf_init(&why, 1024);
    (void)close(sv->signals);
    (void)close(sv->keeper_stop[1]);
    sockets_close(&sv->now.sockets);
    struct housekeeping *house = housekeeping_new(&house_setup, &why);
    if (house)
        setup.hooks = housekeeping_hooks(house);
    if (!house || !privilege_drop(sv->now.conf->user, &why)) {
        LOG(L_ERROR, "keeper.failed", FIELD("reason", buf_slice(&why)));
        _exit(1);
    }
    int error = keeper_run(&setup);
    housekeeping_free(house);
    if (error)
        LOG(L_ERROR, "keeper.failed", FIELD_STR("reason", err_text(error)));
    log_flush();
    _exit(error ? 1 : 0);
}

void service_start_keeper(struct service *sv, int ready_fd)
{
    log_flush();
    pid_t pid = fork();
    if (pid == 0)
        run_keeper(sv, ready_fd);
    sv->keeper = pid > 0 ? pid : 0;
    sv->keeper_respawn_us = pid > 0 ? 0 : clock_monotonic_us() + RESPAWN_WAIT_US;
}

void service_renew_keeper(struct service *sv)
{
    if (!sv->keeper_renewed && sv->keeper)
        sv->keeper_renewed = write(sv->keeper_stop[1], "", 1) == 1;
}

static void keeper_ended(struct service *sv, int status)
{
    char byte;
    sv->keeper = 0;
    if (sv->keeper_renewed) {
        sv->keeper_renewed = false;
        (void)!read(sv->keeper_stop[0], &byte, 1); /* the one that told it */
        service_start_keeper(sv, -1);
        return;
    }
    sv->keeper_respawn_us = clock_monotonic_us() + RESPAWN_WAIT_US;
    if (!sv->stopping)
        LOG(L_ERROR, "keeper.died",
            FIELD_NUM("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0));
}

/* --- what dies --- */

static void worker_ended(struct service *sv, unsigned column, int status)
{
    struct column *c = &sv->columns[column];
    bool expected = c->old || sv->stopping;
    int64_t now = clock_monotonic_us();
    admission_reclaim(sv->admission, column);
    counters_gauge_reclaim(sv->counters, column);
    metrics_reclaim(sv->metrics, column);
    c->pid = 0;
    if (!expected || (WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM))
        LOG(L_ERROR, "worker.died", FIELD_NUM("column", column),
            FIELD_NUM("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
            FIELD_NUM("status", WIFEXITED(status) ? WEXITSTATUS(status) : 0));
    if (expected)
        c->old = false;
    else
        c->respawn_us = now - c->started_us < RESPAWN_WAIT_US ? now + RESPAWN_WAIT_US : now;
}

void service_reap(struct service *sv)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (unsigned i = 0; i < sv->columns_n; i++)
            if (sv->columns[i].pid == pid)
                worker_ended(sv, i, status);
        if (pid == sv->keeper)
            keeper_ended(sv, status);
    }
}

void service_respawn(struct service *sv)
{
    int64_t now = clock_monotonic_us();
    int none = open("/dev/null", O_WRONLY | O_CLOEXEC); /* where a late "ready" goes */
    for (unsigned i = 0; i < sv->columns_n && !sv->stopping; i++)
        if (sv->columns[i].respawn_us && sv->columns[i].respawn_us <= now)
            (void)service_start_worker(sv, &sv->now, i, none); /* failed: tried again later */
    if (none >= 0)
        (void)close(none);
    if (!sv->keeper && !sv->stopping && sv->keeper_respawn_us && sv->keeper_respawn_us <= now)
        service_start_keeper(sv, -1);
}

int64_t service_next_respawn_us(const struct service *sv)
{
    int64_t due = sv->keeper ? 0 : sv->keeper_respawn_us;
    for (unsigned i = 0; i < sv->columns_n; i++) {
        int64_t at = sv->columns[i].respawn_us;
        if (at && (!due || at < due))
            due = at;
    }
    return due;
}
