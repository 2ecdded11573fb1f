/* SPDX-License-Identifier: ISC */
#include "submit/attempt.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/proxy.h"
#include "submit/events.h"

#define OUTPUT_MAX      (128 * 1024) /* replies that wait to be written; input stops at half */
#define CLOSE_LINGER_US (5 * US_PER_S)

static void settle(struct client *c);
static void end_if_over(struct client *c);

static int64_t now_of(const struct client *c)
{
    return loop_now_us(c->worker->loop);
}

/* --- its end --- */

static void on_reap(struct loop_task *task)
{
    struct client *c = CONTAINER_OF(task, struct client, reap);
    struct worker *w = c->worker;
    timer_clear(&c->timer);
    if (c->running)
        submit_clear(&c->session);
    free(c);
    w->serving.clients_n--;
    serving_recount(&w->serving);
}

static void stop_waiting(struct client *c)
{
    if (!c->waits)
        return;
    c->waits = false;
    c->worker->waiting--;
    metrics_move(c->worker->setup->metrics, METRIC_AUTH_WAITING, -1);
}

/* Everything is given back now; the memory at the end of the turn. */
static void end(struct client *c, const char *reason)
{
    struct worker *w = c->worker;
    if (c->dead)
        return;
    c->dead = true;
    event_disconnect(c, reason);
    stop_waiting(c);
    attempt_free(c);
    auth_cancel(w->auth, &c->question);
    if (c->delivery)
        c->delivery->class->close(TAKE(c->delivery));
    if (c->slot >= 0) {
        w->by_slot[c->slot] = NULL;
        admission_leave(w->setup->admission, w->setup->column, c->slot);
    }
    *c->at = c->next;
    if (c->next)
        c->next->at = c->at;
    loop_defer(w->loop, &c->reap);
}

static void finish(struct client *c, const char *reason)
{
    if (c->dead)
        return;
    end(c, reason);
    conn_leave(TAKE(c->conn), CLOSE_LINGER_US);
}

static void happened(struct client *c, const struct submit_want *want)
{
    event_session(c, want);
    if (want->event == SUBMIT_EVENT_AUTH && c->session.auth_outcome == SUBMIT_AUTH_OK) {
        admission_set(c->worker->setup->admission, c->worker->setup->column, c->slot,
                      ADMISSION_AUTHENTICATED);
    }
    if (want->event == SUBMIT_EVENT_AUTH)
        attempt_over(c);
    if (want->event == SUBMIT_EVENT_MESSAGE &&
        c->session.message_outcome == SUBMIT_MESSAGE_ACCEPTED)
        client_drop_delivery(c); /* taken: there is nothing to give up */
}

static void drain(struct client *c)
{
    struct submit_want want;
    while (!c->dead && submit_next(&c->session, &want)) {
        switch (want.kind) {
        case SUBMIT_WANT_EVENT: happened(c, &want); break;
        case SUBMIT_WANT_CONTENT:
            if (c->delivery)
                c->delivery->class->write(c->delivery, want.content);
            break;
        case SUBMIT_WANT_ANSWER: client_ask(c, want.question); break;
        case SUBMIT_WANT_CANCEL: auth_cancel(c->worker->auth, &c->question); break;
        case SUBMIT_WANT_ABORT: client_drop_delivery(c); break;
        case SUBMIT_WANT_CLOSE: finish(c, c->session.close_reason); break;
        }
    }
}

/* --- input --- */

static void refresh(struct client *c)
{
    struct worker *w = c->worker;
    struct submit_session *s = &c->session;
    if (submit_authenticated(s) && s->transaction)
        return;
    s->mechanisms = auth_mechanisms(w->auth, s->tls);
    if (w->upstreams)
        s->upstream_known = upstreams_capabilities(w->upstreams, &s->upstream);
    else
        s->upstream = maildir_capabilities();
}

static bool can_take(const struct client *c)
{
    return !c->dead && !conn_is_full(c->conn) &&
           !(c->delivery && c->delivery->class->is_full(c->delivery));
}

static size_t feed(struct client *c, struct slice bytes)
{
    size_t taken = 0;
    refresh(c);
    while (can_take(c)) {
        size_t n = submit_input(&c->session, slice_from(bytes, taken), now_of(c));
        taken += n;
        drain(c);
        if (n == 0)
            break;
    }
    c->kept = bytes.n - taken;
    settle(c);
    end_if_over(c);
    return taken;
}

