/* SPDX-License-Identifier: ISC
 *
 * Author Domain Signing Practices (RFC 5617): each row is one test.
 */
#include "check.h"

#include "practices/adsp_record.h"
#include "practices_script.h"

#define A "_adsp._domainkey.example.com"
#define Y "!nodata" /* the domain exists */

/* verdicts */
#define N POSTERN_NON_SUSPICIOUS
#define S POSTERN_SUSPICIOUS
#define T POSTERN_VERDICT_TEMPERROR
#define X POSTERN_VERDICT_NONE
#define E POSTERN_VERDICT_PERMERROR

#define LABEL63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* clang-format off */
static const struct row {
    const char *id, *from, *signatures;
    const char *existence, *record; /* NULL: not asked */
    enum postern_verdict verdict;
    const char *result, *practice;
    bool log;
} rows[] = {
    { "author-sig", "j@example.com", "O", NULL, NULL, N, "pass", NULL, false },
    { "author-sig-among-others", "j@example.com", "T!,X,O", NULL, NULL, N, "pass", NULL, false },
    { "author-sig-of-another-user", "j@example.com", "joe", NULL, NULL, N, "pass", NULL, false },
    { "author-sig-no-case", "j@EXAMPLE.com", "O", NULL, NULL, N, "pass", NULL, false },
    { "none-nx", "j@example.com", "", Y, "!nxdomain", X, "none", NULL, false },
    { "none-nd", "j@example.com", "", Y, "!nodata", X, "none", NULL, false },
    { "none-dangling-alias", "j@example.com", "", Y, "!dangling", X, "none", NULL, false },
    { "nxdomain", "j@example.com", "", "!nxdomain", NULL, S, "nxdomain", NULL, false },
    { "nxdomain-third-party", "j@example.com", "T", "!nxdomain", NULL, S, "nxdomain", NULL, false },
    { "domain-is-a-dangling-alias", "j@example.com", "", "!dangling", "dkim=all", S, "fail", "all", false },
    { "nodata-domain", "j@example.com", "", "!nodata", "dkim=all", S, "fail", "all", false },
    { "domain-with-mx", "j@example.com", "", "=\x00\x0a\x00", "dkim=all", S, "fail", "all", false },
    { "unknown", "j@example.com", "", Y, "dkim=unknown", N, "unknown", "unknown", false },
    { "bad-value", "j@example.com", "", Y, "dkim=strict", N, "unknown", "unknown", true },
    { "empty-value", "j@example.com", "", Y, "dkim=", N, "unknown", "unknown", true },
    { "all", "j@example.com", "", Y, "dkim=all", S, "fail", "all", false },
    { "all-bad-signature", "j@example.com", "O!", Y, "dkim=all", S, "fail", "all", false },
    { "all-third-party", "j@example.com", "T", Y, "dkim=all", S, "fail", "all", false },
    { "discard", "j@example.com", "", Y, "dkim=discardable", S, "discard", "discardable", false },
    { "values-have-no-case", "j@example.com", "", Y, "dkim=Discardable", S, "discard", "discardable", false },
    { "subdomain-sig-d-parent", "j@host.example.com", "O", Y, "dkim=all", S, "fail", "all", false },
    { "i-plays-no-part", "j@host.example.com", "sub", Y, "dkim=all", S, "fail", "all", false },
    { "other-tags-are-ignored", "j@example.com", "", Y, "dkim=all; t=y; x=1;", S, "fail", "all", false },
    { "not-first-tag", "j@example.com", "", Y, "x=1; dkim=all", X, "none", NULL, true },
    { "uppercase-tag", "j@example.com", "", Y, "DKIM=all", X, "none", NULL, true },
    { "longer-tag", "j@example.com", "", Y, "dkimx=all", X, "none", NULL, true },
    { "white-space-first", "j@example.com", "", Y, " dkim=all", X, "none", NULL, true },
    { "white-space-around", "j@example.com", "", Y, "dkim \t=\tall ;", S, "fail", "all", false },
    { "fws-newline", "j@example.com", "", Y, "dkim=all;\r\n x=1", X, "none", NULL, true },
    { "broken-list", "j@example.com", "", Y, "dkim=all;;", X, "none", NULL, true },
    { "duplicate-tag", "j@example.com", "", Y, "dkim=all; dkim=unknown", X, "none", NULL, true },
    { "other-text", "j@example.com", "", Y, "v=spf1 -all", X, "none", NULL, true },
    { "two-records", "j@example.com", "", Y, "dkim=all+dkim=discardable", X, "none", NULL, true },
    { "one-good-one-bad", "j@example.com", "", Y, "junk+dkim=all", S, "fail", "all", true },
    { "several-strings", "j@example.com", "", Y, "dkim=dis|cardable", S, "discard", "discardable", false },
    { "broken-strings", "j@example.com", "", Y, "=\x09x", X, "none", NULL, true },
    { "servfail-existence", "j@example.com", "T", "!servfail", NULL, T, "temperror", NULL, false },
    { "timeout-existence", "j@example.com", "", "!timeout", NULL, T, "temperror", NULL, false },
    { "bogus-existence", "j@example.com", "", "!bogus", NULL, T, "temperror", NULL, false },
    { "servfail-record", "j@example.com", "", Y, "!servfail", T, "temperror", NULL, false },
    { "timeout-record", "j@example.com", "", Y, "!timeout", T, "temperror", NULL, false },
    { "bogus-record", "j@example.com", "", Y, "!bogus", T, "temperror", NULL, false },
    { "key-temperror-all", "j@example.com", "O?", Y, "dkim=all", T, "temperror", "all", false },
    { "key-temperror-discard", "j@example.com", "O?", Y, "dkim=discardable", T, "temperror", "discardable", false },
    { "key-temperror-unknown", "j@example.com", "O?", Y, "dkim=unknown", N, "unknown", "unknown", false },
    { "key-temperror-none", "j@example.com", "O?", Y, "!nodata", X, "none", NULL, false },
    { "key-temperror-nxdomain", "j@example.com", "O?", "!nxdomain", NULL, T, "temperror", NULL, false },
    { "key-temperror-third-party", "j@example.com", "T?", Y, "dkim=all", S, "fail", "all", false },
    { "from-several-domains", "j@example.com, k@other.example", "X", Y, "dkim=all", S, "fail", "all", true },
    { "from-none", "", "O", NULL, NULL, E, "permerror", NULL, false },
    { "name-of-the-record-too-long", "j@" LABEL63 "." LABEL63 "." LABEL63 ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "", Y, NULL, X, "none", NULL, false },
};
/* clang-format on */

