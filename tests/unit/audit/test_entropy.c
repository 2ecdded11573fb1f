/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <math.h>

#include "saying.h"

static const struct audit_identifier *row_of(const struct audit *audit, uint8_t who,
                                             enum identifier_kind kind,
                                             struct audit_identifier rows[ID_KIND_COUNT])
{
    size_t n = audit_identifiers(audit, client_of(audit, who), rows);
    for (size_t i = 0; i < n; i++)
        if (rows[i].kind == kind)
            return &rows[i];
    fail_msg("%s: no row", identifier_exposure(kind)->name);
    return NULL;
}

static void expect_bits(const char *name, double got, double want)
{
    if (fabs(got - want) > 1e-5)
        fail_msg("%s: %f bits, want %f", name, got, want);
}

static void expect_row(const struct audit *audit, uint8_t who, enum identifier_kind kind,
                       double bits, double own_bits)
{
    struct audit_identifier rows[ID_KIND_COUNT];
    const struct audit_identifier *row = row_of(audit, who, kind, rows);
    expect_bits(identifier_exposure(kind)->name, row->bits, bits);
    expect_bits(identifier_exposure(kind)->name, row->own_bits, own_bits);
}

/* Eight clients of two systems: list, order, 60 and 57 are one variable. */
static void test_fields_that_depend_on_each_other_are_not_counted_twice(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "a");
    for (uint8_t who = 1; who <= 8; who++) {
        struct saying s = ask(DHCP_DISCOVER, who, who);
        option(&s, 55, who <= 2 ? SLICE("\1\3") : SLICE("\3\1"));
        option(&s, 60, who <= 2 ? SLICE("a") : who == 8 ? SLICE("c") : SLICE("b"));
        see(audit, file, s);
    }
    assert_int_equal(audit_finish(audit), 0);
    expect_row(audit, 1, ID_PARAMETER_LIST, 2, 2);
    expect_row(audit, 1, ID_VENDOR_CLASS, 2, 0);
    expect_row(audit, 1, ID_OPTION_ORDER, 0, 0);
    expect_row(audit, 8, ID_PARAMETER_LIST, log2(8 / 6.), log2(8 / 6.));
    expect_row(audit, 8, ID_VENDOR_CLASS, 3, log2(6)); /* among those with its list */
    expect_row(audit, 3, ID_VENDOR_CLASS, log2(8 / 5.), log2(6 / 5.));
    expect_bits("all", client_of(audit, 1)->bits, 3); /* log2 of the clients at most */
    audit_free(audit);
}

static void test_a_client_id_of_the_hardware_address_adds_nothing(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "a");
    for (uint8_t who = 1; who <= 4; who++) {
        struct saying s = ask(DHCP_DISCOVER, who, who);
        uint8_t id[15] = { 255, 0, 0, 0, 1, 0, 3, 0, 1, 0x3c, 7, 0x54, 0, 0, who };
        if (who <= 2)
            option(&s, 61, (struct slice){ id, sizeof id });
        else
            option(&s, 61, who == 3 ? SLICE("\0three") : SLICE("\0four"));
        see(audit, file, s);
    }
    assert_int_equal(audit_finish(audit), 0);
    expect_row(audit, 1, ID_HARDWARE_ADDRESS, 2, 2);
    expect_row(audit, 1, ID_CLIENT_ID, 2, 0);
    expect_row(audit, 3, ID_CLIENT_ID, 2, 2);
    audit_free(audit);
}

static void test_one_client_alone_is_no_crowd_to_be_told_from(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    assert_int_equal(audit_finish(audit), 0);
    join(audit, add_file(audit, "a.pcap", "a"), 1, 7, 0xc0000205);
    assert_int_equal(audit_finish(audit), 0);
    expect_row(audit, 1, ID_HARDWARE_ADDRESS, 0, 0);
    expect_bits("all", client_of(audit, 1)->bits, 0);
    audit_free(audit);
}

