/* SPDX-License-Identifier: ISC
 *
 * conf/unit: numbers with a unit behind them: "50M", "180s". Pure.
 */
#pragma once

#include "base/buf.h"
#include "base/slice.h"

enum unit {
    UNIT_NONE,   /* "100" */
    UNIT_OCTETS, /* "2048", "50M": K, M, G are powers of 1024 */
    UNIT_TIME,   /* "180s": ms, s, m, h, d; the value is in microseconds; "0" needs no unit */
};

#define UNIT_MS  INT64_C(1000)
#define UNIT_S   (1000 * UNIT_MS)
#define UNIT_MIN (60 * UNIT_S)
#define UNIT_H   (60 * UNIT_MIN)
#define UNIT_D   (24 * UNIT_H)
#define UNIT_K   UINT64_C(1024)
#define UNIT_M   (1024 * UNIT_K)
#define UNIT_G   (1024 * UNIT_M)

/* Digits (none of them a leading zero) and a suffix of the unit; false for all else, and for what
 * is over 64 bits. */
MUST_USE bool unit_parse(struct slice text, enum unit unit, uint64_t *out);
/* With the largest suffix that divides it. A time is cut to milliseconds. */
void unit_write(uint64_t value, enum unit unit, struct buf *out);
