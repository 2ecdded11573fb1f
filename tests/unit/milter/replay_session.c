/* SPDX-License-Identifier: ISC */
#include "replay_session.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/attribute.h"
#include "base/clock.h"
#include "check.h"
#include "milter/session.h"
#include "setup_example.h"

#define FILE_MAX (1024 * 1024)

/* ---- scripted verdicts ---- */

static const struct postern_dkim_signature signed_well = {
    .result = POSTERN_DKIM_PASS,
    .domain = "example.net",
    .selector = "s",
    .identity = "@example.net",
    .algorithm = "ed25519-sha256",
    .label = "abcdefgh",
};
static const struct postern_practices_outcome ssp_pass = { .verdict = POSTERN_NON_SUSPICIOUS,
                                                           .step = 1,
                                                           .result = "pass" };
static const struct postern_practices_outcome ssp_unknown = { .verdict = POSTERN_NON_SUSPICIOUS,
                                                              .step = 10,
                                                              .result = "unknown" };
static const struct postern_practices_outcome ssp_fail = { .verdict = POSTERN_SUSPICIOUS,
                                                           .practice = "strict",
                                                           .step = 9,
                                                           .result = "fail",
                                                           .explanation = "not signed",
                                                           .ssp = { .practice = 3 } };
static const struct postern_practices_outcome ssp_temperror = { .verdict =
                                                                    POSTERN_VERDICT_TEMPERROR,
                                                                .step = 2,
                                                                .result = "temperror",
                                                                .explanation = "no answer" };
static const struct postern_practices_outcome ssp_permerror = { .verdict =
                                                                    POSTERN_VERDICT_PERMERROR,
                                                                .result = "permerror" };
static const struct postern_practices_outcome published_strict = {
    .verdict = POSTERN_SUSPICIOUS, .practice = "strict", .step = 9, .ssp = { .practice = 3 }
};

/* clang-format off */
static const struct {
    const char *name;
    struct milter_verified verified;
} verdicts[] = {
    { "pass",      { .signatures = { &signed_well }, .signatures_n = 1, .result = POSTERN_DKIM_PASS, .practices = { &ssp_pass } } },
    { "strict",    { .signatures = { &signed_well }, .signatures_n = 1, .result = POSTERN_DKIM_PASS, .practices = { &ssp_pass },
                     .published = &published_strict } },
    { "unknown",   { .practices = { &ssp_unknown } } },
    { "fail",      { .practices = { &ssp_fail } } },
    { "temperror", { .practices = { &ssp_temperror } } },
    { "key-temperror", { .result = POSTERN_DKIM_TEMPERROR, .practices = { &ssp_unknown } } },
    { "permerror", { .practices = { &ssp_permerror } } },
};
/* clang-format on */

/* ---- one replay ---- */

struct replay {
    struct conf_milter conf;
    struct conf_list_manager list;
    struct milter_setup setup;
    struct milter_session session;
    struct postern_dkim_private *key;
    const struct postern_dkim_private *keys[ARRAY_SIZE(example_sign)];
    struct buf out, lines; /* what came, as text, not yet looked at */
    struct buf body;       /* of one packet, in however many wants it came */
    bool by_octet, started;
    int64_t now_us;
    const char *path;
    unsigned line;
};

/* RFC 8463 Appendix A.2 */
static const char pem[] = "-----BEGIN PRIVATE KEY-----\n"
                          "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
                          "-----END PRIVATE KEY-----\n";

static void fault(const struct replay *r, const char *what, struct slice detail)
{
    fail_msg("%s:%u%s: %s \"%.*s\"", r->path, r->line, r->by_octet ? " (by octets)" : "", what,
             (int)detail.n, detail.n ? (const char *)detail.p : "");
}

