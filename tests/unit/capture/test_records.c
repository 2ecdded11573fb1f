/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdio.h>

#include "capture/frames.h"

#include "base/err.h"
#include "capture/records.h"

static struct made m;

static int setup(void **state)
{
    (void)state;
    made_init(&m);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    made_clear(&m);
    return 0;
}

static struct capture_records *open_made(void)
{
    struct buf why;
    buf_init(&why, 256);
    struct capture_records *r =
        capture_records_open(capture_input_of(guarded(made_slice(&m))), &why);
    if (!r)
        fail_msg("%.*s", SLICE_ARG(buf_slice(&why)));
    buf_clear(&why);
    return r;
}

static struct capture_frame next(struct capture_records *r)
{
    struct capture_frame frame;
    struct buf why;
    buf_init(&why, 256);
    if (capture_records_next(r, &frame, &why) != 1)
        fail_msg("no frame: %.*s", SLICE_ARG(buf_slice(&why)));
    buf_clear(&why);
    return frame;
}

/* want: the fault's text, or "" for an end without one. */
static void expect_end(struct capture_records *r, const char *want)
{
    struct capture_frame frame;
    struct buf why;
    buf_init(&why, 256);
    assert_int_equal(capture_records_next(r, &frame, &why), *want ? ERR_FORMAT : 0);
    expect_slice("end", buf_slice(&why), slice_of_str(want));
    buf_clear(&why);
    capture_records_close(r);
}

static void expect_refused(struct slice bytes, const char *want)
{
    struct buf why;
    buf_init(&why, 256);
    assert_null(capture_records_open(capture_input_of(guarded(bytes)), &why));
    expect_slice("refused", buf_slice(&why), slice_of_str(want));
    buf_clear(&why);
}

static void test_every_magic_number_of_pcap(void **state)
{
    (void)state;
    static const struct {
        uint32_t magic;
        size_t file_more, frame_more;
        int64_t ns;
    } cases[] = {
        { 0xa1b2c3d4, 0, 0, 1700000000000005000 }, { 0xa1b23c4d, 0, 0, 1700000000000000005 },
        { 0xa1b2cd34, 0, 8, 1700000000000005000 }, { 0x1c0001ac, 4, 0, 1700000000000000005 },
        { 0x1c0001ab, 4, 0, 1700000000000000005 },
    };
    for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
        m.n = 0;
        m.big = i % 2;
        put_pcap_header(&m, cases[i / 2].magic, 1);
        put_number(&m, 0, cases[i / 2].file_more);
        put32(&m, 1700000000);
        put32(&m, 5);
        put32(&m, 3);
        put32(&m, 9);
        put_number(&m, 0, cases[i / 2].frame_more);
        put_slice(&m, SLICE("abc"));
        struct capture_records *r = open_made();
        assert_int_equal(capture_records_format(r), CAPTURE_PCAP);
        struct capture_frame frame = next(r);
        assert_int_equal(frame.number, 1);
        assert_int_equal(frame.time_ns, cases[i / 2].ns);
        assert_int_equal(frame.link, 1);
        assert_int_equal(frame.length, 9);
        expect_slice("frame", frame.data, SLICE("abc"));
        expect_end(r, "");
    }
}

/* draft-ietf-opsawg-pcap §4: the bits above the link type; the length is in words of 16 bits. */
static void test_the_frame_check_sequence_of_a_pcap(void **state)
{
    (void)state;
    static const struct {
        uint32_t link;
        uint8_t fcs;
    } cases[] = {
        { 1, 0 }, { 0x24000001, 4 }, { 0x14000001, 2 }, { 0x20000001, 0 }, { 0xf4000001, 30 }
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        m.n = 0;
        put_pcap_header(&m, 0xa1b2c3d4, cases[i].link);
        put_pcap_frame(&m, 1, 2, SLICE("abc"));
        struct capture_records *r = open_made();
        struct capture_frame frame = next(r);
        assert_int_equal(frame.link, 1);
        assert_int_equal(frame.fcs, cases[i].fcs);
        expect_end(r, "");
    }
}

