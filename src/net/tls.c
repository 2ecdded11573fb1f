/* SPDX-License-Identifier: ISC */
#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "net/tls_internal.h"

/* Mozilla's "intermediate" without its DHE suites: they cost a server much and every client that
 * has TLS 1.2 with AEAD has ECDHE. AES-128 stands first: it is enough, and the cheapest. */
#define SUITES_12                                                \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:" \
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:" \
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"
#define SUITES_13 "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384"

bool tls_context_setup(SSL_CTX *ctx, int minimum)
{
    int groups[] = { NID_X25519, NID_X9_62_prime256v1, NID_secp384r1 };
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(ctx, 1);
    /* A peer without AES in hardware says so by putting ChaCha20 first, and gets it. */
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                 SSL_OP_CLEANSE_PLAINTEXT);
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    return SSL_CTX_set_min_proto_version(ctx, minimum) == 1 &&
           SSL_CTX_set_cipher_list(ctx, SUITES_12) == 1 &&
           SSL_CTX_set_ciphersuites(ctx, SUITES_13) == 1 &&
           SSL_CTX_set1_groups(ctx, groups, ARRAY_SIZE(groups)) == 1;
}

static bool load_roots(SSL_CTX *ctx, const char *ca)
{
    return ca ? SSL_CTX_load_verify_file(ctx, ca) == 1 : SSL_CTX_set_default_verify_paths(ctx) == 1;
}

SSL_CTX *tls_client_context(bool verify, const char *ca, struct buf *why)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    if (!ctx || !tls_context_setup(ctx, TLS1_2_VERSION)) {
        tls_explain(why, "TLS", "cannot be set up");
    } else if (verify && !load_roots(ctx, ca)) {
        tls_explain(why, ca ? ca : "the system's certificates", "cannot be read");
    } else {
        SSL_CTX_set_verify(ctx, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
        return ctx;
    }
    SSL_CTX_free(ctx);
    return NULL;
}

void tls_client_context_free(SSL_CTX *ctx)
{
    SSL_CTX_free(ctx);
}

bool tls_exporter(SSL *ssl, uint8_t out[32])
{
    static const char label[] = "EXPORTER-Channel-Binding";
    static const uint8_t no_context[1] = { 0 };
    /* RFC 9266 §3: before TLS 1.3 it is unique only with RFC 7627's master secret. */
    if (SSL_version(ssl) < TLS1_3_VERSION && SSL_get_extms_support(ssl) != 1)
        return false;
    return SSL_export_keying_material(ssl, out, 32, label, sizeof label - 1, no_context, 0, 1) == 1;
}

const char *tls_version(const SSL *ssl)
{
    return SSL_get_version(ssl);
}

const char *tls_cipher(const SSL *ssl)
{
    return SSL_get_cipher_name(ssl);
}

static void append_error(struct buf *out, unsigned long error, const char *data, int flags)
{
    const char *reason = ERR_SYSTEM_ERROR(error) ? NULL : ERR_reason_error_string(error);
    char number[32];
    if (!reason)
        ERR_error_string_n(error, number, sizeof number);
    if (buf_size(out))
        buf_append_str(out, "; ");
    buf_append_str(out, reason ? reason : number);
    if ((flags & ERR_TXT_STRING) && data && *data) {
        buf_append_str(out, " (");
        buf_append_str(out, data);
        buf_append_str(out, ")");
    }
}

void tls_errors(struct buf *out)
{
    const char *data;
    int flags;
    for (unsigned long error; (error = ERR_get_error_all(NULL, NULL, NULL, &data, &flags));)
        append_error(out, error, data, flags);
}

void tls_explain(struct buf *why, const char *file, const char *what)
{
    struct buf said;
    buf_init(&said, 512);
    tls_errors(&said);
    buf_printf(why, "%s: %s", file, what);
    if (buf_size(&said))
        buf_printf(why, ": %.*s", SLICE_ARG(buf_slice(&said)));
    buf_clear(&said);
}
