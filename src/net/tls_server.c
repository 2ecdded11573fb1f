/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/err.h"
#include "net/tls_internal.h"

/* Instead of asking on the terminal. */
static int refuse_passphrase(char *out UNUSED, int n UNUSED, int writing UNUSED, void *asked)
{
    *(bool *)asked = true;
    return -1;
}

static bool load_certificate(SSL_CTX *ctx, const char *path, struct buf *why)
{
    if (access(path, R_OK) != 0) { /* OpenSSL's words for this are poor */
        buf_printf(why, "%s: certificate: %s", path, err_text(-errno));
        return false;
    }
    if (SSL_CTX_use_certificate_chain_file(ctx, path) == 1)
        return true;
    tls_explain(why, path, "not a PEM certificate chain");
    return false;
}

/* An open key file that only its owner and his group can read, or -1. */
static int open_key(const char *path, struct buf *why)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0) {
        buf_printf(why, "%s: key: %s", path, err_text(-errno));
    } else if (status.st_mode & (S_IROTH | S_IWOTH)) {
        buf_printf(why, "%s: key: open to others; run: chmod o-rwx %s", path, path);
    } else {
        return fd;
    }
    if (fd >= 0)
        (void)close(fd); /* only read from */
    return -1;
}

static EVP_PKEY *read_key(const char *path, struct buf *why)
{
    bool asked = false;
    EVP_PKEY *key = NULL;
    int fd = open_key(path, why);
    if (fd < 0)
        return NULL;
    BIO *file = BIO_new_fd(fd, BIO_CLOSE);
    if (file)
        key = PEM_read_bio_PrivateKey(file, NULL, refuse_passphrase, &asked);
    else
        (void)close(fd); /* only read from */
    BIO_free(file);
    if (!key && asked) {
        ERR_clear_error();
        buf_printf(why, "%s: key: encrypted; decrypt it with: openssl pkey -in %s -out NEW", path,
                   path);
    } else if (!key) {
        tls_explain(why, path, "not a PEM private key");
    }
    return key;
}

static bool load_key(SSL_CTX *ctx, const struct tls_pair *pair, struct buf *why)
{
    EVP_PKEY *key = read_key(pair->key, why);
    if (!key)
        return false;
    bool matches = X509_check_private_key(SSL_CTX_get0_certificate(ctx), key) == 1;
    bool loaded = matches && SSL_CTX_use_PrivateKey(ctx, key) == 1;
    EVP_PKEY_free(key);
    if (!matches) {
        ERR_clear_error();
        buf_printf(why, "%s: key: does not belong to the certificate %s", pair->key,
                   pair->certificate);
    } else if (!loaded) {
        tls_explain(why, pair->key, "key cannot be used");
    }
    return loaded;
}

static SSL_CTX *context_of_pair(const struct tls_pair *pair, int minimum, struct ticket_keys *keys,
                                struct buf *why)
{
    static const unsigned char id[] = "postern";
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx || !tls_context_setup(ctx, minimum) || !ticket_keys_use(keys, ctx) ||
        SSL_CTX_set_session_id_context(ctx, id, sizeof id - 1) != 1 ||
        SSL_CTX_set_num_tickets(ctx, 1) != 1) {
        tls_explain(why, "TLS", "cannot be set up");
    } else if (load_certificate(ctx, pair->certificate, why) && load_key(ctx, pair, why)) {
        return ctx;
    }
    SSL_CTX_free(ctx);
    return NULL;
}

static bool has_name(const SSL_CTX *ctx, const char *name)
{
    return X509_check_host(SSL_CTX_get0_certificate(ctx), name, strlen(name),
                           X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1;
}

/* RFC 6066 §3. An unknown name gets the default: mail clients rarely tell people why they stop. */
static int choose(SSL *ssl, int *alert UNUSED, void *arg)
{
    const struct tls_server *server = arg;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    for (size_t i = 0; name && i < server->n; i++)
        if (has_name(server->contexts[i], name)) {
            SSL_set_SSL_CTX(ssl, server->contexts[i]);
            return SSL_TLSEXT_ERR_OK;
        }
    return SSL_TLSEXT_ERR_NOACK;
}

static void release(struct tls_server *server)
{
    if (!server)
        return;
    for (size_t i = 1; i < server->n; i++)
        SSL_CTX_free(server->contexts[i]);
    free(server->contexts);
    ticket_keys_clear(&server->tickets);
    free(server);
}

static void on_context_freed(void *parent UNUSED, void *server, CRYPTO_EX_DATA *data UNUSED,
                             int index UNUSED, long argl UNUSED, void *argp UNUSED)
{
    release(server);
}

/* Sessions outlive a reload and with them their first context, so the rest (siblings, ticket keys)
 * goes with that one. OpenSSL numbers its slots for the process: the number is kept here. */
static bool tie_to_first_context(struct tls_server *server)
{
    static int slot = -1;
    if (slot < 0)
        slot = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, on_context_freed);
    return slot >= 0 && SSL_CTX_set_ex_data(server->contexts[0], slot, server) == 1;
}

static bool load_pairs(struct tls_server *server, const struct tls_pair *pairs, size_t n,
                       int minimum, struct buf *why)
{
    for (size_t i = 0; i < n; i++) {
        server->contexts[i] = context_of_pair(&pairs[i], minimum, &server->tickets, why);
        if (!server->contexts[i])
            return false;
        if (i == 0 && !tie_to_first_context(server)) {
            SSL_CTX_free(TAKE(server->contexts[0]));
            tls_explain(why, "TLS", "cannot be set up");
            return false;
        }
        server->n++;
    }
    return true;
}

static bool set_up(struct tls_server *server, const struct tls_pair *pairs, size_t n, int minimum,
                   struct buf *why)
{
    if (!load_pairs(server, pairs, n, minimum, why))
        return false;
    if (n == 1)
        return true;
    return SSL_CTX_set_tlsext_servername_callback(server->contexts[0], choose) == 1 &&
           SSL_CTX_set_tlsext_servername_arg(server->contexts[0], server) == 1;
}

struct tls_server *tls_server_new(const struct tls_pair *pairs, size_t n, int minimum,
                                  const uint8_t *ticket_secret, struct buf *why)
{
    struct tls_server *server = n ? calloc(1, sizeof *server) : NULL;
    if (!server) {
        buf_append_str(why, n ? "no memory" : "TLS: no certificate is given");
        return NULL;
    }
    server->contexts = calloc(n, sizeof(SSL_CTX *));
    if (!server->contexts || !ticket_keys_init(&server->tickets, ticket_secret)) {
        tls_explain(why, "TLS", "ticket keys cannot be set up");
    } else if (set_up(server, pairs, n, minimum, why)) {
        return server;
    }
    tls_server_free(server);
    return NULL;
}

void tls_server_free(struct tls_server *server)
{
    if (server && server->n)
        SSL_CTX_free(server->contexts[0]);
    else
        release(server);
}

SSL_CTX *tls_server_context(const struct tls_server *server)
{
    return server->contexts[0];
}
