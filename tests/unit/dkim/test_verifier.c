/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "message/split.h"
#include "postern/dkim.h"
#include "signing.h"

#define NOW 4000000000

/* ---- help ---- */

static void answer_all(struct postern_dkim_verifier *v)
{
    struct postern_dkim_question q;
    while (postern_dkim_verifier_question(v, &q)) {
        struct postern_dkim_key *key = signing_key(q.dns.name);
        assert_int_equal(q.dns.type, POSTERN_DNS_TYPE_TXT);
        postern_dkim_verifier_answer(v, q.dns.id, key);
        postern_dkim_key_free(key);
    }
}

static struct postern_dkim_verifier *verifier(bool explain)
{
    struct postern_dkim_verify_options o;
    postern_dkim_verify_options_init(&o, NOW);
    o.explain = explain;
    struct postern_dkim_verifier *v = postern_dkim_verifier_new(&o);
    assert_non_null(v);
    return v;
}

static void feed_field(struct postern_dkim_verifier *v, struct slice field)
{
    struct slice in = guarded(field);
    assert_int_equal(postern_dkim_verifier_field(v, in.p, in.n), 0);
}

static void feed_rest(struct postern_dkim_verifier *v, const char *const *fields, struct slice body)
{
    for (; *fields; fields++)
        feed_field(v, slice_of_str(*fields));
    assert_int_equal(postern_dkim_verifier_header_end(v), 0);
    answer_all(v);
    struct slice in = guarded(body);
    assert_int_equal(postern_dkim_verifier_body(v, in.p, in.n), 0);
    assert_int_equal(postern_dkim_verifier_end(v), 0);
    assert_true(postern_dkim_verifier_done(v));
}

static void expect_result(const char *name, const struct postern_dkim_verifier *v, size_t i,
                          enum postern_dkim_result want)
{
    const struct postern_dkim_signature *s = postern_dkim_verifier_signature(v, i);
    if (!s || s->result != want)
        fail_msg("%s: signature %zu: %s (%s), want %s", name, i,
                 s ? postern_dkim_result_text(s->result) : "missing",
                 s && s->reason ? s->reason : "", postern_dkim_result_text(want));
}

/* ---- messages of others ---- */

static struct slice read_file(const char *path)
{
    static uint8_t all[65536];
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(all, 1, sizeof all, f);
    (void)fclose(f); /* only read from */
    return (struct slice){ all, n };
}

/* Fields and body, as message/split finds them in slices of step octets. */
static struct postern_dkim_verifier *verify_message(struct slice in, size_t step)
{
    struct postern_dkim_verifier *v = verifier(false);
    struct message_split split;
    struct slice part;
    message_split_init(&split, false);
    for (size_t at = 0; at <= in.n; at += step) {
        message_split_feed(&split, slice_first(slice_from(in, at), step));
        if (at + step > in.n)
            message_split_end(&split);
        for (enum message_part p; (p = message_split_next(&split, &part)) != MESSAGE_MORE;)
            if (p == MESSAGE_FIELD)
                feed_field(v, part);
            else if (p == MESSAGE_HEADER_END)
                assert_int_equal(postern_dkim_verifier_header_end(v), 0);
            else
                assert_int_equal(postern_dkim_verifier_body(v, part.p, part.n), 0);
    }
    message_split_clear(&split);
    assert_int_equal(postern_dkim_verifier_end(v), 0);
    answer_all(v);
    return v;
}

static void expect_pass(const char *path, size_t signatures)
{
    struct slice in = read_file(path);
    for (size_t step = 1; step <= in.n + 1; step = step * 7 + in.n / 3) {
        struct postern_dkim_verifier *v = verify_message(in, step);
        if (signatures)
            assert_int_equal(postern_dkim_verifier_signatures(v), signatures);
        for (size_t i = 0; i < signatures; i++)
            expect_result(path, v, i, POSTERN_DKIM_PASS);
        assert_true(postern_dkim_verifier_done(v));
        assert_int_equal(postern_dkim_verifier_result(v), POSTERN_DKIM_PASS);
        postern_dkim_verifier_free(v);
    }
}

static void the_message_of_rfc_6376_passes(void **state)
{
    (void)state;
    expect_pass("data/dkim/rfc6376.eml", 1);
}

static void the_message_of_rfc_8463_passes_twice(void **state)
{
    (void)state;
    expect_pass("data/dkim/rfc8463.eml", 2);
}

