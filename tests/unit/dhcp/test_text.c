/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "wire.h"

#include "base/buf.h"
#include "dhcp/text.h"

/* clang-format off */
static const struct {
    uint8_t code;
    const char *hex, *want;
} values[] = {
    { 1, "ffffff00", "255.255.255.0" },
    { 1, "ffffff", "ff:ff:ff" },
    { 3, "c0000201c0000202", "192.0.2.1 192.0.2.2" },
    { 6, "", "" },
    { 12, "6c6170746f70", "laptop" },
    { 12, "6c6170746f7000", "laptop" },
    { 12, "c3bc5c0a1b5b33316d", "\xc3\xbc\\x5c\\x0a\\x1b[31m" },
    { 12, "c328", "\\xc3(" },
    { 12, "e280ae61", "\\xe2\\x80\\xae""a" }, /* turns the text about */
    { 12, "c29b61", "\\xc2\\x9b""a" },        /* CSI in eight bits */
    { 12, "efbbbff0a08080", "\\xef\\xbb\\xbf\xf0\xa0\x80\x80" },
    { 43, "0102aabb", "1 aa:bb" },
    { 43, "060108ff", "6 08" },
    { 43, "06010808036162 63ff0000", "6 08, 8 abc" },
    { 43, "4d53", "MS" },
    { 43, "0105", "01:05" },
    { 43, "ff", "ff" },
    { 50, "c0000205", "192.0.2.5" },
    { 51, "00000e10", "3600" },
    { 52, "03", "3" },
    { 53, "01", "DISCOVER" },
    { 53, "0a", "LEASEQUERY" },
    { 53, "13", "19" },
    { 53, "", "" },
    { 55, "01030f06", "1 3 15 6" },
    { 57, "05dc", "1500" },
    { 57, "05dc05", "05:dc:05" },
    { 60, "4d53465420352e30", "MSFT 5.0" },
    { 61, "01020304050607", "01:02:03:04:05:06:07" },
    { 61, "", "" },
    { 77, "03616263", "abc" },
    { 77, "036162630164", "abc, d" },
    { 77, "4d534654", "MSFT" },
    { 80, "", "" },
    { 81, "0500000161 00", "a (S-E-)" },
    { 81, "000000", "(----)" },
    { 81, "0a0000612e62", "a.b (-O-N)" },
    { 81, "05", "05" },
    { 82, "010265740206020304050607", "circuit-id et, remote-id 02:03:04:05:06:07" },
    { 82, "0504c0000200 0b04c0000201 0603616263", "link-selection 192.0.2.0, server-identifier-override 192.0.2.1, subscriber-id abc" },
    { 82, "0c0a00030001020304050607", "relay-agent-identifier DUID-LL 02:03:04:05:06:07" },
    { 82, "c80161 1300", "200 a, relay-source-port " },
    { 82, "010161 0205", "circuit-id a, 02:05" },
    { 93, "00000007", "x86 BIOS, x64 UEFI" },
    { 93, "00ff", "255" },
    { 93, "00", "00" },
    { 94, "010310", "UNDI 3.16" },
    { 94, "020310", "02:03:10" },
    { 97, "0000112233445566778899aabbccddeeff", "00112233-4455-6677-8899-aabbccddeeff" },
    { 97, "01112233", "01:11:22:33" },
    { 99, "024445 0304426f6e6e", "client, DE, city Bonn" },
    { 121, "00c0000201 18c63364c0000202", "0.0.0.0/0 via 192.0.2.1, 198.51.100.0/24 via 192.0.2.2" },
    { 121, "18c63364c0000201", "198.51.100.0/24 via 192.0.2.1" },
    { 121, "21c63364c0000201", "21:c6:33:64:c0:00:02:01" },
    { 124, "0000000903616263", "9 abc" },
    { 124, "00000009016100000b000162", "9 a; 2816 b" },
    { 124, "0000000902", "00:00:00:09:02" },
    { 125, "000000090501036162630000000900", "9 1 abc; 9 " },
    { 125, "0000000903010561 00", "9 01:05:61; 00" },
    { 151, "00", "Success" },
    { 151, "046e6f", "NotAllowed: no" },
    { 151, "6361", "99: a" },
    { 151, "", "" },
    { 156, "02", "ACTIVE" },
    { 156, "09", "9" },
    { 156, "0200", "02:00" },
    { 161, "68747470733a2f2f782f79", "https://x/y" },
    { 163, "0102", "01:02" },
};
/* clang-format on */

static void test_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        struct octets value = { .n = 0 };
        struct buf text;
        put_hex(&value, values[i].hex);
        buf_init(&text, 4096);
        dhcp_option_text(&text, values[i].code, guarded(octets_slice(&value)));
        expect_slice(values[i].hex, buf_slice(&text), slice_of_str(values[i].want));
        buf_clear(&text);
    }
}

/* Whatever the octets: one line, nothing that a terminal obeys, UTF-8. */
static void test_every_option_of_every_octet_is_a_line(void **state)
{
    (void)state;
    for (unsigned code = 0; code < 256; code++) {
        for (unsigned c = 0; c < 256; c++) {
            uint8_t octets[20];
            struct buf text;
            memset(octets, (int)c, sizeof octets);
            buf_init(&text, 4096);
            dhcp_option_text(&text, (uint8_t)code, (struct slice){ octets, code % 2 ? 17 : 16 });
            struct slice line = buf_slice(&text);
            assert_false(text.failed);
            assert_true(slice_is_utf8(line));
            for (size_t i = 0; i < line.n; i++)
                assert_true(line.p[i] >= 0x20 && line.p[i] != 0x7f);
            buf_clear(&text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_every_option_of_every_octet_is_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
