/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdio.h>

#include "base/attribute.h"
#include "milter/signing.h"
#include "setup_example.h"

#define STRANGER \
    "the client is neither authenticated nor internal, nor is its daemon in milter.sign-daemons"

/* clang-format off */
static const struct {
    const char *name, *address, *auth_type, *auth_authen, *daemon, *sender;
    unsigned sign_for;
    enum milter_role role;
    const char *why_not; /* NULL: it may */
} judged[] = {
    { "a stranger",                    "203.0.113.9", "", "", "smtpd", "a@example.com", 3, MILTER_ROLE_INBOUND, STRANGER },
    { "a stranger with a list's sender", "203.0.113.9", "", "", "smtpd", "talk-bounces@lists.example", 3, MILTER_ROLE_INBOUND, STRANGER },
    { "no address at all",             "",            "", "", "", "a@example.com", 3, MILTER_ROLE_INBOUND, STRANGER },
    { "authenticated",                 "203.0.113.9", "PLAIN", "joe", "", "a@example.com", 3, MILTER_ROLE_OURS, NULL },
    { "only {auth_type}",              "203.0.113.9", "PLAIN", "", "", "a@example.com", 3, MILTER_ROLE_OURS, NULL },
    { "only {auth_authen}",            "203.0.113.9", "", "joe", "", "a@example.com", 3, MILTER_ROLE_OURS, NULL },
    { "internal",                      "192.0.2.77",  "", "", "", "a@example.com", 3, MILTER_ROLE_OURS, NULL },
    { "the loopback, IPv6",            "::1",         "", "", "", "a@example.com", 3, MILTER_ROLE_OURS, NULL },
    { "a daemon of ours",              "203.0.113.9", "", "", "ORIGINATING", "a@example.com", 3, MILTER_ROLE_OURS, NULL },
    { "a daemon in other case",        "203.0.113.9", "", "", "originating", "a@example.com", 3, MILTER_ROLE_INBOUND, STRANGER },
    { "a list",                        "127.0.0.1",   "", "", "", "talk-bounces+x@lists.example", 3, MILTER_ROLE_LIST, NULL },
    { "sign-for only authenticated",   "127.0.0.1",   "", "", "", "a@example.com", CONF_SIGN_FOR_AUTHENTICATED, MILTER_ROLE_OURS,
      "the client is internal, and milter.sign-for has no `internal`" },
    { "sign-for only internal",        "203.0.113.9", "PLAIN", "", "", "a@example.com", CONF_SIGN_FOR_INTERNAL, MILTER_ROLE_OURS,
      "the client is authenticated, and milter.sign-for has no `authenticated`" },
    { "internal and authenticated",    "127.0.0.1",   "PLAIN", "", "", "a@example.com", CONF_SIGN_FOR_INTERNAL, MILTER_ROLE_OURS, NULL },
    { "a daemon needs no sign-for",    "203.0.113.9", "", "", "ORIGINATING", "a@example.com", 0, MILTER_ROLE_OURS, NULL },
};
/* clang-format on */

static void mail_of_strangers_is_never_signed(void **state)
{
    struct conf_milter conf = example_conf();
    struct milter_setup setup;
    (void)state;
    assert_true(milter_setup_init(&setup, &conf, NULL));
    for (size_t i = 0; i < ARRAY_SIZE(judged); i++) {
        struct address address = { .n = 0 };
        struct signing_judgement j;
        conf.sign_for = judged[i].sign_for;
        if (judged[i].address[0])
            assert_true(address_parse_ip(slice_of_str(judged[i].address), 25, &address));
        const struct signing_client client = { &address, judged[i].auth_type, judged[i].auth_authen,
                                               judged[i].daemon, judged[i].sender };
        signing_judge(&setup, &client, &j);
        if (j.role != judged[i].role || j.may_sign == !!judged[i].why_not)
            fail_msg("%s: %s, may sign: %d", judged[i].name, milter_role_text(j.role), j.may_sign);
        if (judged[i].why_not)
            assert_string_equal(j.why_not, judged[i].why_not);
        assert_int_equal(j.list != NULL, j.role == MILTER_ROLE_LIST);
    }
    milter_setup_clear(&setup);
}

static void a_unix_socket_is_internal(void **state)
{
    struct conf_milter conf = example_conf();
    struct milter_setup setup;
    struct address a = { .un = { .sun_family = AF_UNIX }, .n = sizeof(sa_family_t) };
    const struct signing_client client = { &a, "", "", "", "" };
    struct signing_judgement j;
    (void)state;
    assert_true(milter_setup_init(&setup, &conf, NULL));
    signing_judge(&setup, &client, &j);
    assert_int_equal(j.role, MILTER_ROLE_OURS);
    milter_setup_clear(&setup);
}

