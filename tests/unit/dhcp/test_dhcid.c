/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "wire.h"

#include "base/base64.h"
#include "dhcp/dhcid_search.h"

/* RFC 4701 §3.6's three examples. */
static const struct {
    const char *identifier, *name, *rdata;
} records[] = {
    { "00010006412df166010203040506", "chi6.example.com",
      "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=" },
    { "010708090a0b0c", "chi.example.com", "AAEBOSD+XR3Os/0LozeXVqcNc7FwCfQdWL3b/NaiUDlW2No=" },
    { "01010203040506", "client.example.com", "AAABxLmlskllE0MVjd57zHcWmEH3pCQ6VytcKD//7es/deY=" },
};

static struct dhcp_dhcid read_record(const char *text)
{
    uint8_t rdata[64];
    size_t n;
    struct dhcp_dhcid record = { 0 };
    struct fault why;
    assert_true(base64_decode(slice_of_str(text), rdata, &n));
    assert_true(dhcp_dhcid_parse(guarded((struct slice){ rdata, n }), &record, &why));
    return record;
}

static void test_rfc4701_3_6_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
        struct dhcp_dhcid record = read_record(records[i].rdata);
        struct octets identifier = { .n = 0 };
        uint8_t name[DHCP_DHCID_NAME_MAX], digest[DHCP_DHCID_DIGEST];
        size_t n;
        put_hex(&identifier, records[i].identifier);
        assert_true(dhcp_dhcid_name(slice_of_str(records[i].name), name, &n));
        assert_int_equal(dhcp_dhcid_digest(guarded(octets_slice(&identifier)),
                                           guarded((struct slice){ name, n }), digest),
                         0);
        assert_memory_equal(digest, record.digest, sizeof digest);
        assert_int_equal(record.type, 2 - i);
        assert_int_equal(record.digest_type, 1);
    }
}

static void test_a_record_is_35_octets(void **state)
{
    (void)state;
    uint8_t rdata[36] = { 0, 1, 1 };
    for (size_t n = 0; n <= sizeof rdata; n++) {
        struct dhcp_dhcid record;
        struct fault why = { 0 };
        bool good = dhcp_dhcid_parse(guarded((struct slice){ rdata, n }), &record, &why);
        assert_int_equal(good, n == 35);
        if (!good)
            assert_int_equal(why.at, n < 35 ? n : 35);
    }
}

/* clang-format off */
/* NULL: no name. */
static const struct {
    const char *text, *wire;
} names[] = {
    { "a", "016100" },
    { "a.", "016100" },
    { "Client.EXAMPLE", "06636c69656e74076578616d706c6500" }, /* RFC 4034 §6.2: in lower case */
    { "a\\.b.c", "03612e62016300" },
    { "a\\\\b", "03615c6200" },
    { "a\\032b", "0361206200" },
    { "\\255", "01ff00" },
    { "", NULL },
    { ".", NULL },
    { ".a", NULL },
    { "a..b", NULL },
    { "a..", NULL },
    { "a\\", NULL },
    { "a\\25", NULL },
    { "a\\256", NULL },
    { "a\\2x5", NULL },
};
/* clang-format on */

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct octets want = { .n = 0 };
        uint8_t wire[DHCP_DHCID_NAME_MAX];
        size_t n = 0;
        bool good = dhcp_dhcid_name(guarded(slice_of_str(names[i].text)), wire, &n);
        put_hex(&want, names[i].wire ? names[i].wire : "");
        assert_int_equal(good, names[i].wire != NULL);
        expect_slice(names[i].text, (struct slice){ wire, n }, octets_slice(&want));
    }
}

/* RFC 1035 §3.1: labels of 63, names of 255 with their root. */
static void test_the_longest_labels_and_names(void **state)
{
    (void)state;
    char text[300];
    uint8_t wire[DHCP_DHCID_NAME_MAX];
    size_t n;
    memset(text, 'a', sizeof text);
    assert_true(dhcp_dhcid_name((struct slice){ (uint8_t *)text, 63 }, wire, &n));
    assert_int_equal(n, 65);
    assert_false(dhcp_dhcid_name((struct slice){ (uint8_t *)text, 64 }, wire, &n));
    text[63] = text[127] = text[191] = '.';
    assert_true(dhcp_dhcid_name((struct slice){ (uint8_t *)text, 253 }, wire, &n));
    assert_int_equal(n, 255);
    text[253] = '.';
    assert_true(dhcp_dhcid_name((struct slice){ (uint8_t *)text, 254 }, wire, &n));
    assert_int_equal(n, 255);
    text[253] = 'a';
    assert_false(dhcp_dhcid_name((struct slice){ (uint8_t *)text, 254 }, wire, &n));
    assert_false(dhcp_dhcid_name((struct slice){ (uint8_t *)text, 255 }, wire, &n));
    text[253] = '.';
    text[254] = 'a';
    assert_false(dhcp_dhcid_name((struct slice){ (uint8_t *)text, 255 }, wire, &n));
}

