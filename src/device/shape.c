/* SPDX-License-Identifier: ISC
 *
 * What a clear token looks like. Only the shape is kept, and of a hardware address its first 24
 * bits (the OUI, which names the vendor).
 */
#include "device/device.h"

#include <string.h>

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* token in the pattern, where "x" stands for a hexadecimal digit; digits: room for all of them. */
static bool match(struct slice token, const char *pattern, uint8_t *digits)
{
    struct slice p = slice_of_str(pattern);
    if (token.n != p.n)
        return false;
    for (size_t i = 0; i < p.n; i++) {
        int value = hex_value(token.p[i]);
        if (p.p[i] == 'x' ? value < 0 : token.p[i] != p.p[i])
            return false;
        if (p.p[i] == 'x')
            *digits++ = (uint8_t)value;
    }
    return true;
}

static void keep_oui(const uint8_t *digits, uint8_t oui[3])
{
    for (size_t i = 0; i < 3; i++)
        oui[i] = (uint8_t)(digits[2 * i] << 4 | digits[2 * i + 1]);
}

/* MAC-48 in the ways people write it, and EUI-64. */
static const char *const hardware[] = {
    "xx:xx:xx:xx:xx:xx", "xx-xx-xx-xx-xx-xx", "xxxx.xxxx.xxxx",
    "xxxxxxxxxxxx",      "xxxxxx-xxxxxx",     "xx:xx:xx:xx:xx:xx:xx:xx",
    "xxxxxx:xxxxxx",     "xxxxxxxxxxxxxxxx",  "xx-xx-xx-xx-xx-xx-xx-xx",
};
static const char *const uuid[] = {
    "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
    "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
};

/* Versions 1 and 6 end in the maker's hardware address, unless the node is random: then it has the
 * multicast bit (RFC 9562 §5.1, §6.10). */
static bool has_node(const uint8_t digits[32])
{
    bool timed = digits[12] == 1 || digits[12] == 6;
    bool variant = digits[16] >= 8 && digits[16] <= 11;
    return timed && variant && (digits[21] & 1) == 0;
}

enum device_shape device_shape_of(struct slice token, uint8_t oui[3])
{
    uint8_t digits[32] = { 0 };
    for (size_t i = 0; i < ARRAY_SIZE(hardware); i++)
        if (match(token, hardware[i], digits)) {
            keep_oui(digits, oui);
            return DEVICE_SHAPE_HARDWARE;
        }
    for (size_t i = 0; i < ARRAY_SIZE(uuid); i++)
        if (match(token, uuid[i], digits)) {
            if (!has_node(digits))
                return DEVICE_SHAPE_UUID;
            keep_oui(digits + 20, oui);
            return DEVICE_SHAPE_HARDWARE;
        }
    return DEVICE_SHAPE_PLAIN;
}
