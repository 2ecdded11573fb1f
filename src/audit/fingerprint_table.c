/* SPDX-License-Identifier: ISC
 *
 * Our own table: what clients send, from their published source, their makers' documents, and what was seen of
 * the packages of Debian 12. Rows one after another with the same system and device are one print.
 */
#include "audit/fingerprint_internal.h"
#include "dhcp/packet.h"

struct row {
    const char *system, *device;
    const char *vendor_class; /* whole; NULL: not asked; "": it sends none */
    const char *parameters, *order;
    uint16_t max_size, ttl;
};

#define COMPUTER "computer"
#define PHONE    "phone or tablet"

static const struct row rows[] = {
    /* clang-format off */
    /* Windows 10 and 11: observed since 2019 by many; JA4's README has 119 and the order with 12 before 60. */
    { "Windows 10 or 11", COMPUTER, "MSFT 5.0", "1,3,6,15,31,33,43,44,46,47,119,121,249,252", "53,61,12,60,55", 0, 128 },
    { "Windows 10 or 11", COMPUTER, NULL, NULL, "53,61,50,12,60,55", 0, 0 },
    { "Windows 10 or 11", COMPUTER, NULL, NULL, "53,61,50,54,12,81,60,55", 0, 0 },
    { "Windows 10 or 11", COMPUTER, NULL, NULL, "53,61,12,81,60,55", 0, 0 },
    { "Windows 10 or 11", COMPUTER, NULL, "1,3,6,15,31,33,43,44,46,47,119,121,249,252,114", NULL, 0, 0 },
    /* Windows 10 before 119, as systemd's change 6436 quotes it. */
    { "Windows 10", COMPUTER, "MSFT 5.0", "1,3,6,15,31,33,43,44,46,47,121,249,252", "53,61,50,12,60,55", 0, 128 },
    { "Windows 10", COMPUTER, NULL, NULL, "53,61,50,54,12,81,60,55", 0, 0 },
    /* The profile of RFC 7844 §3 as Windows 10 has it when hardware addresses are random. */
    { "Windows 10 with random hardware addresses", COMPUTER, "", "1,3,6,15,31,33,43,44,46,47,121,249,252", "53,61,55", 0, 128 },
    /* Windows 7 to 8.1, Vista, XP: PRADS, fingerbank and the manuals agree on these lists. */
    { "Windows Vista to 8.1", COMPUTER, "MSFT 5.0", "1,15,3,6,44,46,47,31,33,121,249,43", "53,61,12,60,55", 0, 128 },
    { "Windows Vista to 8.1", COMPUTER, NULL, "1,15,3,6,44,46,47,31,33,121,249,43,252", "53,61,50,12,60,55", 0, 0 },
    { "Windows Vista to 8.1", COMPUTER, NULL, "1,15,3,6,44,46,47,31,33,121,249,252,43", NULL, 0, 0 },
    { "Windows XP", COMPUTER, "MSFT 5.0", "1,15,3,6,44,46,47,31,33,249,43", "53,116,61,12,60,55,43", 0, 128 },
    { "Windows XP", COMPUTER, NULL, "1,15,3,6,44,46,47,31,33,249,43,252", "53,61,12,81,60,55,43", 0, 0 },

    /* Apple, bootp-494, IPConfiguration.bproj/dhcp.c; with 108 and 114 as observed since iOS 14 and macOS 11. */
    { "iOS or iPadOS 14 or later", PHONE, "", "1,121,3,6,15,108,114,119,252", "53,55,57,61", 1500, 0 },
    { "iOS or iPadOS 14 or later", PHONE, NULL, "1,121,3,6,15,114,119,252", "53,55,57,61,12", 0, 0 },
    { "iOS or iPadOS 14 or later", PHONE, NULL, NULL, "53,55,57,61,50,51,12", 0, 0 },
    { "iOS before 14", PHONE, "", "1,121,3,6,15,119,252", "53,55,57,61,51,12", 1500, 0 },
    { "iOS before 14", PHONE, NULL, "1,3,6,15,119,252", NULL, 0, 0 },
    { "macOS 11 or later", COMPUTER, "", "1,121,3,6,15,108,114,119,252,95,44,46", "53,55,57,61,51,12", 1500, 0 },
    { "macOS 11 or later", COMPUTER, NULL, "1,121,3,6,15,114,119,252,95,44,46", "53,55,57,61,50,51,12", 0, 0 },
    { "macOS before 11", COMPUTER, "", "1,121,3,6,15,119,252,95,44,46", "53,55,57,61,51,12", 1500, 0 },
    { "macOS before 11", COMPUTER, NULL, "1,3,6,15,119,95,252,44,46", NULL, 0, 0 },

    /* AOSP, DhcpClient.java REQUESTED_PARAMS and DhcpPacket.java: 114 since 11, 108 since 12. */
    { "Android 11 or later", PHONE, NULL, "1,3,6,15,26,28,51,58,59,43,114,108", "53,61,57,60,12,55", 1500, 64 },
    { "Android 11 or later", PHONE, NULL, "1,3,6,15,26,28,51,58,59,43,114", "53,61,57,60,55", 0, 0 },
    { "Android 11 or later", PHONE, NULL, "1,3,6,15,26,28,51,58,59,43,108", "53,61,57,60,12,55,80", 0, 0 },
    { "Android 11 or later", PHONE, NULL, "1,3,6,15,26,28,51,58,59,43,114,108,119", "53,61,57,60,55,80", 0, 0 },
    { "Android 6 to 10", PHONE, NULL, "1,3,6,15,26,28,51,58,59,43", "53,61,57,60,12,55", 1500, 64 },
    /* Android 2 to 5 had dhcpcd 4 and 5. */
    { "Android 4 or 5", PHONE, NULL, "1,33,3,6,15,28,51,58,59", "53,57,60,12,55", 0, 64 },
    { "Android 2 or 3", PHONE, NULL, "1,121,33,3,6,28,51,58,59", "53,57,60,12,55", 0, 64 },

    /* systemd, sd-dhcp-client.c and networkd-dhcp4.c: Anonymize=yes has Windows 10's list (change 6436). */
    { "Linux with systemd-networkd, Anonymize=yes", COMPUTER, "", "1,3,6,15,31,33,43,44,46,47,121,249,252", "53,61,55", 0, 64 },
    { "Linux with systemd-networkd, Anonymize=yes", COMPUTER, NULL, NULL, "53,61,55,54,50", 0, 0 },
    { "Linux with systemd-networkd", COMPUTER, "", "1,3,6,12,15,26,33,42,120,121", "53,61,55,57,12", 0, 64 },
    { "Linux with systemd-networkd", COMPUTER, NULL, "1,3,6,12,15,26,33,42,121", "53,61,55,57", 0, 0 },
    { "Linux with systemd-networkd", COMPUTER, NULL, "1,3,6,12,15,26,33,42,119,120,121", NULL, 0, 0 },
    { "Linux with systemd-networkd", COMPUTER, NULL, "1,3,6,12,15,26,42,119,120,121", NULL, 0, 0 },
    /* NetworkManager's own client, nm-dhcp-options.c and nm-dhcp-nettools.c. */
    { "Linux with NetworkManager", COMPUTER, "", "1,2,6,12,15,26,28,121,3,33,40,41,42,119,249,252,17", "53,61,55,57,12", 0, 64 },
    { "Linux with NetworkManager", COMPUTER, NULL, "1,2,6,12,15,26,28,121,3,33,40,41,42,119,249,252,17,108", NULL, 0, 0 },
    /* dhclient: Debian's /etc/dhcp/dhclient.conf. It sends by a raw socket with a TTL of 128 (common/packet.c). */
    { "Linux with dhclient, Debian's settings", COMPUTER, "", "1,28,2,3,15,6,119,12,44,47,26,121,42", "53,12,55", 0, 128 },
    { "Linux with dhclient, Debian's settings", COMPUTER, NULL, NULL, "53,50,12,55", 0, 0 },
    { "Linux with dhclient, Debian's settings", COMPUTER, NULL, NULL, "53,54,50,12,55", 0, 0 },
    { "Linux with dhclient", COMPUTER, "", "1,28,2,121,15,6,12,40,41,42,26,119,3", NULL, 0, 128 },
    { "Linux with dhclient", COMPUTER, NULL, "1,28,2,3,15,6,12", NULL, 0, 0 },
    /* dhcpcd 9.4.1 as Debian has it; and with `anonymous`, which leaves few codes (if-options.c, dhcp.c). */
    { "Linux with dhcpcd", COMPUTER, NULL, "1,121,3,6,12,15,26,28,33,51,54,58,59,119", "53,55,57,61,80,145", 1472, 64 },
    { "Linux with dhcpcd", COMPUTER, NULL, "1,121,33,3,6,12,15,26,28,51,54,58,59,119", "53,55,57,60,61,12,145", 0, 0 },
    { "Linux with dhcpcd", COMPUTER, NULL, "1,33,3,6,12,15,26,28,42,51,54,58,59,119,121", NULL, 0, 0 },
    { "dhcpcd with anonymous", COMPUTER, "", "1,3,28,33,58,59", "53,55,61", 0, 64 },
    { "dhcpcd with anonymous", COMPUTER, NULL, "1,121,3,6,15,28,33,54,58,59,119", "53,55,57,61", 0, 0 },
    { "dhcpcd with anonymous", COMPUTER, NULL, "1,121,3,6,15,28,33,58,59,119", "53,50,54,55,61", 0, 0 },
    /* BusyBox, networking/udhcp/dhcpc.c. */
    { "Linux with BusyBox (udhcpc)", "embedded device", NULL, "1,3,6,12,15,28,42", "53,57,55,60,61", 576, 64 },
    { "Linux with BusyBox (udhcpc)", "embedded device", NULL, "1,3,6,12,15,28,40,41,42", "53,61,57,60,55", 0, 0 },
    { "Linux with BusyBox (udhcpc)", "embedded device", NULL, "1,3,6,12,15,17,28,42", "53,61,60,57,55", 0, 0 },
    { "OpenWrt", "router", NULL, "1,3,6,12,15,28,33,42,121,249", NULL, 0, 64 },
    { "OpenWrt", "router", NULL, "1,3,6,12,15,28,42,121,249", NULL, 0, 0 },

    /* lwIP, src/core/ipv4/dhcp.c: dhcp_discover_request_options. What ESP8266, ESP32 and many others have. */
    { "lwIP", "embedded device (ESP8266, ESP32 and others)", NULL, "1,3,28,6", "53,57,55,12", 0, 255 },
    { "lwIP", "embedded device (ESP8266, ESP32 and others)", NULL, "1,3,28,6,42", "53,57,12,55", 0, 0 },
    { "lwIP", "embedded device (ESP8266, ESP32 and others)", NULL, "1,3,28", NULL, 0, 0 },

    /* iPXE, src/net/udp/dhcp.c: dhcp_request_options_data. */
    { "iPXE", "network boot", NULL, "1,3,6,7,12,15,17,26,43,60,66,67,119,128,129,130,131,132,133,134,135,175,203", NULL, 0, 64 },
    { "iPXE", "network boot", NULL, "1,3,6,7,12,15,17,43,60,66,67,119,128,129,130,131,132,133,134,135,175,203", NULL, 0, 0 },

    /* HP's printers, observed. */
    { "HP JetDirect", "printer", NULL, "6,3,1,15,66,67,13,44,119,12,81,252", NULL, 0, 64 },
    { "HP JetDirect", "printer", NULL, "6,3,1,15,66,67,13,44,12,81,252", NULL, 0, 0 },
    { "HP JetDirect", "printer", NULL, "6,3,1,15,66,67,13,44", NULL, 0, 0 },
    /* Cisco's telephones, fingerbank's and Cisco's own guides. */
    { "Cisco IP phone", "IP phone", NULL, "1,66,6,3,15,150,35", NULL, 0, 0 },
    { "Cisco IP phone", "IP phone", NULL, "1,3,6,15,35,66,150", NULL, 0, 0 },
    /* clang-format on */
};

