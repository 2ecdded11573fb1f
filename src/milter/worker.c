/* SPDX-License-Identifier: ISC */
#include "milter/worker.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/attribute.h"
#include "base/clock.h"
#include "base/err.h"
#include "milter/client.h"
#include "service/privilege.h"

#define KEYS_CACHED   4096
#define FULL_AGAIN_US (60 * US_PER_S) /* it is said at most so often */

/* --- accepting --- */

static void say_full(struct milter_worker *w)
{
    int64_t now = loop_now_us(w->loop);
    if (w->full_said_us && now < w->full_said_us + FULL_AGAIN_US)
        return;
    w->full_said_us = now;
    LOG(L_WARN, "milter.full", FIELD_NUM("connections", w->serving.clients_n));
}

static void set_paused(struct milter_worker *w, bool paused)
{
    w->paused = paused;
    serving_pause(&w->serving, paused);
    if (paused)
        say_full(w);
}

void milter_worker_recount(struct milter_worker *w)
{
    bool full = w->serving.clients_n >= w->clients_max;
    serving_recount(&w->serving);
    if (!w->serving.draining && full != w->paused)
        set_paused(w, full);
}

void milter_worker_verified(struct milter_worker *w)
{
    if (w->unvalidated_said || !resolver_believes(w->verification.resolver))
        return;
    w->unvalidated_said = true;
    LOG(L_WARN, "milter.unvalidated", FIELD_STR("reason", "dns.resolver knows no DNSSEC"));
}

static void on_accept(struct serving *s, const struct listen_spec *spec, int fd,
                      const struct address *peer)
{
    (void)spec; /* there is one kind */
    milter_client_accept(CONTAINER_OF(s, struct milter_worker, serving), fd, peer);
}

/* Messages are served to their end, connections between them are not. */
static void hang_up(struct serving *s, bool all)
{
    struct milter_worker *w = CONTAINER_OF(s, struct milter_worker, serving);
    struct milter_client *next;
    for (struct milter_client *c = w->clients; c; c = next) {
        next = c->next;
        if (all || milter_idle(&c->session))
            milter_client_hangup(c, "the service stops");
    }
}

/* --- its start --- */

static bool open_resolver(struct milter_worker *w, struct buf *why)
{
    const struct conf_dns *dns = &w->setup->conf->dns;
    bool validates = !dns->trust_anchor || strcmp(dns->trust_anchor, "none") != 0;
    struct resolver_setup setup = {
        .file = dns->file,
        .anchor = validates ? dns->trust_anchor : "",
        .cache = dns->cache,
        .rrtype = (uint16_t)w->setup->conf->milter.practices_rrtype,
        .longest_us = dns->timeout_us,
    };
    while (setup.forward_n < dns->resolver.n && setup.forward_n < RESOLVER_FORWARDERS_MAX) {
        setup.forward[setup.forward_n] = dns->resolver.at[setup.forward_n];
        setup.forward_n++;
    }
    w->verification.resolver = resolver_new(w->loop, &setup, why);
    return w->verification.resolver != NULL;
}

static bool open_sessions(struct milter_worker *w)
{
    const struct conf *conf = w->setup->conf;
    if (!milter_setup_init(&w->session, &conf->milter, w->setup->keys))
        return false;
    w->verification.loop = w->loop;
    w->verification.keys = key_cache_new(KEYS_CACHED);
    w->verification.practices = w->practices;
    w->verification.practices_n = milter_setup_practices(&w->session, w->practices);
    w->verification.timeout_us = conf->dns.timeout_us;
    w->verification.budget_us = conf->milter.limits.message_wait_us;
    milter_setup_verify_options(&w->session, &w->verification.dkim);
    return w->verification.keys != NULL;
}

static bool start_listening(struct milter_worker *w, struct buf *why)
{
    int error = serving_listen(&w->serving);
    if (error)
        buf_printf(why, "cannot listen: %s", err_text(error));
    return error == 0;
}

static bool open_all(struct milter_worker *w, struct buf *why)
{
    static const struct serving_worker serving_worker = { on_accept, hang_up };
    uint32_t most = w->setup->conf->milter.limits.connections;
    w->clients_max = (most + w->setup->workers - 1) / w->setup->workers;
    w->loop = loop_new();
    if (!w->loop) {
        buf_append_str(why, "out of memory");
        return false;
    }
    w->serving = (struct serving){ .worker = &serving_worker,
                                   .loop = w->loop,
                                   .sockets = w->setup->sockets,
                                   .drain_us = w->setup->conf->milter.timeouts.drain_us };
    if (!open_sessions(w)) {
        buf_append_str(why, "out of memory");
        return false;
    }
    int error = serving_open(&w->serving);
    if (error) {
        buf_printf(why, "cannot watch for signals: %s", err_text(error));
        return false;
    }
    return open_resolver(w, why) && start_listening(w, why);
}

static void close_all(struct milter_worker *w)
{
    resolver_free(w->verification.resolver);
    key_cache_free(w->verification.keys);
    milter_setup_clear(&w->session);
    serving_close(&w->serving);
    loop_free(w->loop);
}

int milter_worker_run(const struct milter_worker_setup *setup)
{
    static struct milter_worker worker; /* one a process; it is large */
    struct milter_worker *w = &worker;
    struct buf why;
    buf_init(&why, 1024);
    w->setup = setup;
    if (!privilege_drop(setup->conf->user, &why) || !open_all(w, &why)) {
        LOG(L_ERROR, "service.failed", FIELD("reason", buf_slice(&why)));
        log_flush();
        buf_clear(&why);
        return 1;
    }
    (void)!write(setup->ready_fd, "", 1); /* the parent reads it, or is gone */
    loop_run(w->loop);
    close_all(w);
    buf_clear(&why);
    log_flush();
    return 0;
}
