/* SPDX-License-Identifier: ISC */
#include "property.h"

#include "smtp/capability.h"
#include "smtp/reply.h"

/* What is written is one line that reads back; what was printable comes back the same. */
static void check_round_trip(const struct smtp_reply *reply, bool utf8)
{
    struct buf wire, again;
    struct smtp_reply back;
    struct slice lines;
    struct fault why;
    size_t taken;
    buf_init(&wire, SMTP_REPLY_LINE_MAX);
    buf_init(&again, SMTP_REPLY_LINE_MAX);
    smtp_reply_write(&wire, reply, utf8);
    must(!wire.failed);
    must(smtp_reply_parse(buf_slice(&wire), &back, &lines, &taken, &why) == SMTP_REPLY_DONE);
    must(taken == buf_size(&wire) && back.code == reply->code);
    must(back.text.n <= SMTP_REPLY_TEXT_MAX && !slice_has(lines, '\n') && !slice_has(lines, '\r'));
    must(utf8 ? slice_is_utf8(lines) : slice_is_ascii(lines));
    smtp_reply_write(&again, &back, utf8);
    must(slice_equal(buf_slice(&wire), buf_slice(&again)));
    buf_clear(&wire);
    buf_clear(&again);
}

/* No prefix of a good reply is bad, or done before its end. */
static void check_prefixes(struct slice in, size_t whole_taken)
{
    struct smtp_reply reply;
    struct slice lines;
    struct fault why;
    size_t taken;
    for (size_t n = 0; n < whole_taken; n += 1 + whole_taken / 64)
        must(smtp_reply_parse(slice_first(in, n), &reply, &lines, &taken, &why) == SMTP_REPLY_MORE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size }, lines = { 0 }, rest;
    struct smtp_reply reply;
    struct smtp_enhanced enhanced;
    struct smtp_capabilities capabilities;
    struct fault why = { 0 };
    size_t taken = 0;
    bool utf8 = choice(&in) & 1;
    enum smtp_reply_result result = smtp_reply_parse(in, &reply, &lines, &taken, &why);
    if (result == SMTP_REPLY_DONE) {
        must(taken > 0 && taken <= in.n && inside(slice_first(in, taken), lines));
        must(inside(lines, reply.text) && !slice_has(reply.text, '\n'));
        must(reply.code >= 200 && reply.code <= 599);
        must(!reply.enhanced.class || reply.enhanced.class == reply.code / 100);
        check_prefixes(in, taken);
        check_round_trip(&reply, utf8);
    } else if (result == SMTP_REPLY_BAD) {
        must(is_fault(in, &why));
    }
    smtp_capabilities_parse(in, &capabilities);
    must(capabilities.offered & SMTP_CAP_XCLIENT || !capabilities.xclient);
    must(capabilities.offered & SMTP_CAP_SIZE || !capabilities.size);
    if (smtp_enhanced_parse(in, &enhanced, &rest))
        must(inside(in, rest) && enhanced.subject <= 999 && enhanced.detail <= 999);
    return 0;
}
