/* SPDX-License-Identifier: ISC */
#include <errno.h>

#include "base/err.h"
#include "net/conn_internal.h"

#define DIRECT_MIN ((size_t)16 * 1024) /* from here on a write is tried before it is copied */
#define WIRE_MARK  ((size_t)48 * 1024) /* of encrypted bytes, then they are sent */

/* Sends until done or the socket is full; returns the bytes sent. */
static size_t send_all(struct conn *c, struct slice bytes)
{
    size_t done = 0;
    int flags = MSG_NOSIGNAL | (c->finishing ? MSG_MORE : 0); /* the FIN goes in the same segment */
    while (done < bytes.n && !c->write_waits && !c->write_error) {
        ssize_t sent = send(c->fd, bytes.p + done, bytes.n - done, flags);
        if (sent >= 0)
            done += (size_t)sent;
        else if (errno == EAGAIN || errno == EINTR)
            conn_wait_writable(c);
        else
            c->write_error = -errno;
    }
    return done;
}

static void take_from(struct buf *b, size_t n)
{
    buf_consume(b, n);
    if (buf_size(b) == 0)
        buf_wipe(b); /* credentials pass here too; and idle connections hold no memory */
}

void conn_send_wire(struct conn *c)
{
    take_from(&c->wire, send_all(c, buf_slice(&c->wire)));
}

/* Encrypts and sends until done or the socket is full; returns the bytes taken. Many records go
 * out in one call of send: each call wakes the peer. */
static size_t send_encrypted(struct conn *c, struct slice bytes)
{
    size_t done = 0;
    while (done < bytes.n && !c->write_waits && !c->write_error) {
        ssize_t taken = conn_tls_write(c, slice_from(bytes, done));
        if (taken < 0)
            c->write_error = (int)taken;
        else
            done += (size_t)taken;
        if (buf_size(&c->wire) >= WIRE_MARK)
            conn_send_wire(c);
    }
    return done;
}

static size_t send_by_stage(struct conn *c, struct slice bytes)
{
    return c->stage == CONN_TLS ? send_encrypted(c, bytes) : send_all(c, bytes);
}

static void flush_clear(struct conn *c)
{
    size_t sent = send_all(c, slice_first(buf_slice(&c->output), c->clear_left));
    c->clear_left -= sent;
    take_from(&c->output, sent);
}

void conn_flush(struct conn *c)
{
    if (c->write_waits || c->write_error)
        return;
    if (c->stage == CONN_TLS_WAITS)
        flush_clear(c);
    if (c->stage != CONN_CLEAR && c->stage != CONN_TLS)
        return;
    if (buf_size(&c->output))
        take_from(&c->output, send_by_stage(c, buf_slice(&c->output)));
    if (c->stage != CONN_TLS)
        return;
    if (c->finishing && buf_size(&c->output) == 0)
        conn_tls_end(c); /* in one packet with the last words */
    if (buf_size(&c->wire) && !c->wire_held)
        conn_send_wire(c);
}

bool conn_is_drained(const struct conn *c)
{
    return buf_size(&c->output) == 0 && buf_size(&c->wire) == 0;
}

void conn_check_room(struct conn *c)
{
    if (!c->was_full || buf_size(&c->output) >= c->output.max / 4)
        return;
    c->was_full = false;
    if (c->owner->on_room)
        c->owner->on_room(c->owner);
    conn_resume(c);
}

/* A large piece goes straight to the socket when nothing stands before it. */
static size_t send_directly(struct conn *c, struct slice bytes)
{
    bool open = c->stage == CONN_CLEAR || c->stage == CONN_TLS;
    if (bytes.n < DIRECT_MIN || !open || c->write_waits || c->write_error || buf_size(&c->output))
        return 0;
    return send_by_stage(c, bytes);
}

void conn_write(struct conn *c, struct slice bytes)
{
    if (!conn_alive(c) || c->finishing || c->write_error)
        return;
    buf_append(&c->output, slice_from(bytes, send_directly(c, bytes)));
    if (c->output.failed)
        conn_fail(c, ERR_TOO_BIG);
    if (conn_is_full(c))
        c->was_full = true;
    conn_touch(c);
}

struct buf *conn_output(struct conn *c)
{
    return &c->output;
}

bool conn_is_full(const struct conn *c)
{
    return buf_size(&c->output) >= c->output.max / 2;
}

size_t conn_pending(const struct conn *c)
{
    return buf_size(&c->output) + (c->wire_held ? 0 : buf_size(&c->wire));
}
