/* SPDX-License-Identifier: ISC
 *
 * What `postern practices lint` finds: each row is one test.
 */
#include "check.h"

#include "base/buf.h"
#include "practices/zone_lint.h"

#define DKIMP 65280
#define R_ALL "example.com P p=all\n"

/* PKCS#1 in SPKI form, of 1024 and 512 bits, and an Ed25519 key */
#define K1024                                                                                      \
    "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYt"  \
    "IxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhi" \
    "tdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"
#define KED "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

/* clang-format off */
static const struct row {
    const char *id;
    const char *zone; /* lines "NAME TYPE TEXT": S SOA, M MX, A, N NS, C CNAME, T TXT, P DKIMP, p DKIMP as written, ? another */
    const char *want; /* lines "LINE SEVERITY CODE NAME" */
} rows[] = {
    { "nothing-at-all", "", "" },
    { "all-is-well", "example.com S\nexample.com M\nexample.com A\n" R_ALL "www.example.com A\nmail.example.com A\n", "" },
    { "apex-without-practices", "example.com S\nexample.com M\nwww.example.com A\n", "1 warning no-practices example.com\n" },
    { "apex-by-its-soa", "a.co A\nexample.com S\n", "2 warning no-practices example.com\n" },
    { "apex-by-the-shortest-name", "www.example.com A\nexample.com A\n", "2 warning no-practices example.com\n" },
    { "names-out-of-the-zone", "example.com S\n" R_ALL "other.org M\nbadexample.com M\n", "" },
    /* §4.1: "Bona fide subdomains SHOULD publish separate SSP records" */
    { "subdomain-with-mx", R_ALL "sub.example.com M\n", "2 warning no-practices sub.example.com\n" },
    { "subdomain-with-mx-and-practices", R_ALL "sub.example.com M\nsub.example.com P p=strict\nhost.sub.example.com A\n", "" },
    { "host-inherits", R_ALL "host.example.com A\n", "" },
    { "host-does-not-inherit-t-s", "example.com P p=all; t=s\na.example.com A\nb.example.com A\n", "1 note not-inherited example.com\n" },
    { "subdomain-does-not-inherit-t-s", "example.com P p=all; t=s\nsub.example.com M\n", "2 warning no-practices sub.example.com\n" },
    { "hosts-two-below", R_ALL "a.sub.example.com A\nb.sub.example.com A\n", "2 warning not-covered sub.example.com\n" },
    { "hosts-below-a-subdomain-with-mx", R_ALL "sub.example.com M\nhost.sub.example.com A\n", "2 warning no-practices sub.example.com\n" },
    { "hosts-below-a-host", R_ALL "sub.example.com A\nhost.sub.example.com A\n", "3 warning not-covered sub.example.com\n" },
    { "hosts-below-an-apex-without", "example.com S\na.example.com A\nb.a.example.com A\n", "1 warning no-practices example.com\n" "3 warning not-covered a.example.com\n" },
    { "delegations-are-left-out", R_ALL "sub.example.com N\nns.sub.example.com A\nsub.example.com M\nx.y.sub.example.com A\n", "" },
    { "apex-ns-is-no-delegation", "example.com S\nexample.com N\nexample.com M\n", "1 warning no-practices example.com\n" },
    { "names-that-stand-in-no-address", R_ALL "_sip._tcp.example.com M\n_x.example.com A\n*.example.com M\n_dmarc.sub.example.com T x\n", "" },
    { "types-not-understood", R_ALL "a.sub.example.com ?\n", "" },
    /* DKIM keys without practices */
    { "keys-without-practices", R_ALL "s._domainkey.sub.example.com T " KED "\nsub.example.com A\n", "3 warning keys-without-practices sub.example.com\n" },
    { "keys-and-mail", R_ALL "s._domainkey.sub.example.com T " KED "\nsub.example.com M\n", "3 warning keys-without-practices sub.example.com\n" },
    { "keys-of-a-name-without-records", R_ALL "s._domainkey.sub.example.com T " KED "\nt._domainkey.sub.example.com C\n", "2 warning keys-without-practices sub.example.com\n" },
    { "keys-of-the-apex", "example.com S\na.b._domainkey.example.com C\n", "1 warning keys-without-practices example.com\n" },
    { "keys-with-practices", R_ALL "s._domainkey.example.com T " KED "\n", "" },
    { "adsp-is-no-key", R_ALL "_adsp._domainkey.sub.example.com T dkim=all\nsub.example.com A\n_domainkey.example.com T o=~\n", "" },
    /* broken records */
    { "broken-list", "example.com P strict\n", "1 error broken-record example.com\n1 warning no-practices example.com\n" },
    { "broken-strings", "example.com P \n", "1 error broken-record example.com\n1 warning no-practices example.com\n" },
    { "illegal-values", "example.com P p=some; u=1; t=y:\n", "1 warning ignored-value example.com\n1 warning ignored-value example.com\n1 warning ignored-value example.com\n" },
    { "two-records", R_ALL "example.com P p=strict\n", "1 warning no-practices example.com\n2 error several-records example.com\n" },
    { "one-good-one-bad", R_ALL "example.com P junk\n", "2 error broken-record example.com\n" },
    { "a-type-no-server-knows", "example.com p p=all\n", "1 error unknown-type example.com\n" },
    { "practices-below-a-delegation", R_ALL "sub.example.com N\nsub.example.com P p=all\n", "3 warning delegated sub.example.com\n" },
    /* users */
    { "user-record", "example.com P p=all; u=yes\njdoe._user.example.com P p=strict\n", "" },
    { "user-record-without-u", R_ALL "jdoe._user.example.com P p=strict\n", "2 warning user-without-u jdoe._user.example.com\n" },
    { "user-record-while-testing", "example.com P p=all; u=yes; t=y\njdoe._user.example.com P p=strict\n", "2 warning user-without-u jdoe._user.example.com\n" },
    { "user-record-with-u", "example.com P p=all; u=yes\njdoe._user.example.com P p=strict; u=no\n", "2 warning user-with-u jdoe._user.example.com\n" },
    { "user-record-of-a-subdomain", "example.com P p=all; u=yes\njdoe._user.host.example.com P p=strict\n", "" },
    { "user-record-of-a-subdomain-with-its-own", "example.com P p=all; u=yes\nhost.example.com P p=all\njdoe._user.host.example.com P p=strict\n", "3 warning user-without-u jdoe._user.host.example.com\n" },
    { "user-record-of-a-subdomain-t-s", "example.com P p=all; u=yes; t=s\njdoe._user.host.example.com P p=strict\n", "2 warning user-without-u jdoe._user.host.example.com\n" },
    { "user-record-two-below", "example.com P p=all; u=yes\njdoe._user.a.b.example.com P p=strict\n", "2 warning user-without-u jdoe._user.a.b.example.com\n" },
    { "user-that-is-none", "example.com P p=all; u=yes\nj+x._user.example.com P p=strict\na.b._user.example.com P p=all\n*._user.example.com P p=all\n", "2 warning no-user j+x._user.example.com\n3 warning no-user a.b._user.example.com\n" },
    { "broken-user-record", "example.com P p=all; u=yes\njdoe._user.example.com P x\n", "2 error broken-record jdoe._user.example.com\n" },
    /* S34 */
    { "wildcard-with-u", R_ALL "*.example.com P p=all; u=yes\n", "2 warning wildcard *.example.com\n" },
    { "wildcard-below-u", "example.com P p=all; u=yes\n*.example.com P p=strict\n", "2 warning wildcard *.example.com\n" },
    { "wildcard-below-u-with-users", "example.com P p=all; u=yes\n*.example.com P p=strict\n*._user.example.com P p=all\n", "" },
    { "wildcard-without-u", R_ALL "*.example.com P p=strict\n", "" },
    /* keys */
    { "broken-key", R_ALL "s._domainkey.example.com T v=DKIM1; p=abc\n", "2 error broken-key s._domainkey.example.com\n" },
    { "no-key", R_ALL "s._domainkey.example.com T hello\n", "2 error broken-key s._domainkey.example.com\n" },
    { "revoked-key", R_ALL "s._domainkey.example.com T v=DKIM1; p=\n", "2 error broken-key s._domainkey.example.com\n" },
    { "key-of-1024", R_ALL "s._domainkey.example.com T " K1024 "\n", "2 note short-key s._domainkey.example.com\n" },
    { "key-for-tests", R_ALL "s._domainkey.example.com T " KED "; t=y\n", "2 note testing-key s._domainkey.example.com\n" },
    { "key-behind-an-alias", R_ALL "s._domainkey.example.com C\n", "" },
};
/* clang-format on */

