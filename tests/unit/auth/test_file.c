/* SPDX-License-Identifier: ISC
 *
 * The file backend with the real loop and pool: passwords, SCRAM with GNU SASL's client, TLS in
 * memory for channel binding.
 */
#include "rig.h"

#include <gsasl.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "auth/file_internal.h"
#include "base/base64.h"
#include "net/tls.h"

/* "pencil" (RFC 7677 §3), "secret" as DES crypt */
#define VERIFIER                                    \
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"  \
    "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:" \
    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
#define DES "abNANd1rDfiNc"

static const char accounts[] = "des:" DES "\n"
                               "bob@example.com:" DES "\n"
                               "Scram:" VERIFIER "\n"
                               "both:" DES ":" VERIFIER "\n"
                               "locked:*\n";
static const char *const files[] = { "acc", NULL };

static struct rig start(unsigned queue_max, int64_t cache_us)
{
    struct rig r = rig_new(queue_max);
    rig_write(&r, "acc", accounts, 0600);
    rig_open(&r, "file", "acc", cache_us);
    return r;
}

/* clang-format off */
static const struct {
    const char *name, *account, *password;
    enum auth_outcome outcome;
    const char *as;
} passwords[] = {
    { "right",                      "des", "secret", AUTH_OK, "des" },
    { "wrong",                      "des", "Secret", AUTH_FAILED, NULL },
    { "case of the name",           "DES", "secret", AUTH_OK, "des" },
    { "with the default realm",     "des@Example.COM", "secret", AUTH_OK, "des" },
    { "with another realm",         "des@example.net", "secret", AUTH_FAILED, NULL },
    { "the file has the realm",     "bob", "secret", AUTH_OK, "bob@example.com" },
    { "only a verifier",            "scram", "pencil", AUTH_OK, "Scram" },
    { "only a verifier, wrong",     "scram", "pencil2", AUTH_FAILED, NULL },
    { "both: the hash holds",       "both", "secret", AUTH_OK, "both" },
    { "both: the verifier does not", "both", "pencil", AUTH_FAILED, NULL },
    { "locked",                     "locked", "secret", AUTH_FAILED, NULL },
    { "unknown",                    "nobody", "secret", AUTH_FAILED, NULL },
};
/* clang-format on */

static void passwords_of_all_kinds(void **state UNUSED)
{
    for (int cached = 0; cached < 2; cached++) {
        struct rig r = start(10, cached ? 300 * US_PER_S : 0);
        for (size_t i = 0; i < 2 * ARRAY_SIZE(passwords); i++) {
            size_t at = i % ARRAY_SIZE(passwords);
            expect_password(&r, passwords[at].name, passwords[at].account, passwords[at].password,
                            passwords[at].outcome, passwords[at].as);
        }
        rig_free(&r, files);
    }
}

static void accounts_exist_or_not(void **state UNUSED)
{
    struct rig r = start(1, 0);
    assert_int_equal(auth_account_exists(r.backend, SLICE("des")), 1);
    assert_int_equal(auth_account_exists(r.backend, SLICE("BOB")), 1);
    assert_int_equal(auth_account_exists(r.backend, SLICE("locked")), 1);
    assert_int_equal(auth_account_exists(r.backend, SLICE("nobody")), 0);
    assert_int_equal(auth_account_exists(r.backend, SLICE("../../x")), 0);
    assert_int_equal(auth_account_exists(r.backend, SLICE("")), 0);
    assert_int_equal(auth_account_exists(r.backend, SLICE("des\0")), 0);
    rig_free(&r, files);
}

/* One place in the pool: who has to wait for it is told "later", who is remembered is not. */
static void a_full_pool_is_unavailable_but_the_remembered_get_in(void **state UNUSED)
{
    struct rig r = start(1, 300 * US_PER_S);
    expect_password(&r, "first", "des", "secret", AUTH_OK, "des");
    struct asked *slow = ask_password(&r, "scram", "wrong"), *full = ask_password(&r, "both", "x"),
                 *known = ask_password(&r, "des", "secret");
    while (!full->answers || !known->answers || !slow->answers)
        loop_run(r.loop);
    assert_int_equal(full->outcome, AUTH_UNAVAILABLE);
    assert_int_equal(known->outcome, AUTH_OK);
    assert_int_equal(slow->outcome, AUTH_FAILED);
    free(slow);
    free(full);
    free(known);
    rig_free(&r, files);
}

