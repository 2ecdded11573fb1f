/* SPDX-License-Identifier: ISC */
#include "milter/session_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"

void milter_sign_not(struct milter_message *m, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (!m->report.not_signed[0])
        (void)vsnprintf(m->report.not_signed, sizeof m->report.not_signed, format, args); /* cut */
    va_end(args);
}

static void give_up(struct milter_message *m, int error)
{
    postern_dkim_signer_free(m->signer);
    m->signer = NULL;
    if (error == -E2BIG || error == ERR_TOO_BIG) {
        milter_sign_not(m, "the header is too big to be signed");
        return;
    }
    m->error = error;
    milter_sign_not(m, "signing failed: %s", err_text(error));
}

void milter_sign_begin(struct milter_session *s)
{
    struct milter_message *m = &s->message;
    const struct signing_client client = {
        .address = &s->client,
        .auth_type = milter_message_macro(s, MILTER_MACRO_AUTH_TYPE),
        .auth_authen = milter_message_macro(s, MILTER_MACRO_AUTH_AUTHEN),
        .daemon = milter_message_macro(s, MILTER_MACRO_DAEMON_NAME),
        .envelope_sender = m->sender,
    };
    struct signing_judgement j;
    signing_judge(s->setup, &client, &j);
    m->report.role = j.role;
    m->list = j.list;
    if (!j.may_sign) {
        milter_sign_not(m, "%s", j.why_not);
        return;
    }
    m->signer = postern_dkim_signer_new();
    if (!m->signer)
        give_up(m, -ENOMEM);
}

void milter_sign_field(struct milter_session *s, struct slice field)
{
    struct milter_message *m = &s->message;
    int error = m->signer ? postern_dkim_signer_field(m->signer, field.p, field.n) : 0;
    if (error)
        give_up(m, error);
}

/* --- which keys --- */

/* For whom it is signed: the list that re-sends it (§5.1 "valid for the Sender header field address"),
 * or the author. False: there is nobody, and the report says why. */
static bool find_signer(struct milter_session *s, struct domain *out)
{
    struct milter_message *m = &s->message;
    enum postern_originator_fault fault;
    if (m->list) {
        *out = s->setup->list_domains[m->list - s->setup->conf->lists];
        return true;
    }
    fault = m->originator ? postern_originator_fault(m->originator) : POSTERN_ORIGINATOR_NO_FROM;
    if (fault != POSTERN_ORIGINATOR_OK) {
        milter_sign_not(m, "no single From address: %s", postern_originator_fault_text(fault));
        return false;
    }
    return domain_parse(slice_of_str(postern_originator_domain(m->originator)), out);
}

/* Without i= a signature of the domain above speaks for that domain, not for the one in From
 * (draft-allman-dkim-ssp-02 §2.7, S24): so it gets one. */
static const char *identity_of(const struct conf_sign *row, const struct domain *row_domain,
                               const struct domain *domain, char out[DOMAIN_MAX + 2])
{
    if (row->identity || domain_equal(row_domain, domain))
        return row->identity;
    (void)snprintf(out, DOMAIN_MAX + 2, "@%s", domain->text);
    return out;
}

static void set_canonicalization(enum conf_canonicalization canon,
                                 struct postern_dkim_sign_options *o)
{
    bool header = canon == CONF_CANON_SIMPLE_RELAXED || canon == CONF_CANON_SIMPLE_SIMPLE;
    bool body = canon == CONF_CANON_RELAXED_SIMPLE || canon == CONF_CANON_SIMPLE_SIMPLE;
    o->header = header ? POSTERN_DKIM_SIMPLE : POSTERN_DKIM_RELAXED;
    o->body = body ? POSTERN_DKIM_SIMPLE : POSTERN_DKIM_RELAXED;
}

static int add_signature(struct milter_session *s, size_t i, const struct domain *domain)
{
    const struct milter_setup *setup = s->setup;
    const struct conf_sign *row = &setup->conf->sign[i];
    struct postern_dkim_sign_options o;
    char identity[DOMAIN_MAX + 2];
    postern_dkim_sign_options_init(&o);
    o.domain = setup->sign_domains[i].text;
    o.selector = row->selector;
    o.identity = identity_of(row, &setup->sign_domains[i], domain, identity);
    set_canonicalization(setup->conf->canonicalization, &o);
    o.fields = setup->sign_fields;
    o.fields_n = setup->sign_fields_n;
    o.oversign = setup->oversign;
    o.oversign_n = setup->oversign_n;
    o.now = s->wall_s;
    o.lifetime = setup->conf->signature_lifetime_us / US_PER_S;
    return postern_dkim_signer_add(s->message.signer, setup->keys[i], &o);
}

