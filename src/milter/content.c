/* SPDX-License-Identifier: ISC */
#include "milter/session_internal.h"

#include <errno.h>

#include "base/attribute.h"

/* --- the beginning --- */

static void begin_verification(struct milter_session *s)
{
    s->verifying = true;
    s->verify_failed = false;
    milter_session_want(s, MILTER_WANT_VERIFY, (struct slice){ 0 });
}

/* What a list re-sends is verified before it is signed (draft-allman-dkim-ssp-02 §5.1), whatever
 * milter.verify says of mail from outside. Own mail is not verified. */
static bool wants_verdict(const struct milter_session *s)
{
    const struct milter_message *m = &s->message;
    if (m->list)
        return m->list->kind == CONF_LIST_RESENDING;
    return m->report.role == MILTER_ROLE_INBOUND && s->setup->conf->verify;
}

/* Who brings it is known only now: MTAs tell it any time up to MAIL. */
static void begin_content(struct milter_session *s)
{
    struct milter_message *m = &s->message;
    s->state = MILTER_HEADER;
    m->originator = postern_originator_new();
    if (!m->originator)
        m->error = -ENOMEM;
    milter_sign_begin(s);
    if (wants_verdict(s))
        begin_verification(s);
}

/* --- the header --- */

static bool is_name(struct slice name)
{
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] <= ' ' || name.p[i] >= 0x7f || name.p[i] == ':')
            return false;
    return name.n > 0;
}

/* The MTA says where a field begins and ends. Where its octets would say something else (a line end
 * within a value that is no fold begins another field, or the body), what was signed and what a reader
 * sees may be two things: such a message gets no pass. */
static const char *find_difference(const struct wire_header *h)
{
    struct slice v = h->value;
    if (!is_name(h->name))
        return "a header field whose name is none";
    if (slice_has(v, 0))
        return "a NUL in the header";
    for (size_t i = 0; i < v.n; i++) {
        bool fold = i + 1 < v.n && (v.p[i + 1] == ' ' || v.p[i + 1] == '\t');
        if (v.p[i] == '\r' && !(i + 1 < v.n && v.p[i + 1] == '\n'))
            return "a CR in the header that ends no line";
        if (v.p[i] == '\n' && !fold)
            return "a line end in a header field that is no fold";
    }
    return NULL;
}

/* Folds arrive with LF alone (Postfix, Sendmail); signatures are over CRLF. */
static void append_value(struct buf *out, struct slice value)
{
    size_t start = 0;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] != '\n' || (i > 0 && value.p[i - 1] == '\r'))
            continue;
        buf_append(out, slice_first(slice_from(value, start), i - start));
        buf_append_byte(out, '\r');
        start = i;
    }
    buf_append(out, slice_from(value, start));
}

/* Without leave to see leading space the MTA has taken one space off, where one stood: put back, as
 * a guess that relaxed canonicalisation does not notice. It never takes a tab or a line end. */
static bool lost_space(const struct milter_session *s, struct slice value)
{
    return !milter_session_leading_space(s) &&
           !(value.n && (value.p[0] == '\t' || value.p[0] == '\n'));
}

static struct slice whole_field(struct milter_session *s, const struct wire_header *h)
{
    buf_consume(&s->field, buf_size(&s->field));
    buf_append(&s->field, h->name);
    buf_append_byte(&s->field, ':');
    if (lost_space(s, h->value))
        buf_append_byte(&s->field, ' ');
    append_value(&s->field, h->value);
    return buf_slice(&s->field);
}

/* What is over the bound is not looked at: neither verified nor signed, and said so. */
static void give_up_header(struct milter_session *s)
{
    struct milter_message *m = &s->message;
    m->header_over = true;
    if (s->verifying)
        milter_session_want(s, MILTER_WANT_ABORT, (struct slice){ 0 });
    s->verifying = false;
    postern_dkim_signer_free(m->signer);
    m->signer = NULL;
    milter_sign_not(m, "the header is over milter.limits.header");
}

