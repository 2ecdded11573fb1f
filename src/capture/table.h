/* SPDX-License-Identifier: ISC
 *
 * capture/table: things found by two numbers, and the one longest untouched. The buckets are keyed at
 * random, so that no capture can be written that fills one. Only for this room.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attribute.h"

struct capture_node { /* the first member of what is found */
    struct capture_node *chain, *older, *newer;
    uint64_t key[2];
};

struct capture_table {
    struct capture_node **buckets; /* owned */
    struct capture_node *oldest, *newest;
    uint64_t seed[2];
    size_t n;
};

MUST_USE int capture_table_init(struct capture_table *table);
void capture_table_clear(struct capture_table *table); /* the things are the caller's */
struct capture_node *capture_table_find(const struct capture_table *table, const uint64_t key[2]);
/* Its key is set and not in the table. It becomes the newest. */
void capture_table_add(struct capture_table *table, struct capture_node *node);
void capture_table_remove(struct capture_table *table, struct capture_node *node);
void capture_table_touch(struct capture_table *table, struct capture_node *node);
