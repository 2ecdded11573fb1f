/* SPDX-License-Identifier: ISC
 *
 * net/tls: contexts: certificates by SNI, modern defaults, tickets, exporter.
 */
#pragma once

#include <openssl/types.h>

#include "base/buf.h"

struct tls_pair {
    const char *certificate, *key; /* PEM paths; the chain follows the certificate */
};

#define TLS_TICKET_SECRET 32

/* A server context and its SNI siblings. Reads the files now (while privileged). On NULL, *why has
 * a line for the operator: which file, what is wrong, what to do. Refuses a key that others (not
 * its group) can read. minimum: TLS1_2_VERSION or TLS1_3_VERSION. ticket_secret: TLS_TICKET_SECRET
 * bytes shared by all workers; ticket keys derive from it and the time, 12 hours each. */
struct tls_server *tls_server_new(const struct tls_pair *pairs, size_t n, int minimum,
                                  const uint8_t *ticket_secret, struct buf *why);
void tls_server_free(struct tls_server *server);
SSL_CTX *tls_server_context(const struct tls_server *server);

/* A client context; ca NULL: the system's roots. verify: chain and name must hold. */
SSL_CTX *tls_client_context(bool verify, const char *ca, struct buf *why);
void tls_client_context_free(SSL_CTX *ctx);

/* RFC 9266 channel binding: 32 bytes, only where it is unique (TLS 1.3, or 1.2 with EMS). */
MUST_USE bool tls_exporter(SSL *ssl, uint8_t out[32]);
const char *tls_version(const SSL *ssl);
const char *tls_cipher(const SSL *ssl);
/* OpenSSL's queued errors as one line, and the queue is emptied. */
void tls_errors(struct buf *out);
