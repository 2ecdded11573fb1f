/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdlib.h>

#include "base/buf.h"
#include "postern/practices.h"

#define LABEL63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define OK      POSTERN_ORIGINATOR_OK
#define NO_ADDR POSTERN_ORIGINATOR_NO_ADDRESS
#define BAD     POSTERN_ORIGINATOR_UNREADABLE
#define NO_DOM  POSTERN_ORIGINATOR_NO_DOMAIN

/* clang-format off */
static const struct {
    const char *name;
    struct slice from;
    enum postern_originator_fault fault;
    const char *address, *domain;
    size_t addresses, domains;
} froms[] = {
    { "plain", SLICE_INIT(" a@b.example\r\n"), OK, "a@b.example", "b.example", 1, 1 },
    { "folded, named, with comments", SLICE_INIT(" Jane\r\n Doe (x) <(y)jane(z)@\r\n b.example>\r\n"), OK, "jane@b.example", "b.example", 1, 1 },
    { "domain in lower case", SLICE_INIT("A@B.Example"), OK, "A@b.example", "b.example", 1, 1 },
    { "the first of two (2.3)", SLICE_INIT("a@b.example, c@d.example"), OK, "a@b.example", "b.example", 2, 2 },
    { "two of one domain", SLICE_INIT("a@b.example, c@B.EXAMPLE."), OK, "a@b.example", "b.example", 2, 1 },
    { "two spellings of one domain", SLICE_INIT("a@m\xc3\xbc" "ller.example, c@xn--mller-kva.example"), OK, "a@xn--mller-kva.example", "xn--mller-kva.example", 2, 1 },
    { "the first of a group (S21)", SLICE_INIT("G: a@b.example, c@d.example;"), OK, "a@b.example", "b.example", 2, 2 },
    { "the first group that is not empty (S21)", SLICE_INIT("E:; , G: a@b.example;"), OK, "a@b.example", "b.example", 1, 1 },
    { "quotes are kept", SLICE_INIT("\"a b\"@c.example"), OK, "\"a b\"@c.example", "c.example", 1, 1 },
    { "an address in a display name (S22)", SLICE_INIT("\"me@own.example\" <a@b.example>"), OK, "a@b.example", "b.example", 1, 1 },
    { "encoded words stay encoded (S22)", SLICE_INIT("=?utf-8?q?me=40own=2Eexample=2C?= <a@b.example>"), OK, "a@b.example", "b.example", 1, 1 },
    { "an encoded word as the local part", SLICE_INIT("=?utf-8?q?a?=@b.example"), OK, "=?utf-8?q?a?=@b.example", "b.example", 1, 1 },
    { "comments with commas (S22)", SLICE_INIT("(a, b@c.example,) d@e.example"), OK, "d@e.example", "e.example", 1, 1 },
    { "a route (S22)", SLICE_INIT("<@x.example,@y.example:a@b.example>"), OK, "a@b.example", "b.example", 1, 1 },
    { "a final dot (S23)", SLICE_INIT("<a@b.example.>"), OK, "a@b.example", "b.example", 1, 1 },
    { "a final dot and a comment", SLICE_INIT("a@b.example. (c), d@e.example"), OK, "a@b.example", "b.example", 2, 2 },
    { "a U-label (S23)", SLICE_INIT("a@m\xc3\xbc" "ller.example"), OK, "a@xn--mller-kva.example", "xn--mller-kva.example", 1, 1 },
    { "one label (S23)", SLICE_INIT("a@corp"), OK, "a@corp", "corp", 1, 1 },
    { "a label of 63", SLICE_INIT("a@" LABEL63 ".example"), OK, "a@" LABEL63 ".example", LABEL63 ".example", 1, 1 },
    { "a local part in UTF-8", SLICE_INIT("\xc3\xa9@b.example"), OK, "\xc3\xa9@b.example", "b.example", 1, 1 },
    { "the second has no DNS name", SLICE_INIT("a@b.example, c@[192.0.2.1]"), OK, "a@b.example", "b.example", 2, 2 },

    { "empty", SLICE_INIT(""), NO_ADDR, NULL, NULL, 0, 0 },
    { "blank", SLICE_INIT(" \r\n"), NO_ADDR, NULL, NULL, 0, 0 },
    { "commas", SLICE_INIT(",,"), NO_ADDR, NULL, NULL, 0, 0 },
    { "a comment", SLICE_INIT("(a@b.example)"), NO_ADDR, NULL, NULL, 0, 0 },
    { "an empty group (S20)", SLICE_INIT("undisclosed-recipients:;"), NO_ADDR, NULL, NULL, 0, 0 },
    { "a name alone", SLICE_INIT("Jane"), BAD, NULL, NULL, 0, 0 },
    { "the null address", SLICE_INIT("<>"), BAD, NULL, NULL, 0, 0 },
    { "an unquoted comma", SLICE_INIT("Acme, Inc. <a@b.example>"), BAD, NULL, NULL, 0, 0 },
    { "an unquoted address as a name", SLICE_INIT("me@own.example <a@b.example>"), BAD, NULL, NULL, 0, 0 },
    { "two angle-addrs", SLICE_INIT("<me@own.example> <a@b.example>"), BAD, NULL, NULL, 0, 0 },
    { "a good one and a broken one", SLICE_INIT("a@b.example, c@"), BAD, NULL, NULL, 0, 0 },
    { "NUL", SLICE_INIT("a@b.example\0.evil.example"), BAD, NULL, NULL, 0, 0 },
    { "NUL in the local part", SLICE_INIT("a\0b@c.example"), BAD, NULL, NULL, 0, 0 },
    { "not UTF-8", SLICE_INIT("\xe9@b.example"), BAD, NULL, NULL, 0, 0 },
    { "two final dots", SLICE_INIT("a@b.example.."), BAD, NULL, NULL, 0, 0 },
    { "only the root", SLICE_INIT("a@."), BAD, NULL, NULL, 0, 0 },
    { "a literal (S23)", SLICE_INIT("a@[192.0.2.1]"), NO_DOM, NULL, NULL, 1, 1 },
    { "an IPv6 literal", SLICE_INIT("a@[IPv6:2001:db8::1]"), NO_DOM, NULL, NULL, 1, 1 },
    { "a label of 64", SLICE_INIT("a@a" LABEL63 ".example"), NO_DOM, NULL, NULL, 1, 1 },
    { "no DNS name", SLICE_INIT("a@b%c.example"), NO_DOM, NULL, NULL, 1, 1 },
    { "an encoded word as the domain", SLICE_INIT("a@=?utf-8?q?b?="), NO_DOM, NULL, NULL, 1, 1 },
    { "no DNS name, then a good one", SLICE_INIT("a@b%c, d@e.example"), NO_DOM, NULL, NULL, 2, 2 },
};

