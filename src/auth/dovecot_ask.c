/* SPDX-License-Identifier: ISC
 *
 * The questions on the connection to Dovecot: many in flight, told apart by their ids.
 */
#include <stdlib.h>
#include <string.h>

#include "auth/dovecot_internal.h"
#include "base/base64.h"
#include "base/secret.h"

#define PLAIN_MAX   (2 * AUTH_NAME_MAX + SASL_PASSWORD_MAX + 2)
#define COMMAND_MAX 32 /* "AUTH", an id, tabs and the line feed around a request */

/* --- the table --- */

static struct dovecot_ask **bucket_of(struct dovecot_backend *d, uint32_t id)
{
    return &d->buckets[id % DOVECOT_BUCKETS];
}

static struct dovecot_ask *find(struct dovecot_backend *d, uint32_t id)
{
    struct dovecot_ask *ask = *bucket_of(d, id);
    while (ask && ask->id != id)
        ask = ask->next;
    return ask;
}

static void give_id(struct dovecot_backend *d, struct dovecot_ask *ask)
{
    do
        d->last_id++;
    while (d->last_id == 0 || find(d, d->last_id));
    ask->id = d->last_id;
    ask->next = *bucket_of(d, ask->id);
    *bucket_of(d, ask->id) = ask;
}

static void take_id(struct dovecot_backend *d, struct dovecot_ask *ask)
{
    struct dovecot_ask **at = bucket_of(d, ask->id);
    while (*at && *at != ask)
        at = &(*at)->next;
    if (*at)
        *at = ask->next;
    ask->next = NULL;
    ask->id = 0;
}

static void arm(struct dovecot_backend *d)
{
    const struct dovecot_ask *waiting = TAILQ_FIRST(&d->stages[DOVECOT_WAITING]);
    const struct dovecot_ask *asked = TAILQ_FIRST(&d->stages[DOVECOT_ASKED]);
    int64_t due_us = waiting ? waiting->since_us + DOVECOT_WAIT_US : INT64_MAX;
    if (asked && asked->since_us + DOVECOT_ANSWER_US < due_us)
        due_us = asked->since_us + DOVECOT_ANSWER_US;
    timer_set(&d->overdue, due_us == INT64_MAX ? 0 : due_us);
}

static void enter(struct dovecot_backend *d, struct dovecot_ask *ask, enum dovecot_stage stage)
{
    ask->stage = stage;
    ask->since_us = loop_now_us(d->base.loop);
    TAILQ_INSERT_TAIL(&d->stages[stage], ask, link);
    d->waiting_n += stage == DOVECOT_WAITING;
}

static void leave(struct dovecot_backend *d, struct dovecot_ask *ask)
{
    TAILQ_REMOVE(&d->stages[ask->stage], ask, link);
    d->waiting_n -= ask->stage == DOVECOT_WAITING;
}

static struct dovecot_ask *ask_new(struct dovecot_backend *d, struct auth_question *q)
{
    struct dovecot_ask *ask = d->open_n < DOVECOT_OPEN_MAX ? calloc(1, sizeof *ask) : NULL;
    if (!ask)
        return NULL;
    buf_init(&ask->request, DOVECOT_LINE_MAX - COMMAND_MAX);
    ask->question = q;
    q->backend_data = ask;
    d->open_n++;
    return ask;
}

/* Its question stands without it from here on. */
static void ask_free(struct dovecot_backend *d, struct dovecot_ask *ask)
{
    if (ask->id)
        take_id(d, ask);
    ask->question->backend_data = NULL;
    buf_wipe(&ask->request);
    free(ask);
    d->open_n--;
}

static void ask_drop(struct dovecot_backend *d, struct dovecot_ask *ask)
{
    leave(d, ask);
    ask_free(d, ask);
}

/* --- answers --- */

/* The end of a question: freed first, because the asker may ask again at once. */
static void finish(struct dovecot_backend *d, struct dovecot_ask *ask,
                   const struct auth_answer *answer)
{
    struct auth_question *q = ask->question;
    uint8_t name[AUTH_NAME_MAX];
    struct auth_answer told = *answer;
    memcpy(name, ask->name, ask->name_n);
    told.name = (struct slice){ name, ask->name_n };
    ask_drop(d, ask);
    arm(d);
    auth_answer_now(q, &told);
}

static void finish_without(struct dovecot_backend *d, struct dovecot_ask *ask, const char *reason)
{
    finish(d, ask, &(struct auth_answer){ .outcome = AUTH_UNAVAILABLE, .reason = reason });
}

static void cancel_there(struct dovecot_backend *d, const struct dovecot_ask *ask)
{
    if (d->state != DOVECOT_UP || !ask->id)
        return;
    dovecot_cancel_write(ask->id, conn_output(d->conn));
    conn_write(d->conn, (struct slice){ 0 });
}

