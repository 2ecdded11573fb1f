/* SPDX-License-Identifier: ISC
 *
 * The resolver's bookkeeping, over a file and over a socket that answers nothing. What real servers
 * answer is in tests/integration/test_resolver.py.
 */
#include "check.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "net/resolver.h"
#include "tempdir.h"

#define LONG_US (3600 * US_PER_S)

struct world {
    struct loop *loop;
    struct resolver *resolver;
    int silent;
};

struct asker {
    struct resolver_query query;
    struct world *world;
    struct resolver_query *cancels; /* in its answer */
    const char *asks;               /* in its answer, once */
    enum postern_dns_answer answer;
    char why[64];
    int answers;
    bool last; /* stops the loop */
};

static void on_answer(struct resolver_query *query, const struct postern_dns_response *response)
{
    struct asker *a = CONTAINER_OF(query, struct asker, query);
    assert_null(query->run);
    a->answers++;
    a->answer = response->answer;
    (void)snprintf(a->why, sizeof a->why, "%s", response->why ? response->why : "");
    if (a->cancels)
        resolver_cancel(a->cancels);
    const char *next = a->asks;
    a->asks = NULL;
    if (next)
        resolver_ask(a->world->resolver, query, next, 16, LONG_US);
    if (a->last && !next)
        loop_stop(a->world->loop);
}

static void ask(struct world *w, struct asker *a, const char *name, int64_t timeout_us)
{
    a->world = w;
    a->query.on_answer = on_answer;
    resolver_ask(w->resolver, &a->query, name, 16, timeout_us);
    assert_int_equal(a->answers, 0);
    assert_non_null(a->query.run);
}

static struct world file_world(const char *text)
{
    struct world w = { .loop = loop_new(), .silent = -1 };
    struct tempdir dir;
    struct buf why;
    tempdir_make(&dir);
    buf_init(&why, 1024);
    const char *path = tempdir_file(&dir, "answers");
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    (void)fclose(f);
    struct resolver_setup setup = { .file = path };
    w.resolver = resolver_new(w.loop, &setup, &why);
    if (!w.resolver)
        fail_msg("%.*s", SLICE_ARG(buf_slice(&why)));
    tempdir_remove(&dir);
    buf_clear(&why);
    return w;
}

/* A forwarder that takes all and says nothing. */
static struct world silent_world(uint32_t in_flight)
{
    struct world w = { .loop = loop_new(), .silent = socket(AF_INET, SOCK_DGRAM, 0) };
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof at;
    char forward[32];
    struct buf why;
    buf_init(&why, 1024);
    assert_int_equal(bind(w.silent, (struct sockaddr *)&at, n), 0);
    assert_int_equal(getsockname(w.silent, (struct sockaddr *)&at, &n), 0);
    (void)snprintf(forward, sizeof forward, "127.0.0.1@%u", (unsigned)ntohs(at.sin_port));
    struct resolver_setup setup = {
        .forward = { forward }, .forward_n = 1, .anchor = "", .in_flight = in_flight
    };
    w.resolver = resolver_new(w.loop, &setup, &why);
    if (!w.resolver)
        fail_msg("%.*s", SLICE_ARG(buf_slice(&why)));
    buf_clear(&why);
    return w;
}

static void drop(struct world *w)
{
    resolver_free(w->resolver);
    loop_free(w->loop);
    if (w->silent >= 0)
        (void)close(w->silent);
}

static void the_six_answers_come_from_a_file(void **state UNUSED)
{
    static const struct {
        const char *name;
        enum postern_dns_answer answer;
    } cases[] = {
        { "data.example", POSTERN_DNS_DATA },     { "DATA.Example.", POSTERN_DNS_DATA },
        { "other.example", POSTERN_DNS_NODATA },  { "nothing.example", POSTERN_DNS_NXDOMAIN },
        { "fail.example", POSTERN_DNS_SERVFAIL }, { "bogus.example", POSTERN_DNS_BOGUS },
        { "late.example", POSTERN_DNS_TIMEOUT },  { "", POSTERN_DNS_NXDOMAIN },
        { "a..example", POSTERN_DNS_NXDOMAIN },   { "a\\046b.example", POSTERN_DNS_NXDOMAIN },
    };
    struct world w =
        file_world("data.example TXT \"x\"\nother.example MX 10 mx.example\n"
                   "fail.example !servfail\nbogus.example !bogus\nlate.example !timeout\n");
    struct asker askers[ARRAY_SIZE(cases)] = { 0 };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        ask(&w, &askers[i], cases[i].name, LONG_US);
    loop_run(w.loop);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(askers[i].answers, 1);
        if (askers[i].answer != cases[i].answer)
            fail_msg("%s: %d", cases[i].name, (int)askers[i].answer);
    }
    drop(&w);
}

static void an_asker_may_ask_again_in_its_answer(void **state UNUSED)
{
    struct world w = file_world("a.example TXT x\n");
    struct asker file = { .asks = "nothing.example" }, none = { .asks = "b..example" };
    ask(&w, &file, "a.example", LONG_US);
    ask(&w, &none, "a..example", LONG_US);
    loop_run(w.loop);
    assert_int_equal(file.answers, 2);
    assert_int_equal(file.answer, POSTERN_DNS_NXDOMAIN);
    assert_int_equal(none.answers, 2);
    drop(&w);
}

