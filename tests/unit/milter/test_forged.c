/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdio.h>

#include "base/attribute.h"
#include "milter/forged.h"

#define ID "mx.example.com"

/* One field of a message, and whether it goes. */
struct field {
    struct slice name, value;
    bool goes;
};

#define AR(value, goes)                                               \
    {                                                                 \
        SLICE_INIT("Authentication-Results"), SLICE_INIT(value), goes \
    }

/* Feeds fields and says which numbers are deleted, in the order of the deletions: "5 2 1". */
static const char *deleted(const struct field *fields, size_t n, bool keep, char out[256])
{
    struct forged f;
    struct buf wire;
    size_t written = 0;
    forged_init(&f);
    buf_init(&wire, 65536);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(
            forged_field(&f, guarded(fields[i].name), guarded(fields[i].value), SLICE(ID), keep),
            0);
    forged_remove(&f, &wire);
    out[0] = 0;
    for (struct slice s = buf_slice(&wire); s.n; s = slice_from(s, 4 + s.p[3])) {
        struct slice name = slice_first(slice_from(s, 9), sizeof "Authentication-Results");
        expect_slice("the name, an empty value", slice_first(slice_from(s, 9), name.n + 1),
                     SLICE("Authentication-Results\0\0"));
        assert_int_equal(s.p[4], 'm');
        written += (size_t)snprintf(out + written, 256 - written, "%s%u", written ? " " : "",
                                    (unsigned)s.p[8]);
    }
    buf_clear(&wire);
    forged_clear(&f);
    return out;
}

static void deletion_goes_from_the_highest_index_down(void **state)
{
    (void)state; /* CVE-2022-48521: with rising indexes 2, 4 and 6 would stay */
    static const struct field fields[] = {
        AR(" mx.example.com; dkim=pass", true),  AR(" other.example; dkim=pass", false),
        AR(" mx.example.com; dkim=pass", true),  AR(" mx.example.com; spf=pass", true),
        AR(" mx.example.org; dkim=pass", false), AR(" mx.example.com; dkim=pass", true),
        AR(" mx.example.com; dkim=pass", true),  AR(" a.mx.example.com; dkim=pass", false),
    };
    char out[256];
    (void)state;
    assert_string_equal(deleted(fields, ARRAY_SIZE(fields), false, out), "7 6 4 3 1");
}

/* clang-format off */
static const struct {
    const char *name;
    struct field field;
} cases[] = {
    { "ours",                          AR(" mx.example.com; dkim=pass", true) },
    { "without a space",               AR("mx.example.com;dkim=pass", true) },
    { "in other case",                 AR(" MX.Example.COM; dkim=pass", true) },
    { "behind a comment",              AR(" (a (nested) one) mx.example.com; dkim=pass", true) },
    { "before a comment",              AR(" mx.example.com (our own); dkim=pass", true) },
    { "with a version",                AR(" mx.example.com 1; dkim=pass", true) },
    { "with a version and a comment",  AR(" mx.example.com (x) 1 (y); dkim=pass", true) },
    { "quoted",                        AR(" \"mx.example.com\"; dkim=pass", true) },
    { "quoted with escapes",           AR(" \"mx\\.example.com\"; dkim=pass", true) },
    { "folded before it",              AR("\n\tmx.example.com; dkim=pass", true) },
    { "folded behind it",              AR(" mx.example.com\n ; dkim=pass", true) },
    { "no result at all",              AR(" mx.example.com; none", true) },
    { "no semicolon",                  AR(" mx.example.com dkim=pass", true) },
    { "nothing else",                  AR(" mx.example.com", true) },
    { "cannot be read, ours within",   AR(" ???, mx.example.com, dkim=pass", true) },
    { "a NUL behind it",               AR(" mx.example.com\0; dkim=pass", true) },
    { "the field name in other case",  { SLICE_INIT("authentication-RESULTS"), SLICE_INIT(" mx.example.com; dkim=pass"), true } },
    { "a space behind the name",       { SLICE_INIT("Authentication-Results "), SLICE_INIT(" mx.example.com; dkim=pass"), true } },
    { "of another",                    AR(" mx.example.net; dkim=pass", false) },
    { "of a host below",               AR(" a.mx.example.com; dkim=pass", false) },
    { "ours is its beginning",         AR(" mx.example.com.evil.example; dkim=pass", false) },
    { "ours in a result of another",   AR(" mx.example.net; dkim=pass header.d=mx.example.com", false) },
    { "ours in a comment of another",  AR(" mx.example.net (mx.example.com); dkim=pass", false) },
    { "another field",                 { SLICE_INIT("X-Authentication-Results"), SLICE_INIT(" mx.example.com; dkim=pass"), false } },
    { "ARC's",                         { SLICE_INIT("ARC-Authentication-Results"), SLICE_INIT(" i=1; mx.example.com; dkim=pass"), false } },
    { "empty",                         AR("", false) },
};
/* clang-format on */

static void what_a_reader_may_take_for_ours_goes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char out[256];
        const char *want = cases[i].field.goes ? "1" : "";
        const char *got = deleted(&cases[i].field, 1, false, out);
        if (strcmp(got, want) != 0)
            fail_msg("%s: deleted \"%s\"", cases[i].name, got);
    }
}

static void trusted_networks_keep_theirs(void **state)
{
    static const struct field ours = AR(" mx.example.com; dkim=pass", false);
    char out[256];
    (void)state;
    assert_string_equal(deleted(&ours, 1, true, out), "");
}

static void a_u_label_is_its_a_label(void **state)
{
    struct forged f;
    (void)state;
    forged_init(&f);
    assert_int_equal(forged_field(&f, SLICE("Authentication-Results"),
                                  SLICE(" mx.b\xc3\xbc"
                                        "cher.example; dkim=pass"),
                                  SLICE("mx.xn--bcher-kva.example"), false),
                     0);
    assert_int_equal(f.claims, 1);
    forged_clear(&f);
    assert_int_equal(f.claims, 0);
}

static void more_than_the_bound_is_counted_and_not_held(void **state)
{
    struct forged f;
    (void)state;
    forged_init(&f);
    for (size_t i = 0; i < FORGED_MAX + 1; i++)
        assert_int_equal(
            forged_field(&f, SLICE("Authentication-Results"), SLICE(ID "; none"), SLICE(ID), false),
            0);
    assert_int_equal(f.claims, FORGED_MAX + 1);
    assert_int_equal(buf_size(&f.at), FORGED_MAX * sizeof(uint32_t));
    forged_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deletion_goes_from_the_highest_index_down),
        cmocka_unit_test(what_a_reader_may_take_for_ours_goes),
        cmocka_unit_test(trusted_networks_keep_theirs),
        cmocka_unit_test(a_u_label_is_its_a_label),
        cmocka_unit_test(more_than_the_bound_is_counted_and_not_held),
    };
    return cmocka_run_group_tests_name("milter/forged", tests, NULL, NULL);
}
