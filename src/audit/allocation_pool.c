/* SPDX-License-Identifier: ISC */
#include "audit/allocation_pool.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"

static void span_of(struct pool *pool, size_t fitted)
{
    uint32_t low = UINT32_MAX, high = 0, start = UINT32_MAX;
    for (size_t i = 0; i < pool->n; i++) {
        uint32_t address = pool->cases[i].address;
        low = address < low ? address : low;
        high = address > high ? address : high;
        if (i < fitted && address < start)
            start = address;
    }
    pool->first = low;
    pool->size = high - low < ALLOCATION_POOL_MAX ? high - low + 1 : 0;
    pool->lowest = start == UINT32_MAX ? 0 : start - low;
}

static int64_t end_of(const struct pool *pool, uint32_t i)
{
    int64_t until = pool->cases[i].until_us;
    return until == AUDIT_NO_TIME ? INT64_MAX : until;
}

static int by_end(const void *a, const void *b, void *owner)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int64_t end_x = end_of(owner, x), end_y = end_of(owner, y);
    if (end_x != end_y)
        return end_x < end_y ? -1 : 1;
    return x < y ? -1 : x > y;
}

int pool_open(struct pool *pool, const struct allocation_case *cases, size_t n, size_t fitted)
{
    *pool = (struct pool){ .cases = cases, .n = n, .last = -1 };
    span_of(pool, fitted);
    if (n == 0 || pool->size == 0)
        return ERR_TOO_BIG;
    pool->never = pool->size;
    pool->holder = calloc(pool->size, sizeof(*pool->holder));
    pool->held = calloc(pool->size, sizeof(*pool->held));
    pool->by_end = calloc(n, sizeof(*pool->by_end));
    pool->freed = calloc(n, sizeof(*pool->freed));
    if (!pool->holder || !pool->held || !pool->by_end || !pool->freed) {
        pool_close(pool);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < n; i++)
        pool->by_end[i] = i;
    qsort_r(pool->by_end, n, sizeof(*pool->by_end), by_end, pool);
    return 0;
}

void pool_close(struct pool *pool)
{
    free(pool->holder);
    free(pool->held);
    free(pool->by_end);
    free(pool->freed);
    *pool = (struct pool){ 0 };
}

void pool_advance(struct pool *pool, int64_t now_us)
{
    if (now_us == AUDIT_NO_TIME)
        return;
    for (; pool->ended < pool->n; pool->ended++) {
        uint32_t i = pool->by_end[pool->ended];
        if (end_of(pool, i) > now_us)
            return;
        uint32_t offset = pool->cases[i].address - pool->first;
        if (pool->holder[offset] == i + 1 && pool->held[offset]) {
            pool->held[offset] = false;
            pool->freed[pool->freed_to++] = offset;
        }
    }
}

void pool_give(struct pool *pool, size_t i)
{
    uint32_t offset = pool->cases[i].address - pool->first;
    if (pool->holder[offset] == 0)
        pool->never--;
    pool->holder[offset] = (uint32_t)i + 1;
    pool->held[offset] = true;
    pool->last = offset;
    while (pool->freed_from < pool->freed_to && pool->held[pool->freed[pool->freed_from]])
        pool->freed_from++;
}

int64_t pool_probe(const struct pool *pool, int64_t offset, uint32_t wrap)
{
    for (uint32_t tried = 0; tried < wrap; tried++) {
        if (offset < 0 || offset >= pool->size || !pool->held[offset])
            return offset;
        offset = offset + 1 < wrap ? offset + 1 : 0;
    }
    return -1;
}

int64_t pool_next(const struct pool *pool)
{
    if (pool->last < 0)
        return pool->lowest;
    /* Behind the highest that was ever seen there may be more. */
    for (int64_t offset = pool->last + 1; offset < pool->size; offset++)
        if (!pool->held[offset])
            return offset;
    return pool_lowest(pool);
}

int64_t pool_previous(const struct pool *pool)
{
    for (int64_t offset = pool->last - 1; offset >= 0; offset--)
        if (!pool->held[offset])
            return offset;
    return pool->last < 0 ? -1 : (int64_t)pool->size - 1;
}

int64_t pool_lowest(const struct pool *pool)
{
    for (int64_t offset = pool->lowest; offset < pool->size; offset++)
        if (!pool->held[offset])
            return offset;
    return -1;
}

static int64_t next_never_given(const struct pool *pool)
{
    for (int64_t offset = pool->last + 1; offset < pool->size; offset++)
        if (pool->holder[offset] == 0)
            return offset;
    for (int64_t offset = pool->last - 1; offset >= 0; offset--)
        if (pool->holder[offset] == 0)
            return offset;
    return -1;
}

int64_t pool_oldest(const struct pool *pool)
{
    if (pool->never > 0)
        return next_never_given(pool);
    return pool->freed_from < pool->freed_to ? (int64_t)pool->freed[pool->freed_from] : -1;
}
