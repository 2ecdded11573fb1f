/* SPDX-License-Identifier: ISC
 *
 * The message itself: DATA (RFC 5321 §4.1.1.4) and BDAT (RFC 3030). Content is looked at while it
 * passes and handed on at once; when it must not arrive the delivery is given up, the rest is read
 * to its true end, and then the client hears why.
 */
#include <string.h>

#include "submit/session_internal.h"

/* Content that is only read away may be this much over the limit; then the connection goes. */
#define SWALLOW_EXTRA (1024 * 1024)

void content_refuse(struct submit_session *s, const struct smtp_reply *reply)
{
    struct submit_transaction *t = s->transaction;
    if (t->refusal.code)
        return;
    t->refusal = *reply;
    t->refusal.text = slice_keep(reply->text, t->refusal_text, sizeof t->refusal_text);
    if (t->opened)
        session_want(s, SUBMIT_WANT_ABORT);
    t->opened = false;
}

static void note_message(struct submit_session *s, const struct smtp_reply *reply)
{
    const struct submit_transaction *t = s->transaction;
    uint16_t class = reply->code / 100;
    s->message_outcome = class == 2   ? SUBMIT_MESSAGE_ACCEPTED
                         : class == 5 ? SUBMIT_MESSAGE_REFUSED
                                      : SUBMIT_MESSAGE_DEFERRED;
    s->last_size = t->size;
    s->last_recipients = t->recipients;
    s->last_message_us = s->now_us - t->started_us;
    struct slice text = slice_first(reply->text, sizeof s->last_reply - 1);
    if (text.n)
        memcpy(s->last_reply, text.p, text.n);
    s->last_reply[text.n] = '\0';
}

/* The final reply, whoever gave it: the transaction is over. */
static void finish(struct submit_session *s, const struct smtp_reply *reply)
{
    note_message(s, reply);
    reply_pass(s, reply, (struct smtp_enhanced){ 2, 0, 0 });
    session_event(s, SUBMIT_EVENT_MESSAGE, reply->code, NULL);
    if (s->message_outcome == SUBMIT_MESSAGE_ACCEPTED) {
        s->messages++;
        s->commands = 0;
    }
    if (s->transaction->opened && s->message_outcome != SUBMIT_MESSAGE_ACCEPTED)
        session_want(s, SUBMIT_WANT_ABORT);
    envelope_free(s);
    session_enter(s, SUBMIT_READY);
}

static void check_header(struct submit_session *s)
{
    struct submit_transaction *t = s->transaction;
    if (t->header_checked)
        return;
    t->header_checked = true;
    if (!envelope_from_allowed(s))
        content_refuse(s, reply_of(REPLY_FROM));
}

static void look_at(struct submit_session *s, struct slice content)
{
    struct submit_transaction *t = s->transaction;
    const struct conf_limits *limits = &s->setup->conf->submission.limits;
    if (t->size > limits->message_size) {
        content_refuse(s, reply_of(REPLY_TOO_BIG));
        return;
    }
    if (t->header.ended)
        return;
    (void)message_scan(&t->header, content); /* how much was header is of no interest here */
    if (t->header.received > limits->received)
        content_refuse(s, reply_of(REPLY_LOOP));
    else if (t->header.ended)
        check_header(s);
}

static void begin_content(struct submit_session *s, int64_t wall_us)
{
    buf_clear(&s->trace);
    trace_write(s, &s->trace, wall_us);
}

/* The trace field goes out with the first content, in one packet. */
static void hand_on(struct submit_session *s, struct slice content)
{
    struct submit_transaction *t = s->transaction;
    if (!t->traced)
        session_content(s, buf_slice(&s->trace));
    t->traced = true;
    session_content(s, content);
}

static void take_content(struct submit_session *s, struct slice content)
{
    struct submit_transaction *t = s->transaction;
    uint64_t most = 2 * s->setup->conf->submission.limits.message_size + SWALLOW_EXTRA;
    t->size += content.n;
    if (!t->refusal.code)
        look_at(s, content);
    if (!t->refusal.code) {
        if (content.n)
            hand_on(s, content);
    } else if (t->size > most) {
        finish(s, &t->refusal);
        session_close(s, "content far over the limit");
    }
}

static void end_content(struct submit_session *s)
{
    struct submit_transaction *t = s->transaction;
    check_header(s);
    if (t->refusal.code) {
        finish(s, &t->refusal);
    } else {
        hand_on(s, (struct slice){ 0 }); /* an empty message has a trace field too */
        session_ask(s, SUBMIT_ASK_END);
    }
}

size_t content_data(struct submit_session *s, struct slice bytes)
{
    struct submit_transaction *t = s->transaction;
    struct slice content;
    size_t taken = smtp_data_scan(&t->scan, bytes, &content);
    if (t->scan.bad)
        content_refuse(s, reply_of(REPLY_BARE_CONTENT));
    bool ended = t->scan.ended;
    take_content(s, content);
    if (ended && s->transaction)
        end_content(s);
    return taken;
}

