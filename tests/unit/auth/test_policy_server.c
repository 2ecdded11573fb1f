/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "auth/policy_server.h"
#include "auth/policy_wire.h"
#include "base/clock.h"
#include "base/log.h"
#include "net/http_server.h"

#define LONG_US     (60 * US_PER_S)
#define SHORT_US    (50 * US_PER_MS)
#define REPORTS_MAX 1000

#define JSON(length, body) HTTP_ANSWER("200 OK", length, body)

struct bench {
    struct loop *loop;
    struct http_server server;
    struct conf_auth_policy conf;
    struct policy_server *policy;
    struct policy_server_question q;
    struct policy_server_attempt attempt;
    char key_path[64];
    unsigned answers;
    enum policy_server_result result;
    int64_t delay_us;
    char reason[256];
    bool asking;
};

static void on_answer(struct policy_server_question *q, enum policy_server_result result,
                      int64_t delay_us, const char *reason)
{
    struct bench *b = CONTAINER_OF(q, struct bench, q);
    assert_false(b->asking);
    b->answers++;
    b->result = result;
    b->delay_us = delay_us;
    (void)snprintf(b->reason, sizeof b->reason, "%s", reason);
    loop_stop(b->loop);
}

static int open_bench(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    log_setup(LOG_TO_STDERR, LOG_AS_TEXT, L_ERROR, "test");
    b->loop = loop_new();
    b->q.on_answer = on_answer;
    http_server_start(&b->server, b->loop, JSON("12", "{\"status\":0}"));
    b->conf = (struct conf_auth_policy){ .url = b->server.url,
                                         .nonce = "salt",
                                         .timeout_us = LONG_US,
                                         .before = true,
                                         .after = true,
                                         .report = true };
    b->attempt = (struct policy_server_attempt){
        .login = SLICE("demo"),
        .password = SLICE("right"),
        .device_id = SLICE("UUID:~1.abc"),
        .session = SLICE("3f2a"),
        .tls = true,
    };
    assert_true(address_parse_ip(SLICE("192.0.2.7"), 4000, &b->attempt.peer));
    (void)snprintf(b->key_path, sizeof b->key_path, "/tmp/postern-test-XXXXXX");
    int fd = mkstemp(b->key_path);
    assert_true(fd >= 0);
    (void)close(fd);
    *state = b;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *b = *state;
    policy_server_close(b->policy);
    http_server_stop(&b->server);
    loop_free(b->loop);
    (void)unlink(b->key_path);
    free(b);
    return 0;
}

static void write_key(struct bench *b, const char *text)
{
    FILE *f = fopen(b->key_path, "w");
    assert_non_null(f);
    (void)fputs(text, f);
    assert_int_equal(fclose(f), 0);
    b->conf.api_header = b->key_path;
}

static void open_policy(struct bench *b)
{
    struct buf why;
    buf_init(&why, 512);
    b->policy = policy_server_open(&b->conf, b->loop, &why);
    assert_int_equal(buf_size(&why), 0);
    assert_non_null(b->policy);
}

static void ask(struct bench *b, bool success)
{
    unsigned before = b->answers;
    b->asking = true;
    policy_server_ask(b->policy, &b->q, &b->attempt, success);
    b->asking = false;
    while (b->answers == before)
        loop_run(b->loop);
    assert_int_equal(b->answers, before + 1);
}

static void expect(const struct bench *b, enum policy_server_result result, int64_t delay_us,
                   const char *reason)
{
    assert_int_equal(b->result, result);
    assert_int_equal(b->delay_us, delay_us);
    assert_string_equal(b->reason, reason);
}

static void test_allow_sends_every_field(void **state)
{
    struct bench *b = *state;
    write_key(b, "super\n");
    open_policy(b);
    ask(b, false);
    expect(b, POLICY_SERVER_ALLOW, 0, "");
    assert_true(slice_starts(buf_slice(&b->server.head), SLICE("POST /?command=allow HTTP/1.1")));
    http_server_expect_header(&b->server, "Content-Type: application/json");
    http_server_expect_header(&b->server, "X-API-Key: super");
    expect_slice("body", buf_slice(&b->server.body),
                 SLICE("{\"device_id\":\"UUID:~1.abc\",\"fail_type\":\"\",\"login\":\"demo\","
                       "\"protocol\":\"smtp\",\"pwhash\":\"091f\",\"remote\":\"192.0.2.7\","
                       "\"session_id\":\"3f2a\",\"tls\":true}"));
    b->attempt.password = (struct slice){ 0 }; /* SCRAM */
    ask(b, true);
    assert_non_null(memmem(b->server.body.p, buf_size(&b->server.body), "\"pwhash\":\"0a8a\"", 15));
}

