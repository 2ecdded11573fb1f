/* SPDX-License-Identifier: ISC */
/* Raw RSA and its numbers are what a forger works with: no other functions give them. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include "dkim/rsa.h"

#define MOST (RSA_BITS_MOST / 8)

static RSA *read_key(const char *name)
{
    char path[64];
    (void)snprintf(path, sizeof path, "data/dkim/%s.pem", name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    RSA *rsa = PEM_read_RSAPrivateKey(f, NULL, NULL, NULL);
    (void)fclose(f); /* only read from */
    assert_non_null(rsa);
    return rsa;
}

static struct rsa_public *make_public(const RSA *rsa)
{
    uint8_t modulus[MOST], exponent[8];
    const char *why = NULL;
    size_t n = (size_t)BN_bn2bin(RSA_get0_n(rsa), modulus);
    size_t e = (size_t)BN_bn2bin(RSA_get0_e(rsa), exponent);
    struct rsa_public *key = rsa_public_new(guarded((struct slice){ modulus, n }),
                                            guarded((struct slice){ exponent, e }), &why);
    assert_non_null(key);
    return key;
}

static size_t sign(RSA *rsa, const uint8_t *digest, uint8_t *out)
{
    unsigned n = 0;
    assert_int_equal(RSA_sign(NID_sha256, digest, 32, out, &n, rsa), 1);
    return n;
}

static const uint8_t digest[32] = "a digest of thirty-two octets...";

static void signatures_of_all_sizes_verify(void **state)
{
    static const struct {
        const char *name;
        unsigned bits;
    } keys[] = { { "rsa768", 768 }, { "rsa1024", 1024 }, { "rsa2048", 2048 }, { "rsa4096", 4096 } };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        uint8_t octets[MOST];
        RSA *rsa = read_key(keys[i].name);
        struct rsa_public *key = make_public(rsa);
        struct slice signature = { octets, sign(rsa, digest, octets) };
        assert_int_equal(rsa_public_bits(key), keys[i].bits);
        assert_int_equal(rsa_public_verify(key, digest, guarded(signature)), 1);
        rsa_public_free(key);
        RSA_free(rsa);
    }
}

static void another_signature_does_not_fit(void **state)
{
    uint8_t octets[MOST], other[32];
    RSA *rsa = read_key("rsa1024");
    struct rsa_public *key = make_public(rsa);
    size_t n = sign(rsa, digest, octets);
    (void)state;
    for (size_t i = 0; i < n; i++) {
        octets[i] ^= 1;
        assert_int_equal(rsa_public_verify(key, digest, (struct slice){ octets, n }), 0);
        octets[i] ^= 1;
    }
    memcpy(other, digest, sizeof other);
    other[31] ^= 1;
    assert_int_equal(rsa_public_verify(key, other, (struct slice){ octets, n }), 0);
    octets[n] = 0;
    assert_int_equal(rsa_public_verify(key, digest, (struct slice){ octets, n - 1 }), 0);
    assert_int_equal(rsa_public_verify(key, digest, (struct slice){ octets, n + 1 }), 0);
    assert_int_equal(rsa_public_verify(key, digest, (struct slice){ octets, 0 }), 0);
    rsa_public_free(key);
    RSA_free(rsa);
}

/* RFC 8017 §5.2.2: the signature is below the modulus; plus the modulus it is another spelling. */
static void a_signature_is_below_the_modulus(void **state)
{
    uint8_t octets[MOST];
    RSA *rsa = read_key("rsa1024");
    struct rsa_public *key = make_public(rsa);
    (void)state;
    uint8_t tried[32] = { 0 };
    BIGNUM *sum = BN_new();
    do { /* until the sum has room in as many octets */
        tried[0]++;
        assert_int_equal(sign(rsa, tried, octets), 128);
        assert_non_null(BN_bin2bn(octets, 128, sum));
        assert_int_equal(BN_add(sum, sum, RSA_get0_n(rsa)), 1);
    } while (BN_num_bits(sum) > 1024);
    assert_int_equal(rsa_public_verify(key, tried, (struct slice){ octets, 128 }), 1);
    assert_int_equal(BN_bn2bin(sum, octets), 128);
    assert_int_equal(rsa_public_verify(key, tried, (struct slice){ octets, 128 }), 0);
    BN_free(sum);
    memset(octets, 0xff, sizeof octets);
    assert_int_equal(rsa_public_verify(key, digest, (struct slice){ octets, 128 }), 0);
    assert_int_equal(BN_bn2bin(RSA_get0_n(rsa), octets), 128);
    assert_int_equal(rsa_public_verify(key, digest, (struct slice){ octets, 128 }), 0);
    memset(octets, 0, sizeof octets);
    assert_int_equal(rsa_public_verify(key, digest, (struct slice){ octets, 128 }), 0);
    rsa_public_free(key);
    RSA_free(rsa);
}

