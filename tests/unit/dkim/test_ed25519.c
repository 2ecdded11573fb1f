/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdio.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "dkim/ed25519.h"

static const uint8_t digest[32] = "a digest of thirty-two octets...";

static EVP_PKEY *read_key(void)
{
    FILE *f = fopen("data/dkim/ed25519.pem", "r");
    assert_non_null(f);
    EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    (void)fclose(f); /* only read from */
    assert_non_null(key);
    return key;
}

static void only_the_signature_fits(void **state)
{
    uint8_t octets[ED25519_KEY_SIZE], signature[ED25519_SIGNATURE_SIZE + 1], other[32];
    size_t n = sizeof octets, signature_n = ED25519_SIGNATURE_SIZE;
    EVP_PKEY *secret = read_key();
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    (void)state;
    assert_int_equal(EVP_PKEY_get_raw_public_key(secret, octets, &n), 1);
    assert_int_equal(EVP_DigestSignInit(context, NULL, NULL, NULL, secret), 1);
    assert_int_equal(EVP_DigestSign(context, signature, &signature_n, digest, sizeof digest), 1);
    struct ed25519_public *key = ed25519_public_new((struct slice){ octets, n });
    assert_non_null(key);
    struct slice whole = { signature, ED25519_SIGNATURE_SIZE };
    assert_int_equal(ed25519_public_verify(key, digest, guarded(whole)), 1);
    for (size_t i = 0; i < whole.n; i++) {
        signature[i] ^= 1;
        assert_int_equal(ed25519_public_verify(key, digest, whole), 0);
        signature[i] ^= 1;
    }
    memcpy(other, digest, sizeof other);
    other[0] ^= 1;
    assert_int_equal(ed25519_public_verify(key, other, whole), 0);
    signature[whole.n] = 0;
    assert_int_equal(ed25519_public_verify(key, digest, slice_first(whole, whole.n - 1)), 0);
    assert_int_equal(ed25519_public_verify(key, digest, (struct slice){ signature, 65 }), 0);
    assert_int_equal(ed25519_public_verify(key, digest, (struct slice){ NULL, 0 }), 0);
    ed25519_public_free(key);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(secret);
}

static void a_key_is_32_octets(void **state)
{
    uint8_t octets[33] = { 1 };
    (void)state;
    assert_null(ed25519_public_new((struct slice){ octets, 31 }));
    assert_null(ed25519_public_new((struct slice){ octets, 33 }));
    assert_null(ed25519_public_new((struct slice){ NULL, 0 }));
    ed25519_public_free(NULL);
}

static void a_point_of_small_order_is_known(void **state)
{
    static const struct {
        uint8_t first, between, last;
        bool small;
    } cases[] = {
        { 0, 0, 0, true },           { 1, 0, 0, true },           { 1, 0, 0x80, true },
        { 0xec, 0xff, 0x7f, true },  { 0xed, 0xff, 0xff, true },  { 0xee, 0xff, 0x7f, true },
        { 2, 0, 0, false },          { 1, 0, 1, false },          { 0xeb, 0xff, 0x7f, false },
        { 0xef, 0xff, 0x7f, false }, { 0xec, 0xff, 0x7e, false }, { 1, 1, 0, false },
    };
    uint8_t octets[ED25519_KEY_SIZE];
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        memset(octets, cases[i].between, sizeof octets);
        octets[0] = cases[i].first;
        octets[sizeof octets - 1] = cases[i].last;
        assert_int_equal(ed25519_is_small(guarded((struct slice){ octets, sizeof octets })),
                         cases[i].small);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_signature_fits),
        cmocka_unit_test(a_key_is_32_octets),
        cmocka_unit_test(a_point_of_small_order_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
