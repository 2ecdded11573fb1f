/* SPDX-License-Identifier: ISC
 *
 * submit/client: the shell around one session: its connection, its questions to the
 * authentication backend, its delivery, its timer and its place in the admission table.
 */
#pragma once

#include "net/conn.h"
#include "submit/delivery.h"
#include "submit/worker.h"

struct attempt; /* submit/attempt.h */

struct client {
    struct worker *worker;
    struct client *next, **at; /* in worker->clients */
    struct conn_owner owner;
    struct conn *conn; /* NULL once it is closed */
    struct delivery_owner delivery_owner;
    struct delivery *delivery; /* NULL outside a transaction */
    struct auth_question question;
    struct attempt *attempt; /* the last AUTH; NULL before */
    struct loop_timer timer;
    struct loop_task reap;
    struct submit_session session;
    struct address peer, local;
    char id[SUBMIT_ID_MAX];
    size_t kept;        /* bytes that the session has not taken */
    int32_t slot;       /* in the admission table; -1: none yet */
    int64_t started_us; /* monotonic */
    int64_t tls_started_us;
    int64_t asked_us;      /* of the open question */
    int64_t auth_asked_us; /* of the last to the backend in this attempt; 0: it was not asked */
    bool proxied;          /* the PROXY header is still awaited */
    bool implicit_tls;
    bool running; /* the session has begun */
    bool ended;   /* the peer has ended its side */
    bool waits;   /* counted in worker->waiting */
    bool dead;
    const char *close_reason;
};

/* Takes over fd: a new connection, to a listener with implicit TLS or not. */
void client_accept(struct worker *w, int fd, const struct address *peer, bool tls);
/* Asks it to make room: 421, or a plain close where a reply cannot be placed. */
void client_shed(struct client *c, const char *text, const char *reason);

/* question.c, for client.c */
/* Puts the question of the session; its answer comes to the client's owners' callbacks. */
void client_ask(struct client *c, enum submit_question question);
/* Gives up an open delivery, if there is one. */
void client_drop_delivery(struct client *c);

/* client.c, for those who answer later */
/* An answer has come: go on with what the client has sent meanwhile. */
void client_go_on(struct client *c);
