/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "dkim/private.h"
#include "dkim/signature.h"
#include "postern/dkim.h"

#define NOW 1700000000

/* Fields and body: a message as it is fed. */
struct message {
    const char *fields[8];
    struct slice body;
};

static const struct message plain = {
    { "From: Joe <joe@example.com>", "To: a@example.org", "Subject:  a\r\n\tsubject ",
      "Date: Fri, 1 Jan 2021 00:00:00 +0000" },
    SLICE_INIT("Hello,\r\n \t you  there. \r\n\r\n\r\n"),
};

static struct postern_dkim_private *keys[2];

static int make_keys(void **state)
{
    (void)state;
    static const char *const types[] = { "rsa", "ed25519" };
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        char *pem = postern_dkim_private_generate(types[i], 1024, NULL);
        keys[i] = pem ? postern_dkim_private_new(pem, strlen(pem), NULL) : NULL;
        free(pem);
        if (!keys[i])
            return -1;
    }
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        postern_dkim_private_free(keys[i]);
    return 0;
}

static struct postern_dkim_sign_options options(void)
{
    struct postern_dkim_sign_options o;
    postern_dkim_sign_options_init(&o);
    o.domain = "example.com";
    o.selector = "s1";
    o.now = NOW;
    return o;
}

static int feed(struct postern_dkim_signer *s, const struct message *m)
{
    int error = 0;
    for (size_t i = 0; m->fields[i] && !error; i++) {
        struct slice field = guarded(slice_of_str(m->fields[i]));
        error = postern_dkim_signer_field(s, field.p, field.n);
    }
    if (!error)
        error = postern_dkim_signer_header_end(s);
    struct slice body = guarded(m->body);
    if (!error)
        error = postern_dkim_signer_body(s, body.p, body.n);
    return error ? error : postern_dkim_signer_end(s);
}

static struct postern_dkim_signer *sign(const struct message *m,
                                        const struct postern_dkim_private *key,
                                        const struct postern_dkim_sign_options *o)
{
    struct postern_dkim_signer *s = postern_dkim_signer_new();
    assert_non_null(s);
    assert_int_equal(postern_dkim_signer_add(s, key, o), 0);
    assert_int_equal(feed(s, m), 0);
    assert_non_null(postern_dkim_signer_signature(s, 0));
    return s;
}

/* ---- and verified ---- */

static struct postern_dkim_key *public_of(const struct postern_dkim_private *key)
{
    uint8_t rdata[1024];
    char *text = postern_dkim_private_record(key);
    size_t n = strlen(text), first = n < 255 ? n : 255;
    rdata[0] = (uint8_t)first;
    memcpy(rdata + 1, text, first);
    if (n > first) {
        rdata[1 + first] = (uint8_t)(n - first);
        memcpy(rdata + 2 + first, text + first, n - first);
    }
    free(text);
    struct postern_octets record = { rdata, n + (n > first ? 2 : 1) };
    struct postern_dns_response response = { .rdata = &record, .rdata_n = 1 };
    return postern_dkim_key_new(&response);
}

static struct postern_dkim_verifier *verify(const struct message *m, const char *field,
                                            const struct postern_dkim_private *key)
{
    struct postern_dkim_verify_options o;
    struct postern_dkim_question q;
    postern_dkim_verify_options_init(&o, NOW + 1);
    struct postern_dkim_verifier *v = postern_dkim_verifier_new(&o);
    assert_int_equal(postern_dkim_verifier_field(v, field, strlen(field)), 0);
    for (size_t i = 0; m->fields[i]; i++)
        assert_int_equal(postern_dkim_verifier_field(v, m->fields[i], strlen(m->fields[i])), 0);
    assert_int_equal(postern_dkim_verifier_header_end(v), 0);
    assert_int_equal(postern_dkim_verifier_body(v, m->body.p, m->body.n), 0);
    assert_int_equal(postern_dkim_verifier_end(v), 0);
    struct postern_dkim_key *public = public_of(key);
    while (postern_dkim_verifier_question(v, &q))
        postern_dkim_verifier_answer(v, q.dns.id, public);
    postern_dkim_key_free(public);
    return v;
}

