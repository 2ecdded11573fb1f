/* SPDX-License-Identifier: ISC
 *
 * The connection to Dovecot's auth socket: one for all questions, made again when it is lost.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/dovecot_internal.h"
#include "base/log.h"

#define GREETING_US     (5 * US_PER_S)
#define BACK_OFF_MIN_US (100 * US_PER_MS)
#define BACK_OFF_MAX_US (5 * US_PER_S)
#define OUTPUT_MAX      (8 * 1024 * 1024) /* questions are refused from the mark, half of it, on */
#define OFFERED_MAX     1024

static void try_connect(struct dovecot_backend *d);

static void set_timer(struct dovecot_backend *d, int64_t wait_us)
{
    timer_set(&d->timer, wait_us ? loop_now_us(d->base.loop) + wait_us : 0);
}

static void complain(struct dovecot_backend *d, const char *reason)
{
    if (!d->complained)
        LOG(L_WARN, "auth.down", FIELD_STR("backend", "dovecot"), FIELD_STR("reason", reason));
    d->complained = true;
}

/* A connection that held is taken up again soon; one that keeps breaking, ever more slowly. */
static void come_back_later(struct dovecot_backend *d)
{
    d->state = DOVECOT_DOWN;
    set_timer(d, d->back_off_us);
    d->back_off_us *= 2;
    if (d->back_off_us > BACK_OFF_MAX_US)
        d->back_off_us = BACK_OFF_MAX_US;
}

void dovecot_disconnect(struct dovecot_backend *d, const char *reason)
{
    struct conn *conn = TAKE(d->conn);
    int64_t now_us = loop_now_us(d->base.loop);
    if (d->state == DOVECOT_UP) {
        d->lost_us = now_us;
        if (now_us - d->up_us >= BACK_OFF_MAX_US)
            d->back_off_us = BACK_OFF_MIN_US;
    }
    complain(d, reason);
    come_back_later(d);
    conn_close(conn);
    dovecot_ask_lose(d, reason);
}

/* -PLUS needs the client's TLS connection, EXTERNAL its certificate: neither can be passed on. */
static bool is_wanted(const struct dovecot_line *line)
{
    struct slice name = line->mechanism;
    return sasl_is_mechanism(name) && !line->private && !line->anonymous &&
           !slice_equal_nocase(name, SLICE("ANONYMOUS")) &&
           !slice_equal_nocase(name, SLICE("EXTERNAL")) && !slice_ends_nocase(name, SLICE("-PLUS"));
}

static bool is_offered(const struct dovecot_backend *d, struct slice name)
{
    struct slice word, rest = buf_slice(&d->offered);
    while (rest.n) {
        (void)slice_cut(rest, ' ', &word, &rest); /* the last has no space behind it */
        if (slice_equal_nocase(word, name))
            return true;
    }
    return false;
}

static void add_word(struct buf *words, struct slice word)
{
    if (buf_size(words))
        buf_append_byte(words, ' ');
    buf_append(words, word);
}

static const struct slice ranked[] = {
    SLICE_INIT("SCRAM-SHA-512"), SLICE_INIT("SCRAM-SHA-256"), SLICE_INIT("SCRAM-SHA-1"),
    SLICE_INIT("OAUTHBEARER"),   SLICE_INIT("XOAUTH2"),       SLICE_INIT("GSSAPI"),
    SLICE_INIT("GSS-SPNEGO"),    SLICE_INIT("DIGEST-MD5"),    SLICE_INIT("CRAM-MD5"),
    SLICE_INIT("NTLM"),          SLICE_INIT("PLAIN"),         SLICE_INIT("LOGIN"),
};

static bool is_ranked(struct slice name)
{
    for (size_t i = 0; i < ARRAY_SIZE(ranked); i++)
        if (slice_equal_nocase(name, ranked[i]))
            return true;
    return false;
}

/* What nobody ranked comes first: it is newer than this list. LOGIN is read by us and asked as
 * PLAIN, so the two are offered together. */
static void rank_mechanisms(struct dovecot_backend *d)
{
    struct slice word, rest = buf_slice(&d->offered);
    bool plain = is_offered(d, SLICE("PLAIN"));
    buf_clear(&d->mechanisms);
    while (rest.n) {
        (void)slice_cut(rest, ' ', &word, &rest); /* as above */
        if (!is_ranked(word))
            add_word(&d->mechanisms, word);
    }
    for (size_t i = 0; i < ARRAY_SIZE(ranked); i++) {
        bool clear =
            slice_equal(ranked[i], SLICE("PLAIN")) || slice_equal(ranked[i], SLICE("LOGIN"));
        if (clear ? plain : is_offered(d, ranked[i]))
            add_word(&d->mechanisms, ranked[i]);
    }
}

static void greeted(struct dovecot_backend *d)
{
    if (!d->version_seen) {
        dovecot_disconnect(d, "Dovecot's greeting has no version");
        return;
    }
    rank_mechanisms(d);
    if (buf_size(&d->mechanisms) == 0) { /* a master or userdb socket shows none */
        dovecot_disconnect(d, "Dovecot offers no mechanism that can be passed on");
        return;
    }
    d->state = DOVECOT_UP;
    d->up_us = loop_now_us(d->base.loop);
    d->complained = false;
    set_timer(d, 0);
    LOG(L_NOTICE, "auth.up", FIELD_STR("backend", "dovecot"),
        FIELD("mechanisms", buf_slice(&d->mechanisms)));
    dovecot_ask_send_waiting(d);
}

