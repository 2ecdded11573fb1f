/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "dkim/key.h"
#include "dkim/key_cache.h"

#define S 1000000 /* one second */

static struct postern_dns_response answer(enum postern_dns_answer answer, uint32_t ttl)
{
    return (struct postern_dns_response){ .answer = answer, .ttl = ttl };
}

static void add(struct key_cache *cache, const char *selector, const char *domain,
                struct postern_dns_response response, int64_t now_us)
{
    struct postern_dkim_key *key = postern_dkim_key_new(&response);
    assert_non_null(key);
    key_cache_add(cache, selector, domain, key, &response, now_us);
    postern_dkim_key_free(key);
}

static bool has(struct key_cache *cache, const char *selector, const char *domain, int64_t now_us)
{
    struct postern_dkim_key *key = key_cache_find(cache, selector, domain, now_us);
    postern_dkim_key_free(key);
    return key != NULL;
}

/* clang-format off */
static const struct {
    const char *name;
    enum postern_dns_answer answer;
    uint32_t ttl;
    int64_t lives_s;
} lives[] = {
    { "a key lives as long as its TTL", POSTERN_DNS_DATA, 300, 300 },
    { "at most a day", POSTERN_DNS_DATA, 86401, 86400 },
    { "the largest TTL", POSTERN_DNS_DATA, UINT32_MAX, 86400 },
    { "not at all with a TTL of 0", POSTERN_DNS_DATA, 0, 0 },
    { "NODATA too", POSTERN_DNS_NODATA, 60, 60 },
    { "NXDOMAIN too", POSTERN_DNS_NXDOMAIN, 61, 61 },
    { "a failure is asked again soon", POSTERN_DNS_SERVFAIL, 3600, 5 },
    { "a forgery too", POSTERN_DNS_BOGUS, 3600, 5 },
    { "silence too, which has no TTL", POSTERN_DNS_TIMEOUT, 0, 5 },
};
/* clang-format on */

static void answers_live_as_long_as_they_may(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(lives); i++) {
        struct key_cache *cache = key_cache_new(4);
        assert_non_null(cache);
        add(cache, "s", "a.example", answer(lives[i].answer, lives[i].ttl), 7 * S);
        int64_t end = (7 + lives[i].lives_s) * S;
        bool before = lives[i].lives_s == 0 || has(cache, "s", "a.example", end - 1);
        if (!before || has(cache, "s", "a.example", end) || has(cache, "s", "a.example", end - 1))
            fail_msg("%s", lives[i].name);
        key_cache_free(cache);
    }
}

static void a_key_is_found_by_both_its_names(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        { "s", "a.example" },
        { "s", "b.example" },
        { "t", "a.example" },
        { "sa", ".example" },
    };
    struct key_cache *cache = key_cache_new(8);
    struct postern_dkim_key *keys[ARRAY_SIZE(names)];
    struct postern_dns_response r = answer(POSTERN_DNS_NXDOMAIN, 60);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        keys[i] = postern_dkim_key_new(&r);
        key_cache_add(cache, names[i][0], names[i][1], keys[i], &r, 0);
    }
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct postern_dkim_key *found = key_cache_find(cache, names[i][0], names[i][1], 1);
        assert_ptr_equal(found, keys[i]);
        postern_dkim_key_free(found);
        postern_dkim_key_free(keys[i]);
    }
    assert_false(has(cache, "a.example", "s", 1));
    assert_false(has(cache, "", "", 1));
    key_cache_free(cache);
}

static void a_new_answer_takes_the_place_of_the_old(void **state)
{
    (void)state;
    struct key_cache *cache = key_cache_new(1);
    add(cache, "s", "a.example", answer(POSTERN_DNS_NXDOMAIN, 60), 0);
    add(cache, "s", "a.example", answer(POSTERN_DNS_TIMEOUT, 0), 1);
    struct postern_dkim_key *found = key_cache_find(cache, "s", "a.example", 2);
    assert_non_null(found);
    assert_int_equal(found->without, POSTERN_DKIM_TEMPERROR);
    postern_dkim_key_free(found);
    add(cache, "s", "a.example", answer(POSTERN_DNS_DATA, 0), 3);
    assert_false(has(cache, "s", "a.example", 4));
    key_cache_free(cache);
}

