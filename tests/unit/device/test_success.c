/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "device/device.h"

/* 8 wall clock, 4 key number, 16 pseudonym, then type and account. */
#define HEAD           \
    "\0\0\0\0\0\0\0\1" \
    "\0\0\0\1"         \
    "0123456789abcdef"

static void test_write_then_parse_gives_the_same(void **state)
{
    (void)state;
    static const char longest[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const struct device_success cases[] = {
        { { SLICE("a"), SLICE("M"), { 1, { 0 } } }, 0 },
        { { SLICE("demo@example.org"), SLICE("TB-UUID_9"), { 3, { 1, 2, 255 } } },
          INT64_C(1795253509123456) },
        { { slice_of_str(longest), SLICE("ABCDEFGHIJKLMNOP"), { UINT32_MAX, { 0 } } }, INT64_MAX },
        { { SLICE("a"), SLICE("M"), { 1, { 0 } } }, -1 }, /* a clock before 1970 */
    };
    assert_int_equal(strlen(longest), DEVICE_ACCOUNT_MAX);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf out;
        struct device_success back;
        struct fault why;
        buf_init(&out, DEVICE_SUCCESS_MAX);
        device_success_write(&out, &cases[i]);
        assert_false(out.failed);
        struct slice bytes = guarded(buf_slice(&out));
        assert_true(device_success_parse(bytes, &back, &why));
        expect_slice("account", back.key.account, cases[i].key.account);
        expect_slice("type", back.key.type, cases[i].key.type);
        assert_true(pseudonym_equal(&back.key.token, &cases[i].key.token));
        assert_true(back.wall_us == cases[i].wall_us);
        for (size_t n = 0; n < bytes.n; n++)
            assert_false(device_success_parse(guarded(slice_first(bytes, n)), &back, &why));
        buf_append_byte(&out, 'x');
        assert_false(device_success_parse(guarded(buf_slice(&out)), &back, &why));
        buf_clear(&out);
    }
}

static void test_what_is_no_record_is_refused_where_it_is_wrong(void **state)
{
    (void)state;
    static const struct {
        struct slice bytes;
        size_t at;
        const char *what;
    } cases[] = {
        { SLICE_INIT(""), 0, "too short" },
        { SLICE_INIT(HEAD "\1M\2a"), 32, "too short" },
        { SLICE_INIT(HEAD "\1M\1ab"), 33, "too long" },
        { SLICE_INIT("\0\0\0\0\0\0\0\1"
                     "\0\0\0\0"
                     "0123456789abcdef"
                     "\1M\1a"),
          8, "no key number" },
        { SLICE_INIT(HEAD "\0\1a"), 28, "not a type" },
        { SLICE_INIT(HEAD "\1m\1a"), 28, "not a type" },
        { SLICE_INIT(HEAD "\2M \1a"), 28, "not a type" },
        { SLICE_INIT(HEAD "\021ABCDEFGHIJKLMNOPQ\1a"), 28, "not a type" },
        { SLICE_INIT(HEAD "\1M\0"), 30, "not an account" },
        { SLICE_INIT(HEAD "\1M\3a\0b"), 30, "not an account" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct device_success out = { .wall_us = 99 };
        struct fault why = { 0 };
        assert_false(device_success_parse(guarded(cases[i].bytes), &out, &why));
        assert_string_equal(why.what, cases[i].what);
        assert_int_equal(why.at, cases[i].at);
        assert_int_equal(out.wall_us, 99);
    }
}

static void test_what_cannot_be_a_record_is_not_written(void **state)
{
    (void)state;
    static const char many[300] = { [0 ... 299] = 'a' };
    const struct device_success cases[] = {
        { { SLICE(""), SLICE("M"), { 1, { 0 } } }, 1 },
        { { SLICE("a\0b"), SLICE("M"), { 1, { 0 } } }, 1 },
        { { { (const uint8_t *)many, 256 }, SLICE("M"), { 1, { 0 } } }, 1 },
        { { SLICE("a"), SLICE(""), { 1, { 0 } } }, 1 },
        { { SLICE("a"), SLICE("uuid"), { 1, { 0 } } }, 1 },
        { { SLICE("a"), SLICE("ABCDEFGHIJKLMNOPQ"), { 1, { 0 } } }, 1 },
        { { SLICE("a"), SLICE("M"), { 0, { 0 } } }, 1 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf out;
        buf_init(&out, DEVICE_SUCCESS_MAX);
        device_success_write(&out, &cases[i]);
        assert_true(out.failed);
        assert_int_equal(buf_size(&out), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_then_parse_gives_the_same),
        cmocka_unit_test(test_what_is_no_record_is_refused_where_it_is_wrong),
        cmocka_unit_test(test_what_cannot_be_a_record_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
