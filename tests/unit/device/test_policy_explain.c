/* SPDX-License-Identifier: ISC
 *
 * What `postern policy explain` says, and that it counts nothing.
 */
#include "policy_fixture.h"

#include <jansson.h>

static json_t *explain(const struct who *w, enum policy_outcome outcome)
{
    struct asked q;
    ask(&q, w);
    json_t *o = policy_explain(rig.policy, rig.counters, &q.a, outcome);
    assert_non_null(o);
    return o;
}

static const char *text(json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    if (!s)
        fail_msg("no %s", key);
    return s;
}

static json_t *named(json_t *o, const char *list, const char *name)
{
    json_t *e;
    size_t i;
    json_array_foreach(json_object_get(o, list), i, e) if (!strcmp(text(e, "name"), name)) return e;
    fail_msg("no %s in %s", name, list);
    return NULL;
}

static long long number(json_t *o, const char *key)
{
    assert_true(json_is_integer(json_object_get(o, key)));
    return json_integer_value(json_object_get(o, key));
}

static bool is_true(json_t *o, const char *key)
{
    assert_true(json_is_boolean(json_object_get(o, key)));
    return json_is_true(json_object_get(o, key));
}

static void it_counts_nothing(void **state)
{
    struct who w = stranger("demo", "192.0.2.1", 1);
    (void)state;
    rig_start("policy:\n  limits:\n"
              "  - {name: x, count: attempts, per: [account], above: 3, within: 1h,"
              " then: [refuse, revoke-device], for: 1h}\n");
    for (unsigned i = 0; i < 100; i++) {
        w.guess = 100 + i;
        json_decref(explain(&w, i % 2 ? POLICY_OK : POLICY_FAILED));
    }
    for (unsigned i = 0; i < 3; i++)
        assert_true(sign_in(&w, false, 100 + i).looked);
    json_t *o = explain(&w, POLICY_FAILED);
    json_t *x = named(o, "limits", "x");
    assert_int_equal(number(x, "counted"), 3);
    assert_int_equal(number(x, "above"), 3);
    assert_false(is_true(x, "held"));
    /* The next one would be refused. */
    json_t *before = json_object_get(json_object_get(o, "verdict"), "before");
    assert_string_equal(text(before, "action"), "refuse");
    assert_string_equal(text(before, "refuse-at"), "auth");
    assert_null(json_object_get(json_object_get(o, "verdict"), "after"));
    json_decref(o);
}

static void every_rule_and_limit_is_there(void **state)
{
    struct who w = stranger("demo", "192.0.2.1", 1);
    (void)state;
    rig_start("policy:\n  rules:\n"
              "  - {name: dry, then: deny, dry-run: yes}\n"
              "  - {name: other, then: deny, account: [other]}\n"
              "  - {name: this, then: allow, network: [192.0.2.0/24]}\n"
              "  - {name: late, then: deny, network: [192.0.0.0/16]}\n");
    json_t *o = explain(&w, POLICY_OK);
    assert_int_equal(json_array_size(json_object_get(o, "rules")), 4);
    assert_int_equal(json_array_size(json_object_get(o, "limits")), rig.conf->policy.limits_n);
    assert_true(is_true(named(o, "rules", "dry"), "matches"));
    assert_false(is_true(named(o, "rules", "dry"), "decides"));
    assert_false(is_true(named(o, "rules", "other"), "matches"));
    assert_true(is_true(named(o, "rules", "this"), "decides"));
    assert_true(is_true(named(o, "rules", "late"), "matches"));
    assert_false(is_true(named(o, "rules", "late"), "asked"));
    assert_string_equal(text(o, "account"), "demo");
    assert_string_equal(text(o, "class"), "unknown");
    json_t *facts = json_object_get(o, "facts");
    assert_string_equal(text(facts, "network"), "192.0.2.0/24");
    assert_string_equal(text(facts, "would-enrol-as"), "pending");
    assert_true(is_true(facts, "new"));
    json_decref(o);
}

static void it_says_why_a_limit_does_not_apply_and_notes(void **state)
{
    static const struct {
        const char *limit, *why;
    } cases[] = {
        { "known-device-guesses", "of: another class" },
        { "token-accounts", "per: no identity is presented" },
        { "x", "not selected" },
    };
    struct who w = stranger("demo", "192.0.2.1", 0), known = device("demo", "192.0.2.1", 1);
    (void)state;
    rig_start("policy:\n  limits:\n"
              "  - {name: x, count: failures, per: [ip], account: [y], above: 3, within: 1h,"
              " then: log}\n"
              "  - {name: all, count: failures, per: [ip], above: 3, within: 1h, then: log}\n");
    w.guess = 0;
    json_t *o = explain(&w, POLICY_FAILED);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_false(is_true(named(o, "limits", cases[i].limit), "applies"));
        assert_string_equal(text(named(o, "limits", cases[i].limit), "why-not"), cases[i].why);
    }
    assert_string_equal(text(named(o, "limits", "stranger-guesses"), "note"),
                        "the mechanism hides the password: failures are counted");
    assert_string_equal(text(named(o, "limits", "all"), "note"), "strangers share this budget");
    json_decref(o);
    o = explain(&known, POLICY_FAILED);
    assert_string_equal(text(named(o, "limits", "all"), "note"), "this device is counted alone");
    json_decref(o);
}

static void it_shows_what_is_held_attack_mode_and_the_verdict(void **state)
{
    struct policy_attack all = { .scope = POLICY_ATTACK_ALL, .until_us = START + DAY };
    struct who w = stranger("demo", "192.0.2.1", 1);
    (void)state;
    rig_start("policy: {unknown-device: refuse, refuse-at: mail}\n");
    for (unsigned i = 0; i < 12; i++)
        (void)sign_in(&w, false, 100 + i);
    policy_attack_set(rig.policy, rig.counters, &all, rig.now);
    json_t *o = explain(&w, POLICY_OK);
    assert_true(is_true(named(o, "limits", "stranger-guesses"), "held"));
    assert_true(is_true(json_object_get(o, "attack"), "known-devices-only"));
    assert_false(is_true(json_object_get(o, "attack"), "require-clientid"));
    json_t *before = json_object_get(json_object_get(o, "verdict"), "before"),
           *after = json_object_get(json_object_get(o, "verdict"), "after");
    assert_string_equal(text(before, "action"), "refuse");
    assert_string_equal(text(before, "refuse-at"), "mail");
    (void)named(before, "reasons", "attack-mode");
    (void)named(before, "reasons", "stranger-guesses");
    assert_string_equal(text(after, "action"), "refuse");
    assert_string_equal(text(after, "alert"), "wrong-device");
    json_decref(o);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_teardown(t, rig_stop)
    const struct CMUnitTest tests[] = {
        TEST(it_counts_nothing),
        TEST(every_rule_and_limit_is_there),
        TEST(it_says_why_a_limit_does_not_apply_and_notes),
        TEST(it_shows_what_is_held_attack_mode_and_the_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
