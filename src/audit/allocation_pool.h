/* SPDX-License-Identifier: ISC
 *
 * audit/allocation_pool: one network's addresses while a server's cases pass: which are held, which were never
 * given, and which have been free the longest. Pure.
 */
#pragma once

#include "audit/allocation.h"

struct pool {
    const struct allocation_case *cases;
    size_t n;
    uint32_t first, size; /* from the lowest to the highest address of the cases */
    uint32_t lowest;      /* offset that a server would begin at */
    uint32_t *holder;     /* by offset: case that had it last, plus 1; 0: never given */
    bool *held;
    uint32_t *by_end; /* cases in order of until_us; those without an end come last */
    size_t ended;     /* of by_end: whose end has come */
    uint32_t *freed;  /* offsets in the order in which they became free */
    size_t freed_from, freed_to;
    uint32_t never; /* offsets that were never given */
    int64_t last;   /* offset given last; -1: none yet */
};

/* fitted: of the cases, those by which a model may know where the pool begins. -ENOMEM, ERR_TOO_BIG. */
MUST_USE int pool_open(struct pool *pool, const struct allocation_case *cases, size_t n,
                       size_t fitted);
void pool_close(struct pool *pool);
/* Frees what has ended by then. */
void pool_advance(struct pool *pool, int64_t now_us);
void pool_give(struct pool *pool, size_t i); /* case i has its address now */

/* Which offset comes next; -1: no idea. */
int64_t
pool_next(const struct pool *pool); /* above the last one given, wrapping (Kea's iterative) */
int64_t pool_previous(const struct pool *pool); /* below it */
int64_t pool_lowest(const struct pool *pool);   /* the lowest free (udhcpd, coredhcp) */
int64_t
pool_oldest(const struct pool *pool); /* never given first, then free the longest (ISC, OpenBSD) */
/* offset itself, or the next one that is free, wrapping at wrap. */
int64_t pool_probe(const struct pool *pool, int64_t offset, uint32_t wrap);
