/* SPDX-License-Identifier: ISC
 *
 * net/threads: a bounded pool for slow pure work (password hashes, fsync): bytes in, bytes out.
 */
#pragma once

#include "net/loop.h"

struct thread_pool;

struct thread_job {                    /* embedded in its owner, who keeps it alive until `done` */
    void (*work)(struct thread_job *); /* on a pool thread; no logging, no shared state */
    void (*done)(struct thread_job *); /* on the loop */
    struct thread_job *next;           /* the pool's */
};

/* NULL: no memory or no threads. queue_max bounds jobs that wait or run. */
struct thread_pool *thread_pool_new(struct loop *loop, unsigned threads, unsigned queue_max);
/* Waits for running jobs; `done` is called for none that is left. */
void thread_pool_free(struct thread_pool *pool);
/* 0, or ERR_FULL: the job was not taken. */
MUST_USE int thread_pool_submit(struct thread_pool *pool, struct thread_job *job);
