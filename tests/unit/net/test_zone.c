/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "base/buf.h"
#include "net/zone.h"

#define RRTYPE 65280

/* Every record as "NAME TTL TYPE HEX", faults as "line N: what"; reading goes on behind a fault. */
static void read_zone(struct slice text, const char *origin, bool answers, struct buf *out)
{
    struct arena arena;
    struct zone_reader r;
    struct zone_record record;
    struct fault why;
    int rc;
    arena_init(&arena, 1 << 20);
    zone_reader_init(&r, text, slice_of_str(origin), RRTYPE, &arena);
    r.answers = answers;
    buf_init(out, 1 << 20);
    while ((rc = zone_read(&r, &record, &why)) != 0) {
        if (rc < 0) {
            buf_printf(out, "line %zu: %s\n", r.line, why.what);
            continue;
        }
        buf_printf(out, "%.*s %u %u ", SLICE_ARG(record.name), record.ttl, record.type);
        if (record.word.n)
            buf_append(out, record.word);
        for (size_t i = 0; i < record.rdata.n; i++)
            buf_printf(out, "%02x", record.rdata.p[i]);
        buf_append_byte(out, '\n');
    }
    arena_clear(&arena);
}

struct example {
    const char *name, *text, *want;
};

static void expect(const struct example *e, const char *origin, bool answers)
{
    struct buf got;
    read_zone(guarded(slice_of_str(e->text)), origin, answers, &got);
    expect_slice(e->name, buf_slice(&got), slice_of_str(e->want));
    buf_clear(&got);
}

