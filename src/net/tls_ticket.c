/* SPDX-License-Identifier: ISC
 *
 * Session tickets (RFC 5077 §4, RFC 8446 §4.6.1) under keys that all workers derive for themselves
 * from one secret and the time: nothing to pass around, nothing to rotate by hand, and a key that
 * is stolen opens no connection older than two epochs.
 */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sodium.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/secret.h"
#include "net/tls_internal.h"

enum { TICKET_REFUSED = 0, TICKET_GOOD = 1, TICKET_RENEW = 2, TICKET_FAILED = -1 };

static void derive(const uint8_t *secret, const char *purpose, int64_t epoch, struct buf *input,
                   uint8_t *out, size_t out_n)
{
    buf_consume(input, buf_size(input));
    buf_printf(input, "postern ticket %s %lld", purpose, (long long)epoch);
    struct slice text = buf_slice(input);
    CHECK(!input->failed &&
          crypto_generichash(out, out_n, text.p, text.n, secret, TLS_TICKET_SECRET) == 0);
}

void ticket_key_derive(const uint8_t secret[TLS_TICKET_SECRET], int64_t epoch,
                       struct ticket_key *out)
{
    struct buf input;
    buf_init(&input, 128);
    out->epoch = epoch;
    derive(secret, "name", epoch, &input, out->name, sizeof out->name);
    derive(secret, "hmac", epoch, &input, out->hmac, sizeof out->hmac);
    derive(secret, "cipher", epoch, &input, out->cipher, sizeof out->cipher);
    buf_clear(&input);
}

bool ticket_keys_init(struct ticket_keys *keys, const uint8_t *secret)
{
    *keys = (struct ticket_keys){ .wall_us = clock_wall_us };
    memcpy(keys->secret, secret, sizeof keys->secret);
    keys->current.epoch = keys->previous.epoch = -1;
    keys->cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
    return keys->cipher && sodium_init() >= 0;
}

void ticket_keys_clear(struct ticket_keys *keys)
{
    EVP_CIPHER_free(keys->cipher);
    secret_wipe(keys, sizeof *keys);
}

static void refresh(struct ticket_keys *keys)
{
    int64_t epoch = keys->wall_us() / TICKET_EPOCH_US;
    if (keys->current.epoch == epoch)
        return;
    ticket_key_derive(keys->secret, epoch, &keys->current);
    ticket_key_derive(keys->secret, epoch - 1, &keys->previous);
}

static const struct ticket_key *find_key(const struct ticket_keys *keys, const uint8_t *name)
{
    if (memcmp(name, keys->current.name, sizeof keys->current.name) == 0)
        return &keys->current;
    if (memcmp(name, keys->previous.name, sizeof keys->previous.name) == 0)
        return &keys->previous;
    return NULL;
}

static bool set_mac(EVP_MAC_CTX *mac, const struct ticket_key *key)
{
    char digest[] = "SHA256";
    uint8_t hmac[sizeof key->hmac]; /* OSSL_PARAM takes no const */
    memcpy(hmac, key->hmac, sizeof hmac);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, hmac, sizeof hmac),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    bool set = EVP_MAC_CTX_set_params(mac, params) == 1;
    secret_wipe(hmac, sizeof hmac);
    return set;
}

static int seal(const struct ticket_keys *keys, uint8_t *name, uint8_t *iv, EVP_CIPHER_CTX *cipher,
                EVP_MAC_CTX *mac)
{
    const struct ticket_key *key = &keys->current;
    memcpy(name, key->name, sizeof key->name);
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(keys->cipher)) != 1 ||
        EVP_EncryptInit_ex2(cipher, keys->cipher, key->cipher, iv, NULL) != 1 || !set_mac(mac, key))
        return TICKET_FAILED;
    return TICKET_GOOD;
}

static int unseal(const struct ticket_keys *keys, const uint8_t *name, const uint8_t *iv,
                  EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
    const struct ticket_key *key = find_key(keys, name);
    if (!key)
        return TICKET_REFUSED;
    if (!set_mac(mac, key) || EVP_DecryptInit_ex2(cipher, keys->cipher, key->cipher, iv, NULL) != 1)
        return TICKET_FAILED;
    return key == &keys->current ? TICKET_GOOD : TICKET_RENEW;
}

static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                     EVP_MAC_CTX *mac, int sealing)
{
    struct ticket_keys *keys = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    refresh(keys);
    return sealing ? seal(keys, name, iv, cipher, mac) : unseal(keys, name, iv, cipher, mac);
}

bool ticket_keys_use(struct ticket_keys *keys, SSL_CTX *ctx)
{
    return SSL_CTX_set_app_data(ctx, keys) == 1 &&
           SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket) == 1;
}
