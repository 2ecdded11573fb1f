/* SPDX-License-Identifier: ISC
 *
 * RFC 7819 §5.5.
 */
#include "check.h"

#include "verdict.h"

#define ID AUDIT_5_5_STABLE_IDENTITY

static const struct row {
    const char *name;
    bool universal;
    struct slice client, server;
    enum audit_verdict verdict;
    const char *text;
} rows[] = {
    { "a locally administered address is none", false, OPTIONS(""), OPTIONS(""), AUDIT_NOT_SEEN,
      "" },
    { "a client-id that only repeats it adds none", false,
      OPTIONS("\x3d\x07\x01\x02\x07\x54\x00\x00\x01"), OPTIONS(""), AUDIT_NOT_SEEN, "" },
    { "nor when it says type 0", false, OPTIONS("\x3d\x07\x00\x02\x07\x54\x00\x00\x01"),
      OPTIONS(""), AUDIT_NOT_SEEN, "" },
    { "nor without a type", false, OPTIONS("\x3d\x06\x02\x07\x54\x00\x00\x01"), OPTIONS(""),
      AUDIT_NOT_SEEN, "" },
    { "nor when it is spelt out", false,
      OPTIONS("\x3d\x12\x00"
              "02:07:54:00:00:01"),
      OPTIONS(""), AUDIT_NOT_SEEN, "" },
    { "a universal address is one", true, OPTIONS(""), OPTIONS(""), AUDIT_EXPOSED,
      "3c:07:54:00:00:01" },
    { "and a client-id that repeats it", true, OPTIONS("\x3d\x07\x01\x3c\x07\x54\x00\x00\x01"),
      OPTIONS(""), AUDIT_EXPOSED, "repeats its universally administered" },
    { "a client-id with another local address is", false,
      OPTIONS("\x3d\x07\x01\x02\x07\x54\x00\x00\x09"), OPTIONS(""), AUDIT_EXPOSED,
      "02:07:54:00:00:09" },
    { "an opaque client-id is", false, OPTIONS("\x3d\x05\x00kali"), OPTIONS(""), AUDIT_EXPOSED,
      "opaque" },
    { "an RFC 4361 one is, even of the address in use", false,
      OPTIONS("\x3d\x0f\xff\x00\x00\x00\x01\x00\x03\x00\x01\x02\x07\x54\x00\x00\x01"), OPTIONS(""),
      AUDIT_EXPOSED, "DUID-LL" },
    { "an FQDN is", false, OPTIONS("\x51\x0e\x01\x00\x00toms.laptop"), OPTIONS(""), AUDIT_EXPOSED,
      "toms.laptop" },
    { "an FQDN option without a name is not", false, OPTIONS("\x51\x03\x00\x00\x00"), OPTIONS(""),
      AUDIT_NOT_SEEN, "" },
    { "a host name is", false, OPTIONS("\x0c\x06zephyr"), OPTIONS(""), AUDIT_EXPOSED, "zephyr" },
    { "one that many have may be", false, OPTIONS("\x0c\x06iPhone"), OPTIONS(""), AUDIT_POSSIBLE,
      "" },
    { "one with some digits of the local address in use is", false, OPTIONS("\x0c\x0cx02075400000"),
      OPTIONS(""), AUDIT_EXPOSED, "" },
    { "one made of all its digits is not", false, OPTIONS("\x0c\x0d-020754000001"), OPTIONS(""),
      AUDIT_NOT_SEEN, "" },
    { "a name that only a server gives may be", false, OPTIONS(""), OPTIONS("\x0c\x06zephyr"),
      AUDIT_POSSIBLE, "a server gives it a name" },
    { "a UUID is", false,
      OPTIONS("\x61\x11\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"),
      OPTIONS(""), AUDIT_EXPOSED, "(97)" },
    { "a UUID of zeros is not", false,
      OPTIONS("\x61\x11\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
      OPTIONS(""), AUDIT_NOT_SEEN, "" },
    { "a subscriber-id that reaches the client is", false, OPTIONS(""),
      OPTIONS("\x52\x06\x06\x04"
              "4711"),
      AUDIT_EXPOSED, "4711" },
    { "a circuit-id is the place's, not the client's", false, OPTIONS(""),
      OPTIONS("\x52\x06\x01\x04"
              "eth0"),
      AUDIT_NOT_SEEN, "" },
    { "a serial number in TR-069's 125 is", false,
      OPTIONS("\x7d\x0f\x00\x00\x0d\xe9\x0a\x01\x03"
              "abc\x02\x03"
              "123"),
      OPTIONS(""), AUDIT_EXPOSED, "serial" },
    { "a vendor class is not", false, OPTIONS("\x3c\x08MSFT 5.0"), OPTIONS(""), AUDIT_NOT_SEEN,
      "" },
};

static void test_stable_identity_by_what_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        expect_of_one(LIFE(.name = rows[i].name, .universal = rows[i].universal,
                           .client = rows[i].client, .server = rows[i].server),
                      ID, rows[i].verdict, rows[i].text);
}

static void test_a_subscriber_id_that_stays_behind_the_relay_agent_is_possible(void **state)
{
    (void)state;
    struct life life = { .who = 1, .xid = 7, .address = 0x0a010032 };
    struct audit *audit = new_audit(0);
    struct saying s = asks(&life, DHCP_DISCOVER);
    put_options(&s, SLICE("\x52\x06\x06\x04"
                          "4711"));
    put32(s.octets + 24, 0x0a010001);
    see(audit, add_file(audit, "a.pcap", "core"), s);
    finish(audit);
    expect(audit, life, ID, AUDIT_POSSIBLE, "4711");
    audit_free(audit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stable_identity_by_what_is_told),
        cmocka_unit_test(test_a_subscriber_id_that_stays_behind_the_relay_agent_is_possible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