static void on_ok(struct dovecot_backend *d, struct dovecot_ask *ask,
                  const struct dovecot_line *line)
{
    struct buf account;
    buf_init(&account, AUTH_NAME_MAX);
    bool good = dovecot_unescape(line->user, &account) && buf_size(&account) > 0;
    struct slice name = buf_slice(&account);
    good = good && !slice_has(name, 0) && !slice_has(name, '\n') && !slice_has(name, '\r');
    if (line->proxy) /* then Dovecot has not verified the password: the next server would */
        finish_without(d, ask, "Dovecot would proxy this account, and has not checked it");
    else if (line->nologin || line->is_anonymous)
        finish(d, ask,
               &(struct auth_answer){ .outcome = AUTH_FAILED,
                                      .reason = "Dovecot does not let this account log in" });
    else if (!good)
        finish_without(d, ask, "Dovecot's OK has no usable account name");
    else
        finish(d, ask, &(struct auth_answer){ .outcome = AUTH_OK, .account = name });
    buf_clear(&account);
}

static void on_challenge(struct dovecot_backend *d, struct dovecot_ask *ask,
                         const struct dovecot_line *line)
{
    uint8_t bytes[DOVECOT_LINE_MAX];
    size_t n = 0;
    if (!ask->exchange || !base64_decode(line->challenge, bytes, &n) || n > AUTH_MESSAGE_MAX) {
        cancel_there(d, ask);
        finish_without(d, ask, "Dovecot's challenge cannot be used");
        return;
    }
    leave(d, ask);
    enter(d, ask, DOVECOT_IDLE);
    arm(d);
    auth_answer_now(ask->question,
                    &(struct auth_answer){ .outcome = AUTH_CHALLENGE, .challenge = { bytes, n } });
}

static void on_failure(struct dovecot_backend *d, struct dovecot_ask *ask,
                       const struct dovecot_line *line)
{
    static const char *const reasons[] = {
        [DOVECOT_WRONG] = "Dovecot: wrong name or password",
        [DOVECOT_TEMPORARY] = "Dovecot: temporary failure",
        [DOVECOT_NOT_AUTHORIZED] = "Dovecot: may not act as another account",
        [DOVECOT_DISABLED] = "Dovecot: account disabled",
        [DOVECOT_EXPIRED] = "Dovecot: password expired",
        [DOVECOT_BASE64] = "Dovecot: invalid base64",
    };
    struct buf user;
    buf_init(&user, AUTH_NAME_MAX);
    if (ask->name_n == 0 && dovecot_unescape(line->user, &user) && buf_size(&user)) {
        memcpy(ask->name, buf_slice(&user).p, buf_size(&user));
        ask->name_n = buf_size(&user);
    }
    buf_clear(&user);
    bool later = line->failure == DOVECOT_TEMPORARY;
    finish(d, ask,
           &(struct auth_answer){ .outcome = later ? AUTH_UNAVAILABLE : AUTH_FAILED,
                                  .reason = reasons[line->failure] });
}

void dovecot_ask_reply(struct dovecot_backend *d, const struct dovecot_line *line)
{
    struct dovecot_ask *ask = find(d, line->id);
    if (!ask || ask->stage != DOVECOT_ASKED)
        return;
    if (line->command == DOVECOT_OK)
        on_ok(d, ask, line);
    else if (line->command == DOVECOT_CONT)
        on_challenge(d, ask, line);
    else
        on_failure(d, ask, line);
}

/* --- questions --- */

static void send_now(struct dovecot_backend *d, struct dovecot_ask *ask)
{
    give_id(d, ask);
    dovecot_auth_write(ask->id, buf_slice(&ask->request), conn_output(d->conn));
    conn_write(d->conn, (struct slice){ 0 });
    buf_wipe(&ask->request);
    enter(d, ask, DOVECOT_ASKED);
}

void dovecot_ask_send_waiting(struct dovecot_backend *d)
{
    struct dovecot_ask *ask;
    while (d->state == DOVECOT_UP && (ask = TAILQ_FIRST(&d->stages[DOVECOT_WAITING]))) {
        leave(d, ask);
        send_now(d, ask);
    }
    arm(d);
}

/* Sends it, lets it wait, or declines. */
static void place(struct dovecot_backend *d, struct dovecot_ask *ask)
{
    const char *reason = NULL;
    if (ask->request.failed)
        reason = "the message is too long for Dovecot";
    else if (d->state == DOVECOT_UP && conn_is_full(d->conn))
        reason = "Dovecot does not read";
    else if (d->state != DOVECOT_UP && d->waiting_n >= DOVECOT_WAITING_MAX)
        reason = "too many questions wait for Dovecot";
    if (reason) {
        auth_unavailable_later(&d->base, ask->question, reason);
        ask_free(d, ask);
    } else if (d->state == DOVECOT_UP) {
        send_now(d, ask);
    } else {
        enter(d, ask, DOVECOT_WAITING);
    }
    arm(d);
}

