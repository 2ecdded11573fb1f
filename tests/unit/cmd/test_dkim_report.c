/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "cmd/dkim_report.h"
#include "cmd/practices_report.h"

static const struct postern_dkim_signature passed = {
    .result = POSTERN_DKIM_PASS,
    .domain = "football.example.com",
    .selector = "test",
    .identity = "@football.example.com",
    .algorithm = "rsa-sha256",
    .signed_at = -1,
    .expires_at = -1,
    .body_length = -1,
    .key_bits = 1024,
    .tried = 1,
};
static const struct postern_dkim_signature unreadable = {
    .result = POSTERN_DKIM_NEUTRAL,
    .reason = "v= is \"2\"\x1b",
    .signed_at = -1,
    .expires_at = -1,
    .body_length = -1,
};
static const struct postern_dkim_signature changed = {
    .result = POSTERN_DKIM_FAIL,
    .domain = "a.example",
    .selector = "s",
    .identity = "j\xf6@a.example",
    .algorithm = "ed25519-sha256",
    .reason = "changed",
    .signed_at = -1,
    .expires_at = -1,
    .body_length = 7,
    .body_left_out = 3,
    .testing = 1,
    .tried = 1,
    .body_differs = 1,
    .header_differs = 1,
};

static struct dkim_report_signature signatures[] = {
    { .s = &passed, .originator = true },
    { .s = &unreadable },
    { .s = &changed, .hint = "it was the cat" },
};

static struct dkim_report report_of(size_t n)
{
    return (struct dkim_report){
        .file = "m\x01",
        .result = n ? POSTERN_DKIM_PASS : POSTERN_DKIM_NONE,
        .address = "joe@football.example.com",
        .domain = "football.example.com",
        .signatures = signatures,
        .signatures_n = n,
    };
}

static void expect_json(const struct dkim_report *r, const char *want)
{
    struct buf out;
    buf_init(&out, 65536);
    assert_true(dkim_report_json(r, &out));
    expect_slice("json", buf_slice(&out), slice_of_str(want));
    buf_clear(&out);
}

static void test_the_json_of_verify_is_the_contract(void **state)
{
    (void)state;
    struct dkim_report r = report_of(2);
    expect_json(&r,
                "{\"file\": \"m\\\\x01\", \"from\": {\"address\": \"joe@football.example.com\", "
                "\"domain\": \"football.example.com\"}, \"result\": \"pass\", \"signatures\": ["
                "{\"domain\": \"football.example.com\", \"selector\": \"test\", \"identity\": "
                "\"@football.example.com\", \"algorithm\": \"rsa-sha256\", \"result\": \"pass\", "
                "\"reason\": null, \"originator\": true}, "
                "{\"domain\": null, \"selector\": null, \"identity\": null, \"algorithm\": null, "
                "\"result\": \"neutral\", \"reason\": \"v= is \\\"2\\\"\\\\x1b\", "
                "\"originator\": false}]}\n");
    r = report_of(0);
    expect_json(&r,
                "{\"file\": \"m\\\\x01\", \"from\": {\"address\": \"joe@football.example.com\", "
                "\"domain\": \"football.example.com\"}, \"result\": \"none\", \"signatures\": "
                "[]}\n");
}

static void test_a_message_of_an_mbox_has_its_number_and_faults_are_named(void **state)
{
    (void)state;
    struct dkim_report r = {
        .file = "box",
        .number = 3,
        .originator_fault = POSTERN_ORIGINATOR_SEVERAL_FROM,
        .faults = POSTERN_MESSAGE_SEVERAL_FROM | POSTERN_MESSAGE_NUL,
    };
    expect_json(&r,
                "{\"file\": \"box\", \"message\": 3, \"from\": {\"address\": null, \"domain\": "
                "null}, \"result\": \"none\", \"signatures\": [], \"faults\": [\"several-from\", "
                "\"nul\"]}\n");
}

static void expect_text(const struct dkim_report *r, bool brief, const char *want)
{
    struct buf out;
    buf_init(&out, 65536);
    dkim_report_text(r, brief, &out);
    expect_slice("text", buf_slice(&out), slice_of_str(want));
    buf_clear(&out);
}

static void test_a_brief_report_is_one_line(void **state)
{
    (void)state;
    struct dkim_report r = report_of(3);
    expect_text(&r, true, "m\\x01: pass (football.example.com pass, ? neutral, a.example fail)\n");
    r = report_of(0);
    expect_text(&r, true, "m\\x01: none\n");
}

