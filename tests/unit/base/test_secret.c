/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "base/secret.h"

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
        cmocka_unit_test(wipe_and_equal),
    };
    return cmocka_run_group_tests_name("base/secret", tests, NULL, NULL);
}
