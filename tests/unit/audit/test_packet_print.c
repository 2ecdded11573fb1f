/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "audit/packet_print.h"

#define FIXED_AT 28

static uint8_t message[DHCP_OPTIONS_AT + 64];
static uint8_t room[sizeof message];
static struct dhcp_packet packet;

/* A DISCOVER with these options. */
static void make(struct slice options)
{
    static const uint8_t head[] = { 1, 1, 6, 0, 0, 0, 0xab, 0xcd, 0, 3, 0x80, 0 };
    static const uint8_t chaddr[] = { 2, 0, 0x5e, 0x10, 0, 1 };
    static const uint8_t cookie[] = { 0x63, 0x82, 0x53, 0x63 };
    memset(message, 0, sizeof message);
    memcpy(message, head, sizeof head);
    memcpy(message + FIXED_AT, chaddr, sizeof chaddr);
    memcpy(message + DHCP_FIXED_SIZE, cookie, sizeof cookie);
    if (options.n)
        memcpy(message + DHCP_OPTIONS_AT, options.p, options.n);
    dhcp_packet_parse((struct slice){ message, DHCP_OPTIONS_AT + options.n }, room, &packet);
}

static const struct capture_message captured = {
    .frame = 7,
    .time_ns = INT64_C(1700000000123456789),
    .source = 0,
    .destination = 0xffffffff,
    .source_port = 68,
    .destination_port = 67,
};

static void test_one_message_is_one_line_of_json(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, AUDIT_PACKET_LINE_MAX);
    make(SLICE("\x35\1\1\xff"));
    audit_packet_json(&out, "a \"file\"", &captured, &packet);
    expect_slice(
        "JSON", buf_slice(&out),
        SLICE(
            "{\"file\": \"a \\\"file\\\"\", \"frame\": 7, \"time\": 1700000000.123456789, \"src\": "
            "\"0.0.0.0\", \"dst\": \"255.255.255.255\", \"op\": 1, \"htype\": 1, \"hlen\": 6, "
            "\"hops\": 0, \"xid\": \"0x0000abcd\", \"secs\": 3, \"flags\": \"0x8000\", \"ciaddr\": "
            "\"0.0.0.0\", \"yiaddr\": \"0.0.0.0\", \"siaddr\": \"0.0.0.0\", \"giaddr\": "
            "\"0.0.0.0\", \"chaddr\": \"02:00:5e:10:00:01\", \"type\": \"DISCOVER\", \"options\": "
            "[{\"code\": 53, \"name\": \"DHCP Msg Type\", \"hex\": \"01\", \"value\": 1, \"type\": "
            "\"DISCOVER\"}], \"malformed\": []}\n"));
    buf_clear(&out);
}

static void test_a_frame_without_a_time_has_null(void **state)
{
    struct capture_message timeless = captured;
    struct buf out;
    (void)state;
    timeless.time_ns = CAPTURE_NO_TIME;
    buf_init(&out, AUDIT_PACKET_LINE_MAX);
    make(SLICE("\x35\1\1\xff"));
    audit_packet_json(&out, "f", &timeless, &packet);
    assert_non_null(memmem(buf_slice(&out).p, buf_size(&out), "\"time\": null,", 13));
    buf_clear(&out);
}

static void test_type_is_that_of_the_first_octet_or_bootp(void **state)
{
    static const struct {
        struct slice options;
        const char *type;
    } cases[] = {
        { SLICE_INIT("\x35\1\1\xff"), "DISCOVER" },
        { SLICE_INIT("\x35\1\x12\xff"), "TLS" },
        { SLICE_INIT("\x35\1\x13\xff"), "19" },
        { SLICE_INIT("\x35\1\0\xff"), "0" },
        { SLICE_INIT("\x35\2\3\1\xff"), "REQUEST" },
        { SLICE_INIT("\x35\0\xff"), "BOOTP" },
        { SLICE_INIT("\xff"), "BOOTP" },
        { SLICE_INIT(""), "BOOTP" },
        { SLICE_INIT("\x35\1\xff\xff"), "255" },
    };
    char name[4];
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        make(cases[i].options);
        assert_string_equal(audit_packet_type(&packet, name), cases[i].type);
    }
    make(SLICE("\x35\1\1\xff"));
    message[DHCP_FIXED_SIZE] = 0;
    dhcp_packet_parse((struct slice){ message, DHCP_OPTIONS_AT + 4 }, room, &packet);
    assert_string_equal(audit_packet_type(&packet, name), "BOOTP");
}

static void test_faults_of_packet_and_message_come_by_offset(void **state)
{
    struct fault faults[AUDIT_PACKET_FAULTS_MAX];
    struct capture_message cut = captured;
    (void)state;
    cut.faults[0] = (struct fault){ .at = 1, .what = "first" };
    cut.faults[1] = (struct fault){ .at = 900, .what = "last" };
    cut.faults_n = 2;
    make(SLICE("\x3d\0"));
    size_t n = audit_packet_faults(&cut, &packet, faults);
    assert_true(n >= 4);
    assert_string_equal(faults[0].what, "first");
    assert_string_equal(faults[n - 1].what, "last");
    for (size_t i = 1; i < n; i++)
        assert_true(faults[i - 1].at <= faults[i].at);
}

static void test_text_has_no_control_characters(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, AUDIT_PACKET_LINE_MAX);
    make(SLICE("\x35\1\1\x0c\4a\x1b[m\xff"));
    memcpy(message + DHCP_SNAME_AT, "\x1b]0;x\a", 6);
    audit_packet_text(&out, "\x1b[31m", &captured, &packet);
    struct slice text = buf_slice(&out);
    for (size_t i = 0; i < text.n; i++)
        assert_true(text.p[i] == '\n' || (text.p[i] >= 0x20 && text.p[i] != 0x7f));
    buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_message_is_one_line_of_json),
        cmocka_unit_test(test_a_frame_without_a_time_has_null),
        cmocka_unit_test(test_type_is_that_of_the_first_octet_or_bootp),
        cmocka_unit_test(test_faults_of_packet_and_message_come_by_offset),
        cmocka_unit_test(test_text_has_no_control_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
