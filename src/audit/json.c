/* SPDX-License-Identifier: ISC */
#include "audit/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- strings ---- */

/* What the character at the front of s is written as; NULL: itself. */
static const char *escape(struct slice s, size_t n, char room[8])
{
    uint8_t c = s.p[0];
    if (n == 0)
        return "\xef\xbf\xbd";
    if (c == '"')
        return "\\\"";
    if (c == '\\')
        return "\\\\";
    if (c == '\n')
        return "\\n";
    if (c == '\t')
        return "\\t";
    if (c == '\r')
        return "\\r";
    if (c >= 0x20 && c != 0x7f && !(c == 0xc2 && s.p[1] < 0xa0))
        return NULL;
    (void)snprintf(room, 8, "\\u%04x", (unsigned)(n == 2 ? s.p[1] : c));
    return room;
}

/* Octets at the front that stand for themselves, and are characters of one octet. */
static size_t plain_run(struct slice text)
{
    size_t n = 0;
    while (n < text.n && text.p[n] >= 0x20 && text.p[n] < 0x7f && text.p[n] != '"' &&
           text.p[n] != '\\')
        n++;
    return n;
}

void audit_json_string(struct buf *out, struct slice text)
{
    buf_append_byte(out, '"');
    while (text.n) {
        char room[8];
        size_t n = plain_run(text);
        buf_append(out, slice_first(text, n));
        text = slice_from(text, n);
        if (!text.n)
            break;
        n = slice_utf8_first(text);
        const char *escaped = escape(text, n, room);
        if (escaped)
            buf_append_str(out, escaped);
        else
            buf_append(out, slice_first(text, n));
        text = slice_from(text, n ? n : 1);
    }
    buf_append_byte(out, '"');
}

/* ---- where commas and lines belong ---- */

enum { LEAD_MAX = AUDIT_JSON_DEPTH + 4 }; /* octets of comma, line end and indentation */

static size_t put_line(const struct audit_json *j, uint8_t *to)
{
    if (j->depth > j->lines || !j->lines)
        return 0;
    to[0] = '\n';
    memset(to + 1, ' ', j->depth);
    return 1 + (size_t)j->depth;
}

static size_t put_comma(struct audit_json *j, uint8_t *to)
{
    uint64_t here = UINT64_C(1) << j->depth;
    size_t n = 0;
    if (j->filled & here) {
        to[n++] = ',';
        if (j->depth > j->lines || !j->lines)
            to[n++] = ' ';
    }
    j->filled |= here;
    return n;
}

/* Room for n octets of a value, behind what stands in front of it. NULL: failed. */
static uint8_t *begin_value(struct audit_json *j, size_t n)
{
    uint8_t *to = buf_reserve(j->out, LEAD_MAX + n);
    if (!to)
        return NULL;
    if (j->keyed) {
        j->keyed = false;
        return to;
    }
    if (j->depth && !(j->arrays & UINT64_C(1) << j->depth))
        j->out->failed = true; /* a member without a key */
    size_t lead = put_comma(j, to);
    if (j->depth)
        lead += put_line(j, to + lead);
    buf_grew(j->out, lead);
    return to + lead;
}

static void put_value(struct audit_json *j, const char *text, size_t n)
{
    uint8_t *to = begin_value(j, n);
    if (!to)
        return;
    memcpy(to, text, n);
    buf_grew(j->out, n);
}

static void open_value(struct audit_json *j, bool array)
{
    put_value(j, array ? "[" : "{", 1);
    if (j->depth + 1 >= AUDIT_JSON_DEPTH) {
        j->out->failed = true;
        return;
    }
    uint64_t here = UINT64_C(1) << ++j->depth;
    j->filled &= ~here;
    j->arrays = array ? j->arrays | here : j->arrays & ~here;
}

void audit_json_init(struct audit_json *j, struct buf *out, unsigned lines)
{
    *j = (struct audit_json){ .out = out, .lines = lines };
}

void audit_json_object(struct audit_json *j)
{
    open_value(j, false);
}

void audit_json_array(struct audit_json *j)
{
    open_value(j, true);
}

void audit_json_end(struct audit_json *j)
{
    uint64_t here = UINT64_C(1) << j->depth;
    uint8_t *to = buf_reserve(j->out, LEAD_MAX);
    size_t n = 0;
    if (!to || !j->depth || j->keyed) {
        j->out->failed = true;
        return;
    }
    bool lines = (j->filled & here) && j->depth <= j->lines;
    j->depth--;
    if (lines)
        n = put_line(j, to);
    to[n++] = j->arrays & here ? ']' : '}';
    buf_grew(j->out, n);
}

