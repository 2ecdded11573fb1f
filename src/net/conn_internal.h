/* SPDX-License-Identifier: ISC
 *
 * net/conn_internal: a connection as conn.c, conn_input.c, conn_output.c and conn_tls.c share it.
 *
 * Everything that owners ask for is marked here and done by conn.c's `settle` at the end of the
 * turn, so no callback runs inside a call of the owner and nothing is freed under his feet.
 */
#pragma once

#include <sys/types.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "net/conn.h"

enum conn_stage {
    CONN_CONNECTING, /* until the socket is writable */
    CONN_CLEAR,
    CONN_TLS_WAITS, /* until what was gathered in clear is written */
    CONN_HANDSHAKE,
    CONN_TLS,
    CONN_DISCARD, /* all is written; drops input until the peer ends, so that no RST eats our words */
};

struct conn {
    struct loop *loop;
    struct conn_owner *owner; /* NULL once closed */
    SSL *ssl;
    struct event *writing; /* made when a write first has to wait */
    struct loop_task settle;
    struct loop_timer linger;
    struct event reading;
    struct buf output;
    struct buf wire;   /* of TLS: encrypted, to be sent */
    size_t clear_left; /* of output: to be written before the handshake */
    uint8_t *kept;     /* input not taken; wiped when it goes */
    uint32_t kept_n, kept_cap;
    uint32_t early_n; /* of TLS: bytes of kept that the handshake reads first */
    int64_t finish_by_us;
    char *error_text;
    struct address *local; /* made when asked for */
    struct address peer;
    int fd;
    int error;
    int write_error; /* told after what the peer said before it went was offered */
    enum conn_stage stage;
    bool closed;      /* the owner hears nothing more; freed at the end of the turn */
    bool done;        /* finished in order: on_closed(0) is due */
    bool finishing;   /* writes what is left, takes nothing */
    bool ended;       /* the peer ended its side */
    bool paused;      /* reading is not armed */
    bool was_full;    /* on_room is due when output has drained */
    bool write_waits; /* writing is armed */
    bool resume;      /* conn_resume was called */
    bool read_more;   /* this turn's share was used up */
    bool connected;   /* on_connected is due */
    bool wire_ended;  /* of TLS: the socket is at its end */
    bool wire_held;   /* of TLS: a ticket waits for the next output, nobody waits for it */
    bool notified;    /* of TLS: close_notify is written */
    bool acknowledge; /* see conn_acknowledge */
};

/* False once closed or failed: then no callback but on_closed may come. */
bool conn_alive(const struct conn *c);
/* Has settle run at the end of the turn. */
void conn_touch(struct conn *c);
/* The first error is the one that is told. */
void conn_fail(struct conn *c, int error);
void conn_pause(struct conn *c);
void conn_arm(struct conn *c);
void conn_wait_writable(struct conn *c);

/* Up to n bytes of the stream: > 0, 0 at its end in order, -EAGAIN, or another error. */
ssize_t conn_receive(struct conn *c, uint8_t *p, size_t n);
void conn_read(struct conn *c);
void conn_offer(struct conn *c);
/* Keeps bytes in place of what is kept; false without memory. */
bool conn_keep(struct conn *c, struct slice bytes);
void conn_drop_kept(struct conn *c);

/* Sends what it can of wire and output. */
void conn_flush(struct conn *c);
void conn_send_wire(struct conn *c);
void conn_check_room(struct conn *c);
bool conn_is_drained(const struct conn *c);

void conn_handshake(struct conn *c);
ssize_t conn_tls_read(struct conn *c, uint8_t *p, size_t n);
/* Encrypts into wire: bytes taken, or an error. */
ssize_t conn_tls_write(struct conn *c, struct slice bytes);
bool conn_tls_pending(const struct conn *c); /* bytes that the socket will not announce again */
void conn_tls_end(struct conn *c);           /* close_notify into wire, once */
