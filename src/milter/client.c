/* SPDX-License-Identifier: ISC */
#include "milter/client.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "milter/events.h"

#define CLOSE_LINGER_US (5 * US_PER_S)

static void run(struct milter_client *c);
static void settle(struct milter_client *c);

static int64_t now_of(const struct milter_client *c)
{
    return loop_now_us(c->worker->loop);
}

/* --- its end --- */

static void on_reap(struct loop_task *task)
{
    struct milter_client *c = CONTAINER_OF(task, struct milter_client, reap);
    struct milter_worker *w = c->worker;
    timer_clear(&c->timer);
    milter_clear(&c->session);
    buf_clear(&c->out);
    free(c);
    w->serving.clients_n--;
    milter_worker_recount(w);
}

static void flush(struct milter_client *c)
{
    if (c->conn && buf_size(&c->out))
        conn_write(c->conn, buf_slice(&c->out));
    buf_consume(&c->out, buf_size(&c->out));
}

/* What was written is sent; everything else is given back now, the memory at the end of the turn. */
static void end(struct milter_client *c)
{
    if (c->dead)
        return;
    c->dead = true;
    flush(c);
    LOG(L_DEBUG, "milter.disconnect", FIELD_STR("session", c->session.id),
        FIELD_NUM("messages", c->session.messages), FIELD_STR("reason", c->session.close_reason));
    verification_free(TAKE(c->verification));
    *c->at = c->next;
    if (c->next)
        c->next->at = c->at;
    if (c->conn)
        conn_leave(TAKE(c->conn), CLOSE_LINGER_US);
    loop_defer(c->worker->loop, &c->reap);
}

void milter_client_hangup(struct milter_client *c, const char *reason)
{
    if (c->dead)
        return;
    milter_hangup(&c->session, reason);
    run(c);
    end(c);
}

/* --- the message's verification --- */

static void gather(const struct verification *v, struct milter_verified *out)
{
    const struct postern_dkim_verifier *dkim = verification_dkim(v);
    size_t all = postern_dkim_verifier_signatures(dkim);
    out->signatures_n = all < MILTER_REPORTED_MAX ? all : MILTER_REPORTED_MAX;
    out->signatures_more = all - out->signatures_n;
    for (size_t i = 0; i < out->signatures_n; i++)
        out->signatures[i] = postern_dkim_verifier_signature(dkim, i);
    out->result = postern_dkim_verifier_result(dkim);
    out->faults = postern_dkim_verifier_faults(dkim);
    for (int kind = 0; kind < MILTER_KINDS; kind++)
        out->practices[kind] = verification_practices(v, (enum postern_practices_kind)kind);
    out->published = verification_published(v);
}

static void on_verified(struct verification *v, void *owner)
{
    struct milter_client *c = owner;
    struct milter_verified verified = { 0 };
    gather(v, &verified);
    milter_event_notes(&c->session, &verified);
    milter_worker_verified(c->worker);
    milter_verified(&c->session, &verified, now_of(c));
    run(c);
    settle(c);
}

static void begin_verification(struct milter_client *c)
{
    int64_t now_s = clock_wall_us() / US_PER_S;
    c->verification = verification_new(&c->worker->verification, now_s, on_verified, c);
    if (!c->verification)
        milter_unverified(&c->session, -ENOMEM, now_of(c));
    else if (c->session.message.list && c->session.message.list->reject_strict)
        verification_want_published(c->verification);
}

static void feed(struct milter_client *c, const struct milter_want *want)
{
    int error = 0;
    if (!c->verification) /* it has failed, and the session knows */
        return;
    switch (want->kind) {
    case MILTER_WANT_FIELD: error = verification_field(c->verification, want->bytes); break;
    case MILTER_WANT_HEADER_END: error = verification_header_end(c->verification); break;
    case MILTER_WANT_BODY: error = verification_body(c->verification, want->bytes); break;
    case MILTER_WANT_VERDICT: error = verification_end(c->verification); break;
    case MILTER_WANT_VERIFY:
    case MILTER_WANT_ABORT:
    case MILTER_WANT_EVENT:
    case MILTER_WANT_CLOSE: break;
    }
    if (!error)
        return;
    verification_free(TAKE(c->verification));
    milter_unverified(&c->session, error, now_of(c));
}

/* --- after every activity --- */