static void test_a_header_of_the_operator_and_a_url_with_a_query(void **state)
{
    struct bench *b = *state;
    char url[128];
    write_key(b, "X-Secret: other\n");
    (void)snprintf(url, sizeof url, "%s/policy?tenant=1&", b->server.url);
    b->conf.url = url;
    open_policy(b);
    ask(b, false);
    http_server_expect_header(&b->server, "X-Secret: other");
    assert_true(slice_starts(buf_slice(&b->server.head),
                             SLICE("POST /policy?tenant=1&command=allow HTTP/1.1")));
}

static void test_what_the_status_means(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *answer;
        bool success;
        enum policy_server_result result;
        int64_t delay_us;
        const char *reason;
    } cases[] = {
        { JSON("12", "{\"status\":0}"), false, POLICY_SERVER_ALLOW, 0, "" },
        { JSON("28", "{\"status\":-1,\"msg\":\"banned\"}"), false, POLICY_SERVER_REFUSE, 0,
          "banned" },
        { JSON("28", "{\"status\":-1,\"msg\":\"banned\"}"), true, POLICY_SERVER_REFUSE, 0,
          "banned" },
        { JSON("12", "{\"status\":5}"), false, POLICY_SERVER_ALLOW, 5 * US_PER_S, "" },
        { JSON("12", "{\"status\":5}"), true, POLICY_SERVER_ALLOW, 0, "" },
        { JSON("30", "{\"status\":9223372036854775807}"), false, POLICY_SERVER_ALLOW, 20 * US_PER_S,
          "" },
        { HTTP_ANSWER("202 Accepted", "13", "{\"status\":-2}"), false, POLICY_SERVER_REFUSE, 0,
          "" },
    };
    open_policy(b);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        b->server.answer = cases[i].answer;
        ask(b, cases[i].success);
        expect(b, cases[i].result, cases[i].delay_us, cases[i].reason);
    }
}

static void test_a_server_that_does_not_answer_is_on_failure(void **state)
{
    struct bench *b = *state;
    static const char *const answers[] = {
        HTTP_ANSWER("500 Oops", "12", "{\"status\":0}"),
        HTTP_ANSWER("401 Who", "12", "{\"status\":0}"),
        JSON("2", "{}"),
        JSON("3", "no!"),
        JSON("0", ""),
        "", /* hangs up */
    };
    open_policy(b);
    for (size_t i = 0; i < 2 * ARRAY_SIZE(answers); i++) {
        bool refuse = i % 2;
        b->conf.on_failure = refuse ? CONF_AUTH_POLICY_REFUSE : CONF_AUTH_POLICY_ACCEPT;
        b->server.answer = answers[i / 2];
        ask(b, false);
        expect(b, refuse ? POLICY_SERVER_REFUSE : POLICY_SERVER_ALLOW, 0,
               "the policy server did not answer");
    }
}

static void test_the_timeout_is_on_failure_too(void **state)
{
    struct bench *b = *state;
    b->conf.timeout_us = SHORT_US;
    b->conf.on_failure = CONF_AUTH_POLICY_REFUSE;
    b->server.answer = NULL;
    open_policy(b);
    ask(b, false);
    expect(b, POLICY_SERVER_REFUSE, 0, "the policy server did not answer");
}

static void test_log_only_lets_everything_through(void **state)
{
    struct bench *b = *state;
    b->conf.log_only = true;
    b->conf.on_failure = CONF_AUTH_POLICY_REFUSE;
    open_policy(b);
    b->server.answer = JSON("13", "{\"status\":-1}");
    ask(b, false);
    expect(b, POLICY_SERVER_ALLOW, 0, "");
    b->server.answer = JSON("12", "{\"status\":9}");
    ask(b, false);
    expect(b, POLICY_SERVER_ALLOW, 0, "");
    b->server.answer = "";
    ask(b, false);
    assert_int_equal(b->result, POLICY_SERVER_ALLOW);
}