static void without_keys_nothing_is_signed(void **state)
{
    struct conf_milter conf = example_conf();
    struct milter_setup setup;
    struct address a;
    struct signing_judgement j;
    (void)state;
    conf.sign_n = 0;
    assert_true(milter_setup_init(&setup, &conf, NULL));
    assert_true(address_parse_ip(SLICE("127.0.0.1"), 25, &a));
    const struct signing_client client = { &a, "", "", "", "" };
    signing_judge(&setup, &client, &j);
    assert_false(j.may_sign);
    assert_string_equal(j.why_not, "milter.sign has no domain");
    milter_setup_clear(&setup);
}

/* clang-format off */
static const struct {
    const char *domain, *selectors;
} rows[] = {
    { "example.com",       "s1 s2" }, /* several keys sign */
    { "EXAMPLE.com.",      "s1 s2" },
    { "a.example.com",     "" },      /* no `subdomains` */
    { "example.org",       "" },
    { "notexample.com",    "" },
    { "com",               "" },
    { "wide.example",      "w" },
    { "a.wide.example",    "w" },
    { "a.c.wide.example",  "w" },
    { "b.wide.example",    "b" },     /* its own row before the one above */
    { "a.b.wide.example",  "w" },     /* b.wide.example has no `subdomains` */
    { "xwide.example",     "" },
};
/* clang-format on */

static void the_rows_of_the_nearest_domain_sign(void **state)
{
    struct conf_milter conf = example_conf();
    struct milter_setup setup;
    (void)state;
    assert_true(milter_setup_init(&setup, &conf, NULL));
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t found[SIGNING_ROWS_MAX], n;
        struct domain domain;
        char got[64] = "";
        assert_true(domain_parse(slice_of_str(rows[i].domain), &domain));
        n = signing_rows(&setup, &domain, found);
        for (size_t k = 0; k < n; k++) {
            size_t used = strlen(got);
            (void)snprintf(got + used, sizeof got - used, "%s%s", k ? " " : "",
                           conf.sign[found[k]].selector);
        }
        if (strcmp(got, rows[i].selectors) != 0)
            fail_msg("%s: \"%s\"", rows[i].domain, got);
    }
    milter_setup_clear(&setup);
}

static void at_most_so_many_keys_sign_one_message(void **state)
{
    static struct conf_sign many[SIGNING_ROWS_MAX + 1];
    struct conf_milter conf = example_conf();
    struct milter_setup setup;
    struct domain domain;
    size_t found[SIGNING_ROWS_MAX];
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(many); i++)
        many[i] = (struct conf_sign){ .domain = "example.com", .selector = "s" };
    conf.sign = many;
    conf.sign_n = ARRAY_SIZE(many);
    assert_true(milter_setup_init(&setup, &conf, NULL));
    assert_true(domain_parse(SLICE("example.com"), &domain));
    assert_int_equal(signing_rows(&setup, &domain, found), SIGNING_ROWS_MAX);
    milter_setup_clear(&setup);
}

/* clang-format off */
static const char *none[] = { "None" }, *two[] = { "From", "To" };
static const struct {
    struct conf_list list;
    bool is_default;
    size_t n;
} oversigned[] = {
    { { .at = NULL, .n = 0 }, true,  0 },
    { { .at = none, .n = 1 }, false, 0 },
    { { .at = two,  .n = 2 }, false, 2 },
};
/* clang-format on */

static void an_empty_list_is_the_default_and_none_is_no_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(oversigned); i++) {
        struct conf_milter conf = example_conf();
        struct milter_setup setup;
        conf.oversign = oversigned[i].list;
        assert_true(milter_setup_init(&setup, &conf, NULL));
        assert_int_equal(!setup.oversign, oversigned[i].is_default);
        assert_int_equal(setup.oversign_n, oversigned[i].n);
        milter_setup_clear(&setup);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mail_of_strangers_is_never_signed),
        cmocka_unit_test(a_unix_socket_is_internal),
        cmocka_unit_test(without_keys_nothing_is_signed),
        cmocka_unit_test(the_rows_of_the_nearest_domain_sign),
        cmocka_unit_test(at_most_so_many_keys_sign_one_message),
        cmocka_unit_test(an_empty_list_is_the_default_and_none_is_no_field),
    };
    return cmocka_run_group_tests_name("milter/signing", tests, NULL, NULL);
}
