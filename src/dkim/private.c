/* SPDX-License-Identifier: ISC */
#include "dkim/private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/base64.h"
#include "dkim/der.h"
#include "dkim/ed25519.h"
#include "dkim/key.h"

#define PEM_MAX      ((size_t)64 * 1024)
#define RSA_BITS_MIN 1024 /* RFC 8301 §3.2: signers MUST NOT use less */
#define RSA_BITS_MAX 4096
#define RECORD_MAX   1024 /* octets of a record's text: 4096 bits take 760 */

struct postern_dkim_private {
    EVP_PKEY *key;
    uint8_t *info; /* SubjectPublicKeyInfo, or the 32 octets of Ed25519; of OpenSSL's memory */
    size_t info_n;
    unsigned bits; /* of RSA; 0: Ed25519 */
};

static const char no_memory[] = "out of memory";

/* Nobody is asked for a password. */
static int no_password(char *buffer, int size, int writing, void *asked)
{
    (void)buffer;
    (void)size;
    (void)writing;
    *(bool *)asked = true;
    return -1;
}

static EVP_PKEY *read_pem(struct slice pem, const char **why)
{
    bool asked = false;
    BIO *in = pem.n && pem.n <= PEM_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
    if (!in) {
        *why = pem.n && pem.n <= PEM_MAX ? no_memory : "it is empty, or far too long";
        return NULL;
    }
    (void)ERR_set_mark();
    EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, no_password, &asked);
    (void)ERR_pop_to_mark();
    BIO_free(in);
    if (!key)
        *why = asked ? "it is encrypted" : "there is no private key in PEM";
    return key;
}

/* NULL: it may sign. */
static const char *judge(const EVP_PKEY *key)
{
    int bits = EVP_PKEY_get_bits(key);
    if (EVP_PKEY_is_a(key, "ED25519"))
        return NULL;
    if (!EVP_PKEY_is_a(key, "RSA"))
        return "it is neither RSA nor Ed25519";
    if (bits < RSA_BITS_MIN)
        return "it has less than 1024 bits (RFC 8301)";
    return bits > RSA_BITS_MAX ? "it has more than 4096 bits (RFC 8301)" : NULL;
}

/* What its record holds. */
static bool read_public(struct postern_dkim_private *p)
{
    if (p->bits) {
        int n = i2d_PUBKEY(p->key, &p->info);
        p->info_n = n > 0 ? (size_t)n : 0;
        return n > 0;
    }
    p->info = OPENSSL_malloc(ED25519_KEY_SIZE);
    p->info_n = ED25519_KEY_SIZE;
    return p->info && EVP_PKEY_get_raw_public_key(p->key, p->info, &p->info_n) == 1;
}

void postern_dkim_private_free(struct postern_dkim_private *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->key); /* OpenSSL overwrites what is secret in it */
    OPENSSL_free(key->info);
    free(key);
}

static struct postern_dkim_private *private_of(EVP_PKEY *key, const char **why)
{
    struct postern_dkim_private *p = calloc(1, sizeof *p);
    *why = judge(key);
    if (p)
        p->key = key;
    else
        EVP_PKEY_free(key);
    if (p && !*why) {
        p->bits = EVP_PKEY_is_a(key, "RSA") ? (unsigned)EVP_PKEY_get_bits(key) : 0;
        if (read_public(p))
            return p;
    }
    if (!*why)
        *why = no_memory;
    postern_dkim_private_free(p);
    return NULL;
}

struct postern_dkim_private *postern_dkim_private_new(const void *pem, size_t n, const char **why)
{
    const char *ignored;
    if (!why)
        why = &ignored;
    EVP_PKEY *key = read_pem((struct slice){ pem, n }, why);
    return key ? private_of(key, why) : NULL;
}

const char *postern_dkim_private_algorithm(const struct postern_dkim_private *key)
{
    return key->bits ? "rsa-sha256" : "ed25519-sha256";
}

unsigned postern_dkim_private_bits(const struct postern_dkim_private *key)
{
    return key->bits;
}

