/* SPDX-License-Identifier: ISC
 *
 * The Received field (RFC 5321 §4.4): as much as the operator wants, and never a CLIENTID.
 */
#include "check.h"

#include "base/clock.h"
#include "submit/session_internal.h"

#define BY   "\r\n\tby gate.example with "
#define DATE "Thu, 1 Jan 1970 00:00:00 +0000\r\n"
#define ID   " id 0123456789abcdef.7;\r\n\t" DATE

/* clang-format off */
static const struct {
    const char *name; enum conf_trace trace; const char *peer, *hello, *account; bool utf8;
    const char *want;
} cases[] = {
    { "none", CONF_TRACE_NONE, "192.0.2.7:25", "client.example", "demo", false, "" },
    { "private says nothing of the client", CONF_TRACE_PRIVATE, "192.0.2.7:25", "client.example", "demo", false,
      "Received: from submission.invalid" BY "ESMTPSA" ID },
    { "private in UTF-8", CONF_TRACE_PRIVATE, "192.0.2.7:25", "client.example", "demo", true,
      "Received: from submission.invalid" BY "UTF8SMTPSA" ID },
    { "full", CONF_TRACE_FULL, "192.0.2.7:25", "client.example", "demo@example.net", false,
      "Received: from client.example ([192.0.2.7])\r\n\t(authenticated as demo@example.net)" BY "ESMTPSA" ID },
    { "full over IPv6", CONF_TRACE_FULL, "[2001:db8::7]:25", "[IPv6:2001:db8::7]", "demo", false,
      "Received: from [IPv6:2001:db8::7] ([IPv6:2001:db8::7])\r\n\t(authenticated as demo)" BY "ESMTPSA" ID },
    { "a greeting that is no domain is left out", CONF_TRACE_FULL, "192.0.2.7:25", "a b)\x01", "demo", false,
      "Received: from [192.0.2.7]\r\n\t(authenticated as demo)" BY "ESMTPSA" ID },
    { "a greeting in UTF-8 is left out", CONF_TRACE_FULL, "192.0.2.7:25", "b\xc3\xbc", "demo", false,
      "Received: from [192.0.2.7]\r\n\t(authenticated as demo)" BY "ESMTPSA" ID },
    { "no greeting", CONF_TRACE_FULL, "192.0.2.7:25", "", "demo", false,
      "Received: from [192.0.2.7]\r\n\t(authenticated as demo)" BY "ESMTPSA" ID },
    { "an account that fits no comment is left out", CONF_TRACE_FULL, "192.0.2.7:25", "client.example", "a) (b", false,
      "Received: from client.example ([192.0.2.7])" BY "ESMTPSA" ID },
    { "an account with line ends is left out", CONF_TRACE_FULL, "192.0.2.7:25", "client.example", "a\r\nX: y", false,
      "Received: from client.example ([192.0.2.7])" BY "ESMTPSA" ID },
};
/* clang-format on */

static void each_amount_of_trace(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct conf conf = { .submission = { .hostname = "gate.example",
                                             .trace = cases[i].trace } };
        struct submit_setup setup = { .conf = &conf };
        struct submit_transaction t = { .mail.smtputf8 = cases[i].utf8 };
        struct submit_session s = { .setup = &setup,
                                    .transaction = &t,
                                    .message_number = 7,
                                    .clientid_type = "UUID",
                                    .hello_n = strlen(cases[i].hello) };
        struct buf out;
        memcpy(s.start.id, "0123456789abcdef", SUBMIT_ID_MAX);
        memcpy(s.hello, cases[i].hello, s.hello_n);
        memcpy(s.account, cases[i].account, strlen(cases[i].account) + 1);
        assert_true(address_parse(slice_of_str(cases[i].peer), &s.start.peer));
        buf_init(&out, 4096);
        trace_write(&s, &out, 0);
        expect_slice(cases[i].name, buf_slice(&out), slice_of_str(cases[i].want));
        buf_clear(&out);
    }
}

static void the_longest_words_fit(void **state)
{
    struct conf conf = { .submission = { .trace = CONF_TRACE_FULL } };
    struct submit_setup setup = { .conf = &conf };
    struct submit_transaction t = { .mail.smtputf8 = true };
    struct submit_session s = { .setup = &setup, .transaction = &t, .message_number = UINT32_MAX };
    char hostname[256] = "";
    struct buf out;
    (void)state;
    memset(hostname, 'h', 255);
    conf.submission.hostname = hostname;
    memset(s.account, 'a', sizeof s.account - 1);
    s.hello_n = sizeof s.hello;
    for (size_t i = 0; i < s.hello_n; i++)
        s.hello[i] = i % 60 == 59 ? '.' : 'x';
    buf_init(&out, 4096); /* as a transaction has it */
    trace_write(&s, &out, INT64_C(1700000000) * US_PER_S);
    assert_false(out.failed);
    struct slice line, rest = buf_slice(&out);
    while (slice_cut(rest, '\n', &line, &rest))
        assert_true(line.n < 998); /* RFC 5322 §2.1.1 */
    assert_int_equal(rest.n, 0);
    buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_amount_of_trace),
        cmocka_unit_test(the_longest_words_fit),
    };
    return cmocka_run_group_tests_name("submit/trace", tests, NULL, NULL);
}
