/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdlib.h>

#include "auth/sasl.h"

struct plain_case {
    const char *name;
    struct slice message;
    const char *what; /* NULL: good */
    struct slice authorize, account, password;
};

/* clang-format off */
static const struct plain_case plains[] = {
    { "RFC 4616 §4 example",   SLICE_INIT("\0tim\0tanstaaftanstaaf"), NULL,
      SLICE_INIT(""), SLICE_INIT("tim"), SLICE_INIT("tanstaaftanstaaf") },
    { "RFC 4616 §4 authzid",   SLICE_INIT("Ursel\0Kurt\0xipj3plmq"), NULL,
      SLICE_INIT("Ursel"), SLICE_INIT("Kurt"), SLICE_INIT("xipj3plmq") },
    { "UTF-8",                 SLICE_INIT("\0j\xc3\xbcrgen\0p\xc3\xa4ss"), NULL,
      SLICE_INIT(""), SLICE_INIT("j\xc3\xbcrgen"), SLICE_INIT("p\xc3\xa4ss") },
    { "empty",                 SLICE_INIT(""), "PLAIN message without a NUL", { 0 }, { 0 }, { 0 } },
    { "one NUL",               SLICE_INIT("a\0b"), "PLAIN message with only one NUL", { 0 }, { 0 }, { 0 } },
    { "three NULs",            SLICE_INIT("\0a\0b\0"), "PLAIN message with a third NUL", { 0 }, { 0 }, { 0 } },
    { "MUST: authcid not empty", SLICE_INIT("\0\0b"), "empty name", { 0 }, { 0 }, { 0 } },
    { "MUST: passwd not empty",  SLICE_INIT("\0a\0"), "empty password", { 0 }, { 0 }, { 0 } },
    { "Latin-1 name",          SLICE_INIT("\0j\xfcrgen\0b"), "name is not UTF-8", { 0 }, { 0 }, { 0 } },
    { "Latin-1 password",      SLICE_INIT("\0a\0\xfc"), "password is not UTF-8", { 0 }, { 0 }, { 0 } },
    { "Latin-1 authzid",       SLICE_INIT("\xfc\0a\0b"), "authorization identity is not UTF-8", { 0 }, { 0 }, { 0 } },
};
/* clang-format on */

static void plain_messages(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(plains); i++) {
        const struct plain_case *c = &plains[i];
        struct sasl_plain out = { .name = SLICE("untouched") };
        struct fault why = { 0 };
        bool good = sasl_plain_parse(guarded(c->message), &out, &why);
        if (good != !c->what)
            fail_msg("%s: %s", c->name, good ? "accepted" : why.what);
        if (good) {
            expect_slice(c->name, out.authorize, c->authorize);
            expect_slice(c->name, out.name, c->account);
            expect_slice(c->name, out.password, c->password);
        } else {
            assert_string_equal(why.what, c->what);
            assert_true(why.at <= c->message.n);
            expect_slice(c->name, out.name, SLICE("untouched"));
        }
    }
}

static bool plain_of(size_t authorize, size_t name, size_t password)
{
    uint8_t bytes[4096];
    size_t n = authorize + name + password + 2;
    struct sasl_plain out;
    struct fault why;
    memset(bytes, 'x', sizeof bytes);
    bytes[authorize] = bytes[authorize + 1 + name] = 0;
    return sasl_plain_parse(guarded((struct slice){ bytes, n }), &out, &why);
}

static void plain_maxima(void **state UNUSED)
{
    assert_true(plain_of(SASL_NAME_MAX, SASL_NAME_MAX, SASL_PASSWORD_MAX));
    assert_false(plain_of(SASL_NAME_MAX + 1, 1, 1));
    assert_false(plain_of(0, SASL_NAME_MAX + 1, 1));
    assert_false(plain_of(0, 1, SASL_PASSWORD_MAX + 1));
}

