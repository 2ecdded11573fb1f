/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "capture/streams.h"

enum {
    SYN = 2,
    FIN = 1,
    RST = 4,
    ACK = 16,
    MESSAGE = 244,
    /* with its length */ ALL = 3 * MESSAGE
};

static struct capture_streams *streams;
static uint64_t number;
static int64_t now_ns;
/* What was given, as text: its number for a message (its xid), a word for a loss. */
static char given[4096];
static uint8_t three[ALL]; /* messages 1, 2, 3 */

static int setup(void **state)
{
    (void)state;
    streams = capture_streams_new();
    number = 0;
    now_ns = 1000;
    given[0] = '\0';
    memset(three, 0, sizeof three);
    for (uint8_t i = 0; i < 3; i++) {
        uint8_t *m = three + i * MESSAGE;
        m[1] = MESSAGE - 2;
        m[2] = 1;
        m[4] = 6;
        m[9] = (uint8_t)(i + 1);
        memcpy(m + 238, "\x63\x82\x53\x63", 4);
        m[242] = 255;
    }
    return streams ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    capture_streams_free(streams);
    return 0;
}

static void start_anew(void)
{
    (void)teardown(NULL);
    assert_int_equal(setup(NULL), 0);
}

static void note(const char *text)
{
    size_t n = strlen(given);
    assert_true(n + strlen(text) + 2 < sizeof given);
    if (n)
        given[n++] = ' ';
    memcpy(given + n, text, strlen(text) + 1);
}

static void collect(void)
{
    struct capture_message m;
    while (capture_streams_next(streams, &m)) {
        char text[8] = "0";
        if (m.kind == CAPTURE_LOSS) {
            note(strstr(m.what, "middle") ? "begins" : strstr(m.what, "hole") ? "hole" : "ends");
            continue;
        }
        assert_int_equal(m.kind, CAPTURE_TCP);
        if (m.payload.n)
            text[0] = (char)('0' + m.payload.p[7]);
        note(text);
    }
}

static uint16_t port = 40000;

static struct slice segment_of(uint8_t *room, uint32_t sequence, uint8_t flags, struct slice octets)
{
    memset(room, 0, 20);
    room[0] = (uint8_t)(port >> 8);
    room[1] = (uint8_t)port;
    room[3] = 67;
    for (int i = 0; i < 4; i++)
        room[4 + i] = (uint8_t)(sequence >> (24 - 8 * i));
    room[12] = 5 << 4;
    room[13] = flags;
    if (octets.n)
        memcpy(room + 20, octets.p, octets.n);
    return (struct slice){ room, 20 + octets.n };
}

static void add(uint32_t sequence, uint8_t flags, struct slice octets)
{
    static uint8_t room[70000];
    struct capture_message about = {
        .frame = ++number, .time_ns = now_ns, .source = 1, .destination = 2
    };
    struct slice segment = segment_of(room, sequence, flags, octets);
    assert_int_equal(capture_streams_add(streams, &about, guarded(segment), 0), 0);
    collect();
}

/* The other side acknowledges. */
static void acknowledge(uint32_t sequence)
{
    uint8_t r[20] = { 0, 67, (uint8_t)(port >> 8), (uint8_t)port };
    struct capture_message about = {
        .frame = ++number, .time_ns = now_ns, .source = 2, .destination = 1
    };
    for (int i = 0; i < 4; i++)
        r[8 + i] = (uint8_t)(sequence >> (24 - 8 * i));
    r[12] = 5 << 4;
    r[13] = ACK;
    assert_int_equal(capture_streams_add(streams, &about, (struct slice){ r, sizeof r }, 0), 0);
    collect();
}

#define BASE UINT32_C(0xffffff00) /* the numbers wrap inside */

static void add_part(size_t at, size_t n)
{
    add(BASE + 1 + (uint32_t)at, ACK, (struct slice){ three + at, n });
}

