/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <errno.h>
#include <stdlib.h>

#include "wire.h"

#include "base/base64.h"
#include "postern/dhcp.h"

static struct slice of(struct postern_octets octets)
{
    return (struct slice){ octets.p, octets.n };
}

static void test_a_message_its_options_and_flaws(void **state)
{
    (void)state;
    struct octets message;
    struct postern_dhcp_option option;
    struct postern_dhcp_flaw flaw;
    put_message(&message, "350101 0c0161 0c0162 340101", "3d0201aa ff", NULL);
    struct postern_dhcp *m = postern_dhcp_new(message.p, message.n);
    assert_non_null(m);
    memset(message.p, 0xff, sizeof message.p); /* it was copied */
    const struct postern_dhcp_fields *fields = postern_dhcp_fields(m);
    assert_int_equal(fields->xid, 0xdeadbeef);
    assert_int_equal(fields->type, 1);
    assert_true(fields->cookie);
    assert_int_equal(fields->giaddr, 0xc0000204);
    expect_slice("chaddr", of(fields->chaddr), SLICE("\x02\x00\x5e\x10\x20\x30"));
    assert_int_equal(postern_dhcp_options(m), 4);
    assert_int_equal(postern_dhcp_option(m, 1, &option), 1);
    assert_int_equal(option.code, 12);
    assert_string_equal(option.name, "Hostname");
    assert_int_equal(option.pieces, 2);
    assert_int_equal(option.at, 243);
    expect_slice("joined", of(option.value), SLICE("ab"));
    assert_int_equal(postern_dhcp_option(m, 3, &option), 1);
    assert_int_equal(option.area, POSTERN_DHCP_FILE);
    assert_int_equal(postern_dhcp_option(m, 4, &option), 0);
    assert_int_equal(postern_dhcp_option_find(m, 61, &option), 1);
    assert_int_equal(option.at, DHCP_FILE_AT);
    assert_int_equal(postern_dhcp_option_find(m, 60, &option), 0);
    assert_int_equal(postern_dhcp_option_find(m, 61 + 256, &option), 0);
    assert_int_equal(postern_dhcp_flaws(m), 1);
    assert_int_equal(postern_dhcp_flaw(m, 0, &flaw), 1);
    assert_int_equal(flaw.at, 252);
    assert_string_equal(flaw.what, "no END");
    assert_int_equal(postern_dhcp_flaw(m, 1, &flaw), 0);
    postern_dhcp_free(m);
    postern_dhcp_free(NULL);
}

static void test_the_bounds_of_a_message(void **state)
{
    (void)state;
    static uint8_t octets[UINT16_MAX + 1];
    struct postern_dhcp *m = postern_dhcp_new(NULL, 0);
    assert_int_equal(postern_dhcp_flaws(m), 1);
    postern_dhcp_free(m);
    m = postern_dhcp_new(octets, UINT16_MAX);
    assert_non_null(m);
    postern_dhcp_free(m);
    assert_null(postern_dhcp_new(octets, sizeof octets));
}

static void expect_text(unsigned code, struct slice value, const char *want)
{
    char *text = postern_dhcp_option_text(code, value.p, value.n);
    assert_string_equal(text, want);
    free(text);
}

static void test_texts(void **state)
{
    (void)state;
    static uint8_t all[UINT16_MAX];
    expect_text(53, SLICE("\x05"), "ACK");
    expect_text(12, SLICE(""), "");
    expect_text(300, SLICE("a"), "");
    char *longest = postern_dhcp_option_text(12, all, sizeof all);
    assert_non_null(longest);
    free(longest);
    memset(all, 1, sizeof all);
    longest = postern_dhcp_option_text(82, all, sizeof all);
    assert_non_null(longest);
    free(longest);
    assert_string_equal(postern_dhcp_type_text(13), "LEASEACTIVE");
    assert_null(postern_dhcp_type_text(256 + 1));
}

