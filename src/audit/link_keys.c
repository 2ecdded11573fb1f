/* SPDX-License-Identifier: ISC
 *
 * What each client has that others may have, too; sorted, so that equal things stand together. Sorting, not
 * hashing into a table, keeps strangers from making it slow.
 */
#include "audit/link_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dhcp/client_id.h"

int link_grow(void **array, size_t *size, size_t n, size_t item)
{
    if (n < *size)
        return 0;
    size_t grown = *size ? *size * 2 : 64, octets;
    if (grown < *size || __builtin_mul_overflow(grown, item, &octets))
        return -ENOMEM;
    void *at = realloc(*array, octets);
    if (!at)
        return -ENOMEM;
    *array = at;
    *size = grown;
    return 0;
}

static uint64_t hash_of(const struct link_work *work, struct slice octets)
{
    uint64_t hash;
    (void)crypto_shorthash((uint8_t *)&hash, octets.p, octets.n, work->secret); /* never fails */
    return hash;
}

static int add(struct link_work *work, struct link_item item, struct slice octets)
{
    if (octets.n == 0)
        return 0;
    int err = link_grow((void **)&work->items, &work->items_size, work->items_n, sizeof item);
    if (err < 0)
        return err;
    item.hash = hash_of(work, octets);
    work->items[work->items_n++] = item;
    return 0;
}

/* --- identities ------------------------------------------------------------------------------ */

/* Octets that say nothing: one value all over, or what boards without a UUID of their own have. */
static bool is_filler(struct slice octets)
{
    static const uint8_t unset[][16] = {
        { 0x03, 0x00, 0x02, 0x00, 0x04, 0x00, 0x05, 0x00, 0, 0x06, 0, 0x07, 0, 0x08, 0, 0x09 },
        { 0x00, 0x02, 0x00, 0x03, 0x00, 0x04, 0x00, 0x05, 0, 0x06, 0, 0x07, 0, 0x08, 0, 0x09 },
        { 0x12, 0x34, 0x56, 0x78, 0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x34, 0x56, 0x78, 0x90, 0xab,
          0xcd },
    };
    bool same = true;
    for (size_t i = 1; i < octets.n; i++)
        same = same && octets.p[i] == octets.p[0];
    for (size_t i = 0; i < sizeof unset / sizeof *unset; i++)
        if (octets.n == 16 && memcmp(octets.p, unset[i], 16) == 0)
            return true;
    return same;
}

enum { IDENTITY_LEAST = 4 }; /* octets: below, two may have come to the same by chance or by hand */

struct slice link_identity(const struct audit_value *value)
{
    struct dhcp_client_id id;
    struct fault why;
    struct slice octets = { NULL, 0 };
    if (value->kind == ID_CLIENT_UUID && value->octets.n == 17) /* RFC 4578 §2.3: type 0 */
        octets = slice_from(value->octets, 1);
    if (value->kind == ID_CLIENT_ID && dhcp_client_id_parse(value->octets, &id, &why)) {
        if (id.form == DHCP_CLIENT_ID_OPAQUE)
            octets = slice_from(id.whole, 1);
        else if (id.form == DHCP_CLIENT_ID_DUID)
            octets = id.duid.type == DHCP_DUID_UUID ? id.duid.id : id.duid.whole;
    }
    return octets.n < IDENTITY_LEAST || is_filler(octets) ? (struct slice){ NULL, 0 } : octets;
}

static bool is_own(const struct audit_client *client, struct slice hardware)
{
    return hardware.n == client->hlen && memcmp(hardware.p, client->hardware, hardware.n) == 0;
}

struct slice link_carried(const struct audit_client *client, const struct audit_value *value)
{
    const struct slice none = { NULL, 0 };
    struct dhcp_client_id id;
    struct fault why;
    if (value->kind != ID_CLIENT_ID || !dhcp_client_id_parse(value->octets, &id, &why))
        return none;
    struct slice hardware = none;
    if (id.form == DHCP_CLIENT_ID_HARDWARE)
        hardware = id.hardware;
    else if (id.form == DHCP_CLIENT_ID_DUID)
        hardware = id.duid.hardware; /* empty but of LLT and LL */
    if (hardware.n != 6 || hardware.p[0] & 1 || is_filler(hardware) || is_own(client, hardware))
        return none;
    return hardware;
}

/* --- habits ---------------------------------------------------------------------------------- */

static const struct audit_value *first_of(const struct audit_client *client,
                                          enum identifier_kind kind)
{
    for (const struct audit_trait *trait = client->traits; trait; trait = trait->next)
        if (trait->value->kind == kind && trait->by & AUDIT_BY_CLIENT)
            return trait->value;
    return NULL;
}

bool link_habit_of(const struct audit_client *client, struct link_habit *out)
{
    *out = (struct link_habit){ .parameters = first_of(client, ID_PARAMETER_LIST),
                                .vendor_class = first_of(client, ID_VENDOR_CLASS),
                                .max_size = first_of(client, ID_MAX_MESSAGE_SIZE),
                                .ttl = client->habits.ttl };
    return out->parameters != NULL;
}

/* Each value is kept once in an audit: its address stands for it. */
struct slice link_habit_octets(const struct link_habit *habit, uint32_t network, uint8_t room[32],
                               const struct link_work *work)
{
    const struct audit_value *const values[3] = { habit->parameters, habit->vendor_class,
                                                  habit->max_size };
    uint64_t hash = hash_of(work, (struct slice){ (const uint8_t *)values, sizeof values });
    memcpy(room, &hash, 8);
    memcpy(room + 8, &network, 4);
    room[12] = habit->ttl;
    return (struct slice){ room, 13 };
}

