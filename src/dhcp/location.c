/* SPDX-License-Identifier: ISC */
#include "dhcp/location.h"

#include "base/reader.h"

enum { CIVIC_HEAD = 3, GEO_SIZE = 16 };

static bool fails(struct fault *why, size_t at, const char *what)
{
    *why = (struct fault){ .at = at, .what = what };
    return false;
}

static char printable(uint8_t c)
{
    if (c <= 0x20 || c >= 0x7f)
        return '?';
    return (char)c;
}

/* what (1) country code (2) civic address elements (RFC 4776 §3.1). */
bool dhcp_civic_parse(struct slice value, struct dhcp_civic *out, struct fault *why)
{
    if (value.n < CIVIC_HEAD)
        return fails(why, value.n, "bad option 99 (GEOCONF_CIVIC): short");
    out->what = value.p[0];
    out->country[0] = printable(value.p[1]);
    out->country[1] = printable(value.p[2]);
    out->country[2] = 0;
    out->elements = slice_from(value, CIVIC_HEAD);
    return true;
}

/* CAtype (1) CAlength (1) CAvalue (RFC 4776 §3.3). */
int dhcp_civic_next(const struct dhcp_civic *civic, size_t *at, struct dhcp_civic_element *out,
                    struct fault *why)
{
    struct slice rest = slice_from(civic->elements, *at);
    if (rest.n == 0)
        return 0;
    if (rest.n < 2 || rest.p[1] > rest.n - 2) {
        (void)fails(why, CIVIC_HEAD + *at, "bad option 99 (GEOCONF_CIVIC): an element overruns");
        return -1;
    }
    *out = (struct dhcp_civic_element){ rest.p[0], CIVIC_HEAD + *at, { rest.p + 2, rest.p[1] } };
    *at += 2 + out->text.n;
    return 1;
}

/* A fixed-point number in two's complement: `bits` wide, `fraction` of them behind the point. */
static double fixed_point(uint64_t raw, unsigned bits, unsigned fraction)
{
    int64_t value = (int64_t)raw;
    if (raw >> (bits - 1))
        value -= INT64_C(1) << bits;
    return (double)value / (double)(UINT64_C(1) << fraction);
}

/* 2 to the power of a small number, negative too. */
static double power_of_two(int exponent)
{
    return exponent < 0 ? 1 / (double)(UINT64_C(1) << -exponent)
                        : (double)(UINT64_C(1) << exponent);
}

/* RFC 6225 §2.3.2: 144 says 2^(8-x) degrees to each side, and 2^(21-x) of height. §2.3.1: of 123's
 * values the first x bits are valid, and the others may be anything. */
static double spread(bool loc, uint8_t x, int whole_bits)
{
    return power_of_two(loc ? whole_bits - 1 - x : whole_bits - x);
}

/* Resolution or uncertainty (6), value (34), twice; altitude: type (4), 6 bits more, value (30); and an
 * octet that 123 and 144 fill differently (RFC 6225 §2.1, §2.2). */
static void read_geo(struct reader *in, bool loc, struct dhcp_geo *out)
{
    uint64_t high = (uint64_t)reader_be32(in) << 8 | reader_u8(in);
    uint64_t middle = (uint64_t)reader_be32(in) << 8 | reader_u8(in);
    uint64_t low = (uint64_t)reader_be32(in) << 8 | reader_u8(in);
    uint8_t last = reader_u8(in);
    const uint64_t angle = (UINT64_C(1) << 34) - 1, height = (UINT64_C(1) << 30) - 1;
    *out = (struct dhcp_geo){
        .loc = loc,
        .latitude_resolution = (uint8_t)(high >> 34),
        .latitude = fixed_point(high & angle, 34, 25),
        .longitude_resolution = (uint8_t)(middle >> 34),
        .longitude = fixed_point(middle & angle, 34, 25),
        .altitude_type = (uint8_t)(low >> 36),
        .altitude_resolution = (uint8_t)(low >> 30 & 0x3f),
        .altitude = fixed_point(low & height, 30, 8),
        .version = loc ? last >> 6 : 0,
        .datum = last & 7,
    };
    out->latitude_uncertainty = spread(loc, out->latitude_resolution, 9);
    out->longitude_uncertainty = spread(loc, out->longitude_resolution, 9);
    out->altitude_uncertainty = spread(loc, out->altitude_resolution, 22);
}

bool dhcp_geo_parse(struct slice value, bool loc, struct dhcp_geo *out, struct fault *why)
{
    if (value.n != GEO_SIZE)
        return fails(why, value.n < GEO_SIZE ? value.n : GEO_SIZE,
                     "a location without its 16 octets");
    struct reader in = reader_of(value);
    struct dhcp_geo geo;
    read_geo(&in, loc, &geo);
    if (geo.latitude > 90 || geo.latitude < -90)
        return fails(why, 0, "a latitude beyond the poles");
    if (geo.longitude > 180 || geo.longitude < -180)
        return fails(why, 5, "a longitude beyond half the world");
    *out = geo;
    return true;
}
