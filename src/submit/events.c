/* SPDX-License-Identifier: ISC */
#include "submit/events.h"

#include <stdio.h>

#include <openssl/ssl.h>

#include "base/clock.h"
#include "privacy/pseudonym.h"
#include "submit/attempt.h"

static struct metrics *metrics_of(const struct client *c)
{
    return c->worker->setup->metrics;
}

static struct log_field session_field(const struct client *c)
{
    return FIELD_STR("session", c->id);
}

/* A client's address; text as for identifier_field, address as for address_text. */
static struct log_field client_field(const struct worker *w, const struct address *peer,
                                     char address[ADDRESS_TEXT_MAX], char text[PSEUDONYM_TEXT_MAX])
{
    return identifier_field(w->setup->privacy, ID_CLIENT_ADDRESS, "client",
                            slice_of_str(address_text(peer, address)), text);
}

void event_connect(struct client *c)
{
    char address[ADDRESS_TEXT_MAX], text[PSEUDONYM_TEXT_MAX];
    metrics_add(metrics_of(c), METRIC_SESSIONS, 1);
    metrics_move(metrics_of(c), METRIC_SESSIONS_OPEN, 1);
    LOG(L_INFO, "submit.connect", session_field(c),
        client_field(c->worker, &c->peer, address, text),
        FIELD_NUM("port", address_port(&c->local)),
        FIELD_STR("listener", c->implicit_tls ? "tls" : "starttls"));
}

void event_tls(struct client *c)
{
    SSL *ssl = conn_ssl(c->conn);
    bool resumed = SSL_session_reused(ssl);
    metrics_add(metrics_of(c), SSL_version(ssl) == TLS1_3_VERSION ? METRIC_TLS_1_3 : METRIC_TLS_1_2,
                1);
    metrics_add(metrics_of(c), METRIC_TLS_RESUMED, resumed);
    metrics_time(metrics_of(c), METRIC_TIME_TLS, loop_now_us(c->worker->loop) - c->tls_started_us);
    LOG(L_INFO, "submit.tls", session_field(c), FIELD_STR("version", tls_version(ssl)),
        FIELD_STR("cipher", tls_cipher(ssl)), FIELD_STR("resumed", resumed ? "yes" : "no"));
}

void event_tls_failed(struct client *c, const char *reason)
{
    char address[ADDRESS_TEXT_MAX], text[PSEUDONYM_TEXT_MAX];
    metrics_add(metrics_of(c), METRIC_TLS_FAILED, 1);
    LOG(L_INFO, "submit.refused", session_field(c),
        client_field(c->worker, &c->peer, address, text), FIELD_STR("reason", "TLS failed"),
        FIELD_STR("detail", reason));
}

void event_disconnect(struct client *c, const char *reason)
{
    char address[ADDRESS_TEXT_MAX], text[PSEUDONYM_TEXT_MAX];
    int64_t lasted = loop_now_us(c->worker->loop) - c->started_us;
    if (c->slot < 0)
        return; /* it never was let in */
    metrics_move(metrics_of(c), METRIC_SESSIONS_OPEN, -1);
    LOG(L_INFO, "submit.disconnect", session_field(c),
        client_field(c->worker, &c->peer, address, text), FIELD_STR("reason", reason),
        FIELD_NUM("seconds", lasted / US_PER_S),
        FIELD_NUM("messages", c->running ? c->session.messages : 0));
}

void event_refused_connection(struct worker *w, const struct address *peer, const char *reason)
{
    char address[ADDRESS_TEXT_MAX], text[PSEUDONYM_TEXT_MAX];
    metrics_add(w->setup->metrics, METRIC_SESSIONS_SHED, 1);
    LOG(L_NOTICE, "submit.refused", client_field(w, peer, address, text),
        FIELD_STR("reason", reason), FIELD_NUM("reply", 421));
}

/* "TYPE:~pseudonym", or "" where none is kept (draft §7, flag 1). */
static struct slice identity_of(const struct submit_session *s, char *out, size_t size)
{
    char text[PSEUDONYM_TEXT_MAX];
    if (!s->clientid_type[0])
        return (struct slice){ 0 };
    int n = snprintf(out, size, "%s:%s", s->clientid_type, pseudonym_text(&s->clientid, text));
    return (struct slice){ (const uint8_t *)out, (size_t)n };
}

#define IDENTITY_MAX (CLIENTID_TYPE_MAX + PSEUDONYM_TEXT_MAX + 2)

static void on_clientid_event(struct client *c, const struct submit_want *want)
{
    const struct submit_session *s = &c->session;
    char identity[IDENTITY_MAX];
    bool shown = s->clientid_flags & CONF_CLIENTID_SYSTEM_LOG ||
                 (s->clientid_flags & CONF_CLIENTID_SESSION && log_wanted(L_DEBUG)); /* flag 2 */
    struct slice name = { 0 };
    if (want->code == 250 && shown)
        name = identity_of(s, identity, sizeof identity);
    metrics_clientid(metrics_of(c), slice_of_str(want->code == 250 ? s->clientid_type : NULL),
                     want->code);
    LOG(L_INFO, "submit.clientid", session_field(c), FIELD("identity", name),
        FIELD_STR("reason", want->reason), FIELD_NUM("reply", want->code));
}

