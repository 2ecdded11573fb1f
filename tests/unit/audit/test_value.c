/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "audit/trait.h"

static const struct {
    const char *name;
    enum identifier_kind kind;
    struct slice octets;
    const char *text;
    const char *hardware; /* NULL: none in it */
} cases[] = {
    { "chaddr", ID_HARDWARE_ADDRESS, SLICE_INIT("\1\2\3\4\5\6\7"), "02:03:04:05:06:07",
      "\2\3\4\5\6\7" },
    { "another chaddr", ID_HARDWARE_ADDRESS, SLICE_INIT("\40\1\2\3"), "01:02:03", NULL },
    { "61 of hardware", ID_CLIENT_ID, SLICE_INIT("\1\2\3\4\5\6\7"), NULL, "\2\3\4\5\6\7" },
    { "61 of DUID-LL", ID_CLIENT_ID, SLICE_INIT("\377\0\0\0\1\0\3\0\1\2\3\4\5\6\7"), NULL,
      "\2\3\4\5\6\7" },
    { "61 of DUID-LLT", ID_CLIENT_ID, SLICE_INIT("\377\0\0\0\1\0\1\0\1\0\0\0\0\2\3\4\5\6\7"), NULL,
      "\2\3\4\5\6\7" },
    { "61 of DUID-EN", ID_CLIENT_ID, SLICE_INIT("\377\0\0\0\1\0\2\0\0\253\21\1\2\3\4\5\6"), NULL,
      NULL },
    { "61 opaque", ID_CLIENT_ID, SLICE_INIT("\0abcdef"), NULL, NULL },
    { "61 of Cisco's", ID_CLIENT_ID, SLICE_INIT("\0cisco-aabb.ccDd.0102-Vl1"), NULL,
      "\252\273\314\335\1\2" },
    { "61 of Cisco's, short", ID_CLIENT_ID, SLICE_INIT("\0cisco-aabb.ccdd.010"), NULL, NULL },
    { "61 of Cisco's, dots", ID_CLIENT_ID, SLICE_INIT("\0cisco-aabb-ccdd-0102-V"), NULL, NULL },
    { "61 of Cisco's, letters", ID_CLIENT_ID, SLICE_INIT("\0cisco-aabg.ccdd.0102"), NULL, NULL },
    { "61 empty", ID_CLIENT_ID, SLICE_INIT(""), NULL, NULL },
    { "an address", ID_REQUESTED_ADDRESS, SLICE_INIT("\300\0\2\5"), "192.0.2.5", NULL },
    { "no address", ID_LINK_SELECTION, SLICE_INIT("\300\0\2"), "c0:00:02", NULL },
    { "a name", ID_HOST_NAME, SLICE_INIT("brians-phone"), "brians-phone", NULL },
    { "a name with a NUL", ID_HOST_NAME, SLICE_INIT("a\0b\n"), "a\\x00b\\x0a", NULL },
    { "an FQDN", ID_CLIENT_FQDN, SLICE_INIT("\4\0\0\5brian\7example\0"), "brian.example", NULL },
    { "an FQDN in text", ID_CLIENT_FQDN, SLICE_INIT("\0\0\0brian"), "brian", NULL },
    { "a circuit in text", ID_CIRCUIT_ID, SLICE_INIT("eth 1/2"), "eth 1/2", NULL },
    { "a circuit in numbers", ID_CIRCUIT_ID, SLICE_INIT("\0\4\0\12"), "00:04:00:0a", NULL },
    { "another sub-option", ID_RELAY_INFORMATION, SLICE_INIT("\14\2ab"),
      "relay-agent-identifier ab", NULL },
    { "one that nobody knows", ID_RELAY_INFORMATION, SLICE_INIT("\310\0"), "sub-option 200", NULL },
    { "habits", ID_HEADER_HABITS, SLICE_INIT("\100\101"), "TTL 64, TTL varies, broadcast wanted",
      NULL },
};

static void test_values_in_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct audit_value value = { .kind = cases[i].kind, .octets = guarded(cases[i].octets) };
        struct buf text;
        buf_init(&text, 1024);
        audit_value_text(&value, &text);
        if (cases[i].text)
            expect_slice(cases[i].name, buf_slice(&text), slice_of_str(cases[i].text));
        buf_clear(&text);
    }
}

static void test_the_hardware_address_in_a_value(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct audit_value value = { .kind = cases[i].kind, .octets = guarded(cases[i].octets) };
        uint8_t hardware[6];
        bool has = audit_value_hardware(&value, hardware);
        if (has != (cases[i].hardware != NULL))
            fail_msg("%s: %d", cases[i].name, has);
        if (has)
            assert_memory_equal(hardware, cases[i].hardware, 6);
    }
}

/* Every kind of any octets: printable, one line, and no octet beyond the end is looked at. */
static void test_any_octets_make_one_line(void **state)
{
    (void)state;
    uint8_t octets[64];
    for (unsigned kind = 0; kind < ID_KIND_COUNT; kind++)
        for (size_t n = 0; n < sizeof octets; n++) {
            memset(octets, (int)(n * 7), sizeof octets);
            struct audit_value value = { .kind = (enum identifier_kind)kind,
                                         .octets = guarded((struct slice){ octets, n }) };
            struct buf text;
            buf_init(&text, 8192);
            audit_value_text(&value, &text);
            struct slice s = buf_slice(&text);
            for (size_t i = 0; i < s.n; i++)
                assert_true(s.p[i] >= 0x20 && s.p[i] != 0x7f);
            assert_true(slice_is_utf8(s));
            buf_clear(&text);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_in_words),
        cmocka_unit_test(test_the_hardware_address_in_a_value),
        cmocka_unit_test(test_any_octets_make_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
