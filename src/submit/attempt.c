/* SPDX-License-Identifier: ISC */
#include "submit/attempt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/sasl.h"
#include "base/attribute.h"
#include "base/clock.h"
#include "submit/events.h"

#define GUESS_TAG    0x67756573 /* "gues", "pass": apart from the policy's own hashes */
#define PASSWORD_TAG 0x70617373
#define REFUSED_TEXT "policy"

struct attempt {
    struct client *client;
    struct device_facts registry;
    struct policy_attempt facts;
    struct policy_verdict verdict; /* of the last question */
    struct policy_held held;       /* until the session ends */
    struct policy_held guess_held; /* until the outcome is known */
    struct pseudonym tokens[1 + SUBMIT_OLDER_MAX];
    size_t tokens_n;
    char typed[DEVICE_ACCOUNT_MAX + 1]; /* canonical spelling */
    char identity[DEVICE_TYPE_MAX + 1 + PSEUDONYM_TEXT_MAX];
    char guess[4];
    char hash[POLICY_SERVER_HASH_MAX]; /* for the policy server; "": the mechanism hides it */
    const char *rule;                  /* what refused: lives as long as the configuration */
    int64_t asked_delay;               /* of our own policy, while the server is asked */
    struct policy_server_question question;
    bool verdict_asked; /* the backend has said yes */
    bool stays_out;     /* by its own name, which the backend gave: refused whatever it may hold */
    bool for_another;   /* who authenticates acts for another account: no alias of it */
};

static struct counters *counters_of(const struct client *c)
{
    return c->worker->setup->counters;
}

static const struct policy *policy_of(const struct client *c)
{
    return c->worker->setup->policy;
}

/* ---- the facts ---- */

/* Flag 5, and the two alerts, let policy see the identity (draft -13 §7). */
static bool presents(const struct submit_session *s)
{
    unsigned seen =
        CONF_CLIENTID_AUTH | CONF_CLIENTID_ALERT_ON_FAILURE | CONF_CLIENTID_ALERT_ON_SUCCESS;
    return s->clientid_type[0] && s->clientid_flags & seen;
}

static void take_identity(struct attempt *a, const struct submit_session *s)
{
    char text[PSEUDONYM_TEXT_MAX];
    if (!presents(s))
        return;
    a->tokens[0] = s->clientid;
    for (size_t i = 0; i < s->clientid_older_n; i++)
        a->tokens[1 + i] = s->clientid_older[i];
    a->tokens_n = 1 + s->clientid_older_n;
    (void)snprintf(a->identity, sizeof a->identity, "%s:%s", s->clientid_type,
                   pseudonym_text(&s->clientid, text));
}

/* In the canonical spelling, which is how the registry and the counters know it. */
static bool take_name(char out[DEVICE_ACCOUNT_MAX + 1], struct slice name, const char *realm)
{
    struct buf text;
    buf_init(&text, DEVICE_ACCOUNT_MAX);
    bool ok = device_account_write(name, slice_of_str(realm), &text);
    struct slice kept = slice_keep(ok ? buf_slice(&text) : SLICE(""), out, DEVICE_ACCOUNT_MAX);
    out[kept.n] = '\0';
    buf_clear(&text);
    return ok;
}

/* Two guesses are one when account and password are. The clear password is hashed here and is not
 * kept; alone, too, for what is tried at many accounts. */
static void take_guess(struct attempt *a, const struct client *c)
{
    const struct submit_session *s = &c->session;
    struct buf both;
    if (!s->plain_password.p)
        return;
    buf_init(&both, DEVICE_ACCOUNT_MAX + 1 + s->plain_password.n);
    buf_append_str(&both, a->registry.account[0] ? a->registry.account : a->typed);
    buf_append_byte(&both, 0);
    buf_append(&both, s->plain_password);
    a->facts.guess = counters_hash(counters_of(c), GUESS_TAG, buf_slice(&both)) | 1;
    buf_wipe(&both);
    a->facts.password = counters_hash(counters_of(c), PASSWORD_TAG, s->plain_password) | 1;
    if (c->worker->policy_server)
        policy_server_hash(c->worker->policy_server, slice_of_str(s->tried), s->plain_password,
                           a->hash);
    (void)snprintf(a->guess, sizeof a->guess, "%03x", (unsigned)(a->facts.guess >> 52));
}

