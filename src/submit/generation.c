/* SPDX-License-Identifier: ISC */
#include "submit/generation.h"

#include <stdlib.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "base/clock.h"
#include "submit/alert.h"
#include "submit/privilege.h"
#include "submit/target.h"

#define BIND_PATIENCE_US (3 * US_PER_S)
#define WORKERS_MAX      256

static unsigned worker_count(const struct conf *conf)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (conf->submission.workers)
        return conf->submission.workers;
    return cores < 1 ? 1 : cores > WORKERS_MAX ? WORKERS_MAX : (unsigned)cores;
}

static bool check_required(const struct conf *conf, struct buf *why)
{
    const struct conf_submission *s = &conf->submission;
    struct conf_place at = { .file = conf->file, .line = 1, .column = 1 };
    if (s->tls.n == 0)
        return conf_fault(why, &at, "submission.tls", "a certificate and its key are needed");
    if (!s->auth)
        return conf_fault(why, &at, "submission.auth",
                          "who checks passwords? dovecot:PATH, file:PATH or saslauthd:PATH");
    if (s->deliver.n == 0)
        return conf_fault(why, &at, "submission.deliver",
                          "where do messages go? smtp://HOST:PORT, lmtp: or maildir:");
    return true;
}

static bool check_deliver(const struct conf_list *list, struct buf *why)
{
    struct target target;
    struct buf what;
    bool ok = true;
    buf_init(&what, 512);
    for (size_t i = 0; ok && i < list->n; i++) {
        ok = target_parse(list->at[i], &target, &what);
        if (!ok)
            (void)conf_fault(why, &list->place[i], "submission.deliver", "%.*s",
                             SLICE_ARG(buf_slice(&what))); /* it is false by design */
    }
    buf_clear(&what);
    return ok;
}

static bool check_networks(const struct conf_list *list, struct buf *why)
{
    struct network network;
    for (size_t i = 0; i < list->n; i++)
        if (!network_parse(slice_of_str(list->at[i]), &network))
            return conf_fault(why, &list->place[i], "submission.proxy-from",
                              "\"%s\" is not a network", list->at[i]);
    return true;
}

/* Puts the place of a key before what was wrong with the file that it names. Returns ok. */
static bool at_key(bool ok, const struct conf *conf, const char *key, struct buf *why)
{
    struct conf_place place = conf_place_of(conf, key);
    struct buf what;
    if (ok)
        return true;
    buf_init(&what, 2048);
    buf_append(&what, buf_slice(why));
    buf_clear(why);
    (void)conf_fault(why, &place, key, "%.*s", SLICE_ARG(buf_slice(&what))); /* false by design */
    buf_clear(&what);
    return false;
}

static bool open_user(const struct conf *conf, struct buf *why)
{
    return at_key(privilege_user_exists(conf->user, why), conf, "user", why);
}

static bool open_privacy(struct generation *g, struct buf *why)
{
    const struct conf_log *log = &g->conf->log;
    g->privacy = privacy_open(g->conf->secret, log->clear.at, log->clear.n, why);
    return at_key(g->privacy != NULL, g->conf, "secret", why);
}

static bool open_senders(struct generation *g, struct buf *why)
{
    const char *map = g->conf->submission.sender_map;
    if (map)
        g->senders = sender_map_load(map, why);
    return at_key(!map || g->senders, g->conf, "submission.sender-map", why);
}

static bool open_tls(struct generation *g, const uint8_t *ticket_secret, struct buf *why)
{
    const struct conf_tls *tls = &g->conf->submission.tls;
    int minimum = g->conf->submission.tls_minimum == CONF_TLS_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
    struct tls_pair *pairs = calloc(tls->n, sizeof *pairs);
    for (size_t i = 0; pairs && i < tls->n; i++)
        pairs[i] = (struct tls_pair){ tls->at[i].certificate, tls->at[i].key };
    if (pairs)
        g->tls = tls_server_new(pairs, tls->n, minimum, ticket_secret, why);
    free(pairs);
    return at_key(g->tls != NULL, g->conf, "submission.tls", why);
}

bool generation_police(struct generation *g, const struct counters *counters, struct buf *why)
{
    g->locations = locations_open(g->conf, why);
    g->policy = g->locations ? policy_new(g->conf, counters, why) : NULL;
    return g->policy && alerts_check(g->conf, why);
}

void generation_close(struct generation *g)
{
    policy_free(g->policy);
    locations_free(g->locations);
    sockets_close(&g->sockets);
    tls_server_free(g->tls);
    sender_map_free(g->senders);
    privacy_free(g->privacy);
    conf_free(g->conf);
    *g = (struct generation){ 0 };
}

bool generation_open(struct generation *g, struct conf *conf, const struct generation *old,
                     const uint8_t *ticket_secret, struct buf *why)
{
    *g = (struct generation){ .conf = conf, .workers = worker_count(conf) };
    bool ok = check_required(conf, why) && check_deliver(&conf->submission.deliver, why) &&
              check_networks(&conf->submission.proxy_from, why) && open_user(conf, why) &&
              open_privacy(g, why) && open_senders(g, why) && open_tls(g, ticket_secret, why) &&
              sockets_open(&g->sockets, &conf->submission.listen, old ? &old->sockets : NULL,
                           BIND_PATIENCE_US, why);
    if (!ok)
        generation_close(g);
    return ok;
}
