/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "capture/fragments.h"

#define DATAGRAM "\0\x44\0\x43\0\x20\0\0abcdefghijklmnopqrstuvwx"

static struct capture_fragments *fragments;
static struct capture_ports ports;
static uint64_t number;
static int64_t now_ns;

static int setup(void **state)
{
    (void)state;
    fragments = capture_fragments_new();
    ports = (struct capture_ports){ 0 };
    capture_ports_add(&ports, 67);
    number = 0;
    now_ns = 1000;
    return fragments ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    capture_fragments_free(fragments);
    return 0;
}

static struct capture_packet packet_of(uint16_t id, uint16_t at, bool more, struct slice payload)
{
    return (struct capture_packet){ .source_address = 1,
                                    .destination_address = 2,
                                    .protocol = 17,
                                    .ttl = (uint8_t)(at ? 9 : 64),
                                    .id = id,
                                    .fragment = true,
                                    .more = more,
                                    .fragment_at = at,
                                    .payload = guarded(payload),
                                    .payload_at = 34 };
}

/* True: the datagram is whole, and want. */
static bool add_packet(struct capture_packet p, struct slice want, const char *clash)
{
    struct capture_frame frame = { .number = ++number, .time_ns = now_ns };
    struct fault fault = { 0 };
    int got = capture_fragments_add(fragments, &frame, &ports, &p, &fault);
    assert_true(got >= 0);
    if (!got)
        return false;
    expect_slice("whole", p.payload, want);
    assert_false(p.fragment);
    assert_int_equal(p.payload_at, 0);
    assert_int_equal(p.ttl, 64); /* the first fragment's */
    assert_int_equal(clash != NULL, fault.what != NULL);
    return true;
}

static bool add(uint16_t id, uint16_t at, bool more, const char *payload, size_t n)
{
    return add_packet(packet_of(id, at, more, (struct slice){ (const uint8_t *)payload, n }),
                      SLICE(DATAGRAM), NULL);
}

/* A part of the datagram above. */
static bool add_part(uint16_t id, uint16_t at, size_t n)
{
    return add(id, at, at + n < 32, &DATAGRAM[at], n);
}

static void expect_lost(uint16_t id, const char *what)
{
    struct capture_message lost;
    if (!capture_fragments_lost(fragments, &lost))
        fail_msg("%u is not lost", id);
    assert_int_equal(lost.kind, CAPTURE_LOSS);
    assert_int_equal(lost.ip_id, id);
    assert_int_equal(lost.source, 1);
    assert_string_equal(lost.what, what);
}

static void expect_nothing_lost(void)
{
    struct capture_message lost;
    assert_false(capture_fragments_lost(fragments, &lost));
}

#define NEVER_WHOLE "a fragmented datagram never became whole"

static void test_fragments_come_in_any_order(void **state)
{
    (void)state;
    static const uint16_t orders[][4] = {
        { 0, 8, 16, 24 }, { 24, 16, 8, 0 }, { 8, 24, 0, 16 }, { 16, 0, 24, 8 }
    };
    for (uint16_t i = 0; i < ARRAY_SIZE(orders); i++)
        for (size_t k = 0; k < 4; k++)
            assert_int_equal(add_part(i, orders[i][k], 8), k == 3);
    capture_fragments_end(fragments);
    expect_nothing_lost();
}

static void test_datagrams_are_told_apart(void **state)
{
    (void)state;
    struct capture_packet other = packet_of(1, 8, false, SLICE("other"));
    assert_false(add_part(1, 0, 16));
    assert_false(add_part(2, 0, 16));
    other.protocol = 6;
    assert_false(add_packet(other, SLICE(""), NULL));
    other.protocol = 17;
    other.source_address = 3;
    assert_false(add_packet(other, SLICE(""), NULL));
    other.source_address = 1;
    other.vlan_n = 1;
    assert_false(add_packet(other, SLICE(""), NULL));
    assert_true(add_part(2, 16, 16));
    assert_true(add_part(1, 16, 16));
}

static void test_the_same_again_changes_nothing(void **state)
{
    (void)state;
    assert_false(add_part(1, 0, 16));
    assert_false(add_part(1, 0, 16));
    assert_false(add_part(1, 8, 8));
    assert_true(add_part(1, 8, 24));
}

static void test_of_octets_that_differ_the_first_stand_and_it_is_told(void **state)
{
    (void)state;
    assert_false(add_part(1, 0, 16));
    assert_false(add(1, 8, true, "XXXXXXXX", 8));
    assert_true(
        add_packet(packet_of(1, 16, false, SLICE("ijklmnopqrstuvwx")), SLICE(DATAGRAM), "differ"));
}

