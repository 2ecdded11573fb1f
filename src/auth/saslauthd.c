/* SPDX-License-Identifier: ISC
 *
 * saslauthd, Cyrus SASL's password daemon: one request a connection, four counted strings there
 * (login, password, service, realm: 16-bit big-endian length, bytes), one back ("OK..." or
 * "NO..."). At most BUSY_MAX connections at a time; the rest wait in line.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "auth/backend.h"
#include "auth/cache.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/reader.h"
#include "base/secret.h"
#include "net/conn.h"

#define BUSY_MAX    64
#define LINE_MAX_N  1000
#define TIMEOUT_US  (30 * US_PER_S) /* from the question to the answer, waiting included */
#define REPLY_MAX   1024
#define REQUEST_MAX (4 * 2 + 2 * AUTH_NAME_MAX + SASL_PASSWORD_MAX + 64)

struct saslauthd_check { /* q->backend_data */
    TAILQ_ENTRY(saslauthd_check) link;
    struct conn_owner owner;
    struct saslauthd_backend *backend;
    struct auth_question *question;
    struct conn *conn; /* NULL: waits in line, or its connection is gone */
    bool busy;         /* which list */
    int64_t deadline_us;
    uint8_t cache_key[CACHE_KEY];
    uint8_t name[AUTH_NAME_MAX];
    size_t name_n;
    struct buf request;
};
TAILQ_HEAD(check_list, saslauthd_check);

struct saslauthd_backend {
    struct auth_backend base;
    struct address address;
    struct cache *cache;
    struct check_list busy, line; /* each in order of deadlines */
    size_t busy_n, line_n;
    struct loop_timer timer;
    bool away; /* the last connection failed, and that was logged */
};

static struct saslauthd_backend *saslauthd_of(struct auth_backend *b)
{
    return CONTAINER_OF(b, struct saslauthd_backend, base);
}

static void arm(struct saslauthd_backend *s)
{
    const struct saslauthd_check *busy = TAILQ_FIRST(&s->busy), *waits = TAILQ_FIRST(&s->line);
    int64_t due_us = busy ? busy->deadline_us : 0;
    if (waits && (!due_us || waits->deadline_us < due_us))
        due_us = waits->deadline_us;
    timer_set(&s->timer, due_us);
}

/* Takes it out of its list and frees it; its question stands without it from here on. */
static void check_drop(struct saslauthd_check *check)
{
    struct saslauthd_backend *s = check->backend;
    if (check->busy) {
        TAILQ_REMOVE(&s->busy, check, link);
        s->busy_n--;
    } else {
        TAILQ_REMOVE(&s->line, check, link);
        s->line_n--;
    }
    conn_close(check->conn);
    check->question->backend_data = NULL;
    buf_wipe(&check->request);
    secret_wipe(check, sizeof *check);
    free(check);
}

static void note_health(struct saslauthd_backend *s, bool away, const char *reason)
{
    if (away && !s->away)
        LOG(L_WARN, "auth.down", FIELD_STR("backend", "saslauthd"), FIELD_STR("reason", reason));
    else if (!away && s->away)
        LOG(L_NOTICE, "auth.up", FIELD_STR("backend", "saslauthd"));
    s->away = away;
}

static void start_next(struct saslauthd_backend *s);

static void settle(struct saslauthd_check *check, enum auth_outcome outcome, const char *reason)
{
    struct saslauthd_backend *s = check->backend;
    struct auth_question *q = check->question;
    struct auth_answer answer = { .outcome = outcome, .reason = reason };
    if (outcome == AUTH_OK) {
        answer.account = (struct slice){ check->name, check->name_n };
        cache_put(s->cache, check->cache_key, loop_now_us(s->base.loop));
    }
    note_health(s, outcome == AUTH_UNAVAILABLE, reason);
    auth_answer_later(&s->base, q, &answer);
    check_drop(check);
    start_next(s);
    arm(s);
}

