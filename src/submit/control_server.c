/* SPDX-License-Identifier: ISC
 *
 * The keeper's side of the control socket. It is made under a name of its own and renamed, so that
 * the next keeper takes the name over from one that is still ending, and none removes another's.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "net/conn.h"
#include "net/listener.h"
#include "submit/control.h"

#define CLIENTS_MAX 16
#define CLIENT_US   (10 * US_PER_S)
#define OUTPUT_MAX  (4 * CONTROL_LINE_MAX)

struct client {
    struct conn_owner owner;
    struct control_server *server;
    struct conn *conn;
    struct loop_timer deadline;
    struct buf in; /* the line, as far as it has come */
    bool answered;
};

struct control_server {
    struct listener listener;
    struct loop *loop;
    const struct control_context *context;
    struct client *clients[CLIENTS_MAX];
    struct buf path; /* NUL-terminated */
    struct stat made;
    int fd;
};

/* ---- one client ---- */

static void client_free(struct client *c)
{
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        if (c->server->clients[i] == c)
            c->server->clients[i] = NULL;
    timer_clear(&c->deadline);
    buf_clear(&c->in);
    free(c);
}

static void client_cut(struct client *c)
{
    conn_close(c->conn);
    client_free(c);
}

static const char *text_of(const json_t *o, const char *name)
{
    return json_string_value(json_object_get(o, name));
}

/* What the operator changed, for who must answer for it later. */
static void say(const struct control_server *s, const json_t *request, const json_t *answer)
{
    char text[PSEUDONYM_TEXT_MAX], identity[DEVICE_TYPE_MAX + 1 + PSEUDONYM_TEXT_MAX] = "";
    const char *what = text_of(request, "do"), *account = text_of(answer, "account");
    const char *token = text_of(answer, "pseudonym"), *type = text_of(answer, "type");
    if (!what || slice_equal(slice_of_str(what), SLICE("policy.status")) ||
        slice_equal(slice_of_str(what), SLICE("policy.explain")))
        return;
    if (!account)
        account = text_of(request, "account");
    if (token && type)
        (void)snprintf(identity, sizeof identity, "%s:%s", type, token);
    LOG(L_NOTICE, "keeper.asked", FIELD_STR("do", what),
        identifier_field(s->context->privacy, ID_ACCOUNT, "account", slice_of_str(account), text),
        FIELD_STR("identity", identity), FIELD_STR("network", text_of(request, "network")),
        FIELD_STR("mode", text_of(request, "mode")),
        FIELD_STR("outcome", json_is_true(json_object_get(answer, "ok")) ? "done" : "refused"),
        FIELD_STR("reason", text_of(answer, "error")));
}

static json_t *execute(const struct control_server *s, struct slice line)
{
    json_error_t why;
    json_t *request = json_loadb((const char *)line.p, line.n, JSON_REJECT_DUPLICATES, &why);
    if (!request)
        return json_pack("{s:b, s:s}", "ok", 0, "error", "a request is one line of JSON");
    json_t *answer = control_execute(s->context, request, clock_wall_us());
    say(s, request, answer);
    json_decref(request);
    return answer;
}

static void reply(struct client *c, json_t *answer)
{
    char *text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
    struct slice line = slice_of_str(text);
    if (!text)
        line = SLICE("{\"ok\":false,\"error\":\"out of memory\",\"again\":true}");
    else if (line.n >= CONTROL_LINE_MAX)
        line = SLICE("{\"ok\":false,\"error\":\"the answer is too long\"}");
    c->answered = true;
    conn_write(c->conn, line);
    conn_write(c->conn, SLICE("\n"));
    conn_finish(c->conn, CLIENT_US);
    free(text);
    json_decref(answer);
}

static size_t on_input(struct conn_owner *owner, struct slice bytes)
{
    struct client *c = CONTAINER_OF(owner, struct client, owner);
    struct slice line, rest;
    if (c->answered)
        return bytes.n;
    bool whole = slice_cut(bytes, '\n', &line, &rest);
    buf_append(&c->in, line);
    if (c->in.failed)
        reply(c, json_pack("{s:b, s:s}", "ok", 0, "error", "the request is too long"));
    else if (whole)
        reply(c, execute(c->server, buf_slice(&c->in)));
    return bytes.n;
}

