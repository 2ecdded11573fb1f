/* SPDX-License-Identifier: ISC
 *
 * MAIL, RCPT and RSET (RFC 5321 §4.1.1.2, §4.1.1.3, RFC 6409 §3 and §5).
 */
#include <stdlib.h>
#include <string.h>

#include "submit/sender.h"
#include "submit/session_internal.h"

static struct sender_policy policy_of(const struct submit_session *s)
{
    const struct conf_submission *conf = &s->setup->conf->submission;
    return (struct sender_policy){
        .mode = conf->sender,
        .map = s->setup->senders,
        .realm = slice_of_str(conf->realm),
    };
}

static bool cut_keyword(struct slice argument, struct slice keyword, struct slice *rest)
{
    *rest = slice_from(argument, keyword.n);
    return slice_starts_nocase(argument, keyword);
}

/* What a parameter needs must have been offered in this session (555) and still be there (451). */
static bool has_capability(struct submit_session *s, bool needed, unsigned capability)
{
    if (!needed)
        return true;
    if (!(s->advertised & capability)) {
        reply_refuse(s, REPLY_PARAMETER_UNKNOWN, "parameter not offered");
        return false;
    }
    if (s->upstream_known && !(s->upstream.offered & capability)) {
        reply_decline(s, REPLY_UPSTREAM_CHANGED, "the upstream lost an extension");
        return false;
    }
    return true;
}

static bool parameters_parsed(struct submit_session *s, enum smtp_parameter_result result,
                              const char *what)
{
    switch (result) {
    case SMTP_PARAMETER_OK: return true;
    case SMTP_PARAMETER_SYNTAX: reply_refuse(s, REPLY_PARAMETER, what); break;
    case SMTP_PARAMETER_UNKNOWN: reply_refuse(s, REPLY_PARAMETER_UNKNOWN, what); break;
    }
    return false;
}

static bool mail_parameters_hold(struct submit_session *s, const struct smtp_mail_parameters *p)
{
    uint64_t limit = s->setup->conf->submission.limits.message_size;
    if (!has_capability(s, p->body == SMTP_BODY_8BITMIME, SMTP_CAP_8BITMIME) ||
        !has_capability(s, p->body == SMTP_BODY_BINARYMIME, SMTP_CAP_BINARYMIME) ||
        !has_capability(s, p->smtputf8, SMTP_CAP_SMTPUTF8) ||
        !has_capability(s, p->ret != SMTP_RET_NONE || p->envid.p, SMTP_CAP_DSN))
        return false;
    if (s->upstream.size && s->upstream.size < limit)
        limit = s->upstream.size;
    if (p->size_given && p->size > limit) {
        reply_refuse(s, REPLY_TOO_BIG, "SIZE over the limit");
        return false;
    }
    return true;
}

static bool mail_parse(struct submit_session *s, struct slice argument,
                       struct submit_transaction *t)
{
    struct slice rest, parameters;
    struct fault why;
    if (!cut_keyword(argument, SLICE("FROM:"), &rest)) {
        reply_refuse(s, REPLY_SYNTAX, "MAIL without FROM:");
        return false;
    }
    if (!smtp_path_parse(rest, SMTP_REVERSE, &t->sender, &parameters, &why)) {
        reply_refuse(s, REPLY_PATH, why.what);
        return false;
    }
    return parameters_parsed(s, smtp_mail_parameters_parse(parameters, &t->mail, &why), why.what);
}

static bool mail_allowed(struct submit_session *s, const struct submit_transaction *t)
{
    struct sender_policy policy = policy_of(s);
    if (!mail_parameters_hold(s, &t->mail))
        return false;
    if (t->sender.utf8 && !t->mail.smtputf8) {
        reply_refuse(s, REPLY_UTF8_NEEDED, "UTF-8 address without SMTPUTF8");
        return false;
    }
    if (!sender_allowed(&policy, slice_of_str(s->account), &t->sender)) {
        reply_refuse(s, REPLY_SENDER, "sender not allowed");
        return false;
    }
    return true;
}

static struct submit_transaction *transaction_new(int64_t now_us)
{
    struct submit_transaction *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    message_scan_init(&t->header);
    t->started_us = now_us;
    return t;
}

void envelope_free(struct submit_session *s)
{
    if (!s->transaction)
        return;
    message_scan_clear(&s->transaction->header);
    free(s->transaction);
    s->transaction = NULL;
}

void envelope_drop(struct submit_session *s)
{
    struct submit_transaction *t = s->transaction;
    if (!t)
        return;
    if (t->opened)
        session_want(s, SUBMIT_WANT_ABORT);
    if (t->content) {
        s->message_outcome = SUBMIT_MESSAGE_ABORTED;
        s->last_size = t->size;
        s->last_recipients = t->recipients;
        s->last_message_us = s->now_us - t->started_us;
        s->last_reply[0] = '\0';
        session_event(s, SUBMIT_EVENT_MESSAGE, 0, "not finished by the client");
    }
    envelope_free(s);
}

