/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "cmd/audit.h"

#define S INT64_C(1000000000)

static const struct {
    const char *text;
    bool is;
    int64_t ns;
} cases[] = {
    { "0", true, 0 },
    { "1700000000", true, 1700000000 * S },
    { "1700000000.5", true, 1700000000 * S + S / 2 },
    { "1700000000.123456789", true, 1700000000 * S + 123456789 },
    { "1970-01-01", true, 0 },
    { "1970-01-01T00:00:00Z", true, 0 },
    { "1970-01-01 00:01", true, 60 * S },
    { "2023-11-14T22:13:20Z", true, 1700000000 * S },
    { "2023-11-14t22:13:20z", true, 1700000000 * S },
    { "2023-11-14T23:13:20.25+01:00", true, 1700000000 * S + S / 4 },
    { "2023-11-14T20:43:20-01:30", true, 1700000000 * S },
    { "2023-11-14T20:43:20-0130", true, 1700000000 * S },
    { "2024-02-29", true, INT64_C(1709164800) * S },
    { "2000-03-01", true, INT64_C(951868800) * S },
    { "", false, 0 },
    { ".5", false, 0 },
    { "1.", false, 0 },
    { "1.1234567890", false, 0 },
    { "1e9", false, 0 },
    { "-1", false, 0 },
    { "9223372037", false, 0 },
    { "99999999999999999999", false, 0 },
    { "2023-02-29", false, 0 },
    { "2100-02-29", false, 0 },
    { "2023-13-01", false, 0 },
    { "2023-11-31", false, 0 },
    { "2023-1-1", false, 0 },
    { "1969-12-31", false, 0 },
    { "2023-11-14T", false, 0 },
    { "2023-11-14T24:00", false, 0 },
    { "2023-11-14T22:13:20.", false, 0 },
    { "2023-11-14T22:13:20+1", false, 0 },
    { "2023-11-14T22:13:20Zx", false, 0 },
    { "2023-11-14X22:13", false, 0 },
    { "yesterday", false, 0 },
};

static void test_times_are_dates_or_seconds(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        int64_t ns = -7;
        bool is = audit_time_parse(guarded(slice_of_str(cases[i].text)), &ns);
        if (is != cases[i].is || ns != (is ? cases[i].ns : -7))
            fail_msg("%s: %d, %lld", cases[i].text, is, (long long)ns);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_are_dates_or_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
