/* SPDX-License-Identifier: ISC
 *
 * Commands through the process that starts them; alert_done is the test's own.
 */
#include "check.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "tempdir.h"

#include "base/clock.h"
#include "base/log.h"
#include "submit/alert_internal.h"

#define LONG_US  (60 * US_PER_S)
#define SHORT_US (50 * US_PER_MS)

static struct tempdir temp;
static struct loop *loop;
static struct alert_commands *commands;
static struct alert_event event;
static unsigned done;
static enum alert_outcome outcome;
static char trouble[256], script[128];
static const char *paths[1];

void alert_done(struct alert_job *job, enum alert_outcome how, const char *what)
{
    assert_null(job->run);
    done++;
    outcome = how;
    (void)snprintf(trouble, sizeof trouble, "%s", what ? what : "");
    loop_stop(loop);
}

static int setup(void **state)
{
    (void)state;
    log_setup(LOG_TO_STDERR, LOG_AS_TEXT, L_ERROR, "test");
    tempdir_make(&temp);
    loop = loop_new();
    done = 0;
    event = (struct alert_event){
        .alert = { .kind = DEVICE_ALERT_ATTACK, .account = SLICE("anna"), .wall_us = 1 }
    };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    alert_commands_free(commands);
    commands = NULL;
    loop_free(loop);
    tempdir_remove(&temp);
    return 0;
}

/* A shell script in the test's folder, which it may call $D. */
static void open_script(const char *body, int64_t limit_us)
{
    struct buf why;
    const struct alert_exec_setup setup = { "root", paths, 1, limit_us };
    (void)snprintf(script, sizeof script, "%s", tempdir_file(&temp, "command"));
    FILE *f = fopen(script, "w");
    assert_non_null(f);
    (void)fprintf(f, "#!/bin/sh\nD=%s\n%s\n", temp.path, body);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(script, 0755), 0);
    paths[0] = script;
    buf_init(&why, 512);
    commands = alert_commands_open(&setup, &why);
    if (!commands)
        fail_msg("%.*s", SLICE_ARG(buf_slice(&why)));
    assert_int_equal(alert_commands_start(commands, loop), 0);
}

static void run(struct alert_job *job, size_t path)
{
    *job = (struct alert_job){ .event = &event };
    alert_command_send(commands, job, path);
}

static void run_until(unsigned n)
{
    while (done < n)
        loop_run(loop);
    assert_int_equal(done, n);
}

static void expect(enum alert_outcome how, const char *what)
{
    assert_int_equal(outcome, how);
    assert_string_equal(trouble, what);
}

static void expect_file(const char *name, const char *want)
{
    char text[2048] = "";
    FILE *f = fopen(tempdir_file(&temp, name), "r");
    assert_non_null(f);
    (void)!fread(text, 1, sizeof text - 1, f);
    (void)fclose(f);
    assert_string_equal(text, want);
}

static void test_it_gets_the_event_and_nothing_else(void **state)
{
    (void)state;
    assert_int_equal(setenv("SECRET", "x", 1), 0);
    open_script(
        "cat > $D/event; /usr/bin/env -u PWD -u _ -u OLDPWD -u SHLVL > $D/environment\n"
        "ls /proc/self/fd > $D/files\n" /* its own is 3 */
        "readlink /proc/self/fd/2 >> $D/files; pwd >> $D/files; echo $# >> $D/files\n"
        "grep -E 'SigBlk|SigIgn|NoNewPrivs' /proc/self/status |"
        " sed '/SigIgn/s/[0-9a-f]\\(.......\\)$/0\\1/' >> $D/files\n", /* 32: the C library's */
        LONG_US);
    struct alert_job job;
    run(&job, 0);
    run_until(1);
    expect(ALERT_TOLD, "");
    expect_file("event", "{\"event\":\"device.alert\",\"kind\":\"attack\","
                         "\"time\":\"1970-01-01T00:00:00.000001Z\",\"account\":\"anna\","
                         "\"type\":null,\"label\":null,\"network\":null,\"country\":null,"
                         "\"place\":null,\"as\":null,\"reason\":null}");
    expect_file("environment", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
                               "/bin\n");
    expect_file("files", "0\n1\n2\n3\n/dev/null\n/\n0\nSigBlk:\t0000000000000000\n"
                         "SigIgn:\t0000000000000000\nNoNewPrivs:\t1\n");
}

