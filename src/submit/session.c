/* SPDX-License-Identifier: ISC */
#include "submit/session.h"

#include <string.h>

#include "base/attribute.h"
#include "base/check.h"
#include "smtp/line.h"
#include "submit/session_internal.h"

#define IN(state) (1u << SUBMIT_##state)

enum { /* states by groups */
       BEFORE_AUTH = IN(CONNECTED) | IN(GREETED),
       AFTER_AUTH = IN(READY) | IN(MAIL) | IN(RCPT),
       ANY_TIME = BEFORE_AUTH | AFTER_AUTH,
};

/* What is said when a command comes in a state that its row does not list. Before authentication
 * the known verbs that are not heard get 530; this is for the others. */
/* clang-format off */
static const struct command_row {
    command_handler *handler;  /* NULL: known, never heard */
    unsigned states;
    enum submit_reply elsewhere;
    bool own_refusals;         /* the handler says what is wrong, in every state */
} commands[SMTP_VERB_COUNT] = {
    /*  verb            handler      legal in                    else                 */
    [SMTP_AUTH]     = { on_auth,     ANY_TIME,                   REPLY_SEQUENCE,      true  },
    [SMTP_BDAT]     = { on_bdat,     AFTER_AUTH,                 REPLY_SEQUENCE,      true  },
    [SMTP_CLIENTID] = { on_clientid, ANY_TIME,                   REPLY_SEQUENCE,      true  },
    [SMTP_DATA]     = { on_data,     IN(RCPT),                   REPLY_NEED_RCPT,     false },
    [SMTP_EHLO]     = { on_ehlo,     ANY_TIME,                   REPLY_SEQUENCE,      false },
    [SMTP_ETRN]     = { NULL,        0,                          REPLY_NOT_RECOGNISED, false },
    [SMTP_EXPN]     = { NULL,        0,                          REPLY_NOT_RECOGNISED, false },
    [SMTP_HELO]     = { on_helo,     ANY_TIME,                   REPLY_SEQUENCE,      false },
    [SMTP_HELP]     = { on_help,     ANY_TIME,                   REPLY_SEQUENCE,      false },
    [SMTP_MAIL]     = { on_mail,     IN(READY),                  REPLY_NESTED_MAIL,   false },
    [SMTP_NOOP]     = { on_noop,     ANY_TIME,                   REPLY_SEQUENCE,      false },
    [SMTP_QUIT]     = { on_quit,     ANY_TIME,                   REPLY_SEQUENCE,      false },
    [SMTP_RCPT]     = { on_rcpt,     IN(MAIL) | IN(RCPT),        REPLY_NEED_MAIL,     false },
    [SMTP_RSET]     = { on_rset,     ANY_TIME,                   REPLY_SEQUENCE,      false },
    [SMTP_STARTTLS] = { on_starttls, ANY_TIME,                   REPLY_SEQUENCE,      true  },
    [SMTP_VRFY]     = { on_vrfy,     AFTER_AUTH,                 REPLY_SEQUENCE,      false },
};
/* clang-format on */

/* How long a state may last without a word from the client (RFC 5321 §4.5.3.2). */
static int64_t patience_us(const struct submit_session *s)
{
    const struct conf_timeouts *t = &s->setup->conf->submission.timeouts;
    switch (s->state) {
    case SUBMIT_CONNECTED:
    case SUBMIT_GREETED:
    case SUBMIT_SASL:
    case SUBMIT_READY:
    case SUBMIT_MAIL:
    case SUBMIT_RCPT: return t->command_us;
    case SUBMIT_DATA:
    case SUBMIT_BDAT: return t->data_us;
    case SUBMIT_CLOSING:
    case SUBMIT_STATE_COUNT: break;
    }
    return 0;
}

static void restart_patience(struct submit_session *s)
{
    int64_t patience = patience_us(s);
    s->state_due_us = patience ? s->now_us + patience : 0;
}

void session_enter(struct submit_session *s, enum submit_state state)
{
    s->state = state;
    restart_patience(s);
}

