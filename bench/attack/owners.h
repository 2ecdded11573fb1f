/* SPDX-License-Identifier: ISC
 *
 * bench/attack/owners: what the owners do, day by day: the same whatever stands at the door.
 */
#pragma once

#include <stddef.h>

#include "population.h"

enum owner_act {
    OWNER_SENDS,    /* with the right password */
    OWNER_MISTYPES, /* just before sending */
    OWNER_STALE,    /* an old phone with an old password */
};

struct owner_event {
    int64_t wall_us;
    uint64_t token, password;
    uint32_t account, address;
    uint8_t client;
    enum owner_act act;
};

struct trace {
    struct owner_event *at; /* in the order of time */
    size_t n, room;
};

/* Appends one day. */
void owners_day(const struct population *p, uint32_t day, struct trace *t);
void trace_clear(struct trace *t);
