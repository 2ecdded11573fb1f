/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "net/dns_file.h"

#define TXT   16
#define MX    15
#define A     1
#define CNAME 5
#define DKIMP 65280

static const char *const text = "; what these tests ask\n"
                                "example.com 60 MX 10 mail.example.com\n"
                                "example.com. IN TXT \"one\"\n"
                                "EXAMPLE.com TXT \"two\" ; names have no case\n"
                                "example.com TXT \"one\" ; the same again is one record\n"
                                "sel._domainkey.example.com 300 IN TXT \"v=DKIM1; p=\" \"abc\"\n"
                                "host.example.com DKIMP \"p=strict\"\n"
                                "generic.example.com TYPE65280 \\# 6 05703d616c6c\n"
                                "srv.example.com SRV 0 0 25 mail.example.com\n"
                                "alias.example.com CNAME host.example.com\n"
                                "twice.example.com CNAME alias.example.com\n"
                                "dangling.example.com CNAME nowhere.example.com\n"
                                "forced-alias.example.com CNAME gone.example.com\n"
                                "broken-alias.example.com CNAME broken.example.com\n"
                                "loop.example.com CNAME pool.example.com\n"
                                "pool.example.com CNAME loop.example.com\n"
                                "notype.example.com CNAME mx.example.com\n"
                                "mx.example.com MX 0 .\n"
                                "bad.example.com CNAME \\# 2 c000\n"
                                "broken.example.com !servfail\n"
                                "broken.example.com MX 0 mail.example.com\n"
                                "silent.example.com TXT !timeout\n"
                                "silent.example.com A 192.0.2.1\n"
                                "forged.example.com !bogus\n"
                                "gone.example.com !nxdomain\n"
                                "none.example.com TXT !nodata\n"
                                "none.example.com TXT \"hidden\"\n"
                                "*.wild.example TXT \"w\"\n"
                                "host.wild.example A 192.0.2.1\n"
                                "sub.ent.wild.example A 192.0.2.1\n"
                                "*.alias.example CNAME host.example.com\n"
                                "*.forced.example !servfail\n"
                                "a.b.c.example A 192.0.2.1\n"
                                "c0.example A 192.0.2.1\n"
                                "tld DKIMP p=all\n";

