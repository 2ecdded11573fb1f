/* SPDX-License-Identifier: ISC
 *
 * One connection to an upstream: greeting, EHLO, STARTTLS, XCLIENT, then whatever its borrower
 * says.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/attribute.h"
#include "base/clock.h"
#include "base/err.h"
#include "smtp/xclient.h"
#include "submit/upstream_internal.h"

#define KEPT_MAX        32 /* idle links a target */
#define KEPT_FOR_US     (30 * US_PER_S)
#define MESSAGES_MAX    100 /* on one link, then its capabilities are asked anew */
#define QUIT_LINGER_US  (1 * US_PER_S)
#define INPUT_REPLY_MAX (SMTP_REPLY_LINE_MAX * 8)

static int64_t now_of(const struct upstream_link *link)
{
    return loop_now_us(link->target->ups->loop);
}

static void link_free(struct upstream_link *link)
{
    timer_clear(&link->timer);
    free(link);
}

void link_quit(struct upstream_link *link)
{
    conn_write(link->conn, SLICE("QUIT\r\n"));
    conn_leave(link->conn, QUIT_LINGER_US);
    link_free(link);
}

void link_drop(struct upstream_link *link)
{
    conn_close(link->conn);
    link_free(link);
}

static void arm(struct upstream_link *link)
{
    int64_t due = link->expected ? now_of(link) + link->patience_us : 0;
    timer_set(&link->timer, due);
}

/* The link itself went wrong, in whatever step: its conn is closed or about to be. */
static void link_failed(struct upstream_link *link, const char *reason)
{
    struct upstream_borrower *borrower = link->borrower;
    struct attempt *attempt = link->attempt;
    if (link->step == LINK_KEPT || link->step == LINK_RESETTING) {
        upstream_forget_idle(link);
    } else {
        upstream_log(link->target, L_WARN, "upstream.failed", reason);
    }
    conn_close(link->conn);
    if (attempt) {
        attempt->link = NULL;
        link_free(link);
        upstream_attempt_failed(attempt, reason);
    } else if (borrower) {
        borrower->on_gone(borrower, reason); /* it still asks upstream_was_kept */
        link_free(link);
    } else {
        link_free(link);
    }
}

static void send_expecting(struct upstream_link *link, struct slice bytes, unsigned replies,
                           int64_t patience_us)
{
    conn_write(link->conn, bytes);
    link->expected += replies;
    link->patience_us = patience_us;
    arm(link);
}

static void send_hello(struct upstream_link *link)
{
    struct buf line;
    buf_init(&line, 512);
    buf_printf(&line, "%s %s\r\n", link->target->where.lmtp ? "LHLO" : "EHLO",
               link->target->ups->conf->hostname);
    link->step = LINK_EHLO;
    send_expecting(link, buf_slice(&line), 1, link->target->ups->conf->timeouts.upstream_us);
    buf_clear(&line);
}

static void send_starttls(struct upstream_link *link)
{
    link->step = LINK_STARTTLS;
    send_expecting(link, SLICE("STARTTLS\r\n"), 1, link->target->ups->conf->timeouts.upstream_us);
}

bool link_introduce(struct upstream_link *link)
{
    const struct upstream_client *client = &link->attempt->client;
    const struct conf_submission *conf = link->target->ups->conf;
    char text[ADDRESS_TEXT_MAX];
    struct buf line;
    struct smtp_xclient_facts facts = {
        .offered = link->capabilities.xclient,
        .address = slice_of_str(address_text(&client->peer, text)),
        .port = address_port(&client->peer),
        .helo = client->hello,
        .login = client->login,
    };
    if (!conf->xclient || !(link->capabilities.offered & SMTP_CAP_XCLIENT) || link->xclient_told ||
        link->attempt->borrower == &link->target->ups->probe)
        return false;
    buf_init(&line, 4096);
    smtp_xclient_write(&line, &facts);
    bool told = buf_size(&line) > 0;
    if (told) {
        link->step = LINK_XCLIENT;
        link->xclient_told = true;
        link->login_told = facts.offered & SMTP_XCLIENT_LOGIN;
        send_expecting(link, buf_slice(&line), 1, conf->timeouts.upstream_us);
    }
    buf_clear(&line);
    return told;
}

