/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdio.h>

#include "auth/policy_wire.h"

static void test_the_hash_is_twelve_bits_of_sha256(void **state)
{
    (void)state;
    static const struct {
        struct slice nonce, user, password;
        const char *want;
    } cases[] = {
        { SLICE_INIT("salt"), SLICE_INIT("demo"), SLICE_INIT("right"), "091f" },
        { SLICE_INIT("salt"), SLICE_INIT("demo"), { NULL, 0 }, "0a8a" },
        { SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), "06e3" },
        { SLICE_INIT("n"), SLICE_INIT("a\0b"), SLICE_INIT("p\0q"), "0aca" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char got[POLICY_HASH_TEXT_MAX];
        assert_int_equal(policy_wire_hash(guarded(cases[i].nonce), guarded(cases[i].user),
                                          guarded(cases[i].password), got),
                         0);
        assert_string_equal(got, cases[i].want);
        assert_int_equal(got[0], '0'); /* the top nibble */
    }
}

static struct policy_server_attempt attempt(const char *ip)
{
    struct policy_server_attempt a = {
        .login = SLICE("demo@example.net"),
        .device_id = SLICE("UUID:~1.abc"),
        .session = SLICE("3f2a"),
        .tls = true,
    };
    if (ip)
        assert_true(address_parse_ip(slice_of_str(ip), 4000, &a.peer));
    return a;
}

static void expect_body(const struct policy_server_attempt *a, const struct policy_wire_report *r,
                        const char *want)
{
    struct buf out;
    buf_init(&out, 4096);
    policy_wire_write(&out, a, "0abc", r);
    assert_false(out.failed);
    expect_slice("body", buf_slice(&out), slice_of_str(want));
    buf_clear(&out);
}

static void test_every_field_of_allow_and_report(void **state)
{
    (void)state;
    struct policy_server_attempt a = attempt("192.0.2.7");
    struct policy_wire_report report = { false, true, "policy" };
    expect_body(&a, NULL,
                "{\"device_id\":\"UUID:~1.abc\",\"fail_type\":\"\",\"login\":\"demo@example.net\","
                "\"protocol\":\"smtp\",\"pwhash\":\"0abc\",\"remote\":\"192.0.2.7\","
                "\"session_id\":\"3f2a\",\"tls\":true}");
    a = attempt("2001:db8::7");
    a.tls = false;
    a.device_id = (struct slice){ 0 };
    expect_body(&a, &report,
                "{\"device_id\":\"\",\"fail_type\":\"policy\",\"login\":\"demo@example.net\","
                "\"policy_reject\":true,\"protocol\":\"smtp\",\"pwhash\":\"0abc\","
                "\"remote\":\"2001:db8::7\",\"session_id\":\"3f2a\",\"success\":false,"
                "\"tls\":false}");
    a = attempt(NULL);
    a.login = SLICE("\"\\\n\0\xff\xc3\xa4");
    report = (struct policy_wire_report){ true, false, "" };
    expect_body(&a, &report,
                "{\"device_id\":\"UUID:~1.abc\",\"fail_type\":\"\","
                "\"login\":\"\\\"\\\\\\n\\u0000???\",\"policy_reject\":false,"
                "\"protocol\":\"smtp\",\"pwhash\":\"0abc\",\"remote\":\"\","
                "\"session_id\":\"3f2a\",\"success\":true,\"tls\":true}");
}

static void test_a_body_without_room_fails(void **state)
{
    (void)state;
    struct policy_server_attempt a = attempt("192.0.2.7");
    struct buf out;
    buf_init(&out, 20);
    policy_wire_write(&out, &a, "0abc", NULL);
    assert_true(out.failed);
    buf_clear(&out);
}

