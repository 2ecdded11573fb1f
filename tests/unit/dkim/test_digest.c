/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <errno.h>

#include <openssl/evp.h>

#include "dkim/digest.h"

static void expect_digest(const char *name, const uint8_t *got, struct slice of)
{
    uint8_t want[DIGEST_SIZE];
    unsigned n = 0;
    assert_int_equal(EVP_Digest(of.p, of.n, want, &n, EVP_sha256(), NULL), 1);
    assert_int_equal(n, DIGEST_SIZE);
    if (memcmp(got, want, n) != 0)
        fail_msg("%s", name);
}

static void a_digest_is_sha256_and_can_be_read_on_the_way(void **state)
{
    struct digest d;
    uint8_t got[DIGEST_SIZE];
    (void)state;
    digest_init(&d);
    digest_read(&d, got);
    expect_digest("nothing", got, SLICE(""));
    digest_add(&d, SLICE("ab"));
    digest_read(&d, got);
    expect_digest("ab", got, SLICE("ab"));
    digest_add(&d, (struct slice){ NULL, 0 });
    digest_add(&d, SLICE("c"));
    digest_read(&d, got);
    expect_digest("abc", got, SLICE("abc"));
}

/* "a  b\r\n\r\n": simple "a  b\r\n", relaxed "a b\r\n" */
static const struct {
    const char *name;
    enum postern_dkim_canon how;
    uint64_t length;
    struct slice hashed;
    uint64_t all;
} wanted[] = {
    { "whole, simple", POSTERN_DKIM_SIMPLE, BODY_WHOLE, SLICE_INIT("a  b\r\n"), 6 },
    { "whole, relaxed", POSTERN_DKIM_RELAXED, BODY_WHOLE, SLICE_INIT("a b\r\n"), 5 },
    { "l=4 counts canonical octets", POSTERN_DKIM_RELAXED, 4, SLICE_INIT("a b\r"), 5 },
    { "l=0: nothing is hashed", POSTERN_DKIM_SIMPLE, 0, SLICE_INIT(""), 6 },
    { "l=0, relaxed", POSTERN_DKIM_RELAXED, 0, SLICE_INIT(""), 5 },
    { "l= is all", POSTERN_DKIM_RELAXED, 5, SLICE_INIT("a b\r\n"), 5 },
    { "l= is more than there is", POSTERN_DKIM_RELAXED, 6, SLICE_INIT("a b\r\n"), 5 },
    { "a shorter one after a longer one", POSTERN_DKIM_RELAXED, 1, SLICE_INIT("a"), 5 },
    { "l= of simple", POSTERN_DKIM_SIMPLE, 3, SLICE_INIT("a  "), 6 },
};

static void all_hashes_come_of_one_pass_in_any_slices(void **state)
{
    struct slice body = SLICE("a  b\r\n\r\n");
    (void)state;
    for (size_t step = 1; step <= body.n; step++) {
        struct body_hashes *b = body_hashes_new();
        for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
            assert_int_equal(body_hashes_want(b, wanted[i].how, wanted[i].length), i);
        for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) /* each once */
            assert_int_equal(body_hashes_want(b, wanted[i].how, wanted[i].length), i);
        for (size_t at = 0; at < body.n; at += step)
            body_hashes_feed(b, slice_first(slice_from(body, at), step));
        body_hashes_end(b);
        for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
            expect_digest(wanted[i].name, body_hashes_read(b, (int)i), wanted[i].hashed);
            assert_int_equal(body_hashes_length(b, (int)i), wanted[i].all);
        }
        body_hashes_free(b);
    }
}

static void hashes_are_bounded(void **state)
{
    struct body_hashes *b = body_hashes_new();
    (void)state;
    for (unsigned i = 0; i < BODY_HASHES_MAX; i++)
        assert_int_equal(body_hashes_want(b, POSTERN_DKIM_SIMPLE, 1000 - i), i);
    assert_int_equal(body_hashes_want(b, POSTERN_DKIM_SIMPLE, 1), -E2BIG);
    assert_int_equal(body_hashes_want(b, POSTERN_DKIM_SIMPLE, 1000), 0);
    body_hashes_feed(b, SLICE("x"));
    body_hashes_end(b);
    expect_digest("short", body_hashes_read(b, 31), SLICE("x\r\n"));
    body_hashes_free(b);
    body_hashes_free(NULL);
}

static void the_hashes_of_an_empty_body_are_the_known_ones(void **state)
{
    struct body_hashes *b = body_hashes_new();
    (void)state;
    assert_int_equal(body_hashes_want(b, POSTERN_DKIM_SIMPLE, BODY_WHOLE), 0);
    assert_int_equal(body_hashes_want(b, POSTERN_DKIM_RELAXED, BODY_WHOLE), 1);
    body_hashes_end(b);
    expect_digest("simple", body_hashes_read(b, 0), SLICE("\r\n"));
    expect_digest("relaxed", body_hashes_read(b, 1), SLICE(""));
    body_hashes_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_digest_is_sha256_and_can_be_read_on_the_way),
        cmocka_unit_test(all_hashes_come_of_one_pass_in_any_slices),
        cmocka_unit_test(hashes_are_bounded),
        cmocka_unit_test(the_hashes_of_an_empty_body_are_the_known_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
