/* SPDX-License-Identifier: ISC
 *
 * RFC 7819 §5.6, §5.8, §5.9: sightings that are joined.
 */
#include "check.h"

#include <math.h>

#include "verdict.h"

#define OVER_TIME AUDIT_5_8_CORRELATION
#define TRACKED   AUDIT_5_9_LOCATION_TRACKING
#define PERVASIVE AUDIT_5_6_PERVASIVE_MONITORING

#define DUID   "\x3d\x11\xff\x00\x00\x00\x01\x00\x02\x00\x00\xab\x11\x01\x02\x03\x04\x05\x06"
#define REPEAT "\x3d\x07\x01\x02\x07\x54\x00\x00\x01" /* of client 1 */
#define CIVIC(city) \
    "\x63\x09\x02"  \
    "DE\x03\x04" city
#define CIVIC_OF_SERVER(city) \
    "\x63\x09\x00"            \
    "DE\x03\x04" city

struct scene {
    struct audit *audit;
    uint32_t home, office;
};

static struct scene begin(void)
{
    struct scene s = { .audit = new_audit(0) };
    s.home = add_file(s.audit, "a.pcap", "home");
    s.office = add_file(s.audit, "b.pcap", "office");
    return s;
}

static struct life at_home(uint8_t who, uint32_t xid)
{
    return (struct life){ .who = who, .xid = xid, .address = 0x0a090800u + 50 + who };
}

static struct life at_office(uint8_t who, uint32_t xid)
{
    return (struct life){ .who = who, .xid = xid, .address = 0xc0000200u + 50 + who };
}

static void end(struct scene *s)
{
    audit_free(s->audit);
}

static void test_a_client_of_the_anonymity_profile_is_joined_with_nothing(void **state)
{
    (void)state;
    struct scene s = begin();
    struct life life = at_home(1, 7);
    life.client = SLICE(REPEAT);
    live(s.audit, s.home, life);
    live(s.audit, s.office, at_office(2, 8));
    finish(s.audit);
    expect(s.audit, life, OVER_TIME, AUDIT_NOT_SEEN, "");
    expect(s.audit, life, TRACKED, AUDIT_NOT_SEEN, "");
    expect(s.audit, life, PERVASIVE, AUDIT_NOT_SEEN, "");
    expect(s.audit, at_office(2, 8), TRACKED, AUDIT_NOT_SEEN, "");
    end(&s);
}

static void test_one_sighting_with_a_stable_identifier_is_possible(void **state)
{
    (void)state;
    struct scene s = begin();
    struct life life = at_home(1, 7);
    life.client = SLICE(DUID);
    live(s.audit, s.home, life);
    finish(s.audit);
    expect(s.audit, life, OVER_TIME, AUDIT_POSSIBLE, "it was seen once");
    expect(s.audit, life, TRACKED, AUDIT_NOT_SEEN, "");
    expect(s.audit, life, PERVASIVE, AUDIT_POSSIBLE, "DUID-EN");
    end(&s);
}

static void test_two_sightings_with_a_stable_identifier_are_joined(void **state)
{
    (void)state;
    struct scene s = begin();
    struct life life = at_home(1, 7);
    life.client = SLICE(DUID);
    live(s.audit, s.home, life);
    life.xid = 8;
    live(s.audit, s.home, life);
    finish(s.audit);
    expect(s.audit, life, OVER_TIME, AUDIT_EXPOSED, "joins two sightings of it: IAID 1 DUID-EN");
    expect(s.audit, life, OVER_TIME, AUDIT_EXPOSED, "and here it is again");
    expect(s.audit, life, TRACKED, AUDIT_NOT_SEEN, "");
    end(&s);
}

static void test_two_sightings_with_a_universal_address_are_joined(void **state)
{
    (void)state;
    struct scene s = begin();
    struct life life = at_home(1, 7);
    life.universal = true;
    live(s.audit, s.home, life);
    life.xid = 8;
    live(s.audit, s.home, life);
    finish(s.audit);
    expect(s.audit, life, OVER_TIME, AUDIT_EXPOSED, "3c:07:54:00:00:01");
    end(&s);
}

