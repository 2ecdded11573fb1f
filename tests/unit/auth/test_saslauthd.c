/* SPDX-License-Identifier: ISC */
#include "rig.h"

#include "auth/sasl.h"

static const struct slice joe = SLICE_INIT("\0\3joe\0\2pw\0\4smtp\0\13example.com");
static struct slice answer; /* p NULL: hangs up */

static void reply(struct peer *p)
{
    struct slice heard = buf_slice(&p->heard);
    if (heard.n < joe.n)
        return;
    if (answer.p)
        conn_write(p->conn, answer);
    else
        peer_hang_up(p);
}

static struct rig start(struct peer *p, int64_t cache_us)
{
    struct rig r = rig_new(1);
    *p = (struct peer){ .on_heard = reply };
    (void)cache_us;
    return r;
}

static void stop(struct rig *r, struct peer *p)
{
    auth_close(r->backend);
    r->backend = NULL;
    peer_stop(p);
    rig_free(r, (const char *const[]){ "mux", NULL });
}

/* clang-format off */
static const struct {
    const char *name;
    struct slice answer;
    enum auth_outcome outcome;
} replies[] = {
    { "OK",          SLICE_INIT("\0\2OK"), AUTH_OK },
    { "OK, text",    SLICE_INIT("\0\6OK yes"), AUTH_OK },
    { "NO",          SLICE_INIT("\0\2NO"), AUTH_FAILED },
    { "NO, text",    SLICE_INIT("\0\27NO authentication failed"), AUTH_FAILED },
    { "other",       SLICE_INIT("\0\5HELLO"), AUTH_UNAVAILABLE },
    { "too short",   SLICE_INIT("\0\1O"), AUTH_UNAVAILABLE },
    { "too long",    SLICE_INIT("\x04\1OK"), AUTH_UNAVAILABLE },
    { "hangs up",    { 0 }, AUTH_UNAVAILABLE },
};
/* clang-format on */

static void replies_to_a_password(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
        struct peer p;
        struct rig r = start(&p, 0);
        answer = replies[i].answer;
        peer_start(&p, &r, "mux");
        rig_open(&r, "saslauthd", "mux", 0);
        expect_password(&r, replies[i].name, "joe", "pw", replies[i].outcome, "joe");
        expect_slice(replies[i].name, buf_slice(&p.heard), joe);
        stop(&r, &p);
    }
}

static void replies_may_come_byte_by_byte(void **state UNUSED)
{
    struct peer p;
    struct rig r = start(&p, 0);
    p.on_heard = NULL;
    peer_start(&p, &r, "mux");
    rig_open(&r, "saslauthd", "mux", 0);
    struct asked *a = ask_password(&r, "joe", "pw");
    peer_await(&p, "example.com");
    for (const char *c = "\0\3OK\n"; a->answers == 0; c++) {
        conn_write(p.conn, (struct slice){ (const uint8_t *)c, 1 });
        rig_turn(&r);
    }
    assert_int_equal(a->outcome, AUTH_OK);
    free(a);
    stop(&r, &p);
}

static void a_domain_travels_as_the_realm(void **state UNUSED)
{
    struct peer p;
    struct rig r = start(&p, 0);
    answer = SLICE("\0\2OK");
    peer_start(&p, &r, "mux");
    rig_open(&r, "saslauthd", "mux", 0);
    expect_password(&r, "realm", "a@b@elsewhere.c", "pw", AUTH_OK, "a@b@elsewhere.c");
    expect_slice("request", buf_slice(&p.heard), SLICE("\0\3a@b\0\2pw\0\4smtp\0\13elsewhere.c"));
    stop(&r, &p);
}

static void right_passwords_are_remembered(void **state UNUSED)
{
    struct peer p;
    struct rig r = start(&p, 0);
    answer = SLICE("\0\2OK");
    peer_start(&p, &r, "mux");
    rig_open(&r, "saslauthd", "mux", US_PER_S * 300);
    expect_password(&r, "first", "joe", "pw", AUTH_OK, "joe");
    expect_password(&r, "again", "joe", "pw", AUTH_OK, "joe");
    assert_int_equal(p.connections, 1);
    answer = SLICE("\0\2NO");
    expect_password(&r, "another", "joe", "px", AUTH_FAILED, NULL);
    expect_password(&r, "another again", "joe", "px", AUTH_FAILED, NULL);
    assert_int_equal(p.connections, 3);
    stop(&r, &p);
}

