/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdlib.h>

#include "base/buf.h"
#include "dkim/canon.h"

/* ---- header fields (RFC 6376 §3.4.1, §3.4.2) ---- */

/* clang-format off */
static const struct {
    const char *name;
    struct slice in, relaxed;
} fields[] = {
    { "nothing", SLICE_INIT(""), SLICE_INIT("\r\n") },
    { "the RFC's first", SLICE_INIT("A: X"), SLICE_INIT("a:X\r\n") },
    { "the RFC's second", SLICE_INIT("B : Y\t\r\n\tZ  "), SLICE_INIT("b:Y Z\r\n") },
    { "an empty value", SLICE_INIT("Subject:"), SLICE_INIT("subject:\r\n") },
    { "a value of white space", SLICE_INIT("Subject: \t "), SLICE_INIT("subject:\r\n") },
    { "folded before its first word: nothing is left of the fold", SLICE_INIT("Subject:\r\n x"), SLICE_INIT("subject:x\r\n") },
    { "folded behind its last word", SLICE_INIT("Subject: x\r\n "), SLICE_INIT("subject:x\r\n") },
    { "a fold is one space", SLICE_INIT("S: a \r\n\t b"), SLICE_INIT("s:a b\r\n") },
    { "two folds", SLICE_INIT("S: a\r\n \r\n b"), SLICE_INIT("s:a b\r\n") },
    { "no white space behind the colon", SLICE_INIT("S:a"), SLICE_INIT("s:a\r\n") },
    { "the name in lower case, the value not", SLICE_INIT("X-ABC: ABC"), SLICE_INIT("x-abc:ABC\r\n") },
    { "only ASCII has a lower case", SLICE_INIT("X-\xc3\x84: \xc3\x84"), SLICE_INIT("x-\xc3\x84:\xc3\x84\r\n") },
    { "a colon in the value", SLICE_INIT("S: a : b"), SLICE_INIT("s:a : b\r\n") },
    { "tabs become spaces", SLICE_INIT("S:\ta\tb\t\tc"), SLICE_INIT("s:a b c\r\n") },
    { "a space at the end of a long value", SLICE_INIT("S: abcdefghijklmnopqrstuvwxyz "), SLICE_INIT("s:abcdefghijklmnopqrstuvwxyz\r\n") },
    { "a bare CR stays", SLICE_INIT("S: a\rb \r c\r"), SLICE_INIT("s:a\rb \r c\r\r\n") },
    { "a bare LF stays", SLICE_INIT("S: a\nb"), SLICE_INIT("s:a\nb\r\n") },
    { "NUL stays", SLICE_INIT("S: a\0b"), SLICE_INIT("s:a\0b\r\n") },
    { "no colon", SLICE_INIT("not a  field "), SLICE_INIT("not a field\r\n") },
    { "a colon alone", SLICE_INIT(":"), SLICE_INIT(":\r\n") },
};
static const struct {
    const char *name;
    struct slice in, want;
} names[] = {
    { "nothing", SLICE_INIT(""), SLICE_INIT("") },
    { "no colon", SLICE_INIT("From"), SLICE_INIT("") },
    { "a name", SLICE_INIT("From:x"), SLICE_INIT("From") },
    { "white space before the colon", SLICE_INIT("From \t:x"), SLICE_INIT("From") },
    { "the first colon", SLICE_INIT("a:b:c"), SLICE_INIT("a") },
    { "nothing before the colon", SLICE_INIT(":x"), SLICE_INIT("") },
};

/* ---- the body (§3.4.3, §3.4.4) ---- */

