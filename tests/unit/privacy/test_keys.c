/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "privacy/keys.h"

#define HEX   "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define UPPER "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"

static const char hex[] = HEX;

static void test_good_files(void **state)
{
    (void)state;
    static const struct {
        struct slice text;
        size_t n;
        uint32_t newest;
    } cases[] = {
        { SLICE_INIT("1 " HEX "\n"), 1, 1 },
        { SLICE_INIT("1 " HEX), 1, 1 },
        { SLICE_INIT("1 " UPPER "\n"), 1, 1 },
        { SLICE_INIT("# a comment\n\n  \n1  " HEX " \n#1 " HEX "\n"), 1, 1 },
        { SLICE_INIT("2 " HEX "\n3 " HEX "\n4294967295 " HEX "\n"), 3, UINT32_MAX },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct secret_keys keys;
        struct fault why = { 0 };
        assert_true(secret_keys_parse(guarded(cases[i].text), &keys, &why));
        assert_int_equal(keys.n, cases[i].n);
        assert_int_equal(keys.at[keys.n - 1].number, cases[i].newest);
        for (size_t j = 0; j < SECRET_KEY_BYTES; j++)
            assert_int_equal(keys.at[keys.n - 1].bytes[j], j);
    }
}

static void test_bad_files_are_refused_where_they_are_wrong(void **state)
{
    (void)state;
    static const struct {
        struct slice text;
        size_t at;
        const char *what;
    } cases[] = {
        { SLICE_INIT(""), 0, "it holds no key" },
        { SLICE_INIT("# nothing\n"), 10, "it holds no key" },
        { SLICE_INIT("1\n"), 0, "not \"NUMBER 64-HEX-DIGITS\"" },
        { SLICE_INIT("0 " HEX), 0, "not \"NUMBER 64-HEX-DIGITS\"" },
        { SLICE_INIT("-1 " HEX), 0, "not \"NUMBER 64-HEX-DIGITS\"" },
        { SLICE_INIT("4294967296 " HEX), 0, "not \"NUMBER 64-HEX-DIGITS\"" },
        { SLICE_INIT(HEX), 0, "not \"NUMBER 64-HEX-DIGITS\"" },
        { SLICE_INIT(" 1 " HEX), 0, "not \"NUMBER 64-HEX-DIGITS\"" },
        { SLICE_INIT("1 " HEX "0"), 0, "its key is not 64 hex digits" },
        { SLICE_INIT("1 0" HEX), 0, "its key is not 64 hex digits" },
        { SLICE_INIT("1 001"), 0, "its key is not 64 hex digits" },
        { SLICE_INIT("#\n1 g" HEX), 2, "its key is not 64 hex digits" },
        { SLICE_INIT("1 " HEX "\0"), 0, "its key is not 64 hex digits" },
        { SLICE_INIT("1 " HEX "\n1 " HEX "\n"), 67,
          "its number is not higher than the one before" },
        { SLICE_INIT("2 " HEX "\n1 " HEX "\n"), 67,
          "its number is not higher than the one before" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct secret_keys keys;
        struct fault why = { 0 };
        assert_false(secret_keys_parse(guarded(cases[i].text), &keys, &why));
        assert_string_equal(why.what, cases[i].what);
        assert_int_equal(why.at, cases[i].at);
    }
    struct secret_keys keys;
    struct fault why;
    char last[] = "1 " HEX;
    last[65] = 'g';
    assert_false(secret_keys_parse(guarded(slice_of_str(last)), &keys, &why));
}

static void write_many(struct buf *out, size_t n)
{
    buf_init(out, SECRET_FILE_MAX);
    for (size_t i = 1; i <= n; i++)
        buf_printf(out, "%zu %s\n", i, hex);
}

static void test_sixteen_keys_and_no_more(void **state)
{
    (void)state;
    struct secret_keys keys;
    struct fault why;
    struct buf text;
    write_many(&text, SECRET_KEYS_MAX);
    assert_true(secret_keys_parse(guarded(buf_slice(&text)), &keys, &why));
    assert_int_equal(keys.n, SECRET_KEYS_MAX);
    buf_clear(&text);
    write_many(&text, SECRET_KEYS_MAX + 1);
    assert_false(secret_keys_parse(guarded(buf_slice(&text)), &keys, &why));
    assert_string_equal(why.what, "more than 16 keys");
    buf_clear(&text);
}

static void test_what_is_written_reads_back(void **state)
{
    (void)state;
    struct secret_keys keys, again;
    struct fault why;
    struct buf text;
    write_many(&text, SECRET_KEYS_MAX);
    assert_true(secret_keys_parse(buf_slice(&text), &keys, &why));
    buf_clear(&text);
    secret_keys_write(&text, &keys);
    assert_false(text.failed); /* SECRET_FILE_MAX is enough for all of them */
    assert_true(slice_starts(buf_slice(&text), SLICE("# ")));
    assert_true(secret_keys_parse(guarded(buf_slice(&text)), &again, &why));
    assert_int_equal(again.n, keys.n);
    for (size_t i = 0; i < keys.n; i++) {
        assert_int_equal(again.at[i].number, keys.at[i].number);
        assert_memory_equal(again.at[i].bytes, keys.at[i].bytes, SECRET_KEY_BYTES);
    }
    buf_clear(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_files),
        cmocka_unit_test(test_bad_files_are_refused_where_they_are_wrong),
        cmocka_unit_test(test_sixteen_keys_and_no_more),
        cmocka_unit_test(test_what_is_written_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
