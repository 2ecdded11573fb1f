/* SPDX-License-Identifier: ISC
 *
 * What link.c (one connection) and upstream.c (targets, and who gets which link) share.
 */
#pragma once

#include "base/log.h"
#include "submit/target.h"
#include "submit/upstream.h"

enum link_step {
    LINK_CONNECTING,
    LINK_GREETING,
    LINK_EHLO,
    LINK_STARTTLS,
    LINK_HANDSHAKE,
    LINK_XCLIENT,
    LINK_LENT,
    LINK_KEPT,
    LINK_RESETTING,
};

struct upstream_target {
    struct target where;
    struct upstreams *ups;
    struct upstream_link *kept; /* newest first */
    unsigned kept_n;
    struct upstream_link *resetting; /* given back, RSET not answered yet */
    struct smtp_capabilities capabilities;
    bool known;
    int64_t down_until_us;
};

struct upstream_link {
    struct conn_owner owner;
    struct conn *conn;
    struct loop_timer timer;
    struct upstream_target *target;
    struct upstream_link *next;         /* among the kept, or those that reset */
    struct upstream_borrower *borrower; /* NULL while kept */
    struct attempt *attempt;            /* that opened it; NULL once ready */
    struct smtp_capabilities capabilities;
    enum link_step step;
    unsigned expected; /* replies */
    unsigned messages;
    int64_t patience_us; /* for each reply expected */
    bool tls, xclient_told, login_told;
    bool ahead; /* bytes came behind the reply that is handled */
};

/* One borrower that waits for a link, while targets are tried in turn. */
struct attempt {
    struct attempt *next;
    struct loop_task task;
    struct resolve resolve;
    struct upstreams *ups;
    struct upstream_borrower *borrower; /* NULL: forgotten */
    struct upstream_client client;
    char hello[256], login[256];
    size_t target;  /* the one that is tried */
    uint64_t tried; /* bits of those that were */
    size_t address; /* of what its name resolved to */
    struct address addresses[RESOLVE_MAX];
    size_t addresses_n;
    struct upstream_link *link;
    bool fresh, kept;
};

struct upstreams {
    struct loop *loop;
    struct thread_pool *threads;
    const struct conf_submission *conf;
    struct upstream_target *targets;
    size_t n;
    SSL_CTX *tls;
    struct attempt *attempts;
    struct smtp_capabilities capabilities; /* of who answered last */
    bool known;
    int64_t probed_us;
    struct upstream_borrower probe;
    bool probing;
    void (*on_learned)(void *);
    void *learned_context;
};

#define UPSTREAM_TARGETS_MAX 64 /* bits of attempt.tried */

/* link.c */
/* Starts connecting to the attempt's target and address; NULL: *error. */
struct upstream_link *link_open(struct attempt *a, int *error);
/* Tells the upstream about the attempt's client where that is wanted; false: nothing to tell. */
bool link_introduce(struct upstream_link *link);
void link_drop(struct upstream_link *link); /* closes at once */
void link_quit(struct upstream_link *link); /* says QUIT, and closes */
/* Waits for further use, or until it is too old. */
void link_keep(struct upstream_link *link);

/* upstream.c */
void upstream_ready(struct upstream_link *link); /* its attempt has succeeded */
void upstream_attempt_failed(struct attempt *a, const char *reason);
void upstream_learned(struct upstream_link *link);     /* its capabilities are known */
void upstream_forget_idle(struct upstream_link *link); /* kept, or resetting */
void upstream_log(const struct upstream_target *t, enum log_level level, const char *event,
                  const char *reason);
