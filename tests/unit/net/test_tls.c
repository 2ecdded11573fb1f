/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <errno.h>
#include <openssl/ssl.h>

#include "base/clock.h"
#include "base/err.h"
#include "certificate.h"
#include "net/conn.h"
#include "net/tls_internal.h"
#include "side.h"

#define OUTPUT_MAX 65536

static const uint8_t secret[TLS_TICKET_SECRET] = { 7 };
static struct certificate mail, other, sealed;
static int64_t wall_us;

static int64_t told_wall_us(void)
{
    return wall_us;
}

static int make_certificates(void **state UNUSED)
{
    certificate_make(&mail, "DNS:mail.example.com", NULL);
    certificate_make(&other, "DNS:*.example.org,DNS:example.org", NULL);
    certificate_make(&sealed, "DNS:mail.example.com", "passphrase");
    return 0;
}

static int remove_certificates(void **state UNUSED)
{
    certificate_remove(&mail);
    certificate_remove(&other);
    certificate_remove(&sealed);
    return 0;
}

static struct tls_server *server_of(const struct tls_pair *pairs, size_t n)
{
    struct buf why;
    buf_init(&why, 1000);
    struct tls_server *server = tls_server_new(pairs, n, TLS1_2_VERSION, secret, &why);
    if (!server)
        fail_msg("%.*s", SLICE_ARG(buf_slice(&why)));
    return server;
}

struct world {
    struct loop *loop;
    struct tls_server *server;
    SSL_CTX *client_context;
    struct side server_side, client;
};

static void world_open(struct world *w, bool verify)
{
    const struct tls_pair pairs[] = { { mail.certificate, mail.key },
                                      { other.certificate, other.key } };
    struct buf why;
    buf_init(&why, 1000);
    *w = (struct world){ .loop = loop_new(), .server = server_of(pairs, 2) };
    w->client_context = tls_client_context(verify, verify ? mail.certificate : NULL, &why);
    assert_non_null(w->client_context);
}

static void world_connect(struct world *w, const char *name)
{
    int fds[2];
    socket_pair(fds);
    side_open(&w->server_side, w->loop, fds[0], OUTPUT_MAX);
    side_open(&w->client, w->loop, fds[1], OUTPUT_MAX);
    conn_start_tls(w->server_side.conn, tls_server_context(w->server), true, NULL);
    conn_start_tls(w->client.conn, w->client_context, false, name);
}

static void world_shake(struct world *w, const char *name)
{
    world_connect(w, name);
    until(w->loop, w->server_side.tls && w->client.tls);
}

static void world_hang_up(struct world *w)
{
    side_close(&w->server_side);
    side_close(&w->client);
}

static void world_close(struct world *w)
{
    world_hang_up(w);
    loop_free(w->loop);
    tls_server_free(w->server);
    tls_client_context_free(w->client_context);
}

static void bytes_pass_both_ways_and_the_end_is_in_order(void **state UNUSED)
{
    struct world w;
    world_open(&w, true);
    world_shake(&w, "mail.example.com");
    assert_true(conn_is_tls(w.client.conn));
    assert_string_equal(tls_version(conn_ssl(w.client.conn)), "TLSv1.3");
    assert_string_equal(tls_cipher(conn_ssl(w.client.conn)), "TLS_AES_128_GCM_SHA256");
    conn_write(w.client.conn, SLICE("EHLO x\r\n"));
    until(w.loop, buf_size(&w.server_side.heard) == 8);
    conn_write(w.server_side.conn, SLICE("221\r\n"));
    conn_finish(w.server_side.conn, US_PER_S);
    until(w.loop, w.client.ends && w.server_side.closes);
    expect_slice("heard", buf_slice(&w.client.heard), SLICE("221\r\n"));
    assert_int_equal(w.server_side.error, 0);
    world_close(&w);
}

