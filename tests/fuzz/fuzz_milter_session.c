/* SPDX-License-Identifier: ISC
 *
 * The session core, driven by steps that the input holds: packets, octets, verdicts, failures, time.
 * Stated: a verification is fed only between VERIFY and ABORT, in order, and not when it has failed;
 * while a verdict is awaited nothing is said but "progress"; what is said are whole packets, bounded,
 * without a CR; a stranger's mail is never signed and always marked; nothing happens behind a close.
 */
#include "property.h"

#include "../unit/milter/setup_example.h"
#include "base/attribute.h"
#include "milter/session.h"

enum step { STEP_PACKET, STEP_OCTETS, STEP_VERDICT, STEP_FAIL, STEP_TICK, STEP_HANGUP, STEP_COUNT };
enum fed { FED_NOTHING, FED_OPEN, FED_HEADER, FED_WHOLE };

struct drive {
    struct conf_milter conf;
    struct milter_setup setup;
    const struct postern_dkim_private *keys[ARRAY_SIZE(example_sign)];
    struct milter_session session;
    struct buf out;
    enum fed fed;
    bool failed, closed, asked;
    int64_t now_us;
};

/* RFC 8463 Appendix A.2 */
static const char pem[] = "-----BEGIN PRIVATE KEY-----\n"
                          "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
                          "-----END PRIVATE KEY-----\n";

static const struct postern_dkim_private *a_key(void)
{
    static struct postern_dkim_private *key;
    if (!key)
        key = postern_dkim_private_new(pem, sizeof pem - 1, NULL);
    must(key);
    return key;
}

static const struct postern_dkim_signature signature = {
    .result = POSTERN_DKIM_PASS,
    .domain = "example.net",
    .identity = "@example.net",
    .reason = "a \"reason\" (of sorts)\r\n",
};
static const struct postern_practices_outcome outcomes[] = {
    { .verdict = POSTERN_NON_SUSPICIOUS, .result = "pass", .step = 1 },
    { .verdict = POSTERN_SUSPICIOUS, .result = "fail", .practice = "strict", .step = 9 },
    { .verdict = POSTERN_VERDICT_TEMPERROR, .result = "temperror", .step = 2 },
    { .verdict = POSTERN_VERDICT_PERMERROR, .result = "permerror" },
};

static void on_want(struct drive *d, const struct milter_want *w)
{
    must(!d->closed);
    switch (w->kind) {
    case MILTER_WANT_VERIFY:
        must(d->fed == FED_NOTHING);
        d->fed = FED_OPEN;
        d->failed = false;
        break;
    case MILTER_WANT_FIELD:
        must(d->fed == FED_OPEN && !d->failed && w->bytes.n);
        must(slice_has(w->bytes, ':') && w->bytes.n <= 2 * MILTER_PACKET_MAX);
        break;
    case MILTER_WANT_HEADER_END:
        must(d->fed == FED_OPEN && !d->failed);
        d->fed = FED_HEADER;
        break;
    case MILTER_WANT_BODY: must(d->fed == FED_HEADER && !d->failed && w->bytes.n); break;
    case MILTER_WANT_VERDICT:
        must(d->fed == FED_HEADER && !d->failed);
        d->fed = FED_WHOLE;
        d->asked = true;
        break;
    case MILTER_WANT_ABORT:
        must(d->fed != FED_NOTHING);
        d->fed = FED_NOTHING;
        d->asked = false;
        break;
    case MILTER_WANT_EVENT:
        if (w->event == MILTER_EVENT_MESSAGE &&
            d->session.message.report.role == MILTER_ROLE_INBOUND)
            must(!d->session.message.report.signed_by[0]);
        if (w->event == MILTER_EVENT_MESSAGE)
            must(!!d->session.message.report.signed_by[0] !=
                 !!d->session.message.report.not_signed[0]);
        break;
    case MILTER_WANT_CLOSE: d->closed = true; break;
    }
}

/* asked: a verdict was awaited before and after. */
static void read_replies(struct drive *d, bool asked)
{
    must(!d->out.failed);
    for (struct slice s = buf_slice(&d->out); s.n;) {
        must(s.n >= 5);
        size_t n = (size_t)s.p[0] << 24 | (size_t)s.p[1] << 16 | (size_t)s.p[2] << 8 | s.p[3];
        uint8_t letter = s.p[4];
        must(n >= 1 && n + 4 <= s.n && slice_has(SLICE("Oacpyqim"), letter));
        /* behind the length and the number of a field, which may have any octet */
        must(letter == 'O' || !slice_has(slice_first(slice_from(s, 9), n > 5 ? n - 5 : 0), '\r'));
        must(!asked || letter == 'p');
        s = slice_from(s, n + 4);
    }
    buf_consume(&d->out, buf_size(&d->out));
}

