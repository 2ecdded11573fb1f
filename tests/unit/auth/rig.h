/* SPDX-License-Identifier: ISC
 *
 * For the tests of the backends: a loop, a pool, a directory, and questions that remember their
 * answers. Everything happens on this thread's loop; an alarm ends a test that hangs.
 */
#pragma once

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "auth/auth.h"
#include "auth/backend.h"
#include "base/clock.h"
#include "net/conn.h"
#include "net/listener.h"

struct rig {
    struct loop *loop;
    struct thread_pool *pool;
    char directory[64];
    struct auth_backend *backend;
    struct auth_facts facts;
};

struct asked {
    struct auth_question question;
    struct loop *loop;
    unsigned answers;
    enum auth_outcome outcome;
    const char *reason;
    uint8_t account[256], name[256], challenge[4096];
    size_t account_n, name_n, challenge_n;
};

static const uint8_t rig_key[32] = { 7 };

static inline struct rig rig_new(unsigned queue_max)
{
    struct rig r = { .loop = loop_new(), .directory = "/tmp/postern-auth-XXXXXX" };
    alarm(60);
    assert_non_null(r.loop);
    r.pool = thread_pool_new(r.loop, 2, queue_max);
    assert_non_null(r.pool);
    assert_non_null(mkdtemp(r.directory));
    r.facts.session = SLICE("s1");
    r.facts.clientid = SLICE("UUID:p\tq");
    r.facts.tls = true;
    assert_true(address_parse(SLICE("192.0.2.7:4711"), &r.facts.peer));
    assert_true(address_parse(SLICE("198.51.100.1:587"), &r.facts.local));
    return r;
}

static inline void rig_path(const struct rig *r, const char *name, char out[128])
{
    (void)snprintf(out, 128, "%s/%s", r->directory, name);
}

static inline bool rig_try_open(struct rig *r, const char *kind, const char *name, int64_t cache_us,
                                struct buf *why)
{
    char spec[160];
    (void)snprintf(spec, sizeof spec, "%s:%s/%s", kind, r->directory, name);
    struct auth_setup setup = { .loop = r->loop,
                                .threads = r->pool,
                                .spec = spec,
                                .realm = "example.com",
                                .cache_us = cache_us,
                                .cache_key = rig_key,
                                .salt_key = rig_key,
                                .service = "smtp" };
    r->backend = auth_open(&setup, why);
    return r->backend != NULL;
}

static inline void rig_open(struct rig *r, const char *kind, const char *name, int64_t cache_us)
{
    struct buf why;
    buf_init(&why, 1024);
    if (!rig_try_open(r, kind, name, cache_us, &why))
        fail_msg("%.*s", SLICE_ARG(buf_slice(&why)));
    buf_clear(&why);
}

