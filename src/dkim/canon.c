/* SPDX-License-Identifier: ISC */
#include "dkim/canon.h"

#include "dkim/vector.h"

#define PASS_DIRECT 256 /* a run this long goes on as it is; a shorter one is gathered */

static bool is_wsp(uint8_t c)
{
    return (c == ' ') | (c == '\t');
}

/* ---- header fields ---- */

struct slice canon_field_name(struct slice field)
{
    const uint8_t *colon = field.n ? memchr(field.p, ':', field.n) : NULL;
    if (!colon)
        return (struct slice){ NULL, 0 };
    return slice_trim_end(slice_first(field, (size_t)(colon - field.p)));
}

static size_t put_line_end(uint8_t *out, size_t n)
{
    out[n] = '\r';
    out[n + 1] = '\n';
    return n + 2;
}

/* HTAB, CR, or SP that does not stand alone: what the relaxed form has otherwise. */
static bool is_odd(const uint8_t *p, const uint8_t *end)
{
    if (*p != ' ')
        return *p == '\t' || *p == '\r';
    return p + 1 == end || is_wsp(p[1]) || p[1] == '\r';
}

/* §3.4.2: unfolded, runs of white space to one SP, none at the ends. */
static size_t relax_value(struct slice value, uint8_t *out)
{
    size_t n = 0;
    bool wsp = false;
    for (size_t i = 0; i < value.n;) {
        uint8_t c = value.p[i];
        if (is_wsp(c)) {
            wsp = true;
            i++;
            continue;
        }
        if (c == '\r' && i + 1 < value.n && value.p[i + 1] == '\n') {
            i += 2;
            continue;
        }
        if (wsp && n)
            out[n++] = ' ';
        wsp = false;
        out[n++] = c;
        i++;
        while (i < value.n && !is_odd(value.p + i, value.p + value.n))
            out[n++] = value.p[i++];
    }
    return n;
}

size_t canon_field(enum postern_dkim_canon how, struct slice field, uint8_t *out)
{
    if (!field.n)
        return put_line_end(out, 0);
    if (how == POSTERN_DKIM_SIMPLE) {
        memcpy(out, field.p, field.n);
        return put_line_end(out, field.n);
    }
    size_t n = 0;
    struct slice name = canon_field_name(field), value = field;
    const uint8_t *colon = memchr(field.p, ':', field.n);
    if (colon) {
        for (; n < name.n; n++)
            out[n] = ascii_lower(name.p[n]);
        out[n++] = ':';
        value = slice_from(field, (size_t)(colon + 1 - field.p));
    }
    n += relax_value(value, out + n);
    return put_line_end(out, n);
}

/* ---- the body ---- */

void canon_body_init(struct canon_body *c, enum postern_dkim_canon how, canon_sink *sink,
                     void *owner)
{
    c->sink = sink;
    c->owner = owner;
    c->how = how;
    c->wsp = c->cr = c->any = false;
    c->crlfs = 0;
    c->n = 0;
}

static void flush(struct canon_body *c)
{
    if (c->n)
        c->sink(c->owner, (struct slice){ c->buffer, c->n });
    c->n = 0;
}

static void put(struct canon_body *c, struct slice run)
{
    if (run.n >= PASS_DIRECT) {
        flush(c);
        c->sink(c->owner, run);
        return;
    }
    if (run.n > sizeof c->buffer - c->n)
        flush(c);
    memcpy(c->buffer + c->n, run.p, run.n);
    c->n += run.n;
}

static void put_octet(struct canon_body *c, uint8_t octet)
{
    if (c->n == sizeof c->buffer)
        flush(c);
    c->buffer[c->n++] = octet;
}

/* An octet follows that is neither white space nor part of a line end: nothing was the end. */
static void put_held(struct canon_body *c)
{
    c->any = true;
    for (; c->crlfs; c->crlfs--)
        put(c, SLICE("\r\n"));
    if (c->wsp)
        put_octet(c, ' ');
    c->wsp = false;
}

static void put_bare_cr(struct canon_body *c)
{
    c->cr = false;
    put_held(c);
    put_octet(c, '\r');
}

/* One octet after what is held back: [CRLF ...] [WSP] [CR]. */
static void take_octet(struct canon_body *c, uint8_t octet)
{
    if (c->cr && octet == '\n') {
        c->cr = c->wsp = false;
        c->crlfs++;
        return;
    }
    if (c->cr)
        put_bare_cr(c);
    if (octet == '\r') {
        c->cr = true;
    } else if (is_wsp(octet) && c->how == POSTERN_DKIM_RELAXED) {
        c->wsp = true;
    } else {
        put_held(c);
        put_octet(c, octet);
    }
}

static bool holds(const struct canon_body *c)
{
    return c->wsp || c->cr || c->crlfs;
}

