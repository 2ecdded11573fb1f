/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "base/attribute.h"
#include "milter/wire.h"

#define MAX 16

/* clang-format off */
static const struct {
    const char *name;
    struct slice bytes;
    enum wire_framing framing;
    uint8_t command;
    struct slice payload;
    size_t used;
} packets[] = {
    { "nothing yet",                  SLICE_INIT(""),                       WIRE_PARTIAL, 0, SLICE_INIT(""), 0 },
    { "half a length",                SLICE_INIT("\0\0\0"),                 WIRE_PARTIAL, 0, SLICE_INIT(""), 0 },
    { "a length alone",               SLICE_INIT("\0\0\0\1"),               WIRE_PARTIAL, 0, SLICE_INIT(""), 0 },
    { "no payload",                   SLICE_INIT("\0\0\0\1N"),              WIRE_WHOLE, 'N', SLICE_INIT(""), 5 },
    { "one octet short",              SLICE_INIT("\0\0\0\4Bxy"),            WIRE_PARTIAL, 0, SLICE_INIT(""), 0 },
    { "a payload with NUL",           SLICE_INIT("\0\0\0\4Bx\0y"),          WIRE_WHOLE, 'B', SLICE_INIT("x\0y"), 8 },
    { "more behind it",               SLICE_INIT("\0\0\0\2Bx\0\0\0\1E"),    WIRE_WHOLE, 'B', SLICE_INIT("x"), 6 },
    { "a command that nobody knows",  SLICE_INIT("\0\0\0\1\xff"),           WIRE_WHOLE, 0xff, SLICE_INIT(""), 5 },
    { "the maximum",                  SLICE_INIT("\0\0\0\21B0123456789abcdef"), WIRE_WHOLE, 'B', SLICE_INIT("0123456789abcdef"), 21 },
    { "the maximum and one",          SLICE_INIT("\0\0\0\22B"),             WIRE_TOO_BIG, 'B', SLICE_INIT(""), 0 },
    { "four gigabytes",               SLICE_INIT("\xff\xff\xff\xffL"),      WIRE_TOO_BIG, 'L', SLICE_INIT(""), 0 },
    { "an empty packet",              SLICE_INIT("\0\0\0\0"),               WIRE_EMPTY, 0, SLICE_INIT(""), 0 },
};
/* clang-format on */

static void packets_have_a_length_a_letter_and_a_payload(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(packets); i++) {
        struct wire_packet p = { 0 };
        size_t used = 0;
        enum wire_framing f = wire_packet_parse(guarded(packets[i].bytes), MAX, &p, &used);
        if (f != packets[i].framing || used != packets[i].used || p.command != packets[i].command)
            fail_msg("%s: framing %d, command %u, used %zu", packets[i].name, (int)f, p.command,
                     used);
        if (f == WIRE_WHOLE)
            expect_slice(packets[i].name, p.payload, packets[i].payload);
    }
}

/* clang-format off */
static const struct {
    const char *name;
    struct slice payload;
    bool ok;
    struct wire_negotiation n;
} negotiations[] = {
    { "Postfix",        SLICE_INIT("\0\0\0\6\0\0\1\xff\0\x1f\xff\xff"),      true,  { 6, 0x1ff, 0x1fffff } },
    { "version 2",      SLICE_INIT("\0\0\0\2\0\0\0\x3f\0\0\0\x7f"),          true,  { 2, 0x3f, 0x7f } },
    { "more behind it", SLICE_INIT("\0\0\0\6\0\0\1\xff\0\x1f\xff\xff\0\0"),  true,  { 6, 0x1ff, 0x1fffff } },
    { "one octet short", SLICE_INIT("\0\0\0\6\0\0\1\xff\0\x1f\xff"),         false, { 0 } },
    { "nothing",        SLICE_INIT(""),                                      false, { 0 } },
};
/* clang-format on */

static void a_negotiation_is_three_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(negotiations); i++) {
        struct wire_negotiation n = { 0 };
        struct fault why = { 0 };
        bool ok = wire_negotiation_parse(guarded(negotiations[i].payload), &n, &why);
        if (ok != negotiations[i].ok || memcmp(&n, &negotiations[i].n, sizeof n) != 0 ||
            (!ok && !why.what))
            fail_msg("%s: %d", negotiations[i].name, ok);
    }
}

