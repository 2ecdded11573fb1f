/* SPDX-License-Identifier: ISC
 *
 * postern device list, places: every device, every place. Once to measure, once to print: a house
 * of a million accounts does not have to fit into memory.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "cmd/cmd.h"
#include "cmd/device.h"
#include "cmd/text.h"

#define TIME_WIDTH 25

struct listing {
    struct vendors *vendors;
    struct slice account; /* empty: all */
    int account_width, second_width, where_width;
    bool hardware; /* one of them is */
    size_t n;
};

static void widen(int *width, int n)
{
    if (n > *width)
        *width = n;
}

static void print_account(const struct listing *l, struct slice account)
{
    char text[TEXT_ACCOUNT_MAX];
    int columns = text_account(account, text);
    int pad = columns < l->account_width ? l->account_width - columns : 0;
    (void)printf("%s%*s  ", text, pad, "");
}

/* ---- devices ---- */

static bool measure_device(void *context, const struct device_key *key, const struct device *device)
{
    struct listing *l = context;
    char account[TEXT_ACCOUNT_MAX], identity[TEXT_IDENTITY_MAX], where[TEXT_WHERE_MAX];
    widen(&l->account_width, text_account(key->account, account));
    widen(&l->second_width, (int)strlen(text_identity(key->type, &key->token, identity)));
    widen(&l->where_width, (int)strlen(text_where(&device->network, &device->location, where)));
    l->hardware = l->hardware || cmd_device_is_hardware(key, device);
    l->n++;
    return true;
}

/* The label; "!" for a hardware address, and who made it where that is known. */
static void print_label(const struct listing *l, const struct device_key *key,
                        const struct device *device)
{
    struct slice maker = { 0 };
    bool hardware = cmd_device_is_hardware(key, device);
    (void)printf("%s%s%s%s", device->label[0] ? "  " : "", device->label, hardware ? "  " : "",
                 hardware ? "!" : "");
    if (hardware && device->shape == DEVICE_SHAPE_HARDWARE)
        maker = vendors_find(l->vendors, device->oui);
    if (maker.n)
        (void)printf(" %.*s", SLICE_ARG(maker));
    (void)putchar('\n');
}

static bool print_device(void *context, const struct device_key *key, const struct device *device)
{
    const struct listing *l = context;
    char identity[TEXT_IDENTITY_MAX], last[TEXT_TIME_MAX], where[TEXT_WHERE_MAX];
    bool more = device->label[0] || cmd_device_is_hardware(key, device);
    print_account(l, key->account);
    (void)printf("%-*s  %-8s  %-*s  %6llu  %-*s", l->second_width,
                 text_identity(key->type, &key->token, identity),
                 device_state_text(device_state_at(device, clock_wall_us())), TIME_WIDTH,
                 text_time(device->count ? device->last_us : 0, last),
                 (unsigned long long)device->count, more ? l->where_width : 0,
                 text_where(&device->network, &device->location, where));
    print_label(l, key, device);
    return !ferror(stdout);
}

static int print_devices(struct tool *t, struct listing *l)
{
    l->account_width = (int)strlen("ACCOUNT");
    l->second_width = (int)strlen("DEVICE");
    l->where_width = (int)strlen("FROM");
    int error = t->store ? device_each(t->store, l->account, measure_device, l) : 0;
    if (error && error != ERR_FORMAT) /* broken records are said after the good ones are shown */
        return error;
    if (l->n == 0) {
        (void)puts("no devices");
        return error;
    }
    (void)printf("%-*s  %-*s  %-8s  %-*s  %6s  %-*s  LABEL\n", l->account_width, "ACCOUNT",
                 l->second_width, "DEVICE", "STATE", TIME_WIDTH, "LAST", "COUNT", l->where_width,
                 "FROM");
    error = device_each(t->store, l->account, print_device, l);
    if (l->hardware)
        (void)printf("\n! a hardware address. It exposes: %s\n",
                     identifier_exposure(ID_HARDWARE_ADDRESS)->exposes);
    return error;
}

/* One array, one object a line. */
static bool next_object(struct listing *l, json_t *object)
{
    (void)fputs(l->n++ ? ",\n " : "\n ", stdout);
    int failed = object ? json_dumpf(object, stdout, JSON_COMPACT) : -1;
    json_decref(object);
    return failed == 0 && !ferror(stdout);
}