/* White space begins at p, and ends before the end of what p points to. Returns how much it is. Without
 * branches for what is common (one or two, at the end of a line or not): nobody foresees them. */
static inline size_t relax_space(const uint8_t *p, uint8_t **out)
{
    size_t n = 1U + is_wsp(p[1]);
    while (is_wsp(p[n]))
        n++;
    size_t cr = p[n] == '\r';
    **out = ' ';
    *out += !(cr & (p[n + cr] == '\n'));
    return n;
}

/* Copies a vector. The bits of what stands otherwise in the relaxed form: HTAB, or SP before white space
 * or CR. The octet behind the vector is read too. HTAB | 4 is CR. */
#define COPY_VECTOR(name, vector, bits)                                    \
    static inline uint32_t name(const uint8_t *p, uint8_t *out)            \
    {                                                                      \
        vector v, next;                                                    \
        memcpy(&v, p, sizeof v);                                           \
        memcpy(&next, p + 1, sizeof next);                                 \
        memcpy(out, &v, sizeof v);                                         \
        vector odd = (vector)(next == ' ') | (vector)((next | 4) == '\r'); \
        odd = (vector)(v == '\t') | ((vector)(v == ' ') & odd);            \
        return bits(odd);                                                  \
    }

COPY_VECTOR(copy_vector, vector, VECTOR_BITS)
VECTOR_WIDE COPY_VECTOR(copy_vector_wide, vector_wide, VECTOR_WIDE_BITS)

/* As much of head as there is room for at out; returns how much that was. */
VECTOR_INLINE size_t relax_with(uint32_t (*copy)(const uint8_t *, uint8_t *), ptrdiff_t width,
                                struct slice head, uint8_t **out, const uint8_t *out_end)
{
    const uint8_t *p = head.p, *end = p + head.n;
    uint8_t *o = *out;
    while (end - p > width && out_end - o > width) {
        uint32_t odd = copy(p, o);
        if (!odd) { /* a branch, so that the next vector need not wait for this one's bits */
            p += width;
            o += width;
            continue;
        }
        p += __builtin_ctz(odd);
        o += __builtin_ctz(odd);
        p += relax_space(p, &o);
    }
    while (p < end && end - p <= width && o < out_end) {
        if (is_wsp(*p))
            p += relax_space(p, &o);
        else
            *o++ = *p++;
    }
    *out = o;
    return (size_t)(p - head.p);
}

static size_t relax_some(struct slice head, uint8_t **out, const uint8_t *out_end)
{
    return relax_with(copy_vector, sizeof(vector), head, out, out_end);
}

VECTOR_WIDE static size_t relax_some_wide(struct slice head, uint8_t **out, const uint8_t *out_end)
{
    return relax_with(copy_vector_wide, sizeof(vector_wide), head, out, out_end);
}

/* head: nothing is held before it, and its last octet is neither white space nor CR nor LF. */
static void relax_head(struct canon_body *c, struct slice head)
{
    bool wide = vector_is_wide();
    while (head.n) {
        uint8_t *out = c->buffer + c->n;
        const uint8_t *end = c->buffer + sizeof c->buffer;
        size_t taken = wide ? relax_some_wide(head, &out, end) : relax_some(head, &out, end);
        c->n = (size_t)(out - c->buffer);
        head = slice_from(head, taken);
        if (head.n)
            flush(c);
    }
}

/* How many octets at the end of s may belong to the end of the body. */
static size_t tail(const struct canon_body *c, struct slice s)
{
    size_t n = 0;
    while (n < s.n) {
        uint8_t octet = s.p[s.n - n - 1];
        if (octet != '\r' && octet != '\n' && !(is_wsp(octet) && c->how == POSTERN_DKIM_RELAXED))
            break;
        n++;
    }
    return n;
}

/* What does not end in white space or a line end: most of it passes as it is. */
static void take_head(struct canon_body *c, struct slice head)
{
    while (head.n && holds(c)) {
        take_octet(c, *head.p);
        head = slice_from(head, 1);
    }
    if (!head.n)
        return;
    c->any = true;
    if (c->how == POSTERN_DKIM_RELAXED)
        relax_head(c, head);
    else
        put(c, head);
}

void canon_body_feed(struct canon_body *c, struct slice octets)
{
    size_t end = octets.n - tail(c, octets);
    take_head(c, slice_first(octets, end));
    for (size_t i = end; i < octets.n; i++)
        take_octet(c, octets.p[i]);
}

/* §3.4.3: an empty body is one CRLF. §3.4.4: it is nothing, and a line of white space is empty. Both: a
 * last line without CRLF gets one. */
void canon_body_end(struct canon_body *c)
{
    if (c->cr)
        put_bare_cr(c);
    if (c->any || c->how == POSTERN_DKIM_SIMPLE)
        put(c, SLICE("\r\n"));
    flush(c);
}
