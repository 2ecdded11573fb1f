/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <errno.h>

#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/conn.h"
#include "net/listener.h"
#include "net/notify.h"
#include "side.h"

static const struct {
    const char *text;
    bool good, tls;
    uint16_t port;
    size_t at;
} cases[] = {
    { "0.0.0.0:587", true, false, 587, 0 },
    { "[::]:465/tls", true, true, 465, 0 },
    { "127.0.0.1:0", true, false, 0, 0 },
    { "0.0.0.0:465/TLS", false, false, 0, 11 },
    { "0.0.0.0:465/", false, false, 0, 11 },
    { "0.0.0.0:465/tls/tls", false, false, 0, 11 },
    { "0.0.0.0", false, false, 0, 0 },
    { "/tls", false, false, 0, 0 },
    { "", false, false, 0, 0 },
    { "*:25", false, false, 0, 0 },
};

static void listen_addresses_are_parsed(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct listen_spec spec;
        struct fault why = { 0 };
        bool good = listen_parse(guarded(slice_of_str(cases[i].text)), &spec, &why);
        if (good != cases[i].good)
            fail_msg("%s", cases[i].text);
        if (good)
            assert_int_equal(spec.tls, cases[i].tls);
        if (good)
            assert_int_equal(address_port(&spec.address), cases[i].port);
        else
            assert_int_equal(why.at, cases[i].at);
    }
}

static void milters_are_named_as_their_mtas_name_them(void **state UNUSED)
{
    static const struct {
        const char *text;
        int family; /* 0: it is none */
        uint16_t port;
    } milters[] = {
        { "inet:8891@127.0.0.1", AF_INET, 8891 },
        { "inet:0@0.0.0.0", AF_INET, 0 },
        { "inet6:8891@::1", AF_INET6, 8891 },
        { "inet6:8891@[::1]", AF_INET6, 8891 },
        { "unix:/run/x", AF_UNIX, 0 },
        { "local:/run/x", AF_UNIX, 0 },
        { "", 0, 0 },
        { "inet:", 0, 0 },
        { "inet:8891", 0, 0 },
        { "inet:@127.0.0.1", 0, 0 },
        { "inet:65536@127.0.0.1", 0, 0 },
        { "inet:1@::1", 0, 0 },
        { "inet:1@[127.0.0.1]", 0, 0 },
        { "inet6:1@127.0.0.1", 0, 0 },
        { "inet6:1@[]", 0, 0 },
        { "unix:", 0, 0 },
        { "unix:x", 0, 0 },
        { "unix:@x", 0, 0 },
        { "INET:1@127.0.0.1", 0, 0 },
        { "127.0.0.1:8891", 0, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(milters); i++) {
        struct listen_spec spec = { 0 };
        struct fault why = { 0 };
        bool good = listen_parse_milter(guarded(slice_of_str(milters[i].text)), &spec, &why);
        if (good != (milters[i].family != 0) || (!good && !why.what) ||
            (good && spec.address.any.sa_family != milters[i].family) ||
            (good && address_port(&spec.address) != milters[i].port))
            fail_msg("%s", milters[i].text);
    }
}

struct door {
    struct listener listener;
    struct loop *loop;
    int fd;
    struct address peer;
};

static void take_one(struct listener *l, int fd, const struct address *peer)
{
    struct door *d = CONTAINER_OF(l, struct door, listener);
    d->fd = fd;
    d->peer = *peer;
    loop_stop(d->loop);
}

static int open_any(const char *text, struct address *bound)
{
    struct listen_spec spec;
    struct fault why;
    socklen_t n = sizeof bound->un;
    assert_true(listen_parse(slice_of_str(text), &spec, &why));
    int fd = listen_open(&spec);
    assert_true(fd >= 0);
    assert_int_equal(getsockname(fd, &bound->any, &n), 0);
    bound->n = n;
    return fd;
}

static void a_client_is_accepted_without_delay_and_is_told_apart(void **state UNUSED)
{
    struct loop *loop = loop_new();
    struct door d = { .loop = loop, .fd = -1, .listener.on_accept = take_one };
    struct address bound = { .n = 0 };
    struct side client;
    int error, on = 0, fd = open_any("127.0.0.1:0", &bound);
    socklen_t n = sizeof on;
    assert_int_equal(listener_start(&d.listener, loop, fd), 0);
    side_init(&client, loop);
    client.conn = conn_connect(loop, &bound, &client.owner, 4096, &error);
    assert_non_null(client.conn);
    until(loop, d.fd >= 0 && client.connects);
    assert_true(address_equal(&d.peer, conn_local(client.conn)));
    assert_true(address_equal(&bound, conn_peer(client.conn)));
    assert_int_equal(getsockopt(d.fd, IPPROTO_TCP, TCP_NODELAY, &on, &n), 0);
    assert_true(on);
    assert_true(fcntl(d.fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(d.fd, F_GETFD) & FD_CLOEXEC);
    (void)close(d.fd);
    side_close(&client);
    listener_stop(&d.listener);
    listener_stop(&d.listener);
    (void)close(fd);
    loop_free(loop);
}

struct narrow_door {
    struct listener listener;
    struct loop *loop;
    struct loop_timer over;
    int accepted;
};

static void take_one_and_pause(struct listener *l, int fd, const struct address *peer UNUSED)
{
    struct narrow_door *d = CONTAINER_OF(l, struct narrow_door, listener);
    (void)close(fd);
    d->accepted++;
    listener_pause(l);
}

static void on_over(struct loop_timer *t)
{
    loop_stop(t->loop);
}

static void a_listener_that_pauses_accepts_none_even_of_the_same_turn(void **state UNUSED)
{
    struct loop *loop = loop_new();
    struct narrow_door d = { .loop = loop, .listener.on_accept = take_one_and_pause };
    struct address bound = { .n = 0 };
    int clients[3], fd = open_any("127.0.0.1:0", &bound);
    for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
        clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(clients[i], &bound.any, bound.n), 0); /* they wait in the queue */
    }
    assert_int_equal(listener_start(&d.listener, loop, fd), 0);
    timer_init(&d.over, loop, on_over);
    for (int turn = 1; turn <= 3; turn++) {
        timer_set(&d.over, loop_now_us(loop) + 5000);
        loop_run(loop);
        assert_int_equal(d.accepted, turn);
        listener_resume(&d.listener);
    }
    for (size_t i = 0; i < ARRAY_SIZE(clients); i++)
        (void)close(clients[i]);
    timer_clear(&d.over);
    listener_stop(&d.listener);
    (void)close(fd);
    loop_free(loop);
}

