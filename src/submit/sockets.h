/* SPDX-License-Identifier: ISC
 *
 * submit/sockets: the parent's listening sockets, one for each address, shared by all workers: what
 * waits in a queue is taken by whoever is free, and is not lost with a worker. Over a reload the
 * descriptors are duplicated, so that each generation owns its own.
 */
#pragma once

#include "conf/conf.h"
#include "net/listener.h"

struct sockets {
    struct socket_entry {
        struct listen_spec spec;
        int fd; /* -1: not open */
    } * at;
    size_t n;
};

/* Opens what list names: by duplicating what old (may be NULL) has open already, else by taking
 * what systemd passed, else by binding. An address that is still in use by a process that is just
 * going (our own, after kill -9) is tried again for up to patience_us. On false *why says what and
 * where. */
MUST_USE bool sockets_open(struct sockets *out, const struct conf_list *list,
                           const struct sockets *old, int64_t patience_us, struct buf *why);
void sockets_close(struct sockets *s);
