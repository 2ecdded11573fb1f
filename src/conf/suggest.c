/* SPDX-License-Identifier: ISC */
#include "conf/suggest.h"

#define WORD_MAX 63

void suggest_init(struct suggestion *s, struct slice word)
{
    *s = (struct suggestion){ .word = word, .distance = SUGGEST_MAX + 1 };
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* One row of the matrix at a time. */
unsigned suggest_distance(struct slice a, struct slice b)
{
    unsigned row[WORD_MAX + 1];
    if (a.n > WORD_MAX || b.n > WORD_MAX)
        return SUGGEST_MAX + 1;
    for (unsigned j = 0; j <= b.n; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a.n; i++) {
        unsigned corner = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= b.n; j++) {
            unsigned above = row[j];
            bool same = ascii_lower(a.p[i - 1]) == ascii_lower(b.p[j - 1]);
            row[j] = least(above + 1, row[j - 1] + 1, corner + !same);
            corner = above;
        }
    }
    return row[b.n] > SUGGEST_MAX ? SUGGEST_MAX + 1 : row[b.n];
}

void suggest_offer(struct suggestion *s, struct slice known)
{
    unsigned distance = suggest_distance(s->word, known);
    /* Two edits turn any word of two letters into any other. */
    if (distance >= s->distance || distance >= known.n)
        return;
    s->best = known;
    s->distance = distance;
}
