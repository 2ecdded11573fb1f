/* SPDX-License-Identifier: ISC */
#include "submit/service.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/secret.h"
#include "device/counters_snapshot.h"
#include "service/privilege.h"
#include "submit/control.h"
#include "submit/service_internal.h"
#include "submit/worker.h"

#define CONNECTIONS_GROWTH 4 /* by how much a reload may raise their limit */
#define CONNECTIONS_MAX    1000000

static struct service *service_of(struct tree *t)
{
    return CONTAINER_OF(t, struct service, tree);
}

static struct generation *generation_of(struct tree_generation *g)
{
    return CONTAINER_OF(g, struct generation, tree);
}

struct generation *service_now(const struct service *sv)
{
    return generation_of(sv->tree.now);
}

/* --- generations --- */

static int64_t drain_us(const struct conf *conf)
{
    return conf->submission.timeouts.drain_us;
}

/* What was mapped before the first fork does not grow. */
static bool fits(const struct service *sv, const struct conf *conf, struct buf *why)
{
    if (conf->submission.limits.connections <= sv->connections_most)
        return true;
    buf_append_str(why,
                   "submission.limits.connections: so much more than at the start needs a restart");
    return false;
}

/* The policy of the first one is compiled when there are counters: `prepare`. */
static struct tree_generation *open_generation(struct tree *t, struct conf *conf, struct buf *why)
{
    struct service *sv = service_of(t);
    const struct generation *old = t->now ? service_now(sv) : NULL;
    struct generation *g = generation_open(conf, old, sv->ticket_secret, why);
    if (!g)
        return NULL;
    if (!old || (generation_police(g, sv->counters, why) && fits(sv, conf, why)))
        return &g->tree;
    generation_close(g);
    return NULL;
}

static void close_generation(struct tree_generation *g)
{
    generation_close(generation_of(g));
}

/* --- what all generations share --- */

static bool open_columns(struct service *sv)
{
    unsigned n = sv->tree.columns_n;
    uint8_t key[16];
    randombytes_buf(key, sizeof key);
    uint64_t most =
        (uint64_t)sv->tree.now->conf->submission.limits.connections * CONNECTIONS_GROWTH;
    sv->connections_most = (uint32_t)(most < CONNECTIONS_MAX ? most : CONNECTIONS_MAX);
    sv->admission = admission_new(n, sv->connections_most, key);
    sv->metrics = metrics_new(n);
    sv->wake_fds = calloc(n, sizeof(int));
    sv->recorder_fds = calloc(n, sizeof(int));
    sv->keeper_fds = calloc(n, sizeof(int));
    if (!sv->admission || !sv->metrics || !sv->wake_fds || !sv->recorder_fds || !sv->keeper_fds)
        return false;
    for (unsigned i = 0; i < n; i++) {
        int pair[2];
        sv->wake_fds[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (sv->wake_fds[i] < 0 ||
            socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair))
            return false;
        sv->recorder_fds[i] = pair[0];
        sv->keeper_fds[i] = pair[1];
    }
    return pipe2(sv->keeper_stop, O_CLOEXEC) == 0;
}

/* Counts survive a restart: what the last service saved is taken up. */
static bool open_counters(struct service *sv, struct buf *why)
{
    uint8_t key[16];
    struct buf note;
    struct generation *g = service_now(sv);
    control_counters_key(g->privacy, key);
    sv->counters = counters_new(g->tree.conf->policy.memory, sv->tree.columns_n, key);
    secret_wipe(key, sizeof key);
    if (!sv->counters) {
        buf_append_str(why, "out of memory: policy.memory");
        return false;
    }
    buf_init(&note, 1024);
    int loaded = counters_load(sv->counters, g->tree.conf->state, &note);
    if (buf_size(&note))
        LOG(loaded < 0 ? L_ERROR : L_NOTICE, "policy.counters", FIELD("reason", buf_slice(&note)));
    buf_clear(&note);
    return generation_police(g, sv->counters, why);
}

static bool open_metrics(struct service *sv, const struct conf *conf, struct buf *why)
{
    struct conf_place place = conf_place_of(conf, "metrics");
    struct listen_spec spec = { 0 };
    sv->metrics_fd = -1;
    if (!conf->metrics)
        return true;
    if (address_parse(slice_of_str(conf->metrics), &spec.address))
        sv->metrics_fd = listen_open(&spec);
    if (sv->metrics_fd < 0)
        (void)conf_fault(why, &place, "metrics", "cannot listen on \"%s\": %s", conf->metrics,
                         sv->metrics_fd == -1 ? "not ADDRESS:PORT" : err_text(sv->metrics_fd));
    return sv->metrics_fd >= 0;
}