enum { RECORDS_MAX = 16 };

struct zone {
    struct zone_lint_record records[RECORDS_MAX];
    uint8_t rdata[RECORDS_MAX][1024];
    size_t n;
};

static uint16_t type_of(uint8_t letter)
{
    switch (letter) {
    case 'S': return 6;
    case 'M': return 15;
    case 'A': return 1;
    case 'N': return 2;
    case 'C': return 5;
    case 'T': return 16;
    case 'P':
    case 'p': return DKIMP;
    default: return 0;
    }
}

/* Text as character-strings. */
static struct slice write_strings(struct slice text, uint8_t *room)
{
    size_t n = 0;
    while (text.n) {
        struct slice one = slice_first(text, 255);
        room[n++] = (uint8_t)one.n;
        memcpy(room + n, one.p, one.n);
        n += one.n;
        text = slice_from(text, one.n);
    }
    return (struct slice){ room, n };
}

static void read_zone(const char *text, struct zone *out)
{
    struct slice rest = slice_of_str(text), line, name, type, value;
    while (slice_cut(rest, '\n', &line, &rest)) {
        struct zone_lint_record *r = &out->records[out->n];
        (void)slice_cut(line, ' ', &name, &type);
        (void)slice_cut(type, ' ', &type, &value);
        *r = (struct zone_lint_record){ .name = guarded(name), .line = out->n + 1 };
        r->type = type_of(type.p[0]);
        r->type_text = type.p[0] == 'p' ? SLICE("dkimp") : SLICE("TYPE65280");
        r->rdata = guarded(write_strings(value, out->rdata[out->n++]));
        assert_in_range(out->n, 1, RECORDS_MAX);
    }
}