static void what_is_cancelled_is_not_answered(void **state UNUSED)
{
    struct world w = file_world("a.example TXT x\n");
    struct asker first = { 0 }, second = { 0 }, third = { 0 };
    ask(&w, &first, "a.example", LONG_US);
    ask(&w, &second, "b.example", LONG_US);
    ask(&w, &third, "a.example", LONG_US);
    first.cancels = &third.query;
    resolver_cancel(&second.query);
    resolver_cancel(&second.query);
    loop_run(w.loop);
    assert_int_equal(first.answers, 1);
    assert_int_equal(second.answers + third.answers, 0);
    drop(&w);
}

static void each_asker_has_a_deadline_of_its_own(void **state UNUSED)
{
    struct world w = silent_world(0);
    struct asker soon = { .last = true }, later = { 0 }, other = { 0 };
    ask(&w, &later, "same.example", LONG_US);
    ask(&w, &soon, "SAME.example.", 1);
    ask(&w, &other, "other.example", LONG_US);
    loop_run(w.loop);
    assert_int_equal(soon.answers, 1);
    assert_int_equal(soon.answer, POSTERN_DNS_TIMEOUT);
    assert_int_equal(later.answers + other.answers, 0);
    assert_non_null(later.query.run);
    drop(&w); /* with open questions: nobody is told */
    assert_int_equal(later.answers + other.answers, 0);
    assert_null(later.query.run);
}

static void too_many_questions_fail_at_once(void **state UNUSED)
{
    struct world w = silent_world(2);
    struct asker a = { 0 }, b = { 0 }, again = { 0 }, c = { .last = true };
    ask(&w, &a, "a.one.example", LONG_US);
    ask(&w, &b, "b.two.example", LONG_US);
    ask(&w, &again, "b.two.example", LONG_US); /* is on its way already */
    ask(&w, &c, "c.three.example", LONG_US);
    loop_run(w.loop);
    assert_int_equal(c.answer, POSTERN_DNS_SERVFAIL);
    assert_string_equal(c.why, "too many questions at one time");
    assert_int_equal(a.answers + b.answers + again.answers, 0);
    drop(&w);
}

static void what_one_can_do_without_has_a_quarter(void **state UNUSED)
{
    struct world w = silent_world(4);
    struct asker spare = { .query.spare = true }, more = { .query.spare = true, .last = true };
    struct asker need = { .last = true };
    ask(&w, &spare, "a.one.example", LONG_US);
    ask(&w, &more, "b.two.example", LONG_US);
    loop_run(w.loop);
    assert_int_equal(more.answer, POSTERN_DNS_SERVFAIL);
    ask(&w, &need, "c.three.example", 1);
    loop_run(w.loop);
    assert_int_equal(need.answer, POSTERN_DNS_TIMEOUT);
    drop(&w);
}

/* What nobody waits for any more is still on its way. */
static void one_domain_has_an_eighth_of_what_may_be_in_flight(void **state UNUSED)
{
    static const struct {
        const char *name;
        bool full;
    } cases[] = {
        { "c.spam.example", true },     { "spam.example", true },  { "x.y.z.spam.example", true },
        { "c.notspam.example", false }, { "a.spam.co.uk", false }, { "b.spam.co.uk", false },
        { "b.ham.co.uk", false },       { "c.spam.co.uk", true },  { "c.ham.co.uk", false },
    };
    struct world w = silent_world(8 + 2);
    struct asker first = { 0 }, second = { .last = true };
    ask(&w, &first, "a.spam.example", LONG_US);
    resolver_cancel(&first.query);
    ask(&w, &second, "b.spam.example", 1);
    loop_run(w.loop);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct asker a = { .last = true };
        ask(&w, &a, cases[i].name, cases[i].full ? LONG_US : 1);
        loop_run(w.loop);
        if ((a.answer == POSTERN_DNS_SERVFAIL) != cases[i].full)
            fail_msg("%s: %d %s", cases[i].name, (int)a.answer, a.why);
    }
    drop(&w);
}

static void a_resolver_that_cannot_be_says_why(void **state UNUSED)
{
    static const struct {
        struct resolver_setup setup;
        const char *why;
    } cases[] = {
        { { .forward = { "mx.example" }, .forward_n = 1, .anchor = "" },
          "mx.example: not ADDRESS or ADDRESS@PORT" },
        { { .forward = { "127.0.0.1@0" }, .forward_n = 1, .anchor = "" },
          "127.0.0.1@0: not ADDRESS or ADDRESS@PORT" },
        { { .anchor = "/nowhere/root.key" },
          "trust anchor /nowhere/root.key: No such file or directory" },
        { { .file = "/nowhere/answers" }, NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct loop *loop = loop_new();
        struct buf why;
        buf_init(&why, 1024);
        assert_null(resolver_new(loop, &cases[i].setup, &why));
        assert_true(buf_size(&why) > 0);
        if (cases[i].why)
            expect_slice("why", buf_slice(&why), slice_of_str(cases[i].why));
        buf_clear(&why);
        loop_free(loop);
    }
    resolver_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_six_answers_come_from_a_file),
        cmocka_unit_test(an_asker_may_ask_again_in_its_answer),
        cmocka_unit_test(what_is_cancelled_is_not_answered),
        cmocka_unit_test(each_asker_has_a_deadline_of_its_own),
        cmocka_unit_test(too_many_questions_fail_at_once),
        cmocka_unit_test(what_one_can_do_without_has_a_quarter),
        cmocka_unit_test(one_domain_has_an_eighth_of_what_may_be_in_flight),
        cmocka_unit_test(a_resolver_that_cannot_be_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
