/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "base/reader.h"

static void reads_are_big_endian(void **state)
{
    (void)state;
    struct reader r = reader_of(guarded(SLICE("\x01\x02\x03\xff\xfe\xfd\xfc\x00xy")));
    assert_int_equal(reader_left(&r), 10);
    assert_int_equal(reader_u8(&r), 1);
    assert_int_equal(reader_be16(&r), 0x0203);
    assert_int_equal(reader_be32(&r), 0xfffefdfc);
    assert_int_equal(reader_u8(&r), 0);
    expect_slice("bytes", reader_bytes(&r, 2), SLICE("xy"));
    assert_int_equal(reader_left(&r), 0);
    assert_int_equal(reader_bytes(&r, 0).n, 0);
    assert_false(r.bad);
}

/* A short read yields zero, takes nothing, and so does every read behind it. */
static void after_a_short_read_all_is_zero(void **state)
{
    (void)state;
    for (size_t left = 0; left < 4; left++) {
        struct reader r = reader_of(guarded(slice_first(SLICE("\xff\xff\xff"), left)));
        assert_int_equal(reader_be32(&r), 0);
        assert_true(r.bad);
        assert_int_equal(reader_u8(&r), 0);
        assert_int_equal(reader_be16(&r), 0);
        assert_null(reader_bytes(&r, 0).p);
        assert_int_equal(reader_left(&r), left);
    }
    struct reader one = reader_of(guarded(SLICE("\xff")));
    assert_int_equal(reader_be16(&one), 0);
    assert_true(one.bad);
}

static void nothing_can_be_read_from_nothing(void **state)
{
    (void)state;
    struct reader r = reader_of((struct slice){ 0 });
    assert_int_equal(reader_bytes(&r, 0).n, 0);
    assert_false(r.bad);
    assert_int_equal(reader_bytes(&r, SIZE_MAX).n, 0);
    assert_true(r.bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_are_big_endian),
        cmocka_unit_test(after_a_short_read_all_is_zero),
        cmocka_unit_test(nothing_can_be_read_from_nothing),
    };
    return cmocka_run_group_tests_name("base/reader", tests, NULL, NULL);
}
