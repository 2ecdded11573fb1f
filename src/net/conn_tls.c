/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/check.h"
#include "base/err.h"
#include "net/conn_internal.h"
#include "net/loop_internal.h"
#include "net/tls.h"

#define ERROR_TEXT_MAX 200

/* A server's name to ask for (SNI has no addresses, RFC 6066 §3) and to verify. */
static bool expect_name(SSL *ssl, const char *name)
{
    struct address ip;
    X509_VERIFY_PARAM *expected = SSL_get0_param(ssl);
    char host[256] = ""; /* SSL_set_tlsext_host_name takes no const */
    if (address_parse_ip(slice_of_str(name), 0, &ip))
        return X509_VERIFY_PARAM_set1_ip_asc(expected, name) == 1;
    if (strlen(name) >= sizeof host)
        return false;
    memcpy(host, name, strlen(name));
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

/* What was read before TLS began, but belongs to it. */
static int take_early(struct conn *c, char *p, int n)
{
    uint32_t taken = (uint32_t)n < c->early_n ? (uint32_t)n : c->early_n;
    memcpy(p, c->kept + c->kept_n - c->early_n, taken);
    c->early_n -= taken;
    if (c->early_n == 0)
        conn_drop_kept(c);
    return (int)taken;
}

static int wire_read(BIO *bio, char *p, int n)
{
    struct conn *c = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (c->early_n)
        return take_early(c, p, n);
    ssize_t got = recv(c->fd, p, (size_t)n, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_read(bio);
    c->wire_ended = got == 0;
    return (int)got;
}

static int wire_write(BIO *bio, const char *p, int n)
{
    struct conn *c = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    buf_append(&c->wire, (struct slice){ (const uint8_t *)p, (size_t)n });
    return c->wire.failed ? -1 : n;
}

static long wire_control(BIO *bio, int command, long number UNUSED, void *p UNUSED)
{
    const struct conn *c = BIO_get_data(bio);
    if (command == BIO_CTRL_EOF)
        return c->wire_ended;
    return command == BIO_CTRL_FLUSH;
}

/* What OpenSSL writes is gathered and sent once: a ticket with the first reply, close_notify with
 * the last one. */
static BIO *wire_new(struct conn *c)
{
    BIO_METHOD **method = loop_bio_method(c->loop);
    if (!*method) {
        *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "postern");
        if (!*method)
            return NULL;
        (void)BIO_meth_set_read(*method, wire_read); /* setters of a struct: they cannot fail */
        (void)BIO_meth_set_write(*method, wire_write);
        (void)BIO_meth_set_ctrl(*method, wire_control);
    }
    BIO *bio = BIO_new(*method);
    if (bio) {
        BIO_set_data(bio, c);
        BIO_set_init(bio, 1);
    }
    return bio;
}

static SSL *session_new(struct conn *c, SSL_CTX *ctx, bool server, const char *server_name)
{
    SSL *ssl = SSL_new(ctx);
    BIO *bio = ssl ? wire_new(c) : NULL;
    if (!bio || (!server && server_name && !expect_name(ssl, server_name))) {
        BIO_free(bio);
        SSL_free(ssl);
        return NULL;
    }
    SSL_set_bio(ssl, bio, bio); /* takes it */
    if (server)
        SSL_set_accept_state(ssl);
    else
        SSL_set_connect_state(ssl);
    return ssl;
}

static void keep_error_text(struct conn *c)
{
    struct buf text;
    buf_init(&text, ERROR_TEXT_MAX);
    tls_errors(&text);
    if (!c->error_text && buf_size(&text))
        c->error_text = strndup((const char *)buf_slice(&text).p, buf_size(&text));
    buf_clear(&text);
}

void conn_start_tls(struct conn *c, SSL_CTX *ctx, bool server, const char *server_name)
{
    if (!conn_alive(c) || c->finishing)
        return;
    CHECK(c->stage == CONN_CLEAR && !c->ssl);
    conn_drop_kept(c);
    c->ssl = session_new(c, ctx, server, server_name);
    if (!c->ssl) {
        keep_error_text(c);
        conn_fail(c, ERR_TLS);
        return;
    }
    c->stage = CONN_TLS_WAITS;
    c->clear_left = buf_size(&c->output);
    conn_touch(c);
}

void conn_accept_tls(struct conn *c, SSL_CTX *ctx, struct slice early)
{
    conn_start_tls(c, ctx, true, NULL);
    if (!conn_alive(c) || c->finishing || early.n == 0)
        return;
    if (conn_keep(c, early))
        c->early_n = (uint32_t)early.n;
    else
        conn_fail(c, -ENOMEM);
}

/* A peer that vanishes without close_notify is not heard as an end (its message may be cut), and
 * it is no news either. */
static bool is_cut(void)
{
    unsigned long error = ERR_peek_error();
    return ERR_GET_LIB(error) == ERR_LIB_SSL &&
           ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

static int fatal(struct conn *c, int kind, int system_error)
{
    bool cut = kind == SSL_ERROR_SYSCALL || is_cut();
    if (!cut) {
        conn_send_wire(c); /* the alert */
        keep_error_text(c);
        return ERR_TLS;
    }
    ERR_clear_error();
    return system_error && kind == SSL_ERROR_SYSCALL ? -system_error : ERR_CLOSED;
}

static void before_call(void)
{
    ERR_clear_error(); /* SSL_get_error looks at the queue of the whole thread */
    errno = 0;
}

/* SSL_MODE_RELEASE_BUFFERS with SSL_OP_CLEANSE_PLAINTEXT wipes all 17 KiB of the read buffer after
 * each record. Only the plaintext is secret, and that is wiped as it is read: so here the buffer is
 * kept for the read and released, when empty, without the second wipe. */
static int read_lean(SSL *ssl, uint8_t *p, size_t n, size_t *got)
{
    (void)SSL_clear_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    int result = SSL_read_ex(ssl, p, n, got);
    (void)SSL_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    return result;
}

static void release_buffers(SSL *ssl)
{
    (void)SSL_clear_options(ssl, SSL_OP_CLEANSE_PLAINTEXT);
    (void)SSL_free_buffers(ssl); /* refuses while bytes are pending, and then they stay */
    (void)SSL_set_options(ssl, SSL_OP_CLEANSE_PLAINTEXT);
}

ssize_t conn_tls_read(struct conn *c, uint8_t *p, size_t n)
{
    size_t got;
    before_call();
    int result = read_lean(c->ssl, p, n, &got), system_error = errno;
    if (buf_size(&c->wire))
        conn_touch(c); /* an answer of the protocol's own */
    if (result == 1) {
        release_buffers(c->ssl);
        return (ssize_t)got;
    }
    int kind = SSL_get_error(c->ssl, result);
    if (kind == SSL_ERROR_ZERO_RETURN)
        return 0;
    return kind == SSL_ERROR_WANT_READ ? -EAGAIN : fatal(c, kind, system_error);
}

ssize_t conn_tls_write(struct conn *c, struct slice bytes)
{
    size_t written;
    before_call();
    c->wire_held = false;
    if (SSL_write_ex(c->ssl, bytes.p, bytes.n, &written) == 1)
        return (ssize_t)written;
    int kind = SSL_get_error(c->ssl, 0);
    return fatal(c, kind, 0);
}

bool conn_tls_pending(const struct conn *c)
{
    return SSL_has_pending(c->ssl) == 1;
}

static void on_done(struct conn *c)
{
    if (c->early_n) { /* nothing can be ahead of our own flight */
        conn_fail(c, ERR_TLS);
        return;
    }
    c->stage = CONN_TLS;
    /* In TLS 1.3 a server's last flight is but a ticket. */
    c->wire_held = SSL_is_server(c->ssl) && SSL_version(c->ssl) == TLS1_3_VERSION;
    release_buffers(c->ssl);
    conn_touch(c);
    if (c->finishing)
        return;
    if (c->owner->on_tls)
        c->owner->on_tls(c->owner);
    if (conn_alive(c) && !c->finishing && conn_tls_pending(c))
        conn_read(c);
}

void conn_handshake(struct conn *c)
{
    before_call();
    int result = SSL_do_handshake(c->ssl), system_error = errno;
    if (result == 1) {
        on_done(c);
        return;
    }
    int kind = SSL_get_error(c->ssl, result);
    conn_send_wire(c);
    if (kind != SSL_ERROR_WANT_READ)
        conn_fail(c, fatal(c, kind, system_error));
}

void conn_tls_end(struct conn *c)
{
    if (c->notified)
        return;
    c->notified = true;
    c->wire_held = false;
    before_call();
    (void)SSL_shutdown(c->ssl); /* one-sided (RFC 8446 §6.1) */
    ERR_clear_error();
}
