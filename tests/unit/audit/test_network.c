/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "saying.h"

static void expect_network(const struct audit *audit, size_t i, const char *name, uint32_t subnet)
{
    assert_true(i < audit->networks_n);
    expect_slice("network", audit->networks[i].name, slice_of_str(name));
    assert_int_equal(audit->networks[i].subnet, subnet);
}

static void test_one_name_is_one_network(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t a = add_file(audit, "a.pcap", "home"), b = add_file(audit, "b.pcap", "home"),
             c = add_file(audit, "c.pcap", "");
    assert_int_equal(audit->networks_n, 2);
    assert_int_equal(audit->files[a].network, audit->files[b].network);
    assert_true(audit->networks[0].named);
    assert_false(audit->networks[1].named);
    assert_true(audit->files[c].by_subnet);
    expect_network(audit, 1, "c.pcap", 0);
    audit_free(audit);
}

static void test_a_file_that_nobody_named_is_one_network_while_it_has_one_subnet(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "");
    join(audit, file, 1, 7, 0xc0000205);
    join(audit, file, 2, 8, 0xc0000206);
    assert_int_equal(audit->networks_n, 1);
    expect_network(audit, 0, "a.pcap", 0xc0000200);
    assert_int_equal(audit->networks[0].clients, 2);
    assert_true(audit_network_has(audit, 0, 0xc00002ff));
    assert_false(audit_network_has(audit, 0, 0xc0000300));
    audit_free(audit);
}

static void test_with_a_second_subnet_each_is_a_network(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "");
    join(audit, file, 1, 7, 0xc0000205);
    join(audit, file, 1, 8, 0xc6336405);
    join(audit, file, 2, 9, 0xc0000206);
    assert_int_equal(audit->networks_n, 2);
    expect_network(audit, 0, "a.pcap 192.0.2.0/24", 0xc0000200);
    expect_network(audit, 1, "a.pcap 198.51.100.0/24", 0xc6336400);
    struct audit_client *client = client_of(audit, 1);
    for (uint32_t network = 0; network < 2; network++) {
        assert_int_equal(audit_stay_of(client, network)->messages, 4);
        assert_int_equal(audit_stay_of(client, network)->sightings, 1);
    }
    audit_free(audit);
}

/* What the client asks before the answer comes belongs to where the answer comes from. */
static void test_a_question_is_on_the_network_of_its_answer(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "");
    join(audit, file, 1, 7, 0xc0000205);
    struct saying discover = ask(DHCP_DISCOVER, 1, 8);
    option32(&discover, DHCP_O_REQUESTED_ADDRESS, 0xc0000205);
    see(audit, file, discover);
    see(audit, file, give(DHCP_OFFER, 1, 8, 0xc6336405));
    struct audit_trait *asked = audit_trait_first(client_of(audit, 1), ID_REQUESTED_ADDRESS);
    assert_int_equal(asked->count, 2);
    assert_true(asked->several_networks);
    assert_int_equal(audit_stay_of(client_of(audit, 1), 1)->first.frame, 5);
    audit_free(audit);
}

static void test_a_question_without_an_answer_is_seen_at_the_end(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "");
    for (uint32_t xid = 0; xid < 3; xid++)
        see(audit, file, ask(DHCP_DISCOVER, 1, xid));
    assert_int_equal(client_of(audit, 1)->messages, 0);
    assert_int_equal(audit_finish(audit), 0);
    assert_int_equal(client_of(audit, 1)->messages, 3);
    for (uint32_t xid = 0; xid < 9; xid++)
        see(audit, file, ask(DHCP_DISCOVER, 1, xid));
    assert_true(client_of(audit, 1)->messages > 3);
    for (uint32_t i = 0; i < 3000; i++)
        see(audit, file, ask(DHCP_DISCOVER, (uint8_t)i, i));
    assert_int_equal(audit_finish(audit), 0);
    uint64_t sum = 0;
    for (size_t i = 0; i < audit->clients_n; i++)
        sum += audit->clients[i]->messages;
    assert_int_equal(sum, 3012);
    audit_free(audit);
}

static struct saying relayed(struct saying s, uint32_t giaddr)
{
    put32(s.octets + 24, giaddr);
    return s;
}

static void test_the_direct_and_the_relayed_copy_are_one_sighting_on_one_network(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "");
    join(audit, file, 2, 1, 0xcb007105);
    see(audit, file, ask(DHCP_DISCOVER, 1, 7));
    see(audit, file, relayed(ask(DHCP_DISCOVER, 1, 7), 0xc6336401));
    see(audit, file, relayed(give(DHCP_OFFER, 1, 7, 0xc0000205), 0xc6336401));
    see(audit, file, give(DHCP_OFFER, 1, 7, 0xc0000205));
    see(audit, file, ask(DHCP_REQUEST, 1, 7));
    see(audit, file, relayed(ask(DHCP_REQUEST, 1, 7), 0xc6336401));
    see(audit, file, relayed(give(DHCP_ACK, 1, 7, 0xc0000205), 0xc6336401));
    see(audit, file, give(DHCP_ACK, 1, 7, 0xc0000205));
    struct audit_client *client = client_of(audit, 1);
    assert_null(client->stays->next);
    assert_int_equal(client->stays->sightings, 1);
    assert_int_equal(client->stays->messages, 8);
    expect_network(audit, client->stays->network, "a.pcap 192.0.2.0/24", 0xc0000200);
    audit_free(audit);
}

