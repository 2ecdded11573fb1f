/* SPDX-License-Identifier: ISC
 *
 * milter/forged: which Authentication-Results of a message claim to be ours (RFC 8601 §5). Pure.
 */
#pragma once

#include "base/buf.h"

#define FORGED_MAX 1000 /* fields removed; a message with more is refused */

struct forged {
    uint32_t seen;   /* Authentication-Results fields so far */
    uint32_t claims; /* of them, those that claim our id: at[] has the first FORGED_MAX */
    struct buf at;   /* their numbers among the seen, from 1, rising; uint32_t */
};

void forged_init(struct forged *f);
void forged_clear(struct forged *f);
/* One header field in its turn. keep: it comes from where ours may come from. 0 or -ENOMEM. */
int forged_field(struct forged *f, struct slice name, struct slice value, struct slice authserv_id,
                 bool keep);
/* Writes what deletes them: the highest first, because each deletion moves those behind it
 * (CVE-2022-48521: rising indexes leave every second forgery in). */
void forged_remove(const struct forged *f, struct buf *out);
