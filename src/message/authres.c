/* SPDX-License-Identifier: ISC */
#include "message/authres.h"

#include <string.h>

#include "message/domain.h"

enum {
    WORDS_MAX = 2048,     /* octets of what stands before the first ";" that are looked at */
    LINE_MAX_OCTETS = 78, /* RFC 5322 §2.1.1 */
    TEXT_MAX = 512        /* octets of one value or comment that are written */
};

/* token of RFC 2045 §5.1: no space, control or tspecial */
static bool is_token_octet(uint8_t c)
{
    return c > 0x20 && c < 0x7f && !slice_has(SLICE("()<>@,;:\\\"/[]?="), c);
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_digits(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0;
}

/* ---- reading ---- */

/* The words before the first ";", without comments, quotes, controls and folding. */
struct words {
    uint8_t text[WORDS_MAX]; /* one behind the other */
    size_t n;
    size_t first_n; /* of the first word */
    size_t last_at; /* where the last one begins */
    size_t end;     /* of the part looked at, in the value */
    unsigned count;
    unsigned comment; /* how deep */
    bool quoted, in_word;
    bool broken; /* not what RFC 8601 §2.2 allows */
    bool eight_bit;
};

static void put_octet(struct words *w, uint8_t c)
{
    if (c <= 0x20 || c == 0x7f)
        return;
    if (!w->in_word) {
        w->count++;
        w->last_at = w->n;
        w->in_word = true;
    }
    w->text[w->n++] = c;
    if (w->count == 1)
        w->first_n = w->n;
}

static void on_outside(struct words *w, uint8_t c)
{
    w->comment = c == '(';
    w->quoted = c == '"';
    if (is_space(c) || w->comment)
        w->in_word = false;
    if (is_space(c) || w->comment || w->quoted)
        return;
    w->eight_bit |= c >= 0x80;
    w->broken |= !is_token_octet(c) && c < 0x80;
    put_octet(w, c);
}

/* RFC 5322 §3.2.2: comments nest. */
static void on_octet(struct words *w, uint8_t c, bool escaped)
{
    if (w->comment) {
        w->comment += !escaped && c == '(';
        w->comment -= !escaped && c == ')';
    } else if (!w->quoted) {
        on_outside(w, c);
    } else if (c == '"' && !escaped) {
        w->quoted = false;
    } else {
        put_octet(w, c);
    }
}

static void read_words(struct slice value, struct words *w)
{
    size_t i = 0;
    for (; i < value.n && w->n < sizeof w->text; i++) {
        bool inside = w->comment || w->quoted;
        if (value.p[i] == ';' && !inside)
            break;
        bool escaped = value.p[i] == '\\' && inside && i + 1 < value.n;
        i += escaped;
        on_octet(w, value.p[i], escaped);
    }
    w->end = i < value.n ? i : value.n;
    w->broken |= w->comment || w->quoted || (w->end < value.n && value.p[w->end] != ';');
}

static bool is_id(struct slice text, struct slice id)
{
    struct domain a, b;
    if (slice_equal_nocase(text, id))
        return true;
    return domain_parse(text, &a) && domain_parse(id, &b) && domain_equal(&a, &b);
}

static bool has_word(struct slice text, struct slice id, bool ascii)
{
    size_t start = 0;
    for (size_t i = 0; i <= text.n; i++) {
        if (i < text.n && (is_token_octet(text.p[i]) || (!ascii && text.p[i] >= 0x80)))
            continue;
        if (i > start && is_id((struct slice){ text.p + start, i - start }, id))
            return true;
        start = i + 1;
    }
    return false;
}

/* Is our id a word of what cannot be read? Some readers take 8-bit text for spaces (U+00A0 is one), and
 * others decode: what an encoded word (RFC 2047) says is not looked at, none has a place there. */
static bool has_id(struct slice text, struct slice id)
{
    for (size_t i = 0; i + 1 < text.n; i++)
        if (text.p[i] == '=' && text.p[i + 1] == '?')
            return true;
    return has_word(text, id, false) || has_word(text, id, true);
}

/* Readers differ in what they make of comments and quotes within the id, so words are also read as
 * one; authserv-id [CFWS version] (RFC 8601 §2.2) is the form that is not broken. */
bool authres_claims(struct slice value, struct slice authserv_id)
{
    struct words w = { .n = 0 };
    read_words(value, &w);
    struct slice all = { w.text, w.n }, last = slice_from(all, w.last_at);
    bool version = w.count > 1 && is_digits(last);
    if (authserv_id.n == 0 || w.n == 0)
        return w.broken && has_id(slice_first(value, w.end), authserv_id);
    if (is_id(slice_first(all, w.first_n), authserv_id) || is_id(all, authserv_id) ||
        (version && is_id(slice_first(all, w.last_at), authserv_id)))
        return true;
    w.broken |= w.count > 2 || (w.count == 2 && !version);
    return (w.broken || w.eight_bit) && has_id(slice_first(value, w.end), authserv_id);
}

/* ---- writing ---- */

static size_t column(const struct buf *out)
{
    struct slice all = buf_slice(out), head, line;
    return slice_cut_last(all, '\n', &head, &line) ? line.n : all.n;
}

/* [local-part "@"] domain-name of a pvalue (RFC 8601 §2.2), the local part a token here */
static bool is_address(struct slice s)
{
    struct slice local, name;
    struct domain d;
    if (!slice_cut(s, '@', &local, &name) || !slice_is_ascii(s) || !domain_parse(name, &d))
        return false;
    for (size_t i = 0; i < local.n; i++)
        if (!is_token_octet(local.p[i]))
            return false;
    return true;
}

static bool is_token(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_token_octet(s.p[i]))
            return false;
    return s.n > 0;
}

