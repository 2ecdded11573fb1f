/* SPDX-License-Identifier: ISC */
#include "fingerprints.h"

/* Any bytes as Satori's XML. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_fingerprints(prints_satori, (struct slice){ data, size });
    return 0;
}