static void messages_signed_by_dkimpy_pass(void **state)
{
    unsigned n = 0;
    DIR *d = opendir("data/dkim/signed");
    (void)state;
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        char path[512];
        if (e->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "data/dkim/signed/%s", e->d_name);
        expect_pass(path, 0);
        n++;
    }
    (void)closedir(d);
    assert_true(n > 40);
}

/* ---- one signature, one rule ---- */

static const char *const header[] = { "From: Joe <joe@acme.example>", "Subject: hello", NULL };
#define BODY    SLICE_INIT("Hello,  you.\r\n")
#define APPEND  SLICE_INIT("Hello,  you.\r\nMore.\r\n")
#define CHANGED SLICE_INIT("Hello,  me.\r\n")

/* clang-format off */
static const struct {
    const char *name;
    struct signing how;
    struct slice signs, body; /* body: what arrives, when it is another */
    enum postern_dkim_result want;
    const char *reason; /* part of it; NULL: none */
} rules[] = {
    { "ed25519", { .key = "ed25519" }, BODY, BODY, POSTERN_DKIM_PASS, NULL },
    { "RSA of 1024 bits", { .key = "rsa1024" }, BODY, BODY, POSTERN_DKIM_PASS, NULL },
    { "RSA of 2048 bits", { .key = "rsa2048" }, BODY, BODY, POSTERN_DKIM_PASS, NULL },
    { "RSA of 4096 bits", { .key = "rsa4096" }, BODY, BODY, POSTERN_DKIM_PASS, NULL },
    { "RSA below 1024 bits (RFC 8301 §3.2)", { .key = "rsa768" }, BODY, BODY, POSTERN_DKIM_POLICY, "768 bits; 1024" },
    { "RSA below 1024 bits that does not verify", { .key = "rsa768" }, BODY, CHANGED, POSTERN_DKIM_FAIL, "body" },
    { "simple/simple", { .canon = "simple/simple" }, BODY, BODY, POSTERN_DKIM_PASS, NULL },
    { "c= with one word: the body is simple", { .canon = "relaxed" }, BODY, BODY, POSTERN_DKIM_PASS, NULL },
    { "another body", { 0 }, BODY, CHANGED, POSTERN_DKIM_FAIL, "the body was changed" },
    { "white space is nothing to relaxed", { 0 }, BODY, SLICE_INIT("Hello, you. \t\r\n\r\n"), POSTERN_DKIM_PASS, NULL },
    { "white space is something to simple", { .canon = "relaxed/simple" }, BODY, SLICE_INIT("Hello, you.\r\n"), POSTERN_DKIM_FAIL, "body" },
    { "l= is all there is", { .length = "13" }, BODY, BODY, POSTERN_DKIM_PASS, NULL },
    { "l= with more behind", { .length = "13" }, BODY, APPEND, POSTERN_DKIM_POLICY, "l=13 leaves 7 octets" },
    { "l= with one octet behind", { .length = "12" }, BODY, BODY, POSTERN_DKIM_POLICY, "l=12 leaves 1 octets" },
    { "l=0", { .length = "0" }, BODY, CHANGED, POSTERN_DKIM_POLICY, "l=0 leaves" },
    { "l=0 of an empty body", { .length = "0" }, SLICE_INIT(""), SLICE_INIT(""), POSTERN_DKIM_PASS, NULL },
    { "l= behind which empty lines are: they are no octets", { .length = "13" }, BODY, SLICE_INIT("Hello,  you.\r\n\r\n\r\n"), POSTERN_DKIM_PASS, NULL },
    { "l= and the body is another", { .length = "13" }, BODY, CHANGED, POSTERN_DKIM_FAIL, "body" },
    { "l= and the body is shorter (RFC 6376 §3.5)", { .length = "13" }, BODY, SLICE_INIT("Hello\r\n"), POSTERN_DKIM_FAIL, "shorter than l=" },
    { "l= is more than was hashed (§3.5: MUST NOT)", { .length = "14" }, BODY, BODY, POSTERN_DKIM_PERMERROR, "l=" },
    { "t= and x=", { .tags = "t=3999999000; x=4000000001; " }, BODY, BODY, POSTERN_DKIM_PASS, NULL },
    { "x= is past, but clocks differ", { .tags = "x=3999999700; " }, BODY, BODY, POSTERN_DKIM_PASS, NULL },
    { "x= is past", { .tags = "x=3999999699; " }, BODY, BODY, POSTERN_DKIM_PERMERROR, "expired" },
    { "t= is to come, but clocks differ", { .tags = "t=4000000300; " }, BODY, BODY, POSTERN_DKIM_PASS, NULL },
    { "t= is to come", { .tags = "t=4000000301; " }, BODY, BODY, POSTERN_DKIM_PERMERROR, "future" },
    { "x= is t= (§3.5: MUST be greater)", { .tags = "t=3999999999; x=3999999999; " }, BODY, BODY, POSTERN_DKIM_PERMERROR, "x=" },
    { "a t= larger than any clock", { .tags = "t=99999999999999999999; " }, BODY, BODY, POSTERN_DKIM_PERMERROR, "future" },
    { "an x= larger than any clock", { .tags = "x=99999999999999999999; " }, BODY, BODY, POSTERN_DKIM_PASS, NULL },
    { "i= under d=", { .tags = "i=joe@a.b.acme.example; " }, BODY, BODY, POSTERN_DKIM_PASS, NULL },
    { "i= elsewhere", { .tags = "i=@example; " }, BODY, BODY, POSTERN_DKIM_PERMERROR, "i=" },
    { "h= without From (§5.4)", { .names = "subject" }, BODY, BODY, POSTERN_DKIM_PERMERROR, "From" },
    { "h= with what is not there", { .names = "From:to:FROM:Subject:subject" }, BODY, BODY, POSTERN_DKIM_PASS, NULL },
    { "q= without dns/txt", { .tags = "q=http; " }, BODY, BODY, POSTERN_DKIM_NEUTRAL, "q=" },
    { "a tag that nobody knows (§3.2: MUST be ignored)", { .tags = "zz=y; r=y; " }, BODY, BODY, POSTERN_DKIM_PASS, NULL },
    { "a tag twice (§3.2: MUST NOT)", { .tags = "d=acme.example; " }, BODY, BODY, POSTERN_DKIM_NEUTRAL, "" },
    { "no key of this name", { .domain = "other.example" }, BODY, BODY, POSTERN_DKIM_PERMERROR, "" },
    { "a U-label (RFC 8616)", { .domain = "b\xc3\xbc" "cher.example" }, BODY, BODY, POSTERN_DKIM_PASS, NULL },
    { "letters of d= in upper case", { .domain = "ACME.example" }, BODY, BODY, POSTERN_DKIM_PASS, NULL },
};
/* clang-format on */