static void bulk_passes_under_back_pressure(void **state UNUSED)
{
    static uint8_t piece[30000];
    struct world w;
    size_t sent = 0;
    world_open(&w, false);
    world_shake(&w, NULL);
    while (sent < 4000000) {
        if (conn_is_full(w.client.conn)) {
            loop_run(w.loop);
            continue;
        }
        for (size_t i = 0; i < sizeof piece; i++)
            piece[i] = (uint8_t)((sent + i) % 253);
        conn_write(w.client.conn, (struct slice){ piece, sizeof piece });
        sent += sizeof piece;
    }
    until(w.loop, buf_size(&w.server_side.heard) == sent);
    struct slice got = buf_slice(&w.server_side.heard);
    for (size_t i = 0; i < sent; i++)
        if (got.p[i] != i % 253)
            fail_msg("byte %zu", i);
    world_close(&w);
}

static void ask_for_tls(struct side *s)
{
    const struct world *w = s->user;
    conn_write(s->conn, SLICE("220\r\n"));
    conn_start_tls(s->conn, tls_server_context(w->server), true, NULL);
    conn_write(s->conn, SLICE("sealed\r\n"));
}

/* RFC 3207 §4.2: what a client sent in clear behind STARTTLS must not be heard in the session. */
static void clear_input_behind_starttls_is_dropped(void **state UNUSED)
{
    struct world w;
    int fds[2];
    world_open(&w, false);
    socket_pair(fds);
    side_open(&w.server_side, w.loop, fds[0], OUTPUT_MAX);
    side_open(&w.client, w.loop, fds[1], OUTPUT_MAX);
    w.server_side.user = &w;
    w.server_side.then = ask_for_tls;
    w.server_side.take_only = 10;
    conn_write(w.client.conn, SLICE("STARTTLS\r\nRSET\r\n"));
    until(w.loop, buf_size(&w.client.heard) == 5);
    expect_slice("in clear", buf_slice(&w.client.heard), SLICE("220\r\n"));
    w.server_side.then = NULL;
    conn_start_tls(w.client.conn, w.client_context, false, NULL);
    until(w.loop, w.client.tls && w.server_side.tls);
    until(w.loop, buf_size(&w.client.heard) == 13);
    expect_slice("sealed", buf_slice(&w.client.heard), SLICE("220\r\nsealed\r\n"));
    assert_int_equal(conn_input_kept(w.server_side.conn), 0);
    expect_slice("heard", buf_slice(&w.server_side.heard), SLICE("STARTTLS\r\n"));
    world_close(&w);
}

static const struct {
    const char *asked;
    bool second;
} names[] = {
    { NULL, false },
    { "mail.example.com", false },
    { "MAIL.EXAMPLE.COM", false },
    { "example.org", true },
    { "a.example.org", true },
    { "a.b.example.org", false }, /* RFC 6125 §6.4.3: a wildcard is one label */
    { "unknown.example", false },
};

static void sni_chooses_the_certificate(void **state UNUSED)
{
    struct world w;
    world_open(&w, false);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        world_shake(&w, names[i].asked);
        X509 *shown = SSL_get1_peer_certificate(conn_ssl(w.client.conn));
        bool second = X509_check_host(shown, "example.org", 0, 0, NULL) == 1;
        X509_free(shown);
        if (second != names[i].second)
            fail_msg("%s", names[i].asked ? names[i].asked : "none");
        world_hang_up(&w);
    }
    world_close(&w);
}

static void a_client_that_verifies_refuses_another_name(void **state UNUSED)
{
    struct world w;
    world_open(&w, true);
    world_connect(&w, "imap.example.com");
    until(w.loop, w.client.closes && w.server_side.closes);
    assert_int_equal(w.client.error, ERR_TLS);
    assert_non_null(strstr(w.client.error_text, "certificate verify failed"));
    assert_int_equal(w.server_side.error, ERR_TLS);
    assert_int_equal(w.client.tls + w.server_side.tls, 0);
    world_close(&w);
}

static void nonsense_instead_of_a_handshake_is_an_error_with_a_text(void **state UNUSED)
{
    struct world w;
    int fds[2];
    world_open(&w, false);
    socket_pair(fds);
    side_open(&w.server_side, w.loop, fds[0], OUTPUT_MAX);
    side_open(&w.client, w.loop, fds[1], OUTPUT_MAX);
    conn_start_tls(w.server_side.conn, tls_server_context(w.server), true, NULL);
    conn_write(w.client.conn, SLICE("EHLO x\r\n"));
    until(w.loop, w.server_side.closes);
    assert_int_equal(w.server_side.error, ERR_TLS);
    assert_true(w.server_side.error_text[0] != 0);
    world_close(&w);
}

