/* SPDX-License-Identifier: ISC
 *
 * net/resolver_internal: between who keeps the askers and who asks libunbound. For this room only.
 */
#pragma once

#include "base/arena.h"
#include "net/resolver.h"

#define RESOLVER_NAME_MAX 253

struct unbound;

/* One question on its way, whoever waits for it. Libunbound cannot be told to forget it: it stays
 * when the last asker has gone, and is counted until its answer comes. */
struct lookup {
    struct resolver *resolver;
    struct lookup *next;         /* in its row of the table, or among the answered */
    struct resolver_link askers; /* of struct resolver_query: a ring */
    struct unbound *unbound;     /* which asks */
    struct lookup *next_doubted;
    struct postern_dns_response response;
    struct arena arena; /* of the response */
    uint8_t *packet;    /* owned; what the response points into */
    char *why;          /* owned; why it is bogus */
    uint16_t type;
    bool answered, standing; /* standing: one answer for ever, not on the heap */
    char name[RESOLVER_NAME_MAX + 1];
};

/* An answer has come: it is given to the askers at the end of the turn. */
void resolver_answered(struct lookup *lookup);

/* in_flight of setup is set. NULL: *why has a line. */
struct unbound *unbound_new(struct loop *loop, const struct resolver_setup *setup, struct buf *why);
/* Calls no one back. */
void unbound_free(struct unbound *u);
/* The answer comes through resolver_answered, perhaps from inside. 0, or negative: it never comes. */
MUST_USE int unbound_ask(struct unbound *u, struct lookup *lookup);
/* See resolver_believes. */
bool unbound_believes(const struct unbound *u);
