/* SPDX-License-Identifier: ISC */
#include "submit/keeper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "net/loop.h"
#include "submit/metrics_http.h"
#include "submit/record.h"

#define APPLY_EVERY_US    US_PER_S
#define APPLY_AT          1000
#define BATCH_MAX         10000 /* records a transaction */
#define WAITING_MAX       100000
#define DROP_AT_ONCE      1000 /* dropping one by one would move all the others each time */
#define RETRY_MAX_US      (30 * US_PER_S)
#define MESSAGES_A_TURN   16
#define MESSAGES_AT_END   1024 /* more than a socket holds: a worker that goes on cannot hold us */
#define IDENTITY_TEXT_MAX (DEVICE_TYPE_MAX + 1 + PSEUDONYM_TEXT_MAX)

struct keeper;

struct source {
    struct loop_watch watch;
    struct keeper *keeper;
    bool open;
};

struct keeper {
    const struct keeper_setup *setup;
    struct loop *loop;
    struct store *store;
    struct source *sources;
    struct loop_watch stop;
    struct loop_timer timer;
    struct buf waiting; /* records, as they came */
    size_t waiting_n;
    struct buf fresh;   /* those of the open transaction that were never seen before */
    uint64_t dropped;   /* not logged yet */
    int64_t applied_us; /* when the last transaction ended */
    int64_t retry_us;   /* 0: the store works */
    int error;          /* of the last transaction */
};

/* ---- what the operator sees ---- */

static void say_device(const struct keeper *k, enum log_level level, const char *event,
                       const struct device_key *key, const char *reason)
{
    char account[PSEUDONYM_TEXT_MAX], token[PSEUDONYM_TEXT_MAX], identity[IDENTITY_TEXT_MAX];
    (void)snprintf(identity, sizeof identity, "%.*s:%s", SLICE_ARG(key->type),
                   pseudonym_text(&key->token, token));
    struct log_field fields[] = {
        identifier_field(k->setup->privacy, ID_ACCOUNT, "account", key->account, account),
        FIELD_STR("identity", identity),
        FIELD_STR("reason", reason),
    };
    log_event(level, event, fields, reason ? 3 : 2);
}

static void say_fresh(struct keeper *k)
{
    struct slice rest = buf_slice(&k->fresh), whole;
    struct device_success success;
    struct fault why;
    while (record_next(&rest, &whole, &success, &why) == RECORD_ONE)
        say_device(k, L_INFO, "device.new", &success.key, NULL);
    buf_clear(&k->fresh);
}

static void say_dropped(struct keeper *k)
{
    if (k->dropped)
        LOG(L_WARN, "device.dropped", FIELD_NUM("records", k->dropped),
            FIELD_STR("reason", "store failing"));
    k->dropped = 0;
}

/* ---- from the queue into the store ---- */

/* A record on disk that cannot be read must not hold up all the others. */
static bool only_this_one(int error)
{
    return error == ERR_FORMAT || error == -EINVAL;
}

static int apply_one(struct keeper *k, const struct device_success *success, struct slice whole)
{
    struct device known;
    int error = device_find(k->store, &success->key, &known);
    bool first = error == ERR_NOT_FOUND;
    if (!error || first)
        error = device_record_success(k->store, &success->key, success->wall_us);
    if (only_this_one(error)) {
        say_device(k, L_ERROR, "device.broken", &success->key, err_text(error));
        return 0;
    }
    if (!error && first) {
        buf_append(&k->fresh, whole);
        error = k->fresh.failed ? -ENOMEM : 0;
    }
    return error;
}

/* The first n records in one transaction. */
static int apply_batch(struct keeper *k, size_t n, size_t *out_bytes)
{
    struct slice rest = buf_slice(&k->waiting), whole;
    struct device_success success;
    struct fault why;
    size_t before = rest.n;
    int error = store_begin(k->store);
    while (!error && n-- > 0 && record_next(&rest, &whole, &success, &why) == RECORD_ONE)
        error = apply_one(k, &success, whole);
    *out_bytes = before - rest.n;
    if (!error)
        return store_commit(k->store);
    store_abort(k->store);
    return error;
}

static void on_failure(struct keeper *k, int error)
{
    LOG(L_ERROR, "store.failed", FIELD_STR("reason", err_text(error)),
        FIELD_NUM("waiting", k->waiting_n), FIELD_NUM("dropped", k->dropped));
    k->dropped = 0;
    k->retry_us = k->retry_us ? k->retry_us * 2 : APPLY_EVERY_US;
    if (k->retry_us > RETRY_MAX_US)
        k->retry_us = RETRY_MAX_US;
}

/* After a failed write LMDB may refuse all others until it is opened again. */
static int reopen(struct keeper *k)
{
    store_close(TAKE(k->store));
    return store_open(k->setup->state, STORE_WRITE, k->setup->map_bytes, &k->store);
}

static void apply(struct keeper *k)
{
    size_t n = k->waiting_n < BATCH_MAX ? k->waiting_n : BATCH_MAX, bytes = 0;
    if (n == 0)
        return;
    k->error = k->retry_us ? reopen(k) : 0;
    if (!k->error)
        k->error = apply_batch(k, n, &bytes);
    k->applied_us = loop_now_us(k->loop);
    if (k->error) {
        buf_clear(&k->fresh);
        on_failure(k, k->error);
        return;
    }
    k->retry_us = 0;
    k->waiting_n -= n;
    buf_consume(&k->waiting, bytes);
    say_fresh(k);
    say_dropped(k);
}

