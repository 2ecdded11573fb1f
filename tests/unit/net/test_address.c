/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "net/address.h"

static const struct {
    const char *text;
    bool good;
    const char *ip;
    uint16_t port;
} endpoints[] = {
    { "192.0.2.1:25", true, "192.0.2.1", 25 },
    { "[2001:db8::1]:587", true, "2001:db8::1", 587 },
    { "[::]:0", true, "::", 0 },
    { "0.0.0.0:65535", true, "0.0.0.0", 65535 },
    { "[::ffff:192.0.2.9]:1", true, "192.0.2.9", 1 },
    { "", false, NULL, 0 },
    { ":", false, NULL, 0 },
    { "192.0.2.1", false, NULL, 0 },
    { "192.0.2.1:", false, NULL, 0 },
    { "192.0.2.1:65536", false, NULL, 0 },
    { "192.0.2.1:-1", false, NULL, 0 },
    { "192.0.2.256:25", false, NULL, 0 },
    { "192.0.2:25", false, NULL, 0 },
    { "[192.0.2.1]:25", false, NULL, 0 },
    { "2001:db8::1:25", false, NULL, 0 },
    { "[2001:db8::1]25", false, NULL, 0 },
    { "[]:25", false, NULL, 0 },
    { "[:25", false, NULL, 0 },
    { "localhost:25", false, NULL, 0 },
    { "[1111:2222:3333:4444:5555:6666:255.255.255.2555]:1", false, NULL, 0 },
};

static void endpoints_are_parsed_and_written(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(endpoints); i++) {
        struct address a = { .n = 0 };
        char text[ADDRESS_TEXT_MAX];
        struct slice in = guarded(slice_of_str(endpoints[i].text));
        if (address_parse(in, &a) != endpoints[i].good)
            fail_msg("%s", endpoints[i].text);
        if (!endpoints[i].good)
            assert_int_equal(a.n, 0);
        if (!endpoints[i].good)
            continue;
        assert_string_equal(address_text(&a, text), endpoints[i].ip);
        assert_int_equal(address_port(&a), endpoints[i].port);
    }
}

static void a_nul_inside_is_refused(void **state UNUSED)
{
    struct address a;
    assert_false(address_parse(guarded(SLICE("192.0.2.1\0:25")), &a));
    assert_false(address_parse_ip(guarded(SLICE("192.0.2.1\0")), 1, &a));
    assert_false(address_of_path(guarded(SLICE("/run\0/x")), &a));
}

static struct address ip(const char *text)
{
    struct address a;
    assert_true(address_parse_ip(slice_of_str(text), 7, &a));
    return a;
}

static void what_has_no_ip_is_local(void **state UNUSED)
{
    struct address none = { .n = 0 }, path;
    char text[ADDRESS_TEXT_MAX];
    assert_true(address_of_path(SLICE("/run/x.sock"), &path));
    assert_string_equal(address_text(&none, text), "local");
    assert_string_equal(address_text(&path, text), "local");
    assert_int_equal(address_port(&path), 0);
    assert_int_equal(address_prefix(&path), 0);
}

static void paths_have_a_maximum(void **state UNUSED)
{
    char longest[sizeof(((struct sockaddr_un *)0)->sun_path)];
    struct address a;
    memset(longest, 'x', sizeof longest);
    longest[0] = '/';
    assert_true(address_of_path((struct slice){ (uint8_t *)longest, sizeof longest - 1 }, &a));
    assert_false(address_of_path((struct slice){ (uint8_t *)longest, sizeof longest }, &a));
    assert_false(address_of_path(SLICE(""), &a));
    assert_true(address_of_path(SLICE("@abstract"), &a));
    assert_int_equal(a.un.sun_path[0], 0);
    assert_int_equal(a.n, offsetof(struct sockaddr_un, sun_path) + 9);
}

static void mapped_addresses_become_ipv4(void **state UNUSED)
{
    struct address mapped = ip("::ffff:192.0.2.1"), v4 = ip("192.0.2.1"), v6 = ip("2001:db8::1");
    assert_false(address_equal(&mapped, &v4));
    address_normalise(&mapped);
    assert_true(address_equal(&mapped, &v4));
    struct address before = v6;
    address_normalise(&v6);
    assert_true(address_equal(&v6, &before));
}

static const struct {
    const char *a, *b;
    bool same;
} prefixes[] = {
    { "192.0.2.1", "192.0.2.1", true },
    { "192.0.2.1", "192.0.2.2", false },
    { "192.0.2.1", "::ffff:192.0.2.1", true },
    { "2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true },
    { "2001:db8:0:1::1", "2001:db8:0:2::1", false },
    { "0.0.0.0", "::", false },
    { "192.0.2.1", "::c000:201", false },
};

static void strangers_are_counted_by_address_or_64(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
        struct address a = ip(prefixes[i].a), b = ip(prefixes[i].b);
        if ((address_prefix(&a) == address_prefix(&b)) != prefixes[i].same)
            fail_msg("%s %s", prefixes[i].a, prefixes[i].b);
    }
}

static const struct {
    const char *net;
    bool good;
    const char *inside, *outside;
} networks[] = {
    { "192.0.2.0/24", true, "192.0.2.255", "192.0.3.0" },
    { "192.0.2.128/25", true, "::ffff:192.0.2.128", "192.0.2.127" },
    { "192.0.2.1", true, "192.0.2.1", "192.0.2.0" },
    { "192.0.2.1/32", true, "192.0.2.1", "192.0.2.2" },
    { "0.0.0.0/0", true, "203.0.113.9", "2001:db8::1" },
    { "::/0", true, "2001:db8::1", "192.0.2.1" },
    { "2001:db8::/33", true, "2001:db8:7fff::", "2001:db8:8000::" },
    { "2001:db8::1/128", true, "2001:db8::1", "2001:db8::2" },
    { "192.0.2.1/24", false, NULL, NULL },
    { "192.0.2.0/33", false, NULL, NULL },
    { "2001:db8::/129", false, NULL, NULL },
    { "2001:db8::1/64", false, NULL, NULL },
    { "192.0.2.0/", false, NULL, NULL },
    { "/24", false, NULL, NULL },
    { "", false, NULL, NULL },
    { "192.0.2.0/2 4", false, NULL, NULL },
};

static void networks_have_their_addresses_only(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(networks); i++) {
        struct network net;
        if (network_parse(guarded(slice_of_str(networks[i].net)), &net) != networks[i].good)
            fail_msg("%s", networks[i].net);
        if (!networks[i].good)
            continue;
        struct address in = ip(networks[i].inside), out = ip(networks[i].outside);
        if (!network_has(&net, &in) || network_has(&net, &out))
            fail_msg("%s", networks[i].net);
        struct address none = { .n = 0 };
        assert_false(network_has(&net, &none));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoints_are_parsed_and_written),
        cmocka_unit_test(a_nul_inside_is_refused),
        cmocka_unit_test(what_has_no_ip_is_local),
        cmocka_unit_test(paths_have_a_maximum),
        cmocka_unit_test(mapped_addresses_become_ipv4),
        cmocka_unit_test(strangers_are_counted_by_address_or_64),
        cmocka_unit_test(networks_have_their_addresses_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
