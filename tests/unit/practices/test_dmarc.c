/* SPDX-License-Identifier: ISC
 *
 * DMARC's DKIM half (RFC 9989): each row is one test.
 */
#include "check.h"

#include "base/buf.h"
#include "practices_script.h"

#define V   "v=DMARC1; "
#define RUA "rua=mailto:a@b.example"

/* verdicts */
#define N POSTERN_NON_SUSPICIOUS
#define T POSTERN_VERDICT_TEMPERROR
#define X POSTERN_VERDICT_NONE
#define E POSTERN_VERDICT_PERMERROR

/* clang-format off */
static const struct row {
    const char *id, *from;
    const char *signers; /* d= of valid signatures, with "?" behind: the key cannot be had */
    const char *dns;     /* lines "NAME ANSWER", NAME without _dmarc. or with "@" before it for the name
                          * itself; what no line holds is NXDOMAIN */
    const char *asked;
    enum postern_verdict verdict;
    const char *practice, *tag, *disposition, *organizational, *record;
    unsigned log;
} rows[] = {
    { "identical-needs-no-walk", "example.com", "example.com", "example.com " V "p=reject", "example.com", N, "reject", "p", "reject", "example.com", "example.com", 0 },
    { "unsigned-needs-no-walk", "example.com", "", "example.com " V "p=reject", "example.com", X, "reject", "p", "reject", NULL, "example.com", 0 },
    { "unsigned-p-none", "example.com", "", "example.com " V "p=none", "example.com", X, "none", "p", "none", NULL, "example.com", 0 },
    { "third-party", "example.com", "list.other", "example.com " V "p=reject", "example.com", X, "reject", "p", "reject", NULL, "example.com", 0 },
    { "third-party-same-tld", "example.com", "other.com", "example.com " V "p=reject", "example.com com", X, "reject", "p", "reject", "example.com", "example.com", 0 },
    { "relaxed-sub", "example.com", "mail.example.com", "example.com " V "p=reject", "example.com com mail.example.com", N, "reject", "p", "reject", "example.com", "example.com", 0 },
    { "relaxed-parent", "mail.example.com", "example.com", "example.com " V "p=reject", "mail.example.com example.com com", N, "reject", "p", "reject", "example.com", "example.com", 0 },
    { "relaxed-sister", "a.example.com", "b.example.com", "example.com " V "p=reject; sp=none", "a.example.com example.com com b.example.com", N, "none", "sp", "none", "example.com", "example.com", 0 },
    { "relaxed-sister-with-psd-n", "a.example.com", "x.b.example.com", "example.com " V "p=reject\nb.example.com " V "psd=n; p=none", "a.example.com example.com com x.b.example.com b.example.com", X, "reject", "p", "reject", "example.com", "example.com", 0 },
    { "relaxed-by-own-record", "a.example.com", "b.example.com", "example.com " V "p=reject\na.example.com " V "p=none", "a.example.com example.com com b.example.com", N, "none", "p", "none", "example.com", "a.example.com", 0 },
    { "strict-sub", "example.com", "mail.example.com", "example.com " V "p=reject; adkim=s", "example.com", X, "reject", "p", "reject", NULL, "example.com", 0 },
    { "strict-identical", "example.com", "mail.example.com,example.com", "example.com " V "p=reject; adkim=s", "example.com", N, "reject", "p", "reject", "example.com", "example.com", 0 },
    { "strict-of-the-organization", "mail.example.com", "example.com", "example.com " V "p=reject; adkim=s", "mail.example.com example.com com", X, "reject", "p", "reject", "example.com", "example.com", 0 },
    { "identical-without-a-record-walks-for-policy", "mail.example.com", "mail.example.com", "example.com " V "p=reject", "mail.example.com example.com com", N, "reject", "p", "reject", "example.com", "example.com", 0 },
    { "none", "a.example.com", "a.example.com", "", "a.example.com example.com com", X, NULL, NULL, NULL, "a.example.com", NULL, 0 },
    { "sp-below", "a.example.com", "", "a.example.com !nodata\nexample.com " V "p=reject; sp=quarantine; np=none", "a.example.com example.com com", X, "quarantine", "sp", "quarantine", "example.com", "example.com", 0 },
    { "sp-not-at-own-name", "example.com", "", "example.com " V "p=reject; sp=none; np=none", "example.com", X, "reject", "p", "reject", NULL, "example.com", 0 },
    { "np-missing-domain", "a.example.com", "", "example.com " V "p=none; sp=quarantine; np=reject", "a.example.com example.com com @a.example.com", X, "reject", "np", "reject", "example.com", "example.com", 0 },
    { "np-existing-domain", "a.example.com", "", "@a.example.com !nodata\nexample.com " V "p=none; sp=quarantine; np=reject", "a.example.com example.com com @a.example.com", X, "quarantine", "sp", "quarantine", "example.com", "example.com", 0 },
    { "np-existing-domain-without-sp", "a.example.com", "", "@a.example.com !nodata\nexample.com " V "p=none; np=reject", "a.example.com example.com com @a.example.com", X, "none", "p", "none", "example.com", "example.com", 0 },
    { "np-existence-unknown", "a.example.com", "", "@a.example.com !servfail\nexample.com " V "p=none; np=reject", "a.example.com example.com com @a.example.com", T, NULL, NULL, NULL, "example.com", "example.com", 0 },
    { "np-not-asked-when-it-passes", "a.example.com", "a.example.com", "example.com " V "p=none; np=reject", "a.example.com example.com com", N, "none", "p", "none", "example.com", "example.com", 0 },
    { "missing-domain-without-np", "a.example.com", "", "example.com " V "p=none; sp=reject", "a.example.com example.com com", X, "reject", "sp", "reject", "example.com", "example.com", 0 },
    { "testing-reject", "example.com", "", "example.com " V "p=reject; t=y", "example.com", X, "reject", "p", "quarantine", NULL, "example.com", 0 },
    { "testing-quarantine", "example.com", "", "example.com " V "p=quarantine; t=y", "example.com", X, "quarantine", "p", "none", NULL, "example.com", 0 },
    { "testing-none", "example.com", "", "example.com " V "p=none; t=y", "example.com", X, "none", "p", "none", NULL, "example.com", 0 },
    { "psd-policy", "a.mail.bank.example", "", "bank.example " V "psd=y; p=reject; sp=quarantine", "a.mail.bank.example mail.bank.example bank.example", X, "quarantine", "sp", "quarantine", "mail.bank.example", "bank.example", 0 },
    { "in-between-governs-nothing", "a.b.mega.bank.example", "", "b.mega.bank.example " V "p=none\nbank.example " V "psd=y; p=reject", "a.b.mega.bank.example b.mega.bank.example mega.bank.example bank.example", X, "reject", "p", "reject", "mega.bank.example", "bank.example", 0 },
    { "in-between-of-an-organization", "a.mail.example.com", "", "mail.example.com " V "p=none\nexample.com " V "p=reject", "a.mail.example.com mail.example.com example.com com", X, "reject", "p", "reject", "example.com", "example.com", 0 },
    { "bank-other-is-not-aligned", "giant.bank.example", "mail.mega.bank.example", "giant.bank.example " V "p=reject\nbank.example " V "psd=y; p=none", "giant.bank.example bank.example", X, "reject", "p", "reject", "giant.bank.example", "giant.bank.example", 0 },
    { "psd-author-and-its-customer", "bank.example", "giant.bank.example", "bank.example " V "psd=y; p=reject", "bank.example giant.bank.example", X, "reject", "p", "reject", "bank.example", "bank.example", 0 },
    { "no-p-but-rua", "example.com", "", "example.com " V RUA, "example.com", X, "none", "p", "none", NULL, "example.com", 0 },
    { "no-p-no-rua", "example.com", "example.com", "example.com " V "adkim=s", "example.com", X, NULL, NULL, NULL, NULL, "example.com", 0 },
    { "two-records-at-a-name", "a.example.com", "", "a.example.com " V "p=reject+" V "p=none\nexample.com " V "p=quarantine", "a.example.com example.com com", X, "quarantine", "p", "quarantine", "example.com", "example.com", 1 },
    { "not-v-first", "example.com", "", "example.com p=reject; v=DMARC1", "example.com com", X, NULL, NULL, NULL, "example.com", NULL, 1 },
    { "junk-beside-a-record", "example.com", "", "example.com junk+" V "p=reject", "example.com", X, "reject", "p", "reject", NULL, "example.com", 0 },
    { "several-strings", "example.com", "", "example.com v=DMA|RC1; p=rej|ect", "example.com", X, "reject", "p", "reject", NULL, "example.com", 0 },
    { "servfail-at-the-author", "a.example.com", "a.example.com", "a.example.com !servfail\nexample.com " V "p=reject", "a.example.com", T, NULL, NULL, NULL, NULL, NULL, 1 },
    { "timeout-middle", "a.mail.example.com", "", "mail.example.com !timeout\nexample.com " V "p=reject", "a.mail.example.com mail.example.com", T, NULL, NULL, NULL, NULL, NULL, 1 },
    { "bogus-middle", "a.mail.example.com", "", "mail.example.com !bogus\nexample.com " V "p=reject", "a.mail.example.com mail.example.com", T, NULL, NULL, NULL, NULL, NULL, 1 },
    { "servfail-for-alignment", "example.com", "a.example.com", "example.com " V "p=reject\ncom !servfail", "example.com com", T, "reject", "p", "reject", NULL, "example.com", 1 },
    { "servfail-below-the-signer", "example.com", "a.b.example.com", "example.com " V "p=reject\nb.example.com !servfail", "example.com com a.b.example.com b.example.com", T, "reject", "p", "reject", "example.com", "example.com", 1 },
    { "servfail-for-one-signer-of-two", "example.com", "a.example.com,b.example.com", "example.com " V "p=reject\na.example.com !servfail", "example.com com a.example.com b.example.com", N, "reject", "p", "reject", "example.com", "example.com", 1 },
    { "key-temperror-aligned", "example.com", "example.com?", "example.com " V "p=reject", "example.com", T, "reject", "p", "reject", NULL, "example.com", 0 },
    { "key-temperror-relaxed", "example.com", "a.example.com?", "example.com " V "p=reject", "example.com com a.example.com", T, "reject", "p", "reject", "example.com", "example.com", 0 },
    { "key-temperror-third-party", "example.com", "list.other?", "example.com " V "p=reject", "example.com", X, "reject", "p", "reject", NULL, "example.com", 0 },
    { "key-temperror-beside-a-valid-one", "example.com", "example.com?,a.example.com", "example.com " V "p=reject", "example.com com a.example.com", N, "reject", "p", "reject", "example.com", "example.com", 0 },
    { "u-label", "m\xc3\xbc" "ller.example", "xn--mller-kva.example", "xn--mller-kva.example " V "p=reject", "xn--mller-kva.example", N, "reject", "p", "reject", "xn--mller-kva.example", "xn--mller-kva.example", 0 },
    { "from-two-of-one-domain", "example.com, k@example.com", "example.com", "example.com " V "p=reject", "example.com", N, "reject", "p", "reject", "example.com", "example.com", 0 },
    { "from-several-domains", "example.com, k@other.example", "example.com", "", "", E, NULL, NULL, NULL, NULL, NULL, 0 },
    { "from-literal", "[192.0.2.1]", "example.com", "", "", E, NULL, NULL, NULL, NULL, NULL, 0 },
};
/* clang-format on */

