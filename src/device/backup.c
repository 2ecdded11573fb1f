/* SPDX-License-Identifier: ISC
 *
 * What is kept, as lines of JSON. Names that are no UTF-8 stand in hexadecimal, as "account-hex" and
 * "typed-hex"; counts past what JSON can say stand at its end.
 *
 *   {"record": "account", "account": "a@example.com", "first": 1795253509000000, "last": …}
 *   {"record": "alias", "account": …, "typed": "a"}
 *   {"record": "device", "account": …, "type": "UUID", "token": "~1.k3v…", "state": "known", "first": …,
 *    "last": …, "count": 3, "network": "192.0.2.0/24", "location": {…}, "shape": "hardware",
 *    "oui": "0050c2", "revoked-until": …, "revoked-from": "known", "label": "phone"}
 *   {"record": "place", "account": …, "network": …, "first": …, "last": …, "count": …}
 *   {"record": "licence", "account": …, "type": …, "token": …, "time": …}
 *   {"record": "history", "account": …, "time": …, "kind": "success", "alert": "none", …}
 */
#include "device/device_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/err.h"

struct writing {
    bool (*line)(void *context, struct slice json);
    void *context;
    json_t *(*object)(struct slice key, struct slice value); /* NULL: it cannot be read */
    bool bad, stopped;
    int error;
};

/* ---- parts ---- */

/* Takes value; an object that is NULL stays so, and what cannot be added makes it so. */
static json_t *add(json_t *object, const char *name, json_t *value)
{
    if (object && value && json_object_set_new(object, name, value) == 0)
        return object;
    if (!object)
        json_decref(value);
    json_decref(object);
    return NULL;
}

static json_t *text_json(struct slice text)
{
    return json_stringn((const char *)text.p, text.n);
}

