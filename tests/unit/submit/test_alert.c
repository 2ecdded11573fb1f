/* SPDX-License-Identifier: ISC
 *
 * Alerts from being raised to all that are told: an upstream that follows a script, a Maildir, a
 * command, a server for webhooks, each of the test's own.
 */
#include "check.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>

#include "tempdir.h"

#include "base/clock.h"
#include "base/log.h"
#include "net/http_server.h"
#include "submit/alert_internal.h"
#include "submit/upstream_script.h"

#define KEY       "0123456789abcdef"
#define WALL_US   INT64_C(1795252309123456)
#define HELLO     "S 220 up\nC EHLO gate.example\nS 250-up\nS 250 HELP\n"
#define ENVELOPE  "C MAIL FROM:<>\nS 250 ok\nC RCPT TO:<anna@example.net>\n"
#define QUEUE_MAX 1000

struct bench {
    struct tempdir dir;
    struct loop *loop;
    struct thread_pool *threads;
    struct privacy *privacy;
    struct conf conf;
    const char *to[4], *deliver[1];
    char targets[4][160], upstream[128], secret[128], command[128], folder[128];
    struct alerts *alerts;
    struct script up;
    struct http_server server;
    struct loop_timer stop;
    bool has_script;
    int log, real_stderr;
    char logged[1 << 19];
};

/* ---- the bench ---- */

static void on_stop(struct loop_timer *timer)
{
    loop_stop(CONTAINER_OF(timer, struct bench, stop)->loop);
}

