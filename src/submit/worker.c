/* SPDX-License-Identifier: ISC */
#include "submit/worker.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attribute.h"
#include "base/clock.h"
#include "base/err.h"
#include "service/privilege.h"
#include "submit/client.h"
#include "submit/events.h"
#include "submit/target.h"

#define THREADS          4
#define THREAD_QUEUE_MAX 4096
#define STORE_RETRY_US   US_PER_S
#define WARM_UP_US       (2 * US_PER_S) /* for upstream and backend, before clients are let in */
#define WARM_UP_STEP_US  (5 * US_PER_MS)

static void shed_all(struct worker *w)
{
    struct client *next;
    for (struct client *c = w->clients; c; c = next) {
        next = c->next;
        client_shed(c, "Service closing, try again later", "service stops");
    }
}

static void hang_up(struct serving *s, bool all)
{
    if (all)
        shed_all(CONTAINER_OF(s, struct worker, serving));
}

static void on_wake(struct loop_watch *watch)
{
    struct worker *w = CONTAINER_OF(watch, struct worker, wake);
    uint64_t count;
    int32_t slot;
    (void)!read(watch->fd, &count, sizeof count); /* only empties it */
    while ((slot = admission_shed_wanted(w->setup->admission, w->setup->column)) >= 0)
        if ((size_t)slot < w->by_slot_n && w->by_slot[slot])
            client_shed(w->by_slot[slot], "Too many connections, try again later",
                        "made room for a newer connection");
}

static void on_accept(struct serving *s, const struct listen_spec *spec, int fd,
                      const struct address *peer)
{
    client_accept(CONTAINER_OF(s, struct worker, serving), fd, peer, spec->tls);
}

static void serve(struct worker *w)
{
    w->let_in = true;
    w->store_retry_us = 0; /* the first client's try is said when it fails */
    timer_set(&w->warm_up, 0);
    int error = serving_listen(&w->serving);
    if (error) {
        LOG(L_ERROR, "service.failed", FIELD_STR("what", "listen"),
            FIELD_STR("reason", err_text(error)));
        w->failed = true;
        loop_stop(w->loop);
        return;
    }
    metrics_ready(w->setup->metrics, true);
    (void)!write(w->setup->ready_fd, "", 1); /* the parent reads it, or is gone */
}

/* The keeper makes it, perhaps later than we start. */
struct store *worker_store(struct worker *w)
{
    int64_t now = loop_now_us(w->loop);
    if (w->store || now < w->store_retry_us)
        return w->store;
    w->store_retry_us = now + (w->let_in ? STORE_RETRY_US : WARM_UP_STEP_US);
    int error = store_open(w->setup->conf->state, STORE_READ, 0, &w->store);
    if (error)
        w->store = NULL;
    if (!w->let_in)
        return w->store; /* the keeper may be about to make it */
    if (error && error != w->store_error)
        LOG(L_ERROR, "store.away", FIELD_STR("reason", err_text(error)));
    w->store_error = error;
    return w->store;
}

/* Clients are let in when the upstream and the backend have said what they offer, so that the first
 * EHLO tells all, and the registry can be read; or when that takes too long. */
static void warm_up(struct worker *w)
{
    int64_t now = loop_now_us(w->loop);
    if (w->serving.draining || w->let_in)
        return;
    bool ready = w->learned && auth_mechanisms(w->auth, true).n && worker_store(w);
    if (ready || now >= w->serve_by_us)
        serve(w);
    else
        timer_set(&w->warm_up, now + WARM_UP_STEP_US);
}

static void on_warm_up(struct loop_timer *timer)
{
    warm_up(CONTAINER_OF(timer, struct worker, warm_up));
}

static void on_learned(void *context)
{
    struct worker *w = context;
    w->learned = true;
    warm_up(w);
}

static bool open_networks(struct worker *w, struct buf *why)
{
    const struct conf_list *list = &w->setup->conf->submission.proxy_from;
    for (size_t i = 0; i < list->n && i < WORKER_NETWORKS_MAX; i++) {
        if (!network_parse(slice_of_str(list->at[i]), &w->proxies[w->proxies_n++])) {
            buf_printf(why, "proxy-from: \"%s\" is not a network", list->at[i]);
            return false;
        }
    }
    return true;
}

