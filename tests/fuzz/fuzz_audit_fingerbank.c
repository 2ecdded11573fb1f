/* SPDX-License-Identifier: ISC */
#include "fingerprints.h"

/* Any bytes as fingerbank's sections. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_fingerprints(prints_bank, (struct slice){ data, size });
    return 0;
}
