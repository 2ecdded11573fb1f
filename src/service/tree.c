/* SPDX-License-Identifier: ISC */
#include "service/tree.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/notify.h"
#include "service/privilege.h"
#include "service/tree_internal.h"

#define GENERATIONS   4               /* of workers that may live side by side after reloads */
#define STOP_EXTRA_US (10 * US_PER_S) /* over the drain, before SIGKILL */

static void use_log(const struct tree *t, const struct conf *conf)
{
    log_setup(conf->log.to, conf->log.format, conf->log.level, t->service->name);
}

static struct tree_generation *open_generation(struct tree *t, struct conf *conf, struct buf *why)
{
    struct tree_generation *g = t->service->open(t, conf, why);
    if (g)
        g->serial = ++t->serial;
    return g;
}

/* kept: the generation that goes on, NULL: none does. */
static void close_generation(struct tree *t, struct tree_generation *g,
                             const struct tree_generation *kept)
{
    sockets_remove(&g->sockets, kept ? &kept->sockets : NULL);
    t->service->close(g);
}

/* --- reload --- */

static bool replace_generation(struct tree *t, struct tree_generation *next, struct buf *why)
{
    bool fits = next->workers <= t->columns_n - t->now->workers;
    if (!fits)
        buf_printf(why, "%s: so much more than at the start needs a restart",
                   t->service->workers_key);
    struct tree_generation *old = t->now;
    if (!fits || !tree_start_generation(t, next, why)) {
        tree_signal(t, next->serial, SIGTERM); /* those that did start */
        close_generation(t, next, old);
        return false;
    }
    t->now = next;
    tree_signal_others(t, next->serial, SIGHUP);
    tree_forget_respawns(t); /* of old ones: their places were taken */
    close_generation(t, old, next);
    use_log(t, next->conf);
    if (t->service->on_renewed)
        t->service->on_renewed(t);
    return true;
}

/* Only a restart takes up the keys that are named in *restart. On false conf is freed too. */
static bool take_up(struct tree *t, struct conf *conf, struct buf *restart, struct buf *why)
{
    conf_fixed_changes(t->now->conf, conf, restart);
    if (!conf_keep_fixed(t->now->conf, conf)) {
        buf_append_str(why, "out of memory");
        conf_free(conf);
        return false;
    }
    struct tree_generation *next = open_generation(t, conf, why);
    return next && replace_generation(t, next, why);
}

static void reload(struct tree *t)
{
    struct buf why, state, restart;
    buf_init(&why, 2048);
    buf_init(&restart, 256);
    buf_init(&state, 128);
    buf_printf(&state, "RELOADING=1\nMONOTONIC_USEC=%lld%c", (long long)clock_monotonic_us(), 0);
    notify_systemd((const char *)buf_slice(&state).p);
    struct conf *conf = conf_load(t->now->conf->file, &why);
    if (conf && take_up(t, conf, &restart, &why))
        LOG(L_NOTICE, "service.reload", FIELD_STR("outcome", "ok"),
            FIELD_STR("file", t->now->conf->file), FIELD("restart", buf_slice(&restart)));
    else
        LOG(L_ERROR, "service.reload", FIELD_STR("outcome", "failed, the old one stays in force"),
            FIELD("reason", buf_slice(&why)));
    notify_systemd("READY=1");
    buf_clear(&why);
    buf_clear(&restart);
    buf_clear(&state);
}

/* --- the parent's life --- */

static void signal_all(const struct tree *t, int number)
{
    tree_signal(t, t->now->serial, number);
    tree_signal_others(t, t->now->serial, number);
}

static void stop(struct tree *t)
{
    if (!t->stopping) {
        t->service->on_stop(t);
        notify_systemd("STOPPING=1");
    }
    t->stopping = true;
    sockets_remove(&t->now->sockets, NULL); /* else who connects now would wait for nobody */
    tree_forget_respawns(t);
    signal_all(t, SIGTERM);
}