static void test_identifiers(void **state)
{
    (void)state;
    static const uint8_t llt[] = { 255, 0, 0, 0, 9, 0, 1, 0, 1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7 };
    static const uint8_t hardware[] = { 1, 2, 3, 4, 5, 6, 7 };
    struct postern_client_id id;
    struct postern_duid duid;
    const char *why = NULL;
    assert_int_equal(postern_client_id_read(llt, sizeof llt, &id, &why), 1);
    assert_int_equal(id.form, POSTERN_CLIENT_ID_DUID);
    assert_int_equal(id.iaid, 9);
    assert_int_equal(id.duid.type, POSTERN_DUID_LLT);
    assert_int_equal(id.duid.time, 946684801);
    expect_slice("address", of(id.duid.hardware), SLICE("\x02\x03\x04\x05\x06\x07"));
    assert_int_equal(postern_client_id_read(hardware, sizeof hardware, &id, NULL), 1);
    assert_int_equal(id.form, POSTERN_CLIENT_ID_HARDWARE);
    assert_int_equal(postern_client_id_read(NULL, 0, &id, &why), 0);
    assert_string_equal(why, "an empty client identifier");
    assert_int_equal(postern_duid_read(llt + 5, sizeof llt - 5, &duid, NULL), 1);
    assert_int_equal(duid.hardware_type, 1);
    assert_int_equal(postern_duid_read(llt + 5, 8, &duid, &why), 0);
    assert_string_equal(why, "a DUID too short for its type");
    assert_int_equal(postern_duid_read(llt + 5, 8, &duid, NULL), 0);
}

static void test_relay_names_and_places(void **state)
{
    (void)state;
    const struct slice relay = SLICE("\x01\x01x\x02\x05y"), name = SLICE("\x01\xff\xff"
                                                                         "a.b");
    const struct slice civic = SLICE("\x02"
                                     "DE\x03\x04"
                                     "Bonn\x13");
    struct postern_dhcp_sub sub;
    struct postern_fqdn fqdn;
    struct postern_civic_element element;
    unsigned what;
    char country[3];
    const char *why;
    size_t at = 0;
    assert_int_equal(postern_dhcp_relay_next(relay.p, relay.n, &at, &sub), 1);
    assert_string_equal(sub.name, "circuit-id");
    assert_int_equal(postern_dhcp_relay_next(relay.p, relay.n, &at, &sub), -1);
    assert_int_equal(postern_fqdn_read(name.p, name.n, &fqdn, &why), 1);
    assert_string_equal(fqdn.name, "a.b");
    assert_int_equal(fqdn.rcode2, 255);
    assert_int_equal(postern_fqdn_read(name.p, 2, &fqdn, &why), 0);
    assert_string_equal(fqdn.name, "");
    assert_int_equal(postern_civic_read(civic.p, civic.n, &what, country, &why), 1);
    assert_int_equal(what, 2);
    assert_string_equal(country, "DE");
    at = 0;
    assert_int_equal(postern_civic_next(civic.p, civic.n, &at, &element), 1);
    assert_string_equal(element.name, "city");
    expect_slice("city", of(element.text), SLICE("Bonn"));
    assert_int_equal(postern_civic_next(civic.p, civic.n, &at, &element), -1);
    assert_int_equal(postern_civic_next(civic.p, 2, &at, &element), -1);
}

static void test_coordinates(void **state)
{
    (void)state;
    struct octets value = { .n = 0 };
    struct postern_geo geo;
    const char *why;
    put_hex(&value, "8bbc432ca58ad194d6a127bffffd8001");
    assert_int_equal(postern_geo_read(123, value.p, value.n, &geo, &why), 1);
    assert_float_equal(geo.latitude, -33.8688, 1e-7);
    assert_float_equal(geo.longitude, -151.2093, 1e-7);
    assert_int_equal(geo.altitude_type, 2);
    assert_int_equal(geo.datum, 1);
    assert_int_equal(postern_geo_read(144, value.p, 15, &geo, &why), 0);
    assert_string_equal(why, "a location without its 16 octets");
}

/* RFC 4701 §3.6.2. */
static void test_dhcid(void **state)
{
    (void)state;
    static const uint8_t id[] = { 1, 7, 8, 9, 10, 11, 12 };
    uint8_t got[POSTERN_DHCID_SIZE], want[64];
    size_t n;
    assert_true(base64_decode(SLICE("AAEBOSD+XR3Os/0LozeXVqcNc7FwCfQdWL3b/NaiUDlW2No="), want, &n));
    assert_int_equal(postern_dhcid(1, id, sizeof id, "chi.example.com", got), 0);
    assert_memory_equal(got, want, sizeof got);
    assert_int_equal(postern_dhcid(3, id, sizeof id, "chi.example.com", got), -EINVAL);
    assert_int_equal(postern_dhcid(1, id, sizeof id, "chi..com", got), -EINVAL);
    assert_int_equal(postern_dhcid(1, id, sizeof id, NULL, got), -EINVAL);
    assert_int_equal(postern_dhcid(1, NULL, 0, "a", got), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_message_its_options_and_flaws),
        cmocka_unit_test(test_the_bounds_of_a_message),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_identifiers),
        cmocka_unit_test(test_relay_names_and_places),
        cmocka_unit_test(test_coordinates),
        cmocka_unit_test(test_dhcid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
