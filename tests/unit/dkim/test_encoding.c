/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "dkim/encoding.h"

/* clang-format off */
static const struct {
    const char *name;
    struct slice in;
    bool valid;
    struct slice out;
} base64[] = {
    { "nothing", SLICE_INIT(""), true, SLICE_INIT("") },
    { "one octet", SLICE_INIT("Zg=="), true, SLICE_INIT("f") },
    { "two octets", SLICE_INIT("Zm8="), true, SLICE_INIT("fo") },
    { "three octets", SLICE_INIT("Zm9v"), true, SLICE_INIT("foo") },
    { "six octets", SLICE_INIT("Zm9vYmFy"), true, SLICE_INIT("foobar") },
    { "all digits of one kind", SLICE_INIT("++//"), true, SLICE_INIT("\xfb\xef\xff") },
    { "NUL decoded", SLICE_INIT("AAAA"), true, SLICE_INIT("\0\0\0") },
    { "white space anywhere (RFC 6376 §2.10: base64string has FWS)", SLICE_INIT("Z\r\n\tm9 vYm Fy "), true, SLICE_INIT("foobar") },
    { "white space in the padding", SLICE_INIT(" Z g\r\n = = "), true, SLICE_INIT("f") },
    { "quads behind white space", SLICE_INIT(" Zm9v Zm9vZm9v"), true, SLICE_INIT("foofoofoo") },
    { "padding left out (the ABNF counts no digits)", SLICE_INIT("Zm9vYg"), true, SLICE_INIT("foob") },
    { "one sign of padding of two", SLICE_INIT("Zg="), true, SLICE_INIT("f") },
    { "padding bits that are not zero", SLICE_INIT("Zh=="), true, SLICE_INIT("f") },
    { "one digit", SLICE_INIT("Z"), false, SLICE_INIT("") },
    { "five digits", SLICE_INIT("Zm9vY"), false, SLICE_INIT("") },
    { "too much padding", SLICE_INIT("Zm8=="), false, SLICE_INIT("") },
    { "padding of whole octets", SLICE_INIT("Zm9v="), false, SLICE_INIT("") },
    { "padding only", SLICE_INIT("="), false, SLICE_INIT("") },
    { "digits behind the padding", SLICE_INIT("Zg==Zg=="), false, SLICE_INIT("") },
    { "a digit in the padding", SLICE_INIT("Zg=Z"), false, SLICE_INIT("") },
    { "a hyphen (base64url)", SLICE_INIT("Zm9-"), false, SLICE_INIT("") },
    { "NUL", SLICE_INIT("Zm9\0"), false, SLICE_INIT("") },
    { "8-bit", SLICE_INIT("Zm9\xff"), false, SLICE_INIT("") },
    { "a semicolon", SLICE_INIT("Zm9v;"), false, SLICE_INIT("") },
}, quoted[] = {
    { "nothing", SLICE_INIT(""), true, SLICE_INIT("") },
    { "plain", SLICE_INIT("joe@example.com"), true, SLICE_INIT("joe@example.com") },
    { "encoded (RFC 6376 §2.11)", SLICE_INIT("a=3Bb=3D=20=00"), true, SLICE_INIT("a;b= \0") },
    { "white space is left out", SLICE_INIT(" a\r\n\tb "), true, SLICE_INIT("ab") },
    { "UTF-8 (RFC 8616 §5)", SLICE_INIT("\xc3\xa9"), true, SLICE_INIT("\xc3\xa9") },
    { "lower case digits", SLICE_INIT("=3d"), false, SLICE_INIT("") },
    { "no digits", SLICE_INIT("=xy"), false, SLICE_INIT("") },
    { "cut short", SLICE_INIT("a=3"), false, SLICE_INIT("") },
    { "an equal sign at the end", SLICE_INIT("a="), false, SLICE_INIT("") },
    { "a space inside", SLICE_INIT("= 3D"), false, SLICE_INIT("") },
    { "a semicolon", SLICE_INIT("a;b"), false, SLICE_INIT("") },
    { "a control character", SLICE_INIT("a\x01"), false, SLICE_INIT("") },
};
/* clang-format on */

static void base64_is_read_as_tags_have_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(base64); i++) {
        uint8_t out[64];
        size_t n = 77;
        assert_true(DKIM_BASE64_ROOM(base64[i].in.n) <= sizeof out);
        if (dkim_base64_decode(guarded(base64[i].in), out, &n) != base64[i].valid)
            fail_msg("%s", base64[i].name);
        if (base64[i].valid)
            expect_slice(base64[i].name, (struct slice){ out, n }, base64[i].out);
        else
            assert_int_equal(n, 77);
    }
}

static void quoted_printable_is_read_as_tags_have_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(quoted); i++) {
        uint8_t out[64];
        size_t n = 77;
        if (dkim_quoted_decode(guarded(quoted[i].in), out, &n) != quoted[i].valid)
            fail_msg("%s", quoted[i].name);
        if (quoted[i].valid)
            expect_slice(quoted[i].name, (struct slice){ out, n }, quoted[i].out);
        else
            assert_int_equal(n, 77);
    }
}

static void quoted_printable_is_written_so_that_it_reads_back(void **state)
{
    (void)state;
    struct buf text;
    uint8_t all[256], back[768];
    size_t n;
    for (unsigned c = 0; c < 256; c++)
        all[c] = (uint8_t)c;
    buf_init(&text, 768);
    dkim_quoted_encode(&text, (struct slice){ all, 256 }, '|');
    assert_false(text.failed || slice_has(buf_slice(&text), '|') ||
                 slice_has(buf_slice(&text), ';') || slice_has(buf_slice(&text), ' '));
    assert_true(dkim_quoted_decode(buf_slice(&text), back, &n));
    expect_slice("all octets", (struct slice){ back, n }, (struct slice){ all, 256 });
    buf_clear(&text);
    dkim_quoted_encode(&text, SLICE("a|b c=\xff"), 0);
    expect_slice("text", buf_slice(&text), SLICE("a|b=20c=3D=FF"));
    buf_clear(&text);
}

static void strings_of_a_record_are_joined_or_over_its_end(void **state)
{
    static const struct {
        struct slice rdata;
        const char *text; /* NULL: it is none */
    } cases[] = {
        { SLICE_INIT(""), "" },
        { SLICE_INIT("\0"), "" },
        { SLICE_INIT("\5p=str\3ict"), "p=strict" },
        { SLICE_INIT("\0\1a\0"), "a" },
        { SLICE_INIT("\2a"), NULL },
        { SLICE_INIT("\1a\1"), NULL },
        { SLICE_INIT("\377a"), NULL },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint8_t room[16];
        struct slice text;
        bool joined = dkim_strings_join(guarded(cases[i].rdata), room, &text);
        assert_int_equal(joined, cases[i].text != NULL);
        if (joined)
            assert_true(slice_equal(text, slice_of_str(cases[i].text)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_is_read_as_tags_have_it),
        cmocka_unit_test(quoted_printable_is_read_as_tags_have_it),
        cmocka_unit_test(quoted_printable_is_written_so_that_it_reads_back),
        cmocka_unit_test(strings_of_a_record_are_joined_or_over_its_end),
    };
    return cmocka_run_group_tests_name("dkim/encoding", tests, NULL, NULL);
}
