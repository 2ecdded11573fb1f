/* SPDX-License-Identifier: ISC
 *
 * dhcp/sha256_lanes: SHA-256 (FIPS 180-4) of eight messages side by side, in the compiler's vectors: what
 * dhcid_search.c needs to try a hundred million addresses in seconds. Not for secrets. Pure.
 *
 * OpenSSL's takes one message at a time, and half of that time is its own bookkeeping: of a block 85 ns,
 * and here 34 ns with AVX2 and 80 ns without, where it takes 47 ns and 130 ns with and without SHA-NI.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { SHA256_LANES = 8, SHA256_WORDS = 16, SHA256_BLOCK = 64 };

/* Messages that differ in 24 bits: blocks, padded, have a zero where the number stands: `shift` bits from
 * the end of the 64 that words 1 and 2 of the first block are (40: word 1 only; 16: both). */
struct sha256_family {
    const uint32_t (*blocks)[SHA256_WORDS];
    size_t blocks_n;
    unsigned shift;
};
/* The first words of the digests of numbers first to first + 7. */
typedef void sha256_lanes_fn(const struct sha256_family *family, uint32_t first,
                             uint32_t out[SHA256_LANES]);
/* The best for this processor. */
sha256_lanes_fn *sha256_lanes(void);
sha256_lanes_fn sha256_lanes_plain; /* what every processor can do */