static enum postern_dkim_result result_of(const struct message *m, const char *field,
                                          const struct postern_dkim_private *key)
{
    struct postern_dkim_verifier *v = verify(m, field, key);
    enum postern_dkim_result result = postern_dkim_verifier_result(v);
    postern_dkim_verifier_free(v);
    return result;
}

/* clang-format off */
static const struct {
    const char *name;
    struct message message;
} messages[] = {
    { "plain", { { "From: a@example.com" }, SLICE_INIT("x\r\n") } },
    { "no body", { { "From: a@example.com", "To: b@example.org" }, SLICE_INIT("") } },
    { "empty lines only", { { "From: a@example.com" }, SLICE_INIT("\r\n\r\n") } },
    { "no line end at the end", { { "From: a@example.com" }, SLICE_INIT("x\r\ny") } },
    { "several of a name", { { "From: a@example.com", "To: 1@x.example", "to: 2@x.example", "TO: 3@x.example", "To:" }, SLICE_INIT("x\r\n") } },
    { "awkward white space", { { "From :\t a@example.com ", "Subject:\r\n \r\n\tx  y \t", "To:", "Cc: \r\n " }, SLICE_INIT(" \r\n\t\r\n a \t b\t\r\n") } },
    { "8-bit", { { "From: \xc3\xa9@example.com", "Subject: \xff\xfe" }, SLICE_INIT("\xe9\r\n") } },
    { "NUL, CR and LF", { { "From: a@example.com", "Subject: a\rb\nc" }, SLICE_INIT("a\0b\rc\nd\r\n") } },
    { "two From", { { "From: a@example.com", "From: b@example.com" }, SLICE_INIT("x\r\n") } },
    { "no From", { { "To: a@example.com" }, SLICE_INIT("x\r\n") } },
    { "a line that is no field", { { "From: a@example.com", "no field" }, SLICE_INIT("x\r\n") } },
    { "signed before", { { "DKIM-Signature: v=1; b=x", "From: a@example.com" }, SLICE_INIT("x\r\n") } },
};
/* clang-format on */

static void what_is_signed_verifies(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(messages) * 8; i++) {
        const struct message *m = &messages[i / 8].message;
        struct postern_dkim_sign_options o = options();
        o.header = i & 1 ? POSTERN_DKIM_RELAXED : POSTERN_DKIM_SIMPLE;
        o.body = i & 2 ? POSTERN_DKIM_RELAXED : POSTERN_DKIM_SIMPLE;
        const struct postern_dkim_private *key = keys[i & 4 ? 1 : 0];
        struct postern_dkim_signer *s = sign(m, key, &o);
        enum postern_dkim_result result = result_of(m, postern_dkim_signer_signature(s, 0), key);
        if (result != POSTERN_DKIM_PASS)
            fail_msg("%s, %zu: %s", messages[i / 8].name, i % 8, postern_dkim_result_text(result));
        postern_dkim_signer_free(s);
    }
}

static void what_was_signed_cannot_be_changed(void **state)
{
    (void)state;
    static const struct message changed[] = {
        { { "From: Jim <joe@example.com>", "To: a@example.org", "Subject:  a\r\n\tsubject ",
            "Date: Fri, 1 Jan 2021 00:00:00 +0000" },
          SLICE_INIT("Hello,\r\n \t you  there. \r\n\r\n\r\n") },
        { { "From: Joe <joe@example.com>", "To: a@example.org", "Subject:  a\r\n\tsubject ",
            "Date: Fri, 1 Jan 2021 00:00:00 +0000" },
          SLICE_INIT("Hullo,\r\n \t you  there. \r\n\r\n\r\n") },
    };
    struct postern_dkim_sign_options o = options();
    struct postern_dkim_signer *s = sign(&plain, keys[0], &o);
    const char *field = postern_dkim_signer_signature(s, 0);
    for (size_t i = 0; i < ARRAY_SIZE(changed); i++)
        assert_int_equal(result_of(&changed[i], field, keys[0]), POSTERN_DKIM_FAIL);
    postern_dkim_signer_free(s);
}

