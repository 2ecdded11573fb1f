/* SPDX-License-Identifier: ISC
 *
 * dkim/ed25519: Ed25519 public keys, and ed25519-sha256 signatures verified (RFC 8463 §3: PureEdDSA over
 * the SHA-256 digest). Pure; a key is immutable and may be shared by threads.
 */
#pragma once

#include "base/slice.h"

#define ED25519_KEY_SIZE       32
#define ED25519_SIGNATURE_SIZE 64

struct ed25519_public;

/* Is it a point of small order, with which anybody can sign? octets: ED25519_KEY_SIZE of them. */
bool ed25519_is_small(struct slice octets);
/* NULL: out of memory, or not ED25519_KEY_SIZE octets. */
struct ed25519_public *ed25519_public_new(struct slice octets);
void ed25519_public_free(struct ed25519_public *key);
/* digest: SHA-256. 1 it fits, 0 it does not, -ENOMEM. */
MUST_USE int ed25519_public_verify(const struct ed25519_public *key, const uint8_t *digest,
                                   struct slice signature);