static void write_file(const char *path, const char *text, unsigned mode)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    (void)fputs(text, f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static int open_bench(void **state)
{
    static const char *const clear[] = { "account", "address" };
    struct bench *b = calloc(1, sizeof *b);
    struct buf why;
    buf_init(&why, 512);
    tempdir_make(&b->dir);
    b->privacy = privacy_open(tempdir_file(&b->dir, "keys"), clear, 2, &why);
    assert_non_null(b->privacy);
    b->real_stderr = dup(STDERR_FILENO);
    b->log = open(tempdir_file(&b->dir, "log"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(dup2(b->log, STDERR_FILENO), STDERR_FILENO);
    log_setup(LOG_TO_STDERR, LOG_AS_TEXT, L_INFO, "test");
    b->loop = loop_new();
    b->threads = thread_pool_new(b->loop, 1, 8);
    timer_init(&b->stop, b->loop, on_stop);
    http_server_start(&b->server, b->loop, HTTP_ANSWER("200 OK", "0", ""));
    b->conf.user = "root";
    b->conf.submission.hostname = "gate.example";
    b->conf.submission.upstream_tls = CONF_UPSTREAM_OFF;
    b->conf.submission.timeouts.connect_us = b->conf.submission.timeouts.upstream_us =
        b->conf.submission.timeouts.upstream_data_us = b->conf.submission.timeouts.upstream_end_us =
            60 * US_PER_S;
    b->conf.alerts.quiet_us = 3600 * US_PER_S;
    b->conf.alerts.to.at = b->to;
    b->conf.submission.deliver.at = b->deliver;
    (void)snprintf(b->secret, sizeof b->secret, "%s", tempdir_file(&b->dir, "secret"));
    (void)snprintf(b->command, sizeof b->command, "%s", tempdir_file(&b->dir, "command"));
    (void)snprintf(b->folder, sizeof b->folder, "%s", tempdir_file(&b->dir, "templates"));
    write_file(b->secret, KEY "\n", 0600);
    *state = b;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *b = *state;
    alerts_free(b->alerts);
    if (b->has_script)
        script_stop(&b->up);
    http_server_stop(&b->server);
    timer_clear(&b->stop);
    thread_pool_free(b->threads);
    loop_free(b->loop);
    (void)dup2(b->real_stderr, STDERR_FILENO);
    (void)close(b->real_stderr);
    (void)close(b->log);
    privacy_free(b->privacy);
    tempdir_remove(&b->dir);
    free(b);
    return 0;
}

static void add_target(struct bench *b, const char *kind, const char *rest)
{
    size_t i = b->conf.alerts.to.n++;
    (void)snprintf(b->targets[i], sizeof b->targets[i], "%s%s", kind, rest);
    b->to[i] = b->targets[i];
}

static void add_upstream(struct bench *b, const char *const *scripts)
{
    script_start(&b->up, b->loop, scripts);
    b->has_script = true;
    (void)snprintf(b->upstream, sizeof b->upstream, "smtp://127.0.0.1:%u", b->up.port);
    b->deliver[0] = b->upstream;
    b->conf.submission.deliver.n = 1;
    add_target(b, "mail", "");
}

static void add_webhook(struct bench *b)
{
    b->conf.alerts.webhook_secret = b->secret;
    add_target(b, b->server.url, "/hook");
}

static void open_alerts(struct bench *b)
{
    struct buf why;
    buf_init(&why, 512);
    b->alerts = alerts_open(&b->conf, b->privacy, &why);
    if (!b->alerts || alerts_start(b->alerts, b->loop, b->threads, &why))
        fail_msg("%.*s", SLICE_ARG(buf_slice(&why)));
    buf_clear(&why);
}

static struct alert alert_of(const char *account)
{
    struct alert a = { .kind = DEVICE_ALERT_NEW_DEVICE,
                       .account = slice_of_str(account),
                       .type = SLICE("UUID"),
                       .label = SLICE("phone"),
                       .location = { .country = "DE" },
                       .reason = SLICE("unknown-device"),
                       .wall_us = WALL_US };
    assert_true(device_network_parse(SLICE("192.0.2.0/24"), &a.network));
    return a;
}

static void raise_for(struct bench *b, const char *account)
{
    const struct alert a = alert_of(account);
    alerts_raise(b->alerts, &a);
}

/* For what nobody tells: turn by turn. */
static void turn(struct bench *b)
{
    timer_set(&b->stop, loop_now_us(b->loop) + 1000);
    loop_run(b->loop);
}

static void run_until_told(struct bench *b)
{
    while (alerts_waiting(b->alerts))
        turn(b);
}

static bool log_has(struct bench *b, const char *text)
{
    log_flush();
    ssize_t n = pread(b->log, b->logged, sizeof b->logged - 1, 0);
    b->logged[n > 0 ? n : 0] = '\0';
    return strstr(b->logged, text);
}

static void expect_log(struct bench *b, const char *text)
{
    if (!log_has(b, text))
        fail_msg("no \"%s\" in:\n%s", text, b->logged);
}

/* ---- telling ---- */

static void test_the_log_always_has_it(void **state)
{
    struct bench *b = *state;
    b->conf.alerts.to.n = 0;
    open_alerts(b);
    raise_for(b, "anna@example.net");
    raise_for(b, "anna@example.net");
    expect_log(b, "notice device.alert kind=new-device account=anna@example.net type=UUID "
                  "label=phone network=192.0.2.0/24 country=DE reason=unknown-device\n");
    expect_log(b, "reason=unknown-device quiet=yes\n");
    assert_int_equal(alerts_waiting(b->alerts), 0);
}

static void test_a_mail_goes_to_the_account_from_nobody(void **state)
{
    struct bench *b = *state;
    static const char *const scripts[] = { HELLO ENVELOPE
                                           "S 250 ok\nC DATA\nS 354 go\nD\nS 250 taken\n",
                                           NULL };
    add_upstream(b, scripts);
    open_alerts(b);
    raise_for(b, "anna@example.net");
    assert_int_equal(alerts_waiting(b->alerts), 1);
    run_until_told(b);
    script_expect_done(&b->up);
    struct slice got = buf_slice(&b->up.conns[0].got);
    assert_true(slice_starts(got, SLICE("From: <postmaster@gate.example>\r\n"
                                        "To: <anna@example.net>\r\n"
                                        "Subject: A new device signed in to anna@example.net\r\n"
                                        "Date: Sat, 21 Nov 2026 09:11:49 +0000\r\n"
                                        "Message-ID: <")));
    assert_non_null(memmem(got.p, got.n, "Auto-Submitted: auto-generated\r\n", 32));
    assert_non_null(memmem(got.p, got.n, "\r\nDevice:  phone\r\nPlace:   DE\r\n", 31));
    assert_false(log_has(b, "alert.failed"));
}

static void test_the_sender_the_realm_and_the_texts_are_the_operators(void **state)
{
    struct bench *b = *state;
    static const char *const scripts[] = { HELLO ENVELOPE
                                           "S 250 ok\nC DATA\nS 354 go\nD\nS 250 taken\n",
                                           NULL };
    char path[256];
    assert_int_equal(mkdir(b->folder, 0700), 0);
    (void)snprintf(path, sizeof path, "%s/new-device.txt", b->folder);
    write_file(path, "Subject: Neu\n\nHallo {account}\n", 0644);
    (void)snprintf(path, sizeof path, "%s/README", b->folder);
    write_file(path, "no template", 0644);
    b->conf.alerts.templates = b->folder;
    b->conf.alerts.from = "abuse@example.net";
    b->conf.submission.realm = "example.net";
    add_upstream(b, scripts);
    open_alerts(b);
    raise_for(b, "anna");
    run_until_told(b);
    struct slice got = buf_slice(&b->up.conns[0].got);
    assert_true(slice_starts(got, SLICE("From: <abuse@example.net>\r\nTo: <anna@example.net>\r\n"
                                        "Subject: Neu\r\n")));
    assert_non_null(memmem(got.p, got.n, "\r\n\r\nHallo anna\r\n.\r\n", 19));
}

static void test_an_account_without_a_domain_gets_none_and_it_is_said_once(void **state)
{
    struct bench *b = *state;
    static const char *const scripts[] = { NULL };
    add_upstream(b, scripts);
    open_alerts(b);
    raise_for(b, "anna");
    raise_for(b, "berta");
    run_until_told(b);
    assert_int_equal(b->up.accepted, 0);
    const char *line = "alert.failed to=mail reason=\"an account without a domain, and no "
                       "submission.realm\"\n";
    expect_log(b, line);
    assert_null(strstr(strstr(b->logged, line) + 1, line));
}

static void test_a_mail_that_is_refused_for_good_is_given_up(void **state)
{
    struct bench *b = *state;
    static const char *const scripts[] = { HELLO ENVELOPE
                                           "S 550 5.1.1 no such user\nC RSET\nS 250 ok\n",
                                           NULL };
    add_upstream(b, scripts);
    open_alerts(b);
    raise_for(b, "anna@example.net");
    run_until_told(b);
    expect_log(b, "warning alert.failed kind=new-device account=anna@example.net to=mail target=1 "
                  "tries=1 reason=\"550 no such user\"\n");
}

static void test_a_mail_that_is_put_off_is_tried_again(void **state)
{
    struct bench *b = *state;
    static const char *const scripts[] = { HELLO ENVELOPE "S 451 later\nC RSET\nS 250 ok\n", NULL };
    add_upstream(b, scripts);
    open_alerts(b);
    raise_for(b, "anna@example.net");
    while (!log_has(b, "alert.failed"))
        turn(b);
    expect_log(b, "notice alert.failed kind=new-device account=anna@example.net to=mail target=1 "
                  "tries=1 reason=\"451 later\" next=\"another try\"\n");
    assert_int_equal(alerts_waiting(b->alerts), 1);
}

static void test_a_mail_into_a_maildir(void **state)
{
    struct bench *b = *state;
    char path[256];
    unsigned files = 0;
    (void)snprintf(b->upstream, sizeof b->upstream, "maildir:%s/%%u", b->dir.path);
    b->deliver[0] = b->upstream;
    b->conf.submission.deliver.n = 1;
    assert_int_equal(mkdir(tempdir_file(&b->dir, "anna"), 0700), 0);
    add_target(b, "mail", "");
    open_alerts(b);
    raise_for(b, "anna@example.net");
    run_until_told(b);
    (void)snprintf(path, sizeof path, "%s/anna/new", b->dir.path);
    DIR *d = opendir(path);
    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d));)
        files += e->d_name[0] != '.';
    (void)closedir(d);
    assert_int_equal(files, 1);
}

