/* SPDX-License-Identifier: ISC */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/conn.h"
#include "side.h"

#define OUTPUT_MAX 65536

struct pair {
    struct loop *loop;
    struct side a, b;
};

static int open_pair(void **state)
{
    struct pair *p = calloc(1, sizeof *p);
    int fds[2];
    socket_pair(fds);
    p->loop = loop_new();
    side_open(&p->a, p->loop, fds[0], OUTPUT_MAX);
    side_open(&p->b, p->loop, fds[1], OUTPUT_MAX);
    *state = p;
    return 0;
}

static int close_pair(void **state)
{
    struct pair *p = *state;
    side_close(&p->a);
    side_close(&p->b);
    loop_free(p->loop);
    free(p);
    return 0;
}

static size_t heard(const struct side *s)
{
    return buf_size(&s->heard);
}

static void what_is_written_in_a_turn_arrives_in_order(void **state)
{
    struct pair *p = *state;
    conn_write(p->a.conn, SLICE("EHLO "));
    buf_append_str(conn_output(p->a.conn), "x\r\n");
    conn_write(p->a.conn, SLICE(""));
    assert_int_equal(conn_pending(p->a.conn), 8);
    until(p->loop, heard(&p->b) == 8);
    expect_slice("heard", buf_slice(&p->b.heard), SLICE("EHLO x\r\n"));
    assert_int_equal(p->b.calls, 1); /* gathered */
    assert_int_equal(conn_pending(p->a.conn), 0);
}

static void a_partial_line_is_offered_again_with_what_follows(void **state)
{
    struct pair *p = *state;
    p->b.take_least = 8;
    conn_write(p->a.conn, SLICE("EHLO"));
    until(p->loop, p->b.calls == 1);
    assert_int_equal(conn_input_kept(p->b.conn), 4);
    conn_write(p->a.conn, SLICE(" x\r\n"));
    until(p->loop, heard(&p->b));
    expect_slice("heard", buf_slice(&p->b.heard), SLICE("EHLO x\r\n"));
    assert_int_equal(conn_input_kept(p->b.conn), 0);
}

static void resume_offers_kept_bytes_without_new_ones(void **state)
{
    struct pair *p = *state;
    p->b.deaf = true;
    conn_write(p->a.conn, SLICE("QUIT\r\n"));
    until(p->loop, p->b.calls == 1);
    p->b.deaf = false;
    conn_resume(p->b.conn);
    until(p->loop, heard(&p->b));
    expect_slice("heard", buf_slice(&p->b.heard), SLICE("QUIT\r\n"));
}

/* Writes n bytes i % 251, as the output has room. */
static void pour(struct pair *p, size_t n, bool to_deaf)
{
    uint8_t piece[20000];
    for (size_t sent = 0; sent < n;) {
        size_t m = n - sent < sizeof piece ? n - sent : sizeof piece;
        if (conn_is_full(p->a.conn)) {
            if (to_deaf)
                return;
            loop_run(p->loop);
            continue;
        }
        for (size_t i = 0; i < m; i++)
            piece[i] = (uint8_t)((sent + i) % 251);
        conn_write(p->a.conn, (struct slice){ piece, m });
        sent += m;
    }
}

static void expect_poured(const struct side *s, size_t n)
{
    struct slice got = buf_slice(&s->heard);
    assert_int_equal(got.n, n);
    for (size_t i = 0; i < n; i++)
        if (got.p[i] != i % 251)
            fail_msg("byte %zu", i);
}

static void bulk_arrives_whole_under_back_pressure(void **state)
{
    struct pair *p = *state;
    pour(p, 3000000, false);
    until(p->loop, heard(&p->b) == 3000000);
    expect_poured(&p->b, 3000000);
    assert_true(p->a.rooms > 0);
}

static void a_deaf_owner_keeps_no_more_than_the_bound(void **state)
{
    struct pair *p = *state;
    p->b.deaf = true;
    pour(p, 3000000, true);
    until(p->loop, conn_input_kept(p->b.conn) == CONN_INPUT_MAX);
    size_t left = conn_pending(p->a.conn);
    assert_true(left > 0); /* the bound is felt at the other end */
    p->b.deaf = false;
    conn_resume(p->b.conn);
    until(p->loop, conn_pending(p->a.conn) == 0);
    conn_finish(p->a.conn, US_PER_S);
    until(p->loop, p->b.ends);
    expect_poured(&p->b, heard(&p->b));
}

