/* SPDX-License-Identifier: ISC
 *
 * Table "licence": tokens established outside of the session (draft-storey-smtp-client-id-13
 * §6.3-4), for an account or, as "*", for all.
 *
 *   key:    account NUL type NUL, 4 key number, 16 pseudonym          (codec.c)
 *   value:  1 version, 8 when it was loaded
 */
#include "device/device_internal.h"

#include <errno.h>

#include "base/err.h"

#define VERSION  1
#define EVERYONE SLICE("*")

bool device_licence_parse(struct slice key, struct slice value, struct device_key *out,
                          int64_t *wall_us)
{
    struct reader r = reader_of(value);
    uint8_t version = reader_u8(&r);
    int64_t when = (int64_t)device_read_u64(&r);
    if (r.bad || version == 0 || !device_read_key(key, out))
        return false;
    *wall_us = when;
    return true;
}

int device_licence_put(struct store *store, const struct device_key *key, int64_t wall_us)
{
    struct buf name, value;
    buf_init(&name, STORE_KEY_MAX);
    buf_init(&value, DEVICE_VALUE_MAX);
    buf_append_byte(&value, VERSION);
    device_put_u64(&value, (uint64_t)wall_us);
    int error = device_put_key(&name, key);
    if (!error)
        error = value.failed ? -ENOMEM
                             : store_put(store, TABLE_LICENCE, buf_slice(&name), buf_slice(&value));
    buf_clear(&value);
    buf_clear(&name);
    return error;
}

int device_licence_delete(struct store *store, const struct device_key *key)
{
    struct buf name;
    buf_init(&name, STORE_KEY_MAX);
    int error = device_put_key(&name, key);
    if (!error)
        error = store_delete(store, TABLE_LICENCE, buf_slice(&name));
    buf_clear(&name);
    return error;
}

struct walk {
    bool (*each)(void *context, const struct device_key *key, int64_t wall_us);
    void *context;
    bool bad; /* a record was no licence; the others were shown */
};

static bool on_record(void *context, struct slice key, struct slice value)
{
    struct walk *walk = context;
    struct device_key device_key;
    int64_t wall_us;
    if (!device_licence_parse(key, value, &device_key, &wall_us)) {
        walk->bad = true;
        return true;
    }
    return walk->each(walk->context, &device_key, wall_us);
}

int device_licence_each(struct store *store, struct slice account,
                        bool (*each)(void *context, const struct device_key *key, int64_t wall_us),
                        void *context)
{
    struct walk walk = { .each = each, .context = context };
    int error = device_each_record(store, TABLE_LICENCE, account, on_record, &walk);
    return error ? error : walk.bad ? ERR_FORMAT : 0;
}

/* One list. 0, ERR_NOT_FOUND or another error. A record that is there is a licence, whatever a
 * later version says in it. */
static int look_up(struct store *store, const struct device_key *key)
{
    struct buf name, value;
    buf_init(&name, STORE_KEY_MAX);
    buf_init(&value, DEVICE_VALUE_MAX);
    int error = device_put_key(&name, key);
    if (!error)
        error = store_get(store, TABLE_LICENCE, buf_slice(&name), &value);
    buf_clear(&value);
    buf_clear(&name);
    return error;
}

int device_licensed(struct store *store, const struct device_key *key,
                    const struct pseudonym *tokens, size_t n, bool *out, size_t *which)
{
    const struct slice lists[] = { key->account, EVERYONE };
    int error = ERR_NOT_FOUND;
    for (size_t i = 0; error == ERR_NOT_FOUND && i < n; i++)
        for (size_t l = 0; error == ERR_NOT_FOUND && l < ARRAY_SIZE(lists); l++) {
            error = look_up(store, &(struct device_key){ lists[l], key->type, tokens[i] });
            *which = error ? *which : i;
        }
    if (error && error != ERR_NOT_FOUND)
        return error;
    *out = !error;
    return 0;
}

static int move_one(struct store *store, struct slice list, const struct device_key *key,
                    const struct pseudonym *from, int64_t wall_us)
{
    const struct device_key old = { list, key->type, *from }, new = { list, key->type, key->token };
    int error = device_licence_delete(store, &old);
    if (error == ERR_NOT_FOUND)
        return 0;
    return error ? error : device_licence_put(store, &new, wall_us);
}

int device_licence_move(struct store *store, const struct device_key *key,
                        const struct pseudonym *from, int64_t wall_us)
{
    int error = move_one(store, key->account, key, from, wall_us);
    return error ? error : move_one(store, EVERYONE, key, from, wall_us);
}
