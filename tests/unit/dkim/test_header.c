/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <errno.h>
#include <stdlib.h>

#include "dkim/digest.h"
#include "dkim/header.h"

#define MOST 8

/* The signature is "DKIM-Signature: b=" in front of all fields, unless self says which field it is. */
/* clang-format off */
static const struct {
    const char *name;
    enum postern_dkim_canon how;
    const char *fields[MOST], *names[MOST];
    size_t self; /* 0: none; else its number, from 1 */
    const char *want;
} cases[] = {
    { "in the order of h=, not of the message", POSTERN_DKIM_SIMPLE, { "A: 1", "B: 2" }, { "b", "a" }, 0, "B: 2\r\nA: 1\r\n" },
    { "names without case", POSTERN_DKIM_SIMPLE, { "SUBJECT: 1" }, { "sUBJECT" }, 0, "SUBJECT: 1\r\n" },
    { "bottom-up", POSTERN_DKIM_SIMPLE, { "A: 1", "B: x", "A: 2", "a: 3" }, { "a", "a" }, 0, "a: 3\r\nA: 2\r\n" },
    { "once is the lowest", POSTERN_DKIM_SIMPLE, { "A: 1", "A: 2" }, { "A" }, 0, "A: 2\r\n" },
    { "more often than it is there adds nothing (§5.4.2)", POSTERN_DKIM_SIMPLE, { "A: 1", "B: 2" }, { "a", "a", "a", "b" }, 0, "A: 1\r\nB: 2\r\n" },
    { "what is not there adds nothing", POSTERN_DKIM_RELAXED, { "A: 1" }, { "x", "a", "y" }, 0, "a:1\r\n" },
    { "relaxed", POSTERN_DKIM_RELAXED, { "A : 1 ", "B:\r\n 2" }, { "a", "b" }, 0, "a:1\r\nb:2\r\n" },
    { "a name with white space before its colon", POSTERN_DKIM_SIMPLE, { "A : 1" }, { "a" }, 0, "A : 1\r\n" },
    { "a beginning of a name is no name", POSTERN_DKIM_SIMPLE, { "AB: 1", "A: 2" }, { "a", "ab", "a", "abc" }, 0, "A: 2\r\nAB: 1\r\n" },
    { "the signature itself is passed over", POSTERN_DKIM_SIMPLE, { "DKIM-Signature: 1", "A: 2", "DKIM-Signature: 3" }, { "dkim-signature", "dkim-signature", "dkim-signature" }, 3,
      "DKIM-Signature: 1\r\n" },
    { "another signature is not", POSTERN_DKIM_SIMPLE, { "DKIM-Signature: 1", "DKIM-Signature: 2", "DKIM-Signature: 3" }, { "dkim-signature", "dkim-signature", "dkim-signature" }, 2,
      "DKIM-Signature: 3\r\nDKIM-Signature: 1\r\n" },
    { "no fields", POSTERN_DKIM_RELAXED, { NULL }, { "from" }, 0, "" },
    { "no names", POSTERN_DKIM_RELAXED, { "A: 1" }, { NULL }, 0, "" },
    { "what is no field has no name", POSTERN_DKIM_SIMPLE, { "not a field", "A: 1" }, { "not a field", "a" }, 0, "A: 1\r\n" },
};
/* clang-format on */

static void fill(struct header *h, const char *const *fields)
{
    header_init(h);
    for (size_t i = 0; i < MOST && fields[i]; i++)
        assert_int_equal(header_add(h, guarded(slice_of_str(fields[i]))), 0);
    assert_int_equal(header_end(h), 0);
}

static void expect_hashed(struct header *h, const struct header_cover *cover, const char *name,
                          struct slice want)
{
    struct buf kept;
    struct digest digest;
    uint8_t got[DIGEST_SIZE], again[DIGEST_SIZE];
    buf_init(&kept, 4096);
    assert_int_equal(header_hash(h, cover, &kept, got), 0);
    expect_slice(name, buf_slice(&kept), want);
    digest_init(&digest);
    digest_add(&digest, want);
    digest_read(&digest, again);
    assert_memory_equal(got, again, DIGEST_SIZE);
    assert_int_equal(header_hash(h, cover, NULL, again), 0);
    assert_memory_equal(got, again, DIGEST_SIZE);
    buf_clear(&kept);
}

