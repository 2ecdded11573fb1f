/* SPDX-License-Identifier: ISC */
#include "net/zone.h"

#include <string.h>

#include "net/zone_internal.h"

enum { TTL_DEFAULT = 3600, NAME_WIRE_MAX = 255, LABEL_MAX = 63 };

void zone_reader_init(struct zone_reader *r, struct slice text, struct slice origin,
                      uint16_t rrtype, struct arena *arena)
{
    *r = (struct zone_reader){ .text = text,
                               .line = 1,
                               .origin = origin,
                               .ttl = TTL_DEFAULT,
                               .rrtype = rrtype,
                               .arena = arena };
}

bool zone_fault(struct zone_entry *e, const char *what)
{
    *e->why = (struct fault){ .at = e->r->at, .what = what };
    return false;
}

static int fail(struct zone_entry *e, const char *what)
{
    (void)zone_fault(e, what); /* false in any case */
    return -1;
}

/* ---- tokens ---- */

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void skip_line(struct zone_reader *r)
{
    while (r->at < r->text.n && r->text.p[r->at] != '\n')
        r->at++;
}

static bool quoted_token(struct zone_entry *e, struct zone_token *out)
{
    struct zone_reader *r = e->r;
    size_t start = ++r->at;
    for (; r->at < r->text.n && r->text.p[r->at] != '\n'; r->at++) {
        if (r->text.p[r->at] == '"') {
            *out = (struct zone_token){ { r->text.p + start, r->at - start }, true };
            r->at++;
            return true;
        }
        if (r->text.p[r->at] == '\\' && r->at + 1 < r->text.n && r->text.p[r->at + 1] != '\n')
            r->at++;
    }
    return zone_fault(e, "a quoted string does not end in its line");
}

static void bare_token(struct zone_entry *e, struct zone_token *out)
{
    struct zone_reader *r = e->r;
    size_t start = r->at;
    for (; r->at < r->text.n; r->at++) {
        uint8_t c = r->text.p[r->at];
        if (is_blank(c) || slice_has(SLICE("\n;()\""), c))
            break;
        if (c == '\\' && r->at + 1 < r->text.n && r->text.p[r->at + 1] != '\n')
            r->at++;
    }
    *out = (struct zone_token){ { r->text.p + start, r->at - start }, false };
}

/* The end of a line, or of the file, ends an entry outside parentheses (RFC 1035 §5.1). It stays where
 * it is, for r->line to be that of a fault found only then. */
static int line_end(struct zone_entry *e)
{
    struct zone_reader *r = e->r;
    if (e->depth && r->at == r->text.n)
        return fail(e, "a parenthesis is not closed");
    e->ended = !e->depth;
    r->at += !e->ended;
    r->line += !e->ended;
    return 0;
}

static int parenthesis(struct zone_entry *e, uint8_t c)
{
    if (c == ')' && e->depth == 0)
        return fail(e, "a parenthesis is closed that was not opened");
    e->depth += c == '(';
    e->depth -= c == ')';
    e->r->at++;
    return 0;
}

int zone_token_next(struct zone_entry *e, struct zone_token *out)
{
    struct zone_reader *r = e->r;
    int rc = 0;
    while (rc == 0 && !e->ended) {
        uint8_t c = r->at < r->text.n ? r->text.p[r->at] : '\n';
        if (is_blank(c))
            r->at++;
        else if (c == ';')
            skip_line(r);
        else if (c == '\n')
            rc = line_end(e);
        else if (c == '(' || c == ')')
            rc = parenthesis(e, c);
        else if (c == '"')
            return quoted_token(e, out) ? 1 : -1;
        else {
            bare_token(e, out);
            return 1;
        }
    }
    return rc;
}

/* ---- values ---- */

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* \DDD is an octet, \X is X (RFC 1035 §5.1). */
bool zone_octet(struct slice text, size_t *i, uint8_t *out, bool *escaped)
{
    struct slice rest = slice_from(text, *i);
    uint32_t octet;
    *escaped = rest.p[0] == '\\';
    if (!*escaped) {
        *out = rest.p[0];
        *i += 1;
        return true;
    }
    if (rest.n < 2)
        return false;
    if (!is_digit(rest.p[1])) {
        *out = rest.p[1];
        *i += 2;
        return true;
    }
    if (rest.n < 4 || !slice_to_u32(slice_first(slice_from(rest, 1), 3), 0, 255, &octet))
        return false;
    *out = (uint8_t)octet;
    *i += 4;
    return true;
}

