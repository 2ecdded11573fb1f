/* SPDX-License-Identifier: ISC
 *
 * The session core, driven by steps that the input holds, one byte each, some with a length behind:
 * what the client sends, answers to what is asked, time that passes, deliveries that fail. Stated:
 * one question at a time, no input taken while it is open; content only between a 354 to its
 * question and the question for its end; no bare CR or LF in it but for BODY=BINARYMIME; replies
 * are whole lines and bounded by what was sent; nothing is heard, asked or said behind a close.
 * With policy: no password is looked at before it was asked, nor one that it refused; nobody is let
 * in without a verdict, nor where one of its two answers was no; what the backend says of a password
 * is not passed on before the verdict.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "property.h"
#include "submit/session.h"

#define REPLY_BYTES 4096 /* what one step may answer to a line, generously */
#define OUT_MAX     (64 * 1024 * 1024)

enum step {
    STEP_SEND, /* length, bytes */
    STEP_LINE, /* up to LF, as a line with CRLF */
    STEP_GOOD, /* the answer that leads on */
    STEP_BAD,  /* code, another answer */
    STEP_TICK, /* seconds */
    STEP_LOST, /* code */
    STEP_SHED,
    STEP_COUNT,
};

struct drive {
    struct conf conf;
    struct conf_clientid_rule rule;
    struct submit_setup setup;
    struct submit_session session;
    struct buf out, pending;
    int64_t now_us;
    enum submit_question asked;
    bool binary, open, content, cr, closed; /* open: a delivery is asked for; content: 354 given */
    bool judged, doomed, vouched, refused;  /* by policy, in this AUTH; refused: at MAIL */
    uint64_t sent, steps;
};

static const struct privacy *a_privacy(void)
{
    static struct privacy *privacy;
    char path[] = "/tmp/postern-fuzz-XXXXXX", file[64];
    struct buf why;
    if (privacy)
        return privacy;
    buf_init(&why, 1024);
    must(mkdtemp(path) != NULL);
    (void)snprintf(file, sizeof file, "%s/secret", path);
    privacy = privacy_open(file, NULL, 0, &why);
    must(unlink(file) == 0 && rmdir(path) == 0 && privacy);
    buf_clear(&why);
    return privacy;
}

/* The first bytes of the input choose the configuration. */
static void configure(struct drive *d, struct slice *in)
{
    struct conf_submission *s = &d->conf.submission;
    uint8_t one = choice(in), two = choice(in);
    s->hostname = "gate.example";
    s->clientid = !(one & 1);
    s->clientid_underscore = one & 2;
    s->failure_delay_us = one & 4 ? 0 : 2 * US_PER_S;
    s->trace = (enum conf_trace)(one >> 3 & 3 ? (one >> 3 & 3) - 1 : 0);
    s->sender = (enum conf_sender)(one >> 5 & 3);
    s->limits =
        (struct conf_limits){ 512, 1024, two & 1 ? 300 : 65536, 3, 5, 30, 2, 100, 10, 3, 10 };
    s->timeouts.command_us = 300 * US_PER_S;
    s->timeouts.data_us = s->timeouts.authenticate_us = 180 * US_PER_S;
    d->rule = (struct conf_clientid_rule){ .pattern = "*", .flags = two >> 1 & 127 };
    d->conf.clientid = (struct conf_clientid){ &d->rule, 1 };
    d->setup = (struct submit_setup){ .conf = &d->conf, .privacy = a_privacy() };
    d->setup.policed = one & 128;
}

static void start(struct drive *d, struct slice *in)
{
    uint8_t one = choice(in);
    struct submit_start begin = { .id = "0123456789abcdef",
                                  .tls = one & 1,
                                  .now_us = d->now_us,
                                  .authenticate_us = 180 * US_PER_S };
    submit_init(&d->session, &d->setup, &begin, &d->out);
    d->session.upstream.offered = one & 2 ? 0 : ~0u;
    d->session.upstream.size = one & 4 ? 200 : 0;
    d->session.upstream_known = !(one & 8);
    d->session.mechanisms =
        one & 16 ? (struct slice){ 0 } : SLICE("PLAIN LOGIN XOAUTH2 SCRAM-SHA-256");
}

