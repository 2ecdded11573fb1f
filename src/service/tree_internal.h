/* SPDX-License-Identifier: ISC
 *
 * What the tree's files share: tree.c (its life, reloads) and tree_workers.c (who is started, and what
 * becomes of who dies).
 */
#pragma once

#include "service/tree.h"

/* Starts all workers of g in free columns, and waits until they serve. On false *why says why; those
 * that did start go on. */
MUST_USE bool tree_start_generation(struct tree *t, struct tree_generation *g, struct buf *why);
/* To all workers of a generation; to all others. */
void tree_signal(const struct tree *t, uint64_t serial, int number);
void tree_signal_others(const struct tree *t, uint64_t serial, int number);
bool tree_has_worker(const struct tree *t);
void tree_forget_respawns(struct tree *t);
/* Looks who has ended. */
void tree_reap(struct tree *t);
/* Starts again whose time has come; and when that is next, 0: nobody waits for it. */
void tree_respawn(struct tree *t);
int64_t tree_next_respawn_us(const struct tree *t);
