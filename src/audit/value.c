/* SPDX-License-Identifier: ISC
 *
 * Distinct values, each once in an audit.
 */
#include "audit/trait_see.h"

#include <string.h>

static uint64_t hash_of(const struct audit *audit, enum identifier_kind kind, struct slice octets)
{
    return audit_hash(audit->index->key, (uint64_t)kind, octets);
}

static bool is_kept(const struct audit_value *value, struct slice octets)
{
    return slice_equal(value->octets, slice_first(octets, AUDIT_VALUE_MAX));
}

bool audit_value_is(const struct audit *audit, const struct audit_value *value, struct slice octets)
{
    if (!is_kept(value, octets))
        return false;
    return octets.n < AUDIT_VALUE_MAX || hash_of(audit, value->kind, octets) == value->hash;
}

static struct audit_value *find(const struct audit *audit, enum identifier_kind kind,
                                struct slice octets, uint64_t hash)
{
    struct audit_value *value;
    size_t probe = 0;
    while ((value = audit_table_next(&audit->index->values, hash, &probe)))
        if (value->kind == kind && is_kept(value, octets))
            return value;
    return NULL;
}

struct audit_value *audit_value_find(const struct audit *audit, enum identifier_kind kind,
                                     struct slice octets)
{
    return find(audit, kind, octets, hash_of(audit, kind, octets));
}

struct audit_value *audit_value_of(struct audit *audit, enum identifier_kind kind,
                                   struct slice octets)
{
    uint64_t hash = hash_of(audit, kind, octets);
    struct audit_value *value = find(audit, kind, octets, hash);
    if (value)
        return value;
    struct slice kept = slice_first(octets, AUDIT_VALUE_MAX);
    value = arena_alloc(&audit->memory, sizeof *value + kept.n);
    if (!value || audit_table_add(&audit->index->values, hash, value) < 0)
        return NULL;
    uint8_t *octets_at = (uint8_t *)(value + 1);
    if (kept.n)
        memcpy(octets_at, kept.p, kept.n);
    *value = (struct audit_value){ .kind = kind, .octets = { octets_at, kept.n }, .hash = hash };
    return value;
}
