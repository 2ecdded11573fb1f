/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "base/attribute.h"
#include "milter/results.h"
#include "setup_example.h"

static const struct postern_dkim_signature good = {
    .result = POSTERN_DKIM_PASS,
    .domain = "example.net",
    .selector = "s1",
    .identity = "@example.net",
    .algorithm = "rsa-sha256",
    .label = "aB/d=123",
    .key_bits = 2048,
};
static const struct postern_dkim_signature bad = {
    .result = POSTERN_DKIM_FAIL,
    .reason = "the body hash differs",
    .domain = "example.org",
    .selector = "ed",
    .identity = "joe@example.org",
    .algorithm = "ed25519-sha256",
    .label = "abcdefgh",
};
static const struct postern_dkim_signature simple = {
    .result = POSTERN_DKIM_FAIL,
    .reason = "the header differs",
    .domain = "example.org",
    .header_differs = 1,
};
static const struct postern_dkim_signature unreadable = {
    .result = POSTERN_DKIM_NEUTRAL,
    .reason = "no tag list (\x01\"quoted\")",
};
static const struct postern_practices_outcome ssp_pass = {
    .verdict = POSTERN_NON_SUSPICIOUS,
    .step = 1,
    .result = "pass",
    .explanation = "a valid Originator Signature",
};
static const struct postern_practices_outcome ssp_fail = {
    .verdict = POSTERN_SUSPICIOUS,
    .practice = "strict",
    .step = 9,
    .result = "fail",
    .explanation = "no valid signature",
};
static const struct postern_practices_outcome ssp_permerror = {
    .verdict = POSTERN_VERDICT_PERMERROR,
    .result = "permerror",
    .explanation = "several From fields",
};
static const struct postern_practices_outcome adsp_unknown = {
    .verdict = POSTERN_NON_SUSPICIOUS,
    .practice = "unknown",
    .result = "unknown",
};
static const struct postern_practices_outcome dmarc_none = {
    .verdict = POSTERN_VERDICT_NONE,
    .result = "none",
    .dmarc = { .record_domain = "example.net", .disposition = "reject" },
};

#define DKIM_GOOD                                                                               \
    ";\r\n\tdkim=pass (2048-bit key) header.d=example.net header.i=@example.net\r\n\theader.s=" \
    "s1 header.a=rsa-sha256 header.b=\"aB/d=123\""

/* clang-format off */
static const struct {
    const char *name;
    size_t kinds; /* of the configuration's practices */
    struct milter_verified verified;
    struct results results;
    bool unverified;
    const char *value;
} cases[] = {
    { "no signature", 0, { .result = POSTERN_DKIM_NONE }, { .from = "example.net" }, false,
      "mx.example.com;\r\n\tdkim=none" },
    { "a good one", 1, { .signatures = { &good }, .signatures_n = 1, .result = POSTERN_DKIM_PASS, .practices = { &ssp_pass } },
      { .from = "example.net" }, false,
      "mx.example.com" DKIM_GOOD ";\r\n\tx-dkim-ssp=pass header.from=example.net policy.step=1" },
    { "suspicious, a bad one and one that cannot be read", 1,
      { .signatures = { &bad, &unreadable }, .signatures_n = 2, .result = POSTERN_DKIM_FAIL, .practices = { &ssp_fail } },
      { .from = "example.net" }, false,
      "mx.example.com;\r\n\tdkim=fail reason=\"the body hash differs\" header.d=example.org\r\n\theader.i=joe@example.org header.s=ed "
      "header.a=ed25519-sha256\r\n\theader.b=abcdefgh;\r\n\tdkim=neutral reason=\"no tag list \\\"quoted\\\"\";\r\n\t"
      "x-dkim-ssp=fail reason=\"no valid signature\" header.from=example.net\r\n\tpolicy.practice=strict policy.step=9" },
    { "all practices", 3, { .signatures = { &good }, .signatures_n = 1, .result = POSTERN_DKIM_PASS,
      .practices = { &ssp_pass, &adsp_unknown, &dmarc_none } }, { .from = "example.net" }, false,
      "mx.example.com" DKIM_GOOD ";\r\n\tx-dkim-ssp=pass header.from=example.net policy.step=1;\r\n\tdkim-adsp=unknown header.from=example.net "
      "policy.adsp=unknown;\r\n\tdmarc=none (SPF not checked) header.from=example.net policy.dmarc=reject\r\n\tpolicy.domain=example.net" },
    { "several From fields", 1, { .result = POSTERN_DKIM_NONE, .practices = { &ssp_permerror } },
      { .from = "", .from_fault = "several-from" }, false,
      "mx.example.com;\r\n\tdkim=none;\r\n\tx-dkim-ssp=permerror reason=\"several-from\"" },
    { "the header is not what it seems: no pass", 1,
      { .signatures = { &good }, .signatures_n = 1, .result = POSTERN_DKIM_PASS, .practices = { &ssp_pass } },
      { .from = "example.net", .differs = "a NUL in the header" }, false,
      "mx.example.com;\r\n\tdkim=policy (2048-bit key) reason=\"a NUL in the header\"\r\n\theader.d=example.net header.i=@example.net "
      "header.s=s1 header.a=rsa-sha256\r\n\theader.b=\"aB/d=123\";\r\n\tx-dkim-ssp=permerror reason=\"a NUL in the header\" "
      "header.from=example.net\r\n\tpolicy.step=1" },
    { "white space the MTA hid", 0, { .signatures = { &simple }, .signatures_n = 1, .result = POSTERN_DKIM_FAIL },
      { .from = "", .space_lost = true }, false,
      "mx.example.com;\r\n\tdkim=fail reason=\"the header differs; the MTA hides white space, which simple canonicalization needs\"\r\n\t"
      "header.d=example.org" },
    { "more than are listed", 0, { .signatures = { &bad }, .signatures_n = 1, .signatures_more = 7, .result = POSTERN_DKIM_FAIL },
      { .from = "" }, false,
      "mx.example.com;\r\n\tdkim=fail reason=\"the body hash differs\" header.d=example.org\r\n\theader.i=joe@example.org header.s=ed "
      "header.a=ed25519-sha256\r\n\theader.b=abcdefgh;\r\n\tdkim=policy reason=\"7 more signatures are not listed\"" },
    { "a header over the bound", 1, { .result = 0 }, { .from = "", .from_fault = "no-from", .header_over = true }, true,
      "mx.example.com;\r\n\tdkim=permerror reason=\"the header is too big to be looked at\";\r\n\tx-dkim-ssp=permerror "
      "reason=\"the header is too big to be looked at\"" },
    { "a failure of ours", 1, { .result = 0 }, { .from = "example.net" }, true,
      "mx.example.com;\r\n\tdkim=temperror reason=\"it could not be verified here\";\r\n\tx-dkim-ssp=temperror "
      "reason=\"it could not be checked here\"\r\n\theader.from=example.net" },
};
/* clang-format on */

