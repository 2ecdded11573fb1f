/* SPDX-License-Identifier: ISC
 *
 * AUTH (RFC 4954). PLAIN and LOGIN are read here, so that one guess is one guess however it comes;
 * every other mechanism is the backend's.
 */
#include <sodium.h>
#include <string.h>

#include "auth/sasl.h"
#include "base/base64.h"
#include "base/secret.h"
#include "submit/session_internal.h"

static const char username_challenge[] = "334 VXNlcm5hbWU6\r\n"; /* Thunderbird wants just these */
static const char password_challenge[] = "334 UGFzc3dvcmQ6\r\n";

void auth_wipe(struct submit_session *s)
{
    buf_wipe(&s->message);
    buf_wipe(&s->last_word);
    s->plain_name = s->plain_password = s->plain_authorize = (struct slice){ 0 };
    s->judged = s->last_word_said = false;
    s->doom = NULL;
    s->resume_us = 0;
}

static void leave(struct submit_session *s)
{
    auth_wipe(s);
    session_enter(s, SUBMIT_GREETED);
}

static void report(struct submit_session *s, enum submit_auth_outcome outcome, const char *reason)
{
    s->auth_outcome = outcome;
    session_event(s, SUBMIT_EVENT_AUTH, 0, reason);
}

/* The exchange ends without a verdict: the client's own fault. */
static void give_up(struct submit_session *s, enum submit_reply reply, const char *reason)
{
    if (s->state == SUBMIT_SASL && s->sasl == SASL_OTHER)
        session_want(s, SUBMIT_WANT_CANCEL);
    report(s, SUBMIT_AUTH_CANCELLED, reason);
    leave(s);
    reply_refuse(s, reply, reason);
}

/* Whether this name and password failed in this session before: Thunderbird repeats one bad
 * password as PLAIN and then LOGIN. A mechanism that hides the password makes each try a new one. */
static void remember_guess(struct submit_session *s)
{
    uint64_t guess = s->guesses_n + 1;
    if (s->plain_password.p) {
        struct slice name = s->plain_name, password = s->plain_password;
        struct buf both;
        buf_init(&both, name.n + password.n + 1);
        buf_append(&both, name);
        buf_append_byte(&both, 0);
        buf_append(&both, password);
        struct slice bytes = buf_slice(&both);
        (void)crypto_shorthash((uint8_t *)&guess, bytes.p, bytes.n, s->setup->guess_key);
        buf_wipe(&both);
    }
    for (uint32_t i = 0; s->plain_password.p && i < s->guesses_n; i++)
        if (s->guesses[i] == guess)
            return;
    if (s->guesses_n < SUBMIT_GUESSES_MAX)
        s->guesses[s->guesses_n++] = guess;
}

/* The 535 leaves a fixed time after the message that was judged, or at the next multiple of it
 * when the backend took longer, so that the time tells nothing of the cause. */
static void fail(struct submit_session *s, enum submit_auth_outcome outcome, bool crowded,
                 const char *reason)
{
    int64_t delay = s->setup->conf->submission.failure_delay_us;
    report(s, outcome, reason);
    remember_guess(s);
    leave(s);
    if (crowded) {
        reply_close(s, REPLY_TOO_MANY_FAILURES, "too many sessions wait after a failure");
        return;
    }
    int64_t passed = s->now_us - s->auth_started_us;
    int64_t times = delay ? passed / delay + 1 : 0;
    s->release_us = s->auth_started_us + times * delay;
    if (delay == 0)
        auth_release(s);
}

void auth_release(struct submit_session *s)
{
    uint32_t most = s->setup->conf->submission.limits.failures;
    s->release_us = 0;
    s->failures_over = s->guesses_n >= (most < SUBMIT_GUESSES_MAX ? most : SUBMIT_GUESSES_MAX);
    reply_refuse(s, REPLY_AUTH_FAILED, "authentication failed");
    if (s->state != SUBMIT_CLOSING)
        session_enter(s, SUBMIT_GREETED);
}

static bool keep_name(struct submit_session *s, struct slice name)
{
    if (name.n == 0 || name.n >= sizeof s->tried || slice_has(name, 0))
        return false;
    memcpy(s->tried, name.p, name.n);
    s->tried[name.n] = '\0';
    s->plain_name = (struct slice){ (const uint8_t *)s->tried, name.n };
    return true;
}

static void judge_now(struct submit_session *s, const char *reason)
{
    s->auth_started_us = s->now_us;
    fail(s, SUBMIT_AUTH_FAILED, false, reason);
}

