/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "wire.h"

#include "dhcp/fqdn.h"

/* clang-format off */
/* The option's value; its name and whether that is complete; what is wrong, where. */
static const struct {
    const char *name, *hex, *want;
    bool complete;
    const char *what;
    size_t at;
} names[] = {
    { "RFC 4702 §2.3.1: canonical wire format", "05 ff ff 036d6163 076578616d706c65 00", "mac.example", true, NULL, 0 },
    { "a partial name has no root", "04 00 00 036d6163", "mac", false, NULL, 0 },
    { "no name at all: the server is asked for one", "01 00 00", "", false, NULL, 0 },
    { "the root alone", "04 00 00 00", "", true, NULL, 0 },
    { "RFC 4702 §2.3.1: ASCII, deprecated", "00 00 00 6d61632e6578616d706c65", "mac.example", false, NULL, 0 },
    { "ASCII with a final dot", "00 00 00 6d61632e", "mac", true, NULL, 0 },
    { "ASCII with a C string's NUL", "00 00 00 6d616300", "mac", false, NULL, 0 },
    { "a dot inside a label", "04 00 00 03612e62 00", "a\\.b", true, NULL, 0 },
    { "a backslash, a space, UTF-8", "04 00 00 045c20c3bc 00", "\\\\\\032\\195\\188", true, NULL, 0 },
    { "N alone", "0c 00 00 0161 00", "a", true, NULL, 0 },
    { "nothing", "", "", false, "bad option 81 (Client FQDN): short", 0 },
    { "flags only", "05", "", false, "bad option 81 (Client FQDN): short", 1 },
    { "RCODE2 is missing", "05 00", "", false, "bad option 81 (Client FQDN): short", 2 },
    { "S and N together", "0d 00 00 0161 00", "a", true, "bad option 81 (Client FQDN): S and N together", 0 },
    { "a label overruns by one", "04 00 00 0161 0262", "a", false, "bad option 81 (Client FQDN): a label overruns", 5 },
    { "a length without a label", "04 00 00 0161 01", "a", false, "bad option 81 (Client FQDN): a label overruns", 5 },
    { "RFC 4702 §2.3.1: no compression", "04 00 00 0161 c003", "a", false, "bad option 81 (Client FQDN): a compression pointer", 5 },
    { "a label of 64", "04 00 00 40", "", false, "bad option 81 (Client FQDN): a label of no known kind", 3 },
    { "octets behind the root", "04 00 00 0161 00 0162", "a", true, "bad option 81 (Client FQDN): octets behind the root", 6 },
};
/* clang-format on */

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct octets value = { .n = 0 };
        struct dhcp_fqdn fqdn;
        struct fault why = { 0 };
        put_hex(&value, names[i].hex);
        bool good = dhcp_fqdn_parse(guarded(octets_slice(&value)), &fqdn, &why);
        expect_slice(names[i].name, slice_of_str(fqdn.name), slice_of_str(names[i].want));
        assert_int_equal(fqdn.name_n, strlen(fqdn.name));
        assert_int_equal(fqdn.flags, value.n ? value.p[0] : 0);
        assert_int_equal(fqdn.complete, names[i].complete);
        assert_int_equal(good, names[i].what == NULL);
        expect_slice(names[i].name, slice_of_str(why.what), slice_of_str(names[i].what));
        assert_int_equal(why.at, names[i].at);
        struct fault again = { 0 };
        assert_int_equal(dhcp_fqdn_check(octets_slice(&value), &again), good);
        assert_int_equal(again.at, why.at);
    }
}

/* A name of 255 octets fits, escaped to the last one; one of 256 does not. */
static void test_the_longest_name(void **state)
{
    (void)state;
    struct octets value = { .n = 0 };
    struct dhcp_fqdn fqdn;
    struct fault why;
    uint8_t label[64];
    memset(label, 0x80, sizeof label);
    put_hex(&value, "040000");
    for (unsigned i = 0; i < 4; i++) {
        label[0] = i < 3 ? 63 : 61;
        put_octets(&value, label, 1 + (size_t)label[0]);
    }
    put_hex(&value, "00");
    assert_int_equal(value.n, 3 + 255);
    assert_true(dhcp_fqdn_parse(guarded(octets_slice(&value)), &fqdn, &why));
    assert_int_equal(fqdn.name_n, 250 * 4 + 3);
    value.p[3 + 192] = 62;
    value.p[value.n - 1] = 0x80;
    put_hex(&value, "00");
    assert_false(dhcp_fqdn_parse(guarded(octets_slice(&value)), &fqdn, &why));
    assert_string_equal(why.what, "bad option 81 (Client FQDN): longer than a name");
    assert_int_equal(why.at, 3 + 192);
}

static void test_ascii_longer_than_a_name(void **state)
{
    (void)state;
    struct octets value = { .n = 0 };
    struct dhcp_fqdn fqdn;
    struct fault why;
    put_hex(&value, "000000");
    memset(value.p + 3, 0xff, 256);
    value.n += 255;
    assert_true(dhcp_fqdn_parse(guarded(octets_slice(&value)), &fqdn, &why));
    assert_int_equal(fqdn.name_n, 1020);
    value.n++;
    assert_false(dhcp_fqdn_parse(guarded(octets_slice(&value)), &fqdn, &why));
    assert_int_equal(fqdn.name_n, 1020);
    assert_int_equal(why.at, 3 + 255);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_the_longest_name),
        cmocka_unit_test(test_ascii_longer_than_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