static struct postern_practices *check_of(const struct row *row)
{
    const struct postern_dkim_signature *signatures[8];
    struct postern_practices_options options;
    struct postern_originator *o = postern_originator_new();
    struct slice from = guarded(slice_of_str(row->from));
    assert_int_equal(postern_originator_from(o, from.p, from.n), 0);
    postern_practices_options_init(&options, POSTERN_ADSP);
    size_t n = signatures_of(row->signatures, signatures);
    struct postern_practices *p = postern_practices_new(&options, o, signatures, n);
    assert_non_null(p);
    postern_originator_free(o);
    return p;
}

static void expect_text(const char *what, const char *got, const char *want)
{
    if ((got == NULL) != (want == NULL) || (got && strcmp(got, want) != 0))
        fail_msg("%s: got %s, want %s", what, got ? got : "NULL", want ? want : "NULL");
}

/* An MX record of "10 ." holds NUL, so it is not written as text. */
static void answer_of(const char *text, struct answer *out)
{
    static const unsigned char mx[] = { 0, 10, 0 };
    if (text[0] == '=' && text[1] == 0) {
        *out = (struct answer){ .rdata = { { mx, sizeof mx } } };
        out->response = (struct postern_dns_response){ .rdata = out->rdata, .rdata_n = 1 };
        return;
    }
    write_answer(text, out);
}

static size_t run_row(struct postern_practices *p, const struct row *row)
{
    const char *const answers[] = { row->existence, row->record };
    struct postern_dns_question q;
    struct answer a;
    size_t n = 0;
    for (; postern_practices_question(p, &q); n++) {
        assert_true(n < 2 && answers[n]);
        assert_int_equal(q.type, n ? POSTERN_DNS_TYPE_TXT : POSTERN_DNS_TYPE_MX);
        assert_int_equal(strncmp(q.name, "_adsp._domainkey.", 17) == 0, n == 1);
        answer_of(answers[n], &a);
        postern_practices_answer(p, q.id, &a.response);
    }
    return n;
}

static void runs(void **state)
{
    const struct row *row = *state;
    struct postern_practices *p = check_of(row);
    size_t asked = run_row(p, row);
    const struct postern_practices_outcome *o = postern_practices_outcome(p);
    assert_non_null(o);
    expect_text("verdict", postern_verdict_text(o->verdict), postern_verdict_text(row->verdict));
    expect_text("result", o->result, row->result);
    expect_text("practice", o->practice, row->practice);
    assert_int_equal(asked, (row->existence != NULL) + (row->record != NULL));
    assert_int_equal(o->queries_n, asked);
    assert_int_equal(o->notes_n > 0, row->log);
    assert_int_equal(o->originator_signature >= 0, strcmp(row->result, "pass") == 0);
    assert_true(strlen(o->explanation) > 20);
    postern_practices_free(p);
}

static void a_record_over_a_guarded_page_is_read_to_its_end(void **state)
{
    struct adsp_record r;
    struct fault why;
    (void)state;
    assert_true(adsp_record_parse(guarded(SLICE("dkim=all")), &r, &why));
    for (size_t n = 0; n < 5; n++)
        assert_false(adsp_record_parse(guarded(slice_first(SLICE("dkim="), n)), &r, &why));
    assert_false(adsp_record_parse(guarded(SLICE("dkim=a\0ll")), &r, &why));
}

int main(void)
{
    static struct CMUnitTest tests[ARRAY_SIZE(rows) + 1];
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        union { /* cmocka's state is not const; runs() only reads */
            const struct row *row;
            void *state;
        } u = { .row = &rows[i] };
        tests[i] = (struct CMUnitTest){ rows[i].id, runs, NULL, NULL, u.state };
    }
    tests[ARRAY_SIZE(rows)] =
        (struct CMUnitTest)cmocka_unit_test(a_record_over_a_guarded_page_is_read_to_its_end);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