static void on_auth_event(struct client *c, const struct submit_want *want)
{
    static const char *const outcomes[] = { "ok", "failed", "unavailable", "cancelled", "refused" };
    static const enum metric_auth counted[] = { METRIC_AUTH_OK, METRIC_AUTH_FAILED,
                                                METRIC_AUTH_UNAVAILABLE, METRIC_AUTH_CANCELLED,
                                                METRIC_AUTH_REFUSED };
    const struct submit_session *s = &c->session;
    char address[ADDRESS_TEXT_MAX], text[PSEUDONYM_TEXT_MAX], account[PSEUDONYM_TEXT_MAX];
    char identity[IDENTITY_MAX];
    int64_t took = c->auth_asked_us ? loop_now_us(c->worker->loop) - c->auth_asked_us : 0;
    bool ok = s->auth_outcome == SUBMIT_AUTH_OK;
    struct slice shown = { 0 };
    if (s->clientid_flags & CONF_CLIENTID_SYSTEM_LOG)
        shown = identity_of(s, identity, sizeof identity);
    metrics_auth(metrics_of(c), slice_of_str(s->mechanism), counted[s->auth_outcome]);
    if (c->auth_asked_us)
        metrics_time(metrics_of(c), METRIC_TIME_AUTH, took);
    c->auth_asked_us = 0;
    LOG(ok ? L_INFO : L_NOTICE, "submit.auth", session_field(c),
        client_field(c->worker, &c->peer, address, text), FIELD_STR("mechanism", s->mechanism),
        identifier_field(c->worker->setup->privacy, ID_ACCOUNT, "account",
                         slice_of_str(ok ? s->account : s->tried), account),
        FIELD("identity", shown), FIELD_STR("outcome", outcomes[s->auth_outcome]),
        FIELD_STR("reason", want->reason), FIELD_STR("policy", attempt_rule(c)),
        FIELD_STR("class", attempt_class(c)), FIELD_STR("guess", ok ? "" : attempt_guess(c)),
        FIELD_NUM("backend_ms", took / US_PER_MS));
}

/* A limit is said when it trips, not while it holds; what would have been done, each time. */
void event_policy(struct client *c, const struct policy_verdict *verdict)
{
    char address[ADDRESS_TEXT_MAX], text[PSEUDONYM_TEXT_MAX], account[PSEUDONYM_TEXT_MAX];
    const struct submit_session *s = &c->session;
    for (size_t i = 0; i < verdict->reasons_n; i++) {
        const struct policy_reason *reason = &verdict->reasons[i];
        if (!reason->tripped && !reason->dry_run)
            continue;
        metrics_add(metrics_of(c), METRIC_POLICY_TRIPPED, 1);
        LOG(L_NOTICE, "policy.tripped", session_field(c),
            client_field(c->worker, &c->peer, address, text),
            identifier_field(c->worker->setup->privacy, ID_ACCOUNT, "account",
                             slice_of_str(s->account[0] ? s->account : s->tried), account),
            FIELD_STR("class", attempt_class(c)), FIELD_STR("name", reason->name),
            FIELD_NUM("counted", reason->counted), FIELD_NUM("above", reason->above),
            FIELD_STR("dry-run", reason->dry_run ? "yes" : ""));
    }
    if (verdict->delay_us) {
        metrics_add(metrics_of(c), METRIC_POLICY_DELAYED, 1);
        LOG(L_INFO, "policy.delayed", session_field(c),
            FIELD_STR("name", verdict->reasons_n ? verdict->reasons[0].name : ""),
            FIELD_NUM("ms", verdict->delay_us / US_PER_MS));
    }
}

static void on_message_event(struct client *c, const struct submit_want *want)
{
    static const enum metric counted[] = { METRIC_MESSAGES_ACCEPTED, METRIC_MESSAGES_REFUSED,
                                           METRIC_MESSAGES_DEFERRED, METRIC_MESSAGES_ABORTED };
    static const char *const outcomes[] = { "accepted", "refused", "deferred", "aborted" };
    const struct submit_session *s = &c->session;
    char account[PSEUDONYM_TEXT_MAX], id[SUBMIT_ID_MAX + 12];
    (void)snprintf(id, sizeof id, "%s.%u", c->id, s->message_number);
    metrics_add(metrics_of(c), counted[s->message_outcome], 1);
    metrics_time(metrics_of(c), METRIC_TIME_MESSAGE, s->last_message_us);
    if (s->message_outcome == SUBMIT_MESSAGE_ACCEPTED) {
        metrics_add(metrics_of(c), METRIC_RECIPIENTS, s->last_recipients);
        metrics_add(metrics_of(c), METRIC_BYTES, s->last_size);
    }
    LOG(L_INFO, "submit.message", session_field(c), FIELD_STR("id", id),
        identifier_field(c->worker->setup->privacy, ID_ACCOUNT, "account", slice_of_str(s->account),
                         account),
        FIELD_NUM("size", s->last_size), FIELD_NUM("recipients", s->last_recipients),
        FIELD_STR("outcome", outcomes[s->message_outcome]), FIELD_NUM("reply", want->code),
        FIELD_STR("upstream", s->last_reply[0] ? s->last_reply : want->reason));
}

static void on_refused_event(struct client *c, const struct submit_want *want)
{
    char address[ADDRESS_TEXT_MAX], text[PSEUDONYM_TEXT_MAX];
    LOG(L_INFO, "submit.refused", session_field(c),
        client_field(c->worker, &c->peer, address, text), FIELD_STR("reason", want->reason),
        FIELD_NUM("reply", want->code));
}

void event_session(struct client *c, const struct submit_want *want)
{
    switch (want->event) {
    case SUBMIT_EVENT_TLS: event_tls(c); break;
    case SUBMIT_EVENT_CLIENTID: on_clientid_event(c, want); break;
    case SUBMIT_EVENT_AUTH: on_auth_event(c, want); break;
    case SUBMIT_EVENT_MESSAGE: on_message_event(c, want); break;
    case SUBMIT_EVENT_REFUSED: on_refused_event(c, want); break;
    }
}
