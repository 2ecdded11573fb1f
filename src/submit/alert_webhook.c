/* SPDX-License-Identifier: ISC */
#include "submit/alert_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/err.h"
#include "net/http.h"

#define PARALLEL   4
#define TIMEOUT_US (10 * US_PER_S)

struct alert_webhooks {
    struct slice key;
    struct http_client *http;
};

struct run {
    struct http_request http;
    struct alert_job *job;
};

struct alert_webhooks *alert_webhooks_start(struct slice key, struct loop *loop)
{
    struct alert_webhooks *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->key = key;
    w->http = http_client_new(loop, PARALLEL);
    if (w->http)
        return w;
    free(w);
    return NULL;
}

void alert_webhooks_free(struct alert_webhooks *w)
{
    if (!w)
        return;
    http_client_free(w->http);
    free(w);
}

/* What a later try may mend. */
static bool is_temporary(unsigned status)
{
    return status >= 500 || status == 408 || status == 425 || status == 429;
}

static void on_answer(struct http_request *http, int error, unsigned status, struct slice body)
{
    struct run *r = CONTAINER_OF(http, struct run, http);
    struct alert_job *job = r->job;
    char text[32];
    (void)body; /* nobody reads it */
    job->run = NULL;
    free(r);
    (void)snprintf(text, sizeof text, "status %u", status);
    if (error)
        alert_done(job, ALERT_TRY_AGAIN, err_text(error));
    else if (status / 100 == 2)
        alert_done(job, ALERT_TOLD, NULL);
    else
        alert_done(job, is_temporary(status) ? ALERT_TRY_AGAIN : ALERT_FAILED, text);
}

static void post(struct alert_webhooks *w, struct run *r, const char *url, struct slice body)
{
    char timestamp[24], signature[ALERT_SIGNATURE_MAX], lines[2][128];
    const char *const headers[] = { "Content-Type: application/json", lines[0], lines[1], NULL };
    (void)snprintf(timestamp, sizeof timestamp, "%lld", (long long)(clock_wall_us() / US_PER_S));
    alert_sign(w->key, timestamp, body, signature);
    (void)snprintf(lines[0], sizeof lines[0], "X-Postern-Timestamp: %s", timestamp);
    (void)snprintf(lines[1], sizeof lines[1], "X-Postern-Signature: %s", signature);
    const struct http_post what = { url, headers, body, TIMEOUT_US };
    http_post(w->http, &r->http, &what);
}

void alert_webhook_send(struct alert_webhooks *w, struct alert_job *job, const char *url)
{
    struct run *r = calloc(1, sizeof *r);
    struct buf body;
    CHECK(r); /* as http_post: an answer must follow */
    r->http.on_answer = on_answer;
    r->job = job;
    job->run = r;
    buf_init(&body, ALERT_JSON_MAX);
    alert_json(&body, &job->event->alert);
    post(w, r, url, buf_slice(&body));
    buf_clear(&body);
}

void alert_webhook_forget(struct alert_webhooks *w, struct alert_job *job)
{
    struct run *r = TAKE(job->run);
    if (!r)
        return;
    http_cancel(w->http, &r->http);
    free(r);
}
