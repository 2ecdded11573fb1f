/* SPDX-License-Identifier: ISC */
#include "submit/record.h"

#include "base/reader.h"

#define LENGTH_BYTES 2

bool record_append(struct buf *out, const struct device_event *event)
{
    struct buf one;
    buf_init(&one, DEVICE_EVENT_MAX);
    device_event_write(&one, event);
    struct slice bytes = buf_slice(&one);
    uint8_t *room = one.failed ? NULL : buf_reserve(out, LENGTH_BYTES + bytes.n);
    if (room) {
        room[0] = (uint8_t)(bytes.n >> 8);
        room[1] = (uint8_t)bytes.n;
        buf_grew(out, LENGTH_BYTES);
        buf_append(out, bytes);
    }
    buf_clear(&one);
    return room != NULL;
}

/* The size of the first record with its length; 0: it is not all there. */
static size_t first_size(struct slice records)
{
    struct reader r = reader_of(records);
    size_t n = reader_be16(&r);
    return r.bad || n > reader_left(&r) ? 0 : LENGTH_BYTES + n;
}

enum record_result record_next(struct slice *rest, struct slice *whole, struct device_event *out,
                               struct fault *why)
{
    if (rest->n == 0)
        return RECORD_END;
    size_t n = first_size(*rest);
    if (n == 0) {
        *why = (struct fault){ 0, "not all there" };
        *rest = slice_from(*rest, rest->n);
        return RECORD_BAD;
    }
    struct slice one = slice_first(*rest, n);
    *rest = slice_from(*rest, n);
    if (!device_event_parse(slice_from(one, LENGTH_BYTES), out, why)) {
        why->at += LENGTH_BYTES;
        return RECORD_BAD;
    }
    *whole = one;
    return RECORD_ONE;
}

size_t record_fit(struct slice records, size_t max)
{
    size_t fits = 0;
    for (;;) {
        size_t n = first_size(slice_from(records, fits));
        if (n == 0 || n > max - fits)
            return fits;
        fits += n;
    }
}

size_t record_span(struct slice records, size_t n)
{
    size_t span = 0, one;
    while (n-- > 0 && (one = first_size(slice_from(records, span))) > 0)
        span += one;
    return span;
}
