/* SPDX-License-Identifier: ISC */
#include "submit/upstream.h"

#include <stdlib.h>
#include <string.h>

#include "base/attribute.h"
#include "base/clock.h"
#include "base/err.h"
#include "net/tls.h"
#include "submit/upstream_internal.h"

#define DOWN_FOR_US    (10 * US_PER_S) /* how long an unreachable target is left alone */
#define PROBE_AGAIN_US (3 * US_PER_S)

static int64_t now_of(const struct upstreams *ups)
{
    return loop_now_us(ups->loop);
}

void upstream_log(const struct upstream_target *t, enum log_level level, const char *event,
                  const char *reason)
{
    LOG(level, event, FIELD_STR("upstream", t->where.name), FIELD_STR("reason", reason));
}

static bool take_out(struct upstream_link **at, const struct upstream_link *link)
{
    for (; *at; at = &(*at)->next) {
        if (*at == link) {
            *at = link->next;
            return true;
        }
    }
    return false;
}

void upstream_forget_idle(struct upstream_link *link)
{
    if (take_out(&link->target->kept, link))
        link->target->kept_n--;
    else
        (void)take_out(&link->target->resetting, link); /* it stands in one of them */
}

void upstream_learned(struct upstream_link *link)
{
    struct upstream_target *t = link->target;
    if (!t->known || t->down_until_us)
        upstream_log(t, L_INFO, "upstream.up", "it answered");
    t->capabilities = t->ups->capabilities = link->capabilities;
    t->known = t->ups->known = true;
    t->down_until_us = 0;
}

static void attempt_free(struct attempt *a)
{
    loop_undefer(a->ups->loop, &a->task);
    for (struct attempt **at = &a->ups->attempts; *at; at = &(*at)->next) {
        if (*at == a) {
            *at = a->next;
            break;
        }
    }
    free(a);
}

void upstream_ready(struct upstream_link *link)
{
    struct attempt *a = link->attempt;
    struct upstream_borrower *borrower = a->borrower;
    link->attempt = NULL;
    link->step = LINK_LENT;
    timer_set(&link->timer, 0);
    attempt_free(a);
    if (!borrower) {
        link_quit(link);
        return;
    }
    link->borrower = borrower;
    borrower->on_link(borrower, link);
}

/* What comes next, at the end of the turn: nothing here calls itself. */
static void go_on(struct attempt *a)
{
    loop_defer(a->ups->loop, &a->task);
}

static void give_target_up(struct attempt *a, const char *reason)
{
    struct upstream_target *t = &a->ups->targets[a->target];
    upstream_log(t, L_WARN, "upstream.down", reason);
    t->down_until_us = now_of(a->ups) + DOWN_FOR_US;
    a->address = a->addresses_n = 0;
    go_on(a);
}

void upstream_attempt_failed(struct attempt *a, const char *reason)
{
    if (!a->borrower) {
        attempt_free(a);
    } else if (a->kept) { /* a kept link that went stale says nothing of the target */
        a->kept = false;
        a->fresh = true;
        a->tried &= ~(UINT64_C(1) << a->target);
        go_on(a);
    } else if (++a->address < a->addresses_n) {
        go_on(a);
    } else {
        give_target_up(a, reason);
    }
}

static void try_address(struct attempt *a)
{
    int error;
    a->link = link_open(a, &error);
    if (!a->link)
        upstream_attempt_failed(a, err_text(error));
}

static void on_resolved(struct resolve *r)
{
    struct attempt *a = CONTAINER_OF(r, struct attempt, resolve);
    if (!a->borrower) {
        attempt_free(a);
        return;
    }
    a->addresses_n = r->found_n;
    memcpy(a->addresses, r->found, sizeof a->addresses);
    if (r->found_n == 0)
        give_target_up(a, "its name has no address");
    else
        try_address(a);
}

static struct upstream_link *take_kept(struct upstream_target *t)
{
    struct upstream_link *link = t->kept;
    if (link) {
        t->kept = link->next;
        t->kept_n--;
        link->next = NULL;
    }
    return link;
}

static void connect_target(struct attempt *a)
{
    const struct target *where = &a->ups->targets[a->target].where;
    a->address = 0;
    a->addresses_n = 1;
    if (where->local) {
        a->addresses[0] = where->address;
        try_address(a);
    } else if (address_parse_ip(slice_of_str(where->host), where->port, &a->addresses[0])) {
        try_address(a);
    } else if (resolve_start(&a->resolve, a->ups->threads, where->host, where->port, on_resolved)) {
        give_target_up(a, "too many names to look up");
    }
}

/* The first that is not known to be down; when all that are left are, the first of those. */
static size_t choose_target(const struct attempt *a)
{
    const struct upstreams *ups = a->ups;
    size_t chosen = ups->n;
    for (size_t i = ups->n; i-- > 0;)
        if (!(a->tried >> i & 1))
            chosen = i;
    for (size_t i = ups->n; i-- > 0;)
        if (!(a->tried >> i & 1) && ups->targets[i].down_until_us <= now_of(ups))
            chosen = i;
    return chosen;
}

