/* SPDX-License-Identifier: ISC
 *
 * A gauge is the smallest of four cells, each shared with whatever else falls there: never below
 * the truth. A cell that is full stays so until its column is reclaimed.
 */
#include "base/check.h"
#include "device/counters_internal.h"

#define ROWS     4
#define CELL_MAX UINT16_MAX

static _Atomic uint16_t *cell_of(const struct counters *c, unsigned row, uint64_t key)
{
    uint64_t h = key_spread(key);
    uint32_t turn = (uint32_t)h + row * (uint32_t)(h >> 32);
    size_t cell = (size_t)(((uint64_t)turn * c->cells) >> 32);
    return c->gauges + ((size_t)row * c->cells + cell) * c->stride;
}

static uint16_t changed(uint16_t held, int32_t change)
{
    if (held == CELL_MAX)
        return held;
    int64_t now = (int64_t)held + change;
    return now < 0 ? 0 : now > CELL_MAX ? CELL_MAX : (uint16_t)now;
}

void counters_gauge_add(struct counters *c, uint32_t column, uint64_t key, int32_t change)
{
    CHECK(column < c->columns);
    for (unsigned row = 0; row < ROWS; row++) {
        _Atomic uint16_t *cell = cell_of(c, row, key) + column;
        uint16_t held = atomic_load_explicit(cell, memory_order_relaxed);
        while (!atomic_compare_exchange_weak(cell, &held, changed(held, change)))
            ;
    }
}

uint32_t counters_gauge(const struct counters *c, uint64_t key)
{
    uint32_t least = UINT32_MAX;
    for (unsigned row = 0; row < ROWS; row++) {
        const _Atomic uint16_t *cells = cell_of(c, row, key);
        uint32_t sum = 0;
        for (uint32_t i = 0; i < c->columns; i++)
            sum += atomic_load_explicit(&cells[i], memory_order_relaxed);
        least = sum < least ? sum : least;
    }
    return least;
}

void counters_gauge_reclaim(struct counters *c, uint32_t column)
{
    CHECK(column < c->columns);
    for (size_t i = 0; i < (size_t)ROWS * c->cells; i++)
        atomic_store_explicit(&c->gauges[i * c->stride + column], 0, memory_order_relaxed);
}
