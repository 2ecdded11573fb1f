/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdio.h>

#include "dhcp/name.h"

static void test_iana_names_of_options(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        uint8_t code;
        const char *name;
    } names[] = {
        { 0, "Pad" }, { 1, "Subnet Mask" }, { 12, "Hostname" }, { 43, "Vendor Specific" }, { 50, "Address Request" },
        { 51, "Address Time" }, { 53, "DHCP Msg Type" }, { 54, "DHCP Server Id" }, { 55, "Parameter List" },
        { 57, "DHCP Max Msg Size" }, { 60, "Class Id" }, { 61, "Client Id" }, { 77, "User-Class" }, { 81, "Client FQDN" },
        { 82, "Relay Agent Information" }, { 84, "REMOVED/Unassigned" }, { 93, "Client System" }, { 97, "UUID/GUID" },
        { 99, "GEOCONF_CIVIC" }, { 108, "IPv6-Only Preferred" }, { 123, "GeoConf Option" }, { 124, "V-I Vendor Class" },
        { 144, "GeoLoc" }, { 151, "status-code" }, { 157, "data-source" }, { 161, "OPTION_MUD_URL_V4" },
        { 162, "OPTION_V4_DNR" }, { 163, "Unassigned" }, { 221, "Virtual Subnet Selection (VSS) Option" },
        { 224, "Reserved (Private Use)" }, { 254, "Reserved (Private Use)" }, { 255, "End" },
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        assert_string_equal(dhcp_option_name(names[i].code), names[i].name);
}

static void test_every_option_has_its_texts(void **state)
{
    (void)state;
    for (unsigned code = 0; code < 256; code++) {
        char want[160];
        const char *name = dhcp_option_name((uint8_t)code);
        assert_non_null(name);
        (void)snprintf(want, sizeof want, "option %u (%s) does not fit", code, name);
        assert_string_equal(dhcp_option_misfit((uint8_t)code), want);
        assert_non_null(strstr(dhcp_option_wrong_length((uint8_t)code), name));
    }
}

static void test_the_other_names(void **state)
{
    (void)state;
    assert_null(dhcp_type_name(0));
    assert_string_equal(dhcp_type_name(1), "DISCOVER");
    assert_string_equal(dhcp_type_name(9), "FORCERENEW");
    assert_string_equal(dhcp_type_name(10), "LEASEQUERY");
    assert_string_equal(dhcp_type_name(13), "LEASEACTIVE");
    assert_string_equal(dhcp_type_name(17), "LEASEQUERYSTATUS");
    assert_string_equal(dhcp_type_name(18), "TLS");
    assert_null(dhcp_type_name(19));
    assert_null(dhcp_type_name(255));
    assert_string_equal(dhcp_relay_name(1), "circuit-id");
    assert_null(dhcp_relay_name(3));
    assert_string_equal(dhcp_relay_name(152), "virtual-subnet-selection-control");
    assert_null(dhcp_relay_name(153));
    assert_string_equal(dhcp_civic_name(19), "house-number");
    assert_string_equal(dhcp_civic_name(128), "script");
    assert_null(dhcp_civic_name(129));
    assert_string_equal(dhcp_architecture_name(7), "x64 UEFI");
    assert_string_equal(dhcp_architecture_name(41), "ARM rpiboot");
    assert_null(dhcp_architecture_name(42));
    assert_string_equal(dhcp_status_name(8), "TLSConnectionRefused");
    assert_null(dhcp_status_name(9));
    assert_string_equal(dhcp_state_name(8), "TRANSITIONING");
    assert_null(dhcp_state_name(0));
    assert_null(dhcp_state_name(9));
    assert_string_equal(dhcp_hardware_name(1), "Ethernet");
    assert_string_equal(dhcp_hardware_name(32), "InfiniBand");
    assert_null(dhcp_hardware_name(255));
}

static void test_addresses(void **state)
{
    (void)state;
    char text[16];
    struct buf out;
    assert_string_equal(dhcp_address_text(0, text), "0.0.0.0");
    assert_string_equal(dhcp_address_text(UINT32_MAX, text), "255.255.255.255");
    assert_string_equal(dhcp_address_text(0xc0000201, text), "192.0.2.1");
    buf_init(&out, 64);
    dhcp_colon_text(&out, (struct slice){ 0 });
    assert_int_equal(buf_size(&out), 0);
    dhcp_colon_text(&out, SLICE("\x02\xab\xff"));
    expect_slice("colons", buf_slice(&out), SLICE("02:ab:ff"));
    buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_iana_names_of_options),
        cmocka_unit_test(test_every_option_has_its_texts),
        cmocka_unit_test(test_the_other_names),
        cmocka_unit_test(test_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
