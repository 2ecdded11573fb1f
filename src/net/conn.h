/* SPDX-License-Identifier: ISC
 *
 * net/conn: one stream connection: TCP or UNIX, in clear or TLS, with bounded output.
 *
 * Input arrives as a slice of a buffer that all connections of the process share (wiped after each
 * read): the owner says how many bytes it took; the rest is kept (at most CONN_INPUT_MAX), and
 * reading pauses until conn_resume. Output is gathered and written at the end of the turn.
 * An owner gets exactly one on_closed, never from inside a call it made itself; after conn_close
 * it gets nothing.
 */
#pragma once

#include <openssl/types.h>

#include "base/buf.h"
#include "net/address.h"
#include "net/loop.h"

#define CONN_INPUT_MAX (32 * 1024) /* bytes kept for an owner that is not ready */

struct conn;

/* Embedded in the owner; found back with CONTAINER_OF. Only on_input and on_closed must be there.
 * From any of them the owner may call any function below. */
struct conn_owner {
    /* Bytes have come (never none). Returns how many were taken; the rest is kept. A partial line
     * is "not taken": on_input is called again with it and what follows, until CONN_INPUT_MAX are
     * kept; then reading pauses. To be offered the rest without new bytes, conn_resume. Nothing is
     * offered while conn_is_full; what is kept then comes after on_room. */
    size_t (*on_input)(struct conn_owner *, struct slice bytes);
    /* Output has drained below half of the mark given to conn_new. */
    void (*on_room)(struct conn_owner *);
    /* The handshake asked for is done. */
    void (*on_tls)(struct conn_owner *);
    /* The peer ended its side (in order); kept bytes were offered first, and conn_resume still
     * offers what conn_input_kept counts. Writing still works. */
    void (*on_end)(struct conn_owner *);
    /* Connected (conn_connect only). */
    void (*on_connected)(struct conn_owner *);
    /* Gone, with an error (negative) or 0; the conn is freed after this call. */
    void (*on_closed)(struct conn_owner *, int error);
};

/* Takes over fd (non-blocking, CLOEXEC); NULL without memory, and fd is closed. output_max bounds what may wait to be written: past it
 * conn_write fails the connection; conn_is_full says when to stop at the mark (half of it). */
struct conn *conn_new(struct loop *loop, int fd, struct conn_owner *owner, size_t output_max);
/* Starts connecting to an address; on_connected or on_closed follows (never at once). NULL:
 * *error says why. */
struct conn *conn_connect(struct loop *loop, const struct address *to, struct conn_owner *owner,
                          size_t output_max, int *error);

/* Begins a handshake after all output gathered so far is written; bytes already read in clear are
 * dropped. server_name: for a client, SNI and the name to verify (when ctx verifies); NULL else. */
void conn_start_tls(struct conn *c, SSL_CTX *ctx, bool server, const char *server_name);
/* The same for a server, when `early` was read from the wire already but belongs to the handshake
 * (it came behind a PROXY header). Copied. */
void conn_accept_tls(struct conn *c, SSL_CTX *ctx, struct slice early);
bool conn_is_tls(const struct conn *c);
SSL *conn_ssl(const struct conn *c); /* NULL in clear */

/* Copied, unless it is large and goes out at once. Nothing once closing or failed. */
void conn_write(struct conn *c, struct slice bytes);
struct buf *conn_output(struct conn *c); /* append here directly; then conn_write of nothing */
bool conn_is_full(const struct conn *c);
size_t conn_pending(const struct conn *c); /* bytes that wait to be written */
/* Offers kept bytes again at the end of this turn and reads on. */
void conn_resume(struct conn *c);
/* Bytes the owner has not taken yet. */
size_t conn_input_kept(const struct conn *c);

/* Writes what was gathered (waits up to linger_us for it), ends TLS in order, and closes: on_closed
 * comes with 0, or ERR_TIMEOUT. No more input is offered. */
void conn_finish(struct conn *c, int64_t linger_us);
/* The same, but the owner hears nothing more and may go at once. */
void conn_leave(struct conn *c, int64_t linger_us);
/* Closes without writing more. NULL is fine. */
void conn_close(struct conn *c);
/* Inside on_closed: what the TLS library said, or NULL. */
const char *conn_error_text(const struct conn *c);

const struct address *conn_peer(const struct conn *c); /* unknown until set or connected */
const struct address *conn_local(struct conn *c);      /* asked of the kernel unless set */
/* local: NULL keeps the socket's own. */
void conn_set_peer(struct conn *c, const struct address *peer, const struct address *local);
/* What comes is acknowledged at once when it is not answered at once: for peers that send small pieces
 * and wait (Nagle's algorithm), where each would cost the 40 ms of a delayed acknowledgement. */
void conn_acknowledge(struct conn *c);
struct loop *conn_loop(const struct conn *c);
