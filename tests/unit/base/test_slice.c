/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "base/slice.h"

static void comparing(void **state)
{
    (void)state;
    struct slice none = { 0 };
    assert_true(slice_equal(none, SLICE("")));
    assert_true(slice_equal(SLICE("a\0b"), guarded(SLICE("a\0b"))));
    assert_false(slice_equal(SLICE("a\0b"), SLICE("a\0c")));
    assert_false(slice_equal(SLICE("a"), SLICE("A")));
    assert_true(slice_equal_nocase(SLICE("aZ1\xc4"), SLICE("Az1\xc4")));
    assert_false(slice_equal_nocase(SLICE("\xe4"), SLICE("\xc4"))); /* ASCII only */
    assert_false(slice_equal_nocase(SLICE("a"), SLICE("ab")));
    assert_false(slice_equal_nocase(SLICE("@"), SLICE("`"))); /* a bit apart, but no letters */
    assert_true(slice_starts(SLICE("abc"), SLICE("ab")));
    assert_true(slice_starts(none, none));
    assert_false(slice_starts(guarded(SLICE("a")), SLICE("ab")));
    assert_true(slice_starts_nocase(SLICE("aBc"), SLICE("Ab")));
    assert_false(slice_starts_nocase(guarded(SLICE("a")), SLICE("ab")));
    assert_true(slice_ends_nocase(SLICE("abC"), SLICE("Bc")));
    assert_true(slice_ends_nocase(SLICE("a"), none));
    assert_false(slice_ends_nocase(SLICE("c"), SLICE("bc")));
    assert_true(slice_has(SLICE("a\0"), 0));
    assert_false(slice_has(none, 0));
    assert_true(slice_compare(SLICE("a"), SLICE("b")) < 0);
    assert_true(slice_compare(SLICE("ab"), SLICE("a")) > 0);
    assert_true(slice_compare(SLICE("a"), SLICE("a\0")) < 0);
    assert_int_equal(slice_compare(none, SLICE("")), 0);
}

static void cutting(void **state)
{
    (void)state;
    struct slice head, tail;
    expect_slice("from", slice_from(SLICE("abc"), 1), SLICE("bc"));
    assert_int_equal(slice_from(SLICE("abc"), 3).n, 0);
    assert_int_equal(slice_from(SLICE("abc"), SIZE_MAX).n, 0);
    expect_slice("first", slice_first(SLICE("abc"), 2), SLICE("ab"));
    char room[2] = "";
    expect_slice("kept, as much as fits", slice_keep(SLICE("abc"), room, sizeof room), SLICE("ab"));
    expect_slice("a copy of nothing", slice_keep((struct slice){ 0 }, room, sizeof room),
                 SLICE(""));
    expect_slice("first of fewer", slice_first(SLICE("abc"), SIZE_MAX), SLICE("abc"));
    expect_slice("trim", slice_trim(SLICE("\t a b\t ")), SLICE("a b"));
    expect_slice("trim blanks", slice_trim(guarded(SLICE(" \t "))), SLICE(""));
    expect_slice("trim end", slice_trim_end(SLICE(" a\n \t")), SLICE(" a\n"));
    assert_true(slice_cut(SLICE("a b c"), ' ', &head, &tail));
    expect_slice("head", head, SLICE("a"));
    expect_slice("tail", tail, SLICE("b c"));
    assert_true(slice_cut_last(SLICE("a b c"), ' ', &head, &tail));
    expect_slice("last head", head, SLICE("a b"));
    expect_slice("last tail", tail, SLICE("c"));
    assert_true(slice_cut(guarded(SLICE("a ")), ' ', &head, &tail));
    assert_int_equal(tail.n, 0);
    assert_false(slice_cut(SLICE("abc"), ' ', &head, &tail));
    expect_slice("head without a cut", head, SLICE("abc"));
    assert_int_equal(tail.n, 0);
    assert_false(slice_cut_last((struct slice){ 0 }, ' ', &head, &tail));
    assert_int_equal(slice_of_str(NULL).n, 0);
    expect_slice("of str", slice_of_str("ab"), SLICE("ab"));
}

/* clang-format off */
static const struct {
    const char *name;
    struct slice in;
    uint64_t min, max;
    bool ok;
    uint64_t value;
} numbers[] = {
    { "zero", SLICE_INIT("0"), 0, 9, true, 0 },
    { "at the minimum", SLICE_INIT("3"), 3, 9, true, 3 },
    { "under it", SLICE_INIT("2"), 3, 9, false, 0 },
    { "at the maximum", SLICE_INIT("9"), 3, 9, true, 9 },
    { "over it", SLICE_INIT("10"), 3, 9, false, 0 },
    { "leading zeros", SLICE_INIT("0000000000000000000000000007"), 3, 9, true, 7 },
    { "largest", SLICE_INIT("18446744073709551615"), 0, UINT64_MAX, true, UINT64_MAX },
    { "largest + 1", SLICE_INIT("18446744073709551616"), 0, UINT64_MAX, false, 0 },
    { "ten times the largest", SLICE_INIT("184467440737095516150"), 0, UINT64_MAX, false, 0 },
    { "empty", SLICE_INIT(""), 0, 9, false, 0 },
    { "sign", SLICE_INIT("+1"), 0, 9, false, 0 },
    { "minus", SLICE_INIT("-1"), 0, 9, false, 0 },
    { "blank", SLICE_INIT(" 1"), 0, 9, false, 0 },
    { "text behind", SLICE_INIT("1a"), 0, 9, false, 0 },
    { "NUL behind", SLICE_INIT("1\0"), 0, 9, false, 0 },
    { "byte before 0", SLICE_INIT("/"), 0, 9, false, 0 },
    { "byte behind 9", SLICE_INIT(":"), 0, 99, false, 0 },
};
/* clang-format on */