struct signers {
    struct postern_dkim_signature is[12];
    const struct postern_dkim_signature *list[12];
    char domains[12][300];
    size_t n;
};

static void signers_of(const char *text, struct signers *out)
{
    struct slice rest = slice_of_str(text), one;
    for (bool more = rest.n > 0; more; out->n++) {
        more = slice_cut(rest, ',', &one, &rest);
        bool missing = one.p[one.n - 1] == '?';
        memcpy(out->domains[out->n], one.p, one.n - missing);
        out->is[out->n] = (struct postern_dkim_signature){
            .result = missing ? POSTERN_DKIM_TEMPERROR : POSTERN_DKIM_PASS,
            .domain = out->domains[out->n],
            .identity = "@x",
        };
        out->list[out->n] = &out->is[out->n];
    }
}

static struct postern_practices *check_of(const char *from, const char *signers)
{
    struct signers s = { 0 };
    struct postern_practices_options options;
    struct postern_originator *o = postern_originator_new();
    char address[400];
    int n = snprintf(address, sizeof address, "j@%s", from);
    assert_int_equal(postern_originator_from(o, address, (size_t)n), 0);
    postern_practices_options_init(&options, POSTERN_DMARC);
    signers_of(signers, &s);
    struct postern_practices *p = postern_practices_new(&options, o, s.list, s.n);
    assert_non_null(p);
    postern_originator_free(o);
    return p;
}