static void begin(void)
{
    add(BASE, SYN, (struct slice){ NULL, 0 });
}

static void finish(const char *want)
{
    capture_streams_end(streams);
    collect();
    assert_string_equal(given, want);
}

/* RFC 6926 §6.1: two octets of length, then a message. */
static void test_messages_are_cut_where_their_lengths_say(void **state)
{
    (void)state;
    static const size_t pieces[] = {
        1, 2, 3, 100, MESSAGE - 1, MESSAGE, MESSAGE + 1, sizeof three
    };
    for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
        start_anew();
        begin();
        for (size_t at = 0; at < sizeof three; at += pieces[i])
            add_part(at, at + pieces[i] < sizeof three ? pieces[i] : sizeof three - at);
        assert_string_equal(given, "1 2 3");
        finish("1 2 3");
    }
}

static void test_segments_out_of_order_wait_for_the_hole(void **state)
{
    (void)state;
    begin();
    add_part(500, 232);
    add_part(300, 200);
    assert_string_equal(given, "");
    add_part(0, 300);
    finish("1 2 3");
}

static void test_of_what_comes_twice_the_first_stands(void **state)
{
    (void)state;
    static uint8_t other[sizeof three];
    begin();
    add_part(0, 300);
    add(BASE + 1, ACK, (struct slice){ other, 300 });
    add(BASE + 101, ACK, (struct slice){ other, 200 });
    add_part(200, 400);
    add_part(100, sizeof three - 100);
    finish("1 2 3");
}

static void test_the_frame_is_the_one_that_completes(void **state)
{
    (void)state;
    struct capture_message m, about = { .frame = 1 };
    static uint8_t room[1000];
    struct slice s = segment_of(room, BASE, SYN, (struct slice){ NULL, 0 });
    assert_int_equal(capture_streams_add(streams, &about, s, 0), 0);
    assert_false(capture_streams_next(streams, &m));
    about = (struct capture_message){ .frame = 2, .payload_at = 34 };
    s = segment_of(room, BASE + 1 + 200, ACK, (struct slice){ three + 200, sizeof three - 200 });
    assert_int_equal(capture_streams_add(streams, &about, s, 0), 0);
    assert_false(capture_streams_next(streams, &m));
    about = (struct capture_message){ .frame = 3, .payload_at = 34 };
    s = segment_of(room, BASE + 1, ACK, (struct slice){ three, 200 });
    assert_int_equal(capture_streams_add(streams, &about, s, 0), 0);
    for (int i = 0; i < 3; i++) {
        assert_true(capture_streams_next(streams, &m));
        assert_int_equal(m.frame, 3);
        assert_int_equal(m.payload_at, 0);
        assert_int_equal(m.source_port, port);
        assert_int_equal(m.destination_port, 67);
    }
    about = (struct capture_message){ .frame = 4, .payload_at = 34 };
    s = segment_of(room, BASE + 1 + ALL, ACK, (struct slice){ three, MESSAGE });
    assert_int_equal(capture_streams_add(streams, &about, s, 0), 0);
    assert_true(capture_streams_next(streams, &m));
    assert_int_equal(m.frame, 4);
    assert_int_equal(m.payload_at, 34 + 20 + 2);
}

static void test_a_stream_that_begins_in_the_middle_is_found_by_its_cookie(void **state)
{
    (void)state;
    add_part(100, 300);
    add_part(400, sizeof three - 400);
    finish("begins 2 3");
}

static void test_without_its_syn_the_first_message_is_found_too(void **state)
{
    (void)state;
    for (size_t at = 0; at < sizeof three; at += 61)
        add_part(at, sizeof three - at < 61 ? sizeof three - at : 61);
    finish("begins 1 2 3");
}

static void test_without_its_syn_segments_may_come_out_of_order(void **state)
{
    (void)state;
    add_part(300, sizeof three - 300);
    add_part(100, 200);
    assert_string_equal(given, "");
    add_part(0, 100);
    finish("begins 1 2 3");
}