void on_data(struct submit_session *s, const struct smtp_command *command)
{
    struct submit_transaction *t = s->transaction;
    if (command->argument.n) {
        reply_refuse(s, REPLY_SYNTAX, "DATA with an argument");
    } else if (t->chunked) {
        reply_refuse(s, REPLY_DATA_AND_BDAT, "DATA after BDAT");
    } else if (t->mail.body == SMTP_BODY_BINARYMIME) { /* RFC 3030 §3 */
        reply_refuse(s, REPLY_BINARY_NEEDS_BDAT, "DATA for BINARYMIME");
    } else {
        t->content = true;
        if (t->refusal.code)
            finish(s, &t->refusal);
        else
            session_ask(s, SUBMIT_ASK_CONTENT);
    }
}

static void end_stray_chunk(struct submit_session *s)
{
    s->chunk_stray = false;
    session_enter(s, s->chunk_from);
    reply_refuse(s, s->transaction ? REPLY_NEED_RCPT : REPLY_NEED_MAIL, "BDAT out of sequence");
}

static void end_chunk(struct submit_session *s)
{
    struct submit_transaction *t = s->transaction;
    if (s->chunk_stray) {
        end_stray_chunk(s);
        return;
    }
    if (s->chunk_last)
        smtp_chunk_check_end(&t->chunk);
    if (t->chunk.bad && t->mail.body != SMTP_BODY_BINARYMIME)
        content_refuse(s, reply_of(REPLY_BARE_CONTENT));
    if (t->refusal.code) {
        finish(s, &t->refusal);
    } else if (s->chunk_last) {
        end_content(s);
    } else {
        session_enter(s, SUBMIT_RCPT);
        reply_send(s, REPLY_CHUNK_OK);
    }
}

size_t content_chunk(struct submit_session *s, struct slice bytes)
{
    struct slice content =
        slice_first(bytes, s->chunk_left < bytes.n ? (size_t)s->chunk_left : bytes.n);
    s->chunk_left -= content.n;
    if (!s->chunk_stray) {
        smtp_chunk_check(&s->transaction->chunk, content);
        if (s->transaction->chunk.bad && s->transaction->mail.body != SMTP_BODY_BINARYMIME)
            content_refuse(s, reply_of(REPLY_BARE_CONTENT));
        take_content(s, content);
    }
    if (s->chunk_left == 0 && s->state == SUBMIT_BDAT)
        end_chunk(s);
    return content.n;
}

static void enter_chunk(struct submit_session *s)
{
    session_enter(s, SUBMIT_BDAT);
    if (s->chunk_left == 0)
        end_chunk(s);
}

/* The octets of a chunk follow its command whatever we think of it (RFC 3030 §2), so they are read
 * away before it is refused. */
void on_bdat(struct submit_session *s, const struct smtp_command *command)
{
    struct submit_transaction *t = s->transaction;
    uint64_t limit = s->setup->conf->submission.limits.message_size;
    struct fault why;
    if (!smtp_bdat_parse(command->argument, &s->chunk_left, &s->chunk_last, &why)) {
        /* How much follows is not known, and none of it may be read as commands. */
        reply_close(s, REPLY_SYNTAX, why.what);
        return;
    }
    if (s->chunk_left > 2 * limit + SWALLOW_EXTRA) {
        reply_close(s, REPLY_TOO_BIG, "chunk far over the limit");
        return;
    }
    s->chunk_stray = s->state != SUBMIT_RCPT;
    s->chunk_from = s->state;
    if (s->chunk_stray) {
        enter_chunk(s);
        return;
    }
    bool first = !t->chunked;
    t->chunked = t->content = true;
    if (t->size > limit || s->chunk_left > limit - t->size)
        content_refuse(s, reply_of(REPLY_TOO_BIG));
    if (first && !t->refusal.code)
        session_ask(s, SUBMIT_ASK_CONTENT);
    else
        enter_chunk(s);
}

static void content_opened(struct submit_session *s, const struct submit_answer *answer)
{
    bool go = answer->reply.code == 354;
    /* Only a refusal may end the message here: a 2yz would claim what nobody has. */
    const struct smtp_reply *refusal =
        answer->reply.code < 400 ? reply_of(REPLY_UPSTREAM_ODD) : &answer->reply;
    if (s->transaction->chunked) {
        if (go)
            begin_content(s, answer->wall_us);
        else
            content_refuse(s, refusal);
        enter_chunk(s);
    } else if (go) {
        begin_content(s, answer->wall_us);
        session_enter(s, SUBMIT_DATA);
        buf_append_str(s->out, "354 End data with <CR><LF>.<CR><LF>\r\n");
    } else {
        finish(s, refusal);
    }
}

void content_answer(struct submit_session *s, const struct submit_answer *answer)
{
    if (answer->question == SUBMIT_ASK_CONTENT)
        content_opened(s, answer);
    else
        finish(s, &answer->reply);
}