static int add_habits(struct link_work *work, const struct audit_client *client)
{
    struct link_habit habit;
    uint8_t room[32];
    if (!link_habit_of(client, &habit))
        return 0;
    for (const struct audit_stay *stay = client->stays; stay; stay = stay->next) {
        if (stay->first_us == AUDIT_NO_TIME)
            continue;
        struct link_item item = { .key = LINK_KEY_HABIT,
                                  .client = client->number,
                                  .time_us = stay->first_us,
                                  .gone_us = stay->last_us };
        int err = add(work, item, link_habit_octets(&habit, stay->network, room, work));
        if (err < 0)
            return err;
    }
    return 0;
}

/* --- what a client says of itself, and what is said about ------------------------------------ */

static int add_name(struct link_work *work, const struct link_item *like,
                    const struct audit_trait *trait)
{
    struct link_item item = *like;
    struct link_name name;
    uint8_t tail[3];
    if (!link_name_of(trait, &name))
        return 0;
    struct slice text = { (const uint8_t *)name.text, name.n };
    item.key = LINK_KEY_NAME;
    int err = link_name_generic(&name) ? 0 : add(work, item, text);
    if (err < 0 || !link_name_tail(text, tail))
        return err;
    item.key = LINK_KEY_TAIL;
    return add(work, item, (struct slice){ tail, sizeof tail });
}

static int add_said(struct link_work *work, const struct audit_client *client)
{
    struct link_item item = { .client = client->number, .time_us = client->first_us };
    int err = 0;
    for (const struct audit_trait *t = client->traits; t && err == 0; t = t->next) {
        if (!(t->by & AUDIT_BY_CLIENT))
            continue;
        item.key = LINK_KEY_IDENTITY;
        err = add(work, item, link_identity(t->value));
        item.key = LINK_KEY_HARDWARE;
        if (err == 0)
            err = add(work, item, link_carried(client, t->value));
        if (err == 0)
            err = add_name(work, &item, t);
    }
    item.key = LINK_KEY_ADDRESS;
    for (size_t i = 0; client->claims && i < client->claims->n && err == 0; i++)
        err = add(work, item, (struct slice){ (const uint8_t *)&client->claims->at[i].address, 4 });
    return err;
}

static int add_owned(struct link_work *work, const struct audit_client *client,
                     const bool said[LINK_KEYS])
{
    struct link_item item = { .client = client->number,
                              .time_us = client->first_us,
                              .role = LINK_OWNS };
    int err = 0;
    item.key = LINK_KEY_HARDWARE;
    if (said[LINK_KEY_HARDWARE])
        err = add(work, item, (struct slice){ client->hardware, client->hlen });
    item.key = LINK_KEY_TAIL;
    if (err == 0 && said[LINK_KEY_TAIL] && client->hlen == 6)
        err = add(work, item, (struct slice){ client->hardware + 3, 3 });
    item.key = LINK_KEY_ADDRESS;
    if (!said[LINK_KEY_ADDRESS])
        return err;
    for (const struct audit_stay *stay = client->stays; stay; stay = stay->next)
        for (size_t i = 0; i < stay->leases_n && err == 0; i++)
            if (!stay->leases[i].offered_only)
                err =
                    add(work, item, (struct slice){ (const uint8_t *)&stay->leases[i].address, 4 });
    return err;
}

/* --- sorting --------------------------------------------------------------------------------- */

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int by_what(const struct link_item *a, const struct link_item *b)
{
    return a->key != b->key ? compare(a->key, b->key) : compare(a->hash, b->hash);
}

static int by_all(const void *one, const void *other)
{
    const struct link_item *a = one, *b = other;
    int order = by_what(a, b);
    if (order == 0)
        order = compare(a->role, b->role);
    if (order == 0)
        order = (a->time_us > b->time_us) - (a->time_us < b->time_us);
    return order ? order : compare(a->client, b->client);
}

/* A client counts once where it says the same in two places (12 and 81, two claims of one address). */
static void drop_equal(struct link_work *work)
{
    size_t kept = 0;
    for (size_t i = 0; i < work->items_n; i++) {
        const struct link_item *item = &work->items[i];
        if (kept && by_all(item, &work->items[kept - 1]) == 0)
            continue;
        work->items[kept++] = *item;
    }
    work->items_n = kept;
}

int link_items_gather(struct link_work *work)
{
    const struct audit *audit = work->audit;
    bool said[LINK_KEYS] = { false };
    int err = 0;
    for (size_t i = 0; i < audit->clients_n && err == 0; i++) {
        err = add_said(work, audit->clients[i]);
        if (err == 0)
            err = add_habits(work, audit->clients[i]);
    }
    for (size_t i = 0; i < work->items_n; i++)
        said[work->items[i].key] = true;
    for (size_t i = 0; i < audit->clients_n && err == 0; i++)
        err = add_owned(work, audit->clients[i], said);
    if (err < 0)
        return err;
    if (work->items_n)
        qsort(work->items, work->items_n, sizeof *work->items, by_all);
    drop_equal(work);
    return 0;
}

/* The first item that is not before this one; or, past: the first behind all equal to it. */
static size_t bound(const struct link_work *work, const struct link_item *item, bool past)
{
    size_t low = 0, high = work->items_n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = by_what(&work->items[middle], item);
        if (order < 0 || (past && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t link_items_find(const struct link_work *work, enum link_key key, struct slice octets,
                       size_t *first)
{
    struct link_item item = { .key = (uint8_t)key, .hash = hash_of(work, octets) };
    *first = bound(work, &item, false);
    return bound(work, &item, true);
}
