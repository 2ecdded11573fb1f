/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdlib.h>

#include "message/address.h"

#define MAX 3

/* clang-format off */
static const struct {
    const char *name;
    struct slice in;
    const char *fault; /* NULL: parses */
    size_t n;
    struct { struct slice display, local, domain; } want[MAX];
} cases[] = {
    { "addr-spec", SLICE_INIT(" a@b.c\r\n"), NULL, 1, { { SLICE_INIT(""), SLICE_INIT("a"), SLICE_INIT("b.c") } } },
    { "name-addr", SLICE_INIT("Jane Doe <jane@b.c>"), NULL, 1, { { SLICE_INIT("Jane Doe"), SLICE_INIT("jane"), SLICE_INIT("b.c") } } },
    { "angle-addr", SLICE_INIT("<a@b>"), NULL, 1, { { SLICE_INIT(""), SLICE_INIT("a"), SLICE_INIT("b") } } },
    { "quoted display name with an address", SLICE_INIT("\"me@own.example\" <evil@x>"), NULL, 1, { { SLICE_INIT("\"me@own.example\""), SLICE_INIT("evil"), SLICE_INIT("x") } } },
    { "quoted display name with brackets", SLICE_INIT("\"<me@own>, \\\"\" <evil@x>"), NULL, 1, { { SLICE_INIT("\"<me@own>, \\\"\""), SLICE_INIT("evil"), SLICE_INIT("x") } } },
    { "comment with an address", SLICE_INIT("(<me@own>) evil@x (me@own)"), NULL, 1, { { SLICE_INIT(""), SLICE_INIT("evil"), SLICE_INIT("x") } } },
    { "nested comments", SLICE_INIT("(a (b (\\() c) \\)) a@b"), NULL, 1, { { SLICE_INIT(""), SLICE_INIT("a"), SLICE_INIT("b") } } },
    { "comments everywhere", SLICE_INIT("(1)J(2)D(3)<(4)a(5).(6)b(7)@(8)c(9).(10)d(11)>(12)"), NULL, 1, { { SLICE_INIT("J D"), SLICE_INIT("a.b"), SLICE_INIT("c.d") } } },
    { "folded", SLICE_INIT(" Jane\r\n Doe\r\n\t<jane\r\n @b.c>\r\n"), NULL, 1, { { SLICE_INIT("Jane Doe"), SLICE_INIT("jane"), SLICE_INIT("b.c") } } },
    { "folded in quotes", SLICE_INIT("\"a\r\n b\" <\"x\r\n y\"@c>"), NULL, 1, { { SLICE_INIT("\"a b\""), SLICE_INIT("\"x y\""), SLICE_INIT("c") } } },
    { "encoded word", SLICE_INIT("=?utf-8?q?me=40own?= <evil@x>"), NULL, 1, { { SLICE_INIT("=?utf-8?q?me=40own?="), SLICE_INIT("evil"), SLICE_INIT("x") } } },
    { "dots in a display name (obs-phrase)", SLICE_INIT("John Q. Public <a@b>"), NULL, 1, { { SLICE_INIT("John Q. Public"), SLICE_INIT("a"), SLICE_INIT("b") } } },
    { "8-bit display name, not UTF-8", SLICE_INIT("J\xf6rg <a@b>"), NULL, 1, { { SLICE_INIT("J\xf6rg"), SLICE_INIT("a"), SLICE_INIT("b") } } },
    { "UTF-8 address (RFC 6532)", SLICE_INIT("\xc3\xa9@\xe4\xbe\x8b.jp"), NULL, 1, { { SLICE_INIT(""), SLICE_INIT("\xc3\xa9"), SLICE_INIT("\xe4\xbe\x8b.jp") } } },
    { "quoted local part", SLICE_INIT("\"a@b <c>\"@d"), NULL, 1, { { SLICE_INIT(""), SLICE_INIT("\"a@b <c>\""), SLICE_INIT("d") } } },
    { "quoted words in a local part (obs-local-part)", SLICE_INIT("a . \"b c\" . d@e"), NULL, 1, { { SLICE_INIT(""), SLICE_INIT("a.\"b c\".d"), SLICE_INIT("e") } } },
    { "domain literal", SLICE_INIT("a@[ 192.0.2.1 ]"), NULL, 1, { { SLICE_INIT(""), SLICE_INIT("a"), SLICE_INIT("[192.0.2.1]") } } },
    { "route (obs-route)", SLICE_INIT("N <@x.y,,@z:a@b>"), NULL, 1, { { SLICE_INIT("N"), SLICE_INIT("a"), SLICE_INIT("b") } } },
    { "route that begins with a comma", SLICE_INIT("<, @x , : a@b>"), NULL, 1, { { SLICE_INIT(""), SLICE_INIT("a"), SLICE_INIT("b") } } },
    { "several", SLICE_INIT("a@b, C <d@e>, \"f\"@g"), NULL, 3, { { SLICE_INIT(""), SLICE_INIT("a"), SLICE_INIT("b") }, { SLICE_INIT("C"), SLICE_INIT("d"), SLICE_INIT("e") }, { SLICE_INIT(""), SLICE_INIT("\"f\""), SLICE_INIT("g") } } },
    { "empty elements (obs-mbox-list)", SLICE_INIT(",, a@b, (c) ,d@e,"), NULL, 2, { { SLICE_INIT(""), SLICE_INIT("a"), SLICE_INIT("b") }, { SLICE_INIT(""), SLICE_INIT("d"), SLICE_INIT("e") } } },
    { "a group", SLICE_INIT("a@b, The Group: C <d@e>,, f@g; (x)"), NULL, 3, { { SLICE_INIT(""), SLICE_INIT("a"), SLICE_INIT("b") }, { SLICE_INIT("C"), SLICE_INIT("d"), SLICE_INIT("e") }, { SLICE_INIT(""), SLICE_INIT("f"), SLICE_INIT("g") } } },
    { "an address behind a group", SLICE_INIT("g: a@b;, c@d"), NULL, 2, { { SLICE_INIT(""), SLICE_INIT("a"), SLICE_INIT("b") }, { SLICE_INIT(""), SLICE_INIT("c"), SLICE_INIT("d") } } },
    { "a group without members", SLICE_INIT("undisclosed recipients: ;"), NULL, 0, { { { 0 }, { 0 }, { 0 } } } },

    { "empty", SLICE_INIT(""), "no address", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "blank", SLICE_INIT(" \t\r\n"), "no address", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "only commas", SLICE_INIT(",,"), "no address", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "a comment alone", SLICE_INIT("(a@b)"), "no address", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "the null address", SLICE_INIT("<>"), "no local part", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "a name alone", SLICE_INIT("Jane"), "a name without an address", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "an unquoted comma in a name", SLICE_INIT("Acme, Inc. <a@b>"), "a name without an address", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "an address as an unquoted name", SLICE_INIT("me@own <evil@x>"), "no comma behind an address", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "two angle-addrs", SLICE_INIT("<me@own> <evil@x>"), "no comma behind an address", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "text behind an angle-addr", SLICE_INIT("<me@own>evil"), "no comma behind an address", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "brackets in brackets", SLICE_INIT("<<a@b>>"), "no local part", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "not closed", SLICE_INIT("N <a@b"), "no > behind an address", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "> alone", SLICE_INIT("a@b>"), "no comma behind an address", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "two @", SLICE_INIT("a@b@c"), "no comma behind an address", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "no local part", SLICE_INIT("@b"), "no local part", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "no domain", SLICE_INIT("a@"), "wrong domain", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "words in a local part", SLICE_INIT("a b@c"), "no @ behind the local part", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "two dots", SLICE_INIT("a..b@c"), "no local part", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "a dot first", SLICE_INIT(".a@b"), "wrong byte in an address list", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "a dot behind the domain", SLICE_INIT("a@b."), "wrong domain", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "a quoted domain", SLICE_INIT("a@\"b\""), "wrong domain", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "quote not closed", SLICE_INIT("\"a <b@c>"), "quoted string not closed", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "quote closed by a quoted pair", SLICE_INIT("\"a\\\" <b@c>"), "quoted string not closed", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "backslash at the end", SLICE_INIT("\"a\\"), "wrong byte in a quoted string", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "comment not closed", SLICE_INIT("a@b (c"), "comment not closed", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "comment closed by a quoted pair", SLICE_INIT("(c\\) a@b"), "comment not closed", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "comment closed twice", SLICE_INIT("(c)) a@b"), "wrong byte in an address list", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "literal not closed", SLICE_INIT("a@[192.0.2.1"), "wrong domain literal", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "route without a mailbox", SLICE_INIT("<@x:>"), "no local part", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "route without a colon", SLICE_INIT("<@x a@b>"), "wrong route", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "route without a domain", SLICE_INIT("<,:a@b>"), "wrong route", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "group not closed", SLICE_INIT("g: a@b"), "group not closed", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "group not closed behind a comma", SLICE_INIT("g: a@b,"), "group not closed", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "group that ends with its colon", SLICE_INIT("g:"), "group not closed", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "group within a group", SLICE_INIT("g: h: a@b;;"), "group within a group", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "group without a name", SLICE_INIT(": a@b;"), "group without a name", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "semicolon without a group", SLICE_INIT("a@b;"), "no comma behind an address", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "address behind a group without a comma", SLICE_INIT("g: a@b; c@d"), "no comma behind an address", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "NUL in a name", SLICE_INIT("a\0 <b@c>"), "wrong byte in an address list", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "NUL in an address", SLICE_INIT("a@b\0.c"), "no comma behind an address", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "NUL in quotes", SLICE_INIT("\"\0\" <b@c>"), "wrong byte in a quoted string", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "NUL in a comment", SLICE_INIT("(\0) b@c"), "wrong byte in a comment", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "bare LF", SLICE_INIT("a@b\n c@d"), "no comma behind an address", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "a second field", SLICE_INIT("a@b,\r\nc@d\r\n"), "wrong byte in an address list", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "a second field within quotes", SLICE_INIT("\"a\r\nb\" <c@d>"), "wrong byte in a quoted string", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "address that is no UTF-8", SLICE_INIT("\xe9@b"), "address is not UTF-8", 0, { { { 0 }, { 0 }, { 0 } } } },
    { "one too many", SLICE_INIT("a@b,c@d,e@f,g@h"), "too many addresses", 0, { { { 0 }, { 0 }, { 0 } } } },
};
/* clang-format on */

