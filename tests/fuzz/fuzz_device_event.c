/* SPDX-License-Identifier: ISC */
#include "base/check.h"
#include "device/device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct slice part, struct slice whole)
{
    CHECK(part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n));
}

/* Each event has one form in bytes only: what parses is written the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = { data, size };
    struct device_event event;
    struct fault why = { 0 };
    struct buf out;
    if (!device_event_parse(bytes, &event, &why)) {
        CHECK(why.what && why.at <= size);
        return 0;
    }
    CHECK(event.account.n > 0);
    check_inside(event.account, bytes);
    check_inside(event.typed, bytes);
    check_inside(event.type, bytes);
    check_inside(event.reason, bytes);
    buf_init(&out, DEVICE_EVENT_MAX);
    device_event_write(&out, &event);
    CHECK(!out.failed && slice_equal(buf_slice(&out), bytes));
    buf_clear(&out);
    return 0;
}
