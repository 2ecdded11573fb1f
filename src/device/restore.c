/* SPDX-License-Identifier: ISC
 *
 * The inverse of backup.c: one line, one record. What it says is checked as if a stranger had
 * written it; names that no record has are refused, so that a misspelt one is not lost silently.
 */
#include "device/device_internal.h"

#include <errno.h>
#include <string.h>

#include <jansson.h>

struct import {
    json_t *object;
    size_t used;      /* how many of its members were read */
    const char *what; /* what is wrong first; NULL: nothing yet */
    uint8_t account[DEVICE_ACCOUNT_MAX], typed[DEVICE_ACCOUNT_MAX];
};

static void wrong(struct import *in, const char *what)
{
    if (!in->what)
        in->what = what;
}

/* ---- members ---- */

static const json_t *member(struct import *in, const char *name)
{
    const json_t *value = json_object_get(in->object, name);
    in->used += value != NULL;
    return value;
}

/* Empty when it is not there. */
static struct slice text_of(struct import *in, const char *name)
{
    const json_t *value = member(in, name);
    if (value && !json_is_string(value))
        wrong(in, "not a text");
    if (!json_is_string(value))
        return (struct slice){ 0 };
    return (struct slice){ (const uint8_t *)json_string_value(value), json_string_length(value) };
}

static int64_t number_of(struct import *in, const char *name, int64_t min, int64_t max)
{
    const json_t *value = member(in, name);
    int64_t n = json_is_integer(value) ? json_integer_value(value) : 0;
    if (!json_is_integer(value))
        wrong(in, "a number is missing");
    else if (n < min || n > max)
        wrong(in, "a number out of range");
    return n;
}