static void apply_option(struct replay *r, struct slice text)
{
    struct slice key, value;
    uint64_t number;
    (void)slice_cut(text, ' ', &key, &value);
    if (slice_equal(key, SLICE("suspicious")))
        r->conf.suspicious = slice_equal(value, SLICE("reject"))       ? CONF_SUSPICIOUS_REJECT
                             : slice_equal(value, SLICE("quarantine")) ? CONF_SUSPICIOUS_QUARANTINE
                             : slice_equal(value, SLICE("tempfail"))   ? CONF_SUSPICIOUS_TEMPFAIL
                                                                       : CONF_SUSPICIOUS_MARK;
    else if (slice_equal(key, SLICE("temporary")))
        r->conf.temporary = CONF_TEMPORARY_TEMPFAIL;
    else if (slice_equal(key, SLICE("malformed")))
        r->conf.malformed = CONF_MALFORMED_REJECT;
    else if (slice_equal(key, SLICE("verify")))
        r->conf.verify = false;
    else if (slice_equal(key, SLICE("header")) && slice_to_u64(value, 0, UINT32_MAX, &number))
        r->conf.limits.header = (uint32_t)number;
    else if (slice_equal(key, SLICE("list")))
        r->list.reject_suspicious = r->list.reject_strict = true;
    else
        fault(r, "unknown option", text);
}

static void start(struct replay *r)
{
    const char *why = NULL;
    r->started = true;
    r->key = postern_dkim_private_new(pem, sizeof pem - 1, &why);
    assert_non_null(r->key);
    for (size_t i = 0; i < ARRAY_SIZE(r->keys); i++)
        r->keys[i] = r->key;
    assert_true(milter_setup_init(&r->setup, &r->conf, r->keys));
    milter_init(&r->session, &r->setup, "0123456789abcdef", &r->out, r->now_us);
}

/* ---- what the session wants and says, as lines ---- */

static void append_escaped(struct buf *out, struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        const char *at = strchr("\n\r\t\\", c);
        if (c == 0)
            buf_append_str(out, "\\0");
        else if (at && c)
            buf_printf(out, "\\%c", "nrt\\"[strchr("\n\r\t\\", c) - "\n\r\t\\"]);
        else if (c < 0x20 || c >= 0x7f)
            buf_printf(out, "\\x%02x", c);
        else
            buf_append_byte(out, c);
    }
}

static void note_event(struct replay *r, enum milter_event event)
{
    const struct milter_session *s = &r->session;
    const struct milter_report *p = &s->message.report;
    switch (event) {
    case MILTER_EVENT_NEGOTIATED:
        buf_printf(&r->lines, "= NEGOTIATED %u %x %x\n", s->version, s->actions, s->steps);
        break;
    case MILTER_EVENT_ABORTED: buf_append_str(&r->lines, "= ABORTED\n"); break;
    case MILTER_EVENT_REFUSED: buf_printf(&r->lines, "= REFUSED %s\n", s->close_reason); break;
    case MILTER_EVENT_HAZARD:
        buf_printf(&r->lines, "= HAZARD 8bit=%d longest=%zu\n", p->eight_bit, p->longest_line);
        break;
    case MILTER_EVENT_MESSAGE:
        buf_printf(&r->lines, "= MESSAGE %s %s", milter_role_text(p->role),
                   milter_action_text(p->action));
        if (s->message.macros.value[MILTER_MACRO_QUEUE_ID][0])
            buf_printf(&r->lines, " i=%s", s->message.macros.value[MILTER_MACRO_QUEUE_ID]);
        if (p->verified)
            buf_printf(&r->lines, " dkim=%s ssp=%s", postern_dkim_result_text(p->dkim),
                       p->practices[POSTERN_SSP]);
        if (p->forged)
            buf_printf(&r->lines, " forged=%u", p->forged);
        if (p->signed_by[0])
            buf_printf(&r->lines, " signed=%s", p->signed_by);
        if (p->not_signed[0])
            buf_printf(&r->lines, " not-signed: %s", p->not_signed);
        if (p->error)
            buf_printf(&r->lines, " error=%d", p->error);
        buf_append_byte(&r->lines, '\n');
        break;
    }
}

static void note_body(struct replay *r)
{
    if (buf_size(&r->body) == 0)
        return;
    buf_append_str(&r->lines, "= BODY ");
    append_escaped(&r->lines, buf_slice(&r->body));
    buf_append_byte(&r->lines, '\n');
    buf_consume(&r->body, buf_size(&r->body));
}

