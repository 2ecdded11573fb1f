/* SPDX-License-Identifier: ISC */
#include "submit/metrics_http.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/conn.h"
#include "net/listener.h"

#define CLIENTS_MAX 16
#define CLIENT_US   (10 * US_PER_S)
#define OUTPUT_MAX  (4 * METRICS_HTTP_ANSWER_MAX)

/* ---- one request, one answer ---- */

struct status {
    const char *line;  /* code and phrase */
    const char *extra; /* header lines, or "" */
    const char *type;
};

static const struct status ok = { "200 OK", "", "text/plain; charset=utf-8" };
static const struct status ok_metrics = { "200 OK", "",
                                          "text/plain; version=0.0.4; charset=utf-8" };
static const struct status bad_request = { "400 Bad Request", "", "text/plain; charset=utf-8" };
static const struct status not_found = { "404 Not Found", "", "text/plain; charset=utf-8" };
static const struct status not_allowed = { "405 Method Not Allowed", "Allow: GET\r\n",
                                           "text/plain; charset=utf-8" };
static const struct status too_large = { "431 Request Header Fields Too Large", "",
                                         "text/plain; charset=utf-8" };
static const struct status unavailable = { "503 Service Unavailable", "",
                                           "text/plain; charset=utf-8" };

static void write_answer(struct buf *out, const struct status *s, struct slice body, bool send_body)
{
    buf_printf(out,
               "HTTP/1.1 %s\r\n%sContent-Type: %s\r\nContent-Length: %zu\r\n"
               "Cache-Control: no-store\r\nConnection: close\r\n\r\n",
               s->line, s->extra, s->type, body.n);
    if (send_body)
        buf_append(out, body);
}

static void write_metrics(const struct metrics *m, struct buf *out)
{
    struct buf text;
    buf_init(&text, METRICS_TEXT_MAX);
    metrics_write(m, &text);
    if (text.failed)
        write_answer(out, &unavailable, SLICE("no memory\n"), true);
    else
        write_answer(out, &ok_metrics, buf_slice(&text), true);
    buf_clear(&text);
}

static void write_health(const struct metrics *m, struct buf *out)
{
    if (metrics_any_ready(m))
        write_answer(out, &ok, SLICE("ok\n"), true);
    else
        write_answer(out, &unavailable, SLICE("no worker is ready\n"), true);
}

/* RFC 9112 §3: method SP request-target SP HTTP-version. */
static bool parse_request_line(struct slice line, struct slice *method, struct slice *target)
{
    struct slice rest, version;
    return slice_cut(line, ' ', method, &rest) && slice_cut(rest, ' ', target, &version) &&
           method->n > 0 && target->n > 0 && slice_starts(version, SLICE("HTTP/1.")) &&
           version.n == 8 && version.p[7] >= '0' && version.p[7] <= '9';
}

/* The path: without the query and, in absolute-form (RFC 9112 §3.2.2), without the authority. */
static struct slice path_of(struct slice target)
{
    struct slice path, rest;
    if (slice_starts_nocase(target, SLICE("http://"))) {
        target = slice_from(target, 7);
        (void)slice_cut(target, '/', &rest, &path);
        target = slice_from(target, rest.n);
    }
    (void)slice_cut(target, '?', &path, &rest);
    return path;
}

static void answer_line(struct slice line, const struct metrics *m, struct buf *out)
{
    struct slice method, target;
    if (!parse_request_line(line, &method, &target)) {
        write_answer(out, &bad_request, SLICE("bad request\n"), true);
        return;
    }
    struct slice path = path_of(target);
    bool metrics = slice_equal(path, SLICE("/metrics"));
    bool get = slice_equal(method, SLICE("GET")), head = slice_equal(method, SLICE("HEAD"));
    if (!metrics && !slice_equal(path, SLICE("/healthz")))
        write_answer(out, &not_found, SLICE("there are /metrics and /healthz\n"), !head);
    else if (!get)
        write_answer(out, &not_allowed, SLICE("only GET\n"), !head);
    else if (metrics)
        write_metrics(m, out);
    else
        write_health(m, out);
}

