/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "base/buf.h"

#define X10  "xxxxxxxxxx"
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10

static void appends_stop_at_the_maximum(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 5);
    buf_append(&b, SLICE("abc"));
    buf_append(&b, (struct slice){ 0 });
    buf_append_str(&b, "d");
    buf_append_byte(&b, 0);
    expect_slice("at the maximum", buf_slice(&b), SLICE("abcd\0"));
    assert_false(b.failed);
    buf_append_byte(&b, 'f');
    assert_true(b.failed);
    expect_slice("content stays", buf_slice(&b), SLICE("abcd\0"));
    buf_consume(&b, 5);
    buf_append_byte(&b, 'g'); /* failed is sticky */
    assert_int_equal(buf_size(&b), 0);
    buf_clear(&b);
    assert_false(b.failed);
    assert_int_equal(b.max, 5);
    buf_append_byte(&b, 'h');
    expect_slice("usable again", buf_slice(&b), SLICE("h"));
    buf_clear(&b);
}

static void an_append_too_big_leaves_nothing_of_itself(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 5);
    buf_append(&b, SLICE("ab"));
    buf_append(&b, SLICE("cdef"));
    assert_true(b.failed);
    expect_slice("content stays", buf_slice(&b), SLICE("ab"));
    buf_clear(&b);
}

static void a_buf_is_a_queue(void **state)
{
    (void)state;
    struct buf b;
    uint8_t next_in = 0, next_out = 0;
    buf_init(&b, 300);
    for (unsigned turn = 0; turn < 5000; turn++) {
        for (unsigned i = 0; i < turn % 7 && buf_size(&b) < 300; i++)
            buf_append_byte(&b, next_in++);
        for (unsigned i = 0; i < turn % 5 && buf_size(&b); i++) {
            assert_int_equal(buf_slice(&b).p[0], next_out++);
            buf_consume(&b, 1);
        }
    }
    assert_false(b.failed);
    buf_consume(&b, SIZE_MAX);
    assert_int_equal(buf_size(&b), 0);
    buf_clear(&b);
}

static void an_emptied_buf_frees_a_large_block(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100000);
    buf_append_byte(&b, 'x');
    buf_consume(&b, 1);
    assert_non_null(b.p);
    while (buf_size(&b) < 50000)
        buf_append_str(&b, X100);
    buf_consume(&b, 50000);
    assert_null(b.p);
    buf_append_byte(&b, 'x');
    expect_slice("usable", buf_slice(&b), SLICE("x"));
    buf_wipe(&b);
    assert_int_equal(buf_size(&b), 0);
}

static void reserved_room_is_claimed(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 200);
    uint8_t *room = buf_reserve(&b, 200);
    assert_non_null(room);
    memset(room, 'y', 200);
    assert_int_equal(buf_size(&b), 0);
    buf_grew(&b, 200);
    assert_int_equal(buf_size(&b), 200);
    assert_null(buf_reserve(&b, 1));
    assert_true(b.failed);
    buf_clear(&b);
    assert_null(buf_reserve(&b, SIZE_MAX));
    buf_clear(&b);
}

static void printf_appends_up_to_the_maximum(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 800);
    buf_printf(&b, "%s-%d", "a", 7);
    expect_slice("short", buf_slice(&b), SLICE("a-7"));
    buf_clear(&b);
    buf_printf(&b, "%s", X100 X100 X100 X100 X100 X100 X100 X100); /* exactly the maximum */
    assert_false(b.failed);
    assert_int_equal(buf_size(&b), 800);
    buf_clear(&b);
    buf_printf(&b, "%s", X100 X100 X100 X100 X100 X100 X100 X100 "x");
    assert_true(b.failed);
    assert_int_equal(buf_size(&b), 0);
    buf_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_stop_at_the_maximum),
        cmocka_unit_test(an_append_too_big_leaves_nothing_of_itself),
        cmocka_unit_test(a_buf_is_a_queue),
        cmocka_unit_test(an_emptied_buf_frees_a_large_block),
        cmocka_unit_test(reserved_room_is_claimed),
        cmocka_unit_test(printf_appends_up_to_the_maximum),
    };
    return cmocka_run_group_tests_name("base/buf", tests, NULL, NULL);
}
