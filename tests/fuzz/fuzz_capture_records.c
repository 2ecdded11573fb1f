/* SPDX-License-Identifier: ISC */
#include "base/err.h"
#include "capture/records.h"
#include "property.h"

/* Records that cannot be are counted and passed over. */
static void check_frame(struct slice file, const struct capture_frame *frame, uint64_t last)
{
    must(frame->number > last && inside(file, frame->data));
    must(frame->data.n <= CAPTURE_FRAME_MAX && frame->length >= frame->data.n);
    must(frame->link <= UINT16_MAX && (frame->data.p || frame->data.n == 0));
}

static void read_all(struct slice file, struct capture_records *records, struct buf *why)
{
    struct capture_frame frame;
    uint64_t number = 0, read = 0, size = 0;
    int got = 0;
    while ((got = capture_records_next(records, &frame, why)) > 0) {
        check_frame(file, &frame, number);
        number = frame.number;
    }
    must(got == 0 ? buf_size(why) == 0 : got == ERR_FORMAT && buf_size(why) > 0);
    capture_records_position(records, &read, &size);
    must(size == file.n && read <= size && (got != 0 || read == size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice file = { data, size };
    struct buf why;
    if (slice_starts(file, SLICE("\x1f\x8b"))) /* fuzz_capture_input's, and slow */
        return 0;
    buf_init(&why, 256);
    struct capture_records *records = capture_records_open(capture_input_of(file), &why);
    must(!records == (buf_size(&why) > 0));
    if (records)
        read_all(file, records, &why);
    capture_records_close(records);
    buf_clear(&why);
    return 0;
}
