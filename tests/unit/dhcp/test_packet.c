/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "wire.h"

/* clang-format off */
/* Options as "code=hex code*pieces=hex", flaws as "offset what". */
static const struct {
    const char *name, *options, *file, *sname, *want, *flaws;
} messages[] = {
    { "one option", "350101 ff", NULL, NULL, "53=01", "" },
    { "pads are skipped, and nothing is listed behind END", "00 0000 350101 00 ff 0c0161", NULL, NULL, "53=01", "" },
    { "the order of the message is kept", "3d0201aa 350103 320404030201 ff", NULL, NULL, "61=01aa 53=03 50=04030201", "" },
    { "an empty value", "5000 350101 ff", NULL, NULL, "80= 53=01", "" },
    { "RFC 3396: pieces of one code are one value, at the first one's place", "0c0161 350101 0c0162 0c00 0c0163 ff", NULL, NULL, "12*4=616263 53=01", "" },
    { "RFC 2131 §4.1: the options field, then file", "340101 350101 0c0161 ff", "0c0162 3d0201aa ff", NULL, "52=01 53=01 12*2=6162 61=01aa", "" },
    { "then sname", "340103 350101 ff", "0c0162 ff", "0c0161 ff", "52=03 53=01 12*2=6261", "" },
    { "sname alone", "340102 350101 ff", "0c0162 ff", "0c0161 ff", "52=02 53=01 12=61", "" },
    { "file and sname hold names without 52", "350101 ff", "0c0162 ff", "0c0161 ff", "53=01", "" },

    { "no END", "350101", NULL, NULL, "53=01", "243 no END" },
    { "no END behind pads", "350101 0000", NULL, NULL, "53=01", "245 no END" },
    { "nothing behind the cookie", "", NULL, NULL, "", "240 no END" },
    { "no END in file", "340101 ff", "0c0161", NULL, "52=01 12=61", "236 no END in file" },
    { "no END in sname", "340102 ff", NULL, "0c0161", "52=02 12=61", "108 no END in sname" },
    { "an option without a length", "350101 0c", NULL, NULL, "53=01", "243 option 12 (Hostname) does not fit;243 no END" },
    { "an option that overruns by one", "350101 0c026f", NULL, NULL, "53=01", "243 option 12 (Hostname) does not fit;243 no END" },
    { "an option that fits to the end", "350101 0c016f", NULL, NULL, "53=01 12=6f", "246 no END" },
    { "an option that overruns file, though sname is behind", "340103 ff", "0c80", "0c0161 ff", "52=03 12=61",
      "108 option 12 (Hostname) does not fit;108 no END in file" },
    { "empty 53", "3500 ff", NULL, NULL, "53=", "240 empty option 53 (DHCP Msg Type)" },
    { "empty 61", "350101 3d00 ff", NULL, NULL, "53=01 61=", "243 empty option 61 (Client Id)" },
    { "53 twice", "350101 0c0161 350102 ff", NULL, NULL, "53*2=0102 12=61", "246 option 53 (DHCP Msg Type) twice" },
    { "53 thrice is said once", "350101 350102 350103 ff", NULL, NULL, "53*3=010203", "243 option 53 (DHCP Msg Type) twice" },
    { "53 twice, in another field", "340101 350101 ff", "350102 ff", NULL, "52=01 53*2=0102", "108 option 53 (DHCP Msg Type) twice" },
    { "53 of two octets", "35020102 ff", NULL, NULL, "53=0102", "240 option 53 (DHCP Msg Type) is not as long as its definition says" },
    { "52 of 0", "340100 350101 ff", "0c0161 ff", NULL, "52=00 53=01", "240 bad option 52 (Overload): not one octet of 1 to 3" },
    { "52 of 4", "340104 350101 ff", "0c0161 ff", NULL, "52=04 53=01", "240 bad option 52 (Overload): not one octet of 1 to 3" },
    { "52 of two octets", "34020101 350101 ff", "0c0161 ff", NULL, "52=0101 53=01", "240 bad option 52 (Overload): not one octet of 1 to 3" },
    { "empty 52", "3400 350101 ff", "0c0161 ff", NULL, "52= 53=01", "240 bad option 52 (Overload): not one octet of 1 to 3" },
    { "52 twice", "340101 340101 ff", "0c0161 ff", NULL, "52*2=0101",
      "243 option 52 (Overload) twice;240 bad option 52 (Overload): not one octet of 1 to 3" },
    { "52 twice, together one octet", "3400 0104ffffff00 340101 ff", "0c0161 ff", NULL, "52*2=01 1=ffffff00",
      "248 option 52 (Overload) twice;240 bad option 52 (Overload): not one octet of 1 to 3" },
    { "52 inside an overloaded field does not count", "340101 350101 ff", "340102 ff", "0c0161 ff", "52*2=0102 53=01",
      "108 option 52 (Overload) inside an overloaded field" },
    { "82's sub-option overruns", "350101 5206 0101aa 0203bb ff", NULL, NULL, "53=01 82=0101aa0203bb", "248 a sub-option overruns" },
    { "82's sub-option has no length", "5204 0101aa 02 ff", NULL, NULL, "82=0101aa02", "245 a sub-option overruns" },
    { "82 in pieces: the place is the octet's own", "5203 0101aa 5203 0203bb ff", NULL, NULL, "82*2=0101aa0203bb", "247 a sub-option overruns" },
    { "43 is opaque", "2b02 0105 ff", NULL, NULL, "43=0105", "" },
    { "77 may be Microsoft's text", "4d03 4d5346 ff", NULL, NULL, "77=4d5346", "" },
    { "81 with S and N", "5104 09000061 ff", NULL, NULL, "81=09000061", "240 bad option 81 (Client FQDN): S and N together" },
    { "81 whose label overruns", "350101 5105 0400000261 ff", NULL, NULL, "53=01 81=0400000261", "243 bad option 81 (Client FQDN): a label overruns" },
    { "81 with a pointer", "5105 040000c000 ff", NULL, NULL, "81=040000c000", "240 bad option 81 (Client FQDN): a compression pointer" },
    { "81 that is short", "5102 0400 ff", NULL, NULL, "81=0400", "240 bad option 81 (Client FQDN): short" },
    { "81 in ASCII", "5106 000000612e62 ff", NULL, NULL, "81=000000612e62", "" },
    { "124's item overruns", "7c06 000000090261 ff", NULL, NULL, "124=000000090261", "242 an enterprise's data overruns" },
    { "125's second item overruns", "7d0a 0000000900 0000000902 ff", NULL, NULL, "125=00000009000000000902", "247 an enterprise's data overruns" },
    { "99's element overruns", "6306 004445 030261 ff", NULL, NULL, "99=004445030261", "245 bad option 99 (GEOCONF_CIVIC): an element overruns" },
    { "99 that is short", "6302 0044 ff", NULL, NULL, "99=0044", "240 bad option 99 (GEOCONF_CIVIC): short" },
    { "123 that is short", "7b01 00 ff", NULL, NULL, "123=00", "240 a location without its 16 octets" },
    { "a fixed length", "3203 c00002 ff", NULL, NULL, "50=c00002", "240 option 50 (Address Request) is not as long as its definition says" },
    { "a multiple of a length", "0605 c000020100 ff", NULL, NULL, "6=c000020100", "240 option 6 (Domain Server) is not as long as its definition says" },
};
/* clang-format on */

