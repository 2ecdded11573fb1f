/* SPDX-License-Identifier: ISC
 *
 * Every reply of ours, in one table (RFC 5321 §4.2, RFC 3463, RFC 5248).
 */
#include <string.h>

#include "base/attribute.h"
#include "submit/session_internal.h"

#define ROW(code_, c_, s_, d_, text_)                                                \
    {                                                                                \
        .code = (code_), .enhanced = { (c_), (s_), (d_) }, .text = SLICE_INIT(text_) \
    }

/* clang-format off */
static const struct smtp_reply replies[REPLY_COUNT] = {
    [REPLY_OK]                  = ROW(250, 2, 0, 0, "OK"),
    [REPLY_BYE]                 = ROW(221, 2, 0, 0, "Bye"),
    [REPLY_FLUSHED]             = ROW(250, 2, 0, 0, "Flushed"),
    [REPLY_HELP]                = ROW(214, 2, 0, 0, "AUTH BDAT CLIENTID DATA EHLO HELO HELP MAIL NOOP QUIT RCPT RSET STARTTLS VRFY"),
    [REPLY_VRFY]                = ROW(252, 2, 1, 5, "Send some mail, I will try"),
    [REPLY_START_TLS]           = ROW(220, 2, 0, 0, "Ready to start TLS"),
    [REPLY_AUTHENTICATED]       = ROW(235, 2, 7, 0, "Authentication successful"),
    [REPLY_CLIENTID_OK]         = ROW(250, 2, 0, 0, "OK"),
    [REPLY_NOT_RECOGNISED]      = ROW(500, 5, 5, 2, "Syntax error, command unrecognised"),
    [REPLY_BARE_LINE]           = ROW(500, 5, 5, 2, "Lines end with CRLF"),
    [REPLY_LINE_LONG]           = ROW(500, 5, 5, 2, "Line too long"),
    [REPLY_AUTH_LONG]           = ROW(500, 5, 5, 6, "Authentication exchange line is too long"),
    [REPLY_SYNTAX]              = ROW(501, 5, 5, 4, "Syntax error in parameters or arguments"),
    [REPLY_SEQUENCE]            = ROW(503, 5, 5, 1, "Bad sequence of commands"),
    [REPLY_HELLO_FIRST]         = ROW(503, 5, 5, 1, "Send EHLO first"),
    [REPLY_NESTED_MAIL]         = ROW(503, 5, 5, 1, "A transaction is open already"),
    [REPLY_NEED_MAIL]           = ROW(503, 5, 5, 1, "Send MAIL first"),
    [REPLY_NEED_RCPT]           = ROW(503, 5, 5, 1, "No valid recipients"),
    [REPLY_AFTER_STARTTLS]      = ROW(503, 5, 5, 1, "Nothing may follow STARTTLS in clear"),
    [REPLY_TLS_ACTIVE]          = ROW(503, 5, 5, 1, "TLS is active already"),
    [REPLY_TLS_REQUIRED]        = ROW(530, 5, 7, 0, "Must issue a STARTTLS command first"),
    [REPLY_AUTH_REQUIRED]       = ROW(530, 5, 7, 0, "Authentication required"),
    [REPLY_AUTH_AGAIN]          = ROW(503, 5, 5, 1, "Already authenticated"),
    [REPLY_AUTH_MECHANISM]      = ROW(504, 5, 5, 4, "Authentication mechanism not offered"),
    [REPLY_AUTH_BASE64]         = ROW(501, 5, 5, 2, "Invalid base64"),
    [REPLY_AUTH_CANCELLED]      = ROW(501, 5, 7, 0, "Authentication cancelled"),
    [REPLY_AUTH_FAILED]         = ROW(535, 5, 7, 8, "Authentication credentials invalid"),
    [REPLY_AUTH_UNAVAILABLE]    = ROW(454, 4, 7, 0, "Temporary authentication failure"),
    [REPLY_POLICY]              = ROW(550, 5, 7, 1, "Server policy does not permit your use of this mail system"),
    [REPLY_TOO_MANY_FAILURES]   = ROW(421, 4, 7, 0, "Too many authentication failures"),
    [REPLY_TOO_MANY_ERRORS]     = ROW(421, 4, 7, 0, "Too many errors"),
    [REPLY_TOO_MANY_COMMANDS]   = ROW(421, 4, 7, 0, "Too many commands without a message"),
    [REPLY_TIMEOUT]             = ROW(421, 4, 4, 2, "Timeout, closing the connection"),
    [REPLY_PATH]                = ROW(501, 5, 1, 7, "Bad address syntax"),
    [REPLY_PARAMETER]           = ROW(501, 5, 5, 4, "Bad parameter"),
    [REPLY_PARAMETER_UNKNOWN]   = ROW(555, 5, 5, 4, "Parameter not recognised or not offered"),
    [REPLY_UTF8_NEEDED]         = ROW(553, 5, 6, 7, "A non-ASCII address needs SMTPUTF8"),
    [REPLY_UPSTREAM_CHANGED]    = ROW(451, 4, 3, 0, "The extension asked for is not available now"),
    [REPLY_TOO_BIG]             = ROW(552, 5, 3, 4, "Message too big"),
    [REPLY_SENDER]              = ROW(553, 5, 7, 1, "Sender address not allowed for this account"),
    [REPLY_FROM]                = ROW(553, 5, 7, 1, "From address not allowed for this account"),
    [REPLY_TOO_MANY_RECIPIENTS] = ROW(452, 4, 5, 3, "Too many recipients"),
    [REPLY_BINARY_NEEDS_BDAT]   = ROW(503, 5, 5, 1, "BODY=BINARYMIME needs BDAT"),
    [REPLY_DATA_AND_BDAT]       = ROW(503, 5, 5, 1, "DATA cannot follow BDAT"),
    [REPLY_CHUNK_OK]            = ROW(250, 2, 0, 0, "Chunk received"),
    [REPLY_BARE_CONTENT]        = ROW(550, 5, 5, 2, "Bare CR or LF, or NUL, in the message"),
    [REPLY_LOOP]                = ROW(554, 5, 4, 6, "Too many Received fields: mail loop"),
    [REPLY_NO_MEMORY]           = ROW(451, 4, 3, 0, "Out of memory, try again later"),
    [REPLY_UPSTREAM_ODD]        = ROW(451, 4, 3, 0, "The mail server's answer makes no sense, try again later"),
};
/* clang-format on */

