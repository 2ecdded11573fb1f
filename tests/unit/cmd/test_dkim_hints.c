/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "cmd/dkim_hints.h"

static void hash_of(enum postern_dkim_canon how, struct slice body, uint8_t out[DIGEST_SIZE])
{
    struct body_hashes *b = body_hashes_new();
    assert_non_null(b);
    int wanted = body_hashes_want(b, how, BODY_WHOLE);
    assert_true(wanted >= 0);
    body_hashes_feed(b, body);
    body_hashes_end(b);
    memcpy(out, body_hashes_read(b, wanted), DIGEST_SIZE);
    body_hashes_free(b);
}

static void test_what_happened_to_a_body_is_found(void **state)
{
    (void)state;
    static const struct {
        enum postern_dkim_canon how, really;
        struct slice before, now;
        struct slice hint; /* its beginning; empty: none */
    } cases[] = {
        { POSTERN_DKIM_SIMPLE, POSTERN_DKIM_SIMPLE, SLICE_INIT("a\r\nb\r\n"),
          SLICE_INIT("a\r\nb\r\nfooter\r\n"), SLICE_INIT("it fits without the last 1 of 3 lines") },
        { POSTERN_DKIM_RELAXED, POSTERN_DKIM_RELAXED, SLICE_INIT("a \r\nb\r\n"),
          SLICE_INIT("a\r\nb\r\n\r\n--\r\nlist"), SLICE_INIT("it fits without the last 3 of 5") },
        { POSTERN_DKIM_SIMPLE, POSTERN_DKIM_SIMPLE, SLICE_INIT("From a\r\n"),
          SLICE_INIT(">From a\r\n"), SLICE_INIT("it fits with one \">\" less") },
        { POSTERN_DKIM_RELAXED, POSTERN_DKIM_RELAXED, SLICE_INIT("x\r\n.\r\n..y\r\n"),
          SLICE_INIT("x\r\n..\r\n...y\r\n"), SLICE_INIT("it fits with one \".\" less") },
        { POSTERN_DKIM_SIMPLE, POSTERN_DKIM_SIMPLE, SLICE_INIT("a\r\nb\r\nc\r\n\r\n"),
          SLICE_INIT("a\nb\rc\r\n\n"), SLICE_INIT("it fits when every CR or LF alone") },
        { POSTERN_DKIM_SIMPLE, POSTERN_DKIM_SIMPLE, SLICE_INIT("a\r\nb\r\n"),
          SLICE_INIT("a  \r\nb\t\r\n"), SLICE_INIT("it fits without the white space") },
        { POSTERN_DKIM_SIMPLE, POSTERN_DKIM_RELAXED, SLICE_INIT("a  b\r\n"), SLICE_INIT("a  b\r\n"),
          SLICE_INIT("it fits in the other canonicalisation") },
        { POSTERN_DKIM_SIMPLE, POSTERN_DKIM_SIMPLE, SLICE_INIT(""), SLICE_INIT("a\r\n"),
          SLICE_INIT("the body was empty") },
        { POSTERN_DKIM_RELAXED, POSTERN_DKIM_RELAXED, SLICE_INIT(""), SLICE_INIT("a\r\n"),
          SLICE_INIT("the body was empty") },
        { POSTERN_DKIM_RELAXED, POSTERN_DKIM_RELAXED, SLICE_INIT("pay 100\r\n"),
          SLICE_INIT("pay 900\r\n"), SLICE_INIT("") },
        { POSTERN_DKIM_RELAXED, POSTERN_DKIM_RELAXED, SLICE_INIT("x\r\n"), SLICE_INIT(""),
          SLICE_INIT("") },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t step = 1; step < 20; step += 3) {
            uint8_t hash[DIGEST_SIZE];
            static struct dkim_hints h;
            struct slice now = guarded(cases[i].now);
            struct buf out;
            buf_init(&out, 256);
            hash_of(cases[i].really, cases[i].before, hash);
            dkim_hints_init(&h, cases[i].how, hash);
            for (; now.n; now = slice_from(now, step))
                dkim_hints_feed(&h, slice_first(now, step));
            bool found = dkim_hints_end(&h, &out);
            if (found != (cases[i].hint.n > 0) || !slice_starts(buf_slice(&out), cases[i].hint))
                fail_msg("%zu: %.*s", i, SLICE_ARG(buf_slice(&out)));
            dkim_hints_clear(&h);
            buf_clear(&out);
        }
}

static void test_the_canonicalisation_is_read_from_what_was_hashed(void **state)
{
    (void)state;
    static const struct {
        struct slice header;
        bool known;
        enum postern_dkim_canon body;
    } cases[] = {
        { SLICE_INIT(""), false, POSTERN_DKIM_SIMPLE },
        { SLICE_INIT("from:x\r\ndkim-signature:v=1; c=relaxed/relaxed; b="), true,
          POSTERN_DKIM_RELAXED },
        { SLICE_INIT("from:x\r\ndkim-signature:v=1; c=relaxed; b="), true, POSTERN_DKIM_SIMPLE },
        { SLICE_INIT("from:x\r\ndkim-signature:v=1; b="), true, POSTERN_DKIM_SIMPLE },
        { SLICE_INIT("From: c=a/relaxed\r\nDKIM-Signature: v=1;\r\n\tc = simple/relaxed\r\n ;b="),
          true, POSTERN_DKIM_RELAXED },
        { SLICE_INIT("DKIM-Signature: c=simple/simple"), true, POSTERN_DKIM_SIMPLE },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum postern_dkim_canon how;
        assert_int_equal(dkim_hints_canon(guarded(cases[i].header), &how), cases[i].known);
        if (cases[i].known)
            assert_int_equal(how, cases[i].body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_happened_to_a_body_is_found),
        cmocka_unit_test(test_the_canonicalisation_is_read_from_what_was_hashed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