static void read_registry(struct attempt *a, struct client *c, struct slice name)
{
    const struct conf *conf = c->worker->setup->conf;
    struct device_question question = {
        .typed = name,
        .realm = slice_of_str(conf->submission.realm),
        .type = slice_of_str(a->tokens_n ? c->session.clientid_type : ""),
        .tokens = a->tokens,
        .tokens_n = a->tokens_n,
        .network = device_network_of(&c->peer),
        .device_age_us = conf->policy.device_age_us,
        .place_age_us = conf->policy.place_age_us,
        .wall_us = a->facts.wall_us,
    };
    device_facts_read(worker_store(c->worker), &question, &a->registry);
    metrics_add(c->worker->setup->metrics, METRIC_POLICY_BLIND, a->registry.failed);
    a->facts.registry = &a->registry;
}

static struct attempt *attempt_new(struct client *c)
{
    const struct submit_session *s = &c->session;
    struct attempt *a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    a->client = c;
    a->facts.wall_us = clock_wall_us();
    take_identity(a, s);
    (void)take_name(a->typed, slice_of_str(s->tried), c->worker->setup->conf->submission.realm);
    read_registry(a, c, slice_of_str(s->tried));
    take_guess(a, c);
    a->for_another = (s->plain_authorize.n && !slice_equal(s->plain_authorize, s->plain_name)) ||
                     sasl_acts_for_another(slice_of_str(s->mechanism), buf_slice(&s->message));
    locations_find(c->worker->setup->locations, &c->peer, &a->facts.where);
    a->facts.peer = c->peer;
    a->facts.alert_on_failure = s->clientid_flags & CONF_CLIENTID_ALERT_ON_FAILURE;
    a->facts.alert_on_success = s->clientid_flags & CONF_CLIENTID_ALERT_ON_SUCCESS;
    if (a->tokens_n) {
        a->facts.type = slice_of_str(s->clientid_type);
        a->facts.token = &a->tokens[0];
        a->facts.tokens_n = a->tokens_n;
    }
    policy_attempt_init(policy_of(c), counters_of(c), &a->facts);
    return a;
}

void attempt_free(struct client *c)
{
    struct attempt *a = TAKE(c->attempt);
    if (!a)
        return;
    policy_server_cancel(&a->question);
    policy_release(counters_of(c), c->worker->setup->column, &a->held);
    policy_release(counters_of(c), c->worker->setup->column, &a->guess_held);
    free(a);
}

/* ---- what the keeper is told ---- */

static struct device_event event_of(const struct attempt *a, enum device_event_kind kind)
{
    const struct submit_session *s = &a->client->session;
    const struct conf_policy *conf = &a->client->worker->setup->conf->policy;
    struct device_event event = {
        .kind = kind,
        .account = slice_of_str(a->registry.account[0] ? a->registry.account : a->typed),
        .typed = slice_of_str(a->typed),
        .type = a->facts.type,
        .network = a->facts.network,
        .location = a->facts.where,
        .wall_us = a->facts.wall_us,
        .user_log = s->clientid_flags & CONF_CLIENTID_USER_LOG,
        .enrolment = { .mode = conf->enrol == CONF_ENROL_OPEN    ? DEVICE_ENROL_OPEN
                               : conf->enrol == CONF_ENROL_FIRST ? DEVICE_ENROL_FIRST
                                                                 : DEVICE_ENROL_CLOSED,
                       .first = conf->enrol_first },
        .alert = a->verdict.alert,
        .revoke_until_us = a->verdict.revoke_until_us,
    };
    if (a->tokens_n) {
        event.token = a->tokens[0];
        event.shape = s->clientid_shape;
        memcpy(event.oui, s->clientid_oui, sizeof event.oui);
        if (a->registry.token) /* known by an older key still: it moves under the newest */
            event.replaces = a->tokens[a->registry.token];
    }
    if (a->verdict.reasons_n)
        event.reason = slice_first(slice_of_str(a->verdict.reasons[0].name), DEVICE_REASON_MAX);
    return event;
}

