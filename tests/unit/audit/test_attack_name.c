/* SPDX-License-Identifier: ISC
 *
 * RFC 7819 §5.7.
 */
#include "check.h"

#include "verdict.h"

#define ID AUDIT_5_7_NAME_IN_DNS

/* Flags NEOS (RFC 4702 §2.1), then "tom.example" in wire form. */
#define FQDN(flags)                        \
    "\x51\x10" flags "\x00\x00\x03tom\x07" \
    "example\x00"
#define OPAQUE "\x3d\x05\x00kali"

static const struct row {
    const char *name;
    struct slice client, server;
    enum audit_verdict verdict;
    const char *text;
} rows[] = {
    { "nobody names it", OPTIONS(""), OPTIONS(""), AUDIT_NOT_SEEN, "" },
    { "S asked, S answered: the server publishes", OPTIONS(FQDN("\x05")), OPTIONS(FQDN("\x05")),
      AUDIT_EXPOSED, "publishes its name and address in DNS (81): tom.example" },
    { "the server overrides the client", OPTIONS(FQDN("\x04")), OPTIONS(FQDN("\x07")),
      AUDIT_EXPOSED, "publishes its name and address in DNS (81): tom.example" },
    { "neither S nor N answered: the pointer is published", OPTIONS(FQDN("\x04")),
      OPTIONS(FQDN("\x04")), AUDIT_EXPOSED,
      "publishes the name of its address in DNS (81): tom.example" },
    { "N answered publishes nothing", OPTIONS(FQDN("\x05")), OPTIONS(FQDN("\x0e")), AUDIT_NOT_SEEN,
      "" },
    { "N answered publishes nothing of option 12 either", OPTIONS(FQDN("\x05") "\x0c\x03tom"),
      OPTIONS(FQDN("\x0c")), AUDIT_NOT_SEEN, "" },
    { "S asked without an answer is possible", OPTIONS(FQDN("\x05")), OPTIONS(""), AUDIT_POSSIBLE,
      "tom.example" },
    { "N asked without an answer asks for nothing", OPTIONS(FQDN("\x0c")), OPTIONS(""),
      AUDIT_NOT_SEEN, "" },
    { "N asked, S answered: published all the same", OPTIONS(FQDN("\x0c")), OPTIONS(FQDN("\x07")),
      AUDIT_EXPOSED, "tom.example" },
    { "S and N answered together say nothing", OPTIONS(FQDN("\x05")), OPTIONS(FQDN("\x0d")),
      AUDIT_POSSIBLE, "tom.example" },
    { "an answer without a name is about the client's own", OPTIONS(FQDN("\x05")),
      OPTIONS("\x51\x03\x01\xff\xff"), AUDIT_EXPOSED, ": tom.example" },
    { "a host name alone may be published", OPTIONS("\x0c\x03tom"), OPTIONS(""), AUDIT_POSSIBLE,
      "(12): tom" },
    { "an option of two octets is none", OPTIONS("\x51\x02\x01\x00"), OPTIONS(""), AUDIT_NOT_SEEN,
      "" },
    { "DHCID of type 0 over chaddr is no secret", OPTIONS(FQDN("\x05")), OPTIONS(FQDN("\x05")),
      AUDIT_EXPOSED, "postern audit dhcid): 02:07:54:00:00:01" },
    { "nor is one over a client-id with a hardware address",
      OPTIONS(FQDN("\x05") "\x3d\x07\x01\x02\x07\x54\x00\x00\x01"), OPTIONS(FQDN("\x05")),
      AUDIT_EXPOSED, "the hardware address in its client-id" },
    { "one over an opaque client-id is known again", OPTIONS(FQDN("\x05") OPAQUE),
      OPTIONS(FQDN("\x05")), AUDIT_EXPOSED, "the same wherever it goes by this name" },
};

static void test_names_by_what_client_and_server_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        expect_of_one(
            LIFE(.name = rows[i].name, .client = rows[i].client, .server = rows[i].server), ID,
            rows[i].verdict, rows[i].text);
}

static void test_an_offer_alone_promises(void **state)
{
    (void)state;
    struct life life = LIFE(.server = OPTIONS(FQDN("\x05")));
    struct audit *audit = new_audit(0);
    uint32_t file = add_file(audit, "a.pcap", "office");
    see(audit, file, asks(&life, DHCP_DISCOVER));
    see(audit, file, gives(&life, DHCP_OFFER));
    finish(audit);
    expect(audit, life, ID, AUDIT_POSSIBLE, "tom.example");
    audit_free(audit);
}

/* One network publishes, the other does not: what is published is. */
static void test_one_server_that_publishes_is_enough(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    struct life home = { .who = 1,
                         .xid = 7,
                         .address = 0x0a090832,
                         .client = OPTIONS(FQDN("\x05")),
                         .server = OPTIONS(FQDN("\x0e")) };
    struct life office = { .who = 1,
                           .xid = 8,
                           .address = 0xc0000232,
                           .client = OPTIONS(FQDN("\x05")),
                           .server = OPTIONS(FQDN("\x05")) };
    live(audit, add_file(audit, "a.pcap", "home"), home);
    live(audit, add_file(audit, "b.pcap", "office"), office);
    finish(audit);
    expect(audit, home, ID, AUDIT_EXPOSED, "tom.example");
    audit_free(audit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_by_what_client_and_server_say),
        cmocka_unit_test(test_an_offer_alone_promises),
        cmocka_unit_test(test_one_server_that_publishes_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