/* The name as rows write it. */
static void name_of(const struct postern_dns_question *q, char *out, size_t size)
{
    bool existence = q->type == POSTERN_DNS_TYPE_MX;
    assert_true(existence || strncmp(q->name, "_dmarc.", 7) == 0);
    snprintf(out, size, "%s%s", existence ? "@" : "", existence ? q->name : q->name + 7);
}

static void look_up(const char *dns, const char *name, struct answer *out)
{
    struct slice rest = slice_of_str(dns), line, owner, text;
    char answer[2000] = "!nxdomain";
    for (bool more = rest.n > 0; more;) {
        more = slice_cut(rest, '\n', &line, &rest);
        (void)slice_cut(line, ' ', &owner, &text);
        if (slice_equal(owner, slice_of_str(name)))
            snprintf(answer, sizeof answer, "%.*s", SLICE_ARG(text));
    }
    write_answer(answer, out);
}

static void run_dns(struct postern_practices *p, const char *dns, struct buf *asked)
{
    struct postern_dns_question q;
    struct answer a;
    char name[400];
    while (postern_practices_question(p, &q)) {
        assert_null(postern_practices_outcome(p));
        name_of(&q, name, sizeof name);
        buf_printf(asked, "%s%s", buf_size(asked) ? " " : "", name);
        look_up(dns, name, &a);
        postern_practices_answer(p, q.id, &a.response);
    }
}

