/* SPDX-License-Identifier: ISC
 *
 * submit/admission: how many connections there are, in all and by prefix, across the workers; and
 * which session makes room when there are too many (RFC 6409 §4.2 leaves it to us).
 *
 * One table in memory that all processes share, made by the parent before it forks; a column of
 * slots for each worker, so that what a worker held is reclaimed when it dies. Atomics, no lock:
 * under a race a bound may be passed by the number of workers.
 *
 * The newcomer may be the owner, so it is not refused first: the oldest session of its prefix that
 * idles before authentication goes (of all prefixes, when the table is full).
 */
#pragma once

#include <stdint.h>

#include "base/attribute.h"
#include "base/slice.h"

struct admission;

struct admission_limits {
    uint32_t connections, prefix_connections;
};

enum admission_state { ADMISSION_BUSY, ADMISSION_IDLE, ADMISSION_AUTHENTICATED };

/* columns: workers that may live at one time. NULL without memory. key: 16 random bytes. */
struct admission *admission_new(uint32_t columns, uint32_t connections, const uint8_t key[16]);
void admission_free(struct admission *a);

/* One more connection of this prefix in this column. Returns its slot, or -1 when nobody can make
 * room. When another session should go first, *shed_column and *shed_slot name it (else -1):
 * its worker is told through admission_shed_wanted. */
int32_t admission_enter(struct admission *a, uint32_t column, uint64_t prefix,
                        const struct admission_limits *limits, int64_t now_us, int32_t *shed_column,
                        int32_t *shed_slot);
void admission_leave(struct admission *a, uint32_t column, int32_t slot);

void admission_set(struct admission *a, uint32_t column, int32_t slot, enum admission_state state);
/* The next slot of a column that was asked to go, or -1; the wish is then forgotten. */
int32_t admission_shed_wanted(struct admission *a, uint32_t column);
/* All slots of a worker that died. */
void admission_reclaim(struct admission *a, uint32_t column);
/* Slots of a column: every slot number is below it. */
uint32_t admission_rows(const struct admission *a);
/* Connections now, in all. */
uint32_t admission_count(const struct admission *a);
