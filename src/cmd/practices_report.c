/* SPDX-License-Identifier: ISC */
#include "cmd/practices_report.h"

#include "base/attribute.h"

void practices_report_type(struct buf *out, uint16_t type, uint16_t rrtype)
{
    if (type == POSTERN_DNS_TYPE_TXT)
        buf_append_str(out, "TXT");
    else if (type == POSTERN_DNS_TYPE_MX)
        buf_append_str(out, "MX");
    else if (type == rrtype)
        buf_append_str(out, "DKIMP");
    else
        buf_printf(out, "TYPE%u", (unsigned)type);
}

/* ---- JSON ---- */

static json_t *query_json(const struct postern_practices_query *q, uint16_t rrtype)
{
    struct buf type;
    buf_init(&type, 32);
    practices_report_type(&type, q->type, rrtype);
    struct slice text = buf_slice(&type);
    json_t *value =
        json_pack("{s:o, s:s%, s:s, s:o}", "name", report_json(q->name), "type", text.p, text.n,
                  "answer", postern_dns_answer_text(q->answer), "record", report_json(q->record));
    buf_clear(&type);
    return value;
}

static json_t *queries_json(const struct practices_report *r)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < r->outcome->queries_n; i++)
        if (json_array_append_new(list, query_json(&r->outcome->queries[i], r->rrtype))) {
            json_decref(list);
            list = NULL;
        }
    return list;
}

/* What only this mechanism knows. */
static json_t *own_json(const struct practices_report *r)
{
    const struct postern_practices_outcome *o = r->outcome;
    switch (r->kind) {
    case POSTERN_SSP:
        return json_pack("{s:o, s:o, s:b, s:b}", "result", report_json(o->result), "practice",
                         o->ssp.practice ? json_integer(o->ssp.practice) : json_null(),
                         "user_level", o->ssp.user_level, "testing", o->ssp.testing);
    case POSTERN_ADSP: return json_pack("{s:o}", "result", report_json(o->result));
    case POSTERN_DMARC: break;
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:s}", "result", report_json(o->result),
                     "organizational_domain", report_json(o->dmarc.organizational_domain),
                     "record_domain", report_json(o->dmarc.record_domain), "disposition",
                     report_json(o->dmarc.disposition), "policy_tag",
                     report_json(o->dmarc.policy_tag), "strict_alignment",
                     o->dmarc.strict_alignment, "testing", o->dmarc.testing, "spf", "not checked");
}

bool practices_report_json(const struct practices_report *r, struct buf *out)
{
    const struct postern_practices_outcome *o = r->outcome;
    json_t *line = r->mail.file ? report_begin(r->mail.file, r->mail.number) : json_object();
    const char *originator = r->mail.file ? r->mail.address : r->asked_for;
    json_t *rest = json_pack(
        "{s:o, s:s, s:s, s:o, s:o, s:o, s:o}", "originator", report_json(originator), "practices",
        postern_practices_kind_text(r->kind), "verdict", postern_verdict_text(o->verdict),
        "practice", report_json(o->practice), "step", o->step ? json_integer(o->step) : json_null(),
        "queries", queries_json(r), postern_practices_kind_text(r->kind), own_json(r));
    bool fine = line && rest && json_object_update(line, rest) == 0;
    json_decref(rest);
    if (fine)
        return report_line(out, line);
    json_decref(line);
    return false;
}

/* ---- text ---- */

static void put_query(const struct practices_report *r, const struct postern_practices_query *q,
                      struct buf *out)
{
    buf_append_str(out, "  asked: ");
    report_text(out, slice_of_str(q->name));
    buf_append_byte(out, ' ');
    practices_report_type(out, q->type, r->rrtype);
    buf_printf(out, "\n    got: %s", postern_dns_answer_text(q->answer));
    if (q->record) {
        buf_append_str(out, " \"");
        report_text(out, slice_of_str(q->record));
        buf_append_byte(out, '"');
    }
    buf_append_byte(out, '\n');
}

static void put_conclusion(const struct practices_report *r, struct buf *out)
{
    const struct postern_practices_outcome *o = r->outcome;
    for (size_t i = 0; i < o->notes_n; i++) {
        buf_append_str(out, "  note: ");
        report_text(out, slice_of_str(o->notes[i]));
        buf_append_byte(out, '\n');
    }
    buf_append_str(out, "  concluded: ");
    report_text(out, slice_of_str(o->explanation));
    if (o->step)
        buf_printf(out, " (step %u of draft-allman-dkim-ssp-02 section 4.3)", o->step);
    buf_append_byte(out, '\n');
    if (r->kind == POSTERN_DMARC)
        buf_append_str(out, "  SPF was not checked: mail may pass DMARC by it\n");
}

static void put_signatures(const struct dkim_report *mail, struct buf *out)
{
    if (mail->signatures_n == 0)
        buf_append_str(out, "  signatures: none\n");
    for (size_t i = 0; i < mail->signatures_n; i++)
        report_signature(out, i, mail->signatures[i].s, mail->signatures[i].originator);
}

static void put_head(const struct practices_report *r, struct buf *out)
{
    const struct postern_practices_outcome *o = r->outcome;
    if (r->mail.file)
        report_file(out, r->mail.file, r->mail.number);
    else
        buf_printf(out, "unsigned mail of %s", r->asked_for);
    buf_printf(out, ": %s", postern_verdict_text(o->verdict));
    if (o->practice) {
        buf_printf(out, " (%s: ", postern_practices_kind_text(r->kind));
        report_text(out, slice_of_str(o->practice));
        buf_append_byte(out, ')');
    }
    buf_append_byte(out, '\n');
}

void practices_report_text(const struct practices_report *r, bool brief, struct buf *out)
{
    const struct dkim_report *mail = &r->mail;
    put_head(r, out);
    if (brief)
        return;
    if (mail->file) {
        buf_append_str(out, "  From: ");
        if (mail->address)
            report_text(out, slice_of_str(mail->address));
        else
            buf_printf(out, "no single address (%s)",
                       postern_originator_fault_text(mail->originator_fault));
        buf_append_byte(out, '\n');
        report_faults_text(mail->faults, out);
        put_signatures(mail, out);
    }
    for (size_t i = 0; i < r->outcome->queries_n; i++)
        put_query(r, &r->outcome->queries[i], out);
    if (r->outcome->queries_n == 0)
        buf_append_str(out, "  asked: nothing\n");
    put_conclusion(r, out);
}
