/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "message/scan.h"

#define X10 "xxxxxxxxxx"
#define X70 X10 X10 X10 X10 X10 X10 X10

/* clang-format off */
static const struct {
    const char *name;
    struct slice in;
    size_t body; /* bytes behind the header */
    struct slice from;
    unsigned from_fields, received;
    bool date, message_id, sender, malformed, ended;
} cases[] = {
    { .name = "nothing", .in = SLICE_INIT("") },
    { .name = "an empty header", .in = SLICE_INIT("\r\nFrom: a@b\r\n"), .body = 11, .ended = true },
    { .name = "the fields that are asked for", .in = SLICE_INIT("From: a@b\r\nDate: x\r\nMessage-ID: <y>\r\nSender: z\r\nReceived: 1\r\nReceived: 2\r\n\r\nbody\r\n"),
      .body = 6, .from = SLICE_INIT(" a@b\r\n"), .from_fields = 1, .received = 2, .date = true, .message_id = true, .sender = true, .ended = true },
    { .name = "names without case (RFC 5322 §1.2.2)", .in = SLICE_INIT("fRoM: a\r\nrECEIVED:\r\nDATE:\r\nmessage-id:\r\nSENDER:\r\n\r\n"),
      .from = SLICE_INIT(" a\r\n"), .from_fields = 1, .received = 1, .date = true, .message_id = true, .sender = true, .ended = true },
    { .name = "spaces before the colon (RFC 5322 §4.5: MUST accept)", .in = SLICE_INIT("From \t : a\r\nReceived\t:b\r\n\r\n"), .from = SLICE_INIT(" a\r\n"), .from_fields = 1, .received = 1, .ended = true },
    { .name = "a folded From", .in = SLICE_INIT("From: a\r\n b\r\n\tc\r\nTo: d\r\n e\r\n\r\n"), .from = SLICE_INIT(" a\r\n b\r\n\tc\r\n"), .from_fields = 1, .ended = true },
    { .name = "a From that is folded before its first word", .in = SLICE_INIT("From:\r\n a@b\r\n\r\n"), .from = SLICE_INIT("\r\n a@b\r\n"), .from_fields = 1, .ended = true },
    { .name = "a line of blanks continues, and does not end", .in = SLICE_INIT("To: x\r\n \r\nFrom: a\r\n\r\n"), .from = SLICE_INIT(" a\r\n"), .from_fields = 1, .ended = true },
    { .name = "two From fields", .in = SLICE_INIT("From: a\r\nTo: x\r\nFrom: b\r\n\r\n"), .from = SLICE_INIT(" a\r\n b\r\n"), .from_fields = 2, .ended = true },
    { .name = "From in a body, in a value, in a longer name", .in = SLICE_INIT("Subject: From: x\r\nX-From: y\r\nFroms: z\r\nFro: a\r\nTo:\r\n From: b\r\n\r\nFrom: c\r\n"), .body = 9, .ended = true },
    { .name = "a value with a colon", .in = SLICE_INIT("From: \"a: b\" <c@d>\r\n\r\n"), .from = SLICE_INIT(" \"a: b\" <c@d>\r\n"), .from_fields = 1, .ended = true },
    { .name = "8-bit and NUL in a value", .in = SLICE_INIT("From: \xc3\xa9\0\r\n\r\n"), .from = SLICE_INIT(" \xc3\xa9\0\r\n"), .from_fields = 1, .ended = true },
    { .name = "not ended", .in = SLICE_INIT("From: a\r\nDate: b"), .from = SLICE_INIT(" a\r\n"), .from_fields = 1, .date = true },
    { .name = "CR alone is not the end", .in = SLICE_INIT("To: a\r\n\r") },
    { .name = "a name without its colon yet", .in = SLICE_INIT("From") },
    { .name = "a line without a colon", .in = SLICE_INIT("To: a\r\nnonsense\r\nFrom: b\r\n\r\n"), .from = SLICE_INIT(" b\r\n"), .from_fields = 1, .malformed = true, .ended = true },
    { .name = "mbox's From line", .in = SLICE_INIT("From a@b Mon\r\nTo: x\r\n\r\n"), .malformed = true, .ended = true },
    { .name = "two words before the colon",
      .in = SLICE_INIT("From x: a\r\n\r\n"), .malformed = true, .ended = true },
    { .name = "a continuation of nothing", .in = SLICE_INIT(" From: a\r\nTo: b\r\n\r\n"), .malformed = true, .ended = true },
    { .name = "no name", .in = SLICE_INIT(": a\r\n\r\n"), .malformed = true, .ended = true },
    { .name = "8-bit in a name", .in = SLICE_INIT("Fr\xc3\xb6m: a\r\n\r\n"), .malformed = true, .ended = true },
    { .name = "NUL in a name", .in = SLICE_INIT("From\0: a\r\n\r\n"), .malformed = true, .ended = true },
    { .name = "what continues a malformed line", .in = SLICE_INIT("bad\r\n From: a\r\n\r\n"), .malformed = true, .ended = true },
    { .name = "a bare LF in a value", .in = SLICE_INIT("To: a\nFrom: b\r\n\r\n"), .from = SLICE_INIT(" b\r\n"), .from_fields = 1, .malformed = true, .ended = true },
    { .name = "a bare LF for an empty line", .in = SLICE_INIT("To: a\r\n\nFrom: b\r\n\r\n"), .from = SLICE_INIT(" b\r\n"), .from_fields = 1, .malformed = true, .ended = true },
    { .name = "a bare CR in a value", .in = SLICE_INIT("To: a\rb\r\n\r\n"), .malformed = true, .ended = true },
    { .name = "CR CR LF", .in = SLICE_INIT("To: a\r\r\n\r\n"), .malformed = true, .ended = true },
    { .name = "a bare CR for an empty line", .in = SLICE_INIT("To: a\r\n\rFrom: b\r\n\r\n"), .malformed = true, .ended = true },
    { .name = "a name of 77 and one of 78", .in = SLICE_INIT(X70 "xxxxxxx: a\r\n" X70 "xxxxxxxx: b\r\n\r\n"), .ended = true },
};
/* clang-format on */

