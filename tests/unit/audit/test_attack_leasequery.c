/* SPDX-License-Identifier: ISC
 *
 * RFC 7819 §5.10.
 */
#include "check.h"

#include "verdict.h"

#define ID AUDIT_5_10_LEASEQUERY

#define OFFICE 0xc0000200
#define ASKER  (OFFICE | 200)

static const struct life known = {
    .who = 1, .xid = 7, .address = OFFICE | 50, .client = SLICE_INIT("\x3d\x05\x00kali")
};
static const struct life other = { .who = 2, .xid = 8, .address = OFFICE | 51 };

/* RFC 4388 §6.2: about nobody yet. */
static struct saying question(uint8_t type)
{
    struct saying s = said(DHCP_BOOTREQUEST, type, 0, 77);
    s.octets[1] = s.octets[2] = 0;
    memset(s.octets + 28, 0, 16);
    put32(s.octets + 24, ASKER);
    s.captured.source = ASKER;
    s.captured.destination = OFFICE | 1;
    s.captured.source_port = s.captured.destination_port = 67;
    return s;
}

/* §6.4.2 */
static struct saying reply(uint8_t type)
{
    struct saying s = of(&known, said(DHCP_BOOTREPLY, type, known.who, 77));
    put32(s.octets + 24, ASKER);
    s.captured.source = OFFICE | 1;
    s.captured.destination = ASKER;
    s.captured.source_port = s.captured.destination_port = 67;
    if (type == DHCP_LEASEACTIVE) {
        put32(s.octets + 12, known.address);
        option32(&s, DHCP_O_LAST_TRANSACTION, 13);
        option(&s, DHCP_O_RELAY_AGENT, SLICE("\x01\x06port 7"));
    }
    return s;
}

static struct saying over_tcp(struct saying s, bool from_server)
{
    put32(s.octets + 24, 0);
    s.captured.kind = CAPTURE_TCP;
    s.captured.source_port = from_server ? 67 : 40000;
    s.captured.destination_port = from_server ? 40000 : 67;
    s.captured.stream = from_server;
    return s;
}

static struct audit *office(uint32_t *file)
{
    struct audit *audit = new_audit(0);
    *file = add_file(audit, "a.pcap", "office");
    live(audit, *file, known);
    live(audit, *file, other);
    return audit;
}

static void done(struct audit *audit, enum audit_verdict verdict, const char *text)
{
    finish(audit);
    expect(audit, known, ID, verdict, text);
    expect(audit, other, ID, AUDIT_NOT_SEEN, "");
    audit_free(audit);
}

static void test_who_was_asked_about_by_address_is_exposed_by_the_answer(void **state)
{
    (void)state;
    uint32_t file;
    struct audit *audit = office(&file);
    struct saying by_address = question(DHCP_LEASEQUERY);
    put32(by_address.octets + 12, known.address);
    see(audit, file, by_address);
    see(audit, file, reply(DHCP_LEASEACTIVE));
    finish(audit);
    expect(audit, known, ID, AUDIT_EXPOSED,
           "no relay agent in this capture asks about it (leasequery): 192.0.2.200");
    expect(audit, known, ID, AUDIT_EXPOSED, "the answer tells its address: 192.0.2.50");
    expect(audit, known, ID, AUDIT_EXPOSED,
           "the answer tells its hardware address: 02:07:54:00:00:01");
    done(audit, AUDIT_EXPOSED,
         "the answer tells where it is attached (relay agent information): port 7");
}

static void test_by_hardware_address(void **state)
{
    (void)state;
    uint32_t file;
    struct audit *audit = office(&file);
    struct saying s = question(DHCP_LEASEQUERY);
    memcpy(s.octets + 28, "\x02\x07\x54\x00\x00\x01", 6);
    s.octets[1] = 1;
    s.octets[2] = 6;
    see(audit, file, s);
    done(audit, AUDIT_POSSIBLE, "192.0.2.200");
}

static void test_by_client_id_and_before_the_client_was_seen(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "office");
    struct saying s = question(DHCP_LEASEQUERY);
    option(&s, DHCP_O_CLIENT_ID, SLICE("\0kali"));
    see(audit, file, s);
    live(audit, file, known);
    live(audit, file, other);
    done(audit, AUDIT_POSSIBLE, "192.0.2.200");
}

static void test_an_answer_that_knows_nothing_is_possible(void **state)
{
    (void)state;
    uint32_t file;
    struct audit *audit = office(&file);
    struct saying s = question(DHCP_LEASEQUERY);
    put32(s.octets + 12, known.address);
    see(audit, file, s);
    see(audit, file, reply(DHCP_LEASEUNKNOWN));
    done(audit, AUDIT_POSSIBLE, "no lease");
}

static void test_an_answer_whose_question_was_not_seen(void **state)
{
    (void)state;
    uint32_t file;
    struct audit *audit = office(&file);
    see(audit, file, reply(DHCP_LEASEACTIVE));
    done(audit, AUDIT_EXPOSED, "is answered a leasequery about it: 192.0.2.200");
}