static inline void rig_write(const struct rig *r, const char *name, const char *text, mode_t mode)
{
    char path[128];
    rig_path(r, name, path);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static inline void rig_free(struct rig *r, const char *const *files)
{
    char path[128];
    auth_close(r->backend);
    thread_pool_free(r->pool);
    loop_free(r->loop);
    for (; files && *files; files++) {
        rig_path(r, *files, path);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(r->directory), 0);
}

static inline void asked_on_answer(struct auth_question *q, const struct auth_answer *answer)
{
    struct asked *a = CONTAINER_OF(q, struct asked, question);
    a->answers++;
    a->outcome = answer->outcome;
    a->reason = answer->reason;
    a->account_n = answer->account.n;
    a->name_n = answer->name.n;
    a->challenge_n = answer->challenge.n;
    assert_true(a->challenge_n <= sizeof a->challenge);
    if (a->account_n)
        memcpy(a->account, answer->account.p, a->account_n);
    if (a->name_n)
        memcpy(a->name, answer->name.p, a->name_n);
    if (a->challenge_n)
        memcpy(a->challenge, answer->challenge.p, a->challenge_n);
    loop_stop(a->loop);
}

static inline struct asked *asked_new(const struct rig *r)
{
    struct asked *a = calloc(1, sizeof *a);
    assert_non_null(a);
    a->loop = r->loop;
    a->question.on_answer = asked_on_answer;
    return a;
}

static inline struct asked *ask_password(struct rig *r, const char *name, const char *password)
{
    struct asked *a = asked_new(r);
    auth_check(r->backend, &a->question, &r->facts, SLICE("PLAIN"), SLICE(""), slice_of_str(name),
               slice_of_str(password));
    assert_int_equal(a->answers, 0); /* never from inside the call */
    return a;
}

static inline void await(struct rig *r, const struct asked *a)
{
    unsigned before = a->answers;
    while (a->answers == before)
        loop_run(r->loop);
    assert_int_equal(a->answers, before + 1);
}

/* One turn of the loop, at least. */
static inline void rig_stop(struct loop_timer *t)
{
    loop_stop(t->loop);
}

static inline void rig_turn(struct rig *r)
{
    struct loop_timer t;
    timer_init(&t, r->loop, rig_stop);
    timer_set(&t, loop_now_us(r->loop) + US_PER_MS);
    loop_run(r->loop);
    timer_clear(&t);
}

static inline struct slice asked_account(const struct asked *a)
{
    return (struct slice){ a->account, a->account_n };
}

static inline struct slice asked_challenge(const struct asked *a)
{
    return (struct slice){ a->challenge, a->challenge_n };
}

/* Asks and waits; the account must be as given where it is OK. */
static inline void expect_password(struct rig *r, const char *what, const char *name,
                                   const char *password, enum auth_outcome outcome,
                                   const char *account)
{
    struct asked *a = ask_password(r, name, password);
    await(r, a);
    if (a->outcome != outcome)
        fail_msg("%s: outcome %u (%s)", what, a->outcome, a->reason ? a->reason : "");
    if (outcome == AUTH_OK)
        expect_slice(what, asked_account(a), slice_of_str(account));
    free(a);
}

/* --- a peer on a UNIX socket, on the same loop --- */

struct peer {
    struct listener listener;
    struct conn_owner owner;
    struct rig *rig;
    struct conn *conn;
    int fd;
    unsigned connections;
    struct buf heard; /* all that came, over all connections */
    void (*on_connection)(struct peer *);
    void (*on_heard)(struct peer *);
};

static inline size_t peer_on_input(struct conn_owner *owner, struct slice bytes)
{
    struct peer *p = CONTAINER_OF(owner, struct peer, owner);
    buf_append(&p->heard, bytes);
    if (p->on_heard)
        p->on_heard(p);
    loop_stop(p->rig->loop);
    return bytes.n;
}

static inline void peer_on_closed(struct conn_owner *owner, int error UNUSED)
{
    struct peer *p = CONTAINER_OF(owner, struct peer, owner);
    p->conn = NULL;
    loop_stop(p->rig->loop);
}

static inline void peer_on_end(struct conn_owner *owner)
{
    struct peer *p = CONTAINER_OF(owner, struct peer, owner);
    conn_close(p->conn);
    p->conn = NULL;
    loop_stop(p->rig->loop);
}

static inline void peer_on_accept(struct listener *l, int fd, const struct address *peer UNUSED)
{
    struct peer *p = CONTAINER_OF(l, struct peer, listener);
    p->owner = (struct conn_owner){ .on_input = peer_on_input,
                                    .on_closed = peer_on_closed,
                                    .on_end = peer_on_end };
    conn_close(p->conn);
    p->conn = conn_new(p->rig->loop, fd, &p->owner, 1 << 20);
    p->connections++;
    if (p->on_connection)
        p->on_connection(p);
}

static inline void peer_start(struct peer *p, struct rig *r, const char *name)
{
    struct sockaddr_un where = { .sun_family = AF_UNIX };
    (void)snprintf(where.sun_path, sizeof where.sun_path, "%s/%s", r->directory, name);
    (void)unlink(where.sun_path);
    p->rig = r;
    buf_init(&p->heard, 1 << 20);
    p->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(p->fd >= 0);
    assert_int_equal(bind(p->fd, (const struct sockaddr *)&where, sizeof where), 0);
    assert_int_equal(listen(p->fd, 128), 0);
    p->listener.on_accept = peer_on_accept;
    assert_int_equal(listener_start(&p->listener, r->loop, p->fd), 0);
}

static inline void peer_say(struct peer *p, const char *text)
{
    conn_write(p->conn, slice_of_str(text));
}

static inline void peer_hang_up(struct peer *p)
{
    conn_close(p->conn);
    p->conn = NULL;
}

static inline void peer_stop(struct peer *p)
{
    conn_close(p->conn);
    listener_stop(&p->listener);
    (void)close(p->fd);
    buf_clear(&p->heard);
}

static inline bool peer_heard(const struct peer *p, const char *text)
{
    struct slice all = buf_slice(&p->heard);
    return all.n && memmem(all.p, all.n, text, strlen(text)) != NULL;
}

static inline void peer_await(struct peer *p, const char *text)
{
    while (!peer_heard(p, text))
        loop_run(p->rig->loop);
}
