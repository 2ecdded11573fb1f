/* SPDX-License-Identifier: ISC
 *
 * bench/attack/random: the simulator's chance, all of it from one seed.
 *
 * chance_of names a draw by what it is about, so that it is the same whoever asks and whenever; a
 * stream (struct chance) is for draws in a row.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct chance {
    uint64_t state;
};

uint64_t chance_of(uint64_t seed, uint64_t a, uint64_t b, uint64_t c);
double chance_unit(uint64_t draw); /* 0 <= x < 1 */

struct chance chance_begin(uint64_t seed, uint64_t a, uint64_t b);
uint64_t chance_next(struct chance *c);
double chance_next_unit(struct chance *c);
bool chance_happens(struct chance *c, double probability);
uint32_t chance_below(struct chance *c, uint32_t n); /* n > 0 */
uint32_t chance_poisson(struct chance *c, double mean);

/* i of 0..n-1 into its place in a fixed shuffle of 0..n-1. */
uint64_t chance_shuffle(uint64_t i, uint64_t n, uint64_t seed);
