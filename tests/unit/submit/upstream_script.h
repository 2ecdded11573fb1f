/* SPDX-License-Identifier: ISC
 *
 * An upstream that follows scripts, one a connection, on the loop of the test. A script is lines:
 *   S TEXT   sends TEXT and CRLF
 *   C TEXT   the client must send just this line
 *   D        data up to CRLF.CRLF, noted as it came
 *   B N      N octets, noted
 *   X        closes the connection
 *   W        stops here until script_go
 */
#pragma once

#include "net/conn.h"
#include "net/listener.h"

#define SCRIPTS_MAX 8

struct script_conn {
    struct conn_owner owner;
    struct script *script;
    struct conn *conn;
    struct slice rest; /* of its script */
    struct buf got;    /* what D and B took */
    size_t data_at;    /* in got: where this D or B began */
    bool waits, closed;
};

struct script {
    struct loop *loop;
    struct listener listener;
    int fd;
    uint16_t port;
    const char *scripts[SCRIPTS_MAX];
    struct script_conn conns[SCRIPTS_MAX];
    unsigned accepted;
};

/* Listens on an ephemeral port of the loopback; scripts: ended by NULL. */
void script_start(struct script *s, struct loop *loop, const char *const *scripts);
void script_stop(struct script *s);
/* Goes on after W. */
void script_go(struct script *s, unsigned connection);
/* Every connection that a script was given for came, and did all of it. */
void script_expect_done(const struct script *s);
