/* SPDX-License-Identifier: ISC
 *
 * The parent's sockets, on ephemeral ports of the loopback.
 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/sockets.h"

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

static bool try_to_open(struct sockets *out, const struct conf_list *list,
                        const struct sockets *old, struct buf *why)
{
    struct sockets_wanted wanted = { .key = "submission.listen",
                                     .list = list,
                                     .parse = listen_parse };
    return sockets_open(out, &wanted, old, why);
}

static void open_them(struct sockets *out, const struct conf_list *list, const struct sockets *old)
{
    struct buf why;
    buf_init(&why, 1024);
    if (!try_to_open(out, list, old, &why))
        fail_msg("%.*s", SLICE_ARG(buf_slice(&why)));
    assert_int_equal(buf_size(&why), 0);
    buf_clear(&why);
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void each_address_has_a_socket_that_exec_closes(void **state)
{
    struct names n;
    struct sockets s;
    (void)state;
    open_them(&s, list_of(&n, "127.0.0.1:0", "127.0.0.2:0/tls"), NULL);
    assert_int_equal(s.n, 2);
    assert_false(s.at[0].spec.tls);
    assert_true(s.at[1].spec.tls);
    int fds[] = { s.at[0].fd, s.at[1].fd };
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(fcntl(fds[i], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    sockets_close(&s);
    assert_false(is_open(fds[0]) || is_open(fds[1]));
    sockets_close(&s); /* again is fine */
}

static void an_address_that_another_service_has_is_a_fault(void **state)
{
    struct names n;
    struct sockets first, s;
    struct buf why;
    char text[32];
    (void)state;
    buf_init(&why, 1024);
    open_them(&first, list_of(&n, "127.0.0.1:0", NULL), NULL);
    (void)snprintf(text, sizeof text, "127.0.0.1:%u", port_of(first.at[0].fd));
    assert_false(try_to_open(&s, list_of(&n, text, NULL), NULL, &why));
    assert_true(slice_ends_nocase(buf_slice(&why), SLICE("Address already in use")));
    buf_clear(&why);
    sockets_close(&first);
}

static void a_reload_duplicates_what_stays_and_opens_what_is_new(void **state)
{
    struct names n, m;
    struct sockets old, now;
    (void)state;
    open_them(&old, list_of(&n, "127.0.0.1:0", "127.0.0.2:0"), NULL);
    uint16_t port = port_of(old.at[1].fd);
    open_them(&now, list_of(&m, "127.0.0.3:0", "127.0.0.2:0/tls"), &old);
    assert_int_not_equal(now.at[1].fd, old.at[1].fd);
    assert_int_equal(port_of(now.at[1].fd), port); /* the same queue */
    assert_true(now.at[1].spec.tls);               /* as the new file says */
    sockets_close(&old);
    assert_true(is_open(now.at[1].fd)); /* its own */
    sockets_close(&now);
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
        assert_false(try_to_open(&s, list_of(&n, "127.0.0.1:0", cases[i].second), NULL, &why));
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

/* --- UNIX sockets --- */

static char path[64];

static void open_paths(struct sockets *out, const struct conf_list *list, unsigned mode,
                       const struct sockets *old)
{
    struct sockets_wanted wanted = {
        .key = "milter.listen", .list = list, .parse = listen_parse_milter, .mode = mode
    };
    struct buf why;
    buf_init(&why, 1024);
    if (!sockets_open(out, &wanted, old, &why))
        fail_msg("%.*s", SLICE_ARG(buf_slice(&why)));
    buf_clear(&why);
}

static const struct conf_list *in_folder(struct names *n, const char *folder, const char *name)
{
    static char spec[80];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    (void)snprintf(spec, sizeof spec, "unix:%s", path);
    return list_of(n, spec, NULL);
}

static unsigned mode_of(const char *name)
{
    struct stat s;
    return lstat(name, &s) == 0 ? s.st_mode & 0777 : 0;
}

static int connect_to(const char *name)
{
    struct address to;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0 && address_of_path(slice_of_str(name), &to));
    int error = connect(fd, &to.any, to.n) ? errno : 0;
    (void)close(fd);
    return error;
}

static void a_path_has_its_mode_and_goes_with_the_service(void **state)
{
    struct names n;
    struct sockets s;
    char folder[] = "/tmp/postern-test-XXXXXX";
    (void)state;
    assert_non_null(mkdtemp(folder));
    for (unsigned mode = 0600; mode <= 0666; mode += 066) {
        open_paths(&s, in_folder(&n, folder, "a"), mode, NULL);
        assert_int_equal(mode_of(path), mode);
        assert_int_equal(connect_to(path), 0);
        sockets_remove(&s, NULL);
        assert_int_equal(access(path, F_OK), -1);
    }
    assert_int_equal(rmdir(folder), 0);
}

static void a_stale_path_is_replaced_and_one_in_use_is_not(void **state)
{
    struct names n;
    struct sockets s, other;
    struct buf why;
    char folder[] = "/tmp/postern-test-XXXXXX";
    (void)state;
    buf_init(&why, 1024);
    assert_non_null(mkdtemp(folder));
    open_paths(&s, in_folder(&n, folder, "a"), 0660, NULL);
    sockets_close(&s); /* as when killed */
    assert_int_equal(connect_to(path), ECONNREFUSED);
    open_paths(&s, &n.list, 0660, NULL);
    assert_int_equal(connect_to(path), 0);
    struct sockets_wanted again = { .key = "k", .list = &n.list, .parse = listen_parse_milter };
    assert_false(sockets_open(&other, &again, NULL, &why));
    assert_true(slice_ends_nocase(buf_slice(&why), SLICE("Address already in use")));
    assert_int_equal(connect_to(path), 0); /* it was left alone */
    sockets_remove(&s, NULL);
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    (void)close(file);
    buf_clear(&why);
    assert_false(sockets_open(&other, &again, NULL, &why)); /* no socket: not ours to delete */
    assert_int_equal(access(path, F_OK), 0);
    (void)unlink(path);
    buf_clear(&why);
    assert_int_equal(rmdir(folder), 0);
}

static void a_path_that_a_reload_keeps_stays(void **state)
{
    struct names n, m;
    struct sockets old, now;
    char folder[] = "/tmp/postern-test-XXXXXX";
    (void)state;
    assert_non_null(mkdtemp(folder));
    open_paths(&old, in_folder(&n, folder, "a"), 0660, NULL);
    open_paths(&now, in_folder(&m, folder, "a"), 0660, &old);
    sockets_remove(&old, &now);
    assert_int_equal(connect_to(path), 0);
    open_paths(&old, in_folder(&m, folder, "b"), 0660, &now);
    sockets_remove(&now, &old);
    in_folder(&n, folder, "a");
    assert_int_equal(access(path, F_OK), -1);
    in_folder(&n, folder, "b");
    assert_int_equal(unlink(path), 0);
    int another = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    (void)close(another);
    sockets_remove(&old, NULL); /* what stands there now is somebody else's */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_address_has_a_socket_that_exec_closes),
        cmocka_unit_test(an_address_that_another_service_has_is_a_fault),
        cmocka_unit_test(a_reload_duplicates_what_stays_and_opens_what_is_new),
        cmocka_unit_test(a_fault_says_where_and_leaves_nothing_open),
        cmocka_unit_test(a_path_has_its_mode_and_goes_with_the_service),
        cmocka_unit_test(a_stale_path_is_replaced_and_one_in_use_is_not),
        cmocka_unit_test(a_path_that_a_reload_keeps_stays),
    };
    return cmocka_run_group_tests_name("service/sockets", tests, NULL, NULL);
}
