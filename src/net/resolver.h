/* SPDX-License-Identifier: ISC
 *
 * net/resolver: DNS questions on the loop: validated by libunbound, or answered from a file.
 *
 * Questions run side by side, each with a deadline of its own; a silent server delays only who asked
 * for it. The same question asked twice at one time is one query. The answer never comes from inside
 * resolver_ask. To be made behind the fork, and before files are out of reach (trust anchors); each
 * open query holds a socket: RLIMIT_NOFILE must have room for `in_flight`.
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
    const char *file; /* fixed answers (net/dns_file.h), and nobody else is asked; NULL: none */
    const char
        *anchor;  /* trust anchors (zone format); "": no validation; NULL: the system's, and then
                         * forwarders that are all on this host may know no DNSSEC: see below */
    size_t cache; /* octets; 0: 16 MiB */
    uint32_t in_flight; /* questions at one time; 0: 1000; more get SERVFAIL, and so do more than an
                         * eighth of them for names of one domain */
    uint16_t rrtype;    /* of DKIMP in `file`; 0: 65280 */
    int64_t longest_us; /* of all timeout_us: so long forwarders are waited for; 0: 5 s */
};

/* NULL: *why has a line for the operator. */
struct resolver *resolver_new(struct loop *loop, const struct resolver_setup *setup,
                              struct buf *why);
/* Open questions get no answer. Not from inside on_answer. NULL is fine. */
void resolver_free(struct resolver *r);

/* Forwarders on this host (127.0.0.0/8, ::1) that cannot give the root's keys know no DNSSEC, as many
 * a stub resolver and each plain name server: they are believed then, nobody stands in between. Looked
 * at again every minute. Forwarders elsewhere, and anchors that were named, leave no choice: without
 * DNSSEC all is bogus. True: answers are not validated at present, though they should be. */
bool resolver_believes(const struct resolver *r);

struct resolver_link {
    struct resolver_link *next, *previous;
};

struct resolver_query { /* embedded in the asker, who keeps it until the answer or the cancel */
    void (*on_answer)(struct resolver_query *, const struct postern_dns_response *);
    void *run; /* the resolver's, as what follows; NULL: not open */
    struct resolver_link link;
    struct loop_timer deadline;
    bool spare; /* the asker's: gets SERVFAIL when a quarter of what may be in flight is */
};
/* name: A-labels, with or without a final dot; copied. A name that is none is answered NXDOMAIN.
 * The response lives as long as the call of on_answer, in which questions may be asked, cancelled and
 * freed. timeout_us: then POSTERN_DNS_TIMEOUT. */
void resolver_ask(struct resolver *r, struct resolver_query *query, const char *name, uint16_t type,
                  int64_t timeout_us);
void resolver_cancel(struct resolver_query *query); /* idempotent */
