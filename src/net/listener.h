/* SPDX-License-Identifier: ISC
 *
 * net/listener: sockets that accept, opened by the parent, or inherited from systemd.
 *
 * A socket is shared by all workers: whoever is free takes the next connection, and none is lost
 * with a worker that dies or goes.
 */
#pragma once

#include "base/buf.h"
#include "net/address.h"
#include "net/loop.h"

struct listen_spec {
    struct address address;
    bool tls;      /* implicit TLS from the first byte */
    unsigned mode; /* of a UNIX socket's path; 0: as umask(2) has it */
};

/* "0.0.0.0:587", "[::]:465/tls". False: *why says what is wrong. */
MUST_USE bool listen_parse(struct slice text, struct listen_spec *out, struct fault *why);
/* As milters are named: "inet:8891@127.0.0.1", "inet6:8891@[::1]" (or without brackets),
 * "unix:/run/x" (or "local:"). */
MUST_USE bool listen_parse_milter(struct slice text, struct listen_spec *out, struct fault *why);

/* Opens one non-blocking CLOEXEC socket (IPv6 ones V6ONLY). A UNIX socket that nobody hears any more is
 * replaced. Returns the fd, or -errno. */
MUST_USE int listen_open(const struct listen_spec *spec);
/* The socket among those systemd passed (LISTEN_FDS, LISTEN_PID; sd_listen_fds(3)) bound to this
 * address, or -1. */
int listen_inherited(const struct listen_spec *spec);

struct listener {
    struct loop_watch watch;
    struct loop_timer retry; /* after EMFILE and its kin */
    bool tls, paused;
    bool talks; /* what a peer says is answered at once, each time: see answer_acknowledges */
    void (*on_accept)(struct listener *, int fd, const struct address *peer);
    /* Out of descriptors or memory (-errno): accepting pauses for a moment. NULL: unheard. */
    void (*on_trouble)(struct listener *, int error);
};
/* Accepts on fd (not owned) until stopped; at most a bounded number each turn. The accepted fd is
 * non-blocking, CLOEXEC, TCP_NODELAY, and belongs to the callee. */
MUST_USE int listener_start(struct listener *l, struct loop *loop, int fd);
/* None is accepted until resumed, not even one of this turn; who comes waits in the queue. */
void listener_pause(struct listener *l);
void listener_resume(struct listener *l);
void listener_stop(struct listener *l);