static void test_a_webhook_is_signed(void **state)
{
    struct bench *b = *state;
    add_webhook(b);
    open_alerts(b);
    raise_for(b, "anna@example.net");
    run_until_told(b);
    struct slice head = buf_slice(&b->server.head), body = buf_slice(&b->server.body), time, rest;
    assert_true(slice_starts(head, SLICE("POST /hook HTTP/1.1\r\n")));
    assert_true(slice_starts(body, SLICE("{\"event\":\"device.alert\",\"kind\":\"new-device\"")));
    http_server_expect_header(&b->server, "Content-Type: application/json");
    const uint8_t *at = memmem(head.p, head.n, "X-Postern-Timestamp: ", 21);
    assert_non_null(at);
    assert_true(slice_cut(slice_from(head, (size_t)(at - head.p) + 21), '\r', &time, &rest));
    char timestamp[32] = "", signature[ALERT_SIGNATURE_MAX], line[128];
    (void)slice_keep(time, timestamp, sizeof timestamp - 1);
    alert_sign(SLICE(KEY), timestamp, body, signature); /* without the file's line end */
    (void)snprintf(line, sizeof line, "X-Postern-Signature: %s", signature);
    http_server_expect_header(&b->server, line);
}

static void test_what_a_webhook_answers(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *answer, *line;
        size_t waiting;
    } cases[] = {
        { HTTP_ANSWER("404 Not Found", "0", ""), "reason=\"status 404\"\n", 0 },
        { HTTP_ANSWER("302 Found", "0", ""), "reason=\"status 302\"\n", 0 },
        { HTTP_ANSWER("503 Busy", "0", ""), "reason=\"status 503\" next=\"another try\"\n", 1 },
        { HTTP_ANSWER("429 Slow", "0", ""), "reason=\"status 429\" next=\"another try\"\n", 2 },
        { "", "reason=\"closed by the other side\" next=\"another try\"\n", 3 },
    };
    char account[16];
    add_webhook(b);
    open_alerts(b);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        b->server.answer = cases[i].answer;
        (void)snprintf(account, sizeof account, "a%zu@b", i);
        raise_for(b, account);
        while (!log_has(b, cases[i].line))
            turn(b);
        assert_int_equal(alerts_waiting(b->alerts), cases[i].waiting);
    }
}

