/* SPDX-License-Identifier: ISC
 *
 * client: one submission session against the server under test, in lock-step: it sends a command,
 * checks the code of the reply, sends the next. Non-blocking, driven by an edge-triggered epoll.
 */
#pragma once

#include <netinet/in.h>

#include <openssl/types.h>

#include "base/slice.h"

struct client_plan { /* the same for every session of a run */
    struct sockaddr_in to;
    SSL_CTX *tls;
    const char *auth;    /* the whole AUTH command */
    bool clientid;       /* send CLIENTID; it must be advertised */
    bool handshake_only; /* TLS at once, then wait for the server to close */
    bool hold;           /* stop after AUTH */
    struct slice text;   /* a piece of message; ".\r\n" stands in memory behind it */
    uint32_t pieces;     /* so many of it make the message */
};

enum client_state { CLIENT_RUNNING, CLIENT_HELD, CLIENT_DONE, CLIENT_FAILED };

struct client {
    const struct client_plan *plan;
    int fd;
    SSL *ssl;
    unsigned step;
    bool handshaking;
    struct slice out; /* not yet sent */
    uint32_t pieces;  /* of the message, still to be sent */
    int64_t start_us;
    char line[128]; /* the CLIENTID command */
    size_t in_n;
    char in[2048]; /* the reply as far as it came */
};

/* Begins a session and registers it with epoll (data.ptr is the client); false: no socket. */
MUST_USE bool client_start(struct client *c, const struct client_plan *plan, int epoll);
/* To be called at each event of its socket. DONE, FAILED: closed already, may start again. */
enum client_state client_run(struct client *c);
void client_close(struct client *c);
/* What it was waiting for, for the message about a server that fell silent. */
const char *client_step_name(const struct client *c);
