/* SPDX-License-Identifier: ISC
 *
 * audit/allocation_hash: the functions of a client's identifier by which known servers begin their search for an
 * address: start + function mod size. None of them has a secret. Pure.
 */
#pragma once

#include "audit/allocation.h"

struct allocation_function {
    enum audit_strategy strategy; /* IDENTIFIER or HASH */
    const char *detail;
    /* False: not of this client (no hardware address). */
    bool (*value)(const struct allocation_case *it, uint64_t *out);
};
size_t allocation_functions(const struct allocation_function **out);

struct allocation_fit {
    uint32_t start, size;
    double tried; /* natural logarithm of how many starts and sizes there were to choose from */
};
/* The start and size by which most of the cases come out; false: none for half of a sample. */
MUST_USE bool allocation_fit(const struct allocation_function *function,
                             const struct allocation_case *cases, size_t n,
                             struct allocation_fit *out);