static void write_options(const struct dhcp_packet *packet, char *out, size_t size)
{
    size_t n = 0;
    out[0] = 0;
    for (size_t i = 0; i < packet->options_n; i++) {
        const struct dhcp_option *option = &packet->options[i];
        n += (size_t)snprintf(out + n, size - n, i ? " %u" : "%u", option->code);
        if (option->pieces > 1)
            n += (size_t)snprintf(out + n, size - n, "*%u", option->pieces);
        n += (size_t)snprintf(out + n, size - n, "=");
        for (size_t k = 0; k < option->value.n; k++)
            n += (size_t)snprintf(out + n, size - n, "%02x", option->value.p[k]);
    }
}

static void write_flaws(const struct dhcp_packet *packet, char *out, size_t size)
{
    size_t n = 0;
    out[0] = 0;
    for (size_t i = 0; i < packet->flaws_n; i++)
        n += (size_t)snprintf(out + n, size - n, "%s%zu %s", i ? ";" : "", packet->flaws[i].at,
                              packet->flaws[i].what);
}

static void test_options_and_flaws(void **state)
{
    (void)state;
    static uint8_t room[4096];
    static struct dhcp_packet packet;
    char got[2048];
    for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
        struct octets message;
        put_message(&message, messages[i].options, messages[i].file, messages[i].sname);
        dhcp_packet_parse(guarded(octets_slice(&message)), room, &packet);
        write_options(&packet, got, sizeof got);
        expect_slice(messages[i].name, slice_of_str(got), slice_of_str(messages[i].want));
        write_flaws(&packet, got, sizeof got);
        expect_slice(messages[i].name, slice_of_str(got), slice_of_str(messages[i].flaws));
    }
}

