/* SPDX-License-Identifier: ISC
 *
 * Tables "account" (who has had a success) and "alias" (what is typed → whose account it is).
 *
 *   account  key: account NUL             value: 1 version, 8 first, 8 last
 *            key: account NUL typed       value: empty: a name that leads to it
 *   alias    key: typed                   value: account
 *
 * One step only: what an alias leads to is never looked up again.
 */
#include "device/device_internal.h"

#include <errno.h>

#include "base/err.h"

#define VERSION 1

_Static_assert(2 * DEVICE_ACCOUNT_MAX + 1 <= STORE_KEY_MAX, "every alias has a key");

bool device_account_key_parse(struct slice key, struct slice *account, struct slice *typed)
{
    return slice_cut(key, '\0', account, typed) && device_account_ok(*account) &&
           (typed->n == 0 || device_account_ok(*typed));
}

bool device_account_value_parse(struct slice value, struct device_account *out)
{
    struct reader r = reader_of(value);
    uint8_t version = reader_u8(&r);
    struct device_account a = { .first_us = (int64_t)device_read_u64(&r) };
    a.last_us = (int64_t)device_read_u64(&r);
    if (r.bad || version == 0)
        return false;
    *out = a;
    return true;
}

/* ---- the account ---- */

static int put_key(struct buf *out, struct slice account, struct slice typed)
{
    if (!device_account_ok(account) || (typed.n && !device_account_ok(typed)))
        return -EINVAL;
    device_put_account(out, account);
    buf_append(out, typed);
    return out->failed ? -ENOMEM : 0;
}

int device_account_load(struct store *store, struct slice account, struct device_account *out)
{
    struct buf key, value;
    buf_init(&key, STORE_KEY_MAX);
    buf_init(&value, DEVICE_VALUE_MAX);
    int error = put_key(&key, account, (struct slice){ 0 });
    if (!error)
        error = store_get(store, TABLE_ACCOUNT, buf_slice(&key), &value);
    if (!error && !device_account_value_parse(buf_slice(&value), out))
        error = ERR_FORMAT;
    buf_clear(&value);
    buf_clear(&key);
    return error;
}

int device_account_save(struct store *store, struct slice account,
                        const struct device_account *value)
{
    struct buf key, bytes;
    buf_init(&key, STORE_KEY_MAX);
    buf_init(&bytes, DEVICE_VALUE_MAX);
    buf_append_byte(&bytes, VERSION);
    device_put_u64(&bytes, (uint64_t)value->first_us);
    device_put_u64(&bytes, (uint64_t)value->last_us);
    int error = put_key(&key, account, (struct slice){ 0 });
    if (!error)
        error = bytes.failed ? -ENOMEM
                             : store_put(store, TABLE_ACCOUNT, buf_slice(&key), buf_slice(&bytes));
    buf_clear(&bytes);
    buf_clear(&key);
    return error;
}

int device_account_mark(struct store *store, struct slice account, int64_t wall_us)
{
    struct device_account a;
    uint64_t count = 1;
    int error = device_account_load(store, account, &a);
    if (error == ERR_NOT_FOUND || error == ERR_FORMAT) { /* broken: it begins anew */
        count = 0;
        error = 0;
    }
    if (error)
        return error;
    device_count(&a.first_us, &a.last_us, &count, wall_us);
    return device_account_save(store, account, &a);
}

static bool on_any(void *context, struct slice key, struct slice value)
{
    bool *any = context;
    (void)key;
    (void)value;
    *any = true;
    return false;
}

int device_account_known(struct store *store, struct slice account, bool *out)
{
    static const char *const tables[] = { TABLE_ACCOUNT, TABLE_DEVICE, TABLE_PLACE };
    struct buf prefix;
    int error = 0;
    bool any = false;
    buf_init(&prefix, STORE_KEY_MAX);
    device_put_account(&prefix, account);
    for (size_t i = 0; !error && !any && i < ARRAY_SIZE(tables); i++)
        error = prefix.failed ? -ENOMEM
                              : store_each(store, tables[i], buf_slice(&prefix), on_any, &any);
    buf_clear(&prefix);
    if (!error)
        *out = any;
    return error;
}

/* ---- names that lead to it ---- */

int device_alias_find(struct store *store, struct slice typed, struct buf *out)
{
    struct buf account;
    if (!device_account_ok(typed))
        return ERR_NOT_FOUND;
    buf_init(&account, DEVICE_VALUE_MAX);
    int error = store_get(store, TABLE_ALIAS, typed, &account);
    if (!error && !device_account_ok(buf_slice(&account)))
        error = ERR_FORMAT;
    if (!error) {
        buf_append(out, buf_slice(&account));
        error = out->failed ? -ENOMEM : 0;
    }
    buf_clear(&account);
    return error;
}