static bool is_printable(const char *text)
{
    for (; *text; text++) /* and "§" */
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

static void runs(void **state)
{
    const struct row *row = *state;
    static struct zone zone;
    const struct zone_lint_finding *f;
    struct arena arena;
    struct buf got;
    size_t n;
    zone.n = 0;
    read_zone(row->zone, &zone);
    arena_init(&arena, 1 << 20);
    buf_init(&got, 1 << 16);
    const struct zone_lint_zone in = { .records = zone.records, .n = zone.n, .rrtype = DKIMP };
    assert_true(zone_lint(&in, &arena, &f, &n));
    for (size_t i = 0; i < n; i++) {
        buf_printf(&got, "%zu %s %s %.*s\n", f[i].line, zone_lint_severity_text(f[i].severity),
                   f[i].code, SLICE_ARG(f[i].name));
        assert_true(strlen(f[i].text) > 20 && is_printable(f[i].text));
    }
    expect_slice(row->id, buf_slice(&got), slice_of_str(row->want));
    buf_clear(&got);
    arena_clear(&arena);
}

static void memory_is_bounded(void **state)
{
    static struct zone zone;
    const struct zone_lint_finding *f;
    struct arena arena;
    size_t n;
    (void)state;
    zone.n = 0;
    read_zone("example.com S\nsub.example.com P junk\n", &zone);
    const struct zone_lint_zone in = { .records = zone.records, .n = zone.n, .rrtype = DKIMP };
    bool enough = false;
    for (size_t max = 0; max < 16384; max += 16) {
        arena_init(&arena, max);
        bool ok = zone_lint(&in, &arena, &f, &n);
        assert_true(ok || !enough);
        enough = ok;
        arena_clear(&arena);
    }
    assert_true(enough);
}

static void an_apex_given_counts(void **state)
{
    static struct zone zone;
    const struct zone_lint_finding *f;
    struct arena arena;
    size_t n;
    (void)state;
    zone.n = 0;
    read_zone("example.com S\nexample.com M\nsub.example.com M\n", &zone);
    arena_init(&arena, 1 << 20);
    const struct zone_lint_zone in = {
        .records = zone.records, .n = zone.n, .rrtype = DKIMP, .apex = SLICE("sub.example.com")
    };
    assert_true(zone_lint(&in, &arena, &f, &n));
    assert_int_equal(n, 1);
    expect_slice("name", f[0].name, SLICE("sub.example.com"));
    arena_clear(&arena);
}

int main(void)
{
    static struct CMUnitTest tests[ARRAY_SIZE(rows) + 2];
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        union { /* cmocka's state is not const; runs() only reads */
            const struct row *row;
            void *state;
        } u = { .row = &rows[i] };
        tests[i] = (struct CMUnitTest){ rows[i].id, runs, NULL, NULL, u.state };
    }
    tests[ARRAY_SIZE(rows)] = (struct CMUnitTest)cmocka_unit_test(memory_is_bounded);
    tests[ARRAY_SIZE(rows) + 1] = (struct CMUnitTest)cmocka_unit_test(an_apex_given_counts);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
