/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdlib.h>

#include "practices/ssp_record.h"

/* clang-format off */
static const struct {
    const char *name;
    struct slice in;
    const char *fault; /* NULL: parses */
    enum ssp_practice p;
    const char *flags; /* u: user, U: has u=, y: testing, s: own only */
    const char *skipped; /* the last one */
} cases[] = {
    { "p= unknown", SLICE_INIT("p=unknown"), NULL, SSP_UNKNOWN, "", NULL },
    { "p= all", SLICE_INIT("p=all"), NULL, SSP_ALL, "", NULL },
    { "p= strict", SLICE_INIT("p=strict"), NULL, SSP_STRICT, "", NULL },
    { "p= is optional, default unknown", SLICE_INIT("t=s"), NULL, SSP_UNKNOWN, "s", NULL },
    { "u= yes", SLICE_INIT("u=yes"), NULL, SSP_UNKNOWN, "uU", NULL },
    { "u= no", SLICE_INIT("p=all; u=no"), NULL, SSP_ALL, "U", NULL },
    { "t= y", SLICE_INIT("p=all;t=y"), NULL, SSP_ALL, "y", NULL },
    { "t= y and s", SLICE_INIT("t=y:s"), NULL, SSP_UNKNOWN, "ys", NULL },
    { "t= is t, not u (S1)", SLICE_INIT("p=all; u=s"), NULL, SSP_ALL, "U", "s" },
    { "values have no case (S3)", SLICE_INIT("p=StRiCt; u=YES; t=Y:S"), NULL, SSP_STRICT, "uUys", NULL },
    { "tag names have (S3)", SLICE_INIT("P=strict; U=yes; T=y"), NULL, SSP_UNKNOWN, "", NULL },
    { "tags in any order", SLICE_INIT("t=s;u=yes;p=all"), NULL, SSP_ALL, "uUs", NULL },
    { "unrecognized tags are ignored", SLICE_INIT("v=1; p=all; n=a note; k=a:b,c"), NULL, SSP_ALL, "", NULL },
    { "an illegal p= is ignored (S4)", SLICE_INIT("p=some; t=s"), NULL, SSP_UNKNOWN, "s", "some" },
    { "an empty p= is an illegal value (S7)", SLICE_INIT("p="), NULL, SSP_UNKNOWN, "", "" },
    { "a value with more behind it", SLICE_INIT("p=strict ly"), NULL, SSP_UNKNOWN, "", "strict ly" },
    { "an illegal u= is ignored", SLICE_INIT("p=all; u=maybe"), NULL, SSP_ALL, "U", "maybe" },
    { "unrecognized flags are ignored", SLICE_INIT("t=foo-1:s"), NULL, SSP_UNKNOWN, "s", "foo-1" },
    { "t=y: (S5)", SLICE_INIT("t=y:"), NULL, SSP_UNKNOWN, "y", "" },
    { "t=:y (S5)", SLICE_INIT("t=:y"), NULL, SSP_UNKNOWN, "y", "" },
    { "t=y::s (S5)", SLICE_INIT("t=y::s"), NULL, SSP_UNKNOWN, "ys", "" },
    { "t=1y (S5)", SLICE_INIT("t=1y"), NULL, SSP_UNKNOWN, "", "1y" },
    { "t= (S5)", SLICE_INIT("t="), NULL, SSP_UNKNOWN, "", "" },
    { "t=y s is one ill-formed flag", SLICE_INIT("t=y s"), NULL, SSP_UNKNOWN, "", "y s" },
    { "white space around everything (S6)", SLICE_INIT(" \tp\t= \tall ; t =\ty : s ;"), NULL, SSP_ALL, "ys", NULL },
    { "folding (S6)", SLICE_INIT("p\r\n =\r\n\tall;\r\n t=y\r\n :\r\n s"), NULL, SSP_ALL, "ys", NULL },
    { "white space behind the last semicolon", SLICE_INIT("p=all; "), NULL, SSP_ALL, "", NULL },

    { "empty (S7)", SLICE_INIT(""), "no tag at all", 0, "", NULL },
    { "blank (S7)", SLICE_INIT(" \t"), "no tag at all", 0, "", NULL },
    { "a word (S2)", SLICE_INIT("all"), "a tag without \"=\"", 0, "", NULL },
    { "bare strict behind a tag (S2)", SLICE_INIT("p=unknown; strict"), "a tag without \"=\"", 0, "", NULL },
    { "two semicolons (S7)", SLICE_INIT("p=strict;;"), "empty tag", 0, "", NULL },
    { "a semicolon first", SLICE_INIT(";p=strict"), "empty tag", 0, "", NULL },
    { "a tag twice (S7)", SLICE_INIT("p=all; t=s; p=all"), "a tag that is given twice", 0, "", NULL },
    { "an unknown tag twice (S7)", SLICE_INIT("p=all; x=1; x=2"), "a tag that is given twice", 0, "", NULL },
    { "no name", SLICE_INIT("=all"), "a tag's name is none", 0, "", NULL },
    { "a name with a hyphen", SLICE_INIT("p=all; x-y=1"), "a tag without \"=\"", 0, "", NULL },
    { "a name that begins with a digit", SLICE_INIT("1p=all"), "a tag's name is none", 0, "", NULL },
    { "bare LF (S6)", SLICE_INIT("p=all;\n t=s"), "a tag's name is none", 0, "", NULL },
    { "bare CR (S6)", SLICE_INIT("p=\rall"), "an octet that no value may hold", 0, "", NULL },
    { "CRLF without white space (S6)", SLICE_INIT("p=all\r\n"), "an octet that no value may hold", 0, "", NULL },
    { "NUL", SLICE_INIT("p=all\0"), "an octet that no value may hold", 0, "", NULL },
    { "8-bit", SLICE_INIT("p=all; x=\xe9"), "not ASCII", 0, "", NULL },
    { "UTF-8", SLICE_INIT("p=all; x=\xc3\xa9"), "not ASCII", 0, "", NULL },
};
/* clang-format on */