static void test_how_it_ended_is_said(void **state)
{
    (void)state;
    open_script("exit 3", LONG_US);
    struct alert_job job;
    run(&job, 0);
    run_until(1);
    expect(ALERT_FAILED, "exit code 3");
    run(&job, 1); /* not one of its paths */
    run_until(2);
    expect(ALERT_FAILED, "Invalid argument");
    assert_int_equal(unlink(script), 0);
    run(&job, 0);
    run_until(3);
    expect(ALERT_FAILED, "exit code 127");
}

static void test_a_signal_is_said(void **state)
{
    (void)state;
    open_script("kill -SEGV $$", LONG_US);
    struct alert_job job;
    run(&job, 0);
    run_until(1);
    expect(ALERT_FAILED, "killed by signal 11");
}

static void test_one_that_takes_too_long_is_killed(void **state)
{
    (void)state;
    open_script("trap '' TERM; read line; sleep 600 & wait", SHORT_US);
    struct alert_job job;
    run(&job, 0);
    run_until(1);
    expect(ALERT_FAILED, "killed, it took too long");
}

static void test_four_run_at_a_time(void **state)
{
    (void)state;
    /* Each waits until all are there. */
    open_script("mkdir $D/$$.here; while :; do set -- $D/*.here; [ $# = 4 ] && exit 0; done",
                LONG_US);
    struct alert_job jobs[ALERT_COMMANDS_AT_ONCE];
    for (size_t i = 0; i < ALERT_COMMANDS_AT_ONCE; i++)
        run(&jobs[i], 0);
    run_until(ALERT_COMMANDS_AT_ONCE);
    expect(ALERT_TOLD, "");
}

static void test_one_that_is_forgotten_says_nothing(void **state)
{
    (void)state;
    open_script("exit 3", LONG_US);
    struct alert_job job, other;
    run(&job, 0);
    alert_command_forget(commands, &job);
    alert_command_forget(commands, &job);
    run(&other, 0);
    run_until(1);
    assert_null(job.run);
}

static void test_when_its_process_dies_commands_fail(void **state)
{
    (void)state;
    open_script("kill -KILL $PPID", LONG_US);
    struct alert_job job;
    run(&job, 0);
    run_until(1);
    expect(ALERT_FAILED, "the process for commands cannot be asked");
    run(&job, 0);
    run_until(2);
    expect(ALERT_FAILED, "the process for commands cannot be asked");
}

static void test_what_runs_ends_with_it(void **state)
{
    (void)state;
    open_script("echo $$ > $D/fifo; exec sleep 600", LONG_US);
    struct alert_job job;
    char text[32] = "";
    uint32_t pid;
    int status;
    assert_int_equal(mkfifo(tempdir_file(&temp, "fifo"), 0600), 0);
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    run(&job, 0);
    FILE *f = fopen(tempdir_file(&temp, "fifo"), "r"); /* waits for the script */
    assert_non_null(fgets(text, sizeof text, f));
    (void)fclose(f);
    text[strcspn(text, "\n")] = '\0';
    assert_true(slice_to_u32(slice_of_str(text), 2, INT32_MAX, &pid));
    alert_command_forget(commands, &job);
    alert_commands_free(TAKE(commands));
    assert_int_equal(waitpid((pid_t)pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_it_gets_the_event_and_nothing_else),
        TEST(test_how_it_ended_is_said),
        TEST(test_a_signal_is_said),
        TEST(test_one_that_takes_too_long_is_killed),
        TEST(test_four_run_at_a_time),
        TEST(test_one_that_is_forgotten_says_nothing),
        TEST(test_when_its_process_dies_commands_fail),
        TEST(test_what_runs_ends_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
