/* SPDX-License-Identifier: ISC
 *
 * The keeper as the parent's child: how it starts, is renewed, and ends.
 */
#include "submit/service_internal.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "service/privilege.h"
#include "submit/housekeeping.h"

#define RESPAWN_WAIT_US (1 * US_PER_S)
#define STOP_WAIT_US    (10 * US_PER_S)

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
    struct generation *g = service_now(sv);
    const struct conf *conf = g->tree.conf;
    struct keeper_setup setup = {
        .workers = sv->keeper_fds,
        .workers_n = sv->tree.columns_n,
        .stop = sv->keeper_stop[0],
        .state = conf->state,
        .privacy = g->privacy,
        .bounds = bounds_of(&conf->policy),
        .metrics = sv->metrics,
        .metrics_fd = sv->metrics_fd,
    };
    struct housekeeping_setup house_setup = {
        .conf = conf,
        .privacy = g->privacy,
        .policy = g->policy,
        .locations = g->locations,
        .counters = sv->counters,
        .ready_fd = ready_fd,
    };
    buf_init(&why, 1024);
    (void)close(sv->keeper_stop[1]);
    sockets_close(&g->tree.sockets);
    struct housekeeping *house = housekeeping_new(&house_setup, &why);
    if (house)
        setup.hooks = housekeeping_hooks(house);
    if (!house || !privilege_drop(conf->user, &why)) {
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
    pid_t pid = tree_fork(&sv->tree);
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

void service_keeper_ended(struct service *sv, int status)
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
    if (!sv->tree.stopping)
        LOG(L_ERROR, "keeper.died",
            FIELD_NUM("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0));
}

void service_respawn_keeper(struct service *sv)
{
    bool due = sv->keeper_respawn_us && sv->keeper_respawn_us <= clock_monotonic_us();
    if (!sv->keeper && !sv->tree.stopping && due)
        service_start_keeper(sv, -1);
}

void service_stop_keeper(struct service *sv)
{
    int64_t until = clock_monotonic_us() + STOP_WAIT_US;
    (void)close(sv->keeper_stop[1]);
    while (sv->keeper && clock_monotonic_us() < until)
        (void)tree_wait(&sv->tree, until); /* SIGTERM has been heard already */
    if (sv->keeper)
        (void)kill(sv->keeper, SIGKILL);
}