static void rules_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
        struct buf field = signing_field(&rules[i].how, header, rules[i].signs);
        struct postern_dkim_verifier *v = verifier(false);
        feed_field(v, buf_slice(&field));
        feed_rest(v, header, rules[i].body);
        expect_result(rules[i].name, v, 0, rules[i].want);
        const char *reason = postern_dkim_verifier_signature(v, 0)->reason;
        if ((reason == NULL) != (rules[i].reason == NULL) ||
            (reason && !strstr(reason, rules[i].reason)))
            fail_msg("%s: reason %s", rules[i].name, reason ? reason : "none");
        assert_int_equal(postern_dkim_verifier_result(v), rules[i].want);
        postern_dkim_verifier_free(v);
        buf_clear(&field);
    }
}

/* ---- what the key says ---- */

/* clang-format off */
static const struct {
    const char *name;
    const char *before, *key, *after; /* around the record's p=; key NULL: that of data/dkim */
    const char *tags;
    int ignore_testing;
    enum postern_dkim_result want;
    const char *reason;
} records[] = {
    { "its key", "v=DKIM1; k=ed25519; ", NULL, "", "", 0, POSTERN_DKIM_PASS, NULL },
    { "t=y: pass, with a note", "k=ed25519; t=y; ", NULL, "", "", 0, POSTERN_DKIM_PASS, "tested" },
    { "t=y to the letter (§3.6.1)", "k=ed25519; t=y; ", NULL, "", "", 1, POSTERN_DKIM_NEUTRAL, "tested" },
    { "t=s and i= at d=", "k=ed25519; t=s; ", NULL, "", "i=joe@ACME.example; ", 0, POSTERN_DKIM_PASS, NULL },
    { "t=s and no i=", "k=ed25519; t=s; ", NULL, "", "", 0, POSTERN_DKIM_PASS, NULL },
    { "t=s and i= below d=", "k=ed25519; t=s; ", NULL, "", "i=joe@a.acme.example; ", 0, POSTERN_DKIM_PERMERROR, "t=s" },
    { "another key", "k=ed25519; ", "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "", "", 0, POSTERN_DKIM_FAIL, "this key" },
    { "an RSA key", "k=rsa; ", "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB",
      "", "", 0, POSTERN_DKIM_PERMERROR, "RSA key" },
    { "revoked", "k=ed25519; ", "p=", "", "", 0, POSTERN_DKIM_PERMERROR, "" },
    { "h= without sha256", "k=ed25519; h=sha1; ", NULL, "", "", 0, POSTERN_DKIM_PERMERROR, "" },
    { "s= without email", "k=ed25519; s=tlsrpt; ", NULL, "", "", 0, POSTERN_DKIM_PERMERROR, "" },
    { "g= is nothing any more", "k=ed25519; g=nobody; ", NULL, "", "", 0, POSTERN_DKIM_PASS, NULL },
};
/* clang-format on */

static struct slice own_key(void)
{
    static uint8_t all[8192];
    FILE *f = fopen("data/dkim/keys.txt", "r");
    assert_non_null(f);
    size_t n = fread(all, 1, sizeof all - 1, f);
    (void)fclose(f); /* only read from */
    all[n] = 0;
    const char *at = strstr((const char *)all, "ed25519._domainkey.acme.example ");
    assert_non_null(at);
    at = strstr(at, "p=");
    return (struct slice){ (const uint8_t *)at, strcspn(at, "\n") };
}

static void keys_say_what_they_are_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
        struct signing how = { .tags = records[i].tags };
        struct buf field = signing_field(&how, header, SLICE("x\r\n")), text;
        struct postern_dkim_verify_options o;
        struct postern_dkim_question q;
        postern_dkim_verify_options_init(&o, NOW);
        o.ignore_testing_key = records[i].ignore_testing;
        struct postern_dkim_verifier *v = postern_dkim_verifier_new(&o);
        feed_field(v, buf_slice(&field));
        for (size_t k = 0; header[k]; k++)
            feed_field(v, slice_of_str(header[k]));
        assert_int_equal(postern_dkim_verifier_header_end(v), 0);
        assert_int_equal(postern_dkim_verifier_body(v, "x\r\n", 3), 0);
        assert_int_equal(postern_dkim_verifier_end(v), 0);
        assert_false(postern_dkim_verifier_done(v));
        assert_int_equal(postern_dkim_verifier_question(v, &q), 1);
        buf_init(&text, 1024);
        buf_append_str(&text, records[i].before);
        buf_append(&text, records[i].key ? slice_of_str(records[i].key) : own_key());
        buf_append_str(&text, records[i].after);
        struct postern_dkim_key *key = signing_key_of(buf_slice(&text));
        postern_dkim_verifier_answer(v, q.dns.id, key);
        postern_dkim_key_free(key);
        assert_true(postern_dkim_verifier_done(v));
        expect_result(records[i].name, v, 0, records[i].want);
        const char *reason = postern_dkim_verifier_signature(v, 0)->reason;
        if ((reason == NULL) != (records[i].reason == NULL) ||
            (reason && !strstr(reason, records[i].reason)))
            fail_msg("%s: reason %s", records[i].name, reason ? reason : "none");
        postern_dkim_verifier_free(v);
        buf_clear(&text);
        buf_clear(&field);
    }
}

