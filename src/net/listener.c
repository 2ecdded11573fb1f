/* SPDX-License-Identifier: ISC */
#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/stat.h>
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

/* "8891@127.0.0.1" */
static bool parse_port_at(struct slice text, bool six, struct address *out)
{
    struct slice port_text, host;
    uint32_t port;
    if (!slice_cut(text, '@', &port_text, &host) || !slice_to_u32(port_text, 0, 65535, &port))
        return false;
    if (six && host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = slice_first(slice_from(host, 1), host.n - 2);
    return slice_has(host, ':') == six && address_parse_ip(host, (uint16_t)port, out);
}

bool listen_parse_milter(struct slice text, struct listen_spec *out, struct fault *why)
{
    struct slice family, rest;
    struct listen_spec spec = { 0 };
    bool named = slice_cut(text, ':', &family, &rest), ok = false;
    if (named && slice_equal(family, SLICE("inet")))
        ok = parse_port_at(rest, false, &spec.address);
    else if (named && slice_equal(family, SLICE("inet6")))
        ok = parse_port_at(rest, true, &spec.address);
    else if (named && (slice_equal(family, SLICE("unix")) || slice_equal(family, SLICE("local"))))
        ok = slice_starts(rest, SLICE("/")) && address_of_path(rest, &spec.address);
    if (ok)
        *out = spec;
    else
        *why = (struct fault){ 0, "not inet:PORT@ADDRESS, inet6:PORT@ADDRESS or unix:/PATH" };
    return ok;
}

/* Whether nobody hears a socket: left by a process that was killed. */
static bool is_stale(const struct address *a)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool refused = fd >= 0 && connect(fd, &a->any, a->n) != 0 && errno == ECONNREFUSED;
    if (fd >= 0)
        (void)close(fd); /* only to see */
    return refused;
}

/* 0: the path is free, or taken by a socket that somebody hears, which bind(2) will say. */
static int make_way(const struct address *a)
{
    struct stat s;
    if (a->un.sun_path[0] == 0 || lstat(a->un.sun_path, &s) != 0)
        return 0;
    if (!S_ISSOCK(s.st_mode))
        return -EEXIST;
    return is_stale(a) && unlink(a->un.sun_path) != 0 ? -errno : 0;
}

/* The mode is right from the first moment on; a chmod(2) later would follow a link. */
static int bind_path(int fd, const struct listen_spec *spec)
{
    int error = make_way(&spec->address);
    if (error)
        return error;
    mode_t before = spec->mode ? umask(~spec->mode & 0777) : 0;
    error = bind(fd, &spec->address.any, spec->address.n) ? -errno : 0;
    if (spec->mode)
        (void)umask(before);
    if (!error && listen(fd, BACKLOG) != 0)
        error = -errno;
    return error;
}

static int set_up(int fd, const struct listen_spec *spec)
{
    int on = 1;
    if (spec->address.any.sa_family == AF_UNIX)
        return bind_path(fd, spec);
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
    for (int i = 0; i < ACCEPTS_A_TURN && l->watch.event && !l->paused; i++) {
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
        if (l->talks)
            answer_acknowledges(fd);
        l->on_accept(l, fd, &peer);
    }
}

static void on_retry(struct loop_timer *t)
{
    struct listener *l = CONTAINER_OF(t, struct listener, retry);
    if (!l->paused)
        watch_resume(&l->watch);
}

void listener_pause(struct listener *l)
{
    l->paused = true;
    watch_pause(&l->watch);
}

void listener_resume(struct listener *l)
{
    l->paused = false;
    if (!l->retry.due_us)
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
