/* SPDX-License-Identifier: ISC */
#include "net/threads.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"
#include "base/err.h"

#define STACK_BYTES ((size_t)1024 * 1024) /* getaddrinfo's plug-ins are the hungriest */

struct job_list {
    struct thread_job *first, *last;
};

struct thread_pool {
    pthread_mutex_t lock; /* over waiting, finished, stopping */
    pthread_cond_t wake;
    struct job_list waiting, finished;
    bool stopping;
    unsigned taken, taken_max; /* the loop's: jobs submitted and not yet done */
    struct loop_watch watch;   /* of an eventfd that counts finished jobs */
    int fd;
    unsigned threads_n;
    pthread_t threads[];
};

static void push(struct job_list *list, struct thread_job *job)
{
    job->next = NULL;
    if (list->last)
        list->last->next = job;
    else
        list->first = job;
    list->last = job;
}

static struct thread_job *pop(struct job_list *list)
{
    struct thread_job *job = list->first;
    if (job)
        list->first = job->next;
    if (!list->first)
        list->last = NULL;
    return job;
}

static struct thread_job *wait_for_job(struct thread_pool *pool)
{
    while (!pool->stopping && !pool->waiting.first)
        CHECK(pthread_cond_wait(&pool->wake, &pool->lock) == 0);
    return pool->stopping ? NULL : pop(&pool->waiting);
}

static void *work(void *arg)
{
    struct thread_pool *pool = arg;
    CHECK(pthread_mutex_lock(&pool->lock) == 0);
    for (struct thread_job *job; (job = wait_for_job(pool));) {
        CHECK(pthread_mutex_unlock(&pool->lock) == 0);
        job->work(job);
        CHECK(pthread_mutex_lock(&pool->lock) == 0);
        push(&pool->finished, job);
        CHECK(eventfd_write(pool->fd, 1) == 0);
    }
    CHECK(pthread_mutex_unlock(&pool->lock) == 0);
    return NULL;
}

static struct thread_job *take_finished(struct thread_pool *pool)
{
    CHECK(pthread_mutex_lock(&pool->lock) == 0);
    struct thread_job *first = pool->finished.first;
    pool->finished = (struct job_list){ 0 };
    CHECK(pthread_mutex_unlock(&pool->lock) == 0);
    return first;
}

static void on_finished(struct loop_watch *w)
{
    struct thread_pool *pool = CONTAINER_OF(w, struct thread_pool, watch);
    eventfd_t count;
    (void)eventfd_read(pool->fd, &count); /* the list says what is finished */
    for (struct thread_job *job = take_finished(pool), *next; job; job = next) {
        next = job->next; /* done may free the job */
        pool->taken--;
        job->done(job);
    }
}

/* Threads take no signals: those are the loop's. */
static bool start_threads(struct thread_pool *pool, unsigned threads)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    (void)sigfillset(&all);
    if (pthread_attr_init(&attributes) != 0)
        return false;
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool->threads_n < threads &&
           pthread_create(&pool->threads[pool->threads_n], &attributes, work, pool) == 0)
        pool->threads_n++;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
    return pool->threads_n > 0;
}

struct thread_pool *thread_pool_new(struct loop *loop, unsigned threads, unsigned queue_max)
{
    struct thread_pool *pool = calloc(1, sizeof *pool + threads * sizeof(pthread_t));
    if (!pool)
        return NULL;
    pool->taken_max = queue_max;
    CHECK(pthread_mutex_init(&pool->lock, NULL) == 0);
    CHECK(pthread_cond_init(&pool->wake, NULL) == 0);
    pool->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pool->fd < 0 || watch_start(&pool->watch, loop, pool->fd, on_finished) != 0 ||
        !start_threads(pool, threads)) {
        thread_pool_free(pool);
        return NULL;
    }
    return pool;
}

void thread_pool_free(struct thread_pool *pool)
{
    if (!pool)
        return;
    CHECK(pthread_mutex_lock(&pool->lock) == 0);
    pool->stopping = true;
    CHECK(pthread_cond_broadcast(&pool->wake) == 0);
    CHECK(pthread_mutex_unlock(&pool->lock) == 0);
    for (unsigned i = 0; i < pool->threads_n; i++)
        CHECK(pthread_join(pool->threads[i], NULL) == 0);
    watch_stop(&pool->watch);
    if (pool->fd >= 0)
        (void)close(pool->fd); /* an eventfd has nothing to lose */
    CHECK(pthread_cond_destroy(&pool->wake) == 0);
    CHECK(pthread_mutex_destroy(&pool->lock) == 0);
    free(pool);
}

int thread_pool_submit(struct thread_pool *pool, struct thread_job *job)
{
    if (pool->taken >= pool->taken_max)
        return ERR_FULL;
    pool->taken++;
    CHECK(pthread_mutex_lock(&pool->lock) == 0);
    push(&pool->waiting, job);
    CHECK(pthread_cond_signal(&pool->wake) == 0);
    CHECK(pthread_mutex_unlock(&pool->lock) == 0);
    return 0;
}
