/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "smtp/reply.h"

#define X10  "xxxxxxxxxx"
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10

enum { MORE = SMTP_REPLY_MORE, DONE = SMTP_REPLY_DONE, BAD = SMTP_REPLY_BAD };

/* clang-format off */
static const struct {
    const char *name;
    struct smtp_reply reply;
    bool utf8;
    struct slice wire;
} writes[] = {
    { "plain", { 354, { 0 }, SLICE_INIT("go on") }, false, SLICE_INIT("354 go on\r\n") },
    { "enhanced", { 250, { 2, 1, 0 }, SLICE_INIT("OK") }, false, SLICE_INIT("250 2.1.0 OK\r\n") },
    { "largest enhanced", { 599, { 5, 999, 999 }, SLICE_INIT("x") }, false, SLICE_INIT("599 5.999.999 x\r\n") },
    { "no text", { 250, { 2, 0, 0 }, SLICE_INIT("") }, false, SLICE_INIT("250 2.0.0\r\n") },
    { "neither", { 250, { 0 }, SLICE_INIT("") }, false, SLICE_INIT("250 \r\n") },
    { "line ends cannot come through", { 550, { 0 }, SLICE_INIT("a\r\n250 b\0\t\x7f") }, false, SLICE_INIT("550 a??250 b???\r\n") },
    { "8-bit without SMTPUTF8", { 550, { 0 }, SLICE_INIT("\xc3\xa9") }, false, SLICE_INIT("550 ??\r\n") },
    { "UTF-8", { 550, { 0 }, SLICE_INIT("\xc3\xa9\xe4\xbe\x8b") }, true, SLICE_INIT("550 \xc3\xa9\xe4\xbe\x8b\r\n") },
    { "not UTF-8", { 550, { 0 }, SLICE_INIT("\xc3\xff\xe4\xbe" "a\xc2\x85") }, true, SLICE_INIT("550 ????a??\r\n") },
    { "text of 400", { 550, { 0 }, SLICE_INIT(X100 X100 X100 X100) }, true, SLICE_INIT("550 " X100 X100 X100 X100 "\r\n") },
    { "text of 401 is cut", { 550, { 0 }, SLICE_INIT(X100 X100 X100 X100 "y") }, true, SLICE_INIT("550 " X100 X100 X100 X100 "\r\n") },
    { "no half character at the cut", { 550, { 0 }, SLICE_INIT(X100 X100 X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 "xxxxxxxxx\xc3\xa9") }, true, SLICE_INIT("550 " X100 X100 X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 "xxxxxxxxx\r\n") },
};