static void answers_of_dns_stay_apart(void **state)
{
    static const struct {
        enum postern_dns_answer answer;
        enum postern_dkim_result want;
    } answers[] = {
        { POSTERN_DNS_NXDOMAIN, POSTERN_DKIM_PERMERROR },
        { POSTERN_DNS_NODATA, POSTERN_DKIM_PERMERROR },
        { POSTERN_DNS_SERVFAIL, POSTERN_DKIM_TEMPERROR },
        { POSTERN_DNS_BOGUS, POSTERN_DKIM_TEMPERROR },
        { POSTERN_DNS_TIMEOUT, POSTERN_DKIM_TEMPERROR },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
        struct postern_dns_response response = { .answer = answers[i].answer };
        struct buf field = signing_field(&(struct signing){ 0 }, header, SLICE(""));
        struct postern_dkim_key *key = postern_dkim_key_new(&response);
        struct postern_dkim_verifier *v = verifier(false);
        struct postern_dkim_question q;
        feed_field(v, buf_slice(&field));
        assert_int_equal(postern_dkim_verifier_header_end(v), 0);
        assert_int_equal(postern_dkim_verifier_question(v, &q), 1);
        postern_dkim_verifier_answer(v, q.dns.id, key);
        assert_false(postern_dkim_verifier_done(v));
        assert_int_equal(postern_dkim_verifier_end(v), 0);
        assert_true(postern_dkim_verifier_done(v));
        expect_result(postern_dns_answer_text(answers[i].answer), v, 0, answers[i].want);
        assert_non_null(postern_dkim_verifier_signature(v, 0)->reason);
        postern_dkim_key_free(key);
        postern_dkim_verifier_free(v);
        buf_clear(&field);
    }
}

/* ---- several signatures ---- */

