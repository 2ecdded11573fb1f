/* SPDX-License-Identifier: ISC
 *
 * dkim/key_cache: parsed keys by (selector, domain), negative answers too. Pure: time is passed in.
 *
 * Bounded by entries and octets: the least recently used goes first. A key lives as long as its TTL
 * (at most a day); an answer that may change soon (SERVFAIL, bogus, timeout) at most 5 seconds.
 */
#pragma once

#include "base/slice.h"
#include "postern/dkim.h"

#define KEY_CACHE_FAILURE_S 5

struct key_cache;

struct key_cache *key_cache_new(size_t entries); /* NULL: out of memory */
void key_cache_free(struct key_cache *cache);
/* A hold for the caller (postern_dkim_key_free), or NULL: not there, or too old. */
struct postern_dkim_key *key_cache_find(struct key_cache *cache, const char *selector,
                                        const char *domain, int64_t now_us);
/* Takes a hold of its own. response: what the key was made from (its answer and TTL). */
void key_cache_add(struct key_cache *cache, const char *selector, const char *domain,
                   struct postern_dkim_key *key, const struct postern_dns_response *response,
                   int64_t now_us);
