/* SPDX-License-Identifier: ISC */
#include "message/split.h"

#include <string.h>

enum state {
    AT_LINE, /* the zero of a new split: at the start of a line of the header */
    IN_LINE,
    IN_BODY,
    OVER /* nothing follows */
};

enum { CHUNK = 16 * 1024 }; /* of a mended body */

void message_split_init(struct message_split *s, bool mend_lines)
{
    *s = (struct message_split){ .mend_lines = mend_lines, .header_max = MESSAGE_HEADER_MAX };
    buf_init(&s->held, SIZE_MAX / 2);
}

void message_split_clear(struct message_split *s)
{
    buf_clear(&s->held);
    message_split_init(s, s->mend_lines);
}

void message_split_feed(struct message_split *s, struct slice bytes)
{
    s->input = bytes;
}

void message_split_end(struct message_split *s)
{
    s->ended = true;
}

static struct slice take(struct message_split *s, size_t n)
{
    struct slice taken = slice_first(s->input, n);
    s->input = slice_from(s->input, n);
    return taken;
}

static enum message_part too_big(struct message_split *s)
{
    s->state = OVER;
    s->input = (struct slice){ 0 };
    return MESSAGE_TOO_BIG;
}

static enum message_part header_end(struct message_split *s)
{
    s->state = IN_BODY;
    s->cr = false;
    buf_clear(&s->held);
    return MESSAGE_HEADER_END;
}

/* The field that is held is whole. It stays where it is until the next call. */
static enum message_part give_field(struct message_split *s, struct slice *out)
{
    *out = buf_slice(&s->held);
    if (s->state == AT_LINE)
        out->n -= 2;
    s->given = true;
    return MESSAGE_FIELD;
}

static void hold(struct message_split *s, struct slice bytes)
{
    s->header += bytes.n;
    buf_append(&s->held, bytes);
}

/* The first line tells what all lines end in. */
static bool is_line_end(struct message_split *s, bool after_cr)
{
    if (!s->met_line) {
        s->met_line = true;
        s->lone_lf = s->mend_lines && !after_cr;
    }
    return after_cr || s->lone_lf;
}

/* The rest of a line, or as much as is here. True when the line is whole. */
static bool hold_line(struct message_split *s)
{
    const uint8_t *lf = memchr(s->input.p, '\n', s->input.n);
    struct slice part = take(s, lf ? (size_t)(lf - s->input.p) + 1 : s->input.n);
    size_t text = part.n - (lf != NULL);
    bool after_cr = text ? part.p[text - 1] == '\r' : s->cr;
    s->cr = !lf && part.p[part.n - 1] == '\r';
    s->line_n += part.n;
    bool whole = lf && is_line_end(s, after_cr);
    if (whole && !after_cr) {
        hold(s, slice_first(part, text));
        hold(s, SLICE("\r\n"));
        s->line_n++;
    } else {
        hold(s, part);
    }
    return whole;
}

/* The message ended in its header: a last line needs no line end. */
static enum message_part end_in_header(struct message_split *s, struct slice *out)
{
    if (!s->ended)
        return MESSAGE_MORE;
    return buf_size(&s->held) ? give_field(s, out) : header_end(s);
}

/* RFC 5322 §2.2: a field ends where a line begins that is no continuation (§2.2.3). */
static enum message_part next_in_header(struct message_split *s, struct slice *out)
{
    while (s->input.n) {
        uint8_t c = s->input.p[0];
        if (s->state == AT_LINE) {
            if (buf_size(&s->held) && c != ' ' && c != '\t')
                return give_field(s, out);
            s->line_n = 0;
            s->cr = false;
            s->state = IN_LINE;
        }
        bool whole = hold_line(s);
        if (s->held.failed || s->header > s->header_max)
            return too_big(s);
        if (whole && s->line_n == 2)
            return header_end(s);
        if (whole)
            s->state = AT_LINE;
    }
    return end_in_header(s, out);
}

/* LF alone becomes CRLF, a line or a part of one at a time. */
static void mend(struct message_split *s)
{
    const uint8_t *lf = memchr(s->input.p, '\n', s->input.n < CHUNK ? s->input.n : CHUNK);
    struct slice part = take(s, lf ? (size_t)(lf - s->input.p) : CHUNK);
    buf_append(&s->held, part);
    if (part.n)
        s->cr = part.p[part.n - 1] == '\r';
    if (!lf)
        return;
    buf_append(&s->held, s->cr ? SLICE("\n") : SLICE("\r\n"));
    s->cr = false;
    (void)take(s, 1);
}

static enum message_part next_in_body(struct message_split *s, struct slice *out)
{
    if (s->input.n == 0)
        return MESSAGE_MORE;
    if (!s->lone_lf) {
        *out = take(s, s->input.n);
        return MESSAGE_BODY;
    }
    while (s->input.n && buf_size(&s->held) < CHUNK)
        mend(s);
    if (s->held.failed)
        return too_big(s);
    *out = buf_slice(&s->held);
    s->given = true;
    return MESSAGE_BODY;
}

enum message_part message_split_next(struct message_split *s, struct slice *out)
{
    *out = (struct slice){ 0 };
    if (s->given)
        buf_consume(&s->held, buf_size(&s->held));
    s->given = false;
    switch ((enum state)s->state) {
    case AT_LINE:
    case IN_LINE: return next_in_header(s, out);
    case IN_BODY: return next_in_body(s, out);
    case OVER: s->input = (struct slice){ 0 }; return MESSAGE_MORE;
    }
    return MESSAGE_MORE;
}
