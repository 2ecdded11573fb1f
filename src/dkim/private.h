/* SPDX-License-Identifier: ISC
 *
 * dkim/private: private keys, the struct behind postern_dkim_private. Immutable: threads may share one.
 */
#pragma once

#include "base/slice.h"
#include "dkim/digest.h"
#include "postern/dkim.h"

#define PRIVATE_SIGNATURE_MAX 512 /* octets: of 4096 bits */

/* Signs a digest as the key's algorithm has it (RFC 8017 §8.2.1; RFC 8463 §3). 0, or -EIO: OpenSSL
 * refuses. */
MUST_USE int private_sign(const struct postern_dkim_private *key, const uint8_t digest[DIGEST_SIZE],
                          uint8_t out[PRIVATE_SIGNATURE_MAX], size_t *out_n);
