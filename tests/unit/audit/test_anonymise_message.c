/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdlib.h>

#include "audit/anonymise_message.h"

#define SIZE    400
#define CHADDR  28
#define SECRETS "\x0c\6laptop\x3d\7\1\2\0\x5e\x10\0\1\x52\x0a\1\4port\2\2ab"

struct both {
    uint8_t before[SIZE], after[SIZE];
    uint8_t rooms[2][SIZE];
    struct dhcp_packet was, is;
    size_t n;
};

static struct anonymise_map map;
static struct anonymise_room room;
static struct both both;

static int set_up(void **state)
{
    static const uint8_t key[ANONYMISE_KEY] = { 7 };
    (void)state;
    anonymise_map_init(&map, key);
    return 0;
}

static void fill(struct slice options, size_t n)
{
    static const uint8_t head[] = { 1, 1, 6, 0, 0x5e, 0x10, 0, 1, 0, 3, 0x80, 0, 192, 0, 2, 9 };
    memset(&both, 0, sizeof both);
    memcpy(both.before, head, sizeof head);
    memcpy(both.before + CHADDR, "\2\0\x5e\x10\0\1", 6);
    memcpy(both.before + DHCP_FIXED_SIZE, "\x63\x82\x53\x63", 4);
    if (options.n)
        memcpy(both.before + DHCP_OPTIONS_AT, options.p, options.n);
    both.n = n ? n : DHCP_OPTIONS_AT + options.n;
}

static void run(void)
{
    memcpy(both.after, both.before, sizeof both.after);
    anonymise_message(&map, &room, both.after, both.n);
    dhcp_packet_parse((struct slice){ both.before, both.n }, both.rooms[0], &both.was);
    dhcp_packet_parse((struct slice){ both.after, both.n }, both.rooms[1], &both.is);
    assert_int_equal(both.was.options_n, both.is.options_n);
    for (size_t i = 0; i < both.was.options_n; i++) {
        assert_int_equal(both.was.options[i].code, both.is.options[i].code);
        assert_int_equal(both.was.options[i].at, both.is.options[i].at);
        assert_int_equal(both.was.options[i].value.n, both.is.options[i].value.n);
    }
    assert_int_equal(both.was.flaws_n, both.is.flaws_n);
    for (size_t i = 0; i < both.was.flaws_n; i++)
        assert_int_equal(both.was.flaws[i].at, both.is.flaws[i].at);
}

static bool is_left(const void *octets, size_t n)
{
    return memmem(both.after, both.n, octets, n);
}

static void test_identifiers_are_replaced_and_the_shape_stays(void **state)
{
    (void)state;
    fill(SLICE("\x35\1\1" SECRETS "\x37\3\1\3\6\xff"), 0);
    run();
    assert_false(is_left("laptop", 6) || is_left("\2\0\x5e\x10\0\1", 6) || is_left("port", 4));
    assert_false(is_left("\xc0\0\2\x09", 4));
    assert_int_equal(both.is.type, DHCP_DISCOVER);
    assert_int_equal(both.is.secs, 3);
    assert_true(slice_equal(dhcp_packet_value(&both.is, 55), SLICE("\1\3\6")));
    assert_memory_equal(dhcp_packet_value(&both.is, 61).p + 1, both.is.chaddr.p, 6);
}

static void test_a_transaction_number_made_of_the_address_stays_so(void **state)
{
    (void)state;
    fill(SLICE("\xff"), 0);
    run();
    assert_memory_equal(both.after + 4, both.after + CHADDR + 2, 4);
    both.before[4] = 0x77;
    run();
    assert_memory_equal(both.after + 4, both.before + 4, 4);
}

static void test_an_option_in_pieces_is_replaced_as_one(void **state)
{
    (void)state;
    fill(SLICE("\x0c\3lap\x35\1\1\x0c\0\x0c\3top\xff"), 0);
    run();
    struct slice pieces = dhcp_packet_value(&both.is, 12);
    uint8_t joined[6];
    memcpy(joined, pieces.p, 6);
    fill(SLICE("\x0c\6laptop\x35\1\1\xff"), 0);
    run();
    assert_memory_equal(dhcp_packet_value(&both.is, 12).p, joined, 6);
}

static void test_overloaded_fields_are_options(void **state)
{
    (void)state;
    fill(SLICE("\x34\1\3\xff"), 0);
    memcpy(both.before + DHCP_FILE_AT, "\x0c\6laptop\xff secret", 16);
    memcpy(both.before + DHCP_SNAME_AT, "\x0f\7example", 9);
    run();
    assert_int_equal(both.is.options_n, 3);
    assert_false(is_left("laptop", 6) || is_left("example", 7) || is_left("secret", 6));
}

