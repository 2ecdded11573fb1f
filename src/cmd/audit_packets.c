/* SPDX-License-Identifier: ISC
 *
 * postern audit packets: what was read of captures, message by message, in clear.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "audit/packet_print.h"
#include "cmd/audit_run.h"
#include "cmd/cmd.h"
#include "dhcp/text.h"

#define PRINT_AT ((size_t)64 * 1024) /* of what waits for the standard output */
#define WHY_MAX  4096

struct packets {
    struct tool tool;
    bool json;
    struct capture_filter filter;
    struct audit_tls tls;
    struct dhcp_packet packet;
    uint8_t room[UINT16_MAX + 1]; /* a message on UDP or TCP is no longer */
    struct buf out;
};

static const char usage[] =
    "usage: postern audit packets [--json] [--from TIME] [--to TIME] [--port N]... FILE...\n"
    "\n"
    "  --json       one object a line\n"
    "  --from TIME  only frames from this time on (2026-11-21T10:11:49Z, or seconds since 1970)\n"
    "  --to TIME    only frames up to this time\n"
    "  -p, --port N a further UDP port, beside 67 and 68\n"
    "\n"
    "FILE: pcap or pcapng, gzip too; \"-\" is the standard input; of a directory, the captures in "
    "it.\n";

enum { OPT_JSON = 256, OPT_FROM, OPT_TO };

static bool take_option(struct packets *p, int option)
{
    switch (option) {
    case OPT_JSON: p->json = true; return true;
    case OPT_FROM: return audit_time_parse(slice_of_str(optarg), &p->filter.from_ns);
    case OPT_TO: return audit_time_parse(slice_of_str(optarg), &p->filter.to_ns);
    case 'p': return audit_port_add(&p->filter, optarg);
    default: return false;
    }
}

static bool take_options(struct packets *p, int argc, char **argv, int *code)
{
    static const struct option longs[] = {
        { "json", no_argument, NULL, OPT_JSON },   { "from", required_argument, NULL, OPT_FROM },
        { "to", required_argument, NULL, OPT_TO }, { "port", required_argument, NULL, 'p' },
        { "help", no_argument, NULL, 'h' },        { NULL, 0, NULL, 0 },
    };
    int option;
    optind = 0; /* main's options were read with other tables */
    while ((option = getopt_long(argc, argv, "p:h", longs, NULL)) != -1)
        if (!take_option(p, option)) {
            *code = tool_usage(&p->tool, usage, option);
            return false;
        }
    if (optind < argc)
        return true;
    *code = tool_usage(&p->tool, usage, '?');
    return false;
}

static bool print(struct packets *p, size_t at_least)
{
    struct slice s = buf_slice(&p->out);
    if (p->out.failed)
        return false;
    if (s.n < at_least || !s.n)
        return true;
    bool fine = fwrite(s.p, 1, s.n, stdout) == s.n;
    buf_consume(&p->out, s.n);
    return fine;
}

/* To the standard error, as the file's name and the rest can be shown on a terminal. CMD_FAILED */
static int say_of(const struct packets *p, const char *file, struct slice what)
{
    CLEANUP(buf_clear) struct buf name;
    buf_init(&name, WHY_MAX);
    dhcp_octets_text(&name, slice_of_str(file));
    return tool_say(&p->tool, "%.*s: %.*s", SLICE_ARG(buf_slice(&name)), SLICE_ARG(what));
}

static void put_loss(struct packets *p, const char *file, const struct capture_message *message)
{
    CLEANUP(buf_clear) struct buf what;
    if (!p->json) {
        audit_packet_text_loss(&p->out, file, message);
        return;
    }
    buf_init(&what, WHY_MAX);
    buf_printf(&what, "frame %llu: %s", (unsigned long long)message->frame, message->what);
    (void)say_of(p, file, buf_slice(&what));
}

static void put_message(struct packets *p, const char *file, struct capture *capture,
                        const struct capture_message *message)
{
    if (message->kind == CAPTURE_LOSS) {
        put_loss(p, file, message);
        return;
    }
    dhcp_packet_parse(slice_first(message->payload, sizeof p->room), p->room, &p->packet);
    (p->json ? audit_packet_json : audit_packet_text)(&p->out, file, message, &p->packet);
    if (audit_tls_see(&p->tls, capture, message, &p->packet) && !p->json)
        buf_append_str(&p->out, "  what follows on this connection is hidden in TLS\n");
}

/* CMD_OK, or it was said what is wrong; what came before the damage was printed. */
static int show_file(struct packets *p, const char *file)
{
    struct capture_message message;
    struct buf why;
    buf_init(&why, WHY_MAX);
    p->tls = (struct audit_tls){ 0 };
    struct capture *capture = capture_open(file, &p->filter, &why);
    int got = capture ? 1 : -EIO;
    if (capture && !isatty(STDOUT_FILENO))
        audit_progress_start(capture, file);
    while (capture && (got = capture_next(capture, 0, &message, &why)) > 0) {
        put_message(p, file, capture, &message);
        if (!print(p, PRINT_AT))
            break;
    }
    audit_progress_stop();
    bool printed = print(p, 0);
    if (got < 0)
        (void)say_of(p, file, buf_slice(&why));
    if (capture)
        capture_close(capture);
    buf_clear(&why);
    if (!printed && p->out.failed)
        return tool_error(&p->tool, "output", -ENOMEM);
    return got < 0 || !printed ? CMD_FAILED : CMD_OK;
}

static int show_all(struct packets *p, char *const *names, size_t n)
{
    struct audit_sources sources;
    struct buf why;
    int code = CMD_OK;
    buf_init(&why, WHY_MAX);
    if (audit_sources_find(names, n, &sources, &why))
        code = tool_say(&p->tool, "%.*s", SLICE_ARG(buf_slice(&why)));
    for (size_t i = 0; i < sources.n && !p->out.failed && !ferror(stdout); i++) {
        int shown = show_file(p, sources.paths[i]);
        code = code ? code : shown;
    }
    audit_sources_clear(&sources);
    buf_clear(&why);
    return tool_end(&p->tool, code);
}

int cmd_audit_packets(int argc, char **argv)
{
    int code = CMD_OK;
    struct packets *p = calloc(1, sizeof *p);
    if (!p)
        return CMD_TRY_AGAIN;
    p->tool.name = "postern audit packets";
    capture_filter_init(&p->filter);
    buf_init(&p->out, PRINT_AT + AUDIT_PACKET_LINE_MAX);
    if (take_options(p, argc, argv, &code))
        code = show_all(p, argv + optind, (size_t)(argc - optind));
    buf_clear(&p->out);
    free(p);
    return code;
}