static void begin(struct client *c)
{
    struct worker *w = c->worker;
    const struct conf_submission *conf = &w->setup->conf->submission;
    uint32_t used = admission_count(w->setup->admission), most = conf->limits.connections;
    struct submit_start start = {
        .peer = c->peer,
        .local = c->local,
        .tls = c->implicit_tls,
        .now_us = now_of(c),
        .authenticate_us = conf->timeouts.authenticate_us,
    };
    /* NOLINTNEXTLINE(misc-redundant-expression): they are equal by chance */
    _Static_assert(SUBMIT_LINE_MAX <= CONN_INPUT_MAX, "a whole line must fit");
    if (used > most / 2) /* from half full on, down to a tenth of the time when full */
        start.authenticate_us -= start.authenticate_us / 10 * 9 / (most - most / 2 + 1) *
                                 (int64_t)((used < most ? used : most) - most / 2);
    start.authenticate_us -= now_of(c) - c->started_us; /* what PROXY and TLS took of it */
    memcpy(start.id, c->id, sizeof start.id);
    submit_init(&c->session, &w->session, &start, conn_output(c->conn));
    c->running = true;
    conn_write(c->conn, (struct slice){ 0 });
    settle(c);
}

/* Takes a place in the table; with nobody to shed the newcomer must go. */
static bool admit(struct client *c)
{
    struct worker *w = c->worker;
    const struct conf_limits *limits = &w->setup->conf->submission.limits;
    struct admission_limits bounds = { limits->connections, limits->prefix_connections };
    int32_t column, slot;
    c->slot = admission_enter(w->setup->admission, w->setup->column, address_prefix(&c->peer),
                              &bounds, now_of(c), &column, &slot);
    if (slot >= 0) {
        uint64_t one = 1;
        (void)!write(w->setup->wake_fds[column], &one, sizeof one); /* full: it is awake anyway */
    }
    if (c->slot < 0)
        return false;
    w->by_slot[c->slot] = c;
    return true;
}

/* early: bytes behind a PROXY header, which belong to the handshake of an implicit TLS listener. */
static void start(struct client *c, struct slice early)
{
    if (!admit(c)) {
        event_refused_connection(c->worker, &c->peer, "too many connections");
        if (!c->implicit_tls)
            conn_write(c->conn, SLICE("421 4.3.2 Too many connections, try again later\r\n"));
        finish(c, "too many connections");
        return;
    }
    event_connect(c);
    if (c->implicit_tls) {
        c->tls_started_us = now_of(c);
        timer_set(&c->timer,
                  now_of(c) + c->worker->setup->conf->submission.timeouts.authenticate_us);
        admission_set(c->worker->setup->admission, c->worker->setup->column, c->slot,
                      ADMISSION_IDLE);
        conn_accept_tls(c->conn, tls_server_context(c->worker->setup->tls), early);
    } else {
        begin(c);
    }
}

static size_t take_proxy_header(struct client *c, struct slice bytes)
{
    struct proxy_header header;
    struct fault why;
    switch (proxy_parse(bytes, &header, &why)) {
    case PROXY_MORE: return 0;
    case PROXY_BAD:
        event_refused_connection(c->worker, &c->peer, why.what);
        end(c, "bad PROXY header");
        conn_close(TAKE(c->conn));
        return 0;
    case PROXY_DONE: break;
    }
    if (!header.local) {
        c->peer = header.source;
        c->local = header.destination;
        address_normalise(&c->peer);
        address_normalise(&c->local);
    }
    c->proxied = false;
    start(c, c->implicit_tls ? slice_from(bytes, header.length) : (struct slice){ 0 });
    return c->implicit_tls ? bytes.n : header.length;
}

static size_t on_input(struct conn_owner *owner, struct slice bytes)
{
    struct client *c = CONTAINER_OF(owner, struct client, owner);
    if (c->proxied) {
        size_t taken = take_proxy_header(c, bytes);
        if (taken < bytes.n && c->conn && taken)
            conn_resume(c->conn);
        return taken;
    }
    return c->running ? feed(c, bytes) : 0;
}

/* --- after every activity --- */

