/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "dhcp/name.h"
#include "dhcp/text.h"

const char *dhcp_address_text(uint32_t address, char out[16])
{
    (void)snprintf(out, 16, "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255,
                   address & 255);
    return out;
}

static void put_hex(struct buf *out, uint8_t octet)
{
    static const char digits[] = "0123456789abcdef";
    buf_append_byte(out, (uint8_t)digits[octet >> 4]);
    buf_append_byte(out, (uint8_t)digits[octet & 15]);
}

void dhcp_colon_text(struct buf *out, struct slice octets)
{
    for (size_t i = 0; i < octets.n; i++) {
        if (i > 0)
            buf_append_byte(out, ':');
        put_hex(out, octets.p[i]);
    }
}

void dhcp_hex_text(struct buf *out, struct slice octets)
{
    for (size_t i = 0; i < octets.n; i++)
        put_hex(out, octets.p[i]);
}

void dhcp_uuid_text(struct buf *out, struct slice octets)
{
    for (size_t i = 0; i < octets.n; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            buf_append_byte(out, '-');
        put_hex(out, octets.p[i]);
    }
}

/* The character of UTF-8 that s begins with, and its length; 0: none. */
static size_t character_at(struct slice s, uint32_t *out)
{
    uint8_t c = s.p[0];
    size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    struct slice one = slice_first(s, n);
    if (!slice_is_utf8(one))
        return 0;
    *out = n == 1 ? c : c & (0x7f >> n);
    for (size_t i = 1; i < n; i++)
        *out = *out << 6 | (one.p[i] & 0x3f);
    return n;
}

/* What a terminal obeys instead of showing: controls, and what turns the direction of text about or
 * breaks a line (Unicode, Bidi_Control and Line_Break). */
static bool is_shown(uint32_t c)
{
    static const struct {
        uint32_t from, to;
    } hidden[] = {
        { 0, 0x1f },        { '\\', '\\' },     { 0x7f, 0x9f },       { 0xad, 0xad },
        { 0x61c, 0x61c },   { 0x200b, 0x200f }, { 0x2028, 0x202e },   { 0x2060, 0x206f },
        { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xe0000, 0xe007f },
    };
    for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
        if (c >= hidden[i].from && c <= hidden[i].to)
            return false;
    return true;
}

void dhcp_octets_text(struct buf *out, struct slice octets)
{
    uint32_t c = 0;
    for (size_t n; octets.n; octets = slice_from(octets, n)) {
        n = character_at(octets, &c);
        if (n > 0 && is_shown(c)) {
            buf_append(out, slice_first(octets, n));
            continue;
        }
        n = n ? n : 1;
        for (size_t i = 0; i < n; i++) {
            buf_append_str(out, "\\x");
            put_hex(out, octets.p[i]);
        }
    }
}
