/* SPDX-License-Identifier: ISC
 *
 * Records go when they are too old, a few at a time, and all of an account's when it asks.
 *
 * A round walks the tables one after the other; the cursor is the table's number and the first key
 * that was not looked at.
 */
#include "device/device_internal.h"

#include <errno.h>

#include "base/err.h"

#define LOOK_AT 64 /* records for each that may go */

/* ---- by age ---- */

struct ageing {
    const struct device_bounds *bounds;
    int64_t wall_us;
    uint32_t left, look; /* how many more may go, and be looked at */
    bool (*too_old)(const struct ageing *g, struct slice key, struct slice value);
    struct device_doomed doomed;
    struct buf *cursor; /* behind its first byte: where to go on; nothing: the table is done */
    uint8_t table;
};

static bool device_too_old(const struct ageing *g, struct slice key, struct slice value)
{
    struct device d;
    (void)key;
    return device_value_parse(value, &d) && device_aged(&d, g->bounds->device_age_us, g->wall_us);
}

static bool place_too_old(const struct ageing *g, struct slice key, struct slice value)
{
    struct slice account;
    struct device_network network;
    struct device_place place;
    return device_place_parse(key, value, &account, &network, &place) &&
           device_older(place.last_us, g->bounds->place_age_us, g->wall_us);
}

static bool entry_too_old(const struct ageing *g, struct slice key, struct slice value)
{
    struct slice account;
    struct device_history_entry entry;
    return device_history_parse(key, value, &account, &entry) &&
           device_older(entry.wall_us, g->bounds->device_age_us, g->wall_us);
}

/* Names that lead to an account go with it. Its record is the first of its keys. */
static bool account_too_old(const struct ageing *g, struct slice key, struct slice value)
{
    struct slice account, typed;
    struct device_account a;
    const struct device_bounds *b = g->bounds;
    int64_t age = b->device_age_us > b->place_age_us ? b->device_age_us : b->place_age_us;
    return b->device_age_us > 0 && b->place_age_us > 0 &&
           device_account_key_parse(key, &account, &typed) && typed.n == 0 &&
           device_account_value_parse(value, &a) && device_older(a.last_us, age, g->wall_us);
}

static bool on_record(void *context, struct slice key, struct slice value)
{
    struct ageing *g = context;
    if (g->look == 0 || g->left == 0) {
        /* The key itself may be as long as the cursor: an account's names go with its record. */
        struct slice head, tail;
        bool named = g->too_old == account_too_old && slice_cut(key, '\0', &head, &tail) && tail.n;
        buf_append_byte(g->cursor, g->table);
        buf_append(g->cursor, named ? head : key);
        if (named)
            buf_append_byte(g->cursor, 1); /* behind all that begins with "head NUL" */
        return false;
    }
    g->look--;
    if (g->too_old(g, key, value)) {
        device_doomed_add(&g->doomed, key);
        g->left--;
    }
    return true;
}

static int delete_accounts(struct store *store, struct device_doomed *doomed)
{
    struct reader r = reader_of(buf_slice(&doomed->keys));
    uint64_t n = 0;
    int error = doomed->keys.failed ? -ENOMEM : 0;
    while (!error && reader_left(&r)) {
        struct slice key = reader_bytes(&r, reader_be16(&r));
        error = device_account_delete(store, slice_first(key, key.n - 1), &n);
    }
    buf_clear(&doomed->keys);
    return error;
}

static const struct {
    const char *table;
    bool (*too_old)(const struct ageing *g, struct slice key, struct slice value);
} rounds[] = {
    { TABLE_DEVICE, device_too_old },
    { TABLE_PLACE, place_too_old },
    { TABLE_HISTORY, entry_too_old },
    { TABLE_ACCOUNT, account_too_old },
};

/* One table from a key on. The cursor says where it stopped, or is empty. */
static int forget_in(struct store *store, struct ageing *g, struct slice from)
{
    g->too_old = rounds[g->table].too_old;
    device_doomed_init(&g->doomed);
    buf_consume(g->cursor, buf_size(g->cursor));
    int error = store_each_from(store, rounds[g->table].table, from, on_record, g);
    if (!error && g->too_old == account_too_old)
        error = delete_accounts(store, &g->doomed);
    else if (!error)
        error = device_doomed_delete(store, rounds[g->table].table, &g->doomed, NULL);
    buf_clear(&g->doomed.keys);
    return error;
}

int device_forget_old(struct store *store, const struct device_bounds *bounds, int64_t wall_us,
                      uint32_t most, struct buf *cursor)
{
    uint8_t from[STORE_KEY_MAX];
    struct slice at = slice_keep(buf_slice(cursor), from, sizeof from);
    struct ageing g = { .bounds = bounds, .wall_us = wall_us, .left = most, .cursor = cursor };
    int error = 0;
    if (__builtin_mul_overflow(most, LOOK_AT, &g.look))
        g.look = UINT32_MAX;
    g.table = at.n ? at.p[0] : 0;
    at = slice_from(at, 1);
    buf_consume(cursor, buf_size(cursor));
    for (; !error && buf_size(cursor) == 0 && g.table < ARRAY_SIZE(rounds); g.table++) {
        error = forget_in(store, &g, at);
        at = (struct slice){ 0 };
    }
    cursor->failed = false;
    return error;
}

/* ---- by request ---- */

static bool on_any(void *context, struct slice key, struct slice value)
{
    (void)value;
    device_doomed_add(context, key);
    return true;
}

static int erase_in(struct store *store, const char *table, struct slice account, uint64_t *n)
{
    struct device_doomed doomed;
    struct buf prefix;
    device_doomed_init(&doomed);
    buf_init(&prefix, STORE_KEY_MAX);
    device_put_account(&prefix, account);
    int error =
        prefix.failed ? -ENOMEM : store_each(store, table, buf_slice(&prefix), on_any, &doomed);
    if (!error)
        error = device_doomed_delete(store, table, &doomed, n);
    buf_clear(&doomed.keys);
    buf_clear(&prefix);
    return error;
}

int device_erase(struct store *store, struct slice account, uint64_t *n)
{
    static const char *const tables[] = { TABLE_DEVICE, TABLE_PLACE, TABLE_LICENCE, TABLE_HISTORY };
    int error = device_account_ok(account) ? 0 : -EINVAL;
    *n = 0;
    for (size_t i = 0; !error && i < ARRAY_SIZE(tables); i++)
        error = erase_in(store, tables[i], account, n);
    if (!error)
        error = device_account_delete(store, account, n);
    if (!error)
        error = device_alias_teach(store, account, account); /* what its own name led to */
    return error;
}
