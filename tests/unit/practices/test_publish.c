/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "postern/practices.h"

#define LABEL63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LONG    LABEL63 "." LABEL63 "." LABEL63

/* clang-format off */
static const struct {
    const char *name, *p, *u, *t;
    const char *line, *why;
} records[] = {
    { "acme.example", "strict", "yes", NULL, "acme.example. IN TYPE65280 \\# 16 0F703D7374726963743B20753D796573", NULL },
    { "acme.example", "all", NULL, NULL, "acme.example. IN TYPE65280 \\# 6 05703D616C6C", NULL },
    { "ACME.example.", NULL, NULL, "y:s", "acme.example. IN TYPE65280 \\# 6 05743D793A73", NULL },
    { "jdoe._user.acme.example", "unknown", NULL, NULL, "jdoe._user.acme.example. IN TYPE65280 \\# 10 09703D756E6B6E6F776E", NULL },
    { "*._user.acme.example", "all", NULL, NULL, "*._user.acme.example. IN TYPE65280 \\# 6 05703D616C6C", NULL },
    { "m\xc3\xbc" "ller.example", "all", NULL, NULL, "xn--mller-kva.example. IN TYPE65280 \\# 6 05703D616C6C", NULL },
    { "acme.example", "strict", "no", "s", "acme.example. IN TYPE65280 \\# 20 13703D7374726963743B20753D6E6F3B20743D73", NULL },

    { "acme.example", NULL, NULL, NULL, NULL, "a record needs a tag" },
    { "acme.example", "some", NULL, NULL, NULL, "p must be unknown, all or strict" },
    { "acme.example", "", NULL, NULL, NULL, "p must be unknown, all or strict" },
    { "acme.example", "all", "maybe", NULL, NULL, "u must be yes or no" },
    { "acme.example", "all", NULL, "y:", NULL, "t must be flags (letters, digits, \"-\") with \":\" between them" },
    { "acme.example", "all", NULL, "y; p=unknown", NULL, "t must be flags (letters, digits, \"-\") with \":\" between them" },
    { "", "all", NULL, NULL, NULL, "not a domain name" },
    { "*", "all", NULL, NULL, NULL, "not a domain name" },
    { "acme example", "all", NULL, NULL, NULL, "not a domain name" },
    { "a.*.example", "all", NULL, NULL, NULL, "not a domain name" },
    { "jdoe._user.acme.example", "all", "no", NULL, NULL, "u must not stand in a user-level record" },
    { "*._user.acme.example", "all", "yes", NULL, NULL, "u must not stand in a user-level record" },
};

static const struct { const char *name, *local, *domain, *user; } users[] = {
    { "plain", "jdoe", "example.com", "jdoe._user.example.com" },
    { "dots and plus are no LDH (S31)", "j.doe+x", "example.com", "jdoex._user.example.com" },
    { "hyphens stay wherever they are (S31)", "-j-", "example.com", "-j-._user.example.com" },
    { "underscore goes (S31)", "_j_d", "example.com", "jd._user.example.com" },
    { "case stays", "JDoe", "Example.COM.", "JDoe._user.example.com" },
    { "unquoted first (S32)", "\"jane\\ doe\"", "example.com", "janedoe._user.example.com" },
    { "a quoted letter is that letter (S32)", "\"j\\ane\"", "example.com", "jane._user.example.com" },
    { "quoted words (S32)", "a.\"b\".c", "example.com", "abc._user.example.com" },
    { "UTF-8 goes (S31)", "j\xc3\xb6rg", "example.com", "jrg._user.example.com" },
    { "63 octets", LABEL63, "example.com", LABEL63 "._user.example.com" },
    { "64 octets are cut (S31)", LABEL63 "b", "example.com", LABEL63 "._user.example.com" },
    { "cut behind what was removed (S31)", "......" LABEL63 "b", "example.com", LABEL63 "._user.example.com" },
    { "nothing is left (S33)", "!!!", "example.com", NULL },
    { "empty (S33)", "", "example.com", NULL },
    { "empty quotes (S33)", "\"\"", "example.com", NULL },
    { "253 octets", "a", LONG ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a._user." LONG ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
    { "254 octets (S33)", "ab", LONG ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
    { "no domain", "jdoe", "[192.0.2.1]", NULL },
};
/* clang-format on */

static void expect_text(const char *name, const char *got, const char *want)
{
    if ((got == NULL) != (want == NULL) || (got && strcmp(got, want) != 0))
        fail_msg("%s: got %s, want %s", name, got ? got : "NULL", want ? want : "NULL");
}

static void a_record_is_a_zone_line_in_rfc_3597_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
        const char *why = "";
        char *line = postern_practices_record(records[i].name, 65280, records[i].p, records[i].u,
                                              records[i].t, &why);
        expect_text(records[i].name, line, records[i].line);
        expect_text(records[i].name, why, records[i].why);
        free(line);
    }
}

static void the_number_of_the_type_is_the_callers(void **state)
{
    (void)state;
    const char *why;
    char *line = postern_practices_record("a.example", 65281, "all", NULL, NULL, &why);
    expect_text("type", line, "a.example. IN TYPE65281 \\# 6 05703D616C6C");
    free(line);
}

/* RFC 1035 §3.3: a character-string has at most 255 octets. */
static void text_over_255_octets_is_several_strings(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        const char *head;
    } lengths[] = {
        { 255, " \\# 256 FF743D61" },
        { 256, " \\# 258 FF743D61" },
        { 600, " \\# 603 FF743D61" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
        char flags[1024] = { 0 };
        const char *why;
        memset(flags, 'a', lengths[i].n - 2);
        char *line = postern_practices_record("b.example", 65280, NULL, NULL, flags, &why);
        assert_non_null(line);
        assert_non_null(strstr(line, lengths[i].head));
        size_t strings = (lengths[i].n + 254) / 255;
        assert_int_equal(strlen(strrchr(line, ' ') + 1), 2 * (lengths[i].n + strings));
        free(line);
    }
}

static void what_is_too_long_is_refused(void **state)
{
    (void)state;
    static char flags[70000];
    const char *why;
    memset(flags, 'a', sizeof flags - 1);
    assert_null(postern_practices_record("b.example", 65280, NULL, NULL, flags, &why));
    expect_text("why", why, "too long");
}

static void a_user_name_is_what_a_label_may_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(users); i++) {
        char *name = postern_practices_user_name(users[i].local, users[i].domain);
        expect_text(users[i].name, name, users[i].user);
        free(name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_a_zone_line_in_rfc_3597_form),
        cmocka_unit_test(the_number_of_the_type_is_the_callers),
        cmocka_unit_test(text_over_255_octets_is_several_strings),
        cmocka_unit_test(what_is_too_long_is_refused),
        cmocka_unit_test(a_user_name_is_what_a_label_may_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
