/* SPDX-License-Identifier: ISC */
#include "store_fixture.h"

#include <errno.h>

static bool count_line(void *context, struct slice json)
{
    size_t *n = context;
    (void)json;
    ++*n;
    return true;
}

/* All that is kept. */
static size_t kept(const char *account)
{
    size_t n = 0;
    assert_int_equal(device_export(store, slice_of_str(account), count_line, &n), 0);
    return n;
}

static uint32_t forget(int64_t wall_us, uint32_t most, struct buf *cursor)
{
    size_t before = kept("");
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(device_forget_old(store, &bounds, wall_us, most, cursor), 0);
    assert_int_equal(store_commit(store), 0);
    return (uint32_t)(before - kept(""));
}

/* account, alias, device, place, history */
static void use(const char *account, int64_t wall_us)
{
    struct device_key key = key_of(account, "UUID", 1);
    struct device_event event = event_of(DEVICE_EVENT_SUCCESS, &key, wall_us);
    char typed[DEVICE_ACCOUNT_MAX + 1];
    (void)snprintf(typed, sizeof typed, "%.200s-typed", account);
    event.typed = slice_of_str(typed);
    event.network = network_of(1);
    event.learn_place = event.user_log = true;
    apply(&event);
}

static void test_all_of_an_account_is_forgotten_when_it_is_unused(void **state)
{
    (void)state;
    struct buf cursor, alias;
    buf_init(&cursor, STORE_KEY_MAX);
    buf_init(&alias, DEVICE_ACCOUNT_MAX);
    use("demo", NOW);
    use("other", NOW + DAY);
    assert_int_equal(kept("demo"), 5);
    assert_int_equal(forget(NOW, 100, &cursor), 0);
    assert_int_equal(forget(NOW + bounds.place_age_us, 100, &cursor), 0);
    assert_int_equal(forget(NOW + bounds.place_age_us + 1, 100, &cursor), 1);
    assert_int_equal(kept("demo"), 4);
    assert_int_equal(forget(NOW + bounds.device_age_us, 100, &cursor), 1); /* other's place */
    assert_int_equal(forget(NOW + bounds.device_age_us + 1, 100, &cursor), 4);
    assert_int_equal(kept("demo"), 0);
    assert_int_equal(kept("other"), 4);
    assert_int_equal(device_alias_find(store, SLICE("demo-typed"), &alias), ERR_NOT_FOUND);
    assert_int_equal(device_alias_find(store, SLICE("other-typed"), &alias), 0);
    assert_int_equal(buf_size(&cursor), 0);
    buf_clear(&alias);
}

static void test_approved_devices_and_revocations_in_force_stay(void **state)
{
    (void)state;
    static const struct {
        enum device_state state;
        int64_t until_us;
        bool stays;
    } cases[] = {
        { DEVICE_PENDING, 0, false },
        { DEVICE_KNOWN, 0, false },
        { DEVICE_APPROVED, 0, true },
        { DEVICE_REVOKED, 0, false },
        { DEVICE_REVOKED, NOW + 999 * DAY, true },
        { DEVICE_REVOKED, NOW + DAY, false }, /* lapsed */
    };
    struct buf cursor;
    buf_init(&cursor, STORE_KEY_MAX);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct device_key key = key_of("demo", "UUID", (uint8_t)i);
        set_state(&key, cases[i].state, cases[i].until_us, NOW);
    }
    assert_int_equal(forget(NOW + 181 * DAY, 100, &cursor), 4);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct device_key key = key_of("demo", "UUID", (uint8_t)i);
        assert_int_equal(device_there(&key), cases[i].stays);
    }
}

static void test_a_few_at_a_time_until_all_are_gone(void **state)
{
    (void)state;
    struct buf cursor;
    char account[300];
    buf_init(&cursor, STORE_KEY_MAX);
    memset(account, 'a', sizeof account);
    for (int i = 0; i < 20; i++) { /* with the longest names too */
        (void)snprintf(account + (i % 2 ? 200 : 10), 20, "%d", i);
        use(account, NOW);
        account[strlen(account)] = 'a';
    }
    size_t all = kept("");
    uint32_t calls = 0, gone_now;
    do {
        gone_now = forget(NOW + 200 * DAY, 3, &cursor);
        assert_true(gone_now <= 6); /* an account takes its name with it */
        all -= gone_now;
    } while (++calls < 1000 && buf_size(&cursor));
    assert_int_equal(all, 0);
    assert_in_range(calls, 80 / 3, 100);
    buf_clear(&cursor);
}

