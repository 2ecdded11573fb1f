/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <sys/wait.h>

#include "base/clock.h"
#include "device/counters.h"

#define KNOWN    COUNTERS_KNOWN
#define ACCOUNT  COUNTERS_ACCOUNT
#define STRANGER COUNTERS_STRANGER
#define MIB      (UINT64_C(1) << 20)
#define S        US_PER_S
#define MINUTE   (60 * US_PER_S)
#define HOUR     (3600 * US_PER_S)
#define DAY      (24 * HOUR)
#define NOW      (INT64_C(224406688) * 8 * US_PER_S) /* the beginning of a unit of 8 s */

static const uint8_t key[16] = "0123456789abcde";

static uint64_t random_next(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = (*state ^ (*state >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int setup(void **state)
{
    *state = counters_new(MIB, 4, key);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    counters_free(*state);
    return 0;
}

/* Adds 1 for each of n random keys. */
static void flood(struct counters *c, enum counters_area area, uint64_t seed, size_t n,
                  int64_t within_us)
{
    for (size_t i = 0; i < n; i++)
        (void)counters_add(c, area, random_next(&seed), within_us, 1, NOW);
}

/* ---- memory ---- */

static void test_memory_is_what_was_asked_for_and_at_least_a_mebibyte(void **state)
{
    (void)state;
    static const struct {
        uint64_t asked, got;
    } cases[] = { { 0, MIB },
                  { MIB, MIB },
                  { MIB + 4095, MIB },
                  { 3 * MIB, 3 * MIB },
                  { 8 * MIB + 4096, 8 * MIB + 4096 } };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct counters_use use;
        struct counters *c = counters_new(cases[i].asked, 4, key);
        assert_non_null(c);
        assert_int_equal(counters_bytes(c), cases[i].got);
        counters_use(c, NOW, &use);
        assert_int_equal(use.slots[KNOWN], cases[i].got / 8 / 64 * 8);
        assert_int_equal(use.slots[ACCOUNT], cases[i].got / 8 * 2 / 64 * 8);
        assert_int_equal(use.slots[STRANGER], cases[i].got / 8 * 3 / 64 * 8);
        assert_int_equal(use.live[KNOWN] + use.live[ACCOUNT] + use.live[STRANGER], 0);
        counters_free(c);
    }
    assert_null(counters_new(MIB, 0, key));
    assert_null(counters_new(MIB, 65535, key)); /* no room for as many columns */
    counters_free(NULL);
}

static void test_the_last_gauge_lies_in_the_memory(void **state)
{
    (void)state;
    static const uint32_t columns[] = { 1, 3, 4, 31, 32, 33, 100, 1000 };
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        struct counters *c = counters_new(MIB, columns[i], key);
        uint64_t seed = 1;
        for (size_t k = 0; k < 2000; k++)
            counters_gauge_add(c, columns[i] - 1, random_next(&seed), 1);
        counters_gauge_reclaim(c, columns[i] - 1);
        counters_free(c);
    }
}

/* ---- keys ---- */

static void test_hashes_differ_by_key_tag_and_bytes(void **state)
{
    const struct counters *c = *state;
    static const uint8_t other_key[16] = "0123456789abcdf";
    struct counters *other = counters_new(MIB, 1, other_key);
    uint64_t h = counters_hash(c, 1, SLICE("a"));
    assert_true(h == counters_hash(c, 1, guarded(SLICE("a"))));
    assert_true(h != counters_hash(c, 2, SLICE("a")));
    assert_true(h != counters_hash(c, 1, SLICE("b")));
    assert_true(h != counters_hash(c, 1, SLICE("a\0")));
    assert_true(h != counters_hash(other, 1, SLICE("a")));
    assert_true(counters_hash(c, 1, SLICE("")) == counters_hash(c, 1, (struct slice){ NULL, 0 }));
    counters_free(other);
}

static void test_mixing_depends_on_both_and_on_their_order(void **state)
{
    (void)state;
    assert_true(counters_mix(1, 2) == counters_mix(1, 2));
    assert_true(counters_mix(1, 2) != counters_mix(2, 1));
    assert_true(counters_mix(1, 2) != counters_mix(1, 3));
    assert_true(counters_mix(0, 1) != counters_mix(0, 2));
    assert_true(counters_mix(1, 0) != counters_mix(2, 0));
}

/* ---- sliding counts ---- */

/* What 12 counted at NOW, and 6 after a window and a bit, are later: of the window before, the part
 * that still reaches into `within`, rounded up. */
static void test_a_count_slides(void **state)
{
    (void)state;
    static const struct {
        int64_t within_us, second_us; /* 6 more are counted then; 0: never */
        int64_t at_us;
        uint32_t want;
    } cases[] = {
        { HOUR, 0, 0, 12 },
        { HOUR, 0, HOUR - 1, 12 },
        { HOUR, 0, HOUR, 12 },
        { HOUR, 0, HOUR + 8 * S, 12 }, /* rounded up */
        { HOUR, 0, HOUR + 6 * MINUTE, 11 },
        { HOUR, 0, HOUR + 30 * MINUTE, 6 },
        { HOUR, 0, 2 * HOUR - 8 * S, 1 },
        { HOUR, 0, 2 * HOUR - 1, 1 },
        { HOUR, 0, 2 * HOUR, 0 },
        { HOUR, HOUR - 1, HOUR - 1, 18 },
        { HOUR, HOUR, HOUR, 18 },
        { HOUR, HOUR, HOUR + 30 * MINUTE, 12 },
        { HOUR, HOUR + 30 * MINUTE, HOUR + 30 * MINUTE, 12 },
        { HOUR, HOUR + 30 * MINUTE, 2 * HOUR, 6 },
        { HOUR, HOUR + 30 * MINUTE, 2 * HOUR + 30 * MINUTE, 3 },
        { HOUR, HOUR + 30 * MINUTE, 3 * HOUR - 1, 1 },
        { HOUR, HOUR + 30 * MINUTE, 3 * HOUR, 0 },
        { HOUR, 2 * HOUR, 2 * HOUR, 6 },
        { HOUR, 0, 5 * HOUR, 0 },
        { 8 * S, 0, 8 * S - 1, 12 },
        { 8 * S, 0, 16 * S - 1, 12 },
        { 8 * S, 0, 16 * S, 0 },
        { 1, 0, 16 * S - 1, 12 }, /* rounded up to 8 s */
        { 1, 0, 16 * S, 0 },
        { 9 * S, 0, 16 * S, 12 },
        { 9 * S, 0, 32 * S, 0 },
        { DAY, 0, DAY + 12 * HOUR, 6 },
        { DAY, 0, 2 * DAY - 1, 1 },
        { DAY, 0, 2 * DAY, 0 },
        { 2 * DAY, 0, 2 * DAY, 0 }, /* at most a day */
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct counters *c = counters_new(MIB, 1, key);
        for (enum counters_area area = KNOWN; area <= STRANGER; area++) {
            int64_t within = cases[i].within_us;
            uint32_t got = counters_add(c, area, 7, within, 12, NOW);
            assert_int_equal(got, 12);
            if (cases[i].second_us)
                (void)counters_add(c, area, 7, within, 6, NOW + cases[i].second_us);
            got = counters_read(c, area, 7, within, NOW + cases[i].at_us);
            if (got != cases[i].want)
                fail_msg("case %zu: got %u, want %u", i, got, cases[i].want);
            assert_int_equal(counters_add(c, area, 7, within, 0, NOW + cases[i].at_us), got);
            assert_int_equal(counters_add(c, area, 7, within, 1, NOW + cases[i].at_us), got + 1);
        }
        counters_free(c);
    }
}

static void test_a_window_that_is_filled_evenly_reads_as_its_rate(void **state)
{
    struct counters *c = *state;
    for (int64_t t = 0; t < 10 * HOUR; t += MINUTE) {
        uint32_t got = counters_add(c, STRANGER, 7, HOUR, 1, NOW + t);
        if (t >= HOUR)
            assert_in_range(got, 60, 62);
    }
}

static void test_a_count_stays_at_its_maximum(void **state)
{
    struct counters *c = *state;
    assert_int_equal(counters_add(c, ACCOUNT, 7, HOUR, COUNTERS_MAX - 1, NOW), COUNTERS_MAX - 1);
    assert_int_equal(counters_add(c, ACCOUNT, 7, HOUR, 1, NOW), COUNTERS_MAX);
    assert_int_equal(counters_add(c, ACCOUNT, 7, HOUR, 1, NOW), COUNTERS_MAX);
    assert_int_equal(counters_add(c, ACCOUNT, 7, HOUR, UINT32_MAX, NOW), COUNTERS_MAX);
    assert_int_equal(counters_add(c, ACCOUNT, 7, HOUR, UINT32_MAX, NOW + HOUR), COUNTERS_MAX);
    assert_int_equal(counters_read(c, ACCOUNT, 7, HOUR, NOW + 3 * HOUR), 0);
    assert_int_equal(counters_add(c, ACCOUNT, 8, HOUR, UINT32_MAX, NOW), COUNTERS_MAX);
}

static void test_keys_and_areas_do_not_mix(void **state)
{
    struct counters *c = *state;
    (void)counters_add(c, ACCOUNT, 7, HOUR, 5, NOW);
    assert_int_equal(counters_read(c, ACCOUNT, 8, HOUR, NOW), 0);
    assert_int_equal(counters_read(c, KNOWN, 7, HOUR, NOW), 0);
    assert_int_equal(counters_read(c, STRANGER, 7, HOUR, NOW), 0);
    counters_prefetch(c, ACCOUNT, 7);
    assert_int_equal(counters_read(c, ACCOUNT, 7, HOUR, NOW), 5);
}

static void test_a_shorter_window_of_a_new_configuration_takes_over(void **state)
{
    struct counters *c = *state;
    (void)counters_add(c, ACCOUNT, 7, DAY, 5, NOW);
    assert_int_equal(counters_read(c, ACCOUNT, 7, MINUTE, NOW), 5);
    assert_int_equal(counters_add(c, ACCOUNT, 7, MINUTE, 1, NOW), 6);
    assert_int_equal(counters_read(c, ACCOUNT, 7, MINUTE, NOW + 3 * MINUTE), 0);
}

static void test_a_clock_set_back_loses_nothing_and_ends(void **state)
{
    struct counters *c = *state;
    static const int64_t back[] = { 1, 8 * S, HOUR, 5 * HOUR, DAY };
    for (size_t i = 0; i < ARRAY_SIZE(back); i++) {
        uint64_t k = i + 1;
        (void)counters_add(c, ACCOUNT, k, HOUR, 5, NOW);
        assert_int_equal(counters_read(c, ACCOUNT, k, HOUR, NOW - back[i]), 5);
        assert_int_equal(counters_add(c, ACCOUNT, k, HOUR, 1, NOW - back[i]), 6);
        assert_int_equal(counters_read(c, ACCOUNT, k, HOUR, NOW - back[i] + 2 * HOUR + 8 * S), 0);
        assert_true(counters_first(c, ACCOUNT, k, HOUR, NOW));
        assert_false(counters_first(c, ACCOUNT, k, HOUR, NOW - back[i]));
        counters_hold(c, ACCOUNT, k, NOW + MINUTE, NOW);
        assert_true(counters_held(c, ACCOUNT, k, NOW - back[i]));
    }
    assert_int_equal(counters_add(c, ACCOUNT, 99, HOUR, 1, -1), 1); /* before 1970 */
    assert_int_equal(counters_read(c, ACCOUNT, 99, HOUR, 0), 1);
}

/* ---- distinct ---- */

static void test_first_is_true_once_in_a_window(void **state)
{
    struct counters *c = *state;
    assert_true(counters_would_be_first(c, STRANGER, 7, HOUR, NOW));
    assert_true(counters_would_be_first(c, STRANGER, 7, HOUR, NOW)); /* it marked nothing */
    assert_true(counters_first(c, STRANGER, 7, HOUR, NOW));
    assert_false(counters_first(c, STRANGER, 7, HOUR, NOW));
    assert_false(counters_would_be_first(c, STRANGER, 7, HOUR, NOW + HOUR - 1));
    assert_false(counters_first(c, STRANGER, 7, HOUR, NOW + HOUR - 1));
    assert_true(counters_would_be_first(c, STRANGER, 7, HOUR, NOW + HOUR + 8 * S));
    assert_true(counters_first(c, STRANGER, 7, HOUR, NOW + HOUR + 8 * S));
    assert_true(counters_first(c, STRANGER, 8, HOUR, NOW));
    assert_true(counters_first(c, ACCOUNT, 7, HOUR, NOW));
}

static void test_distinct_values_are_counted_once_each(void **state)
{
    struct counters *c = *state;
    uint32_t count = 0;
    for (size_t round = 0; round < 5; round++)
        for (uint64_t guess = 0; guess < 40; guess++)
            if (counters_first(c, ACCOUNT, counters_mix(7, guess), HOUR, NOW))
                count = counters_add(c, ACCOUNT, 7, HOUR, 1, NOW);
    assert_int_equal(count, 40);
}

static void test_a_key_can_be_counted_seen_and_held_at_once(void **state)
{
    struct counters *c = *state;
    for (uint64_t k = 1; k < 200; k++) {
        assert_true(counters_first(c, KNOWN, k, HOUR, NOW));
        assert_false(counters_held(c, KNOWN, k, NOW));
        assert_int_equal(counters_add(c, KNOWN, k, HOUR, 3, NOW), 3);
        counters_hold(c, KNOWN, k, NOW + HOUR, NOW);
        assert_int_equal(counters_add(c, KNOWN, k, HOUR, 1, NOW), 4);
        assert_false(counters_first(c, KNOWN, k, HOUR, NOW));
        assert_true(counters_held(c, KNOWN, k, NOW));
    }
}

/* ---- holds ---- */

static void test_a_hold_ends_by_itself(void **state)
{
    (void)state;
    static const struct {
        int64_t until_us, held_us, free_us;
    } cases[] = {
        { NOW + 8 * S, NOW + 8 * S - 1, NOW + 8 * S },
        { NOW + 1, NOW + 1, NOW + 8 * S },
        { NOW + 9 * S, NOW + 9 * S, NOW + 16 * S },
        { NOW + 10 * MINUTE, NOW + 10 * MINUTE - 1, NOW + 10 * MINUTE },
        { NOW + 3 * DAY, NOW + 3 * DAY - 1, NOW + 3 * DAY },
        { NOW + 30 * DAY, NOW + 3 * DAY - 1, NOW + 3 * DAY }, /* at most 3 days ahead */
        { INT64_MAX, NOW + 3 * DAY - 1, NOW + 3 * DAY },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct counters *c = counters_new(MIB, 1, key);
        assert_false(counters_held(c, STRANGER, 7, NOW));
        counters_hold(c, STRANGER, 7, cases[i].until_us, NOW);
        assert_true(counters_held(c, STRANGER, 7, NOW));
        assert_true(counters_held(c, STRANGER, 7, cases[i].held_us));
        assert_false(counters_held(c, STRANGER, 7, cases[i].free_us));
        assert_false(counters_held(c, STRANGER, 8, NOW));
        assert_false(counters_held(c, ACCOUNT, 7, NOW));
        counters_free(c);
    }
}

static void test_the_longer_hold_wins_and_0_ends_it(void **state)
{
    struct counters *c = *state;
    counters_hold(c, STRANGER, 7, NOW + HOUR, NOW);
    counters_hold(c, STRANGER, 7, NOW + MINUTE, NOW);
    assert_true(counters_held(c, STRANGER, 7, NOW + HOUR - 1));
    counters_hold(c, STRANGER, 7, NOW + 2 * HOUR, NOW);
    assert_true(counters_held(c, STRANGER, 7, NOW + 2 * HOUR - 1));
    counters_hold(c, STRANGER, 7, NOW - 1, NOW); /* what is past is no end */
    counters_hold(c, STRANGER, 7, NOW, NOW);
    assert_true(counters_held(c, STRANGER, 7, NOW + 2 * HOUR - 1));
    counters_hold(c, STRANGER, 7, 0, NOW);
    assert_false(counters_held(c, STRANGER, 7, NOW));
    counters_hold(c, STRANGER, 7, NOW - 1, NOW);
    assert_false(counters_held(c, STRANGER, 7, NOW - 1));
}

/* ---- floods ---- */

#define TRACKED 1000
#define FLOOD   1000000 /* keys into 8 to 48 thousand slots */

static void test_no_estimate_is_below_the_truth_in_a_flood(void **state)
{
    (void)state;
    static const enum counters_area areas[] = { ACCOUNT, STRANGER };
    for (size_t a = 0; a < ARRAY_SIZE(areas); a++) {
        struct counters *c = counters_new(MIB, 1, key);
        static uint32_t truth[TRACKED];
        uint64_t seed = 5;
        memset(truth, 0, sizeof truth);
        for (size_t i = 0; i < FLOOD; i++) {
            uint64_t noise = random_next(&seed), k = noise % TRACKED;
            (void)counters_add(c, areas[a], noise, HOUR, 1, NOW);
            if (noise >> 60)
                continue;
            uint32_t got = counters_add(c, areas[a], counters_mix(1, k), HOUR, 1, NOW);
            assert_true(got >= ++truth[k]);
        }
        for (uint64_t k = 0; k < TRACKED; k++)
            assert_true(counters_read(c, areas[a], counters_mix(1, k), HOUR, NOW) >= truth[k]);
        counters_free(c);
    }
}

static void test_the_error_of_an_estimate_is_the_flood_over_the_slots(void **state)
{
    struct counters *c = *state;
    struct counters_use use;
    uint64_t seed = 77;
    flood(c, STRANGER, 3, FLOOD, HOUR);
    counters_use(c, NOW, &use);
    assert_int_equal(use.live[STRANGER], use.slots[STRANGER]);
    uint32_t fair = (uint32_t)(FLOOD / use.slots[STRANGER]);
    for (size_t i = 0; i < 1000; i++)
        assert_true(counters_read(c, STRANGER, random_next(&seed), HOUR, NOW) <= fair * 5 / 4);
}

static void test_heavy_keys_are_not_flushed(void **state)
{
    struct counters *c = *state;
    for (uint64_t k = 0; k < 500; k++) {
        (void)counters_add(c, STRANGER, counters_mix(1, k), HOUR, 500, NOW);
        (void)counters_add(c, ACCOUNT, counters_mix(1, k), HOUR, 500, NOW);
    }
    flood(c, STRANGER, 3, FLOOD, HOUR);
    flood(c, ACCOUNT, 3, FLOOD, HOUR);
    for (uint64_t k = 0; k < 500; k++) {
        /* Exactly, but for the few that share their 16 bits with one of the flood. */
        assert_in_range(counters_read(c, STRANGER, counters_mix(1, k), HOUR, NOW), 500, 600);
        assert_in_range(counters_read(c, ACCOUNT, counters_mix(1, k), HOUR, NOW), 500, 650);
    }
}

static void test_known_is_untouched_by_the_others(void **state)
{
    struct counters *c = *state;
    struct counters_use use;
    for (uint64_t k = 0; k < 4000; k++) {
        (void)counters_add(c, KNOWN, counters_mix(1, k), HOUR, 3, NOW);
        counters_remember(c, counters_mix(1, k), counters_mix(2, k), NOW);
    }
    counters_use(c, NOW, &use);
    uint64_t live = use.live[KNOWN];
    flood(c, STRANGER, 3, FLOOD, HOUR);
    flood(c, ACCOUNT, 3, FLOOD, HOUR);
    counters_use(c, NOW, &use);
    assert_int_equal(use.live[KNOWN], live);
    for (uint64_t k = 0; k < 4000; k++) {
        assert_true(counters_read(c, KNOWN, counters_mix(1, k), HOUR, NOW) >= 3);
        assert_true(counters_remembers(c, counters_mix(1, k), counters_mix(2, k), NOW));
    }
}

static void test_a_full_known_area_begins_a_newcomer_at_zero(void **state)
{
    struct counters *c = *state;
    uint64_t seed = 3;
    for (size_t i = 0; i < FLOOD; i++)
        assert_in_range(counters_add(c, KNOWN, random_next(&seed), HOUR, 1, NOW), 1, 5);
    assert_int_equal(counters_read(c, KNOWN, 7, HOUR, NOW), 0);
    (void)counters_add(c, KNOWN, 7, HOUR, 3, NOW);
    flood(c, KNOWN, 9, FLOOD, HOUR);
    assert_int_equal(counters_read(c, KNOWN, 7, HOUR, NOW), 3); /* the smallest goes */
}

static void test_holds_survive_a_flood_of_counts_and_marks(void **state)
{
    struct counters *c = *state;
    for (uint64_t k = 0; k < 2000; k++)
        for (enum counters_area area = KNOWN; area <= STRANGER; area++)
            counters_hold(c, area, counters_mix(1, k), NOW + HOUR, NOW);
    for (enum counters_area area = KNOWN; area <= STRANGER; area++) {
        uint64_t seed = 4;
        flood(c, area, 3, FLOOD / 4, DAY);
        for (size_t i = 0; i < FLOOD / 4; i++)
            (void)counters_first(c, area, random_next(&seed), DAY, NOW);
        for (uint64_t k = 0; k < 2000; k++) {
            assert_true(counters_held(c, area, counters_mix(1, k), NOW));
            assert_false(counters_held(c, area, counters_mix(1, k), NOW + HOUR));
        }
    }
}

static void test_a_hold_finds_a_place_in_a_full_area(void **state)
{
    struct counters *c = *state;
    flood(c, STRANGER, 3, FLOOD, HOUR);
    for (uint64_t k = 0; k < 100; k++) {
        counters_hold(c, STRANGER, counters_mix(1, k), NOW + MINUTE, NOW);
        assert_true(counters_held(c, STRANGER, counters_mix(1, k), NOW));
    }
}

static void test_among_holds_the_one_that_ends_first_gives_way(void **state)
{
    struct counters *c = *state;
    uint64_t seed = 3, lost = 0;
    for (uint64_t k = 0; k < 100; k++)
        counters_hold(c, STRANGER, counters_mix(1, k), NOW + DAY, NOW);
    for (size_t i = 0; i < FLOOD / 4; i++)
        counters_hold(c, STRANGER, random_next(&seed), NOW + MINUTE, NOW);
    for (uint64_t k = 0; k < 100; k++)
        assert_true(counters_held(c, STRANGER, counters_mix(1, k), NOW));
    /* And a count is possible even then. */
    for (uint64_t k = 0; k < 100; k++) {
        assert_in_range(counters_add(c, STRANGER, counters_mix(2, k), HOUR, 2, NOW), 2, 8);
        lost += !counters_held(c, STRANGER, counters_mix(1, k), NOW);
    }
    assert_int_equal(lost, 0);
}

static void test_a_lost_mark_makes_a_count_too_high_never_too_low(void **state)
{
    struct counters *c = *state;
    assert_true(counters_first(c, STRANGER, 7, HOUR, NOW));
    flood(c, STRANGER, 3, FLOOD, HOUR);
    assert_true(counters_first(c, STRANGER, 7, HOUR, NOW)); /* counts push marks out */
    assert_true(counters_first(c, STRANGER, 7, HOUR, NOW)); /* never the other way round */
    assert_int_equal(counters_read(c, STRANGER, 7, HOUR, NOW + 2 * HOUR), 0);
    assert_true(counters_first(c, STRANGER, 7, HOUR, NOW + 2 * HOUR));
    assert_false(counters_first(c, STRANGER, 7, HOUR, NOW + 2 * HOUR));
}

static void test_a_full_area_is_empty_again_when_all_is_over(void **state)
{
    struct counters *c = *state;
    struct counters_use use;
    flood(c, STRANGER, 3, FLOOD, HOUR);
    counters_use(c, NOW + 2 * HOUR, &use);
    assert_int_equal(use.live[STRANGER], 0);
    assert_int_equal(counters_read(c, STRANGER, 7, HOUR, NOW + 2 * HOUR), 0);
    assert_int_equal(counters_add(c, STRANGER, 7, HOUR, 1, NOW + 2 * HOUR), 1);
}

/* The floor of a flood that goes on is what happens in a window, however long it goes on. */
static void test_a_long_flood_does_not_raise_estimates_without_end(void **state)
{
    struct counters *c = *state;
    uint64_t seed = 3, probe = 4;
    struct counters_use use;
    counters_use(c, NOW, &use);
    for (int64_t t = 0; t < 40 * HOUR; t += MINUTE)
        for (uint64_t i = 0; i < use.slots[STRANGER] / 10; i++)
            (void)counters_add(c, STRANGER, random_next(&seed), HOUR, 1, NOW + t);
    /* 6 a slot and hour; 12 in both windows together */
    for (size_t i = 0; i < 1000; i++)
        assert_true(counters_read(c, STRANGER, random_next(&probe), HOUR, NOW + 40 * HOUR) <= 20);
}

/* ---- who is remembered ---- */

static void test_a_success_is_remembered_for_a_day(void **state)
{
    struct counters *c = *state;
    static const uint64_t tags[] = { 0, 1, 0xffff, 0x10000, UINT64_MAX, 0x123456789abcdef0 };
    for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
        uint64_t k = i + 1;
        assert_false(counters_remembers(c, k, tags[i], NOW));
        counters_remember(c, k, tags[i], NOW);
        assert_true(counters_remembers(c, k, tags[i], NOW));
        assert_true(counters_remembers(c, k, tags[i], NOW + DAY - 1));
        assert_false(counters_remembers(c, k, tags[i], NOW + DAY + 8 * S));
        assert_false(counters_remembers(c, k, tags[i] ^ (UINT64_C(1) << 63), NOW));
        assert_false(counters_remembers(c, k + 100, tags[i], NOW));
        counters_remember(c, k, tags[i], NOW + DAY); /* once more */
        counters_remember(c, k, tags[i], NOW + DAY);
        assert_true(counters_remembers(c, k, tags[i], NOW + 2 * DAY - 1));
        counters_forget(c, k, tags[i]);
        counters_forget(c, k, tags[i]);
        assert_false(counters_remembers(c, k, tags[i], NOW + DAY));
    }
}

