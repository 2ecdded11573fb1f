/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/http.h"
#include "net/http_server.h"

#define LONG_US  (60 * US_PER_S)
#define SHORT_US (50 * US_PER_MS)

struct bench {
    struct loop *loop;
    struct http_client *client;
    struct http_server server;
    char url[128];
};

struct ask {
    struct http_request request;
    struct bench *bench;
    unsigned answers, status;
    int error;
    struct buf body;
    bool again;     /* asks the same at once */
    bool frees;     /* the client, from its answer */
    bool asked_now; /* the call has not come back */
};

static void post(struct ask *a, const char *path, struct slice body, int64_t timeout_us)
{
    static const char *const headers[] = { "Content-Type: application/json", "X-Test: one", NULL };
    struct bench *b = a->bench;
    (void)snprintf(b->url, sizeof b->url, "%s%s", b->server.url, path);
    struct http_post p = { b->url, headers, body, timeout_us };
    a->asked_now = true;
    http_post(b->client, &a->request, &p);
    a->asked_now = false;
    memset(b->url, 'x', sizeof b->url - 1); /* all is copied */
}

static void on_answer(struct http_request *request, int error, unsigned status, struct slice body)
{
    struct ask *a = CONTAINER_OF(request, struct ask, request);
    assert_false(a->asked_now);
    assert_null(request->run);
    a->answers++;
    a->error = error;
    a->status = status;
    buf_clear(&a->body);
    buf_append(&a->body, body);
    if (a->frees)
        http_client_free(TAKE(a->bench->client));
    if (a->again) {
        a->again = false;
        post(a, "/again", SLICE("2"), LONG_US);
        return;
    }
    loop_stop(a->bench->loop);
}

static void ask_init(struct ask *a, struct bench *b)
{
    *a = (struct ask){ .request = { .on_answer = on_answer }, .bench = b };
    buf_init(&a->body, HTTP_BODY_MAX);
}

static void run_until(const struct ask *a, unsigned answers)
{
    while (a->answers < answers)
        loop_run(a->bench->loop);
    assert_int_equal(a->answers, answers);
}

static int open_bench(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    b->loop = loop_new();
    b->client = http_client_new(b->loop, 2);
    http_server_start(&b->server, b->loop, HTTP_ANSWER("200 OK", "2", "ok"));
    *state = b;
    return b->client ? 0 : -1;
}

static int close_bench(void **state)
{
    struct bench *b = *state;
    http_client_free(b->client);
    http_server_stop(&b->server);
    loop_free(b->loop);
    free(b);
    return 0;
}

static void test_a_request_is_sent_whole_and_answered(void **state)
{
    struct bench *b = *state;
    struct ask a;
    ask_init(&a, b);
    post(&a, "/p?command=allow", SLICE("{\"a\":\0}"), LONG_US);
    run_until(&a, 1);
    assert_int_equal(a.error, 0);
    assert_int_equal(a.status, 200);
    expect_slice("body", buf_slice(&a.body), SLICE("ok"));
    expect_slice("sent", buf_slice(&b->server.body), SLICE("{\"a\":\0}"));
    assert_true(
        slice_starts(buf_slice(&b->server.head), SLICE("POST /p?command=allow HTTP/1.1\r\n")));
    http_server_expect_header(&b->server, "Content-Type: application/json");
    http_server_expect_header(&b->server, "X-Test: one");
    http_server_expect_header(&b->server, "User-Agent: postern/" POSTERN_VERSION);
    assert_null(memmem(b->server.head.p, buf_size(&b->server.head), "Expect", 6));
    buf_clear(&a.body);
}

static void test_a_connection_is_used_again(void **state)
{
    struct bench *b = *state;
    struct ask a;
    ask_init(&a, b);
    a.again = true;
    post(&a, "/", SLICE("1"), LONG_US);
    run_until(&a, 2);
    assert_int_equal(a.error, 0);
    expect_slice("sent", buf_slice(&b->server.body), SLICE("2"));
    assert_int_equal(b->server.requests, 2);
    assert_int_equal(b->server.accepted, 1);
    buf_clear(&a.body);
}

