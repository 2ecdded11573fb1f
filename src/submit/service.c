/* SPDX-License-Identifier: ISC */
#include "submit/service.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/secret.h"
#include "device/counters_snapshot.h"
#include "net/notify.h"
#include "submit/control.h"
#include "submit/privilege.h"
#include "submit/service_internal.h"

#define GENERATIONS        4 /* of workers that may live side by side after reloads */
#define CONNECTIONS_GROWTH 4 /* by how much a reload may raise their limit */
#define CONNECTIONS_MAX    1000000
#define READY_WAIT_US      (20 * US_PER_S)
#define KEEPER_WAIT_US     (10 * US_PER_S)
#define STOP_EXTRA_US      (10 * US_PER_S) /* over the drain, before SIGKILL */

/* --- generations --- */

static int free_column(const struct service *sv)
{
    for (unsigned i = 0; i < sv->columns_n; i++)
        if (sv->columns[i].pid == 0 && sv->columns[i].respawn_us == 0)
            return (int)i;
    return -1;
}

/* Waits until n workers have said that they serve. False: one ended first, or time is over. */
static bool wait_ready(int fd, unsigned n)
{
    int64_t until = clock_monotonic_us() + READY_WAIT_US;
    while (n) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        int64_t left = until - clock_monotonic_us();
        char bytes[16];
        if (left <= 0)
            return false;
        int got = poll(&p, 1, (int)(left / US_PER_MS) + 1);
        if (got < 0 && errno != EINTR)
            return false;
        if (got <= 0)
            continue;
        ssize_t r = read(fd, bytes, n < sizeof bytes ? n : sizeof bytes);
        if (r <= 0) /* every writer has ended */
            return false;
        n -= (unsigned)r;
    }
    return true;
}

/* Starts all workers of g, in free columns, and waits until they serve. */
static bool start_generation(struct service *sv, struct generation *g, struct buf *why)
{
    int ready[2];
    bool ok = true;
    if (pipe2(ready, O_CLOEXEC)) {
        buf_printf(why, "cannot start workers: %s", err_text(-errno));
        return false;
    }
    for (unsigned i = 0; ok && i < g->workers; i++) {
        int column = free_column(sv);
        ok = column >= 0;
        if (!ok) {
            buf_append_str(why, "too many earlier generations still serve their sessions; try "
                                "again later");
            break;
        }
        sv->columns[column].old = false;
        ok = service_start_worker(sv, g, (unsigned)column, ready[1]) > 0;
        if (!ok) {
            sv->columns[column].respawn_us = 0; /* all of g start, or none */
            buf_append_str(why, "cannot start a worker; its own line says why");
        }
    }
    (void)close(ready[1]);
    if (ok && !wait_ready(ready[0], g->workers)) {
        buf_append_str(why, "a worker did not start; its own line says why");
        ok = false;
    }
    (void)close(ready[0]);
    return ok;
}

static void signal_workers(const struct service *sv, int number, bool old)
{
    for (unsigned i = 0; i < sv->columns_n; i++)
        if (sv->columns[i].pid && sv->columns[i].old == old)
            (void)kill(sv->columns[i].pid, number); /* it may have ended meanwhile */
}

static void mark_old(struct service *sv, bool old)
{
    for (unsigned i = 0; i < sv->columns_n; i++)
        sv->columns[i].old = sv->columns[i].pid ? old : false;
}

/* --- reload --- */

/* What was mapped before the first fork does not grow. */
static bool fits(const struct service *sv, const struct generation *next, struct buf *why)
{
    const char *key = NULL;
    if (next->workers > sv->columns_n - sv->now.workers)
        key = "submission.workers";
    else if (next->conf->submission.limits.connections > sv->connections_most)
        key = "submission.limits.connections";
    if (key)
        buf_printf(why, "%s: so much more than at the start needs a restart", key);
    return !key;
}

static bool replace_generation(struct service *sv, struct generation *next, struct buf *why)
{
    mark_old(sv, true);
    if (!fits(sv, next, why) || !start_generation(sv, next, why)) {
        signal_workers(sv, SIGTERM, false);          /* those of the new one that did start */
        for (unsigned i = 0; i < sv->columns_n; i++) /* who is who changes places */
            sv->columns[i].old = sv->columns[i].pid && !sv->columns[i].old;
        generation_close(next);
        return false;
    }
    signal_workers(sv, SIGHUP, true);
    for (unsigned i = 0; i < sv->columns_n; i++)
        sv->columns[i].respawn_us = 0; /* of an old one: its place was taken */
    generation_close(&sv->now);
    sv->now = *next;
    service_log(sv->now.conf);
    service_renew_keeper(sv);
    return true;
}

