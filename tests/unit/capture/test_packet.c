/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "capture/frames.h"

#include "capture/packet.h"

#define IP_BYTES   \
    "\x45\0\0\x1d" \
    "\x00\x07\0\0\x40\x11\0\0\x0a\0\0\x01\x0a\0\0\x02"
#define UDP_BYTES    "\0\x44\0\x43\0\x09\0\0!"
#define PACKET       IP_BYTES UDP_BYTES
#define STATIONS     "\x02\0\0\0\0\x01\x02\0\0\0\0\x02"
#define SNAP         "\xaa\xaa\x03\0\0\0\x08\0"
#define WLAN(fc, fl) fc fl "\0\0\x02\0\0\0\0\xa1\x02\0\0\0\0\xa2\x02\0\0\0\0\xa3\x10\0"
#define IP_AND_UDP   29 /* octets */

static bool parse(uint32_t link, struct slice bytes, struct capture_packet *out)
{
    struct capture_frame frame = { .link = link,
                                   .data = guarded(bytes),
                                   .length = (uint32_t)bytes.n };
    return capture_packet_parse(&frame, out);
}

struct link_case {
    const char *name;
    uint32_t link;
    struct slice frame;
    uint8_t vlan_n;
    uint8_t source, destination; /* last octet; 0: not known */
};

