/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "audit/packet_option.h"

#define A1 "\xc0\x00\x02\x01"
#define A2 "\xc0\x00\x02\x02"

/* What an object with the option's members says. */
static const struct {
    const char *name;
    uint8_t code;
    struct slice value;
    const char *json;
} cases[] = {
    { "an address", 1, SLICE_INIT("\xff\xff\xff\0"), "{\"address\": \"255.255.255.0\"}" },
    { "an address one short", 1, SLICE_INIT("\xff\xff\xff"), "{}" },
    { "an address one long", 1, SLICE_INIT("\xff\xff\xff\0\0"), "{}" },
    { "addresses", 3, SLICE_INIT(A1 A2), "{\"addresses\": [\"192.0.2.1\", \"192.0.2.2\"]}" },
    { "no addresses", 3, SLICE_INIT(""), "{}" },
    { "addresses and a half", 3, SLICE_INIT(A1 "\1\2"), "{}" },
    { "a signed number", 2, SLICE_INIT("\xff\xff\xff\xff"), "{\"value\": -1}" },
    { "a number of four octets", 51, SLICE_INIT("\xff\xff\xff\xff"), "{\"value\": 4294967295}" },
    { "a number of two", 57, SLICE_INIT("\5\xdc"), "{\"value\": 1500}" },
    { "a number of one", 23, SLICE_INIT("\x40"), "{\"value\": 64}" },
    { "a number of another length", 57, SLICE_INIT("\5"), "{}" },
    { "numbers", 117, SLICE_INIT("\0\6\0\x2c"), "{\"values\": [6, 44]}" },
    { "numbers of one octet", 145, SLICE_INIT("\1"), "{\"values\": [1]}" },
    { "text", 12, SLICE_INIT("laptop"), "{\"text\": \"laptop\"}" },
    { "no text", 12, SLICE_INIT(""), "{\"text\": \"\"}" },
    { "text with a NUL", 12, SLICE_INIT("a\0"), "{\"text\": \"a\\\\x00\"}" },
    { "text in UTF-8", 12, SLICE_INIT("K\xc3\xb6ln"), "{\"text\": \"K\xc3\xb6ln\"}" },
    { "text that is none", 12, SLICE_INIT("\xff\"\\"), "{\"text\": \"\\\\xff\\\"\\\\x5c\"}" },
    { "pairs", 33, SLICE_INIT(A1 A2), "{\"pairs\": [[\"192.0.2.1\", \"192.0.2.2\"]]}" },
    { "a pair and a half", 33, SLICE_INIT(A1 A2 A1), "{}" },
    { "codes", 55, SLICE_INIT("\1\3\xff"), "{\"codes\": [1, 3, 255]}" },
    { "a type", 53, SLICE_INIT("\1"), "{\"value\": 1, \"type\": \"DISCOVER\"}" },
    { "a type without a name", 53, SLICE_INIT("\xc8"), "{\"value\": 200, \"type\": null}" },
    { "type 0", 53, SLICE_INIT("\0"), "{\"value\": 0, \"type\": null}" },
    { "no type", 53, SLICE_INIT(""), "{}" },
    { "routes", 121, SLICE_INIT("\x18\xc0\0\2" A1 "\0" A2),
      "{\"routes\": [{\"to\": \"192.0.2.0/24\", \"via\": \"192.0.2.1\"}, "
      "{\"to\": \"0.0.0.0/0\", \"via\": \"192.0.2.2\"}]}" },
    { "a route that is too wide", 121, SLICE_INIT("\x21\xc0\0\2\1\1" A1), "{}" },
    { "a route one short", 249, SLICE_INIT("\0\xc0\0\2"), "{}" },
    { "hardware", 61, SLICE_INIT("\1\2\0\x5e\x10\0\1"),
      "{\"form\": \"hardware\", \"type\": 1, \"hardware\": \"02:00:5e:10:00:01\"}" },
    { "opaque", 61, SLICE_INIT("\0abc"), "{\"form\": \"opaque\", \"type\": 0, \"text\": \"abc\"}" },
    { "no client identifier", 61, SLICE_INIT(""), "{}" },
    { "DUID-EN", 61, SLICE_INIT("\xff\0\0\0\1\0\2\0\0\0\x09\xab"),
      "{\"form\": \"duid\", \"type\": 255, \"iaid\": 1, \"duid\": {\"type\": 2, \"name\": \"EN\", "
      "\"enterprise\": 9, \"hex\": \"ab\"}}" },
    { "a type of DUID that nobody knows", 61, SLICE_INIT("\xff\0\0\0\1\0\x09zz"),
      "{\"form\": \"duid\", \"type\": 255, \"iaid\": 1, \"duid\": {\"type\": 9, \"name\": null, "
      "\"hex\": \"7a7a\"}}" },
    { "user classes", 77, SLICE_INIT("\1a\2bc"),
      "{\"items\": [{\"text\": \"a\"}, {\"text\": \"bc\"}]}" },
    { "bare user class", 77, SLICE_INIT("MSFT"), "{\"text\": \"MSFT\"}" },
    { "FQDN", 81, SLICE_INIT("\5\0\0\1a\7example\0"),
      "{\"flags\": 5, \"s\": true, \"o\": false, \"e\": true, \"n\": false, \"rcode1\": 0, "
      "\"rcode2\": 0, "
      "\"fqdn\": \"a.example\", \"complete\": true}" },
    { "FQDN of two octets", 81, SLICE_INIT("\5\0"), "{}" },
    { "relay agent", 82, SLICE_INIT("\1\2ab\5\4" A1),
      "{\"sub-options\": [{\"code\": 1, \"name\": \"circuit-id\", \"hex\": \"6162\", \"text\": "
      "\"ab\"}, "
      "{\"code\": 5, \"name\": \"link-selection\", \"hex\": \"c0000201\", \"address\": "
      "\"192.0.2.1\"}]}" },
    { "relay agent up to what overruns", 82, SLICE_INIT("\x0a\1\x80\1\7ab"),
      "{\"sub-options\": [{\"code\": 10, \"name\": \"relay-agent-flags\", \"hex\": \"80\"}]}" },
    { "vendor sub-options", 43, SLICE_INIT("\1\1a"),
      "{\"sub-options\": [{\"code\": 1, \"hex\": \"61\"}]}" },
    { "vendor octets", 43, SLICE_INIT("\1\2a"), "{}" },
    { "vendor class", 124, SLICE_INIT("\0\0\0\x09\2ab"),
      "{\"items\": [{\"enterprise\": 9, \"hex\": \"6162\", \"text\": \"ab\"}]}" },
    { "vendor information", 125, SLICE_INIT("\0\0\0\x09\3\1\1x"),
      "{\"items\": [{\"enterprise\": 9, \"hex\": \"010178\", \"sub-options\": [{\"code\": 1, "
      "\"hex\": "
      "\"78\"}]}]}" },
    { "network interface", 94, SLICE_INIT("\1\3\2"), "{\"type\": 1, \"major\": 3, \"minor\": 2}" },
    { "GUID", 97, SLICE_INIT("\0\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"),
      "{\"type\": 0, \"uuid\": \"01020304-0506-0708-090a-0b0c0d0e0f10\"}" },
    { "GUID one short", 97, SLICE_INIT("\0\1"), "{\"type\": 0}" },
    { "civic", 99, SLICE_INIT("\2DE\3\4Bonn"),
      "{\"what\": \"client\", \"country\": \"DE\", \"elements\": [{\"type\": 3, \"name\": "
      "\"city\", "
      "\"text\": \"Bonn\"}]}" },
    { "names", 119, SLICE_INIT("\1a\0\1b\xc0\0"), "{\"names\": [\"a\", \"b.a\"]}" },
    { "a name with a dot in a label", 137, SLICE_INIT("\3a.b\0"), "{\"names\": [\"a\\\\.b\"]}" },
    { "the root", 137, SLICE_INIT("\0"), "{\"names\": [\"\"]}" },
    { "a name without an end", 119, SLICE_INIT("\1a"), "{}" },
    { "a pointer to itself", 119, SLICE_INIT("\1a\xc0\0\1b\xc0\5"), "{}" },
    { "a pointer forward", 119, SLICE_INIT("\xc0\2\1a\0"), "{}" },
    { "SIP names", 120, SLICE_INIT("\0\1a\0"), "{\"names\": [\"a\"]}" },
    { "SIP addresses", 120, SLICE_INIT("\1" A1), "{\"addresses\": [\"192.0.2.1\"]}" },
    { "SIP of neither", 120, SLICE_INIT("\2" A1), "{}" },
    { "a status", 151, SLICE_INIT("\0ok"),
      "{\"status\": 0, \"status-name\": \"Success\", \"text\": \"ok\"}" },
    { "a state", 156, SLICE_INIT("\2"), "{\"state\": 2, \"state-name\": \"ACTIVE\"}" },
    { "a source", 157, SLICE_INIT("\1"), "{\"value\": 1, \"remote\": true}" },
    { "an option of nobody", 254, SLICE_INIT("\1"), "{}" },
    { "a flag without octets", 80, SLICE_INIT(""), "{}" },
};