static void test_what_is_switched_off_asks_nobody(void **state)
{
    struct bench *b = *state;
    b->conf.before = b->conf.after = b->conf.report = false;
    open_policy(b);
    ask(b, false);
    expect(b, POLICY_SERVER_ALLOW, 0, "");
    ask(b, true);
    expect(b, POLICY_SERVER_ALLOW, 0, "");
    policy_server_report(b->policy, &b->attempt, true, false, "");
    b->conf.before = true;
    ask(b, false);
    assert_int_equal(b->server.requests, 1);
}

static void test_report_sends_every_field(void **state)
{
    struct bench *b = *state;
    open_policy(b);
    policy_server_report(b->policy, &b->attempt, false, true, "policy");
    b->server.stops = true;
    loop_run(b->loop);
    assert_int_equal(b->server.requests, 1);
    assert_true(slice_starts(buf_slice(&b->server.head), SLICE("POST /?command=report HTTP/1.1")));
    expect_slice("body", buf_slice(&b->server.body),
                 SLICE("{\"device_id\":\"UUID:~1.abc\",\"fail_type\":\"policy\","
                       "\"login\":\"demo\",\"policy_reject\":true,\"protocol\":\"smtp\","
                       "\"pwhash\":\"091f\",\"remote\":\"192.0.2.7\",\"session_id\":\"3f2a\","
                       "\"success\":false,\"tls\":true}"));
}

static void test_reports_are_bounded(void **state)
{
    struct bench *b = *state;
    http_server_deafen(&b->server); /* refused at once: the loop is what is slow here */
    open_policy(b);
    for (int i = 0; i < REPORTS_MAX + 500; i++)
        policy_server_report(b->policy, &b->attempt, true, false, "");
    ask(b, false); /* behind them in the line */
    assert_int_equal(b->result, POLICY_SERVER_ALLOW);
}

static void test_a_cancelled_question_is_not_answered(void **state)
{
    struct bench *b = *state;
    open_policy(b);
    policy_server_cancel(&b->q); /* never asked */
    policy_server_ask(b->policy, &b->q, &b->attempt, false);
    policy_server_cancel(&b->q);
    b->conf.after = false;
    policy_server_ask(b->policy, &b->q, &b->attempt, true);
    policy_server_cancel(&b->q);
    policy_server_cancel(&b->q);
    b->conf.before = false;
    ask(b, false); /* the only one that is answered */
    assert_int_equal(b->answers, 1);
}

static void test_what_it_needs_is_said_at_the_start(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *url, *nonce, *key, *why;
    } cases[] = {
        { NULL, NULL, NULL, "" },
        { "ftp://h/", "n", NULL, "auth-policy.url: \"ftp://h/\" is neither http:// nor https://" },
        { "http://h/", NULL, NULL, "auth-policy.nonce: needed with a URL; any secret text" },
        { "http://h/", "", NULL, "auth-policy.nonce: needed with a URL; any secret text" },
        { "http://h/", "n", "/no/such",
          "auth-policy.api-header: /no/such: No such file or directory" },
        { "http://h/", "n", "/dev/null",
          "auth-policy.api-header: /dev/null: neither \"Name: value\" nor a key" },
        { "http://h/", "n", "/dev/zero", "auth-policy.api-header: /dev/zero: too big" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf why;
        buf_init(&why, 512);
        b->conf.url = cases[i].url;
        b->conf.nonce = cases[i].nonce;
        b->conf.api_header = cases[i].key;
        assert_null(policy_server_open(&b->conf, b->loop, &why));
        expect_slice("why", buf_slice(&why), slice_of_str(cases[i].why));
        buf_clear(&why);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_allow_sends_every_field),
        TEST(test_a_header_of_the_operator_and_a_url_with_a_query),
        TEST(test_what_the_status_means),
        TEST(test_a_server_that_does_not_answer_is_on_failure),
        TEST(test_the_timeout_is_on_failure_too),
        TEST(test_log_only_lets_everything_through),
        TEST(test_what_is_switched_off_asks_nobody),
        TEST(test_report_sends_every_field),
        TEST(test_reports_are_bounded),
        TEST(test_a_cancelled_question_is_not_answered),
        TEST(test_what_it_needs_is_said_at_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
