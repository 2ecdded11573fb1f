/* SPDX-License-Identifier: ISC */
#include "device/counters.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <sodium.h>

#include "base/check.h"
#include "device/counters_internal.h"

#define BYTES_MIN (UINT64_C(1) << 20)
#define BYTES_MAX (UINT64_C(1) << 37) /* lines are numbered in 32 bits */
#define HEAD      4096
#define ROWS      4
#define PARTS     256

_Static_assert(sizeof(struct counters) <= HEAD, "the head is one page");
_Static_assert(crypto_shorthash_KEYBYTES == 16 && crypto_shorthash_BYTES == 8, "SipHash-2-4");

/* Of 8 parts of the memory; the last part is for the head, the dirty bits and the gauges. */
static const uint8_t shares[AREAS] = {
    [COUNTERS_KNOWN] = 1, [COUNTERS_ACCOUNT] = 2, [COUNTERS_STRANGER] = 3, [AREA_REMEMBERED] = 1
};

/* Touched now: later a page that the system cannot give would be a SIGBUS in the midst of a login,
 * and the size of the process would grow with the attack. */
static uint8_t *map(uint64_t bytes)
{
    uint8_t *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
        return NULL;
    (void)madvise(at, bytes, MADV_HUGEPAGE); /* where the system allows it for shared memory */
    (void)madvise(at, bytes, MADV_DONTDUMP); /* the key */
#ifdef MADV_POPULATE_WRITE
    /* EINVAL: a kernel before 5.14. */
    if (madvise(at, bytes, MADV_POPULATE_WRITE) != 0 && errno != EINVAL) {
        (void)munmap(at, bytes);
        return NULL;
    }
#endif
    return at;
}

static void lay_lines(struct counters *c)
{
    c->lines = (struct line *)(void *)((uint8_t *)c + HEAD);
    for (size_t i = 0; i < AREAS; i++) {
        c->areas[i].lines = c->lines + c->lines_n;
        c->areas[i].n = (uint32_t)(c->bytes / 8 * shares[i] / LINE_BYTES);
        c->lines_n += c->areas[i].n;
    }
}

/* The cells of all columns stand together, so that reading a gauge costs a line or two a row. */
static uint32_t gauge_stride(uint32_t columns)
{
    uint32_t stride = 1;
    while (stride < columns && stride < LINE_BYTES / 2)
        stride *= 2;
    return stride < columns ? (columns + 31) / 32 * 32 : stride;
}

static void lay_rest(struct counters *c, uint32_t columns)
{
    uint8_t *at = (uint8_t *)(c->lines + c->lines_n), *end = (uint8_t *)c + c->bytes;
    uint64_t words = ((uint64_t)c->lines_n + 511) / 512 * 8; /* whole lines */
    c->dirty = (_Atomic uint64_t *)(void *)at;
    at += words * 8;
    c->gauges = (_Atomic uint16_t *)(void *)at;
    c->columns = columns;
    c->stride = gauge_stride(columns);
    c->cells = (uint32_t)((uint64_t)(end - at) / (UINT64_C(2) * ROWS * c->stride));
}

struct counters *counters_new(uint64_t bytes, uint32_t columns, const uint8_t key[16])
{
    if (bytes < BYTES_MIN)
        bytes = BYTES_MIN;
    if (bytes > BYTES_MAX)
        bytes = BYTES_MAX;
    bytes = bytes / HEAD * HEAD;
    if (columns < 1 || columns > UINT16_MAX)
        return NULL;
    uint8_t *at = map(bytes);
    if (!at)
        return NULL;
    struct counters *c = (struct counters *)(void *)at;
    c->bytes = bytes;
    memcpy(c->key, key, sizeof c->key);
    lay_lines(c);
    lay_rest(c, columns);
    if (c->cells == 0) {
        counters_free(c);
        return NULL;
    }
    return c;
}

void counters_free(struct counters *c)
{
    if (!c)
        return;
    sodium_memzero(c->key, sizeof c->key);
    (void)munmap(c, c->bytes);
}

uint64_t counters_bytes(const struct counters *c)
{
    return c->bytes;
}

uint64_t counters_mix(uint64_t a, uint64_t b)
{
    uint64_t h = a * UINT64_C(0xbf58476d1ce4e5b9) + ((b << 29) | (b >> 35));
    h = (h ^ (h >> 32)) * UINT64_C(0x94d049bb133111eb);
    h = (h ^ (h >> 29)) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ (h >> 32);
}

uint64_t counters_hash(const struct counters *c, uint32_t tag, struct slice bytes)
{
    static const uint8_t none[1];
    uint64_t h;
    (void)crypto_shorthash((uint8_t *)&h, bytes.n ? bytes.p : none, bytes.n, c->key);
    return counters_mix(h, tag);
}

void counters_prefetch(const struct counters *c, enum counters_area area, uint64_t key)
{
    const struct line *lines = lines_of(&c->areas[area], key_spread(key));
    __builtin_prefetch(lines);
    __builtin_prefetch(lines + 1);
}

void counters_switch(struct counters *c, unsigned which, int64_t until_us)
{
    CHECK(which < SWITCHES);
    atomic_store(&c->switches[which], until_us);
}

int64_t counters_switched(const struct counters *c, unsigned which)
{
    CHECK(which < SWITCHES);
    return atomic_load_explicit(&c->switches[which], memory_order_relaxed);
}

/* No bit for the snapshot: what is over on disk is seen to be over when it is loaded. */
static void sweep_line(struct line *line, uint32_t now)
{
    for (size_t i = 0; i < LINE_SLOTS; i++) {
        uint64_t word = atomic_load_explicit(&line->slot[i], memory_order_relaxed);
        if (word && !slot_live(word, now))
            (void)atomic_compare_exchange_strong(&line->slot[i], &word, 0);
    }
}

void counters_sweep(struct counters *c, unsigned part, int64_t wall_us)
{
    CHECK(part < PARTS);
    uint32_t now = units_of(wall_us), end = (uint32_t)((uint64_t)c->lines_n * (part + 1) / PARTS);
    for (uint32_t i = (uint32_t)((uint64_t)c->lines_n * part / PARTS); i < end; i++)
        sweep_line(c->lines + i, now);
}

static uint64_t area_live(const struct area *area, uint32_t now)
{
    uint64_t live = 0;
    for (uint32_t i = 0; i < area->n; i++)
        for (size_t at = 0; at < LINE_SLOTS; at++)
            live += slot_live(atomic_load_explicit(&area->lines[i].slot[at], memory_order_relaxed),
                              now);
    return live;
}

void counters_use(const struct counters *c, int64_t wall_us, struct counters_use *out)
{
    for (size_t i = 0; i < ARRAY_SIZE(out->slots); i++) {
        out->slots[i] = (uint64_t)c->areas[i].n * LINE_SLOTS;
        out->live[i] = area_live(&c->areas[i], units_of(wall_us));
    }
}
