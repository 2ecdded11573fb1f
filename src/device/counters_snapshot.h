/* SPDX-License-Identifier: ISC
 *
 * device/counters_snapshot: the counters on disk, so that a restart forgets at most a second.
 *
 * Two files in the state folder: `counters`, everything as of some time, and `counters.journal`,
 * batches of the 64-byte lines that changed since, one batch a second, each with its checksum and
 * synced. When the journal grows past half of the memory, a new `counters` is written beside the
 * old one, synced, renamed over it, and the journal starts anew. A torn last batch is the second
 * that may be lost; anything else that does not check is corrupt: the files are kept beside as
 * `*.bad`, and counting starts empty. Gauges and what is held open are not saved; switches are.
 * Lines carry the time at which they were written, so that a gate that was away for long does not
 * take what is over for what is to come.
 */
#pragma once

#include "base/buf.h"
#include "device/counters.h"

struct counters_file; /* the keeper's */

/* Fills c from the files of a folder. 1: loaded, 0: none there, negative: an error; *why then has
 * a line for the operator: what was wrong, that counting starts empty, where the bad file is. A
 * snapshot of another size, key or version is no error but another beginning: 0, with *why. Before
 * the counters are used, and before counters_file_open, which begins both files anew. */
MUST_USE int counters_load(struct counters *c, const char *directory, struct buf *why);

/* NULL: *why says why. */
struct counters_file *counters_file_open(struct counters *c, const char *directory,
                                         struct buf *why);
/* Writes and syncs what changed since the last call. 0 or negative: it will be tried again. */
MUST_USE int counters_file_save(struct counters_file *f);
void counters_file_close(struct counters_file *f); /* saves first; NULL is fine */
