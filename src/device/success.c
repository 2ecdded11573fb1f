/* SPDX-License-Identifier: ISC
 *
 * One success as bytes; both ends are processes of the same service, so there is no version:
 *
 *   8 wall clock | 4 key number | 16 pseudonym | 1 n, n type | 1 n, n account
 */
#include "device/device_internal.h"

#include "base/reader.h"

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

void device_put_u64(struct buf *out, uint64_t value)
{
    device_put_u32(out, (uint32_t)(value >> 32));
    device_put_u32(out, (uint32_t)value);
}

void device_put_u32(struct buf *out, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_append_byte(out, (uint8_t)(value >> shift));
}

static void put_short(struct buf *out, struct slice s)
{
    buf_append_byte(out, (uint8_t)s.n);
    buf_append(out, s);
}

void device_success_write(struct buf *out, const struct device_success *success)
{
    const struct device_key *key = &success->key;
    if (!device_account_ok(key->account) || !device_type_ok(key->type) || key->token.key == 0) {
        out->failed = true;
        return;
    }
    device_put_u64(out, (uint64_t)success->wall_us);
    device_put_u32(out, key->token.key);
    buf_append(out, (struct slice){ key->token.bytes, PSEUDONYM_BYTES });
    put_short(out, key->type);
    put_short(out, key->account);
}

static bool fail(struct fault *why, size_t at, const char *what)
{
    *why = (struct fault){ at, what };
    return false;
}

bool device_success_parse(struct slice bytes, struct device_success *out, struct fault *why)
{
    struct reader r = reader_of(bytes);
    struct device_success s;
    uint64_t high = reader_be32(&r);
    s.wall_us = (int64_t)(high << 32 | reader_be32(&r));
    s.key.token.key = reader_be32(&r);
    struct slice token = reader_bytes(&r, PSEUDONYM_BYTES);
    s.key.type = reader_bytes(&r, reader_u8(&r));
    s.key.account = reader_bytes(&r, reader_u8(&r));
    if (r.bad || reader_left(&r))
        return fail(why, bytes.n, r.bad ? "too short" : "too long");
    if (s.key.token.key == 0)
        return fail(why, 8, "no key number");
    if (!device_type_ok(s.key.type))
        return fail(why, 28, "not a type");
    if (!device_account_ok(s.key.account))
        return fail(why, 29 + s.key.type.n, "not an account");
    for (size_t i = 0; i < PSEUDONYM_BYTES; i++)
        s.key.token.bytes[i] = token.p[i];
    *out = s;
    return true;
}