static void test_of_too_many_the_longest_ago_is_forgotten_first(void **state)
{
    struct counters *c = *state;
    for (uint64_t tag = 1; tag <= 17; tag++)
        counters_remember(c, 7, tag << 32, NOW + (int64_t)tag * 8 * S);
    assert_false(counters_remembers(c, 7, UINT64_C(1) << 32, NOW));
    for (uint64_t tag = 2; tag <= 17; tag++)
        assert_true(counters_remembers(c, 7, tag << 32, NOW));
}

/* ---- gauges ---- */

static void test_a_gauge_is_the_sum_of_the_columns(void **state)
{
    struct counters *c = *state;
    assert_int_equal(counters_gauge(c, 7), 0);
    counters_gauge_add(c, 0, 7, 2);
    counters_gauge_add(c, 3, 7, 1);
    counters_gauge_add(c, 3, 8, 5);
    assert_int_equal(counters_gauge(c, 7), 3);
    counters_gauge_add(c, 0, 7, -1);
    assert_int_equal(counters_gauge(c, 7), 2);
    counters_gauge_reclaim(c, 3);
    assert_int_equal(counters_gauge(c, 7), 1);
    assert_int_equal(counters_gauge(c, 8), 0);
    counters_gauge_add(c, 0, 7, -5); /* more than was there */
    assert_int_equal(counters_gauge(c, 7), 0);
    counters_gauge_add(c, 1, 7, INT32_MAX);
    counters_gauge_add(c, 1, 7, -1); /* how many it is nobody knows any more */
    assert_int_equal(counters_gauge(c, 7), UINT16_MAX);
    counters_gauge_reclaim(c, 1);
    assert_int_equal(counters_gauge(c, 7), 0);
}

