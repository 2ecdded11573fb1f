/* SPDX-License-Identifier: ISC
 *
 * One end of a connection as tests see it: it notes what it hears. Every callback ends the run of
 * the loop, so that a test waits for a condition with `until`.
 */
#pragma once

#include <sys/socket.h>

#include "base/buf.h"
#include "net/conn.h"
#include "net/loop.h"

struct side {
    struct conn_owner owner;
    struct loop *loop;
    struct conn *conn;
    struct buf heard;  /* what was taken */
    size_t offered;    /* by the last on_input */
    size_t take_least; /* takes nothing of less than this */
    size_t take_only;  /* takes no more than this at once; 0: all */
    bool deaf;         /* takes nothing */
    void *user;        /* the test's */
    int calls, rooms, tls, ends, connects, closes, error;
    char error_text[128];
    void (*then)(struct side *); /* from within on_input, when something was taken */
};

static inline struct side *side_of(struct conn_owner *owner)
{
    return CONTAINER_OF(owner, struct side, owner);
}

static inline size_t side_on_input(struct conn_owner *owner, struct slice bytes)
{
    struct side *s = side_of(owner);
    assert_true(bytes.n > 0);
    s->calls++;
    s->offered = bytes.n;
    loop_stop(s->loop);
    if (s->deaf || bytes.n < s->take_least)
        return 0;
    if (s->take_only)
        bytes = slice_first(bytes, s->take_only);
    buf_append(&s->heard, bytes);
    if (s->then)
        s->then(s);
    return bytes.n;
}

static inline void side_on_room(struct conn_owner *owner)
{
    side_of(owner)->rooms++;
    loop_stop(side_of(owner)->loop);
}

static inline void side_on_tls(struct conn_owner *owner)
{
    side_of(owner)->tls++;
    loop_stop(side_of(owner)->loop);
}

static inline void side_on_end(struct conn_owner *owner)
{
    side_of(owner)->ends++;
    loop_stop(side_of(owner)->loop);
}

static inline void side_on_connected(struct conn_owner *owner)
{
    side_of(owner)->connects++;
    loop_stop(side_of(owner)->loop);
}

static inline void side_on_closed(struct conn_owner *owner, int error)
{
    struct side *s = side_of(owner);
    const char *text = conn_error_text(s->conn);
    s->closes++;
    s->error = error;
    if (text)
        (void)snprintf(s->error_text, sizeof s->error_text, "%s", text);
    s->conn = NULL;
    loop_stop(s->loop);
}

static inline void side_init(struct side *s, struct loop *loop)
{
    *s = (struct side){ .loop = loop };
    s->owner = (struct conn_owner){ side_on_input, side_on_room,      side_on_tls,
                                    side_on_end,   side_on_connected, side_on_closed };
    buf_init(&s->heard, 64 * 1024 * 1024);
}

static inline void side_open(struct side *s, struct loop *loop, int fd, size_t output_max)
{
    side_init(s, loop);
    s->conn = conn_new(loop, fd, &s->owner, output_max);
    assert_non_null(s->conn);
}

static inline void side_close(struct side *s)
{
    conn_close(s->conn);
    s->conn = NULL;
    buf_clear(&s->heard);
}

/* A connected pair of non-blocking sockets. */
static inline void socket_pair(int fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
}

#define until(loop, cond)   \
    do {                    \
        for (; !(cond);)    \
            loop_run(loop); \
    } while (0)
