/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/err.h"
#include "base/log.h"
#include "net/address.h"
#include "submit/control.h"
#include "tempdir.h"

static struct tempdir dir;
static struct control_context context;
static struct conf *conf;
static struct counters *counters;
static struct locations *locations;
static struct policy *policy;
static struct privacy *privacy;

static int setup(void **state)
{
    static const uint8_t key[16] = { 7 };
    struct buf why;
    (void)state;
    tempdir_make(&dir);
    buf_init(&why, 1024);
    conf = conf_parse("test", SLICE("submission: {realm: example.com}"), &why);
    counters = counters_new(UINT64_C(1) << 20, 1, key);
    locations = locations_open(conf, &why);
    policy = policy_new(conf, counters, &why);
    privacy = privacy_open(tempdir_file(&dir, "secret"), NULL, 0, &why);
    if (!policy || !privacy)
        fail_msg("%.*s", SLICE_ARG(buf_slice(&why)));
    buf_clear(&why);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    privacy_free(privacy);
    policy_free(policy);
    locations_free(locations);
    counters_free(counters);
    conf_free(conf);
    tempdir_remove(&dir);
    return 0;
}

/* ---- the keeper, in a process of its own ---- */

static int stop_fd;

static void on_stop(struct loop_watch *w)
{
    (void)w;
    exit(0); /* as a keeper that is killed: the socket's name stays */
}

static void serve(int ready, bool in_order)
{
    struct loop *loop = loop_new();
    struct buf why;
    struct loop_watch stop = { 0 };
    buf_init(&why, 1024);
    log_setup(LOG_TO_STDERR, LOG_AS_TEXT, L_ERROR, "test");
    context = (struct control_context){ .counters = counters,
                                        .policy = policy,
                                        .privacy = privacy,
                                        .locations = locations,
                                        .conf = conf };
    if (store_open(dir.path, STORE_WRITE, 0, &context.store))
        _exit(3);
    struct control_server *server = control_server_open(loop, dir.path, &context, &why);
    if (!server || watch_start(&stop, loop, stop_fd, on_stop))
        _exit(4);
    if (write(ready, "r", 1) != 1)
        _exit(5);
    if (in_order) {
        control_server_close(server);
        _exit(0);
    }
    loop_run(loop);
    _exit(6);
}

static pid_t start(bool in_order, int *stop)
{
    int ready[2], ends[2];
    char c;
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)close(ends[1]);
        stop_fd = ends[0];
        serve(ready[1], in_order);
    }
    (void)close(ready[1]);
    (void)close(ends[0]);
    assert_int_equal(read(ready[0], &c, 1), 1);
    (void)close(ready[0]);
    *stop = ends[1];
    return pid;
}

