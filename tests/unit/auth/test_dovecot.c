/* SPDX-License-Identifier: ISC
 *
 * The dovecot backend against a peer that says what the test wants; the real one is in
 * tests/integration.
 */
#include "rig.h"

#include "auth/dovecot_internal.h"

#define GREETING                                                                                 \
    "VERSION\t1\t2\nMECH\tLOGIN\tplaintext\nMECH\tPLAIN\tplaintext\nMECH\tSCRAM-SHA-256\n"       \
    "MECH\tXOAUTH2\nMECH\tEXTERNAL\nMECH\tSCRAM-SHA-256-PLUS\nMECH\tANONYMOUS\tanonymous\n"      \
    "MECH\tDOVECOT-TOKEN\tprivate\nMECH\tX-NEW\nMECH\tbad name\nMECH\tPLAIN\nSPID\t1\nCUID\t1\n" \
    "COOKIE\tx\nDONE\n"

static void greet(struct peer *p)
{
    peer_say(p, GREETING);
}

static struct rig start(struct peer *p)
{
    struct rig r = rig_new(1);
    *p = (struct peer){ .on_connection = greet };
    return r;
}

static void connect_both(struct rig *r, struct peer *p)
{
    peer_start(p, r, "auth");
    rig_open(r, "dovecot", "auth", 0);
    while (auth_mechanisms(r->backend, true).n == 0)
        rig_turn(r);
}

static void stop(struct rig *r, struct peer *p)
{
    auth_close(r->backend);
    r->backend = NULL;
    peer_stop(p);
    rig_free(r, (const char *const[]){ "auth", NULL });
}

static void offers_what_can_be_passed_on_strongest_first(void **state UNUSED)
{
    struct peer p;
    struct rig r = start(&p);
    connect_both(&r, &p);
    expect_slice("mechanisms", auth_mechanisms(r.backend, true),
                 SLICE("X-NEW SCRAM-SHA-256 XOAUTH2 PLAIN LOGIN"));
    assert_int_equal(auth_account_exists(r.backend, SLICE("joe")), -1);
    /* VERSION and CPID come first, without waiting for the greeting */
    peer_await(&p, "\n");
    assert_memory_equal(buf_slice(&p.heard).p, "VERSION\t1\t2\nCPID\t", 17);
    stop(&r, &p);
}

/* clang-format off */
static const struct {
    const char *name, *reply; /* NULL: hangs up */
    enum auth_outcome outcome;
    const char *account;
} replies[] = {
    { "OK",               "OK\t1\tuser=Joe@x\n", AUTH_OK, "Joe@x" },
    { "OK, escaped",      "OK\t1\tuser=a\001tb\n", AUTH_OK, "a\tb" },
    { "OK without user",  "OK\t1\n", AUTH_UNAVAILABLE, NULL },
    { "OK, broken user",  "OK\t1\tuser=a\001\n", AUTH_UNAVAILABLE, NULL },
    { "OK, line feed",    "OK\t1\tuser=a\001nb\n", AUTH_UNAVAILABLE, NULL },
    { "OK with proxy",    "OK\t1\tuser=joe\tproxy\n", AUTH_UNAVAILABLE, NULL },
    { "OK with nologin",  "OK\t1\tuser=joe\tnologin\n", AUTH_FAILED, NULL },
    { "OK, anonymous",    "OK\t1\tuser=joe\tanonymous\n", AUTH_FAILED, NULL },
    { "FAIL",             "FAIL\t1\tuser=joe\n", AUTH_FAILED, NULL },
    { "FAIL, temporary",  "FAIL\t1\tuser=joe\ttemp\n", AUTH_UNAVAILABLE, NULL },
    { "FAIL, temp_fail",  "FAIL\t1\tcode=temp_fail\n", AUTH_UNAVAILABLE, NULL },
    { "FAIL, disabled",   "FAIL\t1\tuser_disabled\n", AUTH_FAILED, NULL },
    { "strays first",     "OK\t9\tuser=x\nFAIL\t2\nNEWS\t1\nOK\t1\tuser=joe\n", AUTH_OK, "joe" },
    { "CONT to PLAIN",    "CONT\t1\tYQ==\n", AUTH_UNAVAILABLE, NULL },
    { "nonsense",         "OK\n", AUTH_UNAVAILABLE, NULL },
    { "hang-up",          NULL, AUTH_UNAVAILABLE, NULL },
};
/* clang-format on */