static void look_now(struct rig *r)
{
    file_of(r->backend)->look_again_us = 0;
}

static void a_changed_file_is_read_again_and_a_broken_one_is_not(void **state UNUSED)
{
    struct rig r = start(10, 300 * US_PER_S);
    expect_password(&r, "before", "des", "secret", AUTH_OK, "des");
    expect_slice("SCRAM", auth_mechanisms(r.backend, false), SLICE("SCRAM-SHA-256 PLAIN LOGIN"));
    rig_write(&r, "acc", "des:ablevSdGaUmRA\nnew:" DES "\n", 0600);
    expect_password(&r, "not looked at yet", "new", "secret", AUTH_FAILED, NULL);
    look_now(&r);
    expect_password(&r, "new", "new", "secret", AUTH_OK, "new");
    expect_password(&r, "a changed password never hits", "des", "secret", AUTH_FAILED, NULL);
    expect_slice("no SCRAM", auth_mechanisms(r.backend, true), SLICE("PLAIN LOGIN"));
    const struct passwd_file *held = file_of(r.backend)->accounts;
    look_now(&r);
    assert_int_equal(auth_account_exists(r.backend, SLICE("new")), 1);
    assert_ptr_equal(file_of(r.backend)->accounts, held); /* unchanged: not read again */
    rig_write(&r, "acc", "broken", 0600);
    look_now(&r);
    expect_password(&r, "broken", "new", "secret", AUTH_OK, "new");
    rig_write(&r, "acc", "des:" DES "\n", 0644);
    look_now(&r);
    expect_password(&r, "open to others", "new", "secret", AUTH_OK, "new");
    char path[128];
    rig_path(&r, "acc", path);
    assert_int_equal(unlink(path), 0);
    look_now(&r);
    expect_password(&r, "gone", "new", "secret", AUTH_OK, "new");
    rig_write(&r, "acc", accounts, 0600);
    look_now(&r);
    expect_password(&r, "back", "new", "secret", AUTH_FAILED, NULL);
    rig_free(&r, files);
}

static void files_that_stop_the_start(void **state UNUSED)
{
    struct rig r = rig_new(1);
    struct buf why;
    buf_init(&why, 1024);
    assert_false(rig_try_open(&r, "file", "acc", 0, &why));
    assert_true(buf_size(&why) > 0);
    rig_write(&r, "acc", accounts, 0644);
    assert_false(rig_try_open(&r, "file", "acc", 0, &why));
    rig_write(&r, "acc", "x", 0600);
    assert_false(rig_try_open(&r, "file", "acc", 0, &why));
    buf_clear(&why);
    rig_free(&r, files);
}

static void an_empty_file_still_costs_a_hash(void **state UNUSED)
{
    struct rig r = rig_new(10);
    rig_write(&r, "acc", "", 0600);
    rig_open(&r, "file", "acc", 0);
    struct asked *a = ask_password(&r, "x", "y");
    assert_non_null(a->question.backend_data); /* a job on the pool */
    await(&r, a);
    assert_int_equal(a->outcome, AUTH_FAILED);
    free(a);
    rig_free(&r, files);
}

static void cancelled_checks_are_never_answered(void **state UNUSED)
{
    struct rig r = start(10, 0);
    struct asked *a = ask_password(&r, "scram", "pencil"), *b = ask_password(&r, "des", "secret");
    auth_cancel(r.backend, &a->question);
    auth_cancel(r.backend, &a->question);
    await(&r, b);
    while (file_of(r.backend)->jobs)
        rig_turn(&r);
    assert_int_equal(a->answers, 0);
    free(a);
    free(b);
    rig_free(&r, files);
}

static void nothing(struct thread_job *job UNUSED)
{
}

static struct loop *marker_loop;

static void marker_done(struct thread_job *job UNUSED)
{
    loop_stop(marker_loop);
}

/* The last hash to finish frees what it needs; the pool has one place, so a marker that fits in
 * runs behind it. */