/* RFC 6376 §8.15: a name that is listed once more than it is there admits no other. */
static void what_is_oversigned_cannot_be_added(void **state)
{
    (void)state;
    static const char *const names[] = { "From",         "To",           "Cc",
                                         "Subject",      "Date",         "Message-ID",
                                         "Content-Type", "MIME-Version", NULL };
    const char *const *oversign = postern_dkim_sign_oversign();
    struct postern_dkim_sign_options o = options();
    struct postern_dkim_signer *s = sign(&plain, keys[0], &o);
    for (size_t i = 0; names[i]; i++) {
        char added[64];
        struct message m = plain;
        assert_string_equal(oversign[i], names[i]);
        snprintf(added, sizeof added, "%s: x", names[i]);
        m.fields[4] = m.fields[3];
        m.fields[3] = added;
        assert_int_equal(result_of(&m, postern_dkim_signer_signature(s, 0), keys[0]),
                         POSTERN_DKIM_FAIL);
    }
    struct message m = plain;
    m.fields[4] = "X-Other: x";
    assert_int_equal(result_of(&m, postern_dkim_signer_signature(s, 0), keys[0]),
                     POSTERN_DKIM_PASS);
    assert_null(oversign[8]);
    postern_dkim_signer_free(s);
}

/* The names in h=, with one space between. */
static void expect_names(const struct message *m, const struct postern_dkim_sign_options *o,
                         const char *wanted)
{
    struct postern_dkim_signer *s = sign(m, keys[1], o);
    struct slice field = slice_of_str(postern_dkim_signer_signature(s, 0)), name, value;
    struct dkim_signature got;
    struct arena arena;
    struct buf names;
    const char *why;
    arena_init(&arena, 65536);
    buf_init(&names, 65536);
    (void)slice_cut(field, ':', &name, &value);
    assert_int_equal(dkim_signature_parse(value, &arena, &got, &why), POSTERN_DKIM_PASS);
    for (size_t i = 0; i < got.names_n; i++) {
        if (i)
            buf_append_byte(&names, ' ');
        buf_append(&names, got.names[i]);
    }
    expect_slice("h=", buf_slice(&names), slice_of_str(wanted));
    buf_clear(&names);
    arena_clear(&arena);
    postern_dkim_signer_free(s);
}

static void h_lists_what_is_there_and_once_more_what_is_oversigned(void **state)
{
    (void)state;
    static const char *const some[] = { "subject", "X-A", "SUBJECT" };
    static const char *const over[] = { "Sender", "X-A" };
    struct postern_dkim_sign_options o = options();
    expect_names(
        &plain, &o,
        "From From Subject Subject Date Date Message-ID To To Cc MIME-Version Content-Type");
    o.oversign = over;
    expect_names(&plain, &o, "From Subject Date To"); /* none: 0 of them */
    o.oversign_n = 2; /* Sender, absent, where an owner of strict practices wants it */
    expect_names(&plain, &o, "From Sender Subject Date To X-A");
    o.fields = some;
    o.fields_n = 3;
    expect_names(&plain, &o, "From subject X-A Sender"); /* From is always signed (§5.4) */
    o.fields_n = 0;
    o.oversign_n = 0;
    expect_names(&plain, &o, "From");
    static const struct message no_from = { { "To: a@b" }, SLICE_INIT("") };
    expect_names(&no_from, &o, "From");
    static const struct message list = {
        { "Sender: l@example.org", "From: a@example.com", "To: a@x.example", "to: b@x.example",
          "List-Id: <l.example.org>", "List-Unsubscribe-Post: x", "X-Spam: no" },
        SLICE_INIT("")
    };
    o = options();
    o.oversign = over;
    expect_names(&list, &o, "From Sender To To List-Id List-Unsubscribe-Post");
}