static void test_the_command_goes_into_the_query(void **state)
{
    (void)state;
    static const struct {
        const char *url, *want;
    } cases[] = {
        { "http://h:4001", "http://h:4001?command=allow" },
        { "http://h:4001/", "http://h:4001/?command=allow" },
        { "http://h/?", "http://h/?command=allow" },
        { "http://h/?key=x&", "http://h/?key=x&command=allow" },
        { "http://h/?key=x", "http://h/?key=x&command=allow" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf out;
        buf_init(&out, 200);
        policy_wire_url(&out, cases[i].url, "allow");
        expect_slice(cases[i].url, buf_slice(&out), slice_of_str(cases[i].want));
        buf_clear(&out);
    }
}

static void test_answers(void **state)
{
    (void)state;
    static const struct {
        struct slice body;
        int64_t status;
        const char *message;
    } cases[] = {
        { SLICE_INIT("{\"status\":0}"), 0, "" },
        { SLICE_INIT("{\"status\":-1,\"msg\":\"too many\"}"), -1, "too many" },
        { SLICE_INIT(" {\"msg\":\"\",\"r_attrs\":{\"a\":[1]},\"status\":5}\r\n"), 5, "" },
        { SLICE_INIT("{\"status\":-1,\"msg\":\"a\\nb\\u00e4\"}"), -1, "a?b??" },
        { SLICE_INIT("{\"status\":-1,\"msg\":7}"), -1, "" },
        { SLICE_INIT("{\"status\":9223372036854775807}"), INT64_MAX, "" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct policy_wire_answer a;
        struct fault why;
        assert_true(policy_wire_parse(guarded(cases[i].body), &a, &why));
        assert_int_equal(a.status, cases[i].status);
        assert_string_equal(a.message, cases[i].message);
    }
}

static void test_a_long_message_is_cut(void **state)
{
    (void)state;
    struct policy_wire_answer a;
    struct fault why;
    char body[POLICY_MESSAGE_MAX + 64];
    for (int n = POLICY_MESSAGE_MAX; n <= POLICY_MESSAGE_MAX + 1; n++) {
        (void)snprintf(body, sizeof body, "{\"status\":-1,\"msg\":\"%0*d\"}", n, 0);
        assert_true(policy_wire_parse(guarded(slice_of_str(body)), &a, &why));
        assert_int_equal(strlen(a.message), POLICY_MESSAGE_MAX);
    }
}

static void test_what_is_no_answer(void **state)
{
    (void)state;
    static const struct {
        struct slice body;
        const char *what;
    } cases[] = {
        { SLICE_INIT(""), "not JSON" },
        { SLICE_INIT("{"), "not JSON" },
        { SLICE_INIT("{\"status\":0"), "not JSON" },
        { SLICE_INIT("{\"status\":0}x"), "not JSON" },
        { SLICE_INIT("{\"status\":0}\0"), "not JSON" },
        { SLICE_INIT("{\"status\":99999999999999999999}"), "not JSON" },
        { SLICE_INIT("{\"status\":0,\"msg\":\"\xff\"}"), "not JSON" },
        { SLICE_INIT("0"), "not JSON" },
        { SLICE_INIT("[0]"), "no number as \"status\"" },
        { SLICE_INIT("{}"), "no number as \"status\"" },
        { SLICE_INIT("{\"status\":\"ok\"}"), "no number as \"status\"" },
        { SLICE_INIT("{\"status\":0.5}"), "no number as \"status\"" },
        { SLICE_INIT("{\"status\":null}"), "no number as \"status\"" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct policy_wire_answer a = { .status = 77 };
        struct fault why = { 0 };
        assert_false(policy_wire_parse(guarded(cases[i].body), &a, &why));
        assert_string_equal(why.what, cases[i].what);
        assert_in_range(why.at, 0, cases[i].body.n);
        assert_int_equal(a.status, 77); /* untouched */
    }
}

static void test_the_key_is_a_header_field(void **state)
{
    (void)state;
    static const struct {
        struct slice text;
        const char *want; /* NULL: refused */
    } cases[] = {
        { SLICE_INIT("super\n"), "X-API-Key: super" },
        { SLICE_INIT("super"), "X-API-Key: super" },
        { SLICE_INIT("Authorization: Basic d2Y6eA==\r\n"), "Authorization: Basic d2Y6eA==" },
        { SLICE_INIT("A:b:c \n\n"), "A: b:c" },
        { SLICE_INIT(""), NULL },
        { SLICE_INIT("\n"), NULL },
        { SLICE_INIT("a\nb"), NULL },
        { SLICE_INIT("a\0"), NULL },
        { SLICE_INIT("Name:"), NULL },
        { SLICE_INIT(": value"), NULL },
        { SLICE_INIT("two words: value"), NULL },
        { SLICE_INIT("X: a\r\nY: b"), NULL },
        { SLICE_INIT("k\xc3\xa4"), NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf out;
        buf_init(&out, 200);
        bool ok = policy_wire_header(&out, guarded(cases[i].text));
        assert_int_equal(ok, cases[i].want != NULL);
        expect_slice("header", buf_slice(&out), slice_of_str(cases[i].want));
        buf_clear(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_hash_is_twelve_bits_of_sha256),
        cmocka_unit_test(test_every_field_of_allow_and_report),
        cmocka_unit_test(test_a_body_without_room_fails),
        cmocka_unit_test(test_the_command_goes_into_the_query),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_a_long_message_is_cut),
        cmocka_unit_test(test_what_is_no_answer),
        cmocka_unit_test(test_the_key_is_a_header_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