/* Greeted: TLS where it should be, then who the client is, then ready. */
static void after_hello(struct upstream_link *link)
{
    const struct conf_submission *conf = link->target->ups->conf;
    bool offered = link->capabilities.offered & SMTP_CAP_STARTTLS;
    if (!link->tls && conf->upstream_tls != CONF_UPSTREAM_OFF && offered) {
        send_starttls(link);
        return;
    }
    if (!link->tls && conf->upstream_tls == CONF_UPSTREAM_REQUIRED && !link->target->where.local) {
        link_failed(link, "it offers no STARTTLS, and upstream-tls is required");
        return;
    }
    if (!link->xclient_told)
        upstream_learned(link);
    if (!link_introduce(link))
        upstream_ready(link);
}

static void hello_replied(struct upstream_link *link, const struct smtp_reply *reply,
                          struct slice lines)
{
    if (reply->code / 100 != 2) {
        link_failed(link, "it refused EHLO");
        return;
    }
    smtp_capabilities_parse(lines, &link->capabilities);
    after_hello(link);
}

static void starttls_replied(struct upstream_link *link, const struct smtp_reply *reply)
{
    struct upstreams *ups = link->target->ups;
    if (reply->code != 220) {
        if (ups->conf->upstream_tls == CONF_UPSTREAM_REQUIRED) {
            link_failed(link, "it refused STARTTLS");
            return;
        }
        link->capabilities.offered &= ~(unsigned)SMTP_CAP_STARTTLS;
        after_hello(link);
        return;
    }
    link->step = LINK_HANDSHAKE;
    timer_set(&link->timer, now_of(link) + ups->conf->timeouts.connect_us);
    conn_start_tls(link->conn, ups->tls, false, link->target->where.host);
}

/* Postfix XCLIENT_README: 220 starts the session anew; then comes EHLO again. */
static void xclient_replied(struct upstream_link *link, const struct smtp_reply *reply)
{
    if (reply->code / 100 == 2)
        send_hello(link);
    else
        link_failed(link, "it refused XCLIENT: may this host send it? (or set xclient: no)");
}

static void reset_replied(struct upstream_link *link, const struct smtp_reply *reply)
{
    upstream_forget_idle(link);
    if (reply->code / 100 == 2)
        upstream_return(link, UPSTREAM_CLEAN);
    else
        link_quit(link);
}

static void reply_arrived(struct upstream_link *link, const struct smtp_reply *reply,
                          struct slice lines)
{
    if (link->expected)
        link->expected--;
    arm(link);
    switch (link->step) {
    case LINK_GREETING:
        if (reply->code == 220)
            send_hello(link);
        else
            link_failed(link, "it greets with a refusal");
        break;
    case LINK_EHLO: hello_replied(link, reply, lines); break;
    case LINK_STARTTLS: starttls_replied(link, reply); break;
    case LINK_XCLIENT: xclient_replied(link, reply); break;
    case LINK_LENT: link->borrower->on_reply(link->borrower, reply); break;
    case LINK_RESETTING: reset_replied(link, reply); break;
    case LINK_KEPT: /* a 421 before it closes */
    case LINK_CONNECTING:
    case LINK_HANDSHAKE: link_failed(link, "it spoke out of turn"); break;
    }
}

/* One reply a call: the link may be gone after it. More are offered at the end of the turn. */
static size_t on_input(struct conn_owner *owner, struct slice bytes)
{
    struct upstream_link *link = CONTAINER_OF(owner, struct upstream_link, owner);
    struct conn *conn = link->conn;
    struct smtp_reply reply;
    struct slice lines;
    struct fault why;
    size_t taken = 0;
    switch (smtp_reply_parse(bytes, &reply, &lines, &taken, &why)) {
    case SMTP_REPLY_MORE:
        if (bytes.n > INPUT_REPLY_MAX)
            link_failed(link, "its reply is too long");
        return 0;
    case SMTP_REPLY_BAD: link_failed(link, "it does not speak SMTP"); return 0;
    case SMTP_REPLY_DONE: break;
    }
    link->ahead = taken < bytes.n;
    if (link->ahead)
        conn_resume(conn);
    reply_arrived(link, &reply, lines);
    return taken;
}

static void on_room(struct conn_owner *owner)
{
    struct upstream_link *link = CONTAINER_OF(owner, struct upstream_link, owner);
    if (link->expected == 0)
        timer_set(&link->timer, 0);
    if (link->borrower && link->step == LINK_LENT)
        link->borrower->on_room(link->borrower);
}

