/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdio.h>
#include <sys/wait.h>

#include "base/log.h"
#include "net/listener.h"
#include "submit/metrics_http.h"

static struct metrics *m;

static int setup(void **state)
{
    (void)state;
    m = metrics_new(1);
    return m ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    metrics_free(m);
    return 0;
}

/* "": not all there yet. */
static void expect_answer(struct slice request, const char *want)
{
    struct buf out;
    buf_init(&out, METRICS_HTTP_ANSWER_MAX);
    bool answered = metrics_http_answer(guarded(request), m, &out);
    assert_int_equal(answered, want[0] != '\0');
    struct slice got = slice_first(buf_slice(&out), strlen(want));
    expect_slice((const char *)request.p, got, slice_of_str(want));
    buf_clear(&out);
}

#define END " HTTP/1.1\r\nHost: x\r\n\r\n"

static void test_answers(void **state)
{
    (void)state;
    static const struct {
        struct slice request;
        const char *want;
    } cases[] = {
        { SLICE_INIT("GET /metrics" END), "HTTP/1.1 200 " },
        { SLICE_INIT("GET /metrics HTTP/1.0\n\n"), "HTTP/1.1 200 " },
        { SLICE_INIT("GET /metrics?a=b" END), "HTTP/1.1 200 " },
        { SLICE_INIT("GET http://gate:9587/metrics" END), "HTTP/1.1 200 " },
        { SLICE_INIT("GET /metrics" END "GET /other" END), "HTTP/1.1 200 " },
        { SLICE_INIT("GET /" END), "HTTP/1.1 404 " },
        { SLICE_INIT("GET /metrics/" END), "HTTP/1.1 404 " },
        { SLICE_INIT("GET /metric" END), "HTTP/1.1 404 " },
        { SLICE_INIT("GET /../metrics" END), "HTTP/1.1 404 " },
        { SLICE_INIT("GET http://gate" END), "HTTP/1.1 404 " },
        { SLICE_INIT("POST / HTTP/1.1\r\n\r\n"), "HTTP/1.1 404 " },
        { SLICE_INIT("POST /metrics" END), "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\n" },
        { SLICE_INIT("HEAD /healthz" END), "HTTP/1.1 405 " },
        { SLICE_INIT("get /metrics" END), "HTTP/1.1 405 " },
        { SLICE_INIT("GET\0 /metrics" END), "HTTP/1.1 405 " },
        { SLICE_INIT("GET /metrics\r\n\r\n"), "HTTP/1.1 400 " },
        { SLICE_INIT("GET /metrics HTTP/2.0\r\n\r\n"), "HTTP/1.1 400 " },
        { SLICE_INIT("GET /metrics HTTP/1.10\r\n\r\n"), "HTTP/1.1 400 " },
        { SLICE_INIT("GET  /metrics" END), "HTTP/1.1 400 " },
        { SLICE_INIT(" /metrics" END), "HTTP/1.1 400 " },
        { SLICE_INIT("\x16\x03\x01\r\n\r\n"), "HTTP/1.1 400 " },
        { SLICE_INIT("\r\n\r\n"), "HTTP/1.1 400 " },
        { SLICE_INIT(""), "" },
        { SLICE_INIT("GET /metrics HTTP/1.1\r\n"), "" },
        { SLICE_INIT("GET /metrics HTTP/1.1\r\nHost: x\r\n\r"), "" },
        { SLICE_INIT("GET /metrics HTTP/1.1\r\nHost: x\r\n"), "" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        expect_answer(cases[i].request, cases[i].want);
}

static void test_health_is_a_ready_worker(void **state)
{
    (void)state;
    expect_answer(SLICE("GET /healthz" END), "HTTP/1.1 503 Service Unavailable\r\n");
    metrics_ready(m, true);
    expect_answer(SLICE("GET /healthz" END),
                  "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
                  "Content-Length: 3\r\nCache-Control: no-store\r\nConnection: close\r\n\r\nok\n");
    metrics_ready(m, false);
    expect_answer(SLICE("GET /healthz" END), "HTTP/1.1 503 Service Unavailable\r\n");
}

static void test_the_head_alone_for_head(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, METRICS_HTTP_ANSWER_MAX);
    assert_true(metrics_http_answer(SLICE("HEAD /metrics" END), m, &out));
    assert_true(slice_ends_nocase(buf_slice(&out), SLICE("\r\n\r\n")));
    buf_clear(&out);
}

static void test_metrics_come_whole(void **state)
{
    (void)state;
    struct buf out, text;
    struct slice head, body;
    char length[64];
    buf_init(&out, METRICS_HTTP_ANSWER_MAX);
    buf_init(&text, METRICS_TEXT_MAX);
    metrics_write(m, &text);
    assert_true(metrics_http_answer(SLICE("GET /metrics" END), m, &out));
    body = slice_from(buf_slice(&out), buf_size(&out) - buf_size(&text));
    head = slice_first(buf_slice(&out), buf_size(&out) - buf_size(&text));
    expect_slice("body", body, buf_slice(&text));
    (void)snprintf(length, sizeof length, "\r\nContent-Length: %zu\r\n", buf_size(&text));
    assert_non_null(memmem(head.p, head.n, length, strlen(length)));
    assert_non_null(memmem(head.p, head.n, "text/plain; version=0.0.4;", 26));
    buf_clear(&out);
    buf_clear(&text);
}

static void test_requests_are_bounded(void **state)
{
    (void)state;
    static uint8_t large[METRICS_HTTP_REQUEST_MAX + 1];
    static const struct slice start = SLICE_INIT("GET /metrics HTTP/1.1\r\nX: ");
    memset(large, 'a', sizeof large);
    expect_answer((struct slice){ large, sizeof large - 2 }, "");
    expect_answer((struct slice){ large, sizeof large - 1 }, "HTTP/1.1 431 ");
    memcpy(large, start.p, start.n);
    memcpy(large + METRICS_HTTP_REQUEST_MAX - 4, "\r\n\r\n", 4);
    expect_answer((struct slice){ large, METRICS_HTTP_REQUEST_MAX }, "HTTP/1.1 200 ");
    memcpy(large + METRICS_HTTP_REQUEST_MAX - 4, "a\r\n\r\n", 5);
    expect_answer((struct slice){ large, sizeof large }, "HTTP/1.1 431 ");
}

/* ---- over a socket: a child is the client, and ends when it has seen what it should ---- */

static struct loop *loop;
static struct address bound;

static int dial(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, &bound.any, bound.n) != 0)
        _exit(10);
    return fd;
}

