/* SPDX-License-Identifier: ISC
 *
 * What the counters' files share: the mapping, lines and slots, and time in units of 8 s.
 *
 * The mapping: one page with struct counters; the lines of KNOWN, ACCOUNT, STRANGER and of who is
 * remembered, in this order; one bit a line for what the snapshot has not seen; the gauges.
 */
#pragma once

#include <stdatomic.h>

#include "device/counters.h"

#define LINE_BYTES    64
#define LINE_SLOTS    8
#define UNIT_US       (8 * INT64_C(1000000))
#define HOLD_MAX      32401 /* 3 days, and the unit that has begun */
#define REMEMBERED_IN 10801 /* a day, and the unit that has begun */
#define SWITCHES      8

/* A slot, from its high end: 16 id, 16 count of this window, 16 of the one before, 16 expiry. A
 * count of this window is never 0; where it is, the slot is a mark (seen, or a hold when the next
 * bit is set) and the 15 bits behind are more of its id. Who is remembered: 48 tag, 16 expiry. */
#define SLOT_ID     (UINT64_C(0xffff) << 48)
#define SLOT_COUNT  (UINT64_C(0xffff) << 32)
#define SLOT_HOLD   (UINT64_C(0x8000) << 16)
#define SLOT_EXPIRY UINT64_C(0xffff)

struct line {
    _Atomic uint64_t slot[LINE_SLOTS];
};

enum { AREA_REMEMBERED = COUNTERS_STRANGER + 1, AREAS };

struct area {
    struct line *lines;
    uint32_t n;
};

struct counters {
    struct area areas[AREAS];
    struct line *lines; /* of all areas */
    uint32_t lines_n;
    _Atomic uint64_t *dirty; /* a bit a line */
    _Atomic uint16_t *gauges;
    uint32_t columns, stride, cells; /* cells of a row; from one to the next: stride columns */
    uint64_t bytes;
    uint8_t key[16];
    _Atomic int64_t switches[SWITCHES];
};

_Static_assert(sizeof(struct line) == LINE_BYTES, "a line is a cache line");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_SHORT_LOCK_FREE == 2, "shared by processes");

static inline uint32_t units_of(int64_t wall_us)
{
    return wall_us > 0 ? (uint32_t)(wall_us / UNIT_US) : 0;
}

/* Units until a slot is over; it is live when positive. Modulo: right for 3 days both ways. */
static inline int slot_left(uint64_t word, uint32_t now)
{
    return (int16_t)(uint16_t)((uint32_t)word - now);
}

static inline bool slot_live(uint64_t word, uint32_t now)
{
    return word != 0 && slot_left(word, now) > 0;
}

static inline uint64_t slot_until(uint64_t word, uint32_t until)
{
    return (word & ~SLOT_EXPIRY) | (uint16_t)until;
}

/* Keys come mixed already; once more makes even a poor one spread. */
static inline uint64_t key_spread(uint64_t key)
{
    uint64_t h = key * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ (h >> 29);
}

/* The two lines of a spread key: side by side, so that all keys that meet in one meet in both. Else
 * a key pushed out of the one, by what is smaller than it there, could come back as what is smaller
 * still in the other. */
static inline struct line *lines_of(const struct area *area, uint64_t spread)
{
    return area->lines + 2 * (((spread & UINT32_MAX) * (area->n / 2)) >> 32);
}

/* Sequentially consistent, as is the exchange by which the snapshot takes the bits: a change that
 * it did not see has its bit set afterwards. */
static inline void line_changed(struct counters *c, const struct line *line)
{
    size_t at = (size_t)(line - c->lines);
    uint64_t bit = UINT64_C(1) << (at % 64);
    if (!(atomic_load(&c->dirty[at / 64]) & bit))
        (void)atomic_fetch_or(&c->dirty[at / 64], bit);
}

/* False when another process was faster: look again. */
static inline bool slot_swap(struct counters *c, struct line *line, size_t at, uint64_t from,
                             uint64_t to)
{
    if (!atomic_compare_exchange_strong(&line->slot[at], &from, to))
        return false;
    line_changed(c, line);
    return true;
}

/* ---- counters_snapshot.c and counters_file.c ---- */

#define COUNTERS_SNAPSHOT "counters"
#define COUNTERS_JOURNAL  "counters.journal"

struct journal_form;
void counters_form(const struct counters *c, struct journal_form *out);