struct aliases {
    bool (*each)(void *context, struct slice typed);
    void *context;
};

static bool on_alias(void *context, struct slice key, struct slice value)
{
    const struct aliases *a = context;
    struct slice account, typed;
    (void)value;
    if (!device_account_key_parse(key, &account, &typed) || typed.n == 0)
        return true;
    return a->each(a->context, typed);
}

int device_alias_each(struct store *store, struct slice account,
                      bool (*each)(void *context, struct slice typed), void *context)
{
    struct aliases a = { each, context };
    struct buf prefix;
    buf_init(&prefix, STORE_KEY_MAX);
    int error = put_key(&prefix, account, (struct slice){ 0 });
    if (!error)
        error = store_each(store, TABLE_ACCOUNT, buf_slice(&prefix), on_alias, &a);
    buf_clear(&prefix);
    return error;
}

static bool count_one(void *context, struct slice typed)
{
    size_t *n = context;
    (void)typed;
    return ++*n < DEVICE_ALIASES_MAX;
}

/* The name under the account that it leads to. */
static int change_behind(struct store *store, struct slice account, struct slice typed, bool there)
{
    struct buf key;
    buf_init(&key, STORE_KEY_MAX);
    int error = put_key(&key, account, typed);
    if (!error && there)
        error = store_put(store, TABLE_ACCOUNT, buf_slice(&key), (struct slice){ 0 });
    else if (!error)
        error = store_delete(store, TABLE_ACCOUNT, buf_slice(&key));
    buf_clear(&key);
    return error == ERR_NOT_FOUND ? 0 : error;
}

static int unteach(struct store *store, struct slice typed, struct slice account)
{
    int error = store_delete(store, TABLE_ALIAS, typed);
    if (error && error != ERR_NOT_FOUND)
        return error;
    return account.n ? change_behind(store, account, typed, false) : 0;
}

static int teach(struct store *store, struct slice typed, struct slice account)
{
    size_t n = 0;
    int error = device_alias_each(store, account, count_one, &n);
    if (error || n == DEVICE_ALIASES_MAX)
        return error;
    error = store_put(store, TABLE_ALIAS, typed, account);
    return error ? error : change_behind(store, account, typed, true);
}

int device_alias_teach(struct store *store, struct slice typed, struct slice account)
{
    struct buf before;
    if (!device_account_ok(typed) || !device_account_ok(account))
        return 0;
    buf_init(&before, DEVICE_ACCOUNT_MAX);
    int error = device_alias_find(store, typed, &before);
    bool there = !error || error == ERR_FORMAT;
    if (error == ERR_NOT_FOUND || error == ERR_FORMAT)
        error = 0;
    bool same = !error && slice_equal(buf_slice(&before), account);
    if (!error && there && !same)
        error = unteach(store, typed, buf_slice(&before));
    if (!error && !same && !slice_equal(typed, account))
        error = teach(store, typed, account);
    buf_clear(&before);
    return error;
}

static bool on_name(void *context, struct slice typed)
{
    device_doomed_add(context, typed);
    return true;
}

static bool on_own(void *context, struct slice key, struct slice value)
{
    (void)value;
    device_doomed_add(context, key);
    return true;
}

static int delete_names(struct store *store, struct slice account)
{
    struct device_doomed doomed;
    device_doomed_init(&doomed);
    int error = device_alias_each(store, account, on_name, &doomed);
    if (!error)
        error = device_doomed_delete(store, TABLE_ALIAS, &doomed, NULL);
    buf_clear(&doomed.keys);
    return error;
}

/* A name stands in both tables; it is counted once. */
int device_account_delete(struct store *store, struct slice account, uint64_t *n)
{
    struct device_doomed doomed;
    struct buf prefix;
    device_doomed_init(&doomed);
    buf_init(&prefix, STORE_KEY_MAX);
    int error = put_key(&prefix, account, (struct slice){ 0 });
    if (!error)
        error = delete_names(store, account);
    if (!error)
        error = store_each(store, TABLE_ACCOUNT, buf_slice(&prefix), on_own, &doomed);
    if (!error)
        error = device_doomed_delete(store, TABLE_ACCOUNT, &doomed, n);
    buf_clear(&doomed.keys);
    buf_clear(&prefix);
    return error;
}
