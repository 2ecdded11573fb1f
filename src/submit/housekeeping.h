/* SPDX-License-Identifier: ISC
 *
 * submit/housekeeping: what the keeper does beside writing down what the workers tell it: it saves
 * and sweeps the policy's counters, sends alerts, and executes the operator's commands.
 */
#pragma once

#include "conf/conf.h"
#include "device/location.h"
#include "device/policy.h"
#include "submit/keeper.h"

struct housekeeping;

struct housekeeping_setup { /* not owned; outlives it */
    const struct conf *conf;
    const struct privacy *privacy;
    const struct policy *policy;
    const struct locations *locations;
    struct counters *counters;
    int ready_fd; /* one byte is written when commands are heard; -1: nobody waits */
};

/* In the keeper's process, before it drops its privileges: the secrets of alerts are read now. Its
 * work begins with the keeper's. NULL: *why has a line for the operator. */
struct housekeeping *housekeeping_new(const struct housekeeping_setup *setup, struct buf *why);
void housekeeping_free(struct housekeeping *h); /* NULL is fine */
struct keeper_hooks housekeeping_hooks(struct housekeeping *h);