static void try_target(struct attempt *a)
{
    struct upstreams *ups = a->ups;
    a->target = choose_target(a);
    if (a->target >= ups->n) {
        struct upstream_borrower *borrower = a->borrower;
        attempt_free(a);
        borrower->on_none(borrower, "no upstream is reachable");
        return;
    }
    a->tried |= UINT64_C(1) << a->target;
    struct upstream_link *link = a->fresh ? NULL : take_kept(&ups->targets[a->target]);
    if (!link) {
        connect_target(a);
        return;
    }
    link->attempt = a;
    a->link = link;
    a->kept = true;
    if (!link_introduce(link))
        upstream_ready(link);
}

static void step(struct loop_task *task)
{
    struct attempt *a = CONTAINER_OF(task, struct attempt, task);
    if (!a->borrower)
        attempt_free(a);
    else if (a->address < a->addresses_n)
        try_address(a);
    else
        try_target(a);
}

void upstream_borrow(struct upstreams *ups, struct upstream_borrower *borrower,
                     const struct upstream_client *client, bool fresh)
{
    struct attempt *a = calloc(1, sizeof *a);
    if (!a) {
        borrower->on_none(borrower, "out of memory");
        return;
    }
    a->ups = ups;
    a->borrower = borrower;
    a->fresh = fresh;
    a->client.peer = client->peer;
    a->client.hello = slice_keep(client->hello, a->hello, sizeof a->hello);
    a->client.login = slice_keep(client->login, a->login, sizeof a->login);
    a->task.run = step;
    a->next = ups->attempts;
    ups->attempts = a;
    loop_defer(ups->loop, &a->task);
}

void upstream_forget(struct upstreams *ups, struct upstream_borrower *borrower)
{
    for (struct attempt *a = ups->attempts; a; a = a->next) {
        if (a->borrower != borrower)
            continue;
        a->borrower = NULL;
        if (a->link) { /* else the task or the resolver finds it forgotten */
            link_drop(TAKE(a->link));
            attempt_free(a);
        }
        return;
    }
}

static void probe_done(struct upstreams *ups)
{
    ups->probing = false;
    if (ups->on_learned)
        ups->on_learned(ups->learned_context);
    ups->on_learned = NULL;
}

static void probe_on_link(struct upstream_borrower *b, struct upstream_link *link)
{
    upstream_return(link, UPSTREAM_CLEAN);
    probe_done(CONTAINER_OF(b, struct upstreams, probe));
}

static void probe_on_none(struct upstream_borrower *b, const char *reason)
{
    (void)reason; /* upstream.down has been logged */
    probe_done(CONTAINER_OF(b, struct upstreams, probe));
}

void upstreams_probe(struct upstreams *ups, void (*on_learned)(void *), void *context)
{
    static const struct upstream_client nobody;
    ups->probe = (struct upstream_borrower){ .on_link = probe_on_link, .on_none = probe_on_none };
    ups->probing = true;
    ups->probed_us = now_of(ups);
    ups->on_learned = on_learned;
    ups->learned_context = context;
    upstream_borrow(ups, &ups->probe, &nobody, true);
}

bool upstreams_capabilities(struct upstreams *ups, struct smtp_capabilities *out)
{
    *out = ups->capabilities;
    if (!ups->known && !ups->probing && now_of(ups) - ups->probed_us > PROBE_AGAIN_US)
        upstreams_probe(ups, NULL, NULL);
    return ups->known;
}

static bool open_targets(struct upstreams *ups, struct buf *why)
{
    for (size_t i = 0; i < ups->n; i++) {
        ups->targets[i].ups = ups;
        if (!target_parse(ups->conf->deliver.at[i], &ups->targets[i].where, why))
            return false;
        if (ups->targets[i].where.maildir) {
            buf_printf(why, "deliver: \"%s\" stands alone or not at all",
                       ups->targets[i].where.name);
            return false;
        }
    }
    return true;
}

struct upstreams *upstreams_new(struct loop *loop, struct thread_pool *threads,
                                const struct conf_submission *conf, struct buf *why)
{
    struct upstreams *ups = calloc(1, sizeof *ups);
    if (!ups || conf->deliver.n > UPSTREAM_TARGETS_MAX) {
        buf_printf(why, "deliver: more than %d entries", UPSTREAM_TARGETS_MAX);
        free(ups);
        return NULL;
    }
    ups->loop = loop;
    ups->threads = threads;
    ups->conf = conf;
    ups->n = conf->deliver.n;
    ups->targets = calloc(ups->n ? ups->n : 1, sizeof *ups->targets);
    ups->tls =
        tls_client_context(conf->upstream_tls == CONF_UPSTREAM_REQUIRED, conf->upstream_ca, why);
    if (!ups->targets || !ups->tls || !open_targets(ups, why)) {
        upstreams_free(ups);
        return NULL;
    }
    return ups;
}

/* One whose name is looked up is the thread pool's. */
static void drop_attempts(struct upstreams *ups)
{
    struct attempt *next;
    for (struct attempt *a = ups->attempts; a; a = next) {
        bool connects = a->link != NULL;
        next = a->next;
        if (connects)
            link_drop(TAKE(a->link));
        if (connects || a->task.queued)
            attempt_free(a);
    }
}

void upstreams_free(struct upstreams *ups)
{
    if (!ups)
        return;
    drop_attempts(ups);
    for (size_t i = 0; ups->targets && i < ups->n; i++) {
        struct upstream_target *t = &ups->targets[i];
        for (struct upstream_link *link; (link = t->kept ? t->kept : t->resetting);) {
            upstream_forget_idle(link);
            link_drop(link);
        }
    }
    tls_client_context_free(ups->tls);
    free(ups->targets);
    free(ups);
}