bool zone_number(struct zone_entry *e, struct slice text, uint32_t max, uint32_t *out)
{
    return slice_to_u32(text, 0, max, out) || zone_fault(e, "no number, or too large");
}

static uint32_t unit_of(uint8_t c)
{
    switch (ascii_lower(c)) {
    case 's': return 1;
    case 'm': return 60;
    case 'h': return 3600;
    case 'd': return 86400;
    case 'w': return 604800;
    default: return 0;
    }
}

bool zone_period(struct slice text, uint32_t *out)
{
    uint64_t sum = 0, part = 0;
    bool digits = false;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        uint32_t unit = digits ? unit_of(c) : 0;
        if (is_digit(c))
            part = part * 10 + (c - '0');
        else if (unit == 0)
            return false;
        if (unit) {
            sum += part * unit;
            part = 0;
        }
        digits = is_digit(c);
        if (sum + part > INT32_MAX) /* RFC 2181 §8 */
            return false;
    }
    sum += part;
    *out = (uint32_t)sum;
    return text.n > 0;
}

/* ---- names ---- */

/* Labels of text, as written; *absolute: it ends in a dot. */
static bool put_labels(struct zone_entry *e, struct slice text, struct buf *wire, bool *absolute)
{
    uint8_t label[LABEL_MAX + 1] = { 0 }, c;
    size_t i = 0;
    bool escaped, dot = false;
    while (i < text.n) {
        if (!zone_octet(text, &i, &c, &escaped))
            return zone_fault(e, "a broken escape in a name");
        dot = c == '.' && !escaped;
        if (dot ? label[0] == 0 : label[0] == LABEL_MAX)
            return zone_fault(e, dot ? "a name with an empty label"
                                     : "a name with a label over 63 octets");
        if (!dot)
            label[++label[0]] = ascii_lower(c);
        if (dot || i == text.n)
            buf_append(wire, (struct slice){ label, (size_t)label[0] + 1 });
        if (dot)
            label[0] = 0;
    }
    *absolute = dot;
    return true;
}

bool zone_name_wire(struct zone_entry *e, struct slice text, struct buf *wire)
{
    size_t start = buf_size(wire);
    bool absolute = slice_equal(text, SLICE(".")), at = slice_equal(text, SLICE("@")), ignored;
    if (text.n == 0)
        return zone_fault(e, "a name is empty");
    if (!absolute && !at && !put_labels(e, text, wire, &absolute))
        return false;
    if (!absolute && !put_labels(e, e->r->origin, wire, &ignored))
        return false;
    buf_append_byte(wire, 0);
    if (wire->failed || buf_size(wire) - start > NAME_WIRE_MAX)
        return zone_fault(e, "a name over 255 octets");
    return true;
}

static size_t put_text(uint8_t *room, uint8_t c)
{
    if (c > 0x20 && c < 0x7f && !slice_has(SLICE(".\\\"();@$"), c)) {
        room[0] = c;
        return 1;
    }
    room[0] = '\\';
    room[1] = (uint8_t)('0' + c / 100);
    room[2] = (uint8_t)('0' + c / 10 % 10);
    room[3] = (uint8_t)('0' + c % 10);
    return 4;
}

bool zone_name_of_wire(struct slice rdata, size_t *at, uint8_t *room, struct slice *out)
{
    size_t i = *at, n = 0;
    for (;;) {
        if (i >= rdata.n || rdata.p[i] > LABEL_MAX || rdata.n - i <= rdata.p[i] ||
            i - *at + rdata.p[i] >= NAME_WIRE_MAX)
            return false;
        size_t label = rdata.p[i++];
        if (label == 0)
            break;
        if (n)
            room[n++] = '.';
        for (size_t end = i + label; i < end; i++)
            n += put_text(room + n, ascii_lower(rdata.p[i]));
    }
    *at = i;
    *out = (struct slice){ room, n };
    return true;
}

/* ---- entries ---- */