static void all_that_rfc_6376_lists_is_signed(void **state)
{
    (void)state;
    /* §5.4.1; draft-allman-dkim-ssp-02 §5.2; RFC 8058 §4 */
    static const char *const wanted[] = {
        "From",
        "Reply-To",
        "Subject",
        "Date",
        "To",
        "Cc",
        "Resent-Date",
        "Resent-From",
        "Resent-To",
        "Resent-Cc",
        "In-Reply-To",
        "References",
        "List-Id",
        "List-Help",
        "List-Unsubscribe",
        "List-Subscribe",
        "List-Post",
        "List-Owner",
        "List-Archive",
        "Sender",
        "Message-ID",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
        "List-Unsubscribe-Post",
    };
    const char *const *fields = postern_dkim_sign_fields();
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
        size_t k = 0;
        while (fields[k] && strcmp(fields[k], wanted[i]) != 0)
            k++;
        if (!fields[k])
            fail_msg("%s", wanted[i]);
    }
}

static void several_signatures_are_made_in_one_pass(void **state)
{
    (void)state;
    struct postern_dkim_signer *s = postern_dkim_signer_new();
    struct postern_dkim_sign_options o = options();
    for (size_t i = 0; i < 8; i++) {
        o.header = i & 1 ? POSTERN_DKIM_RELAXED : POSTERN_DKIM_SIMPLE;
        o.body = i & 2 ? POSTERN_DKIM_RELAXED : POSTERN_DKIM_SIMPLE;
        assert_int_equal(postern_dkim_signer_add(s, keys[i & 4 ? 1 : 0], &o), 0);
    }
    assert_int_equal(postern_dkim_signer_add(s, keys[0], &o), -E2BIG);
    assert_null(postern_dkim_signer_signature(s, 0));
    assert_int_equal(feed(s, &plain), 0);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(
            result_of(&plain, postern_dkim_signer_signature(s, i), keys[i & 4 ? 1 : 0]),
            POSTERN_DKIM_PASS);
    assert_null(postern_dkim_signer_signature(s, 8));
    postern_dkim_signer_free(s);
}

static void the_field_is_written_as_mail_wants_it(void **state)
{
    (void)state;
    static const char head[] =
        "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/simple; "
        "d=example.com;\r\n\ts=s1; i=j=3Do=20e@mail.example.com; t=1700000000; "
        "x=1700003600;\r\n\th=From:From:";
    struct postern_dkim_sign_options o = options();
    o.body = POSTERN_DKIM_SIMPLE;
    o.domain = "Example.com.";
    o.identity = "j=o e@Mail.example.com";
    o.lifetime = 3600;
    struct postern_dkim_signer *s = sign(&plain, keys[1], &o);
    const char *field = postern_dkim_signer_signature(s, 0);
    if (strncmp(field, head, sizeof head - 1) != 0)
        fail_msg("%s", field);
    struct slice rest = slice_of_str(field), line;
    while (rest.n) { /* every line but the first begins with white space, and none is long */
        (void)slice_cut(rest, '\n', &line, &rest);
        assert_true(line.n <= 78 && (rest.n == 0 || line.p[line.n - 1] == '\r'));
        assert_true(rest.n == 0 || rest.p[0] == '\t');
    }
    assert_int_equal(result_of(&plain, field, keys[1]), POSTERN_DKIM_PASS);
    postern_dkim_signer_free(s);
}

static void times_are_written_when_asked_for(void **state)
{
    (void)state;
    struct postern_dkim_sign_options o = options();
    o.timestamp = 0;
    struct postern_dkim_signer *s = sign(&plain, keys[1], &o);
    assert_null(strstr(postern_dkim_signer_signature(s, 0), "t="));
    assert_null(strstr(postern_dkim_signer_signature(s, 0), "x="));
    postern_dkim_signer_free(s);
    o.lifetime = 10;
    s = sign(&plain, keys[1], &o);
    assert_null(strstr(postern_dkim_signer_signature(s, 0), " t="));
    assert_non_null(strstr(postern_dkim_signer_signature(s, 0), "x=1700000010;"));
    postern_dkim_signer_free(s);
}

