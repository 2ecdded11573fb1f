/* SPDX-License-Identifier: ISC
 *
 * Access rules: the first match holds.
 */
#include "policy_fixture.h"

#define RIGHT 0xabcdef
#define RULES(rules)                                                                    \
    "policy:\n  groups: {staff: ['a*', boss], guests: [g]}\n  limits:\n" NO_SHIPPED     \
    "  - {name: x, count: failures, per: [account], of: unknown, above: 0, within: 1h," \
    " then: [refuse, alert], for: 1h}\n  rules:\n" rules

enum { IN, REFUSED, AT_MAIL };

static int outcome_of(struct who *w)
{
    struct policy_verdict v = before(w);
    if (v.action == POLICY_ACCEPT)
        return IN;
    return v.refuse_at == CONF_REFUSE_AT_MAIL ? AT_MAIL : REFUSED;
}

static struct who with_state(enum device_state state, bool licensed)
{
    struct who w = stranger("demo", "192.0.2.1", 1);
    w.facts.device = state;
    w.facts.licensed = licensed;
    return w;
}

static void each_selector(void **state)
{
    char token[PSEUDONYM_TEXT_MAX], by_token[4096];
    const struct pseudonym p = token_of(1);
    (void)state;
    (void)snprintf(by_token, sizeof by_token, RULES("  - {name: r, then: deny, token: [\"%s\"]}\n"),
                   pseudonym_text(&p, token));
    const struct {
        const char *rules;
        struct who who;
        int want;
    } cases[] = {
        { RULES("  - {name: r, then: deny}\n"), stranger("demo", "192.0.2.1", 1), REFUSED },
        { RULES("  - {name: r, then: deny}\n"), device("demo", "192.0.2.1", 1), REFUSED },
        { RULES("  - {name: r, then: deny, refuse-at: mail}\n"), device("demo", "192.0.2.1", 1),
          AT_MAIL },
        { RULES("  - {name: r, then: deny, account: ['DE*']}\n"), stranger("demo", "192.0.2.1", 1),
          REFUSED },
        { RULES("  - {name: r, then: deny, account: ['x*', y]}\n"),
          stranger("demo", "192.0.2.1", 1), IN },
        { RULES("  - {name: r, then: deny, group: [staff]}\n"), stranger("anna", "192.0.2.1", 1),
          REFUSED },
        { RULES("  - {name: r, then: deny, group: [guests, staff]}\n"),
          stranger("boss", "192.0.2.1", 1), REFUSED },
        { RULES("  - {name: r, then: deny, group: [staff]}\n"), stranger("demo", "192.0.2.1", 1),
          IN },
        { RULES("  - {name: r, then: deny, group: [staff], account: [anna]}\n"),
          stranger("alan", "192.0.2.1", 1), IN },
        { RULES("  - {name: r, then: deny, network: [192.0.2.0/24]}\n"),
          stranger("demo", "192.0.2.1", 1), REFUSED },
        { RULES("  - {name: r, then: deny, network: [\"2001:db8::/32\"]}\n"),
          stranger("demo", "2001:db8::1", 1), REFUSED },
        { RULES("  - {name: r, then: deny, network: [10.0.0.0/8]}\n"),
          stranger("demo", "192.0.2.1", 1), IN },
        { RULES("  - {name: r, then: deny, type: ['u*']}\n"), stranger("demo", "192.0.2.1", 1),
          REFUSED },
        { RULES("  - {name: r, then: deny, type: [MAC]}\n"), stranger("demo", "192.0.2.1", 1), IN },
        { RULES("  - {name: r, then: deny, type: ['*']}\n"), stranger("demo", "192.0.2.1", 0), IN },
        { by_token, stranger("demo", "192.0.2.1", 1), REFUSED },
        { by_token, stranger("demo", "192.0.2.1", 2), IN },
        { by_token, stranger("demo", "192.0.2.1", 0), IN },
        { RULES("  - {name: r, then: deny, clientid: absent}\n"), stranger("demo", "192.0.2.1", 0),
          REFUSED },
        { RULES("  - {name: r, then: deny, clientid: absent}\n"), stranger("demo", "192.0.2.1", 1),
          IN },
        { RULES("  - {name: r, then: deny, clientid: present}\n"), stranger("demo", "192.0.2.1", 1),
          REFUSED },
        { RULES("  - {name: r, then: deny, clientid: present}\n"), stranger("demo", "192.0.2.1", 0),
          IN },
        { RULES("  - {name: r, then: deny, device: new}\n"), with_state(DEVICE_NONE, false),
          REFUSED },
        { RULES("  - {name: r, then: deny, device: new}\n"), with_state(DEVICE_KNOWN, false), IN },
        { RULES("  - {name: r, then: deny, device: new}\n"), stranger("demo", "192.0.2.1", 0), IN },
        { RULES("  - {name: r, then: deny, device: new}\n"), with_state(DEVICE_NONE, true), IN },
        { RULES("  - {name: r, then: deny, device: pending}\n"), with_state(DEVICE_PENDING, false),
          REFUSED },
        { RULES("  - {name: r, then: deny, device: known}\n"), with_state(DEVICE_APPROVED, false),
          REFUSED },
        { RULES("  - {name: r, then: deny, device: approved}\n"), with_state(DEVICE_KNOWN, false),
          IN },
        { RULES("  - {name: r, then: deny, device: licensed}\n"), with_state(DEVICE_NONE, true),
          REFUSED },
        /* require */
        { RULES("  - {name: r, then: require, device: [approved, licensed]}\n"),
          with_state(DEVICE_KNOWN, false), REFUSED },
        { RULES("  - {name: r, then: require, device: [approved, licensed]}\n"),
          with_state(DEVICE_APPROVED, false), IN },
        { RULES("  - {name: r, then: require, device: [approved, licensed]}\n"),
          with_state(DEVICE_NONE, true), IN },
        { RULES("  - {name: r, then: require, device: known, account: [other]}\n"),
          with_state(DEVICE_NONE, false), IN },
        { RULES("  - {name: r, then: require, clientid: present, network: [192.0.2.0/24]}\n"),
          stranger("demo", "192.0.2.1", 0), REFUSED },
        { RULES("  - {name: r, then: require, clientid: present, network: [192.0.2.0/24]}\n"),
          stranger("demo", "203.0.113.1", 0), IN },
        { RULES("  - {name: r, then: require, type: [LICENSE], refuse-at: mail}\n"),
          stranger("demo", "192.0.2.1", 1), AT_MAIL },
        /* who has what is required goes on to the next rule */
        { RULES("  - {name: r, then: require, device: known}\n"
                "  - {name: s, then: deny, network: [192.0.2.0/24]}\n"),
          device("demo", "192.0.2.1", 1), REFUSED },
        /* the first match */
        { RULES("  - {name: r, then: allow, network: [192.0.2.0/24]}\n  - {name: s, then: deny}\n"),
          stranger("demo", "192.0.2.1", 1), IN },
        { RULES("  - {name: r, then: allow, network: [192.0.2.0/24]}\n  - {name: s, then: deny}\n"),
          stranger("demo", "203.0.113.1", 1), REFUSED },
        /* a dry run decides nothing */
        { RULES("  - {name: r, then: deny, dry-run: yes}\n"), stranger("demo", "192.0.2.1", 1),
          IN },
        { RULES("  - {name: r, then: allow, dry-run: yes}\n  - {name: s, then: deny}\n"),
          stranger("demo", "192.0.2.1", 1), REFUSED },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct who w = cases[i].who;
        rig_start(cases[i].rules);
        int got = outcome_of(&w);
        if (got != cases[i].want)
            fail_msg("case %zu: %d, not %d\n%s", i, got, cases[i].want, cases[i].rules);
        rig_stop(NULL);
    }
}