static bool read_name(struct zone_entry *e, struct slice text, struct slice *out)
{
    uint8_t room[ZONE_NAME_MAX];
    struct buf wire;
    size_t at = 0;
    struct slice name;
    buf_init(&wire, ZONE_NAME_MAX);
    bool ok =
        zone_name_wire(e, text, &wire) && zone_name_of_wire(buf_slice(&wire), &at, room, &name);
    buf_clear(&wire);
    return ok && (arena_copy(e->r->arena, name, out) || zone_fault(e, "too large"));
}

/* $ORIGIN and $TTL (RFC 1035 §5.1, RFC 2308 §4) */
static bool read_directive(struct zone_entry *e, struct slice word)
{
    struct zone_token value, more;
    bool origin = slice_equal_nocase(word, SLICE("$ORIGIN"));
    if (!origin && !slice_equal_nocase(word, SLICE("$TTL")))
        return zone_fault(e, "a directive that is not understood");
    if (zone_token_next(e, &value) != 1)
        return zone_fault(e, "a directive without a value");
    if (origin ? !read_name(e, value.text, &e->r->origin)
               : !zone_period(value.text, &e->r->ttl) && !zone_fault(e, "no TTL"))
        return false;
    return zone_token_next(e, &more) == 0 || zone_fault(e, "too much behind a directive");
}

static bool is_class(struct slice text)
{
    return slice_equal_nocase(text, SLICE("IN")) || slice_equal_nocase(text, SLICE("CLASS1"));
}

/* "[TTL] [IN] TYPE", in either order: up to the type, or what stands in its place. */
static bool read_type(struct zone_entry *e, struct zone_token token, struct zone_record *out)
{
    bool ttl = false, class = false;
    while (!token.quoted) {
        if (!ttl && zone_period(token.text, &out->ttl))
            ttl = true;
        else if (!class && is_class(token.text))
            class = true;
        else
            break;
        int rc = zone_token_next(e, &token);
        if (rc <= 0)
            return rc == 0 && zone_fault(e, "a record without a type");
    }
    if (!token.quoted && e->r->answers && token.text.p[0] == '!') {
        out->word = token.text;
        return zone_token_next(e, &token) == 0 || zone_fault(e, "too much behind a forced answer");
    }
    out->type_text = token.text;
    out->type = token.quoted ? 0 : zone_type(token.text, e->r->rrtype);
    return out->type || zone_fault(e, "no type of a record where one is due");
}

static bool read_rdata(struct zone_entry *e, struct zone_record *out)
{
    struct buf wire;
    buf_init(&wire, UINT16_MAX);
    bool ok = zone_rdata(e, out, &wire);
    if (ok && wire.failed)
        ok = zone_fault(e, "RDATA over 65535 octets");
    if (ok && !arena_copy(e->r->arena, buf_slice(&wire), &out->rdata))
        ok = zone_fault(e, "too large");
    buf_clear(&wire);
    return ok;
}

/* 1: a record; 0: an entry without one; -1: a fault. A line that begins with a space has the owner of
 * the record before (RFC 1035 §5.1). */
static int read_entry(struct zone_entry *e, struct zone_record *out)
{
    struct zone_reader *r = e->r;
    bool same_owner = is_blank(r->text.p[r->at]);
    struct zone_token token;
    struct zone_record record = { .ttl = r->ttl, .line = r->line };
    int rc = zone_token_next(e, &token);
    if (rc <= 0)
        return rc;
    if (!same_owner) {
        if (!token.quoted && token.text.p[0] == '$')
            return read_directive(e, token.text) ? 0 : -1;
        if (token.quoted)
            return fail(e, "a name in quotes");
        if (!read_name(e, token.text, &r->owner))
            return -1;
        rc = zone_token_next(e, &token);
    }
    if (rc <= 0 || !r->owner.p)
        return rc < 0 ? -1 : fail(e, rc ? "a record without a name" : "a name without a record");
    record.name = r->owner;
    if (!read_type(e, token, &record) || (!record.word.n && !read_rdata(e, &record)))
        return -1;
    *out = record;
    return 1;
}

int zone_read(struct zone_reader *r, struct zone_record *out, struct fault *why)
{
    for (;;) {
        if (r->behind) {
            skip_line(r);
            r->line += r->at < r->text.n;
            r->at += r->at < r->text.n;
        }
        r->behind = r->at < r->text.n;
        if (!r->behind)
            return 0;
        struct zone_entry e = { .r = r, .why = why };
        int rc = read_entry(&e, out);
        if (rc)
            return rc;
    }
}