static void start(struct dovecot_backend *d, struct auth_question *q,
                  const struct auth_facts *facts, struct dovecot_request *request,
                  struct slice name)
{
    struct dovecot_ask *ask = ask_new(d, q);
    if (!ask) {
        auth_unavailable_later(&d->base, q, "too many questions to Dovecot are open");
        return;
    }
    request->service = slice_of_str(d->base.service);
    request->session = facts->session;
    request->client_id = facts->clientid;
    request->local = &facts->local;
    request->remote = &facts->peer;
    request->tls = facts->tls;
    ask->exchange = !slice_equal(request->mechanism, SLICE("PLAIN"));
    dovecot_request_write(request, &ask->request);
    if (name.n)
        memcpy(ask->name, name.p, name.n);
    ask->name_n = name.n;
    place(d, ask);
}

void dovecot_password(struct auth_backend *b, struct auth_question *q,
                      const struct auth_facts *facts, const struct auth_password *p)
{
    CLEANUP(buf_wipe) struct buf message;
    buf_init(&message, PLAIN_MAX);
    buf_append(&message, p->authorize);
    buf_append_byte(&message, 0);
    buf_append(&message, p->name);
    buf_append_byte(&message, 0);
    buf_append(&message, p->password);
    struct dovecot_request request = { .mechanism = SLICE("PLAIN"),
                                       .has_response = true,
                                       .response = buf_slice(&message) };
    if (message.failed)
        auth_unavailable_later(b, q, "out of memory");
    else
        start(dovecot_of(b), q, facts, &request, p->name);
}

void dovecot_exchange(struct auth_backend *b, struct auth_question *q,
                      const struct auth_facts *facts, struct slice mechanism, struct slice initial)
{
    CLEANUP(buf_clear) struct buf name;
    buf_init(&name, AUTH_NAME_MAX);
    struct dovecot_request request = { .mechanism = mechanism,
                                       .has_response = initial.p != NULL,
                                       .response = initial };
    bool shown = initial.p && sasl_name_find(mechanism, initial, &name);
    start(dovecot_of(b), q, facts, &request, shown ? buf_slice(&name) : (struct slice){ 0 });
}

void dovecot_proceed(struct auth_backend *b, struct auth_question *q, struct slice response)
{
    struct dovecot_backend *d = dovecot_of(b);
    struct dovecot_ask *ask = q->backend_data;
    if (d->state != DOVECOT_UP || !ask->id ||
        BASE64_ENCODED(response.n) > DOVECOT_LINE_MAX - COMMAND_MAX) {
        cancel_there(d, ask);
        auth_unavailable_later(b, q,
                               ask->id ? "the response is too long for Dovecot"
                                       : "the connection to Dovecot was lost in between");
        ask_drop(d, ask);
        return;
    }
    dovecot_continue_write(ask->id, response, conn_output(d->conn));
    conn_write(d->conn, (struct slice){ 0 });
    leave(d, ask);
    enter(d, ask, DOVECOT_ASKED);
    arm(d);
}

void dovecot_cancel(struct auth_backend *b, struct auth_question *q)
{
    struct dovecot_backend *d = dovecot_of(b);
    struct dovecot_ask *ask = q->backend_data;
    cancel_there(d, ask);
    ask_drop(d, ask);
    arm(d);
}

/* --- what goes wrong --- */

void dovecot_ask_lose(struct dovecot_backend *d, const char *reason)
{
    struct dovecot_ask *ask;
    TAILQ_FOREACH(ask, &d->stages[DOVECOT_IDLE], link)
    if (ask->id)
        take_id(d, ask);
    while ((ask = TAILQ_FIRST(&d->stages[DOVECOT_ASKED]))) {
        auth_unavailable_later(&d->base, ask->question, reason);
        ask_drop(d, ask);
    }
    arm(d);
}

void dovecot_ask_drop_all(struct dovecot_backend *d)
{
    for (size_t i = 0; i < DOVECOT_STAGES; i++)
        for (struct dovecot_ask *ask; (ask = TAILQ_FIRST(&d->stages[i]));)
            ask_drop(d, ask);
}

static bool is_due(const struct dovecot_backend *d, const struct dovecot_ask *ask, int64_t wait_us)
{
    return ask && ask->since_us + wait_us <= loop_now_us(d->base.loop);
}

/* A server from which nothing came since the question was asked is taken for dead. */
static void on_overdue(struct loop_timer *timer)
{
    struct dovecot_backend *d = CONTAINER_OF(timer, struct dovecot_backend, overdue);
    struct dovecot_ask *ask;
    bool dead = false;
    while (is_due(d, ask = TAILQ_FIRST(&d->stages[DOVECOT_WAITING]), DOVECOT_WAIT_US))
        finish_without(d, ask, "Dovecot is away");
    while (is_due(d, ask = TAILQ_FIRST(&d->stages[DOVECOT_ASKED]), DOVECOT_ANSWER_US)) {
        dead = dead || d->heard_us < ask->since_us;
        cancel_there(d, ask);
        finish_without(d, ask, "Dovecot did not answer in time");
    }
    if (dead && d->conn)
        dovecot_disconnect(d, "Dovecot does not answer");
    arm(d);
}

void dovecot_ask_init(struct dovecot_backend *d)
{
    for (size_t i = 0; i < DOVECOT_STAGES; i++)
        TAILQ_INIT(&d->stages[i]);
    timer_init(&d->overdue, d->base.loop, on_overdue);
}
