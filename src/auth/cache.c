/* SPDX-License-Identifier: ISC */
#include "auth/cache.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/secret.h"

#define WAYS    4
#define BUCKETS (CACHE_ENTRIES / WAYS)

struct cache_entry {
    uint8_t key[CACHE_KEY];
    int64_t until_us; /* 0: free */
};

struct cache {
    uint8_t key[CACHE_KEY];
    int64_t lifetime_us;
    struct cache_entry entries[CACHE_ENTRIES];
};

struct cache *cache_new(const uint8_t key[CACHE_KEY], int64_t lifetime_us)
{
    struct cache *cache = lifetime_us > 0 && key ? calloc(1, sizeof *cache) : NULL;
    if (!cache)
        return NULL;
    memcpy(cache->key, key, CACHE_KEY);
    cache->lifetime_us = lifetime_us;
    return cache;
}

void cache_free(struct cache *cache)
{
    if (cache)
        secret_wipe(cache, sizeof *cache);
    free(cache);
}

/* Each part goes in behind its length, so that no two sets of parts give the same bytes. */
static void add(crypto_generichash_state *state, struct slice part)
{
    uint64_t n = part.n;
    (void)crypto_generichash_update(state, (const uint8_t *)&n, sizeof n); /* always 0 */
    if (part.n)
        (void)crypto_generichash_update(state, part.p, part.n);
}

void cache_key(const struct cache *cache, struct slice name, struct slice password,
               struct slice stored, uint8_t out[CACHE_KEY])
{
    memset(out, 0, CACHE_KEY);
    if (!cache)
        return;
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, cache->key, CACHE_KEY, CACHE_KEY); /* sizes are legal */
    add(&state, name);
    add(&state, password);
    add(&state, stored);
    (void)crypto_generichash_final(&state, out, CACHE_KEY);
    secret_wipe(&state, sizeof state);
}

static struct cache_entry *bucket(struct cache *cache, const uint8_t key[CACHE_KEY])
{
    uint32_t at;
    memcpy(&at, key, sizeof at);
    return &cache->entries[(size_t)(at % BUCKETS) * WAYS];
}

bool cache_has(struct cache *cache, const uint8_t key[CACHE_KEY], int64_t now_us)
{
    bool found = false;
    if (!cache)
        return false;
    struct cache_entry *entries = bucket(cache, key);
    for (size_t i = 0; i < WAYS; i++) {
        if (entries[i].until_us && entries[i].until_us <= now_us)
            secret_wipe(&entries[i], sizeof entries[i]);
        if (entries[i].until_us && sodium_memcmp(entries[i].key, key, CACHE_KEY) == 0)
            found = true;
    }
    return found;
}

void cache_put(struct cache *cache, const uint8_t key[CACHE_KEY], int64_t now_us)
{
    if (!cache)
        return;
    struct cache_entry *entries = bucket(cache, key), *victim = entries;
    for (size_t i = 0; i < WAYS; i++) {
        if (entries[i].until_us && sodium_memcmp(entries[i].key, key, CACHE_KEY) == 0)
            return;
        if (entries[i].until_us < victim->until_us)
            victim = &entries[i];
    }
    memcpy(victim->key, key, CACHE_KEY);
    victim->until_us = now_us + cache->lifetime_us;
}
