/* SPDX-License-Identifier: ISC */
#include "cmd/dkim_hints.h"

#include <string.h>

#define SPACE_MAX ((size_t)64 * 1024)
#define TEXT_MAX  ((size_t)4 * 1024 * 1024)

/* ---- what may have happened, undone ---- */

static void undo_lines(struct dkim_hints *h, struct slice in, struct buf *out)
{
    for (size_t i = 0; i < in.n; i++) {
        uint8_t c = in.p[i];
        if (c == '\n' || h->cr)
            buf_append(out, SLICE("\r\n"));
        if (c != '\n' && c != '\r')
            buf_append_byte(out, c);
        h->cr = c == '\r';
    }
}

static void undo_space(struct dkim_hints *h, struct slice in, struct buf *out)
{
    for (size_t i = 0; i < in.n; i++) {
        uint8_t c = in.p[i];
        if (c == ' ' || c == '\t') {
            buf_append_byte(&h->space, c);
            continue;
        }
        if (c != '\r' && c != '\n')
            buf_append(out, buf_slice(&h->space));
        buf_consume(&h->space, buf_size(&h->space));
        buf_append_byte(out, c);
    }
    h->space_lost = h->space_lost || h->space.failed;
}

static void undo_dots(struct dkim_hints *h, struct slice in, struct buf *out)
{
    for (size_t i = 0; i < in.n; i++) {
        uint8_t c = in.p[i];
        bool first = h->line_start && c == '.';
        if (h->dot && c != '.')
            buf_append_byte(out, '.');
        if (!first)
            buf_append_byte(out, c);
        h->dot = first;
        h->line_start = c == '\n';
    }
}

/* ---- trials ---- */

static void hash(void *owner, struct slice octets)
{
    digest_add(&((struct dkim_trial *)owner)->digest, octets);
}

static bool fits(const struct dkim_hints *h, const struct digest *digest)
{
    uint8_t got[DIGEST_SIZE];
    digest_read(digest, got);
    return memcmp(got, h->wanted, sizeof got) == 0;
}

/* Behind each line with something in it: was that all? Empty lines at the end do not count (RFC 6376
 * §3.4.3, §3.4.4). */
static void hash_lines(void *owner, struct slice octets)
{
    struct dkim_hints *h = owner;
    struct dkim_trial *t = &h->trials[DKIM_CHANGE_BEHIND];
    while (octets.n) {
        const uint8_t *lf = memchr(octets.p, '\n', octets.n);
        size_t n = lf ? (size_t)(lf - octets.p) + 1 : octets.n;
        digest_add(&t->digest, slice_first(octets, n));
        h->content = h->content || n > 2 || (octets.p[0] != '\r' && octets.p[0] != '\n');
        octets = slice_from(octets, n);
        if (!lf)
            continue;
        h->lines++;
        if (h->content && !h->fits && fits(h, &t->digest)) {
            h->fits = true;
            h->lines_fit = h->lines;
        }
        h->content = false;
    }
}

static enum postern_dkim_canon other(enum postern_dkim_canon how)
{
    return how == POSTERN_DKIM_SIMPLE ? POSTERN_DKIM_RELAXED : POSTERN_DKIM_SIMPLE;
}

void dkim_hints_init(struct dkim_hints *h, enum postern_dkim_canon how, const uint8_t *signed_hash)
{
    *h = (struct dkim_hints){ .line_start = true };
    memcpy(h->wanted, signed_hash, sizeof h->wanted);
    buf_init(&h->text, TEXT_MAX);
    buf_init(&h->space, SPACE_MAX);
    mbox_unquote_init(&h->unquote);
    for (size_t i = 0; i < DKIM_CHANGES; i++) {
        struct dkim_trial *t = &h->trials[i];
        bool lines = i == DKIM_CHANGE_BEHIND;
        digest_init(&t->digest);
        canon_body_init(&t->canon, i == DKIM_CHANGE_CANON ? other(how) : how,
                        lines ? hash_lines : hash, lines ? (void *)h : t);
    }
}

static void feed_undone(struct dkim_hints *h, enum dkim_change change)
{
    canon_body_feed(&h->trials[change].canon, buf_slice(&h->text));
    buf_consume(&h->text, buf_size(&h->text));
}