/* reply = length "OK" [text] / length "NO" [text] */
static size_t on_input(struct conn_owner *owner, struct slice bytes)
{
    struct saslauthd_check *check = CONTAINER_OF(owner, struct saslauthd_check, owner);
    struct reader r = reader_of(bytes);
    uint16_t n = reader_be16(&r);
    struct slice text = reader_bytes(&r, n);
    if (bytes.n >= 2 && (n < 2 || n > REPLY_MAX))
        settle(check, AUTH_UNAVAILABLE, "saslauthd's reply makes no sense");
    else if (r.bad)
        return 0;
    else if (slice_starts(text, SLICE("OK")))
        settle(check, AUTH_OK, NULL);
    else if (slice_starts(text, SLICE("NO")))
        settle(check, AUTH_FAILED, "saslauthd says no");
    else
        settle(check, AUTH_UNAVAILABLE, "saslauthd's reply makes no sense");
    return bytes.n;
}

static void on_end(struct conn_owner *owner)
{
    settle(CONTAINER_OF(owner, struct saslauthd_check, owner), AUTH_UNAVAILABLE,
           "saslauthd closed without an answer");
}

static void on_closed(struct conn_owner *owner, int error UNUSED)
{
    struct saslauthd_check *check = CONTAINER_OF(owner, struct saslauthd_check, owner);
    check->conn = NULL; /* it goes by itself */
    settle(check, AUTH_UNAVAILABLE, "saslauthd is away");
}

static void on_connected(struct conn_owner *owner)
{
    struct saslauthd_check *check = CONTAINER_OF(owner, struct saslauthd_check, owner);
    conn_write(check->conn, buf_slice(&check->request));
    buf_wipe(&check->request);
}

/* Moves the first in line to the busy ones. */
static void start_next(struct saslauthd_backend *s)
{
    struct saslauthd_check *check;
    while (s->busy_n < BUSY_MAX && (check = TAILQ_FIRST(&s->line))) {
        int error;
        check->conn =
            conn_connect(s->base.loop, &s->address, &check->owner, 4 * REQUEST_MAX, &error);
        if (!check->conn) {
            note_health(s, true, "saslauthd is away");
            auth_unavailable_later(&s->base, check->question, "saslauthd is away");
            check_drop(check);
            continue;
        }
        TAILQ_REMOVE(&s->line, check, link);
        s->line_n--;
        check->busy = true;
        TAILQ_INSERT_TAIL(&s->busy, check, link);
        s->busy_n++;
    }
}

static void on_timer(struct loop_timer *timer)
{
    struct saslauthd_backend *s = CONTAINER_OF(timer, struct saslauthd_backend, timer);
    int64_t now_us = loop_now_us(s->base.loop);
    struct saslauthd_check *check;
    while (((check = TAILQ_FIRST(&s->busy)) && check->deadline_us <= now_us) ||
           ((check = TAILQ_FIRST(&s->line)) && check->deadline_us <= now_us))
        settle(check, AUTH_UNAVAILABLE, "saslauthd did not answer in time");
    arm(s);
}

static void add_counted(struct buf *out, struct slice text)
{
    buf_append_byte(out, (uint8_t)(text.n >> 8));
    buf_append_byte(out, (uint8_t)text.n);
    buf_append(out, text);
}

/* The name and its realm travel apart, as Cyrus SASL's own client sends them; `saslauthd -r` puts
 * them together again. */
static bool write_request(struct saslauthd_backend *s, const struct auth_password *p,
                          struct buf *out)
{
    struct slice login, realm;
    if (!slice_cut_last(p->name, '@', &login, &realm) || login.n == 0) {
        login = p->name;
        realm = slice_of_str(s->base.realm);
    }
    buf_init(out, REQUEST_MAX);
    add_counted(out, login);
    add_counted(out, p->password);
    add_counted(out, slice_of_str(s->base.service));
    add_counted(out, realm);
    return !out->failed;
}