static void numbers_are_digits_within_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        uint64_t value = 4711;
        bool ok = slice_to_u64(guarded(numbers[i].in), numbers[i].min, numbers[i].max, &value);
        if (ok != numbers[i].ok || value != (ok ? numbers[i].value : 4711))
            fail_msg("%s: %d", numbers[i].name, ok);
    }
    uint32_t small = 4711;
    assert_true(slice_to_u32(SLICE("4294967295"), 0, UINT32_MAX, &small));
    assert_int_equal(small, UINT32_MAX);
    assert_false(slice_to_u32(SLICE("4294967296"), 0, UINT32_MAX, &small));
}

/* clang-format off */
static const struct {
    const char *name;
    struct slice in;
    bool ok;
} texts[] = {
    { "empty", SLICE_INIT(""), true },
    { "ASCII with NUL", SLICE_INIT("a\0\x7f"), true },
    { "two bytes, lowest", SLICE_INIT("\xc2\x80"), true },
    { "two bytes, highest", SLICE_INIT("\xdf\xbf"), true },
    { "three bytes, lowest", SLICE_INIT("\xe0\xa0\x80"), true },
    { "before the surrogates", SLICE_INIT("\xed\x9f\xbf"), true },
    { "behind the surrogates", SLICE_INIT("\xee\x80\x80"), true },
    { "four bytes, lowest", SLICE_INIT("\xf0\x90\x80\x80"), true },
    { "U+10FFFF", SLICE_INIT("\xf4\x8f\xbf\xbf"), true },
    { "U+110000", SLICE_INIT("\xf4\x90\x80\x80"), false },
    { "first surrogate", SLICE_INIT("\xed\xa0\x80"), false },
    { "last surrogate", SLICE_INIT("\xed\xbf\xbf"), false },
    { "overlong slash of two", SLICE_INIT("\xc0\xaf"), false },
    { "overlong of two, highest", SLICE_INIT("\xc1\xbf"), false },
    { "overlong of three", SLICE_INIT("\xe0\x9f\xbf"), false },
    { "overlong of four", SLICE_INIT("\xf0\x8f\xbf\xbf"), false },
    { "continuation alone", SLICE_INIT("a\x80"), false },
    { "cut after one", SLICE_INIT("\xc3"), false },
    { "cut after two", SLICE_INIT("\xe4\xbe"), false },
    { "cut after three", SLICE_INIT("\xf0\x9f\x93"), false },
    { "third is no continuation", SLICE_INIT("\xe4\xbe" "a"), false },
    { "0xf5", SLICE_INIT("\xf5\x80\x80\x80"), false },
    { "0xff", SLICE_INIT("\xff"), false },
};
/* clang-format on */

static void utf8_is_what_rfc_3629_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        if (slice_is_utf8(guarded(texts[i].in)) != texts[i].ok)
            fail_msg("%s", texts[i].name);
    assert_true(slice_is_ascii(guarded(SLICE("a\0\x7f"))));
    assert_false(slice_is_ascii(guarded(SLICE("a\x80"))));
}

/* clang-format off */
static const struct {
    struct slice pattern, text;
    bool match;
} globs[] = {
    { SLICE_INIT(""), SLICE_INIT(""), true },
    { SLICE_INIT(""), SLICE_INIT("a"), false },
    { SLICE_INIT("*"), SLICE_INIT(""), true },
    { SLICE_INIT("**"), SLICE_INIT("ab"), true },
    { SLICE_INIT("?"), SLICE_INIT(""), false },
    { SLICE_INIT("?"), SLICE_INIT("*"), true },
    { SLICE_INIT("a?c"), SLICE_INIT("ABC"), true },
    { SLICE_INIT("*-UUID"), SLICE_INIT("tb-uuid"), true },
    { SLICE_INIT("*-UUID"), SLICE_INIT("tb-uuid2"), false },
    { SLICE_INIT("*-UUID"), SLICE_INIT("UUID"), false },
    { SLICE_INIT("a*b*c"), SLICE_INIT("a-b-b-c"), true },
    { SLICE_INIT("a*b*c"), SLICE_INIT("a-c-b"), false },
    { SLICE_INIT("*ab"), SLICE_INIT("aab"), true },
    { SLICE_INIT("a*a"), SLICE_INIT("a"), false },
    { SLICE_INIT("a\0*"), SLICE_INIT("a\0b"), true },
    { SLICE_INIT("*a*a*a*a*a*a*a*a*b"), SLICE_INIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), false },
};
/* clang-format on */

static void globs_match_without_case(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(globs); i++)
        if (slice_glob_nocase(guarded(globs[i].pattern), guarded(globs[i].text)) != globs[i].match)
            fail_msg("glob %zu", i);
}

static void letters_change_case_and_nothing_else_does(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';
        assert_int_equal(ascii_lower((uint8_t)c), upper ? c + 32 : c);
        assert_int_equal(ascii_upper((uint8_t)c), lower ? c - 32 : c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparing),
        cmocka_unit_test(cutting),
        cmocka_unit_test(numbers_are_digits_within_bounds),
        cmocka_unit_test(utf8_is_what_rfc_3629_says),
        cmocka_unit_test(globs_match_without_case),
        cmocka_unit_test(letters_change_case_and_nothing_else_does),
    };
    return cmocka_run_group_tests_name("base/slice", tests, NULL, NULL);
}
