/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "smtp/parameter.h"

#define X10  "xxxxxxxxxx"
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10

enum { OK = SMTP_PARAMETER_OK, SYNTAX = SMTP_PARAMETER_SYNTAX, UNKNOWN = SMTP_PARAMETER_UNKNOWN };

/* clang-format off */
static const struct {
    const char *name;
    struct slice in;
    int result;
    size_t at;
} mail[] = {
    { "none", SLICE_INIT(""), OK, 0 },
    { "a space", SLICE_INIT(" "), OK, 0 },
    { "all of them", SLICE_INIT(" SIZE=1 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=x AUTH=<>"), OK, 0 },
    { "several spaces", SLICE_INIT("  SIZE=1   BODY=7BIT"), OK, 0 },
    { "without case", SLICE_INIT(" size=1 body=binarymime smtputf8 ret=full"), OK, 0 },
    { "SIZE of 20 digits", SLICE_INIT(" SIZE=18446744073709551615"), OK, 0 },
    { "SIZE of 20 digits, too big for a number", SLICE_INIT(" SIZE=99999999999999999999"), OK, 0 },
    { "SIZE of 21 digits (RFC 1870 §4)", SLICE_INIT(" SIZE=000000000000000000001"), SYNTAX, 1 },
    { "SIZE empty", SLICE_INIT(" SIZE="), SYNTAX, 1 },
    { "SIZE without a value", SLICE_INIT(" SIZE"), SYNTAX, 1 },
    { "SIZE negative", SLICE_INIT(" SIZE=-1"), SYNTAX, 1 },
    { "SIZE with a plus", SLICE_INIT(" SIZE=+1"), SYNTAX, 1 },
    { "SIZE with NUL", SLICE_INIT(" SIZE=1\0"), SYNTAX, 1 },
    { "BODY unknown", SLICE_INIT(" BODY=9BIT"), SYNTAX, 1 },
    { "BODY empty", SLICE_INIT(" BODY="), SYNTAX, 1 },
    { "SMTPUTF8 with a value (RFC 6531 §3.4: none)", SLICE_INIT(" SMTPUTF8=1"), SYNTAX, 1 },
    { "SMTPUTF8 with an empty value", SLICE_INIT(" SMTPUTF8="), SYNTAX, 1 },
    { "RET unknown", SLICE_INIT(" RET=HDR"), SYNTAX, 1 },
    { "ENVID of 100", SLICE_INIT(" ENVID=" X100), OK, 0 },
    { "ENVID of 101 (RFC 3461 §4.4: MUST NOT)", SLICE_INIT(" ENVID=" X100 "x"), SYNTAX, 1 },
    { "ENVID that is no xtext", SLICE_INIT(" ENVID=a+b"), SYNTAX, 1 },
    { "ENVID that means a line end", SLICE_INIT(" ENVID=a+0D+0AX:"), SYNTAX, 1 },
    { "ENVID empty", SLICE_INIT(" ENVID="), SYNTAX, 1 },
    { "AUTH of a mailbox", SLICE_INIT(" AUTH=e+3Dmc2@example.com"), OK, 0 },
    { "AUTH of 500", SLICE_INIT(" AUTH=" X100 X100 X100 X100 X100), OK, 0 },
    { "AUTH of 501", SLICE_INIT(" AUTH=" X100 X100 X100 X100 X100 "x"), SYNTAX, 1 },
    { "AUTH with 8-bit", SLICE_INIT(" AUTH=\xc3\xa9@b"), SYNTAX, 1 },
    { "given twice", SLICE_INIT(" SIZE=1 BODY=7BIT size=1"), SYNTAX, 18 },
    { "given twice without a value", SLICE_INIT(" SMTPUTF8 SMTPUTF8"), SYNTAX, 10 },
    { "unknown keyword", SLICE_INIT(" SIZE=1 X-Y=z"), UNKNOWN, 8 },
    { "keyword of RCPT", SLICE_INIT(" NOTIFY=NEVER"), UNKNOWN, 1 },
    { "a prefix is unknown", SLICE_INIT(" SIZ=1"), UNKNOWN, 1 },
    { "no keyword", SLICE_INIT(" =1"), SYNTAX, 1 },
    { "keyword with a leading hyphen", SLICE_INIT(" -SIZE=1"), SYNTAX, 1 },
    { "keyword with a tab", SLICE_INIT(" SIZE=1\tBODY=7BIT"), SYNTAX, 1 },
    { "tab as separator", SLICE_INIT("\tSIZE=1"), SYNTAX, 0 },
    { "NUL for a keyword", SLICE_INIT(" \0"), SYNTAX, 1 },
    { "two equal signs", SLICE_INIT(" SIZE==1"), SYNTAX, 1 },
};