/* A malloc'ed string of what was written; the buf is wiped. */
static char *string_of(struct buf *b)
{
    struct slice text = buf_slice(b);
    char *out = b->failed ? NULL : malloc(text.n + 1);
    if (out)
        out[slice_keep(text, out, text.n).n] = 0;
    buf_wipe(b);
    return out;
}

char *postern_dkim_private_record(const struct postern_dkim_private *key)
{
    struct buf text;
    buf_init(&text, RECORD_MAX);
    buf_append_str(&text, key->bits ? "v=DKIM1; k=rsa; p=" : "v=DKIM1; k=ed25519; p=");
    base64_encode(&text, (struct slice){ key->info, key->info_n });
    return string_of(&text);
}

/* The record may have wrapped its numbers or not: they are what is compared. */
static bool is_same_rsa(struct slice ours, struct slice theirs)
{
    struct slice our_n, our_e, their_n, their_e;
    struct fault why;
    return der_rsa_public(ours, &our_n, &our_e, &why) &&
           der_rsa_public(theirs, &their_n, &their_e, &why) && slice_equal(our_n, their_n) &&
           slice_equal(our_e, their_e);
}

int postern_dkim_private_fits(const struct postern_dkim_private *key,
                              const struct postern_dkim_key *record)
{
    struct slice ours = { key->info, key->info_n };
    if (record->fault || (record->type == DKIM_KEY_RSA) != (key->bits != 0))
        return 0;
    return key->bits ? is_same_rsa(ours, record->octets) : slice_equal(ours, record->octets);
}

/* ---- a new one ---- */

static char *write_pem(EVP_PKEY *key)
{
    char *out = NULL, *text;
    BIO *to = BIO_new(BIO_s_mem());
    struct buf copy;
    buf_init(&copy, PEM_MAX);
    if (to && PEM_write_bio_PKCS8PrivateKey(to, key, NULL, NULL, 0, NULL, NULL) == 1) {
        long n = BIO_get_mem_data(to, &text);
        buf_append(&copy, (struct slice){ (const uint8_t *)text, (size_t)n });
        out = string_of(&copy);
    }
    BIO_free(to); /* OpenSSL overwrites the memory of such a BIO */
    return out;
}

static EVP_PKEY *generate(const char *type, unsigned bits, const char **why)
{
    EVP_PKEY *key = NULL;
    if (strcmp(type, "ed25519") == 0)
        key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    else if (strcmp(type, "rsa") != 0)
        *why = "the type is neither rsa nor ed25519";
    else if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
        *why = "an RSA key has 1024 to 4096 bits (RFC 8301)";
    else
        key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);
    return key;
}

char *postern_dkim_private_generate(const char *type, unsigned bits, const char **why)
{
    const char *ignored;
    if (!why)
        why = &ignored;
    *why = no_memory;
    EVP_PKEY *key = generate(type, bits, why);
    char *pem = key ? write_pem(key) : NULL;
    EVP_PKEY_free(key);
    return pem;
}

/* ---- signing ---- */

static bool sign_rsa(EVP_PKEY_CTX *context, const uint8_t *digest, uint8_t *out, size_t *n)
{
    return EVP_PKEY_sign_init(context) == 1 &&
           EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1 &&
           EVP_PKEY_sign(context, out, n, digest, DIGEST_SIZE) == 1;
}

static bool sign_with_rsa(EVP_PKEY *key, const uint8_t *digest, uint8_t *out, size_t *n)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    bool done = context && sign_rsa(context, digest, out, n);
    EVP_PKEY_CTX_free(context);
    return done;
}

static bool sign_with_ed25519(EVP_PKEY *key, const uint8_t *digest, uint8_t *out, size_t *n)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = context && EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestSign(context, out, n, digest, DIGEST_SIZE) == 1;
    EVP_MD_CTX_free(context);
    return done;
}

int private_sign(const struct postern_dkim_private *key, const uint8_t digest[DIGEST_SIZE],
                 uint8_t out[PRIVATE_SIGNATURE_MAX], size_t *out_n)
{
    size_t n = PRIVATE_SIGNATURE_MAX;
    bool done = key->bits ? sign_with_rsa(key->key, digest, out, &n)
                          : sign_with_ed25519(key->key, digest, out, &n);
    if (!done)
        return -EIO;
    *out_n = n;
    return 0;
}
