/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdio.h>

#include "submit/alert_internal.h"

#define WALL_US INT64_C(1795252309123456) /* 2026-11-21 09:11:49 UTC */

static struct alert full(void)
{
    struct alert a = {
        .kind = DEVICE_ALERT_NEW_DEVICE,
        .account = SLICE("anna@example.net"),
        .type = SLICE("UUID"),
        .label = SLICE("Anna's \"phone\""),
        .location = { .country = "DE", .name = "Building 7", .as = 64496 },
        .reason = SLICE("stranger-guesses"),
        .wall_us = WALL_US,
    };
    assert_true(device_network_parse(SLICE("192.0.2.0/24"), &a.network));
    return a;
}

/* ---- JSON ---- */

static void expect_json(const struct alert *a, const char *want)
{
    struct buf out;
    buf_init(&out, ALERT_JSON_MAX);
    alert_json(&out, a);
    assert_false(out.failed);
    expect_slice("json", buf_slice(&out), slice_of_str(want));
    buf_clear(&out);
}

static void test_json_has_every_field(void **state)
{
    (void)state;
    struct alert a = full();
    expect_json(&a, "{\"event\":\"device.alert\",\"kind\":\"new-device\","
                    "\"time\":\"2026-11-21T09:11:49.123456Z\",\"account\":\"anna@example.net\","
                    "\"type\":\"UUID\",\"label\":\"Anna's \\\"phone\\\"\","
                    "\"network\":\"192.0.2.0/24\",\"country\":\"DE\",\"place\":\"Building 7\","
                    "\"as\":64496,\"reason\":\"stranger-guesses\"}");
    a = (struct alert){ .kind = DEVICE_ALERT_ATTACK, .wall_us = WALL_US };
    expect_json(&a, "{\"event\":\"device.alert\",\"kind\":\"attack\","
                    "\"time\":\"2026-11-21T09:11:49.123456Z\",\"account\":null,\"type\":null,"
                    "\"label\":null,\"network\":null,\"country\":null,\"place\":null,\"as\":null,"
                    "\"reason\":null}");
}

static void test_json_of_what_is_not_text(void **state)
{
    (void)state;
    struct alert a = { .kind = DEVICE_ALERT_LIMIT,
                       .account = SLICE("a\xff\0\n\\"),
                       .label = SLICE("\xc3\xa4"),
                       .wall_us = WALL_US };
    expect_json(&a, "{\"event\":\"device.alert\",\"kind\":\"limit\","
                    "\"time\":\"2026-11-21T09:11:49.123456Z\",\"account\":\"a???\\\\\","
                    "\"type\":null,\"label\":\"\xc3\xa4\",\"network\":null,\"country\":null,"
                    "\"place\":null,\"as\":null,\"reason\":null}");
}

static void test_the_longest_alert_fits(void **state)
{
    (void)state;
    static uint8_t quotes[DEVICE_ACCOUNT_MAX];
    memset(quotes, '"', sizeof quotes);
    struct alert a = full();
    struct buf out;
    a.account = (struct slice){ quotes, DEVICE_ACCOUNT_MAX };
    a.label = (struct slice){ quotes, DEVICE_LABEL_MAX };
    a.reason = (struct slice){ quotes, DEVICE_REASON_MAX };
    buf_init(&out, ALERT_JSON_MAX);
    alert_json(&out, &a);
    assert_false(out.failed);
    buf_clear(&out);
}

/* ---- mail ---- */

#define HEAD                                                              \
    "Date: Sat, 21 Nov 2026 09:11:49 +0000\r\n"                           \
    "Message-ID: <1f@gate.example>\r\nAuto-Submitted: auto-generated\r\n" \
    "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
#define FROM_TO "From: <postmaster@gate.example>\r\nTo: <anna@example.net>\r\n"
#define PLAIN   "Content-Transfer-Encoding: 7bit\r\n\r\n"