static void test_a_command_is_told_and_its_exit_code_logged(void **state)
{
    struct bench *b = *state;
    char said[2048] = "", script[512];
    (void)snprintf(script, sizeof script, "#!/bin/sh\ncat > %s/said\nexit 4\n", b->dir.path);
    write_file(b->command, script, 0755);
    add_target(b, "command:", b->command);
    open_alerts(b);
    raise_for(b, "anna@example.net");
    run_until_told(b);
    expect_log(b, "warning alert.failed kind=new-device account=anna@example.net to=command "
                  "target=1 tries=1 reason=\"exit code 4\"\n");
    FILE *f = fopen(tempdir_file(&b->dir, "said"), "r");
    assert_non_null(f);
    (void)!fread(said, 1, sizeof said - 1, f);
    (void)fclose(f);
    assert_non_null(strstr(said, "\"account\":\"anna@example.net\""));
}

static void test_all_are_told(void **state)
{
    struct bench *b = *state;
    write_file(b->command, "#!/bin/sh\nexit 0\n", 0755);
    add_webhook(b);
    add_webhook(b);
    add_target(b, "command:", b->command);
    add_target(b, "command:", b->command);
    open_alerts(b);
    raise_for(b, "anna@example.net");
    assert_int_equal(alerts_waiting(b->alerts), 4);
    run_until_told(b);
    assert_int_equal(b->server.requests, 2);
    assert_false(log_has(b, "alert.failed"));
}

static void test_without_an_account_there_is_no_mail(void **state)
{
    struct bench *b = *state;
    static const char *const scripts[] = { NULL };
    add_upstream(b, scripts);
    add_webhook(b);
    open_alerts(b);
    raise_for(b, "");
    assert_int_equal(alerts_waiting(b->alerts), 1);
    run_until_told(b);
    assert_int_equal(b->server.requests, 1);
    assert_int_equal(b->up.accepted, 0);
}

/* ---- bounds ---- */

static void test_quiet_and_never_quiet(void **state)
{
    struct bench *b = *state;
    add_webhook(b);
    open_alerts(b);
    raise_for(b, "anna@example.net");
    raise_for(b, "anna@example.net");
    raise_for(b, "berta@example.net");
    assert_int_equal(alerts_waiting(b->alerts), 2);
    alerts_free(b->alerts);
    b->conf.alerts.quiet_us = 0;
    open_alerts(b);
    raise_for(b, "anna@example.net");
    raise_for(b, "anna@example.net");
    assert_int_equal(alerts_waiting(b->alerts), 2);
}

static void test_the_queue_drops_the_oldest_and_says_so(void **state)
{
    struct bench *b = *state;
    char account[32];
    add_webhook(b);
    open_alerts(b);
    for (int i = 0; i < QUEUE_MAX; i++) {
        (void)snprintf(account, sizeof account, "a%d@b", i);
        raise_for(b, account);
    }
    assert_false(log_has(b, "alert.dropped"));
    raise_for(b, "more@b");
    raise_for(b, "again@b");
    assert_int_equal(alerts_waiting(b->alerts), QUEUE_MAX);
    expect_log(b, "alert.dropped alerts=1 ");
    b->server.stops = true;
    loop_run(b->loop);
    struct slice body = buf_slice(&b->server.body);
    assert_null(memmem(body.p, body.n, "\"a0@b\"", 6));
    alerts_free(TAKE(b->alerts)); /* whoever is not told is said */
    expect_log(b, "alert.dropped alerts=1001 ");
}

static void test_what_is_under_way_can_be_given_up(void **state)
{
    struct bench *b = *state;
    static const char *const scripts[] = { HELLO "C MAIL FROM:<>\nW\n", NULL };
    write_file(b->command, "#!/bin/sh\nsleep 600\n", 0755);
    b->server.answer = NULL;
    add_upstream(b, scripts);
    add_webhook(b);
    add_target(b, "command:", b->command);
    open_alerts(b);
    raise_for(b, "anna@example.net");
    while (!b->server.requests || !b->up.conns[0].waits)
        turn(b);
    assert_int_equal(alerts_waiting(b->alerts), 3);
    alerts_free(TAKE(b->alerts));
}