static const struct {
    const char *name;
    struct slice in, simple, relaxed;
} bodies[] = {
    { "an empty body: CRLF, and nothing", SLICE_INIT(""), SLICE_INIT("\r\n"), SLICE_INIT("") },
    { "one empty line", SLICE_INIT("\r\n"), SLICE_INIT("\r\n"), SLICE_INIT("") },
    { "empty lines", SLICE_INIT("\r\n\r\n\r\n"), SLICE_INIT("\r\n"), SLICE_INIT("") },
    { "a line of white space", SLICE_INIT(" \t\r\n"), SLICE_INIT(" \t\r\n"), SLICE_INIT("") },
    { "white space without a line end", SLICE_INIT(" \t"), SLICE_INIT(" \t\r\n"), SLICE_INIT("") },
    { "the RFC's", SLICE_INIT(" C \r\nD \t E\r\n\r\n\r\n"), SLICE_INIT(" C \r\nD \t E\r\n"), SLICE_INIT(" C\r\nD E\r\n") },
    { "a last line without CRLF gets one", SLICE_INIT("a"), SLICE_INIT("a\r\n"), SLICE_INIT("a\r\n") },
    { "and loses its white space", SLICE_INIT("a \t"), SLICE_INIT("a \t\r\n"), SLICE_INIT("a\r\n") },
    { "white space behind the last line end", SLICE_INIT("a\r\n "), SLICE_INIT("a\r\n \r\n"), SLICE_INIT("a\r\n") },
    { "empty lines at the end", SLICE_INIT("a\r\n\r\n\r\n"), SLICE_INIT("a\r\n"), SLICE_INIT("a\r\n") },
    { "lines of white space at the end", SLICE_INIT("a\r\n \r\n\t\r\n"), SLICE_INIT("a\r\n \r\n\t\r\n"), SLICE_INIT("a\r\n") },
    { "empty lines in the middle", SLICE_INIT("a\r\n\r\n \r\nb"), SLICE_INIT("a\r\n\r\n \r\nb\r\n"), SLICE_INIT("a\r\n\r\n\r\nb\r\n") },
    { "empty lines at the beginning", SLICE_INIT("\r\n\r\na"), SLICE_INIT("\r\n\r\na\r\n"), SLICE_INIT("\r\n\r\na\r\n") },
    { "white space at the beginning of a line stays, as one SP", SLICE_INIT("\t a\r\n  b"), SLICE_INIT("\t a\r\n  b\r\n"), SLICE_INIT(" a\r\n b\r\n") },
    { "one tab becomes SP", SLICE_INIT("a\tb"), SLICE_INIT("a\tb\r\n"), SLICE_INIT("a b\r\n") },
    { "a bare CR is an octet", SLICE_INIT("a\rb \rc"), SLICE_INIT("a\rb \rc\r\n"), SLICE_INIT("a\rb \rc\r\n") },
    { "a bare CR at the end", SLICE_INIT("a\r"), SLICE_INIT("a\r\r\n"), SLICE_INIT("a\r\r\n") },
    { "CR CR LF", SLICE_INIT("a\r\r\n\r\r\n"), SLICE_INIT("a\r\r\n\r\r\n"), SLICE_INIT("a\r\r\n\r\r\n") },
    { "white space between CR and LF", SLICE_INIT("a\r \nb"), SLICE_INIT("a\r \nb\r\n"), SLICE_INIT("a\r \nb\r\n") },
    { "a bare LF is an octet", SLICE_INIT("a\nb \n\n"), SLICE_INIT("a\nb \n\n\r\n"), SLICE_INIT("a\nb \n\n\r\n") },
    { "a CR alone", SLICE_INIT("\r"), SLICE_INIT("\r\r\n"), SLICE_INIT("\r\r\n") },
    { "empty lines, and a CR", SLICE_INIT("\r\n\r\n\r"), SLICE_INIT("\r\n\r\n\r\r\n"), SLICE_INIT("\r\n\r\n\r\r\n") },
    { "NUL is an octet", SLICE_INIT("\0 \0\r\n"), SLICE_INIT("\0 \0\r\n"), SLICE_INIT("\0 \0\r\n") },
    { "a dot is a dot", SLICE_INIT("..\r\n.\r\n"), SLICE_INIT("..\r\n.\r\n"), SLICE_INIT("..\r\n.\r\n") },
};
/* clang-format on */

static void fields_are_canonical(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        struct slice in = guarded(fields[i].in);
        uint8_t *out = malloc(in.n + CANON_FIELD_MORE), *end;
        size_t n = canon_field(POSTERN_DKIM_RELAXED, in, out);
        expect_slice(fields[i].name, (struct slice){ out, n }, fields[i].relaxed);
        n = canon_field(POSTERN_DKIM_SIMPLE, in, out);
        expect_slice(fields[i].name, (struct slice){ out, n - 2 }, fields[i].in);
        end = out + n - 2;
        assert_memory_equal(end, "\r\n", 2);
        free(out);
    }
}

static void names_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        expect_slice(names[i].name, canon_field_name(guarded(names[i].in)), names[i].want);
}

static void keep(void *owner, struct slice octets)
{
    struct buf *all = owner;
    assert_true(octets.n > 0);
    buf_append(all, octets);
}

/* In slices of step octets, the first of them of first octets. */
static struct buf canonical(enum postern_dkim_canon how, struct slice in, size_t first, size_t step)
{
    struct buf all;
    struct canon_body *c = malloc(sizeof *c);
    buf_init(&all, (size_t)1 << 20);
    canon_body_init(c, how, keep, &all);
    canon_body_feed(c, slice_first(in, first));
    for (size_t at = first; at < in.n; at += step)
        canon_body_feed(c, slice_first(slice_from(in, at), step));
    canon_body_end(c);
    free(c);
    return all;
}