static void one_field_says_what_was_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct conf_milter conf = example_conf();
        struct milter_setup setup;
        struct results r = cases[i].results;
        struct buf out;
        conf.practices.n = cases[i].kinds;
        if (cases[i].kinds == 0)
            conf.practices_act = NULL;
        assert_true(milter_setup_init(&setup, &conf, NULL));
        r.setup = &setup;
        r.verified = cases[i].unverified ? NULL : &cases[i].verified;
        buf_init(&out, 65536);
        results_write(&r, &out);
        assert_false(out.failed);
        expect_slice(cases[i].name, buf_slice(&out), slice_of_str(cases[i].value));
        buf_clear(&out);
        milter_setup_clear(&setup);
    }
}

/* RFC 5321 §4.5.3.1: 64 octets, "@", 255 octets. A longer i= verifies all the same, and is not shown. */
static void an_identity_longer_than_any_address_is_not_shown(void **state)
{
    static char identity[322];
    struct conf_milter conf = example_conf();
    (void)state;
    for (size_t n = 320; n <= 321; n++) {
        struct postern_dkim_signature g = good;
        struct milter_verified v = { .signatures = { &g }, .signatures_n = 1, .result = g.result };
        struct milter_setup setup;
        struct buf out;
        memset(identity, 'x', n);
        g.identity = identity;
        assert_true(milter_setup_init(&setup, &conf, NULL));
        const struct results r = { .setup = &setup, .verified = &v, .from = "" };
        buf_init(&out, 65536);
        results_write(&r, &out);
        buf_append_byte(&out, 0);
        assert_int_equal(strstr((const char *)buf_slice(&out).p, "header.i=") != NULL, n == 320);
        buf_clear(&out);
        milter_setup_clear(&setup);
    }
}

/* What a message can make longest stays one field of whole signatures: Sendmail gives up on a filter
 * whose packet is over 65535 octets. */
static void the_field_is_bounded(void **state)
{
    static char identity[5000];
    static struct postern_dkim_signature huge;
    struct conf_milter conf = example_conf();
    struct milter_setup setup;
    struct milter_verified v = { .signatures_n = MILTER_REPORTED_MAX };
    struct buf out;
    (void)state;
    memset(identity, '"', sizeof identity - 1);
    huge = (struct postern_dkim_signature){ .reason = identity, .identity = identity };
    huge.domain = huge.selector = huge.algorithm = huge.label = identity;
    for (size_t i = 0; i < MILTER_REPORTED_MAX; i++)
        v.signatures[i] = &huge;
    assert_true(milter_setup_init(&setup, &conf, NULL));
    const struct results r = { .setup = &setup, .verified = &v, .from = "" };
    buf_init(&out, 96 * 1024);
    results_write(&r, &out);
    assert_false(out.failed);
    assert_in_range(buf_size(&out), 24 * 1024, 40 * 1024);
    assert_non_null(memmem(buf_slice(&out).p, buf_size(&out), " more signatures are not listed",
                           sizeof " more signatures are not listed" - 1));
    buf_clear(&out);
    milter_setup_clear(&setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_field_says_what_was_found),
        cmocka_unit_test(an_identity_longer_than_any_address_is_not_shown),
        cmocka_unit_test(the_field_is_bounded),
    };
    return cmocka_run_group_tests_name("milter/results", tests, NULL, NULL);
}
