/* SPDX-License-Identifier: ISC
 *
 * RFC 7819 §5.4.
 */
#include "check.h"

#include "verdict.h"

#define ID AUDIT_5_4_VISITED_NETWORKS

#define HOME   0x0a090800 /* 10.9.8.0/24 */
#define OFFICE 0xc0000200 /* 192.0.2.0/24 */

static struct life at(uint32_t address, uint32_t xid)
{
    return (struct life){ .who = 1, .xid = xid, .address = address };
}

/* REQUEST with 50 alone (RFC 2131 §4.3.2 INIT-REBOOT), and what the server says. */
static void reboot(struct audit *audit, uint32_t file, uint32_t address, uint32_t xid,
                   uint8_t answer_type)
{
    struct life life = at(address, xid);
    struct saying request = asks(&life, DHCP_REQUEST), nak = of(&life, answer(DHCP_NAK, 1, xid, 0));
    option32(&request, DHCP_O_REQUESTED_ADDRESS, address);
    option32(&nak, DHCP_O_SERVER_ID, OFFICE | 1);
    see(audit, file, request);
    if (answer_type == DHCP_NAK)
        see(audit, file, nak);
    else if (answer_type)
        see(audit, file, gives(&life, answer_type));
}

/* A DISCOVER with 50; the network gives `given`. */
static void wish(struct audit *audit, uint32_t file, uint32_t wished, uint32_t given)
{
    struct life life = at(given, 70);
    const uint8_t octets[] = { 50,
                               4,
                               (uint8_t)(wished >> 24),
                               (uint8_t)(wished >> 16),
                               (uint8_t)(wished >> 8),
                               (uint8_t)wished };
    life.discover = (struct slice){ octets, sizeof octets };
    live(audit, file, life);
}

static void done(struct audit *audit, enum audit_verdict verdict, const char *text)
{
    finish(audit);
    expect(audit, at(0, 0), ID, verdict, text);
    audit_free(audit);
}

static void test_the_request_that_answers_an_offer_is_no_claim(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    live(audit, add_file(audit, "a.pcap", "office"), at(OFFICE | 50, 7));
    finish(audit);
    assert_null(life_of(audit, at(0, 0))->claims);
    done(audit, AUDIT_NOT_SEEN, "");
}

static void test_option_50_that_the_same_network_confirms_is_none(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    wish(audit, add_file(audit, "a.pcap", "office"), OFFICE | 50, OFFICE | 50);
    done(audit, AUDIT_NOT_SEEN, "");
}

static void test_option_50_that_this_network_gave_before_is_none(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "office");
    live(audit, file, at(OFFICE | 50, 7));
    wish(audit, file, OFFICE | 50, OFFICE | 51);
    done(audit, AUDIT_NOT_SEEN, "");
}

static void test_a_foreign_one_is(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    wish(audit, add_file(audit, "a.pcap", "office"), 0xac14094d, OFFICE | 50);
    done(audit, AUDIT_EXPOSED, "it asks (50) for an address of another network: 172.20.9.77 ()");
}

static void test_a_foreign_one_is_even_when_the_server_never_answered_it(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "office");
    reboot(audit, file, 0xac14094d, 9, 0);
    live(audit, file, at(OFFICE | 50, 10));
    done(audit, AUDIT_EXPOSED,
         "it asks (INIT-REBOOT) for an address of another network: 172.20.9.77");
}

static void test_a_nak_inside_the_subnet_only_makes_it_possible(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "office");
    reboot(audit, file, OFFICE | 99, 9, DHCP_NAK);
    live(audit, file, at(OFFICE | 50, 10));
    done(audit, AUDIT_POSSIBLE, "192.0.2.99");
}

static void test_another_address_inside_the_subnet_only_makes_it_possible(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    wish(audit, add_file(audit, "a.pcap", "office"), OFFICE | 99, OFFICE | 50);
    done(audit, AUDIT_POSSIBLE, "192.0.2.99");
}

static void test_a_nak_to_a_foreign_address_exposes_it_and_is_shown(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "office");
    reboot(audit, file, HOME | 77, 9, DHCP_NAK);
    live(audit, file, at(OFFICE | 50, 10));
    done(audit, AUDIT_EXPOSED, "this network refuses that address");
}

static void test_a_nak_by_a_server_far_away_exposes_without_a_mask(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    reboot(audit, add_file(audit, "a.pcap", "office"), HOME | 77, 9, DHCP_NAK);
    done(audit, AUDIT_EXPOSED, "10.9.8.77");
}

static void test_a_nak_by_a_server_nearby_is_possible_without_a_mask(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    reboot(audit, add_file(audit, "a.pcap", "office"), 0xc0000363, 9, DHCP_NAK); /* 192.0.3.99 */
    done(audit, AUDIT_POSSIBLE, "192.0.3.99");
}

static void test_init_reboot_that_is_confirmed_is_none(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    reboot(audit, add_file(audit, "a.pcap", "office"), OFFICE | 50, 9, DHCP_ACK);
    done(audit, AUDIT_NOT_SEEN, "");
}

static void test_a_lone_wish_that_nobody_answered_is_possible(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    reboot(audit, add_file(audit, "a.pcap", "office"), OFFICE | 50, 9, 0);
    done(audit, AUDIT_POSSIBLE, "192.0.2.50");
}

