/* SPDX-License-Identifier: ISC
 *
 * The parent's sockets, on ephemeral ports of the loopback.
 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "submit/sockets.h"

struct names {
    const char *at[4];
    struct conf_place place[4];
    struct conf_list list;
};

static const struct conf_list *list_of(struct names *n, const char *first, const char *second)
{
    *n = (struct names){ .at = { first, second } };
    n->place[1] = (struct conf_place){ "postern.yaml", 4, 20 };
    n->list = (struct conf_list){ n->at, n->place, second ? 2 : 1 };
    return &n->list;
}

static uint16_t port_of(int fd)
{
    struct address own = { .n = sizeof own.un };
    assert_int_equal(getsockname(fd, &own.any, &own.n), 0);
    return address_port(&own);
}

static void open_them(struct sockets *out, const struct conf_list *list, unsigned workers,
                      const struct sockets *old)
{
    struct buf why;
    buf_init(&why, 1024);
    if (!sockets_open(out, list, workers, old, &why))
        fail_msg("%.*s", SLICE_ARG(buf_slice(&why)));
    assert_int_equal(buf_size(&why), 0);
    buf_clear(&why);
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void each_worker_has_a_socket_of_its_own_for_each_address(void **state)
{
    struct names n;
    struct sockets s;
    (void)state;
    open_them(&s, list_of(&n, "127.0.0.1:0", "127.0.0.2:0/tls"), 2, NULL);
    assert_int_equal(s.n, 2);
    assert_false(s.at[0].spec.tls);
    assert_true(s.at[1].spec.tls);
    int fds[] = { sockets_fd(&s, 0, 0), sockets_fd(&s, 0, 1), sockets_fd(&s, 1, 0),
                  sockets_fd(&s, 1, 1) };
    for (unsigned i = 0; i < 4; i++) {
        assert_true(is_open(fds[i]));
        assert_int_equal(fcntl(fds[i], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        for (unsigned k = 0; k < i; k++)
            assert_int_not_equal(fds[i], fds[k]);
    }
    sockets_close(&s);
    for (unsigned i = 0; i < 4; i++)
        assert_false(is_open(fds[i]));
    sockets_close(&s); /* again is fine */
}

static void two_workers_share_a_port(void **state)
{
    struct names n;
    struct sockets first, s;
    char text[32];
    (void)state;
    open_them(&first, list_of(&n, "127.0.0.1:0", NULL), 1, NULL);
    (void)snprintf(text, sizeof text, "127.0.0.1:%u", port_of(sockets_fd(&first, 0, 0)));
    open_them(&s, list_of(&n, text, NULL), 2, NULL);
    assert_int_equal(port_of(sockets_fd(&s, 0, 0)), port_of(sockets_fd(&s, 0, 1)));
    sockets_close(&s);
    sockets_close(&first);
}

static void a_reload_duplicates_what_stays_and_opens_what_is_new(void **state)
{
    struct names n, m;
    struct sockets old, now;
    (void)state;
    open_them(&old, list_of(&n, "127.0.0.1:0", "127.0.0.2:0"), 2, NULL);
    uint16_t port = port_of(sockets_fd(&old, 1, 1));
    open_them(&now, list_of(&m, "127.0.0.3:0", "127.0.0.2:0/tls"), 3, &old);
    assert_int_not_equal(sockets_fd(&now, 1, 1), sockets_fd(&old, 1, 1));
    assert_int_equal(port_of(sockets_fd(&now, 1, 1)), port); /* the same queue */
    assert_true(now.at[1].spec.tls);                         /* as the new file says */
    assert_true(is_open(sockets_fd(&now, 1, 2)));            /* a worker more than before */
    sockets_close(&old);
    assert_true(is_open(sockets_fd(&now, 1, 1))); /* its own */
    sockets_close(&now);
}

static void a_worker_closes_all_but_its_own(void **state)
{
    struct names n;
    struct sockets s;
    (void)state;
    open_them(&s, list_of(&n, "127.0.0.1:0", "127.0.0.2:0"), 2, NULL);
    sockets_close_others(&s, 1);
    assert_false(is_open(sockets_fd(&s, 0, 0)));
    assert_false(is_open(sockets_fd(&s, 1, 0)));
    assert_true(is_open(sockets_fd(&s, 0, 1)));
    assert_true(is_open(sockets_fd(&s, 1, 1)));
    assert_int_equal(close(sockets_fd(&s, 0, 1)), 0);
    assert_int_equal(close(sockets_fd(&s, 1, 1)), 0);
    for (size_t i = 0; i < s.n; i++)
        s.at[i].fds[0] = s.at[i].fds[1] = -1;
    sockets_close(&s);
}

static void a_fault_says_where_and_leaves_nothing_open(void **state)
{
    static const struct {
        const char *second, *why;
    } cases[] = {
        { "localhost", "postern.yaml:4:20: submission.listen: \"localhost\": " },
        { "192.0.2.1:0", "postern.yaml:4:20: submission.listen: cannot listen on 192.0.2.1:0: " },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct names n;
        struct sockets s;
        struct buf why;
        int before = dup(0);
        buf_init(&why, 1024);
        assert_false(sockets_open(&s, list_of(&n, "127.0.0.1:0", cases[i].second), 2, NULL, &why));
        expect_slice(cases[i].second, slice_first(buf_slice(&why), strlen(cases[i].why)),
                     slice_of_str(cases[i].why));
        assert_int_equal(s.n, 0);
        (void)close(before);
        int after = dup(0);
        assert_int_equal(after, before); /* the same descriptor is free again */
        (void)close(after);
        buf_clear(&why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_worker_has_a_socket_of_its_own_for_each_address),
        cmocka_unit_test(two_workers_share_a_port),
        cmocka_unit_test(a_reload_duplicates_what_stays_and_opens_what_is_new),
        cmocka_unit_test(a_worker_closes_all_but_its_own),
        cmocka_unit_test(a_fault_says_where_and_leaves_nothing_open),
    };
    return cmocka_run_group_tests_name("submit/sockets", tests, NULL, NULL);
}
