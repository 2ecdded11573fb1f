/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "audit/dns_update.h"

/* As ISC dhcpd sends it: zone, a prerequisite, A and DHCID for one name, the removal of another. */
static const struct slice update =
    SLICE_INIT("\x12\x34\x28\x00\x00\x01\x00\x01\x00\x04\x00\x00"
               "\7example\3com\0\0\6\0\1"
               "\3old\xc0\x0c\0\xff\0\xfe\0\0\0\0\0\0"
               "\4chi6\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\xc0\0\2\7"
               "\xc0\x2d\0\x31\0\1\0\0\1\x2c\0\5\0\2\1\xaa\xbb"
               "\3old\xc0\x0c\0\1\0\xff\0\0\0\0\0\0"
               "\1\x37\1\x32\1\x30\003192\7in-addr\4arpa\0\0\x0c\0\1\0\0\1\x2c\0\2\xc0\x2d");

static void test_names_addresses_and_dhcids_are_told_removals_are_not(void **state)
{
    (void)state;
    struct dns_update u;
    struct dns_update_record r;
    assert_true(dns_update_open(guarded(update), &u));
    assert_true(dns_update_next(&u, &r));
    assert_int_equal(r.kind, DNS_UPDATE_ADDRESS);
    assert_string_equal(r.name, "chi6.example.com");
    assert_int_equal(r.address, 0xc0000207);
    assert_true(dns_update_next(&u, &r));
    assert_int_equal(r.kind, DNS_UPDATE_DHCID);
    assert_string_equal(r.name, "chi6.example.com");
    expect_slice("dhcid", r.dhcid, SLICE("\0\2\1\xaa\xbb"));
    assert_true(dns_update_next(&u, &r));
    assert_int_equal(r.kind, DNS_UPDATE_POINTER);
    assert_string_equal(r.name, "chi6.example.com");
    assert_int_equal(r.address, 0xc0000207);
    assert_int_equal(r.at + r.n, update.n);
    assert_false(dns_update_next(&u, &r));
}

static void test_cut_anywhere_it_tells_no_more_than_was_there(void **state)
{
    (void)state;
    for (size_t n = 0; n < update.n; n++) {
        struct slice part = guarded(slice_first(update, n));
        struct dns_update u;
        struct dns_update_record r;
        size_t told = 0;
        if (dns_update_open(part, &u))
            while (dns_update_next(&u, &r)) {
                assert_true(r.at + r.n <= part.n);
                told++;
            }
        assert_true(told <= 2);
    }
}

static void test_what_is_no_update_request_is_refused(void **state)
{
    (void)state;
    static const struct slice others[] = {
        SLICE_INIT(""),
        SLICE_INIT("\0\1\1\0\0\0\0\0\0\0\0\0"),                   /* a query */
        SLICE_INIT("\0\1\xa8\0\0\0\0\0\0\0\0\0"),                 /* the answer to an update */
        SLICE_INIT("\0\1\x28\0\0\1\0\0\0\0\0\0"),                 /* no zone */
        SLICE_INIT("\0\1\x28\0\0\1\0\0\0\0\0\0\xc0\x0c\0\6\0\1"), /* a name that points at itself */
        SLICE_INIT("\0\1\x28\0\0\1\0\0\0\0\0\0\x40\0\6\0\1"),
    };
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        struct dns_update u;
        assert_false(dns_update_open(guarded(others[i]), &u));
    }
}

static void test_octets_that_are_no_text_are_escaped(void **state)
{
    (void)state;
    static const struct slice odd = SLICE_INIT("\0\1\x28\0\0\0\0\0\0\1\0\0"
                                               "\5a.\\\x01\xff\0\0\1\0\1\0\0\0\0\0\4\1\2\3\4");
    struct dns_update u;
    struct dns_update_record r;
    assert_true(dns_update_open(guarded(odd), &u));
    assert_true(dns_update_next(&u, &r));
    assert_string_equal(r.name, "a\\046\\092\\001\\255");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_addresses_and_dhcids_are_told_removals_are_not),
        cmocka_unit_test(test_cut_anywhere_it_tells_no_more_than_was_there),
        cmocka_unit_test(test_what_is_no_update_request_is_refused),
        cmocka_unit_test(test_octets_that_are_no_text_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
