/* SPDX-License-Identifier: ISC
 *
 * The right password: whose is it, and what is learned from it. unknown-device, enrol, licences,
 * what was a moment ago, the store gone, attack mode by hand.
 */
#include "policy_fixture.h"

#define RIGHT       0xabcdef
#define ACCEPTING   "policy: {unknown-device: accept}\n"
#define ALERTING    "policy: {unknown-device: alert}\n"
#define REFUSING    "policy: {unknown-device: refuse}\n"
#define CLOSED      "policy: {unknown-device: refuse, enrol: closed}\n"
#define BOTH        (POLICY_LEARN_PLACE | POLICY_RECORD_DEVICE)
#define PLACE_ONLY  POLICY_LEARN_PLACE
#define DEVICE_ONLY POLICY_RECORD_DEVICE

static struct who pending_at_place(void)
{
    struct who w = at_place("demo", "192.0.2.1", 1);
    w.facts.device = DEVICE_PENDING;
    return w;
}

static struct who fourth_at_place(void)
{
    struct who w = at_place("demo", "192.0.2.1", 1);
    w.facts.devices = 3;
    return w;
}

static struct who licensed(void)
{
    struct who w = stranger("demo", "192.0.2.1", 1);
    w.facts.licensed = true;
    return w;
}

static struct who approved(void)
{
    struct who w = stranger("demo", "192.0.2.1", 1);
    w.facts.device = DEVICE_APPROVED;
    return w;
}

static struct who known_at_place(void)
{
    struct who w = device("demo", "192.0.2.1", 1);
    w.facts.place_known = true;
    return w;
}

/* §6.3-3: if an identity not previously seen is used, restrict access. */
static void the_right_password_from_each_class(void **state)
{
    const struct {
        const char *name, *yaml;
        struct who who;
        bool in;
        unsigned effects;
        enum device_alert alert;
    } cases[] = {
        { "known", REFUSING, device("demo", "192.0.2.1", 1), true, DEVICE_ONLY, 0 },
        { "known, at a known place", REFUSING, known_at_place(), true, BOTH, 0 },
        { "approved", CLOSED, approved(), true, DEVICE_ONLY, 0 },
        { "licensed", REFUSING, licensed(), true, DEVICE_ONLY, 0 },
        { "licensed, closed", CLOSED, licensed(), true, DEVICE_ONLY, 0 },
        { "place", REFUSING, at_place("demo", "192.0.2.1", 0), true, PLACE_ONLY, 0 },
        { "place, new device", REFUSING, at_place("demo", "192.0.2.1", 1), true, BOTH, 0 },
        { "place, new device, alert", ALERTING, at_place("demo", "192.0.2.1", 1), true, BOTH,
          DEVICE_ALERT_NEW_DEVICE },
        { "place, fourth device", REFUSING, fourth_at_place(), false, 0,
          DEVICE_ALERT_WRONG_DEVICE },
        { "place, fourth device, alert", ALERTING, fourth_at_place(), true, BOTH,
          DEVICE_ALERT_NEW_DEVICE },
        { "place, pending", REFUSING, pending_at_place(), false, 0, DEVICE_ALERT_WRONG_DEVICE },
        { "place, pending, alert", ALERTING, pending_at_place(), true, BOTH, 0 },
        { "place, closed", CLOSED, at_place("demo", "192.0.2.1", 1), false, 0,
          DEVICE_ALERT_WRONG_DEVICE },
        { "unknown", REFUSING, stranger("demo", "192.0.2.1", 1), false, 0,
          DEVICE_ALERT_WRONG_DEVICE },
        { "unknown, alert", ALERTING, stranger("demo", "192.0.2.1", 1), true, BOTH,
          DEVICE_ALERT_NEW_DEVICE },
        { "unknown, accept", ACCEPTING, stranger("demo", "192.0.2.1", 1), true, BOTH, 0 },
        { "absent", REFUSING, stranger("demo", "192.0.2.1", 0), false, 0,
          DEVICE_ALERT_WRONG_DEVICE },
        { "absent, alert", ALERTING, stranger("demo", "192.0.2.1", 0), true, PLACE_ONLY,
          DEVICE_ALERT_NEW_DEVICE },
        { "absent, accept", ACCEPTING, stranger("demo", "192.0.2.1", 0), true, PLACE_ONLY, 0 },
        { "beginning", REFUSING, beginner("demo", "192.0.2.1", 1), true, BOTH, 0 },
        { "beginning, closed", CLOSED, beginner("demo", "192.0.2.1", 1), true, BOTH, 0 },
        { "beginning, alert", ALERTING, beginner("demo", "192.0.2.1", 1), true, BOTH, 0 },
        { "beginning, absent", REFUSING, beginner("demo", "192.0.2.1", 0), true, PLACE_ONLY, 0 },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct who w = cases[i].who;
        rig_start(cases[i].yaml);
        struct signed_in s = sign_in(&w, true, RIGHT);
        if (!s.looked || s.in != cases[i].in || s.after.effects != cases[i].effects ||
            s.after.alert != cases[i].alert)
            fail_msg("%s: looked %d in %d effects %x alert %d", cases[i].name, s.looked, s.in,
                     s.after.effects, s.after.alert);
        if (!s.in)
            assert_string_equal(s.after.reasons[0].name, "unknown-device");
        rig_stop(NULL);
    }
}

