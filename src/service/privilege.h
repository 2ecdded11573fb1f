/* SPDX-License-Identifier: ISC
 *
 * service/privilege: what a process gives up before it meets the network.
 */
#pragma once

#include "base/buf.h"

/* Is there a user of this name, for privilege_drop later? Not asked when we are not root. */
MUST_USE bool privilege_user_exists(const char *user, struct buf *why);
/* As root: groups, gid and uid of user for good (unless it is root). Always: no new privileges, no
 * core dumps, no ptrace by others, and no exec any more. False: *why says what failed. */
MUST_USE bool privilege_drop(const char *user, struct buf *why);
/* The same, but programs may still be started: only for the process that runs the operator's commands
 * (alert_exec.c). They inherit the rest. */
MUST_USE bool privilege_drop_but_exec(const char *user, struct buf *why);
/* The parent's part: no core dumps; the wish to die with it is the child's. */
void privilege_no_core(void);
/* As many open files as the process may have: shells and systemd start one with 1024. */
void privilege_all_files(void);
/* uid and gid of user, to give it a directory; false when there is none. */
MUST_USE bool privilege_ids(const char *user, unsigned *uid, unsigned *gid);
