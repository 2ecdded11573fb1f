/* SPDX-License-Identifier: ISC
 *
 * The policy as it is shipped: who stays in and who does not while strangers grind.
 */
#include "policy_fixture.h"

#define RIGHT 0xabcdef

static const char *ip_of(unsigned i, char out[ADDRESS_TEXT_MAX])
{
    (void)snprintf(out, ADDRESS_TEXT_MAX, "198.%u.%u.7", 18 + i / 200, i % 200);
    return out;
}

/* 200 wrong passwords on one account from 50 addresses. Returns how many were looked at. */
static unsigned grind(bool with_tokens)
{
    unsigned looked = 0;
    for (unsigned i = 0; i < 200; i++) {
        char ip[ADDRESS_TEXT_MAX];
        struct who thief = stranger("demo", ip_of(i % 50, ip), with_tokens ? 1000 + i : 0);
        looked += sign_in(&thief, false, 5000 + i).looked;
        rig.now += SECOND;
    }
    return looked;
}

static void after_200_wrong_passwords(bool with_tokens)
{
    char ip[ADDRESS_TEXT_MAX];
    rig_start("");
    assert_in_range(grind(with_tokens), 8, 12);
    for (unsigned i = 0; i < 50; i++) { /* from any of these addresses */
        struct who phone = device("demo", ip_of(i, ip), 1);
        struct signed_in s = sign_in(&phone, true, RIGHT);
        assert_true(s.in);
        assert_int_equal(s.before.delay_us + s.after.delay_us, 0);
        assert_int_equal(s.before.reasons_n + s.after.reasons_n, 0);
    }
    struct who home = at_place("demo", "203.0.113.9", 0);
    assert_true(sign_in(&home, true, RIGHT).in);
    struct who owner = stranger("demo", "192.0.2.1", with_tokens ? 77 : 0);
    struct signed_in s = sign_in(&owner, true, RIGHT);
    assert_false(s.looked);
    assert_non_null(reason(&s.before, "stranger-guesses"));
    assert_false(s.before.reasons[0].tripped);
    rig.now += 10 * MINUTE + 8 * SECOND; /* nobody presses: it opens by itself */
    assert_true(sign_in(&owner, true, RIGHT).in);
    rig_stop(NULL);
}

static void
after_200_wrong_passwords_known_devices_and_places_get_235_and_strangers_535(void **state)
{
    (void)state;
    after_200_wrong_passwords(false);
    after_200_wrong_passwords(true);
}

static void the_attempt_that_trips_a_limit_says_so_once_and_alerts(void **state)
{
    unsigned tripped = 0, alerts = 0;
    (void)state;
    rig_start("");
    for (unsigned i = 0; i < 40; i++) {
        struct who thief = stranger("demo", "198.18.0.7", 0);
        struct signed_in s = sign_in(&thief, false, 100 + i);
        const struct policy_reason *said = reason(&s.after, "stranger-guesses");
        if (said && said->tripped) {
            tripped++;
            assert_int_equal(said->counted, 10);
            assert_int_equal(said->above, 9);
        }
        alerts += s.after.alert == DEVICE_ALERT_ATTACK;
    }
    assert_int_equal(tripped, 1);
    assert_int_equal(alerts, 1);
}

static void it_stays_while_strangers_press_and_opens_when_they_tire(void **state)
{
    struct who owner = stranger("demo", "192.0.2.1", 0);
    (void)state;
    rig_start("");
    (void)grind(false);
    for (unsigned i = 0; i < 200; i++) { /* 50 minutes, a guess every 15 s */
        struct who thief = stranger("demo", "198.18.1.7", 0);
        assert_false(sign_in(&thief, false, 9000 + i).looked);
        rig.now += 15 * SECOND;
    }
    assert_false(sign_in(&owner, true, RIGHT).looked);
    rig.now += 11 * MINUTE;
    assert_true(sign_in(&owner, true, RIGHT).in);
}

