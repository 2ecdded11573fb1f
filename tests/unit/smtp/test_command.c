/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "smtp/command.h"

#define CONTROL "control byte in a command"

/* clang-format off */
static const struct {
    const char *name;
    struct slice in;
    const char *fault; /* NULL: parses */
    size_t at;
    enum smtp_verb verb;
    struct slice word, argument;
    bool given;
} cases[] = {
    { "bare verb", SLICE_INIT("QUIT"), NULL, 0, SMTP_QUIT, SLICE_INIT("QUIT"), SLICE_INIT(""), false },
    { "without case (RFC 5321 §2.4: MUST)", SLICE_INIT("eHlO a.b"), NULL, 0, SMTP_EHLO, SLICE_INIT("eHlO"), SLICE_INIT("a.b"), true },
    { "unknown", SLICE_INIT("XYZZY 1 2"), NULL, 0, SMTP_UNKNOWN, SLICE_INIT("XYZZY"), SLICE_INIT("1 2"), true },
    { "one letter less", SLICE_INIT("QUI"), NULL, 0, SMTP_UNKNOWN, SLICE_INIT("QUI"), SLICE_INIT(""), false },
    { "one letter more", SLICE_INIT("QUITS"), NULL, 0, SMTP_UNKNOWN, SLICE_INIT("QUITS"), SLICE_INIT(""), false },
    { "CID is no CLIENTID", SLICE_INIT("CID UUID x"), NULL, 0, SMTP_UNKNOWN, SLICE_INIT("CID"), SLICE_INIT("UUID x"), true },
    { "trailing white space (RFC 5321 §4.1.1: SHOULD)", SLICE_INIT("QUIT \t "), NULL, 0, SMTP_QUIT, SLICE_INIT("QUIT"), SLICE_INIT(""), true },
    { "trailing tab", SLICE_INIT("QUIT\t"), NULL, 0, SMTP_QUIT, SLICE_INIT("QUIT"), SLICE_INIT(""), false },
    { "argument's end is cut, its inside is not", SLICE_INIT("CLIENTID UUID  x \t"), NULL, 0, SMTP_CLIENTID, SLICE_INIT("CLIENTID"), SLICE_INIT("UUID  x"), true },
    { "a second space belongs to the argument", SLICE_INIT("MAIL  FROM:<>"), NULL, 0, SMTP_MAIL, SLICE_INIT("MAIL"), SLICE_INIT(" FROM:<>"), true },
    { "a tab does not end the verb", SLICE_INIT("MAIL\tFROM:<>"), NULL, 0, SMTP_UNKNOWN, SLICE_INIT("MAIL\tFROM:<>"), SLICE_INIT(""), false },
    { "8-bit argument", SLICE_INIT("NOOP \xc3\xa9\xff"), NULL, 0, SMTP_NOOP, SLICE_INIT("NOOP"), SLICE_INIT("\xc3\xa9\xff"), true },
    { "empty", SLICE_INIT(""), "no verb", 0, 0, SLICE_INIT(""), SLICE_INIT(""), false },
    { "only a space", SLICE_INIT(" "), "no verb", 0, 0, SLICE_INIT(""), SLICE_INIT(""), false },
    { "leading space", SLICE_INIT(" QUIT"), "no verb", 0, 0, SLICE_INIT(""), SLICE_INIT(""), false },
    { "leading tab", SLICE_INIT("\tQUIT"), "no verb", 0, 0, SLICE_INIT(""), SLICE_INIT(""), false },
    { "NUL", SLICE_INIT("EHLO a\0b"), CONTROL, 6, 0, SLICE_INIT(""), SLICE_INIT(""), false },
    { "bare LF", SLICE_INIT("MAIL\nRCPT"), CONTROL, 4, 0, SLICE_INIT(""), SLICE_INIT(""), false },
    { "bare CR at the end", SLICE_INIT("MAIL\r"), CONTROL, 4, 0, SLICE_INIT(""), SLICE_INIT(""), false },
    { "DEL", SLICE_INIT("\x7fMAIL"), CONTROL, 0, 0, SLICE_INIT(""), SLICE_INIT(""), false },
    { "ESC", SLICE_INIT("NOOP \x1b[2J"), CONTROL, 5, 0, SLICE_INIT(""), SLICE_INIT(""), false },
};
/* clang-format on */

static void command_is_verb_and_argument(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct smtp_command got = { 0 };
        struct fault why = { 0 };
        bool ok = smtp_command_parse(guarded(cases[i].in), &got, &why);
        if (ok != !cases[i].fault)
            fail_msg("%s: %s", cases[i].name, ok ? "accepted" : why.what);
        if (ok && (got.verb != cases[i].verb || got.argument_given != cases[i].given))
            fail_msg("%s: wrong verb or argument_given", cases[i].name);
        if (!ok && (strcmp(why.what, cases[i].fault) != 0 || why.at != cases[i].at))
            fail_msg("%s: fault '%s' at %zu", cases[i].name, why.what, why.at);
        expect_slice(cases[i].name, got.word, cases[i].word);
        expect_slice(cases[i].name, got.argument, cases[i].argument);
    }
}

static void every_verb_is_read_by_its_name(void **state)
{
    (void)state;
    for (enum smtp_verb v = 0; v < SMTP_VERB_COUNT; v++) {
        struct smtp_command got;
        struct fault why;
        assert_true(smtp_command_parse(slice_of_str(smtp_verb_name(v)), &got, &why));
        assert_int_equal(got.verb, v);
    }
    assert_string_equal(smtp_verb_name(SMTP_CLIENTID), "CLIENTID");
    assert_string_equal(smtp_verb_name(SMTP_UNKNOWN), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_is_verb_and_argument),
        cmocka_unit_test(every_verb_is_read_by_its_name),
    };
    return cmocka_run_group_tests_name("smtp/command", tests, NULL, NULL);
}
