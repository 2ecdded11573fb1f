/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "wire.h"

#include "base/buf.h"
#include "dhcp/location.h"
#include "dhcp/text.h"

/* clang-format off */
static const struct {
    const char *name, *hex, *text;
    size_t at; /* of an element that overruns */
} civics[] = {
    { "RFC 4776 §3.1: all three whats: server", "00 4445", "server, DE", 0 },
    { "network element", "01 4445 0304426f6e6e", "network element, DE, city Bonn", 0 },
    { "client", "02 4445 0304426f6e6e 130137", "client, DE, city Bonn, house-number 7", 0 },
    { "a what of tomorrow", "03 4445", "what 3, DE", 0 },
    { "UTF-8 stays as it is", "02 4445 0307 4bc3b66c6e2131", "client, DE, city K\xc3\xb6ln!1", 0 },
    { "Latin-1 is escaped", "02 4445 0304 4bf66c6e", "client, DE, city K\\xf6ln", 0 },
    { "an element that nobody knows", "02 4445 c80178", "client, DE, type 200 x", 0 },
    { "an empty element", "02 4445 0300", "client, DE, city ", 0 },
    { "a country that is none", "02 0a45", "client, ?E", 0 },
    { "an element overruns", "02 4445 0304426f6e6e 1302 37", "client, DE, city Bonn", 9 },
    { "an element without a length", "02 4445 03", "client, DE", 3 },
    { "short", "02 44", "02:44", 0 },
};

/* From numbers written by hand: uncertainty or resolution (6 bits), value (34), and so on. */
static const struct {
    const char *name, *hex;
    bool loc;
    const char *text;
} geos[] = {
    { "RFC 6225 §2.3: 144", "4865798c7e480e32474513c00021b341", true,
      "latitude 50.7374 +-0.0010, longitude 7.0982 +-0.0010, altitude 33.6992 +-64.0000 m, WGS84" },
    { "south and west are negative: two's complement", "8bbc432ca58ad194d6a127bffffd8001", false,
      "latitude -33.8688 +-0.0001, longitude -151.2093 +-0.0001, altitude -2.5000 +-0.0039 floors, WGS84" },
    { "the south pole, the date line", "8b4c0000008a98000000000000000001", false,
      "latitude -90.0000 +-0.0001, longitude -180.0000 +-0.0001, WGS84" },
    { "the north pole", "88b40000008968000000000000000001", false,
      "latitude 90.0000 +-0.0001, longitude 180.0000 +-0.0001, WGS84" },
    { "a tie goes to the even digit, as others print it", "0000100000fc00300000000000000003", false,
      "latitude 0.0312 +-512.0000, longitude 0.0938 +-0.0001, NAD83/MLLW" },
    { "beyond the pole", "88b40000018800000000000000000001", false, "88:b4:00:00:01:88:00:00:00:00:00:00:00:00:00:01" },
    { "beyond the date line", "88000000008a97ffffff000000000001", false, "88:00:00:00:00:8a:97:ff:ff:ff:00:00:00:00:00:01" },
    { "15 octets", "4865798c7e480e32474513c00021b3", true, "48:65:79:8c:7e:48:0e:32:47:45:13:c0:00:21:b3" },
    { "17 octets", "4865798c7e480e32474513c00021b34100", true, "48:65:79:8c:7e:48:0e:32:47:45:13:c0:00:21:b3:41:00" },
    { "nothing", "", true, "" },
};
/* clang-format on */

static void test_civic_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(civics); i++) {
        struct octets value = { .n = 0 };
        struct dhcp_civic civic;
        struct dhcp_civic_element element;
        struct fault why = { 0 };
        struct buf text;
        size_t at = 0;
        int result = 0;
        put_hex(&value, civics[i].hex);
        struct slice in = guarded(octets_slice(&value));
        if (!dhcp_civic_parse(in, &civic, &why)) {
            assert_int_equal(in.n, 2);
            assert_int_equal(why.at, 2);
        } else {
            assert_int_equal(civic.what, value.p[0]);
            while ((result = dhcp_civic_next(&civic, &at, &element, &why)) > 0)
                assert_ptr_equal(element.text.p, in.p + element.at + 2);
            assert_int_equal(result, civics[i].at ? -1 : 0);
            assert_int_equal(why.at, civics[i].at);
        }
        buf_init(&text, 4096);
        dhcp_civic_text(&text, in);
        expect_slice(civics[i].name, buf_slice(&text), slice_of_str(civics[i].text));
        buf_clear(&text);
    }
}

static void test_coordinates(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(geos); i++) {
        struct octets value = { .n = 0 };
        struct buf text;
        put_hex(&value, geos[i].hex);
        buf_init(&text, 4096);
        dhcp_geo_text(&text, guarded(octets_slice(&value)), geos[i].loc);
        expect_slice(geos[i].name, buf_slice(&text), slice_of_str(geos[i].text));
        buf_clear(&text);
    }
}

static void test_the_fields_of_a_location(void **state)
{
    (void)state;
    struct octets value = { .n = 0 };
    struct dhcp_geo geo;
    struct fault why;
    put_hex(&value, "4865798c7e480e32474513c00021b341");
    assert_true(dhcp_geo_parse(octets_slice(&value), true, &geo, &why));
    assert_true(geo.loc);
    assert_float_equal(geo.latitude, 50.7374, 1e-7);
    assert_float_equal(geo.longitude, 7.0982, 1e-7);
    assert_float_equal(geo.latitude_uncertainty, 1.0 / 1024, 0);
    assert_float_equal(geo.altitude, 33.69921875, 0);
    assert_float_equal(geo.altitude_uncertainty, 64, 0);
    assert_int_equal(geo.latitude_resolution, 18);
    assert_int_equal(geo.altitude_resolution, 15);
    assert_int_equal(geo.altitude_type, 1);
    assert_int_equal(geo.version, 1);
    assert_int_equal(geo.datum, 1);
    assert_true(dhcp_geo_parse(octets_slice(&value), false, &geo, &why));
    assert_int_equal(geo.version, 0);
    assert_float_equal(geo.latitude_uncertainty, 1.0 / 512, 0);
    value.p[0] = 0x49;
    assert_false(dhcp_geo_parse(octets_slice(&value), true, &geo, &why));
    assert_string_equal(why.what, "a latitude beyond the poles");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_civic_addresses),
        cmocka_unit_test(test_coordinates),
        cmocka_unit_test(test_the_fields_of_a_location),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
