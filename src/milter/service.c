/* SPDX-License-Identifier: ISC */
#include "milter/service.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "milter/keys.h"
#include "milter/worker.h"
#include "privacy/pseudonym.h"
#include "service/privilege.h"
#include "service/tree.h"

#define BIND_PATIENCE_US (3 * US_PER_S)

struct generation {
    struct tree_generation tree;
    struct privacy *privacy;
    struct milter_keys keys;
};

static struct generation *generation_of(struct tree_generation *g)
{
    return CONTAINER_OF(g, struct generation, tree);
}

/* Puts the place of a key before what was wrong with it. Returns ok. */
static bool at_key(bool ok, const struct conf *conf, const char *key, struct buf *why)
{
    CLEANUP(buf_clear) struct buf what;
    struct conf_place place = conf_place_of(conf, key);
    buf_init(&what, 2048);
    if (ok)
        return true;
    buf_append(&what, buf_slice(why));
    buf_clear(why);
    return conf_fault(why, &place, key, "%.*s", SLICE_ARG(buf_slice(&what)));
}

static bool open_privacy(struct generation *g, const struct conf *conf, struct buf *why)
{
    g->privacy = privacy_open(conf->secret, conf->log.clear.at, conf->log.clear.n, why);
    return at_key(g->privacy != NULL, conf, "secret", why);
}

static bool open_sockets(struct generation *g, const struct conf *conf, const struct sockets *old,
                         struct buf *why)
{
    struct sockets_wanted wanted = {
        .key = "milter.listen",
        .list = &conf->milter.listen,
        .parse = listen_parse_milter,
        .mode = conf->milter.socket_mode,
        .user = conf->user,
        .patience_us = BIND_PATIENCE_US,
    };
    return sockets_open(&g->tree.sockets, &wanted, old, why);
}

/* Sockets last: what follows their opening cannot fail. */
static bool open_all(struct generation *g, const struct sockets *old, struct buf *why)
{
    const struct conf *conf = g->tree.conf;
    return at_key(privilege_user_exists(conf->user, why), conf, "user", why) &&
           open_privacy(g, conf, why) && milter_keys_open(&g->keys, &conf->milter, why) &&
           open_sockets(g, conf, old, why);
}

static void close_generation(struct tree_generation *tg)
{
    struct generation *g = generation_of(tg);
    milter_keys_close(&g->keys);
    privacy_free(g->privacy);
    conf_free(tg->conf);
    free(g);
}

static struct tree_generation *open_generation(struct tree *t, struct conf *conf, struct buf *why)
{
    struct generation *g = calloc(1, sizeof *g);
    if (!g) {
        buf_append_str(why, "out of memory");
        conf_free(conf);
        return NULL;
    }
    g->tree.conf = conf;
    g->tree.workers = tree_workers(conf->milter.workers);
    if (!open_all(g, t->now ? &t->now->sockets : NULL, why)) {
        close_generation(&g->tree);
        return NULL;
    }
    return &g->tree;
}

static int64_t drain_us(const struct conf *conf)
{
    return conf->milter.timeouts.drain_us;
}

static int run_worker(struct tree *t, struct tree_generation *tg, unsigned column, int ready_fd)
{
    struct generation *g = generation_of(tg);
    struct milter_worker_setup setup = {
        .conf = tg->conf,
        .privacy = g->privacy,
        .keys = (const struct postern_dkim_private *const *)g->keys.at,
        .sockets = &tg->sockets,
        .workers = tg->workers,
        .ready_fd = ready_fd,
    };
    (void)t; /* nothing is shared */
    (void)column;
    return milter_worker_run(&setup);
}

static void on_stop(struct tree *t)
{
    LOG(L_NOTICE, "service.stop", FIELD_NUM("workers", t->now->workers));
}

int milter_service_run(struct conf *conf)
{
    static const struct tree_service service = {
        .name = "milter",
        .workers_key = "milter.workers",
        .drain_us = drain_us,
        .open = open_generation,
        .close = close_generation,
        .run_worker = run_worker,
        .on_stop = on_stop,
    };
    struct tree tree = { .service = &service };
    if (sodium_init() < 0) {
        conf_free(conf);
        return 1;
    }
    return tree_run(&tree, conf);
}

/* Who is not root may not be meant to read the keys. */
static bool may_read_all(const struct conf_milter *conf)
{
    for (size_t i = 0; i < conf->sign_n; i++)
        if (access(conf->sign[i].key, R_OK) != 0 && errno == EACCES)
            return false;
    return true;
}

bool milter_service_check(const struct conf *conf, struct buf *why)
{
    struct milter_keys keys;
    if (geteuid() != 0 && !may_read_all(&conf->milter))
        return true;
    if (!milter_keys_open(&keys, &conf->milter, why))
        return false;
    milter_keys_close(&keys);
    return true;
}
