/* SPDX-License-Identifier: ISC
 *
 * Throw-away certificates for tests, in a directory of their own.
 */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

struct certificate {
    char directory[64], certificate[96], key[96];
};

static inline X509 *self_signed(EVP_PKEY *key, const char *alternative_names)
{
    X509 *x = X509_new();
    assert_non_null(x);
    X509_EXTENSION *names =
        X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alternative_names);
    assert_non_null(names);
    assert_int_equal(X509_set_version(x, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 1), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), -60));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), 3600));
    X509_NAME *name = X509_get_subject_name(x);
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                                (const unsigned char *)"test", -1, -1, 0),
                     1);
    assert_int_equal(X509_set_issuer_name(x, name), 1);
    assert_int_equal(X509_set_pubkey(x, key), 1);
    assert_int_equal(X509_add_ext(x, names, -1), 1);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    X509_EXTENSION_free(names);
    return x;
}

/* alternative_names: "DNS:mail.example.com,DNS:*.example.org". passphrase: NULL leaves it clear. */
static inline void certificate_make(struct certificate *c, const char *alternative_names,
                                    const char *passphrase)
{
    (void)snprintf(c->directory, sizeof c->directory, "/tmp/postern-test-XXXXXX");
    assert_non_null(mkdtemp(c->directory));
    (void)snprintf(c->certificate, sizeof c->certificate, "%s/crt", c->directory);
    (void)snprintf(c->key, sizeof c->key, "%s/key", c->directory);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    assert_non_null(key);
    X509 *x = self_signed(key, alternative_names);
    FILE *f = fopen(c->certificate, "w");
    assert_non_null(f);
    assert_int_equal(PEM_write_X509(f, x), 1);
    assert_int_equal(fclose(f), 0);
    f = fopen(c->key, "w");
    assert_non_null(f);
    assert_int_equal(PEM_write_PKCS8PrivateKey(f, key, passphrase ? EVP_aes_128_cbc() : NULL,
                                               passphrase, passphrase ? (int)strlen(passphrase) : 0,
                                               NULL, NULL),
                     1);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(c->key, 0640), 0);
    X509_free(x);
    EVP_PKEY_free(key);
}

static inline void certificate_remove(struct certificate *c)
{
    (void)unlink(c->certificate);
    (void)unlink(c->key);
    (void)rmdir(c->directory);
}