static struct submit_want *add_want(struct submit_session *s, enum submit_want_kind kind)
{
    CHECK(s->wants_n < SUBMIT_WANTS_MAX);
    struct submit_want *w = &s->wants[(s->wants_first + s->wants_n++) % SUBMIT_WANTS_MAX];
    *w = (struct submit_want){ .kind = kind };
    return w;
}

void session_want(struct submit_session *s, enum submit_want_kind kind)
{
    (void)add_want(s, kind); /* nothing more to say of it */
}

void session_ask(struct submit_session *s, enum submit_question question)
{
    s->asked = question;
    add_want(s, SUBMIT_WANT_ANSWER)->question = question;
}

void session_event(struct submit_session *s, enum submit_event event, uint16_t code,
                   const char *reason)
{
    struct submit_want *w = add_want(s, SUBMIT_WANT_EVENT);
    w->event = event;
    w->code = code;
    w->reason = reason;
}

void session_content(struct submit_session *s, struct slice content)
{
    if (content.n == 0)
        return;
    add_want(s, SUBMIT_WANT_CONTENT)->content = content;
    s->content_wanted = true;
}

void session_close(struct submit_session *s, const char *reason)
{
    if (s->state == SUBMIT_CLOSING)
        return;
    envelope_drop(s);
    s->close_reason = reason;
    s->release_us = 0;
    session_enter(s, SUBMIT_CLOSING);
    session_want(s, SUBMIT_WANT_CLOSE);
}

void session_reset(struct submit_session *s)
{
    clientid_forget(s);
    s->clientid_advertised = s->auth_seen = s->esmtp = false;
    s->advertised = 0;
    s->hello_n = 0;
    session_enter(s, SUBMIT_CONNECTED);
}

void submit_init(struct submit_session *s, const struct submit_setup *setup,
                 const struct submit_start *start, struct buf *out)
{
    *s = (struct submit_session){
        .setup = setup,
        .start = *start,
        .out = out,
        .tls = start->tls,
        .now_us = start->now_us,
    };
    buf_init(&s->message, SUBMIT_SASL_MESSAGE_MAX);
    buf_init(&s->trace, SUBMIT_TRACE_MAX);
    session_enter(s, SUBMIT_CONNECTED);
    buf_printf(out, "220 %s ESMTP Postern\r\n", setup->conf->submission.hostname);
}

void submit_clear(struct submit_session *s)
{
    envelope_free(s);
    buf_clear(&s->trace);
    auth_wipe(s);
    clientid_forget(s);
    s->state = SUBMIT_CLOSING;
}

bool submit_authenticated(const struct submit_session *s)
{
    return s->account[0] != '\0';
}

bool submit_idle(const struct submit_session *s)
{
    return s->asked == SUBMIT_ASK_NOTHING && !s->transaction && s->release_us == 0 &&
           s->resume_us == 0 && s->state != SUBMIT_SASL;
}

bool submit_may_shed(const struct submit_session *s)
{
    return submit_idle(s) ||
           (s->state == SUBMIT_SASL && s->asked == SUBMIT_ASK_NOTHING && s->resume_us == 0);
}

/* The order of the tests is the policy: 500 for what nobody knows, the verb's own word (CLIENTID's
 * 500 in clear, AUTH's 530), 530 before authentication, then the table's word. */
static void run_command(struct submit_session *s, const struct smtp_command *command)
{
    if (command->verb == SMTP_UNKNOWN) {
        reply_refuse(s, REPLY_NOT_RECOGNISED, "unknown command");
        return;
    }
    const struct command_row *row = &commands[command->verb];
    bool heard = row->states & 1u << s->state;
    bool early = !submit_authenticated(s) && !(row->states & BEFORE_AUTH);
    if (early)
        reply_refuse(s, s->tls ? REPLY_AUTH_REQUIRED : REPLY_TLS_REQUIRED, "not authenticated");
    else if (row->handler && (heard || row->own_refusals))
        row->handler(s, command);
    else
        reply_refuse(s, row->elsewhere, "out of sequence");
}