static void copies_tell_what_was_signed(void **state)
{
    (void)state;
    static const struct message m = { { "From : a|b;c=d <a@example.com>", "Subject:  x\r\n\ty\xe9",
                                        "X-Other: no" },
                                      SLICE_INIT("") };
    struct postern_dkim_sign_options o = options();
    struct postern_dkim_hashed hashed;
    o.copy_fields = 1;
    o.header = POSTERN_DKIM_SIMPLE;
    struct postern_dkim_signer *s = sign(&m, keys[1], &o);
    const char *field = postern_dkim_signer_signature(s, 0);
    const char *z = strstr(field, "z=");
    assert_non_null(z);
    assert_true(slice_starts(
        slice_of_str(z),
        SLICE("z=From:=20a=7C=62=3Bc=3Dd=20<a@example.com>|Subject:=20=20x=0D=0A=09y=E9;")));
    assert_int_equal(result_of(&m, field, keys[1]), POSTERN_DKIM_PASS);
    struct postern_dkim_verifier *v = verify(&m, field, keys[1]);
    assert_false(postern_dkim_verifier_hashed(v, 0, &hashed) && hashed.changed);
    postern_dkim_verifier_free(v);
    postern_dkim_signer_free(s);
}

/* dkimpy takes "b=" behind a fold for the tag. */
static void copies_have_nothing_that_looks_like_b(void **state)
{
    (void)state;
    for (size_t i = 0; i < 80; i++) {
        char subject[128] = "Subject: ";
        struct message m = { { "From: a@example.com", subject }, SLICE_INIT("") };
        struct postern_dkim_sign_options o = options();
        memset(subject + 9, 'x', i);
        memcpy(subject + 9 + i, "b\te", 4);
        o.copy_fields = 1;
        struct postern_dkim_signer *s = sign(&m, keys[1], &o);
        const char *b = strstr(postern_dkim_signer_signature(s, 0), "\tb=");
        assert_non_null(b);
        assert_null(strstr(b + 1, "\tb="));
        assert_int_equal(result_of(&m, postern_dkim_signer_signature(s, 0), keys[1]),
                         POSTERN_DKIM_PASS);
        postern_dkim_signer_free(s);
    }
}

/* OpenDKIM#433: a z= longer than 32 KiB ran over its buffer. */
static void copies_are_bounded(void **state)
{
    (void)state;
    static char subject[100000] = "Subject: ";
    struct message m = { { "From: a@example.com", subject }, SLICE_INIT("") };
    struct postern_dkim_sign_options o = options();
    memset(subject + 9, ' ', sizeof subject - 11);
    subject[sizeof subject - 2] = 'x';
    o.copy_fields = 1;
    struct postern_dkim_signer *s = sign(&m, keys[1], &o);
    const char *field = postern_dkim_signer_signature(s, 0);
    assert_true(strlen(field) < 2000);
    assert_non_null(strstr(field, "z=From:=20a@example.com;"));
    assert_int_equal(result_of(&m, field, keys[1]), POSTERN_DKIM_PASS);
    postern_dkim_signer_free(s);
    memset(subject + 9, 'x', 20000); /* one of two fits */
    subject[20009] = 0;
    m.fields[2] = subject;
    s = sign(&m, keys[1], &o);
    field = postern_dkim_signer_signature(s, 0);
    assert_true(strlen(field) > 20000 && strlen(field) < 25000);
    assert_int_equal(result_of(&m, field, keys[1]), POSTERN_DKIM_PASS);
    postern_dkim_signer_free(s);
}

#define L60 "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij"

