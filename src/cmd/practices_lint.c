/* SPDX-License-Identifier: ISC
 *
 * postern practices lint: what a zone should publish besides (draft-allman-dkim-ssp-02 §4.1).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "cmd/cmd.h"
#include "cmd/dkim.h"
#include "cmd/practices.h"
#include "cmd/report.h"
#include "message/domain.h"
#include "net/zone.h"
#include "practices/zone_lint.h"

#define ZONE_OCTETS_MAX ((size_t)256 * 1024 * 1024)

struct linting {
    struct practices_command *c;
    struct buf text;
    struct arena arena;
    struct domain origin;
    struct zone_lint_record *records;
    size_t n, room;
    struct buf out;
    size_t counts[ZONE_LINT_ERROR + 1];
    const char *failed; /* of what there was not enough */
};

/* ---- printing ---- */

static void say_json(struct linting *l, const struct zone_lint_finding *f)
{
    struct buf name;
    buf_init(&name, ZONE_NAME_MAX + 1);
    buf_append(&name, f->name);
    buf_append_byte(&name, 0);
    json_t *value =
        json_pack("{s:o, s:I, s:o, s:s, s:s, s:o}", "file", report_json(l->c->argument[0]), "line",
                  (json_int_t)f->line, "name",
                  report_json(f->name.n && !name.failed ? (const char *)buf_slice(&name).p : NULL),
                  "severity", zone_lint_severity_text(f->severity), "code", f->code, "text",
                  report_json(f->text));
    if (!report_line(&l->out, value))
        l->failed = "memory";
    buf_clear(&name);
}

static void say(struct linting *l, const struct zone_lint_finding *f)
{
    l->counts[f->severity]++;
    if (l->c->tool.json) {
        say_json(l, f);
    } else {
        report_text(&l->out, slice_of_str(l->c->argument[0]));
        buf_printf(&l->out, ":%zu: %s: ", f->line, zone_lint_severity_text(f->severity));
        bool named = f->name.n == 0 || slice_starts(slice_of_str(f->text), f->name);
        if (!named)
            report_text(&l->out, f->name);
        buf_printf(&l->out, "%s%s (%s)\n", named ? "" : ": ", f->text, f->code);
    }
    struct slice text = buf_slice(&l->out);
    (void)fwrite(text.p, 1, text.n, stdout); /* tool_end tells of faults */
    buf_consume(&l->out, text.n);
}

/* ---- reading ---- */

static bool keep(struct linting *l, const struct zone_record *r)
{
    if (l->n == l->room) {
        size_t room = l->room ? l->room * 2 : 1024;
        struct zone_lint_record *records = realloc(l->records, room * sizeof *records);
        if (!records)
            return false;
        l->records = records;
        l->room = room;
    }
    l->records[l->n++] = (struct zone_lint_record){
        .name = r->name,
        .type = r->type,
        .type_text = r->type_text,
        .rdata = r->rdata,
        .line = r->line,
    };
    return true;
}

static void read_zone(struct linting *l)
{
    struct zone_reader reader;
    struct zone_record record;
    struct fault why;
    int result;
    zone_reader_init(&reader, buf_slice(&l->text), slice_of_str(l->origin.text),
                     (uint16_t)l->c->judging.rrtype, &l->arena);
    while (!l->failed && (result = zone_read(&reader, &record, &why)) != 0) {
        struct zone_lint_finding broken = { .line = reader.line,
                                            .severity = ZONE_LINT_ERROR,
                                            .code = "broken-line",
                                            .text = result < 0 ? why.what : "" };
        if (result < 0)
            say(l, &broken);
        else if (!keep(l, &record))
            l->failed = "memory";
    }
}

static void find(struct linting *l)
{
    const struct zone_lint_finding *findings;
    struct zone_lint_zone zone = {
        .records = l->records,
        .n = l->n,
        .apex = slice_of_str(l->origin.text),
        .rrtype = (uint16_t)l->c->judging.rrtype,
    };
    size_t n;
    if (!zone_lint(&zone, &l->arena, &findings, &n)) {
        l->failed = "memory";
        return;
    }
    for (size_t i = 0; i < n; i++)
        say(l, &findings[i]);
}

static int run(struct linting *l)
{
    const struct practices_command *c = l->c;
    const struct tool *t = &c->tool;
    if (c->origin && !domain_parse(slice_of_str(c->origin), &l->origin))
        return tool_say(t, "--origin: %s is no DNS name", c->origin);
    int error = cmd_dkim_read(c->argument[0], &l->text);
    if (error)
        return tool_error(t, c->argument[0], error);
    read_zone(l);
    if (!l->failed)
        find(l);
    if (l->failed)
        return tool_error(t, c->argument[0], -ENOMEM);
    if (!t->json)
        (void)printf("%s: %zu records, %zu errors, %zu warnings, %zu notes\n", c->argument[0], l->n,
                     l->counts[ZONE_LINT_ERROR], l->counts[ZONE_LINT_WARNING],
                     l->counts[ZONE_LINT_NOTE]);
    bool clean = !l->counts[ZONE_LINT_ERROR] && !l->counts[ZONE_LINT_WARNING];
    return tool_end(t, clean ? CMD_OK : CMD_FAILED);
}

int cmd_practices_lint(struct practices_command *c)
{
    struct linting l = { .c = c };
    buf_init(&l.text, ZONE_OCTETS_MAX);
    buf_init(&l.out, (size_t)1024 * 1024);
    arena_init(&l.arena, 8 * ZONE_OCTETS_MAX);
    int code = run(&l);
    free(l.records);
    buf_clear(&l.text);
    buf_clear(&l.out);
    arena_clear(&l.arena);
    return code;
}