static void take_command(struct submit_session *s, struct slice line)
{
    struct smtp_command command;
    struct fault why;
    if (s->failures_over && !slice_starts_nocase(line, SLICE("QUIT"))) {
        reply_close(s, REPLY_TOO_MANY_FAILURES, "too many authentication failures");
        return;
    }
    if (++s->commands > s->setup->conf->submission.limits.commands) {
        reply_close(s, REPLY_TOO_MANY_COMMANDS, "too many commands");
        return;
    }
    if (smtp_command_parse(line, &command, &why)) {
        run_command(s, &command);
    } else if (slice_starts_nocase(line, SLICE("CLIENTID "))) {
        /* A control byte in its token is a malformed CLIENTID (draft §5), not an unknown command. */
        command = (struct smtp_command){ .verb = SMTP_CLIENTID, .argument = slice_from(line, 9) };
        run_command(s, &command);
    } else {
        reply_refuse(s, REPLY_NOT_RECOGNISED, why.what);
    }
}

static bool is_auth_line(const struct submit_session *s, struct slice bytes)
{
    return s->state == SUBMIT_SASL || slice_starts_nocase(bytes, SLICE("AUTH "));
}

static void refuse_line(struct submit_session *s, bool sasl, enum submit_reply reply,
                        const char *reason)
{
    if (s->state == SUBMIT_SASL)
        auth_line_refused(s, reply, reason);
    else
        reply_refuse(s, sasl && reply == REPLY_LINE_LONG ? REPLY_AUTH_LONG : reply, reason);
}

static size_t skip_to_line_end(struct submit_session *s, struct slice bytes)
{
    struct slice head, tail;
    s->skip_line = !slice_cut(bytes, '\n', &head, &tail);
    return bytes.n - tail.n;
}

static size_t take_line(struct submit_session *s, struct slice bytes)
{
    const struct conf_limits *limits = &s->setup->conf->submission.limits;
    bool auth = is_auth_line(s, bytes);
    size_t max = auth ? limits->auth_line : limits->command_line, taken = 0;
    struct slice line;
    if (s->skip_line)
        return skip_to_line_end(s, bytes);
    enum smtp_line_result got =
        smtp_line_next(bytes, max < SUBMIT_LINE_MAX ? max : SUBMIT_LINE_MAX, &line, &taken);
    if (got == SMTP_LINE_MORE)
        return 0;
    restart_patience(s);
    if (got == SMTP_LINE_LONG) {
        s->skip_line = bytes.p[taken - 1] != '\n';
        refuse_line(s, auth, REPLY_LINE_LONG, "line too long");
    } else if (got == SMTP_LINE_BARE) {
        refuse_line(s, auth, REPLY_BARE_LINE, "bare CR or LF in a command");
    } else if (s->state == SUBMIT_SASL) {
        auth_response(s, line);
    } else {
        s->more_follows = taken < bytes.n;
        take_command(s, line);
    }
    return taken;
}

static size_t take_some(struct submit_session *s, struct slice bytes)
{
    switch (s->state) {
    case SUBMIT_DATA: restart_patience(s); return content_data(s, bytes);
    case SUBMIT_BDAT: restart_patience(s); return content_chunk(s, bytes);
    case SUBMIT_CONNECTED:
    case SUBMIT_GREETED:
    case SUBMIT_SASL:
    case SUBMIT_READY:
    case SUBMIT_MAIL:
    case SUBMIT_RCPT: return take_line(s, bytes);
    case SUBMIT_CLOSING:
    case SUBMIT_STATE_COUNT: break;
    }
    return 0;
}

/* Half of the queue is kept for what one command may want. */
static bool may_take(const struct submit_session *s)
{
    return s->asked == SUBMIT_ASK_NOTHING && s->release_us == 0 && s->resume_us == 0 &&
           s->state != SUBMIT_CLOSING && s->wants_n < SUBMIT_WANTS_MAX / 2 && !s->content_wanted;
}

