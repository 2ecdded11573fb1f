/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdlib.h>

#include "dkim/key.h"
#include "dkim/private.h"

/* RFC 8463 §A.2 as PKCS#8, and its record */
#define ED25519                                                          \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n" \
    "-----END PRIVATE KEY-----\n"
#define ED25519_RECORD "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

static struct postern_dkim_key *key_of(const char *text)
{
    uint8_t rdata[2048];
    size_t n = 0, left = strlen(text);
    while (left) {
        size_t part = left < 255 ? left : 255;
        rdata[n++] = (uint8_t)part;
        memcpy(rdata + n, text + strlen(text) - left, part);
        n += part;
        left -= part;
    }
    struct postern_octets record = { rdata, n };
    struct postern_dns_response response = { .rdata = &record, .rdata_n = 1 };
    return postern_dkim_key_new(&response);
}

static void an_ed25519_key_has_the_record_of_rfc_8463(void **state)
{
    (void)state;
    const char *why = NULL;
    struct postern_dkim_private *p = postern_dkim_private_new(ED25519, strlen(ED25519), &why);
    assert_non_null(p);
    assert_null(why);
    char *record = postern_dkim_private_record(p);
    assert_string_equal(record, ED25519_RECORD);
    assert_string_equal(postern_dkim_private_algorithm(p), "ed25519-sha256");
    assert_int_equal(postern_dkim_private_bits(p), 0);
    free(record);
    postern_dkim_private_free(p);
    postern_dkim_private_free(NULL);
}

static void a_new_key_reads_back_and_fits_its_own_record_only(void **state)
{
    (void)state;
    static const struct {
        const char *type, *algorithm;
        unsigned bits;
    } types[] = { { "rsa", "rsa-sha256", 1024 },
                  { "rsa", "rsa-sha256", 2048 },
                  { "ed25519", "ed25519-sha256", 0 } };
    struct postern_dkim_private *keys[ARRAY_SIZE(types)];
    struct postern_dkim_key *records[ARRAY_SIZE(types)];
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        const char *why = NULL;
        char *pem = postern_dkim_private_generate(types[i].type, types[i].bits, &why);
        assert_non_null(pem);
        assert_true(slice_starts(slice_of_str(pem), SLICE("-----BEGIN PRIVATE KEY-----\n")));
        keys[i] = postern_dkim_private_new(pem, strlen(pem), &why);
        assert_non_null(keys[i]);
        assert_string_equal(postern_dkim_private_algorithm(keys[i]), types[i].algorithm);
        assert_int_equal(postern_dkim_private_bits(keys[i]), types[i].bits);
        char *text = postern_dkim_private_record(keys[i]);
        records[i] = key_of(text);
        assert_null(postern_dkim_key_fault(records[i]));
        free(text);
        free(pem);
    }
    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        for (size_t k = 0; k < ARRAY_SIZE(types); k++)
            assert_int_equal(postern_dkim_private_fits(keys[i], records[k]), i == k);
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        postern_dkim_private_free(keys[i]);
        postern_dkim_key_free(records[i]);
    }
}

static void a_record_that_is_no_key_fits_nothing(void **state)
{
    (void)state;
    struct postern_dkim_private *p = postern_dkim_private_new(ED25519, strlen(ED25519), NULL);
    struct postern_dkim_key *revoked = key_of("v=DKIM1; k=ed25519; p="),
                            *mail = key_of(ED25519_RECORD), *other = key_of(ED25519_RECORD "; s=x");
    assert_int_equal(postern_dkim_private_fits(p, mail), 1);
    assert_int_equal(postern_dkim_private_fits(p, revoked), 0);
    assert_int_equal(postern_dkim_private_fits(p, other), 0);
    postern_dkim_key_free(revoked);
    postern_dkim_key_free(mail);
    postern_dkim_key_free(other);
    postern_dkim_private_free(p);
}

/* Made for this test: nobody uses them. */
#define PUBLIC                                                           \
    "-----BEGIN PUBLIC KEY-----\n"                                       \
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDJ7wykoor3H6do+WzSl2mXbXdd\n" \
    "68HxKQjeoJhAY/gh8rZros1+akZTlLBfbo8SmjIXMqw9h2urTn5StWBMB+5uEKE+\n" \
    "Jf7uNDc4/ZzEWoyOag2RqxvtBCX8QzzV2MPSoKBvj+Q5GUoSZp9noPGon1cPzrvp\n" \
    "EWIiE4Ny73slmrOSiwIDAQAB\n"                                         \
    "-----END PUBLIC KEY-----\n"
