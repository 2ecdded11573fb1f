/* SPDX-License-Identifier: ISC */
#include "submit/worker.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/attribute.h"
#include "base/clock.h"
#include "base/err.h"
#include "submit/client.h"
#include "submit/events.h"
#include "submit/privilege.h"
#include "submit/target.h"

#define THREADS          4
#define THREAD_QUEUE_MAX 4096
#define STORE_RETRY_US   US_PER_S
#define WARM_UP_US       (2 * US_PER_S) /* for upstream and backend, before clients are let in */
#define WARM_UP_STEP_US  (5 * US_PER_MS)

static void on_close_sockets(struct loop_timer *timer)
{
    struct worker *w = CONTAINER_OF(timer, struct worker, close_sockets);
    for (size_t i = 0; i < w->setup->listen_n; i++)
        (void)close(w->setup->listen_fds[i]); /* who waits there is for the others to serve */
}

/* Closed a turn later, when the loop has told the kernel that it watches them no more: others hold
 * these sockets too, so closing them would not end the watch. */
static void stop_listening(struct worker *w)
{
    if (!w->serving || w->closed)
        return;
    w->closed = true;
    for (size_t i = 0; i < w->setup->listen_n; i++)
        listener_stop(&w->listeners[i].listener);
    timer_set(&w->close_sockets, loop_now_us(w->loop) + 1);
}

void worker_client_gone(struct worker *w)
{
    if (w->draining && w->clients_n == 0)
        loop_stop(w->loop);
}

/* bound_us: how long sessions may go on; 0: as long as they last (a reload). */
static void drain(struct worker *w, int64_t bound_us)
{
    stop_listening(w);
    w->draining = true;
    if (bound_us)
        timer_set(&w->drain, loop_now_us(w->loop) + bound_us);
    worker_client_gone(w);
}

static void shed_all(struct worker *w)
{
    struct client *next;
    for (struct client *c = w->clients; c; c = next) {
        next = c->next;
        client_shed(c, "Service closing, try again later", "service stops");
    }
}

static void on_drain_over(struct loop_timer *timer)
{
    shed_all(CONTAINER_OF(timer, struct worker, drain));
}

static void on_signal(struct loop_watch *watch)
{
    struct worker *w = CONTAINER_OF(watch, struct worker, signals);
    struct signalfd_siginfo info;
    while (read(watch->fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGTERM && w->draining && w->drain.due_us)
            shed_all(w); /* told twice: at once */
        else if (info.ssi_signo == SIGTERM)
            drain(w, w->setup->conf->submission.timeouts.drain_us);
        else if (info.ssi_signo == SIGHUP)
            drain(w, 0);
    }
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

static void on_accept(struct listener *l, int fd, const struct address *peer)
{
    struct worker_listener *own = CONTAINER_OF(l, struct worker_listener, listener);
    client_accept(own->worker, fd, peer, l->tls);
}

static void on_trouble(struct listener *l, int error)
{
    (void)l; /* all listeners share the process's limits */
    LOG(L_ERROR, "listener.paused", FIELD_STR("reason", err_text(error)));
}

static int start_listening(struct worker *w)
{
    for (size_t i = 0; i < w->setup->listen_n; i++) {
        struct listener *l = &w->listeners[i].listener;
        w->listeners[i].worker = w;
        l->tls = w->setup->listen_tls[i];
        l->on_accept = on_accept;
        l->on_trouble = on_trouble;
        int error = listener_start(l, w->loop, w->setup->listen_fds[i]);
        if (error) {
            LOG(L_ERROR, "service.failed", FIELD_STR("what", "listen"),
                FIELD_STR("reason", err_text(error)));
            return error;
        }
    }
    return 0;
}

static void serve(struct worker *w)
{
    w->serving = true;
    w->store_retry_us = 0; /* the first client's try is said when it fails */
    timer_set(&w->drain, 0);
    w->drain.on_timer = on_drain_over;
    if (start_listening(w)) {
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
    w->store_retry_us = now + (w->serving ? STORE_RETRY_US : WARM_UP_STEP_US);
    int error = store_open(w->setup->conf->state, STORE_READ, 0, &w->store);
    if (error)
        w->store = NULL;
    if (!w->serving)
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
    if (w->draining || w->serving)
        return;
    bool ready = w->learned && auth_mechanisms(w->auth, true).n && worker_store(w);
    if (ready || now >= w->serve_by_us)
        serve(w);
    else
        timer_set(&w->drain, now + WARM_UP_STEP_US);
}

static void on_warm_up(struct loop_timer *timer)
{
    warm_up(CONTAINER_OF(timer, struct worker, drain));
}

static void on_learned(void *context)
{
    struct worker *w = context;
    w->learned = true;
    warm_up(w);
}

static int open_signals(struct worker *w)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    (void)sigaddset(&set, SIGINT); /* from a terminal: the parent hears it too, and decides */
    if (sigprocmask(SIG_SETMASK, &set, NULL))
        return -errno;
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return fd < 0 ? -errno : watch_start(&w->signals, w->loop, fd, on_signal);
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

static bool open_all(struct worker *w, struct buf *why)
{
    w->loop = loop_new();
    if (!w->loop)
        return false;
    timer_init(&w->drain, w->loop, on_warm_up);
    timer_init(&w->close_sockets, w->loop, on_close_sockets);
    w->threads = thread_pool_new(w->loop, THREADS, THREAD_QUEUE_MAX);
    w->recorder = recorder_new(w->loop, w->setup->recorder_fd);
    w->by_slot_n = admission_rows(w->setup->admission);
    w->by_slot = calloc(w->by_slot_n, sizeof(struct client *));
    if (!w->threads || !w->recorder || !w->by_slot) {
        buf_append_str(why, "out of memory");
        return false;
    }
    if (open_signals(w) ||
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
    stop_listening(w);
    auth_close(w->auth);
    policy_server_close(w->policy_server);
    upstreams_free(w->upstreams);
    recorder_free(w->recorder); /* sends what is left */
    thread_pool_free(w->threads);
    store_close(w->store);
    timer_clear(&w->drain);
    timer_clear(&w->close_sockets);
    watch_stop(&w->signals);
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