static const struct {
    const char *name;
    struct slice in;
    int result;
    uint16_t code;
    struct smtp_enhanced enhanced;
    struct slice text, lines;
    size_t taken;
} reads[] = {
    { "one line", SLICE_INIT("250 OK\r\n"), DONE, 250, { 0 }, SLICE_INIT("OK"), SLICE_INIT("250 OK"), 8 },
    { "code only", SLICE_INIT("250\r\n"), DONE, 250, { 0 }, SLICE_INIT(""), SLICE_INIT("250"), 5 },
    { "code and space", SLICE_INIT("250 \r\n"), DONE, 250, { 0 }, SLICE_INIT(""), SLICE_INIT("250 "), 6 },
    { "enhanced", SLICE_INIT("550 5.7.1 no\r\n"), DONE, 550, { 5, 7, 1 }, SLICE_INIT("no"), SLICE_INIT("550 5.7.1 no"), 14 },
    { "enhanced alone", SLICE_INIT("250 2.0.0\r\n"), DONE, 250, { 2, 0, 0 }, SLICE_INIT(""), SLICE_INIT("250 2.0.0"), 11 },
    { "class that disagrees (RFC 2034 §4)", SLICE_INIT("550 4.7.1 no\r\n"), DONE, 550, { 0 }, SLICE_INIT("4.7.1 no"), SLICE_INIT("550 4.7.1 no"), 14 },
    { "many lines", SLICE_INIT("250-a\r\n250-SIZE\r\n250 2.1.0 z\r\n220 next"), DONE, 250, { 2, 1, 0 }, SLICE_INIT("z"), SLICE_INIT("250-a\r\n250-SIZE\r\n250 2.1.0 z"), 30 },
    { "lone LF is tolerated", SLICE_INIT("250-a\n250 b\n"), DONE, 250, { 0 }, SLICE_INIT("b"), SLICE_INIT("250-a\n250 b"), 12 },
    { "8-bit text", SLICE_INIT("250 \xff\0\r\n"), DONE, 250, { 0 }, SLICE_INIT("\xff\0"), SLICE_INIT("250 \xff\0"), 8 },
    { "nothing yet", SLICE_INIT(""), MORE, 0, { 0 }, SLICE_INIT(""), SLICE_INIT(""), 0 },
    { "no end yet", SLICE_INIT("250 OK\r"), MORE, 0, { 0 }, SLICE_INIT(""), SLICE_INIT(""), 0 },
    { "more lines to come", SLICE_INIT("250-OK\r\n"), MORE, 0, { 0 }, SLICE_INIT(""), SLICE_INIT(""), 0 },
    { "lowest code", SLICE_INIT("200 a\r\n"), DONE, 200, { 0 }, SLICE_INIT("a"), SLICE_INIT("200 a"), 7 },
    { "under it", SLICE_INIT("199 a\r\n"), BAD, 0, { 0 }, SLICE_INIT(""), SLICE_INIT(""), 0 },
    { "highest code", SLICE_INIT("599 a\r\n"), DONE, 599, { 0 }, SLICE_INIT("a"), SLICE_INIT("599 a"), 7 },
    { "over it", SLICE_INIT("600 a\r\n"), BAD, 0, { 0 }, SLICE_INIT(""), SLICE_INIT(""), 0 },
    { "two digits", SLICE_INIT("25\r\n"), BAD, 0, { 0 }, SLICE_INIT(""), SLICE_INIT(""), 0 },
    { "four digits", SLICE_INIT("2500 OK\r\n"), BAD, 0, { 0 }, SLICE_INIT(""), SLICE_INIT(""), 0 },
    { "no digits", SLICE_INIT("HTTP/1.0 200 OK\r\n"), BAD, 0, { 0 }, SLICE_INIT(""), SLICE_INIT(""), 0 },
    { "empty line", SLICE_INIT("\r\n"), BAD, 0, { 0 }, SLICE_INIT(""), SLICE_INIT(""), 0 },
    { "tab behind the code", SLICE_INIT("250\tOK\r\n"), BAD, 0, { 0 }, SLICE_INIT(""), SLICE_INIT(""), 0 },
    { "codes that differ (RFC 5321 §4.2.1: MUST be the same)", SLICE_INIT("250-a\r\n550 b\r\n"), BAD, 0, { 0 }, SLICE_INIT(""), SLICE_INIT(""), 0 },
};

static const struct {
    struct slice in;
    bool ok;
    struct smtp_enhanced code;
    struct slice rest;
} enhanced[] = {
    { SLICE_INIT("5.7.8 rest of it"), true, { 5, 7, 8 }, SLICE_INIT("rest of it") },
    { SLICE_INIT("2.0.0"), true, { 2, 0, 0 }, SLICE_INIT("") },
    { SLICE_INIT("4.999.999 "), true, { 4, 999, 999 }, SLICE_INIT("") },
    { SLICE_INIT("4.1000.0 x"), false, { 0 }, SLICE_INIT("") },
    { SLICE_INIT("3.0.0 x"), false, { 0 }, SLICE_INIT("") },
    { SLICE_INIT("25.0.0 x"), false, { 0 }, SLICE_INIT("") },
    { SLICE_INIT("5.7 x"), false, { 0 }, SLICE_INIT("") },
    { SLICE_INIT("5.7."), false, { 0 }, SLICE_INIT("") },
    { SLICE_INIT("5.7.8x"), false, { 0 }, SLICE_INIT("") },
    { SLICE_INIT("5.7.8.9 x"), false, { 0 }, SLICE_INIT("") },
    { SLICE_INIT("5..8 x"), false, { 0 }, SLICE_INIT("") },
    { SLICE_INIT(" 5.7.8 x"), false, { 0 }, SLICE_INIT("") },
    { SLICE_INIT(""), false, { 0 }, SLICE_INIT("") },
    { SLICE_INIT("5"), false, { 0 }, SLICE_INIT("") },
};
/* clang-format on */

