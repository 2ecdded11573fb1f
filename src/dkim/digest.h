/* SPDX-License-Identifier: ISC
 *
 * dkim/digest: SHA-256, and the body hashes of one message: all that its signatures want, in one pass.
 *
 * sha256 is the only algorithm: rsa-sha1 is refused before anything is hashed (RFC 8301 §3.1).
 */
#pragma once

#include <openssl/sha.h>

#include "dkim/canon.h"

#define DIGEST_SIZE 32

struct digest {
    SHA256_CTX context;
};

void digest_init(struct digest *d);
void digest_add(struct digest *d, struct slice octets);
/* Of what was added so far; more may be added behind. */
void digest_read(const struct digest *d, uint8_t out[DIGEST_SIZE]);

/* ---- body hashes ---- */

#define BODY_HASHES_MAX 32
#define BODY_WHOLE      UINT64_MAX /* without l= */

struct body_hashes;

struct body_hashes *body_hashes_new(void); /* NULL: out of memory */
void body_hashes_free(struct body_hashes *b);
/* Before the first octet: the number by which the hash is read later (the same one when it was wanted
 * before), or a negative number: -ENOMEM, or -E2BIG: more than BODY_HASHES_MAX. length: l=, in canonical
 * octets. */
MUST_USE int body_hashes_want(struct body_hashes *b, enum postern_dkim_canon how, uint64_t length);
void body_hashes_feed(struct body_hashes *b, struct slice octets);
void body_hashes_end(struct body_hashes *b);
/* After the end: DIGEST_SIZE octets. Of a body shorter than length: of all of it. */
const uint8_t *body_hashes_read(const struct body_hashes *b, int wanted);
/* After the end: the canonical octets of the whole body, in the form of this hash. */
uint64_t body_hashes_length(const struct body_hashes *b, int wanted);
