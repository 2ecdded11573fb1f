/* SPDX-License-Identifier: ISC */
#include "base/slice.h"

#include <string.h>

struct slice slice_of_str(const char *text)
{
    return (struct slice){ (const uint8_t *)text, text ? strlen(text) : 0 };
}

uint8_t ascii_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

uint8_t ascii_upper(uint8_t c)
{
    return c >= 'a' && c <= 'z' ? (uint8_t)(c - ('a' - 'A')) : c;
}

bool slice_equal(struct slice a, struct slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool slice_equal_nocase(struct slice a, struct slice b)
{
    return a.n == b.n && slice_starts_nocase(a, b);
}

bool slice_starts(struct slice s, struct slice prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool slice_starts_nocase(struct slice s, struct slice prefix)
{
    if (s.n < prefix.n)
        return false;
    for (size_t i = 0; i < prefix.n; i++)
        if (ascii_lower(s.p[i]) != ascii_lower(prefix.p[i]))
            return false;
    return true;
}

bool slice_ends_nocase(struct slice s, struct slice suffix)
{
    return s.n >= suffix.n && slice_equal_nocase(slice_from(s, s.n - suffix.n), suffix);
}

bool slice_has(struct slice s, uint8_t byte)
{
    return s.n && memchr(s.p, byte, s.n);
}

int slice_compare(struct slice a, struct slice b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int first = n ? memcmp(a.p, b.p, n) : 0;
    return first ? first : (a.n > b.n) - (a.n < b.n);
}

struct slice slice_from(struct slice s, size_t at)
{
    if (at >= s.n)
        return (struct slice){ 0 };
    return (struct slice){ s.p + at, s.n - at };
}

struct slice slice_first(struct slice s, size_t n)
{
    return (struct slice){ s.p, n < s.n ? n : s.n };
}

struct slice slice_keep(struct slice s, void *room, size_t size)
{
    s = slice_first(s, size);
    if (s.n)
        memcpy(room, s.p, s.n);
    return (struct slice){ room, s.n };
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

struct slice slice_trim_end(struct slice s)
{
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

struct slice slice_trim(struct slice s)
{
    s = slice_trim_end(s);
    while (s.n && is_blank(s.p[0]))
        s = slice_from(s, 1);
    return s;
}

static bool cut_at(struct slice s, const uint8_t *hit, struct slice *head, struct slice *tail)
{
    if (!hit) {
        *head = s;
        *tail = (struct slice){ 0 };
        return false;
    }
    size_t before = (size_t)(hit - s.p);
    *head = (struct slice){ s.p, before };
    *tail = (struct slice){ hit + 1, s.n - before - 1 };
    return true;
}

bool slice_cut(struct slice s, uint8_t at, struct slice *head, struct slice *tail)
{
    return cut_at(s, s.n ? memchr(s.p, at, s.n) : NULL, head, tail);
}

bool slice_cut_last(struct slice s, uint8_t at, struct slice *head, struct slice *tail)
{
    return cut_at(s, s.n ? memrchr(s.p, at, s.n) : NULL, head, tail);
}

bool slice_to_u64(struct slice s, uint64_t min, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9' || __builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (uint64_t)(s.p[i] - '0'), &value))
            return false;
    }
    if (value < min || value > max)
        return false;
    *out = value;
    return true;
}

bool slice_to_u32(struct slice s, uint32_t min, uint32_t max, uint32_t *out)
{
    uint64_t value;
    if (!slice_to_u64(s, min, max, &value))
        return false;
    *out = (uint32_t)value;
    return true;
}

/* RFC 3629 §4: the length of the sequence at s, 0 when it is none. */
size_t slice_utf8_first(struct slice s)
{
    if (!s.n)
        return 0;
    uint8_t c = s.p[0], low = 0x80, high = 0xbf;
    if (c < 0x80)
        return 1;
    if (c < 0xc2 || c > 0xf4)
        return 0;
    size_t n = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (c == 0xe0)
        low = 0xa0;
    if (c == 0xf0)
        low = 0x90;
    if (c == 0xed)
        high = 0x9f;
    if (c == 0xf4)
        high = 0x8f;
    if (s.n < n || s.p[1] < low || s.p[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((s.p[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

bool slice_is_utf8(struct slice s)
{
    for (size_t n; s.n; s = slice_from(s, n))
        if (!(n = slice_utf8_first(s)))
            return false;
    return true;
}

bool slice_is_ascii(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= 0x80)
            return false;
    return true;
}

bool slice_glob_nocase(struct slice pattern, struct slice text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, resume = 0;
    while (t < text.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.n &&
                   (pattern.p[p] == '?' || ascii_lower(pattern.p[p]) == ascii_lower(text.p[t]))) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}