static void test_lengths_of_old_versions_are_the_other_way_round(void **state)
{
    (void)state;
    static const struct {
        uint32_t major, minor, first, second;
    } cases[] = { { 2, 2, 9, 3 }, { 2, 3, 9, 3 },   { 2, 3, 3, 9 },
                  { 2, 4, 3, 9 }, { 543, 0, 9, 3 }, { 9, 0, 3, 9 } };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        m.n = 0;
        put_pcap_header(&m, 0xa1b2c3d4, 1);
        m.n = 4;
        put16(&m, cases[i].major);
        put16(&m, cases[i].minor);
        m.n = 24;
        put32(&m, 1);
        put32(&m, 2);
        put32(&m, cases[i].first);
        put32(&m, cases[i].second);
        put_slice(&m, SLICE("abc"));
        struct capture_records *r = open_made();
        assert_int_equal(next(r).length, 9);
        expect_end(r, "");
    }
}

static void test_no_capture_is_refused(void **state)
{
    (void)state;
    expect_refused(SLICE(""), "no capture: empty");
    expect_refused(SLICE("\xd4\xc3\xb2"), "no capture: too short to be one");
    expect_refused(SLICE("Hello, world, this is no capture"),
                   "no capture: neither pcap nor pcapng");
    expect_refused(SLICE("\xd4\xc3\xb2\xa1\x02\0\x04\0"),
                   "damaged at byte 8: the file ends inside its header");
    expect_refused(SLICE("\x1f\x8b\x08"), "cannot be read: the gzip is damaged or cut");
}

/* Cut at every octet: the frames before are given, and the fault says where the file ends. */
static void test_a_pcap_that_was_cut_gives_what_came_before(void **state)
{
    (void)state;
    char want[80];
    put_pcap_header(&m, 0xa1b2c3d4, 1);
    for (int i = 0; i < 3; i++)
        put_pcap_frame(&m, 1, 2, SLICE("abcdefg"));
    for (size_t n = 24; n <= 24 + 3 * 23; n++) {
        m.n = n;
        struct capture_records *r = open_made();
        for (size_t i = 0; i < (n - 24) / 23; i++)
            assert_int_equal(next(r).number, i + 1);
        size_t inside = (n - 24) % 23;
        (void)snprintf(want, sizeof want, "damaged at byte %zu: the file ends inside %s", n,
                       inside < 16 ? "a frame's header" : "a frame");
        expect_end(r, inside ? want : "");
    }
}

static void test_a_frame_that_is_too_long_is_damage(void **state)
{
    (void)state;
    static uint8_t frame[CAPTURE_FRAME_MAX + 1];
    put_pcap_header(&m, 0xa1b2c3d4, 1);
    put_pcap_frame(&m, 1, 2, (struct slice){ frame, CAPTURE_FRAME_MAX });
    put_pcap_frame(&m, 1, 2, (struct slice){ frame, CAPTURE_FRAME_MAX + 1 });
    struct capture_records *r = open_made();
    assert_int_equal(next(r).data.n, CAPTURE_FRAME_MAX);
    expect_end(r, "damaged at byte 262192: a frame longer than any");
}