static void addresses_are_what_a_mail_reader_must_see(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct arena arena;
        struct message_mailbox got[MAX];
        struct fault why = { 0 };
        size_t n = 0;
        arena_init(&arena, 4096);
        bool ok = message_addresses_parse(guarded(cases[i].in), &arena, MAX, got, &n, &why);
        if (ok != !cases[i].fault)
            fail_msg("%s: %s", cases[i].name, ok ? "accepted" : why.what);
        if (!ok && (strcmp(why.what, cases[i].fault) != 0 || why.at > cases[i].in.n))
            fail_msg("%s: fault '%s' at %zu", cases[i].name, why.what, why.at);
        if (n != cases[i].n)
            fail_msg("%s: %zu addresses", cases[i].name, n);
        for (size_t k = 0; k < n; k++) {
            expect_slice(cases[i].name, got[k].display, cases[i].want[k].display);
            expect_slice(cases[i].name, got[k].local, cases[i].want[k].local);
            expect_slice(cases[i].name, got[k].domain, cases[i].want[k].domain);
        }
        arena_clear(&arena);
    }
}

/* Nesting is counted, so depth costs no stack. */
static void comments_nest_a_hundred_thousand_deep(void **state)
{
    (void)state;
    size_t depth = 100000;
    struct arena arena;
    struct message_mailbox got[1];
    struct fault why;
    size_t n;
    uint8_t *bytes = malloc(2 * depth + 3);
    assert_non_null(bytes);
    memset(bytes, '(', depth);
    memset(bytes + depth, ')', depth);
    memcpy(bytes + 2 * depth, "a@b", 3);
    arena_init(&arena, 4 * depth);
    assert_true(
        message_addresses_parse((struct slice){ bytes, 2 * depth + 3 }, &arena, 1, got, &n, &why));
    expect_slice("domain", got[0].domain, SLICE("b"));
    assert_false(
        message_addresses_parse((struct slice){ bytes, 2 * depth - 1 }, &arena, 1, got, &n, &why));
    arena_clear(&arena);
    free(bytes);
}