static bool is_scram(const struct submit_session *s)
{
    return slice_starts(slice_of_str(s->mechanism), SLICE("SCRAM-"));
}

static void refuse_now(struct submit_session *s, enum submit_question question, bool crowded)
{
    if (question == SUBMIT_ASK_RESPONSE)
        session_want(s, SUBMIT_WANT_CANCEL);
    fail(s, SUBMIT_AUTH_REFUSED, crowded, s->doom);
}

/* A doomed exchange takes the steps of any other as far as they tell nothing of the password: a
 * SCRAM, whose first message policy was asked about, has its challenge, and fails where a wrong
 * proof would. */
static void go_on_judged(struct submit_session *s, bool crowded)
{
    if (s->doom && !is_scram(s))
        refuse_now(s, s->resume, crowded);
    else
        session_ask(s, s->resume);
}

static void go_on(struct submit_session *s, enum submit_question question)
{
    if (s->doom)
        refuse_now(s, question, false);
    else
        session_ask(s, question);
}

/* Where a mechanism of the backend's shows it. */
static void find_name(struct submit_session *s)
{
    struct buf name;
    buf_init(&name, SASL_NAME_MAX);
    if (sasl_name_find(slice_of_str(s->mechanism), buf_slice(&s->message), &name))
        (void)keep_name(s, buf_slice(&name)); /* an unusable one is the backend's to refuse */
    buf_clear(&name);
}

/* Policy is asked once an AUTH, when the client has shown its name, or will not; before anything of
 * the password is looked at. */
static void ask(struct submit_session *s, enum submit_question question)
{
    bool silent = question == SUBMIT_ASK_SASL && !s->initial_given;
    s->auth_started_us = s->now_us;
    if (!s->setup->policed || s->judged || silent) {
        go_on(s, question);
        return;
    }
    if (s->sasl == SASL_OTHER)
        find_name(s);
    s->judged = true;
    s->resume = question;
    session_ask(s, SUBMIT_ASK_POLICY);
}

void auth_resume(struct submit_session *s)
{
    s->resume_us = 0;
    go_on_judged(s, false);
}

void auth_policy(struct submit_session *s, const struct submit_answer *answer)
{
    if (answer->policy == SUBMIT_POLICY_REFUSE_AUTH)
        s->doom = answer->reason ? answer->reason : "policy";
    else if (answer->policy == SUBMIT_POLICY_REFUSE_MAIL)
        s->mail_refused = true;
    if (answer->delay_us && answer->crowded) {
        fail(s, SUBMIT_AUTH_REFUSED, true, "too many sessions wait out a delay");
    } else if (answer->delay_us) {
        s->resume_us = s->now_us + answer->delay_us;
    } else {
        go_on_judged(s, answer->crowded);
    }
}

static void take_plain(struct submit_session *s)
{
    struct sasl_plain plain;
    struct fault why;
    if (!sasl_plain_parse(buf_slice(&s->message), &plain, &why)) {
        judge_now(s, why.what);
        return;
    }
    if (!keep_name(s, plain.name)) {
        judge_now(s, "bad account name");
        return;
    }
    s->plain_authorize = plain.authorize;
    s->plain_password = plain.password;
    ask(s, SUBMIT_ASK_PASSWORD);
}

static void take_login_password(struct submit_session *s)
{
    struct buf utf8;
    buf_init(&utf8, SASL_PASSWORD_MAX);
    if (!sasl_latin1_to_utf8(buf_slice(&s->message), &utf8) || buf_size(&utf8) == 0) {
        buf_wipe(&utf8);
        judge_now(s, "bad password message");
        return;
    }
    buf_wipe(&s->message);
    s->message = utf8;
    s->plain_authorize = (struct slice){ 0 };
    s->plain_password = buf_slice(&s->message);
    ask(s, SUBMIT_ASK_PASSWORD);
}

static size_t count_nuls(struct slice text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == 0;
    return n;
}

/* The draft's examples 8.1 and 8.3 send a PLAIN message behind AUTH LOGIN. */
static void take_login_name(struct submit_session *s)
{
    struct slice name = buf_slice(&s->message);
    if (count_nuls(name) == 2) {
        s->sasl = SASL_PLAIN;
        take_plain(s);
    } else if (!keep_name(s, name)) {
        judge_now(s, "bad account name");
    } else {
        s->sasl = SASL_LOGIN_PASSWORD;
        session_enter(s, SUBMIT_SASL);
        buf_append_str(s->out, password_challenge);
    }
}

