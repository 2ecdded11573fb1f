/* SPDX-License-Identifier: ISC */
#include "milter/session_internal.h"

#include <string.h>

#include "base/attribute.h"

void milter_message_init(struct milter_message *m)
{
    *m = (struct milter_message){ 0 };
    forged_init(&m->forged);
}

/* The report and the macros stay for the event that tells of its end. */
void milter_message_clear(struct milter_message *m)
{
    postern_originator_free(m->originator);
    postern_dkim_signer_free(m->signer);
    m->originator = NULL;
    m->signer = NULL;
    forged_clear(&m->forged);
    m->open = false;
}

void milter_message_forget(struct milter_message *m)
{
    milter_message_clear(m);
    milter_message_init(m);
}

void milter_message_over(struct milter_session *s, enum milter_event event)
{
    if (s->verifying)
        milter_session_want(s, MILTER_WANT_ABORT, (struct slice){ 0 });
    s->verifying = s->verify_failed = false;
    s->message.report.size = s->message.header + s->message.body;
    milter_session_event(s, event);
    if (event == MILTER_EVENT_MESSAGE && s->message.report.signed_by[0] &&
        (s->message.report.eight_bit || s->message.report.longest_line > MILTER_LINE_MAX))
        milter_session_event(s, MILTER_EVENT_HAZARD);
    milter_message_clear(&s->message);
    s->state = MILTER_READY;
}

/* --- macros --- */

const char *milter_message_macro(const struct milter_session *s, enum milter_macro macro)
{
    const char *own = s->message.macros.value[macro];
    return own[0] ? own : s->macros.value[macro];
}

/* Those of MAIL come before it: what the message before left behind is gone by then. */
enum handled milter_on_macros(struct milter_session *s, struct slice payload)
{
    uint8_t stage = payload.n ? payload.p[0] : 0;
    payload = slice_from(payload, 1);
    if (stage == WIRE_CONNECT) {
        memset(&s->macros, 0, sizeof s->macros);
        s->macros_fresh = true;
    }
    if (stage == WIRE_CONNECT || stage == WIRE_HELO) {
        milter_macros_take(&s->macros, payload);
        return HANDLED_SILENT;
    }
    if (!s->message.open && s->message.begun)
        milter_message_forget(&s->message);
    milter_macros_take(&s->message.macros, payload);
    return HANDLED_SILENT;
}

/* --- the client --- */

static void forget_client(struct milter_session *s)
{
    milter_message_forget(&s->message);
    memset(&s->client, 0, sizeof s->client);
    memset(s->host, 0, sizeof s->host);
}

/* Sendmail writes "IPv6:" before an IPv6 address. A client whose address cannot be read has none:
 * it is a stranger. */
static void read_address(struct address *out, const struct wire_connect *c)
{
    struct slice text = c->address, tag = SLICE("IPv6:");
    if (c->family == 'L') {
        out->un.sun_family = AF_UNIX;
        out->n = sizeof out->un.sun_family;
        return;
    }
    if (slice_starts_nocase(text, tag))
        text = slice_from(text, tag.n);
    if (c->family == 'U' || !address_parse_ip(text, c->port, out))
        *out = (struct address){ .n = 0 };
    else
        address_normalise(out);
}

enum handled milter_on_connect(struct milter_session *s, struct slice payload)
{
    struct wire_connect c;
    struct fault why;
    if (!wire_connect_parse(payload, &c, &why))
        return milter_session_refuse(s, why.what);
    forget_client(s);
    if (!s->macros_fresh) /* they are of the client before */
        memset(&s->macros, 0, sizeof s->macros);
    s->macros_fresh = false;
    (void)slice_keep(c.host, s->host, sizeof s->host - 1); /* cut: for the log */
    read_address(&s->client, &c);
    return HANDLED;
}

/* The next client is another: nothing of this one may hold for it. */
enum handled milter_on_quit_next(struct milter_session *s, struct slice payload UNUSED)
{
    if (s->message.open)
        milter_message_over(s, MILTER_EVENT_ABORTED);
    forget_client(s);
    memset(&s->macros, 0, sizeof s->macros);
    s->macros_fresh = false;
    return HANDLED_SILENT;
}

/* --- the envelope --- */

/* "<user@example.com>" NUL, and then ESMTP parameters. */
enum handled milter_on_mail(struct milter_session *s, struct slice payload)
{
    struct slice sender;
    struct milter_message *m = &s->message;
    if (!wire_string_next(&payload, &sender))
        return milter_session_refuse(s, "the sender has no end");
    if (m->begun)
        milter_message_forget(m);
    if (sender.n >= 2 && sender.p[0] == '<' && sender.p[sender.n - 1] == '>')
        sender = (struct slice){ sender.p + 1, sender.n - 2 };
    (void)slice_keep(sender, m->sender,
                     sizeof m->sender - 1); /* cut: what is longer is no list's */
    m->open = m->begun = true;
    s->messages++;
    s->state = MILTER_ENVELOPE;
    return HANDLED;
}