/* The state directory belongs to the user that the keeper becomes. */
static bool open_state(const struct conf *conf, struct buf *why)
{
    unsigned uid, gid;
    struct conf_place place = conf_place_of(conf, "state");
    int error = mkdir(conf->state, 0700) && errno != EEXIST ? -errno : 0;
    if (!error && geteuid() == 0 && privilege_ids(conf->user, &uid, &gid) &&
        chown(conf->state, uid, gid))
        error = -errno;
    return error == 0 || conf_fault(why, &place, "state", "%s: %s", conf->state, err_text(error));
}

/* Last of all the keeper: nothing fails behind its start. */
static bool prepare(struct tree *t, struct buf *why)
{
    struct service *sv = service_of(t);
    int ready[2];
    if (!open_state(t->now->conf, why) || !open_metrics(sv, t->now->conf, why))
        return false;
    if (!open_columns(sv)) {
        buf_printf(why, "cannot set up: %s", err_text(-errno));
        return false;
    }
    if (!open_counters(sv, why))
        return false;
    if (pipe2(ready, O_CLOEXEC)) {
        buf_printf(why, "cannot start: %s", err_text(-errno));
        return false;
    }
    service_start_keeper(sv, ready[1]);
    (void)close(ready[1]);
    sv->keeper_ready = ready[0];
    return true;
}

/* Ready is said when sessions are served and the operator's commands are heard. A keeper that cannot
 * start says so, and is tried again: the gate serves without it. */
static void on_serving(struct tree *t)
{
    struct service *sv = service_of(t);
    (void)tree_wait_ready(sv->keeper_ready, 1);
    (void)close(sv->keeper_ready);
}

/* --- the children --- */

static int run_worker(struct tree *t, struct tree_generation *tg, unsigned column, int ready_fd)
{
    struct service *sv = service_of(t);
    struct generation *g = generation_of(tg);
    (void)close(sv->keeper_stop[1]);
    struct worker_setup setup = {
        .conf = tg->conf,
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
        .sockets = &tg->sockets,
    };
    return worker_run(&setup);
}

static void on_worker_gone(struct tree *t, unsigned column)
{
    struct service *sv = service_of(t);
    admission_reclaim(sv->admission, column);
    counters_gauge_reclaim(sv->counters, column);
    metrics_reclaim(sv->metrics, column);
}

static void on_child_gone(struct tree *t, pid_t pid, int status)
{
    if (pid == service_of(t)->keeper)
        service_keeper_ended(service_of(t), status);
}

static void on_renewed(struct tree *t)
{
    service_renew_keeper(service_of(t));
}

static int64_t due_us(struct tree *t)
{
    const struct service *sv = service_of(t);
    return sv->keeper ? 0 : sv->keeper_respawn_us;
}

static void on_due(struct tree *t)
{
    service_respawn_keeper(service_of(t));
}

static void on_stop(struct tree *t)
{
    LOG(L_NOTICE, "service.stop",
        FIELD_NUM("connections", admission_count(service_of(t)->admission)));
}

static void finish(struct tree *t)
{
    service_stop_keeper(service_of(t));
    counters_free(service_of(t)->counters);
}

int service_run(struct conf *conf)
{
    static const struct tree_service submit = {
        .name = "submit",
        .workers_key = "submission.workers",
        .drain_us = drain_us,
        .open = open_generation,
        .close = close_generation,
        .run_worker = run_worker,
        .on_stop = on_stop,
        .prepare = prepare,
        .on_serving = on_serving,
        .on_renewed = on_renewed,
        .on_worker_gone = on_worker_gone,
        .on_child_gone = on_child_gone,
        .due_us = due_us,
        .on_due = on_due,
        .finish = finish,
    };
    static struct service service = { .tree = { .service = &submit } };
    if (sodium_init() < 0) {
        conf_free(conf);
        return 1;
    }
    randombytes_buf(service.ticket_secret, sizeof service.ticket_secret);
    return tree_run(&service.tree, conf);
}
