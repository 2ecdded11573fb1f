/* SPDX-License-Identifier: ISC */
#include "dkim/der.h"

#include "base/reader.h"

enum { INTEGER = 0x02, BIT_STRING = 0x03, SEQUENCE = 0x30 };

/* AlgorithmIdentifier's content: OID 1.2.840.113549.1.1.1 (rsaEncryption), and NULL (RFC 3279 §2.3.1
 * wants it; some leave it out) */
static const uint8_t rsa_oid[] = {
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01
};
static const uint8_t null[] = { 0x05, 0x00 };

/* Length octets (X.690 §8.1.3, §10.1): definite, shortest form. Two octets of length are more than
 * any key needs. */
static size_t read_length(struct reader *r)
{
    uint8_t first = reader_u8(r);
    if (first < 0x80)
        return first;
    size_t n = first == 0x81 ? reader_u8(r) : first == 0x82 ? reader_be16(r) : 0;
    if (n < (first == 0x81 ? 0x80 : 0x100))
        r->bad = true;
    return n;
}

/* One element of this type: its content. Sticky like the reader. */
static struct slice read_element(struct reader *r, uint8_t type)
{
    if (reader_u8(r) != type)
        r->bad = true;
    size_t n = read_length(r);
    return reader_bytes(r, n);
}

/* A positive INTEGER in its shortest form (X.690 §8.3.2), its sign octet taken off. */
static struct slice read_number(struct reader *r)
{
    struct slice n = read_element(r, INTEGER);
    if (n.n == 0 || n.p[0] & 0x80 || (n.p[0] == 0 && (n.n == 1 || !(n.p[1] & 0x80)))) {
        r->bad = true;
        return (struct slice){ 0 };
    }
    return n.p[0] == 0 ? slice_from(n, 1) : n;
}

static bool fail(struct fault *why, const char *what)
{
    *why = (struct fault){ .what = what };
    return false;
}

/* RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } */
static bool read_key(struct slice sequence, struct slice *modulus, struct slice *exponent,
                     struct fault *why)
{
    struct reader r = reader_of(sequence);
    struct slice n = read_number(&r), e = read_number(&r);
    if (r.bad || reader_left(&r))
        return fail(why, "the numbers of the key are not DER");
    *modulus = n;
    *exponent = e;
    return true;
}

static bool is_rsa(struct slice algorithm)
{
    struct slice oid = { rsa_oid, sizeof rsa_oid }, parameters = slice_from(algorithm, oid.n);
    return slice_starts(algorithm, oid) &&
           (parameters.n == 0 || slice_equal(parameters, (struct slice){ null, sizeof null }));
}

/* SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING } */
static bool read_info(struct slice sequence, struct slice *key, struct fault *why)
{
    struct reader r = reader_of(sequence);
    struct slice algorithm = read_element(&r, SEQUENCE), bits = read_element(&r, BIT_STRING);
    if (r.bad || reader_left(&r))
        return fail(why, "the key is not DER");
    if (!is_rsa(algorithm))
        return fail(why, "the key is no RSA key");
    struct reader inner = reader_of(slice_from(bits, 1));
    *key = read_element(&inner, SEQUENCE);
    if (bits.n == 0 || bits.p[0] != 0 || inner.bad || reader_left(&inner))
        return fail(why, "what the key is wrapped in is not DER");
    return true;
}

bool der_rsa_public(struct slice der, struct slice *modulus, struct slice *exponent,
                    struct fault *why)
{
    struct reader r = reader_of(der);
    struct slice sequence = read_element(&r, SEQUENCE), key = sequence;
    if (r.bad || reader_left(&r))
        return fail(why, "the key is not DER");
    /* a key begins with a number, what wraps one with a sequence */
    if (sequence.n && sequence.p[0] == SEQUENCE && !read_info(sequence, &key, why))
        return false;
    return read_key(key, modulus, exponent, why);
}
