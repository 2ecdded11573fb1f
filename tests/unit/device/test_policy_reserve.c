/* SPDX-License-Identifier: ISC
 *
 * Guesses under way count against limits on failures until their outcome is known.
 */
#include "policy_fixture.h"

#define GUESSES(more)                                                                     \
    LIMITS("  - {name: g, count: failed-passwords, per: account, of: unknown, above: 3, " \
           "within: 1h, then: refuse, for: 10m" more "}\n")
#define MANY 20

static struct policy_held held[MANY];

static struct policy_verdict reserve(unsigned i, struct who w, uint64_t guess)
{
    struct asked q;
    struct policy_verdict v;
    w.guess = guess;
    ask(&q, &w);
    policy_reserve(rig.policy, rig.counters, &q.a, i % 4, &held[i], &v);
    return v;
}

static void release(unsigned i)
{
    policy_release(rig.counters, i % 4, &held[i]);
}

static void release_all(void)
{
    for (unsigned i = 0; i < MANY; i++)
        release(i);
}

static unsigned passed(const struct who *w, unsigned n)
{
    unsigned through = 0;
    for (unsigned i = 0; i < n; i++)
        through += reserve(i, *w, 100 + i).action == POLICY_ACCEPT;
    return through;
}

static void a_limit_above_n_lets_one_more_pass_at_a_time(void **state)
{
    (void)state;
    const struct who w = stranger("demo", "192.0.2.1", 1);
    rig_start(GUESSES(""));
    assert_int_equal(passed(&w, MANY), 4);
    struct policy_verdict v = reserve(MANY - 1, w, 99);
    assert_non_null(reason(&v, "g"));
    assert_int_equal(reason(&v, "g")->above, 3);
    release_all();
}

static void the_beginning_of_an_account_reserves_nothing(void **state)
{
    (void)state;
    const struct who w = beginner("demo", "192.0.2.1", 1);
    rig_start(GUESSES(""));
    assert_int_equal(passed(&w, MANY), MANY);
    release_all();
}

static void limits_of_an_address_reserve_nothing(void **state)
{
    (void)state;
    const struct who w = stranger("demo", "192.0.2.1", 1);
    rig_start(LIMITS("  - {name: g, count: failed-passwords, per: ip, of: unknown, above: 3, "
                     "within: 1h, then: refuse, for: 10m}\n"));
    assert_int_equal(passed(&w, MANY), MANY);
    release_all();
}

static void what_is_refused_holds_nothing(void **state)
{
    (void)state;
    const struct who w = stranger("demo", "192.0.2.1", 1);
    rig_start(GUESSES(""));
    (void)passed(&w, MANY);
    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(held[i].n, i < 4 ? 1 : 0);
    release_all();
}

static void release_gives_back_once(void **state)
{
    (void)state;
    const struct who w = stranger("demo", "192.0.2.1", 1);
    rig_start(GUESSES(""));
    assert_int_equal(passed(&w, 5), 4);
    release(0);
    release(0);
    assert_int_equal(reserve(5, w, 200).action, POLICY_ACCEPT);
    assert_int_equal(reserve(6, w, 201).action, POLICY_REFUSE);
    release_all();
    assert_int_equal(passed(&w, MANY), 4);
    release_all();
}

static void failures_and_guesses_under_way_are_one_budget(void **state)
{
    (void)state;
    struct who w = stranger("demo", "192.0.2.1", 1);
    rig_start(GUESSES(""));
    for (w.guess = 1; w.guess <= 2; w.guess++)
        (void)after(&w, POLICY_FAILED);
    assert_int_equal(passed(&w, MANY), 2);
    release_all();
}

static void a_guess_that_failed_before_reserves_nothing(void **state)
{
    (void)state;
    struct who w = stranger("demo", "192.0.2.1", 1);
    rig_start(GUESSES(""));
    w.guess = 7;
    (void)after(&w, POLICY_FAILED);
    for (unsigned i = 0; i < MANY; i++) {
        assert_int_equal(reserve(i, w, 7).action, POLICY_ACCEPT);
        assert_int_equal(held[i].n, 0);
    }
}

static void a_hidden_guess_is_always_a_new_one(void **state)
{
    (void)state;
    const struct who w = stranger("demo", "192.0.2.1", 1);
    rig_start(GUESSES(""));
    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(reserve(i, w, 0).action, i < 4 ? POLICY_ACCEPT : POLICY_REFUSE);
    release_all();
}