/* What readers took apart wrongly (CVE-2020-12272) is not written, quoted or not: controls, and
 * parentheses. 8-bit text stays where it is UTF-8 (RFC 6532). */
static void append_text(struct buf *out, struct slice s, bool quoted)
{
    bool utf8 = slice_is_utf8(s);
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (c < 0x20 || c == 0x7f || c == '(' || c == ')' || (!quoted && c == '\\'))
            continue;
        if (quoted && (c == '"' || c == '\\'))
            buf_append_byte(out, '\\');
        buf_append_byte(out, c < 0x80 || utf8 ? c : '?');
    }
}

/* At most TEXT_MAX octets, not cut within a character. */
static struct slice shorten(struct slice s)
{
    size_t n = TEXT_MAX;
    if (s.n <= n)
        return s;
    while (n > TEXT_MAX - 4 && (s.p[n] & 0xc0) == 0x80)
        n--;
    return slice_first(s, n);
}

static void append_value(struct buf *out, struct slice value)
{
    if (is_token(value) || is_address(value)) {
        buf_append(out, value);
        return;
    }
    buf_append_byte(out, '"');
    append_text(out, value, true);
    buf_append_byte(out, '"');
}

void authres_start(struct buf *out, struct slice authserv_id)
{
    append_value(out, shorten(authserv_id));
}

void authres_none(struct buf *out)
{
    buf_append_str(out, "; none");
}

void authres_result(struct buf *out, const char *method, const char *result, struct slice comment,
                    struct slice reason)
{
    buf_printf(out, ";\r\n\t%s=%s", method, result);
    if (comment.n) {
        buf_append_str(out, " (");
        append_text(out, shorten(comment), false);
        buf_append_byte(out, ')');
    }
    if (reason.n) {
        buf_append_str(out, " reason=\"");
        append_text(out, shorten(reason), true);
        buf_append_byte(out, '"');
    }
}

void authres_property(struct buf *out, const char *ptype, const char *property, struct slice value)
{
    struct slice name = slice_of_str(property);
    value = shorten(value);
    bool fold = column(out) + strlen(ptype) + name.n + value.n + 5 > LINE_MAX_OCTETS;
    buf_printf(out, "%s%s.%s=", fold ? "\r\n\t" : " ", ptype, property);
    append_value(out, value);
}
