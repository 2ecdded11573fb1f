/* SPDX-License-Identifier: ISC
 *
 * IDENTITY on a command line to the key of a device, and what its token exposes.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "cmd/cmd.h"
#include "cmd/device.h"
#include "cmd/text.h"
#include "smtp/clientid.h"

#define LETTERS_LEAST 6 /* of the pseudonym, behind the number of its key */

struct search {
    struct slice type, begin; /* "~1.k3vabc" */
    struct device_key *out;
    size_t found;
};

/* ---- the beginning of a pseudonym ---- */

static bool on_device(void *context, const struct device_key *key, const struct device *device)
{
    struct search *s = context;
    char text[PSEUDONYM_TEXT_MAX];
    (void)device;
    if (slice_equal(key->type, s->type) &&
        slice_starts(slice_of_str(pseudonym_text(&key->token, text)), s->begin)) {
        s->out->token = key->token;
        s->found++;
    }
    return s->found < 2;
}

static bool long_enough(struct slice begin)
{
    struct slice number, letters;
    return slice_cut(begin, '.', &number, &letters) && letters.n >= LETTERS_LEAST;
}

static int find_beginning(struct tool *t, struct slice begin, struct device_key *out)
{
    struct search s = { .type = out->type, .begin = begin, .out = out };
    int error = 0;
    if (!long_enough(begin))
        return tool_say(t, "give at least %d letters of the pseudonym", LETTERS_LEAST);
    if (t->store)
        error = device_each(t->store, out->account, on_device, &s);
    if (error && error != ERR_FORMAT)
        return tool_error(t, t->conf->state, error);
    if (s.found == 1)
        return CMD_OK;
    return tool_say(t, s.found ? "more than one device begins so" : "no such device");
}

/* ---- a token in clear ---- */

/* Under the key by which the device is recorded, which may be an older one; else the newest. */
static void find_key(struct tool *t, struct slice token, struct device_key *out)
{
    struct pseudonym all[SECRET_KEYS_MAX];
    struct device device;
    size_t n = pseudonyms_of(t->privacy, ID_CLIENTID_TOKEN, out->type, token, all, SECRET_KEYS_MAX);
    for (size_t i = n; i-- > 0;) {
        out->token = all[i]; /* the newest stays when none is found */
        if (t->store && i > 0 && device_find(t->store, out, &device) == 0)
            return;
    }
}

static int make_pseudonym(struct tool *t, struct slice token, struct device_key *out)
{
    struct buf argument;
    struct clientid id;
    struct fault why;
    int code = tool_secret(t);
    if (code != CMD_OK)
        return code;
    buf_init(&argument, DEVICE_TYPE_MAX + 1 + CLIENTID_TOKEN_MAX);
    buf_append(&argument, out->type);
    buf_append_byte(&argument, ' ');
    buf_append(&argument, token);
    if (argument.failed)
        code = tool_say(t, "a token has at most %d bytes", CLIENTID_TOKEN_MAX);
    else if (!smtp_clientid_parse(buf_slice(&argument), true, &id, &why))
        code = tool_say(t, "not an identity: %s", why.what);
    else
        find_key(t, id.token, out);
    buf_wipe(&argument);
    return code;
}

/* ---- either ---- */

int cmd_device_identity(struct tool *t, struct slice account, const char *text,
                        struct device_key *out, char type[DEVICE_TYPE_MAX + 1])
{
    struct slice name, token;
    struct device_key key = { .account = account };
    bool cut = slice_cut(slice_of_str(text), ':', &name, &token);
    if (!cut || name.n == 0 || name.n > DEVICE_TYPE_MAX || token.n == 0)
        return tool_say(t, "an identity is TYPE:~pseudonym or TYPE:TOKEN");
    for (size_t i = 0; i < name.n; i++)
        type[i] = (char)ascii_upper(name.p[i]);
    type[name.n] = '\0';
    key.type = slice_of_str(type);
    int code = CMD_OK;
    if (!slice_starts(token, SLICE("~")))
        code = make_pseudonym(t, token, &key);
    else if (!pseudonym_parse(token, &key.token))
        code = find_beginning(t, token, &key);
    if (code == CMD_OK)
        *out = key;
    return code;
}

