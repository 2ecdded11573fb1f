/* SPDX-License-Identifier: ISC
 *
 * cmd/tool: what `postern device` and `postern policy` share: the configuration, the store, the
 * secret, and who executes a request: the running service, or the tool itself where none runs.
 */
#pragma once

#include <jansson.h>

#include "conf/conf.h"
#include "device/counters_snapshot.h"
#include "submit/control.h"

struct tool {
    const char *name; /* "postern device", in front of what is wrong */
    bool json;
    struct conf *conf;
    struct privacy *privacy; /* NULL: privacy_why says why not */
    struct buf privacy_why;
    struct store *store; /* open for reading; NULL: nothing was recorded yet */
    struct store *writer;
    struct counters *counters; /* these four: of requests that the tool executes itself */
    struct policy *policy;
    struct locations *locations;
    bool loaded, saved; /* the counters: was tried; the service had left some */
};

/* Each of these says what is wrong, and returns an exit code. */

MUST_USE int tool_open(struct tool *t, const char *file);
void tool_close(struct tool *t);
/* Opens the store for reading, as the owner of the state folder. */
MUST_USE int tool_read(struct tool *t);
/* There is a secret. */
MUST_USE int tool_secret(struct tool *t);
/* Compiles the policy of the configuration over fresh counters with the secret's key. */
MUST_USE int tool_policy(struct tool *t);
/* Canonical, aliases followed as far as the store was opened. */
MUST_USE int tool_account(struct tool *t, const char *text, struct buf *out);
/* Takes request. CMD_OK: *answer is the caller's. Otherwise it was said why not. */
MUST_USE int tool_ask(struct tool *t, json_t *request, json_t **answer);

int tool_say(const struct tool *t, const char *format, ...) PRINTF(2, 3); /* CMD_FAILED */
/* Of getopt: -h, or what was refused (optarg: its value, NULL for none). The exit code. */
MUST_USE int tool_usage(const struct tool *t, const char *usage, int option);
/* CMD_TRY_AGAIN where later may be better. */
MUST_USE int tool_error(const struct tool *t, const char *what, int error);
/* The last thing a command does: a full disk or a closed pipe is a failure. */
MUST_USE int tool_end(const struct tool *t, int code);
/* One value of JSON and a newline; takes it. */
MUST_USE int tool_json(const struct tool *t, json_t *value);
/* "90s", "10m", "7d" in microseconds. */
MUST_USE bool tool_time(const char *text, int64_t *out_us);