static int64_t time_of(struct import *in, const char *name)
{
    return number_of(in, name, INT64_MIN, INT64_MAX);
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Lower case only: each name has one form. */
static size_t unhex(struct import *in, struct slice hex, uint8_t *out, size_t max)
{
    if (hex.n % 2 || hex.n / 2 > max) {
        wrong(in, "not hexadecimal");
        return 0;
    }
    for (size_t i = 0; i < hex.n; i += 2) {
        int high = hex_value(hex.p[i]), low = hex_value(hex.p[i + 1]);
        if (high < 0 || low < 0) {
            wrong(in, "not hexadecimal");
            return 0;
        }
        out[i / 2] = (uint8_t)(high << 4 | low);
    }
    return hex.n / 2;
}

static struct slice name_of(struct import *in, const char *name, const char *in_hex,
                            uint8_t room[DEVICE_ACCOUNT_MAX])
{
    struct slice text = text_of(in, name), hex = text_of(in, in_hex);
    if (text.n == 0)
        text = (struct slice){ room, unhex(in, hex, room, DEVICE_ACCOUNT_MAX) };
    else if (hex.n)
        wrong(in, "one name twice");
    if (!device_account_ok(text))
        wrong(in, "not an account");
    return text;
}

static struct slice account_of(struct import *in)
{
    return name_of(in, "account", "account-hex", in->account);
}

static void identity_of(struct import *in, struct slice *type, struct pseudonym *token)
{
    struct slice text = text_of(in, "token");
    *type = text_of(in, "type");
    if (!device_type_ok(*type))
        wrong(in, "not a type");
    if (!pseudonym_parse(text, token))
        wrong(in, "not a token's pseudonym");
}

static struct device_key key_of(struct import *in)
{
    struct device_key key = { .account = account_of(in) };
    identity_of(in, &key.type, &key.token);
    return key;
}

static struct device_network network_of(struct import *in)
{
    struct device_network network = { 0 };
    if (!device_network_parse(text_of(in, "network"), &network))
        wrong(in, "not a network");
    return network;
}

static void keep_text(struct import *in, struct slice text, char *room, size_t size)
{
    if (!device_text_ok(text, size - 1))
        wrong(in, "a text too long, or with control characters");
    (void)slice_keep(text, room, size - 1);
}

static struct device_location location_of(struct import *in)
{
    struct device_location l = { 0 };
    json_t *where = json_object_get(in->object, "location");
    struct import inner = { .object = where };
    if (!where)
        return l;
    in->used++;
    keep_text(&inner, text_of(&inner, "country"), l.country, sizeof l.country);
    keep_text(&inner, text_of(&inner, "name"), l.name, sizeof l.name);
    if (json_object_get(where, "as"))
        l.as = (uint32_t)number_of(&inner, "as", 1, UINT32_MAX);
    if (json_object_get(where, "latitude")) {
        l.has_position = true;
        l.latitude = (int32_t)number_of(&inner, "latitude", -90000, 90000);
        l.longitude = (int32_t)number_of(&inner, "longitude", -180000, 180000);
        l.radius = (uint32_t)number_of(&inner, "radius", 0, UINT32_MAX);
    }
    if (inner.what || !device_location_ok(&l) || !json_is_object(where) ||
        inner.used != json_object_size(where))
        wrong(in, "not a location");
    return l;
}

/* ---- records ---- */

/* Nothing is written when anything is wrong; 0 then, and in->what is set. */
static bool complete(struct import *in)
{
    if (in->used != json_object_size(in->object))
        wrong(in, "a member that this record has not");
    return !in->what;
}

static void read_revocation(struct import *in, struct device *d)
{
    if (d->state != DEVICE_REVOKED)
        return;
    d->revoked_until_us = time_of(in, "revoked-until");
    if (!device_state_parse(text_of(in, "revoked-from"), &d->revoked_from) ||
        d->revoked_from == DEVICE_REVOKED)
        wrong(in, "not what it was before");
}

static void read_shape(struct import *in, struct device *d)
{
    if (!device_shape_parse(text_of(in, "shape"), &d->shape))
        wrong(in, "not a shape");
    if (d->shape == DEVICE_SHAPE_HARDWARE &&
        unhex(in, text_of(in, "oui"), d->oui, sizeof d->oui) != sizeof d->oui)
        wrong(in, "not an OUI");
}

static int import_device(struct store *store, struct import *in)
{
    struct device_row row = { .version = 0 };
    struct device *d = &row.device;
    struct device_key key = key_of(in);
    if (!device_state_parse(text_of(in, "state"), &d->state))
        wrong(in, "not a state");
    d->first_us = time_of(in, "first");
    d->last_us = time_of(in, "last");
    d->count = (uint64_t)number_of(in, "count", 0, INT64_MAX);
    d->network = network_of(in);
    d->location = location_of(in);
    read_shape(in, d);
    read_revocation(in, d);
    keep_text(in, text_of(in, "label"), d->label, sizeof d->label);
    return complete(in) && store ? device_row_save(store, &key, &row) : 0;
}

static int import_place(struct store *store, struct import *in)
{
    struct slice account = account_of(in);
    struct device_network network = network_of(in);
    struct device_place place = { .first_us = time_of(in, "first") };
    place.last_us = time_of(in, "last");
    place.count = (uint64_t)number_of(in, "count", 0, INT64_MAX);
    if (network.family == 0)
        wrong(in, "not a network");
    return complete(in) && store ? device_place_put(store, account, &network, &place) : 0;
}

static int import_account(struct store *store, struct import *in)
{
    struct slice account = account_of(in);
    struct device_account a = { .first_us = time_of(in, "first") };
    a.last_us = time_of(in, "last");
    return complete(in) && store ? device_account_save(store, account, &a) : 0;
}

static int import_alias(struct store *store, struct import *in)
{
    struct slice account = account_of(in);
    struct slice typed = name_of(in, "typed", "typed-hex", in->typed);
    if (slice_equal(account, typed))
        wrong(in, "an alias of itself");
    return complete(in) && store ? device_alias_teach(store, typed, account) : 0;
}

static int import_licence(struct store *store, struct import *in)
{
    struct device_key key = key_of(in);
    int64_t wall_us = time_of(in, "time");
    return complete(in) && store ? device_licence_put(store, &key, wall_us) : 0;
}

static int import_history(struct store *store, struct import *in)
{
    struct slice account = account_of(in);
    struct device_history_entry e = { .wall_us = time_of(in, "time") };
    if (!device_kind_parse(text_of(in, "kind"), &e.kind))
        wrong(in, "not a kind");
    if (!device_alert_parse(text_of(in, "alert"), &e.alert))
        wrong(in, "not an alert");
    if (json_object_get(in->object, "type"))
        identity_of(in, &e.type, &e.token);
    e.network = network_of(in);
    e.location = location_of(in);
    e.reason = text_of(in, "reason");
    if (!device_text_ok(e.reason, DEVICE_REASON_MAX))
        wrong(in, "a text too long, or with control characters");
    return complete(in) && store ? device_history_add(store, account, &e) : 0;
}

static const struct {
    const char *name;
    int (*import)(struct store *store, struct import *in);
} records[] = {
    { "device", import_device }, { "place", import_place },     { "account", import_account },
    { "alias", import_alias },   { "licence", import_licence }, { "history", import_history },
};

static int import_object(struct store *store, struct import *in)
{
    struct slice record = text_of(in, "record");
    for (size_t i = 0; i < ARRAY_SIZE(records); i++)
        if (slice_equal(record, slice_of_str(records[i].name)))
            return records[i].import(store, in);
    wrong(in, "no such record");
    return 0;
}

int device_import_line(struct store *store, struct slice json, struct fault *why)
{
    json_error_t at = { .position = 0 };
    struct import in = { .what = NULL };
    if (json.n > DEVICE_LINE_MAX) {
        *why = (struct fault){ DEVICE_LINE_MAX, "too long" };
        return -EINVAL;
    }
    in.object = json_loadb((const char *)json.p, json.n, JSON_REJECT_DUPLICATES, &at);
    if (!json_is_object(in.object)) {
        json_decref(in.object);
        size_t where = at.position > 0 ? (size_t)at.position : 0;
        *why = (struct fault){ where < json.n ? where : json.n, "not an object of JSON" };
        return -EINVAL;
    }
    int error = import_object(store, &in);
    json_decref(in.object);
    if (in.what) {
        *why = (struct fault){ 0, in.what };
        return -EINVAL;
    }
    return error;
}