static void run(struct milter_client *c)
{
    struct milter_want want;
    while (!c->dead && milter_next(&c->session, &want)) {
        switch (want.kind) {
        case MILTER_WANT_VERIFY: begin_verification(c); break;
        case MILTER_WANT_FIELD:
        case MILTER_WANT_HEADER_END:
        case MILTER_WANT_BODY:
        case MILTER_WANT_VERDICT: feed(c, &want); break;
        case MILTER_WANT_ABORT: verification_free(TAKE(c->verification)); break;
        case MILTER_WANT_EVENT:
            milter_event_log(&c->session, want.event, c->worker->setup->privacy);
            break;
        case MILTER_WANT_CLOSE: end(c); break;
        }
    }
}

/* A worker that stops waits for messages, not for connections. */
static void settle(struct milter_client *c)
{
    if (c->dead)
        return;
    if (c->out.failed) {
        milter_client_hangup(c, "out of memory");
        return;
    }
    flush(c);
    if (c->worker->serving.stopping && milter_idle(&c->session))
        milter_client_hangup(c, "the service stops");
    else
        timer_set(&c->timer, milter_deadline(&c->session));
}

/* --- the connection --- */

static size_t on_input(struct conn_owner *owner, struct slice bytes)
{
    struct milter_client *c = CONTAINER_OF(owner, struct milter_client, owner);
    size_t taken = 0;
    int64_t wall_s = clock_wall_us() / US_PER_S;
    while (!c->dead && taken < bytes.n && !conn_is_full(c->conn)) {
        size_t n = milter_input(&c->session, slice_from(bytes, taken), now_of(c), wall_s);
        taken += n;
        run(c);
        if (n == 0)
            break;
        if (!c->dead)
            flush(c);
    }
    settle(c);
    return taken;
}

static void on_room(struct conn_owner *owner)
{
    struct milter_client *c = CONTAINER_OF(owner, struct milter_client, owner);
    conn_resume(c->conn);
}

static void on_end(struct conn_owner *owner)
{
    milter_client_hangup(CONTAINER_OF(owner, struct milter_client, owner), "closed by the MTA");
}

static void on_closed(struct conn_owner *owner, int error)
{
    struct milter_client *c = CONTAINER_OF(owner, struct milter_client, owner);
    c->conn = NULL;
    milter_client_hangup(c, error ? err_text(error) : "closed by the MTA");
}

static void on_nothing(struct conn_owner *owner)
{
    (void)owner; /* there is no TLS, and accepted connections are connected */
}

static void on_timer(struct loop_timer *timer)
{
    struct milter_client *c = CONTAINER_OF(timer, struct milter_client, timer);
    if (c->dead)
        return;
    milter_tick(&c->session, now_of(c));
    run(c);
    settle(c);
}

static void link_client(struct milter_client *c, struct milter_worker *w)
{
    c->worker = w;
    c->next = w->clients;
    c->at = &w->clients;
    if (c->next)
        c->next->at = &c->next;
    w->clients = c;
    w->serving.clients_n++;
}

static void make_id(char id[MILTER_ID_MAX])
{
    uint8_t bytes[(MILTER_ID_MAX - 1) / 2];
    randombytes_buf(bytes, sizeof bytes);
    (void)sodium_bin2hex(id, MILTER_ID_MAX, bytes, sizeof bytes);
}

void milter_client_accept(struct milter_worker *w, int fd, const struct address *peer)
{
    char id[MILTER_ID_MAX], text[ADDRESS_TEXT_MAX];
    struct milter_client *c = calloc(1, sizeof *c);
    if (!c) {
        (void)close(fd); /* nobody to tell */
        return;
    }
    c->owner = (struct conn_owner){ on_input, on_room, on_nothing, on_end, on_nothing, on_closed };
    c->conn = conn_new(w->loop, fd, &c->owner, 2 * MILTER_OUTPUT_MAX);
    if (!c->conn) {
        free(c);
        return;
    }
    conn_acknowledge(c->conn); /* most of what an MTA sends gets no answer */
    c->reap.run = on_reap;
    timer_init(&c->timer, w->loop, on_timer);
    buf_init(&c->out, MILTER_OUTPUT_MAX);
    make_id(id);
    milter_init(&c->session, &w->session, id, &c->out, loop_now_us(w->loop));
    link_client(c, w);
    LOG(L_DEBUG, "milter.connect", FIELD_STR("session", id),
        FIELD_STR("mta", address_text(peer, text)));
    settle(c);
    milter_worker_recount(w);
}
