/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "conf/suggest.h"

static const struct {
    const char *a, *b;
    unsigned distance;
} cases[] = {
    { "", "", 0 },
    { "", "ab", 2 },
    { "errors", "errors", 0 },
    { "Errors", "errors", 0 },
    { "erors", "errors", 1 },
    { "errrors", "errors", 1 },
    { "errprs", "errors", 1 },
    { "erorrs", "errors", 2 },
    { "host", "hostname", 3 },
    { "", "abc", 3 },
    { "abc", "xyz", 3 },
    { "abcdefgh", "ijklmnop", 3 },
};

static void distance_counts_edits_up_to_two(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct slice a = guarded(slice_of_str(cases[i].a)), b = guarded(slice_of_str(cases[i].b));
        if (suggest_distance(a, b) != cases[i].distance ||
            suggest_distance(b, a) != cases[i].distance)
            fail_msg("%s %s", cases[i].a, cases[i].b);
    }
}

static void words_of_any_length_are_compared_safely(void **state)
{
    static uint8_t text[64];
    (void)state;
    memset(text, 'a', sizeof text);
    struct slice longest = guarded((struct slice){ text, 63 });
    assert_int_equal(suggest_distance(longest, slice_from(longest, 1)), 1);
    assert_int_equal(suggest_distance(guarded((struct slice){ text, 64 }), longest), 3);
}

static void the_nearest_is_offered_and_nothing_far(void **state)
{
    struct suggestion s;
    (void)state;
    suggest_init(&s, SLICE("upstrem-tls"));
    suggest_offer(&s, SLICE("upstream-ca"));
    suggest_offer(&s, SLICE("upstream-tls"));
    suggest_offer(&s, SLICE("upstream-data"));
    expect_slice("nearest", s.best, SLICE("upstream-tls"));
    suggest_init(&s, SLICE("xy"));
    suggest_offer(&s, SLICE("to"));
    assert_int_equal(s.best.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distance_counts_edits_up_to_two),
        cmocka_unit_test(words_of_any_length_are_compared_safely),
        cmocka_unit_test(the_nearest_is_offered_and_nothing_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
