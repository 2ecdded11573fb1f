/* SPDX-License-Identifier: ISC
 *
 * On the loopback interface, where this process may capture; elsewhere the tests are skipped.
 */
#include "check.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>

#include "capture/capture.h"

enum { WAIT_MS = 10000 };

static struct buf why;
static int peer = -1, seen; /* seen: the signal, by two threads */
static struct sockaddr_in address;

static int setup(void **state)
{
    (void)state;
    socklen_t n = sizeof address;
    seen = 0;
    buf_init(&why, 512);
    address =
        (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    peer = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return peer < 0 || bind(peer, (struct sockaddr *)&address, n) ||
           getsockname(peer, (struct sockaddr *)&address, &n);
}

static int teardown(void **state)
{
    (void)state;
    buf_clear(&why);
    return close(peer);
}

/* Of datagrams to the peer's port. */
static struct capture *open_live(const char *bpf)
{
    struct capture_filter filter;
    capture_filter_init(&filter);
    filter.ports[filter.ports_n++] = ntohs(address.sin_port);
    struct capture *c = capture_open_live("lo", bpf, false, &filter, &why);
    if (!c) {
        print_message("skipped: %.*s\n", SLICE_ARG(buf_slice(&why)));
        skip();
    }
    return c;
}

static void send_text(const char *text)
{
    assert_int_equal(
        sendto(peer, text, strlen(text), 0, (struct sockaddr *)&address, sizeof address),
        strlen(text));
}

static void test_a_datagram_is_a_message_at_once(void **state)
{
    (void)state;
    struct capture_message m;
    struct capture *c = open_live(NULL);
    for (int i = 0; i < 3; i++) {
        send_text("payload");
        do /* a bystander's datagram may come too */
            assert_int_equal(capture_next(c, WAIT_MS, &m, &why), 1);
        while (m.destination_port != ntohs(address.sin_port));
        assert_int_equal(m.kind, CAPTURE_UDP);
        assert_int_equal(m.source, INADDR_LOOPBACK);
        assert_true(m.frame >= 1);
        assert_true(m.time_ns > INT64_C(1500000000000000000));
        expect_slice("payload", m.payload, SLICE("payload"));
    }
    assert_true(capture_totals(c)->messages >= 3);
    capture_close(c);
}

static void test_the_filter_of_the_operator_is_obeyed(void **state)
{
    (void)state;
    struct capture_message m;
    struct capture *c = open_live("tcp and port 1");
    send_text("payload");
    assert_int_equal(capture_next(c, 0, &m, &why), 0);
    assert_int_equal(capture_totals(c)->frames, 0);
    capture_close(c);
}

static void on_signal(int number)
{
    (void)number;
}

/* Until it is seen: it may come before the wait begins. */
static void *send_signal(void *thread)
{
    while (!__atomic_load_n(&seen, __ATOMIC_SEQ_CST)) {
        (void)pthread_kill(*(pthread_t *)thread, SIGUSR1);
        (void)sched_yield();
    }
    return NULL;
}

static void test_a_signal_ends_the_wait(void **state)
{
    (void)state;
    struct capture_message m;
    struct sigaction action = { .sa_handler = on_signal };
    pthread_t self = pthread_self(), sender;
    struct capture *c = open_live("tcp and port 1");
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    assert_int_equal(pthread_create(&sender, NULL, send_signal, &self), 0);
    assert_int_equal(capture_next(c, -1, &m, &why), -EINTR);
    __atomic_store_n(&seen, 1, __ATOMIC_SEQ_CST);
    assert_int_equal(pthread_join(sender, NULL), 0);
    assert_int_equal(capture_next(c, 0, &m, &why), 0); /* it goes on */
    capture_close(c);
}

/* Nobody reads: the kernel's room is full in the end. */
static void test_frames_that_are_lost_are_counted(void **state)
{
    (void)state;
    struct capture *c = open_live(NULL);
    assert_int_equal(capture_dropped(c), 0);
    for (int i = 0; i < 1000000 && capture_dropped(c) == 0; i++)
        send_text("payload");
    assert_true(capture_dropped(c) > 0);
    capture_close(c);
}

static void test_what_cannot_be_captured_is_said(void **state)
{
    (void)state;
    struct capture_filter filter;
    capture_filter_init(&filter);
    assert_null(capture_open_live("no-such-interface", NULL, false, &filter, &why));
    assert_true(slice_starts(buf_slice(&why), SLICE("cannot be captured from: ")));
    buf_clear(&why);
    capture_close(open_live(NULL)); /* skips here without the right */
    assert_null(capture_open_live("lo", "no such filter", false, &filter, &why));
    assert_true(slice_starts(buf_slice(&why), SLICE("the filter is refused: ")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_datagram_is_a_message_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_filter_of_the_operator_is_obeyed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_signal_ends_the_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(test_frames_that_are_lost_are_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_captured_is_said, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
