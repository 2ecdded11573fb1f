/* SPDX-License-Identifier: ISC
 *
 * auth/verifier: what SCRAM-SHA-256 stores instead of a password (RFC 5802 §3, RFC 7677, RFC 5803).
 * Pure; making and checking cost `iterations` rounds of PBKDF2 and belong on a pool thread.
 */
#pragma once

#include "auth/passwd.h"

/* RFC 7677 §4 asks for at least 4096. A verifier that leaks is guessed at this price, far below
 * yescrypt's, while the client pays it once per login (some 20 ms on a telephone of today). */
#define SCRAM_ITERATIONS     16384
#define SCRAM_ITERATIONS_MAX 10000000
#define SCRAM_SALT           16

/* "SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey"; fault.at is in text. */
MUST_USE bool scram_verifier_parse(struct slice text, struct scram_verifier *out,
                                   struct fault *why);
void scram_verifier_write(const struct scram_verifier *v, struct buf *out);

/* Fills in keys from the password, salt and iterations that *v has. False: SASLprep (RFC 4013)
 * refuses the password, or no memory. */
MUST_USE bool scram_verifier_make(struct scram_verifier *v, const char *password);
/* Is this the password? In time that does not depend on the keys. */
bool scram_verifier_check(const struct scram_verifier *v, const char *password);