const struct smtp_reply *reply_of(enum submit_reply reply)
{
    return &replies[reply];
}

void reply_send(struct submit_session *s, enum submit_reply reply)
{
    smtp_reply_write(s->out, &replies[reply], false);
}

void reply_pass(struct submit_session *s, const struct smtp_reply *reply,
                struct smtp_enhanced fallback)
{
    struct smtp_reply own = reply->code / 100 == 3 ? replies[REPLY_UPSTREAM_ODD] : *reply;
    if (own.code == 421) /* it spoke of its channel, not of ours */
        own.code = 451;
    uint8_t class = (uint8_t)(own.code / 100);
    if (own.enhanced.class != class) {
        own.enhanced = class == 2 ? fallback : (struct smtp_enhanced){ 0 };
        own.enhanced.class = class;
    }
    bool utf8 = s->transaction && s->transaction->mail.smtputf8;
    smtp_reply_write(s->out, &own, utf8);
}

void reply_decline(struct submit_session *s, enum submit_reply reply, const char *reason)
{
    reply_send(s, reply);
    session_event(s, SUBMIT_EVENT_REFUSED, replies[reply].code, reason);
}

void reply_refuse(struct submit_session *s, enum submit_reply reply, const char *reason)
{
    if (++s->errors > s->setup->conf->submission.limits.errors)
        reply_close(s, REPLY_TOO_MANY_ERRORS, "too many errors");
    else
        reply_decline(s, reply, reason);
}

void reply_close(struct submit_session *s, enum submit_reply reply, const char *reason)
{
    reply_decline(s, reply, reason);
    session_close(s, reason);
}
