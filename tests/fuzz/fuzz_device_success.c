/* SPDX-License-Identifier: ISC */
#include "base/check.h"
#include "device/device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct slice part, struct slice whole)
{
    CHECK(part.n > 0 && part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

/* Each record has one form in bytes only: what parses is written the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = { data, size };
    struct device_success success;
    struct fault why = { 0 };
    struct buf out;
    if (!device_success_parse(bytes, &success, &why)) {
        CHECK(why.what && why.at <= size);
        return 0;
    }
    check_inside(success.key.account, bytes);
    check_inside(success.key.type, bytes);
    buf_init(&out, DEVICE_SUCCESS_MAX);
    device_success_write(&out, &success);
    CHECK(!out.failed && slice_equal(buf_slice(&out), bytes));
    buf_clear(&out);
    return 0;
}
