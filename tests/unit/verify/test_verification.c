/* SPDX-License-Identifier: ISC
 *
 * One message from its bytes to its verdicts, its DNS answered from a file or not at all.
 */
#include "check.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "tempdir.h"
#include "verify/verification.h"

#define NOW     1700000000
#define LONG_US (3600 * US_PER_S)
#define FROM    "From: Jane <jdoe@example.com>\r\n"
#define BODY    "Hello.\r\n"

struct world {
    struct loop *loop;
    struct verification_setup setup;
    struct postern_practices_options practices[3];
    struct postern_dkim_private *private;
    char *record; /* of its key */
    int silent;
    size_t open; /* messages */
};

struct message {
    struct verification *v;
    struct world *world;
    bool inside; /* of one of its calls */
    bool frees;  /* in on_done */
    int done;
};

static void setup_keys(struct world *w)
{
    const char *why = NULL;
    char *pem = postern_dkim_private_generate("ed25519", 0, &why);
    assert_non_null(pem);
    w->private = postern_dkim_private_new(pem, strlen(pem), &why);
    assert_non_null(w->private);
    w->record = postern_dkim_private_record(w->private);
    assert_non_null(w->record);
    free(pem);
}

static void setup_rest(struct world *w)
{
    static const enum postern_practices_kind kinds[] = { POSTERN_SSP, POSTERN_ADSP, POSTERN_DMARC };
    postern_dkim_verify_options_init(&w->setup.dkim, 0);
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        postern_practices_options_init(&w->practices[i], kinds[i]);
    w->setup.loop = w->loop;
    w->setup.keys = key_cache_new(100);
    w->setup.practices = w->practices;
    w->setup.practices_n = ARRAY_SIZE(kinds);
    w->setup.timeout_us = w->setup.budget_us = LONG_US;
    assert_non_null(w->setup.keys);
}

static void open_resolver(struct world *w, const struct resolver_setup *setup)
{
    struct buf why;
    buf_init(&why, 1024);
    w->setup.resolver = resolver_new(w->loop, setup, &why);
    if (!w->setup.resolver)
        fail_msg("%.*s", SLICE_ARG(buf_slice(&why)));
    buf_clear(&why);
}

/* dns: lines of a dns file; "KEY" in it is the key's record. */
static void make(struct world *w, const char *dns)
{
    *w = (struct world){ .loop = loop_new(), .silent = -1 };
    setup_keys(w);
    setup_rest(w);
    struct tempdir dir;
    tempdir_make(&dir);
    const char *path = tempdir_file(&dir, "answers");
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    const char *key = strstr(dns, "KEY");
    int head = key ? (int)(key - dns) : (int)strlen(dns);
    (void)fprintf(f, "%.*s%s%s%s%s", head, dns, key ? "\"" : "", key ? w->record : "",
                  key ? "\"" : "", key ? key + 3 : "");
    (void)fclose(f);
    struct resolver_setup setup = { .file = path };
    open_resolver(w, &setup);
    tempdir_remove(&dir);
}

/* Nobody ever answers. */
static void make_silent(struct world *w)
{
    *w = (struct world){ .loop = loop_new(), .silent = socket(AF_INET, SOCK_DGRAM, 0) };
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof at;
    char forward[32];
    setup_keys(w);
    setup_rest(w);
    assert_int_equal(bind(w->silent, (struct sockaddr *)&at, n), 0);
    assert_int_equal(getsockname(w->silent, (struct sockaddr *)&at, &n), 0);
    (void)snprintf(forward, sizeof forward, "127.0.0.1@%u", (unsigned)ntohs(at.sin_port));
    struct resolver_setup setup = { .forward = { forward }, .forward_n = 1, .anchor = "" };
    open_resolver(w, &setup);
}

static void drop(struct world *w)
{
    resolver_free(w->setup.resolver);
    key_cache_free(w->setup.keys);
    postern_dkim_private_free(w->private);
    free(w->record);
    loop_free(w->loop);
    if (w->silent >= 0)
        (void)close(w->silent);
}