static bool json_device(void *context, const struct device_key *key, const struct device *device)
{
    struct listing *l = context;
    return next_object(l, cmd_device_json(key, device, l->vendors));
}

static int list_devices(struct tool *t, struct listing *l)
{
    l->vendors = vendors_open(VENDOR_FILE);
    int error = 0;
    if (!t->json)
        error = print_devices(t, l);
    else {
        (void)putchar('[');
        if (t->store)
            error = device_each(t->store, l->account, json_device, l);
        (void)puts(l->n ? "\n]" : "]");
    }
    vendors_free(l->vendors);
    return error;
}

/* ---- places ---- */

static bool measure_place(void *context, struct slice account, const struct device_network *network,
                          const struct device_place *place)
{
    struct listing *l = context;
    char text[TEXT_ACCOUNT_MAX], where[DEVICE_NETWORK_TEXT_MAX];
    (void)place;
    widen(&l->account_width, text_account(account, text));
    widen(&l->second_width, (int)strlen(device_network_text(network, where)));
    l->n++;
    return true;
}

static bool print_place(void *context, struct slice account, const struct device_network *network,
                        const struct device_place *place)
{
    const struct listing *l = context;
    char where[DEVICE_NETWORK_TEXT_MAX], first[TEXT_TIME_MAX], last[TEXT_TIME_MAX];
    print_account(l, account);
    (void)printf("%-*s  %-*s  %-*s  %6llu\n", l->second_width, device_network_text(network, where),
                 TIME_WIDTH, text_time(place->first_us, first), TIME_WIDTH,
                 text_time(place->last_us, last), (unsigned long long)place->count);
    return !ferror(stdout);
}

static bool json_place(void *context, struct slice account, const struct device_network *network,
                       const struct device_place *place)
{
    char text[TEXT_ACCOUNT_MAX], where[DEVICE_NETWORK_TEXT_MAX];
    char first[TEXT_TIME_MAX], last[TEXT_TIME_MAX];
    bool utf8 = slice_is_utf8(account);
    (void)text_account(account, text);
    return next_object(
        context,
        json_pack("{s:s%, s:s, s:s, s:s, s:I}", "account", utf8 ? (const char *)account.p : text,
                  utf8 ? account.n : strlen(text), "network", device_network_text(network, where),
                  "first", text_utc(place->first_us, first), "last", text_utc(place->last_us, last),
                  "count", (json_int_t)place->count));
}

static int list_places(struct tool *t, struct listing *l)
{
    int error = 0;
    if (t->json) {
        (void)putchar('[');
        if (t->store)
            error = device_place_each(t->store, l->account, json_place, l);
        (void)puts(l->n ? "\n]" : "]");
        return error;
    }
    l->account_width = (int)strlen("ACCOUNT");
    l->second_width = (int)strlen("NETWORK");
    if (t->store)
        error = device_place_each(t->store, l->account, measure_place, l);
    if (l->n == 0 || (error && error != ERR_FORMAT)) {
        if (!error)
            (void)puts("no places");
        return error;
    }
    (void)printf("%-*s  %-*s  %-*s  %-*s  %6s\n", l->account_width, "ACCOUNT", l->second_width,
                 "NETWORK", TIME_WIDTH, "FIRST", TIME_WIDTH, "LAST", "COUNT");
    return device_place_each(t->store, l->account, print_place, l);
}

/* ---- either ---- */

static int list(struct device_command *c, int (*print)(struct tool *t, struct listing *l))
{
    struct tool *t = &c->tool;
    struct listing l = { 0 };
    struct buf account;
    buf_init(&account, DEVICE_ACCOUNT_MAX);
    int code = tool_read(t);
    if (code == CMD_OK && c->argument[0])
        code = tool_account(t, c->argument[0], &account);
    if (code == CMD_OK) {
        l.account = buf_slice(&account);
        int error = print(t, &l);
        code = tool_end(t, CMD_OK);
        if (error)
            code = tool_error(t, t->conf->state, error);
    }
    buf_clear(&account);
    return code;
}

int cmd_device_list(struct device_command *c)
{
    return list(c, list_devices);
}

int cmd_device_places(struct device_command *c)
{
    return list(c, list_places);
}