/* Waits for a signal, at most until due_us (0: for ever). 0: none came. */
static int wait_signal(struct tree *t, int64_t due_us)
{
    struct pollfd p = { .fd = t->signals, .events = POLLIN };
    struct signalfd_siginfo info;
    int64_t left = due_us ? due_us - clock_monotonic_us() : 0;
    log_flush();
    if (poll(&p, 1, due_us ? (left > 0 ? (int)(left / US_PER_MS) + 1 : 0) : -1) <= 0)
        return 0;
    return read(t->signals, &info, sizeof info) == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

int tree_wait(struct tree *t, int64_t due_us)
{
    int number = wait_signal(t, due_us);
    tree_reap(t);
    return number;
}

static int64_t next_due_us(struct tree *t)
{
    int64_t due = tree_next_respawn_us(t);
    int64_t other = t->service->due_us ? t->service->due_us(t) : 0;
    return other && (!due || other < due) ? other : due;
}

static void supervise(struct tree *t)
{
    int64_t kill_us = 0;
    while (!t->stopping || tree_has_worker(t)) {
        int number = wait_signal(t, t->stopping ? kill_us : next_due_us(t));
        if (number == SIGTERM || number == SIGINT) {
            stop(t);
            kill_us = clock_monotonic_us() + t->service->drain_us(t->now->conf) + STOP_EXTRA_US;
        } else if (number == SIGHUP && !t->stopping) {
            reload(t);
        }
        tree_reap(t);
        if (t->stopping && clock_monotonic_us() > kill_us)
            signal_all(t, SIGKILL);
        tree_respawn(t);
        if (t->service->on_due)
            t->service->on_due(t);
    }
}

static int open_signals(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    (void)sigaddset(&set, SIGCHLD);
    return sigprocmask(SIG_BLOCK, &set, NULL) ? -1 : signalfd(-1, &set, SFD_CLOEXEC);
}

/* Nothing has been started when it fails. */
static bool set_up(struct tree *t, struct conf *conf, struct buf *why)
{
    t->now = open_generation(t, conf, why);
    if (!t->now)
        return false;
    t->columns_n = t->now->workers * GENERATIONS;
    t->columns = calloc(t->columns_n, sizeof *t->columns);
    t->signals = t->columns ? open_signals() : -1;
    if (t->signals < 0)
        buf_printf(why, "cannot set up: %s", err_text(-errno));
    if (t->signals >= 0 && (!t->service->prepare || t->service->prepare(t, why)))
        return true;
    close_generation(t, t->now, NULL);
    return false;
}

static void run_to_the_end(struct tree *t)
{
    supervise(t);
    if (t->service->finish)
        t->service->finish(t);
    t->service->close(t->now);
    free(t->columns);
}

static int failed(const struct buf *why)
{
    (void)fprintf(stderr, "postern: %.*s\n", SLICE_ARG(buf_slice(why)));
    return 1;
}

static int run(struct tree *t, struct conf *conf, struct buf *why)
{
    if (!set_up(t, conf, why))
        return failed(why);
    if (!tree_start_generation(t, t->now, why)) {
        int status = failed(why);
        stop(t);
        run_to_the_end(t);
        return status;
    }
    if (t->service->on_serving)
        t->service->on_serving(t);
    LOG(L_NOTICE, "service.ready", FIELD_NUM("workers", t->now->workers),
        FIELD_STR("file", t->now->conf->file));
    notify_systemd("READY=1");
    run_to_the_end(t);
    LOG(L_NOTICE, "service.stopped", FIELD_STR("outcome", "ok"));
    return 0;
}

int tree_run(struct tree *t, struct conf *conf)
{
    CLEANUP(buf_clear) struct buf why;
    buf_init(&why, 2048);
    use_log(t, conf);
    privilege_no_core();
    privilege_all_files();
    int status = run(t, conf, &why);
    log_flush();
    return status;
}
