/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "practices_script.h"

static const struct postern_dkim_signature *const none[] = { NULL };

static struct postern_practices *check_of(const char *from)
{
    struct postern_originator *o = postern_originator_new();
    struct postern_practices_options options;
    postern_practices_options_init(&options, POSTERN_SSP);
    assert_non_null(o);
    assert_int_equal(postern_originator_from(o, from, strlen(from)), 0);
    struct postern_practices *p = postern_practices_new(&options, o, none, 0);
    assert_non_null(p);
    postern_originator_free(o);
    return p;
}

static void say(struct postern_practices *p, const char *answer)
{
    struct postern_dns_question q;
    struct answer a;
    assert_int_equal(postern_practices_question(p, &q), 1);
    write_answer(answer, &a);
    postern_practices_answer(p, q.id, &a.response);
}

static void words_are_those_of_the_contract(void **state)
{
    (void)state;
    assert_string_equal(postern_practices_kind_text(POSTERN_SSP), "ssp");
    assert_string_equal(postern_practices_kind_text(POSTERN_ADSP), "adsp");
    assert_string_equal(postern_practices_kind_text(POSTERN_DMARC), "dmarc");
    assert_null(postern_practices_kind_text((enum postern_practices_kind)3));
    assert_string_equal(postern_verdict_text(POSTERN_NON_SUSPICIOUS), "non-suspicious");
    assert_string_equal(postern_verdict_text(POSTERN_SUSPICIOUS), "suspicious");
    assert_string_equal(postern_verdict_text(POSTERN_VERDICT_TEMPERROR), "temperror");
    assert_string_equal(postern_verdict_text(POSTERN_VERDICT_PERMERROR), "permerror");
    assert_string_equal(postern_verdict_text(POSTERN_VERDICT_NONE), "none");
    assert_null(postern_verdict_text((enum postern_verdict)99));
    assert_null(postern_originator_fault_text((enum postern_originator_fault)99));
}

static void a_question_is_given_once_and_answered_once(void **state)
{
    (void)state;
    struct postern_dns_question q, again;
    struct answer a;
    struct postern_practices *p = check_of("a@b.example");
    write_answer("p=strict", &a);
    postern_practices_answer(p, 0, &a.response); /* not asked yet */
    assert_null(postern_practices_outcome(p));
    assert_int_equal(postern_practices_question(p, &q), 1);
    assert_int_equal(postern_practices_question(p, &again), 0);
    postern_practices_answer(p, q.id + 1, &a.response); /* unknown */
    assert_null(postern_practices_outcome(p));
    postern_practices_answer(p, q.id, &a.response);
    const struct postern_practices_outcome *o = postern_practices_outcome(p);
    assert_int_equal(o->verdict, POSTERN_SUSPICIOUS);
    write_answer("p=unknown", &a);
    postern_practices_answer(p, q.id, &a.response); /* too late */
    assert_int_equal(o->verdict, POSTERN_SUSPICIOUS);
    assert_int_equal(postern_practices_question(p, &q), 0);
    postern_practices_free(p);
    postern_practices_free(NULL);
}

static void the_type_asked_for_is_the_operators(void **state)
{
    (void)state;
    struct postern_originator *o = postern_originator_new();
    struct postern_practices_options options;
    struct postern_dns_question q;
    postern_practices_options_init(&options, POSTERN_SSP);
    options.rrtype = 65300;
    assert_int_equal(postern_originator_from(o, "a@b.example", 11), 0);
    struct postern_practices *p = postern_practices_new(&options, o, none, 0);
    assert_int_equal(postern_practices_question(p, &q), 1);
    assert_int_equal(q.type, 65300);
    postern_practices_free(p);
    postern_originator_free(o);
}

/* clang-format off */
static const struct {
    const char *name, *answer, *record, *note;
    enum postern_dns_answer is;
} shown[] = {
    { "text", "p=strict", "p=strict", NULL, POSTERN_DNS_DATA },
    { "strings are joined", "p=st|ri|ct", "p=strict", NULL, POSTERN_DNS_DATA },
    { "unprintable octets are escaped", "p=all\x07\xff\\", "p=all\\007\\255\\092", "ignored: not ASCII", POSTERN_DNS_DATA },
    { "a record that is none", "junk", "junk", "record at b.example ignored: a tag without \"=\" at octet 4: \"junk\"", POSTERN_DNS_DATA },
    { "the one that is well-formed", "junk+p=strict", "p=strict", "junk", POSTERN_DNS_DATA },
    { "all where none is taken", "p=all+p=strict", "p=all | p=strict", "there are several", POSTERN_DNS_DATA },
    { "no character-strings", "=\x09p=all", "\\009p=all", "broken character-strings", POSTERN_DNS_DATA },
    { "skipped flags", "p=strict; t=foo", "p=strict; t=foo", "unknown flag of t= ignored: \"foo\"", POSTERN_DNS_DATA },
    { "skipped values", "p=none", "p=none", "value of p= ignored: \"none\"", POSTERN_DNS_DATA },
    { "nodata", "!nodata", NULL, NULL, POSTERN_DNS_NODATA },
    { "an alias to nothing is nodata (S35)", "!dangling", NULL, "alias that leads to nothing", POSTERN_DNS_NODATA },
    { "nxdomain", "!nxdomain", NULL, NULL, POSTERN_DNS_NXDOMAIN },
    { "servfail", "!servfail", NULL, "servfail", POSTERN_DNS_SERVFAIL },
    { "bogus", "!bogus", NULL, "bogus", POSTERN_DNS_BOGUS },
    { "timeout", "!timeout", NULL, "timeout", POSTERN_DNS_TIMEOUT },
};
/* clang-format on */

