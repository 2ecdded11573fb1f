/* SPDX-License-Identifier: ISC
 *
 * dkim/der: an RSA public key in DER (X.690): RSAPublicKey (RFC 8017 A.1.1), bare or in a
 * SubjectPublicKeyInfo (RFC 3279 §2.3.1). Pure: results point into the octets.
 *
 * Strict: definite lengths in their shortest form, INTEGERs in theirs and positive, nothing behind.
 */
#pragma once

#include "base/slice.h"

/* Without leading zeros. why->at is 0: base64 hides where. */
MUST_USE bool der_rsa_public(struct slice der, struct slice *modulus, struct slice *exponent,
                             struct fault *why);