static const struct {
    const char *name;
    struct slice in;
    int result;
    unsigned notify;
    struct slice orcpt;
} rcpt[] = {
    { "none", SLICE_INIT(""), OK, 0, SLICE_INIT("") },
    { "never", SLICE_INIT(" NOTIFY=never"), OK, SMTP_NOTIFY_NEVER, SLICE_INIT("") },
    { "all but never", SLICE_INIT(" NOTIFY=SUCCESS,FAILURE,DELAY"), OK, SMTP_NOTIFY_SUCCESS | SMTP_NOTIFY_FAILURE | SMTP_NOTIFY_DELAY, SLICE_INIT("") },
    { "both parameters", SLICE_INIT(" ORCPT=rfc822;a+2Bb@c NOTIFY=DELAY"), OK, SMTP_NOTIFY_DELAY, SLICE_INIT("rfc822;a+2Bb@c") },
    { "ORCPT of type utf-8 (RFC 6533 §3)", SLICE_INIT(" ORCPT=utf-8;\xc3\xa9\\x{20}@b"), OK, 0, SLICE_INIT("utf-8;\xc3\xa9\\x{20}@b") },
    { "ORCPT of 500", SLICE_INIT(" ORCPT=a;" X100 X100 X100 X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 "xxxxxxxx"), OK, 0, SLICE_INIT("a;" X100 X100 X100 X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 "xxxxxxxx") },
    { "ORCPT of 501", SLICE_INIT(" ORCPT=a;" X100 X100 X100 X100 X100 "x"), SYNTAX, 0, SLICE_INIT("") },
    { "NEVER with another (RFC 3461 §4.1: MUST appear by itself)", SLICE_INIT(" NOTIFY=NEVER,SUCCESS"), SYNTAX, 0, SLICE_INIT("") },
    { "another with NEVER", SLICE_INIT(" NOTIFY=DELAY,NEVER"), SYNTAX, 0, SLICE_INIT("") },
    { "NOTIFY empty", SLICE_INIT(" NOTIFY="), SYNTAX, 0, SLICE_INIT("") },
    { "NOTIFY with an empty word", SLICE_INIT(" NOTIFY=DELAY,"), SYNTAX, 0, SLICE_INIT("") },
    { "NOTIFY unknown", SLICE_INIT(" NOTIFY=SOMETIMES"), SYNTAX, 0, SLICE_INIT("") },
    { "NOTIFY twice", SLICE_INIT(" NOTIFY=DELAY NOTIFY=DELAY"), SYNTAX, 0, SLICE_INIT("") },
    { "ORCPT without a type", SLICE_INIT(" ORCPT=a@b"), SYNTAX, 0, SLICE_INIT("") },
    { "ORCPT with an empty type", SLICE_INIT(" ORCPT=;a@b"), SYNTAX, 0, SLICE_INIT("") },
    { "ORCPT with nothing behind its type", SLICE_INIT(" ORCPT=rfc822;"), SYNTAX, 0, SLICE_INIT("") },
    { "ORCPT with 8-bit", SLICE_INIT(" ORCPT=rfc822;\xc3\xa9@b"), SYNTAX, 0, SLICE_INIT("") },
    { "ORCPT with UTF-8 that is none", SLICE_INIT(" ORCPT=utf-8;\xc3@b"), SYNTAX, 0, SLICE_INIT("") },
    { "ORCPT that means a line end", SLICE_INIT(" ORCPT=rfc822;a+0Ab"), SYNTAX, 0, SLICE_INIT("") },
    { "keyword of MAIL", SLICE_INIT(" SIZE=1"), UNKNOWN, 0, SLICE_INIT("") },
};
/* clang-format on */

