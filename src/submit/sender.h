/* SPDX-License-Identifier: ISC
 *
 * submit/sender: which account may use which address, in MAIL FROM and in From. Pure but for the
 * reading of the map file.
 */
#pragma once

#include "conf/conf.h"
#include "smtp/path.h"

/* The map file: one account a line, "account address[, address...]"; an address may be "@domain"
 * (all of it) or "*" (any). "#" starts a comment line. Bounded at 64 MiB. */
struct sender_map;

/* NULL: *why has "file:line: what" for the operator. */
struct sender_map *sender_map_load(const char *path, struct buf *why);
struct sender_map *sender_map_parse(const char *name, struct slice text, struct buf *why);
void sender_map_free(struct sender_map *map); /* NULL is fine */

struct sender_policy {
    enum conf_sender mode;
    const struct sender_map *map; /* NULL: none */
    struct slice realm;           /* default domain of an account without one; may be empty */
};

/* Whether account (as the backend spells it) may use address. The null reverse-path is a mailbox
 * with nothing in it and always allowed: delivery reports to others are sent with it (RFC 8098). */
bool sender_allowed(const struct sender_policy *policy, struct slice account,
                    const struct smtp_path *address);
/* Whether the policy can refuse anything for this account: else From need not be read. */
bool sender_is_restricted(const struct sender_policy *policy, struct slice account);
/* Every address of the From fields must be allowed; values: as message_scan keeps them, with
 * how many fields there were. More than one field, or one that does not parse, is not allowed. */
bool sender_from_allowed(const struct sender_policy *policy, struct slice account,
                         struct slice values, unsigned fields);