/* §7, flags 6 and 7. */
static void the_flags_of_a_type_alert(void **state)
{
    (void)state;
    rig_start(ACCEPTING);
    struct who w = stranger("demo", "192.0.2.1", 1), known = device("demo", "192.0.2.1", 2);
    w.alert_on_success = known.alert_on_success = true;
    assert_int_equal(sign_in(&w, true, RIGHT).after.alert, DEVICE_ALERT_NEW_DEVICE);
    assert_int_equal(sign_in(&known, true, RIGHT).after.alert, DEVICE_ALERT_NONE);
    struct who fresh = beginner("fresh", "192.0.2.1", 1);
    fresh.alert_on_success = true;
    assert_int_equal(sign_in(&fresh, true, RIGHT).after.alert, DEVICE_ALERT_NEW_DEVICE);
    rig_stop(NULL);
    rig_start("policy:\n  refuse-at: mail\n  rules:\n"
              "  - {name: r, then: deny, network: [192.0.2.0/24]}\n");
    struct who denied = device("demo", "192.0.2.1", 1);
    assert_int_equal(sign_in(&denied, true, RIGHT).after.alert, DEVICE_ALERT_NONE);
    denied.alert_on_failure = true;
    assert_int_equal(sign_in(&denied, true, RIGHT).after.alert, DEVICE_ALERT_WRONG_DEVICE);
    assert_int_equal(sign_in(&denied, false, RIGHT).after.alert, DEVICE_ALERT_NONE);
}

static void refuse_at_mail_is_said_after_too(void **state)
{
    struct who w = stranger("demo", "192.0.2.1", 1);
    (void)state;
    rig_start("policy: {unknown-device: refuse, refuse-at: mail}\n");
    struct signed_in s = sign_in(&w, true, RIGHT);
    assert_int_equal(s.before.action, POLICY_ACCEPT);
    assert_int_equal(s.after.action, POLICY_REFUSE);
    assert_int_equal(s.after.refuse_at, CONF_REFUSE_AT_MAIL);
}

/* ---- what was a moment ago: the store is up to a second behind ---- */

static void who_has_just_succeeded_is_known_before_the_store_knows(void **state)
{
    struct who w = beginner("demo", "192.0.2.1", 1), elsewhere = beginner("demo", "203.0.113.1", 1),
               next_door = beginner("demo", "192.0.2.99", 0),
               stranger_now = beginner("demo", "198.51.100.1", 2);
    struct asked q;
    (void)state;
    rig_start(REFUSING);
    assert_true(sign_in(&w, true, RIGHT).in);
    ask(&q, &elsewhere);
    assert_int_equal(q.a.class, POLICY_KNOWN);
    ask(&q, &next_door);
    assert_int_equal(q.a.class, POLICY_PLACE);
    ask(&q, &stranger_now);
    assert_int_equal(q.a.class, POLICY_UNKNOWN);
    assert_false(sign_in(&stranger_now, true, RIGHT).in); /* it is no beginning any more */
    rig.now += 25 * HOUR;
    ask(&q, &elsewhere);
    assert_int_equal(q.a.class, POLICY_UNKNOWN);
}

static void what_is_pending_or_refused_is_not_remembered(void **state)
{
    struct who fourth = stranger("demo", "192.0.2.1", 1), no = stranger("other", "203.0.113.1", 1);
    struct asked q;
    (void)state;
    rig_start(ALERTING);
    assert_true(sign_in(&fourth, true, RIGHT).in); /* not at a known place: pending */
    ask(&q, &fourth);
    assert_int_equal(q.a.class, POLICY_PLACE);
    rig_policy(REFUSING);
    assert_false(sign_in(&no, true, RIGHT).in);
    ask(&q, &no);
    assert_int_equal(q.a.class, POLICY_UNKNOWN);
}

