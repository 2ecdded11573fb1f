/* SPDX-License-Identifier: ISC
 *
 * postern audit dhcid: the hardware address behind a DHCID record. RFC 7819 §5.7 relies on SHA-256 being irreversible.
 */
#include "cmd/audit_dhcid.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/base64.h"
#include "cmd/audit.h"
#include "cmd/cmd.h"
#include "cmd/tool.h"
#include "dhcp/name.h"
#include "dhcp/text.h"
#include "privacy/vendor.h"

#define RDATA_MAX 256 /* octets of text that can be a record, and some */

struct dhcid_command {
    struct tool tool;
    bool json;
    unsigned threads;
    const char *fqdn;
    struct dhcp_dhcid record;
    uint8_t name[DHCP_DHCID_NAME_MAX];
    size_t name_n;
    struct dhcid_prefix *prefixes; /* of --oui, or all that are registered */
    size_t prefixes_n;
    struct vendors *vendors;
    bool told; /* a line of progress stands on the terminal */
};

static const char usage[] =
    "usage: postern audit dhcid [--oui XX:XX:XX]... [--threads N] [--json] RDATA FQDN\n"
    "\n"
    "Finds the hardware address that the DHCID record of FQDN was made of.\n"
    "\n"
    "  RDATA           the record, as base64 (as dig prints it) or hexadecimal\n"
    "  --oui XX:XX:XX  try the 16 million addresses of this prefix; may be repeated. Without it, "
    "all\n"
    "                  that the IEEE has registered (" VENDOR_FILE ")\n"
    "  --threads N     (default: one for each processor)\n"
    "  --json          the outcome for programs\n"
    "\n"
    "Exit codes: 0 found, 1 not found, 2 the command line.\n";

enum { OPT_OUI = 256, OPT_THREADS, OPT_JSON };

/* ---- the command line ---- */

static int hex_value(uint8_t c)
{
    c = ascii_lower(c);
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Digits in pairs; between pairs any of "separators". False: something else. */
static bool read_hex(struct slice text, struct slice separators, uint8_t *out, size_t max,
                     size_t *n)
{
    size_t got = 0;
    while (text.n) {
        if (got > 0 && slice_has(separators, text.p[0]))
            text = slice_from(text, 1);
        int high = text.n > 1 ? hex_value(text.p[0]) : -1;
        int low = text.n > 1 ? hex_value(text.p[1]) : -1;
        if (high < 0 || low < 0 || got == max)
            return false;
        out[got++] = (uint8_t)(high << 4 | low);
        text = slice_from(text, 2);
    }
    *n = got;
    return got > 0;
}

static bool add_prefix(struct dhcid_command *c, const char *text)
{
    uint8_t oui[3];
    size_t n;
    if (!read_hex(slice_of_str(text), SLICE(":-."), oui, sizeof oui, &n) || n != sizeof oui)
        return false;
    struct dhcid_prefix *grown = reallocarray(c->prefixes, c->prefixes_n + 1, sizeof *c->prefixes);
    if (!grown)
        return false;
    c->prefixes = grown;
    c->prefixes[c->prefixes_n++] = (struct dhcid_prefix){ { oui[0], oui[1], oui[2] } };
    return true;
}

static bool take_option(struct dhcid_command *c, int option)
{
    switch (option) {
    case OPT_OUI: return add_prefix(c, optarg);
    case OPT_THREADS: return slice_to_u32(slice_of_str(optarg), 1, DHCID_THREADS_MAX, &c->threads);
    case OPT_JSON: c->json = true; return true;
    default: return false;
    }
}

/* dig prints base64 in pieces with spaces between; zones have "( ... )" around it. */
static bool read_base64(struct slice text, uint8_t *out, size_t *n)
{
    uint8_t kept[RDATA_MAX];
    size_t kept_n = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (slice_has(SLICE(" \t\r\n()"), text.p[i]))
            continue;
        if (kept_n == sizeof kept)
            return false;
        kept[kept_n++] = text.p[i];
    }
    return base64_decode((struct slice){ kept, kept_n }, out, n);
}

static int take_record(struct dhcid_command *c, const char *text)
{
    uint8_t rdata[RDATA_MAX];
    size_t n;
    struct fault why;
    struct slice in = slice_trim(slice_of_str(text));
    if (slice_starts_nocase(in, SLICE("0x")))
        in = slice_from(in, 2);
    if (!read_hex(in, SLICE(" :"), rdata, sizeof rdata, &n) && !read_base64(in, rdata, &n)) {
        (void)tool_say(&c->tool, "the record is neither base64 nor hexadecimal");
        return CMD_USAGE;
    }
    if (!dhcp_dhcid_parse((struct slice){ rdata, n }, &c->record, &why)) {
        (void)tool_say(&c->tool, "%s (%zu)", why.what, n);
        return CMD_USAGE;
    }
    if (c->record.digest_type != 1) {
        (void)tool_say(&c->tool, "its digest is of type %u; only 1, SHA-256, is known",
                       c->record.digest_type);
        return CMD_USAGE;
    }
    if (c->record.type > DHCP_DHCID_DUID) {
        (void)tool_say(&c->tool, "its identifier is of type %u; known are 0, 1 and 2",
                       c->record.type);
        return CMD_USAGE;
    }
    return CMD_OK;
}