static void note_want(struct replay *r, const struct milter_want *w)
{
    static const char *const names[] = {
        [MILTER_WANT_VERIFY] = "VERIFY",         [MILTER_WANT_FIELD] = "FIELD ",
        [MILTER_WANT_HEADER_END] = "HEADER_END", [MILTER_WANT_BODY] = "",
        [MILTER_WANT_VERDICT] = "VERDICT",       [MILTER_WANT_ABORT] = "ABORT",
        [MILTER_WANT_CLOSE] = "CLOSE",           [MILTER_WANT_EVENT] = "",
    };
    if (w->kind == MILTER_WANT_BODY) {
        buf_append(&r->body, w->bytes);
        return;
    }
    note_body(r);
    if (w->kind == MILTER_WANT_EVENT) {
        note_event(r, w->event);
        return;
    }
    buf_printf(&r->lines, "= %s", names[w->kind]);
    append_escaped(&r->lines, w->bytes);
    buf_append_byte(&r->lines, '\n');
}

static void note_replies(struct replay *r)
{
    note_body(r);
    for (struct slice s = buf_slice(&r->out); s.n;) {
        size_t n = (size_t)s.p[0] << 24 | (size_t)s.p[1] << 16 | (size_t)s.p[2] << 8 | s.p[3];
        assert_true(n >= 1 && n + 4 <= s.n);
        buf_printf(&r->lines, "< %c", s.p[4]);
        if (n > 1)
            buf_append_byte(&r->lines, ' ');
        append_escaped(&r->lines, (struct slice){ s.p + 5, n - 1 });
        buf_append_byte(&r->lines, '\n');
        s = slice_from(s, n + 4);
    }
    buf_consume(&r->out, buf_size(&r->out));
}

static void drain(struct replay *r)
{
    struct milter_want w;
    while (milter_next(&r->session, &w))
        note_want(r, &w);
}

static void feed(struct replay *r, struct slice bytes)
{
    while (bytes.n) {
        struct slice part = r->by_octet ? slice_first(bytes, 1) : guarded(bytes);
        size_t n = milter_input(&r->session, part, r->now_us, 1000000000);
        assert_true(n <= part.n);
        drain(r);
        if (n == 0)
            break;
        bytes = slice_from(bytes, n);
    }
    note_replies(r);
}

/* ---- the transcript ---- */

static int hex_of(uint8_t c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static void append_be32(struct buf *out, uint32_t n)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_append_byte(out, (uint8_t)(n >> shift));
}

/* One escape behind the backslash at text.p[i]; returns the index of its last octet. */
static size_t unescape(struct buf *out, struct slice text, size_t i)
{
    static const char from[] = "0nrt\\", to[] = "\0\n\r\t\\";
    uint8_t c = text.p[++i];
    const char *at = strchr(from, c);
    if (c == 'x') {
        buf_append_byte(out, (uint8_t)(hex_of(text.p[i + 1]) << 4 | hex_of(text.p[i + 2])));
        return i + 2;
    }
    if (c == '4') { /* \4{N}, hexadecimal */
        uint32_t n = 0;
        for (i += 2; text.p[i] != '}'; i++)
            n = n << 4 | (uint32_t)hex_of(text.p[i]);
        append_be32(out, n);
        return i;
    }
    assert_true(at && c);
    buf_append_byte(out, (uint8_t)to[at - from]);
    return i;
}

static void append_unescaped(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\\' && i + 1 < text.n)
            i = unescape(out, text, i);
        else
            buf_append_byte(out, text.p[i]);
    }
}

static void send_packet(struct replay *r, struct slice text, bool raw)
{
    struct buf packet, payload;
    buf_init(&packet, FILE_MAX * 2);
    buf_init(&payload, FILE_MAX * 2);
    append_unescaped(&payload, raw ? text : slice_from(text, 2));
    if (!raw) {
        append_be32(&packet, (uint32_t)buf_size(&payload) + 1);
        buf_append_byte(&packet, text.p[0]);
    }
    buf_append(&packet, buf_slice(&payload));
    feed(r, buf_slice(&packet));
    buf_clear(&packet);
    buf_clear(&payload);
}

static void negotiate(struct replay *r, bool old)
{
    send_packet(r, old ? SLICE("O \\4{2}\\4{3f}\\4{7f}") : SLICE("O \\4{6}\\4{1ff}\\4{1fffff}"),
                false);
    buf_consume(&r->lines, buf_size(&r->lines));
}

