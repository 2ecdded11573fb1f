/* SPDX-License-Identifier: ISC
 *
 * EHLO, HELO, STARTTLS and the commands that change nothing (RFC 5321 §4.1, RFC 3207).
 */

#include "submit/session_internal.h"

static void keep_hello(struct submit_session *s, struct slice argument)
{
    s->hello_n = slice_keep(argument, s->hello, sizeof s->hello).n;
}

/* Any printable argument will do, and none too: real clients send "[IPv6:::ffff:192.0.2.1]",
 * "[IPV6:...]" and host names with underscores. A greeting also ends a transaction
 * (RFC 5321 §4.1.4); the identity and the authentication stay. */
static void greet(struct submit_session *s, const struct smtp_command *command, bool esmtp)
{
    envelope_drop(s);
    keep_hello(s, command->argument);
    s->esmtp = esmtp;
    session_enter(s, submit_authenticated(s) ? SUBMIT_READY : SUBMIT_GREETED);
}

/* What is carried through to the next hop can be offered only when the next hop has it. CHUNKING is
 * ours alone: chunks are sent on as DATA where the upstream has no BDAT. */
static unsigned offered_now(const struct submit_session *s)
{
    unsigned up = s->upstream.offered;
    unsigned offered =
        SMTP_CAP_PIPELINING | SMTP_CAP_SIZE | SMTP_CAP_ENHANCEDSTATUSCODES | SMTP_CAP_CHUNKING;
    offered |= up & (SMTP_CAP_8BITMIME | SMTP_CAP_SMTPUTF8 | SMTP_CAP_DSN);
    if (up & SMTP_CAP_CHUNKING)
        offered |= up & SMTP_CAP_BINARYMIME;
    if (!s->tls)
        offered |= SMTP_CAP_STARTTLS;
    return offered;
}

static uint64_t size_offered(const struct submit_session *s)
{
    uint64_t ours = s->setup->conf->submission.limits.message_size, theirs = s->upstream.size;
    return theirs && theirs < ours ? theirs : ours;
}

static void write_line(struct buf *out, const char *keyword)
{
    buf_printf(out, "250-%s\r\n", keyword);
}

static void write_capabilities(struct submit_session *s)
{
    /* clang-format off */
    static const struct { enum smtp_capability capability; const char *keyword; } plain[] = {
        { SMTP_CAP_PIPELINING, "PIPELINING" },
        { SMTP_CAP_8BITMIME,   "8BITMIME" },
        { SMTP_CAP_BINARYMIME, "BINARYMIME" },
        { SMTP_CAP_SMTPUTF8,   "SMTPUTF8" },
        { SMTP_CAP_CHUNKING,   "CHUNKING" },
        { SMTP_CAP_DSN,        "DSN" },
        { SMTP_CAP_STARTTLS,   "STARTTLS" },
    };
    /* clang-format on */
    const struct conf_submission *conf = &s->setup->conf->submission;
    for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
        if (s->advertised & plain[i].capability)
            write_line(s->out, plain[i].keyword);
    buf_printf(s->out, "250-SIZE %llu\r\n", (unsigned long long)size_offered(s));
    buf_printf(s->out, "250-LIMITS RCPTMAX=%u\r\n", conf->limits.recipients);
    if (s->tls && s->mechanisms.n)
        buf_printf(s->out, "250-AUTH %.*s\r\n", SLICE_ARG(s->mechanisms));
    if (s->clientid_advertised) /* draft §3: exactly the word, in every EHLO response over TLS */
        write_line(s->out, "CLIENTID");
    buf_append_str(s->out, "250 ENHANCEDSTATUSCODES\r\n");
}

void on_ehlo(struct submit_session *s, const struct smtp_command *command)
{
    greet(s, command, true);
    s->advertised = offered_now(s);
    s->clientid_advertised = s->tls && s->setup->conf->submission.clientid;
    buf_printf(s->out, "250-%s\r\n", s->setup->conf->submission.hostname);
    write_capabilities(s);
}

void on_helo(struct submit_session *s, const struct smtp_command *command)
{
    greet(s, command, false);
    s->advertised = 0;
    buf_printf(s->out, "250 %s\r\n", s->setup->conf->submission.hostname);
}

void on_starttls(struct submit_session *s, const struct smtp_command *command)
{
    if (s->tls) {
        reply_refuse(s, REPLY_TLS_ACTIVE, "STARTTLS inside TLS");
    } else if (command->argument.n) {
        reply_refuse(s, REPLY_SYNTAX, "STARTTLS with an argument");
    } else if (s->more_follows) {
        /* RFC 3207 §6: commands injected before TLS would be read as the client's own after it. */
        reply_close(s, REPLY_AFTER_STARTTLS, "bytes in clear behind STARTTLS");
    } else {
        reply_send(s, REPLY_START_TLS);
        session_ask(s, SUBMIT_ASK_TLS);
    }
}

void hello_tls_done(struct submit_session *s)
{
    s->tls = true;
    session_reset(s);
    session_event(s, SUBMIT_EVENT_TLS, 0, NULL);
}

void on_help(struct submit_session *s, const struct smtp_command *command)
{
    (void)command; /* the same help for every topic */
    reply_send(s, REPLY_HELP);
}

void on_noop(struct submit_session *s, const struct smtp_command *command)
{
    (void)command; /* RFC 5321 §4.1.1.9: an argument is ignored */
    reply_send(s, REPLY_OK);
}

void on_quit(struct submit_session *s, const struct smtp_command *command)
{
    if (command->argument.n) {
        reply_refuse(s, REPLY_SYNTAX, "QUIT with an argument");
        return;
    }
    reply_send(s, REPLY_BYE);
    session_close(s, "quit");
}

void on_vrfy(struct submit_session *s, const struct smtp_command *command)
{
    if (command->argument.n)
        reply_send(s, REPLY_VRFY);
    else
        reply_refuse(s, REPLY_SYNTAX, "VRFY without an argument");
}