static void check_content(struct drive *d, struct slice content)
{
    must(d->open && d->content && content.n > 0);
    for (size_t i = 0; i < content.n && !d->binary; i++) {
        must(content.p[i] != 0);
        must(d->cr == (content.p[i] == '\n'));
        d->cr = content.p[i] == '\r';
    }
}

static void check_policy(struct drive *d, enum submit_question q)
{
    bool scram = slice_starts(slice_of_str(d->session.mechanism), SLICE("SCRAM-"));
    if (q == SUBMIT_ASK_POLICY) {
        must(d->setup.policed && !d->judged);
        d->judged = true;
    }
    if (q == SUBMIT_ASK_PASSWORD)
        must(!d->setup.policed || (d->judged && !d->doomed));
    if (q == SUBMIT_ASK_SASL)
        must(!d->doomed || scram);
    if (q == SUBMIT_ASK_VERDICT)
        must(d->setup.policed && !d->doomed && !d->vouched);
    if (q == SUBMIT_ASK_MAIL)
        must(!d->setup.policed || (d->vouched && !d->refused));
}

static void check_question(struct drive *d, enum submit_question q)
{
    must(d->asked == SUBMIT_ASK_NOTHING && d->session.asked == q);
    check_policy(d, q);
    d->asked = q;
    if (q == SUBMIT_ASK_MAIL) {
        must(!d->open && d->session.tls && submit_authenticated(&d->session));
        d->open = true;
        d->content = d->cr = false;
        d->binary = d->session.transaction->mail.body == SMTP_BODY_BINARYMIME;
    }
    if (q == SUBMIT_ASK_RCPT || q == SUBMIT_ASK_CONTENT)
        must(d->open && !d->content);
    if (q == SUBMIT_ASK_END) {
        must(d->open && d->content && (d->binary || !d->cr));
        d->content = false;
    }
}

static void drain(struct drive *d)
{
    struct submit_want w;
    while (submit_next(&d->session, &w)) {
        must(!d->closed); /* the close comes last */
        switch (w.kind) {
        case SUBMIT_WANT_EVENT:
            if (w.event == SUBMIT_EVENT_AUTH && d->session.auth_outcome == SUBMIT_AUTH_OK)
                must(!d->setup.policed || (d->vouched && !d->doomed));
            else if (w.event == SUBMIT_EVENT_AUTH)
                d->judged = d->doomed = d->vouched = d->refused = false;
            if (w.event == SUBMIT_EVENT_MESSAGE &&
                d->session.message_outcome == SUBMIT_MESSAGE_ACCEPTED)
                d->open = d->content = false;
            break;
        case SUBMIT_WANT_CONTENT: check_content(d, w.content); break;
        case SUBMIT_WANT_ANSWER: check_question(d, w.question); break;
        case SUBMIT_WANT_CANCEL: break;
        case SUBMIT_WANT_ABORT:
            must(d->open);
            d->open = d->content = false;
            break;
        case SUBMIT_WANT_CLOSE: d->closed = true; break;
        }
    }
    if (d->session.asked == SUBMIT_ASK_NOTHING || d->closed)
        d->asked = SUBMIT_ASK_NOTHING;
    must(d->session.asked == d->asked || d->closed);
}

static void check_replies(struct drive *d)
{
    struct slice line, rest = buf_slice(&d->out);
    must(!d->out.failed && rest.n <= (d->sent + d->steps) * REPLY_BYTES);
    while (rest.n) {
        must(slice_cut(rest, '\n', &line, &rest) && line.n >= 4);
        must(line.p[line.n - 1] == '\r' && line.p[0] >= '2' && line.p[0] <= '5');
        must(!slice_has(slice_first(line, line.n - 1), '\r'));
    }
    buf_consume(&d->out, buf_size(&d->out));
    d->sent = d->steps = 0;
}

static void feed(struct drive *d)
{
    for (size_t n = 1; n && buf_size(&d->pending);) {
        bool shut = d->closed || d->session.asked != SUBMIT_ASK_NOTHING || d->session.release_us ||
                    d->session.resume_us;
        n = submit_input(&d->session, buf_slice(&d->pending), d->now_us);
        must(n <= buf_size(&d->pending) && (!shut || n == 0));
        d->sent += n;
        drain(d);
        buf_consume(&d->pending, n);
    }
}

