/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdlib.h>
#include <time.h>

#include "cmd/text.h"

#define T1 INT64_C(1795252309123456) /* 2026-11-21T09:11:49.123456Z */

static void test_times_are_local_for_people_and_utc_for_programs(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *want;
    } cases[] = {
        { "UTC", "2026-11-21T09:11:49+00:00" },
        { "CET-1", "2026-11-21T10:11:49+01:00" },
        { "NST3:30", "2026-11-21T05:41:49-03:30" },
    };
    char out[TEXT_TIME_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(setenv("TZ", cases[i].zone, 1), 0);
        tzset();
        assert_string_equal(text_time(T1, out), cases[i].want);
    }
    assert_string_equal(text_utc(T1, out), "2026-11-21T09:11:49.123456Z");
    assert_string_equal(text_time(0, out), "-");
    assert_string_equal(text_time(-1, out), "-");
}

static void test_no_control_character_reaches_a_terminal(void **state)
{
    (void)state;
    static const struct {
        struct slice account;
        const char *want;
        int columns;
    } cases[] = {
        { SLICE_INIT("a@example.com"), "a@example.com", 13 },
        { SLICE_INIT("j\xc3\xbcrgen"), "j\xc3\xbcrgen", 6 },
        { SLICE_INIT("a\x1b[m"), "a\\x1b[m", 7 },
        { SLICE_INIT("a\xc2\x9b"), "a\\xc2\\x9b", 9 },
        { SLICE_INIT("a\xff \\"), "a\\xff\\x20\\x5c", 13 },
        { SLICE_INIT("\x7f"), "\\x7f", 4 },
        { SLICE_INIT(""), "", 0 },
    };
    char out[TEXT_ACCOUNT_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(text_account(guarded(cases[i].account), out), cases[i].columns);
        assert_string_equal(out, cases[i].want);
    }
    uint8_t longest[DEVICE_ACCOUNT_MAX + 1];
    memset(longest, 0xff, sizeof longest);
    assert_int_equal(text_account((struct slice){ longest, sizeof longest }, out),
                     TEXT_ACCOUNT_MAX - 1);
}

static void test_where_says_as_much_as_is_known(void **state)
{
    (void)state;
    char out[TEXT_WHERE_MAX];
    struct device_network none = { 0 }, net = { .family = 4, .bytes = { 192, 0, 2 } };
    struct device_location nothing = { 0 }, de = { .country = "DE", .as = 3320 };
    struct device_location building = { .country = "DE", .name = "Building 7" };
    assert_string_equal(text_where(&none, &nothing, out), "-");
    assert_string_equal(text_where(&net, &nothing, out), "192.0.2.0/24");
    assert_string_equal(text_where(&net, &de, out), "192.0.2.0/24 DE AS3320");
    assert_string_equal(text_where(&net, &building, out), "192.0.2.0/24 Building 7");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_are_local_for_people_and_utc_for_programs),
        cmocka_unit_test(test_no_control_character_reaches_a_terminal),
        cmocka_unit_test(test_where_says_as_much_as_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