static void what_is_forgotten_is_forgotten_here_too(void **state)
{
    struct who w = beginner("demo", "192.0.2.1", 1), elsewhere = beginner("demo", "203.0.113.1", 1);
    struct pseudonym token = token_of(1);
    struct asked q;
    (void)state;
    rig_start(REFUSING);
    assert_true(sign_in(&w, true, RIGHT).in);
    policy_forget(rig.counters, SLICE("demo"), SLICE("UUID"), &token, NULL);
    ask(&q, &elsewhere);
    assert_int_equal(q.a.class, POLICY_UNKNOWN);
    ask(&q, &w);
    assert_int_equal(q.a.class, POLICY_PLACE);
    policy_forget(rig.counters, SLICE("demo"), SLICE(""), NULL, &q.a.network);
    ask(&q, &w);
    assert_int_equal(q.a.class, POLICY_UNKNOWN);
    assert_true(q.a.history);
    policy_forget(rig.counters, SLICE("demo"), SLICE(""), NULL, NULL);
    ask(&q, &w);
    assert_false(q.a.history);
}

/* ---- the store gone ---- */

static struct who blind(const char *account, const char *ip, unsigned token)
{
    struct who w = beginner(account, ip, token);
    w.facts.failed = true;
    return w;
}

static void without_the_store_open_takes_everyone_for_a_place(void **state)
{
    struct who w = blind("demo", "192.0.2.1", 1), other = blind("demo", "203.0.113.1", 1);
    struct asked q;
    unsigned looked = 0;
    (void)state;
    rig_start("policy: {unknown-device: refuse, store-failure: open}\n");
    struct signed_in s = sign_in(&w, true, RIGHT);
    assert_true(s.in);
    assert_int_equal(s.after.alert, DEVICE_ALERT_NONE);
    assert_int_equal(s.after.effects, 0); /* strangers are not wanted: nothing is learned */
    ask(&q, &w);
    assert_int_equal(q.a.class, POLICY_PLACE);
    assert_true(q.a.assumed);
    for (unsigned i = 0; i < 50; i++)
        looked += sign_in(&w, false, 100 + i).looked;
    assert_in_range(looked, 10, 21);
    assert_false(sign_in(&other, true, RIGHT).looked); /* attack mode is closed */
}

static void without_the_store_closed_refuses_who_is_not_remembered(void **state)
{
    static const char *const policies[] = {
        "policy: {unknown-device: refuse, store-failure: closed}\n",
        "policy: {unknown-device: alert, store-failure: closed}\n",
        "policy: {unknown-device: accept, store-failure: closed}\n",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
        struct who w = blind("demo", "192.0.2.1", 1), seen = device("demo", "203.0.113.1", 2);
        rig_start(policies[i]);
        assert_true(sign_in(&seen, true, RIGHT).in);
        assert_false(sign_in(&w, true, RIGHT).in);
        seen.facts = w.facts;
        assert_true(sign_in(&seen, true, RIGHT).in);
        rig_stop(NULL);
    }
}

static void without_the_store_attack_mode_is_closed_but_for_the_remembered(void **state)
{
    struct policy_attack all = { .scope = POLICY_ATTACK_ALL, .until_us = START + DAY };
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct who w = blind("demo", "192.0.2.1", 1), seen = device("demo", "203.0.113.1", 2);
        rig_start(i ? "policy: {store-failure: closed}\n" : "policy: {store-failure: open}\n");
        assert_true(sign_in(&seen, true, RIGHT).in);
        policy_attack_set(rig.policy, rig.counters, &all, rig.now);
        assert_false(sign_in(&w, true, RIGHT).looked);
        seen.facts = w.facts;
        assert_true(sign_in(&seen, true, RIGHT).in);
        rig_stop(NULL);
    }
}

static void what_held_before_the_store_went_holds_on(void **state)
{
    struct who thief = stranger("demo", "192.0.2.1", 1), w = blind("demo", "192.0.2.1", 1);
    (void)state;
    rig_start("policy: {store-failure: open}\n");
    for (unsigned i = 0; i < 20; i++)
        (void)sign_in(&thief, false, 100 + i);
    assert_false(sign_in(&w, true, RIGHT).looked);
}

/* ---- attack mode by hand ---- */

