/* SPDX-License-Identifier: ISC */
#include "audit/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#define FIRST_SIZE 64

void audit_table_free(struct audit_table *table)
{
    free(table->slots);
    *table = (struct audit_table){ 0 };
}

void *audit_table_next(const struct audit_table *table, uint64_t hash, size_t *probe)
{
    for (; *probe < table->size; ++*probe) {
        const struct audit_slot *slot = &table->slots[(hash + *probe) & (table->size - 1)];
        if (!slot->item)
            break;
        if (slot->hash == hash) {
            ++*probe;
            return slot->item;
        }
    }
    return NULL;
}

static void put(struct audit_slot *slots, size_t size, struct audit_slot slot)
{
    size_t at = slot.hash & (size - 1);
    while (slots[at].item)
        at = (at + 1) & (size - 1);
    slots[at] = slot;
}

static int grow(struct audit_table *table)
{
    size_t size = table->size ? table->size * 2 : FIRST_SIZE;
    struct audit_slot *slots = calloc(size, sizeof *slots);
    if (!slots)
        return -ENOMEM;
    for (size_t i = 0; i < table->size; i++)
        if (table->slots[i].item)
            put(slots, size, table->slots[i]);
    free(table->slots);
    table->slots = slots;
    table->size = size;
    return 0;
}

int audit_table_add(struct audit_table *table, uint64_t hash, void *item)
{
    if (table->used * 4 >= table->size * 3) {
        int err = grow(table);
        if (err < 0)
            return err;
    }
    put(table->slots, table->size, (struct audit_slot){ hash, item });
    table->used++;
    return 0;
}

_Static_assert(AUDIT_HASH_KEY == crypto_shorthash_KEYBYTES, "SipHash-2-4");

uint64_t audit_hash(const uint8_t key[AUDIT_HASH_KEY], uint64_t tag, struct slice octets)
{
    uint8_t text[64], out[crypto_shorthash_BYTES];
    uint64_t hash;
    if (octets.n <= sizeof text - sizeof tag) {
        memcpy(text, &tag, sizeof tag);
        if (octets.n)
            memcpy(text + sizeof tag, octets.p, octets.n);
        (void)crypto_shorthash(out, text, sizeof tag + octets.n, key); /* never fails */
        memcpy(&hash, out, sizeof hash);
        return hash;
    }
    (void)crypto_shorthash(out, octets.p, octets.n, key);
    memcpy(&hash, out, sizeof hash);
    uint64_t both[2] = { tag ^ UINT64_MAX, hash };
    (void)crypto_shorthash(out, (const uint8_t *)both, sizeof both, key);
    memcpy(&hash, out, sizeof hash);
    return hash;
}
