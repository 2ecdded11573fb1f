/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "wire.h"

#include "base/buf.h"
#include "dhcp/client_id.h"
#include "dhcp/text.h"

static const char *const forms[] = { "hardware", "opaque", "duid" };

/* clang-format off */
/* A client identifier, its form, and its text; at: of the fault that a broken one has. */
static const struct {
    const char *name, *hex, *form, *text;
    size_t at;
} ids[] = {
    { "RFC 2132 §9.14: Ethernet", "01 020304050607", "hardware", "01:02:03:04:05:06:07", 0 },
    { "IEEE 802", "06 020304050607", "hardware", "06:02:03:04:05:06:07", 0 },
    { "EUI-64", "1b 0203040506070809", "hardware", "1b:02:03:04:05:06:07:08:09", 0 },
    { "Ethernet, one octet short", "01 0203040506", "opaque", "01:02:03:04:05:06", 0 },
    { "Ethernet, one octet long", "01 02030405060708", "opaque", "01:02:03:04:05:06:07:08", 0 },
    { "type 0 is opaque, though six octets follow", "00 020304050607", "opaque", "00:02:03:04:05:06:07", 0 },
    { "one octet", "00", "opaque", "00", 0 },
    { "text without a type: R is no hardware type", "524153 20 aabbcc", "opaque", "52:41:53:20:aa:bb:cc", 0 },
    { "RFC 4361: DUID-LLT", "ff 00000001 0001 0001 2408c2a0 020304050607", "duid", "IAID 1 DUID-LLT 02:03:04:05:06:07 2019-02-27T03:38:08Z", 0 },
    { "RFC 4361: DUID-EN", "ff fffffffe 0002 0000ab11 aabb", "duid", "IAID 4294967294 DUID-EN 43793 aa:bb", 0 },
    { "RFC 4361: DUID-LL", "ff 00000000 0003 0001 020304050607", "duid", "IAID 0 DUID-LL 02:03:04:05:06:07", 0 },
    { "RFC 6355: DUID-UUID", "ff 00000002 0004 00112233445566778899aabbccddeeff", "duid", "IAID 2 DUID-UUID 00112233-4455-6677-8899-aabbccddeeff", 0 },
    { "a type of tomorrow", "ff 00000002 0005 aa", "duid", "IAID 2 DUID type 5 aa", 0 },
    { "255 alone", "ff", "opaque", "ff", 1 },
    { "an IAID that is short", "ff 000000", "opaque", "ff:00:00:00", 4 },
    { "an IAID without a DUID", "ff 00000001", "opaque", "ff:00:00:00:01", 5 },
    { "a DUID's type alone", "ff 00000001 0001", "opaque", "ff:00:00:00:01:00:01", 7 },
    { "a DUID-LLT without its address", "ff 00000001 0001 0001 24000000", "opaque", "ff:00:00:00:01:00:01:00:01:24:00:00:00", 13 },
    { "a DUID-UUID of 15 octets", "ff 00000001 0004 00112233445566778899aabbccddee", "opaque",
      "ff:00:00:00:01:00:04:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee", 22 },
};
/* clang-format on */

static void test_client_ids(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
        struct octets value = { .n = 0 };
        struct dhcp_client_id id;
        struct fault why = { 0 };
        struct buf text;
        put_hex(&value, ids[i].hex);
        struct slice in = guarded(octets_slice(&value));
        assert_true(dhcp_client_id_parse(in, &id, &why));
        expect_slice(ids[i].name, slice_of_str(forms[id.form]), slice_of_str(ids[i].form));
        assert_int_equal(id.type, value.p[0]);
        assert_int_equal(why.at, ids[i].at);
        assert_int_equal(why.what != NULL, ids[i].at > 0);
        buf_init(&text, 4096);
        dhcp_client_id_text(&text, in);
        expect_slice(ids[i].name, buf_slice(&text), slice_of_str(ids[i].text));
        buf_clear(&text);
    }
}

static void test_an_empty_client_id_is_none(void **state)
{
    (void)state;
    struct dhcp_client_id id;
    struct fault why;
    assert_false(dhcp_client_id_parse((struct slice){ 0 }, &id, &why));
    assert_int_equal(why.at, 0);
}

static void test_rfc8415_11_1_a_duid_is_at_most_130_octets(void **state)
{
    (void)state;
    uint8_t octets[131] = { 0, 2 };
    struct dhcp_duid duid;
    struct fault why;
    assert_true(dhcp_duid_parse(guarded((struct slice){ octets, 130 }), &duid, &why));
    assert_int_equal(duid.id.n, 124);
    assert_false(dhcp_duid_parse(guarded((struct slice){ octets, 131 }), &duid, &why));
    assert_int_equal(why.at, 130);
}

/* RFC 8415 §11.2: seconds since midnight UTC, January 1, 2000; the days that calendars get wrong. */
static void test_duid_llt_time(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        uint32_t seconds;
        const char *text;
    } times[] = {
        { 0, "2000-01-01T00:00:00Z" },
        { 31 * 86400 - 1, "2000-01-31T23:59:59Z" },
        { 31 * 86400, "2000-02-01T00:00:00Z" },
        { 59 * 86400, "2000-02-29T00:00:00Z" },
        { 60 * 86400, "2000-03-01T00:00:00Z" },
        { 366 * 86400 - 1, "2000-12-31T23:59:59Z" },
        { 366 * 86400, "2001-01-01T00:00:00Z" },
        { 762264000, "2024-02-26T12:00:00Z" },
        { 762523200, "2024-02-29T12:00:00Z" },
        { 762609600, "2024-03-01T12:00:00Z" },
        { UINT32_MAX, "2136-02-07T06:28:15Z" },
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
        uint32_t t = times[i].seconds;
        uint8_t octets[] = {
            0, 1, 0, 1, (uint8_t)(t >> 24), (uint8_t)(t >> 16), (uint8_t)(t >> 8), (uint8_t)t, 2
        };
        struct slice in = { octets, sizeof octets };
        struct dhcp_duid duid;
        struct fault why;
        struct buf text;
        assert_true(dhcp_duid_parse(in, &duid, &why));
        assert_int_equal(dhcp_duid_time_us(&duid), (946684800 + (int64_t)t) * 1000000);
        buf_init(&text, 256);
        dhcp_duid_text(&text, in);
        expect_slice(times[i].text, slice_from(buf_slice(&text), sizeof "DUID-LLT 02"),
                     slice_of_str(times[i].text));
        buf_clear(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_client_ids),
        cmocka_unit_test(test_an_empty_client_id_is_none),
        cmocka_unit_test(test_rfc8415_11_1_a_duid_is_at_most_130_octets),
        cmocka_unit_test(test_duid_llt_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