size_t submit_input(struct submit_session *s, struct slice bytes, int64_t now_us)
{
    size_t taken = 0;
    s->now_us = now_us;
    s->content_wanted = false;
    if (!s->transaction)
        buf_clear(&s->trace);
    while (taken < bytes.n && may_take(s)) {
        size_t n = take_some(s, slice_from(bytes, taken));
        if (n == 0)
            break;
        taken += n;
    }
    return taken;
}

bool submit_next(struct submit_session *s, struct submit_want *out)
{
    if (s->wants_n == 0)
        return false;
    *out = s->wants[s->wants_first];
    s->wants_first = (uint8_t)((s->wants_first + 1) % SUBMIT_WANTS_MAX);
    s->wants_n--;
    return true;
}

void submit_answer(struct submit_session *s, const struct submit_answer *answer, int64_t now_us)
{
    if (s->asked != answer->question || s->state == SUBMIT_CLOSING)
        return; /* the question was closed before */
    s->now_us = now_us;
    s->asked = SUBMIT_ASK_NOTHING;
    switch (answer->question) {
    case SUBMIT_ASK_TLS: hello_tls_done(s); break;
    case SUBMIT_ASK_POLICY: auth_policy(s, answer); break;
    case SUBMIT_ASK_VERDICT: auth_verdict(s, answer); break;
    case SUBMIT_ASK_PASSWORD:
    case SUBMIT_ASK_SASL:
    case SUBMIT_ASK_RESPONSE: auth_answer(s, answer); break;
    case SUBMIT_ASK_MAIL:
    case SUBMIT_ASK_RCPT: envelope_answer(s, answer); break;
    case SUBMIT_ASK_CONTENT:
    case SUBMIT_ASK_END: content_answer(s, answer); break;
    case SUBMIT_ASK_NOTHING: break;
    }
    restart_patience(s);
}

void submit_delivery_lost(struct submit_session *s, const struct smtp_reply *reply, int64_t now_us)
{
    bool asked = s->asked >= SUBMIT_ASK_MAIL;
    s->now_us = now_us;
    if (!s->transaction || !s->transaction->opened)
        return;
    s->transaction->opened = false; /* there is nothing left to give up */
    if (asked) {
        struct submit_answer answer = { .question = s->asked, .reply = *reply };
        submit_answer(s, &answer, now_us);
    }
    if (s->transaction)
        content_refuse(s, reply);
}

int64_t submit_deadline(const struct submit_session *s)
{
    if (s->state == SUBMIT_CLOSING)
        return 0;
    int64_t due = s->release_us ? s->release_us : s->resume_us;
    if (due == 0 && s->asked == SUBMIT_ASK_NOTHING)
        due = s->state_due_us;
    if (!submit_authenticated(s) && s->release_us == 0) {
        int64_t limit = s->start.now_us + s->start.authenticate_us;
        due = due && due < limit ? due : limit;
    }
    return due;
}

void submit_tick(struct submit_session *s, int64_t now_us)
{
    int64_t due = submit_deadline(s);
    if (due == 0 || now_us < due)
        return;
    s->now_us = now_us;
    if (s->release_us)
        auth_release(s);
    else if (s->resume_us && now_us >= s->resume_us)
        auth_resume(s);
    else
        reply_close(s, REPLY_TIMEOUT,
                    submit_authenticated(s) ? "timeout" : "timeout before authentication");
}

void submit_shed(struct submit_session *s, const char *text, const char *reason)
{
    if (s->state == SUBMIT_CLOSING)
        return;
    if (submit_may_shed(s))
        smtp_reply_write(s->out,
                         &(struct smtp_reply){
                             .code = 421, .enhanced = { 4, 3, 2 }, .text = slice_of_str(text) },
                         false);
    session_close(s, reason);
}

void submit_hangup(struct submit_session *s, const char *reason)
{
    session_close(s, reason);
}
