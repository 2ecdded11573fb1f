/* SPDX-License-Identifier: ISC
 *
 * submit/metrics: counters of all workers in one mapped table, and their text for Prometheus
 * (text format 0.0.4).
 *
 * The parent makes the table before it forks. Each worker counts in a column of its own, so nobody
 * waits for anybody; whoever writes the text adds the columns up. NULL for the table is fine
 * wherever something is counted: nothing is.
 */
#pragma once

#include "base/buf.h"

#define METRICS_TYPES_MAX 30 /* CLIENTID types counted by name; the others are one: "other" */

struct metrics;

enum metric { /* counters; those with labels of a caller's are counted by functions below */
              METRIC_SESSIONS,
              METRIC_SESSIONS_SHED,
              METRIC_TLS_1_2,
              METRIC_TLS_1_3,
              METRIC_TLS_FAILED,
              METRIC_TLS_RESUMED, /* counted beside its version */
              METRIC_MESSAGES_ACCEPTED,
              METRIC_MESSAGES_REFUSED,
              METRIC_MESSAGES_DEFERRED,
              METRIC_MESSAGES_ABORTED,
              METRIC_RECIPIENTS,     /* accepted */
              METRIC_BYTES,          /* of message content */
              METRIC_POLICY_TRIPPED, /* limits, dry ones too */
              METRIC_POLICY_DELAYED,
              METRIC_POLICY_BLIND, /* AUTHs judged without the registry */
              METRIC_COUNT,
};

enum metric_gauge {
    METRIC_SESSIONS_OPEN,
    METRIC_AUTH_WAITING, /* sessions that wait out their failure-delay */
    METRIC_GAUGE_COUNT,
};

enum metric_time {
    METRIC_TIME_AUTH,     /* the backend's answer */
    METRIC_TIME_MESSAGE,  /* MAIL to the final reply */
    METRIC_TIME_TLS,      /* the handshake */
    METRIC_TIME_UPSTREAM, /* any reply of the upstream */
    METRIC_TIME_COUNT,
};

enum metric_auth {
    METRIC_AUTH_OK,
    METRIC_AUTH_FAILED,
    METRIC_AUTH_UNAVAILABLE,
    METRIC_AUTH_CANCELLED,
    METRIC_AUTH_REFUSED, /* by policy */
    METRIC_AUTH_COUNT,
};

/* workers: columns. NULL without memory. Every process frees its own. */
struct metrics *metrics_new(unsigned workers);
void metrics_free(struct metrics *m);

/* From now on this process counts in that column. */
void metrics_use(struct metrics *m, unsigned worker);
void metrics_ready(struct metrics *m, bool ready); /* the worker takes sessions */
/* The worker has died: what it held is given back; what it counted stays. */
void metrics_reclaim(struct metrics *m, unsigned worker);

void metrics_add(struct metrics *m, enum metric metric, uint64_t n);
void metrics_move(struct metrics *m, enum metric_gauge gauge, int64_t by);
void metrics_time(struct metrics *m, enum metric_time what, int64_t us);
/* One CLIENTID and its reply (250, 500, 501, 503). type: upper case, empty when it is not to be
 * counted. A type gets its place when it is first counted, for good: count after authentication
 * where strangers must not fill them. */
void metrics_clientid(struct metrics *m, struct slice type, unsigned code);
void metrics_auth(struct metrics *m, struct slice mechanism, enum metric_auth outcome);
void metrics_upstream(struct metrics *m, unsigned code);

bool metrics_any_ready(const struct metrics *m);
void metrics_write(const struct metrics *m, struct buf *out); /* at most METRICS_TEXT_MAX */
#define METRICS_TEXT_MAX ((size_t)64 * 1024)
