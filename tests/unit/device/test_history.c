/* SPDX-License-Identifier: ISC */
#include "store_fixture.h"

static void happen(enum device_event_kind kind, int64_t wall_us)
{
    struct device_key key = key_of("demo", "UUID", 1);
    struct device_event event = event_of(kind, &key, wall_us);
    event.user_log = true;
    apply(&event);
}

struct seen {
    size_t total, of_kind[4];
    int64_t first_us, last_us;
};

static bool on_entry(void *context, const struct device_history_entry *e)
{
    struct seen *seen = context;
    if (seen->total++ == 0)
        seen->first_us = e->wall_us;
    else
        assert_true(e->wall_us >= seen->last_us);
    seen->last_us = e->wall_us;
    seen->of_kind[e->kind]++;
    return true;
}

static struct seen look(const char *account)
{
    struct seen seen = { 0 };
    assert_int_equal(device_history_each(store, slice_of_str(account), on_entry, &seen), 0);
    return seen;
}

static struct device_history_entry last;
static char last_reason[DEVICE_REASON_MAX + 1], last_type[DEVICE_TYPE_MAX + 1];

static bool keep_last(void *context, const struct device_history_entry *e)
{
    (void)context;
    last = *e;
    last_reason[slice_keep(e->reason, last_reason, DEVICE_REASON_MAX).n] = '\0';
    last_type[slice_keep(e->type, last_type, DEVICE_TYPE_MAX).n] = '\0';
    return true;
}

static void test_an_entry_says_what_happened(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 7);
    struct device_event event = event_of(DEVICE_EVENT_SUCCESS, &key, NOW);
    event.user_log = true;
    event.network = network_of(3);
    event.location = (struct device_location){ .country = "NO", .name = "Building 7" };
    event.alert = DEVICE_ALERT_NEW_DEVICE;
    event.reason = SLICE("unknown-device");
    apply(&event);
    assert_int_equal(device_history_each(store, SLICE("demo"), keep_last, NULL), 0);
    assert_true(last.wall_us == NOW && last.kind == DEVICE_EVENT_SUCCESS);
    assert_int_equal(last.alert, DEVICE_ALERT_NEW_DEVICE);
    assert_string_equal(last_type, "UUID");
    assert_string_equal(last_reason, "unknown-device");
    assert_true(pseudonym_equal(&last.token, &key.token));
    assert_true(device_network_equal(&last.network, &event.network));
    assert_string_equal(last.location.name, "Building 7");
}

static void test_oldest_first_also_before_1970(void **state)
{
    (void)state;
    happen(DEVICE_EVENT_SUCCESS, 5);
    happen(DEVICE_EVENT_SUCCESS, -5);
    happen(DEVICE_EVENT_SUCCESS, INT64_MAX);
    happen(DEVICE_EVENT_SUCCESS, INT64_MIN);
    assert_int_equal(look("demo").total, 4); /* on_entry checks the order */
    assert_true(look("demo").first_us == INT64_MIN);
}

static void test_without_the_flag_nothing_is_kept(void **state)
{
    (void)state;
    struct device_key key = key_of("demo", "UUID", 1);
    succeed(&key, NOW);
    assert_int_equal(look("demo").total, 0);
}

static void test_accounts_that_are_not_known_have_no_history(void **state)
{
    (void)state;
    happen(DEVICE_EVENT_FAILURE, NOW);
    happen(DEVICE_EVENT_ALERT, NOW);
    assert_int_equal(look("demo").total, 0);
    happen(DEVICE_EVENT_SUCCESS, NOW);
    happen(DEVICE_EVENT_FAILURE, NOW + 1);
    assert_int_equal(look("demo").total, 2);
    assert_int_equal(look("dem").total, 0);
}

static void test_things_at_one_time_stand_side_by_side_but_the_same_only_once(void **state)
{
    (void)state;
    happen(DEVICE_EVENT_SUCCESS, NOW);
    happen(DEVICE_EVENT_FAILURE, NOW);
    happen(DEVICE_EVENT_FAILURE, NOW);
    struct seen seen = look("demo");
    assert_int_equal(seen.total, 2);
    assert_int_equal(seen.of_kind[DEVICE_EVENT_FAILURE], 1);
}

static void test_the_oldest_goes(void **state)
{
    (void)state;
    for (int64_t i = 0; i < DEVICE_HISTORY_MAX + 10; i++)
        happen(DEVICE_EVENT_SUCCESS, NOW + i);
    struct seen seen = look("demo");
    assert_int_equal(seen.total, DEVICE_HISTORY_MAX);
    assert_true(seen.first_us == NOW + 10);
}

static void test_failures_push_out_failures_only_past_half_of_the_room(void **state)
{
    (void)state;
    happen(DEVICE_EVENT_SUCCESS, NOW);
    for (int64_t i = 1; i <= 500; i++)
        happen(DEVICE_EVENT_FAILURE, NOW + i);
    struct seen seen = look("demo");
    assert_int_equal(seen.of_kind[DEVICE_EVENT_SUCCESS], 1); /* the guesser washed away nothing */
    assert_int_equal(seen.of_kind[DEVICE_EVENT_FAILURE], DEVICE_HISTORY_MAX / 2);
    assert_true(seen.last_us == NOW + 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(test_an_entry_says_what_happened),
        RULE(test_oldest_first_also_before_1970),
        RULE(test_without_the_flag_nothing_is_kept),
        RULE(test_accounts_that_are_not_known_have_no_history),
        RULE(test_things_at_one_time_stand_side_by_side_but_the_same_only_once),
        RULE(test_the_oldest_goes),
        RULE(test_failures_push_out_failures_only_past_half_of_the_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
