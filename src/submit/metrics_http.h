/* SPDX-License-Identifier: ISC
 *
 * submit/metrics_http: GET /metrics and GET /healthz over HTTP/1.1, one request a connection.
 *
 * Our own, on net/conn: libevent's evhttp (2.1) has no bound on its connections, nor on the time of
 * one. Here: 16 connections, 10 seconds, 8 KiB of request.
 */
#pragma once

#include "net/loop.h"
#include "submit/metrics.h"

#define METRICS_HTTP_REQUEST_MAX ((size_t)8 * 1024)
#define METRICS_HTTP_ANSWER_MAX  (METRICS_TEXT_MAX + 1024)

/* Pure. Writes the answer to a request once its head is all in `bytes` and returns true; false: it
 * is not, yet. Bytes behind the head are nobody's. /healthz: 200 when a worker is ready, else 503. */
MUST_USE bool metrics_http_answer(struct slice bytes, const struct metrics *m, struct buf *out);

struct metrics_http;

/* fd: listening, non-blocking; not owned. NULL without memory. */
struct metrics_http *metrics_http_start(struct loop *loop, int fd, const struct metrics *m);
void metrics_http_stop(struct metrics_http *http); /* cuts what is under way; NULL is fine */