static void fields_are_covered_as_h_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct header h;
        struct slice names[MOST];
        struct buf want;
        size_t n = 0;
        fill(&h, cases[i].fields);
        for (; n < MOST && cases[i].names[n]; n++)
            names[n] = slice_of_str(cases[i].names[n]);
        struct header_cover cover = { cases[i].how,
                                      names,
                                      n,
                                      cases[i].self ? cases[i].self - 1 : HEADER_NO_FIELD,
                                      SLICE_INIT("S: b="),
                                      SLICE_INIT("; c=") };
        buf_init(&want, 4096);
        buf_append_str(&want, cases[i].want);
        buf_append_str(&want, cases[i].how == POSTERN_DKIM_SIMPLE ? "S: b=; c=" : "s:b=; c=");
        expect_hashed(&h, &cover, cases[i].name, buf_slice(&want));
        expect_hashed(&h, &cover, cases[i].name, buf_slice(&want)); /* twice is the same */
        buf_clear(&want);
        header_clear(&h);
    }
}

static void one_header_serves_both_forms(void **state)
{
    static const char *const fields[MOST] = { "A: 1", "B:  2" };
    struct slice names[] = { SLICE_INIT("b"), SLICE_INIT("a") };
    struct header h;
    struct header_cover cover = { POSTERN_DKIM_RELAXED,  names,      2, HEADER_NO_FIELD,
                                  SLICE_INIT("S: \tb="), { NULL, 0 } };
    (void)state;
    fill(&h, fields);
    expect_hashed(&h, &cover, "relaxed", SLICE("b:2\r\na:1\r\ns:b="));
    cover.how = POSTERN_DKIM_SIMPLE;
    expect_hashed(&h, &cover, "simple", SLICE("B:  2\r\nA: 1\r\nS: \tb="));
    header_clear(&h);
}

static void a_last_line_end_is_left_out_once(void **state)
{
    struct header h;
    (void)state;
    header_init(&h);
    assert_int_equal(header_add(&h, SLICE("A: 1\r\n")), 0);
    assert_int_equal(header_add(&h, SLICE("B: 1\r\n\r\n")), 0);
    assert_int_equal(header_add(&h, SLICE("C: 1\n")), 0);
    assert_int_equal(header_add(&h, SLICE("")), 0);
    expect_slice("one", header_field(&h, 0), SLICE("A: 1"));
    expect_slice("two", header_field(&h, 1), SLICE("B: 1\r\n"));
    expect_slice("LF", header_field(&h, 2), SLICE("C: 1\n"));
    expect_slice("nothing", header_field(&h, 3), SLICE(""));
    header_clear(&h);
}

static void fields_are_counted_by_name(void **state)
{
    static const char *const fields[MOST] = { "a:", "b:", "A:", "a :", "ab:", "nothing" };
    struct header h;
    (void)state;
    fill(&h, fields);
    assert_int_equal(header_count(&h, SLICE("a")), 3);
    assert_int_equal(header_count(&h, SLICE("B")), 1);
    assert_int_equal(header_count(&h, SLICE("c")), 0);
    assert_int_equal(header_count(&h, SLICE("")), 1); /* what is no field */
    header_clear(&h);
}

static void the_header_is_bounded(void **state)
{
    struct header h;
    uint8_t *large = calloc(1, HEADER_MAX);
    (void)state;
    header_init(&h);
    assert_int_equal(header_add(&h, (struct slice){ large, HEADER_MAX - 1 }), -E2BIG);
    assert_int_equal(header_add(&h, (struct slice){ large, HEADER_MAX - 2 }), 0);
    assert_int_equal(header_add(&h, SLICE("")), -E2BIG);
    header_clear(&h);
    for (size_t i = 0; i < HEADER_FIELDS_MAX; i++)
        assert_int_equal(header_add(&h, i % 2 ? SLICE("a:") : SLICE("b:")), 0);
    assert_int_equal(header_add(&h, SLICE("a:")), -E2BIG);
    assert_int_equal(header_end(&h), 0);
    assert_int_equal(header_count(&h, SLICE("a")), HEADER_FIELDS_MAX / 2);
    header_clear(&h);
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_covered_as_h_says),
        cmocka_unit_test(one_header_serves_both_forms),
        cmocka_unit_test(a_last_line_end_is_left_out_once),
        cmocka_unit_test(fields_are_counted_by_name),
        cmocka_unit_test(the_header_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
