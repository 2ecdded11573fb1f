/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "base/secret.h"

static void cells_are_zeroed_separate_and_counted(void **state)
{
    (void)state;
    struct secret_slab *slab = secret_slab_new(3, 64);
    uint8_t *cells[3];
    assert_non_null(slab);
    assert_int_equal(secret_cell_size(slab), 64);
    for (size_t i = 0; i < 3; i++) {
        cells[i] = secret_cell_take(slab);
        assert_non_null(cells[i]);
        for (size_t k = 0; k < 64; k++)
            assert_int_equal(cells[i][k], 0);
        memset(cells[i], (int)i + 1, 64);
    }
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(cells[i][63], i + 1);
    assert_null(secret_cell_take(slab));
    secret_cell_give(slab, NULL);
    secret_slab_free(slab);
    secret_slab_free(NULL);
}

static void a_cell_given_back_is_wiped(void **state)
{
    (void)state;
    struct secret_slab *slab = secret_slab_new(2, 32);
    assert_non_null(slab);
    uint8_t *cell = secret_cell_take(slab);
    memset(cell, 0xaa, 32);
    secret_cell_give(slab, cell);
    for (size_t k = 0; k < 32; k++)
        assert_int_equal(cell[k], 0); /* the slab still owns it */
    assert_ptr_equal(secret_cell_take(slab), cell);
    secret_slab_free(slab);
}

static void a_slab_of_nothing_or_too_much_is_none(void **state)
{
    (void)state;
    assert_null(secret_slab_new(0, 16));
    assert_null(secret_slab_new(16, 0));
    assert_null(secret_slab_new(SIZE_MAX, 2));
}

static void wipe_and_equal(void **state)
{
    (void)state;
    uint8_t bytes[4] = { 1, 2, 3, 4 };
    secret_wipe(bytes + 1, 2);
    expect_slice("wiped", (struct slice){ bytes, 4 }, SLICE("\x01\0\0\x04"));
    secret_wipe(NULL, 0);
    assert_true(secret_equal(SLICE("a\0b"), guarded(SLICE("a\0b"))));
    assert_true(secret_equal((struct slice){ 0 }, SLICE("")));
    assert_false(secret_equal(SLICE("a\0b"), SLICE("a\0c")));
    assert_false(secret_equal(SLICE("b\0b"), SLICE("a\0b")));
    assert_false(secret_equal(SLICE("a"), SLICE("ab")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_zeroed_separate_and_counted),
        cmocka_unit_test(a_cell_given_back_is_wiped),
        cmocka_unit_test(a_slab_of_nothing_or_too_much_is_none),
        cmocka_unit_test(wipe_and_equal),
    };
    return cmocka_run_group_tests_name("base/secret", tests, NULL, NULL);
}