/* RFC 7819 §5.7 calls it irreversible: the address comes back, of each type, and only it. */
static void test_the_address_is_found(void **state)
{
    (void)state;
    static const char *const inputs[] = { "01", "01", "00030001" };
    static const uint8_t mac[6] = { 0x00, 0x22, 0x72, 0x00, 0x12, 0x34 };
    uint8_t name[DHCP_DHCID_NAME_MAX], out[6] = { 0 };
    size_t n;
    assert_true(dhcp_dhcid_name(SLICE("laptop.example.com"), name, &n));
    for (uint16_t type = 0; type < 3; type++) {
        struct dhcp_dhcid record = { .type = type, .digest_type = 1 };
        struct octets identifier = { .n = 0 };
        put_hex(&identifier, inputs[type]);
        put_octets(&identifier, mac, 6);
        assert_int_equal(
            dhcp_dhcid_digest(octets_slice(&identifier), (struct slice){ name, n }, record.digest),
            0);
        struct dhcid_search *search = dhcid_search_new(&record, (struct slice){ name, n });
        assert_non_null(search);
        assert_int_equal(dhcid_search_range(search, mac, 0, 0x1234, out), 0);
        assert_int_equal(dhcid_search_range(search, mac, 0x1235, 0x2000, out), 0);
        assert_int_equal(dhcid_search_range(search, (uint8_t[]){ 0, 0x22, 0x73 }, 0, 0x2000, out),
                         0);
        assert_int_equal(out[0] | out[1] | out[2] | out[3] | out[4] | out[5], 0);
        assert_int_equal(dhcid_search_range(search, mac, 0, 0x2000, out), 1);
        assert_memory_equal(out, mac, 6);
        memset(out, 0, sizeof out);
        dhcid_search_free(search);
    }
}

/* A name of any length: one block of SHA-256 to five. */
static void test_names_of_every_length_are_searched(void **state)
{
    (void)state;
    static const uint8_t oui[3] = { 0, 0x22, 0x72 };
    for (size_t n = 0; n <= DHCP_DHCID_NAME_MAX; n++) {
        uint8_t name[DHCP_DHCID_NAME_MAX], out[6];
        struct dhcp_dhcid record = { .type = (uint16_t)(n % 3), .digest_type = 1 };
        struct octets identifier = { .n = 0 };
        memset(name, 'x', sizeof name);
        put_hex(&identifier, record.type == 2 ? "00030001 002272 000103" : "01 002272 000103");
        assert_int_equal(
            dhcp_dhcid_digest(octets_slice(&identifier), (struct slice){ name, n }, record.digest),
            0);
        struct dhcid_search *search = dhcid_search_new(&record, guarded((struct slice){ name, n }));
        assert_non_null(search);
        assert_int_equal(dhcid_search_range(search, oui, 0x100, 0x103, out), 0);
        assert_int_equal(dhcid_search_range(search, oui, 0x101, 0x104, out), 1);
        assert_memory_equal(out, "\x00\x22\x72\x00\x01\x03", 6);
        dhcid_search_free(search);
    }
}

static void test_the_last_address_of_an_oui(void **state)
{
    (void)state;
    struct dhcp_dhcid record = { .type = 0, .digest_type = 1 };
    uint8_t out[6];
    const struct slice name = SLICE("\x01"
                                    "a\x00");
    assert_int_equal(dhcp_dhcid_digest(SLICE("\x01\xaa\xbb\xcc\xff\xff\xff"), name, record.digest),
                     0);
    struct dhcid_search *search = dhcid_search_new(&record, name);
    assert_int_equal(
        dhcid_search_range(search, (uint8_t[]){ 0xaa, 0xbb, 0xcc }, 0xffff00, 0x1000000, out), 1);
    assert_memory_equal(out, "\xaa\xbb\xcc\xff\xff\xff", 6);
    assert_int_equal(
        dhcid_search_range(search, (uint8_t[]){ 0xaa, 0xbb, 0xcd }, 0xffff00, UINT32_MAX, out), 0);
    dhcid_search_free(search);
}

static void test_types_that_nobody_knows_are_not_searched(void **state)
{
    (void)state;
    const struct slice name = SLICE("\x01"
                                    "a\x00");
    assert_null(dhcid_search_new(&(struct dhcp_dhcid){ .type = 3, .digest_type = 1 }, name));
    assert_null(dhcid_search_new(&(struct dhcp_dhcid){ .type = 0, .digest_type = 2 }, name));
    dhcid_search_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc4701_3_6_examples),
        cmocka_unit_test(test_a_record_is_35_octets),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_the_longest_labels_and_names),
        cmocka_unit_test(test_the_address_is_found),
        cmocka_unit_test(test_names_of_every_length_are_searched),
        cmocka_unit_test(test_the_last_address_of_an_oui),
        cmocka_unit_test(test_types_that_nobody_knows_are_not_searched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