/* clang-format off */
static const struct {
    const char *name, *domain, *selector, *identity;
    int64_t now, lifetime;
    int error;
} asked[] = {
    { "all well", "example.com", "s1", "a@example.com", 1, 0, 0 },
    { "U-labels", "b\xc3\xbc" "cher.example", "s1", "\xc3\xa9@x.b\xc3\xbc" "cher.example", 1, 0, 0 },
    { "i= without a local part", "example.com", "s1", "@example.com", 1, 0, 0 },
    { "no domain", NULL, "s1", NULL, 1, 0, -EINVAL },
    { "an empty domain", "", "s1", NULL, 1, 0, -EINVAL },
    { "a domain of one label", "com", "s1", NULL, 1, 0, -EINVAL },
    { "a domain that would end its tag", "example.com; x=y.z", "s1", NULL, 1, 0, -EINVAL },
    { "a domain that would end its line", "example.com\r\n.x", "s1", NULL, 1, 0, -EINVAL },
    { "no selector", "example.com", NULL, NULL, 1, 0, -EINVAL },
    { "a selector with a space", "example.com", "s 1", NULL, 1, 0, -EINVAL },
    { "too long for the name of a key", L60 "." L60 "." L60 ".example", L60, NULL, 1, 0, -EINVAL },
    { "i= elsewhere", "example.com", "s1", "a@example.org", 1, 0, -EINVAL },
    { "i= without @", "example.com", "s1", "a", 1, 0, -EINVAL },
    { "i= with a line end", "example.com", "s1", "a\n@example.com", 1, 0, -EINVAL },
    { "a time before 1970", "example.com", "s1", NULL, -1, 0, -EINVAL },
    { "a negative lifetime", "example.com", "s1", NULL, 1, -1, -EINVAL },
    { "a lifetime without end", "example.com", "s1", NULL, 1, INT64_MAX, -EINVAL },
};
/* clang-format on */

static void what_cannot_be_written_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
        struct postern_dkim_signer *s = postern_dkim_signer_new();
        struct postern_dkim_sign_options o = options();
        o.domain = asked[i].domain;
        o.selector = asked[i].selector;
        o.identity = asked[i].identity;
        o.now = asked[i].now;
        o.lifetime = asked[i].lifetime;
        int error = postern_dkim_signer_add(s, keys[0], &o);
        if (error != asked[i].error)
            fail_msg("%s: %d", asked[i].name, error);
        assert_int_equal(feed(s, &plain), 0);
        assert_int_equal(postern_dkim_signer_signature(s, 0) != NULL, error == 0);
        postern_dkim_signer_free(s);
    }
}

static void names_that_are_no_field_names_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "a b", "a:", "a;b", "a|b", "a\r\nb", "\xc3\xa9", "\x7f"
    };
    struct postern_dkim_signer *s = postern_dkim_signer_new();
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct postern_dkim_sign_options o = options();
        o.fields = bad + i;
        o.fields_n = 1;
        assert_int_equal(postern_dkim_signer_add(s, keys[0], &o), -EINVAL);
        o = options();
        o.oversign = bad + i;
        o.oversign_n = 1;
        assert_int_equal(postern_dkim_signer_add(s, keys[0], &o), -EINVAL);
    }
    postern_dkim_signer_free(s);
}

/* From, 510 To and one more: as many names as verifiers read. */
static void more_names_than_verifiers_read_are_not_signed(void **state)
{
    (void)state;
    static const char *const to[] = { "To" };
    for (unsigned n = 510; n <= 513; n++) {
        struct postern_dkim_signer *s = postern_dkim_signer_new();
        struct postern_dkim_sign_options o = options();
        o.fields = o.oversign = to;
        o.fields_n = o.oversign_n = 1;
        assert_int_equal(postern_dkim_signer_add(s, keys[1], &o), 0);
        for (unsigned i = 0; i < n - 2; i++)
            assert_int_equal(postern_dkim_signer_field(s, "To: x", 5), 0);
        int error = postern_dkim_signer_header_end(s);
        assert_int_equal(error, n > DKIM_SIGNATURE_NAMES_MAX ? -E2BIG : 0);
        postern_dkim_signer_free(s);
    }
}