static void test_a_gauge_is_never_below_the_truth(void **state)
{
    struct counters *c = *state;
    for (uint64_t k = 0; k < 20000; k++)
        counters_gauge_add(c, k % 4, counters_mix(1, k), 1 + (int32_t)(k % 3));
    for (uint64_t k = 0; k < 20000; k++)
        assert_true(counters_gauge(c, counters_mix(1, k)) >= 1 + k % 3);
    for (uint64_t k = 0; k < 20000; k++)
        counters_gauge_add(c, k % 4, counters_mix(1, k), -1 - (int32_t)(k % 3));
    for (uint64_t k = 0; k < 20000; k++)
        assert_int_equal(counters_gauge(c, counters_mix(1, k)), 0);
}

/* ---- switches, sweeping ---- */

static void test_switches_hold_what_was_set(void **state)
{
    struct counters *c = *state;
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(counters_switched(c, i), 0);
    for (unsigned i = 0; i < 8; i++)
        counters_switch(c, i, NOW + i);
    for (unsigned i = 0; i < 8; i++)
        assert_true(counters_switched(c, i) == NOW + i);
    counters_switch(c, 3, 0);
    assert_int_equal(counters_switched(c, 3), 0);
}

static void sweep(struct counters *c, int64_t wall_us)
{
    for (unsigned part = 0; part < 256; part++)
        counters_sweep(c, part, wall_us);
}

