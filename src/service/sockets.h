/* SPDX-License-Identifier: ISC
 *
 * service/sockets: the parent's listening sockets, one for each address, shared by all workers: what
 * waits in a queue is taken by whoever is free, and is not lost with a worker. Over a reload the
 * descriptors are duplicated, so that each generation owns its own.
 */
#pragma once

#include "conf/conf.h"
#include "net/listener.h"

struct sockets {
    struct socket_entry {
        struct listen_spec spec;
        int fd;         /* -1: not open */
        uint64_t inode; /* of the path of a UNIX socket that we bound; 0: none */
    } * at;
    size_t n;
};

struct sockets_wanted {
    const char *key; /* "submission.listen": for faults */
    const struct conf_list *list;
    bool (*parse)(struct slice text, struct listen_spec *out, struct fault *why);
    unsigned mode;       /* of UNIX sockets */
    const char *user;    /* to whom, and to whose group, they are given by root; NULL: to nobody */
    int64_t patience_us; /* see below */
};

/* Opens what wanted names: by duplicating what old (may be NULL) has open already, else by taking
 * what systemd passed, else by binding. An address that is still in use by a process that is just
 * going (our own, after kill -9) is tried again for up to patience_us. On false *why says what and
 * where. */
MUST_USE bool sockets_open(struct sockets *out, const struct sockets_wanted *wanted,
                           const struct sockets *old, struct buf *why);
void sockets_close(struct sockets *s);
/* Closes, and takes away the paths that we bound, but those that kept (may be NULL) has, too. */
void sockets_remove(struct sockets *s, const struct sockets *kept);
