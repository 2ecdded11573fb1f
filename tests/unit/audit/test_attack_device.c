/* SPDX-License-Identifier: ISC
 *
 * RFC 7819 §5.1.
 */
#include "check.h"

#include "verdict.h"

#define ID AUDIT_5_1_DEVICE_TYPE

static const struct row {
    const char *name;
    bool universal;
    struct slice client;
    enum audit_verdict verdict;
    const char *text;
} rows[] = {
    { "a locally administered address names nobody", false, OPTIONS(""), AUDIT_NOT_SEEN, "" },
    { "nor does a client-id that repeats it", false,
      OPTIONS("\x3d\x07\x01\x02\x07\x54\x00\x00\x01"), AUDIT_NOT_SEEN, "" },
    { "a universal one names its maker by its first three octets", true, OPTIONS(""), AUDIT_EXPOSED,
      "3c:07:54:00:00:01 (3c:07:54)" },
    { "as does one in a client-id", false, OPTIONS("\x3d\x07\x01\x3c\x07\x54\x00\x00\x09"),
      AUDIT_EXPOSED, "3c:07:54:00:00:09" },
    { "or in a DUID-LL", false,
      OPTIONS("\x3d\x0f\xff\x00\x00\x00\x01\x00\x03\x00\x01\x3c\x07\x54\x00\x00\x09"),
      AUDIT_EXPOSED, "3c:07:54:00:00:09" },
    { "a DUID-LLT of a local address does not", false,
      OPTIONS(
          "\x3d\x13\xff\x00\x00\x00\x01\x00\x01\x00\x01\x20\x00\x00\x00\x02\x07\x54\x00\x00\x09"),
      AUDIT_NOT_SEEN, "" },
    { "a DUID-EN names an enterprise", false,
      OPTIONS("\x3d\x0f\xff\x00\x00\x00\x01\x00\x02\x00\x00\xab\x11\x01\x02\x03\x04"),
      AUDIT_POSSIBLE, "" },
    { "a vendor class tells", false, OPTIONS("\x3c\x08HP M402n"), AUDIT_EXPOSED, "HP M402n" },
    { "a client architecture tells", false, OPTIONS("\x5d\x02\x00\x07"), AUDIT_EXPOSED, "" },
    { "a UUID alone shows a PC", false,
      OPTIONS("\x61\x11\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"),
      AUDIT_POSSIBLE, "" },
    { "a MUD URL names the model", false, OPTIONS("\xa1\x14https://m.test/lamp1"), AUDIT_EXPOSED,
      "https://m.test/lamp1" },
    { "a host name that names a model", false, OPTIONS("\x0c\x0dToms-iPhone-6"), AUDIT_EXPOSED,
      "Toms-iPhone-6 (iPhone)" },
    { "a host name that only holds the word inside another", false,
      OPTIONS("\x0c\x09"
              "esperanza"),
      AUDIT_NOT_SEEN, "" },
    { "a parameter request list names no device", false, OPTIONS("\x37\x03\x01\x03\x06"),
      AUDIT_NOT_SEEN, "" },
    { "vendor-specific information may", false, OPTIONS("\x2b\x03\x01\x01\x00"), AUDIT_POSSIBLE,
      "" },
};

static void test_device_type_by_what_a_client_sends(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        expect_of_one(
            LIFE(.name = rows[i].name, .universal = rows[i].universal, .client = rows[i].client),
            ID, rows[i].verdict, rows[i].text);
}

static struct slice maker(void *owner, const uint8_t oui[3])
{
    assert_string_equal(owner, "table");
    return oui[0] == 0x3c ? SLICE("Apple, Inc.") : SLICE("");
}

static void test_the_maker_is_named_when_it_is_known(void **state)
{
    (void)state;
    struct audit_options options;
    char owner[] = "table";
    struct life life = LIFE(.universal = true);
    audit_options_init(&options);
    options.maker = maker;
    options.owner = owner;
    struct audit *audit = audit_new(&options);
    assert_non_null(audit);
    live(audit, add_file(audit, "a.pcap", "office"), life);
    finish(audit);
    expect(audit, life, ID, AUDIT_EXPOSED, "3c:07:54:00:00:01 (Apple, Inc.)");
    audit_free(audit);
}

/* What a server says of itself (43 and 60 in its answers) is not the client's. */
static void test_a_servers_vendor_options_are_not_the_clients(void **state)
{
    (void)state;
    expect_of_one(LIFE(.server = OPTIONS("\x3c\x04"
                                         "Kea9\x2b\x03\x01\x01\x00")),
                  ID, AUDIT_NOT_SEEN, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_device_type_by_what_a_client_sends),
        cmocka_unit_test(test_the_maker_is_named_when_it_is_known),
        cmocka_unit_test(test_a_servers_vendor_options_are_not_the_clients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
