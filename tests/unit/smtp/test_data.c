/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "base/buf.h"
#include "smtp/data.h"

/* clang-format off */
static const struct {
    const char *name;
    struct slice wire;
    struct slice content;
    bool bad, ended;
    size_t left; /* bytes behind the end */
} cases[] = {
    { "nothing", SLICE_INIT(""), SLICE_INIT(""), false, false, 0 },
    { "an empty message: the first line is the dot", SLICE_INIT(".\r\n"), SLICE_INIT(""), false, true, 0 },
    { "one line", SLICE_INIT("a\r\n.\r\n"), SLICE_INIT("a\r\n"), false, true, 0 },
    { "one empty line", SLICE_INIT("\r\n.\r\n"), SLICE_INIT("\r\n"), false, true, 0 },
    { "what follows is not taken", SLICE_INIT("a\r\n.\r\nQUIT\r\n\0"), SLICE_INIT("a\r\n"), false, true, 7 },
    { "stuffed dots (RFC 5321 §4.5.2: MUST)", SLICE_INIT("..\r\n...x\r\n..a\r\n.\r\n"), SLICE_INIT(".\r\n..x\r\n.a\r\n"), false, true, 0 },
    { "a dot nobody stuffed is dropped", SLICE_INIT("a\r\n.b\r\n.\r\n"), SLICE_INIT("a\r\nb\r\n"), false, true, 0 },
    { "dots inside a line", SLICE_INIT("a.\r\nb..\r\n.\r\n"), SLICE_INIT("a.\r\nb..\r\n"), false, true, 0 },
    { "all bytes but CR, LF, NUL", SLICE_INIT("\x01\x09\x0b\x1a\x7f\x80\xff\r\n.\r\n"), SLICE_INIT("\x01\x09\x0b\x1a\x7f\x80\xff\r\n"), false, true, 0 },
    { "not ended: no CRLF behind the dot", SLICE_INIT("a\r\n."), SLICE_INIT("a\r\n"), false, false, 0 },
    { "not ended: no LF behind the CR", SLICE_INIT("a\r\n.\r"), SLICE_INIT("a\r\n"), false, false, 0 },
    { "not ended: the dot ends a line", SLICE_INIT("a.\r\n"), SLICE_INIT("a.\r\n"), false, false, 0 },

    { "LF.LF", SLICE_INIT("a\n.\nb"), SLICE_INIT("a"), true, false, 0 },
    { "CR.CR", SLICE_INIT("a\r.\rb"), SLICE_INIT("a\r"), true, false, 0 },
    { "LF.CRLF", SLICE_INIT("a\n.\r\nb"), SLICE_INIT("a"), true, false, 0 },
    { "CRLF.LF", SLICE_INIT("a\r\n.\nb"), SLICE_INIT("a\r\n"), true, false, 0 },
    { "CRLF.CR", SLICE_INIT("a\r\n.\rb"), SLICE_INIT("a\r\n"), true, false, 0 },
    { "CR.CRLF", SLICE_INIT("a\r.\r\nb"), SLICE_INIT("a\r"), true, false, 0 },
    { "CR.LF", SLICE_INIT("a\r.\nb"), SLICE_INIT("a\r"), true, false, 0 },
    { "LF.CR", SLICE_INIT("a\n.\rb"), SLICE_INIT("a"), true, false, 0 },
    { "CRLF.CRCRLF", SLICE_INIT("a\r\n.\r\r\nb"), SLICE_INIT("a\r\n"), true, false, 0 },
    { "CRCRLF.CRLF ends, and is bad", SLICE_INIT("a\r\r\n.\r\n"), SLICE_INIT("a\r"), true, true, 0 },
    { "CRLF.CRCRLF.CRLF ends, and is bad", SLICE_INIT("a\r\n.\r\r\n.\r\n"), SLICE_INIT("a\r\n"), true, true, 0 },
    { "LF LF.LF LF", SLICE_INIT("a\n\n.\n\nb"), SLICE_INIT("a"), true, false, 0 },
    { "CRLF NUL.CRLF", SLICE_INIT("a\r\n\0.\r\nb"), SLICE_INIT("a\r\n"), true, false, 0 },
    { "CRLF.NUL CRLF", SLICE_INIT("a\r\n.\0\r\nb"), SLICE_INIT("a\r\n"), true, false, 0 },
    { "CRLF.CR NUL LF", SLICE_INIT("a\r\n.\r\0\nb"), SLICE_INIT("a\r\n"), true, false, 0 },
    { "CR NUL LF.CRLF", SLICE_INIT("a\r\0\n.\r\nb"), SLICE_INIT("a\r"), true, false, 0 },
    { "LF before anything", SLICE_INIT("\n.\r\n"), SLICE_INIT(""), true, false, 0 },
    { "CR before anything", SLICE_INIT("\r.\r\n"), SLICE_INIT("\r"), true, false, 0 },
    { "first line .LF", SLICE_INIT(".\n"), SLICE_INIT(""), true, false, 0 },
    { "first line .CR", SLICE_INIT(".\rx"), SLICE_INIT(""), true, false, 0 },
    { "a bare LF, then the true end", SLICE_INIT("a\n.\n\r\n.\r\nMAIL"), SLICE_INIT("a"), true, true, 4 },
    { "a bare CR, then the true end", SLICE_INIT("a\rb\r\n.\r\n"), SLICE_INIT("a\r"), true, true, 0 },
    { "a bad line before a stuffed dot", SLICE_INIT("a\nb\r\n..c\r\n.\r\n"), SLICE_INIT("a"), true, true, 0 },
    { "the smuggled second message", SLICE_INIT("a\r\n\r\nb\n.\r\nMAIL FROM:<x@y>\r\nRCPT TO:<z@y>\r\nDATA\r\nc\r\n.\r\n"), SLICE_INIT("a\r\n\r\nb"), true, true, 0 },
};
/* clang-format on */

