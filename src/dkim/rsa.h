/* SPDX-License-Identifier: ISC
 *
 * dkim/rsa: RSA public keys, and rsa-sha256 signatures verified (RFC 8017 §8.2.2). Pure; a key is
 * immutable and may be shared by threads.
 */
#pragma once

#include "base/slice.h"

#define RSA_BITS_MOST 4096 /* RFC 8301 §3.2 wants up to there; above is a way to burn our time */

struct rsa_public;

/* Big-endian numbers, as DER's INTEGER has them. NULL: *why has a static text: "out of memory", or what
 * is wrong with the key: more bits than RSA_BITS_MOST, an even modulus, an exponent that is even, 1, or
 * over 2^33. Judged before any mathematics. */
struct rsa_public *rsa_public_new(struct slice modulus, struct slice exponent, const char **why);
void rsa_public_free(struct rsa_public *key);
unsigned rsa_public_bits(const struct rsa_public *key); /* of the modulus */
/* digest: SHA-256. 1 it fits, 0 it does not, -ENOMEM. */
MUST_USE int rsa_public_verify(const struct rsa_public *key, const uint8_t *digest,
                               struct slice signature);