void dkim_hints_feed(struct dkim_hints *h, struct slice octets)
{
    canon_body_feed(&h->trials[DKIM_CHANGE_CANON].canon, octets);
    canon_body_feed(&h->trials[DKIM_CHANGE_BEHIND].canon, octets);
    undo_lines(h, octets, &h->text);
    feed_undone(h, DKIM_CHANGE_LINES);
    undo_space(h, octets, &h->text);
    feed_undone(h, DKIM_CHANGE_SPACE);
    mbox_unquote(&h->unquote, octets, &h->text);
    feed_undone(h, DKIM_CHANGE_FROM);
    undo_dots(h, octets, &h->text);
    feed_undone(h, DKIM_CHANGE_DOTS);
}

/* ---- the end ---- */

static bool was_empty(const struct dkim_hints *h)
{
    static const struct slice empty[] = { SLICE_INIT(""), SLICE_INIT("\r\n") };
    for (size_t i = 0; i < ARRAY_SIZE(empty); i++) {
        struct digest digest;
        digest_init(&digest);
        digest_add(&digest, empty[i]);
        if (fits(h, &digest))
            return true;
    }
    return false;
}

static void say(const struct dkim_hints *h, enum dkim_change change, struct buf *out)
{
    switch (change) {
    case DKIM_CHANGE_CANON:
        buf_append_str(out, "it fits in the other canonicalisation: c= does not say what the "
                            "signer did");
        return;
    case DKIM_CHANGE_LINES:
        buf_append_str(out, "it fits when every CR or LF alone is a line end: line ends were "
                            "changed after signing");
        return;
    case DKIM_CHANGE_SPACE:
        buf_append_str(out, "it fits without the white space at the ends of lines, which c=simple "
                            "does not bear");
        return;
    case DKIM_CHANGE_FROM:
        buf_append_str(out, "it fits with one \">\" less before \"From \": a server or a mailbox "
                            "put it there");
        return;
    case DKIM_CHANGE_DOTS:
        buf_append_str(out, "it fits with one \".\" less at the beginning of lines: a server did "
                            "not undo SMTP's");
        return;
    case DKIM_CHANGE_BEHIND:
        buf_printf(out,
                   "it fits without the last %llu of %llu lines: a mailing list, or somebody "
                   "else, added them",
                   (unsigned long long)(h->lines - h->lines_fit), (unsigned long long)h->lines);
        return;
    case DKIM_CHANGES: return;
    }
}

bool dkim_hints_end(struct dkim_hints *h, struct buf *out)
{
    mbox_unquote_end(&h->unquote, &h->text);
    feed_undone(h, DKIM_CHANGE_FROM);
    if (h->cr)
        canon_body_feed(&h->trials[DKIM_CHANGE_LINES].canon, SLICE("\r\n"));
    if (h->dot)
        canon_body_feed(&h->trials[DKIM_CHANGE_DOTS].canon, SLICE("."));
    for (size_t i = 0; i < DKIM_CHANGES; i++)
        canon_body_end(&h->trials[i].canon);
    if (was_empty(h)) {
        buf_append_str(out, "the body was empty when it was signed");
        return true;
    }
    for (size_t i = 0; i < DKIM_CHANGES; i++) {
        bool fine = i == DKIM_CHANGE_BEHIND ? h->fits : fits(h, &h->trials[i].digest);
        if (fine && !(i == DKIM_CHANGE_SPACE && h->space_lost)) {
            say(h, (enum dkim_change)i, out);
            return true;
        }
    }
    return false;
}

void dkim_hints_clear(struct dkim_hints *h)
{
    buf_clear(&h->text);
    buf_clear(&h->space);
}

/* ---- the header ---- */

static struct slice trim(struct slice s)
{
    while (s.n && s.p[0] <= ' ')
        s = slice_from(s, 1);
    while (s.n && s.p[s.n - 1] <= ' ')
        s.n--;
    return s;
}

/* The signature's own field is the last of what is hashed, with its b= emptied. */
bool dkim_hints_canon(struct slice hashed_header, enum postern_dkim_canon *out)
{
    struct slice tags = hashed_header, tag, name, value, body;
    if (!slice_has(tags, ':'))
        return false;
    for (size_t i = tags.n; i-- > 1;)
        if (tags.p[i - 1] == '\n' && tags.p[i] != ' ' && tags.p[i] != '\t') {
            tags = slice_from(tags, i);
            break;
        }
    (void)slice_cut(tags, ':', &name, &tags);
    *out = POSTERN_DKIM_SIMPLE;
    while (tags.n) {
        (void)slice_cut(tags, ';', &tag, &tags);
        if (!slice_cut(tag, '=', &name, &value) || !slice_equal(trim(name), SLICE("c")))
            continue;
        if (slice_cut(value, '/', &name, &body) && slice_equal(trim(body), SLICE("relaxed")))
            *out = POSTERN_DKIM_RELAXED;
    }
    return true;
}