/* The owner outside, who tries again every minute, is no pressure: it is one guess. */
static void repeating_one_password_does_not_keep_it_shut(void **state)
{
    struct who owner = stranger("demo", "192.0.2.1", 0);
    unsigned minutes = 0;
    (void)state;
    rig_start("");
    for (unsigned i = 0; i < 12; i++) {
        struct who thief = stranger("demo", "198.18.0.7", 0);
        (void)sign_in(&thief, false, 100 + i);
    }
    while (!sign_in(&owner, true, RIGHT).in && minutes < 60) {
        minutes++;
        rig.now += MINUTE;
    }
    assert_in_range(minutes, 9, 11);
}

static void an_old_phone_with_one_stale_password_counts_one(void **state)
{
    struct who phone = stranger("demo", "192.0.2.1", 5), owner = stranger("demo", "192.0.2.2", 0);
    (void)state;
    rig_start("");
    for (unsigned i = 0; i < 500; i++) {
        struct signed_in s = sign_in(&phone, false, 42);
        assert_true(s.looked);
        assert_int_equal(s.before.delay_us, 0);
        rig.now += 2 * MINUTE;
    }
    assert_true(sign_in(&owner, true, RIGHT).in);
    struct who known = device("demo", "192.0.2.1", 6);
    for (unsigned i = 0; i < 500; i++)
        assert_true(sign_in(&known, false, 42).looked);
    assert_true(sign_in(&known, true, RIGHT).in);
}

static void where_the_mechanism_hides_the_password_failures_count(void **state)
{
    struct who phone = stranger("demo", "192.0.2.1", 5);
    unsigned looked = 0;
    (void)state;
    rig_start("");
    for (unsigned i = 0; i < 50; i++)
        looked += sign_in(&phone, false, 0).looked;
    assert_int_equal(looked, 10);
}

static void a_known_device_is_refused_by_its_own_guesses_only(void **state)
{
    struct who thief = device("demo", "192.0.2.1", 1), other = device("demo", "192.0.2.1", 2);
    unsigned looked = 0;
    (void)state;
    rig_start("");
    for (unsigned i = 0; i < 50; i++)
        looked += sign_in(&thief, false, 100 + i).looked;
    assert_int_equal(looked, 11);
    assert_true(sign_in(&other, true, RIGHT).in);
    assert_false(sign_in(&thief, true, RIGHT).looked);
    rig.now += 15 * MINUTE + 8 * SECOND;
    assert_true(sign_in(&thief, true, RIGHT).in);
}

static void a_place_has_a_budget_of_its_own(void **state)
{
    struct who place = at_place("demo", "192.0.2.1", 0), neighbour = at_place("x", "192.0.2.2", 0),
               roaming = device("demo", "192.0.2.1", 1),
               elsewhere = at_place("demo", "203.0.113.1", 0);
    unsigned looked = 0;
    (void)state;
    rig_start("");
    for (unsigned i = 0; i < 50; i++)
        looked += sign_in(&place, false, 100 + i).looked;
    assert_int_equal(looked, 21);
    assert_true(sign_in(&neighbour, true, RIGHT).in);
    assert_true(sign_in(&roaming, true, RIGHT).in);
    assert_true(sign_in(&elsewhere, true, RIGHT).in);
    struct who outside = stranger("demo", "198.51.100.1", 0);
    assert_true(sign_in(&outside, true, RIGHT).in); /* strangers have their own */
}

/* Every shipped limit of strangers tripped, at the very address and network. */
static void
nothing_that_strangers_do_at_an_address_reaches_known_devices_and_places_there(void **state)
{
    (void)state;
    rig_start("");
    for (unsigned i = 0; i < 3000; i++) {
        char account[20];
        (void)snprintf(account, sizeof account, "user%u", i % 100);
        struct who thief = stranger(account, "192.0.2.1", i % 3 ? 10 + i : 9);
        (void)sign_in(&thief, false, 100 + i);
        struct who spammer = stranger("demo", "192.0.2.1", i % 3 ? 10 + i : 9);
        (void)sign_in(&spammer, false, 100 + i);
    }
    struct who outside = stranger("fresh", "192.0.2.1", 0);
    assert_false(sign_in(&outside, true, RIGHT).looked);
    struct who phone = device("demo", "192.0.2.1", 1), home = at_place("demo", "192.0.2.1", 0),
               shared = device("demo", "192.0.2.1", 9);
    assert_true(sign_in(&phone, true, RIGHT).in);
    assert_true(sign_in(&home, true, RIGHT).in);
    assert_true(sign_in(&shared, true, RIGHT).in); /* even with the token the strangers use */
}

