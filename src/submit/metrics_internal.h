/* SPDX-License-Identifier: ISC
 *
 * The mapped table, for metrics.c, which counts, and metrics_text.c, which writes.
 */
#pragma once

#include <stdatomic.h>

#include "submit/metrics.h"

#define METRICS_TYPE_WORDS  2 /* of 8 characters */
#define METRICS_REPLIES     4
#define METRICS_MECHANISMS  7  /* the last: "other" */
#define METRICS_CLASSES     4  /* 2yz to 5yz */
#define METRICS_CODES       11 /* the last: "other" */
#define METRICS_BUCKETS     16 /* the last: no bound */
#define METRICS_WORKERS_MAX 1024

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "counters shared by processes need no lock");

/* Where each cell of a column stands. */
enum metrics_cell {
    CELL_READY,
    CELL_COUNTERS,                                 /* enum metric */
    CELL_GAUGES = CELL_COUNTERS + METRIC_COUNT,    /* may wrap: only their sum means something */
    CELL_TYPES = CELL_GAUGES + METRIC_GAUGE_COUNT, /* the last: "other" */
    CELL_REPLIES = CELL_TYPES + METRICS_TYPES_MAX + 1,
    CELL_AUTH = CELL_REPLIES + METRICS_REPLIES, /* outcomes of a mechanism side by side */
    CELL_CLASSES = CELL_AUTH + METRICS_MECHANISMS * METRIC_AUTH_COUNT,
    CELL_CODES = CELL_CLASSES + METRICS_CLASSES,
    CELL_TIMES = CELL_CODES + METRICS_CODES, /* METRICS_TIME_CELLS each */
    CELL_COUNT = CELL_TIMES + METRIC_TIME_COUNT * (METRICS_BUCKETS + 1),
};
#define METRICS_TIME_CELLS (METRICS_BUCKETS + 1) /* buckets, not added up; microseconds in all */

struct metrics_column { /* one worker's */
    _Alignas(64) _Atomic uint64_t cells[CELL_COUNT];
};

/* A type's name: two words of eight characters, filled with spaces; 0: not taken. */
struct metrics_type {
    _Atomic uint64_t words[METRICS_TYPE_WORDS];
};

struct metrics_table { /* shared by all processes: what is read from it is not trusted */
    struct metrics_type types[METRICS_TYPES_MAX];
    struct metrics_column columns[];
};

struct metrics { /* each process has its own */
    struct metrics_table *table;
    size_t bytes;
    unsigned workers, worker;
};

extern const unsigned metrics_replies[METRICS_REPLIES];
extern const char *const metrics_mechanisms[METRICS_MECHANISMS];
extern const unsigned metrics_codes[METRICS_CODES - 1];
extern const uint32_t metrics_bounds_us[METRICS_BUCKETS - 1];

static inline uint64_t metrics_read(const _Atomic uint64_t *cell)
{
    return atomic_load_explicit(cell, memory_order_relaxed);
}
