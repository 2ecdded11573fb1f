/* SPDX-License-Identifier: ISC
 *
 * The Received field (RFC 5321 §4.4, RFC 3848, RFC 6531 §4.3), as much as the operator wants.
 */
#include "base/clock.h"
#include "submit/session_internal.h"

/* Words that can stand in a comment as they are. */
static bool is_plain_word(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] <= ' ' || text.p[i] >= 0x7f || text.p[i] == '(' || text.p[i] == ')' ||
            text.p[i] == '\\')
            return false;
    return text.n > 0;
}

static void write_client(const struct submit_session *s, struct buf *out)
{
    char text[ADDRESS_TEXT_MAX];
    const char *address = address_text(&s->start.peer, text);
    const char *tag = slice_has(slice_of_str(address), ':') ? "IPv6:" : "";
    struct slice hello = { (const uint8_t *)s->hello, s->hello_n };
    struct slice account = slice_of_str(s->account);
    if (slice_is_ascii(hello) && smtp_is_domain(hello))
        buf_printf(out, "from %.*s ([%s%s])", SLICE_ARG(hello), tag, address);
    else
        buf_printf(out, "from [%s%s]", tag, address);
    if (is_plain_word(account))
        buf_printf(out, "\r\n\t(authenticated as %.*s)", SLICE_ARG(account));
}

void trace_write(const struct submit_session *s, struct buf *out, int64_t wall_us)
{
    const struct conf_submission *conf = &s->setup->conf->submission;
    if (conf->trace == CONF_TRACE_NONE)
        return;
    buf_append_str(out, "Received: ");
    if (conf->trace == CONF_TRACE_FULL)
        write_client(s, out);
    else /* RFC 5321 wants a from-domain; RFC 2606 keeps this one from meaning anything */
        buf_append_str(out, "from submission.invalid");
    buf_printf(out, "\r\n\tby %s with %s id %s.%u;\r\n\t", conf->hostname,
               s->transaction->mail.smtputf8 ? "UTF8SMTPSA" : "ESMTPSA", s->start.id,
               s->message_number);
    clock_write_mail_date(out, wall_us);
    buf_append_str(out, "\r\n");
}
