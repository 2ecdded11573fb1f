/* SPDX-License-Identifier: ISC */
#include "net/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include <event2/event.h>
#include <openssl/bio.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "net/loop_internal.h"

#define ROUNDS_A_TURN 4                /* of deferred work; what is left waits for the next turn */
#define LOG_WAIT_US   (20 * US_PER_MS) /* a line of the log may wait so long for others */

struct loop {
    struct event_base *base;
    int64_t now_us; /* 0: not read yet in this turn */
    bool stopping;
    struct loop_task *first, *last;
    struct loop_timer log; /* writes gathered lines */
    BIO_METHOD *bio_method;
    uint8_t scratch[LOOP_SCRATCH];
};

/* No locks: other threads wake the loop through an eventfd (threads.c). The changelist saves most
 * calls of epoll_ctl; it forbids watching one socket through two descriptors, which we never do. */
static struct event_base *base_new(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;
    if (config &&
        event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV |
                                          EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST) == 0)
        base = event_base_new_with_config(config);
    if (config)
        event_config_free(config);
    return base;
}

static void on_log_timer(struct loop_timer *timer UNUSED)
{
    log_flush();
}

struct loop *loop_new(void)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (!loop)
        return NULL;
    loop->base = base_new();
    if (!loop->base) {
        free(loop);
        return NULL;
    }
    timer_init(&loop->log, loop, on_log_timer);
    (void)signal(SIGPIPE, SIG_IGN); /* whoever reads our log may go away */
    return loop;
}

/* The n oldest tasks. Those that run may add, remove and free others. */
static void run_tasks(struct loop *loop, size_t n)
{
    for (struct loop_task *task; n-- && (task = loop->first);) {
        loop_undefer(loop, task);
        task->run(task);
    }
}

static size_t count_tasks(const struct loop *loop)
{
    size_t n = 0;
    for (const struct loop_task *task = loop->first; task; task = task->next)
        n++;
    return n;
}

static void end_turn(struct loop *loop)
{
    for (int round = 0; loop->first && round < ROUNDS_A_TURN; round++)
        run_tasks(loop, count_tasks(loop));
    if (log_waiting() && loop->log.due_us == 0)
        timer_set(&loop->log, loop_now_us(loop) + LOG_WAIT_US);
    loop->now_us = 0;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    end_turn(loop); /* connections closed since the last turn */
    log_flush();
    timer_clear(&loop->log);
    event_base_free(loop->base);
    BIO_meth_free(loop->bio_method);
    free(loop);
}

void loop_run(struct loop *loop)
{
    bool idle = false;
    loop->stopping = false;
    end_turn(loop); /* what was deferred before the start */
    while (!loop->stopping && !(idle && !loop->first)) {
        /* ONCE here too: without it libevent stays as long as any socket is readable. */
        int flags = EVLOOP_ONCE | (loop->first ? EVLOOP_NONBLOCK : 0);
        idle = event_base_loop(loop->base, flags) != 0;
        end_turn(loop);
    }
    log_flush();
}

void loop_stop(struct loop *loop)
{
    loop->stopping = true;
}

int64_t loop_now_us(struct loop *loop)
{
    if (loop->now_us == 0)
        loop->now_us = clock_monotonic_us();
    return loop->now_us;
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->base;
}

uint8_t *loop_scratch(struct loop *loop)
{
    return loop->scratch;
}

struct bio_method_st **loop_bio_method(struct loop *loop)
{
    return &loop->bio_method;
}

static void timer_arm(struct loop_timer *t)
{
    int64_t wait_us = t->due_us - loop_now_us(t->loop);
    if (wait_us < 0)
        wait_us = 0;
    struct timeval wait = { .tv_sec = wait_us / US_PER_S, .tv_usec = wait_us % US_PER_S };
    t->armed_us = t->due_us;
    CHECK(event_add(t->event, &wait) == 0); /* its place in the heap was reserved */
}

static void on_timeout(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct loop_timer *t = arg;
    t->armed_us = 0;
    if (t->due_us == 0)
        return;
    if (t->due_us > loop_now_us(t->loop)) {
        timer_arm(t);
        return;
    }
    t->due_us = 0;
    t->on_timer(t);
}

void timer_init(struct loop_timer *t, struct loop *loop, void (*on_timer)(struct loop_timer *))
{
    *t = (struct loop_timer){ .loop = loop, .on_timer = on_timer };
}

void timer_set(struct loop_timer *t, int64_t due_us)
{
    t->due_us = due_us;
    if (due_us == 0 || (t->armed_us && t->armed_us <= due_us))
        return;
    if (!t->event)
        t->event = event_new(t->loop->base, -1, 0, on_timeout, t);
    CHECK(t->event); /* 128 bytes: a process without them cannot keep its deadlines */
    timer_arm(t);
}

void timer_clear(struct loop_timer *t)
{
    if (t->event)
        event_free(t->event);
    t->event = NULL;
    t->due_us = t->armed_us = 0;
}

static void on_watch(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct loop_watch *w = arg;
    w->on_readable(w);
}

int watch_start(struct loop_watch *w, struct loop *loop, int fd,
                void (*on_readable)(struct loop_watch *))
{
    *w = (struct loop_watch){ .fd = fd, .on_readable = on_readable };
    w->event = event_new(loop->base, fd, EV_READ | EV_PERSIST, on_watch, w);
    if (!w->event)
        return -ENOMEM;
    if (event_add(w->event, NULL) != 0) {
        watch_stop(w);
        return -EBADF;
    }
    return 0;
}

void watch_pause(struct loop_watch *w)
{
    if (w->event)
        (void)event_del(w->event); /* cannot fail for one that was added */
}

void watch_resume(struct loop_watch *w)
{
    if (w->event)
        CHECK(event_add(w->event, NULL) == 0);
}

void watch_stop(struct loop_watch *w)
{
    if (w->event)
        event_free(w->event);
    w->event = NULL;
}

void loop_defer(struct loop *loop, struct loop_task *task)
{
    if (task->queued)
        return;
    task->queued = true;
    task->next = NULL;
    task->previous = loop->last;
    if (loop->last)
        loop->last->next = task;
    else
        loop->first = task;
    loop->last = task;
}

void loop_undefer(struct loop *loop, struct loop_task *task)
{
    if (!task->queued)
        return;
    task->queued = false;
    if (task->previous)
        task->previous->next = task->next;
    else
        loop->first = task->next;
    if (task->next)
        task->next->previous = task->previous;
    else
        loop->last = task->previous;
}