static void test_a_value_is_decoded_as_its_definition_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct audit_json j;
        struct buf out;
        buf_init(&out, 4096);
        audit_json_init(&j, &out, false);
        audit_json_object(&j);
        audit_option_json(&j, cases[i].code, guarded(cases[i].value));
        audit_json_end(&j);
        assert_true(audit_json_done(&j));
        expect_slice(cases[i].name, buf_slice(&out), slice_of_str(cases[i].json));
        buf_clear(&out);
    }
}

static void test_names_that_point_to_each_other_are_bounded(void **state)
{
    enum { N = 60000 };
    static uint8_t value[N] = { 1, 'a', 0 };
    struct audit_json j;
    struct buf out;
    (void)state;
    for (size_t i = 3; i + 1 < N; i += 2)
        value[i] = 0xc0;
    buf_init(&out, 1 << 20);
    audit_json_init(&j, &out, false);
    audit_json_object(&j);
    audit_option_json(&j, 119, (struct slice){ value, 3 + 2 * 255 });
    assert_true(buf_size(&out) > 1000);
    audit_json_end(&j);
    buf_consume(&out, buf_size(&out));
    audit_json_init(&j, &out, false);
    audit_json_object(&j);
    audit_option_json(&j, 119, (struct slice){ value, N - 1 });
    audit_json_end(&j);
    expect_slice("more names than are shown", buf_slice(&out), SLICE("{}"));
    buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_value_is_decoded_as_its_definition_says),
        cmocka_unit_test(test_names_that_point_to_each_other_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
