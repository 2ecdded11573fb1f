/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdio.h>

#include "saying.h"

#define HERE  0xc0000205U /* 192.0.2.5 */
#define THERE 0xc6336405U /* 198.51.100.5 */

static void test_an_ack_is_a_lease_and_its_holder_is_known(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t a = add_file(audit, "a.pcap", "a"), b = add_file(audit, "b.pcap", "b"), on = 9;
    see_at(audit, a, give(DHCP_OFFER, 1, 7, HERE), 100);
    const struct audit_lease *lease = client_of(audit, 1)->stays->leases;
    assert_true(lease->offered_only);
    assert_null(audit_holder(audit, HERE, &on));
    see_at(audit, a, give(DHCP_ACK, 1, 7, HERE), 101);
    assert_int_equal(client_of(audit, 1)->stays->leases_n, 1);
    assert_false(lease->offered_only);
    assert_int_equal(lease->server, 0xc0000201);
    assert_int_equal(lease->first_us, 100000000);
    assert_int_equal(lease->last_us, 101000000);
    assert_int_equal(lease->until_us, 701000000);
    assert_int_equal(lease->place.at, 16);
    assert_ptr_equal(audit_holder(audit, HERE, &on), client_of(audit, 1));
    assert_int_equal(on, 0);
    see_at(audit, b, give(DHCP_ACK, 2, 8, HERE), 50); /* later in the order of files */
    assert_ptr_equal(audit_holder(audit, HERE, &on), client_of(audit, 2));
    assert_int_equal(on, 1);
    assert_ptr_equal(audit_holder_on(audit, 0, HERE), client_of(audit, 1));
    assert_null(audit_holder_on(audit, 0, THERE));
    assert_null(audit_holder(audit, THERE, &on));
    assert_non_null(audit_stay_with(client_of(audit, 1), HERE, 1));
    assert_null(audit_stay_with(client_of(audit, 1), HERE, 0));
    audit_free(audit);
}

static void test_for_ever_is_a_lease_time(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t a = add_file(audit, "a.pcap", "a");
    struct saying ack = answer(DHCP_ACK, 1, 7, HERE);
    option32(&ack, DHCP_O_LEASE_TIME, UINT32_MAX);
    see_at(audit, a, ack, 100);
    assert_int_equal(client_of(audit, 1)->stays->leases[0].until_us, INT64_MAX);
    audit_free(audit);
}

/* RFC 2131 §4.3.5: the ACK of an INFORM has no yiaddr. */
static void test_ciaddr_in_use_is_a_lease(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t a = add_file(audit, "a.pcap", "a"), on;
    struct saying inform = ask(DHCP_INFORM, 1, 7), renew = ask(DHCP_REQUEST, 2, 8),
                  rebind = ask(DHCP_REQUEST, 3, 9), foreign = ask(DHCP_INFORM, 4, 10);
    put32(inform.octets + 12, HERE);
    put32(renew.octets + 12, HERE + 1);
    renew.captured.source = HERE + 1;
    renew.captured.destination = 0xc0000201;
    put32(rebind.octets + 12, HERE + 2);
    rebind.captured.source = HERE + 2;
    put32(foreign.octets + 12, THERE);
    see(audit, a, inform);
    assert_true(client_of(audit, 1)->stays->leases[0].claimed_only);
    assert_int_equal(client_of(audit, 1)->stays->leases[0].place.at, 12);
    see(audit, a, renew);
    see(audit, a, rebind);
    assert_ptr_equal(audit_holder(audit, HERE + 1, &on), client_of(audit, 2));
    assert_null(audit_holder(audit, HERE + 2, &on)); /* broadcast: it may have moved */
    see(audit, a, give(DHCP_ACK, 9, 99, HERE + 9));
    see(audit, a, foreign);
    assert_null(
        audit_holder(audit, THERE, &on)); /* brought along: it is no address of this network */
    see(audit, a, give(DHCP_ACK, 5, 11, HERE));
    see(audit, a, inform);
    assert_ptr_equal(audit_holder(audit, HERE, &on), client_of(audit, 5));
    audit_free(audit);
}

static void test_a_release_ends_the_lease_and_the_span(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t a = add_file(audit, "a.pcap", "a");
    struct saying release = ask(DHCP_RELEASE, 1, 8);
    put32(release.octets + 12, HERE);
    see_at(audit, a, give(DHCP_ACK, 1, 7, HERE), 100);
    see_at(audit, a, release, 200);
    see_at(audit, a, ask(DHCP_DISCOVER, 1, 9), 210);
    const struct audit_stay *stay = client_of(audit, 1)->stays;
    assert_int_equal(stay->leases[0].until_us, 200000000);
    assert_int_equal(stay->spans_n, 2);
    assert_int_equal(stay->spans[0].to_us, 200000000);
    assert_int_equal(stay->spans[1].from_us, 210000000);
    assert_int_equal(stay->first_us, 100000000);
    assert_int_equal(stay->last_us, 210000000);
    audit_free(audit);
}

