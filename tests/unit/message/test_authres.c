/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "message/authres.h"

static const struct {
    const char *name;
    struct slice value;
    bool claims;
} claims[] = {
    { "plain", SLICE_INIT(" mx.example.com; dkim=pass"), true },
    { "case", SLICE_INIT(" MX.Example.COM; dkim=pass"), true },
    { "without a result", SLICE_INIT("mx.example.com"), true },
    { "none", SLICE_INIT(" mx.example.com; none"), true },
    { "a version", SLICE_INIT(" mx.example.com 1; dkim=pass"), true },
    { "a version behind a comment", SLICE_INIT(" mx.example.com(c)1; dkim=pass"), true },
    { "a comment first", SLICE_INIT(" (foo) mx.example.com; dkim=pass"), true },
    { "a nested comment", SLICE_INIT("(a(b\\))c)mx.example.com(d);dkim=pass"), true },
    { "a semicolon in a comment", SLICE_INIT(" (;) mx.example.com; dkim=pass"), true },
    { "folding", SLICE_INIT("\r\n\tmx.example.com\r\n ;\r\n dkim=pass"), true },
    { "a quoted string", SLICE_INIT(" \"mx.example.com\"; dkim=pass"), true },
    { "a quoted string with a semicolon", SLICE_INIT(" \"x;\" mx.example.com; dkim=pass"), true },
    { "a quoted pair", SLICE_INIT(" \"m\\x.example\\.com\"; dkim=pass"), true },
    { "half in quotes", SLICE_INIT(" \"mx\".example.com; dkim=pass"), true },
    { "a comment within", SLICE_INIT(" mx.(x)example.com; dkim=pass"), true },
    { "a comment within, and a version", SLICE_INIT(" mx.(x)example.com 1; dkim=pass"), true },
    { "a final dot", SLICE_INIT(" mx.example.com.; dkim=pass"), true },
    { "NUL inside", SLICE_INIT(" mx.exa\0mple.com; dkim=pass"), true },
    { "the version of old", SLICE_INIT(" mx.example.com/1; dkim=pass"), true },
    { "full-width letters", SLICE_INIT(" \xef\xbd\x8dx.example.com; dkim=pass"), true },
    { "unreadable: an open comment", SLICE_INIT(" (mx.example.com; dkim=pass"), true },
    { "unreadable: an open quote", SLICE_INIT(" \"mx.example.com; dkim=pass"), true },
    { "unreadable: a second word", SLICE_INIT(" other.example mx.example.com; dkim=pass"), true },
    { "unreadable: an encoded word", SLICE_INIT(" =?utf-8?q?mx.example.com?=; dkim=pass"), true },
    { "unreadable: an encoded word of base64",
      SLICE_INIT(" =?utf-8?b?bXguZXhhbXBsZS5jb20=?=; dkim=pass"), true },
    { "unreadable: an encoded word with a dot encoded",
      SLICE_INIT(" =?us-ascii?Q?mx=2Eexample=2Ecom?=; dkim=pass"), true },
    { "a space that is none in front", SLICE_INIT(" \xc2\xa0mx.example.com; dkim=pass"), true },
    { "a space that is none behind", SLICE_INIT(" mx.example.com\xe3\x80\x80; dkim=pass"), true },
    { "another's, 8-bit", SLICE_INIT(" m\xc3\xbc.example; dkim=pass"), false },
    { "unreadable: a colon", SLICE_INIT(" x:mx.example.com; dkim=pass"), true },
    { "another's", SLICE_INIT(" other.example; dkim=pass"), false },
    { "another's that ends like ours", SLICE_INIT(" amx.example.com; dkim=pass"), false },
    { "another's, unreadable", SLICE_INIT(" amx.example.com junk; dkim=pass"), false },
    { "another's below ours", SLICE_INIT(" a.mx.example.com; dkim=pass"), false },
    { "another's that begins like ours", SLICE_INIT(" mx.example.com.evil.example; x=y"), false },
    { "another's with a version", SLICE_INIT(" mx.example.co 1; dkim=pass"), false },
    { "ours in a result only", SLICE_INIT(" other.example; dkim=pass header.d=mx.example.com"),
      false },
    { "ours in a comment of another's", SLICE_INIT(" other.example (mx.example.com); none"),
      false },
    { "empty", SLICE_INIT(""), false },
    { "no id", SLICE_INIT(" ; dkim=pass"), false },
};

static void our_id_is_found_in_any_spelling(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++)
        if (authres_claims(guarded(claims[i].value), SLICE("mx.example.com")) != claims[i].claims)
            fail_msg("%s", claims[i].name);
}

static void a_u_label_is_its_a_label(void **state)
{
    struct slice u = SLICE("m\xc3\xbc.example"), a = SLICE("xn--m-eha.example");
    (void)state;
    assert_true(authres_claims(SLICE(" XN--m-eha.example; none"), u));
    assert_true(authres_claims(SLICE(" M\xc3\x9c.example 1; none"), a));
    assert_true(authres_claims(SLICE(" m\xc3\xbc.example junk; none"), a));
    assert_true(authres_claims(SLICE(" m\xc3\xbc.example; none"), u));
    assert_false(authres_claims(SLICE(" mu.example; none"), u));
}