static void output_past_its_maximum_fails_the_connection(void **state)
{
    struct pair *p = *state;
    static uint8_t piece[1000];
    p->b.deaf = true;
    for (int i = 0; i < 66; i++)
        conn_write(p->a.conn, (struct slice){ piece, sizeof piece });
    assert_true(p->a.closes == 0); /* never from inside a call */
    until(p->loop, p->a.closes);
    assert_int_equal(p->a.error, ERR_TOO_BIG);
}

static void reply_a_lot(struct side *s)
{
    static uint8_t piece[1000];
    for (int i = 0; i < 20; i++)
        conn_write(s->conn, (struct slice){ piece, sizeof piece });
}

/* A client that pipelines and never reads must not make us grow: the deaf side keeps its bound, the
 * kernel its own, and then no more is offered. */
static void no_input_is_offered_while_output_is_full(void **state)
{
    struct pair *p = *state;
    p->b.then = reply_a_lot;
    p->a.deaf = true;
    while (!conn_is_full(p->b.conn)) {
        int before = p->b.calls;
        conn_write(p->a.conn, SLICE("NOOP\r\n"));
        until(p->loop, p->b.calls > before);
    }
    int before = p->b.calls;
    conn_write(p->a.conn, SLICE("NOOP\r\n"));
    p->a.deaf = false;
    conn_resume(p->a.conn);
    until(p->loop, p->b.rooms);
    assert_int_equal(p->b.calls, before);
    until(p->loop, p->b.calls > before);
    assert_int_equal(p->b.closes, 0);
}

static void kept_bytes_are_offered_before_the_end_is_told(void **state)
{
    struct pair *p = *state;
    p->b.deaf = true;
    conn_write(p->a.conn, SLICE("QUIT\r\n"));
    conn_finish(p->a.conn, US_PER_S);
    until(p->loop, p->a.closes);
    assert_int_equal(p->a.error, 0);
    until(p->loop, p->b.ends);
    assert_int_equal(p->b.ends, 1);
    assert_int_equal(p->b.calls, 2);
    p->b.deaf = false;
    conn_resume(p->b.conn);
    until(p->loop, heard(&p->b));
    assert_int_equal(p->b.closes, 0);
}

static void one_still_writes_to_a_half_closed_peer(void **state)
{
    struct pair *p = *state;
    struct side half;
    int fds[2];
    uint8_t got[8];
    socket_pair(fds);
    side_open(&half, p->loop, fds[0], OUTPUT_MAX);
    assert_int_equal(shutdown(fds[1], SHUT_WR), 0);
    until(p->loop, half.ends);
    conn_write(half.conn, SLICE("221\r\n"));
    conn_finish(half.conn, US_PER_S);
    until(p->loop, half.closes);
    assert_int_equal(recv(fds[1], got, sizeof got, 0), 5);
    (void)close(fds[1]);
    buf_clear(&half.heard);
}

static void the_peers_last_words_are_heard_before_a_write_fails(void **state)
{
    struct pair *p = *state;
    struct side one;
    int fds[2];
    socket_pair(fds);
    side_open(&one, p->loop, fds[0], OUTPUT_MAX);
    assert_int_equal(send(fds[1], "421 bye\r\n", 9, 0), 9);
    (void)close(fds[1]);
    conn_write(one.conn, SLICE("DATA\r\n"));
    until(p->loop, one.closes);
    expect_slice("heard", buf_slice(&one.heard), SLICE("421 bye\r\n"));
    assert_true(one.error == -EPIPE || one.error == -ECONNRESET);
    buf_clear(&one.heard);
}

static void they_are_heard_though_output_was_full(void **state)
{
    struct pair *p = *state;
    static uint8_t piece[20000];
    struct side one;
    int fds[2];
    socket_pair(fds);
    side_open(&one, p->loop, fds[0], OUTPUT_MAX);
    while (!conn_is_full(one.conn))
        conn_write(one.conn, (struct slice){ piece, sizeof piece });
    assert_int_equal(send(fds[1], "552 too big\r\n", 13, 0), 13);
    (void)close(fds[1]);
    until(p->loop, one.closes);
    expect_slice("heard", buf_slice(&one.heard), SLICE("552 too big\r\n"));
    buf_clear(&one.heard);
}

static void finish_waits_no_longer_than_its_linger(void **state)
{
    struct pair *p = *state;
    p->b.deaf = true;
    pour(p, 3000000, true);
    conn_finish(p->a.conn, US_PER_MS);
    until(p->loop, p->a.closes);
    assert_int_equal(p->a.error, ERR_TIMEOUT);
}