static json_t *hex_json(struct slice bytes)
{
    char hex[2 * DEVICE_ACCOUNT_MAX + 1] = "";
    for (size_t i = 0; i < bytes.n && i < DEVICE_ACCOUNT_MAX; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", bytes.p[i]);
    return json_string(hex);
}

static json_t *add_name(json_t *object, const char *name, struct slice value)
{
    char in_hex[32];
    if (slice_is_utf8(value))
        return add(object, name, text_json(value));
    (void)snprintf(in_hex, sizeof in_hex, "%s-hex", name);
    return add(object, in_hex, hex_json(value));
}

static json_t *record_json(const char *record, struct slice account)
{
    return add_name(add(json_object(), "record", json_string(record)), "account", account);
}

static json_t *add_identity(json_t *object, struct slice type, const struct pseudonym *token)
{
    char text[PSEUDONYM_TEXT_MAX];
    object = add(object, "type", text_json(type));
    return add(object, "token", json_string(pseudonym_text(token, text)));
}

static json_t *add_number(json_t *object, const char *name, int64_t value)
{
    return add(object, name, json_integer(value));
}

static json_t *add_count(json_t *object, uint64_t count)
{
    return add_number(object, "count", count < INT64_MAX ? (int64_t)count : INT64_MAX);
}

static json_t *add_network(json_t *object, const struct device_network *network)
{
    char text[DEVICE_NETWORK_TEXT_MAX];
    return add(object, "network", json_string(device_network_text(network, text)));
}

/* Only what is known of it. */
static json_t *add_location(json_t *object, const struct device_location *l)
{
    json_t *where = json_object();
    if (l->country[0])
        where = add(where, "country", json_string(l->country));
    if (l->name[0])
        where = add(where, "name", json_string(l->name));
    if (l->as)
        where = add_number(where, "as", l->as);
    if (l->has_position) {
        where = add_number(where, "latitude", l->latitude);
        where = add_number(where, "longitude", l->longitude);
        where = add_number(where, "radius", l->radius);
    }
    if (where && json_object_size(where) == 0) {
        json_decref(where);
        return object;
    }
    return add(object, "location", where);
}

/* ---- records ---- */

static json_t *device_json(struct slice key, struct slice value)
{
    struct device_key k;
    struct device d;
    if (!device_read_key(key, &k) || !device_value_parse(value, &d))
        return NULL;
    json_t *o = add_identity(record_json("device", k.account), k.type, &k.token);
    o = add(o, "state", json_string(device_state_text(d.state)));
    o = add_number(o, "first", d.first_us);
    o = add_number(o, "last", d.last_us);
    o = add_count(o, d.count);
    o = add_location(add_network(o, &d.network), &d.location);
    o = add(o, "shape", json_string(device_shape_text(d.shape)));
    if (d.shape == DEVICE_SHAPE_HARDWARE)
        o = add(o, "oui", hex_json((struct slice){ d.oui, sizeof d.oui }));
    if (d.state == DEVICE_REVOKED) {
        o = add_number(o, "revoked-until", d.revoked_until_us);
        o = add(o, "revoked-from", json_string(device_state_text(d.revoked_from)));
    }
    return d.label[0] ? add(o, "label", json_string(d.label)) : o;
}

static json_t *place_json(struct slice key, struct slice value)
{
    struct slice account;
    struct device_network network;
    struct device_place place;
    if (!device_place_parse(key, value, &account, &network, &place))
        return NULL;
    json_t *o = add_network(record_json("place", account), &network);
    o = add_number(o, "first", place.first_us);
    o = add_number(o, "last", place.last_us);
    return add_count(o, place.count);
}

static json_t *account_json(struct slice key, struct slice value)
{
    struct slice account, typed;
    struct device_account a;
    if (!device_account_key_parse(key, &account, &typed))
        return NULL;
    if (typed.n)
        return add_name(record_json("alias", account), "typed", typed);
    if (!device_account_value_parse(value, &a))
        return NULL;
    json_t *o = add_number(record_json("account", account), "first", a.first_us);
    return add_number(o, "last", a.last_us);
}

static json_t *licence_json(struct slice key, struct slice value)
{
    struct device_key k;
    int64_t wall_us;
    if (!device_licence_parse(key, value, &k, &wall_us))
        return NULL;
    json_t *o = add_identity(record_json("licence", k.account), k.type, &k.token);
    return add_number(o, "time", wall_us);
}

static json_t *history_json(struct slice key, struct slice value)
{
    struct slice account;
    struct device_history_entry e;
    if (!device_history_parse(key, value, &account, &e))
        return NULL;
    json_t *o = add_number(record_json("history", account), "time", e.wall_us);
    o = add(o, "kind", json_string(device_kind_text(e.kind)));
    o = add(o, "alert", json_string(device_alert_text(e.alert)));
    if (e.token.key)
        o = add_identity(o, e.type, &e.token);
    o = add_location(add_network(o, &e.network), &e.location);
    return e.reason.n ? add(o, "reason", text_json(e.reason)) : o;
}

/* ---- all of them ---- */

static bool on_record(void *context, struct slice key, struct slice value)
{
    struct writing *x = context;
    json_t *object = x->object(key, value);
    if (!object) {
        x->bad = true;
        return true;
    }
    char *text = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(object);
    if (text)
        x->stopped = !x->line(x->context, slice_of_str(text));
    else
        x->error = -ENOMEM;
    free(text);
    return !x->stopped && !x->error;
}

int device_export(struct store *store, struct slice account,
                  bool (*line)(void *context, struct slice json), void *context)
{
    static const struct {
        const char *name;
        json_t *(*object)(struct slice key, struct slice value);
    } tables[] = {
        { TABLE_ACCOUNT, account_json }, { TABLE_DEVICE, device_json },
        { TABLE_PLACE, place_json },     { TABLE_LICENCE, licence_json },
        { TABLE_HISTORY, history_json },
    };
    struct writing x = { .line = line, .context = context };
    struct buf prefix;
    int error = account.n && !device_account_ok(account) ? -EINVAL : 0;
    buf_init(&prefix, STORE_KEY_MAX);
    if (account.n)
        device_put_account(&prefix, account);
    for (size_t i = 0; !error && !x.stopped && i < ARRAY_SIZE(tables); i++) {
        x.object = tables[i].object;
        error = store_each(store, tables[i].name, buf_slice(&prefix), on_record, &x);
        error = error ? error : x.error;
    }
    buf_clear(&prefix);
    return error ? error : x.bad ? ERR_FORMAT : 0;
}