static void settle(struct drive *d, bool asked_before)
{
    struct milter_want w;
    while (milter_next(&d->session, &w))
        on_want(d, &w);
    read_replies(d, asked_before && d->asked);
}

static void feed(struct drive *d, struct slice bytes)
{
    while (bytes.n) {
        bool asked = d->asked, closed = d->closed;
        size_t n = milter_input(&d->session, bytes, d->now_us, 1000000000);
        must(n <= bytes.n && (n > 0) == !closed);
        settle(d, asked);
        if (n == 0)
            return;
        bytes = slice_from(bytes, n);
    }
}

/* A length, and so many octets. */
static struct slice take(struct slice *in)
{
    size_t n = choice(in);
    struct slice part = slice_first(*in, n);
    *in = slice_from(*in, n);
    return part;
}

/* letter, length, payload; a letter of 0 is a whole negotiation. */
static void send_packet(struct drive *d, struct slice *in)
{
    static const char all[] = "\0\0\0\15O\0\0\0\6\0\0\1\xff\0\x1f\xff\xff";
    uint8_t letter = choice(in);
    uint8_t head[5] = { 0, 0, 0, 0, letter };
    struct slice payload;
    struct buf packet;
    if (letter == 0) {
        feed(d, (struct slice){ (const uint8_t *)all, sizeof all - 1 });
        return;
    }
    payload = take(in);
    head[2] = (uint8_t)((payload.n + 1) >> 8);
    head[3] = (uint8_t)(payload.n + 1);
    buf_init(&packet, 1024);
    buf_append(&packet, (struct slice){ head, sizeof head });
    buf_append(&packet, payload);
    feed(d, buf_slice(&packet));
    buf_clear(&packet);
}

static void answer(struct drive *d, uint8_t which)
{
    struct milter_verified v = { .result = which & 4 ? POSTERN_DKIM_PASS : POSTERN_DKIM_TEMPERROR };
    if (!d->asked)
        return;
    v.practices[POSTERN_SSP] = &outcomes[which % ARRAY_SIZE(outcomes)];
    v.signatures_n = which >> 4;
    for (size_t i = 0; i < v.signatures_n; i++)
        v.signatures[i] = &signature;
    d->asked = false;
    milter_verified(&d->session, &v, d->now_us);
    settle(d, false);
    must(d->fed == FED_NOTHING);
}

static void run_step(struct drive *d, struct slice *in)
{
    switch ((enum step)(choice(in) % STEP_COUNT)) {
    case STEP_PACKET: send_packet(d, in); break;
    case STEP_OCTETS: feed(d, take(in)); break;
    case STEP_VERDICT: answer(d, choice(in)); break;
    case STEP_FAIL:
        if (d->fed == FED_NOTHING || d->failed)
            break;
        d->failed = true;
        d->asked = false;
        milter_unverified(&d->session, -12, d->now_us);
        settle(d, false);
        break;
    case STEP_TICK:
        d->now_us += (int64_t)choice(in) * 60 * 1000000;
        milter_tick(&d->session, d->now_us);
        settle(d, d->asked);
        break;
    case STEP_HANGUP:
        milter_hangup(&d->session, "gone");
        settle(d, false);
        must(d->closed && d->fed == FED_NOTHING);
        break;
    case STEP_COUNT: break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    struct drive d = { .conf = example_conf(), .now_us = 1 };
    uint8_t options = choice(&in);
    d.conf.verify = !(options & 1);
    d.conf.suspicious = (enum conf_suspicious)(options >> 1 & 3);
    d.conf.temporary = (enum conf_temporary)(options >> 3 & 1);
    if (options & 16)
        d.conf.limits.header = 64;
    for (size_t i = 0; i < ARRAY_SIZE(d.keys); i++)
        d.keys[i] = a_key();
    must(milter_setup_init(&d.setup, &d.conf, d.keys));
    buf_init(&d.out, MILTER_OUTPUT_MAX);
    milter_init(&d.session, &d.setup, "0123456789abcdef", &d.out, d.now_us);
    while (in.n)
        run_step(&d, &in);
    milter_clear(&d.session);
    milter_setup_clear(&d.setup);
    buf_clear(&d.out);
    return 0;
}