static void test_without_its_syn_messages_may_be_told_by_their_lengths(void **state)
{
    (void)state;
    add(BASE, ACK, SLICE("\0\x08........\0\x08......."));
    assert_string_equal(given, "");
    add(BASE + 19, ACK, SLICE(".")); /* '.' + '0' is '^' */
    finish("begins ^ ^");
}

static void test_a_syn_may_come_late(void **state)
{
    (void)state;
    add_part(300, sizeof three - 300);
    begin();
    assert_string_equal(given, "");
    add_part(0, 300);
    finish("1 2 3");
}

static void test_a_beginning_is_not_looked_for_in_more_than_its_bounds(void **state)
{
    (void)state;
    static uint8_t much[65536 + 1];
    for (uint32_t i = 0; i < 33; i++) {
        assert_string_equal(given, "");
        add(BASE + i, ACK, SLICE("a"));
    }
    assert_string_equal(given, "begins");
    start_anew();
    add(BASE, ACK, (struct slice){ much, 65536 });
    assert_string_equal(given, "");
    add(BASE + 65536, ACK, (struct slice){ much, 1 });
    assert_string_equal(given, "begins");
}

static void test_a_hole_is_lost_at_the_end(void **state)
{
    (void)state;
    begin();
    add_part(0, 300);
    add_part(301, sizeof three - 301);
    assert_string_equal(given, "1");
    finish("1 hole 3");
}

static void test_a_hole_that_was_acknowledged_is_waited_for_a_minute(void **state)
{
    (void)state;
    begin();
    add_part(0, 300);
    add_part(301, sizeof three - 301);
    acknowledge(BASE + 1 + ALL);
    assert_string_equal(given, "1");
    now_ns += INT64_C(60000000000);
    acknowledge(BASE + 1 + ALL);
    assert_string_equal(given, "1");
    now_ns += 1;
    acknowledge(BASE + 1 + ALL);
    assert_string_equal(given, "1 hole 3");
    add_part(300, 1); /* too late */
    finish("1 hole 3");
}

static void test_a_hole_is_lost_when_more_waits_than_the_window(void **state)
{
    (void)state;
    static uint8_t much[32768];
    begin();
    for (uint32_t i = 0; i < 8; i++)
        add(BASE + 2 + i * 32768, ACK, (struct slice){ much, sizeof much });
    assert_string_equal(given, "");
    add(BASE + 2 + 8 * 32768, ACK, (struct slice){ three, sizeof three });
    assert_string_equal(given, "hole 1 2 3");
}

static void test_so_is_one_with_too_many_segments_behind(void **state)
{
    (void)state;
    static const uint8_t octet[1];
    begin();
    for (uint32_t i = 0; i < 1024; i++)
        add(BASE + 2 + 2 * i, ACK, (struct slice){ octet, 1 });
    assert_string_equal(given, "");
    add(BASE + 2 + 2048, ACK, (struct slice){ octet, 1 });
    assert_string_equal(given, "hole");
}

static void test_a_stream_that_ends_inside_a_message_is_a_loss(void **state)
{
    (void)state;
    begin();
    add_part(0, 300);
    add(BASE + 301, FIN | ACK, (struct slice){ NULL, 0 });
    assert_string_equal(given, "1 ends");
    add_part(300, sizeof three - 300);
    finish("1 ends");
    start_anew();
    begin();
    add_part(0, 300);
    add(BASE + 301, RST, (struct slice){ NULL, 0 });
    finish("1 ends");
    start_anew();
    begin();
    add_part(0, MESSAGE);
    add(BASE + 1 + MESSAGE, FIN | ACK, (struct slice){ NULL, 0 });
    finish("1");
}

