/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "submit/target.h"

#define X50  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X100 X50 X50

/* clang-format off */
static const struct {
    const char *spec;
    bool ok, lmtp, local, maildir;
    const char *host; uint16_t port;
    const char *path;
} cases[] = {
    { "smtp://mail.example:587", true, false, false, false, "mail.example", 587, NULL },
    { "smtp://mail.example",     true, false, false, false, "mail.example", 25, NULL },
    { "smtp://192.0.2.1:25",     true, false, false, false, "192.0.2.1", 25, NULL },
    { "smtp://[2001:db8::1]:26", true, false, false, false, "2001:db8::1", 26, NULL },
    { "smtp://[2001:db8::1]",    true, false, false, false, "2001:db8::1", 25, NULL },
    { "lmtp://[::1]",            true, true, false, false, "::1", 24, NULL },
    { "lmtp://host_1:24",        true, true, false, false, "host_1", 24, NULL },
    { "lmtp:/run/lmtp",          true, true, true, false, "", 0, NULL },
    { "maildir:/var/mail/%u",    true, false, false, true, "", 0, "/var/mail/%u" },
    { "smtp://h:65535",          true, false, false, false, "h", 65535, NULL },
    { "", false, false, false, false, NULL, 0, NULL },
    { "smtp://", false, false, false, false, NULL, 0, NULL },
    { "smtp:", false, false, false, false, NULL, 0, NULL },
    { "SMTP://h", false, false, false, false, NULL, 0, NULL },
    { "smtps://h", false, false, false, false, NULL, 0, NULL },
    { "smtp://h:", false, false, false, false, NULL, 0, NULL },
    { "smtp://h:0", false, false, false, false, NULL, 0, NULL },
    { "smtp://h:65536", false, false, false, false, NULL, 0, NULL },
    { "smtp://h:25x", false, false, false, false, NULL, 0, NULL },
    { "smtp://h/", false, false, false, false, NULL, 0, NULL },
    { "smtp://h h", false, false, false, false, NULL, 0, NULL },
    { "smtp://user@h", false, false, false, false, NULL, 0, NULL },
    { "smtp://:25", false, false, false, false, NULL, 0, NULL },
    { "smtp://::1", false, false, false, false, NULL, 0, NULL },
    { "smtp://[]", false, false, false, false, NULL, 0, NULL },
    { "smtp://[::1", false, false, false, false, NULL, 0, NULL },
    { "smtp://[::1]:", false, false, false, false, NULL, 0, NULL },
    { "smtp://[::1]25", false, false, false, false, NULL, 0, NULL },
    { "smtp://[mail.example]", false, false, false, false, NULL, 0, NULL },
    { "lmtp:", false, false, false, false, NULL, 0, NULL },
    { "maildir:", false, false, false, false, NULL, 0, NULL },
    { "smtp://" X100 X100 X50 "12345",  true, false, false, false, X100 X100 X50 "12345", 25, NULL },
    { "smtp://" X100 X100 X50 "123456", false, false, false, false, NULL, 0, NULL },
    { "lmtp:/" X100 "123456",  true, true, true, false, "", 0, NULL },
    { "lmtp:/" X100 "1234567", false, false, false, false, NULL, 0, NULL },
};
/* clang-format on */

static void each_form_of_deliver(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct target t;
        struct buf why;
        buf_init(&why, 1024);
        if (target_parse(cases[i].spec, &t, &why) != cases[i].ok)
            fail_msg("%s: %s", cases[i].spec, cases[i].ok ? "refused" : "taken");
        if ((buf_size(&why) == 0) != cases[i].ok)
            fail_msg("%s: a refusal says why, and only that", cases[i].spec);
        buf_clear(&why);
        if (!cases[i].ok)
            continue;
        assert_string_equal(t.name, cases[i].spec);
        assert_int_equal(t.lmtp, cases[i].lmtp);
        assert_int_equal(t.local, cases[i].local);
        assert_int_equal(t.maildir, cases[i].maildir);
        assert_string_equal(t.host, cases[i].host);
        assert_int_equal(t.port, cases[i].port);
        if (cases[i].path)
            assert_string_equal(t.path, cases[i].path);
        if (t.local)
            assert_string_equal(t.address.un.sun_path, cases[i].spec + 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_form_of_deliver) };
    return cmocka_run_group_tests_name("submit/target", tests, NULL, NULL);
}