static void expect_scan(size_t i, size_t step)
{
    struct message_scan scan;
    struct slice in = guarded(cases[i].in);
    size_t at = 0, taken = 1;
    message_scan_init(&scan);
    for (; at < in.n && taken; at += taken)
        taken = message_scan(&scan, slice_first(slice_from(in, at), step));
    if (in.n - at != cases[i].body)
        fail_msg("%s by %zu: header of %zu bytes", cases[i].name, step, at);
    expect_slice(cases[i].name, buf_slice(&scan.from), cases[i].from);
    if (scan.from_fields != cases[i].from_fields || scan.received != cases[i].received)
        fail_msg("%s by %zu: %u From, %u Received", cases[i].name, step, scan.from_fields,
                 scan.received);
    if (scan.date != cases[i].date || scan.message_id != cases[i].message_id ||
        scan.sender != cases[i].sender)
        fail_msg("%s by %zu: Date, Message-ID or Sender", cases[i].name, step);
    if (scan.malformed != cases[i].malformed || scan.ended != cases[i].ended)
        fail_msg("%s by %zu: malformed %d, ended %d", cases[i].name, step, scan.malformed,
                 scan.ended);
    message_scan_clear(&scan);
}

static void header_is_scanned(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        expect_scan(i, SIZE_MAX);
}

static void slicing_changes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        for (size_t step = 1; step < 8; step++)
            expect_scan(i, step);
}

static void a_name_too_long_is_none_that_starts_like_it(void **state)
{
    (void)state;
    struct message_scan scan;
    struct slice in = SLICE("From" X70 "xxxxxxxxxx: a\r\n\r\n");
    message_scan_init(&scan);
    assert_int_equal(message_scan(&scan, in), in.n);
    assert_int_equal(scan.from_fields, 0);
    assert_false(scan.malformed);
    message_scan_clear(&scan);
}

static void kept_from_fields_are_bounded(void **state)
{
    (void)state;
    struct message_scan scan;
    struct slice x70 = SLICE(X70);
    message_scan_init(&scan);
    (void)message_scan(&scan, SLICE("From:"));
    for (size_t n = 0; n + x70.n <= MESSAGE_FROM_MAX; n += x70.n)
        (void)message_scan(&scan, x70);
    assert_false(scan.from.failed);
    (void)message_scan(&scan, x70);
    assert_true(scan.from.failed);
    assert_int_equal(buf_size(&scan.from), 0); /* half a list is not kept */
    (void)message_scan(&scan, SLICE("\r\nReceived: x\r\n\r\n"));
    assert_true(scan.ended && scan.received == 1);
    message_scan_clear(&scan);
    assert_int_equal(buf_size(&scan.from), 0);
    assert_false(scan.ended || scan.from.failed);
}

static void nothing_is_taken_behind_the_end(void **state)
{
    (void)state;
    struct message_scan scan;
    message_scan_init(&scan);
    assert_int_equal(message_scan(&scan, SLICE("\r\n")), 2);
    assert_int_equal(message_scan(&scan, SLICE("From: a\r\n")), 0);
    assert_int_equal(scan.from_fields, 0);
    message_scan_clear(&scan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_is_scanned),
        cmocka_unit_test(slicing_changes_nothing),
        cmocka_unit_test(a_name_too_long_is_none_that_starts_like_it),
        cmocka_unit_test(kept_from_fields_are_bounded),
        cmocka_unit_test(nothing_is_taken_behind_the_end),
    };
    return cmocka_run_group_tests_name("message/scan", tests, NULL, NULL);
}
