/* SPDX-License-Identifier: ISC */
#include "submit/keeper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/reader.h"
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
#define TICK_US           US_PER_S
#define FORGET_EVERY_US   (60 * US_PER_S)
#define FORGET_AT_ONCE    300
#define DAY_US            (86400 * US_PER_S)
#define TOLD_MAX          (4 + DEVICE_TYPE_MAX + sizeof(struct pseudonym))
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
    struct buf told;    /* what the open transaction changed: see tell */
    struct buf evicted; /* scratch of device_apply */
    struct device_bounds bounds;
    struct loop_timer ticks;
    struct buf forgetting; /* where the round stands */
    int64_t forget_us;     /* when it goes on; monotonic */
    bool started;          /* hooks.start was called, and said yes */
    uint64_t dropped;      /* not logged yet */
    int64_t applied_us;    /* when the last transaction ended */
    int64_t retry_us;      /* 0: the store works */
    int error;             /* of the last transaction */
};

/* ---- what the operator sees ---- */

struct said {
    enum log_level level;
    const char *event;
    const struct device_key *key;         /* type empty: no identity */
    const struct device_network *network; /* or NULL */
    const char *state;                    /* or NULL, as are the others */
    struct slice reason;
    int64_t until_us;
};

static void say(const struct keeper *k, const struct said *said)
{
    char account[PSEUDONYM_TEXT_MAX], token[PSEUDONYM_TEXT_MAX], identity[IDENTITY_TEXT_MAX] = "";
    char network[DEVICE_NETWORK_TEXT_MAX] = "", hidden[PSEUDONYM_TEXT_MAX];
    const struct privacy *privacy = k->setup->privacy;
    struct buf until;
    buf_init(&until, 40);
    if (said->key->type.n)
        (void)snprintf(identity, sizeof identity, "%.*s:%s", SLICE_ARG(said->key->type),
                       pseudonym_text(&said->key->token, token));
    if (said->network)
        (void)device_network_text(said->network, network);
    if (said->until_us)
        clock_write_rfc3339(&until, said->until_us);
    struct log_field fields[6] = {
        identifier_field(privacy, ID_ACCOUNT, "account", said->key->account, account),
        FIELD_STR("identity", identity),
        FIELD_STR("state", said->state),
        FIELD("reason", said->reason),
        FIELD("until", buf_slice(&until)),
    };
    if (said->network)
        fields[5] =
            identifier_field(privacy, ID_CLIENT_ADDRESS, "network", slice_of_str(network), hidden);
    log_event(said->level, said->event, fields, said->network ? 6 : 5);
    buf_clear(&until);
}

