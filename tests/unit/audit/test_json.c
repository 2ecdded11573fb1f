/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <math.h>

#include "audit/json.h"

static void test_strings_are_utf8_and_move_no_terminal(void **state)
{
    (void)state;
    static const struct {
        struct slice text, written;
    } cases[] = {
        { SLICE_INIT(""), SLICE_INIT("\"\"") },
        { SLICE_INIT("plain"), SLICE_INIT("\"plain\"") },
        { SLICE_INIT("a\"b\\c"), SLICE_INIT("\"a\\\"b\\\\c\"") },
        { SLICE_INIT("\n\t\r"), SLICE_INIT("\"\\n\\t\\r\"") },
        { SLICE_INIT("a\0b\x1b\x7f"), SLICE_INIT("\"a\\u0000b\\u001b\\u007f\"") },
        { SLICE_INIT("M\xc3\xbcller"), SLICE_INIT("\"M\xc3\xbcller\"") },
        { SLICE_INIT("\xc2\x9b\xc2\xa0"), SLICE_INIT("\"\\u009b\xc2\xa0\"") },
        { SLICE_INIT("\xc2"), SLICE_INIT("\"\xef\xbf\xbd\"") },
        { SLICE_INIT("x\xff\xfey"), SLICE_INIT("\"x\xef\xbf\xbd\xef\xbf\xbdy\"") },
        { SLICE_INIT("\xed\xa0\x80"), SLICE_INIT("\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"") },
        { SLICE_INIT("\xf0\x9f\x98\x80"), SLICE_INIT("\"\xf0\x9f\x98\x80\"") },
        { SLICE_INIT("\xf0\x9f\x98"), SLICE_INIT("\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"") },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out;
        buf_init(&out, 256);
        audit_json_string(&out, guarded(cases[i].text));
        expect_slice("string", buf_slice(&out), cases[i].written);
        buf_clear(&out);
    }
}

static void test_numbers_are_short_and_finite(void **state)
{
    (void)state;
    static const struct {
        double number;
        int places;
        struct slice written;
    } cases[] = {
        { 0, 3, SLICE_INIT("0") },
        { 1, 3, SLICE_INIT("1") },
        { 0.5, 3, SLICE_INIT("0.5") },
        { 0.12345, 3, SLICE_INIT("0.123") },
        { -0.0001, 3, SLICE_INIT("0") },
        { -2.5, 1, SLICE_INIT("-2.5") },
        { 100, 0, SLICE_INIT("100") },
        { 1e30, 0, SLICE_INIT("1e+30") },
        { INFINITY, 3, SLICE_INIT("null") },
        { NAN, 3, SLICE_INIT("null") },
        { 0.05, 3, SLICE_INIT("0.05") },
        { 1795287839.109818, 6, SLICE_INIT("1795287839.109818") },
        { 2.999, 2, SLICE_INIT("3") },
        { 7.5, 9, SLICE_INIT("7.5") },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out;
        struct audit_json j;
        buf_init(&out, 1024);
        audit_json_init(&j, &out, 0);
        audit_json_number(&j, cases[i].number, cases[i].places);
        expect_slice("number", buf_slice(&out), cases[i].written);
        assert_true(audit_json_done(&j));
        buf_clear(&out);
    }
}

static void test_times_are_exact(void **state)
{
    (void)state;
    static const struct {
        int64_t ns;
        struct slice written;
    } cases[] = {
        { 0, SLICE_INIT("0.000000") },
        { 1500000000, SLICE_INIT("1.500000") },
        { 1, SLICE_INIT("0.000000001") },
        { -1500000001, SLICE_INIT("-1.500000001") },
        { INT64_MAX, SLICE_INIT("9223372036.854775807") },
        { INT64_MIN, SLICE_INIT("-9223372036.854775808") },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out;
        struct audit_json j;
        buf_init(&out, 1024);
        audit_json_init(&j, &out, 0);
        audit_json_seconds(&j, cases[i].ns);
        expect_slice("seconds", buf_slice(&out), cases[i].written);
        buf_clear(&out);
    }
}

static void write_one_of_each(struct audit_json *j)
{
    audit_json_object(j);
    audit_json_key(j, "a");
    audit_json_array(j);
    audit_json_int(j, -1);
    audit_json_uint(j, UINT64_MAX);
    audit_json_bool(j, true);
    audit_json_null(j);
    audit_json_end(j);
    audit_json_key(j, "b");
    audit_json_object(j);
    audit_json_end(j);
    audit_json_key(j, "c");
    audit_json_hex(j, SLICE("\x00\xff"));
    audit_json_key(j, "d");
    audit_json_str(j, NULL);
    audit_json_end(j);
}

static void test_commas_stand_between_and_nowhere_else(void **state)
{
    (void)state;
    struct buf out;
    struct audit_json j;
    buf_init(&out, 1024);
    audit_json_init(&j, &out, 0);
    write_one_of_each(&j);
    assert_true(audit_json_done(&j));
    expect_slice("one line", buf_slice(&out),
                 SLICE("{\"a\": [-1, 18446744073709551615, true, null], \"b\": {}, "
                       "\"c\": \"00ff\", \"d\": null}"));
    buf_clear(&out);
    audit_json_init(&j, &out, 1);
    write_one_of_each(&j);
    assert_true(audit_json_done(&j));
    expect_slice("lines", buf_slice(&out),
                 SLICE("{\n \"a\": [-1, 18446744073709551615, true, null],\n"
                       " \"b\": {},\n \"c\": \"00ff\",\n \"d\": null\n}"));
    buf_clear(&out);
    audit_json_init(&j, &out, 2);
    write_one_of_each(&j);
    assert_true(audit_json_done(&j));
    expect_slice("deeper lines", buf_slice(&out),
                 SLICE("{\n \"a\": [\n  -1,\n  18446744073709551615,\n  true,\n  null\n ],\n"
                       " \"b\": {},\n \"c\": \"00ff\",\n \"d\": null\n}"));
    buf_clear(&out);
}

static void test_what_is_no_json_fails(void **state)
{
    (void)state;
    struct buf out;
    struct audit_json j;
    buf_init(&out, 4096);
    audit_json_init(&j, &out, 0);
    audit_json_object(&j);
    audit_json_int(&j, 1); /* without a key */
    audit_json_end(&j);
    assert_false(audit_json_done(&j));
    buf_clear(&out);
    audit_json_init(&j, &out, 0);
    audit_json_array(&j);
    audit_json_key(&j, "k"); /* in an array */
    assert_true(out.failed);
    buf_clear(&out);
    audit_json_init(&j, &out, 0);
    for (int i = 0; i < AUDIT_JSON_DEPTH - 1; i++)
        audit_json_array(&j);
    assert_false(out.failed);
    audit_json_array(&j); /* deeper than the maximum */
    assert_true(out.failed);
    buf_clear(&out);
    audit_json_init(&j, &out, 0);
    audit_json_end(&j);
    assert_true(out.failed);
    buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings_are_utf8_and_move_no_terminal),
        cmocka_unit_test(test_numbers_are_short_and_finite),
        cmocka_unit_test(test_times_are_exact),
        cmocka_unit_test(test_commas_stand_between_and_nowhere_else),
        cmocka_unit_test(test_what_is_no_json_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
