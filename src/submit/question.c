/* SPDX-License-Identifier: ISC
 *
 * What a session asks is put to those who know: the TLS library, the authentication backend, the
 * delivery.
 */
#include <stdio.h>

#include "base/attribute.h"
#include "submit/attempt.h"
#include "submit/relay.h"

static void open_delivery(struct client *c)
{
    struct worker *w = c->worker;
    const struct conf_timeouts *timeouts = &w->setup->conf->submission.timeouts;
    c->delivery = w->upstreams ? relay_new(w->upstreams, w->loop, timeouts, &c->delivery_owner)
                               : maildir_new(&w->maildir, &c->delivery_owner);
}

static void decline(struct client *c)
{
    struct submit_answer answer = {
        .question = c->session.asked,
        .reply = { 450, { 4, 7, 1 }, SLICE("Sending limit reached, try again later") },
    };
    submit_answer(&c->session, &answer, loop_now_us(c->worker->loop));
}

static void ask_rcpt(struct client *c)
{
    const struct submit_transaction *t = c->session.transaction;
    if (attempt_may_send(c, CONF_COUNT_RECIPIENTS))
        c->delivery->class->rcpt(c->delivery, &t->recipient, &t->rcpt);
    else
        decline(c);
}

static void ask_mail(struct client *c)
{
    const struct submit_session *s = &c->session;
    struct delivery_mail mail = {
        .peer = &c->peer,
        .hello = { (const uint8_t *)s->hello, s->hello_n },
        .account = slice_of_str(s->account),
        .realm = slice_of_str(c->worker->setup->conf->submission.realm),
        .sender = s->transaction->sender.mailbox,
        .parameters = &s->transaction->mail,
    };
    if (!attempt_may_send(c, CONF_COUNT_MESSAGES)) {
        decline(c);
        return;
    }
    open_delivery(c);
    if (c->delivery)
        c->delivery->class->mail(c->delivery, &mail);
    else
        submit_delivery_lost(&c->session,
                             &(struct smtp_reply){ 451, { 4, 3, 0 }, SLICE("Out of memory") },
                             loop_now_us(c->worker->loop));
}

static struct auth_facts facts_of(struct client *c, char *identity, size_t size)
{
    const struct submit_session *s = &c->session;
    char text[PSEUDONYM_TEXT_MAX];
    struct slice clientid = { 0 };
    if (s->clientid_flags & CONF_CLIENTID_AUTH) {
        int n =
            snprintf(identity, size, "%s:%s", s->clientid_type, pseudonym_text(&s->clientid, text));
        clientid = (struct slice){ (const uint8_t *)identity, (size_t)n };
    }
    return (struct auth_facts){
        .peer = c->peer,
        .local = c->local,
        .session = slice_of_str(c->id),
        .clientid = clientid,
        .tls = s->tls,
        .ssl = conn_ssl(c->conn),
    };
}

static void ask_authentication(struct client *c, enum submit_question question)
{
    struct submit_session *s = &c->session;
    struct auth_backend *auth = c->worker->auth;
    char identity[CLIENTID_TYPE_MAX + PSEUDONYM_TEXT_MAX + 2];
    struct auth_facts facts = facts_of(c, identity, sizeof identity);
    struct slice message = buf_slice(&s->message);
    struct slice mechanism = slice_of_str(s->mechanism);
    c->auth_asked_us = c->asked_us;
    if (question == SUBMIT_ASK_PASSWORD)
        auth_check(auth, &c->question, &facts, mechanism, s->plain_authorize, s->plain_name,
                   s->plain_password);
    else if (question == SUBMIT_ASK_RESPONSE)
        auth_continue(auth, &c->question, message);
    else if (s->initial_given && !message.p)
        auth_exchange(auth, &c->question, &facts, mechanism, SLICE(""));
    else
        auth_exchange(auth, &c->question, &facts, mechanism,
                      s->initial_given ? message : (struct slice){ 0 });
}

void client_ask(struct client *c, enum submit_question question)
{
    c->asked_us = loop_now_us(c->worker->loop);
    switch (question) {
    case SUBMIT_ASK_NOTHING: break;
    case SUBMIT_ASK_TLS:
        c->tls_started_us = c->asked_us;
        conn_start_tls(c->conn, tls_server_context(c->worker->setup->tls), true, NULL);
        break;
    case SUBMIT_ASK_POLICY: attempt_ask_before(c); break;
    case SUBMIT_ASK_VERDICT: attempt_ask_after(c); break;
    case SUBMIT_ASK_PASSWORD:
    case SUBMIT_ASK_SASL:
    case SUBMIT_ASK_RESPONSE: ask_authentication(c, question); break;
    case SUBMIT_ASK_MAIL: ask_mail(c); break;
    case SUBMIT_ASK_RCPT: ask_rcpt(c); break;
    case SUBMIT_ASK_CONTENT: c->delivery->class->content(c->delivery); break;
    case SUBMIT_ASK_END: c->delivery->class->end(c->delivery); break;
    }
}

void client_drop_delivery(struct client *c)
{
    if (c->delivery)
        c->delivery->class->close(TAKE(c->delivery));
}
