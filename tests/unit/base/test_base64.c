/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "base/base64.h"

/* RFC 4648 §10 */
static const struct {
    struct slice bytes, text;
} vectors[] = {
    { SLICE_INIT(""), SLICE_INIT("") },
    { SLICE_INIT("f"), SLICE_INIT("Zg==") },
    { SLICE_INIT("fo"), SLICE_INIT("Zm8=") },
    { SLICE_INIT("foo"), SLICE_INIT("Zm9v") },
    { SLICE_INIT("foob"), SLICE_INIT("Zm9vYg==") },
    { SLICE_INIT("fooba"), SLICE_INIT("Zm9vYmE=") },
    { SLICE_INIT("foobar"), SLICE_INIT("Zm9vYmFy") },
    { SLICE_INIT("\0\0\0"), SLICE_INIT("AAAA") },
    { SLICE_INIT("\xff\xff\xfe"), SLICE_INIT("///+") },
    { SLICE_INIT("test\0test\0"
                 "1234"),
      SLICE_INIT("dGVzdAB0ZXN0ADEyMzQ=") },
};

static const struct {
    const char *name;
    struct slice text;
} wrong[] = {
    { "one character", SLICE_INIT("A") },
    { "two characters", SLICE_INIT("AA") },
    { "three characters", SLICE_INIT("AAA") },
    { "five characters", SLICE_INIT("AAAAA") },
    { "padding alone", SLICE_INIT("=") },
    { "four of padding", SLICE_INIT("====") },
    { "three of padding", SLICE_INIT("A===") },
    { "padding in the middle", SLICE_INIT("AA==AAAA") },
    { "padding first", SLICE_INIT("=AAA") },
    { "a character behind padding", SLICE_INIT("AA=A") },
    { "padding bits that are not zero", SLICE_INIT("AB==") },
    { "padding bits that are not zero, one", SLICE_INIT("AAB=") },
    { "space", SLICE_INIT("AA A") },
    { "line end", SLICE_INIT("AAA\n") },
    { "NUL", SLICE_INIT("AAA\0") },
    { "8-bit", SLICE_INIT("AAA\xc1") },
    { "the URL alphabet", SLICE_INIT("__--") },
};

static void vectors_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
        uint8_t bytes[64];
        size_t n = 99;
        struct buf text;
        buf_init(&text, 64);
        base64_encode(&text, guarded(vectors[i].bytes));
        expect_slice("encoded", buf_slice(&text), vectors[i].text);
        assert_int_equal(buf_size(&text), BASE64_ENCODED(vectors[i].bytes.n));
        assert_true(base64_decode(guarded(vectors[i].text), bytes, &n));
        expect_slice("decoded", (struct slice){ bytes, n }, vectors[i].bytes);
        assert_true(n <= BASE64_DECODED_MAX(vectors[i].text.n));
        buf_clear(&text);
    }
}

static void anything_else_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        uint8_t bytes[64];
        size_t n = 99;
        if (base64_decode(guarded(wrong[i].text), bytes, &n) || n != 99)
            fail_msg("%s", wrong[i].name);
    }
}

static void encoding_past_the_maximum_fails_whole(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 7);
    base64_encode(&text, SLICE("foobar"));
    assert_true(text.failed);
    assert_int_equal(buf_size(&text), 0);
    buf_clear(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_both_ways),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(encoding_past_the_maximum_fails_whole),
    };
    return cmocka_run_group_tests_name("base/base64", tests, NULL, NULL);
}