/* A DKIM-Signature field for FROM and BODY; malloc'ed. */
static char *sign(const struct world *w, const char *domain, const char *selector)
{
    struct postern_dkim_sign_options options;
    struct postern_dkim_signer *s = postern_dkim_signer_new();
    postern_dkim_sign_options_init(&options);
    options.domain = domain;
    options.selector = selector;
    options.now = NOW;
    assert_int_equal(postern_dkim_signer_add(s, w->private, &options), 0);
    assert_int_equal(postern_dkim_signer_field(s, FROM, strlen(FROM)), 0);
    assert_int_equal(postern_dkim_signer_header_end(s), 0);
    assert_int_equal(postern_dkim_signer_body(s, BODY, strlen(BODY)), 0);
    assert_int_equal(postern_dkim_signer_end(s), 0);
    char *copy = strdup(postern_dkim_signer_signature(s, 0));
    assert_non_null(copy);
    postern_dkim_signer_free(s);
    return copy;
}

static void on_done(struct verification *v, void *owner)
{
    struct message *m = owner;
    assert_false(m->inside);
    assert_ptr_equal(v, m->v);
    m->done++;
    if (m->frees)
        verification_free(TAKE(m->v));
    if (--m->world->open == 0)
        loop_stop(m->world->loop);
}

/* signature: NULL: none. header: further fields. */
static void feed(struct world *w, struct message *m, const char *signature, const char *header)
{
    m->world = w;
    m->v = verification_new(&w->setup, NOW, on_done, m);
    assert_non_null(m->v);
    w->open++;
    m->inside = true;
    if (signature)
        assert_int_equal(verification_field(m->v, slice_of_str(signature)), 0);
    assert_int_equal(verification_field(m->v, slice_of_str(header)), 0);
    assert_int_equal(verification_header_end(m->v), 0);
    assert_int_equal(verification_body(m->v, guarded(SLICE(BODY))), 0);
    m->inside = false;
}

static void end(struct message *m)
{
    m->inside = true;
    assert_int_equal(verification_end(m->v), 0);
    m->inside = false;
    assert_int_equal(m->done, 0);
}

static void run(struct world *w, struct message *m, const char *signature, const char *header)
{
    feed(w, m, signature, header);
    end(m);
    loop_run(w->loop);
    assert_int_equal(m->done, 1);
}

static enum postern_dkim_result result(const struct message *m)
{
    return postern_dkim_verifier_result(verification_dkim(m->v));
}

static enum postern_verdict verdict(const struct message *m, enum postern_practices_kind kind)
{
    const struct postern_practices_outcome *outcome = verification_practices(m->v, kind);
    assert_non_null(outcome);
    return outcome->verdict;
}

static void a_signed_message_passes_and_ssp_asks_nothing(void **state UNUSED)
{
    struct world w;
    struct message m = { 0 };
    make(&w, "s._domainkey.example.com TXT KEY\nexample.com DKIMP p=strict\n_dmarc.example.com TXT "
             "\"v=DMARC1; p=reject\"\n");
    char *signature = sign(&w, "example.com", "s");
    run(&w, &m, signature, FROM);
    assert_int_equal(result(&m), POSTERN_DKIM_PASS);
    assert_int_equal(verdict(&m, POSTERN_SSP), POSTERN_NON_SUSPICIOUS);
    assert_int_equal(verification_practices(m.v, POSTERN_SSP)->queries_n, 0);
    assert_int_equal(verdict(&m, POSTERN_DMARC), POSTERN_NON_SUSPICIOUS);
    assert_string_equal(postern_originator_address(verification_originator(m.v)),
                        "jdoe@example.com");
    verification_free(m.v);
    free(signature);
    drop(&w);
}

