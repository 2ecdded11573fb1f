/* SPDX-License-Identifier: ISC */
#include "submit/replay_session.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "check.h"
#include "submit/session.h"

#define PENDING_MAX (1024 * 1024)

struct replay {
    struct conf conf;
    struct conf_clientid_rule rule;
    struct submit_setup setup;
    struct submit_session session;
    struct buf out;     /* replies not yet looked at */
    struct buf pending; /* what the client sent and the session did not take */
    struct buf content;
    char happened[64][160]; /* events, aborts, cancels, closes */
    unsigned happened_n, seen_n;
    enum submit_question asked;
    char question[1024];
    bool closed, started;
    int64_t now_us;
    const char *path;
    unsigned line;
};

static void fault(const struct replay *r, const char *what, struct slice detail)
{
    fail_msg("%s:%u: %s \"%.*s\"", r->path, r->line, what, (int)detail.n,
             detail.n ? (const char *)detail.p : "");
}

static void default_conf(struct replay *r)
{
    struct conf_submission *s = &r->conf.submission;
    s->hostname = "gate.example";
    s->clientid = true;
    s->failure_delay_us = 2 * US_PER_S;
    s->trace = CONF_TRACE_PRIVATE;
    s->sender = CONF_SENDER_ANY;
    s->limits = (struct conf_limits){ 2048, 12288, 50 << 20, 100, 20, 1000, 50, 10000, 100, 3, 10 };
    s->timeouts.command_us = 300 * US_PER_S;
    s->timeouts.data_us = 180 * US_PER_S;
    s->timeouts.authenticate_us = 180 * US_PER_S;
    r->rule = (struct conf_clientid_rule){ .pattern = "*",
                                           .flags = CONF_CLIENTID_SYSTEM_LOG | CONF_CLIENTID_AUTH };
    r->conf.clientid = (struct conf_clientid){ &r->rule, 1 };
}

static void apply_option(struct replay *r, struct slice text)
{
    struct conf_submission *s = &r->conf.submission;
    struct slice key, value;
    uint64_t number = 0;
    (void)slice_cut(text, ' ', &key, &value);
    bool is_number = slice_to_u64(value, 0, UINT64_MAX, &number);
    if (slice_equal(key, SLICE("clientid")))
        s->clientid = slice_equal(value, SLICE("yes"));
    else if (slice_equal(key, SLICE("policy")))
        r->setup.policed = slice_equal(value, SLICE("yes"));
    else if (slice_equal(key, SLICE("underscore")))
        s->clientid_underscore = slice_equal(value, SLICE("yes"));
    else if (slice_equal(key, SLICE("flags")))
        r->rule.flags = (unsigned)number;
    else if (slice_equal(key, SLICE("sender")))
        s->sender = slice_equal(value, SLICE("own")) ? CONF_SENDER_OWN : CONF_SENDER_AUTO;
    else if (slice_equal(key, SLICE("trace")))
        s->trace = slice_equal(value, SLICE("none")) ? CONF_TRACE_NONE : CONF_TRACE_FULL;
    else if (is_number && slice_equal(key, SLICE("line")))
        s->limits.command_line = (uint32_t)number;
    else if (is_number && slice_equal(key, SLICE("failures")))
        s->limits.failures = (uint32_t)number;
    else if (is_number && slice_equal(key, SLICE("errors")))
        s->limits.errors = (uint32_t)number;
    else if (is_number && slice_equal(key, SLICE("commands")))
        s->limits.commands = (uint32_t)number;
    else if (is_number && slice_equal(key, SLICE("recipients")))
        s->limits.recipients = (uint32_t)number;
    else if (is_number && slice_equal(key, SLICE("received")))
        s->limits.received = (uint32_t)number;
    else if (is_number && slice_equal(key, SLICE("size")))
        s->limits.message_size = number;
    else if (is_number && slice_equal(key, SLICE("delay")))
        s->failure_delay_us = (int64_t)number * US_PER_MS;
    else if (is_number && slice_equal(key, SLICE("upstream")))
        r->session.upstream.offered = (unsigned)number;
    else
        fault(r, "unknown option", text);
}

static void note(struct replay *r, const char *what, const char *detail)
{
    assert_true(r->happened_n < 64);
    (void)snprintf(r->happened[r->happened_n++], sizeof r->happened[0], "%s%s%s", what,
                   detail ? " " : "", detail ? detail : "");
}