/* A whole client message stands in s->message. */
static void take_message(struct submit_session *s, bool first)
{
    switch (s->sasl) {
    case SASL_PLAIN: take_plain(s); break;
    case SASL_LOGIN_NAME: take_login_name(s); break;
    case SASL_LOGIN_PASSWORD: take_login_password(s); break;
    case SASL_OTHER: ask(s, first ? SUBMIT_ASK_SASL : SUBMIT_ASK_RESPONSE); break;
    }
}

static bool decode(struct submit_session *s, struct slice text)
{
    size_t n;
    s->plain_password = s->plain_authorize = (struct slice){ 0 }; /* they pointed into it */
    buf_wipe(&s->message);
    buf_init(&s->message, SUBMIT_SASL_MESSAGE_MAX);
    if (text.n == 0)
        return true;
    uint8_t *room = buf_reserve(&s->message, BASE64_DECODED_MAX(text.n) + 1);
    if (!room || !base64_decode(text, room, &n))
        return false;
    buf_grew(&s->message, n);
    return true;
}

static void authenticated(struct submit_session *s, struct slice account);

void auth_response(struct submit_session *s, struct slice line)
{
    if (slice_equal(line, SLICE("*")))
        give_up(s, REPLY_AUTH_CANCELLED, "cancelled by the client");
    else if (s->last_word_said && line.n)
        give_up(s, REPLY_AUTH_CANCELLED, "bytes after the end of SCRAM");
    else if (s->last_word_said)
        authenticated(s, buf_slice(&s->message));
    else if (!decode(s, line))
        give_up(s, REPLY_AUTH_BASE64, "invalid base64");
    else
        take_message(s, false);
}

void auth_line_refused(struct submit_session *s, enum submit_reply reply, const char *reason)
{
    give_up(s, reply == REPLY_LINE_LONG ? REPLY_AUTH_LONG : reply, reason);
}

static void start_without_message(struct submit_session *s)
{
    if (s->sasl == SASL_OTHER) {
        ask(s, SUBMIT_ASK_SASL);
        return;
    }
    session_enter(s, SUBMIT_SASL);
    buf_append_str(s->out, s->sasl == SASL_PLAIN ? "334 \r\n" : username_challenge);
}

static bool is_offered(const struct submit_session *s, struct slice mechanism)
{
    struct slice word, rest = s->mechanisms;
    while (rest.n) {
        (void)slice_cut(rest, ' ', &word, &rest);
        if (word.n && slice_equal_nocase(word, mechanism))
            return true;
    }
    return false;
}

static void keep_mechanism(struct submit_session *s, struct slice mechanism)
{
    for (size_t i = 0; i < mechanism.n; i++)
        s->mechanism[i] = (char)ascii_upper(mechanism.p[i]);
    s->mechanism[mechanism.n] = '\0';
    if (slice_equal_nocase(mechanism, SLICE("PLAIN")))
        s->sasl = SASL_PLAIN;
    else if (slice_equal_nocase(mechanism, SLICE("LOGIN")))
        s->sasl = SASL_LOGIN_NAME;
    else
        s->sasl = SASL_OTHER;
}

static void start(struct submit_session *s, struct slice mechanism, struct slice initial)
{
    keep_mechanism(s, mechanism);
    s->tried[0] = '\0';
    s->mail_refused = false;
    s->initial_given = initial.n > 0;
    if (initial.n == 0) {
        start_without_message(s);
    } else if (slice_equal(initial, SLICE("="))) { /* RFC 4954 §4: an empty initial response */
        (void)decode(s, (struct slice){ 0 });
        take_message(s, true);
    } else if (!decode(s, initial)) {
        give_up(s, REPLY_AUTH_BASE64, "invalid base64");
    } else {
        take_message(s, true);
    }
}

void on_auth(struct submit_session *s, const struct smtp_command *command)
{
    struct slice mechanism, initial;
    (void)slice_cut(command->argument, ' ', &mechanism, &initial);
    initial = slice_trim(initial); /* Windows Mail sends two spaces before it */
    s->auth_seen = true;
    if (!s->tls)
        reply_refuse(s, REPLY_TLS_REQUIRED, "AUTH in clear");
    else if (submit_authenticated(s))
        reply_refuse(s, REPLY_AUTH_AGAIN, "AUTH again");
    else if (s->state == SUBMIT_CONNECTED)
        reply_refuse(s, REPLY_HELLO_FIRST, "AUTH before EHLO");
    else if (!sasl_is_mechanism(mechanism))
        reply_refuse(s, REPLY_SYNTAX, "AUTH without a mechanism");
    else if (s->mechanisms.n == 0)
        reply_decline(s, REPLY_AUTH_UNAVAILABLE, "authentication backend is away");
    else if (!is_offered(s, mechanism))
        reply_refuse(s, REPLY_AUTH_MECHANISM, "mechanism not offered");
    else
        start(s, mechanism, initial);
}