void on_mail(struct submit_session *s, const struct smtp_command *command)
{
    if (s->mail_refused) { /* draft -13 §8.3 */
        reply_refuse(s, REPLY_POLICY, "policy");
        return;
    }
    struct submit_transaction *t = s->transaction = transaction_new(s->now_us);
    if (!t) {
        reply_decline(s, REPLY_NO_MEMORY, "out of memory");
        return;
    }
    if (!mail_parse(s, command->argument, t) || !mail_allowed(s, t)) {
        envelope_free(s);
        return;
    }
    s->message_number++;
    t->opened = true;
    session_ask(s, SUBMIT_ASK_MAIL);
}

static bool rcpt_parse(struct submit_session *s, struct slice argument,
                       struct submit_transaction *t)
{
    struct slice rest, parameters;
    struct fault why;
    if (!cut_keyword(argument, SLICE("TO:"), &rest)) {
        reply_refuse(s, REPLY_SYNTAX, "RCPT without TO:");
        return false;
    }
    if (!smtp_path_parse(rest, SMTP_FORWARD, &t->recipient, &parameters, &why)) {
        reply_refuse(s, REPLY_PATH, why.what);
        return false;
    }
    return parameters_parsed(s, smtp_rcpt_parameters_parse(parameters, &t->rcpt, &why), why.what);
}

static bool rcpt_allowed(struct submit_session *s, const struct submit_transaction *t)
{
    if (!has_capability(s, t->rcpt.notify || t->rcpt.orcpt.p, SMTP_CAP_DSN))
        return false;
    if (t->recipient.utf8 && !t->mail.smtputf8) {
        reply_refuse(s, REPLY_UTF8_NEEDED, "UTF-8 address without SMTPUTF8");
        return false;
    }
    if (t->recipients >= s->setup->conf->submission.limits.recipients) {
        reply_decline(s, REPLY_TOO_MANY_RECIPIENTS, "too many recipients");
        return false;
    }
    return true;
}

void on_rcpt(struct submit_session *s, const struct smtp_command *command)
{
    struct submit_transaction *t = s->transaction;
    if (t->content) /* between two BDAT chunks */
        reply_refuse(s, REPLY_SEQUENCE, "RCPT after BDAT");
    else if (!rcpt_parse(s, command->argument, t) || !rcpt_allowed(s, t))
        return;
    else if (t->refusal.code)
        reply_pass(s, &t->refusal, (struct smtp_enhanced){ 0 });
    else
        session_ask(s, SUBMIT_ASK_RCPT);
}

void on_rset(struct submit_session *s, const struct smtp_command *command)
{
    if (command->argument.n) {
        reply_refuse(s, REPLY_SYNTAX, "RSET with an argument");
        return;
    }
    envelope_drop(s);
    if (submit_authenticated(s))
        session_enter(s, SUBMIT_READY);
    reply_send(s, REPLY_FLUSHED);
}

static void mail_answered(struct submit_session *s, const struct smtp_reply *reply)
{
    reply_pass(s, reply, (struct smtp_enhanced){ 2, 1, 0 });
    if (reply->code / 100 == 2) {
        s->transaction->sender = (struct smtp_path){ 0 };
        s->transaction->mail.envid = s->transaction->mail.auth = (struct slice){ 0 };
        session_enter(s, SUBMIT_MAIL);
        return;
    }
    session_event(s, SUBMIT_EVENT_REFUSED, reply->code, "sender refused by the upstream");
    envelope_drop(s);
    session_enter(s, SUBMIT_READY);
}

static void rcpt_answered(struct submit_session *s, const struct smtp_reply *reply)
{
    reply_pass(s, reply, (struct smtp_enhanced){ 2, 1, 5 });
    if (reply->code / 100 == 2) {
        s->transaction->recipients++;
        session_enter(s, SUBMIT_RCPT);
    } else {
        session_event(s, SUBMIT_EVENT_REFUSED, reply->code, "recipient refused by the upstream");
    }
}

void envelope_answer(struct submit_session *s, const struct submit_answer *answer)
{
    if (answer->question == SUBMIT_ASK_MAIL)
        mail_answered(s, &answer->reply);
    else
        rcpt_answered(s, &answer->reply);
}

bool envelope_from_allowed(const struct submit_session *s)
{
    struct sender_policy policy = policy_of(s);
    const struct message_scan *header = &s->transaction->header;
    /* What we cannot read another may read differently, and find another From in it. */
    if (header->malformed && sender_is_restricted(&policy, slice_of_str(s->account)))
        return false;
    return sender_from_allowed(&policy, slice_of_str(s->account), buf_slice(&header->from),
                               header->from_fields);
}
