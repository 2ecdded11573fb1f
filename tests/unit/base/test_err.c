/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <errno.h>

#include "base/err.h"

static void every_error_has_a_text_of_its_own(void **state)
{
    (void)state;
    for (int a = ERR_CRYPTO; a <= ERR_TOO_BIG; a++) {
        assert_string_not_equal(err_text(a), "unknown error");
        for (int b = ERR_CRYPTO; b < a; b++)
            assert_string_not_equal(err_text(a), err_text(b));
    }
    assert_string_equal(err_text(-ENOENT), "No such file or directory");
    assert_string_equal(err_text(ERR_CRYPTO - 1), "unknown error");
    assert_string_equal(err_text(1), "unknown error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_a_text_of_its_own),
    };
    return cmocka_run_group_tests_name("base/err", tests, NULL, NULL);
}