static void closing_while_a_hash_runs(void **state UNUSED)
{
    struct rig r = start(1, 0);
    struct thread_job marker = { .work = nothing, .done = marker_done };
    struct asked *a = ask_password(&r, "scram", "pencil");
    auth_close(TAKE(r.backend));
    while (thread_pool_submit(r.pool, &marker) != 0)
        rig_turn(&r);
    marker_loop = r.loop;
    loop_run(r.loop);
    assert_int_equal(a->answers, 0);
    free(a);
    rig_free(&r, files);
}

static void authorize_must_be_oneself(void **state UNUSED)
{
    static const struct {
        const char *authorize;
        enum auth_outcome outcome;
    } cases[] = { { "des", AUTH_OK },
                  { "DES@example.com", AUTH_OK },
                  { "both", AUTH_FAILED },
                  { "des@example.net", AUTH_FAILED } };
    struct rig r = start(10, 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct asked *a = asked_new(&r);
        auth_check(r.backend, &a->question, &r.facts, SLICE("LOGIN"),
                   slice_of_str(cases[i].authorize), SLICE("des"), SLICE("secret"));
        await(&r, a);
        assert_int_equal(a->outcome, cases[i].outcome);
        free(a);
    }
    rig_free(&r, files);
}

/* --- SCRAM --- */

struct client {
    Gsasl *library;
    Gsasl_session *session;
};

static int no_callback(Gsasl *library UNUSED, Gsasl_session *session UNUSED,
                       Gsasl_property property UNUSED)
{
    return GSASL_NO_CALLBACK;
}

static struct client client_new(const char *mechanism, const char *name, const char *password,
                                const char *authorize, const uint8_t *binding)
{
    struct client c;
    assert_int_equal(gsasl_init(&c.library), GSASL_OK);
    gsasl_callback_set(c.library, no_callback);
    assert_int_equal(gsasl_client_start(c.library, mechanism, &c.session), GSASL_OK);
    (void)gsasl_property_set(c.session, GSASL_AUTHID, name);
    (void)gsasl_property_set(c.session, GSASL_PASSWORD, password);
    (void)gsasl_property_set(c.session, GSASL_AUTHZID, authorize);
    if (binding) {
        struct buf text;
        buf_init(&text, 64);
        base64_encode(&text, (struct slice){ binding, 32 });
        (void)gsasl_property_set_raw(c.session, GSASL_CB_TLS_EXPORTER,
                                     (const char *)buf_slice(&text).p, buf_size(&text));
        buf_clear(&text);
    }
    return c;
}

static void client_free(struct client *c)
{
    gsasl_finish(c->session);
    gsasl_done(c->library);
}

/* The client's next message; false when it gives up (the server did not prove itself). */
static bool client_step(struct client *c, struct slice in, struct buf *out)
{
    char *bytes = NULL;
    size_t n = 0;
    int result = gsasl_step(c->session, (const char *)in.p, in.n, &bytes, &n);
    buf_clear(out);
    buf_append(out, (struct slice){ (const uint8_t *)bytes, n });
    gsasl_free(bytes);
    return result == GSASL_OK || result == GSASL_NEEDS_MORE;
}

/* Runs an exchange to its end; the last answer stays in the result. */
static struct asked *run_scram(struct rig *r, struct client *c, const char *mechanism)
{
    struct asked *a = asked_new(r);
    struct buf message;
    buf_init(&message, 4096);
    assert_true(client_step(c, (struct slice){ 0 }, &message));
    auth_exchange(r->backend, &a->question, &r->facts, slice_of_str(mechanism),
                  buf_slice(&message));
    await(r, a);
    while (a->outcome == AUTH_CHALLENGE) {
        if (!client_step(c, asked_challenge(a), &message))
            fail_msg("the server's proof is wrong");
        auth_continue(r->backend, &a->question, buf_slice(&message));
        await(r, a);
    }
    buf_clear(&message);
    return a;
}

