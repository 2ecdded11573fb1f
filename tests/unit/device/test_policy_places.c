/* SPDX-License-Identifier: ISC
 *
 * One token, two places (draft-storey-smtp-client-id-13 §6.2-4).
 */
#include "policy_fixture.h"

#define RIGHT 0xabcdef
#define TWO_PLACES(then) \
    "policy:\n  two-places: {then: [" then "], kilometres: 500, speed: 1000, overlap: yes}\n"

static struct device_location at(int32_t latitude, int32_t longitude, uint32_t radius, uint32_t as)
{
    return (struct device_location){ .has_position = true,
                                     .latitude = latitude,
                                     .longitude = longitude,
                                     .radius = radius,
                                     .as = as };
}

#define BERLIN(radius, as)   at(52520, 13405, radius, as)
#define MUNICH(radius, as)   at(48137, 11575, radius, as)  /* 504 km */
#define NEW_YORK(radius, as) at(40713, -74006, radius, as) /* 6385 km */

static struct who roaming(struct device_location was, struct device_location is, int64_t ago)
{
    struct who w = device("demo", "203.0.113.1", 1);
    struct address a;
    assert_true(address_parse_ip(SLICE("192.0.2.1"), 1, &a));
    w.facts.last_network = device_network_of(&a);
    w.facts.last_location = was;
    w.facts.last_us = START - ago;
    w.where = is;
    return w;
}

static void one_device_cannot_have_been_in_both(void **state)
{
    static const struct device_location unknown,
        broken = { .has_position = true, .latitude = 900000 };
    const struct {
        const char *name;
        struct device_location was, is;
        int64_t ago;
        bool two;
    } cases[] = {
        { "far and fast", BERLIN(10, 1), NEW_YORK(10, 2), HOUR, true },
        { "far, no time at all", BERLIN(10, 1), NEW_YORK(10, 2), 0, true },
        { "far, a flight", BERLIN(10, 1), NEW_YORK(10, 2), 8 * HOUR, false },
        { "far, just too fast", BERLIN(0, 1), NEW_YORK(0, 2), 6 * HOUR, true },
        { "near", BERLIN(10, 1), BERLIN(10, 2), MINUTE, false },
        { "a kilometre more than 500", BERLIN(0, 1), MUNICH(0, 2), MINUTE, true },
        { "less both radii, not 500", BERLIN(3, 1), MUNICH(3, 2), MINUTE, false },
        { "radius of a country", BERLIN(1000, 1), NEW_YORK(6000, 2), MINUTE, false },
        { "one autonomous system", BERLIN(10, 7), NEW_YORK(10, 7), MINUTE, false },
        { "one system unknown", BERLIN(10, 0), NEW_YORK(10, 7), MINUTE, true },
        { "both unknown", BERLIN(10, 0), NEW_YORK(10, 0), MINUTE, true },
        { "no position before", unknown, NEW_YORK(10, 2), MINUTE, false },
        { "no position now", BERLIN(10, 1), unknown, MINUTE, false },
        { "no position at all", unknown, unknown, MINUTE, false },
        { "not on Earth", broken, NEW_YORK(10, 2), MINUTE, false },
        { "the clock went back", BERLIN(10, 1), NEW_YORK(10, 2), -HOUR, false },
        { "never before", BERLIN(10, 1), NEW_YORK(10, 2), START, false },
    };
    (void)state;
    rig_start(TWO_PLACES("alert"));
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct who w = roaming(cases[i].was, cases[i].is, cases[i].ago);
        struct signed_in s = sign_in(&w, true, RIGHT);
        assert_true(s.in); /* an alert only */
        if ((s.after.alert == DEVICE_ALERT_TWO_PLACES) != cases[i].two)
            fail_msg("%s", cases[i].name);
        assert_int_equal(reason(&s.after, "two-places") != NULL, cases[i].two);
    }
}

static void one_network_or_one_named_place_is_one_place(void **state)
{
    (void)state;
    rig_start(TWO_PLACES("alert"));
    struct who w = roaming(BERLIN(10, 1), NEW_YORK(10, 2), MINUTE);
    (void)snprintf(w.ip, sizeof w.ip, "192.0.2.99");
    assert_int_equal(sign_in(&w, true, RIGHT).after.alert, DEVICE_ALERT_NONE);
    w = roaming(BERLIN(10, 1), NEW_YORK(10, 2), MINUTE);
    (void)snprintf(w.where.name, sizeof w.where.name, "Gateway");
    (void)snprintf(w.facts.last_location.name, sizeof w.where.name, "Gateway");
    assert_int_equal(sign_in(&w, true, RIGHT).after.alert, DEVICE_ALERT_NONE);
}