static void test_names_in_their_fields_are_text(void **state)
{
    (void)state;
    fill(SLICE("\xff"), 0);
    memcpy(both.before + DHCP_FILE_AT, "boot\0rest", 9);
    memcpy(both.before + DHCP_SNAME_AT, "server.example", 14);
    run();
    assert_false(is_left("boot", 4) || is_left("rest", 4) || is_left("server", 6));
    assert_true(both.after[DHCP_FILE_AT] >= 'a' && both.after[DHCP_FILE_AT + 5] == 0);
    assert_int_equal(both.after[DHCP_SNAME_AT + 6], '.');
}

static void test_what_no_reader_sees_becomes_zeros(void **state)
{
    (void)state;
    fill(SLICE("\x35\1\1\xff" SECRETS), 0);
    memcpy(both.before + CHADDR + 6, "0123456789", 10);
    run();
    assert_false(is_left("laptop", 6) || is_left("0123", 4));
    fill(SLICE("\x35\1\1\x0c\x20laptop"), 0); /* overruns */
    run();
    assert_false(is_left("laptop", 6));
    assert_int_equal(both.after[DHCP_OPTIONS_AT + 4], 0x20);
    fill(SLICE(SECRETS), 0);
    both.before[DHCP_FIXED_SIZE] = 0; /* no cookie: a BOOTP vendor area */
    run();
    assert_false(is_left("laptop", 6));
}

static void test_any_length_is_rewritten_in_its_bounds(void **state)
{
    (void)state;
    for (size_t n = 0; n < DHCP_OPTIONS_AT + 40; n++) {
        fill(SLICE("\x35\1\1" SECRETS), n);
        uint8_t *exact = malloc(n + 1);
        assert_non_null(exact);
        memcpy(exact, both.before, n);
        anonymise_message(&map, &room, exact, n);
        free(exact);
        run();
        assert_false(is_left("laptop", 6) || (n >= 34 && is_left("\2\0\x5e\x10\0\1", 6)));
    }
}

/* What is malformed is malformed in the same way, inside of options too. */
static void test_malformed_values_stay_malformed(void **state)
{
    static const struct slice cases[] = {
        SLICE_INIT("\x51\2\1\2"),
        SLICE_INIT("\x51\6\4\0\0\5ab"),
        SLICE_INIT("\x51\7\4\0\0\1a\xc0\0"),
        SLICE_INIT("\x51\6\x0d\0\0\1a\0"),
        SLICE_INIT("\x51\x08\4\0\0\1a\0zz"),
        SLICE_INIT("\x52\4\1\5ab"),
        SLICE_INIT("\x52\1\1"),
        SLICE_INIT("\x63\2\1D"),
        SLICE_INIT("\x63\6\1DE\3\7a"),
        SLICE_INIT("\x7b\x0f"
                   "123456789012345"),
        SLICE_INIT("\x7b\x10\x19\xff\xff\xff\xff\x65\xff\xff\xff\xff\x15\0\0\0\0\1"),
        SLICE_INIT("\x90\x10\x18\xff\xff\xff\xff\x64\xff\xff\xff\xff\x15\0\0\0\0\x41"),
        SLICE_INIT("\x7c\6\0\0\0\x09\5a"),
        SLICE_INIT("\x7d\7\0\0\0\x09\2\1\2"),
        SLICE_INIT("\x3d\0"),
        SLICE_INIT("\x3d\6\xff\0\0\0\1\0"),
        SLICE_INIT("\x4d\4\3abz"),
        SLICE_INIT("\x79\3\x18\1\2"),
        SLICE_INIT("\x03\7\1\2\3\4\5\6\7"),
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        fill(cases[i], 0);
        run();
    }
}

static void test_vendor_classes_are_kept_when_asked(void **state)
{
    (void)state;
    fill(SLICE("\x3c\5dhcpc\x7c\x08\0\0\0\x09\3abc\xff"), 0);
    map.keep_vendor = true;
    run();
    map.keep_vendor = false;
    assert_true(is_left("dhcpc", 5) && is_left("abc", 3));
    run();
    assert_false(is_left("dhcpc", 5) || is_left("abc", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identifiers_are_replaced_and_the_shape_stays),
        cmocka_unit_test(test_a_transaction_number_made_of_the_address_stays_so),
        cmocka_unit_test(test_an_option_in_pieces_is_replaced_as_one),
        cmocka_unit_test(test_overloaded_fields_are_options),
        cmocka_unit_test(test_names_in_their_fields_are_text),
        cmocka_unit_test(test_what_no_reader_sees_becomes_zeros),
        cmocka_unit_test(test_any_length_is_rewritten_in_its_bounds),
        cmocka_unit_test(test_malformed_values_stay_malformed),
        cmocka_unit_test(test_vendor_classes_are_kept_when_asked),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
