/* SPDX-License-Identifier: ISC
 *
 * A delivery against an upstream that follows a script, over the loopback, on one loop.
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "submit/relay.h"
#include "submit/upstream_internal.h"
#include "submit/upstream_script.h"

#define HELLO(word, more) "S 220 up\nC " word " gate.example\nS 250-up\n" more "S 250 HELP\n"
#define EHLO(more)        HELLO("EHLO", more)
#define PLAIN             EHLO("S 250-PIPELINING\n")
#define MESSAGE           SLICE("a: b\r\n\r\n.dot\r\n")

struct bench {
    struct delivery_owner owner;
    struct loop *loop;
    struct script up, other;
    struct upstreams *ups;
    struct conf_submission conf;
    const char *deliver[2];
    char names[2][64];
    struct delivery *d;
    struct smtp_mail_parameters mail;
    struct smtp_rcpt_parameters rcpt;
    const char *account, *realm;
    struct address peer;
    struct smtp_reply reply;
    char text[1024]; /* of the last reply */
    unsigned replies, losses, rooms;
    bool ending; /* the reply to `end` is awaited: when it is good the delivery goes at once */
    struct loop_timer stop;
};

static void note(struct bench *b, const struct smtp_reply *reply)
{
    b->reply = *reply;
    (void)snprintf(b->text, sizeof b->text, "%.*s", SLICE_ARG(reply->text));
    loop_stop(b->loop);
}

static void on_reply(struct delivery_owner *owner, const struct smtp_reply *reply)
{
    struct bench *b = CONTAINER_OF(owner, struct bench, owner);
    b->replies++;
    note(b, reply);
    if (b->ending && reply->code / 100 == 2)
        b->d->class->close(TAKE(b->d));
    b->ending = false;
}

static void on_lost(struct delivery_owner *owner, const struct smtp_reply *reply)
{
    struct bench *b = CONTAINER_OF(owner, struct bench, owner);
    b->losses++;
    note(b, reply);
    b->d->class->close(TAKE(b->d)); /* as a client does */
}

static void on_room(struct delivery_owner *owner)
{
    struct bench *b = CONTAINER_OF(owner, struct bench, owner);
    b->rooms++;
    loop_stop(b->loop);
}

static void start(struct bench *b, const char *scheme, const char *const *scripts,
                  const char *const *others)
{
    struct buf why;
    script_start(&b->up, b->loop, scripts);
    (void)snprintf(b->names[0], sizeof b->names[0], "%s://127.0.0.1:%u", scheme, b->up.port);
    b->deliver[0] = b->names[0];
    b->conf.deliver.n = 1;
    if (others) {
        script_start(&b->other, b->loop, others);
        (void)snprintf(b->names[1], sizeof b->names[1], "%s://127.0.0.1:%u", scheme, b->other.port);
        b->deliver[1] = b->names[1];
        b->conf.deliver.n = 2;
    }
    b->conf.deliver.at = b->deliver;
    buf_init(&why, 1024);
    b->ups = upstreams_new(b->loop, NULL, &b->conf, &why);
    assert_non_null(b->ups);
}

static void on_stop(struct loop_timer *timer)
{
    loop_stop(CONTAINER_OF(timer, struct bench, stop)->loop);
}

static int open_bench(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    b->loop = loop_new();
    timer_init(&b->stop, b->loop, on_stop);
    b->owner = (struct delivery_owner){ on_reply, on_lost, on_room };
    b->conf.hostname = "gate.example";
    b->conf.upstream_tls = CONF_UPSTREAM_OFF;
    b->conf.xclient = true;
    b->conf.timeouts.connect_us = b->conf.timeouts.upstream_us = 60 * US_PER_S;
    b->conf.timeouts.upstream_data_us = b->conf.timeouts.upstream_end_us = 60 * US_PER_S;
    b->account = "demo@example.net";
    assert_true(address_parse(SLICE("192.0.2.7:4000"), &b->peer));
    *state = b;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *b = *state;
    if (b->d)
        b->d->class->close(b->d);
    upstreams_free(b->ups);
    script_stop(&b->up);
    if (b->conf.deliver.n == 2)
        script_stop(&b->other);
    timer_clear(&b->stop);
    loop_free(b->loop);
    free(b);
    return 0;
}

