/* SPDX-License-Identifier: ISC
 *
 * cmd/feed: a message of a mailbox, read in blocks, to who wants its fields and its body.
 */
#pragma once

#include "cmd/judging.h"
#include "cmd/mailbox.h"

struct feed { /* each 0 or negative, which ends it; header_end and end may be NULL */
    int (*field)(void *owner, struct slice field);
    int (*header_end)(void *owner);
    int (*body)(void *owner, struct slice octets);
    int (*end)(void *owner);
};

/* Files with LF alone are mended (message/split.h). 0 or negative; ERR_TOO_BIG: the header. */
MUST_USE int feed_message(const struct mailbox_message *message, const struct feed *to,
                          void *owner);
MUST_USE int feed_verification(const struct mailbox_message *message, struct verification *v);
/* One message verified, and waited for: *out is the caller's. 0 or negative. */
MUST_USE int feed_judge(struct judge *judge, const struct judging *j,
                        const struct mailbox_message *message, struct verification **out);
