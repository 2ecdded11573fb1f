/* SPDX-License-Identifier: ISC
 *
 * Table "place": the networks from which an account has succeeded.
 *
 *   key:    account NUL network          (codec.c)
 *   value:  1 version, 8 first, 8 last, 8 count, and what later versions add behind
 */
#include "device/device_internal.h"

#include <errno.h>

#include "base/err.h"

#define VERSION     1
#define VALUE_BYTES 25

static int put_key(struct buf *out, struct slice account, const struct device_network *network)
{
    if (!device_account_ok(account) || (network->family != 4 && network->family != 6))
        return -EINVAL;
    device_put_account(out, account);
    device_put_network(out, network);
    return out->failed ? -ENOMEM : 0;
}

static bool parse_value(struct slice bytes, struct device_place *out)
{
    struct reader r = reader_of(bytes);
    struct device_place p;
    uint8_t version = reader_u8(&r);
    p.first_us = (int64_t)device_read_u64(&r);
    p.last_us = (int64_t)device_read_u64(&r);
    p.count = device_read_u64(&r);
    if (r.bad || version == 0)
        return false;
    *out = p;
    return true;
}

static void write_value(struct buf *out, const struct device_place *place, struct slice old)
{
    buf_append_byte(out, old.n ? old.p[0] : VERSION);
    device_put_u64(out, (uint64_t)place->first_us);
    device_put_u64(out, (uint64_t)place->last_us);
    device_put_u64(out, place->count);
    buf_append(out, slice_from(old, VALUE_BYTES));
}

bool device_place_parse(struct slice key, struct slice value, struct slice *account,
                        struct device_network *network, struct device_place *out)
{
    struct slice rest;
    if (!slice_cut(key, '\0', account, &rest) || !device_account_ok(*account))
        return false;
    struct reader r = reader_of(rest);
    device_read_network(&r, network);
    return !r.bad && !reader_left(&r) && network->family && parse_value(value, out);
}

/* ---- many ---- */

struct walk {
    bool (*each)(void *context, struct slice account, const struct device_network *network,
                 const struct device_place *place);
    void *context;
    bool bad; /* a record was no place; the others were shown */
};

static bool on_record(void *context, struct slice key, struct slice value)
{
    struct walk *walk = context;
    struct slice account;
    struct device_network network;
    struct device_place place;
    if (!device_place_parse(key, value, &account, &network, &place)) {
        walk->bad = true;
        return true;
    }
    return walk->each(walk->context, account, &network, &place);
}

int device_place_each(struct store *store, struct slice account,
                      bool (*each)(void *context, struct slice account,
                                   const struct device_network *network,
                                   const struct device_place *place),
                      void *context)
{
    struct walk walk = { .each = each, .context = context };
    int error = device_each_record(store, TABLE_PLACE, account, on_record, &walk);
    return error ? error : walk.bad ? ERR_FORMAT : 0;
}

struct census {
    const struct device_network *network;
    int64_t age_us, wall_us;
    struct device_places places;
    uint32_t total;
    struct device_network oldest; /* least recently successful */
    int64_t oldest_us;
};

static bool on_place(void *context, struct slice account, const struct device_network *network,
                     const struct device_place *place)
{
    struct census *c = context;
    (void)account;
    if (!device_older(place->last_us, c->age_us, c->wall_us)) {
        c->places.any = true;
        c->places.this_one |= device_network_equal(network, c->network);
    }
    if (c->total++ == 0 || place->last_us < c->oldest_us) {
        c->oldest = *network;
        c->oldest_us = place->last_us;
    }
    return true;
}

static int take_census(struct store *store, struct slice account, struct census *c)
{
    struct walk walk = { .each = on_place, .context = c };
    return device_each_record(store, TABLE_PLACE, account, on_record, &walk);
}

int device_places_read(struct store *store, struct slice account,
                       const struct device_network *network, int64_t age_us, int64_t wall_us,
                       struct device_places *out)
{
    struct census c = { .network = network, .age_us = age_us, .wall_us = wall_us };
    int error = take_census(store, account, &c);
    if (!error)
        *out = c.places;
    return error;
}

/* ---- learning ---- */

/* Least recently successful goes. False: there may be none at all. */
static int make_room(struct store *store, struct slice account, uint32_t most, int64_t wall_us)
{
    const struct device_network none = { 0 };
    for (;;) {
        struct census c = { .network = &none, .wall_us = wall_us };
        int error = take_census(store, account, &c);
        if (error || c.total < most || c.total == 0)
            return error;
        error = device_place_forget(store, account, &c.oldest);
        if (error)
            return error;
    }
}

static int store_place(struct store *store, struct slice key, const struct device_place *place,
                       struct slice old)
{
    struct buf value;
    buf_init(&value, DEVICE_VALUE_MAX);
    write_value(&value, place, old);
    int error = value.failed ? -ENOMEM : store_put(store, TABLE_PLACE, key, buf_slice(&value));
    buf_clear(&value);
    return error;
}

static int learn(struct store *store, const struct device_event *event,
                 const struct device_bounds *bounds, struct slice key, struct buf *old,
                 bool *is_new)
{
    struct device_place place = { 0 };
    int error = store_get(store, TABLE_PLACE, key, old);
    if (error && error != ERR_NOT_FOUND)
        return error;
    bool there = !error;
    if (there && !parse_value(buf_slice(old), &place))
        place = (struct device_place){ 0 }; /* broken: it begins anew */
    if (device_older(place.last_us, bounds->place_age_us, event->wall_us))
        place = (struct device_place){ 0 };
    if (place.count == 0)
        buf_consume(old, buf_size(old));
    if (!there) {
        error = make_room(store, event->account, bounds->places, event->wall_us);
        if (error)
            return error;
    }
    *is_new = place.count == 0;
    device_count(&place.first_us, &place.last_us, &place.count, event->wall_us);
    return store_place(store, key, &place, buf_slice(old));
}

int device_place_learn(struct store *store, const struct device_event *event,
                       const struct device_bounds *bounds, bool *is_new)
{
    struct buf key, old;
    *is_new = false;
    if (event->network.family == 0 || bounds->places == 0)
        return 0; /* a UNIX socket is no place */
    buf_init(&key, STORE_KEY_MAX);
    buf_init(&old, DEVICE_VALUE_MAX);
    int error = put_key(&key, event->account, &event->network);
    if (!error)
        error = learn(store, event, bounds, buf_slice(&key), &old, is_new);
    buf_clear(&old);
    buf_clear(&key);
    return error;
}

int device_place_put(struct store *store, struct slice account,
                     const struct device_network *network, const struct device_place *place)
{
    struct buf key;
    buf_init(&key, STORE_KEY_MAX);
    int error = put_key(&key, account, network);
    if (!error)
        error = store_place(store, buf_slice(&key), place, (struct slice){ 0 });
    buf_clear(&key);
    return error;
}

int device_place_forget(struct store *store, struct slice account,
                        const struct device_network *network)
{
    struct buf key;
    buf_init(&key, STORE_KEY_MAX);
    int error = put_key(&key, account, network);
    if (!error)
        error = store_delete(store, TABLE_PLACE, buf_slice(&key));
    buf_clear(&key);
    return error;
}
