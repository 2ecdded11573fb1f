/* SPDX-License-Identifier: ISC
 *
 * bench_oracle: says yes to every password, as nginx's auth_http (on loopback) and as Dovecot's
 * auth-client protocol (on a UNIX socket), so that no server's count holds a password check.
 * usage: bench_oracle HTTP-PORT SOCKET UPSTREAM-PORT
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/slice.h"

#define PEERS_MAX 4096

enum kind { HTTP_LISTENER, DOVECOT_LISTENER, HTTP, DOVECOT };

struct peer {
    enum kind kind;
    int fd;
    size_t n;
    char in[16384]; /* an AUTH line of Dovecot's protocol is at most 8 KiB */
};

struct oracle {
    int epoll;
    uint32_t upstream;
};

/* clang-format off */
static const char greeting[] =
    "VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nMECH\tLOGIN\tplaintext\nSPID\t1\nCUID\t1\n"
    "COOKIE\t000102030405060708090a0b0c0d0e0f\nDONE\n";
/* clang-format on */

static bool say(const struct peer *peer, const char *text, size_t n)
{
    return send(peer->fd, text, n, MSG_NOSIGNAL) == (ssize_t)n;
}

static struct peer *peer_add(const struct oracle *oracle, enum kind kind, int fd)
{
    struct peer *peer = calloc(1, sizeof(*peer));
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = peer };
    if (peer == NULL || epoll_ctl(oracle->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        exit(1);
    peer->kind = kind;
    peer->fd = fd;
    return peer;
}

static void peer_free(struct peer *peer)
{
    (void)close(peer->fd);
    free(peer);
}

static void on_accept(const struct oracle *oracle, const struct peer *listener)
{
    int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    struct peer *peer = peer_add(oracle, listener->kind == HTTP_LISTENER ? HTTP : DOVECOT, fd);
    if (peer->kind == DOVECOT)
        (void)say(peer, greeting, sizeof(greeting) - 1);
}

/* One request a connection, as nginx does it; false: finished. */
static bool on_http(const struct oracle *oracle, const struct peer *peer)
{
    char reply[256];
    if (memmem(peer->in, peer->n, "\r\n\r\n", 4) == NULL)
        return true;
    int n = snprintf(reply, sizeof(reply),
                     "HTTP/1.0 200 OK\r\nAuth-Status: OK\r\nAuth-Server: 127.0.0.1\r\n"
                     "Auth-Port: %u\r\nContent-Length: 0\r\n\r\n",
                     oracle->upstream);
    (void)say(peer, reply, (size_t)n);
    return false;
}

/* AUTH and CONT carry the request's number as their first argument. */
static bool on_dovecot_line(const struct peer *peer, struct slice line)
{
    struct slice verb, rest, id, more;
    char reply[128];
    (void)slice_cut(line, '\t', &verb, &rest);
    (void)slice_cut(rest, '\t', &id, &more);
    if (!slice_equal(verb, SLICE("AUTH")) && !slice_equal(verb, SLICE("CONT")))
        return true;
    bool asks = slice_equal(verb, SLICE("AUTH")) && memmem(more.p, more.n, "resp=", 5) == NULL;
    int n = asks ? snprintf(reply, sizeof(reply), "CONT\t%.*s\t\n", SLICE_ARG(id))
                 : snprintf(reply, sizeof(reply), "OK\t%.*s\tuser=bench\n", SLICE_ARG(id));
    return n < (int)sizeof(reply) && say(peer, reply, (size_t)n);
}

static bool on_dovecot(struct peer *peer)
{
    struct slice line, rest = { (const uint8_t *)peer->in, peer->n };
    struct slice all = rest;
    while (slice_cut(all, '\n', &line, &rest)) {
        if (!on_dovecot_line(peer, line))
            return false;
        all = rest;
    }
    memmove(peer->in, all.p, all.n);
    peer->n = all.n;
    return true;
}

static void on_event(const struct oracle *oracle, struct peer *peer)
{
    if (peer->kind == HTTP_LISTENER || peer->kind == DOVECOT_LISTENER) {
        on_accept(oracle, peer);
        return;
    }
    ssize_t n = read(peer->fd, peer->in + peer->n, sizeof(peer->in) - peer->n);
    if (n > 0)
        peer->n += (size_t)n;
    if (n <= 0 || !(peer->kind == HTTP ? on_http(oracle, peer) : on_dovecot(peer)))
        peer_free(peer);
}

static int listen_http(uint32_t port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, (const struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, PEERS_MAX) != 0)
        return -1;
    return fd;
}

static int listen_dovecot(const char *path)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    struct slice name = slice_of_str(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || name.n >= sizeof(at.sun_path))
        return -1;
    memcpy(at.sun_path, name.p, name.n);
    (void)umask(0); /* Postfix's smtpd and the gate's workers come as other users */
    if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, PEERS_MAX) != 0)
        return -1;
    return fd;
}

static void serve(const struct oracle *oracle)
{
    struct epoll_event events[64];
    for (;;) {
        int n = epoll_wait(oracle->epoll, events, 64, -1);
        if (n < 0 && errno != EINTR)
            exit(1);
        for (int i = 0; i < n; i++)
            on_event(oracle, events[i].data.ptr);
    }
}

int main(int argc, char **argv)
{
    struct oracle oracle = { .epoll = epoll_create1(EPOLL_CLOEXEC) };
    uint32_t port = 0;
    if (argc != 4 || !slice_to_u32(slice_of_str(argv[1]), 1, UINT16_MAX, &port) ||
        !slice_to_u32(slice_of_str(argv[3]), 1, UINT16_MAX, &oracle.upstream)) {
        (void)fputs("usage: bench_oracle HTTP-PORT SOCKET UPSTREAM-PORT\n", stderr);
        return 2;
    }
    int http = listen_http(port), dovecot = listen_dovecot(argv[2]);
    if (http < 0 || dovecot < 0) {
        perror("bench_oracle");
        return 1;
    }
    (void)peer_add(&oracle, HTTP_LISTENER, http);
    (void)peer_add(&oracle, DOVECOT_LISTENER, dovecot);
    serve(&oracle);
}