static void test_another_syn_is_another_stream(void **state)
{
    (void)state;
    begin();
    begin(); /* the same again */
    add_part(0, 300);
    add(5, SYN, (struct slice){ NULL, 0 });
    assert_string_equal(given, "1 ends");
    add(6, ACK, (struct slice){ three, sizeof three });
    finish("1 ends 1 2 3");
}

static void test_a_stream_that_was_stopped_gives_nothing_more(void **state)
{
    (void)state;
    struct capture_message m, about = { .frame = 1, .source = 1, .destination = 2 };
    static uint8_t room[1000];
    struct slice s = segment_of(room, BASE, SYN, (struct slice){ three, sizeof three });
    assert_int_equal(capture_streams_add(streams, &about, s, 0), 0);
    assert_true(capture_streams_next(streams, &m));
    capture_streams_stop(streams, m.stream);
    assert_false(capture_streams_next(streams, &m));
    add(BASE + 1 + ALL, ACK, (struct slice){ three, sizeof three });
    capture_streams_stop(streams, 99); /* there is none */
    finish("");
}

static void test_messages_may_be_empty_or_of_65535_octets(void **state)
{
    (void)state;
    static uint8_t large[65537 + 2] = { 0xff, 0xff };
    large[2 + 7] = 7;
    begin();
    add(BASE + 1, ACK, (struct slice){ large, 60000 });
    add(BASE + 60001, ACK, (struct slice){ large + 60000, sizeof large - 60000 });
    finish("7 0");
}

static void test_of_too_many_streams_the_one_longest_idle_goes(void **state)
{
    (void)state;
    port = 1000;
    begin();
    add_part(0, 300);
    for (int i = 1; i < CAPTURE_STREAMS_MAX; i++) {
        port = (uint16_t)(1000 + i);
        begin();
    }
    assert_string_equal(given, "1");
    port = 999;
    begin();
    assert_string_equal(given, "1 ends");
    port = 40000;
    finish("1 ends");
}

static void test_segments_without_a_whole_header_are_none(void **state)
{
    (void)state;
    uint8_t room[64];
    struct capture_message about = { .frame = 1 };
    struct slice s = segment_of(room, BASE, SYN,
                                SLICE("\0\x01"
                                      "a"));
    for (size_t n = 0; n < 20; n++)
        assert_int_equal(capture_streams_add(streams, &about, guarded(slice_first(s, n)), 0), 0);
    room[12] = 4 << 4;
    assert_int_equal(capture_streams_add(streams, &about, s, 0), 0);
    room[12] = 15 << 4;
    assert_int_equal(capture_streams_add(streams, &about, s, 0), 0);
    finish("");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_messages_are_cut_where_their_lengths_say),
        TEST(test_segments_out_of_order_wait_for_the_hole),
        TEST(test_of_what_comes_twice_the_first_stands),
        TEST(test_the_frame_is_the_one_that_completes),
        TEST(test_a_stream_that_begins_in_the_middle_is_found_by_its_cookie),
        TEST(test_without_its_syn_the_first_message_is_found_too),
        TEST(test_without_its_syn_segments_may_come_out_of_order),
        TEST(test_without_its_syn_messages_may_be_told_by_their_lengths),
        TEST(test_a_syn_may_come_late),
        TEST(test_a_beginning_is_not_looked_for_in_more_than_its_bounds),
        TEST(test_a_hole_is_lost_at_the_end),
        TEST(test_a_hole_that_was_acknowledged_is_waited_for_a_minute),
        TEST(test_a_hole_is_lost_when_more_waits_than_the_window),
        TEST(test_so_is_one_with_too_many_segments_behind),
        TEST(test_a_stream_that_ends_inside_a_message_is_a_loss),
        TEST(test_another_syn_is_another_stream),
        TEST(test_a_stream_that_was_stopped_gives_nothing_more),
        TEST(test_messages_may_be_empty_or_of_65535_octets),
        TEST(test_of_too_many_streams_the_one_longest_idle_goes),
        TEST(test_segments_without_a_whole_header_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