static void expect_flags(const char *name, const struct ssp_record *r, const char *want)
{
    struct slice flags = slice_of_str(want);
    if (r->user != slice_has(flags, 'u') || r->has_u != slice_has(flags, 'U') ||
        r->testing != slice_has(flags, 'y') || r->own_only != slice_has(flags, 's'))
        fail_msg("%s: flags are not %s", name, want);
}

static void records_are_read_as_the_draft_and_its_readings_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct slice in = guarded(cases[i].in);
        struct ssp_record r;
        struct fault why = { 0 };
        bool ok = ssp_record_parse(in, &r, &why);
        if (ok != !cases[i].fault)
            fail_msg("%s: %s", cases[i].name, ok ? "parses" : why.what);
        if (!ok) {
            assert_string_equal(why.what, cases[i].fault);
            assert_true(why.at <= in.n);
            continue;
        }
        assert_int_equal(r.p, cases[i].p);
        expect_flags(cases[i].name, &r, cases[i].flags);
        assert_int_equal(r.skipped_n > 0, cases[i].skipped != NULL);
        if (r.skipped_n)
            expect_slice(cases[i].name, r.skipped[r.skipped_n - 1].text,
                         slice_of_str(cases[i].skipped));
    }
}

static void only_the_first_skipped_flags_are_reported(void **state)
{
    (void)state;
    static const char flags[] = "t=a:b:c:d:e:f:g:h:i:y";
    struct ssp_record r;
    struct fault why;
    assert_true(ssp_record_parse(guarded(slice_of_str(flags)), &r, &why));
    assert_int_equal(r.skipped_n, SSP_SKIPPED_MAX);
    assert_true(r.testing);
}

static void a_flag_is_a_hyphenated_word(void **state)
{
    (void)state;
    static const char *const good[] = { "y", "S", "a1", "a-b", "a--b", "future-flag-2" };
    static const char *const bad[] = { "", "1", "-a", "a-", "a_b", "a b", "1y", "\xc3\xa9" };
    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        assert_true(ssp_is_flag(slice_of_str(good[i])));
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(ssp_is_flag(slice_of_str(bad[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_read_as_the_draft_and_its_readings_say),
        cmocka_unit_test(only_the_first_skipped_flags_are_reported),
        cmocka_unit_test(a_flag_is_a_hyphenated_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