static void finish(pid_t pid, int stop)
{
    int status;
    (void)signal(SIGPIPE, SIG_IGN); /* one that ended by itself */
    (void)!write(stop, "s", 1);
    (void)close(stop);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* ---- the tool ---- */

static json_t *ask(const char *text, int want)
{
    json_error_t why;
    json_t *request = json_loads(text, 0, &why), *answer = NULL;
    assert_non_null(request);
    assert_int_equal(control_ask(dir.path, request, &answer), want);
    json_decref(request);
    return answer;
}

static void expect(const char *request, const char *name, const char *want)
{
    json_t *answer = ask(request, 0);
    const char *got = json_string_value(json_object_get(answer, name));
    if (!got || strcmp(got, want) != 0)
        fail_msg("%s: %s is %s", request, name, got ? got : "nothing");
    json_decref(answer);
}

#define APPROVE                                                                            \
    "{\"do\":\"device.approve\",\"account\":\"a\",\"type\":\"UUID\",\"token\":\"~1.aaaaaa" \
    "aaaaaaaaaaaaaaaaaaaa\"}"

static void test_a_request_is_answered(void **state)
{
    (void)state;
    int stop;
    pid_t pid = start(false, &stop);
    assert_int_equal(tempdir_mode(tempdir_file(&dir, "control")), 0600);
    expect(APPROVE, "state", "approved");
    expect(APPROVE, "before", "approved");
    expect("{\"do\":\"nothing\"}", "error", "there is no such request");
    finish(pid, stop);
}

static void test_where_no_service_runs_none_is_found(void **state)
{
    (void)state;
    int stop;
    (void)ask(APPROVE, ERR_NOT_FOUND);
    pid_t pid = start(false, &stop);
    finish(pid, stop);
    assert_int_equal(access(tempdir_file(&dir, "control"), F_OK), 0); /* it was killed */
    (void)ask(APPROVE, ERR_NOT_FOUND);
}

static void test_the_next_service_takes_the_name_over(void **state)
{
    (void)state;
    int stop, stop2;
    pid_t old = start(false, &stop), new = start(false, &stop2);
    expect(APPROVE, "state", "approved");
    finish(old, stop);
    expect(APPROVE, "state", "approved");
    finish(new, stop2);
}

static void test_a_service_that_ends_removes_its_socket(void **state)
{
    (void)state;
    int stop;
    pid_t pid = start(true, &stop);
    finish(pid, stop);
    assert_int_equal(access(tempdir_file(&dir, "control"), F_OK), -1);
}

/* bytes on the wire, and how the answer begins; NULL: closed without one. */
static void expect_raw(struct slice bytes, const char *want)
{
    struct address to;
    char got[4096];
    size_t n = 0;
    ssize_t more;
    assert_true(address_of_path(slice_of_str(tempdir_file(&dir, "control")), &to));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, &to.any, to.n), 0);
    while (bytes.n && (more = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL)) > 0)
        bytes = slice_from(bytes, (size_t)more);
    (void)shutdown(fd, SHUT_WR); /* it may be closed already */
    while ((more = recv(fd, got + n, sizeof got - n, 0)) > 0)
        n += (size_t)more;
    (void)close(fd);
    if (!want)
        assert_int_equal(n, 0);
    else if (n < strlen(want) || memcmp(got, want, strlen(want)) != 0)
        fail_msg("got \"%.*s\", want \"%s\"", (int)n, got, want);
}

#define BAD  "{\"ok\":false,\"error\":\"a request is one line of JSON\"}\n"
#define LONG "{\"ok\":false,\"error\":\"the request is too long\"}\n"

static void test_bad_lines_are_answered_and_bounded(void **state)
{
    (void)state;
    static const struct {
        struct slice bytes;
        const char *want;
    } cases[] = {
        { SLICE_INIT("\n"), BAD },
        { SLICE_INIT("{\n"), BAD },
        { SLICE_INIT("{\"do\":\"a\",\"do\":\"b\"}\n"), BAD },
        { SLICE_INIT("\xff\0\n"), BAD },
        { SLICE_INIT("{\"do\":\"x\"}\n{\"do\":\"x\"}\n"), "{\"ok\":false,\"error\":\"there is no" },
        { SLICE_INIT("{\"do\":\"x\"}"), NULL },
        { SLICE_INIT(""), NULL },
    };
    int stop;
    pid_t pid = start(false, &stop);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_raw(cases[i].bytes, cases[i].want);
    uint8_t *line = malloc(CONTROL_LINE_MAX + 1);
    assert_non_null(line);
    memset(line, ' ', CONTROL_LINE_MAX + 1);
    line[CONTROL_LINE_MAX] = '\n';
    expect_raw((struct slice){ line, CONTROL_LINE_MAX + 1 }, BAD);
    line[CONTROL_LINE_MAX] = ' ';
    expect_raw((struct slice){ line, CONTROL_LINE_MAX + 1 }, LONG);
    free(line);
    finish(pid, stop);
}

static void test_a_folder_that_is_not_there_is_said(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct buf why;
    buf_init(&why, 1024);
    assert_null(control_server_open(loop, tempdir_file(&dir, "nowhere"), &context, &why));
    assert_true(buf_size(&why) > 0);
    buf_clear(&why);
    loop_free(loop);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_request_is_answered),
        TEST(test_where_no_service_runs_none_is_found),
        TEST(test_the_next_service_takes_the_name_over),
        TEST(test_a_service_that_ends_removes_its_socket),
        TEST(test_bad_lines_are_answered_and_bounded),
        TEST(test_a_folder_that_is_not_there_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