/* clang-format off */
static const struct {
    const char *name;
    struct slice payload;
    const char *fault; /* NULL: none */
    struct wire_connect c;
} connects[] = {
    { "IPv4",       SLICE_INIT("mx.example\0" "4\0\x19" "192.0.2.1\0"), NULL, { SLICE_INIT("mx.example"), '4', 25, SLICE_INIT("192.0.2.1") } },
    { "IPv6",       SLICE_INIT("[x]\0" "6\1\0" "2001:db8::1\0"),        NULL, { SLICE_INIT("[x]"), '6', 256, SLICE_INIT("2001:db8::1") } },
    { "UNIX",       SLICE_INIT("localhost\0L\0\0/run/x\0"),             NULL, { SLICE_INIT("localhost"), 'L', 0, SLICE_INIT("/run/x") } },
    { "unknown",    SLICE_INIT("localhost\0U"),                         NULL, { SLICE_INIT("localhost"), 'U', 0, SLICE_INIT("") } },
    { "empty host", SLICE_INIT("\0U"),                                  NULL, { SLICE_INIT(""), 'U', 0, SLICE_INIT("") } },
    { "nothing",    SLICE_INIT(""),                                     "the host name has no end", { .port = 0 } },
    { "no end",     SLICE_INIT("mx"),                                   "the host name has no end", { .port = 0 } },
    { "no family",  SLICE_INIT("mx\0"),                                 "no address family", { .port = 0 } },
    { "family",     SLICE_INIT("mx\0X\0\0a\0"),                         "an address family that nobody knows", { .port = 0 } },
    { "half a port", SLICE_INIT("mx\0" "4\0"),                          "no port", { .port = 0 } },
    { "address",    SLICE_INIT("mx\0" "4\0\0" "192.0.2.1"),             "the address has no end", { .port = 0 } },
};
/* clang-format on */

static void connect_says_who_the_client_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(connects); i++) {
        struct wire_connect c = { .family = 0 };
        struct fault why = { 0 };
        struct slice in = guarded(connects[i].payload);
        bool ok = wire_connect_parse(in, &c, &why);
        assert_int_equal(ok, !connects[i].fault);
        if (!ok) {
            assert_string_equal(why.what, connects[i].fault);
            assert_true(why.at <= in.n);
            continue;
        }
        expect_slice(connects[i].name, c.host, connects[i].c.host);
        expect_slice(connects[i].name, c.address, connects[i].c.address);
        assert_int_equal(c.family, connects[i].c.family);
        assert_int_equal(c.port, connects[i].c.port);
    }
}

/* clang-format off */
static const struct {
    const char *name;
    struct slice payload;
    bool ok;
    struct wire_header h;
} headers[] = {
    { "a field",             SLICE_INIT("Subject\0 hi\0"),        true,  { SLICE_INIT("Subject"), SLICE_INIT(" hi") } },
    { "an empty value",      SLICE_INIT("Subject\0\0"),           true,  { SLICE_INIT("Subject"), SLICE_INIT("") } },
    { "an empty name",       SLICE_INIT("\0x\0"),                 true,  { SLICE_INIT(""), SLICE_INIT("x") } },
    { "a fold",              SLICE_INIT("To\0 a,\n\tb\0"),        true,  { SLICE_INIT("To"), SLICE_INIT(" a,\n\tb") } },
    { "8-bit",               SLICE_INIT("S\xc3\xa9\0\xff\0"),     true,  { SLICE_INIT("S\xc3\xa9"), SLICE_INIT("\xff") } },
    { "a NUL in the value",  SLICE_INIT("From\0a\0b\0"),          true,  { SLICE_INIT("From"), SLICE_INIT("a\0b") } },
    { "a NUL at its end",    SLICE_INIT("From\0a\0\0"),           true,  { SLICE_INIT("From"), SLICE_INIT("a\0") } },
    { "no value",            SLICE_INIT("From\0"),                false, { { 0 }, { 0 } } },
    { "no end of the value", SLICE_INIT("From\0a"),               false, { { 0 }, { 0 } } },
    { "no end of the name",  SLICE_INIT("From"),                  false, { { 0 }, { 0 } } },
    { "nothing",             SLICE_INIT(""),                      false, { { 0 }, { 0 } } },
};
/* clang-format on */

