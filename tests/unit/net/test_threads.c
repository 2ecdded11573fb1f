/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <netdb.h>

#include "base/err.h"
#include "net/resolve.h"
#include "net/threads.h"

struct doubling {
    struct thread_job job;
    struct loop *loop;
    int in, out;
    bool done;
};

static int finished; /* of all jobs; counted on the loop's thread only */

static void double_it(struct thread_job *job)
{
    struct doubling *d = CONTAINER_OF(job, struct doubling, job);
    d->out = d->in * 2;
}

static void note_done(struct thread_job *job)
{
    struct doubling *d = CONTAINER_OF(job, struct doubling, job);
    d->done = true;
    finished++;
    loop_stop(d->loop);
}

static void every_job_is_done_once_on_the_loop(void **state UNUSED)
{
    struct loop *loop = loop_new();
    struct thread_pool *pool = thread_pool_new(loop, 3, 64);
    struct doubling jobs[64];
    assert_non_null(pool);
    finished = 0;
    for (int i = 0; i < 64; i++) {
        jobs[i] = (struct doubling){ { double_it, note_done, NULL }, loop, i, -1, false };
        assert_int_equal(thread_pool_submit(pool, &jobs[i].job), 0);
    }
    while (finished < 64)
        loop_run(loop);
    for (int i = 0; i < 64; i++)
        assert_int_equal(jobs[i].out, 2 * i);
    thread_pool_free(pool);
    loop_free(loop);
}

static void a_full_pool_takes_no_job_until_one_is_done(void **state UNUSED)
{
    struct loop *loop = loop_new();
    struct thread_pool *pool = thread_pool_new(loop, 1, 2);
    struct doubling jobs[3];
    finished = 0;
    for (int i = 0; i < 3; i++)
        jobs[i] = (struct doubling){ { double_it, note_done, NULL }, loop, i, -1, false };
    assert_int_equal(thread_pool_submit(pool, &jobs[0].job), 0);
    assert_int_equal(thread_pool_submit(pool, &jobs[1].job), 0);
    assert_int_equal(thread_pool_submit(pool, &jobs[2].job), ERR_FULL);
    while (finished < 2)
        loop_run(loop);
    assert_int_equal(thread_pool_submit(pool, &jobs[2].job), 0);
    thread_pool_free(pool); /* waits; done is not called for it */
    assert_false(jobs[2].done);
    thread_pool_free(NULL);
    loop_free(loop);
}

struct lookup {
    struct resolve resolve;
    struct loop *loop;
    bool answered;
};

static void note_resolved(struct resolve *r)
{
    struct lookup *l = CONTAINER_OF(r, struct lookup, resolve);
    l->answered = true;
    loop_stop(l->loop);
}

static void an_address_resolves_to_itself(void **state UNUSED)
{
    struct loop *loop = loop_new();
    struct thread_pool *pool = thread_pool_new(loop, 1, 2);
    struct lookup l = { .loop = loop };
    char text[ADDRESS_TEXT_MAX];
    assert_int_equal(resolve_start(&l.resolve, pool, "2001:db8::7", 587, note_resolved), 0);
    while (!l.answered)
        loop_run(loop);
    assert_int_equal(l.resolve.found_n, 1);
    assert_string_equal(address_text(&l.resolve.found[0], text), "2001:db8::7");
    assert_int_equal(address_port(&l.resolve.found[0]), 587);
    thread_pool_free(pool);
    loop_free(loop);
}

static void a_name_that_is_too_long_is_refused(void **state UNUSED)
{
    struct loop *loop = loop_new();
    struct thread_pool *pool = thread_pool_new(loop, 1, 2);
    struct lookup l = { .loop = loop };
    char name[257];
    memset(name, 'a', sizeof name - 1);
    name[256] = 0;
    assert_int_equal(resolve_start(&l.resolve, pool, name, 25, note_resolved), ERR_TOO_BIG);
    thread_pool_free(pool);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_job_is_done_once_on_the_loop),
        cmocka_unit_test(a_full_pool_takes_no_job_until_one_is_done),
        cmocka_unit_test(an_address_resolves_to_itself),
        cmocka_unit_test(a_name_that_is_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