static void at_most_ten_are_tried_and_all_are_reported(void **state)
{
    struct buf good = signing_field(&(struct signing){ 0 }, header, SLICE("x\r\n"));
    struct buf other =
        signing_field(&(struct signing){ .domain = "other.example" }, header, SLICE("x\r\n"));
    struct postern_dkim_verifier *v = verifier(false);
    (void)state;
    feed_field(v, SLICE("DKIM-Signature: nonsense")); /* costs nothing, and does not count */
    for (size_t i = 0; i < 9; i++)
        feed_field(v, buf_slice(&other));
    for (size_t i = 0; i < 3; i++)
        feed_field(v, buf_slice(&good));
    feed_rest(v, header, SLICE("x\r\n"));
    assert_int_equal(postern_dkim_verifier_signatures(v), 13);
    expect_result("nonsense", v, 0, POSTERN_DKIM_NEUTRAL);
    assert_false(postern_dkim_verifier_signature(v, 0)->tried);
    assert_null(postern_dkim_verifier_signature(v, 0)->domain);
    expect_result("the ninth", v, 9, POSTERN_DKIM_PERMERROR);
    expect_result("the tenth", v, 10, POSTERN_DKIM_PASS);
    expect_result("the eleventh", v, 11, POSTERN_DKIM_POLICY);
    assert_false(postern_dkim_verifier_signature(v, 11)->tried);
    assert_string_equal(postern_dkim_verifier_signature(v, 12)->domain, "acme.example");
    assert_non_null(strstr(postern_dkim_verifier_signature(v, 12)->reason, "not tried"));
    assert_int_equal(postern_dkim_verifier_result(v), POSTERN_DKIM_PASS);
    assert_null(postern_dkim_verifier_signature(v, 13));
    postern_dkim_verifier_free(v);
    buf_clear(&good);
    buf_clear(&other);
}

static void each_key_is_asked_for_once(void **state)
{
    struct buf one = signing_field(&(struct signing){ 0 }, header, SLICE(""));
    struct buf upper =
        signing_field(&(struct signing){ .domain = "Acme.Example" }, header, SLICE(""));
    struct buf two = signing_field(&(struct signing){ .key = "rsa1024" }, header, SLICE(""));
    struct postern_dkim_verifier *v = verifier(false);
    struct postern_dkim_question q;
    (void)state;
    feed_field(v, buf_slice(&one));
    feed_field(v, buf_slice(&two));
    feed_field(v, buf_slice(&upper));
    for (size_t i = 0; header[i]; i++)
        feed_field(v, slice_of_str(header[i]));
    assert_int_equal(postern_dkim_verifier_question(v, &q), 0); /* too early */
    assert_int_equal(postern_dkim_verifier_header_end(v), 0);
    assert_int_equal(postern_dkim_verifier_question(v, &q), 1);
    assert_string_equal(q.dns.name, "ed25519._domainkey.acme.example");
    assert_string_equal(q.selector, "ed25519");
    assert_string_equal(q.domain, "acme.example");
    struct postern_dkim_key *key = signing_key(q.dns.name);
    postern_dkim_verifier_answer(v, q.dns.id + 1, key); /* not asked yet: nothing */
    postern_dkim_verifier_answer(v, 77, key);
    postern_dkim_verifier_answer(v, q.dns.id, NULL);
    postern_dkim_verifier_answer(v, q.dns.id, key);
    postern_dkim_verifier_answer(v, q.dns.id, key); /* twice: nothing */
    postern_dkim_key_free(key);
    answer_all(v);
    assert_int_equal(postern_dkim_verifier_end(v), 0);
    for (size_t i = 0; i < 3; i++)
        expect_result("all", v, i, POSTERN_DKIM_PASS);
    postern_dkim_verifier_free(v);
    buf_clear(&one);
    buf_clear(&two);
    buf_clear(&upper);
}

static void a_flood_of_signatures_is_reported_and_costs_little(void **state)
{
    struct buf good = signing_field(&(struct signing){ 0 }, header, SLICE("x\r\n"));
    struct postern_dkim_verifier *v = verifier(false);
    (void)state;
    feed_field(v, buf_slice(&good));
    for (size_t i = 0; i < 2000; i++)
        assert_int_equal(postern_dkim_verifier_field(v, "DKIM-Signature: b=x", 19), 0);
    feed_field(v, buf_slice(&good));
    feed_rest(v, header, SLICE("x\r\n"));
    assert_int_equal(postern_dkim_verifier_signatures(v), 2002);
    expect_result("first", v, 0, POSTERN_DKIM_PASS);
    expect_result("read", v, 99, POSTERN_DKIM_NEUTRAL);
    expect_result("not read", v, 100, POSTERN_DKIM_POLICY);
    expect_result("last", v, 2001, POSTERN_DKIM_POLICY);
    assert_false(postern_dkim_verifier_signature(v, 2001)->tried);
    postern_dkim_verifier_free(v);
    buf_clear(&good);
}

