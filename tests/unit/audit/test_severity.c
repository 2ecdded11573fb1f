/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "audit/audit.h"
#include "audit/severity.h"

static void test_severities_have_names(void **state)
{
    (void)state;
    static const struct {
        struct slice name;
        bool known;
        enum audit_severity severity;
    } cases[] = {
        { SLICE_INIT("low"), true, AUDIT_LOW },
        { SLICE_INIT("medium"), true, AUDIT_MEDIUM },
        { SLICE_INIT("high"), true, AUDIT_HIGH },
        { SLICE_INIT("critical"), true, AUDIT_CRITICAL },
        { SLICE_INIT("none"), false, AUDIT_HARMLESS },
        { SLICE_INIT(""), false, AUDIT_HARMLESS },
        { SLICE_INIT("LOW"), false, AUDIT_HARMLESS },
        { SLICE_INIT("lo"), false, AUDIT_HARMLESS },
        { SLICE_INIT("low\0"), false, AUDIT_HARMLESS },
        { SLICE_INIT("lows"), false, AUDIT_HARMLESS },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum audit_severity severity = AUDIT_HARMLESS;
        assert_int_equal(audit_severity_find(guarded(cases[i].name), &severity), cases[i].known);
        assert_int_equal(severity, cases[i].severity);
        if (cases[i].known)
            assert_string_equal(audit_severity_text(severity), (const char *)cases[i].name.p);
    }
}

static void test_what_is_possible_is_less_bad_than_what_is_exposed(void **state)
{
    (void)state;
    for (unsigned i = 0; i < AUDIT_ATTACKS; i++) {
        enum audit_attack_id id = (enum audit_attack_id)i;
        assert_int_equal(audit_attack_severity(id, AUDIT_NOT_SEEN), AUDIT_HARMLESS);
        assert_true(audit_attack_severity(id, AUDIT_POSSIBLE) >= AUDIT_LOW);
        assert_true(audit_attack_severity(id, AUDIT_EXPOSED) >
                    audit_attack_severity(id, AUDIT_POSSIBLE));
    }
    assert_int_equal(audit_attack_severity(AUDIT_5_3_LOCATION, AUDIT_EXPOSED), AUDIT_CRITICAL);
    assert_int_equal(audit_attack_severity(AUDIT_5_9_LOCATION_TRACKING, AUDIT_EXPOSED),
                     AUDIT_CRITICAL);
    assert_int_equal(audit_attack_severity(AUDIT_5_1_DEVICE_TYPE, AUDIT_EXPOSED), AUDIT_MEDIUM);
}

static void test_the_worst_comes_first_and_then_what_concerns_most(void **state)
{
    (void)state;
    struct audit_evidence proof = { .what = "it says so" };
    struct audit_client clients[3] = { { .number = 0 }, { .number = 1 }, { .number = 2 } };
    struct audit_client *all[] = { &clients[0], &clients[1], &clients[2] };
    struct audit_server servers[2] = { { .rogue = true },
                                       { .allocation.strategy = AUDIT_STRATEGY_HASH } };
    struct audit audit = {
        .clients = all, .clients_n = 3, .servers = servers, .servers_n = 2, .faults_all = 7
    };
    struct audit_concern concerns[AUDIT_CONCERNS_MAX];
    clients[0].attacks[AUDIT_5_5_STABLE_IDENTITY].verdict = AUDIT_POSSIBLE;
    clients[1].attacks[AUDIT_5_5_STABLE_IDENTITY] =
        (struct audit_attack){ AUDIT_EXPOSED, { .at = &proof, .n = 1, .size = 1 } };
    clients[2].attacks[AUDIT_5_3_LOCATION].verdict = AUDIT_EXPOSED;
    for (size_t i = 0; i < 3; i++)
        clients[i].attacks[AUDIT_5_1_DEVICE_TYPE].verdict = AUDIT_EXPOSED;

    size_t n = audit_concerns(&audit, concerns);
    static const char *const sections[] = { "5.3", "5.5", "", "5.1", "4.2", "" };
    static const enum audit_severity severities[] = { AUDIT_CRITICAL, AUDIT_HIGH,   AUDIT_HIGH,
                                                      AUDIT_MEDIUM,   AUDIT_MEDIUM, AUDIT_LOW };
    assert_int_equal(n, 6);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(concerns[i].section, sections[i]);
        assert_int_equal(concerns[i].severity, severities[i]);
        assert_true(concerns[i].title[0] && concerns[i].advice[0]);
    }
    /* the exposed client is the example, though a possible one came before */
    assert_int_equal(concerns[1].count, 2);
    assert_int_equal(concerns[1].exposed, 1);
    assert_ptr_equal(concerns[1].client, &clients[1]);
    assert_true(concerns[1].has_example);
    assert_string_equal(concerns[1].example.what, "it says so");
}

static void test_nothing_is_no_concern(void **state)
{
    (void)state;
    struct audit audit = { 0 };
    struct audit_concern concerns[AUDIT_CONCERNS_MAX];
    assert_int_equal(audit_concerns(&audit, concerns), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_severities_have_names),
        cmocka_unit_test(test_what_is_possible_is_less_bad_than_what_is_exposed),
        cmocka_unit_test(test_the_worst_comes_first_and_then_what_concerns_most),
        cmocka_unit_test(test_nothing_is_no_concern),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