static void what_dns_says_of_a_key_decides(void **state UNUSED)
{
    static const struct {
        const char *dns;
        enum postern_dkim_result result;
        enum postern_verdict ssp;
    } cases[] = {
        { "s._domainkey.example.com TXT KEY\n", POSTERN_DKIM_PASS, POSTERN_NON_SUSPICIOUS },
        { "", POSTERN_DKIM_PERMERROR, POSTERN_SUSPICIOUS },
        { "s._domainkey.example.com MX 0 .\n", POSTERN_DKIM_PERMERROR, POSTERN_SUSPICIOUS },
        { "s._domainkey.example.com !servfail\n", POSTERN_DKIM_TEMPERROR,
          POSTERN_VERDICT_TEMPERROR },
        { "s._domainkey.example.com !bogus\n", POSTERN_DKIM_TEMPERROR, POSTERN_VERDICT_TEMPERROR },
        { "s._domainkey.example.com !timeout\n", POSTERN_DKIM_TEMPERROR,
          POSTERN_VERDICT_TEMPERROR },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct world w;
        struct message m = { 0 };
        char dns[256];
        (void)snprintf(dns, sizeof dns, "%sexample.com DKIMP p=strict\n", cases[i].dns);
        make(&w, dns);
        char *signature = sign(&w, "example.com", "s");
        run(&w, &m, signature, FROM);
        if (result(&m) != cases[i].result || verdict(&m, POSTERN_SSP) != cases[i].ssp)
            fail_msg("%s: %s, %s", dns, postern_dkim_result_text(result(&m)),
                     postern_verdict_text(verdict(&m, POSTERN_SSP)));
        verification_free(m.v);
        free(signature);
        drop(&w);
    }
}

static void the_kinds_of_practices_are_checked_side_by_side(void **state UNUSED)
{
    struct world w;
    struct message m = { 0 };
    make(&w, "example.com DKIMP p=all\n_adsp._domainkey.example.com TXT dkim=discardable\n"
             "_dmarc.example.com TXT \"v=DMARC1; p=none\"\n");
    run(&w, &m, NULL, FROM);
    assert_int_equal(result(&m), POSTERN_DKIM_NONE);
    assert_int_equal(verdict(&m, POSTERN_SSP), POSTERN_SUSPICIOUS);
    assert_string_equal(verification_practices(m.v, POSTERN_SSP)->practice, "all");
    assert_string_equal(verification_practices(m.v, POSTERN_ADSP)->practice, "discardable");
    assert_string_equal(verification_practices(m.v, POSTERN_DMARC)->practice, "none");
    verification_free(m.v);
    w.setup.practices_n = 1;
    m = (struct message){ 0 };
    run(&w, &m, NULL, FROM);
    assert_non_null(verification_practices(m.v, POSTERN_SSP));
    assert_null(verification_practices(m.v, POSTERN_DMARC));
    verification_free(m.v);
    drop(&w);
}

static void from_is_found_in_every_spelling(void **state UNUSED)
{
    static const struct {
        const char *field;
        enum postern_originator_fault fault;
    } cases[] = {
        { "From: a@example.com", POSTERN_ORIGINATOR_OK },
        { "fROM:a@example.com\r\n", POSTERN_ORIGINATOR_OK },
        { "From \t:\r\n a@example.com\r\n", POSTERN_ORIGINATOR_OK },
        { "From:", POSTERN_ORIGINATOR_NO_ADDRESS },
        { "Fromm: a@example.com", POSTERN_ORIGINATOR_NO_FROM },
        { "X-From: a@example.com", POSTERN_ORIGINATOR_NO_FROM },
        { " From: a@example.com", POSTERN_ORIGINATOR_NO_FROM },
        { "", POSTERN_ORIGINATOR_NO_FROM },
    };
    struct world w;
    make(&w, "example.com MX 0 .\n");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct message m = { 0 };
        run(&w, &m, NULL, cases[i].field);
        enum postern_originator_fault got = postern_originator_fault(verification_originator(m.v));
        if (got != cases[i].fault)
            fail_msg("\"%s\": %s", cases[i].field, postern_originator_fault_text(got));
        if (got)
            assert_int_equal(verdict(&m, POSTERN_SSP), POSTERN_VERDICT_PERMERROR);
        verification_free(m.v);
    }
    drop(&w);
}

static void two_from_fields_are_no_originator(void **state UNUSED)
{
    struct world w;
    struct message m = { 0 };
    make(&w, "example.com DKIMP p=strict\n");
    feed(&w, &m, "From: other@example.net\r\n", FROM);
    end(&m);
    loop_run(w.loop);
    assert_int_equal(verdict(&m, POSTERN_SSP), POSTERN_VERDICT_PERMERROR);
    verification_free(m.v);
    drop(&w);
}