#define until(b, cond)           \
    do {                         \
        for (; !(cond);)         \
            loop_run((b)->loop); \
    } while (0)

/* For what nobody tells: turn by turn. */
static void turn(struct bench *b)
{
    timer_set(&b->stop, loop_now_us(b->loop) + 1);
    loop_run(b->loop);
}

static void expect_reply(struct bench *b, unsigned before, uint16_t code)
{
    until(b, b->replies > before || b->losses);
    assert_int_equal(b->replies, before + 1);
    if (b->reply.code != code)
        fail_msg("got %u %s, want %u", b->reply.code, b->text, code);
}

static void mail(struct bench *b, uint16_t code)
{
    unsigned before = b->replies;
    struct delivery_mail m = {
        .peer = &b->peer,
        .hello = SLICE("client.example"),
        .account = slice_of_str(b->account),
        .realm = slice_of_str(b->realm),
        .sender = SLICE("a@example.net"),
        .parameters = &b->mail,
    };
    b->d = relay_new(b->ups, b->loop, &b->conf.timeouts, &b->owner);
    assert_non_null(b->d);
    b->d->class->mail(b->d, &m);
    assert_int_equal(b->replies, before); /* never from inside the asking call */
    expect_reply(b, before, code);
}

static void rcpt(struct bench *b, struct slice to, uint16_t code)
{
    struct smtp_path path;
    struct fault why;
    unsigned before = b->replies;
    assert_true(smtp_mailbox_parse(to, &path, &why));
    b->d->class->rcpt(b->d, &path, &b->rcpt);
    expect_reply(b, before, code);
}

static void content(struct bench *b, uint16_t code)
{
    unsigned before = b->replies;
    b->d->class->content(b->d);
    expect_reply(b, before, code);
}

static void end(struct bench *b, uint16_t code)
{
    unsigned before = b->replies;
    b->ending = true;
    b->d->class->end(b->d);
    expect_reply(b, before, code);
}

static void write_content(struct bench *b, struct slice bytes)
{
    b->d->class->write(b->d, bytes);
}

static void finish(struct bench *b)
{
    if (b->d)
        b->d->class->close(TAKE(b->d));
}

/* A whole message of one recipient. */
static void send_message(struct bench *b)
{
    mail(b, 250);
    rcpt(b, SLICE("b@example.com"), 250);
    content(b, 354);
    write_content(b, MESSAGE);
    end(b, 250);
    finish(b);
}

#define TRANSACTION                                                                        \
    "C MAIL FROM:<a@example.net>\nS 250 ok\nC RCPT TO:<b@example.com>\nS 250 ok\nC DATA\n" \
    "S 354 go\nD\nS 250 2.0.0 queued as 1\n"

static void a_message_arrives_stuffed_and_the_final_reply_is_the_upstreams(void **state)
{
    struct bench *b = *state;
    start(b, "smtp", (const char *const[]){ PLAIN TRANSACTION, NULL }, NULL);
    send_message(b);
    assert_string_equal(b->text, "queued as 1");
    expect_slice("data", buf_slice(&b->up.conns[0].got), SLICE("a: b\r\n\r\n..dot\r\n.\r\n"));
    script_expect_done(&b->up);
}

static void parameters_pass_where_the_upstream_takes_them(void **state)
{
    struct bench *b = *state;
    static const char script[] =
        EHLO("S 250-SIZE 1000\nS 250-8BITMIME\nS 250-SMTPUTF8\nS 250-DSN\nS 250-AUTH "
             "PLAIN\n") "C MAIL FROM:<a@example.net> BODY=8BITMIME SMTPUTF8 RET=HDRS "
                        "ENVID=e+2Bx SIZE=9 "
                        "AUTH=demo@example.net\nS 250 ok\n"
                        "C RCPT TO:<b@example.com> NOTIFY=SUCCESS,DELAY "
                        "ORCPT=rfc822;c@example.com\nS 250 ok\nW\n";
    start(b, "smtp", (const char *const[]){ script, NULL }, NULL);
    b->mail = (struct smtp_mail_parameters){ true,
                                             9,
                                             SMTP_BODY_8BITMIME,
                                             true,
                                             SMTP_RET_HDRS,
                                             SLICE("e+2Bx"),
                                             SLICE("somebody@else.example") };
    b->rcpt = (struct smtp_rcpt_parameters){ SMTP_NOTIFY_SUCCESS | SMTP_NOTIFY_DELAY,
                                             SLICE("rfc822;c@example.com") };
    mail(b, 250);
    rcpt(b, SLICE("b@example.com"), 250);
    script_expect_done(&b->up);
}

