/* SPDX-License-Identifier: ISC
 *
 * bench/attack/map: 64-bit keys to records of one size. Grows, forgets nothing, never fails: it
 * aborts without memory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map {
    size_t size; /* of a record */
    size_t n, slots;
    uint64_t *keys; /* 0: free */
    uint8_t *records;
};

void map_init(struct map *m, size_t size);
void map_clear(struct map *m);
/* NULL: not there. Valid until the next map_make. key: not 0. */
void *map_find(const struct map *m, uint64_t key);
/* A new record is zero. */
void *map_make(struct map *m, uint64_t key);