static void authenticated(struct submit_session *s, struct slice account)
{
    memcpy(s->account, account.p, account.n);
    s->account[account.n] = '\0';
    auth_wipe(s);
    session_enter(s, SUBMIT_READY);
    reply_send(s, REPLY_AUTHENTICATED);
    report(s, SUBMIT_AUTH_OK, NULL);
}

static void accepted_by_backend(struct submit_session *s, struct slice account)
{
    if (account.n == 0 || account.n >= sizeof s->account || slice_has(account, 0)) {
        fail(s, SUBMIT_AUTH_FAILED, false, "the backend's account name is unusable");
    } else if (s->doom) {
        fail(s, SUBMIT_AUTH_REFUSED, false, s->doom);
    } else if (!s->setup->policed) {
        authenticated(s, account);
    } else {
        s->plain_password = s->plain_authorize = (struct slice){ 0 };
        buf_wipe(&s->message);
        buf_init(&s->message, sizeof s->account);
        buf_append(&s->message, account);
        session_ask(s, SUBMIT_ASK_VERDICT);
    }
}

static void write_challenge(struct submit_session *s, struct slice bytes)
{
    buf_append_str(s->out, "334 ");
    base64_encode(s->out, bytes);
    buf_append_str(s->out, "\r\n");
    session_enter(s, SUBMIT_SASL);
}

static void challenge(struct submit_session *s, struct slice bytes)
{
    buf_wipe(&s->message);
    write_challenge(s, bytes);
}

/* The last message of a SCRAM server ("v=", RFC 5802 §7) proves that the password was right, so the
 * client hears it behind the verdict: until then we acknowledge it in the client's place. */
static bool is_last_word(const struct submit_session *s, const struct submit_answer *answer)
{
    return s->setup->policed && is_scram(s) && answer->question == SUBMIT_ASK_RESPONSE &&
           slice_starts(answer->challenge, SLICE("v="));
}

static void keep_last_word(struct submit_session *s, struct slice bytes)
{
    buf_init(&s->last_word, SUBMIT_SASL_MESSAGE_MAX);
    buf_append(&s->last_word, bytes);
    buf_wipe(&s->message);
    session_ask(s, SUBMIT_ASK_RESPONSE);
}

static void say_last_word(struct submit_session *s)
{
    s->last_word_said = true;
    write_challenge(s, buf_slice(&s->last_word));
}

static void challenged(struct submit_session *s, const struct submit_answer *answer)
{
    if (buf_size(&s->last_word)) {
        session_want(s, SUBMIT_WANT_CANCEL);
        fail(s, SUBMIT_AUTH_FAILED, answer->crowded, "the backend goes on after the end of SCRAM");
    } else if (is_last_word(s, answer)) {
        keep_last_word(s, answer->challenge);
    } else {
        challenge(s, answer->challenge);
    }
}

void auth_verdict(struct submit_session *s, const struct submit_answer *answer)
{
    if (answer->policy == SUBMIT_POLICY_REFUSE_AUTH || s->message.failed) {
        fail(s, SUBMIT_AUTH_REFUSED, answer->crowded, answer->reason);
        return;
    }
    s->mail_refused = s->mail_refused || answer->policy == SUBMIT_POLICY_REFUSE_MAIL;
    if (buf_size(&s->last_word))
        say_last_word(s);
    else
        authenticated(s, buf_slice(&s->message));
}

void auth_answer(struct submit_session *s, const struct submit_answer *answer)
{
    switch (answer->sasl) {
    case SUBMIT_SASL_OK: accepted_by_backend(s, answer->account); break;
    case SUBMIT_SASL_CHALLENGE: challenged(s, answer); break;
    case SUBMIT_SASL_FAILED:
        if (answer->account.n)
            (void)keep_name(s, answer->account); /* for the log only */
        fail(s, s->doom ? SUBMIT_AUTH_REFUSED : SUBMIT_AUTH_FAILED, answer->crowded,
             s->doom ? s->doom : answer->reason);
        break;
    case SUBMIT_SASL_UNAVAILABLE:
        report(s, SUBMIT_AUTH_UNAVAILABLE, answer->reason);
        leave(s);
        reply_decline(s, REPLY_AUTH_UNAVAILABLE, answer->reason);
        break;
    }
}