static void a_nul_in_a_header_is_seen(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
        struct wire_header h = { { 0 }, { 0 } };
        struct fault why = { 0 };
        struct slice in = guarded(headers[i].payload);
        bool ok = wire_header_parse(in, &h, &why);
        if (ok != headers[i].ok || (!ok && (!why.what || why.at > in.n)))
            fail_msg("%s: %d", headers[i].name, ok);
        expect_slice(headers[i].name, h.name, headers[i].h.name);
        expect_slice(headers[i].name, h.value, headers[i].h.value);
    }
}

static void a_string_that_is_cut_short_is_none(void **state)
{
    (void)state;
    struct slice rest = guarded(SLICE("a\0\0b")), out = { 0 };
    assert_true(wire_string_next(&rest, &out));
    expect_slice("first", out, SLICE("a"));
    assert_true(wire_string_next(&rest, &out));
    expect_slice("empty", out, SLICE(""));
    assert_false(wire_string_next(&rest, &out));
    expect_slice("untouched", rest, SLICE("b"));
}

static void expect_written(const char *name, struct buf *out, struct slice want)
{
    assert_false(out->failed);
    expect_slice(name, buf_slice(out), want);
    buf_clear(out);
}

static void replies_are_written_as_the_mta_reads_them(void **state)
{
    (void)state;
    struct buf out, symbols;
    const struct wire_negotiation n = { 6, 0x111, 0x100000 };
    buf_init(&out, 4096);
    buf_init(&symbols, 4096);
    wire_write_reply(&out, WIRE_REPLY_CONTINUE);
    expect_written("continue", &out, SLICE("\0\0\0\1c"));
    wire_write_negotiation(&out, &n, (struct slice){ 0 });
    expect_written("negotiation", &out, SLICE("\0\0\0\15O\0\0\0\6\0\0\1\x11\0\x10\0\0"));
    wire_symbols_append(&symbols, WIRE_STAGE_END, "i");
    wire_write_negotiation(&out, &n, buf_slice(&symbols));
    expect_written("symbols", &out, SLICE("\0\0\0\23O\0\0\0\6\0\0\1\x11\0\x10\0\0\0\0\0\5i\0"));
    wire_write_code(&out, SLICE("550 5.7.1 no"));
    expect_written("code", &out, SLICE("\0\0\0\16y550 5.7.1 no\0"));
    wire_write_quarantine(&out, SLICE("why"));
    expect_written("quarantine", &out, SLICE("\0\0\0\5qwhy\0"));
    wire_write_change(&out, 258, "X", (struct slice){ 0 });
    expect_written("delete", &out, SLICE("\0\0\0\10m\0\0\1\2X\0\0"));
    wire_write_insert(&out, 1, "X", SLICE(" a"));
    expect_written("insert", &out, SLICE("\0\0\0\12i\0\0\0\1X\0 a\0"));
    buf_clear(&symbols);
}

static void a_cr_is_never_sent(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 4096);
    wire_write_insert(&out, 0, "X", SLICE(" a;\r\n\tb\r"));
    expect_written("fold", &out, SLICE("\0\0\0\16i\0\0\0\0X\0 a;\n\tb\0"));
}

static void what_is_written_ends_at_a_nul(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 4096);
    wire_write_code(&out, SLICE("550 x\0y"));
    expect_written("code", &out, SLICE("\0\0\0\7y550 x\0"));
    wire_write_insert(&out, 0, "X", SLICE("a\0b"));
    expect_written("insert", &out, SLICE("\0\0\0\11i\0\0\0\0X\0a\0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_have_a_length_a_letter_and_a_payload),
        cmocka_unit_test(a_negotiation_is_three_numbers),
        cmocka_unit_test(connect_says_who_the_client_is),
        cmocka_unit_test(a_nul_in_a_header_is_seen),
        cmocka_unit_test(a_string_that_is_cut_short_is_none),
        cmocka_unit_test(replies_are_written_as_the_mta_reads_them),
        cmocka_unit_test(a_cr_is_never_sent),
        cmocka_unit_test(what_is_written_ends_at_a_nul),
    };
    return cmocka_run_group_tests_name("milter/wire", tests, NULL, NULL);
}