/* draft-ietf-opsawg-pcapng §4.2: resolution and offset, each interface its own. */
static void test_times_of_interfaces_unlike_one_another(void **state)
{
    (void)state;
    static const struct {
        struct slice options;
        uint64_t time;
        int64_t ns;
    } cases[] = {
        { { NULL, 0 }, 1700000000000005, 1700000000000005000 },
        { SLICE_INIT("\0\0\0\0"), 1700000000000005, 1700000000000005000 },
        { SLICE_INIT("\x09\0\x01\0\x09\0\0\0\0\0\0\0"), 1700000000000000005, 1700000000000000005 },
        { SLICE_INIT("\x09\0\x01\0\0\0\0\0"), 1700000000, 1700000000000000000 },
        { SLICE_INIT("\x09\0\x01\0\x03\0\0\0"), 1700000000001, 1700000000001000000 },
        { SLICE_INIT("\x09\0\x01\0\x0c\0\0\0"), 1234567999999999999, 1234567999999999 },
        { SLICE_INIT("\x09\0\x01\0\x13\0\0\0"), 15000000000000000000U, 1500000000 },
        { SLICE_INIT("\x09\0\x01\0\x14\0\0\0"), 15000000000000000000U, 150000000 },
        { SLICE_INIT("\x09\0\x01\0\x7f\0\0\0"), UINT64_MAX, 0 },
        { SLICE_INIT("\x09\0\x01\0\x80\0\0\0"), 17, 17000000000 },
        { SLICE_INIT("\x09\0\x01\0\x8a\0\0\0"), 1536, 1500000000 },
        { SLICE_INIT("\x09\0\x01\0\xbf\0\0\0"), UINT64_C(3) << 62, 1500000000 },
        { SLICE_INIT("\x09\0\x01\0\xc0\0\0\0"), UINT64_C(1) << 63, 500000000 },
        { SLICE_INIT("\x09\0\x01\0\xff\0\0\0"), UINT64_MAX, 0 },
        { SLICE_INIT("\x0e\0\x08\0\xe8\x03\0\0\0\0\0\0"), 5, 1000000005000 },
        { SLICE_INIT("\x0e\0\x08\0\xff\xff\xff\xff\xff\xff\xff\xff"), 1, -999999000 },
        { SLICE_INIT("\x0e\0\x08\0\xff\xff\xff\xff\xff\xff\xff\x7f"), 1, INT64_MAX },
        { SLICE_INIT("\x0e\0\x08\0\0\0\0\0\0\0\0\x80"), 1, INT64_MIN + 1 },
        { SLICE_INIT("\x02\0\x04\0eth0\x09\0\x01\0\x03\0\0\0"), 7, 7000000 },
        { SLICE_INIT("\x09\0\x02\0\x03\x03\0\0"), 7, 7000 },       /* of a length that it has not */
        { SLICE_INIT("\0\0\0\0\x09\0\x01\0\x03\0\0\0"), 7, 7000 }, /* behind the end */
    };
    put_section(&m);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        put_interface(&m, (uint16_t)i, 0, cases[i].options);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        put_enhanced(&m, (uint32_t)i, cases[i].time, SLICE("abcde"));
    struct capture_records *r = open_made();
    assert_int_equal(capture_records_format(r), CAPTURE_PCAPNG);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct capture_frame frame = next(r);
        if (frame.time_ns != cases[i].ns)
            fail_msg("case %zu: %lld", i, (long long)frame.time_ns);
        assert_int_equal(frame.interface, i);
        assert_int_equal(frame.link, i);
        assert_int_equal(frame.number, i + 1);
    }
    expect_end(r, "");
}

static void test_each_section_has_its_byte_order_and_interfaces(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        m.big = i % 2;
        put_section(&m);
        put_interface(&m, (uint16_t)(100 + i), 0, (struct slice){ NULL, 0 });
        put_interface(&m, 1, 0, (struct slice){ NULL, 0 });
        put_enhanced(&m, 0, 1000000, SLICE("abcde"));
    }
    struct capture_records *r = open_made();
    for (uint32_t i = 0; i < 4; i++) {
        struct capture_frame frame = next(r);
        assert_int_equal(frame.link, 100 + i);
        assert_int_equal(frame.interface, 2 * i);
        assert_int_equal(frame.time_ns, 1000000000);
        expect_slice("frame", frame.data, SLICE("abcde"));
    }
    expect_end(r, "");
}