static void say(int fd, const char *text)
{
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) != (ssize_t)strlen(text))
        _exit(11);
}

/* All until the other side closes; NUL-terminated. */
static const char *hear(int fd)
{
    static char bytes[METRICS_HTTP_ANSWER_MAX + 1];
    size_t n = 0;
    ssize_t got;
    while ((got = recv(fd, bytes + n, sizeof bytes - 1 - n, 0)) > 0)
        n += (size_t)got;
    bytes[n] = '\0';
    return bytes;
}

static void expect_or_exit(bool holds, int code)
{
    if (!holds)
        _exit(code);
}

static void on_child_end(struct loop_watch *w)
{
    (void)w;
    loop_stop(loop);
}

static void serve(void (*client)(void))
{
    struct listen_spec spec = { 0 };
    struct loop_watch watch;
    int alive[2], status = -1;
    socklen_t n = sizeof bound.in;
    log_setup(LOG_TO_STDERR, LOG_AS_TEXT, L_ERROR, "test");
    assert_true(address_parse(SLICE("127.0.0.1:0"), &spec.address));
    int fd = listen_open(&spec);
    assert_true(fd >= 0);
    assert_int_equal(getsockname(fd, &bound.any, &n), 0);
    bound.n = n;
    assert_int_equal(pipe(alive), 0);
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(fd);
        client();
        _exit(0);
    }
    (void)close(alive[1]);
    loop = loop_new();
    struct metrics_http *http = metrics_http_start(loop, fd, m);
    assert_non_null(http);
    assert_int_equal(watch_start(&watch, loop, alive[0], on_child_end), 0);
    loop_run(loop);
    watch_stop(&watch);
    metrics_http_stop(http);
    loop_free(loop);
    (void)close(alive[0]);
    (void)close(fd);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void ask_in_pieces(void)
{
    int fd = dial();
    say(fd, "GET /met");
    say(fd, "rics HTTP/1.1\r\nHost: gate\r\n");
    say(fd, "\r\n");
    const char *answer = hear(fd); /* and it closes by itself */
    expect_or_exit(strncmp(answer, "HTTP/1.1 200 OK\r\n", 17) == 0, 1);
    expect_or_exit(strstr(answer, "postern_submit_sessions_total 0\n") != NULL, 2);
    fd = dial();
    say(fd, "GET /healthz HTTP/1.1\r\n\r\n");
    expect_or_exit(strncmp(hear(fd), "HTTP/1.1 503 ", 13) == 0, 3);
}

static void test_over_a_socket(void **state)
{
    (void)state;
    serve(ask_in_pieces);
}

static void crowd(void)
{
    int fds[16];
    for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
        fds[i] = dial();
    expect_or_exit(hear(dial())[0] == '\0', 1); /* the 17th is closed at once */
    say(fds[7], "GET /metrics HTTP/1.1\r\n\r\n");
    expect_or_exit(strncmp(hear(fds[7]), "HTTP/1.1 200 ", 13) == 0, 2);
    (void)shutdown(fds[3], SHUT_WR); /* gives up: it is closed, and its place is free */
    expect_or_exit(hear(fds[3])[0] == '\0', 3);
    int fd = dial();
    say(fd, "GET /metrics HTTP/1.1\r\n\r\n");
    expect_or_exit(strncmp(hear(fd), "HTTP/1.1 200 ", 13) == 0, 4);
}

static void test_sixteen_clients_at_once_and_no_more(void **state)
{
    (void)state;
    serve(crowd);
}

static void leave(void)
{
    int fd = dial();
    say(fd, "GET /metrics HTTP/1.1\r\n");
    (void)dial(); /* both are open when the server stops */
    fd = dial();
    say(fd, "GET /metrics HTTP/1.1\r\n\r\n");
    (void)hear(fd);
}

static void test_stopping_cuts_what_is_open(void **state)
{
    (void)state;
    serve(leave);
    metrics_http_stop(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_health_is_a_ready_worker, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_head_alone_for_head, setup, teardown),
        cmocka_unit_test_setup_teardown(test_metrics_come_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(test_requests_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_over_a_socket, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sixteen_clients_at_once_and_no_more, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stopping_cuts_what_is_open, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
