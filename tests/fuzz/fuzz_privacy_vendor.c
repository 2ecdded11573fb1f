/* SPDX-License-Identifier: ISC */
#include "base/check.h"
#include "privacy/vendor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A name is not empty, and stands in its line. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice line = { data, size }, name = { 0 };
    uint8_t oui[3] = { 0 };
    if (vendor_line(line, oui, &name))
        CHECK(name.n > 0 && name.p > data && name.p + name.n <= data + size);
    else
        CHECK(!name.p && !oui[0] && !oui[1] && !oui[2]);
    return 0;
}
