/* SPDX-License-Identifier: ISC
 *
 * message/address: address lists of header fields (RFC 5322 §3.4, obsolete forms too). Pure.
 */
#pragma once

#include "base/arena.h"

struct message_mailbox {
    struct slice display; /* display name as written, comments removed; may be empty */
    struct slice local;   /* as written, quotes kept, comments and folding removed */
    struct slice domain;
};

/* Reads the list in a field value (folded, with comments, quoted strings, groups, encoded words,
 * route addresses). Results live in the arena. At most max mailboxes: more is a fault. A group
 * without members gives none. On false the content of out[] means nothing. */
MUST_USE bool message_addresses_parse(struct slice value, struct arena *arena, size_t max,
                                      struct message_mailbox *out, size_t *out_n,
                                      struct fault *why);

/* As above, for who only reads: a domain may end in the root's dot (which is kept), and a list without
 * any address is one of none. */
MUST_USE bool message_authors_parse(struct slice value, struct arena *arena, size_t max,
                                    struct message_mailbox *out, size_t *out_n, struct fault *why);