/* RFC 8446 §6.1: without close_notify the data may be cut; that is not an end in order. */
static void a_cut_stream_is_not_an_end(void **state UNUSED)
{
    struct world w;
    world_open(&w, false);
    world_shake(&w, NULL);
    side_close(&w.client);
    until(w.loop, w.server_side.closes);
    assert_int_equal(w.server_side.ends, 0);
    assert_int_equal(w.server_side.error, ERR_CLOSED);
    assert_true(w.server_side.error_text[0] == 0);
    world_close(&w);
}

static void both_ends_export_the_same_binding(void **state UNUSED)
{
    struct world w;
    uint8_t ours[32], theirs[32];
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        world_open(&w, false);
        assert_int_equal(SSL_CTX_set_max_proto_version(w.client_context, version), 1);
        world_shake(&w, NULL);
        assert_int_equal(SSL_version(conn_ssl(w.client.conn)), version);
        assert_true(tls_exporter(conn_ssl(w.server_side.conn), ours));
        assert_true(tls_exporter(conn_ssl(w.client.conn), theirs));
        assert_memory_equal(ours, theirs, sizeof ours);
        world_close(&w);
    }
}

/* RFC 9266 §4.2: in TLS 1.2 not without the extended master secret. */
static void nothing_is_exported_without_extended_master_secret(void **state UNUSED)
{
    struct world w;
    uint8_t out[32];
    world_open(&w, false);
    assert_int_equal(SSL_CTX_set_max_proto_version(w.client_context, TLS1_2_VERSION), 1);
    (void)SSL_CTX_set_options(w.client_context, SSL_OP_NO_EXTENDED_MASTER_SECRET);
    world_shake(&w, NULL);
    assert_false(tls_exporter(conn_ssl(w.server_side.conn), out));
    world_close(&w);
}

static SSL_SESSION *kept_session;

/* One session with the ticket kept before; true when the server resumed it. */
static bool resumes(struct world *w)
{
    int fds[2];
    socket_pair(fds);
    side_open(&w->server_side, w->loop, fds[0], OUTPUT_MAX);
    side_open(&w->client, w->loop, fds[1], OUTPUT_MAX);
    conn_start_tls(w->server_side.conn, tls_server_context(w->server), true, NULL);
    conn_start_tls(w->client.conn, w->client_context, false, NULL);
    if (kept_session)
        assert_int_equal(SSL_set_session(conn_ssl(w->client.conn), kept_session), 1);
    until(w->loop, w->server_side.tls && w->client.tls);
    bool resumed = SSL_session_reused(conn_ssl(w->server_side.conn)) == 1;
    conn_write(w->server_side.conn, SLICE("250\r\n")); /* the ticket comes before it */
    until(w->loop, buf_size(&w->client.heard) == 5);
    SSL_SESSION_free(kept_session);
    kept_session = SSL_get1_session(conn_ssl(w->client.conn));
    /* OpenSSL forgets a session that was not shut down. */
    SSL_set_shutdown(conn_ssl(w->client.conn), SSL_SENT_SHUTDOWN);
    world_hang_up(w);
    return resumed;
}

static void tickets_live_for_two_epochs_and_are_renewed(void **state UNUSED)
{
    struct world w;
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        world_open(&w, false);
        assert_int_equal(SSL_CTX_set_max_proto_version(w.client_context, version), 1);
        w.server->tickets.wall_us = told_wall_us;
        wall_us = 1000 * TICKET_EPOCH_US;
        assert_false(resumes(&w));
        assert_true(resumes(&w));
        wall_us += TICKET_EPOCH_US;
        assert_true(resumes(&w)); /* and gets a ticket of this epoch */
        wall_us += TICKET_EPOCH_US;
        assert_true(resumes(&w));
        wall_us += 2 * TICKET_EPOCH_US;
        assert_false(resumes(&w));
        SSL_SESSION_free(TAKE(kept_session));
        world_close(&w);
    }
}

