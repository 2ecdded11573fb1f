/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "saying.h"

static void expect_trait(const char *name, const struct audit_trait *trait, struct slice octets,
                         uint8_t by)
{
    if (!trait)
        fail_msg("%s: not noted", name);
    expect_slice(name, trait->value->octets, octets);
    if (trait->by != by)
        fail_msg("%s: by %u, want %u", name, trait->by, by);
}

/* RFC 7819 §3, option by option. */
static void test_every_option_that_identifies_is_noted_with_its_place(void **state)
{
    (void)state;
    static const struct {
        enum identifier_kind kind;
        uint8_t code;
        struct slice value;
    } cases[] = {
        { ID_HOST_NAME, 12, SLICE_INIT("brians-phone") },
        { ID_VENDOR_SPECIFIC, 43, SLICE_INIT("\1\2ab") },
        { ID_REQUESTED_ADDRESS, 50, SLICE_INIT("\300\0\2\5") },
        { ID_PARAMETER_LIST, 55, SLICE_INIT("\1\3\6") },
        { ID_MAX_MESSAGE_SIZE, 57, SLICE_INIT("\5\334") },
        { ID_VENDOR_CLASS, 60, SLICE_INIT("MSFT 5.0") },
        { ID_CLIENT_ID, 61, SLICE_INIT("\1\74\7\124\0\0\1") },
        { ID_USER_CLASS, 77, SLICE_INIT("\4RRAS") },
        { ID_CLIENT_FQDN, 81, SLICE_INIT("\4\0\0\5brian\0") },
        { ID_ARCHITECTURE, 93, SLICE_INIT("\0\7") },
        { ID_CLIENT_INTERFACE, 94, SLICE_INIT("\1\3\20") },
        { ID_CLIENT_UUID, 97, SLICE_INIT("\0abcdefghijklmnop") },
        { ID_CIVIC_LOCATION, 99, SLICE_INIT("\2DE\3\4Bonn") },
        { ID_GEOCONF, 123, SLICE_INIT("0123456789abcdef") },
        { ID_VI_CLASS, 124, SLICE_INIT("\0\0\0\1\1x") },
        { ID_VI_INFORMATION, 125, SLICE_INIT("\0\0\0\1\0") },
        { ID_GEOLOC, 144, SLICE_INIT("0123456789abcdef") },
        { ID_MUD_URL, 161, SLICE_INIT("https://example.com/mud") },
    };
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "a");
    struct saying s = ask(DHCP_DISCOVER, 1, 7);
    size_t at[ARRAY_SIZE(cases)];
    uint8_t order[ARRAY_SIZE(cases) + 1] = { 53 };
    put32(s.octets + 12, 0xc0000209);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        at[i] = s.n;
        order[i + 1] = cases[i].code;
        option(&s, cases[i].code, cases[i].value);
    }
    see(audit, file, s);
    struct audit_client *client = client_of(audit, 1);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *name = identifier_exposure(cases[i].kind)->name;
        const struct audit_trait *trait = audit_trait_first(client, cases[i].kind);
        expect_trait(name, trait, cases[i].value, AUDIT_BY_CLIENT);
        assert_int_equal(trait->first.at, at[i]);
        assert_int_equal(trait->first.n, cases[i].value.n + 2);
        assert_int_equal(trait->first.frame, 1);
    }
    expect_trait("chaddr", audit_trait_first(client, ID_HARDWARE_ADDRESS),
                 SLICE("\1\74\7\124\0\0\1"), AUDIT_BY_CLIENT);
    assert_int_equal(audit_trait_first(client, ID_HARDWARE_ADDRESS)->first.at, 28);
    expect_trait("ciaddr", audit_trait_first(client, ID_CURRENT_ADDRESS), SLICE("\300\0\2\11"),
                 AUDIT_BY_CLIENT);
    expect_trait("order", audit_trait_first(client, ID_OPTION_ORDER),
                 (struct slice){ order, sizeof order }, AUDIT_BY_CLIENT);
    assert_int_equal(audit_trait_first(client, ID_OPTION_ORDER)->type, DHCP_DISCOVER);
    audit_free(audit);
}

static void test_what_servers_say_of_themselves_is_not_the_clients(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "a");
    struct saying ack = give(DHCP_ACK, 1, 7, 0xc0000205);
    option(&ack, 60, SLICE("PXEServer"));
    option(&ack, 43, SLICE("\1\1a"));
    option(&ack, 12, SLICE("host-5"));
    option(&ack, 99, SLICE("\1DE"));
    see(audit, file, ack);
    struct audit_client *client = client_of(audit, 1);
    assert_null(audit_trait_first(client, ID_VENDOR_CLASS));
    assert_null(audit_trait_first(client, ID_VENDOR_SPECIFIC));
    assert_null(audit_trait_first(client, ID_OPTION_ORDER));
    expect_trait("12", audit_trait_first(client, ID_HOST_NAME), SLICE("host-5"), AUDIT_BY_SERVER);
    expect_trait("99", audit_trait_first(client, ID_CIVIC_LOCATION), SLICE("\1DE"),
                 AUDIT_BY_SERVER);
    expect_trait("yiaddr", audit_trait_first(client, ID_ASSIGNED_ADDRESS), SLICE("\300\0\2\5"),
                 AUDIT_BY_SERVER);
    audit_free(audit);
}