/* Only a restart takes up the keys that are named in *restart. On false conf is freed too. */
static bool take_up(struct service *sv, struct conf *conf, struct buf *restart, struct buf *why)
{
    struct generation next;
    conf_fixed_changes(sv->now.conf, conf, restart);
    if (!conf_keep_fixed(sv->now.conf, conf)) {
        buf_append_str(why, "out of memory");
        conf_free(conf);
        return false;
    }
    if (!generation_open(&next, conf, &sv->now, sv->ticket_secret, why))
        return false;
    if (!generation_police(&next, sv->counters, why)) {
        generation_close(&next);
        return false;
    }
    return replace_generation(sv, &next, why);
}

static void reload(struct service *sv)
{
    struct buf why, state, restart;
    buf_init(&why, 2048);
    buf_init(&restart, 256);
    buf_init(&state, 128);
    buf_printf(&state, "RELOADING=1\nMONOTONIC_USEC=%lld%c", (long long)clock_monotonic_us(), 0);
    notify_systemd((const char *)buf_slice(&state).p);
    struct conf *conf = conf_load(sv->now.conf->file, &why);
    if (conf && take_up(sv, conf, &restart, &why))
        LOG(L_NOTICE, "service.reload", FIELD_STR("outcome", "ok"),
            FIELD_STR("file", sv->now.conf->file), FIELD("restart", buf_slice(&restart)));
    else
        LOG(L_ERROR, "service.reload", FIELD_STR("outcome", "failed, the old one stays in force"),
            FIELD("reason", buf_slice(&why)));
    notify_systemd("READY=1");
    buf_clear(&why);
    buf_clear(&restart);
    buf_clear(&state);
}

/* --- the parent's life --- */

static bool any_worker(const struct service *sv)
{
    for (unsigned i = 0; i < sv->columns_n; i++)
        if (sv->columns[i].pid)
            return true;
    return false;
}

static void stop(struct service *sv)
{
    if (!sv->stopping) {
        LOG(L_NOTICE, "service.stop", FIELD_NUM("connections", admission_count(sv->admission)));
        notify_systemd("STOPPING=1");
    }
    sv->stopping = true;
    sockets_close(&sv->now.sockets); /* else who connects now would wait for nobody */
    for (unsigned i = 0; i < sv->columns_n; i++)
        sv->columns[i].respawn_us = 0;
    signal_workers(sv, SIGTERM, false);
    signal_workers(sv, SIGTERM, true);
}

/* Waits for a signal, at most until due_us (0: for ever). 0: none came. */
static int wait_signal(struct service *sv, int64_t due_us)
{
    struct pollfd p = { .fd = sv->signals, .events = POLLIN };
    struct signalfd_siginfo info;
    int64_t left = due_us ? due_us - clock_monotonic_us() : 0;
    log_flush();
    if (poll(&p, 1, due_us ? (left > 0 ? (int)(left / US_PER_MS) + 1 : 0) : -1) <= 0)
        return 0;
    return read(sv->signals, &info, sizeof info) == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

static void supervise(struct service *sv)
{
    int64_t kill_us = 0;
    while (!sv->stopping || any_worker(sv)) {
        int number = wait_signal(sv, sv->stopping ? kill_us : service_next_respawn_us(sv));
        if (number == SIGTERM || number == SIGINT) {
            stop(sv);
            kill_us =
                clock_monotonic_us() + sv->now.conf->submission.timeouts.drain_us + STOP_EXTRA_US;
        } else if (number == SIGHUP && !sv->stopping) {
            reload(sv);
        }
        service_reap(sv);
        if (sv->stopping && clock_monotonic_us() > kill_us) {
            signal_workers(sv, SIGKILL, false);
            signal_workers(sv, SIGKILL, true);
        }
        service_respawn(sv);
    }
}

/* The keeper goes last: it writes down what the workers sent. */
static void stop_keeper(struct service *sv)
{
    int64_t until = clock_monotonic_us() + KEEPER_WAIT_US;
    (void)close(sv->keeper_stop[1]);
    while (sv->keeper && clock_monotonic_us() < until) {
        (void)wait_signal(sv, until);
        service_reap(sv);
    }
    if (sv->keeper)
        (void)kill(sv->keeper, SIGKILL);
}

static bool open_signals(struct service *sv)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    (void)sigaddset(&set, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &set, NULL))
        return false;
    sv->signals = signalfd(-1, &set, SFD_CLOEXEC);
    return sv->signals >= 0;
}

