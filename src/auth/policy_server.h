/* SPDX-License-Identifier: ISC
 *
 * auth/policy_server: a client of Dovecot's auth-policy protocol, which weakforced speaks: allow
 * before and after the password is checked, report behind it (draft -13 §6.3-8: the identity as a
 * third factor; `device_id` is TYPE:pseudonym).
 *
 * Files: policy_server.c, and policy_wire.c (pure: hash, body, answer).
 * Logs `auth.policy-down` and `auth.policy-up` when the server stops and starts to answer,
 * `auth.policy-refused` for what `log-only` lets through, and `auth.policy-dropped`.
 */
#pragma once

#include "conf/conf.h"
#include "net/address.h"
#include "net/http.h"

struct policy_server;

/* NULL: off (not configured: *why stays empty) or *why has a line for the operator. Reads the file of
 * `api-header`, so whoever opens it must be able to. conf must outlive it. */
struct policy_server *policy_server_open(const struct conf_auth_policy *conf, struct loop *loop,
                                         struct buf *why);
void policy_server_close(struct policy_server *server); /* NULL is fine */

#define POLICY_SERVER_HASH_MAX 5

/* The 12 bits of a guess that are sent. To be kept where the password is not. */
void policy_server_hash(const struct policy_server *server, struct slice login,
                        struct slice password, char out[POLICY_SERVER_HASH_MAX]);

struct policy_server_attempt {
    struct slice login;     /* as typed */
    const char *hash;       /* of policy_server_hash; NULL or "": password is hashed */
    struct slice password;  /* p NULL: the mechanism hides it; hashed at once */
    struct slice device_id; /* "TYPE:~1.xyz" or empty */
    struct slice session;
    struct address peer;
    bool tls;
};

enum policy_server_result { POLICY_SERVER_ALLOW, POLICY_SERVER_REFUSE };

struct policy_server_question { /* embedded in the asker */
    /* delay_us: a tarpit that the server asked for (status > 0), at most 20 s; before only.
     * reason: for the log, printable, valid during the call; "" when there is nothing to say. */
    void (*on_answer)(struct policy_server_question *, enum policy_server_result result,
                      int64_t delay_us, const char *reason);
    struct http_request http;
    struct policy_server *server;
    struct loop_task later; /* answers where nobody needs to be asked */
    bool success;           /* asked after the backend accepted */
};
/* command=allow; success: asked after the backend accepted. One answer follows, never from inside
 * the call, also when the server does not answer (`on-failure` decides), `log-only` is set, or
 * `before` or `after` is off (then it is ALLOW). */
void policy_server_ask(struct policy_server *server, struct policy_server_question *q,
                       const struct policy_server_attempt *a, bool success);
void policy_server_cancel(struct policy_server_question *q); /* idempotent */
/* command=report; no answer is awaited, at most 1,000 are under way. Nothing when `report` is off.
 * fail_type: "credentials", "policy", "internal", ... or "" */
void policy_server_report(struct policy_server *server, const struct policy_server_attempt *a,
                          bool success, bool policy_reject, const char *fail_type);