/* RFC 4702 §2.1: question and answer differ in flags and RCODEs. */
static void test_a_name_asked_and_answered_is_one_value(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "a");
    struct saying request = ask(DHCP_REQUEST, 1, 7), ack = give(DHCP_ACK, 1, 7, 0xc0000205);
    option(&request, 81, SLICE("\5\0\0\5brian\0"));
    option(&ack, 81, SLICE("\6\377\377\5brian\0"));
    see(audit, file, request);
    see(audit, file, ack);
    const struct audit_trait *trait = audit_trait_first(client_of(audit, 1), ID_CLIENT_FQDN);
    expect_trait("81", trait, SLICE("\4\0\0\5brian\0"), AUDIT_BY_CLIENT | AUDIT_BY_SERVER);
    assert_null(audit_trait_next(trait));
    assert_int_equal(trait->count, 2);
    assert_int_equal(trait->sightings, 1);
    audit_free(audit);
}

/* RFC 7819 §3.9 */
static void test_sub_options_of_relay_agents_are_noted_each(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "a");
    struct saying s = ask(DHCP_DISCOVER, 1, 7);
    struct slice information = SLICE("\1\2c1\2\2r1\5\4\300\0\2\0\6\2s1\14\2id\20\1b\23\0");
    put32(s.octets + 24, 0xc0000201);
    option(&s, 82, information);
    see(audit, file, s);
    struct audit_client *client = client_of(audit, 1);
    const struct audit_trait *other = audit_trait_first(client, ID_RELAY_INFORMATION);
    expect_trait("1", audit_trait_first(client, ID_CIRCUIT_ID), SLICE("c1"), AUDIT_BY_RELAY);
    assert_int_equal(audit_trait_first(client, ID_CIRCUIT_ID)->first.at, 245);
    assert_int_equal(audit_trait_first(client, ID_CIRCUIT_ID)->first.n, 4);
    expect_trait("2", audit_trait_first(client, ID_REMOTE_ID), SLICE("r1"), AUDIT_BY_RELAY);
    expect_trait("5", audit_trait_first(client, ID_LINK_SELECTION), SLICE("\300\0\2\0"),
                 AUDIT_BY_RELAY);
    expect_trait("6", audit_trait_first(client, ID_SUBSCRIBER_ID), SLICE("s1"), AUDIT_BY_RELAY);
    expect_trait("12", other, SLICE("\14\2id"), AUDIT_BY_RELAY);
    expect_trait("16", audit_trait_next(other), SLICE("\20\1b"), AUDIT_BY_RELAY);
    expect_trait("19", audit_trait_next(audit_trait_next(other)), SLICE("\23\0"), AUDIT_BY_RELAY);
    expect_slice("order", audit_trait_first(client, ID_OPTION_ORDER)->value->octets, SLICE("5"));
    audit_free(audit);
}

static void test_82_that_reaches_the_client_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t giaddr;
        uint16_t port;
        bool reaches;
    } cases[] = {
        { "to the relay agent", 0xc0000201, 67, false },
        { "by the relay agent", 0xc0000201, 68, true },
        { "without one", 0, 68, true },
        { "unicast without one", 0, 67, true },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct audit *audit = new_audit(0);
        uint32_t file = add_file(audit, "a.pcap", "a");
        struct saying ack = give(DHCP_ACK, 1, 7, 0xc0000205);
        put32(ack.octets + 24, cases[i].giaddr);
        ack.captured.destination_port = cases[i].port;
        option(&ack, 82, SLICE("\6\2s1"));
        see(audit, file, ack);
        if (audit_trait_first(client_of(audit, 1), ID_SUBSCRIBER_ID)->to_client != cases[i].reaches)
            fail_msg("%s", cases[i].name);
        audit_free(audit);
    }
}

