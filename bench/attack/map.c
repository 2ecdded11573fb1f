/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "map.h"

void map_init(struct map *m, size_t size)
{
    *m = (struct map){ .size = size };
}

void map_clear(struct map *m)
{
    free(m->keys);
    free(m->records);
    map_init(m, m->size);
}

static size_t slot_of(const struct map *m, uint64_t key)
{
    size_t i = (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 20) & (m->slots - 1);
    while (m->keys[i] != 0 && m->keys[i] != key)
        i = (i + 1) & (m->slots - 1);
    return i;
}

void *map_find(const struct map *m, uint64_t key)
{
    if (m->slots == 0)
        return NULL;
    size_t i = slot_of(m, key);
    return m->keys[i] == 0 ? NULL : m->records + i * m->size;
}

static void grow(struct map *m)
{
    struct map wide = { .size = m->size, .n = m->n, .slots = m->slots == 0 ? 1024 : 2 * m->slots };
    wide.keys = calloc(wide.slots, sizeof(*wide.keys));
    wide.records = calloc(wide.slots, wide.size);
    CHECK(wide.keys != NULL && wide.records != NULL);
    for (size_t i = 0; i < m->slots; i++) {
        if (m->keys[i] == 0)
            continue;
        size_t to = slot_of(&wide, m->keys[i]);
        wide.keys[to] = m->keys[i];
        memcpy(wide.records + to * m->size, m->records + i * m->size, m->size);
    }
    free(m->keys);
    free(m->records);
    *m = wide;
}

void *map_make(struct map *m, uint64_t key)
{
    CHECK(key != 0);
    if (2 * (m->n + 1) > m->slots)
        grow(m);
    size_t i = slot_of(m, key);
    if (m->keys[i] == 0) {
        m->keys[i] = key;
        m->n++;
    }
    return m->records + i * m->size;
}