static void an_address_is_opened_once(void **state UNUSED)
{
    struct listen_spec spec = { .tls = false };
    int first = open_any("127.0.0.1:0", &spec.address);
    assert_int_equal(listen_open(&spec), -EADDRINUSE);
    (void)close(first);
}

static void an_error_of_the_system_is_returned(void **state UNUSED)
{
    struct listen_spec spec;
    struct fault why;
    assert_true(listen_parse(SLICE("192.0.2.1:1"), &spec, &why)); /* not an address of ours */
    assert_true(listen_open(&spec) < 0);
}

static void nothing_is_inherited_that_was_meant_for_another_process(void **state UNUSED)
{
    struct listen_spec spec = { .tls = false };
    int fd = open_any("127.0.0.1:0", &spec.address);
    char pid[16];
    (void)snprintf(pid, sizeof pid, "%d", (int)getpid());
    assert_int_equal(setenv("LISTEN_FDS", "32", 1), 0);
    assert_int_equal(setenv("LISTEN_PID", "1", 1), 0);
    assert_int_equal(listen_inherited(&spec), -1);
    assert_int_equal(setenv("LISTEN_PID", pid, 1), 0);
    assert_int_equal(listen_inherited(&spec), fd);
    address_parse(SLICE("127.0.0.2:1"), &spec.address) ? (void)0 : fail();
    assert_int_equal(listen_inherited(&spec), -1);
    assert_int_equal(unsetenv("LISTEN_PID"), 0);
    assert_int_equal(listen_inherited(&spec), -1);
    (void)close(fd);
}

static void systemd_is_told_over_an_abstract_socket(void **state UNUSED)
{
    char name[64], got[64] = "";
    struct address a;
    (void)snprintf(name, sizeof name, "@postern-test-%d", (int)getpid());
    assert_true(address_of_path(slice_of_str(name), &a));
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, &a.any, a.n), 0);
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
    notify_systemd("READY=1");
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
    notify_systemd("STOPPING=1");
    assert_int_equal(recv(fd, got, sizeof got, MSG_DONTWAIT), 10);
    assert_string_equal(got, "STOPPING=1");
    (void)close(fd);
}

static void systemd_that_does_not_listen_holds_nobody_up(void **state UNUSED)
{
    char name[64];
    struct address a;
    (void)snprintf(name, sizeof name, "@postern-test-%d", (int)getpid());
    assert_true(address_of_path(slice_of_str(name), &a));
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int other = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, &a.any, a.n), 0);
    while (sendto(other, "x", 1, 0, &a.any, a.n) == 1) /* until its queue is full */
        ;
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
    notify_systemd("READY=1"); /* comes back */
    (void)close(other);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listen_addresses_are_parsed),
        cmocka_unit_test(milters_are_named_as_their_mtas_name_them),
        cmocka_unit_test(a_client_is_accepted_without_delay_and_is_told_apart),
        cmocka_unit_test(a_listener_that_pauses_accepts_none_even_of_the_same_turn),
        cmocka_unit_test(an_address_is_opened_once),
        cmocka_unit_test(an_error_of_the_system_is_returned),
        cmocka_unit_test(nothing_is_inherited_that_was_meant_for_another_process),
        cmocka_unit_test(systemd_is_told_over_an_abstract_socket),
        cmocka_unit_test(systemd_that_does_not_listen_holds_nobody_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
