/* SPDX-License-Identifier: ISC
 *
 * Table "device". All devices of an account are neighbours:
 *
 *   key:    account NUL type NUL, 4 key number, 16 pseudonym      (at most 293 bytes)
 *   value:  1 version, 8 first, 8 last, 8 count, and what later versions add behind
 *
 * A later version only appends, so an older program reads, and keeps, what it does not know.
 */
#include "device/device_internal.h"

#include <errno.h>

#include "base/err.h"
#include "base/reader.h"

#define TABLE         "device"
#define VERSION       1
#define VALUE_BYTES   25
#define VALUE_MAX     4096
#define TOKEN_BYTES   (4 + PSEUDONYM_BYTES)
#define KEY_BYTES_MAX (DEVICE_ACCOUNT_MAX + 1 + DEVICE_TYPE_MAX + 1 + TOKEN_BYTES)

_Static_assert(KEY_BYTES_MAX <= STORE_KEY_MAX, "every device has a key");

static int write_key(struct buf *out, const struct device_key *key)
{
    if (!device_account_ok(key->account) || !device_type_ok(key->type) || key->token.key == 0)
        return -EINVAL;
    buf_append(out, key->account);
    buf_append_byte(out, '\0');
    buf_append(out, key->type);
    buf_append_byte(out, '\0');
    device_put_u32(out, key->token.key);
    buf_append(out, (struct slice){ key->token.bytes, PSEUDONYM_BYTES });
    return out->failed ? -ENOMEM : 0;
}

static bool parse_key(struct slice bytes, struct device_key *out)
{
    struct slice rest;
    if (!slice_cut(bytes, '\0', &out->account, &rest) ||
        !slice_cut(rest, '\0', &out->type, &rest) || rest.n != TOKEN_BYTES)
        return false;
    struct reader r = reader_of(rest);
    out->token.key = reader_be32(&r);
    struct slice token = reader_bytes(&r, PSEUDONYM_BYTES);
    for (size_t i = 0; i < PSEUDONYM_BYTES; i++)
        out->token.bytes[i] = token.p[i];
    return device_account_ok(out->account) && device_type_ok(out->type) && out->token.key;
}

static uint64_t read_u64(struct reader *r)
{
    uint64_t high = reader_be32(r);
    return high << 32 | reader_be32(r);
}

static bool parse_value(struct slice bytes, struct device *out)
{
    struct reader r = reader_of(bytes);
    struct device d;
    uint8_t version = reader_u8(&r);
    d.first_us = (int64_t)read_u64(&r);
    d.last_us = (int64_t)read_u64(&r);
    d.count = read_u64(&r);
    if (r.bad || version == 0)
        return false;
    *out = d;
    return true;
}

/* old: the value that is replaced, or nothing. */
static void write_value(struct buf *out, const struct device *device, struct slice old)
{
    buf_append_byte(out, old.n ? old.p[0] : VERSION);
    device_put_u64(out, (uint64_t)device->first_us);
    device_put_u64(out, (uint64_t)device->last_us);
    device_put_u64(out, device->count);
    buf_append(out, slice_from(old, VALUE_BYTES));
}

/* Workers' records may arrive out of order, and a clock may be set back. */
static void count_success(struct device *d, int64_t wall_us)
{
    if (d->count == 0)
        d->first_us = d->last_us = wall_us;
    if (wall_us < d->first_us)
        d->first_us = wall_us;
    if (wall_us > d->last_us)
        d->last_us = wall_us;
    if (d->count < UINT64_MAX)
        d->count++;
}

static int record(struct store *store, struct slice key, int64_t wall_us, struct buf *old)
{
    struct device device = { 0 };
    struct buf value;
    int error = store_get(store, TABLE, key, old);
    if (error && error != ERR_NOT_FOUND)
        return error;
    if (!error && !parse_value(buf_slice(old), &device))
        return ERR_FORMAT;
    count_success(&device, wall_us);
    buf_init(&value, VALUE_MAX);
    write_value(&value, &device, buf_slice(old));
    error = value.failed ? -ENOMEM : store_put(store, TABLE, key, buf_slice(&value));
    buf_clear(&value);
    return error;
}

int device_record_success(struct store *store, const struct device_key *key, int64_t wall_us)
{
    struct buf name, old;
    buf_init(&name, STORE_KEY_MAX);
    buf_init(&old, VALUE_MAX);
    int error = write_key(&name, key);
    if (!error)
        error = record(store, buf_slice(&name), wall_us, &old);
    buf_clear(&old);
    buf_clear(&name);
    return error;
}

int device_find(struct store *store, const struct device_key *key, struct device *out)
{
    struct buf name, value;
    buf_init(&name, STORE_KEY_MAX);
    buf_init(&value, VALUE_MAX);
    int error = write_key(&name, key);
    if (!error)
        error = store_get(store, TABLE, buf_slice(&name), &value);
    if (!error && !parse_value(buf_slice(&value), out))
        error = ERR_FORMAT;
    buf_clear(&value);
    buf_clear(&name);
    return error;
}

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
    if (!parse_key(key, &device_key) || !parse_value(value, &device)) {
        walk->bad = true;
        return true;
    }
    return walk->each(walk->context, &device_key, &device);
}

int device_each(struct store *store, struct slice account,
                bool (*each)(void *context, const struct device_key *key,
                             const struct device *device),
                void *context)
{
    struct walk walk = { .each = each, .context = context };
    struct buf prefix;
    if (account.n && !device_account_ok(account))
        return 0; /* no device can have it */
    buf_init(&prefix, STORE_KEY_MAX);
    if (account.n) {
        buf_append(&prefix, account);
        buf_append_byte(&prefix, '\0');
    }
    int error =
        prefix.failed ? -ENOMEM : store_each(store, TABLE, buf_slice(&prefix), on_record, &walk);
    buf_clear(&prefix);
    return error ? error : walk.bad ? ERR_FORMAT : 0;
}