static void test_a_declined_address_is_not_held(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t a = add_file(audit, "a.pcap", "a");
    struct saying decline = ask(DHCP_DECLINE, 1, 7);
    option32(&decline, DHCP_O_REQUESTED_ADDRESS, HERE);
    see_at(audit, a, give(DHCP_ACK, 1, 7, HERE), 100);
    see_at(audit, a, decline, 101);
    assert_int_equal(client_of(audit, 1)->stays->leases[0].until_us, 101000000);
    audit_free(audit);
}

static void test_a_span_lasts_an_hour_or_its_lease(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t lease;
        int64_t second;
        uint16_t spans;
    } cases[] = {
        { "an hour", 0, 3600, 1 },
        { "more than an hour", 0, 3601, 2 },
        { "as long as the lease", 7200, 7200, 1 },
        { "longer", 7200, 7201, 2 },
        { "for ever", UINT32_MAX, 1000000000, 1 },
        { "a short lease", 60, 3600, 1 },
        { "an earlier file", 0, -3600, 1 },
        { "a much earlier file", 0, -3601, 2 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct audit *audit = new_audit(0);
        uint32_t a = add_file(audit, "a.pcap", "a");
        struct saying ack = answer(DHCP_ACK, 1, 7, HERE);
        if (cases[i].lease)
            option32(&ack, DHCP_O_LEASE_TIME, cases[i].lease);
        see_at(audit, a, ack, 5000);
        see_at(audit, a, ask(DHCP_DISCOVER, 1, 8), 5000 + cases[i].second);
        if (client_of(audit, 1)->stays->spans_n != cases[i].spans)
            fail_msg("%s: %u spans", cases[i].name, client_of(audit, 1)->stays->spans_n);
        audit_free(audit);
    }
}

static void test_stays_leases_and_spans_are_bounded(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    char name[16];
    for (uint32_t i = 0; i < AUDIT_STAYS_MAX + 5; i++) {
        (void)snprintf(name, sizeof name, "%u", i);
        see(audit, add_file(audit, name, name), ask(DHCP_DISCOVER, 1, i));
    }
    struct audit_client *client = client_of(audit, 1);
    size_t stays = 0;
    for (const struct audit_stay *stay = client->stays; stay; stay = stay->next)
        stays++;
    assert_int_equal(stays, AUDIT_STAYS_MAX);
    assert_int_equal(client->dropped, 5);
    for (uint32_t i = 0; i < 40; i++)
        see_at(audit, 0, give(DHCP_ACK, 1, i, HERE + i), 100000 * (i + 1));
    assert_int_equal(client->stays->leases_n, AUDIT_LEASES_MAX);
    assert_int_equal(client->stays->spans_n, AUDIT_SPANS_MAX);
    assert_int_equal(client->stays->spans[15].to_us, 4000000000000);
    audit_free(audit);
}

/* RFC 4388: what the server tells a requestor is no word from the client. */
static void test_a_leasequery_is_no_presence(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t a = add_file(audit, "a.pcap", "a"), on;
    struct saying active = answer(DHCP_LEASEACTIVE, 1, 7, 0);
    put32(active.octets + 12, HERE);
    see(audit, a, active);
    assert_null(client_of(audit, 1)->stays);
    assert_null(audit_holder(audit, HERE, &on));
    audit_free(audit);
}

static void test_a_sighting_is_an_exchange(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    uint32_t a = add_file(audit, "a.pcap", "a");
    join(audit, a, 1, 7, HERE);
    join(audit, a, 1, 7, HERE); /* a client that never changes its xid */
    join(audit, a, 1, 8, HERE);
    see(audit, a, give(DHCP_OFFER, 1, 7, HERE + 1)); /* another server's, late */
    see(audit, a, give(DHCP_ACK, 1, 8, HERE));
    assert_int_equal(client_of(audit, 1)->stays->sightings, 3);
    see_at(audit, a, ask(DHCP_REQUEST, 2, 9), 100);
    see_at(audit, a, ask(DHCP_REQUEST, 2, 9), 160);
    see_at(audit, a, ask(DHCP_REQUEST, 2, 9), 221);
    assert_int_equal(client_of(audit, 2)->stays->sightings, 2);
    audit_free(audit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_ack_is_a_lease_and_its_holder_is_known),
        cmocka_unit_test(test_for_ever_is_a_lease_time),
        cmocka_unit_test(test_ciaddr_in_use_is_a_lease),
        cmocka_unit_test(test_a_release_ends_the_lease_and_the_span),
        cmocka_unit_test(test_a_declined_address_is_not_held),
        cmocka_unit_test(test_a_span_lasts_an_hour_or_its_lease),
        cmocka_unit_test(test_stays_leases_and_spans_are_bounded),
        cmocka_unit_test(test_a_leasequery_is_no_presence),
        cmocka_unit_test(test_a_sighting_is_an_exchange),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