static void size_and_auth_are_left_out_where_not_offered(void **state)
{
    struct bench *b = *state;
    start(b, "smtp", (const char *const[]){ PLAIN "C MAIL FROM:<a@example.net>\nS 250 ok\n", NULL },
          NULL);
    b->mail =
        (struct smtp_mail_parameters){ .size_given = true, .size = 9, .body = SMTP_BODY_7BIT };
    mail(b, 250);
    script_expect_done(&b->up);
}

static void auth_names_the_account(void **state)
{
    static const struct {
        const char *account, *realm, *line;
    } cases[] = {
        { "demo@example.net", NULL, "C MAIL FROM:<a@example.net> AUTH=demo@example.net\n" },
        { "demo", "example.org", "C MAIL FROM:<a@example.net> AUTH=demo@example.org\n" },
        { "a+b=c@d", "example.org", "C MAIL FROM:<a@example.net> AUTH=a+2Bb+3Dc@d\n" },
        { "demo", NULL, "C MAIL FROM:<a@example.net> AUTH=<>\n" }, /* RFC 4954 §5 */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        void *one = NULL;
        char script[512];
        (void)state;
        assert_int_equal(open_bench(&one), 0);
        struct bench *b = one;
        (void)snprintf(script, sizeof script, EHLO("S 250-AUTH PLAIN\n") "%sS 250 ok\nW\n",
                       cases[i].line);
        start(b, "smtp", (const char *const[]){ script, NULL }, NULL);
        b->account = cases[i].account;
        b->realm = cases[i].realm;
        mail(b, 250);
        script_expect_done(&b->up);
        assert_int_equal(close_bench(&one), 0);
    }
}

static void an_extension_lost_since_is_451(void **state)
{
    struct bench *b = *state;
    start(b, "smtp", (const char *const[]){ PLAIN TRANSACTION, NULL }, NULL);
    b->mail.smtputf8 = true;
    mail(b, 451);
    finish(b);
    b->mail.smtputf8 = false;
    send_message(b); /* on the same connection: nothing was said on it */
    script_expect_done(&b->up);
}

static void a_kept_link_serves_the_next_message(void **state)
{
    struct bench *b = *state;
    start(b, "smtp", (const char *const[]){ PLAIN TRANSACTION TRANSACTION, NULL }, NULL);
    send_message(b);
    send_message(b);
    script_expect_done(&b->up);
}

static void a_421_on_a_kept_link_is_tried_once_more_on_a_fresh_one(void **state)
{
    struct bench *b = *state;
    start(b, "smtp",
          (const char *const[]){
              PLAIN TRANSACTION "C MAIL FROM:<a@example.net>\nS 421 too long idle\nX\n",
              PLAIN "C MAIL FROM:<a@example.net>\nS 421 really\nX\n",
              NULL,
          },
          NULL);
    send_message(b);
    mail(b, 421); /* the fresh one's word holds */
    finish(b);
    script_expect_done(&b->up);
}

static void a_kept_link_that_closes_at_mail_is_replaced(void **state)
{
    struct bench *b = *state;
    start(b, "smtp",
          (const char *const[]){ PLAIN TRANSACTION "C MAIL FROM:<a@example.net>\nX\n",
                                 PLAIN TRANSACTION, NULL },
          NULL);
    send_message(b);
    send_message(b);
    script_expect_done(&b->up);
}

static void a_kept_link_that_closed_while_idle_is_forgotten(void **state)
{
    struct bench *b = *state;
    start(b, "smtp", (const char *const[]){ PLAIN TRANSACTION "W\nX\n", PLAIN TRANSACTION, NULL },
          NULL);
    send_message(b);
    script_go(&b->up, 0);
    send_message(b);
    script_expect_done(&b->up);
}

static void a_link_that_said_421_serves_nobody_more(void **state)
{
    struct bench *b = *state;
    start(b, "smtp",
          (const char *const[]){ PLAIN "C MAIL FROM:<a@example.net>\nS 421 shutting down\nW\n",
                                 PLAIN TRANSACTION, NULL },
          NULL);
    mail(b, 421);
    finish(b);
    send_message(b);
}

