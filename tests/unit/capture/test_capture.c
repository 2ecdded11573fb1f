/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "capture/frames.h"

#include "base/err.h"
#include "capture/capture.h"

#define SNAP_CUT  "frame cut by the snap length"
#define UDP_WRONG "UDP length does not fit"
#define IP_WRONG  "IP length does not fit"

static struct made file;
static struct buf why;

static int setup(void **state)
{
    (void)state;
    made_init(&file);
    buf_init(&why, 512);
    put_pcap_header(&file, 0xa1b23c4d, 101);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    made_clear(&file);
    buf_clear(&why);
    return 0;
}

static struct capture *open_with(const struct capture_filter *filter)
{
    struct capture *capture = capture_open_bytes(guarded(made_slice(&file)), filter, &why);
    if (!capture)
        fail_msg("%.*s", SLICE_ARG(buf_slice(&why)));
    return capture;
}

static struct capture *open_file(void)
{
    struct capture_filter filter;
    capture_filter_init(&filter);
    return open_with(&filter);
}

static void expect_end(struct capture *capture)
{
    struct capture_message m;
    for (int i = 0; i < 2; i++)
        if (capture_next(capture, 0, &m, &why) != 0)
            fail_msg("a message of frame %u", (unsigned)m.frame);
    capture_close(capture);
}

static struct capture_message next(struct capture *capture)
{
    struct capture_message m = { 0 };
    assert_int_equal(capture_next(capture, 0, &m, &why), 1);
    return m;
}

/* One raw IP frame of a UDP datagram, its ports given. */
static void put_message(uint16_t source, uint16_t destination, struct slice payload)
{
    struct made udp, packet;
    const struct ip ip = { .protocol = 17, .id = 7, .source = 1, .destination = 2 };
    made_init(&udp);
    made_init(&packet);
    put_udp(&udp, source, destination, payload);
    put_ip(&packet, &ip, made_slice(&udp));
    put_pcap_frame(&file, 5, 6, made_slice(&packet));
    made_clear(&packet);
    made_clear(&udp);
}

static void test_datagrams_from_or_to_the_ports_are_messages(void **state)
{
    (void)state;
    static const uint16_t pairs[][2] = { { 68, 67 },   { 67, 68 }, { 67, 67 },    { 53, 5353 },
                                         { 1024, 67 }, { 68, 9 },  { 4011, 4011 } };
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
        put_message(pairs[i][0], pairs[i][1], SLICE("payload"));
    struct capture *c = open_file();
    for (size_t i = 0; i < 6; i++) {
        if (i == 3)
            continue;
        struct capture_message m = next(c);
        assert_int_equal(m.kind, CAPTURE_UDP);
        assert_int_equal(m.frame, i + 1);
        assert_int_equal(m.time_ns, 5000000006);
        assert_int_equal(m.source, 1);
        assert_int_equal(m.destination, 2);
        assert_int_equal(m.source_port, pairs[i][0]);
        assert_int_equal(m.destination_port, pairs[i][1]);
        assert_int_equal(m.ttl, 64);
        assert_int_equal(m.ip_id, 7);
        assert_int_equal(m.payload_at, 28);
        assert_int_equal(m.faults_n, 0);
        assert_false(m.has_hardware);
        expect_slice("payload", m.payload, SLICE("payload"));
    }
    expect_end(c);
    struct capture_filter filter;
    capture_filter_init(&filter);
    filter.ports[filter.ports_n++] = 4011;
    c = open_with(&filter);
    for (size_t i = 0; i < 6; i++)
        (void)next(c);
    expect_end(c);
}

