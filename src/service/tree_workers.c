/* SPDX-License-Identifier: ISC
 *
 * The tree's workers: how they start, and what becomes of who dies.
 */
#include "service/tree_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"

#define READY_WAIT_US   (20 * US_PER_S)
#define RESPAWN_WAIT_US (1 * US_PER_S) /* for a worker that died young */
#define WORKERS_MAX     256

unsigned tree_workers(uint32_t configured)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (configured)
        return configured;
    return cores < 1 ? 1 : cores > WORKERS_MAX ? WORKERS_MAX : (unsigned)cores;
}

static bool is_old(const struct tree *t, const struct tree_column *c)
{
    return c->serial != t->now->serial;
}

/* --- starting --- */

pid_t tree_fork(struct tree *t)
{
    const struct conf_log *log = &t->now->conf->log;
    log_flush();
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(t->signals);
        log_setup(log->to, log->format, log->level, t->service->name);
    }
    return pid;
}

static void run_worker(struct tree *t, struct tree_generation *g, unsigned column, int ready_fd)
{
    const struct conf_log *log = &g->conf->log;
    if (g != t->now) { /* a queue that is not served here must not live on here */
        log_setup(log->to, log->format, log->level, t->service->name);
        sockets_close(&t->now->sockets);
    }
    _exit(t->service->run_worker(t, g, column, ready_fd));
}

static bool start_worker(struct tree *t, struct tree_generation *g, unsigned column, int ready_fd)
{
    struct tree_column *c = &t->columns[column];
    pid_t pid = tree_fork(t);
    if (pid == 0)
        run_worker(t, g, column, ready_fd);
    *c = (struct tree_column){ .serial = g->serial, .started_us = clock_monotonic_us() };
    if (pid > 0) {
        c->pid = pid;
        return true;
    }
    LOG(L_ERROR, "worker.failed", FIELD_STR("reason", err_text(-errno)));
    c->respawn_us = c->started_us + RESPAWN_WAIT_US;
    return false;
}

bool tree_wait_ready(int fd, unsigned n)
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

static int free_column(const struct tree *t)
{
    for (unsigned i = 0; i < t->columns_n; i++)
        if (t->columns[i].pid == 0 && t->columns[i].respawn_us == 0)
            return (int)i;
    return -1;
}

static bool start_all(struct tree *t, struct tree_generation *g, int ready_fd, struct buf *why)
{
    for (unsigned i = 0; i < g->workers; i++) {
        int column = free_column(t);
        if (column < 0) {
            buf_append_str(why, "too many earlier generations still serve their sessions; try "
                                "again later");
            return false;
        }
        if (!start_worker(t, g, (unsigned)column, ready_fd)) {
            t->columns[column].respawn_us = 0; /* all of g start, or none */
            buf_append_str(why, "cannot start a worker; its own line says why");
            return false;
        }
    }
    return true;
}

bool tree_start_generation(struct tree *t, struct tree_generation *g, struct buf *why)
{
    int ready[2];
    if (pipe2(ready, O_CLOEXEC)) {
        buf_printf(why, "cannot start workers: %s", err_text(-errno));
        return false;
    }
    bool ok = start_all(t, g, ready[1], why);
    (void)close(ready[1]);
    if (ok && !tree_wait_ready(ready[0], g->workers)) {
        buf_append_str(why, "a worker did not start; its own line says why");
        ok = false;
    }
    (void)close(ready[0]);
    return ok;
}

/* --- signals --- */

static void signal_those(const struct tree *t, uint64_t serial, bool those, int number)
{
    for (unsigned i = 0; i < t->columns_n; i++)
        if (t->columns[i].pid && (t->columns[i].serial == serial) == those)
            (void)kill(t->columns[i].pid, number); /* it may have ended meanwhile */
}

void tree_signal(const struct tree *t, uint64_t serial, int number)
{
    signal_those(t, serial, true, number);
}

void tree_signal_others(const struct tree *t, uint64_t serial, int number)
{
    signal_those(t, serial, false, number);
}

/* --- what dies --- */

bool tree_has_worker(const struct tree *t)
{
    for (unsigned i = 0; i < t->columns_n; i++)
        if (t->columns[i].pid)
            return true;
    return false;
}

static void worker_ended(struct tree *t, unsigned column, int status)
{
    struct tree_column *c = &t->columns[column];
    bool expected = is_old(t, c) || t->stopping;
    int64_t now = clock_monotonic_us();
    if (t->service->on_worker_gone)
        t->service->on_worker_gone(t, column);
    c->pid = 0;
    if (!expected || (WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM))
        LOG(L_ERROR, "worker.died", FIELD_NUM("column", column),
            FIELD_NUM("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
            FIELD_NUM("status", WIFEXITED(status) ? WEXITSTATUS(status) : 0));
    if (!expected)
        c->respawn_us = now - c->started_us < RESPAWN_WAIT_US ? now + RESPAWN_WAIT_US : now;
}

void tree_reap(struct tree *t)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        unsigned i = 0;
        while (i < t->columns_n && t->columns[i].pid != pid)
            i++;
        if (i < t->columns_n)
            worker_ended(t, i, status);
        else if (t->service->on_child_gone)
            t->service->on_child_gone(t, pid, status);
    }
}

void tree_forget_respawns(struct tree *t)
{
    for (unsigned i = 0; i < t->columns_n; i++)
        t->columns[i].respawn_us = 0;
}

void tree_respawn(struct tree *t)
{
    int64_t now = clock_monotonic_us();
    int none = open("/dev/null", O_WRONLY | O_CLOEXEC); /* where a late "ready" goes */
    for (unsigned i = 0; i < t->columns_n && !t->stopping; i++)
        if (t->columns[i].respawn_us && t->columns[i].respawn_us <= now)
            (void)start_worker(t, t->now, i, none); /* failed: tried again later */
    if (none >= 0)
        (void)close(none);
}

int64_t tree_next_respawn_us(const struct tree *t)
{
    int64_t due = 0;
    for (unsigned i = 0; i < t->columns_n; i++) {
        int64_t at = t->columns[i].respawn_us;
        if (at && (!due || at < due))
            due = at;
    }
    return due;
}
