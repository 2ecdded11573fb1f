/* SPDX-License-Identifier: ISC
 *
 * postern audit anonymise: a capture that may be sent.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

#include "audit/anonymise.h"
#include "capture/writer.h"
#include "cmd/audit.h"
#include "cmd/cmd.h"
#include "cmd/tool.h"

#define WHY_MAX 4096

struct anonymise {
    struct tool tool;
    struct capture_filter filter;
    const char *secret;
    bool keep_oui, keep_vendor;
    struct anonymise_map map;
    struct capture_records *records;
    struct anonymiser *anonymiser;
    struct capture_writer *writer;
};

static const char usage[] =
    "usage: postern audit anonymise [--secret FILE] [--keep-oui] [--keep-vendor] [--port N]... IN "
    "OUT\n"
    "\n"
    "  --secret FILE  the key: copies made with the same one fit together; else a random one, "
    "forgotten\n"
    "  --keep-oui     who made a network card stays to be seen\n"
    "  --keep-vendor  vendor class strings stay\n"
    "  -p, --port N   a further UDP port that DHCP is on, beside 67 and 68\n"
    "\n"
    "\"-\" is the standard input or output. OUT has the format of IN.\n";

enum { OPT_SECRET = 256, OPT_KEEP_OUI, OPT_KEEP_VENDOR };

static bool take_option(struct anonymise *a, int option)
{
    switch (option) {
    case OPT_SECRET: a->secret = optarg; return true;
    case OPT_KEEP_OUI: a->keep_oui = true; return true;
    case OPT_KEEP_VENDOR: a->keep_vendor = true; return true;
    case 'p': return audit_port_add(&a->filter, optarg);
    default: return false;
    }
}

static bool take_options(struct anonymise *a, int argc, char **argv, int *code)
{
    static const struct option longs[] = {
        { "secret", required_argument, NULL, OPT_SECRET },
        { "keep-oui", no_argument, NULL, OPT_KEEP_OUI },
        { "keep-vendor", no_argument, NULL, OPT_KEEP_VENDOR },
        { "port", required_argument, NULL, 'p' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int option;
    optind = 0;
    while ((option = getopt_long(argc, argv, "p:h", longs, NULL)) != -1)
        if (!take_option(a, option)) {
            *code = tool_usage(&a->tool, usage, option);
            return false;
        }
    if (argc - optind == 2)
        return true;
    *code = tool_usage(&a->tool, usage, '?');
    return false;
}

/* 0, or it was said what is wrong. */
static int make_key(const struct anonymise *a, uint8_t key[ANONYMISE_KEY], struct buf *why)
{
    if (sodium_init() < 0)
        return tool_say(&a->tool, "the crypto library does not start");
    if (!a->secret) {
        randombytes_buf(key, ANONYMISE_KEY);
        return CMD_OK;
    }
    struct privacy *privacy = privacy_open(a->secret, NULL, 0, why);
    if (!privacy)
        return tool_say(&a->tool, "%.*s", SLICE_ARG(buf_slice(why)));
    privacy_derive(privacy, "audit anonymise", key);
    privacy_free(privacy);
    return CMD_OK;
}

static bool same_file(const char *in, const char *out)
{
    struct stat a, b;
    return strcmp(in, "-") != 0 && strcmp(out, "-") != 0 && stat(in, &a) == 0 &&
           stat(out, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int say(const struct anonymise *a, const char *path, const struct buf *why)
{
    return tool_say(&a->tool, "%s: %.*s", path, SLICE_ARG(buf_slice(why)));
}

static int open_all(struct anonymise *a, const char *in, const char *out, struct buf *why)
{
    uint8_t key[ANONYMISE_KEY];
    if (same_file(in, out))
        return tool_say(&a->tool, "%s: the copy must be another file", out);
    int code = make_key(a, key, why);
    if (code)
        return code;
    struct capture_input *input = capture_input_open(in, why);
    a->records = input ? capture_records_open(input, why) : NULL;
    if (!a->records)
        return say(a, in, why);
    anonymise_map_init(&a->map, key);
    a->map.keep_oui = a->keep_oui;
    a->map.keep_vendor = a->keep_vendor;
    a->anonymiser = anonymiser_new(&a->map, &a->filter);
    sodium_memzero(key, sizeof key);
    if (!a->anonymiser)
        return tool_error(&a->tool, in, -ENOMEM);
    a->writer = capture_writer_open(out, capture_records_format(a->records), why);
    return a->writer ? CMD_OK : tool_say(&a->tool, "%.*s", SLICE_ARG(buf_slice(why)));
}

static int write_finished(struct anonymise *a)
{
    struct capture_frame frame;
    int error = 0;
    while (!error && anonymiser_next(a->anonymiser, &frame))
        error = capture_writer_frame(a->writer, &frame);
    return error;
}

/* What came before damage is in the copy. */
static int copy(struct anonymise *a, const char *in, const char *out, struct buf *why)
{
    struct capture_frame frame;
    int got, error = 0;
    while (!error && (got = capture_records_next(a->records, &frame, why)) > 0) {
        error = anonymiser_add(a->anonymiser, &frame);
        if (!error)
            error = write_finished(a);
    }
    if (!error) {
        anonymiser_end(a->anonymiser);
        error = write_finished(a);
    }
    int closed = capture_writer_close(TAKE(a->writer));
    error = error ? error : closed;
    if (error)
        return tool_error(&a->tool, out, error);
    return got < 0 ? say(a, in, why) : CMD_OK;
}

static int run(struct anonymise *a, const char *in, const char *out)
{
    struct buf why;
    buf_init(&why, WHY_MAX);
    int code = open_all(a, in, out, &why);
    if (code == CMD_OK)
        code = copy(a, in, out, &why);
    anonymiser_free(a->anonymiser);
    if (a->records)
        capture_records_close(a->records);
    buf_clear(&why);
    return code;
}

int cmd_audit_anonymise(int argc, char **argv)
{
    int code = CMD_OK;
    struct anonymise *a = calloc(1, sizeof *a);
    if (!a)
        return CMD_TRY_AGAIN;
    a->tool.name = "postern audit anonymise";
    capture_filter_init(&a->filter);
    if (take_options(a, argc, argv, &code))
        code = run(a, argv[optind], argv[optind + 1]);
    sodium_memzero(&a->map, sizeof a->map);
    free(a);
    return code;
}