static void the_least_recently_used_goes_first(void **state)
{
    (void)state;
    struct key_cache *cache = key_cache_new(3);
    add(cache, "1", "x.example", answer(POSTERN_DNS_NODATA, 60), 0);
    add(cache, "2", "x.example", answer(POSTERN_DNS_NODATA, 60), 0);
    add(cache, "3", "x.example", answer(POSTERN_DNS_NODATA, 60), 0);
    assert_true(has(cache, "1", "x.example", 1));
    add(cache, "4", "x.example", answer(POSTERN_DNS_NODATA, 60), 1);
    assert_false(has(cache, "2", "x.example", 2));
    assert_true(has(cache, "3", "x.example", 2));
    assert_true(has(cache, "1", "x.example", 2));
    add(cache, "5", "x.example", answer(POSTERN_DNS_NODATA, 60), 2);
    assert_false(has(cache, "4", "x.example", 3));
    assert_true(has(cache, "5", "x.example", 3));
    key_cache_free(cache);
}

/* A TXT record of one key, of 60000 octets of p=. */
static struct postern_dns_response large(void)
{
    static uint8_t text[60000 + 300];
    static struct postern_octets rdata;
    size_t n = 0;
    for (size_t i = 0; n < 60000; i++) {
        text[n++] = 255;
        memset(text + n, 'A', 255);
        if (i == 0)
            memcpy(text + n, "p=", 2);
        n += 255;
    }
    rdata = (struct postern_octets){ text, n };
    return (struct postern_dns_response){ .ttl = 60, .rdata = &rdata, .rdata_n = 1 };
}

static void octets_are_bounded_too(void **state)
{
    (void)state;
    struct key_cache *cache = key_cache_new(64);
    struct postern_dns_response r = large();
    char selector[8];
    size_t left = 0;
    for (int i = 0; i < 64; i++) {
        snprintf(selector, sizeof selector, "s%d", i);
        add(cache, selector, "x.example", r, 0);
    }
    for (int i = 0; i < 64; i++) {
        snprintf(selector, sizeof selector, "s%d", i);
        left += has(cache, selector, "x.example", 1);
    }
    assert_true(left > 0 && left < 8);
    assert_true(has(cache, "s63", "x.example", 1));
    key_cache_free(cache);
}

static void a_key_that_was_found_outlives_the_cache(void **state)
{
    (void)state;
    struct key_cache *cache = key_cache_new(1);
    add(cache, "s", "a.example", answer(POSTERN_DNS_NXDOMAIN, 60), 0);
    struct postern_dkim_key *found = key_cache_find(cache, "s", "a.example", 1);
    add(cache, "s", "b.example", answer(POSTERN_DNS_NXDOMAIN, 60), 0);
    key_cache_free(cache);
    assert_non_null(postern_dkim_key_fault(found));
    assert_int_equal(atomic_load(&found->holds), 1);
    postern_dkim_key_free(found);
    key_cache_free(NULL);
}

static void a_cache_may_hold_nothing(void **state)
{
    (void)state;
    struct key_cache *cache = key_cache_new(0);
    assert_non_null(cache);
    add(cache, "s", "a.example", answer(POSTERN_DNS_NXDOMAIN, 60), 0);
    assert_false(has(cache, "s", "a.example", 1));
    key_cache_free(cache);
}

/* Against a plain list: many names, in no order, some of them again and again. */
static void many_are_found_like_in_a_list(void **state)
{
    (void)state;
    enum { NAMES = 97, MOST = 31 };
    struct key_cache *cache = key_cache_new(MOST);
    int order[NAMES], n = 0; /* newest last */
    uint32_t chance = 1;
    for (int round = 0; round < 5000; round++) {
        char selector[8];
        chance = chance * 1103515245 + 12345;
        int name = (int)(chance >> 16) % NAMES, at = 0;
        snprintf(selector, sizeof selector, "s%d", name);
        while (at < n && order[at] != name)
            at++;
        assert_int_equal(has(cache, selector, "x.example", 1), at < n);
        if (at == n)
            add(cache, selector, "x.example", answer(POSTERN_DNS_NODATA, 60), 0);
        if (at == n && n == MOST)
            at = 0;
        else if (at == n)
            n++;
        memmove(order + at, order + at + 1, (size_t)(n - at - 1) * sizeof *order);
        order[n - 1] = name;
    }
    key_cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_live_as_long_as_they_may),
        cmocka_unit_test(a_key_is_found_by_both_its_names),
        cmocka_unit_test(a_new_answer_takes_the_place_of_the_old),
        cmocka_unit_test(the_least_recently_used_goes_first),
        cmocka_unit_test(octets_are_bounded_too),
        cmocka_unit_test(a_key_that_was_found_outlives_the_cache),
        cmocka_unit_test(a_cache_may_hold_nothing),
        cmocka_unit_test(many_are_found_like_in_a_list),
    };
    return cmocka_run_group_tests_name("dkim/key_cache", tests, NULL, NULL);
}
