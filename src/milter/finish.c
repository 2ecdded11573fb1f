/* SPDX-License-Identifier: ISC */
#include "milter/act.h"
#include "milter/session_internal.h"

#include <stdio.h>

#define RESULTS_MAX ((size_t)96 * 1024) /* octets of one Authentication-Results; far from it */

static const struct act too_many = { MILTER_REJECT, "550 5.7.1",
                                     "too many Authentication-Results that claim to be ours",
                                     "forged Authentication-Results above all bounds" };
static const struct act failed = { MILTER_TEMPFAIL, "451 4.3.0", "the message cannot be signed now",
                                   "signing failed" };
static const struct act crowded = { MILTER_TEMPFAIL, "451 4.3.0",
                                    "the message cannot be checked now", "out of memory" };

/* --- what is said --- */

static void write_reply(struct milter_session *s, const struct act *act)
{
    char line[300];
    switch (act->action) {
    case MILTER_ACCEPT: wire_write_reply(s->out, WIRE_REPLY_CONTINUE); break;
    case MILTER_QUARANTINE:
        wire_write_quarantine(s->out, slice_of_str(act->text));
        wire_write_reply(s->out, WIRE_REPLY_CONTINUE);
        break;
    case MILTER_REJECT:
    case MILTER_TEMPFAIL:
        (void)snprintf(line, sizeof line, "%s %s", act->code, act->text); /* fits: static */
        wire_write_code(s->out, slice_of_str(line));
        break;
    }
}

/* At the very top, above what the MTA puts there itself (RFC 8601 §4.1: a trace field). */
static void write_results(struct milter_session *s, const struct results *r, struct act *act)
{
    struct buf value;
    buf_init(&value, RESULTS_MAX);
    if (milter_session_leading_space(s))
        buf_append_byte(&value, ' ');
    results_write(r, &value);
    if (value.failed)
        *act = crowded;
    else
        wire_write_insert(s->out, 0, "Authentication-Results", buf_slice(&value));
    buf_clear(&value);
}

static bool stays(const struct act *act)
{
    return act->action == MILTER_ACCEPT || act->action == MILTER_QUARANTINE;
}

/* --- what is known --- */

static void gather(const struct milter_session *s, const struct milter_verified *verified,
                   struct results *out)
{
    const struct milter_message *m = &s->message;
    enum postern_originator_fault fault =
        m->originator ? postern_originator_fault(m->originator) : POSTERN_ORIGINATOR_NO_FROM;
    *out = (struct results){
        .setup = s->setup,
        .verified = verified,
        .from = "",
        .differs = m->differs,
        .header_over = m->header_over,
        .space_lost = !milter_session_leading_space(s),
    };
    if (fault == POSTERN_ORIGINATOR_OK)
        out->from = postern_originator_domain(m->originator);
    else
        out->from_fault = postern_originator_fault_text(fault);
}

static void report_results(struct milter_report *report, const struct results *r)
{
    report->verified = true;
    report->dkim = results_dkim(r);
    report->signatures = r->verified ? r->verified->signatures_n + r->verified->signatures_more : 0;
    report->faults = r->verified ? r->verified->faults : 0;
    report->step = r->verified && r->verified->practices[POSTERN_SSP]
                       ? r->verified->practices[POSTERN_SSP]->step
                       : 0;
    for (int kind = 0; kind < MILTER_KINDS; kind++)
        report->practices[kind] = results_practices(r, (enum postern_practices_kind)kind);
}

/* --- by role --- */

static void finish_inbound(struct milter_session *s, const struct results *r, struct act *act)
{
    if (s->message.error)
        *act = crowded; /* forgeries may have been missed */
    if (s->message.error || !s->setup->conf->verify)
        return;
    report_results(&s->message.report, r);
    act_inbound(r, s->actions & WIRE_QUARANTINE, act);
    if (stays(act))
        write_results(s, r, act);
}

static void finish_ours(struct milter_session *s, struct act *act)
{
    if (s->message.error)
        *act = failed;
    else if (s->message.signer)
        milter_sign_write(s);
}

static const enum postern_list_kind list_kinds[] = {
    [CONF_LIST_RESENDING] = POSTERN_LIST_RESENDING,
    [CONF_LIST_VERBATIM] = POSTERN_LIST_VERBATIM,
    [CONF_LIST_DIGEST] = POSTERN_LIST_DIGEST,
};

static void finish_list(struct milter_session *s, const struct results *r, struct act *act)
{
    struct milter_message *m = &s->message;
    struct postern_list_decision decision;
    const struct postern_list_message message = {
        .kind = list_kinds[m->list->kind],
        .verified = results_dkim(r),
        .check = r->verified ? r->verified->practices[POSTERN_SSP] : NULL,
        .published = r->verified ? r->verified->published : NULL,
        .has_sender = m->sender_seen,
        .reject_suspicious = m->list->reject_suspicious,
        .reject_strict = m->list->reject_strict,
    };
    if (m->list->kind == CONF_LIST_RESENDING)
        report_results(&m->report, r);
    postern_list_decide(&message, &decision);
    act_list(s->setup->conf, r, &decision, act);
    if (decision.action != POSTERN_LIST_SIGN)
        milter_sign_not(m, "list: %s", decision.why);
    else if (stays(act))
        finish_ours(s, act);
}

static void finish_by_role(struct milter_session *s, const struct results *r, struct act *act)
{
    switch (s->message.report.role) {
    case MILTER_ROLE_INBOUND: finish_inbound(s, r, act); break;
    case MILTER_ROLE_OURS: finish_ours(s, act); break;
    case MILTER_ROLE_LIST: finish_list(s, r, act); break;
    }
}

/* Deletions before insertions: some MTAs count the fields that we add, too. */
void milter_finish(struct milter_session *s, const struct milter_verified *verified)
{
    struct milter_message *m = &s->message;
    struct act act = { .action = MILTER_ACCEPT };
    struct results r;
    gather(s, verified, &r);
    (void)slice_keep(slice_of_str(r.from), m->report.from, sizeof m->report.from - 1); /* fits */
    m->report.forged = m->forged.claims;
    if (m->error)
        m->report.error = m->error;
    if (m->forged.claims > FORGED_MAX) {
        act = too_many;
    } else {
        forged_remove(&m->forged, s->out);
        finish_by_role(s, &r, &act);
    }
    m->report.action = act.action;
    m->report.action_why = act.why;
    write_reply(s, &act);
    milter_message_over(s, MILTER_EVENT_MESSAGE);
}
