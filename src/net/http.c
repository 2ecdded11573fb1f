/* SPDX-License-Identifier: ISC
 *
 * libcurl must not be called from inside its own callbacks, and askers do as they like in theirs:
 * so what libcurl says is only noted, and each answer is a task at the end of the turn.
 */
#include "net/http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <event2/event.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/err.h"

#define KEEP_IDLE_S 60L /* an unused connection; proxies in between forget theirs */

struct http_run {
    struct http_client *client;
    struct http_request *request;
    struct http_run *next, **at; /* among the waiting, the running or the answered */
    CURL *easy;                  /* NULL without memory */
    struct curl_slist *headers;
    bool running;
    struct loop_timer deadline;
    struct loop_task answer;
    struct buf body;
    int error;
    unsigned status;
};

struct http_client {
    struct loop *loop;
    CURLM *multi;
    unsigned parallel, running_n;
    struct http_run *waiting, **waiting_end;
    struct http_run *others; /* running or answered */
    struct loop_timer timer; /* libcurl's */
    struct loop_task settle; /* looks at what is done, and starts who waits */
};

/* ---- sockets and the timer of libcurl ---- */

static void settle_later(struct http_client *c)
{
    loop_defer(c->loop, &c->settle);
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
    struct http_client *c = arg;
    int mask = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
    int running;
    (void)curl_multi_socket_action(c->multi, fd, mask, &running); /* each request says its error */
    settle_later(c);
}

static void on_curl_timer(struct loop_timer *t)
{
    struct http_client *c = CONTAINER_OF(t, struct http_client, timer);
    int running;
    (void)curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running); /* as above */
    settle_later(c);
}

static int set_timer(CURLM *multi UNUSED, long wait_ms, void *arg)
{
    struct http_client *c = arg;
    timer_set(&c->timer, wait_ms < 0 ? 0 : loop_now_us(c->loop) + wait_ms * US_PER_MS);
    return 0;
}

/* socket_event: what we gave to curl_multi_assign. */
static int watch_socket(CURL *easy UNUSED, curl_socket_t fd, int what, void *arg,
                        void *socket_event)
{
    struct http_client *c = arg;
    struct event *event = socket_event;
    if (event)
        event_free(event);
    event = NULL;
    if (what != CURL_POLL_REMOVE) {
        short wanted = (short)((what & CURL_POLL_IN ? EV_READ : 0) |
                               (what & CURL_POLL_OUT ? EV_WRITE : 0) | EV_PERSIST);
        event = event_new(loop_base(c->loop), fd, wanted, on_socket, c);
        if (event && event_add(event, NULL)) {
            event_free(event);
            event = NULL;
        }
    }
    (void)curl_multi_assign(c->multi, fd, event); /* unwatched: its deadline ends the request */
    return 0;
}

/* ---- one request ---- */

static void unlink_run(struct http_run *r)
{
    if (r->client->waiting_end == &r->next)
        r->client->waiting_end = r->at;
    *r->at = r->next;
    if (r->next)
        r->next->at = r->at;
}

static void link_other(struct http_run *r)
{
    struct http_client *c = r->client;
    r->next = c->others;
    r->at = &c->others;
    if (r->next)
        r->next->at = &r->next;
    c->others = r;
}

static void stop_running(struct http_run *r)
{
    if (!r->running)
        return;
    r->running = false;
    r->client->running_n--;
    (void)curl_multi_remove_handle(r->client->multi, r->easy); /* it is in */
    settle_later(r->client);
}

static void run_free(struct http_run *r)
{
    stop_running(r);
    unlink_run(r);
    loop_undefer(r->client->loop, &r->answer);
    timer_clear(&r->deadline);
    curl_easy_cleanup(r->easy);
    curl_slist_free_all(r->headers);
    buf_clear(&r->body);
    free(r);
}

static void finish(struct http_run *r, int error, unsigned status)
{
    bool waited = !r->running;
    stop_running(r);
    if (waited) { /* out of the line of those who start */
        unlink_run(r);
        link_other(r);
    }
    r->error = error;
    r->status = error ? 0 : status;
    timer_set(&r->deadline, 0);
    loop_defer(r->client->loop, &r->answer);
}

static void on_answer(struct loop_task *task)
{
    struct http_run *r = CONTAINER_OF(task, struct http_run, answer);
    struct http_request *request = r->request;
    struct buf body = r->body;
    struct slice answer = { 0 };
    int error = r->error;
    unsigned status = r->status;
    buf_init(&r->body, HTTP_BODY_MAX);
    run_free(r);
    request->run = NULL;
    if (!error)
        answer = buf_slice(&body);
    request->on_answer(request, error, status, answer);
    buf_clear(&body);
}

static void on_deadline(struct loop_timer *t)
{
    finish(CONTAINER_OF(t, struct http_run, deadline), ERR_TIMEOUT, 0);
}

static size_t take_body(char *bytes, size_t size, size_t n, void *arg)
{
    struct http_run *r = arg;
    buf_append(&r->body, (struct slice){ (const uint8_t *)bytes, size * n });
    return r->body.failed ? 0 : size * n;
}

