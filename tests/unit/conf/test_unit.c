/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "conf/unit.h"

static const struct {
    const char *text;
    enum unit unit;
    bool good;
    uint64_t value;
} cases[] = {
    { "", UNIT_NONE, false, 0 },
    { "0", UNIT_NONE, true, 0 },
    { "7", UNIT_NONE, true, 7 },
    { "18446744073709551615", UNIT_NONE, true, UINT64_MAX },
    { "18446744073709551616", UNIT_NONE, false, 0 },
    { "07", UNIT_NONE, false, 0 },
    { "00", UNIT_NONE, false, 0 },
    { "-1", UNIT_NONE, false, 0 },
    { "+1", UNIT_NONE, false, 0 },
    { " 1", UNIT_NONE, false, 0 },
    { "1 ", UNIT_NONE, false, 0 },
    { "0x10", UNIT_NONE, false, 0 },
    { "1K", UNIT_NONE, false, 0 },
    { "1.5", UNIT_NONE, false, 0 },
    { "2048", UNIT_OCTETS, true, 2048 },
    { "2K", UNIT_OCTETS, true, 2048 },
    { "50M", UNIT_OCTETS, true, 50 * UNIT_M },
    { "3G", UNIT_OCTETS, true, 3 * UNIT_G },
    { "17179869183G", UNIT_OCTETS, true, 17179869183 * UNIT_G },
    { "17179869184G", UNIT_OCTETS, false, 0 },
    { "2k", UNIT_OCTETS, false, 0 },
    { "2KB", UNIT_OCTETS, false, 0 },
    { "K", UNIT_OCTETS, false, 0 },
    { "5ms", UNIT_TIME, true, 5 * UNIT_MS },
    { "180s", UNIT_TIME, true, 180 * UNIT_S },
    { "5m", UNIT_TIME, true, 5 * UNIT_MIN },
    { "2h", UNIT_TIME, true, 2 * UNIT_H },
    { "1d", UNIT_TIME, true, UNIT_D },
    { "0", UNIT_TIME, true, 0 },
    { "0s", UNIT_TIME, true, 0 },
    { "5", UNIT_TIME, false, 0 },
    { "5M", UNIT_TIME, false, 0 },
    { "5 m", UNIT_TIME, false, 0 },
    { "1m30s", UNIT_TIME, false, 0 },
    { "300000000d", UNIT_TIME, false, 0 },
};

static void numbers_are_digits_and_a_known_unit(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint64_t value = 42;
        bool good = unit_parse(guarded(slice_of_str(cases[i].text)), cases[i].unit, &value);
        if (good != cases[i].good || value != (good ? cases[i].value : 42))
            fail_msg("\"%s\": %d, %llu", cases[i].text, good, (unsigned long long)value);
    }
}

static void a_nul_is_no_digit_and_no_unit(void **state)
{
    uint64_t value;
    (void)state;
    assert_false(unit_parse(guarded(SLICE("1\0")), UNIT_NONE, &value));
    assert_false(unit_parse(guarded(SLICE("1K\0")), UNIT_OCTETS, &value));
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf out;
        uint64_t value = 42;
        if (!cases[i].good)
            continue;
        buf_init(&out, 64);
        unit_write(cases[i].value, cases[i].unit, &out);
        assert_true(unit_parse(buf_slice(&out), cases[i].unit, &value));
        assert_int_equal(value, cases[i].value);
        buf_clear(&out);
    }
}

static void the_largest_unit_that_divides_is_written(void **state)
{
    static const struct {
        uint64_t value;
        enum unit unit;
        const char *text;
    } written[] = {
        { 2048, UNIT_NONE, "2048" },
        { 2048, UNIT_OCTETS, "2K" },
        { 2049, UNIT_OCTETS, "2049" },
        { UNIT_G, UNIT_OCTETS, "1G" },
        { 90 * UNIT_S, UNIT_TIME, "90s" },
        { 120 * UNIT_MIN, UNIT_TIME, "2h" },
        { 1500 * UNIT_MS, UNIT_TIME, "1500ms" },
        { 0, UNIT_TIME, "0" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(written); i++) {
        struct buf out;
        buf_init(&out, 64);
        unit_write(written[i].value, written[i].unit, &out);
        expect_slice(written[i].text, buf_slice(&out), slice_of_str(written[i].text));
        buf_clear(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_digits_and_a_known_unit),
        cmocka_unit_test(a_nul_is_no_digit_and_no_unit),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(the_largest_unit_that_divides_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