static void expect_mail(const char *name, const struct alert *a, struct slice text,
                        const char *want)
{
    struct buf out;
    struct fault why;
    buf_init(&out, ALERT_MAIL_MAX);
    assert_true(alert_template_check(guarded(text), &why));
    assert_true(alert_mail(&out, a, guarded(text), SLICE("postmaster@gate.example"),
                           SLICE("anna@example.net"), SLICE("1f@gate.example")));
    expect_slice(name, buf_slice(&out), slice_of_str(want));
    buf_clear(&out);
}

static void test_mail_from_a_template(void **state)
{
    (void)state;
    struct alert a = full(), bare = { .kind = DEVICE_ALERT_LIMIT, .wall_us = WALL_US };
    bare.network = a.network;
    expect_mail("all placeholders", &a,
                SLICE("Subject: {kind} for {account}\n\n{time}\n{device} at {place}: {reason}\n"),
                FROM_TO "Subject: new-device for anna@example.net\r\n" HEAD PLAIN
                        "Sat, 21 Nov 2026 09:11:49 +0000\r\n"
                        "Anna's \"phone\" at Building 7: stranger-guesses\r\n");
    expect_mail("what is not known", &bare,
                SLICE("Subject: x\n\n{account}, {device}, {place}, {reason}."),
                FROM_TO "Subject: x\r\n" HEAD PLAIN
                        "all accounts, one that does not identify itself, 192.0.2.0/24, .\r\n");
    a.location.name[0] = '\0';
    a.label = (struct slice){ 0 };
    expect_mail("country and type; CRLF; braces", &a,
                SLICE("SUBJECT:x\r\n\r\n{device} {place} {{account} }\r\n.\r\n"),
                FROM_TO "Subject: x\r\n" HEAD PLAIN "UUID DE {account} }\r\n.\r\n");
}

static void test_what_is_not_ascii_is_encoded(void **state)
{
    (void)state;
    struct alert a = full();
    expect_mail("RFC 2047 and base64", &a, SLICE("Subject: Ger\xc3\xa4t\n\n\xc3\xa4\n"),
                FROM_TO "Subject: =?utf-8?B?R2Vyw6R0?=\r\n" HEAD
                        "Content-Transfer-Encoding: base64\r\n\r\nw6QNCg==\r\n");
    expect_mail("no character is torn", &a,
                SLICE("Subject: 12345678901234567890123456789012345678901234\xc3\xa4\n\nx"),
                FROM_TO "Subject: "
                        "=?utf-8?B?MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ=?="
                        "\r\n =?utf-8?B?w6Q=?=\r\n" HEAD PLAIN "x\r\n");
    a.label = SLICE("=?utf-8?B?eA==?=");
    expect_mail("a label does not decode", &a, SLICE("Subject: {device}\n\nx"),
                FROM_TO "Subject: =?utf-8?B?PT91dGYtOD9CP2VBPT0/PQ==?=\r\n" HEAD PLAIN "x\r\n");
}

static void test_no_value_makes_a_header_or_a_line(void **state)
{
    (void)state;
    struct alert a = full();
    a.label = SLICE("x\r\nBcc: y\0\x7f");
    a.reason = SLICE("r\r\n.\r\n");
    expect_mail("control characters", &a, SLICE("Subject: {device}\n\n{device}\n{reason}\n"),
                FROM_TO "Subject: x??Bcc: y??\r\n" HEAD PLAIN "x??Bcc: y??\r\nr??.??\r\n");
    a.label = SLICE("{account}");
    expect_mail("values are not templates", &a, SLICE("Subject: x\n\n{device}"),
                FROM_TO "Subject: x\r\n" HEAD PLAIN "{account}\r\n");
}

