/* SPDX-License-Identifier: ISC
 *
 * cmd/replay_line: one line of a log to the `submit.auth` event in it. Pure.
 *
 * Reads what base/log writes, text and JSON, as it is or behind what syslog and the journal put in
 * front: "2026-11-21T09:11:49.5+01:00 host postern[17]: ", "Nov 21 09:11:49 host postern[17]: ".
 */
#pragma once

#include "base/slice.h"

#define REPLAY_LINE_MAX 8192

struct replay_event {
    int64_t wall_us;
    bool no_year; /* the stamp has none: wall_us counts from the beginning of 1970 */
    struct slice session, client, account, identity, outcome, class, guess, reason, policy;
    char text[REPLAY_LINE_MAX]; /* the slices point here */
    size_t text_n;
};

enum replay_line {
    REPLAY_OTHER,   /* another event, or no event at all */
    REPLAY_AUTH,    /* *out holds it */
    REPLAY_UNTIMED, /* it is one, but nothing says when it was */
    REPLAY_BROKEN,  /* it is one, but cut or not as it was written */
};

/* line: without its end. *out is whole only with REPLAY_AUTH. */
enum replay_line replay_line_parse(struct slice line, struct replay_event *out);
/* "2026-11-21T09:11:49.123456Z", "...+01:00", "...+0100": all of text. */
MUST_USE bool replay_time_parse(struct slice text, int64_t *out_us);
