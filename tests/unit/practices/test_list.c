/* SPDX-License-Identifier: ISC
 *
 * What a mailing list manager does (draft-allman-dkim-ssp-02 §5): each row is one test.
 */
#include "check.h"

#include "postern/practices.h"

#define R      POSTERN_LIST_RESENDING
#define SIGN   POSTERN_LIST_SIGN
#define LEAVE  POSTERN_LIST_LEAVE
#define REJECT POSTERN_LIST_REJECT

enum {
    SENDER = 1,     /* the message has a Sender field */
    SUSPICIOUS = 2, /* option: refuse what is suspicious */
    STRICT = 4      /* option: refuse mail of strict domains */
};

static const struct postern_practices_outcome fine = { .verdict = POSTERN_NON_SUSPICIOUS,
                                                       .step = 1 };
static const struct postern_practices_outcome unknown = { .verdict = POSTERN_NON_SUSPICIOUS,
                                                          .ssp.practice = 1 };
static const struct postern_practices_outcome testing = { .verdict = POSTERN_NON_SUSPICIOUS,
                                                          .ssp.practice = 3,
                                                          .ssp.testing = 1 };
static const struct postern_practices_outcome strict = { .verdict = POSTERN_SUSPICIOUS,
                                                         .ssp.practice = 3 };
static const struct postern_practices_outcome all = { .verdict = POSTERN_SUSPICIOUS,
                                                      .ssp.practice = 2 };
static const struct postern_practices_outcome temporary = { .verdict = POSTERN_VERDICT_TEMPERROR };

/* clang-format off */
static const struct row {
    const char *id;
    enum postern_list_kind kind;
    enum postern_dkim_result verified;
    const struct postern_practices_outcome *check, *published;
    unsigned flags;
    enum postern_list_action action;
    int add_sender;
} rows[] = {
    { "verbatim-is-not-signed", POSTERN_LIST_VERBATIM, POSTERN_DKIM_PASS, &fine, NULL, 0, LEAVE, 0 },
    { "verbatim-unsigned-is-not-signed", POSTERN_LIST_VERBATIM, POSTERN_DKIM_NONE, NULL, NULL, 0, LEAVE, 0 },
    { "verbatim-of-a-strict-domain-is-no-trouble", POSTERN_LIST_VERBATIM, POSTERN_DKIM_PASS, &fine, &strict, STRICT, LEAVE, 0 },
    { "digest-is-signed-for-the-list", POSTERN_LIST_DIGEST, POSTERN_DKIM_NONE, NULL, NULL, 0, SIGN, 0 },
    { "resent-verified-is-signed-with-a-sender", R, POSTERN_DKIM_PASS, &fine, NULL, 0, SIGN, 1 },
    { "resent-with-a-sender-is-signed-for-it", R, POSTERN_DKIM_PASS, &fine, NULL, SENDER, SIGN, 0 },
    { "resent-unsigned-is-signed", R, POSTERN_DKIM_NONE, &unknown, NULL, 0, SIGN, 1 },
    { "resent-unsigned-and-unchecked-is-signed", R, POSTERN_DKIM_NONE, NULL, NULL, 0, SIGN, 1 },
    { "resent-of-a-testing-domain-is-signed", R, POSTERN_DKIM_NONE, &testing, NULL, 0, SIGN, 1 },
    { "resent-fail-is-never-signed", R, POSTERN_DKIM_FAIL, &unknown, NULL, 0, LEAVE, 0 },
    { "resent-permerror-is-never-signed", R, POSTERN_DKIM_PERMERROR, &unknown, NULL, 0, LEAVE, 0 },
    { "resent-policy-is-never-signed", R, POSTERN_DKIM_POLICY, &unknown, NULL, 0, LEAVE, 0 },
    { "resent-neutral-is-never-signed", R, POSTERN_DKIM_NEUTRAL, &unknown, NULL, 0, LEAVE, 0 },
    { "resent-temperror-is-not-signed-now", R, POSTERN_DKIM_TEMPERROR, &unknown, NULL, SUSPICIOUS, LEAVE, 0 },
    { "resent-practices-temperror-is-not-signed-now", R, POSTERN_DKIM_NONE, &temporary, NULL, SUSPICIOUS, LEAVE, 0 },
    { "resent-suspicious-is-never-signed", R, POSTERN_DKIM_NONE, &all, NULL, 0, LEAVE, 0 },
    { "resent-suspicious-though-another-signed-is-never-signed", R, POSTERN_DKIM_PASS, &strict, NULL, 0, LEAVE, 0 },
    { "resent-fail-may-be-rejected", R, POSTERN_DKIM_FAIL, &unknown, NULL, SUSPICIOUS, REJECT, 0 },
    { "resent-suspicious-may-be-rejected", R, POSTERN_DKIM_NONE, &all, NULL, SUSPICIOUS, REJECT, 0 },
    { "resent-good-is-not-rejected", R, POSTERN_DKIM_PASS, &fine, NULL, SUSPICIOUS, SIGN, 1 },
    { "resent-of-a-strict-domain-is-signed-by-default", R, POSTERN_DKIM_PASS, &fine, &strict, 0, SIGN, 1 },
    { "resent-of-a-strict-domain-may-be-rejected", R, POSTERN_DKIM_PASS, &fine, &strict, STRICT, REJECT, 0 },
    { "resent-of-another-domain-is-not-rejected", R, POSTERN_DKIM_PASS, &fine, &all, STRICT, SIGN, 1 },
    { "resent-unsigned-of-a-strict-testing-domain-may-be-rejected", R, POSTERN_DKIM_NONE, &testing, NULL, STRICT, REJECT, 0 },
};
/* clang-format on */

static void runs(void **state)
{
    const struct row *row = *state;
    struct postern_list_message message = {
        .kind = row->kind,
        .verified = row->verified,
        .check = row->check,
        .published = row->published,
        .has_sender = (row->flags & SENDER) != 0,
        .reject_suspicious = (row->flags & SUSPICIOUS) != 0,
        .reject_strict = (row->flags & STRICT) != 0,
    };
    struct postern_list_decision decision = { 0 };
    postern_list_decide(&message, &decision);
    assert_int_equal(decision.action, row->action);
    assert_int_equal(decision.add_sender, row->add_sender);
    assert_non_null(decision.why);
}

int main(void)
{
    static struct CMUnitTest tests[ARRAY_SIZE(rows)];
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        union { /* cmocka's state is not const; runs() only reads */
            const struct row *row;
            void *state;
        } u = { .row = &rows[i] };
        tests[i] = (struct CMUnitTest){ rows[i].id, runs, NULL, NULL, u.state };
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