static const uint8_t info[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20 };
static const uint8_t info_without_null[] = { 0x30, 0x2f, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48,
                                             0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x04, 0x20 };

/* What a lenient reader of the padding takes for a signature. */
static void only_the_one_encoding_fits(void **state)
{
    uint8_t octets[128], encoded[128];
    RSA *rsa = read_key("rsa1024");
    struct rsa_public *key = make_public(rsa);
    (void)state;
    for (unsigned kind = 0; kind < 6; kind++) {
        memset(encoded, 0xff, sizeof encoded);
        encoded[0] = 0;
        encoded[1] = kind == 1 ? 2 : 1;                /* another block type */
        size_t at = sizeof encoded - sizeof info - 32; /* where it belongs */
        if (kind == 2)
            at = 11; /* garbage behind (Bleichenbacher's) */
        if (kind == 3)
            encoded[20] = 0xfe; /* padding that is not FF */
        encoded[at - 1] = kind == 4 ? 1 : 0;
        memcpy(encoded + at, info, sizeof info);
        memcpy(encoded + at + sizeof info, digest, 32);
        if (kind == 5) { /* an AlgorithmIdentifier without its NULL */
            encoded[at - 1] = 0xff;
            encoded[at + 1] = 0;
            memcpy(encoded + at + 2, info_without_null, sizeof info_without_null);
        }
        assert_int_equal(RSA_private_encrypt(128, encoded, octets, rsa, RSA_NO_PADDING), 128);
        assert_int_equal(rsa_public_verify(key, digest, (struct slice){ octets, 128 }), kind == 0);
    }
    rsa_public_free(key);
    RSA_free(rsa);
}

static void keys_are_judged_before_any_mathematics(void **state)
{
    static const struct {
        const char *name;
        size_t octets; /* of the modulus, all ones */
        bool even;
        struct slice exponent;
        bool good;
    } keys[] = {
        { "4096 bits", 512, false, SLICE_INIT("\x01\x00\x01"), true },
        { "leading zeros", 512, false, SLICE_INIT("\x00\x00\x01\x00\x01"), true },
        { "4104 bits", 513, false, SLICE_INIT("\x01\x00\x01"), false },
        { "16384 bits", 2048, false, SLICE_INIT("\x01\x00\x01"), false },
        { "504 bits: no room for a signature", 63, false, SLICE_INIT("\x01\x00\x01"), false },
        { "nothing", 0, false, SLICE_INIT("\x01\x00\x01"), false },
        { "an even modulus", 128, true, SLICE_INIT("\x01\x00\x01"), false },
        { "e=3", 128, false, SLICE_INIT("\x03"), true },
        { "e=1", 128, false, SLICE_INIT("\x01"), false },
        { "e=0", 128, false, SLICE_INIT("\x00"), false },
        { "no e", 128, false, SLICE_INIT(""), false },
        { "an even e", 128, false, SLICE_INIT("\x01\x00\x02"), false },
        { "e of 33 bits", 128, false, SLICE_INIT("\x01\x00\x00\x00\x01"), true },
        { "e of 34 bits", 128, false, SLICE_INIT("\x02\x00\x00\x00\x01"), false },
    };
    uint8_t modulus[2048];
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        const char *why = NULL;
        memset(modulus, 0xff, sizeof modulus);
        if (keys[i].even)
            modulus[keys[i].octets - 1] = 0xfe;
        struct rsa_public *key = rsa_public_new(guarded((struct slice){ modulus, keys[i].octets }),
                                                guarded(keys[i].exponent), &why);
        if ((key != NULL) != keys[i].good || (why == NULL) != keys[i].good)
            fail_msg("%s: %s", keys[i].name, why ? why : "taken");
        rsa_public_free(key);
    }
    rsa_public_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_of_all_sizes_verify),
        cmocka_unit_test(another_signature_does_not_fit),
        cmocka_unit_test(a_signature_is_below_the_modulus),
        cmocka_unit_test(only_the_one_encoding_fits),
        cmocka_unit_test(keys_are_judged_before_any_mathematics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
