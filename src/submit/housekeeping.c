/* SPDX-License-Identifier: ISC */
#include "submit/housekeeping.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "device/counters_snapshot.h"
#include "submit/alert.h"
#include "submit/control.h"

#define SWEEP_EVERY   14 /* seconds, a part: all 256 within an hour */
#define SWEEP_PARTS   256
#define THREADS       1
#define THREADS_QUEUE 64

struct housekeeping {
    struct housekeeping_setup setup;
    struct thread_pool *threads;
    struct alerts *alerts;
    struct counters_file *file; /* NULL: counters are not saved */
    struct control_server *control;
    struct control_context context;
    unsigned seconds; /* since the start */
    int save_error;   /* of the last save: an error is said once */
};

static bool open_all(struct housekeeping *h, struct loop *loop, struct buf *why)
{
    const char *state = h->setup.conf->state;
    h->threads = thread_pool_new(loop, THREADS, THREADS_QUEUE);
    if (!h->threads) {
        buf_append_str(why, err_text(-ENOMEM));
        return false;
    }
    if (alerts_start(h->alerts, loop, h->threads, why))
        return false;
    h->control = control_server_open(loop, state, &h->context, why);
    if (!h->control)
        return false;
    h->file = counters_file_open(h->setup.counters, state, why);
    if (!h->file) { /* counting goes on: only a restart will forget */
        LOG(L_ERROR, "policy.counters", FIELD("reason", buf_slice(why)));
        buf_clear(why);
    }
    return true;
}

static void on_stop(void *context)
{
    struct housekeeping *h = context;
    control_server_close(TAKE(h->control));
    counters_file_close(TAKE(h->file));
    alerts_free(TAKE(h->alerts));
    thread_pool_free(TAKE(h->threads));
}

static int on_start(void *context, struct loop *loop, struct store *store)
{
    struct housekeeping *h = context;
    struct buf why;
    buf_init(&why, 1024);
    h->context.store = store;
    bool ok = open_all(h, loop, &why);
    if (!ok) {
        LOG(L_ERROR, "keeper.failed", FIELD("reason", buf_slice(&why)));
        on_stop(h);
    }
    if (ok && h->setup.ready_fd >= 0)
        (void)!write(h->setup.ready_fd, "", 1); /* the parent reads it, or is gone */
    buf_clear(&why);
    return ok ? 0 : -ECANCELED;
}

static void on_store(void *context, struct store *store)
{
    struct housekeeping *h = context;
    h->context.store = store;
}

static void on_tick(void *context, int64_t wall_us)
{
    struct housekeeping *h = context;
    int error = h->file ? counters_file_save(h->file) : 0;
    if (error && error != h->save_error)
        LOG(L_ERROR, "policy.counters", FIELD_STR("reason", "cannot be saved"),
            FIELD_STR("error", err_text(error)));
    h->save_error = error;
    if (h->seconds++ % SWEEP_EVERY == 0)
        counters_sweep(h->setup.counters, h->seconds / SWEEP_EVERY % SWEEP_PARTS, wall_us);
}

/* Which name its owner gave it, if any. */
static struct slice find_label(struct housekeeping *h, const struct device_event *event,
                               struct device *device)
{
    struct device_key key = { event->account, event->type, event->token };
    bool there = event->type.n && h->context.store && !device_find(h->context.store, &key, device);
    return slice_of_str(there ? device->label : "");
}

static void raise(struct housekeeping *h, const struct device_event *event)
{
    struct device device;
    alerts_raise(h->alerts, &(struct alert){
                                .kind = event->alert,
                                .account = event->account,
                                .type = event->type,
                                .label = find_label(h, event, &device),
                                .network = event->network,
                                .location = event->location,
                                .reason = event->reason,
                                .wall_us = event->wall_us,
                            });
}

/* Memory follows the registry: who went is known no more. */
static void forget(struct housekeeping *h, const struct device_key *key)
{
    policy_forget(h->setup.counters, key->account, key->type, &key->token, NULL);
}

static void on_applied(void *context, const struct device_event *event,
                       const struct device_applied *applied)
{
    struct housekeeping *h = context;
    struct device_key key = { event->account, event->type, event->token };
    if (applied->evicted)
        forget(h, &applied->gone);
    if (event->kind == DEVICE_EVENT_REVOKE)
        forget(h, &key);
    if (event->alert != DEVICE_ALERT_NONE)
        raise(h, event);
}

struct housekeeping *housekeeping_new(const struct housekeeping_setup *setup, struct buf *why)
{
    struct housekeeping *h = calloc(1, sizeof *h);
    if (!h) {
        buf_append_str(why, err_text(-ENOMEM));
        return NULL;
    }
    h->alerts = alerts_open(setup->conf, setup->privacy, why);
    if (!h->alerts) {
        free(h);
        return NULL;
    }
    h->setup = *setup;
    h->context = (struct control_context){
        .counters = setup->counters,
        .policy = setup->policy,
        .privacy = setup->privacy,
        .locations = setup->locations,
        .conf = setup->conf,
    };
    return h;
}

void housekeeping_free(struct housekeeping *h)
{
    if (h)
        alerts_free(h->alerts);
    free(h);
}

struct keeper_hooks housekeeping_hooks(struct housekeeping *h)
{
    return (struct keeper_hooks){ .context = h,
                                  .start = on_start,
                                  .store = on_store,
                                  .applied = on_applied,
                                  .tick = on_tick,
                                  .stop = on_stop };
}
