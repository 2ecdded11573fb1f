/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "smtp/path.h"

#define X10     "xxxxxxxxxx"
#define X60     X10 X10 X10 X10 X10 X10
#define LABEL63 X60 "xxx"

#define LOCAL_FAULT   "wrong byte in a local part"
#define LABEL_FAULT   "wrong label in a domain"
#define LITERAL_FAULT "wrong address literal"

/* clang-format off */
struct path_case {
    const char *name;
    struct slice in;
    const char *fault; /* NULL: parses */
    size_t at;
    struct slice mailbox, local, domain, rest;
    bool utf8;
};

static const struct path_case reverse[] = {
    { "a mailbox", SLICE_INIT("<a@b.c>"), NULL, 0, SLICE_INIT("a@b.c"), SLICE_INIT("a"), SLICE_INIT("b.c"), SLICE_INIT(""), false },
    { "the null path", SLICE_INIT("<>"), NULL, 0, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "white space before (clients send it)", SLICE_INIT(" \t<a@b>"), NULL, 0, SLICE_INIT("a@b"), SLICE_INIT("a"), SLICE_INIT("b"), SLICE_INIT(""), false },
    { "parameters behind", SLICE_INIT("<a@b> SIZE=1 BODY=7BIT"), NULL, 0, SLICE_INIT("a@b"), SLICE_INIT("a"), SLICE_INIT("b"), SLICE_INIT(" SIZE=1 BODY=7BIT"), false },
    { "all of atext", SLICE_INIT("<a.Z9!#$%&'*+-/=?^_`{|}~@b>"), NULL, 0, SLICE_INIT("a.Z9!#$%&'*+-/=?^_`{|}~@b"), SLICE_INIT("a.Z9!#$%&'*+-/=?^_`{|}~"), SLICE_INIT("b"), SLICE_INIT(""), false },
    { "a quoted local part", SLICE_INIT("<\"a b>\\\"@c\"@d>"), NULL, 0, SLICE_INIT("\"a b>\\\"@c\"@d"), SLICE_INIT("\"a b>\\\"@c\""), SLICE_INIT("d"), SLICE_INIT(""), false },
    { "an empty quoted local part", SLICE_INIT("<\"\"@d>"), NULL, 0, SLICE_INIT("\"\"@d"), SLICE_INIT("\"\""), SLICE_INIT("d"), SLICE_INIT(""), false },
    { "IPv4 literal", SLICE_INIT("<a@[192.0.2.1]>"), NULL, 0, SLICE_INIT("a@[192.0.2.1]"), SLICE_INIT("a"), SLICE_INIT("[192.0.2.1]"), SLICE_INIT(""), false },
    { "IPv6 literal", SLICE_INIT("<a@[IPv6:2001:db8::1]>"), NULL, 0, SLICE_INIT("a@[IPv6:2001:db8::1]"), SLICE_INIT("a"), SLICE_INIT("[IPv6:2001:db8::1]"), SLICE_INIT(""), false },
    { "IPv6 literal, tag in capitals", SLICE_INIT("<a@[IPV6:::ffff:192.0.2.1]>"), NULL, 0, SLICE_INIT("a@[IPV6:::ffff:192.0.2.1]"), SLICE_INIT("a"), SLICE_INIT("[IPV6:::ffff:192.0.2.1]"), SLICE_INIT(""), false },
    { "source route (RFC 5321 §4.1.1.3: SHOULD ignore)", SLICE_INIT("<@x.y,@[192.0.2.1]:a@b> X"), NULL, 0, SLICE_INIT("a@b"), SLICE_INIT("a"), SLICE_INIT("b"), SLICE_INIT(" X"), false },
    { "UTF-8 (RFC 6531 §3.3)", SLICE_INIT("<\xc3\xa9@\xe4\xbe\x8b.jp>"), NULL, 0, SLICE_INIT("\xc3\xa9@\xe4\xbe\x8b.jp"), SLICE_INIT("\xc3\xa9"), SLICE_INIT("\xe4\xbe\x8b.jp"), SLICE_INIT(""), true },
    { "UTF-8 in quotes", SLICE_INIT("<\"\xf0\x9f\x93\xa7 \"@b>"), NULL, 0, SLICE_INIT("\"\xf0\x9f\x93\xa7 \"@b"), SLICE_INIT("\"\xf0\x9f\x93\xa7 \""), SLICE_INIT("b"), SLICE_INIT(""), true },
    { "dots beside each other (carriers gave such out)", SLICE_INIT("<a..b@b>"), NULL, 0, SLICE_INIT("a..b@b"), SLICE_INIT("a..b"), SLICE_INIT("b"), SLICE_INIT(""), false },
    { "a dot in front", SLICE_INIT("<.a@b>"), NULL, 0, SLICE_INIT(".a@b"), SLICE_INIT(".a"), SLICE_INIT("b"), SLICE_INIT(""), false },
    { "a dot at the end", SLICE_INIT("<a.@b>"), NULL, 0, SLICE_INIT("a.@b"), SLICE_INIT("a."), SLICE_INIT("b"), SLICE_INIT(""), false },
    { "dots and slashes", SLICE_INIT("<../../x@b>"), NULL, 0, SLICE_INIT("../../x@b"), SLICE_INIT("../../x"), SLICE_INIT("b"), SLICE_INIT(""), false },
    { "digits and hyphens", SLICE_INIT("<1@2-3.4>"), NULL, 0, SLICE_INIT("1@2-3.4"), SLICE_INIT("1"), SLICE_INIT("2-3.4"), SLICE_INIT(""), false },
    { "local part of 192", SLICE_INIT("<" X60 X60 X60 "xxxxxxxxxxxx@b>"), NULL, 0, SLICE_INIT(X60 X60 X60 "xxxxxxxxxxxx@b"), SLICE_INIT(X60 X60 X60 "xxxxxxxxxxxx"), SLICE_INIT("b"), SLICE_INIT(""), false },
    { "local part of 193", SLICE_INIT("<" X60 X60 X60 "xxxxxxxxxxxxx@b>"), "local part too long", 194, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "label of 63", SLICE_INIT("<a@" LABEL63 ">"), NULL, 0, SLICE_INIT("a@" LABEL63), SLICE_INIT("a"), SLICE_INIT(LABEL63), SLICE_INIT(""), false },
    { "label of 64", SLICE_INIT("<a@" LABEL63 "x>"), "label too long", 67, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "path of 256", SLICE_INIT("<" X60 "xx@" LABEL63 "." LABEL63 "." LABEL63 ">"), NULL, 0, SLICE_INIT(X60 "xx@" LABEL63 "." LABEL63 "." LABEL63), SLICE_INIT(X60 "xx"), SLICE_INIT(LABEL63 "." LABEL63 "." LABEL63), SLICE_INIT(""), false },
    { "path of 257", SLICE_INIT("<" X60 "xxx@" LABEL63 "." LABEL63 "." LABEL63 "> S"), "path too long", 257, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "domain of 256", SLICE_INIT("<a@" LABEL63 "." LABEL63 "." LABEL63 "." LABEL63 ".>"), LABEL_FAULT, 259, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "empty", SLICE_INIT(""), "no < before the path", 0, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "no brackets", SLICE_INIT("a@b"), "no < before the path", 0, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "not closed", SLICE_INIT("<a@b"), "no > behind the path", 4, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "only opened", SLICE_INIT("<"), LOCAL_FAULT, 1, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "no domain", SLICE_INIT("<a>"), "no @ behind the local part", 2, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "postmaster is no reverse-path", SLICE_INIT("<Postmaster>"), "no @ behind the local part", 11, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "empty domain", SLICE_INIT("<a@>"), LABEL_FAULT, 3, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "empty local part", SLICE_INIT("<@b>"), "wrong source route", 3, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "two @", SLICE_INIT("<a@b@c>"), "no > behind the path", 4, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "space in the local part", SLICE_INIT("<a b@c>"), "no @ behind the local part", 2, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "space before the >", SLICE_INIT("<a@b >"), "no > behind the path", 4, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "quote not closed", SLICE_INIT("<\"a@b>"), "quoted local part not closed", 6, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "backslash at the end", SLICE_INIT("<\"a\\"), "quoted local part not closed", 3, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "text behind the quote", SLICE_INIT("<\"a\"b@c>"), "no @ behind the local part", 4, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "NUL in the local part", SLICE_INIT("<a\0@b>"), "no @ behind the local part", 2, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "tab in quotes", SLICE_INIT("<\"\t\"@b>"), "quoted local part not closed", 2, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "quoted control byte", SLICE_INIT("<\"\\\x01\"@b>"), "quoted local part not closed", 2, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "NUL in the domain", SLICE_INIT("<a@b\0>"), "no > behind the path", 4, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "C1 control character", SLICE_INIT("<a\xc2\x85@b>"), "no @ behind the local part", 2, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "overlong UTF-8", SLICE_INIT("<\xc0\xaf@b>"), LOCAL_FAULT, 1, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "UTF-8 cut short", SLICE_INIT("<a@\xe4\xbe>"), LABEL_FAULT, 3, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "leading hyphen", SLICE_INIT("<a@-b>"), LABEL_FAULT, 5, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "trailing hyphen", SLICE_INIT("<a@b-.c>"), LABEL_FAULT, 5, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "underscore in a domain", SLICE_INIT("<a@b_c>"), "no > behind the path", 4, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "dot behind the domain", SLICE_INIT("<a@b.>"), LABEL_FAULT, 5, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "literal not closed", SLICE_INIT("<a@[192.0.2.1>"), LITERAL_FAULT, 3, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "literal of 256", SLICE_INIT("<a@[192.0.2.256]>"), LITERAL_FAULT, 3, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "literal with a leading zero", SLICE_INIT("<a@[192.0.02.1]>"), LITERAL_FAULT, 3, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "literal of three numbers", SLICE_INIT("<a@[192.0.2]>"), LITERAL_FAULT, 3, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "empty literal", SLICE_INIT("<a@[]>"), LITERAL_FAULT, 3, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "IPv6 without its tag", SLICE_INIT("<a@[::1]>"), LITERAL_FAULT, 3, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "IPv6 with a zone", SLICE_INIT("<a@[IPv6:fe80::1%eth0]>"), LITERAL_FAULT, 3, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "NUL in a literal", SLICE_INIT("<a@[192.0.2.1\0]>"), LITERAL_FAULT, 3, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "unregistered literal", SLICE_INIT("<a@[X400:abc]>"), LITERAL_FAULT, 3, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "text behind", SLICE_INIT("<a@b>SIZE=1"), "no space behind the path", 5, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "route without a mailbox", SLICE_INIT("<@x:>"), LOCAL_FAULT, 4, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "route with an empty hop", SLICE_INIT("<@x,:a@b>"), "wrong source route", 4, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
};

static const struct path_case forward[] = {
    { "a mailbox", SLICE_INIT("<a@b> NOTIFY=NEVER"), NULL, 0, SLICE_INIT("a@b"), SLICE_INIT("a"), SLICE_INIT("b"), SLICE_INIT(" NOTIFY=NEVER"), false },
    { "postmaster (RFC 5321 §4.5.1: MUST)", SLICE_INIT("<Postmaster>"), NULL, 0, SLICE_INIT("Postmaster"), SLICE_INIT("Postmaster"), SLICE_INIT(""), SLICE_INIT(""), false },
    { "postmaster without case", SLICE_INIT("<pOSTMASTER> X"), NULL, 0, SLICE_INIT("pOSTMASTER"), SLICE_INIT("pOSTMASTER"), SLICE_INIT(""), SLICE_INIT(" X"), false },
    { "postmaster with a domain", SLICE_INIT("<Postmaster@b>"), NULL, 0, SLICE_INIT("Postmaster@b"), SLICE_INIT("Postmaster"), SLICE_INIT("b"), SLICE_INIT(""), false },
    { "the null path", SLICE_INIT("<>"), "empty forward-path", 1, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "postmaster not closed", SLICE_INIT("<Postmaster"), "no @ behind the local part", 11, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
    { "another bare name", SLICE_INIT("<root>"), "no @ behind the local part", 5, SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false },
};
/* clang-format on */

static void expect_path(const struct path_case *want, enum smtp_path_kind kind)
{
    struct smtp_path got = { 0 };
    struct slice rest = { 0 };
    struct fault why = { 0 };
    bool ok = smtp_path_parse(guarded(want->in), kind, &got, &rest, &why);
    if (ok != !want->fault)
        fail_msg("%s: %s", want->name, ok ? "accepted" : why.what);
    if (!ok && (strcmp(why.what, want->fault) != 0 || why.at != want->at))
        fail_msg("%s: fault '%s' at %zu", want->name, why.what, why.at);
    expect_slice(want->name, got.mailbox, want->mailbox);
    expect_slice(want->name, got.local, want->local);
    expect_slice(want->name, got.domain, want->domain);
    expect_slice(want->name, rest, want->rest);
    assert_int_equal(got.utf8, want->utf8);
}

static void reverse_paths(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(reverse); i++)
        expect_path(&reverse[i], SMTP_REVERSE);
}

static void forward_paths(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(forward); i++)
        expect_path(&forward[i], SMTP_FORWARD);
}

