/* SPDX-License-Identifier: ISC */
#include "net/resolve.h"

#include <netdb.h>
#include <string.h>

#include "base/err.h"

static void keep(struct resolve *r, const struct addrinfo *entry)
{
    struct address a = { 0 };
    if (r->found_n == RESOLVE_MAX || entry->ai_addrlen > sizeof a.un)
        return;
    memcpy(&a.any, entry->ai_addr, entry->ai_addrlen);
    a.n = entry->ai_addrlen;
    if (a.any.sa_family == AF_INET)
        a.in.sin_port = htons(r->port);
    else if (a.any.sa_family == AF_INET6)
        a.in6.sin6_port = htons(r->port);
    else
        return;
    r->found[r->found_n++] = a;
}

/* On a pool thread: only this struct is touched. */
static void look_up(struct thread_job *job)
{
    struct resolve *r = CONTAINER_OF(job, struct resolve, job);
    /* Not AI_ADDRCONFIG: it hides ::1 and 127.0.0.1 on a host without other addresses. */
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    struct addrinfo *list = NULL;
    r->error = getaddrinfo(r->host, NULL, &hints, &list);
    if (r->error)
        return;
    for (const struct addrinfo *entry = list; entry; entry = entry->ai_next)
        keep(r, entry);
    freeaddrinfo(list);
}

static void on_done(struct thread_job *job)
{
    struct resolve *r = CONTAINER_OF(job, struct resolve, job);
    r->on_resolved(r);
}

int resolve_start(struct resolve *r, struct thread_pool *pool, const char *host, uint16_t port,
                  void (*on_resolved)(struct resolve *))
{
    size_t n = strlen(host);
    if (n >= sizeof r->host)
        return ERR_TOO_BIG;
    *r = (struct resolve){ .port = port, .on_resolved = on_resolved };
    memcpy(r->host, host, n);
    r->job = (struct thread_job){ .work = look_up, .done = on_done };
    return thread_pool_submit(pool, &r->job);
}