static void ticket_keys_depend_on_secret_and_epoch_only(void **state UNUSED)
{
    static const uint8_t another[TLS_TICKET_SECRET] = { 8 };
    struct ticket_key a, b, c, d;
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    ticket_key_derive(secret, 5, &a);
    ticket_key_derive(secret, 5, &b);
    ticket_key_derive(secret, 6, &c);
    ticket_key_derive(another, 5, &d);
    assert_memory_equal(&a, &b, sizeof a);
    assert_memory_not_equal(a.name, c.name, sizeof a.name);
    assert_memory_not_equal(a.hmac, d.hmac, sizeof a.hmac);
    assert_memory_not_equal(a.cipher, c.cipher, sizeof a.cipher);
    assert_memory_not_equal(a.cipher, a.hmac, sizeof a.cipher);
}

/* A reload frees the old contexts while sessions of theirs are in the middle of a handshake. */
static void sessions_outlive_their_server_context(void **state UNUSED)
{
    struct world w;
    world_open(&w, false);
    world_connect(&w, "example.org");
    tls_server_free(TAKE(w.server));
    until(w.loop, w.server_side.tls && w.client.tls);
    conn_write(w.server_side.conn, SLICE("250\r\n"));
    until(w.loop, buf_size(&w.client.heard) == 5);
    world_close(&w);
}

static void refuses(const char *certificate, const char *key, const char *saying)
{
    const struct tls_pair pair = { certificate, key };
    struct buf why;
    buf_init(&why, 1000);
    assert_null(tls_server_new(&pair, 1, TLS1_2_VERSION, secret, &why));
    buf_append_byte(&why, 0);
    if (!strstr((const char *)buf_slice(&why).p, saying))
        fail_msg("%s", (const char *)buf_slice(&why).p);
    buf_clear(&why);
}

static void unfit_keys_and_certificates_are_refused_with_a_reason(void **state UNUSED)
{
    refuses(mail.certificate, other.key, "does not belong");
    refuses(sealed.certificate, sealed.key, "encrypted");
    refuses("/nonexistent", mail.key, "No such file");
    refuses(mail.certificate, "/nonexistent", "No such file");
    refuses(mail.key, mail.key, "not a PEM certificate");
    refuses(mail.certificate, mail.certificate, "open to others");
    assert_int_equal(chmod(mail.certificate, 0600), 0);
    refuses(mail.certificate, mail.certificate, "not a PEM private key");
    assert_int_equal(chmod(mail.key, 0644), 0);
    refuses(mail.certificate, mail.key, "open to others");
    assert_int_equal(chmod(mail.key, 0640), 0);
    tls_server_free(server_of(&(struct tls_pair){ mail.certificate, mail.key }, 1));
    tls_server_free(NULL);
}

static void a_missing_root_is_refused(void **state UNUSED)
{
    struct buf why;
    buf_init(&why, 1000);
    assert_null(tls_client_context(true, "/nonexistent", &why));
    assert_true(slice_starts(buf_slice(&why), SLICE("/nonexistent: ")));
    buf_clear(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_pass_both_ways_and_the_end_is_in_order),
        cmocka_unit_test(bulk_passes_under_back_pressure),
        cmocka_unit_test(clear_input_behind_starttls_is_dropped),
        cmocka_unit_test(sni_chooses_the_certificate),
        cmocka_unit_test(a_client_that_verifies_refuses_another_name),
        cmocka_unit_test(nonsense_instead_of_a_handshake_is_an_error_with_a_text),
        cmocka_unit_test(a_cut_stream_is_not_an_end),
        cmocka_unit_test(both_ends_export_the_same_binding),
        cmocka_unit_test(nothing_is_exported_without_extended_master_secret),
        cmocka_unit_test(tickets_live_for_two_epochs_and_are_renewed),
        cmocka_unit_test(ticket_keys_depend_on_secret_and_epoch_only),
        cmocka_unit_test(sessions_outlive_their_server_context),
        cmocka_unit_test(unfit_keys_and_certificates_are_refused_with_a_reason),
        cmocka_unit_test(a_missing_root_is_refused),
    };
    return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
