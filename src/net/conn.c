/* SPDX-License-Identifier: ISC */
#include "net/conn.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "base/check.h"
#include "base/err.h"
#include "base/secret.h"
#include "net/conn_internal.h"
#include "net/loop_internal.h"

#define DISCARDS_A_TURN 8
#define WIRE_MAX        ((size_t)256 * 1024) /* never met: conn_output.c sends long before */

bool conn_alive(const struct conn *c)
{
    return !c->closed && !c->error && !c->done;
}

void conn_touch(struct conn *c)
{
    if (!c->closed)
        loop_defer(c->loop, &c->settle);
}

void conn_pause(struct conn *c)
{
    if (c->paused)
        return;
    c->paused = true;
    (void)event_del(&c->reading); /* cannot fail for one that was added */
}

void conn_arm(struct conn *c)
{
    if (!c->paused)
        return;
    c->paused = false;
    if (event_add(&c->reading, NULL) != 0)
        conn_fail(c, -ENOMEM);
}

void conn_fail(struct conn *c, int error)
{
    if (!conn_alive(c))
        return;
    c->error = error;
    conn_touch(c);
}

static void destroy(struct conn *c)
{
    loop_undefer(c->loop, &c->settle);
    conn_pause(c);
    if (c->writing)
        event_free(c->writing);
    timer_clear(&c->linger);
    SSL_free(c->ssl);
    (void)close(c->fd); /* nothing is left that could fail to be written */
    conn_drop_kept(c);
    buf_wipe(&c->output);
    buf_wipe(&c->wire);
    free(c->error_text);
    free(c->local);
    free(c);
}

static size_t unread(const struct conn *c)
{
    int n = 0;
    return ioctl(c->fd, FIONREAD, &n) == 0 && n > 0 ? (size_t)n : 0;
}

/* All is written. Closing over unread input would send RST, and with it the peer's system may drop
 * our last words before they are read. */
static void end_of_writing(struct conn *c)
{
    if (c->ended || c->stage == CONN_CONNECTING || unread(c) == 0) {
        c->done = true;
        return;
    }
    c->stage = CONN_DISCARD;
    (void)shutdown(c->fd, SHUT_WR); /* when it fails there is nobody to discard for */
    conn_arm(c);
}

static void discard(struct conn *c)
{
    uint8_t *scratch = loop_scratch(c->loop);
    for (int i = 0; i < DISCARDS_A_TURN; i++) {
        ssize_t got = recv(c->fd, scratch, LOOP_SCRATCH, 0);
        if (got > 0) {
            secret_wipe(scratch, (size_t)got);
            continue;
        }
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            c->done = true;
            conn_touch(c);
        }
        return;
    }
}

static void begin_handshake(struct conn *c)
{
    c->stage = CONN_HANDSHAKE;
    conn_arm(c);
    if (!SSL_is_server(c->ssl) || c->early_n)
        conn_handshake(c);
}

static void do_resume(struct conn *c)
{
    c->resume = false;
    conn_offer(c);
    if (!conn_alive(c) || c->finishing || c->ended)
        return;
    conn_arm(c);
    if (c->stage == CONN_TLS && conn_tls_pending(c))
        conn_read(c);
}

static void do_input(struct conn *c)
{
    if (c->connected) {
        c->connected = false;
        if (c->owner->on_connected)
            c->owner->on_connected(c->owner);
    }
    if (conn_alive(c) && c->resume && !c->finishing)
        do_resume(c);
    else if (conn_alive(c) && c->read_more && !c->finishing)
        conn_read(c);
}

static void do_output(struct conn *c)
{
    conn_flush(c);
    if (c->write_error) {
        buf_wipe(&c->output); /* it waits for nobody now, so input is not held back */
        if (!c->ended && !c->finishing)
            conn_read(c); /* a server that closes says why first */
        conn_fail(c, c->write_error);
        return;
    }
    conn_check_room(c);
    if (conn_alive(c) && c->stage == CONN_TLS_WAITS && c->clear_left == 0)
        begin_handshake(c);
}

static void do_finish(struct conn *c)
{
    if (c->stage == CONN_DISCARD)
        return;
    if (conn_is_drained(c) || c->stage == CONN_HANDSHAKE)
        end_of_writing(c);
    if (conn_alive(c) && c->linger.due_us == 0)
        timer_set(&c->linger, c->finish_by_us);
}

static void tell_closed(struct conn *c)
{
    struct conn_owner *owner = TAKE(c->owner);
    c->closed = true;
    owner->on_closed(owner, c->error);
}

/* What was asked for and what came in this turn, done in the order of its effects. */
static void settle(struct loop_task *task)
{
    struct conn *c = CONTAINER_OF(task, struct conn, settle);
    if (conn_alive(c))
        do_input(c);
    if (conn_alive(c))
        do_output(c);
    if (conn_alive(c) && c->finishing)
        do_finish(c);
    if (!c->closed && (c->error || c->done))
        tell_closed(c);
    if (c->closed)
        destroy(c);
}

static void on_linger(struct loop_timer *t)
{
    struct conn *c = CONTAINER_OF(t, struct conn, linger);
    if (c->stage == CONN_DISCARD) {
        c->done = true;
        conn_touch(c);
    } else {
        conn_fail(c, ERR_TIMEOUT);
    }
}

static void on_readable(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct conn *c = arg;
    if (!conn_alive(c))
        return;
    if (c->stage == CONN_DISCARD)
        discard(c);
    else if (c->stage == CONN_HANDSHAKE)
        conn_handshake(c);
    else
        conn_read(c);
}