/* RFC 791 §3.2: all but the last have whole units of 8 octets. */
static void test_the_last_fragment_sets_the_end(void **state)
{
    (void)state;
    struct slice want = SLICE("\0\x44\0\x43\0\x0d\0\0abcde");
    assert_false(add_packet(packet_of(1, 8, false, SLICE("abcde")), want, NULL));
    assert_false(add_packet(packet_of(1, 8, false, SLICE("abcdefghij")), want, NULL));
    assert_false(add_packet(packet_of(1, 16, true, SLICE("ijklmnop")), want, NULL));
    assert_true(add_packet(packet_of(1, 0, true, slice_first(want, 8)), want, NULL));
    want = SLICE("\0\x44\0\x43\0\x10\0\0abcdefgh");
    assert_false(add_packet(packet_of(2, 0, true, SLICE("\0\x44\0\x43\0\x10\0\0xyz")), want, NULL));
    assert_true(add_packet(packet_of(2, 8, false, SLICE("abcdefgh")), want, NULL));
}

static void test_what_never_becomes_whole_is_lost_at_the_end(void **state)
{
    (void)state;
    struct capture_packet cut = packet_of(3, 8, true, SLICE("abc"));
    cut.missing = 5;
    assert_false(add_part(1, 0, 16));
    assert_false(add_part(2, 8, 16)); /* its ports are not known */
    assert_false(add_packet(cut, SLICE(""), NULL));
    capture_fragments_end(fragments);
    expect_lost(1, NEVER_WHOLE);
    expect_lost(2, NEVER_WHOLE);
    expect_lost(3, "a fragment was cut by the snap length");
    expect_nothing_lost();
}

static void test_ports_that_nobody_wants_are_no_loss(void **state)
{
    (void)state;
    assert_false(add(1, 0, true, "\0\x35\x80\0\0\x20\0\0", 8));
    assert_false(add(1, 8, true, "abcdefgh", 8));
    capture_fragments_end(fragments);
    expect_nothing_lost();
    assert_false(add(1, 0, true, "\0\x35\x80\0\0\x20\0\0", 8));
    assert_false(add_part(1, 0, 16)); /* the same identification again */
    assert_true(add_part(1, 16, 16));
}

static void test_after_two_minutes_a_fragment_is_of_another(void **state)
{
    (void)state;
    assert_false(add_part(1, 0, 16));
    now_ns += INT64_C(121000000000);
    assert_false(add_part(1, 16, 16));
    expect_lost(1, NEVER_WHOLE);
    assert_true(add_part(1, 0, 16));
    expect_nothing_lost();
}

static void test_of_too_many_the_oldest_goes(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < CAPTURE_FRAGMENTS_MAX; i++) {
        assert_false(add_part(i, 0, 16));
        expect_nothing_lost();
    }
    assert_false(add_part(CAPTURE_FRAGMENTS_MAX, 0, 16));
    expect_lost(0, NEVER_WHOLE);
    expect_nothing_lost();
    assert_true(add_part(1, 16, 16));
    assert_false(add_part(0, 16, 16));
    expect_nothing_lost();
}

/* 4096 datagrams of 64 KiB would be a quarter of a gibibyte. */
static void test_memory_is_bounded(void **state)
{
    (void)state;
    static uint8_t part[1480];
    int lost = 0;
    part[3] = 67;
    for (uint16_t i = 0; i < CAPTURE_FRAGMENTS_MAX; i++) {
        struct capture_message message;
        assert_false(add_packet(packet_of(i, 0, true, (struct slice){ part, 8 }), SLICE(""), NULL));
        assert_false(
            add_packet(packet_of(i, 64000, true, (struct slice){ part, 1472 }), SLICE(""), NULL));
        while (capture_fragments_lost(fragments, &message))
            assert_int_equal(message.ip_id, lost++);
        if (i > 1200) /* guarded() keeps its pages */
            break;
    }
    assert_in_range(lost, 100, 300);
}

static void test_no_datagram_is_longer_than_65535(void **state)
{
    (void)state;
    assert_false(add(1, 65528, false, "abcdefg", 7));
    assert_false(add(2, 65528, false, "abcdefgh", 8));
    assert_false(add(2, 8, false, "abcdefgh", 8)); /* so the end is not known yet */
    assert_true(add_packet(packet_of(2, 0, true, SLICE("\0\x44\0\x43\0\x10\0\0")),
                           SLICE("\0\x44\0\x43\0\x10\0\0abcdefgh"), NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fragments_come_in_any_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_datagrams_are_told_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_same_again_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_of_octets_that_differ_the_first_stand_and_it_is_told,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_last_fragment_sets_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_never_becomes_whole_is_lost_at_the_end, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_ports_that_nobody_wants_are_no_loss, setup, teardown),
        cmocka_unit_test_setup_teardown(test_after_two_minutes_a_fragment_is_of_another, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_of_too_many_the_oldest_goes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_datagram_is_longer_than_65535, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