static void test_a_relay_agent_tells_the_subnet_when_no_server_does(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "");
    see(audit, file, relayed(ask(DHCP_DISCOVER, 1, 7), 0xc6336401));
    struct saying chosen = relayed(ask(DHCP_DISCOVER, 2, 8), 0x0a000001);
    option(&chosen, DHCP_O_RELAY_AGENT, SLICE("\5\4\xcb\0\x71\0")); /* RFC 3527 */
    see(audit, file, chosen);
    assert_int_equal(audit_finish(audit), 0);
    expect_network(audit, 0, "a.pcap 198.51.100.0/24", 0xc6336400);
    expect_network(audit, 1, "a.pcap 203.0.113.0/24", 0xcb007100);
    assert_false(audit_network_has(audit, 0, 0xc6336405)); /* its mask is a guess */
    struct saying wide = answer(DHCP_ACK, 1, 7, 0xc6336405);
    option32(&wide, DHCP_O_SUBNET_MASK, 0xffff0000);
    see(audit, file, wide);
    assert_int_equal(audit->networks_n, 2);
    expect_network(audit, 0, "a.pcap 198.51.0.0/16", 0xc6330000);
    assert_true(audit_network_has(audit, 0, 0xc6336405));
    audit_free(audit);
}

static void test_a_nak_is_on_the_network_of_its_server(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "");
    join(audit, file, 1, 7, 0xc0000205);
    join(audit, file, 2, 8, 0xc6336405);
    struct saying reboot = ask(DHCP_REQUEST, 1, 9), nak = answer(DHCP_NAK, 1, 9, 0);
    option32(&reboot, DHCP_O_REQUESTED_ADDRESS, 0xc0000205);
    option32(&nak, DHCP_O_SERVER_ID, 0xc6336401);
    see(audit, file, reboot);
    see(audit, file, nak);
    assert_int_equal(audit_stay_of(client_of(audit, 1), 1)->messages, 2);
    audit_free(audit);
}

static void test_a_named_network_may_have_several_subnets(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "home");
    for (uint8_t i = 0; i < 20; i++)
        join(audit, file, i, i, 0x0a000005 + 0x100U * i);
    assert_int_equal(audit->networks_n, 1);
    expect_network(audit, 0, "home", 0x0a000000);
    for (uint32_t i = 0; i < 20; i++)
        assert_int_equal(audit_network_has(audit, 0, 0x0a000009 + 0x100 * i),
                         i <= AUDIT_SUBNETS_MAX);
    audit_free(audit);
}

static void test_what_is_no_mask_tells_no_subnet(void **state)
{
    (void)state;
    static const uint32_t masks[] = { 0,          0xff00ff00, 1,          0x00ffffff,
                                      0xfffffffd, 0xfffffffe, 0xffffffff, 0xfe000000 };
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "");
    for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
        struct saying ack = answer(DHCP_ACK, 1, 7, 0xc0000205);
        option32(&ack, DHCP_O_SUBNET_MASK, masks[i]);
        see(audit, file, ack);
        assert_int_equal(audit->networks[0].mask, 0);
    }
    struct saying small = answer(DHCP_ACK, 1, 7, 0xc0000205);
    option32(&small, DHCP_O_SUBNET_MASK, 0xfffffffc);
    see(audit, file, small);
    assert_int_equal(audit->networks[0].subnet, 0xc0000204);
    audit_free(audit);
}

static void test_subnets_are_bounded(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "");
    for (uint32_t i = 0; i < 4200; i++)
        see(audit, file, give(DHCP_ACK, 1, i, 0x0a000005 + 0x100 * i));
    assert_int_equal(audit->networks_n, 4097);
    audit_free(audit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_name_is_one_network),
        cmocka_unit_test(test_a_file_that_nobody_named_is_one_network_while_it_has_one_subnet),
        cmocka_unit_test(test_with_a_second_subnet_each_is_a_network),
        cmocka_unit_test(test_a_question_is_on_the_network_of_its_answer),
        cmocka_unit_test(test_a_question_without_an_answer_is_seen_at_the_end),
        cmocka_unit_test(test_the_direct_and_the_relayed_copy_are_one_sighting_on_one_network),
        cmocka_unit_test(test_a_relay_agent_tells_the_subnet_when_no_server_does),
        cmocka_unit_test(test_a_nak_is_on_the_network_of_its_server),
        cmocka_unit_test(test_a_named_network_may_have_several_subnets),
        cmocka_unit_test(test_what_is_no_mask_tells_no_subnet),
        cmocka_unit_test(test_subnets_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
