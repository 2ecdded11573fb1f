/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "base/clock.h"

/* clang-format off */
static const struct {
    int64_t wall_us;
    struct slice mail, rfc3339;
} cases[] = {
    { 0, SLICE_INIT("Thu, 1 Jan 1970 00:00:00 +0000"), SLICE_INIT("1970-01-01T00:00:00.000000Z") },
    { 1795252309 * US_PER_S + 123456, SLICE_INIT("Sat, 21 Nov 2026 09:11:49 +0000"), SLICE_INIT("2026-11-21T09:11:49.123456Z") },
    { 1709251199 * US_PER_S + 999999, SLICE_INIT("Thu, 29 Feb 2024 23:59:59 +0000"), SLICE_INIT("2024-02-29T23:59:59.999999Z") },
    { 4102444800 * US_PER_S, SLICE_INIT("Fri, 1 Jan 2100 00:00:00 +0000"), SLICE_INIT("2100-01-01T00:00:00.000000Z") },
    { -1, SLICE_INIT("Wed, 31 Dec 1969 23:59:59 +0000"), SLICE_INIT("1969-12-31T23:59:59.999999Z") },
};
/* clang-format on */

static void times_are_written_in_utc(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf out;
        buf_init(&out, 64);
        clock_write_mail_date(&out, cases[i].wall_us);
        expect_slice("mail date", buf_slice(&out), cases[i].mail);
        buf_clear(&out);
        clock_write_rfc3339(&out, cases[i].wall_us);
        expect_slice("RFC 3339", buf_slice(&out), cases[i].rfc3339);
        buf_clear(&out);
    }
}

static void clocks_run_forward(void **state)
{
    (void)state;
    int64_t first = clock_monotonic_us();
    assert_true(clock_monotonic_us() >= first);
    assert_true(clock_wall_us() > 1700000000 * US_PER_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_written_in_utc),
        cmocka_unit_test(clocks_run_forward),
    };
    return cmocka_run_group_tests_name("base/clock", tests, NULL, NULL);
}