static bool open_auth(struct worker *w, struct buf *why)
{
    static uint8_t cache_key[32], salt_key[32];
    const struct conf_submission *conf = &w->setup->conf->submission;
    randombytes_buf(cache_key, sizeof cache_key);
    privacy_derive(w->setup->privacy, "scram-salt", salt_key);
    struct auth_setup setup = {
        .loop = w->loop,
        .threads = w->threads,
        .spec = conf->auth,
        .realm = conf->realm,
        .cache_us = conf->auth_cache_us,
        .cache_key = cache_key,
        .salt_key = salt_key,
        .service = "smtp",
    };
    w->auth = auth_open(&setup, why);
    return w->auth != NULL;
}

static bool open_policy_server(struct worker *w, struct buf *why)
{
    w->policy_server = policy_server_open(&w->setup->conf->auth_policy, w->loop, why);
    return w->policy_server || buf_size(why) == 0;
}

static bool open_delivery(struct worker *w, struct buf *why)
{
    const struct conf_submission *conf = &w->setup->conf->submission;
    struct target first;
    if (!target_parse(conf->deliver.at[0], &first, why))
        return false;
    if (!first.maildir) {
        w->upstreams = upstreams_new(w->loop, w->threads, conf, why);
        return w->upstreams != NULL;
    }
    if (conf->deliver.n > 1) {
        buf_printf(why, "deliver: \"%s\" stands alone or not at all", first.name);
        return false;
    }
    w->maildir = (struct maildir_setup){
        .loop = w->loop,
        .threads = w->threads,
        .auth = w->auth,
        .path = first.path,
        .hostname = conf->hostname,
    };
    return true;
}

static const struct serving_worker serving_worker = { on_accept, hang_up };

static bool open_all(struct worker *w, struct buf *why)
{
    w->loop = loop_new();
    if (!w->loop)
        return false;
    w->serving = (struct serving){ .worker = &serving_worker,
                                   .loop = w->loop,
                                   .sockets = w->setup->sockets,
                                   .drain_us = w->setup->conf->submission.timeouts.drain_us,
                                   .talks = true };
    timer_init(&w->warm_up, w->loop, on_warm_up);
    w->threads = thread_pool_new(w->loop, THREADS, THREAD_QUEUE_MAX);
    w->recorder = recorder_new(w->loop, w->setup->recorder_fd);
    w->by_slot_n = admission_rows(w->setup->admission);
    w->by_slot = calloc(w->by_slot_n, sizeof(struct client *));
    if (!w->threads || !w->recorder || !w->by_slot) {
        buf_append_str(why, "out of memory");
        return false;
    }
    if (serving_open(&w->serving) ||
        watch_start(&w->wake, w->loop, w->setup->wake_fds[w->setup->column], on_wake)) {
        buf_append_str(why, "cannot watch for signals");
        return false;
    }
    w->session = (struct submit_setup){
        .conf = w->setup->conf,
        .privacy = w->setup->privacy,
        .senders = w->setup->senders,
        .policed = true,
    };
    randombytes_buf(w->session.guess_key, sizeof w->session.guess_key);
    return open_networks(w, why) && open_auth(w, why) && open_policy_server(w, why) &&
           open_delivery(w, why);
}

static void close_all(struct worker *w)
{
    auth_close(w->auth);
    policy_server_close(w->policy_server);
    upstreams_free(w->upstreams);
    recorder_free(w->recorder); /* sends what is left */
    thread_pool_free(w->threads);
    store_close(w->store);
    timer_clear(&w->warm_up);
    serving_close(&w->serving);
    watch_stop(&w->wake);
    free(w->by_slot);
    loop_free(w->loop);
}

int worker_run(const struct worker_setup *setup)
{
    static struct worker worker; /* one a process; it is large */
    struct worker *w = &worker;
    struct buf why;
    buf_init(&why, 1024);
    w->setup = setup;
    metrics_use(setup->metrics, setup->column);
    if (!privilege_drop(setup->conf->user, &why) || !open_all(w, &why)) {
        LOG(L_ERROR, "service.failed", FIELD("reason", buf_slice(&why)));
        log_flush();
        buf_clear(&why);
        return 1;
    }
    w->serve_by_us = loop_now_us(w->loop) + WARM_UP_US;
    w->learned = !w->upstreams;
    if (w->upstreams)
        upstreams_probe(w->upstreams, on_learned, w);
    warm_up(w);
    loop_run(w->loop);
    metrics_ready(setup->metrics, false);
    close_all(w);
    buf_clear(&why);
    log_flush();
    return w->failed ? 1 : 0;
}
