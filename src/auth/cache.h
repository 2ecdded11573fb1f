/* SPDX-License-Identifier: ISC
 *
 * auth/cache: passwords that were right a moment ago, as keyed hashes.
 *
 * A key is BLAKE2b-256 under a random key of this process, over the account, the password and what
 * the account file held for it: a changed password never hits. A hit does not prolong an entry.
 * Bounded: 4 entries to a bucket, the oldest makes room. Not thread-safe; the clock is passed in.
 */
#pragma once

#include "base/slice.h"

#define CACHE_KEY     32
#define CACHE_ENTRIES 4096

struct cache;

/* lifetime_us 0: off, and NULL is a cache that never hits. NULL too without memory. */
struct cache *cache_new(const uint8_t key[CACHE_KEY], int64_t lifetime_us);
void cache_free(struct cache *cache); /* wipes; NULL is fine */

void cache_key(const struct cache *cache, struct slice name, struct slice password,
               struct slice stored, uint8_t out[CACHE_KEY]);
bool cache_has(struct cache *cache, const uint8_t key[CACHE_KEY], int64_t now_us);
void cache_put(struct cache *cache, const uint8_t key[CACHE_KEY], int64_t now_us);
