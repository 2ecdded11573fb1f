/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "message/split.h"

/* What the splitter gave, as text: [field], then "|" for the end of the header, then the body. */
static void drain(struct message_split *s, struct buf *out)
{
    struct slice part;
    enum message_part what;
    while ((what = message_split_next(s, &part)) != MESSAGE_MORE) {
        if (what == MESSAGE_FIELD)
            buf_append_byte(out, '[');
        buf_append(out, part);
        buf_append_str(out, what == MESSAGE_FIELD        ? "]"
                            : what == MESSAGE_HEADER_END ? "|"
                            : what == MESSAGE_TOO_BIG    ? "!"
                                                         : "");
    }
}

static void split(struct slice in, size_t step, bool mend, size_t max, struct buf *out)
{
    struct message_split s;
    message_split_init(&s, mend);
    if (max)
        s.header_max = max;
    buf_init(out, 1 << 22);
    for (size_t at = 0; at < in.n; at += step) {
        message_split_feed(&s, slice_first(slice_from(in, at), step));
        drain(&s, out);
    }
    message_split_end(&s);
    drain(&s, out);
    assert_false(out->failed);
    message_split_clear(&s);
}

static const struct {
    const char *name;
    bool mend;
    struct slice in, want;
} cases[] = {
    { "fields and body", false, SLICE_INIT("A: b\r\nC: d\r\n\r\nx\r\ny\r\n"),
      SLICE_INIT("[A: b][C: d]|x\r\ny\r\n") },
    { "folded fields are one", false, SLICE_INIT("A: b\r\n c\r\n\td\r\nE:\r\n f\r\n\r\n"),
      SLICE_INIT("[A: b\r\n c\r\n\td][E:\r\n f]|") },
    { "nothing at all", false, SLICE_INIT(""), SLICE_INIT("|") },
    { "an empty header", false, SLICE_INIT("\r\nbody"), SLICE_INIT("|body") },
    { "no body", false, SLICE_INIT("A: b\r\n\r\n"), SLICE_INIT("[A: b]|") },
    { "no empty line", false, SLICE_INIT("A: b\r\n"), SLICE_INIT("[A: b]|") },
    { "no line end", false, SLICE_INIT("A: b\r\nC: d"), SLICE_INIT("[A: b][C: d]|") },
    { "CR at the end", false, SLICE_INIT("A: b\r"), SLICE_INIT("[A: b\r]|") },
    { "CR instead of the empty line", false, SLICE_INIT("A: b\r\n\r"), SLICE_INIT("[A: b][\r]|") },
    { "the header ends at the first empty line", false, SLICE_INIT("A: b\r\n\r\nC: d\r\n\r\ne"),
      SLICE_INIT("[A: b]|C: d\r\n\r\ne") },
    { "a line of white space continues", false, SLICE_INIT("A: b\r\n \t\r\nC: d\r\n\r\n"),
      SLICE_INIT("[A: b\r\n \t][C: d]|") },
    { "white space first is given as a field", false, SLICE_INIT(" x\r\nA: b\r\n\r\n"),
      SLICE_INIT("[ x][A: b]|") },
    { "a line that is no field is given as one", false, SLICE_INIT("A: b\r\njunk\r\nC: d\r\n\r\n"),
      SLICE_INIT("[A: b][junk][C: d]|") },
    { "NUL inside", false, SLICE_INIT("A: \0b\r\n\r\n\0"), SLICE_INIT("[A: \0b]|\0") },
    { "bare LF ends no line", false, SLICE_INIT("A: b\nC: d\r\n\n\r\n\r\nx"),
      SLICE_INIT("[A: b\nC: d][\n]|x") },
    { "LF LF ends no header", false, SLICE_INIT("A: b\n\nC: d\r\n\r\nx"),
      SLICE_INIT("[A: b\n\nC: d]|x") },
    { "bare CR ends no line", false, SLICE_INIT("A: b\rC: d\r\r\n\r\nx"),
      SLICE_INIT("[A: b\rC: d\r]|x") },
    { "mended: LF becomes CRLF", true, SLICE_INIT("A: b\n c\nD: e\n\nx\ny\n\n"),
      SLICE_INIT("[A: b\r\n c][D: e]|x\r\ny\r\n\r\n") },
    { "mended: CRLF stays in a file of LF", true, SLICE_INIT("A: b\nC: d\r\n\r\nx\r\ny\n"),
      SLICE_INIT("[A: b][C: d]|x\r\ny\r\n") },
    { "mended: no line end is added", true, SLICE_INIT("A: b\n\nx"), SLICE_INIT("[A: b]|x") },
    { "mended: an empty header", true, SLICE_INIT("\nx\n"), SLICE_INIT("|x\r\n") },
    { "a first line with CRLF mends nothing", true, SLICE_INIT("A: b\r\nC: d\n\r\n\r\nx\ny"),
      SLICE_INIT("[A: b][C: d\n]|x\ny") },
    { "mended: bare CR stays", true, SLICE_INIT("A: b\rc\n\nx\r\ry\n"),
      SLICE_INIT("[A: b\rc]|x\r\ry\r\n") },
};

static void slices_of_any_size_give_the_same_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t step = 1; step <= cases[i].in.n + 1; step++) {
            struct buf got;
            split(guarded(cases[i].in), step, cases[i].mend, 0, &got);
            expect_slice(cases[i].name, buf_slice(&got), cases[i].want);
            buf_clear(&got);
        }
    }
}

static void a_header_over_its_bound_ends_everything(void **state)
{
    struct slice in = SLICE("A: b\r\nC: d\r\n\r\nbody");
    (void)state;
    for (size_t step = 1; step <= in.n; step++) {
        struct buf got;
        split(in, step, false, 14, &got);
        expect_slice("at the bound", buf_slice(&got), SLICE("[A: b][C: d]|body"));
        buf_clear(&got);
        split(in, step, false, 11, &got);
        assert_int_equal(buf_slice(&got).p[buf_size(&got) - 1], '!');
        buf_clear(&got);
    }
}

static void a_long_body_is_mended_in_pieces(void **state)
{
    static uint8_t body[100001];
    struct message_split s;
    struct slice part;
    size_t got = 0;
    (void)state;
    memset(body, 'x', sizeof body);
    for (size_t i = 99; i < sizeof body; i += 100)
        body[i] = '\n';
    message_split_init(&s, true);
    message_split_feed(&s, SLICE("A: b\n\n"));
    assert_int_equal(message_split_next(&s, &part), MESSAGE_FIELD);
    assert_int_equal(message_split_next(&s, &part), MESSAGE_HEADER_END);
    assert_int_equal(message_split_next(&s, &part), MESSAGE_MORE);
    message_split_feed(&s, guarded((struct slice){ body, sizeof body }));
    while (message_split_next(&s, &part) == MESSAGE_BODY) {
        assert_in_range(part.n, 1, 40000);
        got += part.n;
    }
    assert_int_equal(got, sizeof body + sizeof body / 100);
    message_split_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_of_any_size_give_the_same_parts),
        cmocka_unit_test(a_header_over_its_bound_ends_everything),
        cmocka_unit_test(a_long_body_is_mended_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
