/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdlib.h>

#include "base/buf.h"
#include "net/dns_packet.h"

#define DKIMP "\xff\x00"

/* Parts of packets. Counts of questions, answers and authorities stand in the header. */
#define HEAD(flags, answers, authorities) \
    "\x00\x00" flags "\x00\x01\x00" answers "\x00" authorities "\x00\x00"
#define OK       "\x81\x80"
#define NXDOMAIN "\x81\x83"
#define SERVFAIL "\x81\x82"
#define QUESTION \
    "\x01"       \
    "A"          \
    "\x07"       \
    "example\x00" DKIMP "\x00\x01" /* a.example at 12, example at 14 */
#define TO_A                          "\xc0\x0c"
#define TO_EXAMPLE                    "\xc0\x0e"
#define IN_TTL                        "\x00\x01\x00\x00\x01\x2c" /* IN 300 */
#define RECORD(owner, type, n, rdata) owner type IN_TTL "\x00" n rdata
#define ALL                           RECORD(TO_A, DKIMP, "\x06", "\x05p=all")
#define STRICT                        RECORD(TO_A, DKIMP, "\x06", "\x05p=str")
#define RRSIG                         RECORD(TO_A, "\x00\x2e", "\x02", "xx")
#define ALIAS(owner, target, n)       RECORD(owner, "\x00\x05", n, target)
#define B_EXAMPLE \
    "\x01"        \
    "b" TO_EXAMPLE
/* Its TTL is 300, its MINIMUM 60. */
#define SOA                                                                         \
    RECORD(TO_EXAMPLE, "\x00\x06", "\x18",                                          \
           TO_EXAMPLE TO_EXAMPLE "\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03" \
                                 "\x00\x00\x00\x04\x00\x00\x00\x3c")

struct read_case {
    const char *name;
    struct slice packet;
    enum postern_dns_answer answer;
    uint32_t ttl;
    struct slice first, second; /* RDATA; the first empty: none */
    int dangling;
};