/* §6.2-1 and -2. */
static void attack_mode_by_hand_is_of_an_account_a_network_or_all(void **state)
{
    static const struct {
        enum policy_attack_scope scope;
        const char *account, *network;
        bool demo_here, demo_there, other_here, other_there; /* refused */
    } cases[] = {
        { POLICY_ATTACK_ALL, "", "local", true, true, true, true },
        { POLICY_ATTACK_ACCOUNT, "demo", "local", true, true, false, false },
        { POLICY_ATTACK_NETWORK, "", "192.0.2.0/24", true, false, true, false },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases) * 2; i++) {
        bool require = i % 2;
        struct policy_attack on = { .scope = cases[i / 2].scope,
                                    .account = slice_of_str(cases[i / 2].account),
                                    .require_clientid = require,
                                    .until_us = START + HOUR };
        assert_true(device_network_parse(slice_of_str(cases[i / 2].network), &on.network));
        rig_start("");
        const struct {
            struct who who;
            bool refused;
        } asks[] = {
            { stranger("demo", "192.0.2.1", 0), cases[i / 2].demo_here },
            { stranger("demo", "203.0.113.1", 0), cases[i / 2].demo_there },
            { stranger("other", "192.0.2.1", 0), cases[i / 2].other_here },
            { stranger("other", "203.0.113.1", 0), cases[i / 2].other_there },
            { stranger("demo", "192.0.2.1", 7), cases[i / 2].demo_here && !require },
            { at_place("demo", "192.0.2.1", 0), cases[i / 2].demo_here && require },
            { at_place("demo", "192.0.2.1", 7), false },
            { device("demo", "192.0.2.1", 7), false },
        };
        assert_false(policy_attack_active(rig.policy, rig.counters, &on, rig.now));
        policy_attack_set(rig.policy, rig.counters, &on, rig.now);
        assert_true(policy_attack_active(rig.policy, rig.counters, &on, rig.now));
        for (size_t j = 0; j < ARRAY_SIZE(asks); j++) {
            struct who w = asks[j].who;
            struct policy_verdict v = before(&w);
            if ((v.action == POLICY_REFUSE) != asks[j].refused)
                fail_msg("case %zu, who %zu", i, j);
            if (asks[j].refused)
                assert_string_equal(v.reasons[0].name, "attack-mode");
        }
        on.until_us = 0;
        policy_attack_set(rig.policy, rig.counters, &on, rig.now);
        assert_false(policy_attack_active(rig.policy, rig.counters, &on, rig.now));
        struct who w = asks[0].who;
        assert_int_equal(before(&w).action, POLICY_ACCEPT);
        rig_stop(NULL);
    }
}

static void attack_mode_by_hand_ends_by_itself(void **state)
{
    struct policy_attack on = { .scope = POLICY_ATTACK_ACCOUNT,
                                .account = SLICE("demo"),
                                .until_us = START + HOUR };
    struct who w = stranger("demo", "192.0.2.1", 0);
    (void)state;
    rig_start("");
    policy_attack_set(rig.policy, rig.counters, &on, rig.now);
    rig.now += HOUR + 8 * SECOND;
    assert_int_equal(before(&w).action, POLICY_ACCEPT);
    on.scope = POLICY_ATTACK_ALL;
    on.until_us = rig.now + HOUR;
    policy_attack_set(rig.policy, rig.counters, &on, rig.now);
    assert_int_equal(before(&w).action, POLICY_REFUSE);
    rig.now += HOUR + SECOND;
    assert_int_equal(before(&w).action, POLICY_ACCEPT);
}

static void an_unusable_account_is_counted_by_its_address(void **state)
{
    struct who w = beginner("", "192.0.2.1", 1);
    unsigned looked = 0;
    (void)state;
    rig_start("");
    for (unsigned i = 0; i < 50; i++)
        looked += sign_in(&w, false, 100 + i).looked;
    assert_int_equal(looked, 31); /* the shipped address-guesses */
}

int main(void)
{
#define TEST(t) cmocka_unit_test_teardown(t, rig_stop)
    const struct CMUnitTest tests[] = {
        TEST(the_right_password_from_each_class),
        TEST(the_flags_of_a_type_alert),
        TEST(refuse_at_mail_is_said_after_too),
        TEST(who_has_just_succeeded_is_known_before_the_store_knows),
        TEST(what_is_pending_or_refused_is_not_remembered),
        TEST(what_is_forgotten_is_forgotten_here_too),
        TEST(without_the_store_open_takes_everyone_for_a_place),
        TEST(without_the_store_closed_refuses_who_is_not_remembered),
        TEST(without_the_store_attack_mode_is_closed_but_for_the_remembered),
        TEST(what_held_before_the_store_went_holds_on),
        TEST(attack_mode_by_hand_is_of_an_account_a_network_or_all),
        TEST(attack_mode_by_hand_ends_by_itself),
        TEST(an_unusable_account_is_counted_by_its_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
