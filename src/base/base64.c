/* SPDX-License-Identifier: ISC */
#include "base/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int value_of(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static size_t padding_of(struct slice text)
{
    if (text.n && text.p[text.n - 1] == '=')
        return text.p[text.n - 2] == '=' ? 2 : 1;
    return 0;
}

bool base64_decode(struct slice text, uint8_t *out, size_t *out_n)
{
    if (text.n % 4)
        return false;
    size_t padding = padding_of(text), n = 0;
    for (size_t i = 0; i < text.n; i += 4) {
        uint32_t bits = 0;
        size_t padded = i + 4 == text.n ? padding : 0;
        for (size_t k = 0; k < 4; k++) {
            int v = k >= 4 - padded ? 0 : value_of(text.p[i + k]);
            if (v < 0)
                return false;
            bits = bits << 6 | (uint32_t)v;
        }
        if (padded && bits & (padded == 2 ? 0xffffu : 0xffu))
            return false;
        for (size_t k = 0; k < 3 - padded; k++)
            out[n++] = (uint8_t)(bits >> (16 - 8 * k));
    }
    *out_n = n;
    return true;
}

void base64_encode(struct buf *out, struct slice bytes)
{
    uint8_t *at = buf_reserve(out, BASE64_ENCODED(bytes.n));
    if (!at)
        return;
    for (size_t i = 0; i < bytes.n; i += 3) {
        size_t held = bytes.n - i < 3 ? bytes.n - i : 3;
        uint32_t bits = (uint32_t)bytes.p[i] << 16;
        bits |= held > 1 ? (uint32_t)bytes.p[i + 1] << 8 : 0;
        bits |= held > 2 ? bytes.p[i + 2] : 0;
        for (size_t k = 0; k < 4; k++)
            *at++ = k > held ? '=' : (uint8_t)alphabet[bits >> (18 - 6 * k) & 63];
    }
    buf_grew(out, BASE64_ENCODED(bytes.n));
}
