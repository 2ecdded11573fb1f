/* SPDX-License-Identifier: ISC
 *
 * net/resolve: a host name of the configuration to addresses, on the thread pool (getaddrinfo).
 */
#pragma once

#include "net/address.h"
#include "net/threads.h"

#define RESOLVE_MAX 8

struct resolve {
    struct thread_job job;
    char host[256];
    uint16_t port;
    struct address found[RESOLVE_MAX];
    size_t found_n; /* 0: none; error says why */
    int error;      /* EAI_* */
    void (*on_resolved)(struct resolve *);
};

/* Fills found and calls on_resolved on the loop. 0, ERR_FULL, or ERR_TOO_BIG for a host that is no
 * name. host: a name or an IP. */
MUST_USE int resolve_start(struct resolve *r, struct thread_pool *pool, const char *host,
                           uint16_t port, void (*on_resolved)(struct resolve *));