static void no_control_byte_anywhere(void **state)
{
    (void)state;
    static const char whole[] = "<\"a\\bc\"@d.ef>";
    for (size_t at = 0; at < sizeof whole - 1; at++)
        for (unsigned c = 0; c <= 0x7f; c = c == 0x1f ? 0x7f : c + 1) {
            uint8_t bytes[sizeof whole];
            struct smtp_path got;
            struct slice rest;
            struct fault why;
            memcpy(bytes, whole, sizeof whole);
            bytes[at] = (uint8_t)c;
            assert_false(smtp_path_parse((struct slice){ bytes, sizeof whole - 1 }, SMTP_REVERSE,
                                         &got, &rest, &why));
        }
}

static void mailbox_is_the_whole_input(void **state)
{
    (void)state;
    struct smtp_path got;
    struct fault why;
    assert_true(smtp_mailbox_parse(guarded(SLICE("a@b.c")), &got, &why));
    expect_slice("domain", got.domain, SLICE("b.c"));
    assert_false(smtp_mailbox_parse(guarded(SLICE("")), &got, &why));
    assert_false(smtp_mailbox_parse(guarded(SLICE("a")), &got, &why));
    assert_false(smtp_mailbox_parse(guarded(SLICE("<a@b>")), &got, &why));
    assert_false(smtp_mailbox_parse(guarded(SLICE("a@b ")), &got, &why));
    assert_int_equal(why.at, 3);
    assert_string_equal(why.what, "text behind the mailbox");
    assert_true(
        smtp_mailbox_parse(guarded(SLICE(X60 "xx@" LABEL63 "." LABEL63 "." LABEL63)), &got, &why));
    assert_false(
        smtp_mailbox_parse(guarded(SLICE(X60 "xxx@" LABEL63 "." LABEL63 "." LABEL63)), &got, &why));
}