static void results_fit_the_arena_or_fail(void **state)
{
    (void)state;
    struct arena arena;
    struct message_mailbox got[1];
    struct fault why = { 0 };
    size_t n;
    arena_init(&arena, 16);
    assert_false(
        message_addresses_parse(SLICE("aaaaaaaaaaaaaaaaaaaa@b"), &arena, 1, got, &n, &why));
    assert_string_equal(why.what, "address list too long");
    arena_clear(&arena);
}

/* clang-format off */
static const struct {
    const char *name;
    struct slice in;
    const char *fault; /* NULL: parses */
    size_t n;
    struct slice domain; /* of the last one */
} authors[] = {
    { "as any list", SLICE_INIT("A <a@b.c>, d@e"), NULL, 2, SLICE_INIT("e") },
    { "the root's dot", SLICE_INIT("a@b.c."), NULL, 1, SLICE_INIT("b.c.") },
    { "the root's dot in brackets", SLICE_INIT("<a@b.>"), NULL, 1, SLICE_INIT("b.") },
    { "the root's dot and comments", SLICE_INIT("a@b(x).(y),c@d . "), NULL, 2, SLICE_INIT("d.") },
    { "the root's dot in a route", SLICE_INIT("<@x.:a@b>"), NULL, 1, SLICE_INIT("b") },
    { "a dot with more behind it", SLICE_INIT("a@b. c"), NULL, 1, SLICE_INIT("b.c") },
    { "empty", SLICE_INIT(""), NULL, 0, { 0 } },
    { "blank", SLICE_INIT(" \r\n"), NULL, 0, { 0 } },
    { "only commas", SLICE_INIT(",,"), NULL, 0, { 0 } },
    { "two dots behind the domain", SLICE_INIT("a@b.."), "wrong domain", 0, { 0 } },
    { "two dots in it", SLICE_INIT("a@b..c"), "wrong domain", 0, { 0 } },
    { "the root alone", SLICE_INIT("a@."), "wrong domain", 0, { 0 } },
    { "no domain behind a local part with a dot", SLICE_INIT("\"a.\"@"), "wrong domain", 0, { 0 } },
    { "a dot behind the local part", SLICE_INIT("a.@b"), "no local part", 0, { 0 } },
    { "a name alone", SLICE_INIT("Jane"), "a name without an address", 0, { 0 } },
};
/* clang-format on */

static void authors_may_end_in_a_dot_or_be_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(authors); i++) {
        struct arena arena;
        struct message_mailbox got[MAX];
        struct fault why = { 0 };
        size_t n = 0;
        arena_init(&arena, 4096);
        bool ok = message_authors_parse(guarded(authors[i].in), &arena, MAX, got, &n, &why);
        if (ok != !authors[i].fault)
            fail_msg("%s: %s", authors[i].name, ok ? "accepted" : why.what);
        if (!ok && (strcmp(why.what, authors[i].fault) != 0 || why.at > authors[i].in.n))
            fail_msg("%s: fault '%s' at %zu", authors[i].name, why.what, why.at);
        assert_int_equal(n, authors[i].n);
        if (n)
            expect_slice(authors[i].name, got[n - 1].domain, authors[i].domain);
        arena_clear(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_what_a_mail_reader_must_see),
        cmocka_unit_test(authors_may_end_in_a_dot_or_be_none),
        cmocka_unit_test(comments_nest_a_hundred_thousand_deep),
        cmocka_unit_test(results_fit_the_arena_or_fail),
    };
    return cmocka_run_group_tests_name("message/address", tests, NULL, NULL);
}
