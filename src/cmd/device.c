/* SPDX-License-Identifier: ISC
 *
 * postern device list [-c FILE] [--json] [ACCOUNT]: what the registry knows. Reads the store beside
 * the running service.
 */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/err.h"
#include "cmd/cmd.h"
#include "conf/conf.h"
#include "device/device.h"

#define IDENTITY_MAX (DEVICE_TYPE_MAX + 1 + PSEUDONYM_TEXT_MAX)
#define SHOWN_MAX    (4 * DEVICE_ACCOUNT_MAX) /* an account with every byte escaped */

struct options {
    const char *file;
    const char *account; /* NULL: all */
    bool json;
};

struct listing {
    struct store *store;
    struct slice account; /* empty: all */
    int account_width, identity_width;
    size_t n;
};

static void print_usage(FILE *out)
{
    (void)fputs("usage: postern device list [-c FILE] [--json] [ACCOUNT]\n", out);
}

/* ---- one device, in text ---- */

/* May be sent to a terminal as it is: well-formed UTF-8 without control characters (C0, C1, DEL). */
static bool printable(struct slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c < 0x20 || c == 0x7f || (c == 0xc2 && i + 1 < text.n && text.p[i + 1] < 0xa0))
            return false;
    }
    return slice_is_utf8(text);
}

/* Returns the columns that it takes. out is NUL-terminated. */
static int show_account(struct slice account, char out[SHOWN_MAX + 1])
{
    size_t n = 0;
    int columns = 0;
    bool raw = printable(account);
    for (size_t i = 0; i < account.n; i++) {
        uint8_t c = account.p[i];
        if (raw || (c > 0x20 && c < 0x7f && c != '\\'))
            out[n++] = (char)c;
        else
            n += (size_t)snprintf(out + n, SHOWN_MAX + 1 - n, "\\x%02x", c);
        columns += (c & 0xc0) != 0x80; /* a byte that continues a character takes no column */
    }
    out[n] = '\0';
    return raw ? columns : (int)n;
}

static const char *show_identity(const struct device_key *key, char out[IDENTITY_MAX])
{
    char token[PSEUDONYM_TEXT_MAX];
    (void)snprintf(out, IDENTITY_MAX, "%.*s:%s", SLICE_ARG(key->type),
                   pseudonym_text(&key->token, token));
    return out;
}

/* seconds: "2026-11-21 09:11:49Z" for people; else all of it. */
static void show_time(int64_t wall_us, bool seconds, char out[32])
{
    struct buf text;
    buf_init(&text, 31);
    clock_write_rfc3339(&text, wall_us);
    struct slice s = seconds ? slice_first(buf_slice(&text), 19) : buf_slice(&text);
    (void)snprintf(out, 32, "%.*s%s", SLICE_ARG(s), seconds ? "Z" : "");
    buf_clear(&text);
    if (seconds && s.n == 19)
        out[10] = ' ';
}

/* ---- the table: once to measure, once to print ---- */

static bool measure(void *context, const struct device_key *key, const struct device *device)
{
    struct listing *l = context;
    char shown[SHOWN_MAX + 1], identity[IDENTITY_MAX];
    int account = show_account(key->account, shown);
    int width = (int)strlen(show_identity(key, identity));
    (void)device;
    if (account > l->account_width)
        l->account_width = account;
    if (width > l->identity_width)
        l->identity_width = width;
    l->n++;
    return true;
}

static bool print_row(void *context, const struct device_key *key, const struct device *device)
{
    const struct listing *l = context;
    char shown[SHOWN_MAX + 1], identity[IDENTITY_MAX], first[32], last[32];
    int account = show_account(key->account, shown);
    show_time(device->first_us, true, first);
    show_time(device->last_us, true, last);
    int pad = account < l->account_width ? l->account_width - account : 0;
    (void)printf("%s%*s  %-*s  %-20s  %-20s  %6llu\n", shown, pad, "", l->identity_width,
                 show_identity(key, identity), first, last, (unsigned long long)device->count);
    return !ferror(stdout);
}

static int print_table(struct listing *l)
{
    l->account_width = (int)strlen("ACCOUNT");
    l->identity_width = (int)strlen("DEVICE");
    int error = device_each(l->store, l->account, measure, l);
    if (error && error != ERR_FORMAT) /* broken records are said after the good ones are shown */
        return error;
    if (l->n == 0) {
        (void)puts("no devices");
        return error;
    }
    (void)printf("%-*s  %-*s  %-20s  %-20s  %6s\n", l->account_width, "ACCOUNT", l->identity_width,
                 "DEVICE", "FIRST", "LAST", "COUNT");
    return device_each(l->store, l->account, print_row, l);
}