/* Feeds the wire in slices of at most `step`; what is gathered must not depend on it. */
static void expect_scan(size_t i, size_t step)
{
    struct smtp_data_scan scan = { 0 };
    struct slice wire = guarded(cases[i].wire), content;
    struct buf all;
    size_t at = 0;
    buf_init(&all, 4096);
    while (at < wire.n && !scan.ended) {
        struct slice part = slice_first(slice_from(wire, at), step);
        size_t taken = smtp_data_scan(&scan, part, &content);
        if (taken == 0 || taken > part.n)
            fail_msg("%s: took %zu of %zu", cases[i].name, taken, part.n);
        if (content.n)
            assert_true(content.p >= part.p && content.p + content.n <= part.p + taken);
        buf_append(&all, content);
        at += taken;
    }
    if (scan.bad != cases[i].bad || scan.ended != cases[i].ended || wire.n - at != cases[i].left)
        fail_msg("%s by %zu: bad %d ended %d left %zu", cases[i].name, step, scan.bad, scan.ended,
                 wire.n - at);
    expect_slice(cases[i].name, buf_slice(&all), cases[i].content);
    buf_clear(&all);
}

static void only_crlf_dot_crlf_ends_the_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        expect_scan(i, SIZE_MAX);
}

static void slicing_changes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        for (size_t step = 1; step < 8; step++)
            expect_scan(i, step);
}

/* Every sequence of seven of these bytes: the scanner ends where CRLF.CRLF stands and nowhere else. */
static void no_other_sequence_ends(void **state)
{
    (void)state;
    static const uint8_t alphabet[] = { '\r', '\n', '.', 0, 'x' };
    for (unsigned n = 0; n < 78125; n++) {
        uint8_t wire[9] = { '\r', '\n' };
        unsigned digits = n;
        for (size_t k = 2; k < sizeof wire; k++, digits /= 5)
            wire[k] = alphabet[digits % 5];
        struct smtp_data_scan scan = { 0 };
        struct slice rest = { wire, sizeof wire }, content;
        while (rest.n && !scan.ended)
            rest = slice_from(rest, smtp_data_scan(&scan, rest, &content));
        const uint8_t *end = memmem(wire, sizeof wire, "\r\n.\r\n", 5);
        size_t left = end ? (size_t)(wire + sizeof wire - end) - 5 : 0;
        if (scan.ended != (end != NULL) || rest.n != left)
            fail_msg("sequence %u", n);
    }
}

/* Many lines come as one run; only a stuffed dot splits it. */
static void a_run_spans_lines(void **state)
{
    (void)state;
    struct smtp_data_scan scan = { 0 };
    struct slice wire = guarded(SLICE("a: b\r\n\r\nc\r\nd.e\r\n..f\r\ng\r\n.\r\n")), content;
    size_t n = smtp_data_scan(&scan, wire, &content);
    expect_slice("first run", content, SLICE("a: b\r\n\r\nc\r\nd.e\r\n"));
    n += smtp_data_scan(&scan, slice_from(wire, n), &content);
    expect_slice("second run", content, SLICE(".f\r\ng\r\n"));
    n += smtp_data_scan(&scan, slice_from(wire, n), &content);
    assert_int_equal(content.n, 0);
    assert_true(scan.ended && n == wire.n);
    assert_int_equal(smtp_data_scan(&scan, SLICE("more"), &content), 0);
}

/* clang-format off */
static const struct {
    const char *name;
    struct slice in;
    bool bad;
} chunks[] = {
    { "empty", SLICE_INIT(""), false },
    { "lines", SLICE_INIT("a\r\n.\r\n\r\nb\r\n"), false },
    { "no end of line at the end", SLICE_INIT("a"), false },
    { "bare LF", SLICE_INIT("a\nb"), true },
    { "LF first", SLICE_INIT("\na"), true },
    { "bare CR", SLICE_INIT("a\rb"), true },
    { "CR CR LF", SLICE_INIT("a\r\r\n"), true },
    { "LF CR", SLICE_INIT("\r\n\n\r"), true },
    { "CR at the very end", SLICE_INIT("a\r\nb\r"), true },
    { "NUL", SLICE_INIT("a\0b"), true },
};
/* clang-format on */