/* clang-format off */
static const struct {
    struct slice a, b;
    bool fold, equal;
} pairs[] = {
    { SLICE_INIT("a@b.c"), SLICE_INIT("a@B.C"), false, true },
    { SLICE_INIT("A@b"), SLICE_INIT("a@b"), false, false }, /* RFC 5321 §2.4: local parts MUST keep case */
    { SLICE_INIT("A@b"), SLICE_INIT("a@b"), true, true },
    { SLICE_INIT("\"a\"@b"), SLICE_INIT("a@b"), false, true },
    { SLICE_INIT("\"\\a\\.c\"@b"), SLICE_INIT("a.c@b"), false, true },
    { SLICE_INIT("\"a \"@b"), SLICE_INIT("a@b"), false, false },
    { SLICE_INIT("a@b"), SLICE_INIT("a@c"), true, false },
    { SLICE_INIT("a@[IPv6:::1]"), SLICE_INIT("a@[ipv6:::1]"), false, true },
};
/* clang-format on */

static void mailboxes_are_equal_by_meaning(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        struct smtp_path a, b;
        struct fault why;
        assert_true(smtp_mailbox_parse(pairs[i].a, &a, &why));
        assert_true(smtp_mailbox_parse(pairs[i].b, &b, &why));
        if (smtp_mailbox_equal(&a, &b, pairs[i].fold) != pairs[i].equal)
            fail_msg("pair %zu", i);
    }
}

