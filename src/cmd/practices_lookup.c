/* SPDX-License-Identifier: ISC
 *
 * postern practices lookup: what a domain, or one of its users, says about mail.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/attribute.h"
#include "cmd/cmd.h"
#include "cmd/practices.h"
#include "cmd/practices_report.h"
#include "message/domain.h"

#define RESULT_MAX ((size_t)1024 * 1024)

/* A local part of which no label comes (draft §4.1, S33): then nobody asks for a user's record. */
#define NOBODY "_@"

static int print(const struct practices_command *c, const struct postern_practices_outcome *outcome)
{
    struct buf out;
    struct practices_report report = {
        .kind = c->judging.kind,
        .rrtype = (uint16_t)c->judging.rrtype,
        .asked_for = c->argument[0],
        .outcome = outcome,
    };
    buf_init(&out, RESULT_MAX);
    if (!c->tool.json)
        practices_report_text(&report, false, &out);
    else if (!practices_report_json(&report, &out))
        out.failed = true;
    int code = out.failed ? tool_error(&c->tool, "lookup", -ENOMEM) : CMD_OK;
    if (code == CMD_OK)
        (void)printf("%.*s", SLICE_ARG(buf_slice(&out)));
    buf_clear(&out);
    return code;
}

/* Is there a record that says something? */
static int code_of(const struct postern_practices_outcome *outcome)
{
    bool data = false;
    if (outcome->verdict == POSTERN_VERDICT_TEMPERROR)
        return CMD_TRY_AGAIN;
    for (size_t i = 0; i < outcome->queries_n; i++)
        data = data || (outcome->queries[i].answer == POSTERN_DNS_DATA &&
                        outcome->queries[i].type != POSTERN_DNS_TYPE_MX);
    return data ? CMD_OK : CMD_FAILED;
}

static int look_up(struct practices_command *c, const struct postern_originator *from)
{
    const struct tool *t = &c->tool;
    struct judge judge;
    struct buf why;
    buf_init(&why, 2048);
    int code = judge_open(&judge, &c->judging, true, &why)
                   ? CMD_OK
                   : tool_say(t, "%.*s", SLICE_ARG(buf_slice(&why)));
    buf_clear(&why);
    if (code != CMD_OK)
        return code;
    struct postern_practices *check = judge_look_up(&judge, &c->judging, from);
    const struct postern_practices_outcome *outcome =
        check ? postern_practices_outcome(check) : NULL;
    code = outcome ? print(c, outcome) : tool_error(t, "lookup", -ENOMEM);
    if (outcome && code == CMD_OK)
        code = tool_end(t, code_of(outcome));
    postern_practices_free(check);
    judge_close(&judge);
    return code;
}

int cmd_practices_lookup(struct practices_command *c)
{
    struct buf from;
    struct postern_originator *originator = postern_originator_new();
    const char *asked = c->argument[0];
    buf_init(&from, 1024);
    if (!strchr(asked, '@'))
        buf_append_str(&from, NOBODY);
    buf_append_str(&from, asked);
    struct slice value = buf_slice(&from);
    int code = CMD_OK;
    if (!originator || from.failed || postern_originator_from(originator, value.p, value.n))
        code = tool_error(&c->tool, "lookup", -ENOMEM);
    else if (postern_originator_fault(originator) != POSTERN_ORIGINATOR_OK ||
             postern_originator_addresses(originator) != 1)
        code = tool_say(&c->tool, "neither a domain nor an address");
    else
        code = look_up(c, originator);
    buf_clear(&from);
    postern_originator_free(originator);
    return code;
}
