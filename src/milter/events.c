/* SPDX-License-Identifier: ISC */
#include "milter/events.h"

#include "base/err.h"
#include "privacy/pseudonym.h"

#define FAULTS_MAX 256 /* octets of the names of all of them */

static struct log_field session_field(const struct milter_session *s)
{
    return FIELD_STR("session", s->id);
}

static struct log_field queue_field(const struct milter_session *s)
{
    return FIELD_STR("queue", s->message.macros.value[MILTER_MACRO_QUEUE_ID]);
}

static struct log_field client_field(const struct milter_session *s, const struct privacy *privacy,
                                     char address[ADDRESS_TEXT_MAX], char text[PSEUDONYM_TEXT_MAX])
{
    return identifier_field(privacy, ID_CLIENT_ADDRESS, "client",
                            slice_of_str(address_text(&s->client, address)), text);
}

/* "" leaves a field out. */
static struct log_field count_field(const char *name, uint64_t n)
{
    return n ? FIELD_NUM(name, n) : FIELD_STR(name, "");
}

static void log_faults(const struct milter_report *r, struct buf *out)
{
    for (unsigned fault = 1; r->verified && fault <= r->faults; fault <<= 1)
        if (r->faults & fault)
            buf_printf(out, "%s%s", buf_size(out) ? "," : "", postern_message_fault_text(fault));
}

static void log_message(const struct milter_session *s, const struct privacy *privacy)
{
    const struct milter_report *r = &s->message.report;
    char address[ADDRESS_TEXT_MAX], text[PSEUDONYM_TEXT_MAX];
    struct buf faults;
    buf_init(&faults, FAULTS_MAX);
    log_faults(r, &faults);
    LOG(r->error ? L_WARN : L_INFO, "milter.message", session_field(s), queue_field(s),
        client_field(s, privacy, address, text), FIELD_STR("role", milter_role_text(r->role)),
        FIELD_STR("from", r->from),
        FIELD_STR("dkim", r->verified ? postern_dkim_result_text(r->dkim) : ""),
        count_field("signatures", r->signatures), FIELD_STR("ssp", r->practices[POSTERN_SSP]),
        count_field("step", r->step), FIELD_STR("adsp", r->practices[POSTERN_ADSP]),
        FIELD_STR("dmarc", r->practices[POSTERN_DMARC]), FIELD_STR("signed", r->signed_by),
        FIELD_STR("not_signed", r->not_signed), count_field("forged", r->forged),
        FIELD_STR("differs", s->message.differs), FIELD("faults", buf_slice(&faults)),
        FIELD_NUM("size", r->size), FIELD_STR("action", milter_action_text(r->action)),
        FIELD_STR("reason", r->action_why), FIELD_STR("error", r->error ? err_text(r->error) : ""));
    buf_clear(&faults);
}

/* What the next hop may change after we have signed it: the signature will not fit then. */
static void log_hazard(const struct milter_session *s)
{
    const struct milter_report *r = &s->message.report;
    bool long_line = r->longest_line > MILTER_LINE_MAX;
    LOG(L_WARN, "milter.hazard", session_field(s), queue_field(s), FIELD_STR("from", r->from),
        FIELD_STR("reason", r->eight_bit && long_line ? "8-bit body, long line"
                            : r->eight_bit            ? "8-bit body"
                                                      : "long line"),
        FIELD_NUM("longest_line", r->longest_line));
}

void milter_event_log(const struct milter_session *s, enum milter_event event,
                      const struct privacy *privacy)
{
    switch (event) {
    case MILTER_EVENT_NEGOTIATED:
        LOG(L_DEBUG, "milter.negotiated", session_field(s), FIELD_NUM("version", s->version),
            FIELD_NUM("actions", s->actions), FIELD_NUM("steps", s->steps));
        break;
    case MILTER_EVENT_MESSAGE: log_message(s, privacy); break;
    case MILTER_EVENT_ABORTED:
        LOG(L_INFO, "milter.aborted", session_field(s), queue_field(s),
            FIELD_STR("role", milter_role_text(s->message.report.role)));
        break;
    case MILTER_EVENT_HAZARD: log_hazard(s); break;
    case MILTER_EVENT_REFUSED:
        LOG(L_WARN, "milter.refused", session_field(s), FIELD_STR("reason", s->close_reason));
        break;
    }
}

/* draft-allman-dkim-ssp-02 §4.1: records that break the syntax "MAY cause warnings to be logged". */
void milter_event_notes(const struct milter_session *s, const struct milter_verified *verified)
{
    for (int kind = 0; kind < MILTER_KINDS; kind++) {
        const struct postern_practices_outcome *o = verified->practices[kind];
        for (size_t i = 0; o && i < o->notes_n; i++)
            LOG(L_INFO, "milter.practices", session_field(s), queue_field(s),
                FIELD_STR("practices",
                          postern_practices_kind_text((enum postern_practices_kind)kind)),
                FIELD_STR("note", o->notes[i]));
    }
}