static void local_part_is_unquoted_within_its_room(void **state)
{
    (void)state;
    uint8_t room[SMTP_LOCAL_MAX + 2];
    expect_slice("atom", smtp_local_unquote(SLICE("a.b"), room), SLICE("a.b"));
    expect_slice("quoted", smtp_local_unquote(SLICE("\"a\\\"\\\\ b\""), room), SLICE("a\"\\ b"));
    expect_slice("empty", smtp_local_unquote(SLICE("\"\""), room), SLICE(""));
    expect_slice("nothing", smtp_local_unquote(SLICE(""), room), SLICE(""));
    assert_int_equal(smtp_local_unquote(SLICE(X60 X60 X60 X60), room).n, sizeof room);
}

static void domains(void **state)
{
    (void)state;
    assert_true(smtp_is_domain(guarded(SLICE("mail.example.com"))));
    assert_true(smtp_is_domain(guarded(SLICE("b\xc3\xbc"
                                             "cher.example"))));
    assert_true(smtp_is_domain(guarded(SLICE("[192.0.2.1]"))));
    assert_true(smtp_is_domain(guarded(SLICE(LABEL63 "." LABEL63 "." LABEL63 "." LABEL63))));
    assert_false(smtp_is_domain(guarded(SLICE(LABEL63 "." LABEL63 "." LABEL63 "." X60 ".xxx"))));
    assert_false(smtp_is_domain(guarded(SLICE(""))));
    assert_false(smtp_is_domain(guarded(SLICE("a b"))));
    assert_false(smtp_is_domain(guarded(SLICE("[192.0.2.1]x"))));
    assert_false(smtp_is_domain(guarded(SLICE("a\0b"))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reverse_paths),
        cmocka_unit_test(forward_paths),
        cmocka_unit_test(no_control_byte_anywhere),
        cmocka_unit_test(mailbox_is_the_whole_input),
        cmocka_unit_test(mailboxes_are_equal_by_meaning),
        cmocka_unit_test(local_part_is_unquoted_within_its_room),
        cmocka_unit_test(domains),
    };
    return cmocka_run_group_tests_name("smtp/path", tests, NULL, NULL);
}
