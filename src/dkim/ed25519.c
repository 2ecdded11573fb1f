/* SPDX-License-Identifier: ISC */
#include "dkim/ed25519.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "dkim/digest.h"

struct ed25519_public {
    EVP_PKEY *key;
};

/* The points of small order in all their encodings, without the bit of the sign. No secret key has one
 * of them (RFC 8032 §5.1.5: a multiple of the base point), yet under it signatures are easily made. */
static const char small_order[][ED25519_KEY_SIZE + 1] = {
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
    "\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
    "\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0"
    "\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
    "\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f"
    "\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
    "\xec\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    "\xed\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    "\xee\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
};

bool ed25519_is_small(struct slice octets)
{
    uint8_t last = octets.p[octets.n - 1] & 0x7f;
    for (size_t i = 0; i < ARRAY_SIZE(small_order); i++)
        if (memcmp(octets.p, small_order[i], octets.n - 1) == 0 &&
            last == (uint8_t)small_order[i][octets.n - 1])
            return true;
    return false;
}

struct ed25519_public *ed25519_public_new(struct slice octets)
{
    if (octets.n != ED25519_KEY_SIZE)
        return NULL;
    struct ed25519_public *key = calloc(1, sizeof *key);
    if (!key)
        return NULL;
    key->key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, octets.p, octets.n);
    if (key->key)
        return key;
    free(key);
    return NULL;
}

void ed25519_public_free(struct ed25519_public *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->key);
    free(key);
}

int ed25519_public_verify(const struct ed25519_public *key, const uint8_t *digest,
                          struct slice signature)
{
    if (signature.n != ED25519_SIGNATURE_SIZE)
        return 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context || EVP_DigestVerifyInit(context, NULL, NULL, NULL, key->key) != 1) {
        EVP_MD_CTX_free(context);
        return -ENOMEM;
    }
    (void)
        ERR_set_mark(); /* a signature that does not fit leaves the thread's error queue as it was */
    int fits = EVP_DigestVerify(context, signature.p, signature.n, digest, DIGEST_SIZE);
    (void)ERR_pop_to_mark();
    EVP_MD_CTX_free(context);
    return fits == 1;
}
