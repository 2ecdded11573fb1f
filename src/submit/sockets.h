/* SPDX-License-Identifier: ISC
 *
 * submit/sockets: the parent's listening sockets: for each address one a worker, or one that
 * systemd passed for all. Over a reload the descriptors are duplicated, so that each generation
 * owns its own and no connection that waits in a queue is lost.
 */
#pragma once

#include "conf/conf.h"
#include "net/listener.h"

#define SOCKETS_WORKERS_MAX 256

struct sockets {
    struct socket_group {
        struct listen_spec spec;
        bool shared;                  /* one socket for all workers: systemd's */
        int fds[SOCKETS_WORKERS_MAX]; /* -1: not open; a shared one stands at 0 */
    } * at;
    size_t n;
};

/* Opens what list names, by duplicating what old (may be NULL) has open already. On false *why
 * says what and where. */
MUST_USE bool sockets_open(struct sockets *out, const struct conf_list *list, unsigned workers,
                           const struct sockets *old, struct buf *why);
void sockets_close(struct sockets *s);
/* Closes all but the sockets of one worker (in that worker), or all (worker < 0). */
void sockets_close_others(const struct sockets *s, int worker);
/* The socket of a worker in group i. */
int sockets_fd(const struct sockets *s, size_t i, unsigned worker);