/* It is the same for as long as it stays, and no longer. */
static void test_a_local_address_joins_possibly_on_one_network(void **state)
{
    (void)state;
    struct scene s = begin();
    struct life life = at_home(1, 7);
    live(s.audit, s.home, life);
    life.xid = 8;
    live(s.audit, s.home, life);
    finish(s.audit);
    expect(s.audit, life, OVER_TIME, AUDIT_POSSIBLE, "for as long as it is kept");
    expect(s.audit, life, TRACKED, AUDIT_NOT_SEEN, "");
    end(&s);
}

static void test_a_local_address_on_two_networks_is_followed(void **state)
{
    (void)state;
    struct scene s = begin();
    live(s.audit, s.home, at_home(1, 7));
    live(s.audit, s.office, at_office(1, 8));
    finish(s.audit);
    expect(s.audit, at_home(1, 7), OVER_TIME, AUDIT_EXPOSED, "02:07:54:00:00:01");
    expect(s.audit, at_home(1, 7), TRACKED, AUDIT_EXPOSED, ": home ()");
    expect(s.audit, at_home(1, 7), TRACKED, AUDIT_EXPOSED, ": office ()");
    expect(s.audit, at_home(1, 7), PERVASIVE, AUDIT_EXPOSED, ": office ()");
    end(&s);
}

static void test_a_duid_under_two_addresses_is_followed(void **state)
{
    (void)state;
    struct scene s = begin();
    struct life home = at_home(1, 7), office = at_office(2, 8);
    home.client = office.client = SLICE(DUID);
    live(s.audit, s.home, home);
    live(s.audit, s.office, office);
    finish(s.audit);
    expect(s.audit, home, OVER_TIME, AUDIT_EXPOSED, "(02:07:54:00:00:02)");
    expect(s.audit, home, TRACKED, AUDIT_EXPOSED, ": office (02:07:54:00:00:02)");
    expect(s.audit, home, PERVASIVE, AUDIT_EXPOSED, ": office (02:07:54:00:00:02)");
    expect(s.audit, office, TRACKED, AUDIT_EXPOSED, ": home (02:07:54:00:00:01)");
    end(&s);
}

/* Two at once on one link, each with its own exchanges: one identity, two devices. */
static void test_a_cloned_identity_joins_only_possibly(void **state)
{
    (void)state;
    struct scene s = begin();
    struct life one = at_home(1, 7), other = at_home(2, 8);
    one.client = other.client = SLICE(DUID);
    live(s.audit, s.home, one);
    live(s.audit, s.home, other);
    finish(s.audit);
    struct audit_evidence evidence = { .place = { .frame = 1, .at = 243, .n = 19 },
                                       .what = "both have the same DUID" };
    struct audit_link link = { .b = 1,
                               .kinds = 1U << AUDIT_LINK_DUID,
                               .reading = AUDIT_LINK_CLONED,
                               .evidence = { .at = &evidence, .n = 1 } };
    s.audit->links = &link;
    s.audit->links_n = 1;
    assert_int_equal(audit_attacks_judge(s.audit), 0);
    expect(s.audit, one, OVER_TIME, AUDIT_POSSIBLE, "both have the same DUID");
    expect(s.audit, one, PERVASIVE, AUDIT_POSSIBLE, "DUID-EN");
    link.reading = AUDIT_LINK_ONE_DEVICE;
    assert_int_equal(audit_attacks_judge(s.audit), 0);
    expect(s.audit, one, OVER_TIME, AUDIT_EXPOSED, "both have the same DUID");
    link.kinds = 1U << AUDIT_LINK_HABIT;
    assert_int_equal(audit_attacks_judge(s.audit), 0);
    expect(s.audit, one, OVER_TIME, AUDIT_POSSIBLE, "both have the same DUID");
    end(&s);
}

static void test_different_locations_on_one_network_are_followed(void **state)
{
    (void)state;
    struct scene s = begin();
    struct life life = at_home(1, 7);
    life.client = SLICE("\x0c\x0ctomek-laptop");
    life.server = SLICE(CIVIC("Bonn"));
    live(s.audit, s.home, life);
    life.xid = 8;
    life.server = SLICE(CIVIC("Kiel"));
    live(s.audit, s.home, life);
    finish(s.audit);
    expect(s.audit, life, TRACKED, AUDIT_EXPOSED, "city Bonn");
    expect(s.audit, life, TRACKED, AUDIT_EXPOSED, "city Kiel");
    end(&s);
}

