/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <errno.h>

#include "saying.h"

static void test_a_client_is_one_hardware_address(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "");
    join(audit, file, 1, 7, 0xc0000205);
    join(audit, file, 2, 8, 0xc0000206);
    assert_int_equal(audit->clients_n, 2);
    assert_int_equal(audit->messages, 8);
    assert_int_equal(client_of(audit, 1)->messages, 4);
    assert_ptr_equal(audit->clients[1], client_of(audit, 2));
    assert_int_equal(client_of(audit, 2)->number, 1);
    assert_int_equal(client_of(audit, 2)->device, 1);
    assert_null(client_of(audit, 3));
    audit_free(audit);
}

static void test_htype_makes_another_client(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "");
    struct saying other = ask(DHCP_DISCOVER, 1, 7);
    other.octets[1] = 6;
    see(audit, file, ask(DHCP_DISCOVER, 1, 7));
    see(audit, file, other);
    assert_int_equal(audit->clients_n, 2);
    audit_free(audit);
}

static void nameless(struct saying *s, struct slice client_id)
{
    s->octets[2] = 0;
    memset(s->octets + 28, 0, 16);
    if (client_id.n)
        option(s, DHCP_O_CLIENT_ID, client_id);
}

static void test_without_hardware_a_client_is_one_client_id(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "home");
    struct saying first = ask(DHCP_DISCOVER, 0, 7), second = ask(DHCP_DISCOVER, 0, 8),
                  reply = answer(DHCP_OFFER, 0, 7, 0xc0000205), nobody = ask(DHCP_DISCOVER, 0, 9);
    nameless(&first, SLICE("\0one"));
    nameless(&second, SLICE("\0two"));
    nameless(&reply, SLICE("")); /* RFC 6842: servers did not echo 61 */
    nameless(&nobody, SLICE(""));
    see(audit, file, first);
    see(audit, file, second);
    see(audit, file, reply);
    see(audit, file, nobody);
    assert_int_equal(audit->clients_n, 2);
    assert_int_equal(audit->clients[0]->messages, 2);
    assert_int_equal(audit->clients[0]->hlen, 0);
    expect_slice("client-id", audit->clients[0]->client_id, SLICE("\0one"));
    assert_null(audit_trait_first(audit->clients[0], ID_HARDWARE_ADDRESS));
    assert_int_equal(audit->messages, 4);
    audit_free(audit);
}

static void test_clients_beyond_the_cap_are_counted(void **state)
{
    (void)state;
    struct audit *audit = new_audit(2);
    uint32_t file = add_file(audit, "a.pcap", "home");
    for (uint8_t who = 1; who <= 4; who++)
        see(audit, file, ask(DHCP_DISCOVER, who, who));
    see(audit, file, ask(DHCP_DISCOVER, 2, 9));
    assert_int_equal(audit->clients_n, 2);
    assert_int_equal(audit->clients_beyond, 2);
    assert_int_equal(audit->messages, 5);
    audit_free(audit);
}

static void test_a_cut_hardware_address_is_nobodys(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "home");
    for (size_t n = 0; n <= 34; n++) {
        struct saying s = ask(DHCP_DISCOVER, 1, 7);
        s.captured.payload = guarded((struct slice){ s.octets, n });
        assert_int_equal(audit_see(audit, file, &s.captured), 0);
        assert_int_equal(audit->clients_n, n >= 34);
    }
    assert_int_equal(audit->messages, 35);
    audit_free(audit);
}

static void test_what_is_malformed_is_counted_and_the_first_kept(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "home");
    struct capture_message loss = { .kind = CAPTURE_LOSS, .frame = 4, .what = "lost" };
    assert_int_equal(audit_see(audit, file, &loss), 0);
    assert_int_equal(audit->messages, 0);
    assert_int_equal(audit->faults_n, 1);
    assert_int_equal(audit->faults[0].place.frame, 4);
    assert_string_equal(audit->faults[0].what, "lost");
    struct saying s = ask(DHCP_DISCOVER, 1, 7);
    s.captured.payload = guarded((struct slice){ s.octets, s.n }); /* no END */
    s.captured.frame = 5;
    assert_int_equal(audit_see(audit, file, &s.captured), 0);
    assert_int_equal(audit->faults_n, 2);
    assert_int_equal(audit->faults[1].place.frame, 5);
    assert_int_equal(audit->faults[1].place.at, 243);
    for (size_t i = 0; i < AUDIT_FAULTS_MAX; i++)
        assert_int_equal(audit_see(audit, file, &loss), 0);
    assert_int_equal(audit->faults_n, AUDIT_FAULTS_MAX);
    assert_int_equal(audit->faults_all, AUDIT_FAULTS_MAX + 2);
    audit_free(audit);
}

/* RFC 4388 §6.2: by client identifier and by address, chaddr is zero. */
static void test_a_leasequery_is_about_the_client_that_is_known_so(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "home");
    struct saying discover = ask(DHCP_DISCOVER, 1, 7), by_id = ask(DHCP_LEASEQUERY, 0, 20),
                  by_address = ask(DHCP_LEASEQUERY, 0, 21),
                  by_hardware = ask(DHCP_LEASEQUERY, 1, 22), unknown = ask(DHCP_LEASEQUERY, 0, 23);
    option(&discover, DHCP_O_CLIENT_ID, SLICE("\0mine"));
    see(audit, file, discover);
    see(audit, file, give(DHCP_ACK, 1, 7, 0xc0000205));
    nameless(&by_id, SLICE("\0mine"));
    nameless(&by_address, SLICE(""));
    nameless(&unknown, SLICE("\0nobody's"));
    put32(by_address.octets + 12, 0xc0000205);
    see(audit, file, by_id);
    see(audit, file, by_address);
    see(audit, file, by_hardware);
    see(audit, file, unknown);
    assert_int_equal(audit->clients_n, 1);
    assert_int_equal(audit->clients[0]->messages, 5);
    assert_int_equal(audit->clients[0]->stays->messages, 2);
    audit_free(audit);
}

static void test_finish_and_go_on(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "");
    assert_int_equal(audit_finish(audit), 0);
    join(audit, file, 1, 7, 0xc0000205);
    assert_int_equal(audit_finish(audit), 0);
    join(audit, file, 1, 8, 0xc0000205);
    assert_int_equal(audit_finish(audit), 0);
    assert_int_equal(audit->clients[0]->messages, 8);
    assert_int_equal(audit->clients[0]->stays->sightings, 2);
    struct saying s = ask(DHCP_DISCOVER, 1, 7);
    assert_int_equal(audit_see(audit, 9, &s.captured), -EINVAL);
    audit_free(audit);
    audit_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_client_is_one_hardware_address),
        cmocka_unit_test(test_htype_makes_another_client),
        cmocka_unit_test(test_without_hardware_a_client_is_one_client_id),
        cmocka_unit_test(test_clients_beyond_the_cap_are_counted),
        cmocka_unit_test(test_a_cut_hardware_address_is_nobodys),
        cmocka_unit_test(test_what_is_malformed_is_counted_and_the_first_kept),
        cmocka_unit_test(test_a_leasequery_is_about_the_client_that_is_known_so),
        cmocka_unit_test(test_finish_and_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
