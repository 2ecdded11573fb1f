/* SPDX-License-Identifier: ISC
 *
 * One row for each kind of identifier that a client disclosed: what its values come to.
 */
#include "audit/audit_internal.h"

#include <math.h>
#include <string.h>

#include "privacy/vendor.h"

#define CHAIN_MAX 64 /* of the clients with the same value, so many are looked at */

/* What the client itself says counts; what others say of it only when it says nothing. */
static bool counts(const struct audit_trait *trait, uint8_t by)
{
    return !(by & AUDIT_BY_CLIENT) || trait->by & AUDIT_BY_CLIENT;
}

static bool same_set(struct slice a, struct slice b)
{
    uint8_t in_a[256] = { 0 }, in_b[256] = { 0 };
    for (size_t i = 0; i < a.n; i++)
        in_a[a.p[i]] = 1;
    for (size_t i = 0; i < b.n; i++)
        in_b[b.p[i]] = 1;
    return memcmp(in_a, in_b, sizeof in_a) == 0;
}

/* Two values of one kind are a change. But: a REQUEST has options that a DISCOVER has not, so only the same
 * options in another order are one; and option 82 has sub-options side by side. */
static bool is_change(const struct audit_trait *a, const struct audit_trait *b)
{
    struct slice x = a->value->octets, y = b->value->octets;
    if (a->kind == ID_OPTION_ORDER)
        return same_set(x, y);
    if (a->kind == ID_RELAY_INFORMATION)
        return x.n && y.n && x.p[0] == y.p[0];
    return true;
}

static bool has_changed(struct audit_trait *first, uint8_t by)
{
    for (struct audit_trait *a = first; a; a = audit_trait_next(a))
        for (struct audit_trait *b = audit_trait_next(a); b; b = audit_trait_next(b))
            if (counts(a, by) && counts(b, by) && is_change(a, b))
                return true;
    return false;
}

static bool on_several_networks(const struct audit_trait *trait)
{
    const struct audit_trait *other = trait->value->traits;
    if (trait->several_networks || trait->by == AUDIT_BY_LEASEQUERY)
        return trait->several_networks;
    for (size_t n = 0; other && n < CHAIN_MAX; other = other->next_of_value, n++)
        if (other->network != trait->network && other->by != AUDIT_BY_LEASEQUERY)
            return true;
    return false;
}

static void add_value(struct audit_identifier *row, const struct audit_trait *trait)
{
    uint8_t hardware[6];
    row->values++;
    if (trait->value->clients > 1)
        row->across_hardware = true;
    if (on_several_networks(trait))
        row->across_networks = true;
    if (!audit_value_hardware(trait->value, hardware))
        return;
    if (vendor_is_local(hardware))
        row->local = true;
    else
        row->universal = true;
}

/* The value that fewest clients share stands for its kind. */
const struct audit_trait *audit_rarest(const struct audit_trait *first)
{
    const struct audit_trait *rarest = first;
    uint8_t by = 0;
    for (const struct audit_trait *trait = first; trait; trait = audit_trait_next(trait))
        by |= trait->by;
    for (const struct audit_trait *trait = first; trait; trait = audit_trait_next(trait))
        if (counts(trait, by) &&
            (!counts(rarest, by) || trait->value->clients < rarest->value->clients))
            rarest = trait;
    return rarest;
}

static struct audit_identifier row_of(const struct audit *audit, struct audit_trait *first)
{
    struct audit_identifier row = { .kind = (enum identifier_kind)first->kind, .traits = first };
    const struct audit_trait *rarest = audit_rarest(first);
    uint8_t by = 0;
    bool again = false;
    for (const struct audit_trait *trait = first; trait; trait = audit_trait_next(trait)) {
        add_value(&row, trait);
        by |= trait->by;
        again = again || trait->sightings > 1;
    }
    row.stability = has_changed(first, by) ? AUDIT_CHANGED : again ? AUDIT_STABLE : AUDIT_ONCE;
    if (rarest->value->clients && audit->clients_n)
        row.bits = log2((double)audit->clients_n / rarest->value->clients);
    row.own_bits = (double)rarest->own_bits;
    return row;
}

size_t audit_identifiers(const struct audit *audit, const struct audit_client *client,
                         struct audit_identifier out[ID_KIND_COUNT])
{
    struct audit_trait *first[ID_KIND_COUNT] = { 0 };
    size_t n = 0;
    for (struct audit_trait *trait = client->traits; trait; trait = trait->next)
        if (!first[trait->kind])
            first[trait->kind] = trait;
    for (size_t kind = 0; kind < ID_KIND_COUNT; kind++)
        if (first[kind])
            out[n++] = row_of(audit, first[kind]);
    return n;
}