static void finish_discards_what_comes_so_that_last_words_arrive(void **state)
{
    struct pair *p = *state;
    conn_write(p->b.conn, SLICE("more and more"));
    conn_write(p->a.conn, SLICE("421\r\n"));
    conn_finish(p->a.conn, 60 * US_PER_S);
    until(p->loop, p->b.ends);
    assert_int_equal(heard(&p->a), 0);
    expect_slice("heard", buf_slice(&p->b.heard), SLICE("421\r\n"));
    side_close(&p->b);
    until(p->loop, p->a.closes);
    assert_int_equal(p->a.error, 0);
}

static void close_self(struct side *s)
{
    conn_close(s->conn);
    s->conn = NULL;
}

static void an_owner_hears_nothing_after_close(void **state)
{
    struct pair *p = *state;
    p->b.then = close_self;
    conn_write(p->a.conn, SLICE("x"));
    until(p->loop, p->a.ends);
    assert_int_equal(p->b.closes + p->b.ends, 0);
    assert_null(p->b.conn);
    conn_close(NULL);
}

static void finish_self(struct side *s)
{
    conn_write(s->conn, SLICE("221\r\n"));
    conn_finish(s->conn, US_PER_S);
    conn_write(s->conn, SLICE("never"));
}

static void an_owner_may_finish_from_within(void **state)
{
    struct pair *p = *state;
    p->b.then = finish_self;
    conn_write(p->a.conn, SLICE("QUIT\r\n"));
    until(p->loop, p->a.ends && p->b.closes);
    assert_int_equal(p->b.closes, 1);
    expect_slice("heard", buf_slice(&p->a.heard), SLICE("221\r\n"));
}

static void a_refused_connection_is_told_later(void **state)
{
    struct pair *p = *state;
    struct address to;
    struct side s;
    socklen_t n = sizeof to.un;
    int error, fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(address_parse(SLICE("127.0.0.1:0"), &to));
    assert_int_equal(bind(fd, &to.any, to.n), 0); /* a port of ours where nobody listens */
    assert_int_equal(getsockname(fd, &to.any, &n), 0);
    side_init(&s, p->loop);
    s.conn = conn_connect(p->loop, &to, &s.owner, OUTPUT_MAX, &error);
    assert_non_null(s.conn);
    until(p->loop, s.closes);
    assert_int_equal(s.error, -ECONNREFUSED);
    assert_int_equal(s.connects, 0);
    (void)close(fd);
}

static void an_address_that_cannot_be_reached_is_told_at_once(void **state)
{
    struct pair *p = *state;
    struct address to;
    struct side s;
    int error = 0;
    side_init(&s, p->loop);
    assert_true(address_of_path(SLICE("/nonexistent/socket"), &to));
    assert_null(conn_connect(p->loop, &to, &s.owner, OUTPUT_MAX, &error));
    assert_int_equal(error, -ENOENT);
}

int main(void)
{
#define WITH_PAIR(f) cmocka_unit_test_setup_teardown(f, open_pair, close_pair)
    const struct CMUnitTest tests[] = {
        WITH_PAIR(what_is_written_in_a_turn_arrives_in_order),
        WITH_PAIR(a_partial_line_is_offered_again_with_what_follows),
        WITH_PAIR(resume_offers_kept_bytes_without_new_ones),
        WITH_PAIR(bulk_arrives_whole_under_back_pressure),
        WITH_PAIR(a_deaf_owner_keeps_no_more_than_the_bound),
        WITH_PAIR(output_past_its_maximum_fails_the_connection),
        WITH_PAIR(no_input_is_offered_while_output_is_full),
        WITH_PAIR(kept_bytes_are_offered_before_the_end_is_told),
        WITH_PAIR(one_still_writes_to_a_half_closed_peer),
        WITH_PAIR(the_peers_last_words_are_heard_before_a_write_fails),
        WITH_PAIR(they_are_heard_though_output_was_full),
        WITH_PAIR(finish_waits_no_longer_than_its_linger),
        WITH_PAIR(finish_discards_what_comes_so_that_last_words_arrive),
        WITH_PAIR(an_owner_hears_nothing_after_close),
        WITH_PAIR(an_owner_may_finish_from_within),
        WITH_PAIR(a_refused_connection_is_told_later),
        WITH_PAIR(an_address_that_cannot_be_reached_is_told_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
