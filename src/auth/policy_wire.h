/* SPDX-License-Identifier: ISC
 *
 * auth/policy_wire: Dovecot's auth-policy protocol as bytes (dovecot/core: src/auth/auth-policy.c;
 * weakforced's docs/swagger). Pure.
 */
#pragma once

#include "auth/policy_server.h"

#define POLICY_HASH_TEXT_MAX 5 /* 12 bits in two octets, in hex, and the NUL */

/* hex(first 12 bits of SHA-256(nonce ‖ user ‖ 0 ‖ password)): equal guesses look equal, and 4,095
 * others look so too. password.p NULL: of an empty one. Negative: the crypto library failed. */
MUST_USE int policy_wire_hash(struct slice nonce, struct slice user, struct slice password,
                              char out[POLICY_HASH_TEXT_MAX]);

struct policy_wire_report {
    bool success, policy_reject;
    const char *fail_type;
};
/* The body. report: NULL for `allow`. Bytes that are not UTF-8 become "?". */
void policy_wire_write(struct buf *out, const struct policy_server_attempt *a, const char *hash,
                       const struct policy_wire_report *report);
/* URL?command=..., and & instead of ? where url has a query or ends in "&" (as Dovecot's does). */
void policy_wire_url(struct buf *out, const char *url, const char *command);

#define POLICY_MESSAGE_MAX 200
struct policy_wire_answer {
    int64_t status;                       /* <0 refuse, 0 go on, >0 wait that many seconds */
    char message[POLICY_MESSAGE_MAX + 1]; /* printable, cut; "" when there is none */
};
/* {"status": -1, "msg": "..."}; other keys are let be. False: not that. */
MUST_USE bool policy_wire_parse(struct slice body, struct policy_wire_answer *out,
                                struct fault *why);

/* What `api-header` holds: "Name: value", or a bare key for X-API-Key. False: no header field. */
MUST_USE bool policy_wire_header(struct buf *out, struct slice text);