static void test_addresses_that_would_break_the_header_are_refused(void **state)
{
    (void)state;
    static const struct slice bad[] = {
        SLICE_INIT(""),
        SLICE_INIT("a@b\r\nBcc: c@d"),
        SLICE_INIT("a\0@b"),
        SLICE_INIT("a@\xff"),
    };
    const struct slice good = SLICE("a@b"), text = SLICE("Subject: x\n\nx");
    const struct alert a = full();
    struct buf out;
    buf_init(&out, ALERT_MAIL_MAX);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_false(alert_mail(&out, &a, text, bad[i], good, good));
        assert_false(alert_mail(&out, &a, text, good, bad[i], good));
        assert_false(alert_mail(&out, &a, text, good, good, bad[i]));
        assert_int_equal(buf_size(&out), 0);
    }
    buf_init(&out, 50);
    assert_false(alert_mail(&out, &a, text, good, good, good));
    buf_clear(&out);
}

static void test_built_in_texts_are_good_templates(void **state)
{
    (void)state;
    const struct alert a = full();
    for (unsigned kind = 0; kind < DEVICE_ALERT_COUNT; kind++) {
        struct slice text = alert_template_builtin((enum device_alert)kind);
        struct fault why = { 0, "" };
        struct buf out;
        if (!alert_template_check(text, &why))
            fail_msg("%u: %s at %zu", kind, why.what, why.at);
        buf_init(&out, ALERT_MAIL_MAX);
        assert_true(alert_mail(&out, &a, text, SLICE("a@b"), SLICE("c@d"), SLICE("e@f")));
        assert_non_null(memmem(out.p, out.end, PLAIN, sizeof PLAIN - 1));
        assert_null(memmem(out.p, out.end, "{", 1));
        buf_clear(&out);
    }
}

