/* SPDX-License-Identifier: ISC
 *
 * net/tls_internal: what tls.c, tls_server.c and tls_ticket.c share.
 */
#pragma once

#include <openssl/ssl.h>

#include "net/tls.h"

#define TICKET_EPOCH_US (INT64_C(12) * 3600 * 1000000) /* of wall time, for which a key is used */

struct ticket_key {
    int64_t epoch; /* floor(wall / TICKET_EPOCH_US) */
    uint8_t name[16];
    uint8_t hmac[32];
    uint8_t cipher[32];
};

struct ticket_keys {
    uint8_t secret[TLS_TICKET_SECRET];
    struct ticket_key current, previous;
    EVP_CIPHER *cipher; /* fetched once: a fetch for each handshake is dear */
    int64_t (*wall_us)(void);
};

struct tls_server {
    SSL_CTX **contexts; /* one per pair; the first is the default */
    size_t n;
    struct ticket_keys tickets;
};

/* Pure: the key of one epoch. */
void ticket_key_derive(const uint8_t secret[TLS_TICKET_SECRET], int64_t epoch,
                       struct ticket_key *out);
MUST_USE bool ticket_keys_init(struct ticket_keys *keys, const uint8_t *secret);
void ticket_keys_clear(struct ticket_keys *keys);
/* Has ctx issue and accept tickets under keys, which outlive it. */
MUST_USE bool ticket_keys_use(struct ticket_keys *keys, SSL_CTX *ctx);

/* What clients and servers have in common: versions, suites, groups, modes. */
MUST_USE bool tls_context_setup(SSL_CTX *ctx, int minimum);
/* "FILE: what: what OpenSSL says" */
void tls_explain(struct buf *why, const char *file, const char *what);