/* Read as it is hashed: a fold with LF alone is none to a reader of RFC 5322. */
static int note_from(struct milter_session *s, struct slice value)
{
    struct slice whole;
    buf_consume(&s->field, buf_size(&s->field));
    append_value(&s->field, value);
    whole = buf_slice(&s->field);
    return s->field.failed ? -ENOMEM
                           : postern_originator_from(s->message.originator, whole.p, whole.n);
}

static void note_field(struct milter_session *s, const struct wire_header *h)
{
    struct milter_message *m = &s->message;
    struct slice name = slice_trim_end(h->name);
    bool keep = milter_networks_have(s->setup->keep_results, s->setup->keep_results_n, &s->client);
    int error = forged_field(&m->forged, h->name, h->value,
                             slice_of_str(s->setup->conf->authserv_id), keep);
    if (error == 0 && !m->header_over && m->originator && slice_equal_nocase(name, SLICE("From")))
        error = note_from(s, h->value);
    if (error)
        m->error = error;
    m->sender_seen |= slice_equal_nocase(name, SLICE("Sender"));
    if (!m->differs)
        m->differs = find_difference(h);
}

enum handled milter_on_header(struct milter_session *s, struct slice payload)
{
    struct milter_message *m = &s->message;
    struct wire_header h;
    struct fault why;
    if (!wire_header_parse(payload, &h, &why))
        return milter_session_refuse(s, why.what);
    if (s->state == MILTER_ENVELOPE)
        begin_content(s);
    m->header += h.name.n + h.value.n + 3; /* the colon, CRLF */
    if (!m->header_over && m->header > s->setup->conf->limits.header)
        give_up_header(s);
    note_field(s, &h);
    if (m->header_over || !(s->verifying || m->signer))
        return HANDLED;
    struct slice field = whole_field(s, &h);
    if (s->field.failed)
        return milter_session_refuse(s, "no memory for a header field");
    if (s->verifying && !s->verify_failed)
        milter_session_want(s, MILTER_WANT_FIELD, field);
    milter_sign_field(s, field);
    return HANDLED;
}

static void end_header(struct milter_session *s)
{
    if (s->state == MILTER_ENVELOPE)
        begin_content(s);
    s->state = MILTER_BODY;
    milter_sign_header_end(s);
    if (s->verifying && !s->verify_failed)
        milter_session_want(s, MILTER_WANT_HEADER_END, (struct slice){ 0 });
}

/* Where nothing is to be done at the end, the body need not come. */
static bool needs_the_end(const struct milter_session *s)
{
    const struct milter_message *m = &s->message;
    return wants_verdict(s) || m->signer || m->forged.claims || m->error;
}

enum handled milter_on_header_end(struct milter_session *s, struct slice payload UNUSED)
{
    end_header(s);
    if (needs_the_end(s))
        return HANDLED;
    wire_write_reply(s->out, WIRE_REPLY_ACCEPT);
    milter_message_over(s, MILTER_EVENT_MESSAGE);
    return HANDLED_SILENT;
}

/* --- the body --- */

static void take_body(struct milter_session *s, struct slice octets)
{
    if (s->state != MILTER_BODY) /* an MTA that does not say where the header ends */
        end_header(s);
    s->message.body += octets.n;
    if (octets.n == 0)
        return;
    if (s->verifying && !s->verify_failed)
        milter_session_want(s, MILTER_WANT_BODY, octets);
    milter_sign_body(s, octets);
}

enum handled milter_on_body(struct milter_session *s, struct slice payload)
{
    take_body(s, payload);
    return HANDLED;
}

enum handled milter_on_end(struct milter_session *s, struct slice payload)
{
    take_body(s, payload);
    milter_sign_end(s);
    if (s->verifying && !s->verify_failed)
        milter_session_await_verdict(s);
    else
        milter_finish(s, NULL);
    return HANDLED_SILENT;
}