static void what_then_does(void **state)
{
    static const struct {
        const char *yaml;
        bool in;
        unsigned effects;
        enum device_alert alert;
    } cases[] = {
        { TWO_PLACES("alert"), true, POLICY_RECORD_DEVICE, DEVICE_ALERT_TWO_PLACES },
        { TWO_PLACES("log"), true, POLICY_RECORD_DEVICE, DEVICE_ALERT_NONE },
        { TWO_PLACES("refuse"), false, 0, DEVICE_ALERT_NONE },
        { TWO_PLACES("refuse, alert"), false, 0, DEVICE_ALERT_TWO_PLACES },
        { TWO_PLACES("revoke-device"), false, POLICY_REVOKE_DEVICE, DEVICE_ALERT_REVOKED },
        { "", true, POLICY_RECORD_DEVICE, DEVICE_ALERT_TWO_PLACES },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        rig_start(cases[i].yaml);
        struct who w = roaming(BERLIN(10, 1), NEW_YORK(10, 2), HOUR);
        struct signed_in s = sign_in(&w, true, RIGHT);
        if (s.in != cases[i].in || s.after.effects != cases[i].effects ||
            s.after.alert != cases[i].alert)
            fail_msg("case %zu: in %d effects %x alert %d", i, s.in, s.after.effects,
                     s.after.alert);
        if (cases[i].effects == POLICY_REVOKE_DEVICE)
            assert_false(sign_in(&w, true, RIGHT).looked);
        rig_stop(NULL);
    }
}

static void a_failure_tells_nothing_about_places(void **state)
{
    (void)state;
    rig_start(TWO_PLACES("revoke-device"));
    struct who w = roaming(BERLIN(10, 1), NEW_YORK(10, 2), HOUR);
    assert_int_equal(sign_in(&w, false, 7).after.effects, 0);
}

/* ---- overlapping sessions ---- */

static struct policy_held held[8];

static void open_session(const struct who *w, unsigned i)
{
    struct asked q;
    struct policy_verdict v;
    ask(&q, w);
    held[i].n = 0;
    policy_hold(rig.policy, rig.counters, &q.a, i % 4, &held[i], &v);
    assert_int_equal(v.action, POLICY_ACCEPT);
}

static enum device_alert ends_well(const struct who *w, unsigned i)
{
    open_session(w, i);
    return after(w, POLICY_OK).alert;
}

static struct who named(const char *ip, const char *name, uint32_t as)
{
    struct who w = device("demo", ip, 1);
    (void)snprintf(w.where.name, sizeof w.where.name, "%s", name);
    w.where.as = as;
    return w;
}

static void sessions_overlap_from_unrelated_networks_only(void **state)
{
    const struct {
        const char *name;
        struct who first, second;
        bool two;
    } cases[] = {
        { "the same address", named("192.0.2.1", "", 0), named("192.0.2.1", "", 0), false },
        { "the same /24", named("192.0.2.1", "", 0), named("192.0.2.200", "", 0), false },
        { "the same /48", named("2001:db8:1::1", "", 0), named("2001:db8:1:2::1", "", 0), false },
        { "two networks", named("192.0.2.1", "", 0), named("203.0.113.1", "", 0), true },
        { "one system", named("192.0.2.1", "", 5), named("203.0.113.1", "", 5), false },
        { "two systems", named("192.0.2.1", "", 5), named("203.0.113.1", "", 6), true },
        { "one system unknown", named("192.0.2.1", "", 5), named("203.0.113.1", "", 0), true },
        { "one name", named("10.1.0.1", "B7", 0), named("10.1.9.1", "B7", 0), false },
        { "two names", named("10.1.0.1", "B7", 0), named("10.2.9.1", "B8", 0), true },
        { "one name, two systems", named("10.1.0.1", "B7", 5), named("10.1.9.1", "B7", 6), false },
        { "a UNIX socket", named("", "", 0), named("203.0.113.1", "", 0), false },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        rig_start(TWO_PLACES("alert"));
        assert_int_equal(ends_well(&cases[i].first, 0), DEVICE_ALERT_NONE);
        if ((ends_well(&cases[i].second, 1) == DEVICE_ALERT_TWO_PLACES) != cases[i].two)
            fail_msg("%s", cases[i].name);
        policy_release(rig.counters, 0, &held[0]);
        policy_release(rig.counters, 1, &held[1]);
        assert_int_equal(ends_well(&cases[i].second, 1), DEVICE_ALERT_NONE); /* alone now */
        rig_stop(NULL);
    }
}

static void the_token_is_the_same_whatever_the_account(void **state)
{
    struct who mine = device("demo", "192.0.2.1", 1), yours = device("other", "203.0.113.1", 1),
               another = device("other", "203.0.113.1", 2);
    (void)state;
    rig_start(TWO_PLACES("alert"));
    assert_int_equal(ends_well(&mine, 0), DEVICE_ALERT_NONE);
    assert_int_equal(ends_well(&another, 1), DEVICE_ALERT_NONE);
    assert_int_equal(ends_well(&yours, 2), DEVICE_ALERT_TWO_PLACES);
}

static void without_overlap_or_an_identity_nothing_is_held(void **state)
{
    struct who mine = device("demo", "192.0.2.1", 1), absent = at_place("demo", "192.0.2.1", 0);
    (void)state;
    rig_start(TWO_PLACES("alert"));
    open_session(&absent, 0);
    assert_int_equal(held[0].n, 0);
    rig_policy("policy: {two-places: {overlap: no}}\n");
    open_session(&mine, 1);
    assert_int_equal(held[1].n, 1); /* the limit device-connections */
}

int main(void)
{
#define TEST(t) cmocka_unit_test_teardown(t, rig_stop)
    const struct CMUnitTest tests[] = {
        TEST(one_device_cannot_have_been_in_both),
        TEST(one_network_or_one_named_place_is_one_place),
        TEST(what_then_does),
        TEST(a_failure_tells_nothing_about_places),
        TEST(sessions_overlap_from_unrelated_networks_only),
        TEST(the_token_is_the_same_whatever_the_account),
        TEST(without_overlap_or_an_identity_nothing_is_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