static void a_reply_too_many_ends_the_link(void **state)
{
    struct bench *b = *state;
    start(b, "smtp",
          (const char *const[]){
              PLAIN "C MAIL FROM:<a@example.net>\nS 250 ok\nC RCPT TO:<b@example.com>\nS 250 ok\n"
                    "C DATA\nS 354 go\nD\nS 250 first\nS 250 again\nW\n",
              PLAIN TRANSACTION,
              NULL,
          },
          NULL);
    send_message(b);
    assert_string_equal(b->text, "first");
    send_message(b); /* its replies are its own */
    assert_string_equal(b->text, "queued as 1");
    script_expect_done(&b->up);
}

static void the_next_target_serves_when_the_first_will_not(void **state)
{
    struct bench *b = *state;
    start(b, "smtp", (const char *const[]){ "S 554 no\nW\n", NULL },
          (const char *const[]){ PLAIN TRANSACTION TRANSACTION, NULL });
    send_message(b);
    send_message(b); /* and the first is left alone for a while */
    script_expect_done(&b->other);
}

static void no_target_at_all_is_451(void **state)
{
    struct bench *b = *state;
    start(b, "smtp", (const char *const[]){ "X\n", NULL },
          (const char *const[]){ "S 220 up\nC EHLO gate.example\nS 550 no\nW\n", NULL });
    mail(b, 451);
}

#define XCLIENT EHLO("S 250-AUTH PLAIN\nS 250-XCLIENT NAME ADDR PORT PROTO HELO LOGIN\n")

static void xclient_is_told_then_ehlo_and_the_link_is_not_kept(void **state)
{
    struct bench *b = *state;
    static const char session[] =
        XCLIENT "C XCLIENT NAME=[UNAVAILABLE] ADDR=192.0.2.7 PORT=4000 PROTO=ESMTP "
                "HELO=client.example LOGIN=demo@example.net\n" XCLIENT TRANSACTION "C QUIT\n";
    start(b, "smtp", (const char *const[]){ session, session, NULL }, NULL);
    send_message(b);
    send_message(b);
    until(b, b->up.conns[1].rest.n == 0 && b->up.conns[0].rest.n == 0);
    script_expect_done(&b->up);
}

static void a_refused_xclient_is_no_reason_to_say_nothing(void **state)
{
    struct bench *b = *state;
    start(b, "smtp",
          (const char *const[]){
              XCLIENT "C XCLIENT NAME=[UNAVAILABLE] ADDR=192.0.2.7 PORT=4000 PROTO=ESMTP "
                      "HELO=client.example LOGIN=demo@example.net\nS 550 not you\nW\n",
              NULL },
          NULL);
    mail(b, 451);
}

static void binarymime_goes_by_bdat_unchanged(void **state)
{
    struct bench *b = *state;
    static const char script[] =
        EHLO("S 250-CHUNKING\nS 250-BINARYMIME\n") "C MAIL FROM:<a@example.net> BODY=BINARYMIME\nS "
                                                   "250 ok\nC RCPT TO:<b@example.com>\n"
                                                   "S 250 ok\nC BDAT 12 LAST\nB 12\nS 250 ok\n";
    start(b, "smtp", (const char *const[]){ script, NULL }, NULL);
    b->mail.body = SMTP_BODY_BINARYMIME;
    mail(b, 250);
    rcpt(b, SLICE("b@example.com"), 250);
    content(b, 354);
    write_content(b, SLICE("a: b\r\n\r\n\n."));
    write_content(b, SLICE("\0\r"));
    end(b, 250);
    finish(b);
    expect_slice("octets", buf_slice(&b->up.conns[0].got), SLICE("a: b\r\n\r\n\n.\0\r"));
    script_expect_done(&b->up);
}

static void a_refused_chunk_decides_the_message(void **state)
{
    struct bench *b = *state;
    static uint8_t much[70000];
    start(b, "smtp",
          (const char *const[]){
              EHLO("S 250-CHUNKING\nS 250-BINARYMIME\n") "C MAIL FROM:<a@example.net> "
                                                         "BODY=BINARYMIME\nS 250 ok\n"
                                                         "C RCPT TO:<b@example.com>\nS 250 ok\nC "
                                                         "BDAT 65536\n"
                                                         "B 65536\nS 552 too big\nW\n",
              NULL },
          NULL);
    b->mail.body = SMTP_BODY_BINARYMIME;
    mail(b, 250);
    rcpt(b, SLICE("b@example.com"), 250);
    content(b, 354);
    write_content(b, (struct slice){ much, sizeof much });
    until(b, b->losses);
    assert_int_equal(b->reply.code, 552);
}

