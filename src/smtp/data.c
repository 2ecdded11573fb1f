/* SPDX-License-Identifier: ISC */
#include "smtp/data.h"

#include <string.h>

#include "smtp/character.h"

#define NOWHERE SIZE_MAX

enum state {
    AT_START, /* of a line; the zero of a new scan */
    IN_LINE,
    AFTER_CR,  /* inside a line, a CR was the last byte */
    AT_DOT,    /* a dot began the line; it is not content, whatever follows */
    AT_DOT_CR, /* CR followed that dot: LF now is the end */
};

/* What stands before the next LF, LF counted when it is there. */
struct part {
    size_t n;
    bool lf;         /* it ends in LF */
    bool ends_cr;    /* CR stands before that LF, or at the end */
    size_t wrong_at; /* the byte that proves a CR or LF bare; NOWHERE: none is */
};

/* Only memchr touches the bytes: 100 MB pass in a few dozen milliseconds. s is not empty. */
static struct part part_of(struct slice s, bool after_cr)
{
    const uint8_t *lf = memchr(s.p, '\n', s.n);
    size_t text = lf ? (size_t)(lf - s.p) : s.n, lf_due = NOWHERE;
    const uint8_t *cr = text && !after_cr ? memchr(s.p, '\r', text) : NULL;
    if (after_cr || cr)
        lf_due = after_cr ? 0 : (size_t)(cr - s.p) + 1;
    bool clean = lf ? lf_due == text : lf_due >= text;
    return (struct part){
        .n = text + (lf != NULL),
        .lf = lf != NULL,
        .ends_cr = text ? s.p[text - 1] == '\r' : after_cr,
        .wrong_at = clean           ? NOWHERE
                    : lf_due < text ? lf_due
                                    : text,
    };
}

/* The bytes at the start of a line that may turn out to be the end of the data. */
static size_t scan_dot(struct smtp_data_scan *scan, struct slice bytes)
{
    size_t at = 0;
    if (scan->state == AT_START && at < bytes.n) {
        bool dot = bytes.p[at] == '.';
        scan->state = dot ? AT_DOT : IN_LINE;
        at += dot;
    }
    if (scan->state == AT_DOT && at < bytes.n) {
        bool cr = bytes.p[at] == '\r';
        scan->state = cr ? AT_DOT_CR : IN_LINE;
        at += cr;
    }
    if (scan->state == AT_DOT_CR && at < bytes.n) {
        scan->ended = bytes.p[at] == '\n';
        scan->bad |= !scan->ended; /* the CR is bare, and never was an end */
        scan->state = IN_LINE;
        at += scan->ended;
    }
    return at;
}

/* Lines up to one that starts with a dot. *good is how many bytes came before the first fault. */
static size_t scan_lines(struct smtp_data_scan *scan, struct slice s, size_t *good)
{
    size_t at = 0, wrong_at = NOWHERE;
    while (at < s.n && !(scan->state == AT_START && s.p[at] == '.')) {
        struct part part = part_of(slice_from(s, at), scan->state == AFTER_CR);
        if (part.wrong_at != NOWHERE && wrong_at == NOWHERE)
            wrong_at = at + part.wrong_at;
        at += part.n;
        scan->state = !part.ends_cr ? IN_LINE : part.lf ? AT_START : AFTER_CR;
    }
    *good = wrong_at == NOWHERE ? at : wrong_at;
    return at;
}

size_t smtp_data_scan(struct smtp_data_scan *scan, struct slice bytes, struct slice *content)
{
    *content = (struct slice){ 0 };
    if (scan->ended)
        return 0;
    size_t at = scan_dot(scan, bytes), good;
    if (scan->ended || at == bytes.n)
        return at;
    struct slice rest = slice_from(bytes, at);
    size_t n = scan_lines(scan, rest, &good);
    if (!scan->bad) {
        const uint8_t *nul = memchr(rest.p, 0, good);
        *content = slice_first(rest, nul ? (size_t)(nul - rest.p) : good);
        scan->bad = content->n < n;
    }
    return at + n;
}

void smtp_chunk_check(struct smtp_chunk_check *check, struct slice bytes)
{
    if (bytes.n && !check->bad)
        check->bad = memchr(bytes.p, 0, bytes.n) != NULL;
    while (bytes.n && !check->bad) {
        struct part part = part_of(bytes, check->cr);
        check->bad = part.wrong_at != NOWHERE;
        check->cr = part.ends_cr && !part.lf;
        bytes = slice_from(bytes, part.n);
    }
}

void smtp_chunk_check_end(struct smtp_chunk_check *check)
{
    check->bad |= check->cr;
    check->cr = false;
}

/* The bytes before the next dot that begins a line, behind the first byte; all without one. */
static size_t until_dot(struct slice content, bool after_cr)
{
    size_t at = 0;
    for (const uint8_t *lf; (lf = memchr(content.p + at, '\n', content.n - at));) {
        size_t before = (size_t)(lf - content.p);
        bool crlf = before ? lf[-1] == '\r' : after_cr;
        at = before + 1;
        if (at == content.n || (crlf && content.p[at] == '.'))
            return at;
    }
    return content.n;
}

size_t smtp_stuff_next(struct smtp_stuff *stuff, struct slice content, bool *dot)
{
    *dot = content.n && !stuff->inside_line && content.p[0] == '.';
    if (content.n == 0)
        return 0;
    size_t n = until_dot(content, stuff->cr);
    uint8_t last = content.p[n - 1];
    bool cr_before = n > 1 ? content.p[n - 2] == '\r' : stuff->cr;
    stuff->inside_line = !(last == '\n' && cr_before);
    stuff->cr = last == '\r';
    return n;
}

struct slice smtp_stuff_end(const struct smtp_stuff *stuff)
{
    return stuff->inside_line ? SLICE("\r\n.\r\n") : SLICE(".\r\n");
}

static bool fail(struct fault *why, size_t at, const char *what)
{
    *why = (struct fault){ .at = at, .what = what };
    return false;
}

bool smtp_bdat_parse(struct slice argument, uint64_t *size, bool *last, struct fault *why)
{
    struct slice digits, marker;
    uint64_t value;
    bool given = slice_cut(argument, ' ', &digits, &marker);
    if (!slice_to_u64(digits, 0, UINT64_MAX, &value))
        return fail(why, 0, "no chunk size");
    if (given && !slice_equal_nocase(marker, SLICE("LAST")))
        return fail(why, digits.n + 1, "neither LAST nor the end");
    *size = value;
    *last = given;
    return true;
}
