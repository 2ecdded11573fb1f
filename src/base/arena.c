/* SPDX-License-Identifier: ISC */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/* Blocks grow with what is held: a small arena stays small, a large one has few blocks. */
#define BLOCK_MIN 1024
#define BLOCK_MAX 65536

struct arena_block {
    struct arena_block *older;
    size_t cap, used;
    alignas(max_align_t) uint8_t bytes[];
};

void arena_init(struct arena *a, size_t max)
{
    *a = (struct arena){ .max = max };
}

void arena_clear(struct arena *a)
{
    while (a->blocks) {
        struct arena_block *older = a->blocks->older;
        free(a->blocks);
        a->blocks = older;
    }
    a->used = 0;
}

static struct arena_block *block_with_room(struct arena *a, size_t n)
{
    if (a->blocks && a->blocks->cap - a->blocks->used >= n)
        return a->blocks;
    size_t cap = a->used / 16;
    cap = cap < BLOCK_MIN ? BLOCK_MIN : cap > BLOCK_MAX ? BLOCK_MAX : cap;
    cap = cap < n ? n : cap;
    struct arena_block *b = calloc(1, sizeof *b + cap);
    if (!b)
        return NULL;
    b->cap = cap;
    b->older = a->blocks;
    a->blocks = b;
    return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
    size_t align = alignof(max_align_t), rounded;
    if (__builtin_add_overflow(n, align - 1, &rounded))
        return NULL;
    rounded -= rounded % align;
    if (rounded > a->max || a->used > a->max - rounded)
        return NULL;
    struct arena_block *b = block_with_room(a, rounded);
    if (!b)
        return NULL;
    void *at = b->bytes + b->used;
    b->used += rounded;
    a->used += rounded;
    return at;
}

bool arena_copy(struct arena *a, struct slice s, struct slice *out)
{
    uint8_t *at = arena_alloc(a, s.n);
    if (at && s.n)
        memcpy(at, s.p, s.n);
    *out = (struct slice){ at, at ? s.n : 0 };
    return at != NULL;
}

char *arena_str(struct arena *a, struct slice s)
{
    char *at = s.n == SIZE_MAX ? NULL : arena_alloc(a, s.n + 1);
    if (at && s.n)
        memcpy(at, s.p, s.n);
    return at;
}