static void note_event(struct replay *r, const struct submit_want *w)
{
    static const char *const outcomes[] = { "ok", "failed", "unavailable", "cancelled", "refused" };
    static const char *const messages[] = { "accepted", "refused", "deferred", "aborted" };
    char code[16];
    (void)snprintf(code, sizeof code, "%u", w->code);
    switch (w->event) {
    case SUBMIT_EVENT_TLS: note(r, "tls", NULL); break;
    case SUBMIT_EVENT_CLIENTID: note(r, "clientid", code); break;
    case SUBMIT_EVENT_AUTH: note(r, "auth", outcomes[r->session.auth_outcome]); break;
    case SUBMIT_EVENT_MESSAGE: note(r, "message", messages[r->session.message_outcome]); break;
    case SUBMIT_EVENT_REFUSED: break; /* the reply itself is looked at */
    }
}

static void question_text(struct replay *r, enum submit_question q)
{
    const struct submit_session *s = &r->session;
    const struct submit_transaction *t = s->transaction;
    char *out = r->question;
    size_t n = sizeof r->question;
    switch (q) {
    case SUBMIT_ASK_NOTHING: (void)snprintf(out, n, "nothing"); break;
    case SUBMIT_ASK_TLS: (void)snprintf(out, n, "tls"); break;
    case SUBMIT_ASK_POLICY:
        (void)snprintf(out, n, "policy %s%s%.*s", s->tried, s->plain_password.n ? " " : "",
                       SLICE_ARG(s->plain_password));
        break;
    case SUBMIT_ASK_VERDICT:
        (void)snprintf(out, n, "verdict %.*s", SLICE_ARG(buf_slice(&s->message)));
        break;
    case SUBMIT_ASK_PASSWORD:
        (void)snprintf(out, n, "password %.*s %.*s", SLICE_ARG(s->plain_name),
                       SLICE_ARG(s->plain_password));
        break;
    case SUBMIT_ASK_SASL:
        (void)snprintf(out, n, "sasl %s %.*s", s->mechanism, SLICE_ARG(buf_slice(&s->message)));
        break;
    case SUBMIT_ASK_RESPONSE:
        (void)snprintf(out, n, "response %.*s", SLICE_ARG(buf_slice(&s->message)));
        break;
    case SUBMIT_ASK_MAIL:
        (void)snprintf(out, n, "mail <%.*s>", SLICE_ARG(t->sender.mailbox));
        break;
    case SUBMIT_ASK_RCPT:
        (void)snprintf(out, n, "rcpt <%.*s>", SLICE_ARG(t->recipient.mailbox));
        break;
    case SUBMIT_ASK_CONTENT: (void)snprintf(out, n, "content"); break;
    case SUBMIT_ASK_END: (void)snprintf(out, n, "end"); break;
    }
}

static void drain(struct replay *r)
{
    struct submit_want w;
    while (submit_next(&r->session, &w)) {
        switch (w.kind) {
        case SUBMIT_WANT_EVENT: note_event(r, &w); break;
        case SUBMIT_WANT_CONTENT: buf_append(&r->content, w.content); break;
        case SUBMIT_WANT_ANSWER:
            r->asked = w.question;
            question_text(r, w.question);
            break;
        case SUBMIT_WANT_CANCEL: note(r, "cancel", NULL); break;
        case SUBMIT_WANT_ABORT: note(r, "abort", NULL); break;
        case SUBMIT_WANT_CLOSE: r->closed = true; break;
        }
    }
}

static void feed(struct replay *r)
{
    for (size_t n = 1; n && buf_size(&r->pending);) {
        n = submit_input(&r->session, buf_slice(&r->pending), r->now_us);
        drain(r);
        buf_consume(&r->pending, n);
    }
}

static int hex_of(uint8_t c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static void append_unescaped(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c != '\\' || i + 1 == text.n) {
            buf_append_byte(out, c);
            continue;
        }
        c = text.p[++i];
        if (c == 'x') {
            buf_append_byte(out, (uint8_t)(hex_of(text.p[i + 1]) << 4 | hex_of(text.p[i + 2])));
            i += 2;
        } else {
            buf_append_byte(out, c == 'r' ? '\r' : c == 'n' ? '\n' : c == '0' ? 0 : c);
        }
    }
}

static void client_says(struct replay *r, struct slice text, bool line)
{
    append_unescaped(&r->pending, text);
    if (line)
        buf_append(&r->pending, SLICE("\r\n"));
    if (line)
        feed(r);
}

