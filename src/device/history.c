/* SPDX-License-Identifier: ISC
 *
 * Table "history": what happened to an account, for `postern device history` (flag 4, user-log).
 *
 *   key:    account NUL, 8 time (with its sign turned: earlier ones come first), 2 among equals
 *   value:  1 version, 1 kind, 1 alert, token, network, location, 1 n, n type, 1 n, n reason
 *
 * At most DEVICE_HISTORY_MAX an account. Past half of that, failures push out failures, so that a
 * guesser cannot wash away what the owner should read.
 */
#include "device/device_internal.h"

#include <errno.h>

#include "base/err.h"

#define VERSION      1
#define FAILURES_MAX (DEVICE_HISTORY_MAX / 2)

static void write_value(struct buf *out, const struct device_history_entry *e)
{
    buf_append_byte(out, VERSION);
    buf_append_byte(out, (uint8_t)e->kind);
    buf_append_byte(out, (uint8_t)e->alert);
    device_put_token(out, &e->token);
    device_put_network(out, &e->network);
    device_put_location(out, &e->location);
    device_put_short(out, e->type);
    device_put_short(out, e->reason);
}

static bool entry_ok(const struct device_history_entry *e)
{
    bool identity = e->token.key != 0;
    return (unsigned)e->kind <= DEVICE_EVENT_ALERT && (unsigned)e->alert < DEVICE_ALERT_COUNT &&
           identity == (e->type.n > 0) && (!identity || device_type_ok(e->type)) &&
           device_text_ok(e->reason, DEVICE_REASON_MAX);
}

static bool parse_value(struct slice value, struct device_history_entry *out)
{
    struct reader r = reader_of(value);
    struct device_history_entry e = { .wall_us = 0 };
    uint8_t version = reader_u8(&r);
    e.kind = (enum device_event_kind)reader_u8(&r);
    e.alert = (enum device_alert)reader_u8(&r);
    device_read_token(&r, &e.token);
    device_read_network(&r, &e.network);
    device_read_location(&r, &e.location);
    e.type = device_read_short(&r);
    e.reason = device_read_short(&r);
    if (r.bad || version == 0 || !entry_ok(&e))
        return false;
    *out = e;
    return true;
}

bool device_history_parse(struct slice key, struct slice value, struct slice *account,
                          struct device_history_entry *out)
{
    struct slice rest;
    if (!slice_cut(key, '\0', account, &rest) || !device_account_ok(*account) || rest.n != 10 ||
        !parse_value(value, out))
        return false;
    struct reader r = reader_of(rest);
    out->wall_us = device_read_time(&r);
    return true;
}

/* ---- reading ---- */

struct walk {
    bool (*each)(void *context, const struct device_history_entry *entry);
    void *context;
    bool bad; /* a record was no entry; the others were shown */
};

static bool on_record(void *context, struct slice key, struct slice value)
{
    struct walk *walk = context;
    struct slice account;
    struct device_history_entry entry;
    if (!device_history_parse(key, value, &account, &entry)) {
        walk->bad = true;
        return true;
    }
    return walk->each(walk->context, &entry);
}

int device_history_each(struct store *store, struct slice account,
                        bool (*each)(void *context, const struct device_history_entry *entry),
                        void *context)
{
    struct walk walk = { .each = each, .context = context };
    int error = account.n == 0
                    ? 0 /* not of all */
                    : device_each_record(store, TABLE_HISTORY, account, on_record, &walk);
    return error ? error : walk.bad ? ERR_FORMAT : 0;
}

/* ---- trimming ---- */

struct census {
    size_t total, failures;
    struct buf oldest, oldest_failure; /* their keys */
};

static bool on_entry(void *context, struct slice key, struct slice value)
{
    struct census *c = context;
    if (c->total++ == 0)
        buf_append(&c->oldest, key);
    if (value.n > 1 && value.p[1] == DEVICE_EVENT_FAILURE && c->failures++ == 0)
        buf_append(&c->oldest_failure, key);
    return true;
}

static int trim_one(struct store *store, struct slice account, bool *done)
{
    struct census c = { 0 };
    struct buf prefix;
    buf_init(&prefix, STORE_KEY_MAX);
    buf_init(&c.oldest, STORE_KEY_MAX);
    buf_init(&c.oldest_failure, STORE_KEY_MAX);
    device_put_account(&prefix, account);
    int error = store_each(store, TABLE_HISTORY, buf_slice(&prefix), on_entry, &c);
    *done = c.total <= DEVICE_HISTORY_MAX && c.failures <= FAILURES_MAX;
    if (!error && !*done)
        error = store_delete(store, TABLE_HISTORY,
                             buf_slice(c.failures > FAILURES_MAX ? &c.oldest_failure : &c.oldest));
    buf_clear(&c.oldest_failure);
    buf_clear(&c.oldest);
    buf_clear(&prefix);
    return error;
}

static int trim(struct store *store, struct slice account)
{
    bool done = false;
    int error = 0;
    while (!error && !done)
        error = trim_one(store, account, &done);
    return error;
}

/* ---- adding ---- */

/* Key of the first place among equals that is free; -EEXIST: the same entry stands there. */
static int find_place(struct store *store, struct slice head, struct slice value, struct buf *key)
{
    struct buf there;
    int error = 0;
    buf_init(&there, DEVICE_VALUE_MAX);
    for (unsigned i = 0; !error && i <= UINT16_MAX; i++) {
        buf_consume(key, buf_size(key));
        buf_append(key, head);
        buf_append_byte(key, (uint8_t)(i >> 8));
        buf_append_byte(key, (uint8_t)i);
        error = store_get(store, TABLE_HISTORY, buf_slice(key), &there);
        if (!error && slice_equal(buf_slice(&there), value))
            error = -EEXIST;
    }
    buf_clear(&there);
    return error == ERR_NOT_FOUND ? 0 : error ? error : ERR_FULL;
}

static int add(struct store *store, struct slice account, const struct device_history_entry *entry,
               struct slice value)
{
    struct buf head, key;
    buf_init(&head, STORE_KEY_MAX);
    buf_init(&key, STORE_KEY_MAX);
    device_put_account(&head, account);
    device_put_time(&head, entry->wall_us);
    int error = head.failed ? -ENOMEM : find_place(store, buf_slice(&head), value, &key);
    if (!error)
        error = store_put(store, TABLE_HISTORY, buf_slice(&key), value);
    buf_clear(&key);
    buf_clear(&head);
    return error;
}

int device_history_add(struct store *store, struct slice account,
                       const struct device_history_entry *entry)
{
    struct buf value;
    if (!device_account_ok(account) || !entry_ok(entry) || !device_location_ok(&entry->location))
        return -EINVAL;
    buf_init(&value, DEVICE_VALUE_MAX);
    write_value(&value, entry);
    int error = value.failed ? -ENOMEM : add(store, account, entry, buf_slice(&value));
    buf_clear(&value);
    if (error == -EEXIST)
        return 0;
    return error ? error : trim(store, account);
}