static void finish_connecting(struct conn *c)
{
    int error = 0;
    socklen_t n = sizeof error;
    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
        error = errno;
    if (error) {
        conn_fail(c, -error);
        return;
    }
    c->stage = CONN_CLEAR;
    c->connected = true;
    conn_arm(c);
    conn_touch(c);
}

static void on_writable(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct conn *c = arg;
    c->write_waits = false;
    if (!conn_alive(c))
        return;
    if (c->stage == CONN_CONNECTING) {
        finish_connecting(c);
    } else if (c->stage == CONN_HANDSHAKE) {
        conn_handshake(c);
    } else {
        conn_touch(c);
    }
}

void conn_wait_writable(struct conn *c)
{
    if (c->write_waits)
        return;
    if (!c->writing)
        c->writing = event_new(loop_base(c->loop), c->fd, EV_WRITE, on_writable, c);
    if (!c->writing || event_add(c->writing, NULL) != 0)
        conn_fail(c, -ENOMEM);
    else
        c->write_waits = true;
}

/* Not yet reading. Takes fd over, also when it fails. */
static struct conn *conn_make(struct loop *loop, int fd, struct conn_owner *owner,
                              size_t output_max)
{
    struct conn *c = calloc(1, sizeof *c);
    if (!c ||
        event_assign(&c->reading, loop_base(loop), fd, EV_READ | EV_PERSIST, on_readable, c) != 0) {
        free(c);
        (void)close(fd); /* unused yet */
        return NULL;
    }
    c->loop = loop;
    c->fd = fd;
    c->owner = owner;
    c->settle.run = settle;
    c->stage = CONN_CLEAR;
    c->paused = true;
    buf_init(&c->output, output_max);
    buf_init(&c->wire, WIRE_MAX);
    timer_init(&c->linger, loop, on_linger);
    return c;
}

struct conn *conn_new(struct loop *loop, int fd, struct conn_owner *owner, size_t output_max)
{
    struct conn *c = conn_make(loop, fd, owner, output_max);
    if (c)
        conn_arm(c);
    return c;
}

/* 0 or -errno; *fd is connecting. */
static int start_connecting(const struct address *to, int *fd)
{
    int on = 1, family = to->any.sa_family;
    *fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return -errno;
    if (family != AF_UNIX)
        (void)setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* only speed */
    if (connect(*fd, &to->any, to->n) == 0 || errno == EINPROGRESS)
        return 0;
    int error = -errno;
    (void)close(*fd); /* unused yet */
    return error;
}

struct conn *conn_connect(struct loop *loop, const struct address *to, struct conn_owner *owner,
                          size_t output_max, int *error)
{
    int fd;
    *error = start_connecting(to, &fd);
    if (*error)
        return NULL;
    struct conn *c = conn_make(loop, fd, owner, output_max);
    if (!c) {
        *error = -ENOMEM;
        return NULL;
    }
    c->stage = CONN_CONNECTING;
    c->peer = *to;
    conn_wait_writable(c);
    return c;
}

void conn_resume(struct conn *c)
{
    if (!conn_alive(c) || c->finishing)
        return;
    c->resume = true;
    conn_touch(c);
}

size_t conn_input_kept(const struct conn *c)
{
    return c->kept_n;
}

void conn_finish(struct conn *c, int64_t linger_us)
{
    if (!conn_alive(c) || c->finishing)
        return;
    c->finishing = true;
    c->finish_by_us = loop_now_us(c->loop) + (linger_us > 0 ? linger_us : 0);
    conn_pause(c);
    if (c->stage == CONN_HANDSHAKE)
        conn_arm(c);
    conn_touch(c);
}

static size_t take_all(struct conn_owner *owner UNUSED, struct slice bytes)
{
    return bytes.n;
}

static void ignore_end(struct conn_owner *owner UNUSED, int error UNUSED)
{
}

void conn_leave(struct conn *c, int64_t linger_us)
{
    static struct conn_owner nobody = { .on_input = take_all, .on_closed = ignore_end };
    c->owner = &nobody;
    conn_finish(c, linger_us);
}

void conn_close(struct conn *c)
{
    if (!c || c->closed)
        return;
    conn_touch(c);
    c->closed = true;
    c->owner = NULL;
    conn_pause(c);
    if (c->writing)
        (void)event_del(c->writing); /* cannot fail for one that was made */
}

const char *conn_error_text(const struct conn *c)
{
    return c->error_text;
}

const struct address *conn_peer(const struct conn *c)
{
    return &c->peer;
}

const struct address *conn_local(struct conn *c)
{
    static const struct address unknown = { 0 };
    if (c->local)
        return c->local;
    c->local = calloc(1, sizeof *c->local);
    if (!c->local)
        return &unknown;
    socklen_t n = sizeof c->local->un;
    if (getsockname(c->fd, &c->local->any, &n) == 0)
        c->local->n = n;
    return c->local;
}

void conn_set_peer(struct conn *c, const struct address *peer, const struct address *local)
{
    c->peer = *peer;
    if (!local)
        return;
    if (!c->local)
        c->local = calloc(1, sizeof *c->local);
    if (c->local)
        *c->local = *local;
}

struct loop *conn_loop(const struct conn *c)
{
    return c->loop;
}

bool conn_is_tls(const struct conn *c)
{
    return c->stage == CONN_TLS;
}

SSL *conn_ssl(const struct conn *c)
{
    return c->ssl;
}