static void calls_out_of_order_are_refused(void **state)
{
    (void)state;
    struct postern_dkim_signer *s = postern_dkim_signer_new();
    struct postern_dkim_sign_options o = options();
    assert_int_equal(postern_dkim_signer_body(s, "x", 1), -EINVAL);
    assert_int_equal(postern_dkim_signer_end(s), -EINVAL);
    assert_int_equal(postern_dkim_signer_add(s, NULL, &o), -EINVAL);
    assert_int_equal(postern_dkim_signer_header_end(s), 0);
    assert_int_equal(postern_dkim_signer_header_end(s), -EINVAL);
    assert_int_equal(postern_dkim_signer_field(s, "A: b", 4), -EINVAL);
    assert_int_equal(postern_dkim_signer_add(s, keys[0], &o), -EINVAL);
    assert_int_equal(postern_dkim_signer_end(s), 0);
    assert_int_equal(postern_dkim_signer_end(s), -EINVAL);
    assert_null(postern_dkim_signer_signature(s, 0));
    postern_dkim_signer_free(s);
    postern_dkim_signer_free(NULL);
}

/* clang-format off */
static const struct {
    const char *name;
    struct slice body;
    int eight_bit;
    size_t longest;
    unsigned faults;
} bodies[] = {
    { "nothing", SLICE_INIT(""), 0, 0, 0 },
    { "lines", SLICE_INIT("a\r\nabc\r\nab"), 0, 3, 0 },
    { "the last line", SLICE_INIT("a\r\nabc"), 0, 3, 0 },
    { "empty lines", SLICE_INIT("\r\n\r\n"), 0, 0, 0 },
    { "8-bit", SLICE_INIT("a\xe9\r\n"), 1, 2, 0 },
    { "a CR inside", SLICE_INIT("a\rb\r\n"), 0, 3, POSTERN_MESSAGE_BARE_CR },
    { "a bare LF", SLICE_INIT("ab\nc\r\n"), 0, 2, POSTERN_MESSAGE_BARE_LF },
    { "NUL", SLICE_INIT("a\0b\r\n"), 0, 3, POSTERN_MESSAGE_NUL },
};
/* clang-format on */

/* Whole, and octet by octet. */
static void what_the_next_hop_breaks_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bodies) * 2; i++) {
        struct postern_dkim_signer *s = postern_dkim_signer_new();
        struct postern_dkim_hazards got;
        struct slice body = guarded(bodies[i / 2].body);
        assert_int_equal(postern_dkim_signer_field(s, "From: a@b.example", 17), 0);
        assert_int_equal(postern_dkim_signer_header_end(s), 0);
        for (size_t k = 0; i % 2 && k < body.n; k++)
            assert_int_equal(postern_dkim_signer_body(s, body.p + k, 1), 0);
        if (i % 2 == 0)
            assert_int_equal(postern_dkim_signer_body(s, body.p, body.n), 0);
        assert_int_equal(postern_dkim_signer_end(s), 0);
        postern_dkim_signer_hazards(s, &got);
        if (got.eight_bit != bodies[i / 2].eight_bit || got.longest_line != bodies[i / 2].longest ||
            got.faults != bodies[i / 2].faults)
            fail_msg("%s: %d, %zu, %x", bodies[i / 2].name, got.eight_bit, got.longest_line,
                     got.faults);
        postern_dkim_signer_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_signed_verifies),
        cmocka_unit_test(what_was_signed_cannot_be_changed),
        cmocka_unit_test(what_is_oversigned_cannot_be_added),
        cmocka_unit_test(h_lists_what_is_there_and_once_more_what_is_oversigned),
        cmocka_unit_test(all_that_rfc_6376_lists_is_signed),
        cmocka_unit_test(several_signatures_are_made_in_one_pass),
        cmocka_unit_test(the_field_is_written_as_mail_wants_it),
        cmocka_unit_test(times_are_written_when_asked_for),
        cmocka_unit_test(copies_tell_what_was_signed),
        cmocka_unit_test(copies_have_nothing_that_looks_like_b),
        cmocka_unit_test(copies_are_bounded),
        cmocka_unit_test(what_cannot_be_written_is_refused),
        cmocka_unit_test(names_that_are_no_field_names_are_refused),
        cmocka_unit_test(more_names_than_verifiers_read_are_not_signed),
        cmocka_unit_test(calls_out_of_order_are_refused),
        cmocka_unit_test(what_the_next_hop_breaks_is_told),
    };
    return cmocka_run_group_tests_name("dkim/signer", tests, make_keys, free_keys);
}