static void an_id_of_any_text_is_compared_as_it_is(void **state)
{
    (void)state;
    assert_true(authres_claims(SLICE(" \"our id\"; none"), SLICE("ourid")));
    assert_true(authres_claims(SLICE(" gate_1; none"), SLICE("gate_1")));
    assert_false(authres_claims(SLICE(" gate_11; none"), SLICE("gate_1")));
    assert_false(authres_claims(SLICE(" gate 1; none"), SLICE("gate_1")));
    assert_false(authres_claims(SLICE(" gate; none"), SLICE("")));
}

static void very_long_beginnings_are_claimed_when_ours_is_seen(void **state)
{
    static char text[5000];
    (void)state;
    memset(text, 'x', sizeof text);
    assert_false(authres_claims(guarded(slice_from(slice_of_str("mx"), 2)), SLICE("mx")));
    assert_false(
        authres_claims(guarded((struct slice){ (uint8_t *)text, sizeof text }), SLICE("mx")));
    memcpy(text, "mx ", 3);
    assert_true(
        authres_claims(guarded((struct slice){ (uint8_t *)text, sizeof text }), SLICE("mx")));
}

static void expect_property(const char *value, const char *want)
{
    struct buf out;
    buf_init(&out, 4096);
    authres_property(&out, "header", "x", slice_of_str(value));
    expect_slice(value, slice_from(buf_slice(&out), strlen(" header.x=")), slice_of_str(want));
    buf_clear(&out);
}

static void what_is_no_token_is_quoted(void **state)
{
    static const char *const values[][2] = {
        { "example.com", "example.com" },
        { "ab+cd", "ab+cd" },
        { "ab/cd", "\"ab/cd\"" },
        { "abc=", "\"abc=\"" },
        { "@example.com", "@example.com" },
        { "joe@example.com", "joe@example.com" },
        { "joe/x@example.com", "\"joe/x@example.com\"" },
        { "a@b@example.com", "\"a@b@example.com\"" },
        { "\"j d\"@example.com", "\"\\\"j d\\\"@example.com\"" },
        { "a\\b", "\"a\\\\b\"" },
        { "", "\"\"" },
        { "a;b", "\"a;b\"" },
        { "m\xc3\xbc", "\"m\xc3\xbc\"" },
        { "m\xfc", "\"m?\"" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        expect_property(values[i][0], values[i][1]);
}

/* CVE-2020-12272: a reader took the domain to end at the parenthesis. */
static void controls_and_parentheses_are_never_written(void **state)
{
    (void)state;
    expect_property("example.net(.example.com", "\"example.net.example.com\"");
    expect_property("a\r\nBcc: x", "\"aBcc: x\"");
    expect_property("a\x01\x7f)b", "\"ab\"");
}

static void a_field_is_written_folded(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, 4096);
    authres_start(&out, SLICE("mx.example.com"));
    authres_result(&out, "dkim", "pass", SLICE("2048-bit (rsa) \\key\n"), (struct slice){ 0 });
    authres_property(&out, "header", "d", SLICE("example.net"));
    authres_property(&out, "header", "i", SLICE("@example.net"));
    authres_property(&out, "header", "b", SLICE("a+/=bcde"));
    authres_result(&out, "x-dkim-ssp", "fail", (struct slice){ 0 }, SLICE("step \"9\" (all)"));
    expect_slice("all of it", buf_slice(&out),
                 SLICE("mx.example.com;\r\n\tdkim=pass (2048-bit rsa key) header.d=example.net "
                       "header.i=@example.net\r\n\theader.b=\"a+/=bcde\";\r\n\tx-dkim-ssp=fail "
                       "reason=\"step \\\"9\\\" all\""));
    buf_clear(&out);
    authres_start(&out, SLICE("mx.example.com"));
    authres_none(&out);
    expect_slice("none", buf_slice(&out), SLICE("mx.example.com; none"));
    buf_clear(&out);
}

static void long_values_are_cut_between_characters(void **state)
{
    static char text[1024];
    struct buf out;
    (void)state;
    for (size_t i = 1; i + 1 < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xbc", 2);
    text[0] = 'x';
    buf_init(&out, 4096);
    authres_property(&out, "header", "i", slice_of_str(text));
    assert_true(slice_is_utf8(buf_slice(&out)));
    assert_in_range(buf_size(&out), 500, 530);
    buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_id_is_found_in_any_spelling),
        cmocka_unit_test(a_u_label_is_its_a_label),
        cmocka_unit_test(an_id_of_any_text_is_compared_as_it_is),
        cmocka_unit_test(very_long_beginnings_are_claimed_when_ours_is_seen),
        cmocka_unit_test(what_is_no_token_is_quoted),
        cmocka_unit_test(controls_and_parentheses_are_never_written),
        cmocka_unit_test(a_field_is_written_folded),
        cmocka_unit_test(long_values_are_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
