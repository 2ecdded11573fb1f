/* SPDX-License-Identifier: ISC
 *
 * submit/upstream: the servers behind the gate, and ready connections to them (SMTP or LMTP).
 *
 * The targets of a worker are tried in the order of the configuration; one that cannot be reached
 * is left alone for a while. Connections are greeted, put under TLS where they should be, told
 * about the client by XCLIENT where that is offered, and kept for the next message otherwise.
 */
#pragma once

#include "conf/conf.h"
#include "net/conn.h"
#include "net/resolve.h"
#include "smtp/capability.h"
#include "smtp/reply.h"

#define UPSTREAM_OUTPUT_MAX (256 * 1024) /* bytes that may wait to be written; full at half */

struct upstreams;
struct upstream_link; /* one connection, lent to one delivery at a time */

/* What the borrower of a link is told. */
struct upstream_borrower {
    /* A link is ready: it now belongs to the borrower. Never from inside upstream_borrow. */
    void (*on_link)(struct upstream_borrower *, struct upstream_link *);
    /* No target could be reached, or none would serve; reason: static text. */
    void (*on_none)(struct upstream_borrower *, const char *reason);
    /* One whole reply. */
    void (*on_reply)(struct upstream_borrower *, const struct smtp_reply *);
    /* The link is gone, and needs no giving back; reason: static text. */
    void (*on_gone)(struct upstream_borrower *, const char *reason);
    void (*on_room)(struct upstream_borrower *);
};

struct upstream_client { /* for XCLIENT; copied */
    struct address peer;
    struct slice hello, login;
};

/* conf must outlive it. NULL: *why has a line for the operator. */
struct upstreams *upstreams_new(struct loop *loop, struct thread_pool *threads,
                                const struct conf_submission *conf, struct buf *why);
void upstreams_free(struct upstreams *ups);
/* Connects once to learn what the first reachable target offers; on_learned is called when it is
 * known or known to be unreachable. */
void upstreams_probe(struct upstreams *ups, void (*on_learned)(void *context), void *context);
/* What the target that answered last offers; false: none has yet. Probes again, at most every few
 * seconds, while nothing is known. */
bool upstreams_capabilities(struct upstreams *ups, struct smtp_capabilities *out);

/* Asks for a link; one on_link or on_none follows. fresh: not one that was kept. The borrower must
 * stay until then, or call upstream_forget. */
void upstream_borrow(struct upstreams *ups, struct upstream_borrower *borrower,
                     const struct upstream_client *client, bool fresh);
/* The borrower goes away while it waits. */
void upstream_forget(struct upstreams *ups, struct upstream_borrower *borrower);

const struct smtp_capabilities *upstream_capabilities(const struct upstream_link *link);
bool upstream_is_lmtp(const struct upstream_link *link);
bool upstream_was_kept(const struct upstream_link *link);    /* it served an earlier message */
bool upstream_login_told(const struct upstream_link *link);  /* XCLIENT LOGIN was accepted */
const char *upstream_name(const struct upstream_link *link); /* as configured */

/* Sends a command (with CRLF) and expects `replies` replies within timeout_us. */
void upstream_send(struct upstream_link *link, struct slice bytes, unsigned replies,
                   int64_t timeout_us);
/* More bytes of message data; the data timeout runs while they cannot be written. */
void upstream_write(struct upstream_link *link, struct slice bytes);
bool upstream_is_full(const struct upstream_link *link);
bool upstream_has_all(const struct upstream_link *link); /* nothing waits to be written */

/* Gives the link back. clean: no transaction is open on it, so that it may serve again; otherwise,
 * or when XCLIENT named a client on it, it is closed. reset: a transaction without content is
 * open; RSET makes the link clean again. */
enum upstream_state { UPSTREAM_CLEAN, UPSTREAM_RESET, UPSTREAM_BROKEN };
void upstream_return(struct upstream_link *link, enum upstream_state state);
