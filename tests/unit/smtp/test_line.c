/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "smtp/line.h"

/* clang-format off */
static const struct {
    const char *name;
    struct slice in;
    size_t max;
    enum smtp_line_result result;
    struct slice line;
    size_t taken;
} cases[] = {
    { "empty input", SLICE_INIT(""), 10, SMTP_LINE_MORE, SLICE_INIT(""), 0 },
    { "a line", SLICE_INIT("NOOP\r\n"), 10, SMTP_LINE_DONE, SLICE_INIT("NOOP"), 6 },
    { "an empty line", SLICE_INIT("\r\n"), 10, SMTP_LINE_DONE, SLICE_INIT(""), 2 },
    { "only the first line", SLICE_INIT("A\r\nB\r\n"), 10, SMTP_LINE_DONE, SLICE_INIT("A"), 3 },
    { "NUL inside is not the end", SLICE_INIT("A\0B\r\n"), 10, SMTP_LINE_DONE, SLICE_INIT("A\0B"), 5 },
    { "no end yet", SLICE_INIT("NOOP"), 10, SMTP_LINE_MORE, SLICE_INIT(""), 0 },
    { "CR as the last byte waits", SLICE_INIT("NOOP\r"), 10, SMTP_LINE_MORE, SLICE_INIT(""), 0 },
    { "bare LF (RFC 5321 §2.3.8: MUST NOT)", SLICE_INIT("NOOP\n"), 10, SMTP_LINE_BARE, SLICE_INIT("NOOP"), 5 },
    { "LF alone", SLICE_INIT("\n"), 10, SMTP_LINE_BARE, SLICE_INIT(""), 1 },
    { "bare CR", SLICE_INIT("A\rB\r\n"), 10, SMTP_LINE_BARE, SLICE_INIT("A\rB"), 5 },
    { "CR CR LF", SLICE_INIT("A\r\r\n"), 10, SMTP_LINE_BARE, SLICE_INIT("A\r"), 4 },
    { "bare LF ends the line all the same", SLICE_INIT("A\nB\r\n"), 10, SMTP_LINE_BARE, SLICE_INIT("A"), 2 },
    { "LF CR", SLICE_INIT("A\n\r"), 10, SMTP_LINE_BARE, SLICE_INIT("A"), 2 },
    { "exactly max", SLICE_INIT("ABCDEFGH\r\n"), 10, SMTP_LINE_DONE, SLICE_INIT("ABCDEFGH"), 10 },
    { "max + 1", SLICE_INIT("ABCDEFGHI\r\n"), 10, SMTP_LINE_LONG, SLICE_INIT(""), 11 },
    { "long, end seen, more behind", SLICE_INIT("ABCDEFGHIJK\r\nNOOP\r\n"), 10, SMTP_LINE_LONG, SLICE_INIT(""), 13 },
    { "max - 1 without an end", SLICE_INIT("ABCDEFGHI"), 10, SMTP_LINE_MORE, SLICE_INIT(""), 0 },
    { "max without an end", SLICE_INIT("ABCDEFGHIJ"), 10, SMTP_LINE_LONG, SLICE_INIT(""), 10 },
    { "CR as byte max - 1 waits", SLICE_INIT("ABCDEFGH\r"), 10, SMTP_LINE_MORE, SLICE_INIT(""), 0 },
    { "CR as byte max passes it", SLICE_INIT("ABCDEFGHI\r"), 10, SMTP_LINE_LONG, SLICE_INIT(""), 10 },
};
/* clang-format on */

static void line_ends_with_crlf_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct slice line;
        size_t taken;
        enum smtp_line_result result =
            smtp_line_next(guarded(cases[i].in), cases[i].max, &line, &taken);
        if (result != cases[i].result || taken != cases[i].taken)
            fail_msg("%s: result %d, taken %zu", cases[i].name, (int)result, taken);
        expect_slice(cases[i].name, line, cases[i].line);
    }
}

/* Whatever arrives first, the line that is found in the end is the same. */
static void line_is_the_same_however_it_arrives(void **state)
{
    (void)state;
    struct slice all = SLICE("MAIL FROM:<a@b>\r\n"), line;
    size_t taken;
    for (size_t n = 0; n < all.n; n++)
        assert_int_equal(smtp_line_next(guarded(slice_first(all, n)), 100, &line, &taken),
                         SMTP_LINE_MORE);
    assert_int_equal(smtp_line_next(guarded(all), 100, &line, &taken), SMTP_LINE_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_ends_with_crlf_only),
        cmocka_unit_test(line_is_the_same_however_it_arrives),
    };
    return cmocka_run_group_tests_name("smtp/line", tests, NULL, NULL);
}