static void test_only_packet_records_are_counted(void **state)
{
    (void)state;
    static const uint8_t old[] = { 0, 0, 0, 0, 0, 0, 0, 0, 1,   0,   0,   0,
                                   3, 0, 0, 0, 9, 0, 0, 0, 'o', 'l', 'd', 0 };
    put_section(&m);
    put_block(&m, 0x0bad, SLICE("custom"));
    put_interface(&m, 1, 4, (struct slice){ NULL, 0 });
    put_block(&m, 3, SLICE("\x09\0\0\0simp"));           /* cut at the interface's snap length */
    put_block(&m, 3, SLICE("\x03\0\0\0sim\0"));          /* shorter than it */
    put_block(&m, 5, SLICE("\0\0\0\0\0\0\0\0\0\0\0\0")); /* statistics */
    put_block(&m, 2, (struct slice){ old, sizeof old });
    put_block(&m, 4, SLICE("\0\0\0\0")); /* names */
    put_enhanced(&m, 0, 2, SLICE("enhanced"));
    struct capture_records *r = open_made();
    struct capture_frame frame = next(r);
    assert_int_equal(frame.number, 1);
    assert_int_equal(frame.time_ns, CAPTURE_NO_TIME);
    assert_int_equal(frame.length, 9);
    expect_slice("simple", frame.data, SLICE("simp"));
    frame = next(r);
    assert_int_equal(frame.length, 3);
    expect_slice("simple", frame.data, SLICE("sim"));
    frame = next(r);
    assert_int_equal(frame.number, 3);
    assert_int_equal(frame.time_ns, 1000);
    assert_int_equal(frame.length, 9);
    expect_slice("old", frame.data, SLICE("old"));
    frame = next(r);
    assert_int_equal(frame.number, 4);
    expect_slice("enhanced", frame.data, SLICE("enhanced"));
    expect_end(r, "");
}

static void test_the_frame_check_sequence_of_an_interface(void **state)
{
    (void)state;
    put_section(&m);
    put_interface(&m, 1, 0, SLICE("\x0d\0\x01\0\x04\0\0\0"));
    put_enhanced(&m, 0, 2, SLICE("abcd"));
    struct capture_records *r = open_made();
    assert_int_equal(next(r).fcs, 4);
    expect_end(r, "");
}

