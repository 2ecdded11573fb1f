/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "parsing.h"

#define DEFAULT_FLAGS (CONF_CLIENTID_SYSTEM_LOG | CONF_CLIENTID_USER_LOG | CONF_CLIENTID_AUTH)

/* draft-storey-smtp-client-id-13 §7: flags for any given type. */
static void the_first_matching_pattern_gives_the_flags(void **state)
{
    static const struct {
        const char *type;
        unsigned flags;
    } cases[] = {
        { "TB-UUID", CONF_CLIENTID_SYSTEM_LOG | CONF_CLIENTID_ALERT_ON_SUCCESS },
        { "tb-uuid", CONF_CLIENTID_SYSTEM_LOG | CONF_CLIENTID_ALERT_ON_SUCCESS },
        { "-UUID", CONF_CLIENTID_SYSTEM_LOG | CONF_CLIENTID_ALERT_ON_SUCCESS },
        { "UUID", DEFAULT_FLAGS },
        { "MAC", CONF_CLIENTID_IGNORE },
        { "MAC1", CONF_CLIENTID_AUTH | CONF_CLIENTID_ALERT_ON_FAILURE },
        { "MAC12", DEFAULT_FLAGS },
        { "DEVICE_ID", CONF_CLIENTID_SESSION },
        { "ABCDEFGHIJKLMNOP", CONF_CLIENTID_USER_LOG },
        { "", DEFAULT_FLAGS },
    };
    (void)state;
    struct conf *c = parse(SLICE("clientid:\n"
                                 "  \"*-uuid\": [system-log, alert-on-success]\n"
                                 "  MAC: ignore\n"
                                 "  'MAC?': [alert-on-failure, auth]\n"
                                 "  DEVICE_ID: [session]\n"
                                 "  ABCDEFGHIJKLMNOP: user-log\n"));
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        if (conf_clientid_flags(&c->clientid, guarded(slice_of_str(cases[i].type))) !=
            cases[i].flags)
            fail_msg("%s", cases[i].type);
    assert_int_equal(c->clientid.n, 6);
    assert_int_equal(c->clientid.at[1].place.line, 3);
    assert_int_equal(c->clientid.at[1].place.column, 3);
    assert_string_equal(c->clientid.at[5].pattern, "*");
    assert_null(c->clientid.at[5].place.file);
    conf_free(c);
}

static void the_default_rule_stands_last_unless_the_file_has_it(void **state)
{
    (void)state;
    struct conf *c = parse(SLICE("clientid: {\"*\": ignore, MAC: auth}\n"));
    assert_int_equal(c->clientid.n, 2);
    assert_int_equal(conf_clientid_flags(&c->clientid, SLICE("MAC")), CONF_CLIENTID_IGNORE);
    conf_free(c);
    c = parse(SLICE("clientid:\n"));
    assert_int_equal(c->clientid.n, 1);
    assert_int_equal(conf_clientid_flags(&c->clientid, SLICE("MAC")), DEFAULT_FLAGS);
    conf_free(c);
    assert_int_equal(conf_clientid_flags(&(struct conf_clientid){ 0 }, SLICE("MAC")), 0);
}

static struct conf *parse_rules(size_t n, struct buf *why)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    buf_append_str(&text, "clientid:\n");
    for (size_t i = 0; i < n; i++)
        buf_printf(&text, "  T%zu: auth\n", i);
    struct conf *conf = conf_parse("t.yaml", buf_slice(&text), why);
    buf_clear(&text);
    return conf;
}

static void there_are_at_most_256_rules_and_the_default(void **state)
{
    struct buf why;
    (void)state;
    buf_init(&why, 256);
    struct conf *conf = parse_rules(256, &why);
    assert_non_null(conf);
    assert_int_equal(conf->clientid.n, 257);
    conf_free(conf);
    assert_null(parse_rules(257, &why));
    expect_slice("257", buf_slice(&why), SLICE("t.yaml:2:3: clientid: more than 256 patterns"));
    buf_clear(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_matching_pattern_gives_the_flags),
        cmocka_unit_test(the_default_rule_stands_last_unless_the_file_has_it),
        cmocka_unit_test(there_are_at_most_256_rules_and_the_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