static const struct {
    const char *test, *name;
    uint16_t type;
    enum postern_dns_answer answer;
    size_t n; /* records */
    bool dangling;
} cases[] = {
    { "data", "example.com", MX, POSTERN_DNS_DATA, 1, false },
    { "a final dot and capitals", "Example.COM.", MX, POSTERN_DNS_DATA, 1, false },
    { "several records", "example.com", TXT, POSTERN_DNS_DATA, 2, false },
    { "DKIMP", "host.example.com", DKIMP, POSTERN_DNS_DATA, 1, false },
    { "TYPE65280", "generic.example.com", DKIMP, POSTERN_DNS_DATA, 1, false },
    { "one label", "tld", DKIMP, POSTERN_DNS_DATA, 1, false },
    { "another type", "example.com", A, POSTERN_DNS_NODATA, 0, false },
    { "a type not understood holds the name", "srv.example.com", TXT, POSTERN_DNS_NODATA, 0,
      false },
    { "a descendant holds the name", "_domainkey.example.com", TXT, POSTERN_DNS_NODATA, 0, false },
    { "a descendant two below", "c.example", TXT, POSTERN_DNS_NODATA, 0, false },
    { "a top-level domain with names", "com", TXT, POSTERN_DNS_NODATA, 0, false },
    { "the root", ".", TXT, POSTERN_DNS_NODATA, 0, false },
    { "nobody", "nobody.example.com", TXT, POSTERN_DNS_NXDOMAIN, 0, false },
    { "a name that ends alike", "xample.com", TXT, POSTERN_DNS_NXDOMAIN, 0, false },
    { "a name that begins alike", "c.exampl", TXT, POSTERN_DNS_NXDOMAIN, 0, false },
    { "below a host", "x.host.example.com", TXT, POSTERN_DNS_NXDOMAIN, 0, false },
    { "an alias", "alias.example.com", DKIMP, POSTERN_DNS_DATA, 1, false },
    { "an alias of an alias", "twice.example.com", DKIMP, POSTERN_DNS_DATA, 1, false },
    { "an alias itself", "alias.example.com", CNAME, POSTERN_DNS_DATA, 1, false },
    { "an alias to another type", "notype.example.com", TXT, POSTERN_DNS_NODATA, 0, false },
    { "S35: an alias to nothing", "dangling.example.com", TXT, POSTERN_DNS_NODATA, 0, true },
    { "S35: an alias to a forced nxdomain", "forced-alias.example.com", TXT, POSTERN_DNS_NODATA, 0,
      true },
    { "an alias to servfail", "broken-alias.example.com", TXT, POSTERN_DNS_SERVFAIL, 0, false },
    { "a ring of aliases", "loop.example.com", TXT, POSTERN_DNS_SERVFAIL, 0, false },
    { "an alias that is no name", "bad.example.com", TXT, POSTERN_DNS_SERVFAIL, 0, false },
    { "servfail for all types", "broken.example.com", MX, POSTERN_DNS_SERVFAIL, 0, false },
    { "timeout for one type", "silent.example.com", TXT, POSTERN_DNS_TIMEOUT, 0, false },
    { "and not for another", "silent.example.com", A, POSTERN_DNS_DATA, 1, false },
    { "bogus", "forged.example.com", TXT, POSTERN_DNS_BOGUS, 0, false },
    { "nxdomain", "gone.example.com", TXT, POSTERN_DNS_NXDOMAIN, 0, false },
    { "nodata hides a record", "none.example.com", TXT, POSTERN_DNS_NODATA, 0, false },
    { "and holds the name", "none.example.com", MX, POSTERN_DNS_NODATA, 0, false },
    { "RFC 4592: a wildcard answers", "a.wild.example", TXT, POSTERN_DNS_DATA, 1, false },
    { "RFC 4592: several labels below", "a.b.wild.example", TXT, POSTERN_DNS_DATA, 1, false },
    { "RFC 4592: for its types only", "a.wild.example", MX, POSTERN_DNS_NODATA, 0, false },
    { "RFC 4592: not for what exists", "host.wild.example", TXT, POSTERN_DNS_NODATA, 0, false },
    { "RFC 4592: not for an empty non-terminal", "ent.wild.example", TXT, POSTERN_DNS_NODATA, 0,
      false },
    { "RFC 4592: not below what exists", "a.host.wild.example", TXT, POSTERN_DNS_NXDOMAIN, 0,
      false },
    { "RFC 4592: not for the name above it", "wild.example", TXT, POSTERN_DNS_NODATA, 0, false },
    { "RFC 4592: asked for itself", "*.wild.example", TXT, POSTERN_DNS_DATA, 1, false },
    { "S34: a wildcard answers for users", "jdoe._user.wild.example", TXT, POSTERN_DNS_DATA, 1,
      false },
    { "a wildcard alias", "a.alias.example", DKIMP, POSTERN_DNS_DATA, 1, false },
    { "a wildcard forced", "a.forced.example", DKIMP, POSTERN_DNS_SERVFAIL, 0, false },
};

static struct dns_file *parse(struct slice in)
{
    struct buf why;
    buf_init(&why, 4096);
    struct dns_file *f = dns_file_parse("test", guarded(in), DKIMP, &why);
    if (!f)
        fail_msg("%.*s", SLICE_ARG(buf_slice(&why)));
    assert_int_equal(buf_size(&why), 0);
    buf_clear(&why);
    return f;
}

