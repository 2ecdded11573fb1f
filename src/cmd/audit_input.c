/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/err.h"
#include "cmd/audit_run.h"
#include "cmd/cmd.h"
#include "dhcp/text.h"

#define WHY_MAX 4096

/* ---- which files ---- */

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;
    if (strcmp(a, b) == 0)
        return true;
    if (strcmp(a, "-") == 0 || strcmp(b, "-") == 0 || stat(a, &x) != 0 || stat(b, &y) != 0)
        return false;
    return S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* The very file that --network named, given once more as an argument. */
static bool is_named_already(const struct audit_run *run, const char *path)
{
    for (size_t i = 0; i < run->inputs_n && run->inputs[i].network; i++)
        if (same_file(run->inputs[i].path, path))
            return true;
    return false;
}

static int add_path(struct audit_run *run, const char *path, const char *network)
{
    size_t n = run->inputs_n;
    if (!network && is_named_already(run, path))
        return CMD_OK;
    if ((n & (n - 1)) == 0) { /* full at each power of two */
        struct audit_input *grown = realloc(run->inputs, (n ? 2 * n : 1) * sizeof *grown);
        if (!grown)
            return tool_error(&run->tool, path, -ENOMEM);
        run->inputs = grown;
    }
    char *copy = strdup(path);
    if (!copy)
        return tool_error(&run->tool, path, -ENOMEM);
    run->inputs[run->inputs_n++] = (struct audit_input){ .path = copy, .network = network };
    return CMD_OK;
}

int audit_input_add(struct audit_run *run, const char *name, const char *network)
{
    struct audit_sources found;
    struct buf why;
    char *names[] = { strdup(name) };
    int code = CMD_OK;
    buf_init(&why, WHY_MAX);
    if (!names[0])
        return tool_error(&run->tool, name, -ENOMEM);
    if (audit_sources_find(names, 1, &found, &why))
        code = tool_say(&run->tool, "%.*s", SLICE_ARG(buf_slice(&why)));
    for (size_t i = 0; i < found.n && code == CMD_OK; i++)
        code = add_path(run, found.paths[i], network);
    audit_sources_clear(&found);
    buf_clear(&why);
    free(names[0]);
    return code;
}

void audit_input_clear(struct audit_run *run)
{
    for (size_t i = 0; i < run->inputs_n; i++) {
        free(run->inputs[i].path);
        free(run->inputs[i].error);
    }
    free(run->inputs);
    free(run->sources);
}

int audit_input_register(struct audit_run *run)
{
    run->sources = calloc(run->inputs_n ? run->inputs_n : 1, sizeof *run->sources);
    if (!run->sources)
        return tool_error(&run->tool, "files", -ENOMEM);
    for (size_t i = 0; i < run->inputs_n; i++) {
        struct audit_input *input = &run->inputs[i];
        int64_t network = -1;
        if (input->network)
            network = audit_network_add(run->audit, slice_of_str(input->network), true);
        int64_t file = input->network && network < 0
                           ? network
                           : audit_file_add(run->audit, slice_of_str(input->path), network);
        if (file < 0)
            return tool_error(&run->tool, input->path, (int)file);
        input->file = (uint32_t)file;
        run->sources[i].first_us = run->sources[i].last_us = AUDIT_NO_TIME;
    }
    return CMD_OK;
}

/* ---- in which order ---- */