static const struct link_case links[] = {
    { "ethernet", 1, SLICE_INIT(STATIONS "\x08\0" PACKET), 0, 2, 1 },
    { "ethernet padded", 1, SLICE_INIT(STATIONS "\x08\0" PACKET "\0\0\0\0"), 0, 2, 1 },
    { "802.1Q", 1, SLICE_INIT(STATIONS "\x81\0\x60\x05\x08\0" PACKET), 1, 2, 1 },
    { "QinQ", 1, SLICE_INIT(STATIONS "\x88\xa8\0\x05\x81\0\0\x06\x08\0" PACKET), 2, 2, 1 },
    { "old QinQ", 1, SLICE_INIT(STATIONS "\x91\0\0\x05\x92\0\0\x06\x08\0" PACKET), 2, 2, 1 },
    { "five tags", 1,
      SLICE_INIT(STATIONS
                 "\x81\0\0\x01\x81\0\0\x02\x81\0\0\x03\x81\0\0\x04\x81\0\0\x05\x08\0" PACKET),
      4, 2, 1 },
    { "802.3 SNAP", 1, SLICE_INIT(STATIONS "\0\x25" SNAP PACKET), 0, 2, 1 },
    { "802.3 SNAP in VLAN", 1, SLICE_INIT(STATIONS "\x81\0\0\x05\0\x25" SNAP PACKET), 1, 2, 1 },
    { "802.3 LLC", 1, SLICE_INIT(STATIONS "\0\x20\x06\x06\x03" PACKET), 0, 2, 1 },
    { "PPPoE", 1, SLICE_INIT(STATIONS "\x88\x64\x11\0\0\x01\0\x1f\0\x21" PACKET), 0, 2, 1 },
    { "MPLS", 1, SLICE_INIT(STATIONS "\x88\x47\0\x01\0\x40\0\x01\x11\x40" PACKET), 0, 2, 1 },
    { "null, little", 0, SLICE_INIT("\x02\0\0\0" PACKET), 0, 0, 0 },
    { "null, big", 0, SLICE_INIT("\0\0\0\x02" PACKET), 0, 0, 0 },
    { "loop", 108, SLICE_INIT("\0\0\0\x02" PACKET), 0, 0, 0 },
    { "raw", 101, SLICE_INIT(PACKET), 0, 0, 0 },
    { "raw of BSD", 12, SLICE_INIT(PACKET), 0, 0, 0 },
    { "raw of OpenBSD", 14, SLICE_INIT(PACKET), 0, 0, 0 },
    { "IPv4", 228, SLICE_INIT(PACKET), 0, 0, 0 },
    { "PPP", 9, SLICE_INIT("\0\x21" PACKET), 0, 0, 0 },
    { "PPP, short", 9, SLICE_INIT("\x21" PACKET), 0, 0, 0 },
    { "PPP like HDLC", 50, SLICE_INIT("\xff\x03\0\x21" PACKET), 0, 0, 0 },
    { "PPP over Ethernet", 51, SLICE_INIT("\x11\0\0\x01\0\x1f\0\x21" PACKET), 0, 0, 0 },
    { "Cisco HDLC", 104, SLICE_INIT("\x0f\0\x08\0" PACKET), 0, 0, 0 },
    { "cooked", 113, SLICE_INIT("\0\0\0\x01\0\x06\x02\0\0\0\0\x02\0\0\x08\0" PACKET), 0, 2, 0 },
    { "cooked without address", 113, SLICE_INIT("\0\0\0\x01\0\0\x02\0\0\0\0\x02\0\0\x08\0" PACKET),
      0, 0, 0 },
    { "cooked with a tag", 113,
      SLICE_INIT("\0\0\0\x01\0\x06\x02\0\0\0\0\x02\0\0\x81\0\0\x07\x08\0" PACKET), 1, 2, 0 },
    { "cooked, 2", 276, SLICE_INIT("\x08\0\0\0\0\0\0\x03\0\x01\0\x06\x02\0\0\0\0\x02\0\0" PACKET),
      0, 2, 0 },
    { "802.11 ad hoc", 105, SLICE_INIT(WLAN("\x08", "\0") SNAP PACKET), 0, 0xa2, 0xa1 },
    { "802.11 to DS", 105, SLICE_INIT(WLAN("\x08", "\x01") SNAP PACKET), 0, 0xa2, 0xa3 },
    { "802.11 from DS", 105, SLICE_INIT(WLAN("\x08", "\x02") SNAP PACKET), 0, 0xa3, 0xa1 },
    { "802.11 between DS", 105, SLICE_INIT(WLAN("\x08", "\x03") "\x02\0\0\0\0\xa4" SNAP PACKET), 0,
      0xa4, 0xa3 },
    { "802.11 QoS", 105, SLICE_INIT(WLAN("\x88", "\x01") "\0\0" SNAP PACKET), 0, 0xa2, 0xa3 },
    { "802.11 QoS, HT", 105, SLICE_INIT(WLAN("\x88", "\x81") "\0\0\0\0\0\0" SNAP PACKET), 0, 0xa2,
      0xa3 },
    { "A-MSDU", 105, SLICE_INIT(WLAN("\x88", "\x01") "\x80\0" STATIONS "\0\x25" SNAP PACKET), 0, 2,
      1 },
    { "radiotap", 127, SLICE_INIT("\0\0\x08\0\0\0\0\0" WLAN("\x08", "\0") SNAP PACKET), 0, 0xa2,
      0xa1 },
    { "radiotap, FCS", 127,
      SLICE_INIT("\0\0\x09\0\x02\0\0\0\x10" WLAN("\x08", "\0") SNAP PACKET "fcs!"), 0, 0xa2, 0xa1 },
    { "radiotap, clock, FCS", 127,
      SLICE_INIT("\0\0\x11\0\x03\0\0\0\0\0\0\0\0\0\0\0\x10" WLAN("\x08", "\0") SNAP PACKET "fcs!"),
      0, 0xa2, 0xa1 },
    { "radiotap, two bitmaps", 127,
      SLICE_INIT("\0\0\x19\0\x03\0\0\xa0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10" WLAN("\x08", "\0")
                     SNAP PACKET "fcs!"),
      0, 0xa2, 0xa1 },
    { "radiotap, padded", 127,
      SLICE_INIT("\0\0\x09\0\x02\0\0\0\x20" WLAN("\x88", "\0") "\0\0\0\0" SNAP PACKET), 0, 0xa2,
      0xa1 },
    { "PPI", 192, SLICE_INIT("\0\0\x08\0\x69\0\0\0" WLAN("\x08", "\0") SNAP PACKET), 0, 0xa2,
      0xa1 },
    { "PPI, FCS", 192,
      SLICE_INIT("\0\0\x16\0\x69\0\0\0\x02\0\x0a\0\0\0\0\0\0\0\0\0\x01\0" WLAN("\x08", "\0")
                     SNAP PACKET "fcs!"),
      0, 0xa2, 0xa1 },
    { "PPI, Ethernet", 192, SLICE_INIT("\0\0\x08\0\x01\0\0\0" STATIONS "\x08\0" PACKET), 0, 2, 1 },
};

static void expect_packet(const struct link_case *c, const struct capture_packet *p)
{
    if (p->payload.n != IP_AND_UDP - 20 || p->payload.p[8] != '!' || p->missing || p->length_wrong)
        fail_msg("%s: payload of %zu", c->name, p->payload.n);
    assert_int_equal(p->source_address, 0x0a000001);
    assert_int_equal(p->destination_address, 0x0a000002);
    assert_int_equal(p->protocol, 17);
    assert_int_equal(p->ttl, 64);
    assert_int_equal(p->id, 7);
    assert_false(p->fragment);
    assert_int_equal(p->payload_at, p->ip_at + 20);
    assert_int_equal(p->vlan_n, c->vlan_n);
    if (p->has_source != (c->source != 0) || p->source[5] != c->source ||
        p->has_destination != (c->destination != 0) || p->destination[5] != c->destination)
        fail_msg("%s: stations", c->name);
}