static void test_the_fixed_part(void **state)
{
    (void)state;
    static uint8_t room[4096];
    static struct dhcp_packet packet;
    struct octets message;
    put_message(&message, "350101 ff", "6669", "736e");
    dhcp_packet_parse(guarded(octets_slice(&message)), room, &packet);
    assert_int_equal(packet.op, DHCP_BOOTREQUEST);
    assert_int_equal(packet.htype, 1);
    assert_int_equal(packet.hlen, 6);
    assert_int_equal(packet.hops, 0);
    assert_int_equal(packet.xid, 0xdeadbeef);
    assert_int_equal(packet.secs, 7);
    assert_int_equal(packet.flags, DHCP_BROADCAST);
    assert_int_equal(packet.ciaddr, 0xc0000201);
    assert_int_equal(packet.yiaddr, 0xc0000202);
    assert_int_equal(packet.siaddr, 0xc0000203);
    assert_int_equal(packet.giaddr, 0xc0000204);
    expect_slice("chaddr", packet.chaddr, SLICE("\x02\x00\x5e\x10\x20\x30"));
    assert_int_equal(packet.sname.n, 64);
    assert_int_equal(packet.file.n, 128);
    assert_memory_equal(packet.sname.p, "sn", 3);
    assert_memory_equal(packet.file.p, "fi", 3);
    assert_true(packet.cookie);
    assert_int_equal(packet.type, DHCP_DISCOVER);
}

/* However short: what is cut is zero, and the place of the cut is said. */
static void test_every_length_is_a_message(void **state)
{
    (void)state;
    static uint8_t room[4096];
    static struct dhcp_packet packet;
    struct octets message;
    put_message(&message, "350101 ff", NULL, NULL);
    for (size_t n = 0; n <= message.n; n++) {
        struct slice cut = slice_first(octets_slice(&message), n);
        dhcp_packet_parse(guarded(cut), room, &packet);
        assert_int_equal(packet.xid, n >= 8 ? 0xdeadbeef : 0);
        assert_int_equal(packet.giaddr, n >= 28 ? 0xc0000204 : 0);
        assert_int_equal(packet.chaddr.n, n < 28 ? 0 : n < 34 ? n - 28 : 6);
        assert_int_equal(packet.cookie, n >= 240);
        assert_int_equal(packet.type, n >= 243 ? 1 : 0);
        if (n < DHCP_FIXED_SIZE) {
            assert_int_equal(packet.flaws_n, 1);
            assert_int_equal(packet.flaws[0].at, n);
            assert_memory_equal(packet.flaws[0].what, "short: ", 7);
        } else if (n < DHCP_OPTIONS_AT || n == message.n) {
            assert_int_equal(packet.flaws_n, 0); /* BOOTP without a cookie is not malformed */
        }
    }
}

