/* SPDX-License-Identifier: ISC
 *
 * What records in the store and events are made of, as bytes.
 *
 *   key       account NUL type NUL, 4 key number, 16 pseudonym   (at most 293 bytes)
 *   network   1 family (0, 4, 6), then 0, 3 or 6 bytes
 *   location  1 which parts, then 2 country | 1 n, n name | 4 system | 4+4+4 position
 */
#include "device/device_internal.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"

#define TOKEN_BYTES (4 + PSEUDONYM_BYTES)

_Static_assert(DEVICE_ACCOUNT_MAX + 1 + DEVICE_TYPE_MAX + 1 + TOKEN_BYTES <= STORE_KEY_MAX,
               "every device has a key");

enum { HAS_COUNTRY = 1, HAS_NAME = 2, HAS_AS = 4, HAS_POSITION = 8, HAS_ALL = 15 };

/* ---- what may stand in a record ---- */

bool device_account_ok(struct slice account)
{
    return account.n > 0 && account.n <= DEVICE_ACCOUNT_MAX && !slice_has(account, '\0');
}

static bool type_byte_ok(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool device_type_ok(struct slice type)
{
    if (type.n == 0 || type.n > DEVICE_TYPE_MAX)
        return false;
    for (size_t i = 0; i < type.n; i++)
        if (!type_byte_ok(type.p[i]))
            return false;
    return true;
}

bool device_key_ok(const struct device_key *key)
{
    return device_account_ok(key->account) && device_type_ok(key->type) && key->token.key != 0;
}

bool device_text_ok(struct slice text, size_t max)
{
    if (text.n > max || !slice_is_utf8(text))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c < 0x20 || c == 0x7f || (c == 0xc2 && i + 1 < text.n && text.p[i + 1] < 0xa0))
            return false;
    }
    return true;
}

static bool country_ok(const char country[3])
{
    if (country[0] == '\0')
        return true;
    return country[0] >= 'A' && country[0] <= 'Z' && country[1] >= 'A' && country[1] <= 'Z' &&
           country[2] == '\0';
}

bool device_location_ok(const struct device_location *l)
{
    if (!country_ok(l->country) || !memchr(l->name, '\0', sizeof l->name) ||
        !device_text_ok(slice_of_str(l->name), sizeof l->name - 1))
        return false;
    return !l->has_position || (l->latitude >= -90000 && l->latitude <= 90000 &&
                                l->longitude >= -180000 && l->longitude <= 180000);
}

/* ---- appending ---- */

void device_put_u64(struct buf *out, uint64_t value)
{
    device_put_u32(out, (uint32_t)(value >> 32));
    device_put_u32(out, (uint32_t)value);
}

void device_put_u32(struct buf *out, uint32_t value)
{
    const uint8_t bytes[4] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16),
                               (uint8_t)(value >> 8), (uint8_t)value };
    buf_append(out, (struct slice){ bytes, 4 });
}

void device_put_short(struct buf *out, struct slice s)
{
    if (s.n > 255) {
        out->failed = true;
        return;
    }
    buf_append_byte(out, (uint8_t)s.n);
    buf_append(out, s);
}

void device_put_token(struct buf *out, const struct pseudonym *token)
{
    device_put_u32(out, token->key);
    buf_append(out, (struct slice){ token->bytes, PSEUDONYM_BYTES });
}

static size_t network_bytes(uint8_t family)
{
    return family == 4 ? 3 : family == 6 ? 6 : 0;
}

void device_put_network(struct buf *out, const struct device_network *n)
{
    buf_append_byte(out, n->family);
    buf_append(out, (struct slice){ n->bytes, network_bytes(n->family) });
}

void device_put_location(struct buf *out, const struct device_location *l)
{
    unsigned parts = (l->country[0] ? HAS_COUNTRY : 0) | (l->name[0] ? HAS_NAME : 0) |
                     (l->as ? HAS_AS : 0) | (l->has_position ? HAS_POSITION : 0);
    buf_append_byte(out, (uint8_t)parts);
    if (parts & HAS_COUNTRY)
        buf_append(out, (struct slice){ (const uint8_t *)l->country, 2 });
    if (parts & HAS_NAME)
        device_put_short(out, slice_of_str(l->name));
    if (parts & HAS_AS)
        device_put_u32(out, l->as);
    if (parts & HAS_POSITION) {
        device_put_u32(out, (uint32_t)l->latitude);
        device_put_u32(out, (uint32_t)l->longitude);
        device_put_u32(out, l->radius);
    }
}

