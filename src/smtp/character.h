/* SPDX-License-Identifier: ISC
 *
 * smtp/character: the classes of bytes that this room's grammars share (RFC 5234 B.1, RFC 5321
 * §4.1.2, RFC 6531 §3.3). Pure.
 */
#pragma once

#include "base/slice.h"

static inline bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static inline bool is_alnum(uint8_t c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* VCHAR: printable, without the space. */
static inline bool is_visible(uint8_t c)
{
    return c > 0x20 && c < 0x7f;
}

static inline bool is_control(uint8_t c)
{
    return c < 0x20 || c == 0x7f;
}

static inline bool is_atext(uint8_t c)
{
    return is_alnum(c) || (is_visible(c) && slice_has(SLICE("!#$%&'*+-/=?^_`{|}~"), c));
}

/* UTF8-non-ascii: the length of the sequence s starts with; 0 when it is none, or a control
 * character (U+0080 to U+009F). */
static inline size_t utf8_non_ascii(struct slice s)
{
    if (s.n == 0 || s.p[0] < 0xc2)
        return 0;
    size_t n = s.p[0] < 0xe0 ? 2 : s.p[0] < 0xf0 ? 3 : 4;
    if (s.n < n || !slice_is_utf8(slice_first(s, n)))
        return 0;
    return s.p[0] == 0xc2 && s.p[1] < 0xa0 ? 0 : n;
}