static void expect_reply(struct replay *r, struct slice want, bool whole)
{
    struct slice line, rest;
    feed(r);
    if (!slice_cut(buf_slice(&r->out), '\n', &line, &rest)) {
        fault(r, "no reply, where this was wanted:", want);
        return;
    }
    line = slice_first(line, line.n - 1);
    if (whole ? !slice_equal(line, want) : !slice_starts(line, want)) {
        print_error("got:  %.*s\n", SLICE_ARG(line));
        fault(r, "another reply; wanted", want);
    }
    buf_consume(&r->out, line.n + 2);
}

static void give_answer(struct replay *r, struct slice text)
{
    struct submit_answer a = { .question = r->asked, .wall_us = 0 };
    struct slice word, rest;
    uint32_t code;
    (void)slice_cut(text, ' ', &word, &rest);
    if (r->asked == SUBMIT_ASK_NOTHING)
        fault(r, "nothing was asked:", text);
    if (slice_equal(word, SLICE("ok"))) {
        a.sasl = SUBMIT_SASL_OK;
        a.account = rest;
    } else if (slice_equal(word, SLICE("challenge"))) {
        a.sasl = SUBMIT_SASL_CHALLENGE;
        a.challenge = rest;
    } else if (slice_equal(word, SLICE("failed"))) {
        a.sasl = SUBMIT_SASL_FAILED;
        a.crowded = slice_equal(rest, SLICE("crowded"));
    } else if (slice_equal(word, SLICE("accept"))) {
        a.policy = SUBMIT_POLICY_ACCEPT;
    } else if (slice_equal(word, SLICE("refuse"))) {
        a.policy = SUBMIT_POLICY_REFUSE_AUTH;
        a.reason = "policy";
    } else if (slice_equal(word, SLICE("refuse-crowded"))) {
        a.policy = SUBMIT_POLICY_REFUSE_AUTH;
        a.crowded = true;
    } else if (slice_equal(word, SLICE("refuse-mail"))) {
        a.policy = SUBMIT_POLICY_REFUSE_MAIL;
        a.reason = "policy";
    } else if (slice_equal(word, SLICE("delay")) && slice_to_u32(rest, 1, 100, &code)) {
        a.delay_us = (int64_t)code * US_PER_S;
    } else if (slice_equal(word, SLICE("delay-crowded"))) {
        a.delay_us = US_PER_S;
        a.crowded = true;
    } else if (slice_equal(word, SLICE("unavailable"))) {
        a.sasl = SUBMIT_SASL_UNAVAILABLE;
        a.reason = "away";
    } else if (slice_to_u32(word, 200, 599, &code)) {
        a.reply = (struct smtp_reply){ .code = (uint16_t)code, .text = rest };
    }
    r->asked = SUBMIT_ASK_NOTHING;
    submit_answer(&r->session, &a, r->now_us);
    drain(r);
    feed(r);
}

static void lose_delivery(struct replay *r, struct slice text)
{
    struct slice word, rest;
    uint32_t code = 451;
    (void)slice_cut(slice_from(text, 5), ' ', &word, &rest);
    if (!slice_to_u32(word, 400, 599, &code))
        fault(r, "not a code", word);
    submit_delivery_lost(&r->session, &(struct smtp_reply){ .code = (uint16_t)code, .text = rest },
                         r->now_us);
    r->asked = SUBMIT_ASK_NOTHING;
    drain(r);
    feed(r);
}

static void expect_question(struct replay *r, struct slice want)
{
    feed(r);
    if (r->asked == SUBMIT_ASK_NOTHING || !slice_equal(slice_of_str(r->question), want)) {
        print_error("asked: %s\n", r->asked == SUBMIT_ASK_NOTHING ? "nothing" : r->question);
        fault(r, "another question; wanted", want);
    }
}

static void expect_happened(struct replay *r, struct slice want)
{
    feed(r);
    if (r->seen_n == r->happened_n)
        fault(r, "nothing happened, where this was wanted:", want);
    struct slice got = slice_of_str(r->happened[r->seen_n++]);
    if (!slice_equal(got, want)) {
        print_error("happened: %.*s\n", SLICE_ARG(got));
        fault(r, "another event; wanted", want);
    }
}

static void expect_content(struct replay *r, struct slice want)
{
    struct buf bytes;
    feed(r);
    buf_init(&bytes, PENDING_MAX);
    append_unescaped(&bytes, want);
    if (!slice_equal(buf_slice(&r->content), buf_slice(&bytes))) {
        print_error("content: %.*s\n", SLICE_ARG(buf_slice(&r->content)));
        fault(r, "other content; wanted", want);
    }
    buf_consume(&r->content, buf_size(&r->content));
    buf_clear(&bytes);
}