/* 2.7, with S24 and S25 */
static const struct {
    const char *name, *from, *identity;
    bool is, any_case_is;
} identities[] = {
    { "without a local part only the domains must match", "jdoe@example.com", "@example.com", true, true },
    { "the two addresses are identical", "jdoe@example.com", "jdoe@example.com", true, true },
    { "another user", "jdoe@example.com", "joe@example.com", false, false },
    { "a shorter user", "jdoe@example.com", "jdo@example.com", false, false },
    { "a longer user", "jdoe@example.com", "jdoee@example.com", false, false },
    { "local parts have case (S25)", "jdoe@example.com", "JDoe@example.com", false, true },
    { "domains have none", "jdoe@EXAMPLE.com", "jdoe@Example.COM", true, true },
    { "the parent does not cover the subdomain (S24)", "a@sub.example.com", "@example.com", false, false },
    { "nor the subdomain the parent (S24)", "a@example.com", "@sub.example.com", false, false },
    { "a suffix that is no subdomain", "a@badexample.com", "@example.com", false, false },
    { "quoted in From (S25)", "\"jdoe\"@example.com", "jdoe@example.com", true, true },
    { "quoted in i= (S25)", "jdoe@example.com", "\"jdoe\"@example.com", true, true },
    { "quoted pairs (S25)", "\"j\\d\\\\o\\\"e\"@example.com", "\"jd\\\\o\\\"\\e\"@example.com", true, true },
    { "quoted words (S25)", "a.\"b c\".d@example.com", "\"a.b c.d\"@example.com", true, true },
    { "a blank more", "\"a b\"@example.com", "\"a  b\"@example.com", false, false },
    { "\"@\" in a local part", "\"a@b\"@example.com", "\"a@b\"@example.com", true, true },
    { "an empty quoted local part is one", "jdoe@example.com", "\"\"@example.com", false, false },
    { "empty quoted local parts", "\"\"@example.com", "\"\"@example.com", true, true },
    { "a U-label and its A-label (S23)", "a@m\xc3\xbc" "ller.example", "@xn--mller-kva.example", true, true },
    { "a U-label in i=", "a@xn--mller-kva.example", "a@m\xc3\xbc" "ller.example", true, true },
    { "a final dot (S23)", "a@example.com.", "@example.com", true, true },
    { "no identity was read", "a@example.com", NULL, false, false },
    { "no @", "example.com", "example.com", false, false },
    { "i= without @", "a@example.com", "example.com", false, false },
    { "i= without a domain", "a@example.com", "a@", false, false },
    { "empty", "a@example.com", "", false, false },
    { "not the second author's", "a@example.com, b@example.com", "b@example.com", false, false },
    { "no Originator Address", "a@[192.0.2.1]", "@[192.0.2.1]", false, false },
};
/* clang-format on */

static void expect_text(const char *name, const char *got, const char *want)
{
    if ((got == NULL) != (want == NULL) || (got && strcmp(got, want) != 0))
        fail_msg("%s: got %s, want %s", name, got ? got : "NULL", want ? want : "NULL");
}

static struct postern_originator *originator_of(struct slice from)
{
    struct postern_originator *o = postern_originator_new();
    struct slice value = guarded(from);
    assert_non_null(o);
    assert_int_equal(postern_originator_from(o, value.p, value.n), 0);
    return o;
}

