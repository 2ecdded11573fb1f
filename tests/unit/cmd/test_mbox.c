/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "cmd/mbox.h"

#define FROM "From joe@example.com Fri Nov 21 15:33:19 2026\n"
#define LONG \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define CASES(a) (sizeof(a) / sizeof(a)[0])

/* The messages between the From_ lines, with "|" between them. Fed in slices of `step`. */
static void split(struct slice text, size_t step, struct buf *out)
{
    struct mbox_scan s;
    uint64_t begins = 0;
    bool any = false, found;
    mbox_scan_init(&s);
    for (size_t at = 0; at < text.n;) {
        at += mbox_scan(&s, slice_first(slice_from(text, at), step), &found);
        assert_true(at <= text.n && s.at == at);
        if (!found)
            continue;
        if (any) {
            assert_true(s.before >= begins && s.before < s.behind);
            buf_append(out, slice_first(slice_from(text, begins), s.before - begins));
            buf_append_byte(out, '|');
        }
        any = true;
        begins = s.behind;
    }
    buf_append(out, slice_from(text, begins));
}

static void test_messages_begin_behind_from_lines_and_nowhere_else(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct slice mbox, messages;
    } cases[] = {
        { "empty", SLICE_INIT(""), SLICE_INIT("") },
        { "one", SLICE_INIT(FROM "A: 1\n\nx\n"), SLICE_INIT("A: 1\n\nx\n") },
        { "two", SLICE_INIT(FROM "A: 1\n\nx\n\n" FROM "B: 2\n\n"),
          SLICE_INIT("A: 1\n\nx\n|B: 2\n\n") },
        { "CRLF", SLICE_INIT("From a 10:00\r\nA: 1\r\n\r\nx\r\n\r\nFrom b 10:00\r\nB: 2\r\n"),
          SLICE_INIT("A: 1\r\n\r\nx\r\n|B: 2\r\n") },
        { "the last of several empty lines is the mbox's",
          SLICE_INIT(FROM "A: 1\n\nx\n\n\n\n" FROM "B: 2\n"),
          SLICE_INIT("A: 1\n\nx\n\n\n|B: 2\n") },
        { "no empty line before it: text", SLICE_INIT(FROM "A: 1\n\nx\n" FROM "y\n"),
          SLICE_INIT("A: 1\n\nx\n" FROM "y\n") },
        { "a sentence", SLICE_INIT(FROM "A: 1\n\nFrom here on it rains.\n"),
          SLICE_INIT("A: 1\n\nFrom here on it rains.\n") },
        { "one word", SLICE_INIT(FROM "A: 1\n\nx\n\nFrom MAILER-DAEMON\nB: 2\n"),
          SLICE_INIT("A: 1\n\nx\n|B: 2\n") },
        { "no word", SLICE_INIT(FROM "A: 1\n\nFrom \nB: 2\n"),
          SLICE_INIT("A: 1\n\nFrom \nB: 2\n") },
        { "quoted", SLICE_INIT(FROM "A: 1\n\n>" FROM "B: 2\n"),
          SLICE_INIT("A: 1\n\n>" FROM "B: 2\n") },
        { "another case", SLICE_INIT(FROM "A: 1\n\nfrom a 10:00\n"),
          SLICE_INIT("A: 1\n\nfrom a 10:00\n") },
        { "cut", SLICE_INIT(FROM "A: 1\n\nFrom a 10:00"), SLICE_INIT("A: 1\n\nFrom a 10:00") },
        { "Content-Length is not trusted",
          SLICE_INIT(FROM "Content-Length: 999\n\nx\n\n" FROM "B: 2\n"),
          SLICE_INIT("Content-Length: 999\n\nx\n|B: 2\n") },
        { "NUL", SLICE_INIT(FROM "A: \0\n\n\0\n\n" FROM "\0"), SLICE_INIT("A: \0\n\n\0\n|\0") },
        { "the time is too far behind",
          SLICE_INIT(FROM "A: 1\n\nFrom a " LONG LONG LONG " 10:00\n"),
          SLICE_INIT("A: 1\n\nFrom a " LONG LONG LONG " 10:00\n") },
    };
    static const size_t steps[] = { 1, 2, 3, 7, 100000 };
    for (size_t i = 0; i < CASES(cases); i++)
        for (size_t k = 0; k < CASES(steps); k++) {
            struct buf out;
            buf_init(&out, 4096);
            split(guarded(cases[i].mbox), steps[k], &out);
            expect_slice(cases[i].name, buf_slice(&out), cases[i].messages);
            buf_clear(&out);
        }
}

static void test_one_quote_is_taken_off_each_from(void **state)
{
    (void)state;
    static const struct {
        struct slice quoted, text;
    } cases[] = {
        { SLICE_INIT(""), SLICE_INIT("") },
        { SLICE_INIT(">From x\n"), SLICE_INIT("From x\n") },
        { SLICE_INIT(">>>From x\n"), SLICE_INIT(">>From x\n") },
        { SLICE_INIT("a >From x\n"), SLICE_INIT("a >From x\n") },
        { SLICE_INIT("a\n>From "), SLICE_INIT("a\nFrom ") },
        { SLICE_INIT(">From"), SLICE_INIT(">From") },
        { SLICE_INIT(">From\n>>Fro\n"), SLICE_INIT(">From\n>>Fro\n") },
        { SLICE_INIT(">\n>From x"), SLICE_INIT(">\nFrom x") },
        { SLICE_INIT("From x"), SLICE_INIT("From x") },
        { SLICE_INIT(">from x\n> From x"), SLICE_INIT(">from x\n> From x") },
        { SLICE_INIT(">F>From x"), SLICE_INIT(">F>From x") },
        { SLICE_INIT(">>"), SLICE_INIT(">>") },
        { SLICE_INIT("\0>From \n>From \0"), SLICE_INIT("\0>From \nFrom \0") },
    };
    for (size_t i = 0; i < CASES(cases); i++)
        for (size_t step = 1; step < 9; step++) {
            struct slice in = guarded(cases[i].quoted);
            struct mbox_unquote u;
            struct buf out;
            buf_init(&out, 4096);
            mbox_unquote_init(&u);
            for (; in.n; in = slice_from(in, step))
                mbox_unquote(&u, slice_first(in, step), &out);
            mbox_unquote_end(&u, &out);
            expect_slice("unquoted", buf_slice(&out), cases[i].text);
            buf_clear(&out);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_begin_behind_from_lines_and_nowhere_else),
        cmocka_unit_test(test_one_quote_is_taken_off_each_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
