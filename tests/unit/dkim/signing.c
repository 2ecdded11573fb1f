/* SPDX-License-Identifier: ISC */
#include "signing.h"

#include "check.h"

#include <stdio.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/base64.h"
#include "dkim/digest.h"
#include "dkim/header.h"

#define NAMES_MAX 64

static const char *or_else(const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

static EVP_PKEY *read_key(const char *name)
{
    char path[64];
    (void)snprintf(path, sizeof path, "data/dkim/%s.pem", name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    (void)fclose(f); /* only read from */
    assert_non_null(key);
    return key;
}

static void sign_rsa(EVP_PKEY *key, const uint8_t *digest, uint8_t *out, size_t *n)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    assert_int_equal(EVP_PKEY_sign_init(context), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING), 1);
    assert_int_equal(EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()), 1);
    assert_int_equal(EVP_PKEY_sign(context, out, n, digest, DIGEST_SIZE), 1);
    EVP_PKEY_CTX_free(context);
}

static void sign_ed25519(EVP_PKEY *key, const uint8_t *digest, uint8_t *out, size_t *n)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(context, NULL, NULL, NULL, key), 1);
    assert_int_equal(EVP_DigestSign(context, out, n, digest, DIGEST_SIZE), 1);
    EVP_MD_CTX_free(context);
}

static bool is_ed25519(const struct signing *how)
{
    return strcmp(or_else(how->key, "ed25519"), "ed25519") == 0;
}

static void put_body_hash(const struct signing *how, struct slice body, struct buf *field)
{
    const char *canon = or_else(how->canon, "relaxed/relaxed");
    bool relaxed = slice_ends_nocase(slice_of_str(canon), SLICE("/relaxed"));
    uint64_t length = BODY_WHOLE;
    struct body_hashes *b = body_hashes_new();
    if (how->length)
        assert_true(slice_to_u64(slice_of_str(how->length), 0, UINT64_MAX, &length));
    enum postern_dkim_canon form = relaxed ? POSTERN_DKIM_RELAXED : POSTERN_DKIM_SIMPLE;
    assert_int_equal(body_hashes_want(b, form, length), 0);
    body_hashes_feed(b, body);
    body_hashes_end(b);
    base64_encode(field, (struct slice){ body_hashes_read(b, 0), DIGEST_SIZE });
    body_hashes_free(b);
}

static void put_signature(const struct signing *how, const char *const *fields, struct buf *field)
{
    struct slice names[NAMES_MAX], rest = slice_of_str(or_else(how->names, "from:subject"));
    struct header header;
    uint8_t digest[DIGEST_SIZE], octets[512];
    size_t n = 0, octets_n = sizeof octets;
    while (slice_cut(rest, ':', &names[n], &rest))
        n++;
    n++;
    header_init(&header);
    for (; *fields; fields++)
        assert_int_equal(header_add(&header, slice_of_str(*fields)), 0);
    assert_int_equal(header_end(&header), 0);
    bool relaxed =
        slice_starts(slice_of_str(or_else(how->canon, "relaxed/relaxed")), SLICE("relaxed"));
    struct header_cover cover = { relaxed ? POSTERN_DKIM_RELAXED : POSTERN_DKIM_SIMPLE,
                                  names,
                                  n,
                                  HEADER_NO_FIELD,
                                  buf_slice(field),
                                  { NULL, 0 } };
    assert_int_equal(header_hash(&header, &cover, NULL, digest), 0);
    header_clear(&header);
    EVP_PKEY *key = read_key(or_else(how->key, "ed25519"));
    if (is_ed25519(how))
        sign_ed25519(key, digest, octets, &octets_n);
    else
        sign_rsa(key, digest, octets, &octets_n);
    EVP_PKEY_free(key);
    base64_encode(field, (struct slice){ octets, octets_n });
}

struct buf signing_field(const struct signing *how, const char *const *fields, struct slice body)
{
    struct buf field;
    buf_init(&field, (size_t)1 << 20);
    buf_printf(&field, "DKIM-Signature: v=1; a=%s; c=%s; d=%s; s=%s; %s%s%s%s h=%s; bh=",
               is_ed25519(how) ? "ed25519-sha256" : "rsa-sha256",
               or_else(how->canon, "relaxed/relaxed"), or_else(how->domain, "acme.example"),
               or_else(how->key, "ed25519"), how->length ? "l=" : "", or_else(how->length, ""),
               how->length ? "; " : "", or_else(how->tags, ""),
               or_else(how->names, "from:subject"));
    put_body_hash(how, body, &field);
    buf_append_str(&field, "; b=");
    put_signature(how, fields, &field);
    assert_false(field.failed);
    return field;
}

/* ---- DNS ---- */

struct postern_dkim_key *signing_key_of(struct slice text)
{
    uint8_t rdata[2048];
    size_t n = 0;
    do {
        struct slice part = slice_first(text, 255);
        rdata[n++] = (uint8_t)part.n;
        memcpy(rdata + n, part.p, part.n);
        n += part.n;
        text = slice_from(text, part.n);
    } while (text.n);
    struct postern_octets octets = { rdata, n };
    struct postern_dns_response response = {
        .answer = POSTERN_DNS_DATA, .ttl = 60, .rdata = &octets, .rdata_n = 1
    };
    return postern_dkim_key_new(&response);
}

struct postern_dkim_key *signing_key(const char *name)
{
    static const struct postern_dns_response none = { .answer = POSTERN_DNS_NXDOMAIN };
    uint8_t all[8192];
    FILE *f = fopen("data/dkim/keys.txt", "r");
    assert_non_null(f);
    struct slice rest = { all, fread(all, 1, sizeof all, f) }, line, owner, text;
    (void)fclose(f); /* only read from */
    while (slice_cut(rest, '\n', &line, &rest))
        if (slice_cut(line, ' ', &owner, &text) && slice_equal(owner, slice_of_str(name)))
            return signing_key_of(text);
    return postern_dkim_key_new(&none);
}