static void absent_daemons_are_unavailable(void **state UNUSED)
{
    struct rig r = rig_new(1);
    rig_open(&r, "saslauthd", "mux", 0);
    expect_slice("mechanisms", auth_mechanisms(r.backend, true), SLICE("PLAIN LOGIN"));
    assert_int_equal(auth_account_exists(r.backend, SLICE("joe")), -1);
    expect_password(&r, "absent", "joe", "pw", AUTH_UNAVAILABLE, NULL);
    rig_free(&r, NULL);
}

/* 64 connections, 1000 in line, no more; each gets its answer in the end. */
static void the_line_is_bounded_and_moves_on(void **state UNUSED)
{
    enum { ALL = 64 + 1000 };
    static struct asked *a[ALL + 1];
    struct peer p;
    struct rig r = start(&p, 0);
    p.on_heard = NULL;
    peer_start(&p, &r, "mux");
    rig_open(&r, "saslauthd", "mux", 0);
    for (size_t i = 0; i <= ALL; i++)
        a[i] = ask_password(&r, "joe", "pw");
    await(&r, a[ALL]);
    assert_int_equal(a[ALL]->outcome, AUTH_UNAVAILABLE);
    auth_cancel(r.backend, &a[0]->question);   /* has a connection: another may go */
    auth_cancel(r.backend, &a[700]->question); /* stands in line */
    peer_stop(&p); /* what is connected breaks, and so on down the line */
    for (size_t i = 0; i < ALL; i++)
        while (i != 0 && i != 700 && a[i]->answers == 0)
            loop_run(r.loop);
    for (size_t i = 0; i <= ALL; i++) {
        assert_int_equal(a[i]->answers, i != 0 && i != 700);
        free(a[i]);
    }
    auth_close(r.backend);
    r.backend = NULL;
    rig_free(&r, (const char *const[]){ "mux", NULL });
}

static void bad_questions_never_leave(void **state UNUSED)
{
    static char long_password[SASL_PASSWORD_MAX + 2], long_name[SASL_NAME_MAX + 2];
    struct rig r = rig_new(1);
    memset(long_password, 'x', SASL_PASSWORD_MAX + 1);
    memset(long_name, 'x', SASL_NAME_MAX + 1);
    rig_open(&r, "saslauthd", "mux", 0);
    expect_password(&r, "empty name", "", "pw", AUTH_FAILED, NULL);
    expect_password(&r, "empty password", "joe", "", AUTH_FAILED, NULL);
    expect_password(&r, "long name", long_name, "pw", AUTH_FAILED, NULL);
    expect_password(&r, "long password", "joe", long_password, AUTH_FAILED, NULL);
    expect_password(&r, "Latin-1", "j\xf6", "pw", AUTH_FAILED, NULL);
    struct asked *a = asked_new(&r);
    auth_check(r.backend, &a->question, &r.facts, SLICE("PLAIN"), SLICE("boss"), SLICE("joe"),
               SLICE("pw"));
    await(&r, a);
    assert_int_equal(a->outcome, AUTH_FAILED);
    auth_check(r.backend, &a->question, &r.facts, SLICE("PLAIN"), SLICE(""), SLICE("joe"),
               SLICE("p\0w"));
    await(&r, a);
    assert_int_equal(a->outcome, AUTH_FAILED);
    auth_exchange(r.backend, &a->question, &r.facts, SLICE("SCRAM-SHA-256"), SLICE("x"));
    await(&r, a);
    assert_int_equal(a->outcome, AUTH_FAILED);
    auth_check(r.backend, &a->question, &r.facts, SLICE("PLAIN"), SLICE("boss"), SLICE("joe"),
               SLICE("pw"));
    auth_cancel(r.backend, &a->question); /* before its answer left */
    rig_turn(&r);
    assert_int_equal(a->answers, 3);
    free(a);
    rig_free(&r, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_to_a_password),
        cmocka_unit_test(replies_may_come_byte_by_byte),
        cmocka_unit_test(a_domain_travels_as_the_realm),
        cmocka_unit_test(right_passwords_are_remembered),
        cmocka_unit_test(absent_daemons_are_unavailable),
        cmocka_unit_test(the_line_is_bounded_and_moves_on),
        cmocka_unit_test(bad_questions_never_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
