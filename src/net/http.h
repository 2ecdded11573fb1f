/* SPDX-License-Identifier: ISC
 *
 * net/http: small HTTP and HTTPS requests on the loop (libcurl's multi interface; it looks names up
 * on a thread of its own). No proxy of the environment, no redirect, no other protocol.
 */
#pragma once

#include "base/buf.h"
#include "net/loop.h"

#define HTTP_BODY_MAX ((size_t)64 * 1024) /* of an answer; a longer one is an error */

struct http_client;

/* parallel: requests that run at one time; others wait. NULL: out of memory. */
struct http_client *http_client_new(struct loop *loop, unsigned parallel);
/* Open requests get no answer. NULL is fine. */
void http_client_free(struct http_client *client);

struct http_request { /* embedded in the asker, who keeps it until the answer or http_cancel */
    void (*on_answer)(struct http_request *, int error, unsigned status, struct slice body);
    void *run; /* the client's; NULL: not open */
};

struct http_post {
    const char *url;            /* http:// or https:// (verified by the system's authorities) */
    const char *const *headers; /* "Name: value", NULL behind the last */
    struct slice body;          /* all is copied */
    int64_t timeout_us;         /* of everything, connecting included */
};
/* POST; one answer follows, never from inside the call. error: 0, or negative with a text from
 * err_text (then status is 0). Redirects are not followed. Connections are kept and used again. */
void http_post(struct http_client *client, struct http_request *request,
               const struct http_post *post);
void http_cancel(struct http_client *client, struct http_request *request); /* idempotent */
