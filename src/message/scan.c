/* SPDX-License-Identifier: ISC */
#include "message/scan.h"

#include <string.h>

enum state {
    AT_FIRST, /* at the start of the first line; the zero of a new scan */
    AT_LINE,  /* of a later one; a continuation belongs to a field nobody asked for */
    AT_LINE_FROM,
    AT_EMPTY, /* CR began the line */
    IN_NAME,
    BEHIND_NAME, /* spaces before the colon: obs-optional (RFC 5322 §4.5.3) */
    IN_VALUE,
    IN_FROM,
};

void message_scan_init(struct message_scan *scan)
{
    *scan = (struct message_scan){ 0 };
    buf_init(&scan->from, MESSAGE_FROM_MAX);
}

void message_scan_clear(struct message_scan *scan)
{
    buf_clear(&scan->from);
    message_scan_init(scan);
}

/* ftext: printable but the colon (RFC 5322 §2.2) */
static bool is_ftext(uint8_t c)
{
    return c > 0x20 && c < 0x7f && c != ':';
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* A name longer than any we know is kept as one byte too many, which equals none of them. */
static void keep_name(struct message_scan *scan, uint8_t c)
{
    if (scan->name_n < sizeof scan->name)
        scan->name[scan->name_n++] = (char)c;
}

/* Half a list of addresses could be taken for all of it, so too much is nothing. */
static void keep_from(struct message_scan *scan, struct slice bytes)
{
    buf_append(&scan->from, bytes);
    if (scan->from.failed)
        buf_consume(&scan->from, buf_size(&scan->from));
}

static enum state on_field(struct message_scan *scan)
{
    struct slice name = { (const uint8_t *)scan->name, scan->name_n };
    bool from = slice_equal_nocase(name, SLICE("From"));
    scan->from_fields += from;
    scan->received += slice_equal_nocase(name, SLICE("Received"));
    scan->date |= slice_equal_nocase(name, SLICE("Date"));
    scan->message_id |= slice_equal_nocase(name, SLICE("Message-ID"));
    scan->sender |= slice_equal_nocase(name, SLICE("Sender"));
    return from ? IN_FROM : IN_VALUE;
}

/* Nothing of this line, or what continues it, is looked at. */
static enum state malformed(struct message_scan *scan, uint8_t c)
{
    scan->malformed = true;
    return c == '\n' ? AT_LINE : IN_VALUE;
}

static enum state on_line_start(struct message_scan *scan, uint8_t c)
{
    scan->name_n = 0;
    if (c == '\r')
        return AT_EMPTY;
    if (is_blank(c) && scan->state == AT_LINE)
        return IN_VALUE;
    if (is_blank(c) && scan->state == AT_LINE_FROM) {
        keep_from(scan, (struct slice){ &c, 1 });
        return IN_FROM;
    }
    if (!is_ftext(c))
        return malformed(scan, c);
    keep_name(scan, c);
    return IN_NAME;
}

static enum state on_name(struct message_scan *scan, uint8_t c)
{
    if (c == ':')
        return on_field(scan);
    if (is_blank(c))
        return BEHIND_NAME;
    if (scan->state == BEHIND_NAME || !is_ftext(c))
        return malformed(scan, c);
    keep_name(scan, c);
    return IN_NAME;
}

static enum state on_empty(struct message_scan *scan, uint8_t c)
{
    scan->ended = c == '\n';
    return scan->ended ? AT_LINE : malformed(scan, c);
}

/* One byte outside a value. */
static void step(struct message_scan *scan, uint8_t c)
{
    enum state state = (enum state)scan->state;
    switch (state) {
    case AT_FIRST:
    case AT_LINE:
    case AT_LINE_FROM: state = on_line_start(scan, c); break;
    case IN_NAME:
    case BEHIND_NAME: state = on_name(scan, c); break;
    case AT_EMPTY: state = on_empty(scan, c); break;
    case IN_VALUE:
    case IN_FROM: break;
    }
    scan->state = (uint8_t)state;
    scan->cr = c == '\r';
}

/* A CR that no LF follows, or a LF that no CR precedes, in n bytes of one line. */
static bool has_bare(const struct message_scan *scan, const uint8_t *p, size_t n, bool lf)
{
    size_t text = lf ? n - 1 : n;
    const uint8_t *cr = text ? memchr(p, '\r', text) : NULL;
    if (scan->cr)
        return !lf || text > 0;
    return lf ? !cr || cr != p + text - 1 : cr && cr != p + text - 1;
}

/* The rest of a line that is a value, up to its LF or as far as it is here. */
static size_t scan_value(struct message_scan *scan, struct slice s)
{
    const uint8_t *lf = memchr(s.p, '\n', s.n);
    size_t n = lf ? (size_t)(lf - s.p) + 1 : s.n;
    bool from = scan->state == IN_FROM;
    scan->malformed |= has_bare(scan, s.p, n, lf != NULL);
    scan->cr = s.p[n - 1] == '\r';
    if (from)
        keep_from(scan, slice_first(s, n));
    if (lf)
        scan->state = from ? AT_LINE_FROM : AT_LINE;
    return n;
}

size_t message_scan(struct message_scan *scan, struct slice content)
{
    size_t at = 0;
    while (at < content.n && !scan->ended) {
        if (scan->state == IN_VALUE || scan->state == IN_FROM)
            at += scan_value(scan, slice_from(content, at));
        else
            step(scan, content.p[at++]);
    }
    return at;
}
