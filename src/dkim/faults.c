/* SPDX-License-Identifier: ISC */
#include "dkim/faults.h"

#include "dkim/vector.h"

#define NAME_MOST 76 /* a longer word before a colon is no field's name */

static const unsigned octet_faults =
    POSTERN_MESSAGE_BARE_CR | POSTERN_MESSAGE_BARE_LF | POSTERN_MESSAGE_NUL;

/* ---- octets: NUL, CR or LF that is not in a CRLF ---- */

static unsigned fault_of(uint8_t before, uint8_t octet)
{
    unsigned found = 0;
    if (octet == 0)
        found |= POSTERN_MESSAGE_NUL;
    if (octet == '\n' && before != '\r')
        found |= POSTERN_MESSAGE_BARE_LF;
    if (octet != '\n' && before == '\r')
        found |= POSTERN_MESSAGE_BARE_CR;
    return found;
}

/* Of the octets from at up to end: at is not 0. */
static unsigned scan_each(const uint8_t *p, size_t at, size_t end)
{
    unsigned found = 0;
    for (; at < end; at++)
        found |= fault_of(p[at - 1], p[at]);
    return found;
}

#define STEP ((size_t)128)

/* Has none of STEP octets a fault? p[-1] is read. */
#define STEP_IS_CLEAN(name, vector, bits)                                               \
    static inline bool name(const uint8_t *p)                                           \
    {                                                                                   \
        vector v, before, bad = { 0 };                                                  \
        for (size_t i = 0; i < STEP; i += sizeof v) {                                   \
            memcpy(&v, p + i, sizeof v);                                                \
            memcpy(&before, p + i - 1, sizeof before);                                  \
            bad |= (vector)(v == 0) | ((vector)(before == '\r') ^ (vector)(v == '\n')); \
        }                                                                               \
        return bits(bad) == 0;                                                          \
    }

STEP_IS_CLEAN(step_is_clean, vector, VECTOR_BITS)
VECTOR_WIDE STEP_IS_CLEAN(step_is_clean_wide, vector_wide, VECTOR_WIDE_BITS)

    /* The octets from p that are without a fault, in whole steps. */
    static size_t clean(const uint8_t *p, size_t n)
{
    size_t at = 0;
    while (n - at >= STEP && step_is_clean(p + at))
        at += STEP;
    return at;
}

VECTOR_WIDE static size_t clean_wide(const uint8_t *p, size_t n)
{
    size_t at = 0;
    while (n - at >= STEP && step_is_clean_wide(p + at))
        at += STEP;
    return at;
}

static unsigned scan(const uint8_t *p, size_t at, size_t end)
{
    bool wide = vector_is_wide();
    unsigned found = 0;
    while (at < end) {
        at += wide ? clean_wide(p + at, end - at) : clean(p + at, end - at);
        size_t step = end - at < STEP ? end : at + STEP;
        found |= scan_each(p, at, step);
        at = step;
    }
    return found;
}

/* before: the octet in front of s; 0 stands for none. */
static unsigned scan_octets(uint8_t before, struct slice s)
{
    if (!s.n)
        return 0;
    return fault_of(before, s.p[0]) | scan(s.p, 1, s.n);
}

/* ---- the header ---- */

static bool is_ftext(uint8_t c)
{
    return c >= 33 && c <= 126 && c != ':';
}

static bool is_field(const struct header *h, size_t i)
{
    struct slice name = header_field_name(h, i);
    for (size_t k = 0; k < name.n; k++)
        if (!is_ftext(name.p[k]))
            return false;
    return name.n > 0;
}

/* A line end in a field is a fold (RFC 5322 §2.2.3): white space follows. */
static bool is_folded_well(struct slice field)
{
    for (size_t i = 0; i < field.n;) {
        const uint8_t *cr = memchr(field.p + i, '\r', field.n - i);
        if (!cr)
            return true;
        i = (size_t)(cr - field.p) + 1;
        if (i == field.n || field.p[i] != '\n')
            continue; /* bare: counted as that */
        if (i + 1 == field.n || (field.p[i + 1] != ' ' && field.p[i + 1] != '\t'))
            return false;
    }
    return true;
}

unsigned header_faults(const struct header *h)
{
    /* RFC 5322 §3.6, From apart */
    static const struct slice once[] = {
        SLICE_INIT("date"),       SLICE_INIT("sender"),      SLICE_INIT("reply-to"),
        SLICE_INIT("to"),         SLICE_INIT("cc"),          SLICE_INIT("bcc"),
        SLICE_INIT("message-id"), SLICE_INIT("in-reply-to"), SLICE_INIT("references"),
        SLICE_INIT("subject"),
    };
    unsigned found = scan_octets(0, buf_slice(&h->text));
    for (size_t i = 0; i < h->n; i++)
        if (!is_field(h, i) || !is_folded_well(header_field(h, i)))
            found |= POSTERN_MESSAGE_BAD_FIELD;
    for (size_t i = 0; i < ARRAY_SIZE(once); i++)
        if (header_count(h, once[i]) > 1)
            found |= POSTERN_MESSAGE_ONCE_TWICE;
    size_t from = header_count(h, SLICE("from"));
    if (from != 1)
        found |= from ? POSTERN_MESSAGE_SEVERAL_FROM : POSTERN_MESSAGE_NO_FROM;
    return found;
}

/* ---- the body ---- */

/* "Name:" at its very beginning, but no "http://". */
static void look_at_beginning(struct body_faults *b, struct slice octets)
{
    for (size_t i = 0; i < octets.n && !b->past; i++) {
        uint8_t c = octets.p[i];
        if (b->colon) {
            b->past = true;
            if (c != '/')
                b->found |= POSTERN_MESSAGE_FIELD_IN_BODY;
        } else if (c == ':' && b->name_n) {
            b->colon = true;
        } else {
            b->past = !is_ftext(c) || b->name_n == NAME_MOST;
            b->name_n++;
        }
    }
}

void body_faults_feed(struct body_faults *b, struct slice octets)
{
    if (!octets.n)
        return;
    if (!b->past)
        look_at_beginning(b, octets);
    if ((b->found & octet_faults) != octet_faults)
        b->found |= scan_octets(b->cr ? '\r' : 0, octets);
    b->cr = octets.p[octets.n - 1] == '\r';
}

void body_faults_end(struct body_faults *b)
{
    if (b->cr)
        b->found |= POSTERN_MESSAGE_BARE_CR;
    if (b->colon && !b->past)
        b->found |= POSTERN_MESSAGE_FIELD_IN_BODY;
}