static void arm(struct keeper *k)
{
    if (k->waiting_n)
        timer_set(&k->timer, k->applied_us + (k->retry_us ? k->retry_us : APPLY_EVERY_US));
}

static void on_timer(struct loop_timer *t)
{
    struct keeper *k = CONTAINER_OF(t, struct keeper, timer);
    apply(k);
    arm(k);
}

/* ---- from the workers into the queue ---- */

static void drop(struct keeper *k, size_t n)
{
    buf_consume(&k->waiting, record_span(buf_slice(&k->waiting), n));
    k->waiting_n -= n;
    k->dropped += n;
}

static void enqueue(struct keeper *k, struct slice whole)
{
    if (k->waiting_n == WAITING_MAX)
        drop(k, DROP_AT_ONCE);
    buf_append(&k->waiting, whole);
    if (k->waiting.failed) { /* no memory: what is there stays */
        k->waiting.failed = false;
        k->dropped++;
        return;
    }
    k->waiting_n++;
}

/* A worker that sends nonsense is broken or taken over; it can only lie about successes. */
static void on_message(struct keeper *k, struct slice message)
{
    struct slice rest = message, whole;
    struct device_success success;
    struct fault why;
    for (;;) {
        switch (record_next(&rest, &whole, &success, &why)) {
        case RECORD_END: return;
        case RECORD_ONE: enqueue(k, whole); break;
        case RECORD_BAD:
            LOG(L_ERROR, "device.malformed", FIELD_STR("reason", why.what),
                FIELD_NUM("at", why.at));
            return;
        }
    }
}

static void close_source(struct source *s)
{
    struct keeper *k = s->keeper;
    watch_stop(&s->watch);
    s->open = false;
    for (size_t i = 0; i < k->setup->workers_n; i++)
        if (k->sources[i].open)
            return;
    loop_stop(k->loop);
}

/* False: nothing more is there now. */
static bool receive(struct source *s)
{
    uint8_t bytes[RECORD_MESSAGE_MAX];
    ssize_t n = recv(s->watch.fd, bytes, sizeof bytes, MSG_DONTWAIT | MSG_TRUNC);
    if (n < 0 && errno == EINTR)
        return true;
    if (n < 0 && errno == EAGAIN)
        return false;
    if (n <= 0) {
        close_source(s);
        return false;
    }
    if ((size_t)n > sizeof bytes)
        LOG(L_ERROR, "device.malformed", FIELD_STR("reason", "message too long"));
    else
        on_message(s->keeper, (struct slice){ bytes, (size_t)n });
    return true;
}

static void on_readable(struct loop_watch *w)
{
    struct source *s = CONTAINER_OF(w, struct source, watch);
    struct keeper *k = s->keeper;
    for (int i = 0; i < MESSAGES_A_TURN && receive(s); i++)
        ;
    if (k->waiting_n >= APPLY_AT && k->retry_us == 0)
        apply(k);
    arm(k);
}

/* ---- the process ---- */

static void on_stop(struct loop_watch *w)
{
    struct keeper *k = CONTAINER_OF(w, struct keeper, stop);
    watch_stop(w); /* it stays readable */
    loop_stop(k->loop);
}

static int start(struct keeper *k)
{
    const struct keeper_setup *setup = k->setup;
    int error = store_open(setup->state, STORE_WRITE, setup->map_bytes, &k->store);
    if (!error)
        error = watch_start(&k->stop, k->loop, setup->stop, on_stop);
    for (size_t i = 0; !error && i < setup->workers_n; i++) {
        struct source *s = &k->sources[i];
        s->keeper = k;
        error = watch_start(&s->watch, k->loop, setup->workers[i], on_readable);
        s->open = !error;
    }
    return error;
}

/* All that the workers had sent when we were told to stop. */
static int finish(struct keeper *k)
{
    for (size_t i = 0; i < k->setup->workers_n; i++)
        for (int n = 0; k->sources[i].open && n < MESSAGES_AT_END && receive(&k->sources[i]); n++)
            ;
    k->error = 0;
    while (k->waiting_n && !k->error)
        apply(k);
    if (k->waiting_n) {
        k->dropped += k->waiting_n;
        say_dropped(k);
    }
    return k->error;
}

static void end(struct keeper *k)
{
    for (size_t i = 0; k->sources && i < k->setup->workers_n; i++)
        watch_stop(&k->sources[i].watch);
    watch_stop(&k->stop);
    timer_clear(&k->timer);
    store_close(k->store);
    buf_clear(&k->fresh);
    buf_clear(&k->waiting);
    free(k->sources);
    loop_free(k->loop);
    log_flush();
}

int keeper_run(const struct keeper_setup *setup)
{
    struct keeper k = { .setup = setup, .loop = loop_new() };
    if (!k.loop)
        return -ENOMEM;
    k.sources = calloc(setup->workers_n ? setup->workers_n : 1, sizeof *k.sources);
    buf_init(&k.waiting, WAITING_MAX * RECORD_MAX);
    buf_init(&k.fresh, BATCH_MAX * RECORD_MAX);
    timer_init(&k.timer, k.loop, on_timer);
    int error = k.sources ? start(&k) : -ENOMEM;
    if (!error) {
        struct metrics_http *http = NULL;
        if (setup->metrics && setup->metrics_fd >= 0)
            http = metrics_http_start(k.loop, setup->metrics_fd, setup->metrics);
        loop_run(k.loop);
        metrics_http_stop(http);
        error = finish(&k);
    }
    end(&k);
    return error;
}