static void it_is_refused_where_the_policy_refuses(void **state)
{
    (void)state;
    const struct who w = stranger("demo", "192.0.2.1", 1);
    rig_start("policy:\n  refuse-at: mail\n  limits:\n" NO_SHIPPED
              "  - {name: g, count: failures, per: account, of: unknown, above: 1, within: 1h, "
              "then: refuse, for: 10m}\n");
    assert_int_equal(passed(&w, 2), 2);
    struct policy_verdict v = reserve(2, w, 3);
    assert_int_equal(v.action, POLICY_REFUSE);
    assert_int_equal(v.refuse_at, CONF_REFUSE_AT_MAIL);
    release_all();
}

static void others_have_budgets_of_their_own(void **state)
{
    (void)state;
    const struct who w = stranger("demo", "192.0.2.1", 1);
    const struct who others[] = { stranger("test", "192.0.2.1", 1), device("demo", "192.0.2.1", 2),
                                  at_place("demo", "192.0.2.1", 0) };
    rig_start(GUESSES(""));
    assert_int_equal(passed(&w, 10), 4);
    for (unsigned i = 0; i < ARRAY_SIZE(others); i++)
        assert_int_equal(reserve(10 + i, others[i], 1).action, POLICY_ACCEPT);
    release_all();
}

/* Limits that let guesses pass, however many: nothing is held for them. */
static const struct {
    const char *name, *yaml;
} idle[] = {
    { "dry-run", GUESSES(", dry-run: yes") },
    { "an alert", LIMITS("  - {name: g, count: failures, per: account, of: unknown, above: 3, "
                         "within: 1h, then: alert}\n") },
    { "a delay", LIMITS("  - {name: g, count: failures, per: account, of: unknown, above: 3, "
                        "within: 1h, then: delay, delay: 3s, for: 10m}\n") },
    { "attempts", LIMITS("  - {name: g, count: attempts, per: account, of: unknown, above: 3, "
                         "within: 1h, then: refuse, for: 10m}\n") },
    { "of known devices",
      LIMITS("  - {name: g, count: failures, per: account, of: known, above: 3, "
             "within: 1h, then: refuse, for: 10m}\n") },
    { "a rule that allows", "policy:\n  rules:\n  - {name: r, then: allow, account: demo}\n"
                            "  limits:\n" NO_SHIPPED
                            "  - {name: g, count: failures, per: account, of: unknown, above: 3, "
                            "within: 1h, then: refuse, for: 10m}\n" },
};

static void what_refuses_no_guess_reserves_nothing(void **state)
{
    (void)state;
    const struct who w = stranger("demo", "192.0.2.1", 1);
    for (size_t i = 0; i < ARRAY_SIZE(idle); i++) {
        rig_start(idle[i].yaml);
        unsigned through = passed(&w, MANY);
        if (through != MANY)
            fail_msg("%s: only %u passed", idle[i].name, through);
        for (unsigned j = 0; j < MANY; j++)
            assert_int_equal(held[j].n, 0);
        assert_int_equal(rig_stop(NULL), 0);
    }
}

/* What hides its name would else be one account, which anybody could lock. */
static void those_whose_name_is_hidden_share_no_budget_of_an_account(void **state)
{
    (void)state;
    struct who w = stranger("", "192.0.2.1", 1);
    rig_start(GUESSES(""));
    assert_int_equal(passed(&w, MANY), MANY);
    for (w.guess = 1; w.guess < MANY; w.guess++)
        assert_int_equal(after(&w, POLICY_FAILED).reasons_n, 0);
    assert_int_equal(before(&w).action, POLICY_ACCEPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_limit_above_n_lets_one_more_pass_at_a_time, rig_stop),
        cmocka_unit_test_teardown(the_beginning_of_an_account_reserves_nothing, rig_stop),
        cmocka_unit_test_teardown(limits_of_an_address_reserve_nothing, rig_stop),
        cmocka_unit_test_teardown(what_is_refused_holds_nothing, rig_stop),
        cmocka_unit_test_teardown(release_gives_back_once, rig_stop),
        cmocka_unit_test_teardown(failures_and_guesses_under_way_are_one_budget, rig_stop),
        cmocka_unit_test_teardown(a_guess_that_failed_before_reserves_nothing, rig_stop),
        cmocka_unit_test_teardown(a_hidden_guess_is_always_a_new_one, rig_stop),
        cmocka_unit_test_teardown(it_is_refused_where_the_policy_refuses, rig_stop),
        cmocka_unit_test_teardown(others_have_budgets_of_their_own, rig_stop),
        cmocka_unit_test_teardown(what_refuses_no_guess_reserves_nothing, rig_stop),
        cmocka_unit_test_teardown(those_whose_name_is_hidden_share_no_budget_of_an_account,
                                  rig_stop),
    };
    return cmocka_run_group_tests_name("device/policy reserve", tests, NULL, NULL);
}