static void on_tls(struct conn_owner *owner)
{
    struct upstream_link *link = CONTAINER_OF(owner, struct upstream_link, owner);
    link->tls = true;
    timer_set(&link->timer, 0);
    send_hello(link);
}

static void on_connected(struct conn_owner *owner)
{
    struct upstream_link *link = CONTAINER_OF(owner, struct upstream_link, owner);
    link->step = LINK_GREETING;
    link->expected = 1;
    link->patience_us = link->target->ups->conf->timeouts.upstream_us;
    arm(link);
}

static void on_end(struct conn_owner *owner)
{
    link_failed(CONTAINER_OF(owner, struct upstream_link, owner), "it closed the connection");
}

static void on_closed(struct conn_owner *owner, int error)
{
    struct upstream_link *link = CONTAINER_OF(owner, struct upstream_link, owner);
    link->conn = NULL; /* freed by its own room after this call */
    link_failed(link, error ? err_text(error) : "it closed the connection");
}

static void on_timer(struct loop_timer *timer)
{
    struct upstream_link *link = CONTAINER_OF(timer, struct upstream_link, timer);
    if (link->step == LINK_KEPT) {
        upstream_forget_idle(link);
        link_quit(link);
    } else {
        link_failed(link, "it did not answer in time");
    }
}

struct upstream_link *link_open(struct attempt *a, int *error)
{
    struct upstream_link *link = calloc(1, sizeof *link);
    *error = -ENOMEM;
    if (!link)
        return NULL;
    link->owner = (struct conn_owner){ on_input, on_room, on_tls, on_end, on_connected, on_closed };
    link->target = &a->ups->targets[a->target];
    link->attempt = a;
    timer_init(&link->timer, a->ups->loop, on_timer);
    link->conn = conn_connect(a->ups->loop, &a->addresses[a->address], &link->owner,
                              UPSTREAM_OUTPUT_MAX, error);
    if (!link->conn) {
        link_free(link);
        return NULL;
    }
    timer_set(&link->timer, now_of(link) + a->ups->conf->timeouts.connect_us);
    return link;
}

const struct smtp_capabilities *upstream_capabilities(const struct upstream_link *link)
{
    return &link->capabilities;
}

bool upstream_is_lmtp(const struct upstream_link *link)
{
    return link->target->where.lmtp;
}

bool upstream_was_kept(const struct upstream_link *link)
{
    return link->messages > 0;
}

bool upstream_login_told(const struct upstream_link *link)
{
    return link->login_told;
}

const char *upstream_name(const struct upstream_link *link)
{
    return link->target->where.name;
}

void upstream_send(struct upstream_link *link, struct slice bytes, unsigned replies,
                   int64_t timeout_us)
{
    send_expecting(link, bytes, replies, timeout_us);
}

void upstream_write(struct upstream_link *link, struct slice bytes)
{
    bool was_full = conn_is_full(link->conn);
    conn_write(link->conn, bytes);
    if (!was_full && conn_is_full(link->conn))
        timer_set(&link->timer, now_of(link) + link->target->ups->conf->timeouts.upstream_data_us);
}

bool upstream_has_all(const struct upstream_link *link)
{
    return conn_pending(link->conn) == 0;
}

bool upstream_is_full(const struct upstream_link *link)
{
    return conn_is_full(link->conn);
}

void link_keep(struct upstream_link *link)
{
    struct upstream_target *t = link->target;
    link->step = LINK_KEPT;
    link->next = t->kept;
    t->kept = link;
    t->kept_n++;
    timer_set(&link->timer, now_of(link) + KEPT_FOR_US);
}

void upstream_return(struct upstream_link *link, enum upstream_state state)
{
    bool again = !link->xclient_told && link->target->kept_n < KEPT_MAX &&
                 link->messages + 1 < MESSAGES_MAX && link->expected == 0 &&
                 !link->ahead; /* a reply to nothing would be taken for the next one's */
    link->borrower = NULL;
    if (state == UPSTREAM_BROKEN) {
        link_drop(link);
    } else if (!again) {
        link_quit(link);
    } else if (state == UPSTREAM_RESET) {
        link->step = LINK_RESETTING;
        link->next = link->target->resetting;
        link->target->resetting = link;
        send_expecting(link, SLICE("RSET\r\n"), 1, link->target->ups->conf->timeouts.upstream_us);
    } else {
        link->messages++;
        link_keep(link);
    }
}