static void test_young_records_cost_a_bounded_look(void **state)
{
    (void)state;
    struct buf cursor;
    buf_init(&cursor, STORE_KEY_MAX);
    for (int i = 0; i < 200; i++) {
        char account[16];
        (void)snprintf(account, sizeof account, "a%d", i);
        struct device_key key = key_of(account, "UUID", 1);
        succeed(&key, NOW);
    }
    int rounds = 0;
    do
        assert_int_equal(forget(NOW, 1, &cursor), 0); /* 64 of them each */
    while (++rounds < 100 && buf_size(&cursor));
    assert_int_equal(rounds, 7); /* 200 devices and 200 accounts */
    buf_clear(&cursor);
}

static void test_an_age_of_nothing_keeps_for_ever(void **state)
{
    (void)state;
    struct buf cursor;
    buf_init(&cursor, STORE_KEY_MAX);
    use("demo", NOW);
    bounds.device_age_us = bounds.place_age_us = 0;
    assert_int_equal(forget(INT64_MAX, 100, &cursor), 0);
}

static void test_a_strange_cursor_is_the_end(void **state)
{
    (void)state;
    struct buf cursor;
    buf_init(&cursor, STORE_KEY_MAX);
    use("demo", NOW);
    buf_append(&cursor, SLICE("\377xyz"));
    assert_int_equal(forget(NOW + 200 * DAY, 100, &cursor), 0);
    assert_int_equal(buf_size(&cursor), 0);
    buf_clear(&cursor);
}

/* ---- the right to be forgotten ---- */

static void test_everything_about_an_account_is_erased_and_nothing_else(void **state)
{
    (void)state;
    struct device_key licence = key_of("demo", "UUID", 9), all = key_of("*", "UUID", 9);
    struct buf alias;
    uint64_t n = 99;
    buf_init(&alias, DEVICE_ACCOUNT_MAX);
    use("demo", NOW);
    use("demo.two", NOW);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(device_licence_put(store, &licence, NOW), 0);
    assert_int_equal(device_licence_put(store, &all, NOW), 0);
    assert_int_equal(device_erase(store, SLICE("demo"), &n), 0);
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(n, 6);
    assert_int_equal(kept("demo"), 0);
    assert_int_equal(kept("demo.two"), 5);
    assert_int_equal(kept("*"), 1);
    assert_int_equal(device_alias_find(store, SLICE("demo-typed"), &alias), ERR_NOT_FOUND);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(device_erase(store, SLICE("demo"), &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(device_erase(store, SLICE(""), &n), -EINVAL);
    store_abort(store);
}

static void test_a_name_that_led_elsewhere_is_erased_too(void **state)
{
    (void)state;
    struct buf alias;
    uint64_t n;
    buf_init(&alias, DEVICE_ACCOUNT_MAX);
    use("demo", NOW);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(device_erase(store, SLICE("demo-typed"), &n), 0);
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(device_alias_find(store, SLICE("demo-typed"), &alias), ERR_NOT_FOUND);
    assert_int_equal(kept("demo"), 4);
}

static void test_places_are_forgotten_one_by_one(void **state)
{
    (void)state;
    const struct device_network home = network_of(1), other = network_of(2), none = { 0 };
    use("demo", NOW);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(device_place_forget(store, SLICE("demo"), &other), ERR_NOT_FOUND);
    assert_int_equal(device_place_forget(store, SLICE("demo"), &none), -EINVAL);
    assert_int_equal(device_place_forget(store, SLICE("demo"), &home), 0);
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(kept("demo"), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(test_all_of_an_account_is_forgotten_when_it_is_unused),
        RULE(test_approved_devices_and_revocations_in_force_stay),
        RULE(test_a_few_at_a_time_until_all_are_gone),
        RULE(test_young_records_cost_a_bounded_look),
        RULE(test_an_age_of_nothing_keeps_for_ever),
        RULE(test_a_strange_cursor_is_the_end),
        RULE(test_everything_about_an_account_is_erased_and_nothing_else),
        RULE(test_a_name_that_led_elsewhere_is_erased_too),
        RULE(test_places_are_forgotten_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