static void answer(struct replay *r, struct slice name)
{
    uint64_t number = 0;
    if (slice_starts(name, SLICE("error "))) {
        assert_true(slice_to_u64(slice_from(name, 6), 0, 10000, &number));
        milter_unverified(&r->session, -(int)number, r->now_us);
    } else {
        size_t i = 0;
        while (i < ARRAY_SIZE(verdicts) && !slice_equal(slice_of_str(verdicts[i].name), name))
            i++;
        if (i == ARRAY_SIZE(verdicts))
            fault(r, "unknown verdict", name);
        milter_verified(&r->session, &verdicts[i].verified, r->now_us);
    }
    drain(r);
    note_replies(r);
}

static void expect(struct replay *r, struct slice want)
{
    struct slice got, rest;
    (void)slice_cut(buf_slice(&r->lines), '\n', &got, &rest);
    bool equal = slice_equal(got, want);
    if (slice_ends_nocase(want, SLICE("...")))
        equal = slice_starts(got, slice_first(want, want.n - 3));
    if (!equal)
        fault(r, "got", got);
    buf_consume(&r->lines, got.n + 1);
}

static void run_action(struct replay *r, struct slice line)
{
    uint64_t seconds;
    if (buf_size(&r->lines))
        fault(r, "not expected", buf_slice(&r->lines));
    if (!r->started && slice_starts(line, SLICE("conf: "))) {
        apply_option(r, slice_from(line, 6));
        return;
    }
    if (!r->started)
        start(r);
    if (slice_starts(line, SLICE("negotiate"))) {
        negotiate(r, slice_equal(line, SLICE("negotiate 2")));
    } else if (slice_starts(line, SLICE(">> "))) {
        send_packet(r, slice_from(line, 3), true);
    } else if (slice_starts(line, SLICE("> "))) {
        send_packet(r, slice_from(line, 2), false);
    } else if (slice_starts(line, SLICE("! "))) {
        answer(r, slice_from(line, 2));
    } else if (slice_starts(line, SLICE("tick ")) &&
               slice_to_u64(slice_from(line, 5), 0, 1000000, &seconds)) {
        r->now_us += (int64_t)seconds * US_PER_S;
        milter_tick(&r->session, r->now_us);
        drain(r);
        note_replies(r);
    } else if (slice_starts(line, SLICE("hangup"))) {
        milter_hangup(&r->session, "gone");
        drain(r);
    } else {
        fault(r, "unknown line", line);
    }
}

static void run_line(struct replay *r, struct slice line)
{
    r->line++;
    if (line.n == 0 || line.p[0] == '#')
        return;
    if (line.p[0] == '=' || line.p[0] == '<')
        expect(r, line);
    else
        run_action(r, line);
}

static void replay(const char *path, struct slice text, bool by_octet)
{
    struct replay r = { .conf = example_conf(), .path = path, .by_octet = by_octet };
    struct conf_list_manager lists[ARRAY_SIZE(example_lists)];
    struct slice line;
    buf_init(&r.out, MILTER_OUTPUT_MAX);
    buf_init(&r.lines, FILE_MAX);
    buf_init(&r.body, FILE_MAX);
    r.now_us = US_PER_S;
    while (text.n) {
        (void)slice_cut(text, '\n', &line, &text);
        run_line(&r, line);
        memcpy(lists, example_lists, sizeof lists);
        lists[0].reject_suspicious = lists[0].reject_strict = r.list.reject_strict;
        if (!r.started)
            r.conf.lists = lists;
    }
    if (buf_size(&r.lines))
        fault(&r, "not expected at the end", buf_slice(&r.lines));
    milter_clear(&r.session);
    milter_setup_clear(&r.setup);
    postern_dkim_private_free(r.key);
    buf_clear(&r.out);
    buf_clear(&r.lines);
    buf_clear(&r.body);
}

void replay_session_file(const char *path)
{
    static char text[FILE_MAX];
    FILE *f = fopen(path, "rb");
    size_t n;
    assert_non_null(f);
    n = fread(text, 1, sizeof text, f);
    (void)fclose(f);
    replay(path, (struct slice){ (const uint8_t *)text, n }, false);
    replay(path, (struct slice){ (const uint8_t *)text, n }, true);
}
