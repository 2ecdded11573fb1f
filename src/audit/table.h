/* SPDX-License-Identifier: ISC
 *
 * audit/table: a hash table of pointers by a keyed 64-bit hash of the caller's. Grows by doubling; items
 * belong to the caller.
 */
#pragma once

#include "base/slice.h"

#define AUDIT_HASH_KEY 16

struct audit_slot {
    uint64_t hash;
    void *item; /* NULL: free */
};

struct audit_table {
    struct audit_slot *slots;
    size_t size, used; /* size: a power of two, or 0 */
};

void audit_table_free(struct audit_table *table);
/* The items with this hash, one by one: *probe begins with 0. NULL: no more. */
void *audit_table_next(const struct audit_table *table, uint64_t hash, size_t *probe);
/* 0 or -ENOMEM. The caller has looked whether it is there. */
MUST_USE int audit_table_add(struct audit_table *table, uint64_t hash, void *item);
/* SipHash-2-4: what strangers send cannot make two meet on purpose. tag keeps uses apart. */
uint64_t audit_hash(const uint8_t key[AUDIT_HASH_KEY], uint64_t tag, struct slice octets);