void device_put_time(struct buf *out, int64_t wall_us)
{
    device_put_u64(out, (uint64_t)wall_us ^ UINT64_C(1) << 63);
}

void device_put_account(struct buf *out, struct slice account)
{
    buf_append(out, account);
    buf_append_byte(out, '\0');
}

int device_put_key(struct buf *out, const struct device_key *key)
{
    if (!device_key_ok(key))
        return -EINVAL;
    device_put_account(out, key->account);
    buf_append(out, key->type);
    buf_append_byte(out, '\0');
    device_put_token(out, &key->token);
    return out->failed ? -ENOMEM : 0;
}

/* ---- reading ---- */

uint64_t device_read_u64(struct reader *r)
{
    uint64_t high = reader_be32(r);
    return high << 32 | reader_be32(r);
}

struct slice device_read_short(struct reader *r)
{
    return reader_bytes(r, reader_u8(r));
}

void device_read_token(struct reader *r, struct pseudonym *out)
{
    out->key = reader_be32(r);
    struct slice bytes = reader_bytes(r, PSEUDONYM_BYTES);
    (void)slice_keep(bytes, out->bytes, sizeof out->bytes);
}

void device_read_network(struct reader *r, struct device_network *out)
{
    *out = (struct device_network){ .family = reader_u8(r) };
    size_t n = network_bytes(out->family);
    if (n == 0 && out->family != 0)
        r->bad = true;
    (void)slice_keep(reader_bytes(r, n), out->bytes, sizeof out->bytes);
}

/* Each part that is said to be there says something, so that a location has one form only. */
void device_read_location(struct reader *r, struct device_location *out)
{
    struct device_location l = { 0 };
    unsigned parts = reader_u8(r);
    if (parts & HAS_COUNTRY)
        (void)slice_keep(reader_bytes(r, 2), l.country, 2);
    if (parts & HAS_NAME) {
        struct slice name = device_read_short(r);
        r->bad |= name.n >= sizeof l.name || slice_has(name, '\0');
        (void)slice_keep(name, l.name, sizeof l.name - 1);
    }
    if (parts & HAS_AS)
        l.as = reader_be32(r);
    if (parts & HAS_POSITION) {
        l.has_position = true;
        l.latitude = (int32_t)reader_be32(r);
        l.longitude = (int32_t)reader_be32(r);
        l.radius = reader_be32(r);
    }
    r->bad |= parts > HAS_ALL || !device_location_ok(&l) ||
              (parts & HAS_COUNTRY && !l.country[0]) || (parts & HAS_NAME && !l.name[0]) ||
              (parts & HAS_AS && !l.as);
    *out = l;
}

int64_t device_read_time(struct reader *r)
{
    return (int64_t)(device_read_u64(r) ^ UINT64_C(1) << 63);
}

bool device_read_key(struct slice bytes, struct device_key *out)
{
    struct slice rest;
    struct device_key key;
    if (!slice_cut(bytes, '\0', &key.account, &rest) || !slice_cut(rest, '\0', &key.type, &rest) ||
        rest.n != TOKEN_BYTES)
        return false;
    struct reader r = reader_of(rest);
    device_read_token(&r, &key.token);
    if (!device_key_ok(&key))
        return false;
    *out = key;
    return true;
}

/* ---- deleting what was found ---- */

#define DOOMED_MAX ((size_t)4 << 20)

void device_doomed_init(struct device_doomed *d)
{
    d->n = 0;
    buf_init(&d->keys, DOOMED_MAX);
}

void device_doomed_add(struct device_doomed *d, struct slice key)
{
    buf_append_byte(&d->keys, (uint8_t)(key.n >> 8));
    buf_append_byte(&d->keys, (uint8_t)key.n);
    buf_append(&d->keys, key);
    d->n++;
}

int device_doomed_delete(struct store *store, const char *table, struct device_doomed *d,
                         uint64_t *n)
{
    struct reader r = reader_of(buf_slice(&d->keys));
    int error = d->keys.failed ? -ENOMEM : 0;
    while (!error && reader_left(&r)) {
        error = store_delete(store, table, reader_bytes(&r, reader_be16(&r)));
        error = error == ERR_NOT_FOUND ? 0 : error;
    }
    if (!error && n)
        *n += d->n;
    buf_clear(&d->keys);
    return error;
}