static void test_a_relay_agent_of_this_capture_weighs_less_and_is_called_one(void **state)
{
    (void)state;
    uint32_t file;
    struct audit *audit = office(&file);
    struct saying relayed = asks(&known, DHCP_DISCOVER);
    put32(relayed.octets + 24, ASKER);
    put32(relayed.octets + 4, 1000);
    relayed.captured.source_port = 67;
    see(audit, file, relayed);
    struct saying s = question(DHCP_LEASEQUERY);
    put32(s.octets + 12, known.address);
    see(audit, file, s);
    see(audit, file, reply(DHCP_LEASEACTIVE));
    done(audit, AUDIT_EXPOSED, "a relay agent asks about it (leasequery): 192.0.2.200");
}

static void test_a_bulk_leasequery_exposes_whom_the_answers_name(void **state)
{
    (void)state;
    uint32_t file;
    struct audit *audit = office(&file);
    see(audit, file, over_tcp(question(DHCP_BULKLEASEQUERY), false));
    see(audit, file, over_tcp(reply(DHCP_LEASEACTIVE), true));
    done(audit, AUDIT_EXPOSED,
         "asks about many clients, it among them (bulk leasequery): 192.0.2.200");
}

static void test_an_active_leasequery_exposes_whom_the_answers_name(void **state)
{
    (void)state;
    uint32_t file;
    struct audit *audit = office(&file);
    see(audit, file, over_tcp(question(DHCP_ACTIVELEASEQUERY), false));
    see(audit, file, over_tcp(reply(DHCP_LEASEACTIVE), true));
    done(audit, AUDIT_EXPOSED,
         "has every change of its lease told (active leasequery): 192.0.2.200");
}

static void test_a_client_that_only_a_leasequery_names_is_a_client(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "office");
    see(audit, file, reply(DHCP_LEASEACTIVE));
    finish(audit);
    expect(audit, known, ID, AUDIT_EXPOSED, "192.0.2.50");
    assert_null(life_of(audit, known)->stays);
    audit_free(audit);
}

static void test_what_hides_behind_dhcptls_is_said_to(void **state)
{
    (void)state;
    uint32_t file;
    struct audit *audit = office(&file);
    see(audit, file, over_tcp(question(DHCP_TLS), false));
    see(audit, file, over_tcp(said(DHCP_BOOTREPLY, DHCP_TLS, 0, 77), true));
    finish(audit);
    expect(audit, known, ID, AUDIT_POSSIBLE, "behind DHCPTLS");
    expect(audit, other, ID, AUDIT_POSSIBLE, "behind DHCPTLS");
    audit_free(audit);
}

static void test_dhcptls_to_a_server_of_nobodys_may_be_about_anybody(void **state)
{
    (void)state;
    uint32_t file;
    struct audit *audit = office(&file);
    uint32_t core = add_file(audit, "b.pcap", "core");
    struct saying s = over_tcp(question(DHCP_TLS), false);
    s.captured.destination = 0xcb007101;
    see(audit, core, s);
    finish(audit);
    expect(audit, known, ID, AUDIT_POSSIBLE, "behind DHCPTLS");
    audit_free(audit);
}

/* RFC 7724 §8.2.1: TLSConnectionRefused. */
static void test_dhcptls_that_is_refused_hides_nothing(void **state)
{
    (void)state;
    uint32_t file;
    struct audit *audit = office(&file);
    struct saying refusal = over_tcp(question(DHCP_TLS), true);
    refusal.octets[0] = DHCP_BOOTREPLY;
    refusal.captured.source = OFFICE | 1;
    refusal.captured.destination = ASKER;
    option(&refusal, DHCP_O_STATUS, SLICE("\x08"));
    see(audit, file, over_tcp(question(DHCP_TLS), false));
    see(audit, file, refusal);
    done(audit, AUDIT_NOT_SEEN, "");
}

static void test_queries_are_bounded(void **state)
{
    (void)state;
    uint32_t file;
    struct audit *audit = office(&file);
    for (uint32_t i = 0; i < 1000; i++) {
        struct saying s = question(DHCP_LEASEQUERY);
        put32(s.octets + 12, i % 2 ? known.address : 0xcb007100 + i);
        put32(s.octets + 24, ASKER + i);
        see(audit, file, s);
    }
    done(audit, AUDIT_POSSIBLE, "leasequery");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_was_asked_about_by_address_is_exposed_by_the_answer),
        cmocka_unit_test(test_by_hardware_address),
        cmocka_unit_test(test_by_client_id_and_before_the_client_was_seen),
        cmocka_unit_test(test_an_answer_that_knows_nothing_is_possible),
        cmocka_unit_test(test_an_answer_whose_question_was_not_seen),
        cmocka_unit_test(test_a_relay_agent_of_this_capture_weighs_less_and_is_called_one),
        cmocka_unit_test(test_a_bulk_leasequery_exposes_whom_the_answers_name),
        cmocka_unit_test(test_an_active_leasequery_exposes_whom_the_answers_name),
        cmocka_unit_test(test_a_client_that_only_a_leasequery_names_is_a_client),
        cmocka_unit_test(test_what_hides_behind_dhcptls_is_said_to),
        cmocka_unit_test(test_dhcptls_to_a_server_of_nobodys_may_be_about_anybody),
        cmocka_unit_test(test_dhcptls_that_is_refused_hides_nothing),
        cmocka_unit_test(test_queries_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
