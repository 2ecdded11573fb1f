/* SPDX-License-Identifier: ISC
 *
 * net/resolver: DNS questions on the loop: validated by libunbound, or answered from a file.
 *
 * Questions run side by side, each with a deadline of its own; a silent server delays only who asked
 * for it. The answer never comes from inside resolver_ask.
 */
#pragma once

#include "base/buf.h"
#include "net/loop.h"
#include "postern/dns.h"

#define RESOLVER_FORWARDERS_MAX 8

struct resolver;

struct resolver_setup {
    const char *forward[RESOLVER_FORWARDERS_MAX]; /* "ADDR" or "ADDR@PORT"; none: asks the
                                                   * authoritative servers itself */
    size_t forward_n;
    const char *file;   /* fixed answers (net/dns_file.h), and nobody else is asked; NULL: none */
    const char *anchor; /* trust anchors (zone format); NULL: the system's; "": no validation */
    size_t cache;       /* octets; 0: 16 MiB */
    uint32_t in_flight; /* questions at one time; 0: 1000; more get SERVFAIL */
};

/* NULL: *why has a line for the operator. */
struct resolver *resolver_new(struct loop *loop, const struct resolver_setup *setup,
                              struct buf *why);
/* Open questions get no answer. NULL is fine. */
void resolver_free(struct resolver *r);

struct resolver_query { /* embedded in the asker, who keeps it until the answer or the cancel */
    void (*on_answer)(struct resolver_query *, const struct postern_dns_response *);
    void *run; /* the resolver's; NULL: not open */
};
/* name: A-labels, with or without a final dot; copied. A name that is none is answered NXDOMAIN.
 * The response lives as long as the call of on_answer. timeout_us: then POSTERN_DNS_TIMEOUT. */
void resolver_ask(struct resolver *r, struct resolver_query *query, const char *name, uint16_t type,
                  int64_t timeout_us);
void resolver_cancel(struct resolver_query *query); /* idempotent */
