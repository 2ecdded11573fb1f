/* SPDX-License-Identifier: ISC */
#include "dkim/rsa.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>

#include "dkim/digest.h"

#define EXPONENT_BITS_MOST 33

struct rsa_public {
    BIGNUM *modulus, *exponent;
    BN_MONT_CTX *montgomery; /* what each verification would compute of the modulus again */
    unsigned bits;
};

void rsa_public_free(struct rsa_public *key)
{
    if (!key)
        return;
    BN_free(key->modulus);
    BN_free(key->exponent);
    BN_MONT_CTX_free(key->montgomery);
    free(key);
}

static struct slice without_zeros(struct slice number)
{
    while (number.n && number.p[0] == 0)
        number = slice_from(number, 1);
    return number;
}

/* number: without leading zeros. */
static size_t count_bits(struct slice number)
{
    return number.n ? number.n * 8 - (unsigned)__builtin_clz(number.p[0]) + 24 : 0;
}

static bool is_odd(struct slice number)
{
    return number.n && number.p[number.n - 1] & 1;
}

static const char *judge(struct slice modulus, struct slice exponent)
{
    if (count_bits(modulus) > RSA_BITS_MOST)
        return "the key has more than 4096 bits";
    if (!is_odd(modulus) || count_bits(modulus) < 512)
        return "the key is no RSA modulus";
    if (!is_odd(exponent) || count_bits(exponent) < 2 || count_bits(exponent) > EXPONENT_BITS_MOST)
        return "the key has an exponent that no RSA key has";
    return NULL;
}

static bool prepare(struct rsa_public *key, struct slice modulus, struct slice exponent)
{
    key->bits = (unsigned)count_bits(modulus);
    key->modulus = BN_bin2bn(modulus.p, (int)modulus.n, NULL);
    key->exponent = BN_bin2bn(exponent.p, (int)exponent.n, NULL);
    key->montgomery = BN_MONT_CTX_new();
    BN_CTX *scratch = BN_CTX_new();
    bool done = key->modulus && key->exponent && key->montgomery && scratch &&
                BN_MONT_CTX_set(key->montgomery, key->modulus, scratch);
    BN_CTX_free(scratch);
    return done;
}

struct rsa_public *rsa_public_new(struct slice modulus, struct slice exponent, const char **why)
{
    modulus = without_zeros(modulus);
    exponent = without_zeros(exponent);
    const char *fault = judge(modulus, exponent);
    struct rsa_public *key = fault ? NULL : calloc(1, sizeof *key);
    if (key && prepare(key, modulus, exponent))
        return key;
    rsa_public_free(key);
    *why = fault ? fault : "out of memory";
    return NULL;
}

unsigned rsa_public_bits(const struct rsa_public *key)
{
    return key->bits;
}

/* RFC 8017 §9.2: 00 01 FF ... FF 00 DigestInfo, filling the modulus. */
static void encode(const uint8_t *digest, uint8_t *out, size_t n)
{
    static const uint8_t sha256[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                      0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20 };
    size_t info = n - sizeof sha256 - DIGEST_SIZE;
    memset(out, 0xff, n);
    out[0] = 0;
    out[1] = 1;
    out[info - 1] = 0;
    memcpy(out + info, sha256, sizeof sha256);
    memcpy(out + info + sizeof sha256, digest, DIGEST_SIZE);
}

/* out: room for as many octets as the modulus has. 1, 0: not below the modulus; -ENOMEM. */
static int raise(const struct rsa_public *key, struct slice signature, uint8_t *out, size_t n)
{
    int result = -ENOMEM;
    BN_CTX *scratch = BN_CTX_new();
    BIGNUM *number = BN_bin2bn(signature.p, (int)signature.n, NULL), *power = BN_new();
    if (number && BN_cmp(number, key->modulus) >= 0)
        result = 0;
    else if (scratch && number && power &&
             BN_mod_exp_mont(power, number, key->exponent, key->modulus, scratch,
                             key->montgomery) &&
             BN_bn2binpad(power, out, (int)n) == (int)n)
        result = 1;
    BN_free(power);
    BN_free(number);
    BN_CTX_free(scratch);
    return result;
}

/* §8.2.2. The whole encoded message is made and compared: there is no padding to be read, and so nothing
 * to be read leniently. Nothing here is secret. */
int rsa_public_verify(const struct rsa_public *key, const uint8_t *digest, struct slice signature)
{
    uint8_t got[RSA_BITS_MOST / 8], want[RSA_BITS_MOST / 8];
    size_t n = (key->bits + 7) / 8;
    if (signature.n != n)
        return 0;
    int raised = raise(key, signature, got, n);
    if (raised != 1)
        return raised;
    encode(digest, want, n);
    return memcmp(got, want, n) == 0;
}
