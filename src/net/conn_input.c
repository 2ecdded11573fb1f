/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/secret.h"
#include "net/conn_internal.h"
#include "net/loop_internal.h"

#define READS_A_TURN 8    /* then others have their share */
#define KEPT_FIRST   256  /* the first block of what is kept */
#define KEPT_SHRINK  4096 /* a larger block goes when little is left in it */

_Static_assert(LOOP_SCRATCH >= CONN_INPUT_MAX, "kept and new bytes are offered as one slice");

ssize_t conn_receive(struct conn *c, uint8_t *p, size_t n)
{
    if (c->stage == CONN_TLS)
        return conn_tls_read(c, p, n);
    ssize_t got = recv(c->fd, p, n, 0);
    if (got >= 0)
        return got;
    return errno == EINTR ? -EAGAIN : -errno;
}

void conn_drop_kept(struct conn *c)
{
    if (c->kept)
        secret_wipe(c->kept, c->kept_cap);
    free(c->kept);
    c->kept = NULL;
    c->kept_n = c->kept_cap = 0;
}

static size_t kept_block(size_t n)
{
    size_t cap = KEPT_FIRST;
    while (cap < n)
        cap *= 2;
    return cap;
}

/* Replaces what is kept by bytes, which stand elsewhere. */
bool conn_keep(struct conn *c, struct slice bytes)
{
    bool too_small = bytes.n > c->kept_cap;
    bool too_large = c->kept_cap > KEPT_SHRINK && bytes.n < c->kept_cap / 4;
    if (bytes.n == 0 || too_small || too_large)
        conn_drop_kept(c);
    if (bytes.n == 0)
        return true;
    if (!c->kept) {
        size_t cap = kept_block(bytes.n);
        c->kept = malloc(cap);
        if (!c->kept)
            return false;
        c->kept_cap = (uint32_t)cap;
    }
    memcpy(c->kept, bytes.p, bytes.n);
    if (c->kept_n > bytes.n)
        secret_wipe(c->kept + bytes.n, c->kept_n - bytes.n);
    c->kept_n = (uint32_t)bytes.n;
    return true;
}

static bool can_offer(const struct conn *c)
{
    bool open = c->stage == CONN_CLEAR || c->stage == CONN_TLS;
    return open && conn_alive(c) && !c->finishing && !conn_is_full(c);
}

/* Offers the first n bytes of the scratch, keeps what is not taken, wipes. */
static void deliver(struct conn *c, size_t n)
{
    uint8_t *scratch = loop_scratch(c->loop);
    enum conn_stage stage = c->stage;
    size_t taken = c->owner->on_input(c->owner, (struct slice){ scratch, n });
    CHECK(taken <= n);
    if (c->early_n)
        secret_wipe(scratch, n); /* kept for the handshake already */
    else if (!conn_alive(c) || c->finishing || c->stage != stage)
        conn_drop_kept(c); /* RFC 3207 §4.2: nothing sent in clear is heard after the handshake */
    else if (!conn_keep(c, (struct slice){ scratch + taken, n - taken }))
        conn_fail(c, -ENOMEM);
    secret_wipe(scratch, n);
}

void conn_offer(struct conn *c)
{
    if (c->kept_n == 0 || !can_offer(c))
        return;
    memcpy(loop_scratch(c->loop), c->kept, c->kept_n);
    deliver(c, c->kept_n);
}

static void on_peer_end(struct conn *c)
{
    c->ended = true;
    conn_pause(c);
    conn_offer(c);
    if (conn_alive(c) && !c->finishing && c->owner->on_end)
        c->owner->on_end(c->owner);
}

/* tcp(7): it does not last, so each time. A UNIX socket has none. */
static void acknowledge_now(int fd)
{
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on); /* only speed */
}

void conn_acknowledge(struct conn *c)
{
    c->acknowledge = true;
}

/* True when there may be more to read at once. */
static bool read_once(struct conn *c)
{
    size_t room = CONN_INPUT_MAX - c->kept_n;
    if (!can_offer(c) || c->ended || room == 0) {
        conn_pause(c); /* only now that bytes are there: most owners are ready in time */
        return false;
    }
    uint8_t *scratch = loop_scratch(c->loop);
    ssize_t got = conn_receive(c, scratch + c->kept_n, room);
    if (got == 0)
        on_peer_end(c);
    else if (got < 0 && got != -EAGAIN)
        conn_fail(c, (int)got);
    if (got <= 0)
        return false;
    bool more = c->stage == CONN_TLS ? conn_tls_pending(c) : (size_t)got == room;
    if (c->kept_n)
        memcpy(scratch, c->kept, c->kept_n);
    deliver(c, c->kept_n + (size_t)got);
    if (c->acknowledge && conn_alive(c) && buf_size(&c->output) == 0)
        acknowledge_now(c->fd);
    return more;
}

void conn_read(struct conn *c)
{
    int reads = 0;
    c->read_more = false;
    while (read_once(c))
        if (++reads == READS_A_TURN) {
            c->read_more = true;
            conn_touch(c);
            return;
        }
}