static void test_a_failure_says_which_hash_differs_and_what_was_hashed(void **state)
{
    (void)state;
    static const uint8_t header[] = "from:a\r\ndkim-signature:v=1; b=";
    struct dkim_report r = report_of(0);
    struct dkim_report_signature one = signatures[2];
    one.hashed.header = (struct postern_octets){ header, sizeof header - 1 };
    one.hashed.body_signed = (struct postern_octets){ (const uint8_t *)"\0\1\2", 3 };
    one.hashed.changed = "Subject";
    r.result = POSTERN_DKIM_FAIL;
    r.signatures = &one;
    r.signatures_n = 1;
    expect_text(&r, false,
                "m\\x01: fail\n"
                "  From: joe@football.example.com\n"
                "  1. d=a.example s=s a=ed25519-sha256 i=j\\xf6@a.example: fail, changed\n"
                "     l=7 leaves 3 octets of the body unsigned\n"
                "     the key says t=y: its owner is testing DKIM\n"
                "     the body is not the one that was signed:\n"
                "       its hash as signed:   AAEC\n"
                "       its hash as computed: not known\n"
                "       it was the cat\n"
                "     the signature does not fit the header and the key:\n"
                "       changed since it was signed (z=): Subject\n"
                "       what was hashed of the header:\n"
                "       | from:a\n"
                "       | dkim-signature:v=1; b=\n");
}