static void test_templates_with_faults(void **state)
{
    (void)state;
    static uint8_t longest[ALERT_TEMPLATE_MAX + 1];
    const char *unknown = "no placeholder; there are {account} {time} {device} {place} {reason} "
                          "{kind}, and {{ for a brace";
    memset(longest, 'x', sizeof longest);
    memcpy(longest, "Subject: x\n\n", 12);
    const struct {
        struct slice text;
        const char *what; /* NULL: good */
        size_t at;
    } cases[] = {
        { SLICE(""), "the first line is not \"Subject: ...\"", 0 },
        { SLICE("Hello\n\nx"), "the first line is not \"Subject: ...\"", 0 },
        { SLICE("Subject:  \n\nx"), "the first line is not \"Subject: ...\"", 0 },
        { SLICE("Subject: x"), "not an empty line and a text behind the subject", 10 },
        { SLICE("Subject: x\ny\nz"), "not an empty line and a text behind the subject", 11 },
        { SLICE("Subject: x\n\n"), "not an empty line and a text behind the subject", 11 },
        { SLICE("Subject: x\n\n{token}"), unknown, 12 },
        { SLICE("Subject: {Account}\n\nx"), unknown, 9 },
        { SLICE("Subject: x\n\n{"), unknown, 12 },
        { SLICE("Subject: x\n\n{account"), unknown, 12 },
        { SLICE("Subject: x\n\n{}"), unknown, 12 },
        { SLICE("Subject: x\n\n{{{x}"), unknown, 14 },
        { SLICE("Subject: x\n\na\0"), "a control character", 13 },
        { SLICE("Subject: x\n\na\rb"), "a control character", 13 },
        { SLICE("Subject: x\n\na\r"), "a control character", 13 },
        { SLICE("Subject: x\n\n\xff"), "not UTF-8", 0 },
        { { longest, ALERT_TEMPLATE_MAX + 1 }, "too long", 0 },
        { { longest, ALERT_TEMPLATE_MAX }, NULL, 0 },
        { SLICE("Subject: x\n\n\t{{}\n"), NULL, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct fault why = { 0 };
        bool ok = alert_template_check(guarded(cases[i].text), &why);
        if (ok != !cases[i].what || (!ok && strcmp(why.what, cases[i].what) != 0) ||
            why.at != cases[i].at)
            fail_msg("case %zu: %s at %zu", i, why.what ? why.what : "good", why.at);
    }
}

static void test_a_subject_of_200_octets_is_the_longest(void **state)
{
    (void)state;
    char text[256];
    struct fault why;
    int n = snprintf(text, sizeof text, "Subject: %0191d\n\nx", 0);
    assert_true(alert_template_check((struct slice){ (uint8_t *)text, (size_t)n }, &why));
    n = snprintf(text, sizeof text, "Subject: %0192d\n\nx", 0);
    assert_false(alert_template_check((struct slice){ (uint8_t *)text, (size_t)n }, &why));
    assert_string_equal(why.what, "the subject is too long");
}

static void test_where_an_account_gets_mail(void **state)
{
    (void)state;
    static const struct {
        struct slice account, realm;
        const char *want; /* NULL: nowhere */
    } cases[] = {
        { SLICE_INIT("anna@example.net"), SLICE_INIT("gate.example"), "anna@example.net" },
        { SLICE_INIT("anna"), SLICE_INIT("gate.example"), "anna@gate.example" },
        { SLICE_INIT("j\xc3\xbcrg"), SLICE_INIT("gate.example"), "j\xc3\xbcrg@gate.example" },
        { SLICE_INIT("anna"), SLICE_INIT(""), NULL },
        { SLICE_INIT(""), SLICE_INIT("gate.example"), NULL },
        { SLICE_INIT("DOMAIN\\anna"), SLICE_INIT("gate.example"), NULL },
        { SLICE_INIT("a b"), SLICE_INIT("gate.example"), NULL },
        { SLICE_INIT("a\r\n"), SLICE_INIT("gate.example"), NULL },
        { SLICE_INIT("a@b>"), SLICE_INIT(""), NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf out;
        buf_init(&out, 300);
        bool ok = alert_address(guarded(cases[i].account), cases[i].realm, &out);
        assert_int_equal(ok, cases[i].want != NULL);
        if (ok)
            expect_slice("address", buf_slice(&out), slice_of_str(cases[i].want));
        buf_clear(&out);
    }
}

/* Python: hmac.new(b"0123456789abcdef", b"1795252309.{}", "sha256") */
static void test_the_signature_is_hmac_sha256_of_time_dot_body(void **state)
{
    (void)state;
    char out[ALERT_SIGNATURE_MAX];
    alert_sign(SLICE("0123456789abcdef"), "1795252309", SLICE("{}"), out);
    assert_string_equal(out,
                        "sha256=2c5b1cd778814c089496e14e4b7ffc9763612d4b6823dcb2dffaa592f5dfaaae");
}

static void test_four_tries_within_about_ten_minutes(void **state)
{
    (void)state;
    assert_int_equal(alert_retry_us(1), 30000000);
    assert_int_equal(alert_retry_us(2), 120000000);
    assert_int_equal(alert_retry_us(3), 480000000);
    assert_int_equal(alert_retry_us(4), 0);
    assert_int_equal(alert_retry_us(0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_has_every_field),
        cmocka_unit_test(test_json_of_what_is_not_text),
        cmocka_unit_test(test_the_longest_alert_fits),
        cmocka_unit_test(test_mail_from_a_template),
        cmocka_unit_test(test_what_is_not_ascii_is_encoded),
        cmocka_unit_test(test_no_value_makes_a_header_or_a_line),
        cmocka_unit_test(test_addresses_that_would_break_the_header_are_refused),
        cmocka_unit_test(test_built_in_texts_are_good_templates),
        cmocka_unit_test(test_templates_with_faults),
        cmocka_unit_test(test_a_subject_of_200_octets_is_the_longest),
        cmocka_unit_test(test_where_an_account_gets_mail),
        cmocka_unit_test(test_the_signature_is_hmac_sha256_of_time_dot_body),
        cmocka_unit_test(test_four_tries_within_about_ten_minutes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
