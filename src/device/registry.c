/* SPDX-License-Identifier: ISC
 *
 * Table "device". All devices of an account are neighbours:
 *
 *   key:    account NUL type NUL, 4 key number, 16 pseudonym      (codec.c)
 *   value:  1 version, 8 first, 8 last, 8 count, and since version 2
 *           1 state, 1 shape, 3 oui, 8 revoked until, 1 revoked from, network, location,
 *           1 n, n label, and what later versions add behind
 *
 * A later version only appends, so an older program reads, and keeps, what it does not know. A
 * record of version 1 is a device that is known.
 */
#include "device/device_internal.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"

#define VERSION 2

/* ---- one value ---- */

static void read_version_2(struct reader *r, struct device *d)
{
    d->state = (enum device_state)reader_u8(r);
    d->shape = (enum device_shape)reader_u8(r);
    (void)slice_keep(reader_bytes(r, sizeof d->oui), d->oui, sizeof d->oui);
    d->revoked_until_us = (int64_t)device_read_u64(r);
    d->revoked_from = (enum device_state)reader_u8(r);
    device_read_network(r, &d->network);
    device_read_location(r, &d->location);
    struct slice label = device_read_short(r);
    (void)slice_keep(label, d->label, DEVICE_LABEL_MAX);
    r->bad |= d->state < DEVICE_PENDING || d->state > DEVICE_REVOKED ||
              d->shape > DEVICE_SHAPE_HARDWARE || d->revoked_from > DEVICE_APPROVED ||
              (d->state == DEVICE_REVOKED) != (d->revoked_from != DEVICE_NONE) ||
              !device_text_ok(label, DEVICE_LABEL_MAX);
}

static bool parse_value(struct slice bytes, struct device_row *out)
{
    struct reader r = reader_of(bytes);
    struct device d = { .state = DEVICE_KNOWN };
    uint8_t version = reader_u8(&r);
    d.first_us = (int64_t)device_read_u64(&r);
    d.last_us = (int64_t)device_read_u64(&r);
    d.count = device_read_u64(&r);
    if (version >= 2)
        read_version_2(&r, &d);
    if (r.bad || version == 0)
        return false;
    out->device = d;
    out->version = version;
    out->later = version >= VERSION ? reader_bytes(&r, reader_left(&r)) : (struct slice){ 0 };
    return true;
}

static void write_value(struct buf *out, const struct device_row *row)
{
    const struct device *d = &row->device;
    buf_append_byte(out, row->version > VERSION ? row->version : VERSION);
    device_put_u64(out, (uint64_t)d->first_us);
    device_put_u64(out, (uint64_t)d->last_us);
    device_put_u64(out, d->count);
    buf_append_byte(out, (uint8_t)d->state);
    buf_append_byte(out, (uint8_t)d->shape);
    buf_append(out, (struct slice){ d->oui, sizeof d->oui });
    device_put_u64(out, (uint64_t)d->revoked_until_us);
    buf_append_byte(out, (uint8_t)d->revoked_from);
    device_put_network(out, &d->network);
    device_put_location(out, &d->location);
    device_put_short(out, slice_of_str(d->label));
    buf_append(out, row->later);
}

bool device_value_parse(struct slice value, struct device *out)
{
    struct device_row row;
    if (!parse_value(value, &row))
        return false;
    *out = row.device;
    return true;
}

/* ---- one record ---- */

int device_row_load(struct store *store, const struct device_key *key, struct device_row *row)
{
    struct buf name;
    *row = (struct device_row){ 0 };
    buf_init(&row->bytes, DEVICE_VALUE_MAX);
    buf_init(&name, STORE_KEY_MAX);
    int error = device_put_key(&name, key);
    if (!error)
        error = store_get(store, TABLE_DEVICE, buf_slice(&name), &row->bytes);
    if (!error && !parse_value(buf_slice(&row->bytes), row))
        error = ERR_FORMAT;
    buf_clear(&name);
    return error == ERR_NOT_FOUND ? 0 : error;
}

int device_row_save(struct store *store, const struct device_key *key, const struct device_row *row)
{
    struct buf name, value;
    buf_init(&name, STORE_KEY_MAX);
    buf_init(&value, DEVICE_VALUE_MAX);
    int error = device_put_key(&name, key);
    write_value(&value, row);
    if (!error)
        error = value.failed ? -ENOMEM
                             : store_put(store, TABLE_DEVICE, buf_slice(&name), buf_slice(&value));
    buf_clear(&value);
    buf_clear(&name);
    return error;
}

void device_row_clear(struct device_row *row)
{
    buf_clear(&row->bytes);
}

int device_row_delete(struct store *store, const struct device_key *key)
{
    struct buf name;
    buf_init(&name, STORE_KEY_MAX);
    int error = device_put_key(&name, key);
    if (!error)
        error = store_delete(store, TABLE_DEVICE, buf_slice(&name));
    buf_clear(&name);
    return error;
}

int device_find(struct store *store, const struct device_key *key, struct device *out)
{
    struct device_row row;
    int error = device_row_load(store, key, &row);
    if (!error && row.version == 0)
        error = ERR_NOT_FOUND;
    if (!error)
        *out = row.device;
    device_row_clear(&row);
    return error;
}

/* ---- time ---- */

bool device_older(int64_t last_us, int64_t age_us, int64_t wall_us)
{
    int64_t since;
    if (age_us <= 0 || wall_us <= last_us)
        return false;
    return __builtin_sub_overflow(wall_us, last_us, &since) || since > age_us;
}