/* The payload, however short; what does not fit is a fault at an octet of it. */
static void test_lengths_that_do_not_fit_are_faults(void **state)
{
    (void)state;
    static const struct {
        uint16_t total, udp; /* as the headers say; the datagram has 8 + 10 octets */
        uint16_t captured;   /* octets of the frame's 38 */
        size_t payload;
        const char *first;
        size_t first_at;
        const char *second;
    } cases[] = {
        { 38, 18, 38, 10, NULL, 0, NULL },         { 38, 8, 38, 0, NULL, 0, NULL },
        { 38, 17, 38, 9, NULL, 0, NULL }, /* receivers obey it */
        { 38, 19, 38, 10, UDP_WRONG, 10, NULL },   { 38, 7, 38, 10, UDP_WRONG, 0, NULL },
        { 38, 0, 38, 10, UDP_WRONG, 0, NULL },     { 38, 65535, 38, 10, UDP_WRONG, 10, NULL },
        { 39, 18, 38, 10, IP_WRONG, 10, NULL },    { 39, 19, 38, 10, IP_WRONG, 10, UDP_WRONG },
        { 37, 18, 38, 9, UDP_WRONG, 9, NULL },     { 28, 18, 38, 0, UDP_WRONG, 0, NULL },
        { 24, 18, 38, 0, UDP_WRONG, 0, NULL },     { 23, 18, 38, 10, IP_WRONG, 10, NULL },
        { 5, 18, 38, 10, IP_WRONG, 10, NULL },     { 0, 18, 38, 10, IP_WRONG, 10, NULL },
        { 38, 18, 37, 9, SNAP_CUT, 9, NULL },      { 38, 18, 28, 0, SNAP_CUT, 0, NULL },
        { 38, 18, 27, 0, SNAP_CUT, 0, NULL },      { 38, 18, 24, 0, SNAP_CUT, 0, NULL },
        { 38, 17, 37, 9, SNAP_CUT, 9, NULL }, /* the frame is, if not the datagram */
        { 38, 19, 37, 9, UDP_WRONG, 9, SNAP_CUT }, { 38, 7, 37, 9, UDP_WRONG, 0, SNAP_CUT },
    };
    put_message(68, 67, SLICE("0123456789"));
    size_t frame = file.n - 38;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        file.n = frame + cases[i].captured;
        file.p[frame - 8] = (uint8_t)cases[i].captured;
        file.p[frame + 2] = (uint8_t)(cases[i].total >> 8);
        file.p[frame + 3] = (uint8_t)cases[i].total;
        file.p[frame + 24] = (uint8_t)(cases[i].udp >> 8);
        file.p[frame + 25] = (uint8_t)cases[i].udp;
        struct capture *c = open_file();
        struct capture_message m = next(c);
        unsigned faults = (cases[i].first != NULL) + (cases[i].second != NULL);
        if (m.payload.n != cases[i].payload || m.faults_n != faults)
            fail_msg("case %zu: %zu octets, %u faults", i, m.payload.n, m.faults_n);
        expect_slice("payload", m.payload, slice_first(SLICE("0123456789"), m.payload.n));
        if (faults) {
            assert_string_equal(m.faults[0].what, cases[i].first);
            assert_int_equal(m.faults[0].at, cases[i].first_at);
        }
        if (faults > 1)
            assert_string_equal(m.faults[1].what, cases[i].second);
        expect_end(c);
    }
    file.n = frame + 23; /* the ports are not there */
    file.p[frame - 8] = 23;
    expect_end(open_file());
}

static void test_what_an_icmp_error_quotes_is_no_message(void **state)
{
    (void)state;
    struct made quoted, packet;
    const struct ip ip = { .protocol = 1, .source = 2, .destination = 1 };
    made_init(&quoted);
    made_init(&packet);
    put_slice(&quoted, SLICE("\3\3\0\0\0\0\0\0"));
    put_datagram(&quoted, SLICE("payload"));
    put_ip(&packet, &ip, made_slice(&quoted));
    put_pcap_frame(&file, 5, 6, made_slice(&packet));
    made_clear(&packet);
    made_clear(&quoted);
    expect_end(open_file());
}

static void put_fragment(uint16_t fragment, struct slice payload)
{
    struct made packet;
    const struct ip ip = { .protocol = 17, .id = 9, .fragment = fragment };
    made_init(&packet);
    put_ip(&packet, &ip, payload);
    put_pcap_frame(&file, 5, 6, made_slice(&packet));
    made_clear(&packet);
}