static void replies_to_a_password(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
        struct peer p;
        struct rig r = start(&p);
        connect_both(&r, &p);
        struct asked *a = ask_password(&r, "joe", "pw");
        peer_await(&p, "resp=AGpvZQBwdw==\n");
        assert_true(peer_heard(&p, "AUTH\t1\tPLAIN\tservice=smtp\tsecured=tls\tlip=198.51.100.1"
                                   "\tlport=587\trip=192.0.2.7\trport=4711\tsession=s1"
                                   "\tclient_id=UUID:p\001tq\tresp="));
        if (replies[i].reply)
            peer_say(&p, replies[i].reply);
        else
            peer_hang_up(&p);
        await(&r, a);
        if (a->outcome != replies[i].outcome)
            fail_msg("%s: outcome %u", replies[i].name, a->outcome);
        if (a->outcome == AUTH_OK)
            expect_slice(replies[i].name, asked_account(a), slice_of_str(replies[i].account));
        else
            assert_non_null(a->reason);
        free(a);
        stop(&r, &p);
    }
}

static void over_long_lines_end_the_connection(void **state UNUSED)
{
    struct peer p;
    struct rig r = start(&p);
    connect_both(&r, &p);
    struct asked *a = ask_password(&r, "joe", "pw");
    struct buf line;
    buf_init(&line, DOVECOT_LINE_MAX + 2);
    while (buf_size(&line) < DOVECOT_LINE_MAX)
        buf_append_byte(&line, 'x');
    conn_write(p.conn, buf_slice(&line));
    await(&r, a);
    assert_int_equal(a->outcome, AUTH_UNAVAILABLE);
    buf_clear(&line);
    free(a);
    stop(&r, &p);
}

static void many_questions_are_in_flight_and_answered_in_any_order(void **state UNUSED)
{
    struct peer p;
    struct rig r = start(&p);
    connect_both(&r, &p);
    struct asked *a = ask_password(&r, "a", "pw"), *b = ask_password(&r, "b", "pw");
    peer_await(&p, "AUTH\t2");
    peer_say(&p, "OK\t2\tuser=b\n");
    await(&r, b);
    assert_int_equal(a->answers, 0);
    peer_say(&p, "FAIL\t1\n");
    await(&r, a);
    assert_int_equal(a->outcome, AUTH_FAILED);
    expect_slice("name", (struct slice){ a->name, a->name_n }, SLICE("a"));
    expect_slice("b", asked_account(b), SLICE("b"));
    free(a);
    free(b);
    stop(&r, &p);
}

static void a_cancelled_question_is_cancelled_there_and_never_answered(void **state UNUSED)
{
    struct peer p;
    struct rig r = start(&p);
    connect_both(&r, &p);
    struct asked *a = ask_password(&r, "a", "pw"), *b = ask_password(&r, "b", "pw");
    auth_cancel(r.backend, &a->question);
    auth_cancel(r.backend, &a->question);
    peer_await(&p, "CANCEL\t1\n");
    peer_say(&p, "OK\t1\tuser=a\nOK\t2\tuser=b\n");
    await(&r, b);
    assert_int_equal(a->answers, 0);
    free(a);
    free(b);
    stop(&r, &p);
}

static struct asked *start_exchange(struct rig *r, const char *mechanism, struct slice initial)
{
    struct asked *a = asked_new(r);
    auth_exchange(r->backend, &a->question, &r->facts, slice_of_str(mechanism), initial);
    return a;
}