static enum admission_state state_of(const struct client *c)
{
    if (submit_authenticated(&c->session))
        return ADMISSION_AUTHENTICATED;
    if (c->session.asked == SUBMIT_ASK_TLS) /* a handshake that hangs is the cheapest attack */
        return ADMISSION_IDLE;
    return submit_may_shed(&c->session) ? ADMISSION_IDLE : ADMISSION_BUSY;
}

static void note_waiting(struct client *c)
{
    bool waits = c->session.release_us != 0 || c->session.resume_us != 0;
    if (waits && !c->waits) {
        c->waits = true;
        c->worker->waiting++;
        metrics_move(c->worker->setup->metrics, METRIC_AUTH_WAITING, 1);
    } else if (!waits) {
        stop_waiting(c);
    }
}

static void settle(struct client *c)
{
    if (c->dead)
        return;
    if (c->slot >= 0)
        admission_set(c->worker->setup->admission, c->worker->setup->column, c->slot, state_of(c));
    note_waiting(c);
    timer_set(&c->timer, submit_deadline(&c->session));
    if (buf_size(c->session.out))
        conn_write(c->conn, (struct slice){ 0 });
}

/* The peer has ended its side, and all that it sent before has been dealt with. */
static void end_if_over(struct client *c)
{
    if (c->dead || !c->ended || c->session.asked != SUBMIT_ASK_NOTHING || c->session.release_us ||
        c->session.resume_us || !can_take(c))
        return;
    submit_hangup(&c->session, "closed by the client");
    drain(c);
}

void client_go_on(struct client *c)
{
    drain(c);
    settle(c);
    if (!c->kept)
        end_if_over(c);
    if (!c->dead)
        conn_resume(c->conn);
}

static void on_answer(struct auth_question *q, const struct auth_answer *a)
{
    struct client *c = CONTAINER_OF(q, struct client, question);
    struct submit_answer answer = {
        .question = c->session.asked,
        .account = a->outcome == AUTH_OK ? a->account : a->name,
        .challenge = a->challenge,
        .reason = a->reason,
        .crowded = c->worker->waiting >= c->worker->setup->conf->submission.limits.waiting,
    };
    switch (a->outcome) {
    case AUTH_OK: answer.sasl = SUBMIT_SASL_OK; break;
    case AUTH_CHALLENGE: answer.sasl = SUBMIT_SASL_CHALLENGE; break;
    case AUTH_FAILED: answer.sasl = SUBMIT_SASL_FAILED; break;
    case AUTH_UNAVAILABLE: answer.sasl = SUBMIT_SASL_UNAVAILABLE; break;
    }
    submit_answer(&c->session, &answer, now_of(c));
    client_go_on(c);
}

static void on_delivery_reply(struct delivery_owner *owner, const struct smtp_reply *reply)
{
    struct client *c = CONTAINER_OF(owner, struct client, delivery_owner);
    struct submit_answer answer = {
        .question = c->session.asked,
        .reply = *reply,
        .wall_us = clock_wall_us(),
    };
    metrics_upstream(c->worker->setup->metrics, reply->code);
    metrics_time(c->worker->setup->metrics, METRIC_TIME_UPSTREAM, now_of(c) - c->asked_us);
    submit_answer(&c->session, &answer, now_of(c));
    client_go_on(c);
}

static void on_delivery_lost(struct delivery_owner *owner, const struct smtp_reply *reply)
{
    struct client *c = CONTAINER_OF(owner, struct client, delivery_owner);
    client_drop_delivery(c);
    submit_delivery_lost(&c->session, reply, now_of(c));
    client_go_on(c);
}

/* There is room again, at one side: a client that has ended may go now. */
static void go_on_with_room(struct client *c)
{
    if (c->running && !c->kept)
        end_if_over(c);
    if (!c->dead)
        conn_resume(c->conn);
}

static void on_delivery_room(struct delivery_owner *owner)
{
    go_on_with_room(CONTAINER_OF(owner, struct client, delivery_owner));
}

static void on_room(struct conn_owner *owner)
{
    go_on_with_room(CONTAINER_OF(owner, struct client, owner));
}

static void on_tls(struct conn_owner *owner)
{
    struct client *c = CONTAINER_OF(owner, struct client, owner);
    if (c->running) {
        submit_answer(&c->session, &(struct submit_answer){ .question = SUBMIT_ASK_TLS },
                      now_of(c));
        client_go_on(c);
    } else {
        event_tls(c);
        begin(c);
    }
}

