/* SPDX-License-Identifier: ISC
 *
 * RFC 7819 §5.3.
 */
#include "check.h"

#include "verdict.h"

#define ID AUDIT_5_3_LOCATION

#define CIVIC_BONN \
    "\x63\x0c\x02" \
    "DE\x03\x04"   \
    "Bonn\x13\x01" \
    "7"
/* 50.7374, 7.0982 (RFC 6225 §2.1, §2.2). */
#define GEOCONF "\x7b\x10\x64\x65\x79\x8c\x7e\x64\x0e\x32\x47\x45\x15\x00\x00\x00\x00\x01"
#define GEOLOC  "\x90\x10\x64\x65\x79\x8c\x7e\x64\x0e\x32\x47\x45\x15\x00\x00\x00\x00\x41"

static const struct row {
    const char *name;
    struct slice client, server;
    enum audit_verdict verdict;
    const char *text;
} rows[] = {
    { "nobody tells", OPTIONS("\x37\x01\x63"), OPTIONS(""), AUDIT_NOT_SEEN, "" },
    { "a server tells a civic address", OPTIONS(""), OPTIONS(CIVIC_BONN), AUDIT_EXPOSED,
      "city Bonn" },
    { "the client tells it itself", OPTIONS(CIVIC_BONN), OPTIONS(""), AUDIT_EXPOSED,
      "the client tells itself where it is" },
    { "the server's own place tells the client's, too", OPTIONS(""),
      OPTIONS("\x63\x09\x00"
              "DE\x03\x04"
              "Bonn"),
      AUDIT_EXPOSED, "server, DE" },
    { "a civic address that cannot be decoded", OPTIONS(""), OPTIONS("\x63\x01\x02"),
      AUDIT_POSSIBLE, "" },
    { "coordinates of the wrong length", OPTIONS(""), OPTIONS("\x7b\x02\x02\x01"), AUDIT_POSSIBLE,
      "" },
    { "a circuit-id that reaches the client", OPTIONS(""),
      OPTIONS("\x52\x06\x01\x04"
              "eth0"),
      AUDIT_EXPOSED, "reaches the client's link: eth0" },
    { "a subscriber-id that reaches the client", OPTIONS(""),
      OPTIONS("\x52\x06\x06\x04"
              "4711"),
      AUDIT_EXPOSED, "reaches the client's link: 4711" },
    { "link-selection that reaches the client", OPTIONS(""),
      OPTIONS("\x52\x06\x05\x04\x0a\x01\x00\x00"), AUDIT_EXPOSED, "10.1.0.0" },
    { "other relay agent information", OPTIONS(""), OPTIONS("\x52\x06\x0c\x04relay"),
      AUDIT_POSSIBLE, "" },
};

static void test_location_by_what_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        expect_of_one(
            LIFE(.name = rows[i].name, .client = rows[i].client, .server = rows[i].server), ID,
            rows[i].verdict, rows[i].text);
}

static void test_coordinates_have_four_decimals(void **state)
{
    (void)state;
    expect_of_one(LIFE(.server = OPTIONS(GEOCONF)), ID, AUDIT_EXPOSED, "50.7374");
    expect_of_one(LIFE(.server = OPTIONS(GEOLOC)), ID, AUDIT_EXPOSED, "50.7374");
}

static struct saying relayed(struct saying s, struct slice options)
{
    put_options(&s, options);
    put32(s.octets + 24, 0x0a010001);
    s.captured.source_port = s.captured.destination_port = 67;
    return s;
}

/* The capture shows it to whoever sees that link: exposed, and it says which. */
static void test_option_82_between_relay_agent_and_server_says_so(void **state)
{
    (void)state;
    struct life life = { .who = 1, .xid = 7, .address = 0x0a010032 };
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "core");
    see(audit, file, relayed(asks(&life, DHCP_DISCOVER), SLICE("\x52\x08\x01\x06port 7")));
    see(audit, file, relayed(gives(&life, DHCP_OFFER), SLICE("\x52\x08\x01\x06port 7")));
    finish(audit);
    expect(audit, life, ID, AUDIT_EXPOSED, "is seen between relay agent and server: port 7");
    audit_free(audit);
}

/* First seen behind the relay agent, then on the link: the proof is the message on the link. */
static void test_what_reaches_the_client_is_proved_by_the_message_that_does(void **state)
{
    (void)state;
    struct life life = { .who = 1, .xid = 7, .address = 0x0a010032 };
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "core");
    see(audit, file,
        relayed(asks(&life, DHCP_DISCOVER), SLICE("\x52\x08\x06\x06"
                                                  "cust-1")));
    struct saying offer = gives(&life, DHCP_OFFER);
    put_options(&offer, SLICE("\x52\x08\x06\x06"
                              "cust-1"));
    see(audit, file, offer);
    finish(audit);
    expect(audit, life, ID, AUDIT_EXPOSED, "reaches the client's link: cust-1");
    assert_int_equal(life_of(audit, life)->attacks[ID].evidence.at[0].place.frame, 2);
    assert_int_equal(
        life_of(audit, life)->attacks[AUDIT_5_5_STABLE_IDENTITY].evidence.at[0].place.frame, 2);
    audit_free(audit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_location_by_what_is_told),
        cmocka_unit_test(test_coordinates_have_four_decimals),
        cmocka_unit_test(test_option_82_between_relay_agent_and_server_says_so),
        cmocka_unit_test(test_what_reaches_the_client_is_proved_by_the_message_that_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
