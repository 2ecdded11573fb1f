/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "cmd/dkim_zone.h"

#define TEN     "abcdefghij"
#define FIFTY   TEN TEN TEN TEN TEN
#define MAXIMUM FIFTY FIFTY FIFTY FIFTY FIFTY "abcde" /* 255 octets */
#define HEAD    "s1._domainkey.acme.example. 3600 IN TXT "

static void test_a_record_is_cut_into_strings_that_dns_can_hold(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct slice record;
        struct slice line;
    } cases[] = {
        { "empty", SLICE_INIT(""), SLICE_INIT(HEAD "\"\"") },
        { "short", SLICE_INIT("v=DKIM1; p=QQ=="), SLICE_INIT(HEAD "\"v=DKIM1; p=QQ==\"") },
        { "the maximum", SLICE_INIT(MAXIMUM), SLICE_INIT(HEAD "\"" MAXIMUM "\"") },
        { "one more", SLICE_INIT(MAXIMUM "x"), SLICE_INIT(HEAD "\"" MAXIMUM "\" \"x\"") },
        { "two full strings", SLICE_INIT(MAXIMUM MAXIMUM),
          SLICE_INIT(HEAD "\"" MAXIMUM "\" \"" MAXIMUM "\"") },
        { "quote and backslash", SLICE_INIT("n=\"\\"), SLICE_INIT(HEAD "\"n=\\\"\\\\\"") },
        { "NUL and 8-bit", SLICE_INIT("\0\xff\x7f"), SLICE_INIT(HEAD "\"\\000\\255\\127\"") },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out;
        buf_init(&out, 4096);
        dkim_zone_line(&out, "s1", "acme.example", 3600, guarded(cases[i].record));
        expect_slice(cases[i].name, buf_slice(&out), cases[i].line);
        buf_clear(&out);
    }
}

static void test_flags_stand_behind_the_version(void **state)
{
    (void)state;
    static const struct {
        bool testing, exact;
        struct slice record;
    } cases[] = {
        { false, false, SLICE_INIT("v=DKIM1; k=rsa; p=QQ==") },
        { true, false, SLICE_INIT("v=DKIM1; t=y; k=rsa; p=QQ==") },
        { false, true, SLICE_INIT("v=DKIM1; t=s; k=rsa; p=QQ==") },
        { true, true, SLICE_INIT("v=DKIM1; t=y:s; k=rsa; p=QQ==") },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out;
        buf_init(&out, 4096);
        dkim_zone_record(&out, guarded(SLICE("v=DKIM1; k=rsa; p=QQ==")), cases[i].testing,
                         cases[i].exact);
        expect_slice("record", buf_slice(&out), cases[i].record);
        buf_clear(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_record_is_cut_into_strings_that_dns_can_hold),
        cmocka_unit_test(test_flags_stand_behind_the_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