static void expect_body(const char *name, struct slice in, struct slice simple,
                        struct slice relaxed, size_t step)
{
    for (size_t first = 0; first <= step && first <= in.n; first++) {
        struct buf got = canonical(POSTERN_DKIM_SIMPLE, in, first, step);
        expect_slice(name, buf_slice(&got), simple);
        buf_clear(&got);
        got = canonical(POSTERN_DKIM_RELAXED, in, first, step);
        expect_slice(name, buf_slice(&got), relaxed);
        buf_clear(&got);
    }
}

static void bodies_are_canonical_in_any_slices(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
        for (size_t step = 1; step <= bodies[i].in.n + 1; step++)
            expect_body(bodies[i].name, guarded(bodies[i].in), bodies[i].simple, bodies[i].relaxed,
                        step);
}

#define AROUND 100 /* octets: several vectors */

/* Something odd at each place of a text that is scanned by vectors. */
static void odd_space_is_found_anywhere(void **state)
{
    static const struct {
        struct slice in, relaxed;
    } odd[] = {
        { SLICE_INIT("  "), SLICE_INIT(" ") },
        { SLICE_INIT("\t"), SLICE_INIT(" ") },
        { SLICE_INIT(" \t \t  \t\t"), SLICE_INIT(" ") },
        { SLICE_INIT(" \r\n"), SLICE_INIT("\r\n") },
        { SLICE_INIT(" \r"), SLICE_INIT(" \r") },
        { SLICE_INIT(" "), SLICE_INIT(" ") },
        { SLICE_INIT("  \r\n\r\n\t\r\n  "), SLICE_INIT("\r\n\r\n\r\n ") },
    };
    uint8_t in[AROUND + 32], want[AROUND + 32];
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
        for (size_t at = 0; at < AROUND; at++) {
            size_t n = odd[i].in.n, m = odd[i].relaxed.n;
            memset(in, 'x', sizeof in);
            memset(want, 'x', sizeof want);
            memcpy(in + at, odd[i].in.p, n);
            memcpy(want + at, odd[i].relaxed.p, m);
            memcpy(want + AROUND + m, "\r\n", 2);
            struct slice text = guarded((struct slice){ in, AROUND + n });
            struct buf got = canonical(POSTERN_DKIM_RELAXED, text, text.n, 1);
            expect_slice("odd", buf_slice(&got), (struct slice){ want, AROUND + m + 2 });
            buf_clear(&got);
        }
}

static void bodies_larger_than_the_buffer_are_whole(void **state)
{
    size_t n = (size_t)3 * CANON_BODY_BUFFER;
    uint8_t *text = malloc(n + 2), *want = malloc(n + 2);
    (void)state;
    for (size_t i = 0; i < n; i++)
        text[i] = i % 3 == 2 ? '\t' : 'x';
    for (size_t i = 0; i < n; i++)
        want[i] = text[i] == '\t' ? ' ' : 'x';
    memcpy(want + n - 1, "\r\n", 2); /* it ends in a tab */
    for (size_t step = CANON_BODY_BUFFER - 3; step < CANON_BODY_BUFFER + 40; step++) {
        struct buf got = canonical(POSTERN_DKIM_RELAXED, (struct slice){ text, n }, 0, step);
        expect_slice("large", buf_slice(&got), (struct slice){ want, n + 1 });
        buf_clear(&got);
    }
    free(text);
    free(want);
}

/* Line ends are counted, not kept. */
static void any_number_of_empty_lines_can_be_held_back(void **state)
{
    size_t lines = (size_t)3 * CANON_BODY_BUFFER, n = lines * 2;
    uint8_t *text = malloc(n + 1);
    (void)state;
    for (size_t i = 0; i < n; i++)
        text[i] = i % 2 ? '\n' : '\r';
    text[n] = 'x';
    struct buf got = canonical(POSTERN_DKIM_RELAXED, (struct slice){ text, n }, 0, n);
    assert_int_equal(buf_size(&got), 0);
    buf_clear(&got);
    got = canonical(POSTERN_DKIM_SIMPLE, (struct slice){ text, n }, 0, 7);
    expect_slice("simple", buf_slice(&got), SLICE("\r\n"));
    buf_clear(&got);
    got = canonical(POSTERN_DKIM_SIMPLE, (struct slice){ text, n + 1 }, 0, 7);
    assert_int_equal(buf_size(&got), n + 3);
    buf_clear(&got);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_canonical),
        cmocka_unit_test(names_are_found),
        cmocka_unit_test(bodies_are_canonical_in_any_slices),
        cmocka_unit_test(odd_space_is_found_anywhere),
        cmocka_unit_test(bodies_larger_than_the_buffer_are_whole),
        cmocka_unit_test(any_number_of_empty_lines_can_be_held_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