static int error_of(const struct http_run *r, CURLcode code)
{
    long system = 0;
    if (r->body.failed)
        return ERR_TOO_BIG;
    switch ((int)code) {
    case CURLE_OK: return 0;
    case CURLE_OUT_OF_MEMORY: return -ENOMEM;
    case CURLE_COULDNT_RESOLVE_HOST: return ERR_NOT_FOUND;
    case CURLE_OPERATION_TIMEDOUT: return ERR_TIMEOUT;
    case CURLE_URL_MALFORMAT: return -EINVAL;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER: return ERR_TLS;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR: return ERR_CLOSED;
    case CURLE_COULDNT_CONNECT:
        (void)curl_easy_getinfo(r->easy, CURLINFO_OS_ERRNO, &system);
        return system ? (int)-system : -ECONNREFUSED;
    default: return ERR_FORMAT;
    }
}

static void note_done(struct http_client *c)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(c->multi, &left))) {
        struct http_run *r = NULL;
        long status = 0;
        CURLcode code = message->data.result;
        if (message->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &r); /* was set */
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
        finish(r, error_of(r, code), (unsigned)status);
    }
}

static void start_waiting(struct http_client *c)
{
    struct http_run *r;
    while (c->running_n < c->parallel && (r = c->waiting)) {
        if (curl_multi_add_handle(c->multi, r->easy) != CURLM_OK) {
            finish(r, -ENOMEM, 0);
            continue;
        }
        r->running = true;
        c->running_n++;
        unlink_run(r);
        link_other(r);
    }
}

static void on_settle(struct loop_task *task)
{
    struct http_client *c = CONTAINER_OF(task, struct http_client, settle);
    note_done(c);
    start_waiting(c);
}

/* ---- asking ---- */

#define SET(easy, option, value) (curl_easy_setopt((easy), (option), (value)) == CURLE_OK)

/* libcurl looks names up on a thread of its own. QUICK_EXIT: it does not wait for that thread when
 * a request is given up meanwhile, as it otherwise would, and with it the loop. */
static bool set_up(struct http_run *r, const struct http_post *post)
{
    CURL *e = r->easy;
    for (const char *const *h = post->headers; h && *h; h++) {
        struct curl_slist *more = curl_slist_append(r->headers, *h);
        if (!more)
            return false;
        r->headers = more;
    }
    struct curl_slist *more = curl_slist_append(r->headers, "Expect:"); /* no 100-continue */
    if (more)
        r->headers = more;
    return more && SET(e, CURLOPT_URL, post->url) && SET(e, CURLOPT_PRIVATE, r) &&
           SET(e, CURLOPT_PROTOCOLS_STR, "http,https") && SET(e, CURLOPT_PROXY, "") &&
           SET(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
           SET(e, CURLOPT_NOSIGNAL, 1L) && SET(e, CURLOPT_QUICK_EXIT, 1L) &&
           SET(e, CURLOPT_FOLLOWLOCATION, 0L) && SET(e, CURLOPT_MAXAGE_CONN, KEEP_IDLE_S) &&
           SET(e, CURLOPT_USERAGENT, "postern/" POSTERN_VERSION) &&
           SET(e, CURLOPT_HTTPHEADER, r->headers) && SET(e, CURLOPT_WRITEFUNCTION, take_body) &&
           SET(e, CURLOPT_WRITEDATA, r) && SET(e, CURLOPT_POST, 1L) &&
           SET(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post->body.n) &&
           SET(e, CURLOPT_COPYPOSTFIELDS, post->body.n ? (const char *)post->body.p : "");
}

static void link_waiting(struct http_client *c, struct http_run *r)
{
    r->at = c->waiting_end;
    *c->waiting_end = r;
    c->waiting_end = &r->next;
}

void http_post(struct http_client *client, struct http_request *request,
               const struct http_post *post)
{
    struct http_run *r = calloc(1, sizeof *r);
    CHECK(r); /* 300 bytes, and there is no other way to answer */
    r->client = client;
    r->request = request;
    r->answer.run = on_answer;
    buf_init(&r->body, HTTP_BODY_MAX);
    timer_init(&r->deadline, client->loop, on_deadline);
    request->run = r;
    link_waiting(client, r);
    r->easy = curl_easy_init();
    if (!r->easy || !set_up(r, post)) {
        finish(r, -ENOMEM, 0);
        return;
    }
    timer_set(&r->deadline, loop_now_us(client->loop) + post->timeout_us);
    settle_later(client);
}

void http_cancel(struct http_client *client UNUSED, struct http_request *request)
{
    if (request->run)
        run_free(request->run);
    request->run = NULL;
}

/* ---- the client ---- */

struct http_client *http_client_new(struct loop *loop, unsigned parallel)
{
    struct http_client *c = calloc(1, sizeof *c);
    if (!c || curl_global_init(CURL_GLOBAL_DEFAULT)) {
        free(c);
        return NULL;
    }
    c->loop = loop;
    c->parallel = parallel;
    c->waiting_end = &c->waiting;
    c->settle.run = on_settle;
    timer_init(&c->timer, loop, on_curl_timer);
    c->multi = curl_multi_init();
    if (!c->multi || curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, watch_socket) ||
        curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c) ||
        curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, set_timer) ||
        curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c) ||
        curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)parallel)) {
        http_client_free(c);
        return NULL;
    }
    return c;
}

static void drop_all(struct http_run **first)
{
    while (*first) {
        (*first)->request->run = NULL;
        run_free(*first);
    }
}

void http_client_free(struct http_client *client)
{
    if (!client)
        return;
    drop_all(&client->waiting);
    drop_all(&client->others);
    (void)curl_multi_cleanup(client->multi); /* all are out of it; it closes kept connections */
    loop_undefer(client->loop, &client->settle);
    timer_clear(&client->timer);
    free(client);
    curl_global_cleanup();
}