/* clang-format off */
static const struct read_case cases[] = {
    { "one record", SLICE_INIT(HEAD(OK, "\x01", "\x00") QUESTION ALL), POSTERN_DNS_DATA, 300, SLICE_INIT("\x05p=all"), { 0 }, 0 },
    { "two records", SLICE_INIT(HEAD(OK, "\x02", "\x00") QUESTION ALL STRICT), POSTERN_DNS_DATA, 300, SLICE_INIT("\x05p=all"), SLICE_INIT("\x05p=str"), 0 },
    { "a signature between", SLICE_INIT(HEAD(OK, "\x03", "\x00") QUESTION ALL RRSIG STRICT), POSTERN_DNS_DATA, 300, SLICE_INIT("\x05p=all"), SLICE_INIT("\x05p=str"), 0 },
    { "a record of another name", SLICE_INIT(HEAD(OK, "\x01", "\x01") QUESTION RECORD(B_EXAMPLE, DKIMP, "\x06", "\x05p=all") SOA), POSTERN_DNS_NODATA, 60, { 0 }, { 0 }, 0 },
    { "a record of another class", SLICE_INIT(HEAD(OK, "\x01", "\x00") QUESTION TO_A DKIMP "\x00\x03\x00\x00\x01\x2c\x00\x01x"), POSTERN_DNS_NODATA, 0, { 0 }, { 0 }, 0 },
    { "names in any case", SLICE_INIT(HEAD(OK, "\x01", "\x00") QUESTION RECORD("\x01" "a\x07" "eXAMPLE\x00", DKIMP, "\x06", "\x05p=all")), POSTERN_DNS_DATA, 300, SLICE_INIT("\x05p=all"), { 0 }, 0 },
    { "no data", SLICE_INIT(HEAD(OK, "\x00", "\x01") QUESTION SOA), POSTERN_DNS_NODATA, 60, { 0 }, { 0 }, 0 },
    { "no data and no SOA", SLICE_INIT(HEAD(OK, "\x00", "\x00") QUESTION), POSTERN_DNS_NODATA, 0, { 0 }, { 0 }, 0 },
    { "no such name", SLICE_INIT(HEAD(NXDOMAIN, "\x00", "\x01") QUESTION SOA), POSTERN_DNS_NXDOMAIN, 60, { 0 }, { 0 }, 0 },
    { "a failure", SLICE_INIT(HEAD(SERVFAIL, "\x00", "\x00") QUESTION), POSTERN_DNS_SERVFAIL, 0, { 0 }, { 0 }, 0 },
    { "an alias to a record", SLICE_INIT(HEAD(OK, "\x02", "\x00") QUESTION ALIAS(TO_A, B_EXAMPLE, "\x04") RECORD(B_EXAMPLE, DKIMP, "\x06", "\x05p=all")), POSTERN_DNS_DATA, 300, SLICE_INIT("\x05p=all"), { 0 }, 0 },
    { "an alias behind its record", SLICE_INIT(HEAD(OK, "\x02", "\x00") QUESTION RECORD(B_EXAMPLE, DKIMP, "\x06", "\x05p=all") ALIAS(TO_A, B_EXAMPLE, "\x04")), POSTERN_DNS_DATA, 300, SLICE_INIT("\x05p=all"), { 0 }, 0 },
    { "an alias without data", SLICE_INIT(HEAD(OK, "\x01", "\x01") QUESTION ALIAS(TO_A, B_EXAMPLE, "\x04") SOA), POSTERN_DNS_NODATA, 60, { 0 }, { 0 }, 0 },
    { "an alias to nothing", SLICE_INIT(HEAD(NXDOMAIN, "\x01", "\x01") QUESTION ALIAS(TO_A, B_EXAMPLE, "\x04") SOA), POSTERN_DNS_NODATA, 60, { 0 }, { 0 }, 1 },
    { "RDATA of no octets", SLICE_INIT(HEAD(OK, "\x02", "\x00") QUESTION RECORD(TO_A, DKIMP, "\x00", "") ALL), POSTERN_DNS_DATA, 300, { 0 }, SLICE_INIT("\x05p=all"), 0 },
    { "a TTL over 31 bits is 0", SLICE_INIT(HEAD(OK, "\x01", "\x00") QUESTION TO_A DKIMP "\x00\x01\x80\x00\x00\x01\x00\x01x"), POSTERN_DNS_DATA, 0, SLICE_INIT("x"), { 0 }, 0 },
    { "the least TTL of a set", SLICE_INIT(HEAD(OK, "\x02", "\x00") QUESTION ALL TO_A DKIMP "\x00\x01\x00\x00\x00\x07\x00\x01x"), POSTERN_DNS_DATA, 7, SLICE_INIT("\x05p=all"), SLICE_INIT("x"), 0 },
};

static const struct { const char *name; struct slice packet; } broken[] = {
    { "nothing", { 0 } },
    { "a header and no more", SLICE_INIT(HEAD(OK, "\x00", "\x00")) },
    { "half a header", SLICE_INIT("\x00\x00" OK "\x00\x01") },
    { "a question, not a response", SLICE_INIT(HEAD("\x01\x00", "\x00", "\x00") QUESTION) },
    { "truncated", SLICE_INIT(HEAD("\x83\x80", "\x01", "\x00") QUESTION ALL) },
    { "another question", SLICE_INIT(HEAD(OK, "\x00", "\x00") "\x01" "a\x00\x00\x10\x00\x01") },
    { "two questions", SLICE_INIT("\x00\x00" OK "\x00\x02\x00\x00\x00\x00\x00\x00" QUESTION QUESTION) },
    { "fewer answers than it says", SLICE_INIT(HEAD(OK, "\x02", "\x00") QUESTION ALL) },
    { "RDATA beyond the end", SLICE_INIT(HEAD(OK, "\x01", "\x00") QUESTION RECORD(TO_A, DKIMP, "\x07", "\x05p=all")) },
    { "a pointer to itself", SLICE_INIT(HEAD(OK, "\x01", "\x00") QUESTION RECORD("\xc0\x1b", DKIMP, "\x01", "x")) },
    { "a pointer that leads forward", SLICE_INIT(HEAD(OK, "\x01", "\x00") QUESTION RECORD("\xc0\x20", DKIMP, "\x01", "x")) },
    { "pointers in a ring", SLICE_INIT(HEAD(OK, "\x01", "\x00") "\x01" "a\xc0\x0c" DKIMP "\x00\x01" RECORD(TO_A, DKIMP, "\x01", "x")) },
    { "an unknown kind of label", SLICE_INIT(HEAD(OK, "\x01", "\x00") QUESTION RECORD("\x41" "a\x00", DKIMP, "\x01", "x")) },
    { "an alias to itself", SLICE_INIT(HEAD(OK, "\x01", "\x00") QUESTION ALIAS(TO_A, TO_A, "\x02")) },
    { "an alias whose name goes beyond its RDATA", SLICE_INIT(HEAD(OK, "\x02", "\x00") QUESTION ALIAS(TO_A, "\x03" "b", "\x02") ALL) },
};
/* clang-format on */