/* RFC 6008 §4: eight characters of b=, and more where two begin alike. */
static void labels_tell_signatures_apart(void **state)
{
    static const char *const fields[] = { "DKIM-Signature: b=abcdefghij",
                                          "DKIM-Signature: b=ABCD\r\n EFGH IJKL",
                                          "DKIM-Signature: b=abcdefghijkl",
                                          "DKIM-Signature: b=abcd",
                                          "DKIM-Signature: v=1",
                                          NULL };
    static const char *const want[] = { "abcdefghij", "ABCDEFGH", "abcdefghijk", "abcd", NULL };
    struct postern_dkim_verifier *v = verifier(false);
    (void)state;
    feed_rest(v, fields, SLICE(""));
    for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
        const char *label = postern_dkim_verifier_signature(v, i)->label;
        if ((label == NULL) != (want[i] == NULL) || (label && strcmp(label, want[i]) != 0))
            fail_msg("%zu: %s", i, label ? label : "none");
    }
    assert_int_equal(postern_dkim_verifier_result(v), POSTERN_DKIM_NEUTRAL);
    postern_dkim_verifier_free(v);
}

static void the_best_result_is_the_message_s(void **state)
{
    struct buf good = signing_field(&(struct signing){ 0 }, header, SLICE("x\r\n"));
    struct buf bad = signing_field(&(struct signing){ 0 }, header, SLICE("y\r\n"));
    struct postern_dkim_verifier *v = verifier(false);
    (void)state;
    feed_field(v, buf_slice(&bad));
    feed_field(v, buf_slice(&good));
    feed_rest(v, header, SLICE("x\r\n"));
    expect_result("bad", v, 0, POSTERN_DKIM_FAIL);
    expect_result("good", v, 1, POSTERN_DKIM_PASS);
    assert_int_equal(postern_dkim_verifier_result(v), POSTERN_DKIM_PASS);
    postern_dkim_verifier_free(v);
    v = verifier(false);
    feed_rest(v, header, SLICE("x\r\n"));
    assert_int_equal(postern_dkim_verifier_result(v), POSTERN_DKIM_NONE);
    assert_null(postern_dkim_verifier_signature(v, 0));
    postern_dkim_verifier_free(v);
    buf_clear(&good);
    buf_clear(&bad);
}

/* ---- forgeries ---- */

/* Whatever octet is another, in the signature's own field (but what b= holds), in the fields it covers, or
 * in the body. */
static void no_changed_octet_passes(void **state)
{
    struct signing how = { .canon = "simple/simple" };
    struct slice body = SLICE("Hi\r\n");
    struct buf field = signing_field(&how, header, body);
    struct slice parts[] = { buf_slice(&field), slice_of_str(header[0]), slice_of_str(header[1]),
                             body };
    uint8_t changed[1024];
    size_t covered =
        (size_t)(strstr((const char *)parts[0].p, " b=") + 3 - (const char *)parts[0].p);
    (void)state;
    for (size_t part = 0; part < 4; part++)
        for (size_t at = 0; at < (part ? parts[part].n : covered); at++)
            for (unsigned bit = 1; bit < 256; bit <<= 1) {
                struct postern_dkim_verifier *v = verifier(false);
                struct slice now[4];
                memcpy(now, parts, sizeof now);
                memcpy(changed, parts[part].p, parts[part].n);
                changed[at] ^= (uint8_t)bit;
                now[part].p = changed;
                for (size_t i = 0; i < 3; i++)
                    assert_int_equal(postern_dkim_verifier_field(v, now[i].p, now[i].n), 0);
                assert_int_equal(postern_dkim_verifier_header_end(v), 0);
                answer_all(v);
                (void)postern_dkim_verifier_body(v, now[3].p, now[3].n);
                (void)postern_dkim_verifier_end(v);
                if (postern_dkim_verifier_result(v) == POSTERN_DKIM_PASS)
                    fail_msg("part %zu, octet %zu, bit %u", part, at, bit);
                postern_dkim_verifier_free(v);
            }
    buf_clear(&field);
}

