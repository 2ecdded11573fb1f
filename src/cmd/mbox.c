/* SPDX-License-Identifier: ISC */
#include "cmd/mbox.h"

#include <string.h>

static const struct slice from = SLICE_INIT("From ");

/* ---- where messages begin ---- */

void mbox_scan_init(struct mbox_scan *s)
{
    *s = (struct mbox_scan){ .blank = true, .maybe = true };
}

static bool digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool has_time(struct slice text)
{
    for (size_t i = 0; i + 5 <= text.n; i++) {
        const uint8_t *p = text.p + i;
        if (digit(p[0]) && digit(p[1]) && p[2] == ':' && digit(p[3]) && digit(p[4]))
            return true;
    }
    return false;
}

static bool is_from_line(const struct mbox_scan *s)
{
    struct slice line = { s->line, s->line_n < MBOX_LINE_KEPT ? s->line_n : MBOX_LINE_KEPT };
    struct slice text = slice_trim(slice_from(line, from.n));
    bool begins = s->blank && slice_starts(line, from);
    return begins && (has_time(text) || (text.n && !slice_has(text, ' ')));
}

/* The octets of a line are kept as long as it may be a From_ line. */
static void take_text(struct mbox_scan *s, struct slice text)
{
    if (s->maybe && s->line_n < MBOX_LINE_KEPT) {
        struct slice kept = slice_first(text, MBOX_LINE_KEPT - s->line_n);
        if (kept.n)
            memcpy(s->line + s->line_n, kept.p, kept.n);
        size_t n = s->line_n + kept.n;
        s->maybe = memcmp(s->line, from.p, n < from.n ? n : from.n) == 0 || n == 0;
    }
    s->cr = text.n ? text.p[text.n - 1] == '\r' : s->cr;
    s->line_n += text.n;
}

/* Behind its LF. */
static bool end_line(struct mbox_scan *s)
{
    bool found = s->blank && s->maybe && is_from_line(s);
    bool empty = s->line_n == 0 || (s->line_n == 1 && s->cr);
    if (found) {
        s->before = s->text_at;
        s->behind = s->at;
    }
    s->text_at = empty ? s->line_at : s->at;
    s->blank = empty;
    s->line_at = s->at;
    s->line_n = 0;
    s->maybe = true;
    s->cr = false;
    return found;
}

size_t mbox_scan(struct mbox_scan *s, struct slice octets, bool *found)
{
    size_t taken = 0;
    *found = false;
    while (taken < octets.n && !*found) {
        struct slice rest = slice_from(octets, taken);
        const uint8_t *lf = memchr(rest.p, '\n', rest.n);
        size_t text = lf ? (size_t)(lf - rest.p) : rest.n;
        take_text(s, slice_first(rest, text));
        taken += text + (lf != NULL);
        s->at += text + (lf != NULL);
        if (lf)
            *found = end_line(s);
    }
    return taken;
}

/* ---- what quoting hid ---- */

void mbox_unquote_init(struct mbox_unquote *u)
{
    *u = (struct mbox_unquote){ .start = true };
}

/* It was no quoted "From ": what was held back goes out. Those ">" that are not held back are out
 * already; they look all the same. */
static void give_back(struct mbox_unquote *u, struct buf *out)
{
    if (u->held)
        buf_append_byte(out, '>');
    buf_append(out, slice_first(from, u->matched));
    u->held = u->start = false;
    u->matched = 0;
}

/* One octet of a line whose beginning is not decided yet. */
static void take_start(struct mbox_unquote *u, uint8_t c, struct buf *out)
{
    if (c == '>' && u->matched == 0) {
        if (u->held)
            buf_append_byte(out, c);
        u->held = true;
    } else if (u->held && c == from.p[u->matched]) {
        if (++u->matched < from.n)
            return;
        u->held = false; /* the one ">" that is taken off */
        give_back(u, out);
    } else {
        give_back(u, out);
        buf_append_byte(out, c);
        u->start = c == '\n';
    }
}

void mbox_unquote(struct mbox_unquote *u, struct slice octets, struct buf *out)
{
    while (octets.n) {
        if (u->start) {
            take_start(u, octets.p[0], out);
            octets = slice_from(octets, 1);
            continue;
        }
        const uint8_t *lf = memchr(octets.p, '\n', octets.n);
        size_t n = lf ? (size_t)(lf - octets.p) + 1 : octets.n;
        buf_append(out, slice_first(octets, n));
        octets = slice_from(octets, n);
        u->start = lf != NULL;
    }
}

void mbox_unquote_end(struct mbox_unquote *u, struct buf *out)
{
    give_back(u, out);
    u->start = true;
}
