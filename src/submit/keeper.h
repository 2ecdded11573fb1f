/* SPDX-License-Identifier: ISC
 *
 * submit/keeper: the body of the keeper process, the only writer of the store.
 *
 * It reads batches of successes from the workers (submit/record.h) and applies what has come in one
 * synced transaction at most once a second, when 1,000 wait, and at its end. It logs `device.new`
 * for first sightings once they are on disk; `store.failed` when the store fails, keeping up to
 * 100,000 records and trying again with growing pauses; `device.dropped` for what was lost.
 */
#pragma once

#include "privacy/pseudonym.h"
#include "submit/metrics.h"

struct keeper_setup {
    const int *workers; /* an end of a SOCK_SEQPACKET pair each; not owned */
    size_t workers_n;
    int stop;           /* the keeper ends when this can be read or is closed; not owned */
    const char *state;  /* the store's directory */
    uint64_t map_bytes; /* as for store_open */
    const struct privacy *privacy;
    const struct metrics *metrics; /* NULL: none are served */
    int metrics_fd;                /* listening; -1: none are served */
};

/* Runs until told to stop, or until every worker's end is closed (all their copies: close what was
 * inherited). What stands in the sockets then is still read and applied. 0, or why it could not
 * start, or why the last records could not be written. Call it after the last fork. */
MUST_USE int keeper_run(const struct keeper_setup *setup);
