/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "saying.h"

static struct audit_rule_result a6(const struct audit *audit, uint8_t who)
{
    struct audit_rule_result result;
    audit_conduct_result(client_of(audit, who), 5, &result);
    result.evidence.at = NULL; /* it pointed into result */
    return result;
}

/* RFC 7844 §3.2 */
static void test_a6_an_address_that_another_holds(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "home");
    struct saying renews = ask(DHCP_REQUEST, 2, 9);
    join(audit, file, 1, 7, 0xc0000205);
    put32(renews.octets + 12, 0xc0000205);
    see(audit, file, renews);
    assert_int_equal(audit_finish(audit), 0);
    assert_int_equal(a6(audit, 2).result, AUDIT_VIOLATES);
    assert_int_equal(a6(audit, 2).room[0].place.at, 12);
    assert_int_equal(a6(audit, 1).result, AUDIT_CANNOT_TELL);
    audit_free(audit);
}

static void test_a6_an_address_that_it_was_given_after_another(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "home");
    struct saying renews = ask(DHCP_REQUEST, 2, 9);
    join(audit, file, 1, 7, 0xc0000205);
    join(audit, file, 2, 8, 0xc0000205);
    put32(renews.octets + 12, 0xc0000205);
    see(audit, file, renews);
    assert_int_equal(audit_finish(audit), 0);
    assert_int_equal(a6(audit, 2).result, AUDIT_CONFORMS);
    audit_free(audit);
}

/* Every home has a 192.168.1.2: the same address on two networks is not one address. */
static void test_a6_an_address_that_another_holds_elsewhere(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t home = add_file(audit, "a.pcap", "home"), work = add_file(audit, "b.pcap", "work");
    struct saying renews = ask(DHCP_REQUEST, 2, 9);
    join(audit, home, 1, 7, 0xc0000205);
    put32(renews.octets + 12, 0xc0000205);
    see(audit, work, renews);
    assert_int_equal(audit_finish(audit), 0);
    assert_int_equal(a6(audit, 2).result, AUDIT_CANNOT_TELL);
    audit_free(audit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a6_an_address_that_another_holds),
        cmocka_unit_test(test_a6_an_address_that_it_was_given_after_another),
        cmocka_unit_test(test_a6_an_address_that_another_holds_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
