/* SPDX-License-Identifier: ISC */
#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

#define ACCEPTS_A_TURN 64
#define BACKLOG        4096
#define RETRY_US       (100 * US_PER_MS)
#define INHERITED_FROM 3 /* SD_LISTEN_FDS_START */
#define INHERITED_MAX  64

bool listen_parse(struct slice text, struct listen_spec *out, struct fault *why)
{
    struct slice address, option;
    struct listen_spec spec = { 0 };
    spec.tls = slice_cut(text, '/', &address, &option);
    if (spec.tls && !slice_equal(option, SLICE("tls"))) {
        *why = (struct fault){ address.n, "only /tls may follow the port" };
        return false;
    }
    if (!address_parse(address, &spec.address)) {
        *why = (struct fault){ 0, "not ADDRESS:PORT or [ADDRESS]:PORT" };
        return false;
    }
    *out = spec;
    return true;
}

static int set_up(int fd, const struct listen_spec *spec)
{
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
        return -errno;
    if (spec->address.any.sa_family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0)
        return -errno;
    if (bind(fd, &spec->address.any, spec->address.n) != 0 || listen(fd, BACKLOG) != 0)
        return -errno;
    return 0;
}

int listen_open(const struct listen_spec *spec)
{
    int fd = socket(spec->address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int error = set_up(fd, spec);
    if (error) {
        (void)close(fd); /* unused yet */
        return error;
    }
    return fd;
}

/* sd_listen_fds(3): how many sockets wait for this very process. */
static int inherited_count(void)
{
    uint64_t pid, n;
    if (!slice_to_u64(slice_of_str(getenv("LISTEN_PID")), 1, INT32_MAX, &pid) ||
        !slice_to_u64(slice_of_str(getenv("LISTEN_FDS")), 1, INHERITED_MAX, &n))
        return 0;
    return (pid_t)pid == getpid() ? (int)n : 0;
}

static int get_option(int fd, int option)
{
    int value = -1;
    socklen_t n = sizeof value;
    return getsockopt(fd, SOL_SOCKET, option, &value, &n) == 0 ? value : -1;
}

static bool listens_on(int fd, const struct address *wanted)
{
    struct address bound = { 0 };
    socklen_t n = sizeof bound.un;
    if (get_option(fd, SO_TYPE) != SOCK_STREAM || get_option(fd, SO_ACCEPTCONN) != 1 ||
        getsockname(fd, &bound.any, &n) != 0)
        return false;
    bound.n = n;
    return address_equal(&bound, wanted);
}

static bool make_ours(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
           fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

int listen_inherited(const struct listen_spec *spec)
{
    int n = inherited_count();
    for (int fd = INHERITED_FROM; fd < INHERITED_FROM + n; fd++)
        if (listens_on(fd, &spec->address) && make_ours(fd))
            return fd;
    return -1;
}

/* accept(2): errors of the connection that was lost while it waited, not of ours. */
static bool is_exhausted(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void rest_a_moment(struct listener *l, int error)
{
    watch_pause(&l->watch);
    timer_set(&l->retry, loop_now_us(l->retry.loop) + RETRY_US);
    if (l->on_trouble)
        l->on_trouble(l, -error);
}

/* What a client says is answered within microseconds, and the answer carries the acknowledgement:
 * a segment of its own for each of the first commands would only wake the client twice. */
static void answer_acknowledges(int fd)
{
    int off = 0;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &off, sizeof off); /* only speed */
}

static void on_readable(struct loop_watch *w)
{
    struct listener *l = CONTAINER_OF(w, struct listener, watch);
    for (int i = 0; i < ACCEPTS_A_TURN && l->watch.event; i++) {
        struct address peer = { 0 };
        socklen_t n = sizeof peer.un;
        int fd = accept4(l->watch.fd, &peer.any, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && is_exhausted(errno))
            rest_a_moment(l, errno);
        if (fd < 0 && errno != ECONNABORTED)
            return;
        if (fd < 0)
            continue;
        peer.n = n;
        answer_acknowledges(fd);
        l->on_accept(l, fd, &peer);
    }
}

static void on_retry(struct loop_timer *t)
{
    struct listener *l = CONTAINER_OF(t, struct listener, retry);
    watch_resume(&l->watch);
}

int listener_start(struct listener *l, struct loop *loop, int fd)
{
    int on = 1;
    /* Linux: what is accepted inherits it. A UNIX socket has none. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    timer_init(&l->retry, loop, on_retry);
    return watch_start(&l->watch, loop, fd, on_readable);
}

void listener_stop(struct listener *l)
{
    watch_stop(&l->watch);
    timer_clear(&l->retry);
}
