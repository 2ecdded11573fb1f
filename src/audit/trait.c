/* SPDX-License-Identifier: ISC
 *
 * What was disclosed of a client, value by value.
 */
#include "audit/trait_see.h"

#include <errno.h>

/* Option 82 may hold each of its sub-options. */
#define RELAY_SUBS_MAX 32

struct audit_trait *audit_trait_first(const struct audit_client *client, enum identifier_kind kind)
{
    struct audit_trait *trait = client->traits;
    while (trait && trait->kind != kind)
        trait = trait->next;
    return trait;
}

struct audit_trait *audit_trait_next(const struct audit_trait *trait)
{
    struct audit_trait *next = trait->next;
    while (next && next->kind != trait->kind)
        next = next->next;
    return next;
}

static void note_time(struct audit_trait *trait, int64_t time_us)
{
    if (time_us == AUDIT_NO_TIME)
        return;
    if (trait->first_us == AUDIT_NO_TIME || time_us < trait->first_us)
        trait->first_us = time_us;
    if (trait->last_us == AUDIT_NO_TIME || time_us > trait->last_us)
        trait->last_us = time_us;
}

/* A leasequery tells of a client, not where it is: before is by whom it was disclosed until now. */
static void note_network(struct audit_trait *trait, uint32_t network, uint8_t before)
{
    uint16_t exchange = (uint16_t)trait->client->notes->exchanges;
    if (!(before & ~(unsigned)AUDIT_BY_LEASEQUERY))
        trait->network = network;
    if (network != trait->network)
        trait->several_networks = true;
    if ((trait->exchange != exchange || !trait->sightings) && trait->sightings < UINT16_MAX)
        trait->sightings++;
    trait->exchange = exchange;
}

static void note(const struct audit_seen *seen, struct audit_trait *trait, struct audit_place place)
{
    uint8_t before = trait->by;
    trait->count++;
    trait->last = place;
    trait->by |= (uint8_t)seen->by;
    trait->to_client = trait->to_client || seen->to_client;
    note_time(trait, seen->message->time_us);
    if (seen->by != AUDIT_BY_LEASEQUERY)
        note_network(trait, seen->message->network, before);
}

static int add(const struct audit_seen *seen, struct audit_trait **end, struct audit_value *value,
               struct audit_place place)
{
    struct audit_trait *trait = value ? arena_alloc(&seen->audit->memory, sizeof *trait) : NULL;
    if (!trait)
        return -ENOMEM;
    *trait = (struct audit_trait){ .value = value,
                                   .client = seen->client,
                                   .next_of_value = value->traits,
                                   .first = place,
                                   .first_us = AUDIT_NO_TIME,
                                   .last_us = AUDIT_NO_TIME,
                                   .network = seen->message->network,
                                   .kind = (uint8_t)value->kind,
                                   .type = seen->message->packet->type };
    value->traits = trait;
    value->clients++;
    *end = trait;
    note(seen, trait, place);
    return 0;
}

int audit_trait_note(const struct audit_seen *seen, enum identifier_kind kind, struct slice octets,
                     struct audit_place place)
{
    struct audit_trait **end = &seen->client->traits;
    size_t n = 0, max = kind == ID_RELAY_INFORMATION ? RELAY_SUBS_MAX : AUDIT_TRAITS_PER_KIND;
    if (octets.n == 0)
        return 0;
    for (; *end; end = &(*end)->next) {
        if ((*end)->kind != kind)
            continue;
        if (audit_value_is(seen->audit, (*end)->value, octets)) {
            note(seen, *end, place);
            return 0;
        }
        n++;
    }
    if (n == max) {
        seen->client->dropped++;
        return 0;
    }
    return add(seen, end, audit_value_of(seen->audit, kind, octets), place);
}