static void test_what_is_swept_does_not_come_back_when_the_time_wraps(void **state)
{
    struct counters *c = *state;
    int64_t wrap = INT64_C(65536) * 8 * S;
    flood(c, KNOWN, 3, 1000, HOUR);
    counters_hold(c, STRANGER, 7, NOW + HOUR, NOW);
    counters_remember(c, 7, UINT64_MAX, NOW);
    assert_true(counters_held(c, STRANGER, 7, NOW + wrap)); /* why sweeping is needed */
    sweep(c, NOW + HOUR - 1);
    assert_true(counters_held(c, STRANGER, 7, NOW)); /* it was not over */
    sweep(c, NOW + 3 * DAY);
    assert_false(counters_held(c, STRANGER, 7, NOW + wrap));
    assert_false(counters_remembers(c, 7, UINT64_MAX, NOW + wrap));
    struct counters_use use;
    counters_use(c, NOW + wrap, &use);
    assert_int_equal(use.live[KNOWN] + use.live[ACCOUNT] + use.live[STRANGER], 0);
}

/* ---- processes ---- */

#define ROUNDS 300
#define SHARED 100

static void count_all(struct counters *c, uint32_t column)
{
    uint64_t seed = column;
    for (size_t round = 0; round < ROUNDS; round++)
        for (uint64_t k = 0; k < SHARED; k++) {
            (void)counters_add(c, KNOWN, counters_mix(1, k), HOUR, 1, NOW);
            (void)counters_add(c, STRANGER, counters_mix(1, k), HOUR, 1, NOW);
            (void)counters_add(c, STRANGER, random_next(&seed), HOUR, 1, NOW);
            counters_gauge_add(c, column, counters_mix(1, k), 1);
        }
}

