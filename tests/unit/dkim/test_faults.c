/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "dkim/faults.h"

#define CR   POSTERN_MESSAGE_BARE_CR
#define LF   POSTERN_MESSAGE_BARE_LF
#define NUL  POSTERN_MESSAGE_NUL
#define BAD  POSTERN_MESSAGE_BAD_FIELD
#define NONE POSTERN_MESSAGE_NO_FROM
#define MANY POSTERN_MESSAGE_SEVERAL_FROM
#define BODY POSTERN_MESSAGE_FIELD_IN_BODY

/* clang-format off */
static const struct {
    const char *name;
    struct slice fields[3];
    unsigned want;
} headers[] = {
    { "nothing", { SLICE_INIT("") }, NONE | BAD },
    { "a header", { SLICE_INIT("From: a"), SLICE_INIT("To: b\r\n c"), SLICE_INIT("X:") }, 0 },
    { "white space before the colon is obsolete, and a field", { SLICE_INIT("From \t: a"), SLICE_INIT("X:"), SLICE_INIT("Y:") }, 0 },
    { "several From fields", { SLICE_INIT("From: a"), SLICE_INIT("X:"), SLICE_INIT("FROM : b") }, MANY },
    { "no From", { SLICE_INIT("X-From: a"), SLICE_INIT("Fro:"), SLICE_INIT("Froms:") }, NONE },
    { "a line without a colon", { SLICE_INIT("From: a"), SLICE_INIT("nonsense"), SLICE_INIT("X:") }, BAD },
    { "mbox's From line", { SLICE_INIT("From a@b Mon 12:00"), SLICE_INIT("From: a"), SLICE_INIT("X:") }, BAD },
    { "a continuation of nothing", { SLICE_INIT(" From: a"), SLICE_INIT("From: a"), SLICE_INIT("X:") }, BAD },
    { "no name", { SLICE_INIT("From: a"), SLICE_INIT(": x"), SLICE_INIT("X:") }, BAD },
    { "8-bit in a name", { SLICE_INIT("From: a"), SLICE_INIT("\xc3\xa9: x"), SLICE_INIT("X:") }, BAD },
    { "NUL in the name of From hides it", { SLICE_INIT("From\0: a"), SLICE_INIT("X:"), SLICE_INIT("Y:") }, BAD | NUL | NONE },
    { "NUL in a value", { SLICE_INIT("From: a\0"), SLICE_INIT("X:"), SLICE_INIT("Y:") }, NUL },
    { "a bare CR", { SLICE_INIT("From: a\rb"), SLICE_INIT("X:"), SLICE_INIT("Y:") }, CR },
    { "a bare CR at the end", { SLICE_INIT("From: a"), SLICE_INIT("X:"), SLICE_INIT("Y:\r") }, CR },
    { "a bare LF", { SLICE_INIT("From: a"), SLICE_INIT("X:\nFrom: b"), SLICE_INIT("Y:") }, LF },
    { "a bare LF at the end", { SLICE_INIT("From: a\n"), SLICE_INIT("X:"), SLICE_INIT("Y:") }, LF },
    { "a bare LF at the beginning", { SLICE_INIT("From: a"), SLICE_INIT("\nX:"), SLICE_INIT("Y:") }, LF | BAD },
    { "a line end that is no fold", { SLICE_INIT("From: a\r\nTo: b"), SLICE_INIT("X:"), SLICE_INIT("Y:") }, BAD },
    { "an empty line in a field", { SLICE_INIT("From: a"), SLICE_INIT("X:\r\n"  "\r\n"), SLICE_INIT("Y:") }, BAD },
    { "a Subject twice", { SLICE_INIT("From: a"), SLICE_INIT("Subject: 1"), SLICE_INIT("SUBJECT: 2") }, POSTERN_MESSAGE_ONCE_TWICE },
    { "Received twice may be", { SLICE_INIT("From: a"), SLICE_INIT("Received: 1"), SLICE_INIT("Received: 2") }, 0 },
};
static const struct {
    const char *name;
    struct slice in;
    unsigned want;
} bodies[] = {
    { "nothing", SLICE_INIT(""), 0 },
    { "lines", SLICE_INIT("Hello,\r\n\r\nyou.\r\n"), 0 },
    { "CRLF first", SLICE_INIT("\r\nFrom: a\r\n"), 0 },
    { "a bare CR", SLICE_INIT("a\rb\r\n"), CR },
    { "a bare CR at the end", SLICE_INIT("ab\r"), CR },
    { "a bare CR first", SLICE_INIT("\rab"), CR },
    { "CR CR LF", SLICE_INIT("a\r\r\n"), CR },
    { "a bare LF", SLICE_INIT("a\nb"), LF },
    { "a bare LF first", SLICE_INIT("\nb"), LF },
    { "LF LF", SLICE_INIT("a\r\n\nb"), LF },
    { "LF CR", SLICE_INIT("a\n\rb"), CR | LF },
    { "a dot alone between bare line ends", SLICE_INIT("a\r\n.\n"), LF },
    { "NUL", SLICE_INIT("a\0"), NUL },
    { "NUL and CR", SLICE_INIT("a\r\0"), NUL | CR },
    { "a field", SLICE_INIT("From: a\r\n"), BODY },
    { "a field without a value", SLICE_INIT("From:"), BODY },
    { "a field and LF", SLICE_INIT("From:\n"), BODY | LF },
    { "an address of the web is none", SLICE_INIT("http://acme.example/\r\n"), 0 },
    { "words before a colon are none", SLICE_INIT("Dear all: hello\r\n"), 0 },
    { "a colon first is none", SLICE_INIT(": x"), 0 },
    { "white space first is none", SLICE_INIT(" From: x"), 0 },
    { "only the first line counts", SLICE_INIT("x\r\nFrom: a\r\n"), 0 },
    { "8-bit before a colon is none", SLICE_INIT("\xc3\xa9: x\r\n"), 0 },
    { "a name of 76", SLICE_INIT("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: x"), BODY },
    { "a name of 77", SLICE_INIT("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: x"), 0 },
};
/* clang-format on */

