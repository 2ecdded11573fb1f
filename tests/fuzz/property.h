/* SPDX-License-Identifier: ISC
 *
 * What fuzz targets state: a property that does not hold is a crash.
 */
#pragma once

#include <stdlib.h>

#include "base/slice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void must(bool holds)
{
    if (!holds)
        abort();
}

/* A result is empty or points into the input. */
static inline bool inside(struct slice in, struct slice result)
{
    return result.n == 0 || (result.p >= in.p && result.n <= in.n &&
                             result.p - in.p <= (ptrdiff_t)(in.n - result.n));
}

/* A fault says what, and where in the input. */
static inline bool is_fault(struct slice in, const struct fault *why)
{
    return why->what && why->at <= in.n;
}

/* Splits the first byte off an input: a choice that the fuzzer makes. */
static inline uint8_t choice(struct slice *in)
{
    uint8_t first = in->n ? in->p[0] : 0;
    *in = slice_from(*in, 1);
    return first;
}