static struct postern_dkim_key *cached(const struct world *w, const char *selector)
{
    return key_cache_find(w->setup.keys, selector, "example.com", loop_now_us(w->loop));
}

static void a_key_is_kept_for_the_next_message(void **state UNUSED)
{
    struct world w, other;
    struct message first = { 0 }, second = { 0 };
    make(&w, "s._domainkey.example.com TXT KEY\n");
    char *signature = sign(&w, "example.com", "s");
    run(&w, &first, signature, FROM);
    struct postern_dkim_key *key = cached(&w, "s");
    assert_non_null(key);
    make(&other, "s._domainkey.example.com !servfail\n"); /* is not asked */
    key_cache_free(other.setup.keys);
    other.setup.keys = w.setup.keys;
    run(&other, &second, signature, FROM);
    assert_int_equal(result(&second), POSTERN_DKIM_PASS);
    other.setup.keys = NULL;
    verification_free(first.v);
    verification_free(second.v);
    postern_dkim_key_free(key);
    free(signature);
    drop(&other);
    drop(&w);
}

static void messages_at_one_time_share_a_key(void **state UNUSED)
{
    struct world w;
    struct message m[20] = { { 0 } };
    make(&w, "s._domainkey.example.com 60 TXT KEY\n");
    char *signature = sign(&w, "example.com", "s");
    for (size_t i = 0; i < ARRAY_SIZE(m); i++) {
        m[i].frees = i % 2;
        feed(&w, &m[i], signature, FROM);
    }
    for (size_t i = 0; i < ARRAY_SIZE(m); i++)
        end(&m[i]);
    loop_run(w.loop);
    for (size_t i = 0; i < ARRAY_SIZE(m); i++) {
        assert_int_equal(m[i].done, 1);
        if (m[i].v)
            assert_int_equal(result(&m[i]), POSTERN_DKIM_PASS);
        verification_free(m[i].v);
    }
    free(signature);
    drop(&w);
}

/* An answer while the body is still to come. */
static void keys_may_come_before_the_body_ends(void **state UNUSED)
{
    struct world w;
    struct message m = { 0 };
    make(&w, "s._domainkey.example.com TXT KEY\n");
    char *signature = sign(&w, "example.com", "s");
    feed(&w, &m, signature, FROM);
    loop_run(w.loop);
    assert_int_equal(m.done, 0);
    end(&m);
    loop_run(w.loop);
    assert_int_equal(result(&m), POSTERN_DKIM_PASS);
    verification_free(m.v);
    free(signature);
    drop(&w);
}

static void a_message_waits_for_dns_as_long_as_its_budget(void **state UNUSED)
{
    struct world w;
    struct message m = { 0 }, unsigned_one = { 0 };
    make_silent(&w);
    w.setup.budget_us = 1;
    char *signature = sign(&w, "example.com", "s");
    run(&w, &m, signature, FROM);
    assert_int_equal(result(&m), POSTERN_DKIM_TEMPERROR);
    assert_int_equal(verdict(&m, POSTERN_SSP), POSTERN_VERDICT_TEMPERROR);
    assert_int_equal(verdict(&m, POSTERN_ADSP), POSTERN_VERDICT_TEMPERROR);
    assert_int_equal(verdict(&m, POSTERN_DMARC), POSTERN_VERDICT_TEMPERROR);
    assert_null(cached(&w, "s")); /* it says nothing to others */
    run(&w, &unsigned_one, NULL, FROM);
    assert_int_equal(verdict(&unsigned_one, POSTERN_SSP), POSTERN_VERDICT_TEMPERROR);
    verification_free(m.v);
    verification_free(unsigned_one.v);
    free(signature);
    drop(&w);
}

static void each_query_has_a_deadline(void **state UNUSED)
{
    struct world w;
    struct message m = { 0 };
    make_silent(&w);
    w.setup.timeout_us = 1;
    char *signature = sign(&w, "example.com", "s");
    run(&w, &m, signature, FROM);
    assert_int_equal(result(&m), POSTERN_DKIM_TEMPERROR);
    assert_int_equal(verification_practices(m.v, POSTERN_SSP)->queries[0].answer,
                     POSTERN_DNS_TIMEOUT);
    verification_free(m.v);
    free(signature);
    drop(&w);
}