/* Surprisal of what clients have, by counting all that they have, is never less than of any part. */
static void test_many_clients_sum_up(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "a");
    for (uint32_t i = 0; i < 256; i++) {
        struct saying s = ask(DHCP_DISCOVER, (uint8_t)i, i);
        uint8_t name[1] = { (uint8_t)('a' + i % 16) }, list[2] = { 1, (uint8_t)(2 + i / 16) };
        option(&s, 12, (struct slice){ name, 1 });
        option(&s, 55, (struct slice){ list, 2 });
        see(audit, file, s);
    }
    assert_int_equal(audit_finish(audit), 0);
    assert_int_equal(audit_finish(audit), 0); /* live: again and again */
    for (uint32_t i = 0; i < 256; i++) {
        expect_row(audit, (uint8_t)i, ID_HOST_NAME, 4, 4);
        expect_row(audit, (uint8_t)i, ID_PARAMETER_LIST, 4, 4);
        expect_bits("all", client_of(audit, (uint8_t)i)->bits, 8);
    }
    audit_free(audit);
}

static enum audit_stability stability(struct audit *audit, enum identifier_kind kind)
{
    struct audit_identifier rows[ID_KIND_COUNT];
    return row_of(audit, 1, kind, rows)->stability;
}

static void test_stable_is_what_several_exchanges_had(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "a");
    struct saying s = ask(DHCP_DISCOVER, 1, 7), other = ask(DHCP_DISCOVER, 1, 8),
                  third = ask(DHCP_REQUEST, 1, 9);
    option(&s, 12, SLICE("brian"));
    option(&s, 60, SLICE("a"));
    see(audit, file, s);
    see(audit, file, s); /* sent again */
    assert_int_equal(stability(audit, ID_HOST_NAME), AUDIT_ONCE);
    option(&other, 60, SLICE("b"));
    option(&other, 12, SLICE("brian"));
    see(audit, file, other);
    assert_int_equal(stability(audit, ID_HOST_NAME), AUDIT_STABLE);
    assert_int_equal(stability(audit, ID_HARDWARE_ADDRESS), AUDIT_STABLE);
    assert_int_equal(stability(audit, ID_VENDOR_CLASS), AUDIT_CHANGED);
    assert_int_equal(stability(audit, ID_OPTION_ORDER), AUDIT_CHANGED);
    option(&third, 50, SLICE("\300\0\2\5"));
    see(audit, file, third);
    audit_free(audit);
}

/* A REQUEST has options that a DISCOVER has not; that is no shuffling (RFC 7844 §3.1). */
static void test_other_options_are_no_change_of_order(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "a");
    for (uint32_t xid = 0; xid < 2; xid++)
        join(audit, file, 1, xid, 0xc0000205);
    assert_int_equal(stability(audit, ID_OPTION_ORDER), AUDIT_STABLE);
    audit_free(audit);
}

static void test_across_hardware_and_networks(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t a = add_file(audit, "a.pcap", "a"), b = add_file(audit, "b.pcap", "b");
    struct audit_identifier rows[ID_KIND_COUNT];
    for (uint8_t who = 1; who <= 2; who++) {
        struct saying s = ask(DHCP_DISCOVER, who, who);
        option(&s, 12, SLICE("brian"));
        option(&s, 60, who == 1 ? SLICE("one") : SLICE("two"));
        option(&s, 61, SLICE("\1\2\0\0\0\0\1"));
        see(audit, who == 1 ? a : b, s);
    }
    const struct audit_identifier *name = row_of(audit, 1, ID_HOST_NAME, rows);
    assert_true(name->across_hardware);
    assert_true(name->across_networks);
    assert_false(name->universal);
    const struct audit_identifier *vendor = row_of(audit, 1, ID_VENDOR_CLASS, rows);
    assert_false(vendor->across_hardware);
    assert_false(vendor->across_networks);
    const struct audit_identifier *id = row_of(audit, 1, ID_CLIENT_ID, rows);
    assert_true(id->local);
    assert_false(id->universal);
    const struct audit_identifier *hardware = row_of(audit, 1, ID_HARDWARE_ADDRESS, rows);
    assert_true(hardware->universal);
    assert_false(hardware->local);
    see(audit, b, ask(DHCP_DISCOVER, 1, 9));
    assert_true(row_of(audit, 1, ID_HARDWARE_ADDRESS, rows)->across_networks);
    audit_free(audit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_that_depend_on_each_other_are_not_counted_twice),
        cmocka_unit_test(test_a_client_id_of_the_hardware_address_adds_nothing),
        cmocka_unit_test(test_one_client_alone_is_no_crowd_to_be_told_from),
        cmocka_unit_test(test_many_clients_sum_up),
        cmocka_unit_test(test_stable_is_what_several_exchanges_had),
        cmocka_unit_test(test_other_options_are_no_change_of_order),
        cmocka_unit_test(test_across_hardware_and_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
