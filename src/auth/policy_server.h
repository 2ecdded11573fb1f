/* SPDX-License-Identifier: ISC
 *
 * auth/policy_server: a client of Dovecot's auth-policy protocol, which weakforced speaks: allow
 * before and after the password is checked, report behind it (draft -13 §6.3-8: the identity as a
 * third factor; `device_id` is TYPE:pseudonym).
 */
#pragma once

#include "conf/conf.h"
#include "net/address.h"
#include "net/http.h"

struct policy_server;

/* NULL: off (not configured: *why stays empty) or *why has a line for the operator. */
struct policy_server *policy_server_open(const struct conf_auth_policy *conf, struct loop *loop,
                                         struct buf *why);
void policy_server_close(struct policy_server *server); /* NULL is fine */

struct policy_server_attempt {
    struct slice login;     /* as typed */
    struct slice password;  /* p NULL: the mechanism hides it; hashed at once, 12 bits are sent */
    struct slice device_id; /* "TYPE:~1.xyz" or empty */
    struct slice session;
    struct address peer;
    bool tls;
};

enum policy_server_result { POLICY_SERVER_ALLOW, POLICY_SERVER_REFUSE };

struct policy_server_question { /* embedded in the asker */
    /* delay_us: a tarpit that the server asked for (status > 0), at most 20 s; before only. */
    void (*on_answer)(struct policy_server_question *, enum policy_server_result result,
                      int64_t delay_us, const char *reason);
    struct http_request http;
    struct policy_server *server;
};
/* command=allow; success: asked after the backend accepted. One answer follows, never from inside
 * the call, also when the server does not answer (`on-failure` decides) or `log-only` is set. */
void policy_server_ask(struct policy_server *server, struct policy_server_question *q,
                       const struct policy_server_attempt *a, bool success);
void policy_server_cancel(struct policy_server_question *q); /* idempotent */
/* command=report; no answer is awaited, at most 1,000 are under way. fail_type: "credentials",
 * "policy", "internal", ... or "" */
void policy_server_report(struct policy_server *server, const struct policy_server_attempt *a,
                          bool success, bool policy_reject, const char *fail_type);
