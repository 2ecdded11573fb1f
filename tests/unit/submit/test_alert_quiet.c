/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdio.h>

#include "submit/alert_internal.h"

#define HOUR INT64_C(3600000000)

static bool pass(struct alert_quiet *q, enum device_alert kind, const char *account,
                 const char *reason, int64_t now_us)
{
    const struct alert a = { .kind = kind,
                             .account = slice_of_str(account),
                             .reason = slice_of_str(reason) };
    return alert_quiet_pass(q, &a, now_us);
}

static void test_one_of_a_kind_account_and_hour(void **state)
{
    (void)state;
    struct alert_quiet *q = alert_quiet_new(HOUR, 10);
    assert_true(pass(q, DEVICE_ALERT_ATTACK, "a", "x", 1));
    assert_false(pass(q, DEVICE_ALERT_ATTACK, "a", "x", 2));
    assert_false(pass(q, DEVICE_ALERT_ATTACK, "a", "another reason", HOUR));
    assert_true(pass(q, DEVICE_ALERT_ATTACK, "b", "x", 3));
    assert_true(pass(q, DEVICE_ALERT_REVOKED, "a", "x", 4));
    assert_true(pass(q, DEVICE_ALERT_ATTACK, "a", "x", HOUR + 1));
    assert_false(pass(q, DEVICE_ALERT_ATTACK, "a", "x", HOUR + 2));
    assert_false(pass(q, DEVICE_ALERT_ATTACK, "b", "x", HOUR + 2));
    assert_true(pass(q, DEVICE_ALERT_ATTACK, "b", "x", HOUR + 3));
    alert_quiet_free(q);
}

static void test_without_an_account_the_reason_and_the_network_count(void **state)
{
    (void)state;
    struct alert_quiet *q = alert_quiet_new(HOUR, 10);
    struct alert a = { .kind = DEVICE_ALERT_ATTACK, .reason = SLICE("gate-novelty") };
    assert_true(alert_quiet_pass(q, &a, 1));
    assert_false(alert_quiet_pass(q, &a, 1));
    assert_true(device_network_parse(SLICE("192.0.2.0/24"), &a.network));
    assert_true(alert_quiet_pass(q, &a, 1));
    assert_true(device_network_parse(SLICE("192.0.3.0/24"), &a.network));
    assert_true(alert_quiet_pass(q, &a, 1));
    a.reason = SLICE("network-novelty");
    assert_true(alert_quiet_pass(q, &a, 1));
    assert_false(alert_quiet_pass(q, &a, 1));
    alert_quiet_free(q);
}

static void test_the_table_is_bounded_and_the_oldest_goes(void **state)
{
    (void)state;
    enum { MAX = 1000 };
    struct alert_quiet *q = alert_quiet_new(HOUR, MAX);
    char name[16];
    for (int i = 0; i < MAX + 10; i++) {
        (void)snprintf(name, sizeof name, "a%d", i);
        assert_true(pass(q, DEVICE_ALERT_ATTACK, name, "x", i + 1));
    }
    for (int i = 10; i < MAX + 10; i++) {
        (void)snprintf(name, sizeof name, "a%d", i);
        assert_false(pass(q, DEVICE_ALERT_ATTACK, name, "x", MAX + 20));
    }
    assert_true(pass(q, DEVICE_ALERT_ATTACK, "a9", "x", MAX + 20));
    assert_true(pass(q, DEVICE_ALERT_ATTACK, "a10", "x", MAX + 20)); /* a9 took its place */
    alert_quiet_free(q);
}

static void test_after_a_flood_all_can_be_told_again(void **state)
{
    (void)state;
    enum { MAX = 64 };
    struct alert_quiet *q = alert_quiet_new(HOUR, MAX);
    char name[16];
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < MAX; i++) {
            (void)snprintf(name, sizeof name, "a%d", i);
            assert_true(pass(q, DEVICE_ALERT_ATTACK, name, "x", round * HOUR + 1));
        }
    alert_quiet_free(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_of_a_kind_account_and_hour),
        cmocka_unit_test(test_without_an_account_the_reason_and_the_network_count),
        cmocka_unit_test(test_the_table_is_bounded_and_the_oldest_goes),
        cmocka_unit_test(test_after_a_flood_all_can_be_told_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
