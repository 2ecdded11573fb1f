/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "audit/anonymise_map.h"
#include "base/buf.h"

static struct anonymise_map map, other;

static int set_up(void **state)
{
    static const uint8_t keys[2][ANONYMISE_KEY] = { { 1 }, { 2 } };
    (void)state;
    anonymise_map_init(&map, keys[0]);
    anonymise_map_init(&other, keys[1]);
    return 0;
}

static void test_addresses_that_name_no_host_stay(void **state)
{
    static const uint32_t kept[] = {
        0, 0x00000001, 0x7f000001, 0xe00000fb, 0xffffffff, 0xf0000001
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
        assert_int_equal(anonymise_address(&map, kept[i]), kept[i]);
}

static void test_no_address_of_a_host_stands_for_itself_or_for_another(void **state)
{
    static uint8_t seen[1 << 16];
    (void)state;
    for (uint32_t high = 0x0100; high < 0xe000; high++) {
        if (high >> 8 == 127 || high == 0xa9fe)
            continue;
        uint32_t is = anonymise_address(&map, high << 16 | 0x1234);
        assert_true(is >> 16 != high && (is & 0xffff) == 0x1234);
        assert_int_equal(seen[is >> 16]++, 0);
    }
}

static void test_prefixes_stay_together(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t a = anonymise_address(&map, 0x0a000000 | i << 16);
        uint32_t b = anonymise_address(&map, 0x0a000000 | (i ^ 1) << 16);
        assert_int_equal(a >> 17, b >> 17); /* /15 */
        assert_int_equal(a >> 24, anonymise_address(&map, 0x0a000000) >> 24);
    }
}

static void test_link_local_addresses_stay_link_local(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        uint32_t is = anonymise_address(&map, 0xa9fe0000 | i);
        assert_true(is >> 16 == 0xa9fe && (is & 0xffff) != i);
    }
}

static void test_what_is_left_over_behind_addresses_is_replaced(void **state)
{
    uint8_t octets[7] = { 192, 0, 2, 1, 9, 9, 9 };
    (void)state;
    anonymise_addresses(&map, octets, sizeof octets);
    assert_true(octets[2] == 2 && octets[3] == 1 && octets[0] != 192);
    assert_memory_not_equal(octets + 4, "\x09\x09\x09", 3);
    anonymise_addresses(&map, octets, 0);
}

static void test_hardware_addresses_keep_their_bits_and_their_groups(void **state)
{
    uint8_t a[6] = { 0x3c, 0x5a, 0xb4, 1, 2, 3 }, b[6] = { 0x3c, 0x5a, 0xb4, 1, 2, 4 };
    uint8_t local[6] = { 0xde, 0xad, 0xbe, 1, 2, 3 }, group[6] = { 0x33, 0x33, 0xff, 1, 2, 3 };
    (void)state;
    anonymise_hardware(&map, a, 6);
    anonymise_hardware(&map, b, 6);
    anonymise_hardware(&map, local, 6);
    anonymise_hardware(&map, group, 6);
    assert_memory_equal(a, b, 3);
    assert_memory_not_equal(a, b, 6);
    assert_memory_not_equal(a, "\x3c\x5a\xb4", 3);
    assert_int_equal(a[0] & 3, 0);
    assert_int_equal(local[0] & 3, 2);
    assert_int_equal(group[0] & 3, 3);
    assert_memory_equal(a + 3, local + 3, 3); /* a tail does not depend on what is before it */
}

static void test_hardware_addresses_of_nobody_stay(void **state)
{
    static const uint8_t kept[][6] = { { 0 },
                                       { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
                                       { 1, 0, 0x5e, 0, 0, 0xfb },
                                       { 1, 0x80, 0xc2, 0, 0, 0x0e } };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
        uint8_t octets[6];
        memcpy(octets, kept[i], 6);
        anonymise_hardware(&map, octets, 6);
        assert_memory_equal(octets, kept[i], 6);
    }
}

static void test_hardware_addresses_of_any_length_are_replaced(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 16; n++) {
        uint8_t octets[17] = { 0 }, before[17] = { 0 };
        memset(octets, 0x5a, n);
        memcpy(before, octets, sizeof before);
        anonymise_hardware(&map, octets, n);
        assert_true(n < 4 || memcmp(octets, before, n) != 0);
        assert_int_equal(octets[n], 0);
    }
}

static void test_a_maker_is_kept_when_asked_but_not_of_a_local_address(void **state)
{
    uint8_t a[6] = { 0x3c, 0x5a, 0xb4, 1, 2, 3 }, local[6] = { 0xde, 0xad, 0xbe, 1, 2, 3 };
    (void)state;
    map.keep_oui = true;
    anonymise_hardware(&map, a, 6);
    anonymise_hardware(&map, local, 6);
    map.keep_oui = false;
    assert_memory_equal(a, "\x3c\x5a\xb4", 3);
    assert_memory_not_equal(a + 3, "\1\2\3", 3);
    assert_memory_not_equal(local, "\xde\xad\xbe", 3);
}

