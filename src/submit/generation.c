/* SPDX-License-Identifier: ISC */
#include "submit/generation.h"

#include <stdlib.h>

#include <openssl/ssl.h>

#include "base/clock.h"
#include "service/privilege.h"
#include "submit/alert.h"
#include "submit/target.h"

#define BIND_PATIENCE_US (3 * US_PER_S)

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
    const struct conf_log *log = &g->tree.conf->log;
    g->privacy = privacy_open(g->tree.conf->secret, log->clear.at, log->clear.n, why);
    return at_key(g->privacy != NULL, g->tree.conf, "secret", why);
}

static bool open_senders(struct generation *g, struct buf *why)
{
    const char *map = g->tree.conf->submission.sender_map;
    if (map)
        g->senders = sender_map_load(map, why);
    return at_key(!map || g->senders, g->tree.conf, "submission.sender-map", why);
}

static bool open_tls(struct generation *g, const uint8_t *ticket_secret, struct buf *why)
{
    const struct conf_tls *tls = &g->tree.conf->submission.tls;
    int minimum =
        g->tree.conf->submission.tls_minimum == CONF_TLS_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
    struct tls_pair *pairs = calloc(tls->n, sizeof *pairs);
    for (size_t i = 0; pairs && i < tls->n; i++)
        pairs[i] = (struct tls_pair){ tls->at[i].certificate, tls->at[i].key };
    if (pairs)
        g->tls = tls_server_new(pairs, tls->n, minimum, ticket_secret, why);
    free(pairs);
    return at_key(g->tls != NULL, g->tree.conf, "submission.tls", why);
}

bool generation_police(struct generation *g, const struct counters *counters, struct buf *why)
{
    g->locations = locations_open(g->tree.conf, why);
    g->policy = g->locations ? policy_new(g->tree.conf, counters, why) : NULL;
    return g->policy && alerts_check(g->tree.conf, why);
}

void generation_close(struct generation *g)
{
    policy_free(g->policy);
    locations_free(g->locations);
    sockets_close(&g->tree.sockets);
    tls_server_free(g->tls);
    sender_map_free(g->senders);
    privacy_free(g->privacy);
    conf_free(g->tree.conf);
    free(g);
}

static bool open_sockets(struct generation *g, const struct generation *old, struct buf *why)
{
    struct sockets_wanted wanted = {
        .key = "submission.listen",
        .list = &g->tree.conf->submission.listen,
        .parse = listen_parse,
        .patience_us = BIND_PATIENCE_US,
    };
    return sockets_open(&g->tree.sockets, &wanted, old ? &old->tree.sockets : NULL, why);
}

static bool open_all(struct generation *g, const struct generation *old,
                     const uint8_t *ticket_secret, struct buf *why)
{
    const struct conf *conf = g->tree.conf;
    return check_required(conf, why) && check_deliver(&conf->submission.deliver, why) &&
           check_networks(&conf->submission.proxy_from, why) && open_user(conf, why) &&
           open_privacy(g, why) && open_senders(g, why) && open_tls(g, ticket_secret, why) &&
           open_sockets(g, old, why);
}

struct generation *generation_open(struct conf *conf, const struct generation *old,
                                   const uint8_t *ticket_secret, struct buf *why)
{
    struct generation *g = calloc(1, sizeof *g);
    if (!g) {
        buf_append_str(why, "out of memory");
        conf_free(conf);
        return NULL;
    }
    g->tree.conf = conf;
    g->tree.workers = tree_workers(conf->submission.workers);
    if (open_all(g, old, ticket_secret, why))
        return g;
    generation_close(g);
    return NULL;
}