/* One frame, then a block that is wrong, at byte 84, then another frame that nobody sees. */
static void test_a_damaged_pcapng_gives_what_can_be_read(void **state)
{
    (void)state;
    static const struct {
        struct slice block;
        const char *want;
        bool goes_on; /* a packet record in a block that is whole is passed over */
    } cases[] = {
        { SLICE_INIT("\x06\0\0\0\x0b\0\0\0"), "damaged at byte 88: a block's length that cannot be",
          false },
        { SLICE_INIT("\x4d\0\0\0\x0d\0\0\0x\x0d\0\0\0"),
          "damaged at byte 88: a block's length that cannot be", false },
        { SLICE_INIT("\x06\0\0\0\0\0\0\x02"), "damaged at byte 88: a block longer than any",
          false },
        { SLICE_INIT("\x4d\0\0\0\x0c\0\0\0\x10\0\0\0"),
          "damaged at byte 92: the two lengths of a block differ", false },
        { SLICE_INIT("\x06\0\0\0\x0c\0\0\0\x10\0\0\0"),
          "damaged at byte 92: the two lengths of a block differ", false },
        { SLICE_INIT("\x06\0\0\0\x0c\0\0\0\x0c\0\0\0"),
          "damaged at byte 84: a packet block that is too short", true },
        { SLICE_INIT("\x03\0\0\0\x0c\0\0\0\x0c\0\0\0"),
          "damaged at byte 84: a packet block that is too short", true },
        { SLICE_INIT("\x03\0\0\0\x14\0\0\0\x05\0\0\0abcd\x14\0\0\0"),
          "damaged at byte 92: a frame longer than its block", true },
        { SLICE_INIT("\x01\0\0\0\x10\0\0\0\0\0\0\0\x10\0\0\0"),
          "damaged at byte 84: an interface block that is too short", false },
        { SLICE_INIT("\x01\0\0\0\x18\0\0\0\x01\0\0\0\0\0\0\0\x02\0\x05\0\x18\0\0\0"),
          "damaged at byte 100: an option of an interface does not fit", false },
        { SLICE_INIT("\x06\0\0\0\x20\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x20\0\0\0"),
          "damaged at byte 92: a frame of an interface that is not described", true },
        { SLICE_INIT("\x06\0\0\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\x01\0\0\0\x20\0\0\0"),
          "damaged at byte 92: a frame longer than its block", true },
        { SLICE_INIT("\x0a\x0d\x0d\x0a\x1c\0\0\0\x1a\x2b\x3c\x4e"),
          "damaged at byte 92: a section of no byte order", false },
        { SLICE_INIT("\x0a\x0d\x0d\x0a\x10\0\0\0\x4d\x3c\x2b\x1a\x10\0\0\0"),
          "damaged at byte 84: a section header that is too short", false },
        { SLICE_INIT("\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\x02\0\0\0\xff\xff\xff\xff\xff\xff"
                     "\xff\xff\x1c\0\0\0"),
          "damaged at byte 96: a version of pcapng that is not known", false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        m.n = 0;
        put_section(&m);
        put_interface(&m, 1, 0, (struct slice){ NULL, 0 });
        put_enhanced(&m, 0, 1, SLICE("abcd"));
        assert_int_equal(m.n, 84);
        put_slice(&m, cases[i].block);
        put_enhanced(&m, 0, 1, SLICE("abcd"));
        struct capture_records *r = open_made();
        assert_int_equal(next(r).number, 1);
        if (cases[i].goes_on)
            assert_int_equal(next(r).number, 3);
        expect_end(r, cases[i].want);
    }
}

static void test_a_pcapng_that_was_cut_says_where(void **state)
{
    (void)state;
    char want[80];
    put_section(&m);
    put_interface(&m, 1, 0, (struct slice){ NULL, 0 });
    put_enhanced(&m, 0, 1, SLICE("abcd"));
    put_block(&m, 77, SLICE("unknown!"));
    size_t whole = m.n;
    for (size_t n = 85; n <= whole; n++) {
        m.n = n;
        struct capture_records *r = open_made();
        assert_int_equal(next(r).number, 1);
        (void)snprintf(want, sizeof want, "damaged at byte %zu: the file ends inside %s", n,
                       n < 84 + 12 ? "a block's header" : "a block");
        expect_end(r, n < whole ? want : "");
    }
}

/* Wireshark stops here; what its block says is known, so that the file goes on. */
static void test_a_frame_longer_than_any_is_given_cut(void **state)
{
    (void)state;
    static uint8_t frame[CAPTURE_FRAME_MAX + 1];
    put_section(&m);
    put_interface(&m, 1, 0, (struct slice){ NULL, 0 });
    put_enhanced(&m, 0, 1, (struct slice){ frame, sizeof frame });
    put_enhanced(&m, 0, 1, SLICE("abcd"));
    struct capture_records *r = open_made();
    struct capture_frame got = next(r);
    assert_int_equal(got.data.n, CAPTURE_FRAME_MAX);
    assert_int_equal(got.length, sizeof frame);
    assert_int_equal(next(r).number, 2);
    expect_end(r, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_magic_number_of_pcap, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_frame_check_sequence_of_a_pcap, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lengths_of_old_versions_are_the_other_way_round, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_no_capture_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_pcap_that_was_cut_gives_what_came_before, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_frame_that_is_too_long_is_damage, setup, teardown),
        cmocka_unit_test_setup_teardown(test_times_of_interfaces_unlike_one_another, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_each_section_has_its_byte_order_and_interfaces, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_only_packet_records_are_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_frame_check_sequence_of_an_interface, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_damaged_pcapng_gives_what_can_be_read, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_pcapng_that_was_cut_says_where, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_frame_longer_than_any_is_given_cut, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
