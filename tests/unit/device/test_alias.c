/* SPDX-License-Identifier: ISC */
#include "store_fixture.h"

static void type_name(const char *typed, const char *account, int64_t wall_us)
{
    struct device_event event = { .account = slice_of_str(account),
                                  .typed = slice_of_str(typed),
                                  .wall_us = wall_us };
    apply(&event);
}

/* NULL: nowhere. */
static void expect_alias(const char *typed, const char *want)
{
    struct buf out;
    buf_init(&out, DEVICE_ACCOUNT_MAX);
    int error = device_alias_find(store, slice_of_str(typed), &out);
    assert_int_equal(error, want ? 0 : ERR_NOT_FOUND);
    expect_slice(typed, buf_slice(&out), slice_of_str(want));
    buf_clear(&out);
}

static void test_a_success_teaches_what_was_typed(void **state)
{
    (void)state;
    expect_alias("d", NULL);
    type_name("d", "demo@example.org", NOW);
    expect_alias("d", "demo@example.org");
    expect_alias("demo@example.org", NULL);
    type_name("d", "demo@example.org", NOW);
    expect_alias("d", "demo@example.org");
}

static void test_a_name_of_its_own_is_no_alias(void **state)
{
    (void)state;
    type_name("demo", "demo", NOW);
    expect_alias("demo", NULL);
    type_name("", "demo", NOW); /* not said */
    expect_alias("demo", NULL);
}

static void test_the_last_success_says_whose_name_it_is(void **state)
{
    (void)state;
    type_name("d", "one", NOW);
    type_name("d", "two", NOW);
    expect_alias("d", "two");
    type_name("d", "d", NOW);
    expect_alias("d", NULL);
    uint64_t n = 0; /* nothing is left behind with the others */
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(device_erase(store, SLICE("one"), &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(device_erase(store, SLICE("two"), &n), 0);
    assert_int_equal(n, 1);
    store_abort(store);
}

static void test_an_account_has_64_names_and_learns_no_more(void **state)
{
    (void)state;
    char typed[16];
    for (int i = 0; i <= DEVICE_ALIASES_MAX; i++) {
        (void)snprintf(typed, sizeof typed, "d%d", i);
        type_name(typed, "demo", NOW);
        expect_alias(typed, i < DEVICE_ALIASES_MAX ? "demo" : NULL);
    }
    type_name("d64", "other", NOW); /* others have theirs */
    expect_alias("d64", "other");
    type_name("d0", "d0", NOW);
    type_name("d99", "demo", NOW);
    expect_alias("d99", "demo");
}

static void test_the_longest_names_fit(void **state)
{
    (void)state;
    char typed[DEVICE_ACCOUNT_MAX + 1], account[DEVICE_ACCOUNT_MAX + 1];
    memset(typed, 't', sizeof typed);
    memset(account, 'a', sizeof account);
    typed[DEVICE_ACCOUNT_MAX] = account[DEVICE_ACCOUNT_MAX] = '\0';
    type_name(typed, account, NOW);
    expect_alias(typed, account);
}

static void test_what_can_be_no_name_is_not_found(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 10);
    assert_int_equal(device_alias_find(store, SLICE(""), &out), ERR_NOT_FOUND);
    assert_int_equal(device_alias_find(store, SLICE("a\0b"), &out), ERR_NOT_FOUND);
}

static void test_a_failure_teaches_nothing(void **state)
{
    (void)state;
    struct device_event event = {
        .kind = DEVICE_EVENT_FAILURE, .account = SLICE("demo"), .typed = SLICE("d"), .wall_us = NOW
    };
    apply(&event);
    expect_alias("d", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(test_a_success_teaches_what_was_typed),
        RULE(test_a_name_of_its_own_is_no_alias),
        RULE(test_the_last_success_says_whose_name_it_is),
        RULE(test_an_account_has_64_names_and_learns_no_more),
        RULE(test_the_longest_names_fit),
        RULE(test_what_can_be_no_name_is_not_found),
        RULE(test_a_failure_teaches_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