/* §5.4.2: what is listed once more than it is there cannot be added. */
static void oversigned_fields_cannot_be_added(void **state)
{
    struct buf field =
        signing_field(&(struct signing){ .names = "from:from:subject:to" }, header, SLICE(""));
    static const char *const added[] = { "From: evil@example.org", "To: you", "Subject: other",
                                         "X: y" };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(added); i++)
        for (size_t below = 0; below < 2; below++) {
            const char *fields[4] = { added[i], header[0], header[1], NULL };
            if (below) {
                fields[0] = header[0];
                fields[1] = header[1];
                fields[2] = added[i];
            }
            struct postern_dkim_verifier *v = verifier(false);
            feed_field(v, buf_slice(&field));
            feed_rest(v, fields, SLICE(""));
            /* Subject is listed once: one above it is not seen. */
            bool passes = i == 3 || (i == 2 && !below);
            expect_result(added[i], v, 0, passes ? POSTERN_DKIM_PASS : POSTERN_DKIM_FAIL);
            postern_dkim_verifier_free(v);
        }
    buf_clear(&field);
}

static void messages_that_trick_are_judged_as_they_are(void **state)
{
    static const char *const fields[] = { "From: Joe <joe@acme.example>",
                                          "From: Eve <eve@acme.example>",
                                          "Subject: hello",
                                          "nonsense",
                                          "Subject: a\nb\rc",
                                          NULL };
    struct slice body = SLICE("Bcc: x\r\nbare\nand\r\0\r\n");
    struct buf field =
        signing_field(&(struct signing){ .names = "from:from:subject:subject" }, fields, body);
    struct postern_dkim_verifier *v = verifier(false);
    (void)state;
    feed_field(v, buf_slice(&field));
    feed_rest(v, fields, body);
    expect_result("tricks", v, 0, POSTERN_DKIM_PASS);
    assert_int_equal(postern_dkim_verifier_faults(v),
                     POSTERN_MESSAGE_SEVERAL_FROM | POSTERN_MESSAGE_BAD_FIELD |
                         POSTERN_MESSAGE_BARE_CR | POSTERN_MESSAGE_BARE_LF | POSTERN_MESSAGE_NUL |
                         POSTERN_MESSAGE_FIELD_IN_BODY | POSTERN_MESSAGE_ONCE_TWICE);
    postern_dkim_verifier_free(v);
    buf_clear(&field);
}

/* ---- to explain ---- */

static void what_was_hashed_is_explained(void **state)
{
    struct buf field = signing_field(
        &(struct signing){ .names = "subject:from:subject",
                           .tags = "z=From:Joe=20<joe@acme.example>|Subject:old|\r\n To=20:x|"
                                   "SUBJECT:=20hello=20; " },
        header, SLICE("x\r\n"));
    struct postern_dkim_verifier *v = verifier(true);
    struct postern_dkim_hashed hashed;
    (void)state;
    feed_field(v, buf_slice(&field));
    feed_field(v, SLICE("DKIM-Signature: nonsense"));
    feed_rest(v, header, SLICE("y\r\n"));
    expect_result("explained", v, 0, POSTERN_DKIM_FAIL);
    assert_int_equal(postern_dkim_verifier_hashed(v, 0, &hashed), 1);
    assert_true(slice_starts(
        (struct slice){ hashed.header.p, hashed.header.n },
        SLICE("subject:hello\r\nfrom:Joe <joe@acme.example>\r\ndkim-signature:v=1; ")));
    assert_string_equal(hashed.changed, "Subject, To");
    assert_int_equal(hashed.body_signed.n, 32);
    assert_int_equal(hashed.body_computed.n, 32);
    assert_memory_not_equal(hashed.body_signed.p, hashed.body_computed.p, 32);
    assert_true(postern_dkim_verifier_signature(v, 0)->body_differs);
    assert_false(postern_dkim_verifier_signature(v, 0)->header_differs);
    assert_int_equal(postern_dkim_verifier_hashed(v, 1, &hashed), 0);
    assert_int_equal(postern_dkim_verifier_hashed(v, 2, &hashed), 0);
    postern_dkim_verifier_free(v);
    buf_clear(&field);
}

/* OpenDKIM#433: copies longer than 32 KiB overran its buffer. */
static void copied_fields_of_any_length_are_compared(void **state)
{
    struct buf tags;
    struct postern_dkim_hashed hashed;
    (void)state;
    buf_init(&tags, 200000);
    buf_append_str(&tags, "z=Subject:");
    for (size_t i = 0; i < 100000; i++)
        buf_append_byte(&tags, 'x');
    buf_append(&tags, SLICE("; \0"));
    struct buf field = signing_field(&(struct signing){ .tags = (const char *)buf_slice(&tags).p },
                                     header, SLICE(""));
    struct postern_dkim_verifier *v = verifier(true);
    feed_field(v, buf_slice(&field));
    feed_rest(v, header, SLICE(""));
    expect_result("long", v, 0, POSTERN_DKIM_PASS);
    assert_int_equal(postern_dkim_verifier_hashed(v, 0, &hashed), 1);
    assert_string_equal(hashed.changed, "Subject");
    postern_dkim_verifier_free(v);
    buf_clear(&field);
    buf_clear(&tags);
}

