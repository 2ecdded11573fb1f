/* SPDX-License-Identifier: ISC
 *
 * postern dkim verify: who signed a message, and whether it still is what they signed.
 */
#include "cmd/cmd.h"
#include "cmd/dkim.h"
#include "cmd/gather.h"
#include "cmd/runner.h"

#define REPORT_MAX ((size_t)8 * 1024 * 1024)

static int code_of(enum postern_dkim_result result)
{
    switch (result) {
    case POSTERN_DKIM_PASS: return CMD_OK;
    case POSTERN_DKIM_TEMPERROR: return CMD_TRY_AGAIN;
    case POSTERN_DKIM_NONE:
    case POSTERN_DKIM_NEUTRAL:
    case POSTERN_DKIM_PERMERROR:
    case POSTERN_DKIM_POLICY:
    case POSTERN_DKIM_FAIL: break;
    }
    return CMD_FAILED;
}

static struct runner_result render(void *owner, const struct mailbox_message *message,
                                   const struct verification *v, struct buf *out)
{
    const struct dkim_command *c = owner;
    bool explain = !c->tool.json && !c->brief;
    struct arena arena;
    struct dkim_report report = { 0 };
    arena_init(&arena, REPORT_MAX);
    if (!gather_report(message, v, explain, &arena, &report))
        out->failed = true;
    else if (!c->tool.json)
        dkim_report_text(&report, c->brief, out);
    else if (!dkim_report_json(&report, out))
        out->failed = true;
    arena_clear(&arena);
    return (struct runner_result){ code_of(report.result),
                                   postern_dkim_result_text(report.result) };
}

static bool render_too_big(void *owner, const struct mailbox_message *message, struct buf *out)
{
    const struct dkim_command *c = owner;
    struct dkim_report report = {
        .file = message->name,
        .number = message->number,
        .result = POSTERN_DKIM_PERMERROR,
    };
    return !c->tool.json || dkim_report_json(&report, out);
}

int cmd_dkim_verify(struct dkim_command *c)
{
    struct runner r = {
        .tool = &c->tool,
        .judging = &c->judging,
        .explain = !c->tool.json && !c->brief,
        .render = render,
        .render_too_big = render_too_big,
        .owner = c,
    };
    return runner_run(&r, c->argument, (size_t)c->arguments);
}