static void test_of_fragments_the_frame_is_the_one_that_completes(void **state)
{
    (void)state;
    put_fragment(0x2001, SLICE("abcdefgh"));
    put_message(68, 67, SLICE("between"));
    put_fragment(0x2000, SLICE("\0\x44\0\x43\0\x13\0\0"));
    put_fragment(0x0002, SLICE("ijk"));
    struct capture *c = open_file();
    assert_int_equal(next(c).frame, 2);
    struct capture_message m = next(c);
    assert_int_equal(m.frame, 4);
    assert_int_equal(m.payload_at, 0);
    assert_int_equal(m.ip_id, 9);
    expect_slice("whole", m.payload, SLICE("abcdefghijk"));
    expect_end(c);
}

static void test_fragments_that_differ_are_a_fault(void **state)
{
    (void)state;
    put_fragment(0x2000, SLICE("\0\x44\0\x43\0\x13\0\0"));
    put_fragment(0x2001, SLICE("abcdefgh"));
    put_fragment(0x2001, SLICE("ABCDEFGH"));
    put_fragment(0x0002, SLICE("ijk"));
    struct capture *c = open_file();
    struct capture_message m = next(c);
    expect_slice("whole", m.payload, SLICE("abcdefghijk"));
    assert_int_equal(m.faults_n, 1);
    assert_string_equal(m.faults[0].what, "fragments differ where they overlap");
    assert_int_equal(m.faults[0].at, 0);
    expect_end(c);
}

static void test_what_is_never_whole_is_a_loss_at_the_end(void **state)
{
    (void)state;
    put_fragment(0x2000, SLICE("\0\x44\0\x43\0\x13\0\0"));
    put_message(68, 67, SLICE("whole"));
    struct capture *c = open_file();
    assert_int_equal(next(c).kind, CAPTURE_UDP);
    struct capture_message m = next(c);
    assert_int_equal(m.kind, CAPTURE_LOSS);
    assert_int_equal(m.frame, 1);
    assert_string_equal(m.what, "a fragmented datagram never became whole");
    assert_int_equal(capture_totals(c)->losses, 1);
    assert_int_equal(capture_totals(c)->messages, 1);
    expect_end(c);
}

/* A stream from its SYN on: two messages, one empty, one of three octets. */
static void test_tcp_streams_are_messages(void **state)
{
    (void)state;
    struct made packet;
    const struct ip ip = { .protocol = 6 };
    made_init(&packet);
    put_ip(&packet, &ip,
           SLICE("\x9c\x40\0\x43\0\0\0\x05\0\0\0\0\x50\x02\0\0\0\0\0\0\0\0\0\x03"
                 "abc\0\x09"));
    put_pcap_frame(&file, 5, 6, made_slice(&packet));
    made_clear(&packet);
    struct capture *c = open_file();
    struct capture_message m = next(c);
    assert_int_equal(m.kind, CAPTURE_TCP);
    assert_int_equal(m.payload.n, 0);
    m = next(c);
    expect_slice("message", m.payload, SLICE("abc"));
    assert_int_equal(m.source_port, 40000);
    assert_int_equal(m.payload_at, 44);
    m = next(c);
    assert_int_equal(m.kind, CAPTURE_LOSS);
    expect_end(c);
    c = open_file();
    m = next(c);
    capture_stream_end(c, m.stream);
    expect_end(c);
}

static void test_frames_outside_the_times_are_counted_and_passed_over(void **state)
{
    (void)state;
    static const struct {
        int64_t from, to;
        size_t messages, outside;
    } cases[] = {
        { CAPTURE_NO_TIME, CAPTURE_NO_TIME, 1, 0 }, { 5000000006, 5000000006, 1, 0 },
        { 5000000007, CAPTURE_NO_TIME, 0, 1 },      { CAPTURE_NO_TIME, 5000000005, 0, 1 },
        { CAPTURE_NO_TIME, 5000000006, 1, 0 },
    };
    put_message(68, 67, SLICE("payload"));
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct capture_filter filter;
        capture_filter_init(&filter);
        filter.from_ns = cases[i].from;
        filter.to_ns = cases[i].to;
        struct capture *c = open_with(&filter);
        for (size_t k = 0; k < cases[i].messages; k++)
            (void)next(c);
        struct capture_message m;
        assert_int_equal(capture_next(c, 0, &m, &why), 0);
        const struct capture_totals *t = capture_totals(c);
        assert_int_equal(t->frames, 1);
        assert_int_equal(t->outside, cases[i].outside);
        assert_int_equal(t->messages, cases[i].messages);
        assert_int_equal(t->first_ns, 5000000006);
        assert_int_equal(t->last_ns, 5000000006);
        expect_end(c);
    }
}