/* ---- the order of calls ---- */

static void calls_out_of_order_are_refused(void **state)
{
    struct postern_dkim_verifier *v = verifier(false);
    struct postern_dkim_hashed hashed;
    (void)state;
    assert_int_equal(postern_dkim_verifier_body(v, "x", 1), -EINVAL);
    assert_int_equal(postern_dkim_verifier_end(v), -EINVAL);
    assert_false(postern_dkim_verifier_done(v));
    assert_int_equal(postern_dkim_verifier_header_end(v), 0);
    assert_int_equal(postern_dkim_verifier_header_end(v), -EINVAL);
    assert_int_equal(postern_dkim_verifier_field(v, "a:", 2), -EINVAL);
    assert_int_equal(postern_dkim_verifier_end(v), 0);
    assert_int_equal(postern_dkim_verifier_body(v, "x", 1), -EINVAL);
    assert_int_equal(postern_dkim_verifier_end(v), -EINVAL);
    assert_true(postern_dkim_verifier_done(v));
    assert_int_equal(postern_dkim_verifier_hashed(v, 0, &hashed), 0);
    postern_dkim_verifier_free(v);
    postern_dkim_verifier_free(NULL);
}

static void a_header_over_its_bound_is_refused(void **state)
{
    struct postern_dkim_verifier *v = verifier(false);
    uint8_t *large = calloc(1, (size_t)2 << 20);
    (void)state;
    assert_int_equal(postern_dkim_verifier_field(v, large, (size_t)2 << 20), -E2BIG);
    assert_int_equal(postern_dkim_verifier_field(v, "a:", 2), -EINVAL);
    assert_int_equal(postern_dkim_verifier_header_end(v), -EINVAL);
    assert_false(postern_dkim_verifier_done(v));
    postern_dkim_verifier_free(v);
    free(large);
}

static void words_are_those_of_rfc_8601(void **state)
{
    static const char *const results[] = { "none", "neutral",   "permerror", "policy",
                                           "fail", "temperror", "pass" };
    static const char *const answers[] = { "data",     "nodata", "nxdomain",
                                           "servfail", "bogus",  "timeout" };
    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(results); i++)
        assert_string_equal(postern_dkim_result_text((enum postern_dkim_result)i), results[i]);
    for (unsigned i = 0; i < ARRAY_SIZE(answers); i++)
        assert_string_equal(postern_dns_answer_text((enum postern_dns_answer)i), answers[i]);
    assert_string_equal(postern_message_fault_text(POSTERN_MESSAGE_SEVERAL_FROM), "several-from");
    assert_string_equal(postern_message_fault_text(POSTERN_MESSAGE_ONCE_TWICE), "once-twice");
    assert_null(postern_message_fault_text(0));
    assert_null(postern_message_fault_text(3));
    assert_null(postern_message_fault_text(1 << 8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_message_of_rfc_6376_passes),
        cmocka_unit_test(the_message_of_rfc_8463_passes_twice),
        cmocka_unit_test(messages_signed_by_dkimpy_pass),
        cmocka_unit_test(rules_hold),
        cmocka_unit_test(keys_say_what_they_are_for),
        cmocka_unit_test(answers_of_dns_stay_apart),
        cmocka_unit_test(at_most_ten_are_tried_and_all_are_reported),
        cmocka_unit_test(a_flood_of_signatures_is_reported_and_costs_little),
        cmocka_unit_test(each_key_is_asked_for_once),
        cmocka_unit_test(labels_tell_signatures_apart),
        cmocka_unit_test(the_best_result_is_the_message_s),
        cmocka_unit_test(no_changed_octet_passes),
        cmocka_unit_test(oversigned_fields_cannot_be_added),
        cmocka_unit_test(messages_that_trick_are_judged_as_they_are),
        cmocka_unit_test(what_was_hashed_is_explained),
        cmocka_unit_test(copied_fields_of_any_length_are_compared),
        cmocka_unit_test(calls_out_of_order_are_refused),
        cmocka_unit_test(a_header_over_its_bound_is_refused),
        cmocka_unit_test(words_are_those_of_rfc_8601),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