static void send_bytes(struct drive *d, struct slice bytes, bool line)
{
    buf_append(&d->pending, bytes);
    if (line)
        buf_append(&d->pending, SLICE("\r\n"));
}

static void answer(struct drive *d, uint8_t how)
{
    static const uint16_t codes[] = { 250, 354, 421, 451, 550, 220, 501, 554 };
    bool leads_on = how == 0;
    struct submit_answer a = {
        .question = d->asked,
        .sasl = leads_on ? SUBMIT_SASL_OK : (how >> 3) % 4,
        .account = SLICE("demo@example.net"),
        .challenge = how & 64 ? SLICE("v=cmZx") : SLICE("more?"),
        .crowded = how & 128,
        .reason = how & 32 ? "a reason" : NULL,
        .policy = leads_on ? SUBMIT_POLICY_ACCEPT : (how & 3) % 3,
        .delay_us = (how >> 2 & 7) * US_PER_S / 2,
        .reply = { .code = !leads_on                        ? codes[how & 7]
                           : d->asked == SUBMIT_ASK_CONTENT ? 354
                                                            : 250,
                   .text = SLICE("text") },
    };
    if (d->asked == SUBMIT_ASK_NOTHING)
        return;
    if (d->asked == SUBMIT_ASK_CONTENT && a.reply.code == 354)
        d->content = true;
    if (d->asked == SUBMIT_ASK_POLICY || d->asked == SUBMIT_ASK_VERDICT) {
        d->doomed = d->doomed || a.policy == SUBMIT_POLICY_REFUSE_AUTH;
        d->refused = d->refused || a.policy == SUBMIT_POLICY_REFUSE_MAIL;
        d->vouched = d->asked == SUBMIT_ASK_VERDICT && a.policy != SUBMIT_POLICY_REFUSE_AUTH;
    }
    d->asked = SUBMIT_ASK_NOTHING;
    submit_answer(&d->session, &a, d->now_us);
}

static void lose(struct drive *d, uint8_t code)
{
    struct smtp_reply reply = { .code = (uint16_t)(code & 1 ? 451 : 552), .text = SLICE("gone") };
    if (!d->open)
        return;
    d->open = d->content = false;
    if (d->asked >= SUBMIT_ASK_MAIL)
        d->asked = SUBMIT_ASK_NOTHING;
    submit_delivery_lost(&d->session, &reply, d->now_us);
}

static void take_step(struct drive *d, struct slice *in)
{
    struct slice bytes;
    uint8_t n;
    switch ((enum step)(choice(in) % STEP_COUNT)) {
    case STEP_SEND:
        n = choice(in);
        send_bytes(d, slice_first(*in, n), false);
        *in = slice_from(*in, n);
        break;
    case STEP_LINE:
        (void)slice_cut(*in, '\n', &bytes, in);
        send_bytes(d, bytes, true);
        break;
    case STEP_GOOD: answer(d, 0); break;
    case STEP_BAD: answer(d, choice(in)); break;
    case STEP_TICK:
        d->now_us += choice(in) * US_PER_S;
        submit_tick(&d->session, d->now_us);
        break;
    case STEP_LOST: lose(d, choice(in)); break;
    case STEP_SHED: submit_shed(&d->session, "Make room", "shed"); break;
    case STEP_COUNT: break;
    }
    d->steps++;
    drain(d);
    feed(d);
    check_replies(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    struct drive *d = calloc(1, sizeof *d);
    if (!d)
        return 0;
    d->now_us = 1000 * US_PER_S;
    d->steps = 1;
    buf_init(&d->out, OUT_MAX);
    buf_init(&d->pending, size * 2 + 16);
    configure(d, &in);
    start(d, &in);
    while (in.n && !d->closed)
        take_step(d, &in);
    submit_hangup(&d->session, "over");
    drain(d);
    must(d->closed && submit_input(&d->session, SLICE("NOOP\r\n"), d->now_us) == 0);
    must(submit_deadline(&d->session) == 0 && !d->open);
    submit_clear(&d->session);
    buf_clear(&d->out);
    buf_clear(&d->pending);
    free(d);
    return 0;
}