static void test_a_local_address_alone_is_possibly_followed_from_place_to_place(void **state)
{
    (void)state;
    struct scene s = begin();
    struct life life = at_home(1, 7);
    life.server = SLICE(CIVIC("Bonn"));
    live(s.audit, s.home, life);
    life.xid = 8;
    life.server = SLICE(CIVIC("Kiel"));
    live(s.audit, s.home, life);
    finish(s.audit);
    expect(s.audit, life, TRACKED, AUDIT_POSSIBLE, "city Bonn");
    expect(s.audit, life, TRACKED, AUDIT_POSSIBLE, "city Kiel");
    end(&s);
}

/* Where the server is and where the client is are no two places of the client. */
static void test_the_servers_place_is_not_compared_with_the_clients(void **state)
{
    (void)state;
    struct scene s = begin();
    struct life life = at_home(1, 7);
    life.server = SLICE(CIVIC("Bonn"));
    live(s.audit, s.home, life);
    life.xid = 8;
    life.server = SLICE(CIVIC_OF_SERVER("Kiel"));
    live(s.audit, s.home, life);
    finish(s.audit);
    expect(s.audit, life, TRACKED, AUDIT_NOT_SEEN, "");
    end(&s);
}

static void test_two_locations_told_of_one_exchange_are_not_two_places(void **state)
{
    (void)state;
    struct scene s = begin();
    struct life one = at_home(1, 7), other = at_home(1, 7);
    one.server = SLICE(CIVIC("Bonn"));
    other.server = SLICE(CIVIC("Kiel"));
    see(s.audit, s.home, asks(&one, DHCP_DISCOVER));
    see(s.audit, s.home, gives(&one, DHCP_OFFER));
    see(s.audit, s.home, gives(&other, DHCP_OFFER));
    finish(s.audit);
    expect(s.audit, one, TRACKED, AUDIT_NOT_SEEN, "");
    end(&s);
}

static void test_a_name_can_be_looked_for(void **state)
{
    (void)state;
    struct scene s = begin();
    struct life life = at_home(1, 7), generic = at_home(2, 8);
    life.client = SLICE("\x0c\x0ctomek-laptop");
    generic.client = SLICE("\x0c\x06iPhone");
    live(s.audit, s.home, life);
    live(s.audit, s.home, generic);
    finish(s.audit);
    expect(s.audit, life, TRACKED, AUDIT_POSSIBLE,
           "look for it in the DNS of each network: tomek-laptop");
    expect(s.audit, generic, TRACKED, AUDIT_NOT_SEEN, "");
    end(&s);
}

/* tomek-laptop.mycompany.com.example, then tomek-laptop.myisp.example. */
static void test_a_trail_of_names_is_followed(void **state)
{
    (void)state;
    struct scene s = begin();
    struct life life = at_home(1, 7);
    life.server = SLICE("\x51\x0e\x05\xff\xff\x05tomek\x01"
                        "a\x01"
                        "b\x00");
    live(s.audit, s.home, life);
    life.xid = 8;
    life.server = SLICE("\x51\x0e\x05\xff\xff\x05tomek\x01"
                        "c\x01"
                        "b\x00");
    live(s.audit, s.home, life);
    finish(s.audit);
    expect(s.audit, life, TRACKED, AUDIT_EXPOSED, "tomek.a.b (tomek.c.b)");
    end(&s);
}

static void near(double got, double want)
{
    assert_true(fabs(got - want) < 1e-9);
}