static bool same(const char *a, const char *b)
{
    return slice_equal(slice_of_str(a), slice_of_str(b));
}

static int add_lists(struct fingerprints *prints, const struct row *row)
{
    struct print_test test = { .weight = PRINT_FULL_WEIGHT, .kind = PRINT_PARAMETERS };
    int error = print_test_codes(prints, test, slice_of_str(row->parameters));
    test.kind = PRINT_ORDER;
    return error ? error : print_test_codes(prints, test, slice_of_str(row->order));
}

static int add_rest(struct fingerprints *prints, const struct row *row)
{
    struct print_test test = { .weight = PRINT_FULL_WEIGHT, .kind = PRINT_VENDOR_CLASS };
    int error;
    test.octets = slice_of_str(row->vendor_class);
    error = print_test(prints, &test);
    test.octets = (struct slice){ 0 };
    test.kind = PRINT_MAX_SIZE;
    test.number = row->max_size;
    error = error ? error : print_test(prints, &test);
    test.kind = PRINT_TTL;
    test.number = row->ttl;
    return error ? error : print_test(prints, &test);
}

static int add_row(struct fingerprints *prints, const struct row *row, bool first)
{
    int error = 0;
    if (first) {
        error = print_add(prints, slice_of_str(row->system), slice_of_str(row->device));
        if (error)
            return error;
        prints->prints[prints->prints_n - 1].silent = row->vendor_class && !row->vendor_class[0];
    }
    error = add_lists(prints, row);
    return error ? error : add_rest(prints, row);
}

int prints_own(struct fingerprints *prints)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        bool first = i == 0 || !same(rows[i].system, rows[i - 1].system) ||
                     !same(rows[i].device, rows[i - 1].device);
        int error = add_row(prints, &rows[i], first);
        if (error)
            return error;
    }
    return 0;
}