static void tell(const struct attempt *a, const struct device_event *event)
{
    if (event->account.n && event->account.n <= DEVICE_ACCOUNT_MAX)
        recorder_event(a->client->worker->recorder, event);
}

/* The registry learns under the name that the backend gave. */
static void tell_success(const struct attempt *a)
{
    const struct client *c = a->client;
    char account[DEVICE_ACCOUNT_MAX + 1];
    struct device_event event = event_of(a, DEVICE_EVENT_SUCCESS);
    if (!take_name(account, slice_of_str(c->session.account),
                   c->worker->setup->conf->submission.realm))
        return;
    event.account = slice_of_str(account);
    if (a->for_another)
        event.typed = (struct slice){ 0 };
    event.record_device = a->verdict.effects & POLICY_RECORD_DEVICE;
    event.learn_place = a->verdict.effects & POLICY_LEARN_PLACE;
    tell(a, &event);
}

/* Strangers' failures are counted, not written down: they must not be able to fill a history. */
static void tell_trouble(const struct attempt *a)
{
    bool own = a->facts.class == POLICY_KNOWN || a->facts.class == POLICY_PLACE;
    struct device_event event = event_of(a, DEVICE_EVENT_ALERT);
    if (a->verdict.effects & POLICY_REVOKE_DEVICE) {
        event.kind = DEVICE_EVENT_REVOKE;
        tell(a, &event);
    } else if (a->verdict.alert != DEVICE_ALERT_NONE) {
        tell(a, &event);
    } else if (own && event.user_log) {
        event.kind = DEVICE_EVENT_FAILURE;
        tell(a, &event);
    }
}

/* ---- the questions ---- */

static void say(struct attempt *a)
{
    event_policy(a->client, &a->verdict);
    a->rule = NULL;
    for (size_t i = 0; i < a->verdict.reasons_n && !a->rule; i++)
        if (a->verdict.action == POLICY_REFUSE && !a->verdict.reasons[i].dry_run)
            a->rule = a->verdict.reasons[i].name;
}

static void answer(struct attempt *a, enum submit_question question, bool refused_by_server,
                   int64_t delay_us)
{
    struct client *c = a->client;
    struct submit_answer answer = {
        .question = question,
        .delay_us = delay_us,
        .crowded = c->worker->waiting >= c->worker->setup->conf->submission.limits.waiting,
    };
    bool refused = a->verdict.action == POLICY_REFUSE;
    if (refused_by_server || (refused && a->verdict.refuse_at == CONF_REFUSE_AT_AUTH))
        answer.policy = SUBMIT_POLICY_REFUSE_AUTH;
    else if (refused)
        answer.policy = SUBMIT_POLICY_REFUSE_MAIL;
    if (answer.policy != SUBMIT_POLICY_ACCEPT)
        answer.reason = refused_by_server ? "the policy server" : REFUSED_TEXT;
    if (refused_by_server)
        a->rule = "auth-policy";
    submit_answer(&c->session, &answer, loop_now_us(c->worker->loop));
}

static void on_server(struct policy_server_question *q, enum policy_server_result result,
                      int64_t delay_us, const char *reason UNUSED)
{
    struct attempt *a = CONTAINER_OF(q, struct attempt, question);
    struct client *c = a->client;
    int64_t delay = a->verdict_asked ? 0 : delay_us > a->asked_delay ? delay_us : a->asked_delay;
    answer(a, c->session.asked, result == POLICY_SERVER_REFUSE, delay);
    client_go_on(c);
}

static void describe(const struct attempt *a, struct policy_server_attempt *out)
{
    const struct client *c = a->client;
    *out = (struct policy_server_attempt){
        .login = slice_of_str(c->session.tried),
        .hash = a->hash,
        .device_id = slice_of_str(a->identity),
        .session = slice_of_str(c->id),
        .peer = c->peer,
        .tls = c->session.tls,
    };
}