static void on_end(struct conn_owner *owner)
{
    struct client *c = CONTAINER_OF(owner, struct client, owner);
    c->ended = true;
    if (c->running) {
        client_go_on(c);
        return;
    }
    end(c, "closed by the client");
    conn_close(TAKE(c->conn));
}

static void on_connected(struct conn_owner *owner)
{
    (void)owner; /* accepted connections are */
}

static void on_closed(struct conn_owner *owner, int error)
{
    struct client *c = CONTAINER_OF(owner, struct client, owner);
    bool handshake = !c->running || c->session.asked == SUBMIT_ASK_TLS;
    if (error == ERR_TLS && handshake)
        event_tls_failed(c, conn_error_text(c->conn));
    c->conn = NULL;
    if (c->running) {
        submit_hangup(&c->session, error ? err_text(error) : "closed by the client");
        struct submit_want want;
        while (submit_next(&c->session, &want))
            if (want.kind == SUBMIT_WANT_EVENT)
                event_session(c, &want);
    }
    end(c, error ? err_text(error) : "closed by the client");
}

static void on_timer(struct loop_timer *timer)
{
    struct client *c = CONTAINER_OF(timer, struct client, timer);
    if (c->dead)
        return;
    if (!c->running) { /* no PROXY header or no handshake in time */
        end(c, "timeout before the greeting");
        conn_close(TAKE(c->conn));
        return;
    }
    if (c->delivery && c->delivery->class->is_full(c->delivery)) {
        /* It is not the client who is slow, and the upstream has a timer of its own. */
        timer_set(&c->timer, now_of(c) + c->worker->setup->conf->submission.timeouts.data_us);
        return;
    }
    submit_tick(&c->session, now_of(c));
    client_go_on(c);
}

void client_shed(struct client *c, const char *text, const char *reason)
{
    if (c->dead)
        return;
    if (!c->running) {
        end(c, reason);
        conn_close(TAKE(c->conn));
        return;
    }
    submit_shed(&c->session, text, reason);
    drain(c);
}

static void make_id(char id[SUBMIT_ID_MAX])
{
    uint8_t bytes[(SUBMIT_ID_MAX - 1) / 2];
    randombytes_buf(bytes, sizeof bytes);
    (void)sodium_bin2hex(id, SUBMIT_ID_MAX, bytes, sizeof bytes);
}

static bool sends_proxy_header(const struct worker *w, const struct address *peer)
{
    for (size_t i = 0; i < w->proxies_n; i++)
        if (network_has(&w->proxies[i], peer))
            return true;
    return false;
}

static void link_client(struct client *c)
{
    struct worker *w = c->worker;
    c->next = w->clients;
    c->at = &w->clients;
    if (c->next)
        c->next->at = &c->next;
    w->clients = c;
    w->serving.clients_n++;
}

void client_accept(struct worker *w, int fd, const struct address *peer, bool tls)
{
    struct client *c = calloc(1, sizeof *c);
    if (!c) {
        (void)close(fd); /* nobody to tell */
        return;
    }
    c->owner = (struct conn_owner){ on_input, on_room, on_tls, on_end, on_connected, on_closed };
    c->conn = conn_new(w->loop, fd, &c->owner, OUTPUT_MAX);
    if (!c->conn) {
        free(c);
        return;
    }
    c->worker = w;
    c->delivery_owner =
        (struct delivery_owner){ on_delivery_reply, on_delivery_lost, on_delivery_room };
    c->question.on_answer = on_answer;
    c->reap.run = on_reap;
    c->peer = *peer;
    c->local = *conn_local(c->conn);
    address_normalise(&c->peer);
    address_normalise(&c->local);
    c->slot = -1;
    c->started_us = loop_now_us(w->loop);
    c->implicit_tls = tls;
    timer_init(&c->timer, w->loop, on_timer);
    make_id(c->id);
    link_client(c);
    c->proxied = sends_proxy_header(w, &c->peer);
    if (c->proxied)
        timer_set(&c->timer, now_of(c) + w->setup->conf->submission.timeouts.authenticate_us);
    else
        start(c, (struct slice){ 0 });
}