static void on_line(struct dovecot_backend *d, const struct dovecot_line *line)
{
    switch (line->command) {
    case DOVECOT_VERSION:
        d->version_seen = true;
        if (line->major != 1)
            dovecot_disconnect(d, "Dovecot speaks another major version");
        break;
    case DOVECOT_MECH:
        if (d->state == DOVECOT_GREETING && is_wanted(line) && !is_offered(d, line->mechanism))
            add_word(&d->offered, line->mechanism);
        break;
    case DOVECOT_DONE:
        if (d->state == DOVECOT_GREETING)
            greeted(d);
        break;
    case DOVECOT_OK:
    case DOVECOT_CONT:
    case DOVECOT_FAIL: dovecot_ask_reply(d, line); break;
    case DOVECOT_SPID:
    case DOVECOT_CUID:
    case DOVECOT_COOKIE:
    case DOVECOT_OTHER: break;
    }
}

static size_t on_input(struct conn_owner *owner, struct slice bytes)
{
    struct dovecot_backend *d = CONTAINER_OF(owner, struct dovecot_backend, owner);
    const struct conn *conn = d->conn;
    struct slice line, rest = bytes, after;
    struct fault why;
    d->heard_us = loop_now_us(d->base.loop);
    while (d->conn == conn && slice_cut(rest, '\n', &line, &after)) {
        struct dovecot_line parsed;
        rest = after;
        if (line.n < DOVECOT_LINE_MAX && dovecot_line_parse(line, &parsed, &why))
            on_line(d, &parsed);
        else
            dovecot_disconnect(d, "Dovecot sent a line that makes no sense");
    }
    if (d->conn == conn && rest.n >= DOVECOT_LINE_MAX)
        dovecot_disconnect(d, "Dovecot sent an over-long line");
    return bytes.n - rest.n;
}

static void on_connected(struct conn_owner *owner)
{
    struct dovecot_backend *d = CONTAINER_OF(owner, struct dovecot_backend, owner);
    d->state = DOVECOT_GREETING;
    /* Both lines at once and first: from 2.4.1 on the server waits for our version. */
    dovecot_hello_write((uint32_t)getpid(), conn_output(d->conn));
    conn_write(d->conn, (struct slice){ 0 });
}

static void on_end(struct conn_owner *owner)
{
    dovecot_disconnect(CONTAINER_OF(owner, struct dovecot_backend, owner), "Dovecot hung up");
}

static void on_closed(struct conn_owner *owner, int error UNUSED)
{
    struct dovecot_backend *d = CONTAINER_OF(owner, struct dovecot_backend, owner);
    d->conn = NULL; /* it goes by itself */
    dovecot_disconnect(d, "Dovecot is away");
}

static void try_connect(struct dovecot_backend *d)
{
    int error;
    d->version_seen = false;
    buf_clear(&d->offered);
    d->conn = conn_connect(d->base.loop, &d->address, &d->owner, OUTPUT_MAX, &error);
    if (!d->conn) {
        complain(d, "Dovecot is away");
        come_back_later(d);
        return;
    }
    d->state = DOVECOT_CONNECTING;
    set_timer(d, GREETING_US);
}

static void on_timer(struct loop_timer *timer)
{
    struct dovecot_backend *d = CONTAINER_OF(timer, struct dovecot_backend, timer);
    if (d->state == DOVECOT_DOWN)
        try_connect(d);
    else
        dovecot_disconnect(d, "Dovecot does not greet");
}

/* During a restart of Dovecot clients still see AUTH: their questions wait as long. */
static struct slice dovecot_mechanisms(struct auth_backend *b, bool binding UNUSED)
{
    struct dovecot_backend *d = dovecot_of(b);
    bool soon = d->lost_us && loop_now_us(b->loop) - d->lost_us < DOVECOT_WAIT_US;
    return d->state == DOVECOT_UP || soon ? buf_slice(&d->mechanisms) : (struct slice){ 0 };
}

static int dovecot_exists(struct auth_backend *b UNUSED, struct slice name UNUSED)
{
    return -1;
}

static void dovecot_close(struct auth_backend *b)
{
    struct dovecot_backend *d = dovecot_of(b);
    conn_close(d->conn);
    dovecot_ask_drop_all(d);
    timer_clear(&d->timer);
    timer_clear(&d->overdue);
    buf_clear(&d->offered);
    buf_clear(&d->mechanisms);
    auth_backend_clear(b);
    free(d);
}

static const struct auth_ops dovecot_ops = {
    .close = dovecot_close,
    .mechanisms = dovecot_mechanisms,
    .exists = dovecot_exists,
    .check = dovecot_password,
    .exchange = dovecot_exchange,
    .proceed = dovecot_proceed,
    .cancel = dovecot_cancel,
};

struct auth_backend *dovecot_open(const struct auth_setup *setup, const char *path, struct buf *why)
{
    struct dovecot_backend *d = calloc(1, sizeof *d);
    if (!d) {
        buf_append_str(why, "auth: out of memory");
        return NULL;
    }
    bool good = auth_backend_init(&d->base, &dovecot_ops, setup, path);
    timer_init(&d->timer, setup->loop, on_timer);
    dovecot_ask_init(d);
    buf_init(&d->offered, OFFERED_MAX);
    buf_init(&d->mechanisms, OFFERED_MAX + sizeof "PLAIN LOGIN");
    d->back_off_us = BACK_OFF_MIN_US;
    d->owner = (struct conn_owner){
        .on_input = on_input, .on_end = on_end, .on_connected = on_connected, .on_closed = on_closed
    };
    if (!good || !address_of_path(slice_of_str(path), &d->address)) {
        buf_printf(why, "auth: dovecot:%s: %s", path,
                   good ? "no path of a socket" : "out of memory");
        dovecot_close(&d->base);
        return NULL;
    }
    try_connect(d);
    return &d->base;
}