static void chunks_hold_no_bare_cr_or_lf(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(chunks); i++)
        for (size_t step = 1; step <= chunks[i].in.n + 1; step++) {
            struct smtp_chunk_check check = { 0 };
            for (size_t at = 0; at < chunks[i].in.n; at += step)
                smtp_chunk_check(&check, guarded(slice_first(slice_from(chunks[i].in, at), step)));
            smtp_chunk_check(&check, SLICE(""));
            smtp_chunk_check_end(&check);
            if (check.bad != chunks[i].bad)
                fail_msg("%s by %zu: bad %d", chunks[i].name, step, check.bad);
        }
}

/* clang-format off */
static const struct {
    const char *name;
    struct slice content, wire;
} stuffed[] = {
    { "nothing", SLICE_INIT(""), SLICE_INIT(".\r\n") },
    { "a line", SLICE_INIT("a\r\n"), SLICE_INIT("a\r\n.\r\n") },
    { "a dot first", SLICE_INIT("."), SLICE_INIT("..\r\n.\r\n") },
    { "dots", SLICE_INIT(".\r\n..\r\na.\r\n.b\r\n"), SLICE_INIT("..\r\n...\r\na.\r\n..b\r\n.\r\n") },
    { "no end of line at the end", SLICE_INIT("a\r\nb"), SLICE_INIT("a\r\nb\r\n.\r\n") },
    { "CR at the end", SLICE_INIT("a\r"), SLICE_INIT("a\r\r\n.\r\n") },
    { "empty lines", SLICE_INIT("\r\n\r\n.\r\n"), SLICE_INIT("\r\n\r\n..\r\n.\r\n") },
    { "a dot behind a bare LF begins no line", SLICE_INIT("a\n.\r\n"), SLICE_INIT("a\n.\r\n.\r\n") },
};
/* clang-format on */

static void stuff(struct buf *out, struct slice content, size_t step)
{
    struct smtp_stuff stuffing = { 0 };
    size_t n;
    bool dot;
    for (; content.n; content = slice_from(content, n)) {
        n = smtp_stuff_next(&stuffing, slice_first(content, step), &dot);
        assert_true(n > 0 && n <= content.n);
        buf_append(out, dot ? SLICE(".") : SLICE(""));
        buf_append(out, slice_first(content, n));
    }
    assert_int_equal(smtp_stuff_next(&stuffing, SLICE(""), &dot), 0);
    assert_false(dot);
    buf_append(out, smtp_stuff_end(&stuffing));
}

static void dots_are_stuffed_however_content_is_sliced(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(stuffed); i++)
        for (size_t step = 1; step <= stuffed[i].content.n + 1; step++) {
            struct buf out;
            buf_init(&out, 1024);
            stuff(&out, guarded(stuffed[i].content), step);
            expect_slice(stuffed[i].name, buf_slice(&out), stuffed[i].wire);
            buf_clear(&out);
        }
}

/* clang-format off */
static const struct {
    struct slice in;
    bool ok, last;
    uint64_t size;
} bdats[] = {
    { SLICE_INIT("0"), true, false, 0 },
    { SLICE_INIT("86 LAST"), true, true, 86 },
    { SLICE_INIT("0 last"), true, true, 0 },
    { SLICE_INIT("18446744073709551615"), true, false, UINT64_MAX },
    { SLICE_INIT("18446744073709551616"), false, false, 0 },
    { SLICE_INIT(""), false, false, 0 },
    { SLICE_INIT("LAST"), false, false, 0 },
    { SLICE_INIT("-1"), false, false, 0 },
    { SLICE_INIT("0x10"), false, false, 0 },
    { SLICE_INIT("1 FIRST"), false, false, 0 },
    { SLICE_INIT("1 LAST LAST"), false, false, 0 },
    { SLICE_INIT("1  LAST"), false, false, 0 },
    { SLICE_INIT(" 1"), false, false, 0 },
    { SLICE_INIT("1\0"), false, false, 0 },
};
/* clang-format on */

static void bdat_is_size_and_last(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bdats); i++) {
        uint64_t size = 0;
        bool last = false;
        struct fault why = { 0 };
        bool ok = smtp_bdat_parse(guarded(bdats[i].in), &size, &last, &why);
        if (ok != bdats[i].ok || size != bdats[i].size || last != bdats[i].last)
            fail_msg("BDAT %zu: ok %d", i, ok);
        assert_int_equal(why.what != NULL, !ok);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_crlf_dot_crlf_ends_the_data),
        cmocka_unit_test(slicing_changes_nothing),
        cmocka_unit_test(no_other_sequence_ends),
        cmocka_unit_test(a_run_spans_lines),
        cmocka_unit_test(chunks_hold_no_bare_cr_or_lf),
        cmocka_unit_test(dots_are_stuffed_however_content_is_sliced),
        cmocka_unit_test(bdat_is_size_and_last),
    };
    return cmocka_run_group_tests_name("smtp/data", tests, NULL, NULL);
}