/* Workers' records may arrive out of order, and a clock may be set back. */
void device_count(int64_t *first_us, int64_t *last_us, uint64_t *count, int64_t wall_us)
{
    if (*count == 0)
        *first_us = *last_us = wall_us;
    if (wall_us < *first_us)
        *first_us = wall_us;
    if (wall_us > *last_us)
        *last_us = wall_us;
    if (*count < UINT64_MAX)
        ++*count;
}

static bool lapsed(const struct device *d, int64_t wall_us)
{
    return d->state == DEVICE_REVOKED && d->revoked_until_us && d->revoked_until_us <= wall_us;
}

enum device_state device_state_at(const struct device *device, int64_t wall_us)
{
    return lapsed(device, wall_us) ? device->revoked_from : device->state;
}

bool device_aged(const struct device *device, int64_t age_us, int64_t wall_us)
{
    enum device_state state = device_state_at(device, wall_us);
    if (state == DEVICE_APPROVED || (state == DEVICE_REVOKED && device->revoked_until_us))
        return false;
    return device_older(device->last_us, age_us, wall_us);
}

/* ---- many ---- */

struct walk {
    bool (*each)(void *context, const struct device_key *key, const struct device *device);
    void *context;
    bool bad; /* a record was no device; the others were shown */
};

static bool on_record(void *context, struct slice key, struct slice value)
{
    struct walk *walk = context;
    struct device_key device_key;
    struct device device;
    if (!device_read_key(key, &device_key) || !device_value_parse(value, &device)) {
        walk->bad = true;
        return true;
    }
    return walk->each(walk->context, &device_key, &device);
}

int device_each_record(struct store *store, const char *table, struct slice account,
                       bool (*each)(void *context, struct slice key, struct slice value),
                       void *context)
{
    struct buf prefix;
    if (account.n && !device_account_ok(account))
        return 0;
    buf_init(&prefix, STORE_KEY_MAX);
    if (account.n)
        device_put_account(&prefix, account);
    int error =
        prefix.failed ? -ENOMEM : store_each(store, table, buf_slice(&prefix), each, context);
    buf_clear(&prefix);
    return error;
}

int device_walk(struct store *store, struct slice account,
                bool (*each)(void *context, const struct device_key *key,
                             const struct device *device),
                void *context)
{
    struct walk walk = { .each = each, .context = context };
    return device_each_record(store, TABLE_DEVICE, account, on_record, &walk);
}

int device_each(struct store *store, struct slice account,
                bool (*each)(void *context, const struct device_key *key,
                             const struct device *device),
                void *context)
{
    struct walk walk = { .each = each, .context = context };
    int error = device_each_record(store, TABLE_DEVICE, account, on_record, &walk);
    return error ? error : walk.bad ? ERR_FORMAT : 0;
}

int device_prepare(struct store *store)
{
    static const char *const tables[] = { TABLE_DEVICE, TABLE_PLACE,   TABLE_ACCOUNT,
                                          TABLE_ALIAS,  TABLE_LICENCE, TABLE_HISTORY };
    int error = store_begin(store);
    for (size_t i = 0; !error && i < ARRAY_SIZE(tables); i++)
        error = store_make(store, tables[i]);
    if (!error)
        return store_commit(store);
    store_abort(store);
    return error;
}

/* ---- the operator's ---- */

static int change(struct store *store, const struct device_key *key, bool create,
                  void (*edit)(struct device *device, const void *how), const void *how)
{
    struct device_row row;
    int error = device_row_load(store, key, &row);
    if (!error && row.version == 0 && !create)
        error = ERR_NOT_FOUND;
    if (!error) {
        edit(&row.device, how);
        error = device_row_save(store, key, &row);
    }
    device_row_clear(&row);
    return error;
}

struct new_state {
    enum device_state state;
    int64_t until_us, wall_us;
};

static void edit_state(struct device *d, const void *how)
{
    const struct new_state *new = how;
    enum device_state before = device_state_at(d, new->wall_us);
    if (before == DEVICE_NONE)
        d->first_us = d->last_us = new->wall_us;
    if (new->state != DEVICE_REVOKED)
        d->revoked_from = DEVICE_NONE;
    else if (before != DEVICE_REVOKED)
        d->revoked_from = before == DEVICE_NONE ? DEVICE_PENDING : before;
    d->state = new->state;
    d->revoked_until_us = new->state == DEVICE_REVOKED ? new->until_us : 0;
}

int device_set_state(struct store *store, const struct device_key *key, enum device_state state,
                     int64_t until_us, int64_t wall_us)
{
    const struct new_state how = { state, until_us, wall_us };
    if (state < DEVICE_PENDING || state > DEVICE_REVOKED)
        return -EINVAL;
    return change(store, key, true, edit_state, &how);
}

static void edit_label(struct device *d, const void *how)
{
    const struct slice *label = how;
    memset(d->label, 0, sizeof d->label);
    (void)slice_keep(*label, d->label, DEVICE_LABEL_MAX);
}

int device_set_label(struct store *store, const struct device_key *key, struct slice label)
{
    if (!device_text_ok(label, DEVICE_LABEL_MAX))
        return -EINVAL;
    return change(store, key, false, edit_label, &label);
}

int device_forget(struct store *store, const struct device_key *key)
{
    return device_row_delete(store, key);
}