static void on_end(struct conn_owner *owner)
{
    struct client *c = CONTAINER_OF(owner, struct client, owner);
    if (!c->answered)
        client_cut(c);
}

static void on_closed(struct conn_owner *owner, int error)
{
    (void)error; /* a tool that went away is no event */
    client_free(CONTAINER_OF(owner, struct client, owner));
}

static void on_deadline(struct loop_timer *t)
{
    client_cut(CONTAINER_OF(t, struct client, deadline));
}

static void on_accept(struct listener *l, int fd, const struct address *peer)
{
    struct control_server *s = CONTAINER_OF(l, struct control_server, listener);
    size_t place = 0;
    (void)peer;
    while (place < CLIENTS_MAX && s->clients[place])
        place++;
    struct client *c = place < CLIENTS_MAX ? calloc(1, sizeof *c) : NULL;
    if (!c) {
        (void)close(fd); /* nothing was said on it */
        return;
    }
    c->owner =
        (struct conn_owner){ .on_input = on_input, .on_end = on_end, .on_closed = on_closed };
    c->server = s;
    buf_init(&c->in, CONTROL_LINE_MAX);
    timer_init(&c->deadline, s->loop, on_deadline);
    c->conn = conn_new(s->loop, fd, &c->owner, OUTPUT_MAX);
    if (!c->conn) {
        client_free(c);
        return;
    }
    timer_set(&c->deadline, loop_now_us(s->loop) + CLIENT_US);
    s->clients[place] = c;
}

/* ---- the socket ---- */

static int listen_at(const char *path)
{
    struct address at;
    if (!address_of_path(slice_of_str(path), &at))
        return -ENAMETOOLONG;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (unlink(path) == 0 || errno == ENOENT)
        if (bind(fd, &at.any, at.n) == 0 && chmod(path, 0600) == 0 && listen(fd, CLIENTS_MAX) == 0)
            return fd;
    int error = -errno;
    (void)close(fd); /* nobody knows of it yet */
    return error;
}

static int open_socket(struct control_server *s, const char *directory)
{
    struct buf fresh;
    buf_init(&fresh, 4096);
    buf_printf(&fresh, "%s/control.%d", directory, (int)getpid());
    buf_append_byte(&fresh, '\0');
    buf_printf(&s->path, "%s/control", directory);
    buf_append_byte(&s->path, '\0');
    const char *from = (const char *)fresh.p, *to = (const char *)s->path.p;
    int error = fresh.failed || s->path.failed ? -ENAMETOOLONG : 0;
    if (!error) {
        s->fd = listen_at(from);
        error = s->fd < 0 ? s->fd : 0;
    }
    if (!error && (stat(from, &s->made) || rename(from, to)))
        error = -errno;
    buf_clear(&fresh);
    return error;
}

struct control_server *control_server_open(struct loop *loop, const char *directory,
                                           const struct control_context *context, struct buf *why)
{
    struct control_server *s = calloc(1, sizeof *s);
    int error = -ENOMEM;
    if (s) {
        s->loop = loop;
        s->context = context;
        s->fd = -1;
        s->listener.on_accept = on_accept;
        buf_init(&s->path, 4096);
        error = open_socket(s, directory);
    }
    if (!error)
        error = listener_start(&s->listener, loop, s->fd);
    if (!error)
        return s;
    buf_printf(why, "%s/control: %s", directory, err_text(error));
    control_server_close(s);
    return NULL;
}

void control_server_close(struct control_server *server)
{
    struct stat now;
    if (!server)
        return;
    if (server->fd >= 0) {
        listener_stop(&server->listener);
        (void)close(server->fd); /* a listening socket holds nothing back */
    }
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        if (server->clients[i])
            client_cut(server->clients[i]);
    const char *path = (const char *)server->path.p;
    if (server->made.st_ino && stat(path, &now) == 0 && now.st_ino == server->made.st_ino &&
        now.st_dev == server->made.st_dev)
        (void)unlink(path); /* else the next keeper replaces it */
    buf_clear(&server->path);
    free(server);
}
