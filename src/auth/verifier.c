/* SPDX-License-Identifier: ISC */
#include "auth/verifier.h"

#include <string.h>

#include <gsasl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/base64.h"
#include "base/secret.h"

#define PREFIX "SCRAM-SHA-256$"
#define HASH   32 /* SHA-256 */

static bool refuse(struct fault *why, struct slice text, struct slice at, const char *what)
{
    *why = (struct fault){ .at = at.p ? (size_t)(at.p - text.p) : text.n, .what = what };
    return false;
}

static bool read_key(struct slice text, uint8_t out[HASH])
{
    uint8_t bytes[BASE64_DECODED_MAX(BASE64_ENCODED(HASH))];
    size_t n;
    bool good = text.n == BASE64_ENCODED(HASH) && base64_decode(text, bytes, &n) && n == HASH;
    if (good)
        memcpy(out, bytes, HASH);
    secret_wipe(bytes, sizeof bytes);
    return good;
}

static bool read_salt(struct slice text, struct scram_verifier *v)
{
    uint8_t bytes[BASE64_DECODED_MAX(BASE64_ENCODED(sizeof v->salt))];
    size_t n;
    if (text.n > BASE64_ENCODED(sizeof v->salt) || !base64_decode(text, bytes, &n) || n == 0 ||
        n > sizeof v->salt)
        return false;
    memcpy(v->salt, bytes, n);
    v->salt_n = n;
    return true;
}

/* scheme "$" iterations ":" salt "$" StoredKey ":" ServerKey (RFC 5803 §2, as others write it) */
bool scram_verifier_parse(struct slice text, struct scram_verifier *out, struct fault *why)
{
    struct scram_verifier v = { .present = true };
    struct slice head, keys, iterations, salt, stored, server;
    if (!slice_starts(text, SLICE(PREFIX)))
        return refuse(why, text, text, "not a SCRAM-SHA-256 verifier");
    if (!slice_cut(slice_from(text, sizeof PREFIX - 1), '$', &head, &keys) ||
        !slice_cut(head, ':', &iterations, &salt) || !slice_cut(keys, ':', &stored, &server))
        return refuse(why, text, head, "SCRAM verifier is not iterations:salt$StoredKey:ServerKey");
    if (!slice_to_u32(iterations, 1, SCRAM_ITERATIONS_MAX, &v.iterations))
        return refuse(why, text, iterations, "SCRAM iterations are not from 1 to 10000000");
    if (!read_salt(salt, &v))
        return refuse(why, text, salt, "SCRAM salt is not base64 of 1 to 64 bytes");
    if (!read_key(stored, v.stored_key))
        return refuse(why, text, stored, "SCRAM StoredKey is not base64 of 32 bytes");
    if (!read_key(server, v.server_key))
        return refuse(why, text, server, "SCRAM ServerKey is not base64 of 32 bytes");
    *out = v;
    return true;
}

void scram_verifier_write(const struct scram_verifier *v, struct buf *out)
{
    buf_printf(out, PREFIX "%u:", v->iterations);
    base64_encode(out, (struct slice){ v->salt, v->salt_n });
    buf_append_byte(out, '$');
    base64_encode(out, (struct slice){ v->stored_key, HASH });
    buf_append_byte(out, ':');
    base64_encode(out, (struct slice){ v->server_key, HASH });
}

static bool hmac(const uint8_t key[HASH], struct slice text, uint8_t out[HASH])
{
    return HMAC(EVP_sha256(), key, HASH, text.p, text.n, out, NULL) != NULL;
}

/* RFC 5802 §3: SaltedPassword, ClientKey, StoredKey, ServerKey */
static bool derive(struct scram_verifier *v, const char *prepared)
{
    uint8_t salted[HASH], client_key[HASH];
    size_t n = strlen(prepared);
    bool good = n <= INT32_MAX &&
                PKCS5_PBKDF2_HMAC(prepared, (int)n, v->salt, (int)v->salt_n, (int)v->iterations,
                                  EVP_sha256(), HASH, salted) == 1 &&
                hmac(salted, SLICE("Client Key"), client_key) &&
                EVP_Digest(client_key, HASH, v->stored_key, NULL, EVP_sha256(), NULL) == 1 &&
                hmac(salted, SLICE("Server Key"), v->server_key);
    secret_wipe(salted, sizeof salted);
    secret_wipe(client_key, sizeof client_key);
    return good;
}

bool scram_verifier_make(struct scram_verifier *v, const char *password)
{
    char *prepared = NULL;
    if (gsasl_saslprep(password, GSASL_ALLOW_UNASSIGNED, &prepared, NULL) != GSASL_OK)
        return false;
    bool good = *prepared && derive(v, prepared);
    secret_wipe(prepared, strlen(prepared));
    gsasl_free(prepared);
    v->present = good;
    return good;
}

bool scram_verifier_check(const struct scram_verifier *v, const char *password)
{
    struct scram_verifier tried = *v;
    bool right = scram_verifier_make(&tried, password) &&
                 secret_equal((struct slice){ tried.stored_key, HASH },
                              (struct slice){ v->stored_key, HASH });
    secret_wipe(&tried, sizeof tried);
    return right;
}