static bool open_columns(struct service *sv)
{
    unsigned n = sv->columns_n = sv->now.workers * GENERATIONS;
    uint8_t key[16];
    randombytes_buf(key, sizeof key);
    uint64_t most = (uint64_t)sv->now.conf->submission.limits.connections * CONNECTIONS_GROWTH;
    sv->connections_most = (uint32_t)(most < CONNECTIONS_MAX ? most : CONNECTIONS_MAX);
    sv->admission = admission_new(n, sv->connections_most, key);
    sv->metrics = metrics_new(n);
    sv->columns = calloc(n, sizeof *sv->columns);
    sv->wake_fds = calloc(n, sizeof(int));
    sv->recorder_fds = calloc(n, sizeof(int));
    sv->keeper_fds = calloc(n, sizeof(int));
    if (!sv->admission || !sv->metrics || !sv->columns || !sv->wake_fds || !sv->recorder_fds ||
        !sv->keeper_fds)
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
    control_counters_key(sv->now.privacy, key);
    sv->counters = counters_new(sv->now.conf->policy.memory, sv->columns_n, key);
    secret_wipe(key, sizeof key);
    if (!sv->counters) {
        buf_append_str(why, "out of memory: policy.memory");
        return false;
    }
    buf_init(&note, 1024);
    int loaded = counters_load(sv->counters, sv->now.conf->state, &note);
    if (buf_size(&note))
        LOG(loaded < 0 ? L_ERROR : L_NOTICE, "policy.counters", FIELD("reason", buf_slice(&note)));
    buf_clear(&note);
    return generation_police(&sv->now, sv->counters, why);
}

static bool open_metrics(struct service *sv, struct buf *why)
{
    const char *text = sv->now.conf->metrics;
    struct conf_place place = conf_place_of(sv->now.conf, "metrics");
    struct listen_spec spec = { 0 };
    sv->metrics_fd = -1;
    if (!text)
        return true;
    if (address_parse(slice_of_str(text), &spec.address))
        sv->metrics_fd = listen_open(&spec);
    if (sv->metrics_fd < 0)
        (void)conf_fault(why, &place, "metrics", "cannot listen on \"%s\": %s", text,
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

/* Ready is said when sessions are served and the operator's commands are heard. A keeper that cannot
 * start says so, and is tried again: the gate serves without it. */
static bool start_all(struct service *sv, struct buf *why)
{
    int ready[2];
    if (pipe2(ready, O_CLOEXEC)) {
        buf_printf(why, "cannot start: %s", err_text(-errno));
        return false;
    }
    service_start_keeper(sv, ready[1]);
    (void)close(ready[1]);
    bool ok = start_generation(sv, &sv->now, why);
    if (ok)
        (void)wait_ready(ready[0], 1);
    (void)close(ready[0]);
    return ok;
}

static bool service_open(struct service *sv, struct conf *conf, struct buf *why)
{
    randombytes_buf(sv->ticket_secret, sizeof sv->ticket_secret);
    if (!generation_open(&sv->now, conf, NULL, sv->ticket_secret, why))
        return false;
    if (!open_state(sv->now.conf, why) || !open_metrics(sv, why))
        return false;
    if (!open_columns(sv) || !open_signals(sv)) {
        buf_printf(why, "cannot set up: %s", err_text(-errno));
        return false;
    }
    if (!open_counters(sv, why))
        return false;
    return start_all(sv, why);
}

int service_run(struct conf *conf)
{
    static struct service service;
    struct buf why;
    buf_init(&why, 2048);
    service_log(conf);
    privilege_no_core();
    if (sodium_init() < 0 || !service_open(&service, conf, &why)) {
        (void)fprintf(stderr, "postern: %.*s\n", SLICE_ARG(buf_slice(&why)));
        buf_clear(&why);
        if (service.columns) {
            stop(&service);
            supervise(&service);
            stop_keeper(&service);
        }
        return 1;
    }
    LOG(L_NOTICE, "service.ready", FIELD_NUM("workers", service.now.workers),
        FIELD_STR("file", service.now.conf->file));
    notify_systemd("READY=1");
    supervise(&service);
    stop_keeper(&service);
    LOG(L_NOTICE, "service.stopped", FIELD_STR("outcome", "ok"));
    log_flush();
    buf_clear(&why);
    generation_close(&service.now);
    counters_free(service.counters);
    return 0;
}