/* What cannot be read twice is not looked into; it is read where it was given, behind what has no time. */
static int64_t first_time(const char *path)
{
    struct stat st;
    struct buf why;
    struct capture_frame frame = { .time_ns = CAPTURE_NO_TIME };
    if (strcmp(path, "-") == 0 || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return CAPTURE_NO_TIME;
    buf_init(&why, WHY_MAX);
    struct capture_input *in = capture_input_open(path, &why);
    struct capture_records *records = in ? capture_records_open(in, &why) : NULL;
    if (records && capture_records_next(records, &frame, &why) <= 0)
        frame.time_ns = CAPTURE_NO_TIME; /* who reads it will say why */
    if (records)
        capture_records_close(records);
    buf_clear(&why);
    return frame.time_ns;
}

static int by_time(const void *a, const void *b)
{
    const struct audit_input *x = *(const struct audit_input *const *)a;
    const struct audit_input *y = *(const struct audit_input *const *)b;
    if (x->first_ns != y->first_ns)
        return x->first_ns < y->first_ns ? -1 : 1;
    return x->file < y->file ? -1 : x->file > y->file;
}

/* What came first must be seen first: who had an address before, which allocation was a client's first. Files of
 * a ring buffer, or of several days, are named in any order. */
static struct audit_input **in_order(struct audit_run *run)
{
    struct audit_input **order = calloc(run->inputs_n, sizeof(struct audit_input *));
    for (size_t i = 0; order && i < run->inputs_n; i++) {
        order[i] = &run->inputs[i];
        order[i]->first_ns = run->inputs_n > 1 ? first_time(order[i]->path) : 0;
    }
    if (order)
        qsort(order, run->inputs_n, sizeof(struct audit_input *), by_time);
    return order;
}

/* ---- reading ---- */

/* DNS is looked at for updates alone (audit/dns.h): what is lost of it is no fault of DHCP's. */
static bool is_lost_dns(const struct capture_message *message)
{
    return message->kind == CAPTURE_LOSS &&
           (message->source_port == AUDIT_DNS_PORT || message->destination_port == AUDIT_DNS_PORT);
}

int audit_input_see(struct audit_run *run, const struct audit_input *input, struct capture *capture,
                    const struct capture_message *message)
{
    if (is_lost_dns(message))
        return 0;
    int error = audit_see(run->audit, input->file, message);
    if (error || message->kind != CAPTURE_TCP)
        return error;
    dhcp_packet_parse(slice_first(message->payload, sizeof run->room), run->room, &run->packet);
    (void)audit_tls_see(&run->tls, capture, message, &run->packet); /* it ends the stream itself */
    return 0;
}

static int64_t in_us(int64_t time_ns)
{
    return time_ns == CAPTURE_NO_TIME ? AUDIT_NO_TIME : time_ns / 1000;
}

void audit_input_count(struct audit_run *run, const struct audit_input *input,
                       const struct capture *capture)
{
    const struct capture_totals *totals = capture_totals(capture);
    run->sources[input->file] = (struct audit_source){
        .frames = totals->frames,
        .octets = totals->octets,
        .messages = totals->messages,
        .losses = totals->losses,
        .outside = totals->outside,
        .first_us = totals->frames ? in_us(totals->first_ns) : AUDIT_NO_TIME,
        .last_us = totals->frames ? in_us(totals->last_ns) : AUDIT_NO_TIME,
        .error = input->error,
    };
}

void audit_input_failed(struct audit_run *run, struct audit_input *input, struct slice why)
{
    CLEANUP(buf_clear) struct buf name;
    buf_init(&name, WHY_MAX);
    dhcp_octets_text(&name, slice_of_str(input->path));
    run->code = tool_say(&run->tool, "%.*s: %.*s", SLICE_ARG(buf_slice(&name)), SLICE_ARG(why));
    if (!input->error && why.n)
        input->error = strndup((const char *)why.p, why.n);
    run->sources[input->file].error = input->error;
}

static int read_one(struct audit_run *run, struct audit_input *input)
{
    struct capture_message message;
    struct buf why;
    int got = 0, error = 0;
    buf_init(&why, WHY_MAX);
    run->tls = (struct audit_tls){ 0 };
    struct capture *capture = capture_open(input->path, &run->filter, &why);
    if (capture) {
        run->opened++;
        audit_progress_start(capture, input->path);
        while (!error && (got = capture_next(capture, 0, &message, &why)) > 0)
            error = audit_input_see(run, input, capture, &message);
        audit_progress_stop();
        audit_input_count(run, input, capture);
        capture_close(capture);
    }
    if (!capture || got < 0)
        audit_input_failed(run, input, buf_slice(&why));
    buf_clear(&why);
    return error ? tool_error(&run->tool, input->path, error) : CMD_OK;
}

int audit_input_read(struct audit_run *run)
{
    struct audit_input **order = in_order(run);
    int code = order ? CMD_OK : tool_error(&run->tool, "files", -ENOMEM);
    for (size_t i = 0; order && i < run->inputs_n && code == CMD_OK; i++)
        code = read_one(run, order[i]);
    free(order);
    return code;
}