static void test_damage_comes_after_all_that_was_before_it(void **state)
{
    (void)state;
    put_message(68, 67, SLICE("payload"));
    put_fragment(0x2000, SLICE("\0\x44\0\x43\0\x13\0\0"));
    put_slice(&file, SLICE("cut"));
    struct capture *c = open_file();
    struct capture_message m;
    assert_int_equal(next(c).kind, CAPTURE_UDP);
    assert_int_equal(next(c).kind, CAPTURE_LOSS);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(capture_next(c, 0, &m, &why), ERR_FORMAT);
        expect_slice("why", buf_slice(&why),
                     SLICE("damaged at byte 122: the file ends inside a frame's header"));
        buf_clear(&why);
    }
    capture_close(c);
}

static void test_what_is_no_capture_is_not_opened(void **state)
{
    (void)state;
    struct capture_filter filter;
    capture_filter_init(&filter);
    assert_null(capture_open_bytes(SLICE("no capture"), &filter, &why));
    expect_slice("why", buf_slice(&why), SLICE("no capture: neither pcap nor pcapng"));
    buf_clear(&why);
    assert_null(capture_open("/nonexistent/file", &filter, &why));
    expect_slice("why", buf_slice(&why), SLICE("cannot be read: No such file or directory"));
    capture_close(NULL);
}

static void test_totals_and_hardware(void **state)
{
    (void)state;
    struct made frame;
    file.n = 0;
    put_pcap_header(&file, 0xa1b23c4d, 1);
    made_init(&frame);
    put_ethernet(&frame, 0x0800);
    put_datagram(&frame, SLICE("payload"));
    put_pcap_frame(&file, 5, 6, made_slice(&frame));
    put_pcap_frame(&file, 3, 0, SLICE("no frame at all"));
    made_clear(&frame);
    struct capture *c = open_file();
    struct capture_message m = next(c);
    assert_true(m.has_hardware);
    assert_memory_equal(m.source_hardware, "\x02\0\0\0\0\x01", 6);
    assert_memory_equal(m.destination_hardware, "\xff\xff\xff\xff\xff\xff", 6);
    assert_int_equal(capture_next(c, 0, &m, &why), 0);
    const struct capture_totals *t = capture_totals(c);
    uint64_t read = 0, size = 0;
    assert_int_equal(t->frames, 2);
    assert_int_equal(t->octets, 14 + 28 + 7 + 15);
    assert_int_equal(t->not_ipv4, 1);
    assert_int_equal(t->first_ns, 3000000000);
    assert_int_equal(t->last_ns, 5000000006);
    capture_position(c, &read, &size);
    assert_int_equal(read, file.n);
    assert_int_equal(size, file.n);
    expect_end(c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_datagrams_from_or_to_the_ports_are_messages),
        TEST(test_lengths_that_do_not_fit_are_faults),
        TEST(test_what_an_icmp_error_quotes_is_no_message),
        TEST(test_of_fragments_the_frame_is_the_one_that_completes),
        TEST(test_fragments_that_differ_are_a_fault),
        TEST(test_what_is_never_whole_is_a_loss_at_the_end),
        TEST(test_tcp_streams_are_messages),
        TEST(test_frames_outside_the_times_are_counted_and_passed_over),
        TEST(test_damage_comes_after_all_that_was_before_it),
        TEST(test_what_is_no_capture_is_not_opened),
        TEST(test_totals_and_hardware),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