static void a_message_may_go_at_any_time(void **state UNUSED)
{
    struct world w;
    struct message m[4] = { { 0 } };
    make_silent(&w);
    char *signature = sign(&w, "example.com", "s");
    for (size_t i = 0; i < 2; i++)
        feed(&w, &m[i], signature, FROM);
    for (size_t i = 2; i < 4; i++)
        feed(&w, &m[i], NULL, FROM);
    end(&m[1]);
    end(&m[2]);
    end(&m[3]);
    verification_free(m[0].v); /* a key is open */
    verification_free(m[1].v);
    verification_free(m[2].v); /* records are open */
    verification_free(m[3].v);
    verification_free(NULL);
    struct message last = { 0 };
    w.open = 0;
    w.setup.timeout_us = 1;
    run(&w, &last, NULL, FROM);
    for (size_t i = 0; i < ARRAY_SIZE(m); i++)
        assert_int_equal(m[i].done, 0);
    verification_free(last.v);
    free(signature);
    drop(&w);
}

static void a_message_fed_out_of_order_is_refused(void **state UNUSED)
{
    struct world w;
    make(&w, "example.com MX 0 .\n");
    struct message m = { .world = &w };
    m.v = verification_new(&w.setup, NOW, on_done, &m);
    assert_true(verification_body(m.v, SLICE(BODY)) < 0);
    assert_true(verification_end(m.v) < 0);
    assert_int_equal(verification_field(m.v, SLICE(FROM)), 0);
    assert_int_equal(verification_header_end(m.v), 0);
    assert_true(verification_field(m.v, SLICE(FROM)) < 0);
    verification_free(m.v);
    loop_run(w.loop);
    assert_int_equal(m.done, 0);
    drop(&w);
}

/* §5.1 of the practices' draft: a list's reject-strict is for mail that verifies, of which ssp asks nothing. */
static void what_is_published_is_asked_for_where_it_is_wanted(void **state UNUSED)
{
    struct world w;
    struct message without = { 0 }, with = { 0 };
    make(&w, "s._domainkey.example.com TXT KEY\nexample.com DKIMP p=strict\n");
    char *signature = sign(&w, "example.com", "s");
    run(&w, &without, signature, FROM);
    assert_null(verification_published(without.v));
    feed(&w, &with, signature, FROM);
    verification_want_published(with.v);
    end(&with);
    loop_run(w.loop);
    assert_int_equal(with.done, 1);
    assert_int_equal(verdict(&with, POSTERN_SSP), POSTERN_NON_SUSPICIOUS);
    assert_int_equal(verification_practices(with.v, POSTERN_SSP)->queries_n, 0);
    assert_non_null(verification_published(with.v));
    assert_int_equal(verification_published(with.v)->ssp.practice, 3);
    verification_free(without.v);
    verification_free(with.v);
    w.setup.practices++; /* without ssp there is nobody to ask */
    w.setup.practices_n--;
    struct message other = { 0 };
    feed(&w, &other, signature, FROM);
    verification_want_published(other.v);
    end(&other);
    loop_run(w.loop);
    assert_null(verification_published(other.v));
    verification_free(other.v);
    free(signature);
    drop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signed_message_passes_and_ssp_asks_nothing),
        cmocka_unit_test(what_dns_says_of_a_key_decides),
        cmocka_unit_test(the_kinds_of_practices_are_checked_side_by_side),
        cmocka_unit_test(from_is_found_in_every_spelling),
        cmocka_unit_test(two_from_fields_are_no_originator),
        cmocka_unit_test(a_key_is_kept_for_the_next_message),
        cmocka_unit_test(messages_at_one_time_share_a_key),
        cmocka_unit_test(keys_may_come_before_the_body_ends),
        cmocka_unit_test(a_message_waits_for_dns_as_long_as_its_budget),
        cmocka_unit_test(each_query_has_a_deadline),
        cmocka_unit_test(what_is_published_is_asked_for_where_it_is_wanted),
        cmocka_unit_test(a_message_may_go_at_any_time),
        cmocka_unit_test(a_message_fed_out_of_order_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
