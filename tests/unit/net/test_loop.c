/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <stdlib.h>

#include "base/clock.h"
#include "net/loop.h"

static struct loop *loop_of(void **state)
{
    return *state;
}

static int make_loop(void **state)
{
    *state = loop_new();
    return *state ? 0 : -1;
}

static int drop_loop(void **state)
{
    loop_free(*state);
    return 0;
}

struct counting_timer {
    struct loop_timer timer;
    int fired;
    int64_t at_us;
};

static void count_and_stop(struct loop_timer *t)
{
    struct counting_timer *c = CONTAINER_OF(t, struct counting_timer, timer);
    c->fired++;
    c->at_us = loop_now_us(t->loop);
    loop_stop(t->loop);
}

static void a_timer_fires_once_and_not_before_it_is_due(void **state)
{
    struct counting_timer c = { .fired = 0 };
    timer_init(&c.timer, loop_of(state), count_and_stop);
    int64_t due_us = loop_now_us(loop_of(state)) + 2 * US_PER_MS;
    timer_set(&c.timer, due_us);
    loop_run(loop_of(state)); /* ends when nothing is left to wait for, too */
    loop_run(loop_of(state));
    assert_int_equal(c.fired, 1);
    assert_true(c.at_us >= due_us);
    assert_int_equal(c.timer.due_us, 0);
    timer_clear(&c.timer);
}

static void a_timer_that_moves_later_is_armed_again_when_it_fires_early(void **state)
{
    struct counting_timer c = { .fired = 0 };
    timer_init(&c.timer, loop_of(state), count_and_stop);
    int64_t now_us = loop_now_us(loop_of(state)), due_us = now_us + 4 * US_PER_MS;
    timer_set(&c.timer, now_us + 1);
    timer_set(&c.timer, due_us);
    assert_int_equal(c.timer.armed_us, now_us + 1);
    loop_run(loop_of(state));
    assert_int_equal(c.fired, 1);
    assert_true(c.at_us >= due_us);
    timer_clear(&c.timer);
}

static void a_timer_can_move_earlier_and_be_cancelled(void **state)
{
    struct counting_timer early = { .fired = 0 }, never = { .fired = 0 };
    timer_init(&early.timer, loop_of(state), count_and_stop);
    timer_init(&never.timer, loop_of(state), count_and_stop);
    int64_t now_us = loop_now_us(loop_of(state));
    timer_set(&early.timer, now_us + 3600 * US_PER_S);
    timer_set(&early.timer, now_us + US_PER_MS);
    timer_set(&never.timer, now_us + 1);
    timer_set(&never.timer, 0);
    loop_run(loop_of(state));
    assert_int_equal(early.fired, 1);
    assert_int_equal(never.fired, 0);
    timer_clear(&early.timer);
    timer_clear(&never.timer);
    timer_clear(&never.timer);
}

struct chain {
    struct loop_task task;
    struct loop *loop;
    int left, ran;
    struct loop_task *remove;
};

static void run_chain(struct loop_task *task)
{
    struct chain *c = CONTAINER_OF(task, struct chain, task);
    c->ran++;
    if (c->remove)
        loop_undefer(c->loop, c->remove);
    if (c->left-- > 0)
        loop_defer(c->loop, task);
}

static void deferred_work_runs_once_and_may_defer_itself(void **state)
{
    struct chain c = { .task.run = run_chain, .loop = loop_of(state), .left = 100 };
    loop_defer(c.loop, &c.task);
    loop_defer(c.loop, &c.task);
    loop_run(c.loop);
    assert_int_equal(c.ran, 101);
    assert_false(c.task.queued);
}

static void deferred_work_can_be_withdrawn_from_within(void **state)
{
    struct chain second = { .task.run = run_chain, .loop = loop_of(state) };
    struct chain third = { .task.run = run_chain, .loop = loop_of(state) };
    struct chain first = { .task.run = run_chain, .loop = loop_of(state), .remove = &second.task };
    loop_defer(first.loop, &first.task);
    loop_defer(first.loop, &second.task);
    loop_defer(first.loop, &third.task);
    loop_run(first.loop);
    assert_int_equal(first.ran, 1);
    assert_int_equal(second.ran, 0);
    assert_int_equal(third.ran, 1);
}

struct reader_watch {
    struct loop_watch watch;
    struct loop *loop;
    int reads;
};

static void read_byte(struct loop_watch *w)
{
    struct reader_watch *r = CONTAINER_OF(w, struct reader_watch, watch);
    uint8_t byte;
    assert_int_equal(read(w->fd, &byte, 1), 1);
    r->reads++;
    loop_stop(r->loop);
}

static void a_paused_watch_is_silent_until_resumed(void **state)
{
    struct reader_watch r = { .loop = loop_of(state) };
    struct counting_timer c = { .fired = 0 };
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(watch_start(&r.watch, r.loop, ends[0], read_byte), 0);
    watch_pause(&r.watch);
    assert_int_equal(write(ends[1], "ab", 2), 2);
    timer_init(&c.timer, r.loop, count_and_stop);
    timer_set(&c.timer, loop_now_us(r.loop) + 1);
    while (!c.fired)
        loop_run(r.loop);
    assert_int_equal(r.reads, 0);
    watch_resume(&r.watch);
    loop_run(r.loop);
    assert_int_equal(r.reads, 1);
    watch_stop(&r.watch);
    watch_stop(&r.watch);
    loop_run(r.loop);
    assert_int_equal(r.reads, 1);
    timer_clear(&c.timer);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

struct busy_watch {
    struct loop_watch watch;
    struct chain work;
    int calls;
};

/* Reads nothing, as a connection that has failed and waits for its end: readable for ever. */
static void stay_readable(struct loop_watch *w)
{
    struct busy_watch *b = CONTAINER_OF(w, struct busy_watch, watch);
    if (++b->calls < 1000 && b->work.ran <= 100)
        return;
    watch_pause(w);
    loop_stop(b->work.loop);
}

static void deferred_work_is_done_while_a_socket_stays_readable(void **state)
{
    struct busy_watch b = { .work = { .loop = loop_of(state), .left = 100 } };
    int ends[2];
    b.work.task.run = run_chain;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(watch_start(&b.watch, b.work.loop, ends[0], stay_readable), 0);
    assert_int_equal(write(ends[1], "a", 1), 1);
    loop_defer(b.work.loop, &b.work.task);
    loop_run(b.work.loop);
    assert_int_equal(b.work.ran, 101);
    assert_true(b.calls < 1000);
    watch_stop(&b.watch);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

int main(void)
{
#define WITH_LOOP(f) cmocka_unit_test_setup_teardown(f, make_loop, drop_loop)
    const struct CMUnitTest tests[] = {
        WITH_LOOP(a_timer_fires_once_and_not_before_it_is_due),
        WITH_LOOP(a_timer_that_moves_later_is_armed_again_when_it_fires_early),
        WITH_LOOP(a_timer_can_move_earlier_and_be_cancelled),
        WITH_LOOP(deferred_work_runs_once_and_may_defer_itself),
        WITH_LOOP(deferred_work_can_be_withdrawn_from_within),
        WITH_LOOP(deferred_work_is_done_while_a_socket_stays_readable),
        WITH_LOOP(a_paused_watch_is_silent_until_resumed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