static void expect_text(const char *what, const char *got, const char *want)
{
    if ((got == NULL) != (want == NULL) || (got && strcmp(got, want) != 0))
        fail_msg("%s: got %s, want %s", what, got ? got : "NULL", want ? want : "NULL");
}

static const char *result_of(enum postern_verdict verdict)
{
    return verdict == N ? "pass" : postern_verdict_text(verdict);
}

static void runs(void **state)
{
    const struct row *row = *state;
    struct postern_practices *p = check_of(row->from, row->signers);
    struct buf asked;
    buf_init(&asked, 4096);
    run_dns(p, row->dns, &asked);
    const struct postern_practices_outcome *o = postern_practices_outcome(p);
    assert_non_null(o);
    expect_slice("asked", buf_slice(&asked), slice_of_str(row->asked));
    expect_text("verdict", postern_verdict_text(o->verdict), postern_verdict_text(row->verdict));
    expect_text("result", o->result, result_of(row->verdict));
    expect_text("practice", o->practice, row->practice);
    expect_text("tag", o->dmarc.policy_tag, row->tag);
    expect_text("disposition", o->dmarc.disposition, row->disposition);
    expect_text("organization", o->dmarc.organizational_domain, row->organizational);
    expect_text("record", o->dmarc.record_domain, row->record);
    assert_int_equal(o->notes_n > 0, row->log);
    assert_int_equal(o->originator_signature >= 0, row->verdict == N);
    if (row->verdict == X && row->practice)
        assert_non_null(strstr(o->explanation, "SPF was not looked at"));
    assert_true(strlen(o->explanation) > 20);
    buf_clear(&asked);
    postern_practices_free(p);
}

/* Eight queries for the author, and no more than 24 names in all, whatever the signers are. */
static void queries_are_bounded(void **state)
{
    struct postern_practices *p = check_of(
        "example.com", "a.b.c.d.e.f.example.com,g.h.i.j.k.l.example.com,m.n.o.p.q.r.example.com,"
                       "s.t.u.v.w.x.example.com,y.z.0.1.2.3.example.com");
    struct buf asked;
    (void)state;
    buf_init(&asked, 4096);
    run_dns(p,
            "example.com " V "p=reject\nf.example.com " V "psd=n\nl.example.com " V "psd=n\n"
            "r.example.com " V "psd=n\nx.example.com " V "psd=n\n3.example.com " V "psd=n",
            &asked);
    const struct postern_practices_outcome *o = postern_practices_outcome(p);
    assert_int_equal(o->queries_n, 24);
    assert_int_equal(o->verdict, X);
    assert_int_equal(o->notes_n, 2);
    buf_clear(&asked);
    postern_practices_free(p);
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
    tests[ARRAY_SIZE(rows)] = (struct CMUnitTest)cmocka_unit_test(queries_are_bounded);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