/* No name of ours on what its readers may take for something else than we signed. */
static bool may_answer_for(struct milter_message *m)
{
    if (m->differs)
        milter_sign_not(m, "%s", m->differs);
    return !m->differs;
}

static void add_signatures(struct milter_session *s)
{
    struct milter_message *m = &s->message;
    struct domain domain;
    int error = 0;
    if (may_answer_for(m) && find_signer(s, &domain)) {
        m->rows_n = signing_rows(s->setup, &domain, m->rows);
        if (m->rows_n == 0)
            milter_sign_not(m, "milter.sign has no row for %s (%s)", domain.text,
                            m->list ? "the list's sender" : "From");
    }
    for (size_t i = 0; i < m->rows_n && error == 0; i++)
        error = add_signature(s, m->rows[i], &domain);
    if (error)
        give_up(m, error);
    if (m->rows_n == 0) {
        postern_dkim_signer_free(m->signer);
        m->signer = NULL;
    }
}

/* §5.1: the list adds Sender, and its signature covers it. Whether it stays out is known only after
 * the verification; it is written with the signature or not at all. */
static void add_sender(struct milter_session *s)
{
    struct milter_message *m = &s->message;
    if (!m->signer || !m->list || m->list->kind != CONF_LIST_RESENDING || m->sender_seen)
        return;
    buf_consume(&s->field, buf_size(&s->field));
    buf_printf(&s->field, "Sender: %s", m->list->sender);
    m->sender_added = true;
    milter_sign_field(s, buf_slice(&s->field));
}

void milter_sign_header_end(struct milter_session *s)
{
    struct milter_message *m = &s->message;
    if (m->signer)
        add_signatures(s);
    add_sender(s);
    int error = m->signer ? postern_dkim_signer_header_end(m->signer) : 0;
    if (error)
        give_up(m, error);
}

/* --- the body, the end --- */

void milter_sign_body(struct milter_session *s, struct slice octets)
{
    struct milter_message *m = &s->message;
    int error = m->signer ? postern_dkim_signer_body(m->signer, octets.p, octets.n) : 0;
    if (error)
        give_up(m, error);
}

void milter_sign_end(struct milter_session *s)
{
    struct milter_message *m = &s->message;
    struct postern_dkim_hazards hazards;
    int error = m->signer ? postern_dkim_signer_end(m->signer) : 0;
    if (error)
        give_up(m, error);
    if (!m->signer)
        return;
    postern_dkim_signer_hazards(m->signer, &hazards);
    m->report.eight_bit = hazards.eight_bit;
    m->report.longest_line = hazards.longest_line;
}

static void report_signature(struct milter_session *s, size_t row)
{
    struct milter_report *r = &s->message.report;
    size_t n = strlen(r->signed_by);
    (void)snprintf(r->signed_by + n, sizeof r->signed_by - n, "%s%s/%s", n ? " " : "",
                   s->setup->sign_domains[row].text, s->setup->conf->sign[row].selector); /* cut */
}

/* Behind the colon; where the MTA puts the space there itself, without it. */
static struct slice value_of(const struct milter_session *s, struct slice field)
{
    struct slice name, value;
    (void)slice_cut(field, ':', &name, &value); /* it is a whole field */
    return milter_session_leading_space(s) ? value : slice_from(value, 1);
}

/* Each is put at the top, the last first, so that they stand in the order of the configuration. */
void milter_sign_write(struct milter_session *s)
{
    struct milter_message *m = &s->message;
    const char *field;
    if (m->sender_added) {
        buf_consume(&s->field, buf_size(&s->field));
        buf_printf(&s->field, "Sender: %s", m->list->sender);
        wire_write_insert(s->out, 0, "Sender", value_of(s, buf_slice(&s->field)));
    }
    for (size_t i = m->rows_n; i-- > 0;)
        if ((field = postern_dkim_signer_signature(m->signer, i)))
            wire_write_insert(s->out, 0, "DKIM-Signature", value_of(s, slice_of_str(field)));
    for (size_t i = 0; i < m->rows_n; i++)
        report_signature(s, m->rows[i]);
}
