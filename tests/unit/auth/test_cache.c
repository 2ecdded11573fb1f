/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdio.h>

#include "auth/cache.h"

static const uint8_t key_a[CACHE_KEY] = { 1 }, key_b[CACHE_KEY] = { 2 };

static void put(struct cache *cache, const char *name, const char *password, const char *stored)
{
    uint8_t key[CACHE_KEY];
    cache_key(cache, slice_of_str(name), slice_of_str(password), slice_of_str(stored), key);
    cache_put(cache, key, 100);
}

static bool has(struct cache *cache, const char *name, const char *password, const char *stored,
                int64_t now_us)
{
    uint8_t key[CACHE_KEY];
    cache_key(cache, slice_of_str(name), slice_of_str(password), slice_of_str(stored), key);
    return cache_has(cache, key, now_us);
}

static void only_the_same_three_hit_and_only_for_the_lifetime(void **state UNUSED)
{
    struct cache *cache = cache_new(key_a, 50);
    put(cache, "ab", "c", "hash");
    assert_true(has(cache, "ab", "c", "hash", 100));
    assert_false(has(cache, "ab", "d", "hash", 100));
    assert_false(has(cache, "ab", "c", "changed", 100));
    assert_false(has(cache, "a", "bc", "hash", 100)); /* parts are told apart */
    assert_true(has(cache, "ab", "c", "hash", 149));
    assert_false(has(cache, "ab", "c", "hash", 150));
    assert_false(has(cache, "ab", "c", "hash", 149)); /* wiped when it was found expired */
    cache_free(cache);
}

static void a_hit_does_not_prolong(void **state UNUSED)
{
    struct cache *cache = cache_new(key_a, 50);
    uint8_t key[CACHE_KEY];
    cache_key(cache, SLICE("a"), SLICE("b"), SLICE("c"), key);
    cache_put(cache, key, 100);
    cache_put(cache, key, 140);
    assert_false(cache_has(cache, key, 150));
    cache_free(cache);
}

static void keys_depend_on_the_process(void **state UNUSED)
{
    struct cache *a = cache_new(key_a, 50), *b = cache_new(key_b, 50);
    uint8_t x[CACHE_KEY], y[CACHE_KEY];
    cache_key(a, SLICE("n"), SLICE("p"), SLICE("s"), x);
    cache_key(b, SLICE("n"), SLICE("p"), SLICE("s"), y);
    assert_memory_not_equal(x, y, CACHE_KEY);
    cache_free(a);
    cache_free(b);
}

static void full_buckets_forget_the_oldest(void **state UNUSED)
{
    struct cache *cache = cache_new(key_a, 1000);
    uint8_t key[CACHE_KEY] = { 9 };
    for (uint8_t i = 0; i < 5; i++) { /* one bucket: the same first four bytes */
        key[31] = i;
        cache_put(cache, key, 100 + i);
    }
    for (uint8_t i = 0; i < 5; i++) {
        key[31] = i;
        assert_int_equal(cache_has(cache, key, 200), i > 0);
    }
    cache_free(cache);
}

static void many_entries_stay_bounded(void **state UNUSED)
{
    struct cache *cache = cache_new(key_a, 1000);
    unsigned kept = 0;
    for (int i = 0; i < 3 * CACHE_ENTRIES; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "%d", i);
        put(cache, name, "p", "s");
    }
    for (int i = 0; i < 3 * CACHE_ENTRIES; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "%d", i);
        kept += has(cache, name, "p", "s", 100);
    }
    assert_true(kept > CACHE_ENTRIES / 2 && kept <= CACHE_ENTRIES);
    cache_free(cache);
}

static void off_is_a_cache_that_never_hits(void **state UNUSED)
{
    uint8_t key[CACHE_KEY];
    struct cache *cache = cache_new(key_a, 0);
    assert_null(cache);
    cache_key(cache, SLICE("n"), SLICE("p"), SLICE("s"), key);
    cache_put(cache, key, 1);
    assert_false(cache_has(cache, key, 1));
    cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_same_three_hit_and_only_for_the_lifetime),
        cmocka_unit_test(a_hit_does_not_prolong),
        cmocka_unit_test(keys_depend_on_the_process),
        cmocka_unit_test(full_buckets_forget_the_oldest),
        cmocka_unit_test(many_entries_stay_bounded),
        cmocka_unit_test(off_is_a_cache_that_never_hits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