static struct postern_dns_response read_one(const char *name, struct slice packet, struct arena *a)
{
    struct postern_dns_response out;
    struct fault why;
    if (!dns_packet_read(guarded(packet), 65280, a, &out, &why))
        fail_msg("%s: %s at %zu", name, why.what, why.at);
    return out;
}

static void each_answer_is_told_from_the_others(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct read_case *c = &cases[i];
        struct arena arena;
        arena_init(&arena, 4096);
        struct postern_dns_response r = read_one(c->name, c->packet, &arena);
        size_t n = c->answer == POSTERN_DNS_DATA ? 1 + (c->second.n > 0) : 0;
        if (r.answer != c->answer || r.ttl != c->ttl || r.dangling != c->dangling || r.rdata_n != n)
            fail_msg("%s: answer %d ttl %u dangling %d records %zu", c->name, (int)r.answer, r.ttl,
                     r.dangling, r.rdata_n);
        if (n > 0)
            expect_slice(c->name, (struct slice){ r.rdata[0].p, r.rdata[0].n }, c->first);
        if (n > 1)
            expect_slice(c->name, (struct slice){ r.rdata[1].p, r.rdata[1].n }, c->second);
        arena_clear(&arena);
    }
}

static void what_is_no_answer_is_refused(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
        struct postern_dns_response out = { .ttl = 4711 };
        struct fault why = { 0 };
        struct arena arena;
        arena_init(&arena, 4096);
        if (dns_packet_read(guarded(broken[i].packet), 65280, &arena, &out, &why))
            fail_msg("%s was read", broken[i].name);
        assert_non_null(why.what);
        assert_true(why.at <= broken[i].packet.n);
        assert_int_equal(out.ttl, 4711);
        arena_clear(&arena);
    }
}

static void every_cut_of_a_packet_is_refused(void **state UNUSED)
{
    const struct slice whole = SLICE(HEAD(OK, "\x02", "\x01") QUESTION ALIAS(
        TO_A, B_EXAMPLE, "\x04") RECORD(B_EXAMPLE, DKIMP, "\x06", "\x05p=all") SOA);
    for (size_t n = 0; n < whole.n; n++) {
        struct postern_dns_response out;
        struct fault why;
        struct arena arena;
        arena_init(&arena, 4096);
        bool read = dns_packet_read(guarded(slice_first(whole, n)), 65280, &arena, &out, &why);
        /* The authority section is not looked at where there is data. */
        if (read != (n >= whole.n - 36))
            fail_msg("cut at %zu of %zu: %d", n, whole.n, read);
        arena_clear(&arena);
    }
}

