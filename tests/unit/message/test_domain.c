/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "message/domain.h"

#define LABEL63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LABELS3 LABEL63 "." LABEL63 "." LABEL63

static const struct {
    const char *name;
    struct slice text;
    const char *want; /* NULL: no DNS name */
} cases[] = {
    { "plain", SLICE_INIT("example.com"), "example.com" },
    { "upper case becomes lower", SLICE_INIT("Mail.EXAMPLE.Com"), "mail.example.com" },
    { "one final dot is taken off", SLICE_INIT("example.com."), "example.com" },
    { "two final dots", SLICE_INIT("example.com.."), NULL },
    { "one label", SLICE_INIT("localhost"), "localhost" },
    { "underscores", SLICE_INIT("_dmarc.a_b.example"), "_dmarc.a_b.example" },
    { "hyphens anywhere", SLICE_INIT("-a.r3---sn.b-"), "-a.r3---sn.b-" },
    { "digits", SLICE_INIT("192.0.2.1"), "192.0.2.1" },
    { "empty", SLICE_INIT(""), NULL },
    { "the root", SLICE_INIT("."), NULL },
    { "an empty label", SLICE_INIT("a..b"), NULL },
    { "a dot first", SLICE_INIT(".a"), NULL },
    { "a literal", SLICE_INIT("[192.0.2.1]"), NULL },
    { "a space", SLICE_INIT("a b.example"), NULL },
    { "NUL inside", SLICE_INIT("evil.example\0.bank.example"), NULL },
    { "NUL inside, U-labels", SLICE_INIT("b\xc3\xbc\0.example"), NULL },
    { "a parenthesis", SLICE_INIT("evil.example(.bank.example"), NULL },
    { "a label of 63", SLICE_INIT(LABEL63 ".b"), LABEL63 ".b" },
    { "a label of 64", SLICE_INIT("a" LABEL63 ".b"), NULL },
    { "a name of 253",
      SLICE_INIT(LABELS3 "."
                         "aaaaaaaaaa.aaaaaaaaaa.aaaaaaaaaa.aaaaaaaaaa.aaaaaaaaaa.aaaaaa"),
      LABELS3 ".aaaaaaaaaa.aaaaaaaaaa.aaaaaaaaaa.aaaaaaaaaa.aaaaaaaaaa.aaaaaa" },
    { "a name of 254",
      SLICE_INIT(LABELS3 ".aaaaaaaaaa.aaaaaaaaaa.aaaaaaaaaa.aaaaaaaaaa.aaaaaaaaaa.aaaaaaa"), NULL },
    { "RFC 8616: a U-label",
      SLICE_INIT("b\xc3\xbc"
                 "cher.example"),
      "xn--bcher-kva.example" },
    { "a U-label, upper case",
      SLICE_INIT("B\xc3\x9c"
                 "CHER.Example"),
      "xn--bcher-kva.example" },
    { "a decomposed U-label",
      SLICE_INIT("bu\xcc\x88"
                 "cher.example"),
      "xn--bcher-kva.example" },
    { "sharp s stays (non-transitional)", SLICE_INIT("fa\xc3\x9f.de"), "xn--fa-hia.de" },
    { "an A-label stays", SLICE_INIT("XN--bcher-KVA.example"), "xn--bcher-kva.example" },
    { "U-labels beside others",
      SLICE_INIT("s1._domainkey.r3---sn.b\xc3\xbc"
                 "cher.example"),
      "s1._domainkey.r3---sn.xn--bcher-kva.example" },
    { "full-width letters and dots", SLICE_INIT("\xef\xbd\x81\xef\xbc\x8e\xef\xbd\x82"), "a.b" },
    { "a full-width parenthesis", SLICE_INIT("a\xef\xbc\x88.example"), NULL },
    { "no UTF-8",
      SLICE_INIT("b\xfc"
                 "cher.example"),
      NULL },
    { "a symbol that IDNA2008 does not allow", SLICE_INIT("\xe2\x99\xa5.example"), NULL },
    { "an ideographic dot alone", SLICE_INIT("a.\xe3\x80\x82.b"), NULL },
};

static void names_are_a_labels_in_lower_case(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct domain d = { .text = "untouched", .n = 9 };
        bool ok = domain_parse(guarded(cases[i].text), &d);
        const char *want = cases[i].want ? cases[i].want : "untouched";
        if (ok != (cases[i].want != NULL) || strcmp(d.text, want) != 0 || d.n != strlen(want))
            fail_msg("%s: %d \"%s\"", cases[i].name, ok, d.text);
    }
}

static void very_long_u_labels_are_no_names(void **state)
{
    char text[2000];
    struct domain d;
    (void)state;
    for (size_t i = 0; i < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xbc", 2);
    for (size_t n = 60; n <= sizeof text; n += 20)
        assert_int_equal(domain_parse(guarded((struct slice){ (uint8_t *)text, n }), &d), n < 112);
}

static struct domain domain(const char *text)
{
    struct domain d;
    assert_true(domain_parse(slice_of_str(text), &d));
    return d;
}

static void labels_are_counted_and_taken_off(void **state)
{
    struct domain d = domain("a.bc.example");
    (void)state;
    assert_int_equal(domain_labels(&d), 3);
    assert_true(domain_parent(&d, &d));
    assert_string_equal(d.text, "bc.example");
    assert_true(domain_parent(&d, &d));
    assert_int_equal(domain_labels(&d), 1);
    assert_int_equal(d.n, 7);
    assert_false(domain_parent(&d, &d));
    assert_string_equal(d.text, "example");
}

static void a_name_is_within_itself_and_what_is_above(void **state)
{
    static const struct {
        const char *d, *above;
        bool within;
    } pairs[] = {
        { "example.com", "example.com", true },    { "a.example.com", "example.com", true },
        { "a.b.example.com", "com", true },        { "badexample.com", "example.com", false },
        { "example.com", "a.example.com", false }, { "example.org", "example.com", false },
        { "com", "example.com", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct domain d = domain(pairs[i].d), above = domain(pairs[i].above);
        assert_int_equal(domain_within(&d, &above), pairs[i].within);
        assert_int_equal(domain_equal(&d, &above), strcmp(d.text, above.text) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_a_labels_in_lower_case),
        cmocka_unit_test(very_long_u_labels_are_no_names),
        cmocka_unit_test(labels_are_counted_and_taken_off),
        cmocka_unit_test(a_name_is_within_itself_and_what_is_above),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