static void ask(struct saslauthd_backend *s, struct auth_question *q, const struct auth_password *p,
                const uint8_t key[CACHE_KEY])
{
    struct saslauthd_check *check = calloc(1, sizeof *check);
    if (!check || !write_request(s, p, &check->request)) {
        if (check)
            buf_wipe(&check->request);
        free(check);
        auth_unavailable_later(&s->base, q, "out of memory");
        return;
    }
    check->owner = (struct conn_owner){
        .on_input = on_input, .on_end = on_end, .on_connected = on_connected, .on_closed = on_closed
    };
    check->backend = s;
    check->question = q;
    check->deadline_us = loop_now_us(s->base.loop) + TIMEOUT_US;
    memcpy(check->cache_key, key, CACHE_KEY);
    memcpy(check->name, p->name.p, p->name.n);
    check->name_n = p->name.n;
    q->backend_data = check;
    TAILQ_INSERT_TAIL(&s->line, check, link);
    s->line_n++;
    start_next(s);
    arm(s);
}

static void saslauthd_password(struct auth_backend *b, struct auth_question *q,
                               const struct auth_facts *facts UNUSED, const struct auth_password *p)
{
    struct saslauthd_backend *s = saslauthd_of(b);
    uint8_t key[CACHE_KEY];
    cache_key(s->cache, p->name, p->password, (struct slice){ 0 }, key);
    if (p->authorize.n && !auth_same_name(b, p->name, p->authorize))
        auth_fail_later(b, q, "may not act as another account");
    else if (cache_has(s->cache, key, loop_now_us(b->loop)))
        auth_answer_later(b, q, &(struct auth_answer){ .outcome = AUTH_OK, .account = p->name });
    else if (s->line_n >= LINE_MAX_N)
        auth_unavailable_later(b, q, "too many questions to saslauthd wait");
    else
        ask(s, q, p, key);
    secret_wipe(key, sizeof key);
}

static void saslauthd_cancel(struct auth_backend *b, struct auth_question *q)
{
    check_drop(q->backend_data);
    start_next(saslauthd_of(b));
    arm(saslauthd_of(b));
}

static struct slice saslauthd_mechanisms(struct auth_backend *b UNUSED, bool binding UNUSED)
{
    return SLICE("PLAIN LOGIN");
}

static int saslauthd_exists(struct auth_backend *b UNUSED, struct slice name UNUSED)
{
    return -1;
}

static void saslauthd_close(struct auth_backend *b)
{
    struct saslauthd_backend *s = saslauthd_of(b);
    struct saslauthd_check *check;
    while ((check = TAILQ_FIRST(&s->busy)) || (check = TAILQ_FIRST(&s->line)))
        check_drop(check);
    timer_clear(&s->timer);
    auth_backend_clear(b);
    cache_free(s->cache);
    free(s);
}

static const struct auth_ops saslauthd_ops = {
    .close = saslauthd_close,
    .mechanisms = saslauthd_mechanisms,
    .exists = saslauthd_exists,
    .check = saslauthd_password,
    .cancel = saslauthd_cancel,
};

struct auth_backend *saslauthd_open(const struct auth_setup *setup, const char *path,
                                    struct buf *why)
{
    struct saslauthd_backend *s = calloc(1, sizeof *s);
    if (!s) {
        buf_append_str(why, "auth: out of memory");
        return NULL;
    }
    TAILQ_INIT(&s->busy);
    TAILQ_INIT(&s->line);
    timer_init(&s->timer, setup->loop, on_timer);
    bool good = auth_backend_init(&s->base, &saslauthd_ops, setup, path);
    if (!good || !address_of_path(slice_of_str(path), &s->address)) {
        buf_printf(why, "auth: saslauthd:%s: %s", path,
                   good ? "no path of a socket" : "out of memory");
        saslauthd_close(&s->base);
        return NULL;
    }
    s->cache = cache_new(setup->cache_key, setup->cache_us);
    return &s->base;
}