/* clang-format off */
static const struct {
    const char *name, *account, *password, *authorize;
    enum auth_outcome outcome;
    const char *as;
} scrams[] = {
    { "right",             "scram", "pencil", NULL, AUTH_OK, "Scram" },
    { "default realm",     "SCRAM@example.com", "pencil", NULL, AUTH_OK, "Scram" },
    { "authzid equal",     "scram", "pencil", "scram", AUTH_OK, "Scram" },
    { "authzid other",     "scram", "pencil", "both", AUTH_FAILED, NULL },
    { "wrong",             "scram", "pen", NULL, AUTH_FAILED, NULL },
    { "unknown",           "nobody", "pencil", NULL, AUTH_FAILED, NULL },
    { "no verifier",       "des", "secret", NULL, AUTH_FAILED, NULL },
    { "comma in the name", "a,b=c", "x", NULL, AUTH_FAILED, NULL },
};
/* clang-format on */

static void scram_exchanges(void **state UNUSED)
{
    struct rig r = start(1, 0);
    for (size_t i = 0; i < ARRAY_SIZE(scrams); i++) {
        struct client c = client_new("SCRAM-SHA-256", scrams[i].account, scrams[i].password,
                                     scrams[i].authorize, NULL);
        struct asked *a = run_scram(&r, &c, "scram-sha-256");
        if (a->outcome != scrams[i].outcome)
            fail_msg("%s: outcome %u (%s)", scrams[i].name, a->outcome, a->reason);
        if (a->outcome == AUTH_OK)
            expect_slice(scrams[i].name, asked_account(a), slice_of_str(scrams[i].as));
        expect_slice(scrams[i].name, (struct slice){ a->name, a->name_n },
                     slice_of_str(scrams[i].account));
        assert_null(a->question.backend_data);
        free(a);
        client_free(&c);
    }
    rig_free(&r, files);
}