static void reply_is_written_on_one_printable_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(writes); i++) {
        struct buf out;
        buf_init(&out, 1024);
        smtp_reply_write(&out, &writes[i].reply, writes[i].utf8);
        expect_slice(writes[i].name, buf_slice(&out), writes[i].wire);
        buf_clear(&out);
    }
}

static void reply_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(reads); i++) {
        struct smtp_reply got = { 0 };
        struct slice lines = { 0 };
        struct fault why = { 0 };
        size_t taken = 0;
        int result = (int)smtp_reply_parse(guarded(reads[i].in), &got, &lines, &taken, &why);
        if (result != reads[i].result || got.code != reads[i].code || taken != reads[i].taken)
            fail_msg("%s: result %d, code %u, taken %zu", reads[i].name, result, (unsigned)got.code,
                     taken);
        assert_int_equal(result == BAD, why.what != NULL);
        assert_int_equal(got.enhanced.class, reads[i].enhanced.class);
        assert_int_equal(got.enhanced.subject, reads[i].enhanced.subject);
        assert_int_equal(got.enhanced.detail, reads[i].enhanced.detail);
        expect_slice(reads[i].name, got.text, reads[i].text);
        expect_slice(reads[i].name, lines, reads[i].lines);
    }
}

static int parse_all(const struct buf *in, struct fault *why)
{
    struct smtp_reply reply;
    struct slice lines;
    size_t taken;
    return (int)smtp_reply_parse(guarded(buf_slice(in)), &reply, &lines, &taken, why);
}

static void reply_line_is_bounded(void **state)
{
    (void)state;
    struct buf in;
    struct fault why = { 0 };
    buf_init(&in, 4096);
    buf_append_str(&in, "250 ");
    while (buf_size(&in) < SMTP_REPLY_LINE_MAX - 2)
        buf_append_byte(&in, 'x');
    buf_append_str(&in, "\r\n");
    assert_int_equal(parse_all(&in, &why), DONE);
    buf_clear(&in);

    buf_append_str(&in, "250 ");
    while (buf_size(&in) < SMTP_REPLY_LINE_MAX)
        buf_append_byte(&in, 'x');
    assert_int_equal(parse_all(&in, &why), MORE);
    buf_append_byte(&in, '\n');
    assert_int_equal(parse_all(&in, &why), BAD);
    assert_string_equal(why.what, "reply line too long");
    buf_clear(&in);
}

static void reply_lines_are_bounded(void **state)
{
    (void)state;
    struct buf in;
    struct fault why = { 0 };
    buf_init(&in, 4096);
    for (size_t i = 0; i < SMTP_REPLY_LINES_MAX - 1; i++)
        buf_append_str(&in, "250-x\r\n");
    assert_int_equal(parse_all(&in, &why), MORE);
    buf_append_str(&in, "250-x\r\n");
    assert_int_equal(parse_all(&in, &why), BAD);
    assert_string_equal(why.what, "reply of too many lines");
    assert_int_equal(why.at, buf_size(&in));
    buf_clear(&in);
}

static void enhanced_code_is_read_whole_or_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(enhanced); i++) {
        struct smtp_enhanced got = { 0 };
        struct slice rest = { 0 };
        if (smtp_enhanced_parse(guarded(enhanced[i].in), &got, &rest) != enhanced[i].ok)
            fail_msg("case %zu", i);
        assert_int_equal(got.class, enhanced[i].code.class);
        assert_int_equal(got.subject, enhanced[i].code.subject);
        assert_int_equal(got.detail, enhanced[i].code.detail);
        expect_slice("rest", rest, enhanced[i].rest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reply_is_written_on_one_printable_line),
        cmocka_unit_test(reply_is_read),
        cmocka_unit_test(reply_line_is_bounded),
        cmocka_unit_test(reply_lines_are_bounded),
        cmocka_unit_test(enhanced_code_is_read_whole_or_not),
    };
    return cmocka_run_group_tests_name("smtp/reply", tests, NULL, NULL);
}
