/* SPDX-License-Identifier: ISC */
#include "auth/policy_server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/policy_wire.h"
#include "base/attribute.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"

#define PARALLEL       100 /* as Dovecot's */
#define REPORTS_MAX    1000
#define DELAY_MAX_S    20
#define HEADER_MAX     4096
#define BODY_MAX       16384
#define URL_MAX        4096
#define SAY_DROPPED_US (60 * US_PER_S)

struct report {
    struct http_request http;
    struct policy_server *server;
    struct report *next, **at;
};

struct policy_server {
    const struct conf_auth_policy *conf;
    struct loop *loop;
    struct http_client *http;
    struct buf header; /* of the key, NUL-terminated; or empty */
    struct buf allow_url, report_url;
    struct report *reports;
    unsigned reports_n;
    uint64_t dropped; /* reports, not logged yet */
    int64_t dropped_said_us;
    bool down;
};

/* ---- opening ---- */

static int read_file(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -errno;
    uint8_t *room = buf_reserve(out, HEADER_MAX + 1);
    ssize_t n = room ? read(fd, room, HEADER_MAX + 1) : 0;
    int error = !room ? -ENOMEM : n < 0 ? -errno : n > HEADER_MAX ? ERR_TOO_BIG : 0;
    if (!error)
        buf_grew(out, (size_t)n);
    (void)close(fd); /* only read */
    return error;
}

static bool read_header(struct policy_server *s, struct buf *why)
{
    CLEANUP(buf_wipe) struct buf text;
    const char *path = s->conf->api_header;
    buf_init(&text, HEADER_MAX + 1);
    if (!path)
        return true;
    int error = read_file(path, &text);
    if (error)
        buf_printf(why, "auth-policy.api-header: %s: %s", path, err_text(error));
    else if (!policy_wire_header(&s->header, buf_slice(&text)))
        buf_printf(why, "auth-policy.api-header: %s: neither \"Name: value\" nor a key", path);
    else
        buf_append_byte(&s->header, 0);
    return buf_size(&s->header) > 0;
}

static bool check_url(const char *url, struct buf *why)
{
    struct slice text = slice_of_str(url);
    bool ok =
        slice_starts_nocase(text, SLICE("http://")) || slice_starts_nocase(text, SLICE("https://"));
    if (!ok)
        buf_printf(why, "auth-policy.url: \"%s\" is neither http:// nor https://", url);
    return ok;
}

struct policy_server *policy_server_open(const struct conf_auth_policy *conf, struct loop *loop,
                                         struct buf *why)
{
    if (!conf->url || !check_url(conf->url, why))
        return NULL;
    if (!conf->nonce || !conf->nonce[0]) { /* without one anybody could list the hashes */
        buf_append_str(why, "auth-policy.nonce: needed with a URL; any secret text");
        return NULL;
    }
    struct policy_server *s = calloc(1, sizeof *s);
    if (!s) {
        buf_append_str(why, err_text(-ENOMEM));
        return NULL;
    }
    s->conf = conf;
    s->loop = loop;
    buf_init(&s->header, HEADER_MAX + 32);
    buf_init(&s->allow_url, URL_MAX);
    buf_init(&s->report_url, URL_MAX);
    policy_wire_url(&s->allow_url, conf->url, "allow");
    policy_wire_url(&s->report_url, conf->url, "report");
    buf_append_byte(&s->allow_url, 0);
    buf_append_byte(&s->report_url, 0);
    bool ok = read_header(s, why);
    if (ok && (s->allow_url.failed || s->report_url.failed)) {
        buf_append_str(why, "auth-policy.url: too long");
        ok = false;
    }
    if (ok && !(s->http = http_client_new(loop, PARALLEL))) {
        buf_append_str(why, err_text(-ENOMEM));
        ok = false;
    }
    if (!ok) {
        policy_server_close(s);
        return NULL;
    }
    return s;
}

static void report_free(struct report *r)
{
    *r->at = r->next;
    if (r->next)
        r->next->at = r->at;
    r->server->reports_n--;
    free(r);
}

void policy_server_close(struct policy_server *server)
{
    if (!server)
        return;
    http_client_free(server->http);
    while (server->reports)
        report_free(server->reports);
    buf_wipe(&server->header);
    buf_clear(&server->allow_url);
    buf_clear(&server->report_url);
    free(server);
}

/* ---- one exchange ---- */

/* Said when it changes: a server that is away is away for every attempt. */
static void note(struct policy_server *s, const char *trouble)
{
    if (trouble && !s->down)
        LOG(L_WARN, "auth.policy-down", FIELD_STR("reason", trouble));
    else if (!trouble && s->down)
        LOG(L_NOTICE, "auth.policy-up", FIELD_STR("outcome", "ok"));
    s->down = trouble != NULL;
}

/* NULL: it said what we asked for; else what is wrong. */
static const char *read_answer(int error, unsigned status, struct slice body,
                               struct policy_wire_answer *out)
{
    struct fault why;
    if (error)
        return err_text(error);
    if (status / 10 != 20)
        return "not the status 200";
    return policy_wire_parse(body, out, &why) ? NULL : why.what;
}

void policy_server_hash(const struct policy_server *server, struct slice login,
                        struct slice password, char out[POLICY_SERVER_HASH_MAX])
{
    _Static_assert(POLICY_SERVER_HASH_MAX == POLICY_HASH_TEXT_MAX, "one hash");
    if (policy_wire_hash(slice_of_str(server->conf->nonce), login, password, out))
        out[0] = '\0';
}