static void names_in_rdata_are_written_out(void **state UNUSED)
{
    const struct slice packet = SLICE(
        HEAD(OK, "\x01", "\x00") "\x01"
                                 "a\x07"
                                 "example\x00\x00\x0f\x00\x01" RECORD(TO_A, "\x00\x0f", "\x06",
                                                                      "\x00\x0a\x01"
                                                                      "M" TO_EXAMPLE));
    struct arena arena;
    struct postern_dns_response out;
    struct fault why;
    arena_init(&arena, 4096);
    assert_true(dns_packet_read(guarded(packet), 15, &arena, &out, &why));
    assert_int_equal(out.rdata_n, 1);
    expect_slice("mx", (struct slice){ out.rdata[0].p, out.rdata[0].n },
                 SLICE("\x00\x0a\x01m\x07"
                       "example\x00"));
    arena_clear(&arena);
}

/* RFC 1035 §3.1: 255 octets with the root's. */
static void a_name_has_at_most_255_octets(void **state UNUSED)
{
    for (size_t last = 61; last <= 62; last++) {
        uint8_t packet[12 + 256 + 4] = HEAD(OK, "\x00", "\x00");
        size_t n = 12;
        for (int label = 0; label < 4; label++) {
            size_t size = label < 3 ? 63 : last;
            packet[n] = (uint8_t)size;
            memset(packet + n + 1, 'x', size);
            n += 1 + size;
        }
        packet[n++] = 0;
        memcpy(packet + n, DKIMP "\x00\x01", 4);
        struct arena arena;
        struct postern_dns_response out;
        struct fault why;
        arena_init(&arena, 4096);
        bool read =
            dns_packet_read(guarded((struct slice){ packet, n + 4 }), 65280, &arena, &out, &why);
        assert_int_equal(read, last == 61);
        arena_clear(&arena);
    }
}

static void aliases_are_followed_16_times(void **state UNUSED)
{
    for (unsigned aliases = DNS_PACKET_ALIASES_MAX; aliases <= DNS_PACKET_ALIASES_MAX + 1;
         aliases++) {
        struct buf packet;
        buf_init(&packet, 4096);
        buf_append(&packet, SLICE("\x00\x00" OK "\x00\x01\x00"));
        buf_append_byte(&packet, (uint8_t)(aliases + 1));
        buf_append(&packet, SLICE("\x00\x00\x00\x00\x01"
                                  "A\x00" DKIMP "\x00\x01"));
        for (unsigned i = 0; i < aliases; i++) {
            const uint8_t record[] = { 1, (uint8_t)('a' + i), 0, 0, 5, 0, 1, 0, 0, 0, 9, 0, 3,
                                       1, (uint8_t)('b' + i), 0 };
            buf_append(&packet, (struct slice){ record, sizeof record });
        }
        const uint8_t record[] = { 1,  (uint8_t)('a' + aliases), 0, 0xff, 0, 0, 1, 0, 0, 0, 9, 0, 1,
                                   'x' };
        buf_append(&packet, (struct slice){ record, sizeof record });
        struct arena arena;
        struct postern_dns_response out;
        struct fault why;
        arena_init(&arena, 4096);
        bool read = dns_packet_read(buf_slice(&packet), 65280, &arena, &out, &why);
        assert_int_equal(read, aliases == DNS_PACKET_ALIASES_MAX);
        if (read)
            assert_int_equal(out.answer, POSTERN_DNS_DATA);
        arena_clear(&arena);
        buf_clear(&packet);
    }
}

static void without_room_there_is_no_answer(void **state UNUSED)
{
    struct arena arena;
    struct postern_dns_response out;
    struct fault why;
    arena_init(&arena, 8);
    assert_false(
        dns_packet_read(SLICE(HEAD(OK, "\x01", "\x00") QUESTION ALL), 65280, &arena, &out, &why));
    assert_non_null(why.what);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_answer_is_told_from_the_others),
        cmocka_unit_test(what_is_no_answer_is_refused),
        cmocka_unit_test(every_cut_of_a_packet_is_refused),
        cmocka_unit_test(names_in_rdata_are_written_out),
        cmocka_unit_test(a_name_has_at_most_255_octets),
        cmocka_unit_test(aliases_are_followed_16_times),
        cmocka_unit_test(without_room_there_is_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