static void test_hlen_and_op(void **state)
{
    (void)state;
    static uint8_t room[4096];
    static struct dhcp_packet packet;
    struct octets message;
    put_message(&message, "350101 ff", NULL, NULL);
    message.p[2] = 16;
    dhcp_packet_parse(octets_slice(&message), room, &packet);
    assert_int_equal(packet.flaws_n, 0);
    assert_int_equal(packet.chaddr.n, 16);
    message.p[2] = 17;
    message.p[0] = 3;
    dhcp_packet_parse(octets_slice(&message), room, &packet);
    assert_int_equal(packet.chaddr.n, 16);
    assert_int_equal(packet.flaws_n, 2);
    assert_int_equal(packet.flaws[0].at, 0);
    assert_int_equal(packet.flaws[1].at, 2);
    assert_string_equal(packet.flaws[1].what, "hlen is more than 16");
}

static void test_bootp_without_a_cookie_has_no_options(void **state)
{
    (void)state;
    static uint8_t room[4096];
    static struct dhcp_packet packet;
    struct octets message;
    put_message(&message, "340103 350101", "0c", "0c");
    message.p[DHCP_FIXED_SIZE] = 0;
    dhcp_packet_parse(octets_slice(&message), room, &packet);
    assert_false(packet.cookie);
    assert_int_equal(packet.options_n, 0);
    assert_int_equal(packet.flaws_n, 0);
    assert_int_equal(packet.type, DHCP_BOOTP);
    assert_null(dhcp_packet_option(&packet, 53));
}

static void test_every_code_once_and_as_many_flaws_as_there_are(void **state)
{
    (void)state;
    static uint8_t room[4096];
    static struct dhcp_packet packet;
    struct octets message;
    put_fixed(&message);
    for (unsigned turn = 0; turn < 2; turn++)
        for (unsigned code = 1; code < 255; code++)
            put_octets(&message, (uint8_t[]){ (uint8_t)code, 1, 4 }, 3);
    dhcp_packet_parse(guarded(octets_slice(&message)), room, &packet);
    assert_int_equal(packet.options_n, DHCP_OPTIONS_MAX);
    for (unsigned code = 1; code < 255; code++) {
        const struct dhcp_option *option = dhcp_packet_option(&packet, (uint8_t)code);
        assert_int_equal(option->code, code);
        expect_slice("value", option->value, SLICE("\x04\x04"));
        assert_int_equal(dhcp_option_offset(&packet, option, 0), 240 + 3 * (code - 1) + 2);
        assert_int_equal(dhcp_option_offset(&packet, option, 1), 240 + 3 * (code + 253) + 2);
        assert_int_equal(dhcp_option_offset(&packet, option, 2), 240 + 3 * (code + 253) + 3);
    }
    assert_in_range(packet.flaws_n, 8, DHCP_FLAWS_MAX);
}

static void test_values_and_addresses(void **state)
{
    (void)state;
    static uint8_t room[4096];
    static struct dhcp_packet packet;
    struct octets message;
    uint32_t address = 7;
    put_message(&message, "3204c0000205 3603c00002 0604c00002 0a ff", NULL, NULL);
    dhcp_packet_parse(guarded(octets_slice(&message)), room, &packet);
    assert_true(dhcp_packet_address(&packet, 50, &address));
    assert_int_equal(address, 0xc0000205);
    assert_false(dhcp_packet_address(&packet, 54, &address));
    assert_false(dhcp_packet_address(&packet, 1, &address));
    assert_int_equal(address, 0xc0000205);
    assert_null(dhcp_packet_value(&packet, 1).p);
    assert_int_equal(dhcp_option_offset(&packet, dhcp_packet_option(&packet, 50), 3), 245);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_and_flaws),
        cmocka_unit_test(test_the_fixed_part),
        cmocka_unit_test(test_every_length_is_a_message),
        cmocka_unit_test(test_hlen_and_op),
        cmocka_unit_test(test_bootp_without_a_cookie_has_no_options),
        cmocka_unit_test(test_every_code_once_and_as_many_flaws_as_there_are),
        cmocka_unit_test(test_values_and_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