static void a_token_is_found_under_older_keys_too(void **state)
{
    struct pseudonym both[2] = { token_of(1), token_of(2) };
    char yaml[4096], token[PSEUDONYM_TEXT_MAX];
    struct who w = stranger("demo", "192.0.2.1", 1);
    struct asked q;
    struct policy_verdict v;
    (void)state;
    (void)snprintf(yaml, sizeof yaml, RULES("  - {name: r, then: deny, token: [\"%s\"]}\n"),
                   pseudonym_text(&both[1], token));
    rig_start(yaml);
    ask(&q, &w);
    policy_before(rig.policy, rig.counters, &q.a, &v);
    assert_int_equal(v.action, POLICY_ACCEPT);
    q.a.token = both;
    q.a.tokens_n = 2;
    policy_before(rig.policy, rig.counters, &q.a, &v);
    assert_int_equal(v.action, POLICY_REFUSE);
}

static void allow_exempts_from_limits_attack_mode_and_unknown_device(void **state)
{
    struct who w = stranger("demo", "192.0.2.1", 1), other = stranger("demo", "203.0.113.1", 1);
    struct policy_attack all = { .scope = POLICY_ATTACK_ALL, .until_us = START + DAY };
    (void)state;
    rig_start("policy:\n  unknown-device: refuse\n  limits:\n" NO_SHIPPED
              "  - {name: x, count: failures, per: [account], of: unknown, above: 0, within: 1h,"
              " then: [refuse, delay, alert], for: 1h}\n"
              "  rules:\n  - {name: r, then: allow, network: [192.0.2.0/24]}\n");
    policy_attack_set(rig.policy, rig.counters, &all, rig.now);
    for (unsigned i = 0; i < 5; i++) {
        struct signed_in s = sign_in(&w, false, 100 + i);
        assert_true(s.looked);
        assert_int_equal(s.before.delay_us, 0);
        assert_int_equal(s.after.alert, i ? DEVICE_ALERT_NONE : DEVICE_ALERT_LIMIT);
    }
    assert_true(sign_in(&w, true, RIGHT).in);
    assert_false(sign_in(&other, true, RIGHT).looked);
}