#define RSA_512                                                          \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MIIBVgIBADANBgkqhkiG9w0BAQEFAASCAUAwggE8AgEAAkEA7qhwNx+rJ7A68NoB\n" \
    "05OfTgTxzE9SdnkEPKKod+CsvsSQP3jwp673Y0oPaV+3WTSsomTvyl5P5AUEXyoq\n" \
    "q0flXQIDAQABAkB+Wgz3EjwiSgoag8Edy/U2cCW3/nLxKEbW92Lr/LZYVGEXofXS\n" \
    "crVdutT6utUyD8zt/4uutxmqbLJI9cak7om9AiEA/ngw6rT1vM1b9ydcg+yeT0IE\n" \
    "7+YZZ+GC6fP2SGLTQPsCIQDwF+bwJIWvt9TMFOOZzAJWOJxPnj6hzYA3bqXXrsoT\n" \
    "hwIhAKgdfavCC8tFHOnm7j8V9uzD4AEh0k0H9nZbv6zI5Wo7AiEAxjOVK+2ahyMF\n" \
    "AqzD73ThAPie4YNLRRt2m0w2kET1AQUCIQDFAOO/38/b5RR1euhANMDE7j5Eqkx0\n" \
    "hmhuFfNDRDT5yQ==\n"                                                 \
    "-----END PRIVATE KEY-----\n"
#define ENCRYPTED                                                        \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                            \
    "MIIC3TBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQIBkv1M1gvQgACAggA\n" \
    "MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBDZi9BqlNJijCk7g85Zhs+eBIIC\n" \
    "gNf34m+4hyAqhnZKX98K5Lksz29K9wCeO0LYNjDAirr5qb7/i3dVUfnEP0q+l8SV\n" \
    "KTDPPhPs5GHmSaq4wdhy9JdzE1nB/IXcKZJV/zJhIKLjNT+2BTWGa/40fIKv6NLp\n" \
    "0v94s4qvlLF/O7lp9fT6e9MbSqDdQqB1fhht49nvJejti9QPVNwyO1shXz3Kp4XW\n" \
    "S1qXlqMHATzE77ST1xhlv+Lm503ZcDXZ9c7eGCLt+RKJntN+QMqTsCla6Vt1Pqo5\n" \
    "O/wEDSqcL3ZFkoiHv6ZTvg4+CS+uVrVKylv1z08iAQ4ho5md6GUSvO4ZUnTGXUdl\n" \
    "3qPBaKA9M5SO4NwYacbbEPB7OQxpk/3U9QXwqMwkpeWq9vxL7kqppBLNzIcpmwWL\n" \
    "ZhSRv+bhKubXQgO/OHDYimO5c4irsCSUXpfyRdAd49pqZuIIJBm/UqX68Axc/BpH\n" \
    "SBWE/hYvLm0BwrN9mUo3AlCjMMVzfHbKxQ4+rJgUNqKEyMwImVnI0EwzkqKwOF9A\n" \
    "rLaPiJ8T0V4gB72OzorZwnqiaNMHHH61RBsrzYMLAAoFX3nxMMmYWoFcGV2fqAR+\n" \
    "zJRrZ8WcEVWtZMQugAnM8T1MVpES3BtCbaUvuoHemYQy4NsoeuMWhW1/XUbLiOG9\n" \
    "8xZXKdexIhrWhM9kclDgOpHM4M9tuxNJJ9g/BZ9gJUExvUOKkEgETmbEgYPOgxK0\n" \
    "y2zvNwJ5xCEAI+VjHEBnxPFb4AJXDSkc/NmidtkFTm7gw/Ll6h/dEDEsBez2qSxn\n" \
    "z982A64BUa7TKZMKjdXoe+nDG0wQ9MNR9qoAHaFerm3gHYCQkWzfrNoeIkcpy9Mt\n" \
    "n95Dp4izB/3yOJJwqteW0yI=\n"                                         \
    "-----END ENCRYPTED PRIVATE KEY-----\n"
#define EC                                                               \
    "-----BEGIN EC PRIVATE KEY-----\n"                                   \
    "MHcCAQEEIB4sDABsn2FEhbkHkdXfG0Ps8RJJ9wTk2O0FhQuAVgYooAoGCCqGSM49\n" \
    "AwEHoUQDQgAE6APM6mCMOkbe/H9hIyMWCKZlkO2q1XOR7j26FTzSSzMQ9V5UyJxT\n" \
    "vR58HSsEA07o44/nu1yNSqhNBypnugoCug==\n"                             \
    "-----END EC PRIVATE KEY-----\n"