/* ---- what is wrong from the start ---- */

/* after: NULL, or what stands behind the test's folder. */
static void expect_fault(struct bench *b, const char *before, const char *after)
{
    struct buf why;
    char want[512];
    (void)snprintf(want, sizeof want, "%s%s%s", before, after ? b->dir.path : "",
                   after ? after : "");
    buf_init(&why, 1024);
    assert_false(alerts_check(&b->conf, &why));
    expect_slice("check", buf_slice(&why), slice_of_str(want));
    buf_clear(&why);
    assert_null(alerts_open(&b->conf, b->privacy, &why));
    expect_slice("open", buf_slice(&why), slice_of_str(want));
    buf_clear(&why);
}

static void test_targets_that_cannot_be(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *target, *why;
    } cases[] = {
        { "mailto:x", "alerts.to: \"mailto:x\": none of mail, command:/PATH, https://..." },
        { "command:x", "alerts.to: \"x\": not an absolute path" },
        { "command:/no/such", "alerts.to: \"/no/such\": No such file or directory" },
        { "command:/etc/passwd", "alerts.to: \"/etc/passwd\": not a program" },
        { "command:/etc", "alerts.to: \"/etc\": not a program" },
        { "https://h/", "alerts.webhook-secret: needed, since alerts.to has a webhook" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        b->conf.alerts.to.n = 0;
        add_target(b, cases[i].target, "");
        expect_fault(b, cases[i].why, NULL);
    }
}

static void test_webhook_secrets_that_are_none(void **state)
{
    struct bench *b = *state;
    add_webhook(b);
    write_file(b->secret, KEY, 0644);
    expect_fault(b, "alerts.webhook-secret: ", "/secret: readable by others");
    write_file(b->secret, "0123456789abcde\n\n", 0600);
    expect_fault(b, "alerts.webhook-secret: ", "/secret: shorter than 16 characters");
    b->conf.alerts.webhook_secret = "/no/such";
    expect_fault(b, "alerts.webhook-secret: /no/such: No such file or directory", NULL);
    b->conf.alerts.webhook_secret = b->dir.path;
    expect_fault(b, "alerts.webhook-secret: ", ": Is a directory");
}

static void test_templates_that_are_wrong_are_said_with_file_and_line(void **state)
{
    struct bench *b = *state;
    char path[256];
    b->conf.alerts.templates = b->folder;
    expect_fault(b, "alerts.templates: ", "/templates: No such file or directory");
    assert_int_equal(mkdir(b->folder, 0700), 0);
    (void)snprintf(path, sizeof path, "%s/limit.txt", b->folder);
    write_file(path, "Subject: x\n\nHello\n{name}\n", 0644);
    expect_fault(b, "",
                 "/templates/limit.txt:4: no placeholder; there are {account} {time} {device} "
                 "{place} {reason} {kind}, and {{ for a brace");
    write_file(path, "Hello\n", 0644);
    expect_fault(b, "", "/templates/limit.txt:1: the first line is not \"Subject: ...\"");
    assert_int_equal(unlink(path), 0);
    (void)snprintf(path, sizeof path, "%s/newdevice.txt", b->folder);
    write_file(path, "Subject: x\n\nx\n", 0644);
    expect_fault(b, "", "/templates/newdevice.txt: no alert is called \"newdevice\"");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_log_always_has_it),
        TEST(test_a_mail_goes_to_the_account_from_nobody),
        TEST(test_the_sender_the_realm_and_the_texts_are_the_operators),
        TEST(test_an_account_without_a_domain_gets_none_and_it_is_said_once),
        TEST(test_a_mail_that_is_refused_for_good_is_given_up),
        TEST(test_a_mail_that_is_put_off_is_tried_again),
        TEST(test_a_mail_into_a_maildir),
        TEST(test_a_webhook_is_signed),
        TEST(test_what_a_webhook_answers),
        TEST(test_a_command_is_told_and_its_exit_code_logged),
        TEST(test_all_are_told),
        TEST(test_without_an_account_there_is_no_mail),
        TEST(test_quiet_and_never_quiet),
        TEST(test_the_queue_drops_the_oldest_and_says_so),
        TEST(test_what_is_under_way_can_be_given_up),
        TEST(test_targets_that_cannot_be),
        TEST(test_webhook_secrets_that_are_none),
        TEST(test_templates_that_are_wrong_are_said_with_file_and_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