static void test_every_link_type_leads_to_the_packet(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
        struct capture_packet p;
        if (!parse(links[i].link, links[i].frame, &p))
            fail_msg("%s: no packet", links[i].name);
        expect_packet(links + i, &p);
    }
}

/* Cut anywhere: no octet beyond is read, and what is missing is counted or there is no packet. */
static void test_frames_cut_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(links); i++)
        for (size_t n = 0; n < links[i].frame.n; n++) {
            struct capture_frame frame = { .link = links[i].link,
                                           .data = guarded(slice_first(links[i].frame, n)),
                                           .length = (uint32_t)links[i].frame.n };
            struct capture_packet p;
            if (capture_packet_parse(&frame, &p) && p.payload.n + p.missing != IP_AND_UDP - 20)
                fail_msg("%s cut at %zu: %zu and %zu missing", links[i].name, n, p.payload.n,
                         p.missing);
        }
}

static void test_what_is_no_ipv4_is_no_packet(void **state)
{
    (void)state;
    static const struct link_case cases[] = {
        { "ARP", 1, SLICE_INIT(STATIONS "\x08\x06" PACKET), 0, 0, 0 },
        { "IPv6", 1, SLICE_INIT(STATIONS "\x86\xdd" PACKET), 0, 0, 0 },
        { "version 6", 101, SLICE_INIT("\x60" PACKET), 0, 0, 0 },
        { "header of 16", 101, SLICE_INIT("\x44\0\0\x1d\0\0\0\0\x40\x11\0\0aaaabbbbccccdddd"), 0, 0,
          0 },
        { "options that are not there", 101, SLICE_INIT("\x46\0\0\x1d\0\0\0\0\x40\x11\0\0aaaabbbb"),
          0, 0, 0 },
        { "unknown link type", 147, SLICE_INIT(PACKET), 0, 0, 0 },
        { "seventeen tags", 1,
          SLICE_INIT(STATIONS "\x81\0\0\1\x81\0\0\1\x81\0\0\1\x81\0\0\1\x81\0\0\1\x81\0\0\1"
                              "\x81\0\0\1\x81\0\0\1\x81\0\0\1\x81\0\0\1\x81\0\0\1\x81\0\0\1"
                              "\x81\0\0\1\x81\0\0\1\x81\0\0\1\x81\0\0\1\x81\0\0\1\x08\0" PACKET),
          0, 0, 0 },
        { "family of IPv6", 0, SLICE_INIT("\x1e\0\0\0" PACKET), 0, 0, 0 },
        { "loop in host order", 108, SLICE_INIT("\x02\0\0\0" PACKET), 0, 0, 0 },
        { "802.11 beacon", 105, SLICE_INIT(WLAN("\x80", "\0") SNAP PACKET), 0, 0, 0 },
        { "802.11 null", 105, SLICE_INIT(WLAN("\x48", "\0") SNAP PACKET), 0, 0, 0 },
        { "802.11 encrypted", 105, SLICE_INIT(WLAN("\x08", "\x41") SNAP PACKET), 0, 0, 0 },
        { "802.11 fragment", 105, SLICE_INIT(WLAN("\x08", "\x04") SNAP PACKET), 0, 0, 0 },
        { "SNAP of another", 1, SLICE_INIT(STATIONS "\0\x25\xaa\xaa\x03\0\0\x0c\x08\0" PACKET), 0,
          0, 0 },
        { "PPP of IPv6", 9, SLICE_INIT("\0\x57" PACKET), 0, 0, 0 },
        { "radiotap, too short", 127,
          SLICE_INIT("\0\0\x07\0\0\0\0\0" WLAN("\x08", "\0") SNAP PACKET), 0, 0, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct capture_packet p;
        if (parse(cases[i].link, cases[i].frame, &p))
            fail_msg("%s: a packet", cases[i].name);
    }
}

/* RFC 791 §3.1: total length. 0 is what segmentation in hardware leaves of TCP; no datagram is shorter than ports. */
static void test_total_length(void **state)
{
    (void)state;
    static const struct {
        uint16_t total;
        size_t payload;
        bool wrong;
    } cases[] = { { 29, 9, false }, { 30, 13, true }, { 33, 13, false }, { 65535, 13, true },
                  { 0, 13, true },  { 19, 13, true }, { 20, 13, true },  { 23, 13, true },
                  { 24, 4, false }, { 28, 8, false } };
    uint8_t frame[] = PACKET "tail";
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct capture_packet p;
        size_t n = cases[i].total == 30 ? 29 : 33;
        frame[2] = (uint8_t)(cases[i].total >> 8);
        frame[3] = (uint8_t)cases[i].total;
        assert_true(parse(101, (struct slice){ frame, n }, &p));
        if (p.payload.n != cases[i].payload - (33 - n) || p.length_wrong != cases[i].wrong)
            fail_msg("%u: %zu", cases[i].total, p.payload.n);
        assert_int_equal(p.missing, 0);
    }
    struct capture_packet p;
    frame[2] = frame[3] = 0;
    frame[9] = 6;
    assert_true(parse(101, (struct slice){ frame, 33 }, &p));
    assert_false(p.length_wrong);
}