static void test_the_network_is_named_when_it_is_among_the_captures(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t home = add_file(audit, "a.pcap", "home"), office = add_file(audit, "b.pcap", "office");
    live(audit, home, at(HOME | 77, 7));
    wish(audit, office, HOME | 77, OFFICE | 50);
    done(audit, AUDIT_EXPOSED,
         "it asks (50) for the address that it had on another network: 10.9.8.77 (home)");
}

static void test_in_whatever_order_the_files_are_read(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t home = add_file(audit, "a.pcap", "home"), office = add_file(audit, "b.pcap", "office");
    wish(audit, office, HOME | 77, OFFICE | 50);
    live(audit, home, at(HOME | 77, 7));
    done(audit, AUDIT_EXPOSED, "10.9.8.77 (home)");
}

static void test_it_is_named_by_its_subnet_when_others_were_seen_there(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t home = add_file(audit, "a.pcap", "home"), office = add_file(audit, "b.pcap", "office");
    live(audit, home, (struct life){ .who = 9, .xid = 8, .address = HOME | 5 });
    wish(audit, office, HOME | 77, OFFICE | 50);
    done(audit, AUDIT_EXPOSED, "it asks (50) for an address of another network: 10.9.8.77 (home)");
}

/* The same subnet at home and in the office: where it had the address is known. */
static void test_an_address_that_it_had_elsewhere_is_one_even_inside_the_subnet(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t home = add_file(audit, "a.pcap", "home"), office = add_file(audit, "b.pcap", "office");
    live(audit, home, at(OFFICE | 99, 7));
    reboot(audit, office, OFFICE | 99, 9, DHCP_NAK);
    live(audit, office, at(OFFICE | 50, 10));
    done(audit, AUDIT_EXPOSED, "192.0.2.99 (home)");
}

/* RENEWING and REBINDING (RFC 2131 §4.3.2): ciaddr. */
static void renew(struct audit *audit, uint32_t file, uint32_t ciaddr, uint8_t answer_type)
{
    struct life life = at(ciaddr, 20);
    struct saying request = asks(&life, DHCP_REQUEST),
                  reply =
                      of(&life, answer(answer_type, 1, 20, answer_type == DHCP_ACK ? ciaddr : 0));
    put32(request.octets + 12, ciaddr);
    option32(&reply, DHCP_O_SERVER_ID, OFFICE | 1);
    see(audit, file, request);
    if (answer_type)
        see(audit, file, reply);
}

static void test_a_renewal_is_none(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "office");
    renew(audit, file, OFFICE | 50, DHCP_ACK);
    renew(audit, file, OFFICE | 51, 0);
    done(audit, AUDIT_NOT_SEEN, "");
}

static void test_ciaddr_from_elsewhere_is_one(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "office");
    renew(audit, file, HOME | 77, DHCP_NAK);
    live(audit, file, at(OFFICE | 50, 30));
    done(audit, AUDIT_EXPOSED, "it still uses (ciaddr) an address of another network: 10.9.8.77");
}

static void test_claims_are_bounded(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "office");
    for (uint32_t i = 0; i <= AUDIT_CLAIMS_MAX; i++)
        reboot(audit, file, HOME + i, 100 + i, 0);
    reboot(audit, file, HOME, 100, 0); /* the same again is no other */
    const struct audit_claims *claims = life_of(audit, at(0, 0))->claims;
    assert_int_equal(claims->n, AUDIT_CLAIMS_MAX);
    assert_int_equal(claims->dropped, 1);
    audit_free(audit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_request_that_answers_an_offer_is_no_claim),
        cmocka_unit_test(test_option_50_that_the_same_network_confirms_is_none),
        cmocka_unit_test(test_option_50_that_this_network_gave_before_is_none),
        cmocka_unit_test(test_a_foreign_one_is),
        cmocka_unit_test(test_a_foreign_one_is_even_when_the_server_never_answered_it),
        cmocka_unit_test(test_a_nak_inside_the_subnet_only_makes_it_possible),
        cmocka_unit_test(test_another_address_inside_the_subnet_only_makes_it_possible),
        cmocka_unit_test(test_a_nak_to_a_foreign_address_exposes_it_and_is_shown),
        cmocka_unit_test(test_a_nak_by_a_server_far_away_exposes_without_a_mask),
        cmocka_unit_test(test_a_nak_by_a_server_nearby_is_possible_without_a_mask),
        cmocka_unit_test(test_init_reboot_that_is_confirmed_is_none),
        cmocka_unit_test(test_a_lone_wish_that_nobody_answered_is_possible),
        cmocka_unit_test(test_the_network_is_named_when_it_is_among_the_captures),
        cmocka_unit_test(test_in_whatever_order_the_files_are_read),
        cmocka_unit_test(test_it_is_named_by_its_subnet_when_others_were_seen_there),
        cmocka_unit_test(test_an_address_that_it_had_elsewhere_is_one_even_inside_the_subnet),
        cmocka_unit_test(test_a_renewal_is_none),
        cmocka_unit_test(test_ciaddr_from_elsewhere_is_one),
        cmocka_unit_test(test_claims_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