static void test_no_letter_and_no_digit_of_a_text_stays(void **state)
{
    static const char texts[] =
        "abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789 ~!";
    uint8_t octets[sizeof texts];
    (void)state;
    memcpy(octets, texts, sizeof texts);
    anonymise_text(&map, octets, sizeof texts);
    for (size_t i = 0; i < sizeof texts; i++) {
        uint8_t was = (uint8_t)texts[i], is = octets[i];
        bool letter = ascii_lower(was) >= 'a' && ascii_lower(was) <= 'z';
        bool digit = was >= '0' && was <= '9';
        assert_true(letter || digit ? is != was : is == was);
        assert_true(!letter || (ascii_lower(is) >= 'a' && ascii_lower(is) <= 'z' &&
                                (is & 0x20) == (was & 0x20)));
        assert_true(!digit || (is >= '0' && is <= '9'));
    }
}

/* In text and as octets, one address is one. */
static void test_addresses_in_text_are_replaced_as_addresses(void **state)
{
    static const struct {
        const char *text;
        const char *format; /* of the six octets */
    } cases[] = {
        { "x 3c:5a:b4:01:02:fa y", "%02x:%02x:%02x:%02x:%02x:%02x" },
        { "3C-5A-B4-01-02-FA", "%02X-%02X-%02X-%02X-%02X-%02X" },
        { "cisco-3c5a.b401.02fa-Gi0/1", "%02x%02x.%02x%02x.%02x%02x" },
        { "3c5ab40102fa", "%02x%02x%02x%02x%02x%02x" },
    };
    uint8_t it[6] = { 0x3c, 0x5a, 0xb4, 1, 2, 0xfa };
    (void)state;
    anonymise_hardware(&map, it, 6);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf want;
        uint8_t octets[64];
        size_t n = strlen(cases[i].text);
        buf_init(&want, 64);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        buf_printf(&want, cases[i].format, it[0], it[1], it[2], it[3], it[4], it[5]);
#pragma GCC diagnostic pop
        memcpy(octets, cases[i].text, n);
        anonymise_text(&map, octets, n);
        assert_non_null(memmem(octets, n, buf_slice(&want).p, buf_size(&want)));
        buf_clear(&want);
    }
}

static void test_a_label_is_the_same_in_every_name(void **state)
{
    uint8_t a[] = "laptop", b[] = "Laptop.example.com", c[] = "example";
    (void)state;
    anonymise_text(&map, a, sizeof a - 1);
    anonymise_text(&map, b, sizeof b - 1);
    anonymise_text(&map, c, sizeof c - 1);
    assert_true(slice_equal_nocase((struct slice){ a, 6 }, (struct slice){ b, 6 }));
    assert_memory_equal(b + 7, c, 7);
    assert_int_equal(b[6], '.');
}

static void test_another_key_makes_another_copy(void **state)
{
    uint8_t a[] = "laptop", b[] = "laptop", x[6] = { 2, 1, 1, 1, 1, 1 },
            y[6] = { 2, 1, 1, 1, 1, 1 };
    (void)state;
    anonymise_text(&map, a, 6);
    anonymise_text(&other, b, 6);
    anonymise_hardware(&map, x, 6);
    anonymise_hardware(&other, y, 6);
    assert_memory_not_equal(a, b, 6);
    assert_memory_not_equal(x, y, 6);
    assert_int_not_equal(anonymise_address(&map, 0x0a000001),
                         anonymise_address(&other, 0x0a000001));
}

static void test_long_and_odd_texts(void **state)
{
    static uint8_t octets[70000];
    (void)state;
    for (size_t n = 4090; n < 4100; n++) {
        memset(octets, 'f', n);
        anonymise_text(&map, octets, n);
        for (size_t i = 0; i < n; i++)
            assert_true(octets[i] && octets[i] < 0x80);
        assert_int_equal(octets[n] = 0, 0);
    }
    memset(octets, 0xff, sizeof octets);
    anonymise_opaque(&map, octets, sizeof octets);
    anonymise_text(&map, octets, sizeof octets);
    anonymise_opaque(&map, octets, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_that_name_no_host_stay),
        cmocka_unit_test(test_no_address_of_a_host_stands_for_itself_or_for_another),
        cmocka_unit_test(test_prefixes_stay_together),
        cmocka_unit_test(test_link_local_addresses_stay_link_local),
        cmocka_unit_test(test_what_is_left_over_behind_addresses_is_replaced),
        cmocka_unit_test(test_hardware_addresses_keep_their_bits_and_their_groups),
        cmocka_unit_test(test_hardware_addresses_of_nobody_stay),
        cmocka_unit_test(test_hardware_addresses_of_any_length_are_replaced),
        cmocka_unit_test(test_a_maker_is_kept_when_asked_but_not_of_a_local_address),
        cmocka_unit_test(test_no_letter_and_no_digit_of_a_text_stays),
        cmocka_unit_test(test_addresses_in_text_are_replaced_as_addresses),
        cmocka_unit_test(test_a_label_is_the_same_in_every_name),
        cmocka_unit_test(test_another_key_makes_another_copy),
        cmocka_unit_test(test_long_and_odd_texts),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