/* 0, or negative: nothing was sent. */
static int send_request(struct policy_server *s, struct http_request *request, struct buf *url,
                        const struct policy_server_attempt *a,
                        const struct policy_wire_report *report)
{
    const char *headers[3] = { "Content-Type: application/json" };
    char hash[POLICY_HASH_TEXT_MAX];
    CLEANUP(buf_clear) struct buf body;
    buf_init(&body, BODY_MAX);
    bool given = a->hash && a->hash[0];
    int error =
        given ? 0 : policy_wire_hash(slice_of_str(s->conf->nonce), a->login, a->password, hash);
    if (error)
        return error;
    policy_wire_write(&body, a, given ? a->hash : hash, report);
    if (body.failed)
        return ERR_TOO_BIG;
    if (buf_size(&s->header))
        headers[1] = (const char *)buf_slice(&s->header).p;
    const struct http_post post = {
        .url = (const char *)buf_slice(url).p,
        .headers = headers,
        .body = buf_slice(&body),
        .timeout_us = s->conf->timeout_us,
    };
    http_post(s->http, request, &post);
    return 0;
}

/* ---- allow ---- */

static void on_failure(struct policy_server_question *q, const char *trouble)
{
    bool accept =
        q->server->conf->on_failure == CONF_AUTH_POLICY_ACCEPT || q->server->conf->log_only;
    note(q->server, trouble);
    q->on_answer(q, accept ? POLICY_SERVER_ALLOW : POLICY_SERVER_REFUSE, 0,
                 "the policy server did not answer");
}

static void say_let_through(const struct policy_wire_answer *a)
{
    LOG(L_NOTICE, "auth.policy-refused", FIELD_NUM("status", a->status),
        FIELD_STR("reason", a->message), FIELD_STR("dry-run", "yes"));
}

static void on_allow(struct http_request *http, int error, unsigned status, struct slice body)
{
    struct policy_server_question *q = CONTAINER_OF(http, struct policy_server_question, http);
    struct policy_wire_answer a = { 0 };
    const char *trouble = read_answer(error, status, body, &a);
    if (trouble) {
        on_failure(q, trouble);
        return;
    }
    note(q->server, NULL);
    bool matters = a.status < 0 || (a.status > 0 && !q->success);
    if (matters && q->server->conf->log_only) {
        say_let_through(&a);
        matters = false;
    }
    int64_t wait_s = matters && a.status > 0 ? a.status : 0;
    q->on_answer(q, matters && a.status < 0 ? POLICY_SERVER_REFUSE : POLICY_SERVER_ALLOW,
                 (wait_s < DELAY_MAX_S ? wait_s : DELAY_MAX_S) * US_PER_S, a.message);
}

static void on_later(struct loop_task *task)
{
    struct policy_server_question *q = CONTAINER_OF(task, struct policy_server_question, later);
    bool off = q->success ? !q->server->conf->after : !q->server->conf->before;
    if (off)
        q->on_answer(q, POLICY_SERVER_ALLOW, 0, "");
    else
        on_failure(q, "the question could not be put");
}

void policy_server_ask(struct policy_server *server, struct policy_server_question *q,
                       const struct policy_server_attempt *a, bool success)
{
    bool wanted = success ? server->conf->after : server->conf->before;
    q->server = server;
    q->success = success;
    q->http = (struct http_request){ .on_answer = on_allow };
    q->later = (struct loop_task){ .run = on_later };
    if (!wanted || send_request(server, &q->http, &server->allow_url, a, NULL))
        loop_defer(server->loop, &q->later);
}

void policy_server_cancel(struct policy_server_question *q)
{
    if (!q->server)
        return;
    http_cancel(q->server->http, &q->http);
    loop_undefer(q->server->loop, &q->later);
}

/* ---- report ---- */

static void drop_report(struct policy_server *s)
{
    int64_t now = loop_now_us(s->loop);
    s->dropped++;
    if (s->dropped_said_us && now - s->dropped_said_us < SAY_DROPPED_US)
        return;
    LOG(L_WARN, "auth.policy-dropped", FIELD_NUM("reports", s->dropped));
    s->dropped = 0;
    s->dropped_said_us = now;
}

static void on_report(struct http_request *http, int error, unsigned status, struct slice body)
{
    struct report *r = CONTAINER_OF(http, struct report, http);
    (void)body; /* weakforced says {"status":"ok"} */
    note(r->server, error ? err_text(error) : status / 10 != 20 ? "not the status 200" : NULL);
    report_free(r);
}

void policy_server_report(struct policy_server *server, const struct policy_server_attempt *a,
                          bool success, bool policy_reject, const char *fail_type)
{
    const struct policy_wire_report what = { success, policy_reject, fail_type };
    struct report *r = NULL;
    if (!server->conf->report)
        return;
    if (server->reports_n < REPORTS_MAX)
        r = calloc(1, sizeof *r);
    if (!r) {
        drop_report(server);
        return;
    }
    r->server = server;
    r->http.on_answer = on_report;
    r->next = server->reports;
    r->at = &server->reports;
    if (r->next)
        r->next->at = &r->next;
    server->reports = r;
    server->reports_n++;
    if (send_request(server, &r->http, &server->report_url, a, &what)) {
        report_free(r);
        drop_report(server);
    }
}
