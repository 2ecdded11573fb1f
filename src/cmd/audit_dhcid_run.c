/* SPDX-License-Identifier: ISC */
#include "cmd/audit_dhcid.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"

enum {
    PIECE = 1 << 16, /* addresses that a thread takes at once: some milliseconds */
    PIECES = DHCID_SUFFIXES / PIECE,
    WATCH_MS = 250,
};

/* What the threads share. `next` numbers the pieces of all prefixes, one behind the other. */
struct work {
    const struct dhcid_job *job;
    pthread_t watcher;
    atomic_uint_fast64_t next, tried;
    atomic_bool stop;
    atomic_uint running;
    pthread_mutex_t lock; /* of result and mac */
    int result;
    uint8_t mac[6];
};

static void settle(struct work *work, int result, const uint8_t mac[6])
{
    (void)pthread_mutex_lock(&work->lock);
    if (work->result != 1)
        work->result = result;
    if (result == 1)
        memcpy(work->mac, mac, sizeof work->mac);
    (void)pthread_mutex_unlock(&work->lock);
    atomic_store(&work->stop, true);
}

static void try_pieces(struct work *work, struct dhcid_search *search)
{
    const struct dhcid_job *job = work->job;
    const uint64_t pieces = (uint64_t)job->prefixes_n * PIECES;
    while (!atomic_load(&work->stop)) {
        uint64_t piece = atomic_fetch_add(&work->next, 1);
        uint8_t mac[6];
        if (piece >= pieces)
            return;
        uint32_t from = (uint32_t)(piece % PIECES) * PIECE;
        int result =
            dhcid_search_range(search, job->prefixes[piece / PIECES].oui, from, from + PIECE, mac);
        atomic_fetch_add(&work->tried, PIECE);
        if (result != 0)
            settle(work, result, mac);
    }
}

static void *search_thread(void *arg)
{
    struct work *work = arg;
    struct dhcid_search *search = dhcid_search_new(work->job->record, work->job->name);
    if (search)
        try_pieces(work, search);
    else
        settle(work, -ENOMEM, NULL);
    dhcid_search_free(search);
    if (atomic_fetch_sub(&work->running, 1) == 1)
        (void)pthread_kill(work->watcher, SIGUSR1); /* nobody is left: it need not wait */
    return NULL;
}

static unsigned start(struct work *work, pthread_t threads[DHCID_THREADS_MAX])
{
    unsigned n = 0;
    atomic_store(&work->running, work->job->threads);
    while (n < work->job->threads && pthread_create(&threads[n], NULL, search_thread, work) == 0)
        n++;
    /* Those that could not be started are not running. */
    atomic_fetch_sub(&work->running, work->job->threads - n);
    if (n == 0)
        settle(work, -EAGAIN, NULL);
    return n;
}

static void report(struct work *work, int64_t start_us, struct dhcid_outcome *out)
{
    out->tried = atomic_load(&work->tried);
    out->seconds = (double)(clock_monotonic_us() - start_us) / (double)US_PER_S;
}

/* Until the threads are through, or somebody wants no more. */
static void watch(struct work *work, const sigset_t *signals, int64_t start_us,
                  void (*shown)(const struct dhcid_outcome *, void *), void *with,
                  struct dhcid_outcome *out)
{
    const struct timespec wait = { .tv_nsec = WATCH_MS * 1000000L };
    while (atomic_load(&work->running) > 0) {
        int signal = sigtimedwait(signals, NULL, &wait);
        if (signal == SIGINT || signal == SIGTERM) {
            out->stopped = true;
            atomic_store(&work->stop, true);
        }
        report(work, start_us, out);
        if (shown)
            shown(out, with);
    }
}

void dhcid_run(const struct dhcid_job *job, void (*shown)(const struct dhcid_outcome *, void *),
               void *with, struct dhcid_outcome *out)
{
    pthread_t threads[DHCID_THREADS_MAX];
    struct work work = { .job = job, .watcher = pthread_self() };
    int64_t start_us = clock_monotonic_us();
    sigset_t signals, before;
    *out = (struct dhcid_outcome){ 0 };
    (void)pthread_mutex_init(&work.lock, NULL);
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGUSR1);
    /* Blocked in all threads: only sigtimedwait() takes them. */
    (void)pthread_sigmask(SIG_BLOCK, &signals, &before);
    unsigned n = start(&work, threads);
    watch(&work, &signals, start_us, shown, with, out);
    for (unsigned i = 0; i < n; i++)
        (void)pthread_join(threads[i], NULL);
    report(&work, start_us, out);
    out->result = work.result;
    memcpy(out->mac, work.mac, sizeof out->mac);
    out->stopped = out->stopped && work.result == 0;
    (void)sigtimedwait(&signals, NULL, &(struct timespec){ 0 }); /* the last thread's, unread */
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_mutex_destroy(&work.lock);
}
