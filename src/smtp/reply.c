/* SPDX-License-Identifier: ISC */
#include "smtp/reply.h"

#include "smtp/character.h"

/* The length of the character s starts with when it may stand in a reply, else 0. */
static size_t printable_at(struct slice s, bool utf8)
{
    if (s.p[0] < 0x80)
        return is_control(s.p[0]) ? 0 : 1;
    return utf8 ? utf8_non_ascii(s) : 0;
}

static void write_text(struct buf *out, struct slice text, bool utf8)
{
    size_t written = 0;
    while (text.n) {
        size_t n = printable_at(text, utf8), wide = n ? n : 1;
        if (written + wide > SMTP_REPLY_TEXT_MAX)
            return;
        buf_append(out, n ? slice_first(text, n) : SLICE("?"));
        written += wide;
        text = slice_from(text, wide);
    }
}

/* The space behind the code stands even before no text: clients look for it. */
void smtp_reply_write(struct buf *out, const struct smtp_reply *reply, bool utf8)
{
    const struct smtp_enhanced *e = &reply->enhanced;
    buf_printf(out, "%u ", (unsigned)reply->code);
    if (e->class)
        buf_printf(out, "%u.%u.%u%s", (unsigned)e->class, (unsigned)e->subject, (unsigned)e->detail,
                   reply->text.n ? " " : "");
    write_text(out, reply->text, utf8);
    buf_append(out, SLICE("\r\n"));
}

/* 1*3DIGIT and what follows them; false without digits, or with a fourth. */
static bool take_number(struct slice *s, uint16_t *out)
{
    uint32_t value;
    size_t n = 0;
    while (n < s->n && is_digit(s->p[n]))
        n++;
    if (n > 3 || !slice_to_u32(slice_first(*s, n), 0, 999, &value))
        return false;
    *out = (uint16_t)value;
    *s = slice_from(*s, n);
    return true;
}

static bool take_byte(struct slice *s, uint8_t byte)
{
    bool there = s->n && s->p[0] == byte;
    if (there)
        *s = slice_from(*s, 1);
    return there;
}

/* status-code = class "." subject "." detail (RFC 3463 §2), then a space or the end */
bool smtp_enhanced_parse(struct slice text, struct smtp_enhanced *out, struct slice *rest)
{
    struct slice s = text;
    uint16_t class, subject, detail;
    if (!take_number(&s, &class) || !take_byte(&s, '.') || !take_number(&s, &subject) ||
        !take_byte(&s, '.') || !take_number(&s, &detail))
        return false;
    if ((class != 2 && class != 4 && class != 5) || (s.n && !take_byte(&s, ' ')))
        return false;
    *out = (struct smtp_enhanced){ (uint8_t) class, subject, detail };
    *rest = s;
    return true;
}

struct reply_line {
    size_t taken;
    uint32_t code;
    bool last;
    struct slice text;
};

static enum smtp_reply_result bad(struct fault *why, const char *what)
{
    *why = (struct fault){ .at = 0, .what = what };
    return SMTP_REPLY_BAD;
}

/* Reply-code ( SP / "-" / end ) [ textstring ], why->at relative to the line */
static enum smtp_reply_result read_line(struct slice bytes, struct reply_line *out,
                                        struct fault *why)
{
    struct slice line, behind;
    bool ended = slice_cut(bytes, '\n', &line, &behind);
    if (line.n + ended > SMTP_REPLY_LINE_MAX)
        return bad(why, "reply line too long");
    if (!ended)
        return SMTP_REPLY_MORE;
    out->taken = line.n + 1;
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    if (!slice_to_u32(slice_first(line, 3), 200, 599, &out->code))
        return bad(why, "no reply code");
    out->last = line.n == 3 || line.p[3] == ' ';
    if (!out->last && line.p[3] != '-')
        return bad(why, "no space behind the reply code");
    out->text = slice_from(line, 4);
    return SMTP_REPLY_DONE;
}

static struct smtp_reply reply_of(const struct reply_line *line)
{
    struct smtp_reply reply = { .code = (uint16_t)line->code, .text = line->text };
    struct smtp_enhanced enhanced;
    struct slice rest;
    /* RFC 2034 §4: the classes agree; a code that disagrees is only text */
    if (smtp_enhanced_parse(line->text, &enhanced, &rest) && enhanced.class == line->code / 100) {
        reply.enhanced = enhanced;
        reply.text = rest;
    }
    return reply;
}

enum smtp_reply_result smtp_reply_parse(struct slice bytes, struct smtp_reply *out,
                                        struct slice *lines, size_t *taken, struct fault *why)
{
    struct reply_line line = { 0 };
    uint32_t code = 0;
    size_t at = 0;
    for (size_t n = 0; !line.last; n++) {
        enum smtp_reply_result result = SMTP_REPLY_DONE;
        if (n == SMTP_REPLY_LINES_MAX)
            result = bad(why, "reply of too many lines");
        if (result == SMTP_REPLY_DONE)
            result = read_line(slice_from(bytes, at), &line, why);
        if (result == SMTP_REPLY_DONE && n && line.code != code)
            result = bad(why, "reply codes differ");
        if (result == SMTP_REPLY_BAD)
            why->at = at;
        if (result != SMTP_REPLY_DONE)
            return result;
        code = line.code;
        at += line.taken;
    }
    *out = reply_of(&line);
    *lines = slice_first(bytes, at - 1);
    if (lines->p[lines->n - 1] == '\r')
        lines->n--;
    *taken = at;
    return SMTP_REPLY_DONE;
}