/* ---- what a token exposes ---- */

bool cmd_device_is_hardware(const struct device_key *key, const struct device *device)
{
    return device->shape == DEVICE_SHAPE_HARDWARE || slice_equal(key->type, SLICE("MAC"));
}

const char *cmd_device_exposes(const struct device_key *key, const struct device *device)
{
    return identifier_exposure(cmd_device_is_hardware(key, device) ? ID_HARDWARE_ADDRESS
                                                                   : ID_CLIENTID_TOKEN)
        ->exposes;
}

static const char *shape_text(enum device_shape shape)
{
    switch (shape) {
    case DEVICE_SHAPE_PLAIN: return "plain";
    case DEVICE_SHAPE_UUID: return "uuid";
    case DEVICE_SHAPE_HARDWARE: return "hardware-address";
    }
    return "plain";
}

static bool put(json_t *o, const char *name, const char *text)
{
    return !text[0] || json_object_set_new(o, name, json_string(text)) == 0;
}

static bool put_time(json_t *o, const char *name, int64_t wall_us)
{
    char text[TEXT_TIME_MAX];
    return put(o, name, wall_us ? text_utc(wall_us, text) : "");
}

static bool put_maker(json_t *o, const struct device *device, const struct vendors *vendors)
{
    const uint8_t *oui = device->oui;
    char text[12];
    if (device->shape != DEVICE_SHAPE_HARDWARE)
        return true;
    (void)snprintf(text, sizeof text, "%02x-%02x-%02x", oui[0], oui[1], oui[2]);
    struct slice maker = vendors_find(vendors, oui);
    json_t *name = json_stringn(maker.n ? (const char *)maker.p : "", maker.n);
    if (maker.n && json_object_set_new(o, "vendor", name ? name : json_null()))
        return false;
    if (maker.n == 0)
        json_decref(name);
    return put(o, "oui", text) &&
           json_object_set_new(o, "local-address", json_boolean(vendor_is_local(oui))) == 0;
}

static bool put_where(json_t *o, const struct device *device)
{
    char network[DEVICE_NETWORK_TEXT_MAX];
    const struct device_location *l = &device->location;
    if (device->network.family &&
        !put(o, "network", device_network_text(&device->network, network)))
        return false;
    if (l->as && json_object_set_new(o, "as", json_integer(l->as)))
        return false;
    return put(o, "country", l->country) && put(o, "place", l->name);
}

json_t *cmd_device_json(const struct device_key *key, const struct device *device,
                        const struct vendors *vendors)
{
    char account[TEXT_ACCOUNT_MAX], token[PSEUDONYM_TEXT_MAX];
    uint64_t count = device->count < INT64_MAX ? device->count : INT64_MAX;
    bool utf8 = slice_is_utf8(key->account); /* then it goes in as it is */
    (void)text_account(key->account, account);
    json_t *o = json_pack(
        "{s:s%, s:s%, s:s, s:s, s:I}", "account", utf8 ? (const char *)key->account.p : account,
        utf8 ? key->account.n : strlen(account), "type", key->type.p, key->type.n, "pseudonym",
        pseudonym_text(&key->token, token), "state",
        device_state_text(device_state_at(device, clock_wall_us())), "count", (json_int_t)count);
    bool good = o && put_time(o, "first", count ? device->first_us : 0) &&
                put_time(o, "last", count ? device->last_us : 0);
    if (good && device_state_at(device, clock_wall_us()) == DEVICE_REVOKED)
        good = put_time(o, "until", device->revoked_until_us);
    good = good && put_where(o, device) && put(o, "label", device->label) &&
           put(o, "shape", shape_text(device->shape)) && put_maker(o, device, vendors) &&
           put(o, "exposes", cmd_device_exposes(key, device));
    if (good)
        return o;
    json_decref(o);
    return NULL;
}