/* Cuts the first line off; false: its end is not there. A CR before the LF is dropped. */
static bool next_line(struct slice *rest, struct slice *line)
{
    if (!slice_cut(*rest, '\n', line, rest))
        return false;
    if (line->n && line->p[line->n - 1] == '\r')
        line->n--;
    return true;
}

bool metrics_http_answer(struct slice bytes, const struct metrics *m, struct buf *out)
{
    struct slice rest = slice_first(bytes, METRICS_HTTP_REQUEST_MAX), request, line;
    if (next_line(&rest, &request))
        while (next_line(&rest, &line))
            if (line.n == 0) {
                answer_line(request, m, out);
                return true;
            }
    if (bytes.n < METRICS_HTTP_REQUEST_MAX)
        return false;
    write_answer(out, &too_large, SLICE("request too large\n"), true);
    return true;
}

/* ---- connections ---- */

struct client {
    struct conn_owner owner;
    struct conn *conn;
    struct loop_timer deadline;
    struct metrics_http *http;
};

struct metrics_http {
    struct loop *loop;
    const struct metrics *metrics;
    struct listener listener;
    struct client *clients[CLIENTS_MAX];
};

/* The conn is closed, or about to be freed. */
static void client_free(struct client *c)
{
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        if (c->http->clients[i] == c)
            c->http->clients[i] = NULL;
    timer_clear(&c->deadline);
    free(c);
}

static void client_cut(struct client *c)
{
    conn_close(c->conn);
    client_free(c);
}

static size_t on_input(struct conn_owner *owner, struct slice bytes)
{
    struct client *c = CONTAINER_OF(owner, struct client, owner);
    struct buf out;
    buf_init(&out, METRICS_HTTP_ANSWER_MAX);
    bool answered = metrics_http_answer(bytes, c->http->metrics, &out);
    if (answered) {
        conn_write(c->conn, buf_slice(&out));
        conn_finish(c->conn, CLIENT_US);
    }
    buf_clear(&out);
    return answered ? bytes.n : 0;
}

static void on_end(struct conn_owner *owner)
{
    client_cut(CONTAINER_OF(owner, struct client, owner));
}

static void on_closed(struct conn_owner *owner, int error)
{
    (void)error; /* a scraper that went away is no event */
    client_free(CONTAINER_OF(owner, struct client, owner));
}

static void on_deadline(struct loop_timer *t)
{
    client_cut(CONTAINER_OF(t, struct client, deadline));
}

static struct client **find_place(struct metrics_http *http)
{
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        if (!http->clients[i])
            return &http->clients[i];
    return NULL;
}

static void on_accept(struct listener *l, int fd, const struct address *peer)
{
    struct metrics_http *http = CONTAINER_OF(l, struct metrics_http, listener);
    struct client **place = find_place(http);
    struct client *c = place ? calloc(1, sizeof *c) : NULL;
    (void)peer;
    if (!c) {
        (void)close(fd); /* nothing was said on it */
        return;
    }
    c->owner =
        (struct conn_owner){ .on_input = on_input, .on_end = on_end, .on_closed = on_closed };
    c->http = http;
    timer_init(&c->deadline, http->loop, on_deadline);
    c->conn = conn_new(http->loop, fd, &c->owner, OUTPUT_MAX);
    if (!c->conn) {
        client_free(c);
        return;
    }
    timer_set(&c->deadline, loop_now_us(http->loop) + CLIENT_US);
    *place = c;
}

struct metrics_http *metrics_http_start(struct loop *loop, int fd, const struct metrics *m)
{
    struct metrics_http *http = calloc(1, sizeof *http);
    if (!http)
        return NULL;
    http->loop = loop;
    http->metrics = m;
    http->listener.on_accept = on_accept;
    if (listener_start(&http->listener, loop, fd)) {
        free(http);
        return NULL;
    }
    return http;
}

void metrics_http_stop(struct metrics_http *http)
{
    if (!http)
        return;
    listener_stop(&http->listener);
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        if (http->clients[i])
            client_cut(http->clients[i]);
    free(http);
}