static void an_exchange_goes_back_and_forth(void **state UNUSED)
{
    struct peer p;
    struct rig r = start(&p);
    connect_both(&r, &p);
    struct asked *a = start_exchange(&r, "scram-sha-256", SLICE("n,,n=joe,r=x"));
    peer_await(&p, "AUTH\t1\tSCRAM-SHA-256\t");
    peer_await(&p, "resp=biwsbj1qb2Uscj14\n");
    peer_say(&p, "CONT\t1\tcj14eQ==\n");
    await(&r, a);
    assert_int_equal(a->outcome, AUTH_CHALLENGE);
    expect_slice("challenge", asked_challenge(a), SLICE("r=xy"));
    auth_continue(r.backend, &a->question, SLICE(""));
    peer_await(&p, "CONT\t1\t\n");
    peer_say(&p, "FAIL\t1\n");
    await(&r, a);
    assert_int_equal(a->outcome, AUTH_FAILED);
    expect_slice("name", (struct slice){ a->name, a->name_n }, SLICE("joe"));
    assert_null(a->question.backend_data);
    free(a);
    stop(&r, &p);
}

static void what_is_not_offered_is_not_forwarded(void **state UNUSED)
{
    static const char *const names[] = { "EXTERNAL", "ANONYMOUS", "SCRAM-SHA-256-PLUS",
                                         "PLAIN",    "LOGIN",     "DOVECOT-TOKEN",
                                         "NOPE",     "X NEW",     "" };
    struct peer p;
    struct rig r = start(&p);
    connect_both(&r, &p);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct asked *a = start_exchange(&r, names[i], SLICE("x"));
        await(&r, a);
        assert_int_equal(a->outcome, AUTH_FAILED);
        free(a);
    }
    struct asked *good = start_exchange(&r, "XOAUTH2", (struct slice){ 0 });
    peer_await(&p, "AUTH\t");
    assert_true(peer_heard(&p, "AUTH\t1\tXOAUTH2\t"));
    assert_false(peer_heard(&p, "resp="));
    auth_cancel(r.backend, &good->question);
    free(good);
    stop(&r, &p);
}

static void bad_challenges_and_over_long_messages(void **state UNUSED)
{
    static uint8_t big[DOVECOT_LINE_MAX];
    struct peer p;
    struct rig r = start(&p);
    connect_both(&r, &p);
    struct asked *a = start_exchange(&r, "XOAUTH2", SLICE("x"));
    peer_await(&p, "AUTH\t1");
    peer_say(&p, "CONT\t1\t#\n");
    await(&r, a);
    assert_int_equal(a->outcome, AUTH_UNAVAILABLE);
    peer_await(&p, "CANCEL\t1");
    free(a);
    a = start_exchange(&r, "XOAUTH2", (struct slice){ big, AUTH_MESSAGE_MAX + 1 });
    await(&r, a);
    assert_int_equal(a->outcome, AUTH_FAILED);
    free(a);
    a = start_exchange(&r, "XOAUTH2", (struct slice){ big, AUTH_MESSAGE_MAX });
    peer_await(&p, "AUTH\t2");
    auth_cancel(r.backend, &a->question);
    free(a);
    stop(&r, &p);
}

static void questions_wait_while_it_reconnects(void **state UNUSED)
{
    struct peer p;
    struct rig r = start(&p);
    connect_both(&r, &p);
    struct asked *sent = ask_password(&r, "a", "pw");
    peer_await(&p, "AUTH\t1");
    struct asked *exchange = start_exchange(&r, "XOAUTH2", SLICE("x"));
    peer_await(&p, "AUTH\t2");
    peer_say(&p, "CONT\t2\t\n");
    await(&r, exchange);
    peer_hang_up(&p);
    await(&r, sent);
    assert_int_equal(sent->outcome, AUTH_UNAVAILABLE);
    assert_int_not_equal(auth_mechanisms(r.backend, false).n, 0); /* for some seconds */
    struct asked *waits = ask_password(&r, "b", "pw");
    auth_continue(r.backend, &exchange->question, SLICE("y")); /* it was on the old connection */
    await(&r, exchange);
    assert_int_equal(exchange->outcome, AUTH_UNAVAILABLE);
    peer_await(&p, "AUTH\t3\tPLAIN");
    assert_int_equal(p.connections, 2);
    peer_say(&p, "OK\t3\tuser=b\n");
    await(&r, waits);
    assert_int_equal(waits->outcome, AUTH_OK);
    free(sent);
    free(exchange);
    free(waits);
    stop(&r, &p);
}

