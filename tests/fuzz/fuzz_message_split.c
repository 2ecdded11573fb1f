/* SPDX-License-Identifier: ISC */
#include "property.h"

#include <string.h>

#include "message/split.h"

struct seen {
    struct buf fields; /* each behind its length */
    struct buf body;
    struct buf whole; /* the message put together again */
    unsigned ends;
    bool too_big;
};

static void see(struct seen *seen, enum message_part what, struct slice part)
{
    must(!seen->too_big);
    switch (what) {
    case MESSAGE_MORE: break;
    case MESSAGE_FIELD:
        must(seen->ends == 0 && part.n > 0);
        buf_printf(&seen->fields, "%zu:", part.n);
        buf_append(&seen->fields, part);
        buf_append(&seen->whole, part);
        buf_append_str(&seen->whole, "\r\n");
        break;
    case MESSAGE_HEADER_END:
        must(part.n == 0);
        seen->ends++;
        buf_append_str(&seen->whole, "\r\n");
        break;
    case MESSAGE_BODY:
        must(seen->ends == 1 && part.n > 0);
        buf_append(&seen->body, part);
        buf_append(&seen->whole, part);
        break;
    case MESSAGE_TOO_BIG: seen->too_big = true; break;
    }
}

static void drain(struct message_split *s, struct seen *seen)
{
    struct slice part;
    enum message_part what;
    while ((what = message_split_next(s, &part)) != MESSAGE_MORE)
        see(seen, what, part);
}

static void split_by(struct slice in, size_t step, bool mend, size_t max, struct seen *seen)
{
    struct message_split s;
    *seen = (struct seen){ 0 };
    buf_init(&seen->fields, SIZE_MAX / 2);
    buf_init(&seen->body, SIZE_MAX / 2);
    buf_init(&seen->whole, SIZE_MAX / 2);
    message_split_init(&s, mend);
    s.header_max = max;
    for (size_t at = 0; at < in.n; at += step) {
        message_split_feed(&s, slice_first(slice_from(in, at), step));
        drain(&s, seen);
    }
    message_split_end(&s);
    drain(&s, seen);
    must(seen->too_big || seen->ends == 1);
    message_split_clear(&s);
}

static void clear(struct seen *seen)
{
    buf_clear(&seen->fields);
    buf_clear(&seen->body);
    buf_clear(&seen->whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    uint8_t first = choice(&in);
    struct seen whole, sliced;
    split_by(in, in.n + 1, first & 1, SIZE_MAX, &whole);
    split_by(in, 1 + (first >> 2), first & 1, SIZE_MAX, &sliced);
    must(slice_equal(buf_slice(&whole.fields), buf_slice(&sliced.fields)));
    must(slice_equal(buf_slice(&whole.body), buf_slice(&sliced.body)));
    if (!(first & 1)) /* nothing is lost, nothing added but line ends at the end of a header */
        must(slice_starts(buf_slice(&whole.whole), in));
    clear(&sliced);
    split_by(in, 1 + (first >> 2), first & 1, 64, &sliced);
    must(sliced.too_big || buf_size(&sliced.fields) <= buf_size(&whole.fields));
    clear(&sliced);
    clear(&whole);
    return 0;
}
