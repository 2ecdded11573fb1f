/* SPDX-License-Identifier: ISC
 *
 * cmd/replay: recorded attempts through another policy, one after the other.
 *
 * The registry of the replay begins empty and learns from the successes that the replayed policy
 * lets in; what the recording gate knew (`class`) it knows too. It is a store of its own, in memory
 * where there is room for such. Whether a password would have been right that the
 * gate never looked at is told by the guess: it is right when it is the one that last was.
 */
#pragma once

#include "cmd/replay_line.h"
#include "conf/conf.h"
#include "device/location.h"
#include "device/policy.h"

struct replay; /* one run */

enum replay_said { REPLAY_LET_IN, REPLAY_REFUSED };
enum replay_skipped {
    REPLAY_TAKEN,
    REPLAY_NO_ACCOUNT,
    REPLAY_NO_ADDRESS, /* the client's address is a pseudonym */
    REPLAY_NO_VERDICT, /* cancelled, or an outcome that is none */
};

struct replay_outcome { /* of one event */
    enum replay_skipped skipped;
    enum replay_said recorded, replayed;
    bool right; /* the password, as far as it is known */
    int64_t delay_us;
    enum policy_class class;
    struct slice recorded_by; /* the rule or limit; may be empty */
    const char *replayed_by;  /* "" when let in */
};

/* All outlive the run. NULL: *why says why. */
struct replay *replay_new(const struct conf *conf, const struct policy *policy,
                          struct counters *counters, const struct locations *locations,
                          struct buf *why);
void replay_free(struct replay *r); /* NULL is fine; leaves nothing on the disk */
/* 0, or an error of the replay's store. Slices of out point into event. */
MUST_USE int replay_event(struct replay *r, const struct replay_event *event,
                          struct replay_outcome *out);
