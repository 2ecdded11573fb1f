/* SPDX-License-Identifier: ISC
 *
 * An HTTP server of the test's own on the loopback, on the test's loop: keeps the last request and
 * gives one answer to all.
 */
#pragma once

#include "check.h"

#include <stdio.h>

#include "base/buf.h"
#include "net/conn.h"
#include "net/listener.h"

#define HTTP_SERVER_CONNS 32

struct http_server;

struct http_server_conn {
    struct conn_owner owner;
    struct conn *conn;
    struct http_server *server;
};

struct http_server {
    struct loop *loop;
    struct listener listener;
    int fd;
    char url[64];       /* http://127.0.0.1:PORT */
    const char *answer; /* whole, with its head; NULL: none, "": hangs up */
    bool stops;         /* the loop, at each request */
    unsigned requests, accepted;
    struct buf head, body; /* of the last request */
    struct http_server_conn conns[HTTP_SERVER_CONNS];
};

#define HTTP_ANSWER(status, length, body) \
    "HTTP/1.1 " status "\r\nContent-Length: " length "\r\n\r\n" body

static inline size_t http_server_on_input(struct conn_owner *owner, struct slice bytes)
{
    struct http_server_conn *c = CONTAINER_OF(owner, struct http_server_conn, owner);
    struct http_server *s = c->server;
    const uint8_t *end = memmem(bytes.p, bytes.n, "\r\n\r\n", 4);
    if (!end)
        return 0;
    struct slice head = slice_first(bytes, (size_t)(end - bytes.p) + 4);
    const uint8_t *field = memmem(head.p, head.n, "Content-Length: ", 16);
    struct slice number = { 0 }, rest;
    uint64_t length = 0;
    if (field)
        (void)slice_cut(slice_from(head, (size_t)(field - head.p) + 16), '\r', &number, &rest);
    if (field)
        assert_true(slice_to_u64(number, 0, 1 << 20, &length));
    if (bytes.n - head.n < length)
        return 0;
    buf_clear(&s->head);
    buf_clear(&s->body);
    buf_append(&s->head, head);
    buf_append(&s->body, (struct slice){ head.p + head.n, (size_t)length });
    s->requests++;
    if (s->stops)
        loop_stop(s->loop);
    if (s->answer && s->answer[0])
        conn_write(c->conn, slice_of_str(s->answer));
    else if (s->answer)
        conn_finish(c->conn, 1000000);
    return head.n + (size_t)length;
}

static inline void http_server_on_end(struct conn_owner *owner)
{
    struct http_server_conn *c = CONTAINER_OF(owner, struct http_server_conn, owner);
    conn_close(TAKE(c->conn));
}

static inline void http_server_on_closed(struct conn_owner *owner, int error)
{
    (void)error;
    CONTAINER_OF(owner, struct http_server_conn, owner)->conn = NULL;
}

static inline void http_server_on_accept(struct listener *l, int fd, const struct address *peer)
{
    struct http_server *s = CONTAINER_OF(l, struct http_server, listener);
    (void)peer;
    assert_in_range(s->accepted, 0, HTTP_SERVER_CONNS - 1);
    struct http_server_conn *c = &s->conns[s->accepted++];
    c->server = s;
    c->owner = (struct conn_owner){ .on_input = http_server_on_input,
                                    .on_end = http_server_on_end,
                                    .on_closed = http_server_on_closed };
    c->conn = conn_new(s->loop, fd, &c->owner, 1 << 20);
    assert_non_null(c->conn);
}

static inline void http_server_start(struct http_server *s, struct loop *loop, const char *answer)
{
    struct listen_spec spec = { 0 };
    struct address local = { .n = sizeof local.in6 };
    *s = (struct http_server){ .loop = loop, .answer = answer };
    buf_init(&s->head, 1 << 16);
    buf_init(&s->body, 1 << 20);
    assert_true(address_parse(SLICE("127.0.0.1:0"), &spec.address));
    s->fd = listen_open(&spec);
    assert_true(s->fd >= 0);
    assert_int_equal(getsockname(s->fd, &local.any, &local.n), 0);
    (void)snprintf(s->url, sizeof s->url, "http://127.0.0.1:%u", address_port(&local));
    s->listener.on_accept = http_server_on_accept;
    assert_int_equal(listener_start(&s->listener, loop, s->fd), 0);
}

/* Nobody listens there any more. */
static inline void http_server_deafen(struct http_server *s)
{
    if (s->fd < 0)
        return;
    listener_stop(&s->listener);
    (void)close(s->fd);
    s->fd = -1;
}

static inline void http_server_stop(struct http_server *s)
{
    http_server_deafen(s);
    for (unsigned i = 0; i < s->accepted; i++)
        conn_close(TAKE(s->conns[i].conn));
    buf_clear(&s->head);
    buf_clear(&s->body);
}

/* "Name: value" stands in the last request's head. */
static inline void http_server_expect_header(const struct http_server *s, const char *line)
{
    char whole[512];
    int n = snprintf(whole, sizeof whole, "\r\n%s\r\n", line);
    struct slice head = buf_slice(&s->head);
    if (!memmem(head.p, head.n, whole, (size_t)n))
        fail_msg("no \"%s\" in %.*s", line, SLICE_ARG(head));
}