/* Three networks; one device on one of them, one on two (two addresses, one of them named), one on all. */
static void test_what_a_listener_learns_is_the_exact_mean(void **state)
{
    (void)state;
    struct scene s = begin();
    uint32_t cafe = add_file(s.audit, "c.pcap", "cafe");
    struct life one = at_home(2, 21), other = at_office(3, 22);
    one.client = SLICE(DUID);
    other.client = SLICE(DUID "\x0c\x06zephyr");
    live(s.audit, s.home, at_home(1, 7));
    live(s.audit, s.home, one);
    live(s.audit, s.office, other);
    live(s.audit, s.home, at_home(4, 31));
    live(s.audit, s.office, at_office(4, 32));
    live(s.audit, cafe, (struct life){ .who = 4, .xid = 33, .address = 0xcb007105 });
    finish(s.audit);
    assert_int_equal(s.audit->listeners_n, 3);
    const struct audit_listener *l = s.audit->listeners;
    near(l[0].devices, (1 / 3.0 + 2 / 3.0 + 1) / 3);
    near(l[0].followed, 0);
    near(l[0].named, 1 / 3.0 / 3);
    near(l[1].devices, (2 / 3.0 + 1 + 1) / 3);
    near(l[1].followed, (0 + 1 / 3.0 + 1) / 3);
    near(l[1].named, 2 / 3.0 / 3);
    near(l[2].devices, 1);
    near(l[2].followed, 2 / 3.0);
    near(l[2].named, 1 / 3.0);
    assert_int_equal(l[2].networks, 3);
    end(&s);
}

static void test_a_listener_on_very_many_networks_is_told_in_steps(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    for (uint32_t i = 0; i < 60; i++) {
        char name[] = "network-00";
        name[8] = (char)('0' + i / 10);
        name[9] = (char)('0' + i % 10);
        live(audit, add_file(audit, name, ""),
             (struct life){ .who = (uint8_t)i, .xid = i + 1, .address = 0x0a000005 + (i << 8) });
    }
    finish(audit);
    const struct audit_listener *last = &audit->listeners[audit->listeners_n - 1];
    assert_true(audit->listeners_n < 30);
    assert_int_equal(last->networks, 60);
    near(last->devices, 1);
    near(audit->listeners[0].devices, 1 / 60.0);
    for (size_t i = 1; i < audit->listeners_n; i++)
        assert_true(audit->listeners[i].networks > audit->listeners[i - 1].networks &&
                    audit->listeners[i].devices > audit->listeners[i - 1].devices);
    audit_free(audit);
}

/* A live audit is judged again and again: nothing is doubled, and what was written is kept. */
static void test_judging_again_changes_nothing(void **state)
{
    (void)state;
    struct scene s = begin();
    struct life home = at_home(1, 7), office = at_office(2, 8);
    home.client = office.client = SLICE(DUID "\x0c\x0ctomek-laptop");
    live(s.audit, s.home, home);
    live(s.audit, s.office, office);
    finish(s.audit);
    const struct audit_findings before = life_of(s.audit, home)->attacks[TRACKED].evidence;
    struct slice text = before.at[0].value.text;
    size_t used = s.audit->memory.used;
    assert_int_equal(audit_attacks_judge(s.audit), 0);
    const struct audit_findings *after = &life_of(s.audit, home)->attacks[TRACKED].evidence;
    assert_int_equal(after->n, before.n);
    assert_ptr_equal(after->at[0].value.text.p, text.p);
    assert_int_equal(s.audit->memory.used, used);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_client_of_the_anonymity_profile_is_joined_with_nothing),
        cmocka_unit_test(test_one_sighting_with_a_stable_identifier_is_possible),
        cmocka_unit_test(test_two_sightings_with_a_stable_identifier_are_joined),
        cmocka_unit_test(test_two_sightings_with_a_universal_address_are_joined),
        cmocka_unit_test(test_a_local_address_joins_possibly_on_one_network),
        cmocka_unit_test(test_a_local_address_on_two_networks_is_followed),
        cmocka_unit_test(test_a_duid_under_two_addresses_is_followed),
        cmocka_unit_test(test_a_cloned_identity_joins_only_possibly),
        cmocka_unit_test(test_different_locations_on_one_network_are_followed),
        cmocka_unit_test(test_a_local_address_alone_is_possibly_followed_from_place_to_place),
        cmocka_unit_test(test_the_servers_place_is_not_compared_with_the_clients),
        cmocka_unit_test(test_two_locations_told_of_one_exchange_are_not_two_places),
        cmocka_unit_test(test_a_name_can_be_looked_for),
        cmocka_unit_test(test_a_trail_of_names_is_followed),
        cmocka_unit_test(test_what_a_listener_learns_is_the_exact_mean),
        cmocka_unit_test(test_a_listener_on_very_many_networks_is_told_in_steps),
        cmocka_unit_test(test_judging_again_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