static void strangers_are_slowed_down_before_they_are_refused(void **state)
{
    struct who thief = stranger("demo", "198.18.0.7", 0);
    (void)state;
    rig_start("");
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(sign_in(&thief, false, 100 + i).before.delay_us, 0);
    struct signed_in s = sign_in(&thief, false, 200);
    assert_int_equal(s.before.delay_us, 3 * SECOND);
    assert_string_equal(s.before.reasons[0].name, "stranger-slowdown");
}

static void one_token_that_opens_many_accounts_is_alerted_and_let_in(void **state)
{
    unsigned alerts = 0;
    (void)state;
    rig_start("policy: {unknown-device: accept}\n");
    for (unsigned i = 0; i < 8; i++) {
        char account[20];
        (void)snprintf(account, sizeof account, "user%u", i);
        struct who family = beginner(account, "192.0.2.1", 3);
        struct signed_in s = sign_in(&family, true, RIGHT);
        assert_true(s.in);
        alerts += s.after.alert == DEVICE_ALERT_MANY_ACCOUNTS;
    }
    assert_int_equal(alerts, 1);
}

static void a_stranger_sends_to_300_and_no_more(void **state)
{
    struct who thief = stranger("demo", "192.0.2.1", 0), phone = device("demo", "192.0.2.1", 1);
    struct asked q;
    struct policy_verdict v;
    (void)state;
    rig_start("");
    ask(&q, &thief);
    for (unsigned i = 0; i < 300; i++) {
        policy_sends(rig.policy, rig.counters, &q.a, CONF_COUNT_RECIPIENTS, 1, &v);
        assert_int_equal(v.action, POLICY_ACCEPT);
    }
    policy_sends(rig.policy, rig.counters, &q.a, CONF_COUNT_RECIPIENTS, 1, &v);
    assert_int_equal(v.action, POLICY_REFUSE);
    assert_int_equal(v.refuse_at, CONF_REFUSE_AT_MAIL);
    assert_int_equal(v.alert, DEVICE_ALERT_LIMIT);
    policy_sends(rig.policy, rig.counters, &q.a, CONF_COUNT_RECIPIENTS, 1, &v);
    assert_int_equal(v.action, POLICY_REFUSE);
    assert_int_equal(v.alert, DEVICE_ALERT_NONE);
    ask(&q, &phone);
    policy_sends(rig.policy, rig.counters, &q.a, CONF_COUNT_RECIPIENTS, 100, &v);
    assert_int_equal(v.action, POLICY_ACCEPT);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_teardown(t, rig_stop)
    const struct CMUnitTest tests[] = {
        TEST(after_200_wrong_passwords_known_devices_and_places_get_235_and_strangers_535),
        TEST(the_attempt_that_trips_a_limit_says_so_once_and_alerts),
        TEST(it_stays_while_strangers_press_and_opens_when_they_tire),
        TEST(repeating_one_password_does_not_keep_it_shut),
        TEST(an_old_phone_with_one_stale_password_counts_one),
        TEST(where_the_mechanism_hides_the_password_failures_count),
        TEST(a_known_device_is_refused_by_its_own_guesses_only),
        TEST(a_place_has_a_budget_of_its_own),
        TEST(nothing_that_strangers_do_at_an_address_reaches_known_devices_and_places_there),
        TEST(strangers_are_slowed_down_before_they_are_refused),
        TEST(one_token_that_opens_many_accounts_is_alerted_and_let_in),
        TEST(a_stranger_sends_to_300_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
