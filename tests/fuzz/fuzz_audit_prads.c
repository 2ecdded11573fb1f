/* SPDX-License-Identifier: ISC */
#include "fingerprints.h"

/* Any bytes as PRADS' lines. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_fingerprints(prints_prads, (struct slice){ data, size });
    return 0;
}
