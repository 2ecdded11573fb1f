/* SPDX-License-Identifier: ISC */
#include "client.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/clock.h"

enum step { GREETING, EHLO_CLEAR, STARTTLS, EHLO, CLIENTID, AUTH, MAIL, RCPT, DATA, MESSAGE, QUIT };

/* What is sent on entering a step, and the code that must come back. */
/* clang-format off */
static const struct {
    const char *name, *line, *code;
} steps[] = {
    [GREETING]   = { "greeting", "",                                "220" },
    [EHLO_CLEAR] = { "EHLO",     "EHLO client.example\r\n",         "250" },
    [STARTTLS]   = { "STARTTLS", "STARTTLS\r\n",                    "220" },
    [EHLO]       = { "EHLO",     "EHLO client.example\r\n",         "250" },
    [CLIENTID]   = { "CLIENTID", NULL,                              "250" },
    [AUTH]       = { "AUTH",     NULL,                              "235" },
    [MAIL]       = { "MAIL",     "MAIL FROM:<bench@example.com>\r\n", "250" },
    [RCPT]       = { "RCPT",     "RCPT TO:<someone@example.net>\r\n", "250" },
    [DATA]       = { "DATA",     "DATA\r\n",                        "354" },
    [MESSAGE]    = { "message",  NULL,                              "250" },
    [QUIT]       = { "QUIT",     "QUIT\r\n",                        "221" },
};
/* clang-format on */

const char *client_step_name(const struct client *c)
{
    return c->handshaking ? "TLS handshake" : steps[c->step].name;
}

void client_close(struct client *c)
{
    SSL_free(c->ssl);
    ERR_clear_error();
    c->ssl = NULL;
    if (c->fd >= 0)
        (void)close(c->fd);
    c->fd = -1;
}

static enum client_state fail(struct client *c, const char *why)
{
    (void)fprintf(stderr, "%s: %s (received: %.*s)\n", client_step_name(c), why, (int)c->in_n,
                  c->in);
    client_close(c);
    return CLIENT_FAILED;
}