static void test_simple_canonicalisation_is_told_by_what_was_hashed(void **state)
{
    (void)state;
    static const struct {
        struct slice header;
        bool simple;
    } cases[] = {
        { SLICE_INIT("From: a\r\nDKIM-Signature: v=1; b="), true },
        { SLICE_INIT("from:a\r\ndkim-signature:v=1; b="), false },
        { SLICE_INIT("dkim-signature:v=1"), false },
        { SLICE_INIT("Subject: x\r\n dkim-signature:\r\nDKIM-Signature: v=1"), true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dkim_report r = report_of(0);
        struct dkim_report_signature one = { .s = &changed };
        struct buf out;
        one.hashed.header = (struct postern_octets){ cases[i].header.p, cases[i].header.n };
        r.signatures = &one;
        r.signatures_n = 1;
        buf_init(&out, 65536);
        dkim_report_text(&r, false, &out);
        bool said = memmem(buf_slice(&out).p, buf_size(&out), "c=simple", 8) != NULL;
        assert_int_equal(said, cases[i].simple);
        buf_clear(&out);
    }
}

static void test_of_simple_fields_the_relaxed_form_is_shown(void **state)
{
    (void)state;
    struct slice header = SLICE("Subject:  a\r\n\tb  c \r\nDKIM-Signature : v=1;\r\n b=");
    struct dkim_report r = report_of(0);
    struct postern_dkim_signature s = changed;
    struct dkim_report_signature one = { .s = &s };
    struct buf out;
    header = guarded(header);
    s.body_differs = 0;
    one.hashed.header = (struct postern_octets){ header.p, header.n };
    r.signatures = &one;
    r.signatures_n = 1;
    buf_init(&out, 65536);
    dkim_report_text(&r, false, &out);
    struct slice want = SLICE("relaxed would be:\n       | subject:a b c\n       | "
                              "dkim-signature:v=1; b=\n");
    expect_slice("relaxed", slice_from(buf_slice(&out), buf_size(&out) - want.n), want);
    buf_clear(&out);
}

/* ---- practices ---- */

static const struct postern_practices_query queries[] = {
    { "example.com", 65280, POSTERN_DNS_DATA, "p=strict" },
    { "_adsp._domainkey.example.com", POSTERN_DNS_TYPE_TXT, POSTERN_DNS_NXDOMAIN, NULL },
    { "example.com", POSTERN_DNS_TYPE_MX, POSTERN_DNS_TIMEOUT, NULL },
    { "example.com", 99, POSTERN_DNS_BOGUS, NULL },
};

static struct postern_practices_outcome outcome_of(enum postern_verdict verdict)
{
    return (struct postern_practices_outcome){
        .verdict = verdict,
        .practice = "strict",
        .step = 9,
        .result = "fail",
        .explanation = "No valid signature.",
        .queries = queries,
        .queries_n = 1,
    };
}

static void expect_practices(const struct practices_report *r, const char *want)
{
    struct buf out;
    buf_init(&out, 65536);
    assert_true(practices_report_json(r, &out));
    expect_slice("json", buf_slice(&out), slice_of_str(want));
    buf_clear(&out);
}

static void test_the_json_of_a_check_is_the_contract(void **state)
{
    (void)state;
    struct postern_practices_outcome o = outcome_of(POSTERN_SUSPICIOUS);
    struct practices_report r = { .mail = report_of(0), .rrtype = 65280, .outcome = &o };
    o.ssp.practice = 3;
    expect_practices(
        &r, "{\"file\": \"m\\\\x01\", \"originator\": \"joe@football.example.com\", \"practices\": "
            "\"ssp\", \"verdict\": \"suspicious\", \"practice\": \"strict\", \"step\": 9, "
            "\"queries\": [{\"name\": \"example.com\", \"type\": \"DKIMP\", \"answer\": \"data\", "
            "\"record\": \"p=strict\"}], \"ssp\": {\"result\": \"fail\", \"practice\": 3, "
            "\"user_level\": false, \"testing\": false}}\n");
}

static void test_what_is_not_known_is_null(void **state)
{
    (void)state;
    struct postern_practices_outcome o = { .verdict = POSTERN_VERDICT_PERMERROR,
                                           .explanation = "x" };
    struct practices_report r = {
        .mail = { .file = "m" }, .kind = POSTERN_ADSP, .rrtype = 65280, .outcome = &o
    };
    expect_practices(&r, "{\"file\": \"m\", \"originator\": null, \"practices\": \"adsp\", "
                         "\"verdict\": \"permerror\", \"practice\": null, \"step\": null, "
                         "\"queries\": [], \"adsp\": {\"result\": null}}\n");
}

static void test_dmarc_says_that_spf_was_not_checked(void **state)
{
    (void)state;
    struct postern_practices_outcome o = outcome_of(POSTERN_VERDICT_NONE);
    struct practices_report r = {
        .kind = POSTERN_DMARC, .rrtype = 65280, .asked_for = "example.com", .outcome = &o
    };
    o.step = 0;
    o.dmarc.organizational_domain = "example.com";
    o.dmarc.strict_alignment = 1;
    o.queries_n = 0;
    expect_practices(&r, "{\"originator\": \"example.com\", \"practices\": \"dmarc\", \"verdict\": "
                         "\"none\", \"practice\": \"strict\", \"step\": null, \"queries\": [], "
                         "\"dmarc\": {\"result\": \"fail\", \"organizational_domain\": "
                         "\"example.com\", \"record_domain\": null, \"disposition\": null, "
                         "\"policy_tag\": null, \"strict_alignment\": true, \"testing\": false, "
                         "\"spf\": \"not checked\"}}\n");
}

static void test_a_check_says_step_by_step_what_was_asked_got_and_concluded(void **state)
{
    (void)state;
    static const char *const notes[] = { "a flag was skipped" };
    struct postern_practices_outcome o = outcome_of(POSTERN_SUSPICIOUS);
    struct practices_report r = { .mail = report_of(1), .rrtype = 65280, .outcome = &o };
    struct buf out;
    o.queries_n = 4;
    o.notes = notes;
    o.notes_n = 1;
    buf_init(&out, 65536);
    practices_report_text(&r, false, &out);
    expect_slice("text", buf_slice(&out),
                 SLICE("m\\x01: suspicious (ssp: strict)\n"
                       "  From: joe@football.example.com\n"
                       "  1. d=football.example.com s=test a=rsa-sha256 (1024 bits) "
                       "i=@football.example.com: pass, on behalf of the From address\n"
                       "  asked: example.com DKIMP\n"
                       "    got: data \"p=strict\"\n"
                       "  asked: _adsp._domainkey.example.com TXT\n"
                       "    got: nxdomain\n"
                       "  asked: example.com MX\n"
                       "    got: timeout\n"
                       "  asked: example.com TYPE99\n"
                       "    got: bogus\n"
                       "  note: a flag was skipped\n"
                       "  concluded: No valid signature. (step 9 of draft-allman-dkim-ssp-02 "
                       "section 4.3)\n"));
    buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_json_of_verify_is_the_contract),
        cmocka_unit_test(test_a_message_of_an_mbox_has_its_number_and_faults_are_named),
        cmocka_unit_test(test_a_brief_report_is_one_line),
        cmocka_unit_test(test_a_failure_says_which_hash_differs_and_what_was_hashed),
        cmocka_unit_test(test_simple_canonicalisation_is_told_by_what_was_hashed),
        cmocka_unit_test(test_of_simple_fields_the_relaxed_form_is_shown),
        cmocka_unit_test(test_the_json_of_a_check_is_the_contract),
        cmocka_unit_test(test_what_is_not_known_is_null),
        cmocka_unit_test(test_dmarc_says_that_spf_was_not_checked),
        cmocka_unit_test(test_a_check_says_step_by_step_what_was_asked_got_and_concluded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