static void mail_parameters_accept_and_refuse(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(mail); i++) {
        struct smtp_mail_parameters got, before;
        struct fault why = { 0 };
        memset(&got, 0x5a, sizeof got);
        before = got;
        int result = (int)smtp_mail_parameters_parse(guarded(mail[i].in), &got, &why);
        if (result != mail[i].result || why.at != mail[i].at)
            fail_msg("%s: %d (%s at %zu)", mail[i].name, result, why.what, why.at);
        if (result != OK && memcmp(&got, &before, sizeof got) != 0)
            fail_msg("%s: out was touched", mail[i].name);
    }
}

static void mail_parameters_mean_what_they_say(void **state)
{
    (void)state;
    struct smtp_mail_parameters got;
    struct fault why;
    struct slice in = guarded(SLICE(" SIZE=0 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+2Bb AUTH=<>"));
    assert_int_equal(smtp_mail_parameters_parse(in, &got, &why), OK);
    assert_true(got.size_given && got.size == 0 && got.smtputf8);
    assert_int_equal(got.body, SMTP_BODY_8BITMIME);
    assert_int_equal(got.ret, SMTP_RET_HDRS);
    expect_slice("ENVID", got.envid, SLICE("a+2Bb"));
    expect_slice("AUTH", got.auth, SLICE("<>"));

    assert_int_equal(smtp_mail_parameters_parse(SLICE(" RET=FULL"), &got, &why), OK);
    assert_true(!got.size_given && !got.smtputf8 && !got.envid.p && !got.auth.p);
    assert_int_equal(got.body, SMTP_BODY_NONE);
    assert_int_equal(got.ret, SMTP_RET_FULL);

    assert_int_equal(smtp_mail_parameters_parse(SLICE(" SIZE=99999999999999999999"), &got, &why),
                     OK);
    assert_true(got.size == UINT64_MAX);
}

static void rcpt_parameters(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rcpt); i++) {
        struct smtp_rcpt_parameters got = { 0 };
        struct fault why = { 0 };
        int result = (int)smtp_rcpt_parameters_parse(guarded(rcpt[i].in), &got, &why);
        if (result != rcpt[i].result || got.notify != rcpt[i].notify)
            fail_msg("%s: %d (%s at %zu)", rcpt[i].name, result, why.what, why.at);
        expect_slice(rcpt[i].name, got.orcpt, rcpt[i].orcpt);
        if (!rcpt[i].orcpt.n)
            assert_null(got.orcpt.p);
    }
}

static void xtext_is_what_rfc_3461_says(void **state)
{
    (void)state;
    assert_true(smtp_is_xtext(guarded(SLICE(""))));
    assert_true(smtp_is_xtext(guarded(SLICE("a+2B+3D~!"))));
    assert_false(smtp_is_xtext(guarded(SLICE("a+2"))));
    assert_false(smtp_is_xtext(guarded(SLICE("+"))));
    assert_false(smtp_is_xtext(guarded(SLICE("+2b")))); /* upper case only */
    assert_false(smtp_is_xtext(guarded(SLICE("+G0"))));
    assert_false(smtp_is_xtext(guarded(SLICE("a=b"))));
    assert_false(smtp_is_xtext(guarded(SLICE("a b"))));
    assert_false(smtp_is_xtext(guarded(SLICE("\0"))));
    assert_false(smtp_is_xtext(guarded(SLICE("\x80"))));
}

static void xtext_is_written_so_that_it_reads_back(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1024);
    smtp_write_xtext(&out, SLICE("a+b=c \r\n\xff"));
    expect_slice("xtext", buf_slice(&out), SLICE("a+2Bb+3Dc+20+0D+0A+FF"));
    for (unsigned c = 0; c < 256; c++)
        smtp_write_xtext(&out, (struct slice){ (uint8_t[]){ (uint8_t)c }, 1 });
    assert_false(out.failed);
    assert_true(smtp_is_xtext(buf_slice(&out)));
    buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mail_parameters_accept_and_refuse),
        cmocka_unit_test(mail_parameters_mean_what_they_say),
        cmocka_unit_test(rcpt_parameters),
        cmocka_unit_test(xtext_is_what_rfc_3461_says),
        cmocka_unit_test(xtext_is_written_so_that_it_reads_back),
    };
    return cmocka_run_group_tests_name("smtp/parameter", tests, NULL, NULL);
}
