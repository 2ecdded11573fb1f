/* SPDX-License-Identifier: ISC */
#define OPENSSL_SUPPRESS_DEPRECATED /* the plain way to its numbers */

#include "property.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "dkim/der.h"

/* What OpenSSL reads; NULL: no key, or it did not need all octets. */
static RSA *read_elsewhere(struct slice in)
{
    const uint8_t *p = in.p;
    RSA *key = in.n ? d2i_RSA_PUBKEY(NULL, &p, (long)in.n) : NULL;
    if (!key) {
        p = in.p;
        key = in.n ? d2i_RSAPublicKey(NULL, &p, (long)in.n) : NULL;
    }
    if (key && p == in.p + in.n)
        return key;
    RSA_free(key);
    return NULL;
}

static bool is_number(const BIGNUM *number, struct slice octets)
{
    BIGNUM *ours = BN_bin2bn(octets.p, (int)octets.n, NULL);
    bool same = ours && BN_cmp(ours, number) == 0;
    BN_free(ours);
    return same;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size }, modulus, exponent;
    struct fault why = { 0 };
    if (!der_rsa_public(in, &modulus, &exponent, &why)) {
        must(is_fault(in, &why)); /* OpenSSL takes more: BER */
        return 0;
    }
    must(modulus.n && exponent.n && inside(in, modulus) && inside(in, exponent));
    must(modulus.p[0] && exponent.p[0]);
    RSA *key = read_elsewhere(in);
    must(key && is_number(RSA_get0_n(key), modulus) && is_number(RSA_get0_e(key), exponent));
    RSA_free(key);
    return 0;
}
