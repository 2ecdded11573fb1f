/* SPDX-License-Identifier: ISC
 *
 * net/loop: the one event loop of a process (libevent), its timers, and the end of a turn.
 *
 * After every turn: output gathered by connections is written, connections marked closed are
 * freed, the log is flushed. Nothing is freed inside its own callback.
 */
#pragma once

#include "base/slice.h"

struct loop;
struct event_base;

struct loop *loop_new(void); /* NULL without memory */
void loop_free(struct loop *loop);
void loop_run(struct loop *loop);       /* until loop_stop, or nothing is left to wait for */
void loop_stop(struct loop *loop);      /* leaves at the end of this turn */
int64_t loop_now_us(struct loop *loop); /* monotonic, read once a turn */
struct event_base *loop_base(struct loop *loop); /* for libraries that speak libevent */

/* A timer inside its owner; zero-initialise, then timer_init. */
struct loop_timer {
    struct event *event; /* owned */
    struct loop *loop;
    void (*on_timer)(struct loop_timer *);
    int64_t due_us;   /* 0: not set */
    int64_t armed_us; /* when the event fires, perhaps early; 0: not armed */
};

void timer_init(struct loop_timer *t, struct loop *loop, void (*on_timer)(struct loop_timer *));
/* Fires once at due_us (monotonic), 0 cancels. Cancelling a timer or moving it later costs nothing:
 * it fires early, unseen, and is re-armed then. */
void timer_set(struct loop_timer *t, int64_t due_us);
void timer_clear(struct loop_timer *t); /* cancels and frees what it holds */

/* A file descriptor watched for reading (signalfd, pipes, listeners). */
struct loop_watch {
    struct event *event;
    int fd;
    void (*on_readable)(struct loop_watch *);
};
/* The watch does not own fd. 0 or negative. */
MUST_USE int watch_start(struct loop_watch *w, struct loop *loop, int fd,
                         void (*on_readable)(struct loop_watch *));
void watch_pause(struct loop_watch *w); /* stays, but silent */
void watch_resume(struct loop_watch *w);
void watch_stop(struct loop_watch *w); /* idempotent */

/* Work for the end of the current turn, once; queued at most once at a time. A task may defer
 * itself and others again, and may free what it stands in. */
struct loop_task {
    struct loop_task *next, *previous;
    bool queued;
    void (*run)(struct loop_task *);
};
void loop_defer(struct loop *loop, struct loop_task *task);
void loop_undefer(struct loop *loop,
                  struct loop_task *task); /* before its memory goes; idempotent */