static void faults_of_headers_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
        struct header h;
        header_init(&h);
        for (size_t k = 0; k < 3 && headers[i].fields[k].p; k++)
            assert_int_equal(header_add(&h, guarded(headers[i].fields[k])), 0);
        assert_int_equal(header_end(&h), 0);
        unsigned found = header_faults(&h);
        if (found != headers[i].want)
            fail_msg("%s: %x, want %x", headers[i].name, found, headers[i].want);
        header_clear(&h);
    }
}

static unsigned faults_by(struct slice in, size_t step)
{
    struct body_faults b = { 0 };
    for (size_t at = 0; at < in.n; at += step)
        body_faults_feed(&b, slice_first(slice_from(in, at), step));
    body_faults_end(&b);
    return b.found;
}

static void faults_of_bodies_are_found_in_any_slices(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
        for (size_t step = 1; step <= bodies[i].in.n + 1; step++) {
            unsigned found = faults_by(guarded(bodies[i].in), step);
            if (found != bodies[i].want)
                fail_msg("%s by %zu: %x, want %x", bodies[i].name, step, found, bodies[i].want);
        }
}

/* Each at each place of a text that is scanned by vectors. */
static void octets_are_found_anywhere(void **state)
{
    static const struct {
        uint8_t octet;
        unsigned fault;
    } odd[] = { { '\r', CR }, { '\n', LF }, { 0, NUL }, { 'y', 0 } };
    uint8_t text[400];
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
        for (size_t at = 0; at < sizeof text; at++) {
            memset(text, 'x', sizeof text);
            memcpy(text + 127, "\r\n\r\n", 4);
            if (at >= 126 && at <= 131)
                continue;
            text[at] = odd[i].octet;
            assert_int_equal(faults_by(guarded((struct slice){ text, sizeof text }), sizeof text),
                             odd[i].fault);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_of_headers_are_found),
        cmocka_unit_test(faults_of_bodies_are_found_in_any_slices),
        cmocka_unit_test(octets_are_found_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
