/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "setup_example.h"

static void the_engine_judges_as_the_configuration_says(void **state)
{
    (void)state;
    for (int usual = 0; usual < 2; usual++) {
        struct conf_milter conf = example_conf();
        struct milter_setup setup;
        struct postern_dkim_verify_options o;
        conf.clock_skew_us = usual ? 300000000 : 7000000;
        conf.partial_body = usual ? CONF_PARTIAL_BODY_POLICY : CONF_PARTIAL_BODY_PASS;
        conf.testing_keys = usual ? CONF_TESTING_KEYS_PASS : CONF_TESTING_KEYS_IGNORE;
        assert_true(milter_setup_init(&setup, &conf, NULL));
        milter_setup_verify_options(&setup, &o);
        assert_int_equal(o.skew, usual ? 300 : 7);
        assert_int_equal(o.partial_body, !usual);
        assert_int_equal(o.ignore_testing_key, !usual);
        assert_int_equal(o.rsa_bits, 1024);
        assert_int_equal(o.most, 10);
        milter_setup_clear(&setup);
    }
}

static void practices_are_read_as_the_configuration_says(void **state)
{
    static const char *accepted[] = { "list.example", ".house.example" };
    (void)state;
    for (int usual = 0; usual < 2; usual++) {
        struct conf_milter conf = example_conf();
        struct milter_setup setup;
        struct postern_practices_options o[MILTER_KINDS];
        conf.practices_rrtype = usual ? 65280 : 65300;
        conf.parent_labels = usual ? 1 : 2;
        conf.user_testing = usual ? CONF_USER_TESTING_HONOUR : CONF_USER_TESTING_LETTER;
        if (!usual)
            conf.accepted_signers = (struct conf_list)LIST(accepted);
        assert_true(milter_setup_init(&setup, &conf, NULL));
        assert_int_equal(milter_setup_practices(&setup, o), 1);
        assert_int_equal(o[0].kind, POSTERN_SSP);
        assert_int_equal(o[0].rrtype, usual ? 65280 : 65300);
        assert_int_equal(o[0].parent_min_labels, usual ? 1 : 2);
        assert_int_equal(o[0].user_testing_letter, !usual);
        assert_int_equal(o[0].accepted_n, usual ? 0 : 2);
        if (!usual)
            assert_string_equal(o[0].accepted[1], ".house.example");
        milter_setup_clear(&setup);
    }
}

static void the_practices_that_are_listed_are_asked_and_one_acts(void **state)
{
    static const char *other[] = { "dmarc", "adsp" };
    struct conf_milter conf = example_conf();
    struct milter_setup setup;
    struct postern_practices_options o[MILTER_KINDS];
    (void)state;
    conf.practices = (struct conf_list)LIST(other);
    conf.practices_act = "adsp";
    assert_true(milter_setup_init(&setup, &conf, NULL));
    assert_int_equal(milter_setup_practices(&setup, o), 2);
    assert_false(setup.practices[POSTERN_SSP]);
    assert_true(setup.practices[POSTERN_ADSP] && setup.practices[POSTERN_DMARC]);
    assert_int_equal(setup.act, POSTERN_ADSP);
    milter_setup_clear(&setup);
    conf.practices.n = 0;
    conf.practices_act = NULL;
    assert_true(milter_setup_init(&setup, &conf, NULL));
    assert_int_equal(milter_setup_practices(&setup, o), 0);
    assert_int_equal(setup.act, -1);
    milter_setup_clear(&setup);
}

/* conf/ has refused these before; whoever calls without it is told. */
static void what_is_none_is_refused(void **state)
{
    static const char *network[] = { "192.0.2.0/33" }, *kind[] = { "spf" };
    (void)state;
    for (int i = 0; i < 5; i++) {
        struct conf_milter conf = example_conf();
        struct conf_sign sign = { .domain = i == 0 ? "bad..example" : "example.com" };
        struct conf_list_manager list = { .sender = i == 1 ? "nobody" : "a@example.com" };
        struct milter_setup setup;
        conf.sign = &sign;
        conf.lists = &list;
        conf.sign_n = conf.lists_n = 1;
        if (i == 2)
            conf.internal = (struct conf_list)LIST(network);
        if (i == 3)
            conf.practices = (struct conf_list)LIST(kind);
        if (i == 4)
            conf.practices_act = "dmarc"; /* is not among them */
        assert_false(milter_setup_init(&setup, &conf, NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_engine_judges_as_the_configuration_says),
        cmocka_unit_test(practices_are_read_as_the_configuration_says),
        cmocka_unit_test(the_practices_that_are_listed_are_asked_and_one_acts),
        cmocka_unit_test(what_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
