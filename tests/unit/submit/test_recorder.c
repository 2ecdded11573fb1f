/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <sys/socket.h>

#include "base/log.h"
#include "submit/record.h"
#include "submit/recorder.h"

static struct loop *loop;
static int ends[2]; /* ours, the keeper's */
static struct recorder *recorder;

static int setup(void **state)
{
    (void)state;
    log_setup(LOG_TO_STDERR, LOG_AS_TEXT, L_ERROR, "test");
    loop = loop_new();
    recorder = NULL;
    if (!loop || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
        return -1;
    recorder = recorder_new(loop, ends[0]);
    return recorder ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    recorder_free(recorder);
    loop_free(loop);
    (void)close(ends[0]);
    (void)close(ends[1]);
    return 0;
}

static void succeed(int64_t wall_us)
{
    const struct device_event event = { .account = SLICE("demo@example.org"),
                                        .type = SLICE("UUID"),
                                        .token = { 1, { 9 } },
                                        .wall_us = wall_us };
    recorder_event(recorder, &event);
}

/* The bytes of the next message, 0 when there is none. Its records must follow *next. */
static size_t receive(int64_t *next, size_t *records)
{
    static uint8_t bytes[RECORD_MESSAGE_MAX];
    ssize_t n = recv(ends[1], bytes, sizeof bytes, MSG_DONTWAIT | MSG_TRUNC);
    if (n < 0)
        return 0;
    assert_in_range(n, 1, sizeof bytes);
    struct slice rest = { bytes, (size_t)n }, whole;
    struct device_event event;
    struct fault why;
    enum record_result result;
    while ((result = record_next(&rest, &whole, &event, &why)) == RECORD_ONE) {
        if (*next < 0)
            *next = event.wall_us;
        assert_true(event.wall_us == *next);
        ++*next;
        ++*records;
    }
    assert_int_equal(result, RECORD_END);
    return (size_t)n;
}

static void test_nothing_goes_out_before_its_time(void **state)
{
    (void)state;
    int64_t next = 0;
    size_t records = 0;
    succeed(0);
    succeed(1);
    assert_int_equal(receive(&next, &records), 0);
    size_t waiting = recorder_waiting(recorder);
    recorder_flush(recorder);
    assert_int_equal(recorder_waiting(recorder), 0);
    assert_int_equal(receive(&next, &records), waiting); /* in one message */
    assert_int_equal(records, 2);
    recorder_flush(recorder); /* nothing: no empty message, it would be the end */
    assert_int_equal(receive(&next, &records), 0);
}

static void on_readable(struct loop_watch *w)
{
    (void)w;
    loop_stop(loop);
}

static void test_the_timer_sends(void **state)
{
    (void)state;
    struct loop_watch watch;
    int64_t next = 0;
    size_t records = 0;
    assert_int_equal(watch_start(&watch, loop, ends[1], on_readable), 0);
    succeed(0);
    loop_run(loop);
    assert_true(receive(&next, &records) > 0);
    succeed(1); /* and again */
    loop_run(loop);
    assert_true(receive(&next, &records) > 0);
    assert_int_equal(records, 2);
    watch_stop(&watch);
}

static void test_eight_kilobytes_are_sent_at_once(void **state)
{
    (void)state;
    int64_t next = 0, n = 0;
    size_t records = 0, most = 0;
    do {
        most = recorder_waiting(recorder);
        succeed(n++);
    } while (recorder_waiting(recorder));
    assert_in_range(most, 8 * 1024 - 200, 8 * 1024 - 1);
    assert_in_range(receive(&next, &records), 8 * 1024, RECORD_MESSAGE_MAX);
    assert_true(next == n);
}

static void test_a_keeper_that_does_not_read_costs_the_oldest_only(void **state)
{
    (void)state;
    int64_t n = 0, next = 0;
    size_t records = 0;
    while (recorder_dropped(recorder) == 0) {
        succeed(n++);
        assert_true(recorder_waiting(recorder) <= 64 * 1024);
    }
    assert_true(recorder_waiting(recorder) > 60 * 1024);
    while (receive(&next, &records)) /* what the socket held: the first ones, all of them */
        ;
    assert_true((int64_t)records == next);
    assert_true(next + (int64_t)recorder_dropped(recorder) < n);
    next += (int64_t)recorder_dropped(recorder); /* behind the gap all that came after */
    recorder_flush(recorder);
    while (receive(&next, &records))
        recorder_flush(recorder);
    assert_true(next == n);
    assert_true((int64_t)(records + recorder_dropped(recorder)) == n);
    assert_int_equal(recorder_waiting(recorder), 0);
}

static void test_what_is_no_event_is_counted_and_harms_no_other(void **state)
{
    (void)state;
    static const uint8_t account[DEVICE_ACCOUNT_MAX + 1] = { 'a' };
    int64_t next = 0;
    size_t records = 0;
    struct device_event event = { .account = { account, sizeof account } };
    recorder_event(recorder, &event);
    event = (struct device_event){ .account = SLICE("demo"), .type = SLICE("uuid") };
    recorder_event(recorder, &event);
    assert_int_equal(recorder_dropped(recorder), 2);
    succeed(0);
    recorder_flush(recorder);
    assert_true(receive(&next, &records) > 0);
    assert_int_equal(records, 1);
}

static void test_a_keeper_that_is_gone_stops_nobody(void **state)
{
    (void)state;
    (void)close(ends[1]);
    ends[1] = dup(ends[0]);
    for (int64_t i = 0; i < 5000; i++)
        succeed(i);
    recorder_flush(recorder);
    assert_true(recorder_waiting(recorder) > 0);
    assert_true(recorder_dropped(recorder) > 0);
}

static void test_freeing_sends_what_waits(void **state)
{
    (void)state;
    int64_t next = 0;
    size_t records = 0;
    succeed(0);
    recorder_free(TAKE(recorder));
    assert_true(receive(&next, &records) > 0);
    recorder_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nothing_goes_out_before_its_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_timer_sends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_eight_kilobytes_are_sent_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_keeper_that_does_not_read_costs_the_oldest_only,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_no_event_is_counted_and_harms_no_other, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_keeper_that_is_gone_stops_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(test_freeing_sends_what_waits, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
