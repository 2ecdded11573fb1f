/* SPDX-License-Identifier: ISC */
#include "submit/admission.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/check.h"

#define BUCKETS 65536 /* of prefixes: a cheap upper bound, before the exact count */

#define CACHE_LINE 64

enum { SLOT_FREE = 255 };

struct slot {
    _Atomic uint64_t prefix;
    _Atomic int64_t since_us;
    _Atomic uint8_t state; /* enum admission_state, or SLOT_FREE */
    _Atomic uint8_t shed;  /* asked to go */
};

struct admission {
    uint32_t columns, rows;
    size_t bytes;
    uint8_t key[16];
    _Atomic uint32_t count;
    _Atomic uint32_t before_auth[BUCKETS]; /* sessions before authentication, by prefix's hash */
    struct column {
        _Atomic uint32_t high; /* slots ever used: scans go no further */
        _Atomic uint32_t shed; /* how many were asked to go */
        uint32_t next;         /* where the column's worker looks for a free slot */
    } column[];
};

/* Where the slots begin, behind the columns: on a cache line of their own. */
static size_t slots_at(uint32_t columns)
{
    size_t bytes = sizeof(struct admission) + columns * sizeof(struct column);
    return (bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
}

static struct slot *slots_of(struct admission *a, uint32_t column)
{
    struct slot *all = (struct slot *)(void *)((uint8_t *)a + slots_at(a->columns));
    return all + (size_t)column * a->rows;
}

struct admission *admission_new(uint32_t columns, uint32_t connections, const uint8_t key[16])
{
    uint32_t rows = connections + connections / 8 + 16; /* a race may pass the bound a little */
    size_t bytes = slots_at(columns) + (size_t)columns * rows * sizeof(struct slot);
    struct admission *a =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (a == MAP_FAILED)
        return NULL;
    a->columns = columns;
    a->rows = rows;
    a->bytes = bytes;
    memcpy(a->key, key, sizeof a->key);
    return a;
}

void admission_free(struct admission *a)
{
    if (a)
        (void)munmap(a, a->bytes);
}

static _Atomic uint32_t *bucket_of(struct admission *a, uint64_t prefix)
{
    uint64_t hash;
    (void)crypto_shorthash((uint8_t *)&hash, (const uint8_t *)&prefix, sizeof prefix, a->key);
    return &a->before_auth[hash % BUCKETS];
}

struct finding {
    uint32_t before_auth; /* sessions of the prefix (or of all) before authentication */
    int64_t oldest_us;
    int32_t column, slot; /* the oldest idle one; -1: none */
};

static void look_at(struct slot *s, int32_t column, int32_t row, struct finding *out)
{
    uint8_t state = atomic_load_explicit(&s->state, memory_order_relaxed);
    if (state == ADMISSION_AUTHENTICATED || state == SLOT_FREE || atomic_load(&s->shed))
        return;
    out->before_auth++;
    int64_t since = atomic_load_explicit(&s->since_us, memory_order_relaxed);
    if (state == ADMISSION_IDLE && (out->slot < 0 || since < out->oldest_us)) {
        out->oldest_us = since;
        out->column = column;
        out->slot = row;
    }
}

static struct finding find(struct admission *a, bool all, uint64_t prefix)
{
    struct finding found = { .column = -1, .slot = -1 };
    for (uint32_t c = 0; c < a->columns; c++) {
        struct slot *slots = slots_of(a, c);
        uint32_t high = atomic_load(&a->column[c].high);
        for (uint32_t i = 0; i < high; i++)
            if (all || atomic_load_explicit(&slots[i].prefix, memory_order_relaxed) == prefix)
                look_at(&slots[i], (int32_t)c, (int32_t)i, &found);
    }
    return found;
}

static bool ask_to_go(struct admission *a, const struct finding *found, int32_t *column,
                      int32_t *slot)
{
    if (found->slot < 0)
        return false;
    *column = found->column;
    *slot = found->slot;
    atomic_store(&slots_of(a, (uint32_t)found->column)[found->slot].shed, 1);
    atomic_fetch_add(&a->column[found->column].shed, 1);
    return true;
}

/* Slots start as zero, which is ADMISSION_BUSY: `high` says which were ever used. */
static int32_t take_slot(struct admission *a, uint32_t column)
{
    struct column *c = &a->column[column];
    struct slot *slots = slots_of(a, column);
    uint32_t high = atomic_load(&c->high);
    for (uint32_t n = 0; n < high; n++) {
        uint32_t i = c->next = (c->next + 1) % high;
        if (atomic_load_explicit(&slots[i].state, memory_order_relaxed) == SLOT_FREE)
            return (int32_t)i;
        if (n >= 64 && high < a->rows) /* rather a new one than a long search */
            break;
    }
    return high < a->rows ? (int32_t)high : -1;
}

int32_t admission_enter(struct admission *a, uint32_t column, uint64_t prefix,
                        const struct admission_limits *limits, int64_t now_us, int32_t *shed_column,
                        int32_t *shed_slot)
{
    *shed_column = *shed_slot = -1;
    if (atomic_load(bucket_of(a, prefix)) >= limits->prefix_connections) {
        struct finding found = find(a, false, prefix);
        if (found.before_auth >= limits->prefix_connections &&
            !ask_to_go(a, &found, shed_column, shed_slot))
            return -1;
    }
    if (*shed_slot < 0 && atomic_load(&a->count) >= limits->connections) {
        struct finding found = find(a, true, 0);
        if (!ask_to_go(a, &found, shed_column, shed_slot))
            return -1;
    }
    int32_t i = take_slot(a, column);
    if (i < 0)
        return -1;
    struct slot *s = &slots_of(a, column)[i];
    /* Counted before it shows: a worker killed in between must not be reclaimed below zero. */
    atomic_fetch_add(&a->count, 1);
    atomic_fetch_add(bucket_of(a, prefix), 1);
    atomic_store(&s->prefix, prefix);
    atomic_store(&s->since_us, now_us);
    atomic_store(&s->shed, 0);
    atomic_store(&s->state, ADMISSION_BUSY);
    if ((uint32_t)i >= atomic_load(&a->column[column].high))
        atomic_store(&a->column[column].high, (uint32_t)i + 1);
    return i;
}

void admission_set(struct admission *a, uint32_t column, int32_t slot, enum admission_state state)
{
    struct slot *s = &slots_of(a, column)[slot];
    uint8_t before = atomic_load_explicit(&s->state, memory_order_relaxed);
    if (before == state)
        return;
    atomic_store_explicit(&s->state, (uint8_t)state, memory_order_relaxed);
    if (state == ADMISSION_AUTHENTICATED)
        atomic_fetch_sub(bucket_of(a, atomic_load(&s->prefix)), 1);
}

void admission_leave(struct admission *a, uint32_t column, int32_t slot)
{
    struct slot *s = &slots_of(a, column)[slot];
    uint8_t state = atomic_exchange(&s->state, SLOT_FREE);
    CHECK(state != SLOT_FREE);
    if (state != ADMISSION_AUTHENTICATED)
        atomic_fetch_sub(bucket_of(a, atomic_load(&s->prefix)), 1);
    atomic_fetch_sub(&a->count, 1);
}

int32_t admission_shed_wanted(struct admission *a, uint32_t column)
{
    struct slot *slots = slots_of(a, column);
    uint32_t wishes = atomic_load(&a->column[column].shed);
    uint32_t high = atomic_load(&a->column[column].high);
    for (uint32_t i = 0; wishes && i < high; i++) {
        uint8_t state = atomic_load(&slots[i].state);
        if (state == SLOT_FREE || atomic_load(&slots[i].shed) != 1)
            continue;
        atomic_store(&slots[i].shed, 2); /* said: it is on its way out, */
        if (state == ADMISSION_AUTHENTICATED)
            continue; /* or has authenticated meanwhile, and stays */
        atomic_fetch_sub(&a->column[column].shed, 1);
        return (int32_t)i;
    }
    atomic_fetch_sub(&a->column[column].shed, wishes); /* those have left by themselves */
    return -1;
}

void admission_reclaim(struct admission *a, uint32_t column)
{
    struct slot *slots = slots_of(a, column);
    uint32_t high = atomic_load(&a->column[column].high);
    for (uint32_t i = 0; i < high; i++)
        if (atomic_load(&slots[i].state) != SLOT_FREE)
            admission_leave(a, column, (int32_t)i);
    atomic_store(&a->column[column].shed, 0);
}

uint32_t admission_count(const struct admission *a)
{
    return atomic_load(&a->count);
}

uint32_t admission_rows(const struct admission *a)
{
    return a->rows;
}