static void records_are_read_as_rfc_1035_writes_them(void **state)
{
    /* clang-format off */
    static const struct example cases[] = {
        { "empty", "", "" },
        { "comments and empty lines", "; a\n\n   \n\t; b\r\n", "" },
        { "an absolute name", "a.Example. TXT x\n", "a.example 3600 16 0178\n" },
        { "a relative name", "a TXT x", "a.example.org 3600 16 0178\n" },
        { "the origin", "@ TXT x", "example.org 3600 16 0178\n" },
        { "the root", ". TXT x", " 3600 16 0178\n" },
        { "a name left out", "a TXT x\n  TXT y\n\tTXT z", "a.example.org 3600 16 0178\na.example.org 3600 16 0179\na.example.org 3600 16 017a\n" },
        { "TTL and class", "a 5 IN TXT x\na IN 6 TXT x\na IN TXT x\na 1h30m TXT x\n",
          "a.example.org 5 16 0178\na.example.org 6 16 0178\na.example.org 3600 16 0178\na.example.org 5400 16 0178\n" },
        { "$TTL", "$TTL 2d\na TXT x", "a.example.org 172800 16 0178\n" },
        { "$ORIGIN", "$ORIGIN sub\na TXT x\n$ORIGIN b.example.\na TXT x\n$origin .\na TXT x\n",
          "a.sub.example.org 3600 16 0178\na.b.example 3600 16 0178\na 3600 16 0178\n" },
        { "parentheses", "a TXT ( x ; one\n  y\n ) z\nb TXT x", "a.example.org 3600 16 01780179017a\nb.example.org 3600 16 0178\n" },
        { "parentheses around all", "( a\n TXT\n x )\n", "a.example.org 3600 16 0178\n" },
        { "quoted strings", "a TXT \"p=all; t=y\" \"\" \"a b\"", "a.example.org 3600 16 0a703d616c6c3b20743d790003612062\n" },
        { "escapes", "a TXT \"\\\"\\\\\\065\" \\;x\\ y", "a.example.org 3600 16 03225c41043b782079\n" },
        { "escapes in names", "a\\.b.\\065 TXT x", "a\\046b.a.example.org 3600 16 0178\n" },
        { "A and AAAA", "a A 192.0.2.1\na AAAA 2001:db8::1", "a.example.org 3600 1 c0000201\na.example.org 3600 28 20010db8000000000000000000000001\n" },
        { "NS and CNAME", "a NS b\na CNAME c.", "a.example.org 3600 2 0162076578616d706c65036f726700\na.example.org 3600 5 016300\n" },
        { "MX", "a MX 10 .", "a.example.org 3600 15 000a00\n" },
        { "SOA", "@ SOA . . 1 2h ( 3\n 4 ) 4294967295", "example.org 3600 6 00000000000100001c200000000300000004ffffffff\n" },
        { "DKIMP", "a DKIMP \"p=all\"\na TYPE65280 \"p=all\"", "a.example.org 3600 65280 05703d616c6c\na.example.org 3600 65280 05703d616c6c\n" },
        { "RFC 3597: any type", "a TYPE65280 \\# 6 05703D 616c6C\na TYPE1 \\# 4 C0000201\na A \\# 4 c0000201\na TYPE731 \\# 0",
          "a.example.org 3600 65280 05703d616c6c\na.example.org 3600 1 c0000201\na.example.org 3600 1 c0000201\na.example.org 3600 731 \n" },
        { "RFC 3597: the text form of a known type", "a TYPE16 x", "a.example.org 3600 16 0178\n" },
        { "other types are passed over", "a CAA 0 issue \"x;y\"\na srv 0 0 ( 25\n b )\na TXT x", "a.example.org 3600 0 \na.example.org 3600 0 \na.example.org 3600 16 0178\n" },
        { "CRLF", "a TXT x\r\nb TXT y\r\n", "a.example.org 3600 16 0178\nb.example.org 3600 16 0179\n" },
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(&cases[i], "example.org", false);
}

static void faults_name_their_line_and_reading_goes_on(void **state)
{
    /* clang-format off */
    static const struct example cases[] = {
        { "no type", "a\nb TXT x", "line 1: a name without a record\nb 3600 16 0178\n" },
        { "a TTL alone", "a 5\nb TXT x", "line 1: a record without a type\nb 3600 16 0178\n" },
        { "no RDATA", "a TXT\nb TXT x", "line 1: a record without RDATA\nb 3600 16 0178\n" },
        { "no type that is known", "a FOO bar\nb TXT x", "line 1: no type of a record where one is due\nb 3600 16 0178\n" },
        { "another class", "a CH TXT x", "line 1: no type of a record where one is due\n" },
        { "no name yet", " TXT x", "line 1: a record without a name\n" },
        { "$INCLUDE", "$INCLUDE x\nb TXT x", "line 1: a directive that is not understood\nb 3600 16 0178\n" },
        { "$TTL nothing", "$TTL", "line 1: a directive without a value\n" },
        { "$TTL twice", "$TTL 1 2", "line 1: too much behind a directive\n" },
        { "$TTL a word", "$TTL x", "line 1: no TTL\n" },
        { "an open quote", "a TXT \"x\nb TXT x", "line 1: a quoted string does not end in its line\nb 3600 16 0178\n" },
        { "an open parenthesis", "a TXT ( x\n\n", "line 3: a parenthesis is not closed\n" },
        { "a closed parenthesis", "a TXT x )\nb TXT x", "line 1: a parenthesis is closed that was not opened\nb 3600 16 0178\n" },
        { "an empty label", "a..b TXT x", "line 1: a name with an empty label\n" },
        { "no address", "a A 192.0.2\na AAAA 192.0.2.1", "line 1: no IPv4 address\nline 2: no IPv6 address\n" },
        { "MX of too little", "a MX 10\nb MX 70000 a", "line 1: too little in a record\nline 2: no number, or too large\n" },
        { "A of too much", "a A 192.0.2.1 x", "line 1: too much in a record\n" },
        { "another length", "a TYPE9 \\# 2 00", "line 1: \\# with another length than it says\n" },
        { "half an octet", "a TYPE9 \\# 1 0", "line 1: an odd number of hexadecimal digits\n" },
        { "no digit", "a TYPE9 \\# 1 0g", "line 1: no hexadecimal digit\n" },
        { "no length", "a TYPE9 \\#", "line 1: \\# without a length\n" },
        { "a broken escape", "a TXT \\25\nb TXT \\256", "line 1: a broken escape in a string\nline 2: a broken escape in a string\n" },
        { "a name in quotes", "\"a\" TXT x", "line 1: a name in quotes\n" },
        { "no forced answers in a zone", "a !timeout", "line 1: no type of a record where one is due\n" },
        { "a line counted behind parentheses", "a TXT (\nx\n)\nb FOO", "a 3600 16 0178\nline 4: no type of a record where one is due\n" },
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(&cases[i], "", false);
}

static void a_dns_file_has_words_for_answers(void **state)
{
    static const struct example cases[] = {
        { "for all types", "a !servfail ; x", "a 3600 0 !servfail\n" },
        { "for one type", "a 5 IN TXT !timeout", "a 5 16 !timeout\n" },
        { "for a type not understood", "a SRV !bogus", "a 3600 33 !bogus\n" },
        { "for DKIMP", "a TYPE65280 !nodata", "a 3600 65280 !nodata\n" },
        { "too much", "a !servfail x", "line 1: too much behind a forced answer\n" },
        { "not in quotes", "a TXT \"!timeout\"", "a 3600 16 082174696d656f7574\n" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(&cases[i], "", true);
}

#define TEN     "aaaaaaaaaa"
#define FIFTY   TEN TEN TEN TEN TEN
#define LABEL63 FIFTY TEN "aaa"

static void a_string_holds_255_octets(void **state)
{
    struct example fits = { "255", "a TXT " FIFTY FIFTY FIFTY FIFTY FIFTY "aaaaa", NULL };
    struct example over = { "256", "a TXT " FIFTY FIFTY FIFTY FIFTY FIFTY "aaaaaa",
                            "line 1: a string over 255 octets\n" };
    struct buf got;
    (void)state;
    expect(&over, "", false);
    read_zone(guarded(slice_of_str(fits.text)), "", false, &got);
    assert_int_equal(buf_size(&got), strlen("a 3600 16 \n") + 512);
    buf_clear(&got);
    read_zone(guarded(slice_of_str(over.text)), "", true, &got); /* split in a DNS file */
    assert_int_equal(buf_size(&got), strlen("a 3600 16 \n") + 512 + 4);
    assert_true(slice_ends_nocase(buf_slice(&got), SLICE("61"
                                                         "0161\n")));
    buf_clear(&got);
}

static void labels_and_names_have_their_bounds(void **state)
{
    static const struct example cases[] = {
        { "a label of 63", LABEL63 " CNAME .", LABEL63 " 3600 5 00\n" },
        { "a label of 64", "a" LABEL63 " CNAME .", "line 1: a name with a label over 63 octets\n" },
        { "a name of 253", LABEL63 "." LABEL63 "." LABEL63 "." FIFTY TEN "a CNAME .",
          LABEL63 "." LABEL63 "." LABEL63 "." FIFTY TEN "a 3600 5 00\n" },
        { "a name of 254", LABEL63 "." LABEL63 "." LABEL63 "." FIFTY TEN "aa CNAME .",
          "line 1: a name over 255 octets\n" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(&cases[i], "", false);
}

static void names_on_the_wire_are_whole_or_refused(void **state)
{
    static const struct {
        struct slice wire;
        const char *want; /* NULL: refused */
    } cases[] = {
        { SLICE_INIT("\1A\2bc\0x"), "a.bc" },
        { SLICE_INIT("\0"), "" },
        { SLICE_INIT(""), NULL },
        { SLICE_INIT("\1a"), NULL },
        { SLICE_INIT("\2a\0"), NULL },
        { SLICE_INIT("\300\0"), NULL },
        { SLICE_INIT("\1.\0"), "\\046" },
    };
    uint8_t room[ZONE_NAME_MAX];
    struct slice name;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t at = 0;
        bool ok = zone_name_of_wire(guarded(cases[i].wire), &at, room, &name);
        assert_int_equal(ok, cases[i].want != NULL);
        if (ok)
            expect_slice("name", name, slice_of_str(cases[i].want));
    }
}

static void memory_is_bounded(void **state)
{
    struct arena arena;
    struct zone_reader r;
    struct zone_record record;
    struct fault why;
    (void)state;
    arena_init(&arena, 8);
    zone_reader_init(&r, SLICE("a.example. TXT x"), SLICE(""), RRTYPE, &arena);
    assert_int_equal(zone_read(&r, &record, &why), -1);
    assert_string_equal(why.what, "too large");
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_read_as_rfc_1035_writes_them),
        cmocka_unit_test(faults_name_their_line_and_reading_goes_on),
        cmocka_unit_test(a_dns_file_has_words_for_answers),
        cmocka_unit_test(a_string_holds_255_octets),
        cmocka_unit_test(labels_and_names_have_their_bounds),
        cmocka_unit_test(names_on_the_wire_are_whole_or_refused),
        cmocka_unit_test(memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