static void the_originator_address_is_the_first_of_from(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(froms); i++) {
        struct postern_originator *o = originator_of(froms[i].from);
        const char *name = froms[i].name;
        expect_text(name, postern_originator_fault_text(postern_originator_fault(o)),
                    postern_originator_fault_text(froms[i].fault));
        expect_text(name, postern_originator_address(o), froms[i].address);
        expect_text(name, postern_originator_domain(o), froms[i].domain);
        if (postern_originator_addresses(o) != froms[i].addresses ||
            postern_originator_domains(o) != froms[i].domains)
            fail_msg("%s: %zu addresses, %zu domains", name, postern_originator_addresses(o),
                     postern_originator_domains(o));
        postern_originator_free(o);
    }
}

static void no_from_and_several_from_name_nobody(void **state)
{
    (void)state;
    struct postern_originator *o = postern_originator_new();
    assert_non_null(o);
    expect_text("none", postern_originator_fault_text(postern_originator_fault(o)), "no-from");
    assert_null(postern_originator_address(o));
    for (int i = 0; i < 3; i++)
        assert_int_equal(postern_originator_from(o, "a@b.example", 11), 0);
    expect_text("three", postern_originator_fault_text(postern_originator_fault(o)),
                "several-from");
    assert_null(postern_originator_address(o));
    assert_null(postern_originator_domain(o));
    postern_originator_free(o);
    postern_originator_free(NULL);
}

static void an_originator_signature_matches_the_address(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(identities); i++) {
        struct postern_originator *o = originator_of(slice_of_str(identities[i].from));
        struct postern_dkim_signature s = { .domain = "x.example",
                                            .identity = identities[i].identity };
        if (postern_originator_signed(o, &s) != identities[i].is)
            fail_msg("%s", identities[i].name);
        postern_originator_free(o);
    }
}

/* S25: the switch */
static void local_parts_are_compared_without_case_where_that_is_wanted(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(identities); i++) {
        struct postern_originator *o = originator_of(slice_of_str(identities[i].from));
        struct postern_dkim_signature s = { .result = POSTERN_DKIM_PASS,
                                            .domain = "x.example",
                                            .identity = identities[i].identity };
        const struct postern_dkim_signature *list[] = { &s };
        struct postern_practices_options options;
        postern_practices_options_init(&options, POSTERN_SSP);
        options.local_part_any_case = 1;
        struct postern_practices *p = postern_practices_new(&options, o, list, 1);
        assert_non_null(p);
        const struct postern_practices_outcome *outcome = postern_practices_outcome(p);
        if ((outcome && outcome->step == 1) != identities[i].any_case_is)
            fail_msg("%s", identities[i].name);
        postern_practices_free(p);
        postern_originator_free(o);
    }
}

/* From of n addresses, or of one with a comment that fills it up to n octets */
static void a_from_field_has_bounds(void **state)
{
    (void)state;
    static uint8_t text[64 * 1024 + 1];
    static const struct {
        size_t octets, addresses;
        enum postern_originator_fault fault;
    } bounds[] = {
        { 64 * 1024, 0, OK }, { 64 * 1024 + 1, 0, BAD }, { 0, 256, OK }, { 0, 257, BAD }
    };
    for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
        size_t n = bounds[i].octets;
        memset(text, ' ', sizeof text);
        memcpy(text, "a@b", 3);
        for (size_t k = 1; k < bounds[i].addresses; k++)
            memcpy(text + k * 4 - 1, ",a@b", 4);
        struct postern_originator *o =
            originator_of((struct slice){ text, n ? n : bounds[i].addresses * 4 - 1 });
        assert_int_equal(postern_originator_fault(o), bounds[i].fault);
        postern_originator_free(o);
    }
}

/* 256 authors: 127 names written with U-labels and again with A-labels, and two that are none. */
static void domains_of_many_authors_are_counted_in_any_spelling(void **state)
{
    static const char *const spellings[] = { "\xc3\xa4", "xn--4ca", "XN--4CA", "\xc3\x84" };
    struct buf from;
    (void)state;
    buf_init(&from, 64 * 1024);
    for (unsigned i = 0; i < 254; i++)
        buf_printf(&from, "a@%s.n%u.example, ", spellings[i % 4], i / 2);
    buf_append_str(&from, "a@[192.0.2.1], a@[192.0.2.1]");
    struct postern_originator *o = originator_of(buf_slice(&from));
    assert_int_equal(postern_originator_fault(o), OK);
    assert_int_equal(postern_originator_addresses(o), 256);
    assert_int_equal(postern_originator_domains(o), 127 + 1);
    postern_originator_free(o);
    buf_clear(&from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_originator_address_is_the_first_of_from),
        cmocka_unit_test(no_from_and_several_from_name_nobody),
        cmocka_unit_test(an_originator_signature_matches_the_address),
        cmocka_unit_test(local_parts_are_compared_without_case_where_that_is_wanted),
        cmocka_unit_test(a_from_field_has_bounds),
        cmocka_unit_test(domains_of_many_authors_are_counted_in_any_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
