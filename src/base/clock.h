/* SPDX-License-Identifier: ISC
 *
 * base/clock: the two clocks, read by shells and passed into cores.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"

#define US_PER_MS INT64_C(1000)
#define US_PER_S  INT64_C(1000000)

int64_t clock_monotonic_us(void); /* never goes back: for waits and deadlines */
int64_t clock_wall_us(void);      /* since 1970, UTC: for records and what people read */

/* "Sat, 21 Nov 2026 09:11:49 +0000" (RFC 5322 §3.3), always UTC. */
void clock_write_mail_date(struct buf *out, int64_t wall_us);
/* "2026-11-21T09:11:49.123456Z" (RFC 3339). */
void clock_write_rfc3339(struct buf *out, int64_t wall_us);