/* clang-format off */
static const struct {
    const char *name;
    struct slice mechanism, message;
    const char *found; /* NULL: none */
} names[] = {
    { "XOAUTH2",     SLICE_INIT("XOAUTH2"), SLICE_INIT("user=joe@example.com\001auth=Bearer t\001\001"), "joe@example.com" },
    { "CRAM-MD5",    SLICE_INIT("CRAM-MD5"), SLICE_INIT("joe user b913a602c7eda7a495b4e6e7334d3890"), "joe user" },
    { "CRAM-MD5, no digest", SLICE_INIT("CRAM-MD5"), SLICE_INIT("joe"), NULL },
    { "CRAM-MD5, no name", SLICE_INIT("CRAM-MD5"), SLICE_INIT(" b913"), NULL },
    { "XOAUTH2, no end", SLICE_INIT("XOAUTH2"), SLICE_INIT("user=joe"), NULL },
    { "XOAUTH2, empty", SLICE_INIT("XOAUTH2"), SLICE_INIT("user=\001auth=Bearer t\001\001"), NULL },
    { "XOAUTH2, NUL", SLICE_INIT("XOAUTH2"), SLICE_INIT("user=j\0e\001"), NULL },
    { "OAUTHBEARER", SLICE_INIT("oauthbearer"), SLICE_INIT("n,a=user@example.com,\001host=h\001auth=Bearer t\001\001"), "user@example.com" },
    { "OAUTHBEARER, escapes", SLICE_INIT("OAUTHBEARER"), SLICE_INIT("n,a=a=2Cb=3Dc,\001"), "a,b=c" },
    { "OAUTHBEARER without a=", SLICE_INIT("OAUTHBEARER"), SLICE_INIT("n,,\001auth=Bearer t\001\001"), NULL },
    { "SCRAM",       SLICE_INIT("SCRAM-SHA-256"), SLICE_INIT("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"), "user" },
    { "SCRAM, authzid", SLICE_INIT("SCRAM-SHA-1"), SLICE_INIT("y,a=boss,n=user,r=x"), "user" },
    { "SCRAM, binding", SLICE_INIT("SCRAM-SHA-256-PLUS"), SLICE_INIT("p=tls-exporter,,n=user,r=x"), "user" },
    { "SCRAM, MUST fail on = without 2C or 3D", SLICE_INIT("SCRAM-SHA-256"), SLICE_INIT("n,,n=a=2cb,r=x"), NULL },
    { "SCRAM, = at the end", SLICE_INIT("SCRAM-SHA-256"), SLICE_INIT("n,,n=a=,r=x"), NULL },
    { "SCRAM, =2 at the end", SLICE_INIT("SCRAM-SHA-256"), SLICE_INIT("n,,n=a=2"), NULL },
    { "SCRAM, MUST fail on m=", SLICE_INIT("SCRAM-SHA-256"), SLICE_INIT("n,,m=x,n=user,r=x"), NULL },
    { "SCRAM, empty name", SLICE_INIT("SCRAM-SHA-256"), SLICE_INIT("n,,n=,r=x"), NULL },
    { "SCRAM, no flag", SLICE_INIT("SCRAM-SHA-256"), SLICE_INIT(",,n=user,r=x"), NULL },
    { "SCRAM, not UTF-8", SLICE_INIT("SCRAM-SHA-256"), SLICE_INIT("n,,n=\xff,r=x"), NULL },
    { "empty",       SLICE_INIT("SCRAM-SHA-256"), SLICE_INIT(""), NULL },
    { "GSSAPI",      SLICE_INIT("GSSAPI"), SLICE_INIT("user 0123"), NULL },
};
/* clang-format on */

static void names_in_first_messages(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct buf out;
        buf_init(&out, SASL_NAME_MAX);
        bool found = sasl_name_find(names[i].mechanism, guarded(names[i].message), &out);
        if (found != (names[i].found != NULL))
            fail_msg("%s: %s", names[i].name, found ? "found" : "not found");
        expect_slice(names[i].name, buf_slice(&out), slice_of_str(names[i].found));
        buf_clear(&out);
    }
}

static void latin1_passwords(void **state UNUSED)
{
    static const struct {
        struct slice in, out;
    } cases[] = {
        { SLICE_INIT(""), SLICE_INIT("") },
        { SLICE_INIT("plain"), SLICE_INIT("plain") },
        { SLICE_INIT("\xc3\xa4"), SLICE_INIT("\xc3\xa4") },
        { SLICE_INIT("\xe4\xff\x80"), SLICE_INIT("\xc3\xa4\xc3\xbf\xc2\x80") },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf out;
        buf_init(&out, 16);
        assert_true(sasl_latin1_to_utf8(guarded(cases[i].in), &out));
        expect_slice("latin1", buf_slice(&out), cases[i].out);
        buf_clear(&out);
    }
    struct buf small;
    buf_init(&small, 3);
    assert_false(sasl_latin1_to_utf8(SLICE("\xe4\xe4"), &small));
    buf_clear(&small);
}

static void mechanism_names(void **state UNUSED)
{
    assert_true(sasl_is_mechanism(SLICE("SCRAM-SHA-256-PLUS")));
    assert_true(sasl_is_mechanism(SLICE("x_9")));
    assert_true(sasl_is_mechanism(SLICE("ABCDEFGHIJKLMNOPQRST")));
    assert_false(sasl_is_mechanism(SLICE("ABCDEFGHIJKLMNOPQRSTU")));
    assert_false(sasl_is_mechanism(SLICE("")));
    assert_false(sasl_is_mechanism(SLICE("A B")));
    assert_false(sasl_is_mechanism(SLICE("PL\0AIN")));
}

static void acting_for_another(void **state UNUSED)
{
    static const struct {
        struct slice mechanism, message;
        bool out;
    } cases[] = {
        { SLICE_INIT("SCRAM-SHA-256"), SLICE_INIT("n,,n=demo,r=x"), false },
        { SLICE_INIT("SCRAM-SHA-256"), SLICE_INIT("n,a=demo,n=demo,r=x"), false },
        { SLICE_INIT("SCRAM-SHA-256"), SLICE_INIT("n,a=test,n=demo,r=x"), true },
        { SLICE_INIT("scram-sha-256-plus"), SLICE_INIT("p=tls-exporter,a=test,n=demo,r=x"), true },
        { SLICE_INIT("SCRAM-SHA-256"), SLICE_INIT("n,a=test,n=demo"), true },
        { SLICE_INIT("SCRAM-SHA-256"), SLICE_INIT("n,a="), false },
        { SLICE_INIT("SCRAM-SHA-256"), SLICE_INIT(""), false },
        { SLICE_INIT("OAUTHBEARER"), SLICE_INIT("n,a=demo,\1auth=Bearer x\1\1"), false },
        { SLICE_INIT("PLAIN"), SLICE_INIT("n,a=test,n=demo,r=x"), false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        if (sasl_acts_for_another(cases[i].mechanism, guarded(cases[i].message)) != cases[i].out)
            fail_msg("case %zu", i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_messages),          cmocka_unit_test(plain_maxima),
        cmocka_unit_test(names_in_first_messages), cmocka_unit_test(latin1_passwords),
        cmocka_unit_test(mechanism_names),         cmocka_unit_test(acting_for_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