/* True: the site's server is asked, and its answer comes later. */
static bool ask_server(struct attempt *a, bool success)
{
    struct policy_server *server = a->client->worker->policy_server;
    const struct conf_auth_policy *conf = &a->client->worker->setup->conf->auth_policy;
    struct policy_server_attempt facts;
    if (!server || !(success ? conf->after : conf->before))
        return false;
    describe(a, &facts);
    a->question.on_answer = on_server;
    policy_server_ask(server, &a->question, &facts, success);
    return true;
}

/* A further verdict, of one who was let on so far: its refusal takes the place of what was said. */
static void heed(struct attempt *a, const struct policy_verdict *further)
{
    if (further->action == POLICY_REFUSE) {
        a->verdict = *further;
        return;
    }
    event_policy(a->client, further);
    if (a->verdict.alert != DEVICE_ALERT_NONE || further->alert == DEVICE_ALERT_NONE)
        return;
    a->verdict.alert = further->alert;
    a->verdict.reasons[0] = further->reasons[0]; /* why, in the alert */
    a->verdict.reasons_n = further->reasons_n ? 1 : 0;
}

/* Takes what an attempt that goes on holds: policy_hold, policy_reserve. */
static void take(struct attempt *a, policy_taking *taking, struct policy_held *held)
{
    struct client *c = a->client;
    struct policy_verdict verdict;
    if (a->verdict.action != POLICY_ACCEPT)
        return;
    taking(policy_of(c), counters_of(c), &a->facts, c->worker->setup->column, held, &verdict);
    heed(a, &verdict);
}

static bool refused_at_auth(const struct attempt *a)
{
    return a->verdict.action == POLICY_REFUSE && a->verdict.refuse_at == CONF_REFUSE_AT_AUTH;
}

static void refuse_unseen(struct client *c, enum submit_question question, const char *reason)
{
    struct submit_answer answer = { .question = question,
                                    .policy = SUBMIT_POLICY_REFUSE_AUTH,
                                    .reason = reason };
    submit_answer(&c->session, &answer, loop_now_us(c->worker->loop));
}

void attempt_ask_before(struct client *c)
{
    attempt_free(c); /* of the AUTH before this one */
    struct attempt *a = c->attempt = attempt_new(c);
    if (!a) {
        refuse_unseen(c, SUBMIT_ASK_POLICY, "out of memory");
        return;
    }
    policy_before(policy_of(c), counters_of(c), &a->facts, &a->verdict);
    take(a, policy_hold, &a->held);
    take(a, policy_reserve, &a->guess_held);
    say(a);
    if (a->verdict.action == POLICY_REFUSE || a->verdict.alert != DEVICE_ALERT_NONE)
        tell_trouble(a);
    a->facts.refused = a->verdict.action == POLICY_REFUSE;
    a->asked_delay = a->verdict.delay_us;
    bool refused = refused_at_auth(a);
    if (refused || !ask_server(a, false))
        answer(a, SUBMIT_ASK_POLICY, false, refused ? 0 : a->verdict.delay_us);
}

/* What was asked before the password, of the name that the backend gave: rules, attack mode and
 * what is held are about the account, not about one of its spellings. */
static void ask_again(struct attempt *a)
{
    struct client *c = a->client;
    policy_before(policy_of(c), counters_of(c), &a->facts, &a->verdict);
    policy_release(counters_of(c), c->worker->setup->column, &a->held);
    take(a, policy_hold, &a->held);
    say(a);
    if (a->verdict.action == POLICY_ACCEPT && a->verdict.alert != DEVICE_ALERT_NONE)
        tell_trouble(a);
    a->facts.refused = a->facts.refused || a->verdict.action == POLICY_REFUSE;
    a->stays_out = refused_at_auth(a);
}

/* The backend's name may be another than what was typed, until an alias has been learned, or the
 * first that is seen: the owner is judged by his own devices and places. False: nobody who can be
 * judged has such a name. */
