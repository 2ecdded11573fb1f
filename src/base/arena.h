/* SPDX-License-Identifier: ISC
 *
 * base/arena: memory by lifetime. Zeroed, bounded, freed as a whole.
 *
 * One arena per session, transaction or batch. "Too big" and "no memory" are the same answer:
 * NULL, and the caller's one error path.
 */
#pragma once

#include "base/slice.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first */
    size_t used;                /* bytes handed out */
    size_t max;
};

void arena_init(struct arena *a, size_t max);
/* Frees everything; the arena stays usable. */
void arena_clear(struct arena *a);

/* n zeroed bytes, aligned for any type; NULL past the maximum. */
void *arena_alloc(struct arena *a, size_t n);
/* A copy of s; on failure a slice with a null pointer (and false). */
MUST_USE bool arena_copy(struct arena *a, struct slice s, struct slice *out);
/* A copy of s with a NUL behind it; NULL past the maximum. */
char *arena_str(struct arena *a, struct slice s);
