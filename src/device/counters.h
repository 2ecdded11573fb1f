/* SPDX-License-Identifier: ISC
 *
 * device/counters: windowed counts in one piece of memory of fixed size that all processes share.
 *
 * Made by the parent before it forks; atomics, no lock. Time is the wall clock, so that counts
 * survive a restart (counters_snapshot.h). Keys are 64-bit keyed hashes made by the caller
 * (counters_hash, counters_mix), so nobody outside can aim at a slot.
 *
 * Areas keep apart what must not push each other out:
 *   KNOWN     counts of known devices and places, by their own acts only
 *   ACCOUNT   counts of strangers on accounts that exist
 *   STRANGER  counts of all that an attacker can invent: a sketch
 * A full area replaces the smallest live count near. STRANGER and ACCOUNT: the newcomer inherits it
 * (Space-Saving), so an estimate is never below the truth, and no flood can flush a count that is
 * larger than what the flood leaves per slot. What a key had that was pushed out (never more than
 * the smallest count near) ends with the slot that inherited it, at the latest when the pressure
 * does. KNOWN: the newcomer starts at zero.
 *
 * Layout: lines of 64 bytes, 8 slots each; a key has two lines, side by side, and its count, marks
 * and holds are all there. A slot is one 64-bit word: 16 id, 16 count of this window, 16 of the one
 * before, 16 expiry (in 8 s); a mark or hold has 31 id and no count. A window begins with the first
 * count. A sliding count is the current window's and the part of the one before that still reaches
 * into `within`, rounded up. Of the bytes 1/8 are KNOWN, 1/4 ACCOUNT, 3/8 STRANGER, 1/8 who is
 * remembered, 1/8 the rest: a page of head, a bit a line for the snapshot, gauges.
 */
#pragma once

#include "base/attribute.h"
#include "base/slice.h"

#define COUNTERS_WITHIN_MIN_US (8 * INT64_C(1000000))
#define COUNTERS_WITHIN_MAX_US (86400 * INT64_C(1000000))
#define COUNTERS_MAX           65535 /* a count stays there */

struct counters;

enum counters_area { COUNTERS_KNOWN, COUNTERS_ACCOUNT, COUNTERS_STRANGER };

/* bytes: of everything, rounded down to pages; at least 1 MiB. All of it is touched here, so that
 * the size of the process says it from the start. columns: workers that may live at one time. key:
 * 16 secret bytes, the same after a restart. NULL without memory, or with too many columns for it
 * (1 MiB is enough for 2000). */
struct counters *counters_new(uint64_t bytes, uint32_t columns, const uint8_t key[16]);
void counters_free(struct counters *c);
uint64_t counters_bytes(const struct counters *c);

/* A keyed hash of bytes (SipHash); tag separates kinds. */
uint64_t counters_hash(const struct counters *c, uint32_t tag, struct slice bytes);
/* Mixes two hashes of counters_hash (or results of this) into another; cheap. */
uint64_t counters_mix(uint64_t a, uint64_t b);
/* Brings the lines of a key near: call it for all keys of a decision first. */
void counters_prefetch(const struct counters *c, enum counters_area area, uint64_t key);

/* Counts, and returns the estimate behind it. within_us is rounded up to 8 s. */
uint32_t counters_add(struct counters *c, enum counters_area area, uint64_t key, int64_t within_us,
                      uint32_t amount, int64_t wall_us);
/* A key that has no slot in a full STRANGER or ACCOUNT area reads as its smallest neighbour. */
uint32_t counters_read(const struct counters *c, enum counters_area area, uint64_t key,
                       int64_t within_us, int64_t wall_us);
/* Whether key is seen for the first time within this window, and marks it as seen: the distinct
 * counts. Under pressure a mark may be lost: then it is first again (a count too high). */
bool counters_first(struct counters *c, enum counters_area area, uint64_t key, int64_t within_us,
                    int64_t wall_us);
/* What counters_first would say; marks nothing. */
bool counters_would_be_first(const struct counters *c, enum counters_area area, uint64_t key,
                             int64_t within_us, int64_t wall_us);

/* A hold: something that is in force for a key until a time (8 s resolution, at most 3 days
 * ahead). Never replaced while a slot that is no hold can be. Longer wins; until 0 ends it. */
void counters_hold(struct counters *c, enum counters_area area, uint64_t key, int64_t until_us,
                   int64_t wall_us);
bool counters_held(const struct counters *c, enum counters_area area, uint64_t key,
                   int64_t wall_us);

/* Who has succeeded in the last day, for when the store is behind or gone: 48-bit tags, in memory
 * of their own that only successes write. key: as above; tag: another hash of the same. */
void counters_remember(struct counters *c, uint64_t key, uint64_t tag, int64_t wall_us);
bool counters_remembers(const struct counters *c, uint64_t key, uint64_t tag, int64_t wall_us);
void counters_forget(struct counters *c, uint64_t key, uint64_t tag);

/* Gauges: what a worker holds open, in a column of its own. Never below the truth. */
void counters_gauge_add(struct counters *c, uint32_t column, uint64_t key, int32_t change);
uint32_t counters_gauge(const struct counters *c, uint64_t key);  /* of all columns */
void counters_gauge_reclaim(struct counters *c, uint32_t column); /* of a worker that died */

/* One state of the whole gate: attack mode switched by hand. 0: off; else until when. */
void counters_switch(struct counters *c, unsigned which, int64_t until_us); /* which: 0..7 */
int64_t counters_switched(const struct counters *c, unsigned which);

/* Clears slots that are over; part 0..255 of everything, one after the other (the keeper's, so
 * that a slot whose 16-bit expiry wraps is never taken for a live one: all parts once an hour). */
void counters_sweep(struct counters *c, unsigned part, int64_t wall_us);

struct counters_use {
    uint64_t slots[3], live[3]; /* by area; counted by walking: not for the hot path */
};
void counters_use(const struct counters *c, int64_t wall_us, struct counters_use *out);
