/* SPDX-License-Identifier: ISC
 *
 * Messages for tests: hex to octets, and a fixed part to put options behind.
 */
#pragma once

#include <stdio.h>

#include "dhcp/packet.h"

struct octets {
    uint8_t p[4096];
    size_t n;
};

static inline void put_octets(struct octets *out, const void *p, size_t n)
{
    assert_true(n <= sizeof out->p - out->n);
    if (n)
        memcpy(out->p + out->n, p, n);
    out->n += n;
}

static inline unsigned hex_digit(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10);
}

/* "35 01 01" or "350101". */
static inline void put_hex(struct octets *out, const char *hex)
{
    while (*hex) {
        if (*hex == ' ') {
            hex++;
            continue;
        }
        uint8_t octet = (uint8_t)(hex_digit(hex[0]) << 4 | hex_digit(hex[1]));
        put_octets(out, &octet, 1);
        hex += 2;
    }
}

static inline struct slice octets_slice(const struct octets *octets)
{
    return (struct slice){ octets->p, octets->n };
}

/* DHCPDISCOVER's fixed part and the cookie: 240 octets. */
static inline void put_fixed(struct octets *out)
{
    static const uint8_t head[] = { 1,   1, 6, 0, 0xde, 0xad, 0xbe, 0xef, 0,    7,   0x80, 0,
                                    192, 0, 2, 1, 192,  0,    2,    2,    192,  0,   2,    3,
                                    192, 0, 2, 4, 0x02, 0x00, 0x5e, 0x10, 0x20, 0x30 };
    static const uint8_t cookie[] = { 0x63, 0x82, 0x53, 0x63 };
    out->n = 0;
    put_octets(out, head, sizeof head);
    memset(out->p + out->n, 0, DHCP_FIXED_SIZE - out->n);
    out->n = DHCP_FIXED_SIZE;
    put_octets(out, cookie, sizeof cookie);
}

/* A message with these octets at the start of file and sname, and behind the cookie. NULL: none. */
static inline void put_message(struct octets *out, const char *options, const char *file,
                               const char *sname)
{
    put_fixed(out);
    put_hex(out, options);
    struct octets field = { .n = 0 };
    put_hex(&field, file ? file : "");
    memcpy(out->p + DHCP_FILE_AT, field.p, field.n);
    field.n = 0;
    put_hex(&field, sname ? sname : "");
    memcpy(out->p + DHCP_SNAME_AT, field.p, field.n);
}