#define LMTP_START                                                                        \
    HELLO("LHLO", "")                                                                     \
    "C MAIL FROM:<a@example.net>\nS 250 ok\nC RCPT TO:<b@example.com>\nS 250 ok\n"        \
    "C RCPT TO:<no@example.com>\nS 550 no\nC RCPT TO:<c@example.com>\nS 250 ok\nC DATA\n" \
    "S 354 go\nD\n"

static void lmtp_message(struct bench *b, uint16_t code)
{
    mail(b, 250);
    rcpt(b, SLICE("b@example.com"), 250);
    rcpt(b, SLICE("no@example.com"), 550);
    rcpt(b, SLICE("c@example.com"), 250);
    content(b, 354);
    write_content(b, MESSAGE);
    end(b, code);
}

static void lmtp_replies_become_one_honest_reply(void **state)
{
    static const struct {
        const char *replies;
        uint16_t code;
        const char *text;
    } cases[] = {
        { "S 250 one\nS 250 two\n", 250, "two" },
        { "S 250 one\nS 552 full\n", 554,
          "Delivered to b@example.com, but not to c@example.com (552 full)" },
        { "S 452 wait\nS 552 full\n", 451,
          "Not delivered to b@example.com (452 wait) c@example.com (552 full)" },
        { "S 250 one\nX\n", 451,
          "Delivered to b@example.com, but not to c@example.com (451 The mail server went "
          "away, "
          "try again later)" },
        { "X\n", 451, "The mail server went away, try again later" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        void *one = NULL;
        char script[1024];
        assert_int_equal(open_bench(&one), 0);
        struct bench *b = one;
        (void)snprintf(script, sizeof script, LMTP_START "%s", cases[i].replies);
        start(b, "lmtp", (const char *const[]){ script, NULL }, NULL);
        lmtp_message(b, cases[i].code);
        assert_string_equal(b->text, cases[i].text);
        script_expect_done(&b->up);
        assert_int_equal(close_bench(&one), 0);
    }
}

#define UP_TO_DATA                                                                               \
    PLAIN "C MAIL FROM:<a@example.net>\nS 250 ok\nC RCPT TO:<b@example.com>\nS 250 ok\nC DATA\n" \
          "S 354 go\n"

static void up_to_data(struct bench *b)
{
    mail(b, 250);
    rcpt(b, SLICE("b@example.com"), 250);
    content(b, 354);
    write_content(b, SLICE("a: b\r\n"));
}

static void an_upstream_that_closes_mid_data_is_lost_with_451(void **state)
{
    struct bench *b = *state;
    start(b, "smtp", (const char *const[]){ UP_TO_DATA "C a: b\nX\n", NULL }, NULL);
    up_to_data(b);
    until(b, b->losses);
    assert_int_equal(b->reply.code, 451);
    assert_int_equal(b->losses, 1);
}

static void an_early_refusal_during_data_is_what_the_client_hears(void **state)
{
    struct bench *b = *state;
    start(b, "smtp", (const char *const[]){ UP_TO_DATA "C a: b\nS 552 too big\nW\n", NULL }, NULL);
    up_to_data(b);
    until(b, b->losses);
    assert_int_equal(b->reply.code, 552);
}

static void an_early_acceptance_during_data_is_not_believed(void **state)
{
    struct bench *b = *state;
    start(b, "smtp", (const char *const[]){ UP_TO_DATA "C a: b\nS 250 ok\nW\n", NULL }, NULL);
    up_to_data(b);
    until(b, b->losses);
    assert_int_equal(b->reply.code, 451);
}

static void an_upstream_gone_after_the_end_is_451(void **state)
{
    struct bench *b = *state;
    start(b, "smtp", (const char *const[]){ UP_TO_DATA "D\nX\n", NULL }, NULL);
    up_to_data(b);
    end(b, 451);
    assert_int_equal(b->losses, 0);
}

static void a_transaction_given_up_is_reset_and_the_link_serves_on(void **state)
{
    struct bench *b = *state;
    start(b, "smtp",
          (const char *const[]){ PLAIN "C MAIL FROM:<a@example.net>\nS 250 ok\nC RSET\n"
                                       "S 250 ok\n" TRANSACTION,
                                 NULL },
          NULL);
    mail(b, 250);
    finish(b);
    while (b->ups->targets[0].kept_n == 0)
        turn(b);
    send_message(b);
    script_expect_done(&b->up);
}

static void content_given_up_closes_and_never_ends_the_data(void **state)
{
    struct bench *b = *state;
    start(b, "smtp", (const char *const[]){ UP_TO_DATA "C a: b\nD\n", NULL }, NULL);
    up_to_data(b);
    until(b, b->up.conns[0].rest.n == 2);
    finish(b);
    until(b, b->up.conns[0].closed);
    assert_int_equal(buf_size(&b->up.conns[0].got), 0);
    assert_int_equal(b->up.conns[0].rest.n, 2); /* the end was never seen */
}

static void a_full_upstream_says_so_and_then_has_room(void **state)
{
    struct bench *b = *state;
    static uint8_t much[64 * 1024];
    memset(much, 'x', sizeof much);
    start(b, "smtp", (const char *const[]){ UP_TO_DATA "W\nD\nS 250 ok\n", NULL }, NULL);
    up_to_data(b);
    size_t sent = 0;
    for (; !b->d->class->is_full(b->d); sent += sizeof much) {
        write_content(b, (struct slice){ much, sizeof much });
        assert_true(sent < 64u * 1024 * 1024);
    }
    script_go(&b->up, 0);
    until(b, b->rooms);
    assert_false(b->d->class->is_full(b->d));
    end(b, 250);
    assert_int_equal(buf_size(&b->up.conns[0].got), sent + 6 + 5);
}

static void a_borrower_may_go_while_it_waits(void **state)
{
    struct bench *b = *state;
    start(b, "smtp", (const char *const[]){ "W\n", NULL }, NULL);
    struct delivery_mail m = { .peer = &b->peer, .parameters = &b->mail };
    b->d = relay_new(b->ups, b->loop, &b->conf.timeouts, &b->owner);
    b->d->class->mail(b->d, &m);
    finish(b); /* before the loop turned */
    b->d = relay_new(b->ups, b->loop, &b->conf.timeouts, &b->owner);
    b->d->class->mail(b->d, &m);
    for (; !b->up.accepted;)
        loop_run(b->loop);
    finish(b); /* while it connects */
    assert_int_equal(b->replies + b->losses, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_message_arrives_stuffed_and_the_final_reply_is_the_upstreams),
        T(parameters_pass_where_the_upstream_takes_them),
        T(size_and_auth_are_left_out_where_not_offered),
        cmocka_unit_test(auth_names_the_account),
        T(an_extension_lost_since_is_451),
        T(a_kept_link_serves_the_next_message),
        T(a_421_on_a_kept_link_is_tried_once_more_on_a_fresh_one),
        T(a_kept_link_that_closes_at_mail_is_replaced),
        T(a_kept_link_that_closed_while_idle_is_forgotten),
        T(a_link_that_said_421_serves_nobody_more),
        T(a_reply_too_many_ends_the_link),
        T(the_next_target_serves_when_the_first_will_not),
        T(no_target_at_all_is_451),
        T(xclient_is_told_then_ehlo_and_the_link_is_not_kept),
        T(a_refused_xclient_is_no_reason_to_say_nothing),
        T(binarymime_goes_by_bdat_unchanged),
        T(a_refused_chunk_decides_the_message),
        cmocka_unit_test(lmtp_replies_become_one_honest_reply),
        T(an_upstream_that_closes_mid_data_is_lost_with_451),
        T(an_early_refusal_during_data_is_what_the_client_hears),
        T(an_early_acceptance_during_data_is_not_believed),
        T(an_upstream_gone_after_the_end_is_451),
        T(a_transaction_given_up_is_reset_and_the_link_serves_on),
        T(content_given_up_closes_and_never_ends_the_data),
        T(a_full_upstream_says_so_and_then_has_room),
        T(a_borrower_may_go_while_it_waits),
    };
    return cmocka_run_group_tests_name("submit/relay", tests, NULL, NULL);
}
