/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "device/device.h"

static struct device_network of(const char *ip)
{
    struct address a = { .n = 0 };
    assert_true(address_parse_ip(slice_of_str(ip), 25, &a));
    return device_network_of(&a);
}

static void test_an_address_is_in_its_24_or_48(void **state)
{
    (void)state;
    static const struct {
        const char *ip, *want;
    } cases[] = {
        { "192.0.2.1", "192.0.2.0/24" },
        { "192.0.2.255", "192.0.2.0/24" },
        { "0.0.0.0", "0.0.0.0/24" },
        { "::ffff:192.0.2.1", "192.0.2.0/24" },
        { "2001:db8:1:2:3:4:5:6", "2001:db8:1::/48" },
        { "2001:db8::1", "2001:db8::/48" },
        { "::1", "::/48" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char text[DEVICE_NETWORK_TEXT_MAX];
        struct device_network n = of(cases[i].ip), back;
        assert_string_equal(device_network_text(&n, text), cases[i].want);
        assert_true(device_network_parse(guarded(slice_of_str(text)), &back));
        assert_true(device_network_equal(&n, &back));
    }
}

static void test_a_socket_is_local(void **state)
{
    (void)state;
    char text[DEVICE_NETWORK_TEXT_MAX];
    struct address none = { .n = 0 }, path;
    struct device_network n = device_network_of(&none), back = { .family = 9 };
    assert_string_equal(device_network_text(&n, text), "local");
    assert_true(address_of_path(SLICE("/run/x"), &path));
    n = device_network_of(&path);
    assert_int_equal(n.family, 0);
    assert_true(device_network_parse(SLICE("local"), &back));
    assert_true(device_network_equal(&n, &back));
}

static void test_other_texts_are_no_network(void **state)
{
    (void)state;
    static const struct slice texts[] = {
        SLICE_INIT(""),
        SLICE_INIT("192.0.2.1/24"), /* host bits */
        SLICE_INIT("192.0.2.0"),
        SLICE_INIT("192.0.2.0/"),
        SLICE_INIT("192.0.2.0/25"),
        SLICE_INIT("192.0.0.0/16"),
        SLICE_INIT("192.0.2.0/120"),
        SLICE_INIT("::ffff:192.0.2.0/120"),
        SLICE_INIT("2001:db8::/32"),
        SLICE_INIT("2001:db8:1::/64"),
        SLICE_INIT("2001:db8:1::1/48"),
        SLICE_INIT("Local"),
        SLICE_INIT("local\0"),
        SLICE_INIT("192.0.2.0/24\0"),
    };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct device_network n = { .family = 9 };
        if (device_network_parse(guarded(texts[i]), &n))
            fail_msg("accepted \"%.*s\"", SLICE_ARG(texts[i]));
        assert_int_equal(n.family, 9);
    }
}

static void test_networks_of_two_families_differ(void **state)
{
    (void)state;
    const struct device_network four = { 4, { 1, 2, 3 } }, six = { 6, { 1, 2, 3 } };
    assert_false(device_network_equal(&four, &six));
    assert_true(device_network_equal(&four, &four));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_address_is_in_its_24_or_48),
        cmocka_unit_test(test_a_socket_is_local),
        cmocka_unit_test(test_other_texts_are_no_network),
        cmocka_unit_test(test_networks_of_two_families_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
