/* SPDX-License-Identifier: ISC
 *
 * submit/control: the operator's commands on devices and policy, live.
 *
 * The keeper listens on a UNIX socket in the state folder (`control`, mode 0600): one request a
 * connection, one line of JSON each way, at most CONTROL_LINE_MAX. Where no service runs, a tool
 * executes the same requests itself on the store and the counters' snapshot.
 *
 *   {"do": "device.approve", "account": "a@example.com", "type": "UUID", "token": "~1.k3v..."}
 *   {"ok": true, ...}   or   {"ok": false, "error": "no such device"}
 *
 *   device.approve device.forget device.label (label)     account, type, token
 *   device.revoke (for: seconds, or for good)             account, type, token
 *   device.allow device.disallow      account or "*", type, tokens: [pseudonyms], at most 1,000
 *   device.import (lines, at most 1,000: all or none; first: the number of the first, 1 without)
 *   device.erase (account)
 *   place.forget (account, network)
 *   policy.attack (mode: known-devices-only | require-clientid | off; account or network or
 *                  neither; for: seconds, an hour without)
 *   policy.status (account or network or neither: whose attack mode is told too)
 *   policy.explain (account, type and token or none, ip, outcome: ok | fail)
 *
 * An account may be an alias: what is done is done to the canonical one, which the answer names. A
 * refusal with "again": true may go well when it is asked later.
 *
 * Files: control.c (the table, and what all requests share), control_device.c, control_policy.c,
 * control_server.c, control_ask.c.
 */
#pragma once

#include <jansson.h>

#include "conf/conf.h"
#include "device/location.h"
#include "device/policy.h"
#include "net/loop.h"

#define CONTROL_LINE_MAX  ((size_t)256 * 1024)
#define CONTROL_BATCH_MAX 1000

struct control_context { /* what requests work on; not owned, looked at anew for each request */
    struct store *store; /* open for writing, outside of a transaction; NULL: it fails */
    struct counters *counters; /* NULL: only for requests about devices and places */
    const struct policy *policy;
    const struct privacy *privacy;
    const struct locations *locations; /* NULL: nothing is known */
    const struct conf *conf;
};

/* Executes one request; the answer is the caller's to json_decref, NULL without memory. */
json_t *control_execute(const struct control_context *context, const json_t *request,
                        int64_t wall_us);

/* The keeper's side. At most 16 connections at a time, 10 s each. Logs `keeper.asked` for each
 * request that changes something. */
struct control_server;
struct control_server *control_server_open(struct loop *loop, const char *directory,
                                           const struct control_context *context, struct buf *why);
void control_server_close(struct control_server *server); /* NULL is fine; removes the socket */

/* The tool's side: 0 with *answer (owned by the caller); ERR_NOT_FOUND: no service listens there; or
 * another error. Waits up to 10 s. */
MUST_USE int control_ask(const char *directory, const json_t *request, json_t **answer);

/* The key of the counters (counters_new), the same for the service and the tools. */
void control_counters_key(const struct privacy *privacy, uint8_t out[16]);