static void say_applied(const struct keeper *k, const struct device_event *event,
                        const struct device_applied *applied)
{
    const struct device_key key = { event->account, event->type, event->token };
    if (applied->before == DEVICE_NONE && applied->after != DEVICE_NONE)
        say(k, &(struct said){ .level = L_INFO,
                               .event = "device.new",
                               .key = &key,
                               .state = device_state_text(applied->after),
                               .network = &event->network });
    if (applied->before != DEVICE_REVOKED && applied->after == DEVICE_REVOKED)
        say(k, &(struct said){ .level = L_NOTICE,
                               .event = "device.revoked",
                               .key = &key,
                               .reason = event->reason,
                               .until_us = event->revoke_until_us });
    if (applied->evicted)
        say(k, &(struct said){ .level = L_INFO, .event = "device.evicted", .key = &applied->gone });
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

static bool worth_telling(const struct device_event *event, const struct device_applied *applied)
{
    return applied->before != applied->after || applied->new_place || applied->evicted ||
           event->alert != DEVICE_ALERT_NONE;
}

/* Kept until the transaction is on disk: 1 before, 1 after, 1 new place, 1 n, n type and the token
 * of the device that went (n 0: none did), then the record. */
static int tell(struct keeper *k, const struct device_applied *applied, struct slice whole)
{
    const struct pseudonym *token = &applied->gone.token;
    const uint8_t head[] = { (uint8_t)applied->before, (uint8_t)applied->after, applied->new_place,
                             (uint8_t)(applied->evicted ? applied->gone.type.n : 0) };
    buf_append(&k->told, (struct slice){ head, sizeof head });
    if (applied->evicted) {
        buf_append(&k->told, applied->gone.type);
        buf_append(&k->told, (struct slice){ (const uint8_t *)token, sizeof *token });
    }
    buf_append(&k->told, whole);
    return k->told.failed ? -ENOMEM : 0;
}

static struct slice read_told(struct slice rest, struct device_applied *out)
{
    struct reader r = reader_of(rest);
    *out = (struct device_applied){ .before = (enum device_state)reader_u8(&r) };
    out->after = (enum device_state)reader_u8(&r);
    out->new_place = reader_u8(&r);
    out->gone.type = reader_bytes(&r, reader_u8(&r));
    out->evicted = out->gone.type.n > 0;
    if (out->evicted)
        (void)slice_keep(reader_bytes(&r, sizeof out->gone.token), &out->gone.token,
                         sizeof out->gone.token);
    return slice_from(rest, rest.n - reader_left(&r));
}

static void say_told(struct keeper *k)
{
    const struct keeper_hooks *hooks = &k->setup->hooks;
    struct slice rest = buf_slice(&k->told), whole;
    struct device_event event;
    struct fault why;
    while (rest.n) {
        struct device_applied applied;
        rest = read_told(rest, &applied);
        if (record_next(&rest, &whole, &event, &why) != RECORD_ONE)
            break;
        applied.gone.account = applied.evicted ? event.account : (struct slice){ 0 };
        say_applied(k, &event, &applied);
        if (hooks->applied)
            hooks->applied(hooks->context, &event, &applied);
    }
    buf_clear(&k->told);
}

static int apply_one(struct keeper *k, const struct device_event *event, struct slice whole)
{
    struct device_applied applied;
    int error = device_apply(k->store, event, &k->bounds, &k->evicted, &applied);
    if (only_this_one(error)) {
        const struct device_key key = { event->account, event->type, event->token };
        say(k, &(struct said){ .level = L_ERROR,
                               .event = "device.broken",
                               .key = &key,
                               .reason = slice_of_str(err_text(error)) });
        return 0;
    }
    if (error || !worth_telling(event, &applied))
        return error;
    return tell(k, &applied, whole);
}

/* The first n records in one transaction. */
static int apply_batch(struct keeper *k, size_t n, size_t *out_bytes)
{
    struct slice rest = buf_slice(&k->waiting), whole;
    struct device_event event;
    struct fault why;
    size_t before = rest.n;
    int error = store_begin(k->store);
    while (!error && n-- > 0 && record_next(&rest, &whole, &event, &why) == RECORD_ONE)
        error = apply_one(k, &event, whole);
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
    const struct keeper_hooks *hooks = &k->setup->hooks;
    if (hooks->store)
        hooks->store(hooks->context, NULL);
    store_close(TAKE(k->store));
    int error = store_open(k->setup->state, STORE_WRITE, k->setup->map_bytes, &k->store);
    if (!error && hooks->store)
        hooks->store(hooks->context, k->store);
    return error;
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
        buf_clear(&k->told);
        on_failure(k, k->error);
        return;
    }
    k->retry_us = 0;
    k->waiting_n -= n;
    buf_consume(&k->waiting, bytes);
    say_told(k);
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

/* A worker that sends nonsense is broken or taken over; it can only lie about what happened. */
static void on_message(struct keeper *k, struct slice message)
{
    struct slice rest = message, whole;
    struct device_event event;
    struct fault why;
    for (;;) {
        switch (record_next(&rest, &whole, &event, &why)) {
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

/* ---- every second ---- */

static void forget(struct keeper *k, int64_t now_us)
{
    k->forget_us = now_us + FORGET_EVERY_US;
    int error = store_begin(k->store);
    if (!error)
        error = device_forget_old(k->store, &k->bounds, clock_wall_us(), FORGET_AT_ONCE,
                                  &k->forgetting);
    if (!error)
        error = store_commit(k->store);
    else
        store_abort(k->store);
    if (error)
        on_failure(k, error);
}

static void on_tick(struct loop_timer *t)
{
    struct keeper *k = CONTAINER_OF(t, struct keeper, ticks);
    const struct keeper_hooks *hooks = &k->setup->hooks;
    int64_t now_us = loop_now_us(k->loop);
    if (k->store && !k->retry_us && now_us >= k->forget_us)
        forget(k, now_us);
    if (hooks->tick)
        hooks->tick(hooks->context, clock_wall_us());
    timer_set(t, now_us + TICK_US);
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
        (void)!device_prepare(k->store); /* for the readers' sake only */
    if (!error)
        error = watch_start(&k->stop, k->loop, setup->stop, on_stop);
    for (size_t i = 0; !error && i < setup->workers_n; i++) {
        struct source *s = &k->sources[i];
        s->keeper = k;
        error = watch_start(&s->watch, k->loop, setup->workers[i], on_readable);
        s->open = !error;
    }
    if (!error && setup->hooks.start)
        error = setup->hooks.start(setup->hooks.context, k->loop, k->store);
    k->started = !error;
    timer_set(&k->ticks, loop_now_us(k->loop) + TICK_US);
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

static void set_bounds(struct keeper *k)
{
    static const struct device_bounds usual = { 20, 16, 180 * DAY_US, 30 * DAY_US };
    k->bounds = k->setup->bounds.devices ? k->setup->bounds : usual;
}

static void end(struct keeper *k)
{
    const struct keeper_hooks *hooks = &k->setup->hooks;
    if (k->started && hooks->stop)
        hooks->stop(hooks->context);
    for (size_t i = 0; k->sources && i < k->setup->workers_n; i++)
        watch_stop(&k->sources[i].watch);
    watch_stop(&k->stop);
    timer_clear(&k->timer);
    timer_clear(&k->ticks);
    store_close(k->store);
    buf_clear(&k->told);
    buf_clear(&k->evicted);
    buf_clear(&k->forgetting);
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
    buf_init(&k.told, BATCH_MAX * (RECORD_MAX + TOLD_MAX));
    buf_init(&k.evicted, DEVICE_ACCOUNT_MAX + DEVICE_TYPE_MAX);
    buf_init(&k.forgetting, STORE_KEY_MAX);
    set_bounds(&k);
    timer_init(&k.timer, k.loop, on_timer);
    timer_init(&k.ticks, k.loop, on_tick);
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
