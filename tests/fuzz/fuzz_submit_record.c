/* SPDX-License-Identifier: ISC */
#include "base/check.h"
#include "submit/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What comes out of a message is the message, record by record, up to where it is broken. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice message = { data, size }, rest = message, whole;
    struct device_event event;
    struct fault why = { 0 };
    struct buf again;
    buf_init(&again, size);
    for (;;) {
        struct slice before = rest;
        enum record_result result = record_next(&rest, &whole, &event, &why);
        if (result == RECORD_BAD)
            CHECK(why.what && why.at <= before.n);
        if (result != RECORD_ONE)
            break;
        CHECK(whole.p == before.p && whole.n + rest.n == before.n);
        CHECK(record_append(&again, &event));
    }
    struct slice good = buf_slice(&again);
    CHECK(!again.failed && slice_starts(message, good));
    CHECK(record_fit(message, size) >= good.n && record_fit(message, size) <= size);
    CHECK(record_span(message, SIZE_MAX) <= size);
    buf_clear(&again);
    return 0;
}
