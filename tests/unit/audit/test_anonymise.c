/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "audit/anonymise.h"
#include "audit/anonymise_link.h"

#define IP_AT   14
#define UDP_AT  34
#define DHCP_AT 42

static const uint8_t key[ANONYMISE_KEY] = { 9 };
static struct anonymise_map map;
static uint8_t frame[600];

static struct anonymiser *make(void)
{
    struct capture_filter filter;
    capture_filter_init(&filter);
    anonymise_map_init(&map, key);
    struct anonymiser *a = anonymiser_new(&map, &filter);
    assert_non_null(a);
    return a;
}

static void put16(size_t at, size_t number)
{
    frame[at] = (uint8_t)(number >> 8);
    frame[at + 1] = (uint8_t)number;
}

/* A DISCOVER without options from 68 to 67; returns the frame's length. */
static size_t fill(void)
{
    size_t n = DHCP_AT + 241;
    memset(frame, 0, sizeof frame);
    memset(frame, 0xff, 6);
    memcpy(frame + 6, "\2\0\x5e\x10\0\1", 6);
    put16(12, 0x0800);
    frame[IP_AT] = 0x45;
    put16(IP_AT + 2, n - IP_AT);
    frame[IP_AT + 9] = 17;
    memcpy(frame + IP_AT + 12, "\xc0\0\2\7\xc0\0\2\1", 8);
    put16(UDP_AT, 68);
    put16(UDP_AT + 2, 67);
    put16(UDP_AT + 4, n - UDP_AT);
    put16(UDP_AT + 6, 1);
    memcpy(frame + DHCP_AT, "\1\1\6", 3);
    memcpy(frame + DHCP_AT + 28, "\2\0\x5e\x10\0\1", 6);
    memcpy(frame + DHCP_AT + 236, "\x63\x82\x53\x63\xff", 5);
    return n;
}

static struct capture_frame captured(size_t n, size_t length)
{
    return (struct capture_frame){
        .number = 1, .link = 1, .data = { frame, n }, .length = (uint32_t)length
    };
}

static void add(struct anonymiser *a, const struct capture_frame *one)
{
    struct capture_frame copy = *one;
    copy.data = guarded(one->data);
    assert_int_equal(anonymiser_add(a, &copy), 0);
}

static void test_a_frame_is_rewritten_and_its_checksums_are_right(void **state)
{
    struct anonymiser *a = make();
    struct capture_frame out;
    size_t n = fill();
    const struct capture_frame in = captured(n, n);
    (void)state;
    add(a, &in);
    assert_true(anonymiser_next(a, &out));
    assert_int_equal(out.data.n, n);
    assert_null(memmem(out.data.p, n, "\2\0\x5e\x10\0\1", 6));
    assert_memory_equal(out.data.p + 6, out.data.p + DHCP_AT + 28, 6);
    const struct slice ip = slice_first(slice_from(out.data, IP_AT), 20);
    assert_int_equal(anonymise_fold(anonymise_sum(0, ip)), 0);
    uint32_t head = anonymise_sum(17 + (uint32_t)(n - UDP_AT), slice_from(ip, 12));
    assert_int_equal(anonymise_fold(anonymise_sum(head, slice_from(out.data, UDP_AT))), 0);
    assert_false(anonymiser_next(a, &out));
    anonymiser_free(a);
}

static void check_cut(struct anonymiser *a, uint32_t link, size_t cut, size_t n)
{
    enum { SLL2 = 276 }; /* where the address would be, its header has numbers */
    struct capture_frame in = captured(cut, n), out;
    in.link = link;
    add(a, &in);
    assert_true(anonymiser_next(a, &out));
    assert_int_equal(out.data.n, cut);
    if (link != SLL2 && memmem(out.data.p, out.data.n, "\2\0\x5e\x10\0\1", 6))
        fail_msg("link type %u, %zu octets", link, cut);
}

static void test_a_frame_cut_anywhere_is_rewritten_in_its_bounds(void **state)
{
    struct anonymiser *a = make();
    size_t n = fill();
    (void)state;
    for (uint32_t link = 0; link < 300; link++)
        for (size_t cut = 0; cut <= n; cut += link == 1 ? 1 : 37)
            check_cut(a, link, cut, n);
    anonymiser_free(a);
}

static void test_a_fragment_holds_up_what_is_behind_it_until_the_end(void **state)
{
    struct anonymiser *a = make();
    struct capture_frame out;
    size_t n = fill();
    put16(IP_AT + 6, 0x2000); /* more fragments */
    const struct capture_frame fragment = captured(n, n);
    (void)state;
    add(a, &fragment);
    put16(IP_AT + 6, 0);
    add(a, &fragment);
    assert_false(anonymiser_next(a, &out));
    anonymiser_end(a);
    assert_true(anonymiser_next(a, &out));
    assert_null(memmem(out.data.p + DHCP_AT, n - DHCP_AT, "\1\1\6", 3));
    assert_memory_equal(out.data.p + UDP_AT, "\0\x44\0\x43", 4);
    assert_true(anonymiser_next(a, &out));
    assert_false(anonymiser_next(a, &out));
    anonymiser_free(a);
}

static void test_what_waits_is_bounded(void **state)
{
    struct anonymiser *a = make();
    struct capture_frame out;
    size_t n = fill(), given = 0, added = ANONYMISE_HELD_FRAMES + 10;
    (void)state;
    for (size_t i = 0; i < added; i++) {
        put16(IP_AT + 6, i ? 0 : 0x2000);
        const struct capture_frame in = captured(i ? 60 : n, i ? 60 : n);
        assert_int_equal(anonymiser_add(a, &in), 0);
        while (anonymiser_next(a, &out))
            given++;
    }
    assert_int_equal(given, added);
    anonymiser_free(a);
}

static void test_other_frames_are_zeroed_behind_their_addresses(void **state)
{
    static const uint16_t types[] = { 0x86dd, 0x88cc, 0x0030, 0x8847, 0x0800 };
    struct anonymiser *a = make();
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        struct capture_frame out;
        size_t n = fill();
        put16(12, types[i]);
        frame[IP_AT] = 0x65; /* no IPv4 */
        const struct capture_frame in = captured(n, n);
        add(a, &in);
        assert_true(anonymiser_next(a, &out));
        for (size_t at = IP_AT; at < n; at++)
            assert_int_equal(out.data.p[at], 0);
    }
    anonymiser_free(a);
}

static void test_crc32_of_the_check_value(void **state)
{
    (void)state;
    assert_int_equal(anonymise_crc32(SLICE("123456789")), 0xcbf43926);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_frame_is_rewritten_and_its_checksums_are_right),
        cmocka_unit_test(test_a_frame_cut_anywhere_is_rewritten_in_its_bounds),
        cmocka_unit_test(test_a_fragment_holds_up_what_is_behind_it_until_the_end),
        cmocka_unit_test(test_what_waits_is_bounded),
        cmocka_unit_test(test_other_frames_are_zeroed_behind_their_addresses),
        cmocka_unit_test(test_crc32_of_the_check_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
