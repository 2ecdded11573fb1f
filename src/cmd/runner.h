/* SPDX-License-Identifier: ISC
 *
 * cmd/runner: the messages of mailboxes, judged side by side: by a thread for each core, each with a
 * loop, a resolver and keys of its own, and several messages under way on each loop, as most of the
 * time is waiting for DNS. Results are printed in the order of the messages; one that waits holds back
 * at most RUNNER_WINDOW behind it. When there were several, a summary goes to standard error, and
 * on a terminal a line of progress meanwhile.
 */
#pragma once

#include "cmd/judging.h"
#include "cmd/mailbox.h"

#define RUNNER_WINDOW 1024
#define RUNNER_FLIGHT 32 /* messages under way on one loop */

struct runner_result {
    int code;         /* exit code */
    const char *word; /* static: what the summary counts */
};

struct runner {
    const struct tool *tool;
    const struct judging *judging;
    bool practices; /* they are checked, too */
    bool explain;   /* what was hashed is kept */
    /* Says what there is to say of a message. On one of several threads. */
    struct runner_result (*render)(void *owner, const struct mailbox_message *message,
                                   const struct verification *v, struct buf *out);
    /* The same of one whose header is over our bounds. */
    bool (*render_too_big)(void *owner, const struct mailbox_message *message, struct buf *out);
    void *owner;
};

/* Exit code: 1 when one is 1 or cannot be read, else 75 when one is, else 0. */
MUST_USE int runner_run(const struct runner *r, char *const *names, size_t n);