static void queries_and_notes_tell_what_was_seen(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(shown); i++) {
        struct postern_practices *p = check_of("a@b.example");
        say(p, shown[i].answer);
        if (!postern_practices_outcome(p))
            say(p, "!nodata");
        const struct postern_practices_outcome *o = postern_practices_outcome(p);
        const struct postern_practices_query *q = &o->queries[0];
        if (q->answer != shown[i].is || (q->record == NULL) != (shown[i].record == NULL) ||
            (q->record && strcmp(q->record, shown[i].record) != 0))
            fail_msg("%s: %s %s", shown[i].name, postern_dns_answer_text(q->answer),
                     q->record ? q->record : "NULL");
        assert_int_equal(o->notes_n > 0, shown[i].note != NULL);
        if (o->notes_n && !strstr(o->notes[0], shown[i].note))
            fail_msg("%s: %s", shown[i].name, o->notes[0]);
        postern_practices_free(p);
    }
}

/* NXDOMAIN of a resolver that says by a flag what the alias was (S35) */
static void nxdomain_of_an_alias_is_nodata(void **state)
{
    (void)state;
    struct postern_dns_question q;
    struct postern_dns_response r = { .answer = POSTERN_DNS_NXDOMAIN, .dangling = 1 };
    struct postern_practices *p = check_of("a@corp");
    assert_int_equal(postern_practices_question(p, &q), 1);
    postern_practices_answer(p, q.id, &r);
    assert_int_equal(postern_practices_outcome(p)->step, 10);
    postern_practices_free(p);
}

static void an_answer_that_makes_no_sense_is_a_failure(void **state)
{
    (void)state;
    struct postern_dns_question q;
    struct postern_dns_response r = { .answer = (enum postern_dns_answer)77 };
    const struct postern_dns_response *answers[] = { &r, NULL };
    for (size_t i = 0; i < 2; i++) {
        struct postern_practices *p = check_of("a@corp");
        assert_int_equal(postern_practices_question(p, &q), 1);
        postern_practices_answer(p, q.id, answers[i]);
        assert_int_equal(postern_practices_outcome(p)->verdict, POSTERN_VERDICT_TEMPERROR);
        assert_int_equal(postern_practices_outcome(p)->queries[0].answer, POSTERN_DNS_SERVFAIL);
        postern_practices_free(p);
    }
}

static void why_a_query_failed_is_noted(void **state)
{
    (void)state;
    struct postern_dns_question q;
    struct postern_dns_response r = { .answer = POSTERN_DNS_BOGUS, .why = "signature\nexpired" };
    struct postern_practices *p = check_of("a@b.example");
    assert_int_equal(postern_practices_question(p, &q), 1);
    postern_practices_answer(p, q.id, &r);
    assert_string_equal(postern_practices_outcome(p)->notes[0],
                        "DKIMP query for b.example failed: bogus: signature\\010expired");
    postern_practices_free(p);
}

/* Whatever is published, what a check keeps is bounded, and the log is told of the first ones. */
static void thousands_of_broken_records_are_one_answer(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    static struct postern_octets rdata[MANY];
    static unsigned char junk[65535];
    struct postern_dns_question q;
    struct postern_dns_response r = { .rdata = rdata, .rdata_n = MANY };
    struct postern_practices *p = check_of("a@b.example");
    for (size_t i = 0; i < sizeof junk; i += 256) /* 255 octets each */
        junk[i] = 0xff;
    for (size_t i = 0; i < MANY; i++)
        rdata[i] = (struct postern_octets){ junk, i == 0 ? sizeof junk : 256 };
    assert_int_equal(postern_practices_question(p, &q), 1);
    postern_practices_answer(p, q.id, &r);
    assert_null(postern_practices_outcome(p));
    say(p, "!nodata");
    assert_int_equal(postern_practices_outcome(p)->step, 11);
    assert_int_equal(postern_practices_outcome(p)->notes_n, 32);
    assert_true(strlen(postern_practices_outcome(p)->queries[0].record) <= 32768);
    postern_practices_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_those_of_the_contract),
        cmocka_unit_test(a_question_is_given_once_and_answered_once),
        cmocka_unit_test(the_type_asked_for_is_the_operators),
        cmocka_unit_test(queries_and_notes_tell_what_was_seen),
        cmocka_unit_test(nxdomain_of_an_alias_is_nodata),
        cmocka_unit_test(an_answer_that_makes_no_sense_is_a_failure),
        cmocka_unit_test(why_a_query_failed_is_noted),
        cmocka_unit_test(thousands_of_broken_records_are_one_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