static void answers_are_those_of_an_authoritative_server(void **state)
{
    struct dns_file *f = parse(slice_of_str(text));
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct postern_dns_response got;
        dns_file_find(f, cases[i].name, cases[i].type, &got);
        if (got.answer != cases[i].answer || got.rdata_n != cases[i].n ||
            got.dangling != cases[i].dangling)
            fail_msg("%s: answer %d with %zu, dangling %d", cases[i].test, (int)got.answer,
                     got.rdata_n, got.dangling);
    }
    dns_file_free(f);
}

static void records_come_as_on_the_wire_with_their_ttl(void **state)
{
    struct dns_file *f = parse(slice_of_str(text));
    struct postern_dns_response got;
    (void)state;
    dns_file_find(f, "sel._domainkey.example.com", TXT, &got);
    expect_slice("key", (struct slice){ got.rdata[0].p, got.rdata[0].n },
                 SLICE("\013v=DKIM1; p=\003abc"));
    assert_int_equal(got.ttl, 300);
    dns_file_find(f, "example.com", TXT, &got);
    expect_slice("in order", (struct slice){ got.rdata[1].p, got.rdata[1].n }, SLICE("\003two"));
    assert_int_equal(got.ttl, 3600);
    dns_file_free(f);
}

static void very_long_names_do_not_exist(void **state)
{
    static char name[3000];
    struct dns_file *f = parse(slice_of_str(text));
    struct postern_dns_response got;
    (void)state;
    for (size_t i = 0; i + 1 < sizeof name; i++)
        name[i] = i % 2 ? '.' : 'a';
    dns_file_find(f, name, TXT, &got);
    assert_int_equal(got.answer, POSTERN_DNS_NXDOMAIN);
    name[1000] = 0;
    dns_file_find(f, name, TXT, &got);
    assert_int_equal(got.answer, POSTERN_DNS_NXDOMAIN);
    dns_file_find(f, "", TXT, &got);
    assert_int_equal(got.answer, POSTERN_DNS_NODATA);
    dns_file_free(f);
}

static void an_empty_file_has_no_names(void **state)
{
    struct dns_file *f = parse(SLICE(""));
    struct postern_dns_response got;
    (void)state;
    dns_file_find(f, "example.com", TXT, &got);
    assert_int_equal(got.answer, POSTERN_DNS_NXDOMAIN);
    dns_file_free(f);
    dns_file_free(NULL);
}

static void a_fault_says_file_and_line(void **state)
{
    static const char *const faults[][2] = {
        { "a TXT x\nb TXT\n", "test:2: a record without RDATA" },
        { "a !nothing", "test:1: a forced answer that is not known" },
        { "$INCLUDE x", "test:1: a directive that is not understood" },
    };
    struct buf why;
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        buf_init(&why, 4096);
        assert_null(dns_file_parse("test", guarded(slice_of_str(faults[i][0])), DKIMP, &why));
        expect_slice("fault", buf_slice(&why), slice_of_str(faults[i][1]));
        buf_clear(&why);
    }
}

static void a_file_is_read_from_disk(void **state)
{
    char path[] = "/tmp/test_dns_file_XXXXXX";
    struct postern_dns_response got;
    struct buf why;
    int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    buf_init(&why, 4096);
    struct dns_file *f = dns_file_load(path, DKIMP, &why);
    assert_non_null(f);
    dns_file_find(f, "tld", DKIMP, &got);
    assert_int_equal(got.answer, POSTERN_DNS_DATA);
    dns_file_free(f);
    unlink(path);
    assert_null(dns_file_load(path, DKIMP, &why));
    assert_true(slice_starts(buf_slice(&why), slice_of_str(path)));
    buf_clear(&why);
    buf_init(&why, 4096);
    assert_null(dns_file_load("/", DKIMP, &why));
    buf_clear(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_those_of_an_authoritative_server),
        cmocka_unit_test(records_come_as_on_the_wire_with_their_ttl),
        cmocka_unit_test(very_long_names_do_not_exist),
        cmocka_unit_test(an_empty_file_has_no_names),
        cmocka_unit_test(a_fault_says_file_and_line),
        cmocka_unit_test(a_file_is_read_from_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