/* ---- JSON: one array, one object a line ---- */

static bool print_object(void *context, const struct device_key *key, const struct device *device)
{
    struct listing *l = context;
    char shown[SHOWN_MAX + 1], token[PSEUDONYM_TEXT_MAX], first[32], last[32];
    (void)show_account(key->account, shown);
    show_time(device->first_us, false, first);
    show_time(device->last_us, false, last);
    uint64_t count = device->count < INT64_MAX ? device->count : INT64_MAX;
    bool utf8 = slice_is_utf8(key->account); /* then it goes in as it is */
    json_t *object = json_pack("{s:s%, s:s%, s:s, s:s, s:s, s:I}", "account",
                               utf8 ? (const char *)key->account.p : shown,
                               utf8 ? key->account.n : strlen(shown), "type", key->type.p,
                               key->type.n, "pseudonym", pseudonym_text(&key->token, token),
                               "first", first, "last", last, "count", (json_int_t)count);
    (void)fputs(l->n++ ? ",\n " : "\n ", stdout);
    int failed = object ? json_dumpf(object, stdout, JSON_COMPACT) : -1;
    json_decref(object);
    return failed == 0 && !ferror(stdout);
}

static int print_json(struct listing *l)
{
    (void)putchar('[');
    int error = l->store ? device_each(l->store, l->account, print_object, l) : 0;
    (void)puts(l->n ? "\n]" : "]");
    return error;
}

/* ---- opening ---- */

/* The state directory belongs to the service's user, who could have put a link there: root becomes
 * him, and leaves no file of root's behind. */
static int become_owner(const char *directory)
{
    struct stat st;
    if (geteuid() != 0 || stat(directory, &st) || st.st_uid == 0)
        return 0;
    if (setgroups(0, NULL) || setgid(st.st_gid) || setuid(st.st_uid))
        return -errno;
    return 0;
}

static int say_error(const char *what, int error)
{
    (void)fprintf(stderr, "postern: %s: %s\n", what, err_text(error));
    return error == ERR_FULL || error == -ENOMEM || error == -EAGAIN ? CMD_TRY_AGAIN : CMD_FAILED;
}

static int print_listing(struct listing *l, const struct options *options, const char *state)
{
    int error = become_owner(state);
    if (!error)
        error = store_open(state, STORE_READ, 0, &l->store);
    if (error == ERR_NOT_FOUND)
        error = 0; /* the service has not recorded any yet */
    if (error)
        return say_error(state, error);
    if (options->json)
        error = print_json(l);
    else if (l->store)
        error = print_table(l);
    else
        (void)puts("no devices");
    store_close(l->store);
    if (fflush(stdout) || ferror(stdout))
        return say_error("output", errno ? -errno : -EIO);
    return error ? say_error(state, error) : CMD_OK;
}

static int list(const struct options *options)
{
    struct buf why, account;
    buf_init(&why, 1024);
    buf_init(&account, DEVICE_ACCOUNT_MAX);
    struct listing listing = { 0 };
    int code = CMD_FAILED;
    struct conf *conf = conf_load(options->file, &why);
    if (!conf)
        (void)fprintf(stderr, "postern: %.*s\n", SLICE_ARG(buf_slice(&why)));
    else if (options->account &&
             !device_account_write(slice_of_str(options->account),
                                   slice_of_str(conf->submission.realm), &account))
        (void)fprintf(stderr, "postern: no account can have that name\n");
    else {
        listing.account = buf_slice(&account);
        code = print_listing(&listing, options, conf->state);
    }
    conf_free(conf);
    buf_clear(&account);
    buf_clear(&why);
    return code;
}

int cmd_device(int argc, char **argv)
{
    static const struct option longs[] = {
        { "config", required_argument, NULL, 'c' },
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    struct options options = { .file = CONF_DEFAULT_FILE };
    int option;
    while ((option = getopt_long(argc, argv, "c:jh", longs, NULL)) != -1) {
        if (option == 'c')
            options.file = optarg;
        else if (option == 'j')
            options.json = true;
        else {
            print_usage(option == 'h' ? stdout : stderr);
            return option == 'h' ? CMD_OK : CMD_USAGE;
        }
    }
    if (optind == argc || strcmp(argv[optind], "list") != 0 || argc - optind > 2) {
        print_usage(stderr);
        return CMD_USAGE;
    }
    options.account = argv[optind + 1]; /* or NULL: argv ends with it */
    return list(&options);
}
