/* SPDX-License-Identifier: ISC
 *
 * submit/keeper: the body of the keeper process, the only writer of the store.
 *
 * It reads batches of events from the workers (submit/record.h) and applies what has come in one
 * synced transaction at most once a second, when 1,000 wait, and at its end. Once they are on disk
 * it logs `device.new`, `device.evicted` and `device.revoked`; `store.failed` when the store fails,
 * keeping up to 100,000 records and trying again with growing pauses; `device.dropped` for what was
 * lost. Each minute a few hundred old records are forgotten.
 */
#pragma once

#include "device/device.h"
#include "net/loop.h"
#include "privacy/pseudonym.h"
#include "submit/metrics.h"

/* The keeper's other work (alerts, snapshots, the operator's commands): each may be NULL. All are
 * called on the keeper's loop, none inside a write transaction of its own. */
struct keeper_hooks {
    void *context;
    /* 0, or why the keeper cannot run. The store is open for writing. */
    int (*start)(void *context, struct loop *loop, struct store *store);
    /* After a failed write the store is opened again: this one from now on; NULL: not yet. */
    void (*store)(void *context, struct store *store);
    /* On disk. For events with an alert, and those that changed more than times and counts. */
    void (*applied)(void *context, const struct device_event *event,
                    const struct device_applied *applied);
    void (*tick)(void *context, int64_t wall_us); /* each second */
    void (*stop)(void *context);                  /* after the last `applied`; only if started */
};

struct keeper_setup {
    const int *workers; /* an end of a SOCK_SEQPACKET pair each; not owned */
    size_t workers_n;
    int stop;                    /* the keeper ends when this can be read or is closed; not owned */
    const char *state;           /* the store's directory */
    uint64_t map_bytes;          /* as for store_open */
    struct device_bounds bounds; /* devices 0: 20 and 16 an account, 180 and 30 days */
    const struct privacy *privacy;
    const struct metrics *metrics; /* NULL: none are served */
    int metrics_fd;                /* listening; -1: none are served */
    struct keeper_hooks hooks;
};

/* Runs until told to stop, or until every worker's end is closed (all their copies: close what was
 * inherited). What stands in the sockets then is still read and applied. 0, or why it could not
 * start, or why the last records could not be written. Call it after the last fork. */
MUST_USE int keeper_run(const struct keeper_setup *setup);
