/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "audit/attack.h"
#include "saying.h"

static struct audit_evidence item(uint64_t frame, const char *what)
{
    return (struct audit_evidence){ .place = { .frame = frame, .at = 1, .n = 2 }, .what = what };
}

static void add(struct audit *audit, struct audit_findings *to, struct audit_evidence evidence)
{
    assert_int_equal(audit_evidence_add(audit, to, &evidence), 0);
}

static void test_evidence_is_kept_once(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    struct audit_findings findings = { 0 };
    char again[] = "one";
    add(audit, &findings, item(1, "one"));
    add(audit, &findings, item(1, again));
    assert_int_equal(findings.n, 1);
    add(audit, &findings, item(1, "two"));
    add(audit, &findings, item(2, "one"));
    assert_int_equal(findings.n, 3);
    assert_int_equal(findings.dropped, 0);
    audit_free(audit);
}

static void test_evidence_is_bounded_and_the_rest_counted(void **state)
{
    (void)state;
    struct audit *audit = new_audit(0);
    struct audit_findings findings = { 0 };
    for (uint64_t i = 1; i <= AUDIT_EVIDENCE_MAX + 3; i++)
        add(audit, &findings, item(i, "one"));
    assert_int_equal(findings.n, AUDIT_EVIDENCE_MAX);
    assert_int_equal(findings.size, AUDIT_EVIDENCE_MAX);
    assert_int_equal(findings.dropped, 3);
    for (uint64_t i = 0; i < AUDIT_EVIDENCE_MAX; i++)
        assert_int_equal(findings.at[i].place.frame, i + 1);
    audit_free(audit);
}

/* §5's headings, and advice for every one. */
static void test_every_attack_has_its_section(void **state)
{
    (void)state;
    static const char *const sections[AUDIT_ATTACKS] = { "5.1", "5.2", "5.3", "5.4", "5.5",
                                                         "5.6", "5.7", "5.8", "5.9", "5.10" };
    for (enum audit_attack_id id = 0; id < AUDIT_ATTACKS; id++) {
        assert_string_equal(audit_attack_section(id), sections[id]);
        assert_true(strlen(audit_attack_title(id)) > 0);
        assert_true(strlen(audit_attack_advice(id)) > 0);
    }
    assert_string_equal(audit_verdict_text(AUDIT_EXPOSED), "exposed");
    assert_string_equal(audit_verdict_text(AUDIT_POSSIBLE), "possible");
    assert_string_equal(audit_verdict_text(AUDIT_NOT_SEEN), "not seen");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_evidence_is_kept_once),
        cmocka_unit_test(test_evidence_is_bounded_and_the_rest_counted),
        cmocka_unit_test(test_every_attack_has_its_section),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
