/* SPDX-License-Identifier: ISC
 *
 * auth/scram: the server's side of SCRAM-SHA-256 and -PLUS (RFC 5802, 7677, 9266), by GNU SASL,
 * from stored keys. No I/O, no clock, and no slow work: the keys are derived already.
 *
 * client-first -> scram_begin -> server-first -> scram_prove -> server-final -> (empty) -> done
 */
#pragma once

#include "auth/passwd.h"

#define SCRAM_BINDING 32 /* tls-exporter */

struct scram_library; /* one for all exchanges of a backend */
struct scram;         /* one exchange */

struct scram_library *scram_library_new(void); /* NULL without memory */
void scram_library_free(struct scram_library *library);

/* plus: the client chose SCRAM-SHA-256-PLUS. binding: SCRAM_BINDING bytes, or NULL when this
 * connection has none, and then -PLUS was not offered. NULL without memory. */
struct scram *scram_new(struct scram_library *library, bool plus, const uint8_t *binding);
void scram_free(struct scram *s); /* wipes what is ours; NULL is fine */

/* The name in a client-first-message; out has SASL_NAME_MAX. */
MUST_USE bool scram_name(struct slice first, struct buf *out);
/* verifier: of the account, or a made-up one, which fails in scram_prove. Appends the challenge.
 * False: refused, *reason says why. */
MUST_USE bool scram_begin(struct scram *s, struct slice first,
                          const struct scram_verifier *verifier, struct buf *out,
                          const char **reason);
MUST_USE bool scram_prove(struct scram *s, struct slice final, struct buf *out,
                          const char **reason);
/* The client asked to act as this; NULL when it did not. Valid until scram_free. */
const char *scram_authorize(const struct scram *s);

/* A verifier that no password fits, always the same for one name: strangers cannot tell it from a
 * real one. key: 32 stable bytes. */
void scram_verifier_invent(struct scram_verifier *v, const uint8_t key[32], struct slice name);