static void the_waiting_are_bounded(void **state UNUSED)
{
    struct rig r = rig_new(1);
    static struct asked *a[DOVECOT_WAITING_MAX + 1];
    rig_open(&r, "dovecot", "nobody-there", 0);
    for (size_t i = 0; i <= DOVECOT_WAITING_MAX; i++)
        a[i] = ask_password(&r, "a", "pw");
    await(&r, a[DOVECOT_WAITING_MAX]);
    assert_int_equal(a[DOVECOT_WAITING_MAX]->outcome, AUTH_UNAVAILABLE);
    assert_int_equal(a[0]->answers, 0);
    assert_int_equal(auth_mechanisms(r.backend, false).n, 0);
    rig_free(&r, NULL); /* open questions get no answer */
    for (size_t i = 0; i <= DOVECOT_WAITING_MAX; i++)
        free(a[i]);
}

static void silent_servers_are_given_up(void **state UNUSED)
{
    struct peer p;
    struct rig r = start(&p);
    connect_both(&r, &p);
    struct dovecot_backend *d = dovecot_of(r.backend);
    struct asked *a = ask_password(&r, "a", "pw");
    peer_await(&p, "AUTH\t1");
    struct dovecot_ask *ask = a->question.backend_data;
    d->heard_us -= 1; /* nothing was heard since it was asked, and that was long ago */
    ask->since_us -= DOVECOT_ANSWER_US;
    d->heard_us = ask->since_us - 1;
    timer_set(&d->overdue, 1);
    await(&r, a);
    assert_int_equal(a->outcome, AUTH_UNAVAILABLE);
    assert_int_equal(d->state, DOVECOT_DOWN);
    free(a);
    stop(&r, &p);
}

static const char *bad_greeting;

static void greet_badly(struct peer *p)
{
    peer_say(p, bad_greeting);
}

static void unusable_greetings(void **state UNUSED)
{
    static const char *const greetings[] = {
        "VERSION\t2\t0\nMECH\tPLAIN\nDONE\n",    "MECH\tPLAIN\nDONE\n",
        "VERSION\t1\t0\nSPID\t1\nDONE\n", /* a master socket */
        "VERSION\t1\t0\nMECH\tEXTERNAL\nDONE\n", "HTTP/1.1 400\r\n\r\n",
    };
    for (size_t i = 0; i < ARRAY_SIZE(greetings); i++) {
        struct peer p = { .on_connection = greet_badly };
        struct rig r = rig_new(1);
        bad_greeting = greetings[i];
        peer_start(&p, &r, "auth");
        rig_open(&r, "dovecot", "auth", 0);
        while (!p.connections || p.conn)
            loop_run(r.loop);
        assert_int_equal(auth_mechanisms(r.backend, false).n, 0);
        assert_int_equal(dovecot_of(r.backend)->state, DOVECOT_DOWN);
        stop(&r, &p);
    }
}

static void backends_that_cannot_be(void **state UNUSED)
{
    static const char *const specs[] = { "", "dovecot:", "ldap:/x", "file:", "/etc/passwd", NULL };
    struct rig r = rig_new(1);
    for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
        struct buf why;
        buf_init(&why, 1024);
        struct auth_setup setup = { .loop = r.loop, .threads = r.pool, .spec = specs[i] };
        assert_null(auth_open(&setup, &why));
        assert_true(buf_size(&why) > 0);
        buf_clear(&why);
    }
    rig_free(&r, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offers_what_can_be_passed_on_strongest_first),
        cmocka_unit_test(replies_to_a_password),
        cmocka_unit_test(over_long_lines_end_the_connection),
        cmocka_unit_test(many_questions_are_in_flight_and_answered_in_any_order),
        cmocka_unit_test(a_cancelled_question_is_cancelled_there_and_never_answered),
        cmocka_unit_test(an_exchange_goes_back_and_forth),
        cmocka_unit_test(what_is_not_offered_is_not_forwarded),
        cmocka_unit_test(bad_challenges_and_over_long_messages),
        cmocka_unit_test(questions_wait_while_it_reconnects),
        cmocka_unit_test(the_waiting_are_bounded),
        cmocka_unit_test(silent_servers_are_given_up),
        cmocka_unit_test(unusable_greetings),
        cmocka_unit_test(backends_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
