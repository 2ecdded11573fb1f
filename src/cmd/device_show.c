/* SPDX-License-Identifier: ISC
 *
 * postern device show, history: one device, and what an account has seen.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "cmd/cmd.h"
#include "cmd/device.h"
#include "cmd/text.h"

/* ---- show ---- */

static void line(const char *name, const char *text)
{
    if (text[0])
        (void)printf("%-11s%s\n", name, text);
}

static void line_maker(const struct device *device, const struct vendors *vendors)
{
    const uint8_t *oui = device->oui;
    struct slice maker = vendors_find(vendors, oui);
    if (device->shape != DEVICE_SHAPE_HARDWARE)
        return;
    (void)printf("%-11s%02x-%02x-%02x, ", "maker", oui[0], oui[1], oui[2]);
    if (vendor_is_local(oui))
        (void)puts("a locally administered address: software made it up");
    else if (maker.n)
        (void)printf("%.*s\n", SLICE_ARG(maker));
    else
        (void)puts(vendors ? "not in the IEEE's list" : "unknown (" VENDOR_FILE " is not there)");
}

static void line_state(const struct device *device)
{
    char until[TEXT_TIME_MAX];
    enum device_state state = device_state_at(device, clock_wall_us());
    (void)printf("%-11s%s", "state", device_state_text(state));
    if (state == DEVICE_REVOKED && device->revoked_until_us)
        (void)printf(" until %s, then %s", text_time(device->revoked_until_us, until),
                     device_state_text(device->revoked_from));
    (void)putchar('\n');
}

static void print_device(const struct device_key *key, const struct device *device,
                         const struct vendors *vendors)
{
    char account[TEXT_ACCOUNT_MAX], identity[TEXT_IDENTITY_MAX], text[TEXT_TIME_MAX];
    char where[TEXT_WHERE_MAX], count[24];
    (void)text_account(key->account, account);
    (void)snprintf(count, sizeof count, "%llu", (unsigned long long)device->count);
    line("account", account);
    line("device", text_identity(key->type, &key->token, identity));
    line_state(device);
    line("label", device->label);
    line("first", text_time(device->count ? device->first_us : 0, text));
    line("last", text_time(device->count ? device->last_us : 0, text));
    line("successes", count);
    line("from", text_where(&device->network, &device->location, where));
    line_maker(device, vendors);
    line("exposes", cmd_device_exposes(key, device));
}

static int show(struct tool *t, const struct device_key *key)
{
    struct device device;
    int error = t->store ? device_find(t->store, key, &device) : ERR_NOT_FOUND;
    if (error == ERR_NOT_FOUND)
        return tool_say(t, "no such device");
    if (error)
        return tool_error(t, t->conf->state, error);
    struct vendors *vendors = vendors_open(VENDOR_FILE);
    int code = CMD_OK;
    if (t->json)
        code = tool_json(t, cmd_device_json(key, &device, vendors));
    else
        print_device(key, &device, vendors);
    vendors_free(vendors);
    return code;
}

int cmd_device_show(struct device_command *c)
{
    struct tool *t = &c->tool;
    struct device_key key;
    struct buf account;
    char type[DEVICE_TYPE_MAX + 1];
    buf_init(&account, DEVICE_ACCOUNT_MAX);
    int code = tool_read(t);
    if (code == CMD_OK)
        code = tool_account(t, c->argument[0], &account);
    if (code == CMD_OK)
        code = cmd_device_identity(t, buf_slice(&account), c->argument[1], &key, type);
    if (code == CMD_OK)
        code = show(t, &key);
    buf_clear(&account);
    return code == CMD_OK ? tool_end(t, code) : code;
}

/* ---- history ---- */

struct history {
    bool json;
    size_t n;
};

static const char *event_text(const struct device_history_entry *e)
{
    switch (e->kind) {
    case DEVICE_EVENT_SUCCESS: return e->alert == DEVICE_ALERT_NONE ? "success" : "alert";
    case DEVICE_EVENT_FAILURE: return "failure";
    case DEVICE_EVENT_REVOKE: return "revoked";
    case DEVICE_EVENT_ALERT: return "alert";
    }
    return "";
}

static void print_entry(const struct device_history_entry *e, const char *identity)
{
    char time[TEXT_TIME_MAX], where[TEXT_WHERE_MAX];
    const char *alert = e->alert == DEVICE_ALERT_NONE ? "" : device_alert_text(e->alert);
    (void)printf("%-25s  %-7s  %-44s  %-24s  %s%s%.*s\n", text_time(e->wall_us, time),
                 event_text(e), identity[0] ? identity : "-",
                 text_where(&e->network, &e->location, where), alert,
                 alert[0] && e->reason.n ? ", " : "", SLICE_ARG(e->reason));
}

static bool json_entry(struct history *h, const struct device_history_entry *e,
                       const char *identity)
{
    char time[TEXT_TIME_MAX], network[DEVICE_NETWORK_TEXT_MAX];
    const struct device_location *l = &e->location;
    struct slice reason = slice_is_utf8(e->reason) ? e->reason : (struct slice){ 0 };
    (void)fputs(h->n ? ",\n " : "\n ", stdout);
    json_t *o = json_pack(
        "{s:s, s:s, s:s*, s:s*, s:s*, s:s*, s:s*}", "time", text_utc(e->wall_us, time), "event",
        event_text(e), "alert", e->alert == DEVICE_ALERT_NONE ? NULL : device_alert_text(e->alert),
        "identity", identity[0] ? identity : NULL, "network",
        e->network.family ? device_network_text(&e->network, network) : NULL, "country",
        l->country[0] ? l->country : NULL, "place", l->name[0] ? l->name : NULL);
    json_t *text = json_stringn(reason.n ? (const char *)reason.p : "", reason.n);
    bool good = o && text && (reason.n == 0 || json_object_set(o, "reason", text) == 0) &&
                json_dumpf(o, stdout, JSON_COMPACT) == 0;
    json_decref(text);
    json_decref(o);
    return good;
}

static bool on_entry(void *context, const struct device_history_entry *e)
{
    struct history *h = context;
    char identity[TEXT_IDENTITY_MAX] = "";
    bool good = true;
    if (e->token.key)
        (void)text_identity(e->type, &e->token, identity);
    if (h->json)
        good = json_entry(h, e, identity);
    else
        print_entry(e, identity);
    h->n++;
    return good && !ferror(stdout);
}

int cmd_device_history(struct device_command *c)
{
    struct tool *t = &c->tool;
    struct history h = { .json = t->json };
    struct buf account;
    int error = 0;
    buf_init(&account, DEVICE_ACCOUNT_MAX);
    int code = tool_read(t);
    if (code == CMD_OK)
        code = tool_account(t, c->argument[0], &account);
    if (code == CMD_OK && t->json)
        (void)putchar('[');
    if (code == CMD_OK && t->store)
        error = device_history_each(t->store, buf_slice(&account), on_entry, &h);
    if (code == CMD_OK && t->json)
        (void)puts(h.n ? "\n]" : "]");
    else if (code == CMD_OK && h.n == 0 && !error)
        (void)puts("no history");
    buf_clear(&account);
    if (code == CMD_OK)
        code = tool_end(t, code);
    return error && code == CMD_OK ? tool_error(t, t->conf->state, error) : code;
}