static void test_header_options_are_passed_over(void **state)
{
    (void)state;
    struct capture_packet p;
    struct slice frame = SLICE("\x47\0\0\x25\0\x07\0\0\x40\x11\0\0\x0a\0\0\x01\x0a\0\0\x02\x94\x04"
                               "\0\0\x01\x01\x01\0" UDP_BYTES);
    assert_true(parse(101, frame, &p));
    expect_slice("payload", p.payload, SLICE(UDP_BYTES));
    assert_int_equal(p.payload_at, 28);
}

static void test_fragments_are_told(void **state)
{
    (void)state;
    static const struct {
        uint8_t high, low;
        bool fragment, more;
        uint16_t at;
    } cases[] = { { 0x40, 0, false, false, 0 }, { 0x80, 0, false, false, 0 },
                  { 0x20, 0, true, true, 0 },   { 0, 1, true, false, 8 },
                  { 0x20, 2, true, true, 16 },  { 0x1f, 0xff, true, false, 65528 } };
    uint8_t frame[] = PACKET;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct capture_packet p;
        frame[6] = cases[i].high;
        frame[7] = cases[i].low;
        assert_true(parse(101, (struct slice){ frame, IP_AND_UDP }, &p));
        assert_int_equal(p.fragment, cases[i].fragment);
        assert_int_equal(p.more, cases[i].more);
        assert_int_equal(p.fragment_at, cases[i].at);
    }
}

static void test_vlans_and_direction_are_kept(void **state)
{
    (void)state;
    struct capture_packet p;
    assert_true(parse(1, links[3].frame, &p));
    assert_int_equal(p.vlan[0], 5);
    assert_int_equal(p.vlan[1], 6);
    assert_true(parse(113, SLICE("\0\x04\0\x01\0\x06\x02\0\0\0\0\x02\0\0\x08\0" PACKET), &p));
    assert_true(p.outgoing);
    assert_true(parse(113, SLICE("\0\0\0\x01\0\x06\x02\0\0\0\0\x02\0\0\x08\0" PACKET), &p));
    assert_false(p.outgoing);
}

/* It is no part of a datagram whose length is the frame's. */
static void test_the_frame_check_sequence_is_cut_off(void **state)
{
    (void)state;
    static const struct {
        size_t captured;
        size_t payload, missing;
    } cases[] = { { 33, 9, 0 }, { 31, 9, 0 }, { 29, 9, 0 }, { 28, 8, 1 } };
    uint8_t bytes[] = PACKET "fcs!";
    bytes[3] = 0; /* total length */
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct capture_frame frame = { .link = 101,
                                       .data = guarded((struct slice){ bytes, cases[i].captured }),
                                       .length = 33,
                                       .fcs = 4 };
        struct capture_packet p;
        assert_true(capture_packet_parse(&frame, &p));
        assert_int_equal(p.payload.n, cases[i].payload);
        assert_int_equal(p.missing, cases[i].missing);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_link_type_leads_to_the_packet),
        cmocka_unit_test(test_frames_cut_anywhere),
        cmocka_unit_test(test_what_is_no_ipv4_is_no_packet),
        cmocka_unit_test(test_total_length),
        cmocka_unit_test(test_header_options_are_passed_over),
        cmocka_unit_test(test_fragments_are_told),
        cmocka_unit_test(test_vlans_and_direction_are_kept),
        cmocka_unit_test(test_the_frame_check_sequence_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
