/* SPDX-License-Identifier: ISC
 *
 * milter/client: the shell around one session: its connection, the verification of its message, its
 * timer.
 */
#pragma once

#include "milter/session.h"
#include "milter/worker.h"
#include "net/conn.h"

struct milter_client {
    struct milter_worker *worker;
    struct milter_client *next, **at; /* in worker->clients */
    struct conn_owner owner;
    struct conn *conn;                 /* NULL once it is closed */
    struct verification *verification; /* of the message; NULL: none */
    struct milter_session session;
    struct buf out; /* what the session has written */
    struct loop_timer timer;
    struct loop_task reap;
    bool dead;
};

/* Takes over fd: a new connection. */
void milter_client_accept(struct milter_worker *w, int fd, const struct address *peer);
/* Ends it, whatever it does; reason: static. */
void milter_client_hangup(struct milter_client *c, const char *reason);
