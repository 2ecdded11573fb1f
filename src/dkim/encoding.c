/* SPDX-License-Identifier: ISC */
#include "dkim/encoding.h"

#include <string.h>

enum { OTHER = 0x80, SPACE = 0x81, PAD = 0x82 }; /* what is no digit of base64 */

/* clang-format off */
#define O8  OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER
#define O32 O8, O8, O8, O8
static const uint8_t digits[256] = {
    OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, SPACE, SPACE, OTHER, OTHER, SPACE, OTHER, OTHER,
    O8, O8,
    SPACE, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, 62, OTHER, OTHER, OTHER, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, OTHER, OTHER, OTHER, PAD, OTHER, OTHER,
    OTHER, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, OTHER, OTHER, OTHER, OTHER, OTHER,
    OTHER, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, OTHER, OTHER, OTHER, OTHER, OTHER,
    O32, O32, O32, O32,
};
/* clang-format on */

/* Four digits at a time for as long as nothing else stands between them; how many characters. */
static size_t decode_quads(struct slice text, uint8_t *out)
{
    size_t i = 0;
    for (; i + 4 <= text.n; i += 4, out += 3) {
        uint8_t a = digits[text.p[i]], b = digits[text.p[i + 1]], c = digits[text.p[i + 2]],
                d = digits[text.p[i + 3]];
        if ((a | b | c | d) & 0x80)
            break;
        out[0] = (uint8_t)(a << 2 | b >> 4);
        out[1] = (uint8_t)(b << 4 | c >> 2);
        out[2] = (uint8_t)(c << 6 | d);
    }
    return i;
}

bool dkim_base64_decode(struct slice text, uint8_t *out, size_t *out_n)
{
    uint32_t bits = 0;
    size_t n = 0, held = 0, pads = 0, i = 0;
    while (i < text.n) {
        if (held == 0 && pads == 0) {
            size_t quick = decode_quads(slice_from(text, i), out + n);
            n += quick / 4 * 3;
            i += quick;
            if (i == text.n)
                break;
        }
        uint8_t digit = digits[text.p[i++]];
        if (digit == SPACE)
            continue;
        if (digit == PAD) {
            pads++;
            continue;
        }
        if (digit == OTHER || pads)
            return false;
        bits = bits << 6 | digit;
        if (++held < 4)
            continue;
        out[n++] = (uint8_t)(bits >> 16);
        out[n++] = (uint8_t)(bits >> 8);
        out[n++] = (uint8_t)bits;
        held = 0;
    }
    /* what is left: no digit, or two or three of them, and at most the padding that these lack */
    if (held == 1 || pads > (held ? 4 - held : 0))
        return false;
    if (held)
        out[n++] = (uint8_t)(held == 2 ? bits >> 4 : bits >> 10);
    if (held == 3)
        out[n++] = (uint8_t)(bits >> 2);
    *out_n = n;
    return true;
}

/* hex-octet = "=" 2( DIGIT / "A" to "F" ): upper case only */
static int hex_of(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_folding(uint8_t c)
{
    return digits[c] == SPACE;
}

/* dkim-safe-char, with what RFC 8616 adds */
static bool is_safe(uint8_t c)
{
    return c > 0x20 && c != ';' && c != '=' && c != 0x7f;
}

bool dkim_quoted_decode(struct slice text, uint8_t *out, size_t *out_n)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (is_folding(c))
            continue;
        if (c == '=') {
            if (text.n - i < 3 || hex_of(text.p[i + 1]) < 0 || hex_of(text.p[i + 2]) < 0)
                return false;
            out[n++] = (uint8_t)(hex_of(text.p[i + 1]) << 4 | hex_of(text.p[i + 2]));
            i += 2;
        } else if (is_safe(c)) {
            out[n++] = c;
        } else {
            return false;
        }
    }
    *out_n = n;
    return true;
}

void dkim_quoted_encode(struct buf *out, struct slice octets, uint8_t also)
{
    for (size_t i = 0; i < octets.n; i++) {
        uint8_t c = octets.p[i];
        if (is_safe(c) && c < 0x80 && c != also)
            buf_append_byte(out, c);
        else
            buf_printf(out, "=%02X", (unsigned)c);
    }
}

bool dkim_strings_join(struct slice rdata, uint8_t *out, struct slice *text)
{
    size_t n = 0, at = 0;
    while (at < rdata.n) {
        size_t length = rdata.p[at++];
        if (length > rdata.n - at)
            return false;
        memcpy(out + n, rdata.p + at, length);
        n += length;
        at += length;
    }
    *text = (struct slice){ out, n };
    return true;
}