static void pass_time(struct replay *r, struct slice text)
{
    uint64_t ms = 0;
    bool seconds = slice_ends_nocase(text, SLICE("s")) && !slice_ends_nocase(text, SLICE("ms"));
    if (!slice_to_u64(slice_first(text, text.n - (seconds ? 1 : 2)), 0, 1000000, &ms))
        fault(r, "not a time", text);
    r->now_us += (int64_t)ms * (seconds ? US_PER_S : US_PER_MS);
    submit_tick(&r->session, r->now_us);
    drain(r);
    feed(r);
}

/* One for all transcripts, made in a folder that is gone again before anything can fail. */
static const struct privacy *test_privacy(void)
{
    static struct privacy *privacy;
    char folder[] = "/tmp/postern-test-XXXXXX", path[64];
    struct buf why;
    if (privacy)
        return privacy;
    buf_init(&why, 1024);
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/secret", folder);
    privacy = privacy_open(path, NULL, 0, &why);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_non_null(privacy);
    buf_clear(&why);
    return privacy;
}

static void start(struct replay *r)
{
    struct smtp_capabilities upstream = r->session.upstream;
    struct submit_start begin = { .id = "0123456789abcdef",
                                  .now_us = r->now_us,
                                  .authenticate_us = r->conf.submission.timeouts.authenticate_us };
    r->setup.conf = &r->conf;
    r->setup.privacy = test_privacy();
    submit_init(&r->session, &r->setup, &begin, &r->out);
    r->session.upstream = upstream;
    r->session.upstream_known = true;
    r->session.mechanisms = SLICE("SCRAM-SHA-256 PLAIN LOGIN");
    r->started = true;
}

static void expect_no_reply(struct replay *r)
{
    if (buf_size(&r->out))
        fault(r, "a reply where none was wanted:", buf_slice(&r->out));
}

static void take_line(struct replay *r, struct slice line)
{
    struct slice rest = slice_from(line, 3);
    if (line.n == 0 || line.p[0] == '#')
        return;
    if (slice_starts(line, SLICE("conf: "))) {
        apply_option(r, slice_from(line, 6));
        return;
    }
    if (!r->started)
        start(r);
    if (slice_starts(line, SLICE("C: ")) || slice_equal(line, SLICE("C:")))
        client_says(r, rest, true);
    else if (slice_starts(line, SLICE("C+ ")))
        client_says(r, rest, false);
    else if (slice_starts(line, SLICE("S: ")))
        expect_reply(r, rest, false);
    else if (slice_starts(line, SLICE("S= ")))
        expect_reply(r, rest, true);
    else if (slice_equal(line, SLICE("S-")))
        expect_no_reply(r);
    else if (slice_starts(line, SLICE("Q: ")))
        expect_question(r, rest);
    else if (slice_starts(line, SLICE("A: ")))
        give_answer(r, rest);
    else if (slice_starts(line, SLICE("M: ")))
        expect_content(r, rest);
    else if (slice_starts(line, SLICE("T: ")))
        pass_time(r, rest);
    else if (slice_starts(line, SLICE("!: lost ")))
        lose_delivery(r, rest);
    else if (slice_starts(line, SLICE("V: ")))
        expect_happened(r, rest);
    else if (slice_equal(line, SLICE("V-")))
        assert_int_equal(r->seen_n, r->happened_n);
    else if (slice_equal(line, SLICE("X")))
        assert_true(r->closed);
    else
        fault(r, "not a line of a transcript:", line);
}

void replay_session_file(const char *path)
{
    struct replay *r = calloc(1, sizeof *r);
    char line[8192];
    FILE *f = fopen(path, "r");
    if (!f || !r)
        fail_msg("%s: cannot be read", path);
    r->path = path;
    r->now_us = 1000 * US_PER_S;
    buf_init(&r->out, PENDING_MAX);
    buf_init(&r->pending, PENDING_MAX);
    buf_init(&r->content, PENDING_MAX);
    default_conf(r);
    while (fgets(line, sizeof line, f)) {
        struct slice text = slice_of_str(line);
        r->line++;
        take_line(r, slice_first(text, text.n - (text.n && text.p[text.n - 1] == '\n')));
    }
    expect_no_reply(r);
    (void)fclose(f);
    submit_clear(&r->session);
    buf_clear(&r->out);
    buf_clear(&r->pending);
    buf_clear(&r->content);
    free(r);
}
