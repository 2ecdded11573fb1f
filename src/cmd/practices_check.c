/* SPDX-License-Identifier: ISC
 *
 * postern practices check: should this message have been signed?
 */
#include "cmd/cmd.h"
#include "cmd/gather.h"
#include "cmd/practices.h"
#include "cmd/practices_report.h"
#include "cmd/runner.h"

#define REPORT_MAX ((size_t)8 * 1024 * 1024)

/* "none" of ADSP and DMARC: nobody says anything against the message. */
static int code_of(enum postern_verdict verdict)
{
    switch (verdict) {
    case POSTERN_NON_SUSPICIOUS:
    case POSTERN_VERDICT_NONE: return CMD_OK;
    case POSTERN_VERDICT_TEMPERROR: return CMD_TRY_AGAIN;
    case POSTERN_SUSPICIOUS:
    case POSTERN_VERDICT_PERMERROR: break;
    }
    return CMD_FAILED;
}

static struct runner_result render(void *owner, const struct mailbox_message *message,
                                   const struct verification *v, struct buf *out)
{
    const struct practices_command *c = owner;
    struct arena arena;
    struct practices_report report = {
        .kind = c->judging.kind,
        .rrtype = (uint16_t)c->judging.rrtype,
        .outcome = verification_practices(v, c->judging.kind),
    };
    arena_init(&arena, REPORT_MAX);
    if (!report.outcome || !gather_report(message, v, false, &arena, &report.mail))
        out->failed = true;
    else if (!c->tool.json)
        practices_report_text(&report, c->brief, out);
    else if (!practices_report_json(&report, out))
        out->failed = true;
    arena_clear(&arena);
    if (!report.outcome)
        return (struct runner_result){ CMD_TRY_AGAIN, "cannot be read" };
    enum postern_verdict verdict = report.outcome->verdict;
    return (struct runner_result){ code_of(verdict), postern_verdict_text(verdict) };
}

static bool render_too_big(void *owner, const struct mailbox_message *message, struct buf *out)
{
    const struct practices_command *c = owner;
    struct postern_practices_outcome outcome = {
        .verdict = POSTERN_VERDICT_PERMERROR,
        .result = "permerror",
    };
    struct practices_report report = {
        .kind = c->judging.kind,
        .outcome = &outcome,
        .mail = { .file = message->name, .number = message->number },
    };
    return !c->tool.json || practices_report_json(&report, out);
}

int cmd_practices_check(struct practices_command *c)
{
    struct runner r = {
        .tool = &c->tool,
        .judging = &c->judging,
        .practices = true,
        .render = render,
        .render_too_big = render_too_big,
        .owner = c,
    };
    return runner_run(&r, c->argument, (size_t)c->arguments);
}