/* RFC 4388 §6.4.2 */
static void test_what_a_leasequery_discloses_is_told_apart(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "a"), other = add_file(audit, "b.pcap", "b");
    struct saying query = ask(DHCP_LEASEQUERY, 1, 7), active = answer(DHCP_LEASEACTIVE, 1, 7, 0);
    option(&query, 55, SLICE("\122"));
    option(&query, 60, SLICE("the requestor's"));
    put32(active.octets + 12, 0xc0000205);
    option(&active, 61, SLICE("\0mine"));
    option(&active, 82, SLICE("\1\2c1"));
    option(&active, 92, SLICE("\300\0\2\6\300\0\2\7\300"));
    see(audit, file, query);
    see(audit, file, active);
    struct audit_client *client = client_of(audit, 1);
    assert_null(audit_trait_first(client, ID_PARAMETER_LIST));
    assert_null(audit_trait_first(client, ID_VENDOR_CLASS));
    expect_trait("61", audit_trait_first(client, ID_CLIENT_ID), SLICE("\0mine"),
                 AUDIT_BY_LEASEQUERY);
    expect_trait("82", audit_trait_first(client, ID_CIRCUIT_ID), SLICE("c1"), AUDIT_BY_LEASEQUERY);
    const struct audit_trait *address = audit_trait_first(client, ID_ASSIGNED_ADDRESS);
    expect_trait("ciaddr", address, SLICE("\300\0\2\5"), AUDIT_BY_LEASEQUERY);
    expect_trait("92", audit_trait_next(address), SLICE("\300\0\2\6"), AUDIT_BY_LEASEQUERY);
    assert_null(audit_trait_next(audit_trait_next(audit_trait_next(address))));
    struct saying discover = ask(DHCP_DISCOVER, 1, 8);
    option(&discover, 61, SLICE("\0mine"));
    see(audit, other, discover);
    const struct audit_trait *id = audit_trait_first(client, ID_CLIENT_ID);
    expect_trait("61", id, SLICE("\0mine"), AUDIT_BY_LEASEQUERY | AUDIT_BY_CLIENT);
    assert_int_equal(id->network, 1); /* where the client was, not who asked */
    assert_false(id->several_networks);
    audit_free(audit);
}

static void test_values_of_a_kind_are_bounded_and_the_rest_counted(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "a");
    for (uint32_t i = 0; i < 20; i++) {
        struct saying s = ask(DHCP_DISCOVER, 1, i);
        uint8_t name[2] = { 'a', (uint8_t)i };
        option(&s, 12, (struct slice){ name, 2 });
        see(audit, file, s);
    }
    size_t n = 0;
    for (const struct audit_trait *trait = audit_trait_first(client_of(audit, 1), ID_HOST_NAME);
         trait; trait = audit_trait_next(trait))
        n++;
    assert_int_equal(n, AUDIT_TRAITS_PER_KIND);
    assert_int_equal(client_of(audit, 1)->dropped, 20 - AUDIT_TRAITS_PER_KIND);
    audit_free(audit);
}

/* RFC 3396: an option may be as long as the message. */
static void test_a_long_value_is_cut_and_known_by_all_of_it(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "a");
    uint8_t part[250];
    memset(part, 'x', sizeof part);
    for (uint8_t i = 0; i < 3; i++) {
        struct saying s = ask(DHCP_DISCOVER, 1, i);
        for (int pieces = 0; pieces < 5; pieces++)
            option(&s, 60, (struct slice){ part, sizeof part });
        option(&s, 60, (struct slice){ &(uint8_t){ (uint8_t)(i / 2) }, 1 });
        see(audit, file, s);
    }
    const struct audit_trait *first = audit_trait_first(client_of(audit, 1), ID_VENDOR_CLASS);
    assert_int_equal(first->value->octets.n, AUDIT_VALUE_MAX);
    assert_int_equal(first->count, 2);
    assert_non_null(audit_trait_next(first));
    assert_ptr_not_equal(audit_trait_next(first)->value, first->value);
    audit_free(audit);
}

static void test_who_else_has_a_value_is_one_look(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "a");
    for (uint8_t who = 1; who <= 3; who++) {
        struct saying s = ask(DHCP_DISCOVER, who, who);
        option(&s, 12, SLICE("phone"));
        option(&s, 60, SLICE("phone"));
        see(audit, file, s);
        see(audit, file, s);
    }
    const struct audit_trait *trait = audit_trait_first(client_of(audit, 1), ID_HOST_NAME);
    assert_int_equal(trait->value->clients, 3);
    assert_ptr_equal(trait->value->traits->client, client_of(audit, 3));
    assert_ptr_equal(trait->value->traits->next_of_value->client, client_of(audit, 2));
    assert_ptr_equal(trait->value->traits->next_of_value->next_of_value, trait);
    assert_ptr_not_equal(trait->value,
                         audit_trait_first(client_of(audit, 1), ID_VENDOR_CLASS)->value);
    audit_free(audit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_option_that_identifies_is_noted_with_its_place),
        cmocka_unit_test(test_what_servers_say_of_themselves_is_not_the_clients),
        cmocka_unit_test(test_a_name_asked_and_answered_is_one_value),
        cmocka_unit_test(test_sub_options_of_relay_agents_are_noted_each),
        cmocka_unit_test(test_82_that_reaches_the_client_is_told),
        cmocka_unit_test(test_what_a_leasequery_discloses_is_told_apart),
        cmocka_unit_test(test_values_of_a_kind_are_bounded_and_the_rest_counted),
        cmocka_unit_test(test_a_long_value_is_cut_and_known_by_all_of_it),
        cmocka_unit_test(test_who_else_has_a_value_is_one_look),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
