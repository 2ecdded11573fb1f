/* SPDX-License-Identifier: ISC */
#include <math.h>

#include "random.h"

/* splitmix64's finaliser. */
static uint64_t scramble(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

uint64_t chance_of(uint64_t seed, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t x = scramble(seed + UINT64_C(0x9e3779b97f4a7c15));
    x = scramble(x ^ (a + UINT64_C(0x9e3779b97f4a7c15)));
    x = scramble(x ^ (b + UINT64_C(0x7f4a7c159e3779b9)));
    return scramble(x ^ (c + UINT64_C(0x3c6ef372fe94f82b)));
}

double chance_unit(uint64_t draw)
{
    return (double)(draw >> 11) * 0x1p-53;
}

struct chance chance_begin(uint64_t seed, uint64_t a, uint64_t b)
{
    return (struct chance){ chance_of(seed, a, b, 0) };
}

uint64_t chance_next(struct chance *c)
{
    c->state += UINT64_C(0x9e3779b97f4a7c15);
    return scramble(c->state);
}

double chance_next_unit(struct chance *c)
{
    return chance_unit(chance_next(c));
}

bool chance_happens(struct chance *c, double probability)
{
    return chance_next_unit(c) < probability;
}

uint32_t chance_below(struct chance *c, uint32_t n)
{
    return (uint32_t)(((chance_next(c) >> 32) * n) >> 32);
}

uint32_t chance_poisson(struct chance *c, double mean)
{
    double limit = exp(-mean);
    double product = chance_next_unit(c);
    uint32_t n = 0;
    while (product > limit) {
        product *= chance_next_unit(c);
        n++;
    }
    return n;
}

/* A Feistel network over the next power of four, walked until the result is below n. */
uint64_t chance_shuffle(uint64_t i, uint64_t n, uint64_t seed)
{
    unsigned half = 1;
    while (half < 31 && (UINT64_C(1) << (2 * half)) < n)
        half++;
    uint64_t mask = (UINT64_C(1) << half) - 1;
    do {
        uint64_t left = i >> half;
        uint64_t right = i & mask;
        for (uint64_t round = 0; round < 4; round++) {
            uint64_t next = left ^ (chance_of(seed, round, right, 7) & mask);
            left = right;
            right = next;
        }
        i = left << half | right;
    } while (i >= n);
    return i;
}
