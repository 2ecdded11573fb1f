/* SPDX-License-Identifier: ISC
 *
 * RFC 7819 §5.2: which system each client most likely is, by its fingerprint. Clients of one system send the same, so
 * each habit is looked up once; values are kept once in an audit, and a habit is known by their addresses.
 */
#include <errno.h>

#include "audit/audit_internal.h"

enum {
    HABITS_MAX = 65536, /* looked up; clients with other habits get no guess */
    ORDERS_MAX = 4,     /* of one client: DISCOVER's, REQUEST's, ... */
};

struct habit_key {
    const struct audit_value *parameters, *order, *vendor_class, *max_size;
    uint64_t type, ttl;
};

struct guessed {
    struct habit_key key;
    struct fingerprint_guess *guess; /* NULL: nothing fits */
};

static struct slice octets_of(const struct audit_value *value)
{
    return value ? value->octets : (struct slice){ 0 };
}

static struct fingerprint_habit habit_of(const struct habit_key *key)
{
    struct slice size = octets_of(key->max_size);
    return (struct fingerprint_habit){
        .type = (uint8_t)key->type,
        .parameters = octets_of(key->parameters),
        .order = octets_of(key->order),
        .vendor_class = octets_of(key->vendor_class),
        .max_size = size.n == 2 ? (uint16_t)(size.p[0] << 8 | size.p[1]) : 0,
        .ttl = (uint8_t)key->ttl,
    };
}

static bool same(const struct habit_key *a, const struct habit_key *b)
{
    return a->parameters == b->parameters && a->order == b->order &&
           a->vendor_class == b->vendor_class && a->max_size == b->max_size && a->type == b->type &&
           a->ttl == b->ttl;
}

static int look_up(struct audit *audit, const struct habit_key *key, uint64_t hash,
                   struct guessed **out)
{
    struct fingerprint_habit habit = habit_of(key);
    struct fingerprint_guess guess;
    struct guessed *it = arena_alloc(&audit->memory, sizeof *it);
    if (!it)
        return -ENOMEM;
    it->key = *key;
    if (fingerprints_find(audit->options.prints, &habit, &guess)) {
        it->guess = arena_alloc(&audit->memory, sizeof *it->guess);
        if (!it->guess)
            return -ENOMEM;
        *it->guess = guess;
    }
    *out = it;
    return audit_table_add(&audit->index->guesses, hash, it);
}

/* *out NULL: nothing fits, or there are too many habits. */
static int guess_habit(struct audit *audit, const struct habit_key *key,
                       struct fingerprint_guess **out)
{
    struct slice octets = { (const uint8_t *)key, sizeof *key };
    uint64_t hash = audit_hash(audit->index->key, AUDIT_TAG_HABIT, octets);
    size_t probe = 0;
    struct guessed *it;
    int error = 0;
    while ((it = audit_table_next(&audit->index->guesses, hash, &probe)))
        if (same(&it->key, key))
            break;
    if (!it && audit->index->guesses.used < HABITS_MAX)
        error = look_up(audit, key, hash, &it);
    *out = error == 0 && it ? it->guess : NULL;
    return error;
}

static const struct audit_value *value_of(const struct audit_trait *trait)
{
    return trait ? trait->value : NULL;
}

/* The best of what its several orders tell; without any, of the rest. */
static int guess_client(struct audit *audit, struct audit_client *client)
{
    const struct audit_trait *list = audit_trait_first(client, ID_PARAMETER_LIST);
    const struct audit_trait *class = audit_trait_first(client, ID_VENDOR_CLASS);
    const struct audit_trait *order = audit_trait_first(client, ID_OPTION_ORDER);
    struct habit_key key = {
        .parameters = value_of(list),
        .vendor_class = value_of(class),
        .max_size = value_of(audit_trait_first(client, ID_MAX_MESSAGE_SIZE)),
        .ttl = client->habits.ttl,
    };
    struct fingerprint_guess *guess;
    int error = 0;
    client->guess = NULL;
    for (size_t i = 0; i < ORDERS_MAX && error == 0 && (order || i == 0); i++) {
        key.order = value_of(order);
        key.type = order ? order->type : 0;
        error = guess_habit(audit, &key, &guess);
        if (guess && (!client->guess || guess->score > client->guess->score))
            client->guess = guess;
        order = order ? audit_trait_next(order) : NULL;
    }
    return error;
}

int audit_guesses_judge(struct audit *audit)
{
    int error = 0;
    for (size_t i = 0; i < audit->clients_n && audit->options.prints && error == 0; i++)
        error = guess_client(audit, audit->clients[i]);
    return error;
}
