/* SPDX-License-Identifier: ISC */
#include "property.h"

#include "message/scan.h"

static size_t scan_by(struct message_scan *scan, struct slice in, size_t step)
{
    size_t at = 0, n = 1;
    message_scan_init(scan);
    for (; at < in.n && n; at += n) {
        n = message_scan(scan, slice_first(slice_from(in, at), step));
        must(n <= in.n - at && (n > 0 || scan->ended));
    }
    return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    struct message_scan whole, sliced;
    size_t step = 1 + choice(&in) % 16;
    size_t header = scan_by(&whole, in, SIZE_MAX);
    must(scan_by(&sliced, in, step) == header && header <= in.n);
    must(whole.ended == sliced.ended && whole.malformed == sliced.malformed);
    must(whole.from_fields == sliced.from_fields && whole.received == sliced.received);
    must(whole.date == sliced.date && whole.message_id == sliced.message_id &&
         whole.sender == sliced.sender);
    must(slice_equal(buf_slice(&whole.from), buf_slice(&sliced.from)));
    must(whole.from_fields || buf_size(&whole.from) == 0);
    must(whole.ended || header == in.n);
    if (whole.ended)
        must(header >= 2 && in.p[header - 1] == '\n' && in.p[header - 2] == '\r');
    message_scan_clear(&whole);
    message_scan_clear(&sliced);
    return 0;
}
