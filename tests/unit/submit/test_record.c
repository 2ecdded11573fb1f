/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "submit/record.h"

static const struct device_event one = {
    .account = SLICE_INIT("demo"), .type = SLICE_INIT("UUID"), .token = { 1, { 7 } }, .wall_us = 5
};

static void append(struct buf *out, int64_t wall_us)
{
    struct device_event event = one;
    event.wall_us = wall_us;
    assert_true(record_append(out, &event));
}

static void test_what_is_appended_comes_out_in_order(void **state)
{
    (void)state;
    struct buf out;
    struct slice whole;
    struct device_event event;
    struct fault why;
    buf_init(&out, RECORD_MESSAGE_MAX);
    for (int64_t i = 0; i < 100; i++)
        append(&out, i);
    struct slice rest = guarded(buf_slice(&out));
    for (int64_t i = 0; i < 100; i++) {
        struct slice before = rest;
        assert_int_equal(record_next(&rest, &whole, &event, &why), RECORD_ONE);
        assert_true(event.wall_us == i);
        expect_slice("account", event.account, one.account);
        assert_ptr_equal(whole.p, before.p);
        assert_int_equal(whole.n + rest.n, before.n);
    }
    assert_int_equal(record_next(&rest, &whole, &event, &why), RECORD_END);
    buf_clear(&out);
}

static void test_a_record_is_appended_whole_or_not_at_all(void **state)
{
    (void)state;
    struct buf out;
    struct device_event bad = one;
    buf_init(&out, 1000);
    append(&out, 1);
    size_t n = buf_size(&out);
    bad.account = SLICE("");
    assert_false(record_append(&out, &bad));
    assert_false(out.failed); /* not the buffer's fault */
    assert_int_equal(buf_size(&out), n);
    buf_clear(&out);
    buf_init(&out, 2 * n - 1);
    append(&out, 1);
    assert_false(record_append(&out, &one));
    assert_int_equal(buf_size(&out), n);
    buf_clear(&out);
}

static void test_nonsense_is_refused(void **state)
{
    (void)state;
    static const struct {
        struct slice message;
        size_t at, rest;
        const char *what;
    } cases[] = {
        { SLICE_INIT("\0"), 0, 0, "not all there" },
        { SLICE_INIT("\0\1"), 0, 0, "not all there" },
        { SLICE_INIT("\xff\xff"
                     "abc"),
          0, 0, "not all there" },
        { SLICE_INIT("\0\0"), 2, 0, "too short, or broken" },
        { SLICE_INIT("\0\3abcdef"), 5, 3, "too short, or broken" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct slice rest = guarded(cases[i].message), whole;
        struct device_event event;
        struct fault why = { 0 };
        assert_int_equal(record_next(&rest, &whole, &event, &why), RECORD_BAD);
        assert_string_equal(why.what, cases[i].what);
        assert_int_equal(why.at, cases[i].at);
        assert_int_equal(rest.n, cases[i].rest);
    }
}

static void test_spans_and_fits_are_whole_records(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1000);
    append(&out, 1);
    size_t n = buf_size(&out);
    append(&out, 2);
    append(&out, 3);
    struct slice all = guarded(buf_slice(&out));
    assert_int_equal(record_fit(all, 0), 0);
    assert_int_equal(record_fit(all, n - 1), 0);
    assert_int_equal(record_fit(all, n), n);
    assert_int_equal(record_fit(all, 3 * n - 1), 2 * n);
    assert_int_equal(record_fit(all, 3 * n + 1), 3 * n);
    assert_int_equal(record_span(all, 0), 0);
    assert_int_equal(record_span(all, 2), 2 * n);
    assert_int_equal(record_span(all, 4), 3 * n);
    assert_int_equal(record_span(SLICE(""), 4), 0);
    assert_int_equal(record_span(slice_first(all, 3 * n - 1), SIZE_MAX),
                     2 * n); /* the last is cut */
    buf_clear(&out);
}

/* The largest event there can be. */
static void test_a_message_holds_many_of_the_longest(void **state)
{
    (void)state;
    char account[DEVICE_ACCOUNT_MAX];
    struct buf out;
    memset(account, 'a', sizeof account);
    struct device_event longest = one;
    longest.account = (struct slice){ (const uint8_t *)account, sizeof account };
    longest.typed = longest.account;
    longest.type = SLICE("ABCDEFGHIJKLMNOP");
    longest.reason = slice_first(longest.account, DEVICE_REASON_MAX);
    longest.replaces = longest.token;
    longest.network.family = 6;
    longest.location = (struct device_location){ .country = "NO", .as = 1, .has_position = true };
    memset(longest.location.name, 'a', sizeof longest.location.name - 1);
    buf_init(&out, RECORD_MAX);
    assert_true(record_append(&out, &longest));
    assert_true(buf_size(&out) <= RECORD_MAX);
    assert_int_equal(record_fit(buf_slice(&out), RECORD_MESSAGE_MAX), buf_size(&out));
    buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_appended_comes_out_in_order),
        cmocka_unit_test(test_a_record_is_appended_whole_or_not_at_all),
        cmocka_unit_test(test_nonsense_is_refused),
        cmocka_unit_test(test_spans_and_fits_are_whole_records),
        cmocka_unit_test(test_a_message_holds_many_of_the_longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
