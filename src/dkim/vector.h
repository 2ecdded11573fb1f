/* SPDX-License-Identifier: ISC
 *
 * dkim/vector: many octets at a time, for the scans that every octet of a body goes through.
 *
 * The compiler's own vectors: 16 octets are what every machine has. On x86 the same source is compiled
 * with 32 for AVX2, too, and taken where there is one.
 */
#pragma once

#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "base/slice.h"

typedef uint8_t vector __attribute__((vector_size(16)));
typedef uint8_t vector_wide __attribute__((vector_size(32)));

#define VECTOR_INLINE static inline __attribute__((always_inline))

/* VECTOR_BITS: one bit for each octet of a mask. VECTOR_WIDE: before a function with wide vectors, to be
 * called where vector_is_wide says so. */
#ifdef __x86_64__
#define VECTOR_BITS(mask)      ((uint32_t)_mm_movemask_epi8((__m128i)(mask)))
#define VECTOR_WIDE_BITS(mask) ((uint32_t)_mm256_movemask_epi8((__m256i)(mask)))
#define VECTOR_WIDE            __attribute__((target("avx2")))
static inline bool vector_is_wide(void)
{
    return __builtin_cpu_supports("avx2");
}
#else
#define VECTOR_BITS(mask)      vector_bits(&(mask), 16)
#define VECTOR_WIDE_BITS(mask) vector_bits(&(mask), 32)
#define VECTOR_WIDE
static inline bool vector_is_wide(void)
{
    return false;
}
static inline uint32_t vector_bits(const void *mask, size_t n)
{
    uint8_t octets[32];
    uint32_t bits = 0;
    memcpy(octets, mask, n);
    for (size_t i = 0; i < n; i++)
        bits |= (uint32_t)(octets[i] & 1) << i;
    return bits;
}
#endif