static int take_arguments(struct dhcid_command *c, char **arguments)
{
    int code = take_record(c, arguments[0]);
    if (code != CMD_OK)
        return code;
    c->fqdn = arguments[1];
    if (dhcp_dhcid_name(slice_of_str(c->fqdn), c->name, &c->name_n))
        return CMD_OK;
    (void)tool_say(&c->tool, "\"%s\" is no DNS name", c->fqdn);
    return CMD_USAGE;
}

/* False: *code is the command's. */
static bool take_options(struct dhcid_command *c, int argc, char **argv, int *code)
{
    static const struct option longs[] = {
        { "oui", required_argument, NULL, OPT_OUI },
        { "threads", required_argument, NULL, OPT_THREADS },
        { "json", no_argument, NULL, OPT_JSON },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int option;
    optind = 0; /* main's options were read with other tables */
    while ((option = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        if (!take_option(c, option)) {
            *code = tool_usage(&c->tool, usage, option);
            return false;
        }
    }
    if (argc - optind != 2) {
        (void)tool_say(&c->tool, "%s",
                       argc - optind < 2 ? "a record and its name are needed"
                                         : "too many arguments");
        *code = tool_usage(&c->tool, usage, '?');
        return false;
    }
    *code = take_arguments(c, argv + optind);
    return *code == CMD_OK;
}

/* ---- what is tried ---- */

static int take_registered(struct dhcid_command *c)
{
    size_t n = vendors_count(c->vendors);
    if (n == 0)
        return tool_say(&c->tool, "no prefixes in " VENDOR_FILE
                                  " (Debian's ieee-data): name some with --oui");
    c->prefixes = calloc(n, sizeof *c->prefixes);
    if (!c->prefixes)
        return tool_error(&c->tool, "prefixes", -ENOMEM);
    c->prefixes_n = n;
    for (size_t i = 0; i < n; i++)
        vendors_prefix(c->vendors, i, c->prefixes[i].oui);
    return CMD_OK;
}

static unsigned processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > DHCID_THREADS_MAX ? DHCID_THREADS_MAX : (unsigned)n;
}

/* ---- how far it came ---- */

static double total(const struct dhcid_command *c)
{
    return (double)c->prefixes_n * DHCID_SUFFIXES;
}

static double rate(const struct dhcid_outcome *so_far)
{
    return so_far->seconds > 0 ? (double)so_far->tried / so_far->seconds : 0;
}

/* "3 h 20 min", "4 min 10 s", "12 s" */
static void put_time(struct buf *out, double seconds)
{
    uint64_t s = (uint64_t)(seconds + 0.5);
    if (s >= 86400)
        buf_printf(out, "%llu days %llu h", (unsigned long long)(s / 86400),
                   (unsigned long long)(s / 3600 % 24));
    else if (s >= 3600)
        buf_printf(out, "%llu h %llu min", (unsigned long long)(s / 3600),
                   (unsigned long long)(s / 60 % 60));
    else if (s >= 60)
        buf_printf(out, "%llu min %llu s", (unsigned long long)(s / 60),
                   (unsigned long long)(s % 60));
    else
        buf_printf(out, "%llu s", (unsigned long long)s);
}

/* What is left takes as long as what was done did: every address costs the same. It is the most that it can take, as
 * the address may be the next one. */
static void put_progress(const struct dhcid_command *c, const struct dhcid_outcome *so_far,
                         struct buf *out)
{
    buf_printf(out, "%llu of %zu prefixes tried (%.1f %%), %.1f million addresses/s",
               (unsigned long long)(so_far->tried / DHCID_SUFFIXES), c->prefixes_n,
               100 * (double)so_far->tried / total(c), rate(so_far) / 1e6);
    if (so_far->tried == 0)
        return;
    buf_append_str(out, ", at most ");
    put_time(out, (total(c) - (double)so_far->tried) / rate(so_far));
    buf_append_str(out, " left");
}

static void show(const struct dhcid_outcome *so_far, void *with)
{
    CLEANUP(buf_clear) struct buf line;
    struct dhcid_command *c = with;
    if (so_far->seconds < 1)
        return;
    buf_init(&line, 1024);
    put_progress(c, so_far, &line);
    (void)fprintf(stderr, "\r%.*s\033[K", SLICE_ARG(buf_slice(&line)));
    c->told = true;
}

/* ---- the outcome ---- */

static struct slice maker(const struct dhcid_command *c, const uint8_t mac[6], struct buf *out)
{
    dhcp_octets_text(out, vendors_find(c->vendors, mac));
    return buf_slice(out);
}

static const char *made_of(uint16_t type)
{
    switch (type) {
    case DHCP_DHCID_HARDWARE: return "the hardware address";
    case DHCP_DHCID_CLIENT_ID: return "a client identifier that is the hardware address";
    default: return "a DUID-LL";
    }
}

static int print_json(struct dhcid_command *c, const struct dhcid_outcome *o)
{
    CLEANUP(buf_clear) struct buf text, name;
    buf_init(&text, 64);
    buf_init(&name, 4096);
    json_t *mac = json_null(), *vendor = json_null();
    if (o->result == 1) {
        dhcp_colon_text(&text, (struct slice){ o->mac, sizeof o->mac });
        mac = json_stringn((const char *)buf_slice(&text).p, buf_size(&text));
        struct slice known = maker(c, o->mac, &name);
        if (known.n)
            vendor = json_stringn((const char *)known.p, known.n);
    }
    int code = tool_json(&c->tool, json_pack("{s:b, s:o, s:o, s:i, s:s, s:b, s:I, s:I, s:f}",
                                             "found", o->result == 1, "mac", mac, "vendor", vendor,
                                             "type", c->record.type, "fqdn", c->fqdn, "stopped",
                                             o->stopped, "prefixes", (json_int_t)c->prefixes_n,
                                             "tried", (json_int_t)o->tried, "seconds", o->seconds));
    return code != CMD_OK ? code : o->result == 1 ? CMD_OK : CMD_FAILED;
}

static int print_found(struct dhcid_command *c, const struct dhcid_outcome *o)
{
    CLEANUP(buf_clear) struct buf text, name;
    buf_init(&text, 64);
    buf_init(&name, 4096);
    dhcp_colon_text(&text, (struct slice){ o->mac, sizeof o->mac });
    struct slice known = maker(c, o->mac, &name);
    (void)printf("%.*s  %.*s\n", SLICE_ARG(buf_slice(&text)),
                 SLICE_ARG(known.n ? known : SLICE("(no registered maker)")));
    (void)printf("The record is the digest of %s and of %s: found in %.1f s, %.1f million "
                 "addresses/s.\n",
                 made_of(c->record.type), c->fqdn, o->seconds, rate(o) / 1e6);
    return CMD_OK;
}

static int print_not_found(struct dhcid_command *c, const struct dhcid_outcome *o)
{
    CLEANUP(buf_clear) struct buf line;
    if (!o->stopped)
        return tool_say(
            &c->tool,
            "not found: no address of %zu prefixes gives this record (%.1f s). It is of "
            "another prefix, or made of %s.",
            c->prefixes_n, o->seconds,
            c->record.type == DHCP_DHCID_CLIENT_ID ? "another client identifier"
            : c->record.type == DHCP_DHCID_DUID    ? "another DUID"
                                                   : "another hardware type");
    buf_init(&line, 1024);
    put_progress(c, o, &line);
    return tool_say(&c->tool, "stopped: not found so far; %.*s", SLICE_ARG(buf_slice(&line)));
}

static int search(struct dhcid_command *c)
{
    struct dhcid_outcome outcome;
    struct dhcid_job job = {
        .record = &c->record,
        .name = { c->name, c->name_n },
        .prefixes = c->prefixes,
        .prefixes_n = c->prefixes_n,
        .threads = c->threads ? c->threads : processors(),
    };
    dhcid_run(&job, isatty(STDERR_FILENO) ? show : NULL, c, &outcome);
    if (c->told)
        (void)fputs("\r\033[K", stderr);
    if (outcome.result < 0)
        return tool_error(&c->tool, "search", outcome.result);
    if (c->json)
        return print_json(c, &outcome);
    int code = outcome.result == 1 ? print_found(c, &outcome) : print_not_found(c, &outcome);
    return tool_end(&c->tool, code);
}

int cmd_audit_dhcid(int argc, char **argv)
{
    struct dhcid_command c = { .tool.name = "postern audit dhcid" };
    int code;
    if (take_options(&c, argc, argv, &code)) {
        c.vendors = vendors_open(VENDOR_FILE);
        code = c.prefixes_n ? CMD_OK : take_registered(&c);
        if (code == CMD_OK)
            code = search(&c);
    }
    vendors_free(c.vendors);
    free(c.prefixes);
    return code;
}
