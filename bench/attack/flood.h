/* SPDX-License-Identifier: ISC
 *
 * bench/attack/flood: 10 million random tokens, a million random accounts and a million addresses
 * against accounts with known devices: does anybody who is known wait or stay out, and does the
 * memory stay what it was?
 */
#pragma once

#include <stdio.h>

#include "population.h"

struct flood {
    uint64_t tokens;
    uint32_t names, addresses; /* invented ones */
    int64_t length_us;         /* in the simulation's time */
};

/* Prints a table. False: a known device was refused or delayed, or the memory grew. */
bool flood_run(const struct settings *s, const struct flood *f, FILE *to);
