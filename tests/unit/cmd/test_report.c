/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "cmd/report.h"

static void test_what_strangers_wrote_cannot_move_a_terminal(void **state)
{
    (void)state;
    static const struct {
        struct slice text, shown;
    } cases[] = {
        { SLICE_INIT(""), SLICE_INIT("") },
        { SLICE_INIT("plain \\ text"), SLICE_INIT("plain \\ text") },
        { SLICE_INIT("M\xc3\xbcller"), SLICE_INIT("M\xc3\xbcller") },
        { SLICE_INIT("M\xfcller"), SLICE_INIT("M\\xfcller") },
        { SLICE_INIT("a\x1b[2J\\"), SLICE_INIT("a\\x1b[2J\\x5c") },
        { SLICE_INIT("a\0b"), SLICE_INIT("a\\x00"
                                         "b") },
        { SLICE_INIT("a\r\nb\x7f"), SLICE_INIT("a\\x0d\\x0a"
                                               "b\\x7f") },
        { SLICE_INIT("\xc2\x9b"), SLICE_INIT("\\xc2\\x9b") },
        { SLICE_INIT("\xc2"), SLICE_INIT("\\xc2") },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out;
        buf_init(&out, 256);
        report_text(&out, guarded(cases[i].text));
        expect_slice("text", buf_slice(&out), cases[i].shown);
        buf_clear(&out);
    }
}

static void test_a_line_of_json_is_one_line(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 256);
    json_t *value = json_pack("{s:o, s:o, s:o}", "a", report_json("x\ny\xff\""), "b",
                              report_json(NULL), "c", report_json(""));
    assert_true(report_line(&out, value));
    expect_slice("json", buf_slice(&out),
                 SLICE("{\"a\": \"x\\\\x0ay\\\\xff\\\"\", \"b\": null, \"c\": \"\"}\n"));
    buf_clear(&out);
    buf_init(&out, 8);
    assert_false(report_line(&out, json_pack("{s:s}", "a", "too long for it")));
    buf_clear(&out);
    assert_false(report_line(&out, NULL));
    buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_strangers_wrote_cannot_move_a_terminal),
        cmocka_unit_test(test_a_line_of_json_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