#define RSA_OWN                                                          \
    "-----BEGIN RSA PRIVATE KEY-----\n"                                  \
    "MIICXAIBAAKBgQDJ7wykoor3H6do+WzSl2mXbXdd68HxKQjeoJhAY/gh8rZros1+\n" \
    "akZTlLBfbo8SmjIXMqw9h2urTn5StWBMB+5uEKE+Jf7uNDc4/ZzEWoyOag2Rqxvt\n" \
    "BCX8QzzV2MPSoKBvj+Q5GUoSZp9noPGon1cPzrvpEWIiE4Ny73slmrOSiwIDAQAB\n" \
    "AoGAZvfYUJL5nW2speCZ1wCSPT76YQ/4gwpTlYH6YMsZGeZzkosfkdiLJ89n6CGu\n" \
    "HuQ1qpKSNYW6J04NKAuIoPxiXSExgtRkpKxdIQFgYcCdCFSvuvVyL9906OQvSH/r\n" \
    "4L6DFT6hNCiqQqMUAX/bLxwX3vV0ciDTNo4iEUyyK5XOY5ECQQDwF4GQRvJmlj7i\n" \
    "4oy/Y0fuTAwfnmKwastWYYcQpNjjWTcIK/cQ2wIjx5zaAzYM9QpDU0T/ZpNA6yJD\n" \
    "LxYhT2zdAkEA11BMOIJd8UB5azLNAnsJZoFQT3gLmALkIKfqY4UV4ZcrCNO86LdK\n" \
    "3ovTY3ofWmw7llJpx3Nbs4D0byuIGOYyhwJAD9kdXk6wlYD5abSWodOF3f77FeM4\n" \
    "lHiYL32Ekt6uymMLNOjiCCTMwVvdyK5JlRVftg37EfjNY42h11l2VoCNqQJAKnrb\n" \
    "LuL5qdlwmyfArtabei/VKniiwPEBFThL1CqzsHhksy8jPD69dL7di+jSOsLT1sqX\n" \
    "uBQYaYftselCxrbUDQJBAM2QYvbVyYLKhj7iDlGRjTqEr6SOZdc+EfkUQiil5zzf\n" \
    "YoK3Nw+gXjLC6S164CB2jSDUx5RZXS70NQENNAZ1Tsk=\n"                     \
    "-----END RSA PRIVATE KEY-----\n"

/* clang-format off */
static const struct {
    const char *name, *pem, *why;
} bad[] = {
    { "nothing", "", "it is empty, or far too long" },
    { "no PEM", "hello", "there is no private key in PEM" },
    { "a public key", PUBLIC, "there is no private key in PEM" },
    { "cut short", "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v\n", "there is no private key in PEM" },
    { "512 bits (RFC 8301 §3.2: MUST use 1024 at least)", RSA_512, "it has less than 1024 bits (RFC 8301)" },
    { "encrypted: nobody is asked", ENCRYPTED, "it is encrypted" },
    { "of another kind", EC, "it is neither RSA nor Ed25519" },
};
/* clang-format on */

static void what_cannot_sign_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        const char *why = NULL;
        struct slice pem = guarded(slice_of_str(bad[i].pem));
        assert_null(postern_dkim_private_new(pem.p, pem.n, &why));
        if (!why || strcmp(why, bad[i].why) != 0)
            fail_msg("%s: %s", bad[i].name, why ? why : "-");
        assert_null(postern_dkim_private_new(pem.p, pem.n, NULL));
    }
}

static void rsa_keys_in_their_own_form_are_read(void **state)
{
    (void)state;
    const char *why = NULL;
    struct postern_dkim_private *p = postern_dkim_private_new(RSA_OWN, strlen(RSA_OWN), &why);
    assert_non_null(p);
    assert_int_equal(postern_dkim_private_bits(p), 1024);
    postern_dkim_private_free(p);
}

static void keys_that_must_not_sign_are_not_made(void **state)
{
    (void)state;
    const char *why = NULL;
    assert_null(postern_dkim_private_generate("rsa", 1023, &why));
    assert_string_equal(why, "an RSA key has 1024 to 4096 bits (RFC 8301)");
    assert_null(postern_dkim_private_generate("rsa", 4097, &why));
    assert_null(postern_dkim_private_generate("dsa", 1024, &why));
    assert_string_equal(why, "the type is neither rsa nor ed25519");
    assert_null(postern_dkim_private_generate("", 1024, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ed25519_key_has_the_record_of_rfc_8463),
        cmocka_unit_test(a_new_key_reads_back_and_fits_its_own_record_only),
        cmocka_unit_test(a_record_that_is_no_key_fits_nothing),
        cmocka_unit_test(what_cannot_sign_is_refused),
        cmocka_unit_test(rsa_keys_in_their_own_form_are_read),
        cmocka_unit_test(keys_that_must_not_sign_are_not_made),
    };
    return cmocka_run_group_tests_name("dkim/private", tests, NULL, NULL);
}