static void test_two_processes_lose_nothing(void **state)
{
    struct counters *c = *state;
    pid_t child = fork();
    assert_true(child >= 0);
    count_all(c, child ? 1 : 2);
    if (child == 0)
        _exit(0);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    for (uint64_t k = 0; k < SHARED; k++) {
        assert_int_equal(counters_read(c, KNOWN, counters_mix(1, k), HOUR, NOW), 2 * ROUNDS);
        assert_true(counters_read(c, STRANGER, counters_mix(1, k), HOUR, NOW) >= 2 * ROUNDS);
        assert_true(counters_gauge(c, counters_mix(1, k)) >= 2 * ROUNDS);
    }
}

static uint32_t firsts(struct counters *c)
{
    uint32_t n = 0;
    for (uint64_t k = 0; k < 5000; k++)
        n += counters_first(c, STRANGER, counters_mix(1, k), HOUR, NOW);
    return n;
}

static void test_of_two_processes_one_is_first(void **state)
{
    struct counters *c = *state;
    pid_t child = fork();
    assert_true(child >= 0);
    (void)counters_add(c, KNOWN, 1, HOUR, firsts(c), NOW);
    if (child == 0)
        _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(counters_read(c, KNOWN, 1, HOUR, NOW), 5000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_what_was_asked_for_and_at_least_a_mebibyte),
        cmocka_unit_test(test_the_last_gauge_lies_in_the_memory),
        TEST(test_hashes_differ_by_key_tag_and_bytes),
        TEST(test_mixing_depends_on_both_and_on_their_order),
        TEST(test_a_count_slides),
        TEST(test_a_window_that_is_filled_evenly_reads_as_its_rate),
        TEST(test_a_count_stays_at_its_maximum),
        TEST(test_keys_and_areas_do_not_mix),
        TEST(test_a_shorter_window_of_a_new_configuration_takes_over),
        TEST(test_a_clock_set_back_loses_nothing_and_ends),
        TEST(test_first_is_true_once_in_a_window),
        TEST(test_distinct_values_are_counted_once_each),
        TEST(test_a_key_can_be_counted_seen_and_held_at_once),
        TEST(test_a_hold_ends_by_itself),
        TEST(test_the_longer_hold_wins_and_0_ends_it),
        TEST(test_no_estimate_is_below_the_truth_in_a_flood),
        TEST(test_the_error_of_an_estimate_is_the_flood_over_the_slots),
        TEST(test_heavy_keys_are_not_flushed),
        TEST(test_known_is_untouched_by_the_others),
        TEST(test_a_full_known_area_begins_a_newcomer_at_zero),
        TEST(test_holds_survive_a_flood_of_counts_and_marks),
        TEST(test_a_hold_finds_a_place_in_a_full_area),
        TEST(test_among_holds_the_one_that_ends_first_gives_way),
        TEST(test_a_lost_mark_makes_a_count_too_high_never_too_low),
        TEST(test_a_full_area_is_empty_again_when_all_is_over),
        TEST(test_a_long_flood_does_not_raise_estimates_without_end),
        TEST(test_a_success_is_remembered_for_a_day),
        TEST(test_of_too_many_the_longest_ago_is_forgotten_first),
        TEST(test_a_gauge_is_the_sum_of_the_columns),
        TEST(test_a_gauge_is_never_below_the_truth),
        TEST(test_switches_hold_what_was_set),
        TEST(test_what_is_swept_does_not_come_back_when_the_time_wraps),
        TEST(test_two_processes_lose_nothing),
        TEST(test_of_two_processes_one_is_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