/* > 0: bytes; 0: not now; -1: the connection is at its end. */
static int tls_result(struct client *c, int n)
{
    if (n > 0)
        return n;
    int error = SSL_get_error(c->ssl, n);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static int plain_result(ssize_t n)
{
    if (n > 0)
        return (int)n;
    return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static int receive(struct client *c)
{
    size_t room = sizeof(c->in) - c->in_n;
    if (room == 0)
        return -1;
    char *at = c->in + c->in_n;
    int n = c->ssl != NULL ? tls_result(c, SSL_read(c->ssl, at, (int)room))
                           : plain_result(read(c->fd, at, room));
    if (n > 0)
        c->in_n += (size_t)n;
    return n;
}

/* The next piece of the message; the last takes the final dot with it. */
static struct slice next_piece(struct client *c)
{
    struct slice piece = c->plan->text;
    if (--c->pieces == 0)
        piece.n += sizeof(".\r\n") - 1;
    return piece;
}

/* 1: all is sent, 0: not now, -1: the connection is at its end. */
static int flush(struct client *c)
{
    while (c->out.n > 0) {
        int n = c->ssl != NULL ? tls_result(c, SSL_write(c->ssl, c->out.p, (int)c->out.n))
                               : plain_result(write(c->fd, c->out.p, c->out.n));
        if (n <= 0)
            return n;
        c->out = slice_from(c->out, (size_t)n);
        if (c->out.n == 0 && c->pieces > 0)
            c->out = next_piece(c);
    }
    return 1;
}

/* A new device in every session: what costs the server most. */
static struct slice write_clientid(struct client *c)
{
    uint16_t r[8];
    if (getrandom(r, sizeof(r), 0) != (ssize_t)sizeof(r))
        return SLICE("");
    int n =
        snprintf(c->line, sizeof(c->line), "CLIENTID UUID %04x%04x-%04x-%04x-%04x-%04x%04x%04x\r\n",
                 r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7]);
    return (struct slice){ (const uint8_t *)c->line, (size_t)n };
}

static void enter(struct client *c, enum step step)
{
    c->step = step;
    c->in_n = 0;
    switch (step) {
    case CLIENTID: c->out = write_clientid(c); break;
    case AUTH: c->out = slice_of_str(c->plan->auth); break;
    case MESSAGE:
        c->pieces = c->plan->pieces;
        c->out = next_piece(c);
        break;
    case GREETING:
    case EHLO_CLEAR:
    case STARTTLS:
    case EHLO:
    case MAIL:
    case RCPT:
    case DATA:
    case QUIT: c->out = slice_of_str(steps[step].line); break;
    }
}

static bool reply_complete(const struct client *c)
{
    if (c->in_n < 5 || c->in[c->in_n - 1] != '\n')
        return false;
    const char *before = memrchr(c->in, '\n', c->in_n - 1);
    const char *last = before != NULL ? before + 1 : c->in;
    return c->in + c->in_n - last >= 5 && last[3] != '-';
}

static bool start_tls(struct client *c)
{
    c->ssl = SSL_new(c->plan->tls);
    c->handshaking = true;
    c->in_n = 0;
    return c->ssl != NULL && SSL_set_fd(c->ssl, c->fd) == 1;
}

static enum client_state on_reply(struct client *c)
{
    enum step step = c->step;
    if (memcmp(c->in, steps[step].code, 3) != 0)
        return fail(c, "unexpected reply");
    if (step == QUIT) {
        client_close(c);
        return CLIENT_DONE;
    }
    if (step == AUTH && c->plan->hold)
        return CLIENT_HELD;
    if (step == STARTTLS)
        return start_tls(c) ? CLIENT_RUNNING : fail(c, "no TLS");
    if (step == EHLO && c->plan->clientid && memmem(c->in, c->in_n, "CLIENTID\r\n", 10) == NULL)
        return fail(c, "CLIENTID is not advertised");
    bool skip = step == EHLO && !c->plan->clientid;
    enter(c, skip ? AUTH : step + 1);
    return CLIENT_RUNNING;
}

/* True: done; otherwise *out says whether to wait or to give up. */
static bool handshake(struct client *c, enum client_state *out)
{
    int n = tls_result(c, SSL_connect(c->ssl));
    *out = n < 0 ? fail(c, "failed") : CLIENT_RUNNING;
    if (n <= 0)
        return false;
    c->handshaking = false;
    if (!c->plan->handshake_only)
        enter(c, EHLO);
    return true;
}

static enum client_state await_close(struct client *c)
{
    if (receive(c) == 0)
        return CLIENT_RUNNING;
    client_close(c);
    return CLIENT_DONE;
}

/* Session tickets came, and no reply yet. A server without TCP_NODELAY (nginx's mail proxy) holds
 * the reply back until they are acknowledged, which the kernel would delay by 40 ms. */
static void acknowledge(const struct client *c)
{
    int on = 1;
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

enum client_state client_run(struct client *c)
{
    enum client_state state = CLIENT_RUNNING;
    for (;;) {
        if (c->handshaking && !handshake(c, &state))
            return state;
        if (c->plan->handshake_only)
            return await_close(c);
        /* What was just sent is answered by a later event: the edge will tell. */
        bool sending = c->out.n > 0;
        int sent = flush(c);
        if (sent < 0)
            return fail(c, "closed while sending");
        if (sending)
            return CLIENT_RUNNING;
        int n = receive(c);
        if (n < 0)
            return fail(c, "closed");
        if (n == 0) {
            acknowledge(c);
            return CLIENT_RUNNING;
        }
        if (!reply_complete(c))
            continue;
        state = on_reply(c);
        if (state != CLIENT_RUNNING)
            return state;
    }
}

bool client_start(struct client *c, const struct client_plan *plan, int epoll)
{
    *c = (struct client){ .plan = plan, .fd = -1, .start_us = clock_monotonic_us() };
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0)
        return false;
    int on = 1;
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    const struct sockaddr *to = (const struct sockaddr *)&plan->to;
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c };
    if ((connect(c->fd, to, sizeof(plan->to)) == 0 || errno == EINPROGRESS) &&
        (!plan->handshake_only || start_tls(c)) &&
        epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event) == 0)
        return true;
    client_close(c);
    return false;
}
