/* SPDX-License-Identifier: ISC */
#include "dkim/key_cache.h"

#include <stdlib.h>
#include <string.h>

#include "dkim/key.h"

#define TTL_MAX_S  86400
#define SECOND_US  1000000
#define ENTRY_MEAN 4096 /* octets that an entry may have on average */
#define NAMES_MAX  600  /* selector and domain, with their NULs */

struct entry {
    struct entry *newer, *older; /* by last use */
    struct postern_dkim_key *key;
    int64_t until_us;
    size_t octets;
    char name[]; /* domain, NUL, selector, NUL */
};

/* Sorted by name, and found by halving: names that strangers choose cannot make it slow, as they could
 * a hash table whose secret they guess. */
struct key_cache {
    struct entry **sorted;
    size_t n, most;
    size_t octets, octets_most;
    struct entry *newest, *oldest;
};

struct key_cache *key_cache_new(size_t entries)
{
    struct key_cache *cache = calloc(1, sizeof *cache);
    if (!cache)
        return NULL;
    cache->most = entries;
    cache->octets_most = entries * ENTRY_MEAN;
    cache->sorted = calloc(entries + 1, sizeof(struct entry *));
    if (cache->sorted)
        return cache;
    free(cache);
    return NULL;
}

static const char *selector_of(const struct entry *e)
{
    return e->name + strlen(e->name) + 1;
}

static int compare(const struct entry *e, const char *selector, const char *domain)
{
    int by_domain = strcmp(e->name, domain);
    return by_domain ? by_domain : strcmp(selector_of(e), selector);
}

/* Where it stands, or would stand. */
static size_t position(const struct key_cache *cache, const char *selector, const char *domain)
{
    size_t low = 0, high = cache->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(cache->sorted[middle], selector, domain) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct entry *entry_at(const struct key_cache *cache, size_t at, const char *selector,
                              const char *domain)
{
    bool there = at < cache->n && compare(cache->sorted[at], selector, domain) == 0;
    return there ? cache->sorted[at] : NULL;
}

static void unlink_entry(struct key_cache *cache, struct entry *e)
{
    *(e->newer ? &e->newer->older : &cache->newest) = e->older;
    *(e->older ? &e->older->newer : &cache->oldest) = e->newer;
}

static void link_newest(struct key_cache *cache, struct entry *e)
{
    e->newer = NULL;
    e->older = cache->newest;
    *(e->older ? &e->older->newer : &cache->oldest) = e;
    cache->newest = e;
}

static void drop(struct key_cache *cache, size_t at)
{
    struct entry *e = cache->sorted[at];
    memmove(cache->sorted + at, cache->sorted + at + 1,
            (cache->n - at - 1) * sizeof(struct entry *));
    cache->n--;
    cache->octets -= e->octets;
    unlink_entry(cache, e);
    postern_dkim_key_free(e->key);
    free(e);
}

static void drop_oldest(struct key_cache *cache)
{
    const struct entry *e = cache->oldest;
    drop(cache, position(cache, selector_of(e), e->name));
}

void key_cache_free(struct key_cache *cache)
{
    if (!cache)
        return;
    while (cache->n)
        drop(cache, cache->n - 1);
    free(cache->sorted);
    free(cache);
}

struct postern_dkim_key *key_cache_find(struct key_cache *cache, const char *selector,
                                        const char *domain, int64_t now_us)
{
    size_t at = position(cache, selector, domain);
    struct entry *e = entry_at(cache, at, selector, domain);
    if (!e)
        return NULL;
    if (now_us >= e->until_us) {
        drop(cache, at);
        return NULL;
    }
    unlink_entry(cache, e);
    link_newest(cache, e);
    return postern_dkim_key_hold(e->key);
}

/* A failure has no TTL of its own, and is asked again soon. */
static int64_t lifetime_s(const struct postern_dns_response *response)
{
    switch (response->answer) {
    case POSTERN_DNS_DATA:
    case POSTERN_DNS_NODATA:
    case POSTERN_DNS_NXDOMAIN: return response->ttl < TTL_MAX_S ? response->ttl : TTL_MAX_S;
    case POSTERN_DNS_SERVFAIL:
    case POSTERN_DNS_BOGUS:
    case POSTERN_DNS_TIMEOUT: break;
    }
    return KEY_CACHE_FAILURE_S;
}

static struct entry *entry_new(const char *selector, const char *domain,
                               struct postern_dkim_key *key)
{
    size_t selector_n = strlen(selector) + 1, domain_n = strlen(domain) + 1;
    if (selector_n + domain_n > NAMES_MAX)
        return NULL;
    struct entry *e = calloc(1, sizeof *e + domain_n + selector_n);
    if (!e)
        return NULL;
    memcpy(e->name, domain, domain_n);
    memcpy(e->name + domain_n, selector, selector_n);
    /* what dkim/rsa prepares of a key takes about three times its octets */
    e->octets = sizeof *e + domain_n + selector_n + sizeof *key + 4 * key->octets.n;
    e->key = postern_dkim_key_hold(key);
    return e;
}

/* Nothing is said when it cannot be kept: it will be asked for again. */
void key_cache_add(struct key_cache *cache, const char *selector, const char *domain,
                   struct postern_dkim_key *key, const struct postern_dns_response *response,
                   int64_t now_us)
{
    size_t at = position(cache, selector, domain);
    if (entry_at(cache, at, selector, domain))
        drop(cache, at);
    int64_t seconds = lifetime_s(response);
    struct entry *e = seconds && cache->most ? entry_new(selector, domain, key) : NULL;
    if (!e)
        return;
    e->until_us = now_us + seconds * SECOND_US;
    while (cache->oldest &&
           (cache->n == cache->most || cache->octets + e->octets > cache->octets_most))
        drop_oldest(cache);
    at = position(cache, selector, domain);
    memmove(cache->sorted + at + 1, cache->sorted + at, (cache->n - at) * sizeof(struct entry *));
    cache->sorted[at] = e;
    cache->n++;
    cache->octets += e->octets;
    link_newest(cache, e);
}
