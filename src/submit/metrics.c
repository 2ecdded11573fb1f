/* SPDX-License-Identifier: ISC */
#include "submit/metrics.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/check.h"
#include "submit/metrics_internal.h"

#define TYPE_CHARS 16

const unsigned metrics_replies[METRICS_REPLIES] = { 250, 500, 501, 503 };
const char *const metrics_mechanisms[METRICS_MECHANISMS] = {
    "PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "XOAUTH2", "OAUTHBEARER", "other",
};
const unsigned metrics_codes[METRICS_CODES - 1] = {
    250, 354, 421, 450, 451, 452, 550, 552, 553, 554,
};
const uint32_t metrics_bounds_us[METRICS_BUCKETS - 1] = {
    1000,   2500,    5000,    10000,   25000,    50000,    100000,   250000,
    500000, 1000000, 2500000, 5000000, 10000000, 30000000, 60000000,
};

struct metrics *metrics_new(unsigned workers)
{
    struct metrics *m = calloc(1, sizeof *m);
    CHECK(workers > 0 && workers <= METRICS_WORKERS_MAX);
    if (!m)
        return NULL;
    m->workers = workers;
    m->bytes = sizeof *m->table + workers * sizeof m->table->columns[0];
    void *table = mmap(NULL, m->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (table == MAP_FAILED) {
        free(m);
        return NULL;
    }
    m->table = table;
    return m;
}

void metrics_free(struct metrics *m)
{
    if (!m)
        return;
    (void)munmap(m->table, m->bytes);
    free(m);
}

void metrics_use(struct metrics *m, unsigned worker)
{
    if (!m)
        return;
    CHECK(worker < m->workers);
    m->worker = worker;
}

static _Atomic uint64_t *cell_of(const struct metrics *m, unsigned worker, size_t cell)
{
    return &m->table->columns[worker].cells[cell];
}

static void add(const struct metrics *m, size_t cell, uint64_t n)
{
    (void)atomic_fetch_add_explicit(cell_of(m, m->worker, cell), n, memory_order_relaxed);
}

static void set(const struct metrics *m, unsigned worker, size_t cell, uint64_t value)
{
    atomic_store_explicit(cell_of(m, worker, cell), value, memory_order_relaxed);
}

void metrics_ready(struct metrics *m, bool ready)
{
    if (m)
        set(m, m->worker, CELL_READY, ready);
}

void metrics_reclaim(struct metrics *m, unsigned worker)
{
    if (!m)
        return;
    CHECK(worker < m->workers);
    set(m, worker, CELL_READY, 0);
    for (size_t i = 0; i < METRIC_GAUGE_COUNT; i++)
        set(m, worker, CELL_GAUGES + i, 0);
}

void metrics_add(struct metrics *m, enum metric metric, uint64_t n)
{
    if (m)
        add(m, CELL_COUNTERS + metric, n);
}

void metrics_move(struct metrics *m, enum metric_gauge gauge, int64_t by)
{
    if (m)
        add(m, CELL_GAUGES + gauge, (uint64_t)by);
}

void metrics_time(struct metrics *m, enum metric_time what, int64_t us)
{
    size_t i = 0, first = CELL_TIMES + what * (size_t)METRICS_TIME_CELLS;
    if (!m)
        return;
    if (us < 0)
        us = 0;
    while (i < METRICS_BUCKETS - 1 && us > metrics_bounds_us[i])
        i++;
    add(m, first + i, 1);
    add(m, first + METRICS_BUCKETS, (uint64_t)us);
}

/* ---- CLIENTID types ---- */

static bool type_ok(struct slice type)
{
    for (size_t i = 0; i < type.n; i++) {
        uint8_t c = type.p[i];
        bool letter = c >= 'A' && c <= 'Z', digit = c >= '0' && c <= '9';
        if (!letter && !digit && c != '-' && c != '_')
            return false;
    }
    return type.n > 0 && type.n <= TYPE_CHARS;
}

static void pack_type(struct slice type, uint64_t words[METRICS_TYPE_WORDS])
{
    for (size_t i = 0; i < TYPE_CHARS; i++)
        words[i / 8] = words[i / 8] << 8 | (i < type.n ? type.p[i] : ' ');
}

/* True when the cell holds the word, now or already. A cell once taken never changes. */
static bool claim_word(_Atomic uint64_t *cell, uint64_t word)
{
    uint64_t found = metrics_read(cell);
    if (found == 0)
        (void)atomic_compare_exchange_strong_explicit(cell, &found, word, memory_order_relaxed,
                                                      memory_order_relaxed);
    return found == 0 || found == word;
}

/* Two workers that claim a type at once walk the same places and stop at the same one, and one that
 * dies halfway leaves a first word that the next type beginning with it completes: nobody waits. */
static size_t type_place(struct metrics_table *table, struct slice type)
{
    uint64_t words[METRICS_TYPE_WORDS] = { 0 };
    if (!type_ok(type))
        return METRICS_TYPES_MAX;
    pack_type(type, words);
    for (size_t i = 0; i < METRICS_TYPES_MAX; i++) {
        struct metrics_type *place = &table->types[i];
        if (claim_word(&place->words[0], words[0]) && claim_word(&place->words[1], words[1]))
            return i;
    }
    return METRICS_TYPES_MAX;
}

void metrics_clientid(struct metrics *m, struct slice type, unsigned code)
{
    if (!m)
        return;
    for (size_t i = 0; i < METRICS_REPLIES; i++)
        if (metrics_replies[i] == code)
            add(m, CELL_REPLIES + i, 1);
    if (type.n)
        add(m, CELL_TYPES + type_place(m->table, type), 1);
}

/* ---- the other labels ---- */

void metrics_auth(struct metrics *m, struct slice mechanism, enum metric_auth outcome)
{
    size_t i = 0;
    if (!m)
        return;
    while (i < METRICS_MECHANISMS - 1 &&
           !slice_equal_nocase(mechanism, slice_of_str(metrics_mechanisms[i])))
        i++;
    add(m, CELL_AUTH + i * METRIC_AUTH_COUNT + outcome, 1);
}

void metrics_upstream(struct metrics *m, unsigned code)
{
    size_t i = 0;
    if (!m)
        return;
    if (code >= 200 && code < 600)
        add(m, CELL_CLASSES + code / 100 - 2, 1);
    while (i < METRICS_CODES - 1 && metrics_codes[i] != code)
        i++;
    add(m, CELL_CODES + i, 1);
}

bool metrics_any_ready(const struct metrics *m)
{
    for (unsigned i = 0; i < m->workers; i++)
        if (metrics_read(cell_of(m, i, CELL_READY)))
            return true;
    return false;
}
