/* SPDX-License-Identifier: ISC
 *
 * The keeper's side of commands: it asks alert_exec.c's process, over a socket pair, to run one of
 * the programs of the configuration.
 */
#include "submit/alert_internal.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/err.h"
#include "base/log.h"

#define READY_WAIT_MS 5000

struct run {
    uint32_t id; /* 0: free */
    struct alert_job *job;
    struct loop_task failed; /* it could not be asked */
    struct alert_commands *commands;
};

struct alert_commands {
    int fd; /* -1: the process is gone */
    pid_t pid;
    struct loop *loop;
    struct loop_watch watch;
    uint32_t last_id;
    struct run runs[ALERT_COMMANDS_AT_ONCE];
};

/* ---- opening ---- */

static bool wait_ready(int fd, struct buf *why)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    struct alert_exec_reply reply = { .end = ALERT_EXEC_ERROR, .value = ERR_TIMEOUT };
    ssize_t n = poll(&p, 1, READY_WAIT_MS) > 0 ? recv(fd, &reply, sizeof reply, 0) : -1;
    if (n == (ssize_t)sizeof reply && reply.end == ALERT_EXEC_READY)
        return true;
    buf_printf(why, "alerts.to: the process for commands did not start: %s",
               err_text(n == 0 ? ERR_CLOSED : reply.value));
    return false;
}

struct alert_commands *alert_commands_open(const struct alert_exec_setup *setup, struct buf *why)
{
    int pair[2];
    struct alert_commands *c = calloc(1, sizeof *c);
    CHECK(c); /* at the start */
    c->fd = -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
        buf_printf(why, "alerts.to: commands: %s", err_text(-errno));
        free(c);
        return NULL;
    }
    log_flush(); /* else the child would have the same lines */
    c->pid = fork();
    if (c->pid == 0)
        alert_exec_run(pair[1], setup);
    (void)close(pair[1]); /* the child's */
    c->fd = pair[0];
    if (c->pid > 0 && wait_ready(c->fd, why))
        return c;
    if (c->pid < 0)
        buf_printf(why, "alerts.to: commands: %s", err_text(-errno));
    alert_commands_free(c);
    return NULL;
}

/* It kills what it runs and ends when the socket closes. */
static void part(struct alert_commands *c)
{
    if (c->fd < 0)
        return;
    watch_stop(&c->watch);
    (void)close(c->fd);
    c->fd = -1;
    while (c->pid > 0 && waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

void alert_commands_free(struct alert_commands *c)
{
    if (!c)
        return;
    part(c);
    free(c);
}

/* ---- running ---- */

static void run_done(struct run *r, enum alert_outcome outcome, const char *trouble)
{
    struct alert_job *job = r->job;
    r->id = 0;
    r->job = NULL;
    job->run = NULL;
    alert_done(job, outcome, trouble);
}

static void on_failed(struct loop_task *task)
{
    run_done(CONTAINER_OF(task, struct run, failed), ALERT_FAILED,
             "the process for commands cannot be asked");
}

static struct run *find(struct alert_commands *c, uint32_t id)
{
    for (size_t i = 0; i < ALERT_COMMANDS_AT_ONCE; i++)
        if (c->runs[i].id == id)
            return &c->runs[i];
    return NULL;
}

static void on_reply(struct run *r, const struct alert_exec_reply *reply)
{
    char text[64] = "it was not run";
    switch (reply->end) {
    case ALERT_EXEC_EXIT:
        if (reply->value == 0) {
            run_done(r, ALERT_TOLD, NULL);
            return;
        }
        (void)snprintf(text, sizeof text, "exit code %d", (int)reply->value);
        break;
    case ALERT_EXEC_SIGNAL:
        (void)snprintf(text, sizeof text, "killed by signal %d", (int)reply->value);
        break;
    case ALERT_EXEC_TIMEOUT: (void)snprintf(text, sizeof text, "killed, it took too long"); break;
    case ALERT_EXEC_ERROR: (void)snprintf(text, sizeof text, "%s", err_text(reply->value)); break;
    }
    run_done(r, ALERT_FAILED, text);
}

/* Until the keeper is started anew no command runs: it could not fork another one. */
static void on_gone(struct alert_commands *c)
{
    LOG(L_ERROR, "alert.failed", FIELD_STR("to", "command"),
        FIELD_STR("reason", "the process for commands died; they wait for a restart"));
    part(c);
    for (size_t i = 0; i < ALERT_COMMANDS_AT_ONCE; i++)
        if (c->runs[i].id)
            loop_defer(c->loop, &c->runs[i].failed);
}

static void on_readable(struct loop_watch *w)
{
    struct alert_commands *c = CONTAINER_OF(w, struct alert_commands, watch);
    struct alert_exec_reply reply;
    ssize_t n = recv(c->fd, &reply, sizeof reply, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n != (ssize_t)sizeof reply) {
        on_gone(c);
        return;
    }
    struct run *r = reply.id ? find(c, reply.id) : NULL;
    if (r && !r->failed.queued)
        on_reply(r, &reply);
}

int alert_commands_start(struct alert_commands *c, struct loop *loop)
{
    c->loop = loop;
    return watch_start(&c->watch, loop, c->fd, on_readable);
}

static bool ask(struct alert_commands *c, const struct run *r, uint32_t path)
{
    struct alert_exec_request request = { .id = r->id, .path = path };
    struct buf json;
    buf_init(&json, sizeof request.json);
    alert_json(&json, &r->job->event->alert);
    struct slice text = slice_keep(buf_slice(&json), request.json, sizeof request.json);
    size_t n = offsetof(struct alert_exec_request, json) + text.n;
    buf_clear(&json);
    return c->fd >= 0 && send(c->fd, &request, n, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)n;
}

void alert_command_send(struct alert_commands *c, struct alert_job *job, size_t path)
{
    struct run *r = find(c, 0);
    CHECK(r); /* the queue starts no more at a time */
    if (++c->last_id == 0)
        c->last_id++;
    *r = (struct run){ .id = c->last_id, .job = job, .commands = c, .failed.run = on_failed };
    job->run = r;
    if (!ask(c, r, (uint32_t)path))
        loop_defer(c->loop, &r->failed);
}

/* What runs goes on; its end is not heard. */
void alert_command_forget(struct alert_commands *c, struct alert_job *job)
{
    struct run *r = TAKE(job->run);
    if (!r)
        return;
    loop_undefer(c->loop, &r->failed);
    r->id = 0;
    r->job = NULL;
}
