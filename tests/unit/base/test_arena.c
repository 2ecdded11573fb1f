/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdalign.h>

#include "base/arena.h"

static void memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1 << 20);
    for (size_t n = 0; n < 5000; n += 37) {
        uint8_t *p = arena_alloc(&a, n);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, n);
    }
    arena_clear(&a);
}

static void the_maximum_holds(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 64);
    assert_non_null(arena_alloc(&a, 48));
    assert_null(arena_alloc(&a, 17));
    assert_non_null(arena_alloc(&a, 16));
    assert_null(arena_alloc(&a, 1));
    assert_null(arena_alloc(&a, SIZE_MAX));
    arena_clear(&a);
    assert_null(arena_alloc(&a, 65));
    assert_non_null(arena_alloc(&a, 64));
    arena_clear(&a);
    arena_clear(&a);
}

static void copies(void **state)
{
    (void)state;
    struct arena a;
    struct slice copy, in = guarded(SLICE("a\0b"));
    arena_init(&a, 48);
    assert_true(arena_copy(&a, in, &copy));
    assert_ptr_not_equal(copy.p, in.p);
    expect_slice("copy", copy, in);
    assert_true(arena_copy(&a, (struct slice){ 0 }, &copy));
    assert_non_null(copy.p);
    assert_int_equal(copy.n, 0);
    char *text = arena_str(&a, SLICE("0123456789abcde"));
    assert_non_null(text);
    assert_string_equal(text, "0123456789abcde");
    assert_null(arena_str(&a, SLICE("0123456789abcdef"))); /* its NUL has no room */
    assert_true(arena_copy(&a, SLICE("0123456789abcdef"), &copy));
    assert_false(arena_copy(&a, SLICE("x"), &copy));
    assert_true(copy.p == NULL && copy.n == 0);
    assert_null(arena_str(&a, (struct slice){ in.p, SIZE_MAX }));
    arena_clear(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(the_maximum_holds),
        cmocka_unit_test(copies),
    };
    return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