void audit_json_key(struct audit_json *j, const char *key)
{
    size_t n = strlen(key), at;
    uint8_t *to = buf_reserve(j->out, LEAD_MAX + n + 4);
    if (!j->depth || (j->arrays & UINT64_C(1) << j->depth) || j->keyed)
        j->out->failed = true;
    if (!to)
        return;
    at = put_comma(j, to);
    at += put_line(j, to + at);
    to[at++] = '"';
    memcpy(to + at, key, n);
    at += n;
    to[at++] = '"';
    to[at++] = ':';
    to[at++] = ' ';
    buf_grew(j->out, at);
    j->keyed = true;
}

bool audit_json_done(const struct audit_json *j)
{
    return !j->depth && !j->keyed && !j->out->failed;
}

/* ---- values ---- */

void audit_json_text(struct audit_json *j, struct slice text)
{
    if (begin_value(j, 0))
        audit_json_string(j->out, text);
}

void audit_json_str(struct audit_json *j, const char *text)
{
    if (text)
        audit_json_text(j, slice_of_str(text));
    else
        audit_json_null(j);
}

void audit_json_hex(struct audit_json *j, struct slice octets)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = 0;
    uint8_t *to = begin_value(j, 2 * octets.n + 2);
    if (!to)
        return;
    to[n++] = '"';
    for (size_t i = 0; i < octets.n; i++) {
        to[n++] = (uint8_t)digits[octets.p[i] >> 4];
        to[n++] = (uint8_t)digits[octets.p[i] & 15];
    }
    to[n++] = '"';
    buf_grew(j->out, n);
}

enum { NUMBER_MAX = 48 };

struct
    number { /* written from its end, a digit at a time: printf takes its time over each of millions */
    char room[NUMBER_MAX];
    size_t at;
};

static void put_digits(struct number *to, uint64_t value, size_t least)
{
    size_t end = to->at;
    do {
        to->room[--to->at] = (char)('0' + value % 10);
        value /= 10;
    } while (value || end - to->at < least);
}

static void put_number(struct audit_json *j, struct number *number, bool negative)
{
    if (negative)
        number->room[--number->at] = '-';
    put_value(j, number->room + number->at, NUMBER_MAX - number->at);
}

void audit_json_int(struct audit_json *j, int64_t number)
{
    struct number to = { .at = NUMBER_MAX };
    put_digits(&to, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 1);
    put_number(j, &to, number < 0);
}

void audit_json_uint(struct audit_json *j, uint64_t number)
{
    struct number to = { .at = NUMBER_MAX };
    put_digits(&to, number, 1);
    put_number(j, &to, false);
}

void audit_json_number(struct audit_json *j, double number, int places)
{
    static const double scales[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9 };
    size_t point = (size_t)(places < 0 ? 0 : places > 9 ? 9 : places);
    double scaled = round(fabs(number) * scales[point]);
    struct number to = { .at = NUMBER_MAX };
    if (!isfinite(number) || scaled > 9e18) {
        int n = snprintf(to.room, NUMBER_MAX, isfinite(number) ? "%.17g" : "null", number);
        put_value(j, to.room, (size_t)n);
        return;
    }
    uint64_t whole = (uint64_t)scaled, scale = (uint64_t)scales[point], part = whole % scale;
    for (; point && part % 10 == 0; point--)
        part /= 10;
    if (point) {
        put_digits(&to, part, point);
        to.room[--to.at] = '.';
    }
    put_digits(&to, whole / scale, 1);
    put_number(j, &to, number < 0 && scaled > 0);
}

void audit_json_seconds(struct audit_json *j, int64_t ns)
{
    uint64_t size = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns, part = size % 1000000000;
    struct number to = { .at = NUMBER_MAX };
    put_digits(&to, part % 1000 ? part : part / 1000, part % 1000 ? 9 : 6);
    to.room[--to.at] = '.';
    put_digits(&to, size / 1000000000, 1);
    put_number(j, &to, ns < 0);
}

void audit_json_bool(struct audit_json *j, bool value)
{
    put_value(j, value ? "true" : "false", value ? 4 : 5);
}

void audit_json_null(struct audit_json *j)
{
    put_value(j, "null", 4);
}