/* RFC 7677 §3's client: its salt, count and proof, as far as our nonce allows. */
static void known_users_get_their_salt_and_strangers_a_stable_one(void **state UNUSED)
{
    static const char *const messages[] = { "n,,n=nobody,r=abc", "n,,n=NoBody,r=abc",
                                            "n,,n=nobody@example.com,r=abc", "n,,n=other,r=abc" };
    struct rig r = start(1, 0);
    char salts[4][64];
    for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
        struct asked *a = asked_new(&r);
        auth_exchange(r.backend, &a->question, &r.facts, SLICE("SCRAM-SHA-256"),
                      slice_of_str(messages[i]));
        await(&r, a);
        assert_int_equal(a->outcome, AUTH_CHALLENGE);
        a->challenge[a->challenge_n] = 0;
        const char *salt = strstr((const char *)a->challenge, ",s=");
        assert_non_null(salt);
        (void)snprintf(salts[i], sizeof salts[i], "%s", salt);
        assert_int_equal(strlen(salt), strlen(",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=16384"));
        auth_cancel(r.backend, &a->question);
        free(a);
    }
    assert_string_equal(salts[0], salts[1]);
    assert_string_equal(salts[0], salts[2]);
    assert_string_not_equal(salts[0], salts[3]);
    struct asked *a = asked_new(&r);
    auth_exchange(r.backend, &a->question, &r.facts, SLICE("SCRAM-SHA-256"),
                  SLICE("n,,n=scram,r=rOprNGfwEbeRWgbNEkqO"));
    await(&r, a);
    a->challenge[a->challenge_n] = 0;
    assert_memory_equal(a->challenge, "r=rOprNGfwEbeRWgbNEkqO", 22);
    assert_non_null(strstr((const char *)a->challenge, ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"));
    auth_cancel(r.backend, &a->question);
    free(a);
    rig_free(&r, files);
}

/* clang-format off */
static const struct {
    const char *name;
    struct slice message;
} bad_firsts[] = {
    { "empty", SLICE_INIT("") },
    { "nonsense", SLICE_INIT("hello") },
    { "NUL", SLICE_INIT("n,,n=scram,r=a\0b") },
    { "MUST: p= without -PLUS", SLICE_INIT("p=tls-exporter,,n=scram,r=abc") },
    { "unknown flag", SLICE_INIT("z,,n=scram,r=abc") },
    { "m= must fail", SLICE_INIT("n,,m=x,n=scram,r=abc") },
    { "no nonce", SLICE_INIT("n,,n=scram") },
    { "PLAIN", SLICE_INIT("\0scram\0pencil") },
};
/* clang-format on */

static void bad_first_messages(void **state UNUSED)
{
    struct rig r = start(1, 0);
    for (size_t i = 0; i < ARRAY_SIZE(bad_firsts); i++) {
        struct asked *a = asked_new(&r);
        struct slice message = guarded(bad_firsts[i].message);
        auth_exchange(r.backend, &a->question, &r.facts, SLICE("SCRAM-SHA-256"), message);
        await(&r, a);
        if (a->outcome != AUTH_FAILED)
            fail_msg("%s: outcome %u", bad_firsts[i].name, a->outcome);
        assert_non_null(a->reason);
        free(a);
    }
    rig_free(&r, files);
}

static void the_first_message_may_come_after_an_empty_challenge(void **state UNUSED)
{
    struct rig r = start(1, 0);
    struct client c = client_new("SCRAM-SHA-256", "scram", "pencil", NULL, NULL);
    struct asked *a = asked_new(&r);
    struct buf message;
    buf_init(&message, 4096);
    auth_exchange(r.backend, &a->question, &r.facts, SLICE("SCRAM-SHA-256"), (struct slice){ 0 });
    await(&r, a);
    assert_int_equal(a->outcome, AUTH_CHALLENGE);
    assert_int_equal(a->challenge_n, 0);
    for (int i = 0; i < 3; i++) {
        assert_true(client_step(&c, asked_challenge(a), &message));
        auth_continue(r.backend, &a->question, buf_slice(&message));
        await(&r, a);
    }
    assert_int_equal(a->outcome, AUTH_OK);
    buf_clear(&message);
    client_free(&c);
    free(a);
    rig_free(&r, files);
}

static void bytes_after_the_proof_are_refused(void **state UNUSED)
{
    struct rig r = start(1, 0);
    struct client c = client_new("SCRAM-SHA-256", "scram", "pencil", NULL, NULL);
    struct asked *a = asked_new(&r);
    struct buf message;
    buf_init(&message, 4096);
    assert_true(client_step(&c, (struct slice){ 0 }, &message));
    auth_exchange(r.backend, &a->question, &r.facts, SLICE("SCRAM-SHA-256"), buf_slice(&message));
    await(&r, a);
    assert_true(client_step(&c, asked_challenge(a), &message));
    auth_continue(r.backend, &a->question, buf_slice(&message));
    await(&r, a);
    assert_int_equal(a->outcome, AUTH_CHALLENGE);
    auth_continue(r.backend, &a->question, SLICE("x"));
    await(&r, a);
    assert_int_equal(a->outcome, AUTH_FAILED);
    buf_clear(&message);
    client_free(&c);
    free(a);
    rig_free(&r, files);
}

/* --- channel binding --- */

struct tls {
    SSL_CTX *server_context, *client_context;
    SSL *server, *client;
};

static void certify(SSL_CTX *context)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    assert_non_null(key);
    assert_non_null(certificate);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    (void)X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    (void)X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    assert_int_equal(SSL_CTX_use_certificate(context, certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static struct tls tls_pair(void)
{
    struct tls t = { SSL_CTX_new(TLS_server_method()), SSL_CTX_new(TLS_client_method()), NULL,
                     NULL };
    BIO *one, *other;
    certify(t.server_context);
    t.server = SSL_new(t.server_context);
    t.client = SSL_new(t.client_context);
    assert_int_equal(BIO_new_bio_pair(&one, 0, &other, 0), 1);
    SSL_set_bio(t.server, one, one);
    SSL_set_bio(t.client, other, other);
    SSL_set_accept_state(t.server);
    SSL_set_connect_state(t.client);
    for (int i = 0; i < 10; i++) {
        (void)SSL_do_handshake(t.client);
        (void)SSL_do_handshake(t.server);
    }
    assert_true(SSL_is_init_finished(t.server));
    assert_true(SSL_is_init_finished(t.client));
    return t;
}

static void tls_pair_free(struct tls *t)
{
    SSL_free(t->server);
    SSL_free(t->client);
    SSL_CTX_free(t->server_context);
    SSL_CTX_free(t->client_context);
}

/* RFC 9266, RFC 5802 §6 */
static void plus_binds_to_the_tls_channel(void **state UNUSED)
{
    struct rig r = start(1, 0);
    struct tls t = tls_pair();
    uint8_t binding[32];
    r.facts.ssl = t.server;
    expect_slice("offered", auth_mechanisms(r.backend, true),
                 SLICE("SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN"));
    assert_true(tls_exporter(t.client, binding));
    struct client c = client_new("SCRAM-SHA-256-PLUS", "scram", "pencil", NULL, binding);
    struct asked *a = run_scram(&r, &c, "SCRAM-SHA-256-PLUS");
    assert_int_equal(a->outcome, AUTH_OK);
    free(a);
    client_free(&c);

    binding[0] ^= 1; /* someone in between has another channel */
    c = client_new("SCRAM-SHA-256-PLUS", "scram", "pencil", NULL, binding);
    a = run_scram(&r, &c, "SCRAM-SHA-256-PLUS");
    assert_int_equal(a->outcome, AUTH_FAILED);
    free(a);
    client_free(&c);

    c = client_new("SCRAM-SHA-256", "scram", "pencil", NULL, NULL); /* flag "n": it knows none */
    a = run_scram(&r, &c, "SCRAM-SHA-256");
    assert_int_equal(a->outcome, AUTH_OK);
    free(a);
    client_free(&c);
    tls_pair_free(&t);
    rig_free(&r, files);
}

static void binding_flags_that_must_fail(void **state UNUSED)
{
    static const struct {
        const char *name, *mechanism, *message;
        bool bound;
    } cases[] = {
        { "y although -PLUS was offered", "SCRAM-SHA-256", "y,,n=scram,r=abc", true },
        { "-PLUS without p=", "SCRAM-SHA-256-PLUS", "n,,n=scram,r=abc", true },
        { "-PLUS with tls-unique", "SCRAM-SHA-256-PLUS", "p=tls-unique,,n=scram,r=abc", true },
        { "-PLUS where there is no channel", "SCRAM-SHA-256-PLUS", "p=tls-exporter,,n=scram,r=a",
          false },
    };
    struct rig r = start(1, 0);
    struct tls t = tls_pair();
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct asked *a = asked_new(&r);
        r.facts.ssl = cases[i].bound ? t.server : NULL;
        auth_exchange(r.backend, &a->question, &r.facts, slice_of_str(cases[i].mechanism),
                      slice_of_str(cases[i].message));
        await(&r, a);
        if (a->outcome != AUTH_FAILED)
            fail_msg("%s: outcome %u", cases[i].name, a->outcome);
        free(a);
    }
    struct asked *a = asked_new(&r); /* "y" is right where -PLUS was not offered */
    r.facts.ssl = NULL;
    auth_exchange(r.backend, &a->question, &r.facts, SLICE("SCRAM-SHA-256"),
                  SLICE("y,,n=scram,r=abc"));
    await(&r, a);
    assert_int_equal(a->outcome, AUTH_CHALLENGE);
    auth_cancel(r.backend, &a->question);
    free(a);
    tls_pair_free(&t);
    rig_free(&r, files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passwords_of_all_kinds),
        cmocka_unit_test(accounts_exist_or_not),
        cmocka_unit_test(a_full_pool_is_unavailable_but_the_remembered_get_in),
        cmocka_unit_test(a_changed_file_is_read_again_and_a_broken_one_is_not),
        cmocka_unit_test(files_that_stop_the_start),
        cmocka_unit_test(an_empty_file_still_costs_a_hash),
        cmocka_unit_test(cancelled_checks_are_never_answered),
        cmocka_unit_test(closing_while_a_hash_runs),
        cmocka_unit_test(authorize_must_be_oneself),
        cmocka_unit_test(scram_exchanges),
        cmocka_unit_test(known_users_get_their_salt_and_strangers_a_stable_one),
        cmocka_unit_test(bad_first_messages),
        cmocka_unit_test(the_first_message_may_come_after_an_empty_challenge),
        cmocka_unit_test(bytes_after_the_proof_are_refused),
        cmocka_unit_test(plus_binds_to_the_tls_channel),
        cmocka_unit_test(binding_flags_that_must_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