static bool follow_name(struct attempt *a)
{
    struct client *c = a->client;
    char account[DEVICE_ACCOUNT_MAX + 1];
    struct slice name = buf_slice(&c->session.message);
    if (!take_name(account, name, c->worker->setup->conf->submission.realm))
        return false;
    if (slice_equal(slice_of_str(account), slice_of_str(a->registry.account)))
        return true;
    read_registry(a, c, name);
    policy_attempt_init(policy_of(c), counters_of(c), &a->facts);
    ask_again(a);
    return true;
}

static void judge_success(struct attempt *a)
{
    struct client *c = a->client;
    const char *rule = a->rule;
    policy_after(policy_of(c), counters_of(c), &a->facts, POLICY_OK, &a->verdict);
    say(a);
    if (a->stays_out) {
        a->verdict.refuse_at = CONF_REFUSE_AT_AUTH;
        a->rule = rule;
    }
}

void attempt_ask_after(struct client *c)
{
    if (!c->attempt) /* an exchange in which the client said nothing */
        c->attempt = attempt_new(c);
    struct attempt *a = c->attempt;
    if (!a || !follow_name(a)) {
        refuse_unseen(c, SUBMIT_ASK_VERDICT, a ? "over-long account name" : "out of memory");
        return;
    }
    a->verdict_asked = true;
    judge_success(a);
    if (a->verdict.action == POLICY_REFUSE || !ask_server(a, true))
        answer(a, SUBMIT_ASK_VERDICT, false, 0);
}

static void report(const struct attempt *a, bool success, bool by_policy)
{
    struct policy_server *server = a->client->worker->policy_server;
    struct policy_server_attempt facts;
    if (!server || !a->client->worker->setup->conf->auth_policy.report)
        return;
    describe(a, &facts);
    policy_server_report(server, &facts, success, by_policy,
                         success     ? ""
                         : by_policy ? "policy"
                                     : "credentials");
}

void attempt_over(struct client *c)
{
    struct attempt *a = c->attempt;
    if (!a)
        return;
    policy_release(counters_of(c), c->worker->setup->column, &a->guess_held);
    switch (c->session.auth_outcome) {
    case SUBMIT_AUTH_OK:
        tell_success(a);
        if (!a->facts.history) /* trust on first use: what it sends now is its own already */
            policy_attempt_init(policy_of(c), counters_of(c), &a->facts);
        report(a, true, c->session.mail_refused);
        return;
    case SUBMIT_AUTH_FAILED:
        policy_after(policy_of(c), counters_of(c), &a->facts, POLICY_FAILED, &a->verdict);
        say(a);
        tell_trouble(a);
        report(a, false, false);
        break;
    case SUBMIT_AUTH_REFUSED:
        if (a->verdict_asked) /* what was said before the password has been told */
            tell_trouble(a);
        report(a, a->verdict_asked, true);
        break;
    case SUBMIT_AUTH_UNAVAILABLE:
    case SUBMIT_AUTH_CANCELLED: break;
    }
    attempt_free(c); /* the next AUTH may end before policy is asked about it */
}

bool attempt_may_send(struct client *c, enum conf_count what)
{
    struct attempt *a = c->attempt;
    struct policy_verdict verdict;
    if (!a)
        return true;
    a->facts.wall_us = clock_wall_us();
    policy_sends(policy_of(c), counters_of(c), &a->facts, what, 1, &verdict);
    event_policy(c, &verdict);
    if (verdict.alert != DEVICE_ALERT_NONE) {
        a->verdict = verdict;
        tell_trouble(a);
    }
    return verdict.action == POLICY_ACCEPT;
}

/* ---- for the log ---- */

const char *attempt_class(const struct client *c)
{
    return c->attempt ? policy_class_text(c->attempt->facts.class) : "";
}

const char *attempt_guess(const struct client *c)
{
    return c->attempt ? c->attempt->guess : "";
}

const char *attempt_rule(const struct client *c)
{
    return c->attempt ? c->attempt->rule : NULL;
}