static void test_answers_and_errors(void **state)
{
    struct bench *b = *state;
    static char most[HTTP_BODY_MAX + 200], over[HTTP_BODY_MAX + 200];
    (void)snprintf(most, sizeof most, HTTP_ANSWER("200 OK", "65536", "%065536d"), 0);
    (void)snprintf(over, sizeof over, HTTP_ANSWER("200 OK", "65537", "%065537d"), 0);
    const struct {
        const char *name, *answer;
        int error;
        unsigned status;
        size_t body;
    } cases[] = {
        { "no content", HTTP_ANSWER("204 No Content", "0", ""), 0, 204, 0 },
        { "redirects are not followed",
          "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 0,
          302, 0 },
        { "server error", HTTP_ANSWER("503 Busy", "4", "busy"), 0, 503, 4 },
        { "the longest body", most, 0, 200, HTTP_BODY_MAX },
        { "one octet more", over, ERR_TOO_BIG, 0, 0 },
        { "hangs up", "", ERR_CLOSED, 0, 0 },
        { "not HTTP", "SSH-2.0-x\r\n\r\n", ERR_FORMAT, 0, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct ask a;
        ask_init(&a, b);
        b->server.answer = cases[i].answer;
        post(&a, "/", SLICE("x"), LONG_US);
        run_until(&a, 1);
        if (a.error != cases[i].error || a.status != cases[i].status ||
            buf_size(&a.body) != cases[i].body)
            fail_msg("%s: %d %u, %zu octets", cases[i].name, a.error, a.status, buf_size(&a.body));
        buf_clear(&a.body);
    }
}

static void test_a_silent_server_times_out(void **state)
{
    struct bench *b = *state;
    struct ask a;
    ask_init(&a, b);
    b->server.answer = NULL;
    post(&a, "/", SLICE("x"), SHORT_US);
    run_until(&a, 1);
    assert_int_equal(a.error, ERR_TIMEOUT);
    assert_int_equal(a.status, 0);
}

static void test_those_beyond_the_parallel_ones_wait_and_their_time_runs(void **state)
{
    struct bench *b = *state;
    struct ask a[4];
    b->server.answer = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(a); i++) {
        ask_init(&a[i], b);
        post(&a[i], "/", SLICE("x"), i == 2 ? SHORT_US : LONG_US);
    }
    run_until(&a[2], 1);
    assert_int_equal(a[2].error, ERR_TIMEOUT);
    assert_in_range(b->server.requests, 0, 2);
    b->server.answer = HTTP_ANSWER("200 OK", "0", "");
    http_cancel(b->client, &a[0].request);
    run_until(&a[3], 1); /* it takes the freed place */
    assert_int_equal(a[3].error, 0);
    assert_int_equal(a[0].answers + a[1].answers, 0);
    http_cancel(b->client, &a[1].request);
}

static void test_a_refused_connection_and_a_bad_url_are_answered_later(void **state)
{
    struct bench *b = *state;
    struct ask a;
    ask_init(&a, b);
    http_server_deafen(&b->server);
    post(&a, "/", SLICE("x"), LONG_US);
    run_until(&a, 1);
    assert_int_equal(a.error, -ECONNREFUSED);
    (void)snprintf(b->server.url, sizeof b->server.url, "file:///etc");
    post(&a, "/passwd", SLICE("x"), LONG_US);
    run_until(&a, 2);
    assert_int_equal(a.error, ERR_FORMAT);
}

static void test_cancelled_requests_are_not_answered(void **state)
{
    struct bench *b = *state;
    struct ask a[3];
    for (size_t i = 0; i < ARRAY_SIZE(a); i++) {
        ask_init(&a[i], b);
        post(&a[i], "/", SLICE("x"), LONG_US);
    }
    http_cancel(b->client, &a[0].request);
    http_cancel(b->client, &a[0].request); /* idempotent */
    run_until(&a[1], 1);
    http_cancel(b->client, &a[1].request); /* answered already */
    http_cancel(b->client, &a[2].request);
    assert_int_equal(a[0].answers, 0);
    buf_clear(&a[1].body);
    buf_clear(&a[2].body);
}

static void test_an_answer_may_free_the_client(void **state)
{
    struct bench *b = *state;
    struct ask a, other;
    ask_init(&a, b);
    ask_init(&other, b);
    a.frees = true;
    post(&a, "/", SLICE("x"), LONG_US);
    http_cancel(b->client, &other.request);
    run_until(&a, 1);
    assert_null(b->client);
    buf_clear(&a.body);
}

static void test_freeing_the_client_drops_what_is_open(void **state)
{
    struct bench *b = *state;
    struct ask a[3];
    for (size_t i = 0; i < ARRAY_SIZE(a); i++) {
        ask_init(&a[i], b);
        post(&a[i], "/", SLICE("x"), LONG_US);
    }
    http_client_free(TAKE(b->client));
    for (size_t i = 0; i < ARRAY_SIZE(a); i++)
        assert_true(a[i].answers == 0 && !a[i].request.run);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_request_is_sent_whole_and_answered),
        TEST(test_a_connection_is_used_again),
        TEST(test_answers_and_errors),
        TEST(test_a_silent_server_times_out),
        TEST(test_those_beyond_the_parallel_ones_wait_and_their_time_runs),
        TEST(test_a_refused_connection_and_a_bad_url_are_answered_later),
        TEST(test_cancelled_requests_are_not_answered),
        TEST(test_an_answer_may_free_the_client),
        TEST(test_freeing_the_client_drops_what_is_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