static void a_revoked_device_is_refused_whatever_a_rule_allows(void **state)
{
    struct who w = with_state(DEVICE_REVOKED, true);
    (void)state;
    rig_start(RULES("  - {name: r, then: allow}\n"));
    struct policy_verdict v = before(&w);
    assert_int_equal(v.action, POLICY_REFUSE);
    assert_string_equal(v.reasons[0].name, "revoked-device");
    w.facts.place_known = true;
    assert_int_equal(before(&w).action, POLICY_REFUSE);
    w.token = 0; /* the account's other clients are not */
    w.facts.device = DEVICE_NONE;
    assert_int_equal(before(&w).action, POLICY_ACCEPT);
}

static void a_dry_run_says_what_it_would_have_done(void **state)
{
    struct who w = stranger("demo", "192.0.2.1", 1);
    (void)state;
    rig_start(RULES("  - {name: r, then: deny, dry-run: yes}\n"));
    struct policy_verdict v = before(&w);
    assert_int_equal(v.action, POLICY_ACCEPT);
    assert_int_equal(v.reasons_n, 1);
    assert_string_equal(v.reasons[0].name, "r");
    assert_true(v.reasons[0].dry_run);
    assert_int_equal(v.reasons[0].then, CONF_THEN_REFUSE);
}

static void refused_at_auth_wins_over_refused_at_mail(void **state)
{
    struct who w = stranger("demo", "192.0.2.1", 1);
    (void)state;
    rig_start(RULES("  - {name: r, then: deny, refuse-at: mail}\n"));
    assert_int_equal(outcome_of(&w), AT_MAIL);
    (void)after(&w, POLICY_FAILED); /* trips x, which refuses at AUTH */
    assert_int_equal(outcome_of(&w), REFUSED);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_teardown(t, rig_stop)
    const struct CMUnitTest tests[] = {
        TEST(each_selector),
        TEST(a_token_is_found_under_older_keys_too),
        TEST(allow_exempts_from_limits_attack_mode_and_unknown_device),
        TEST(a_revoked_device_is_refused_whatever_a_rule_allows),
        TEST(a_dry_run_says_what_it_would_have_done),
        TEST(refused_at_auth_wins_over_refused_at_mail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
