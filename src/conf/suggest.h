/* SPDX-License-Identifier: ISC
 *
 * conf/suggest: the known word nearest to a misspelt one. Pure.
 */
#pragma once

#include "base/slice.h"

struct suggestion {
    struct slice word;
    struct slice best; /* empty: nothing near */
    unsigned distance; /* of best */
};

#define SUGGEST_MAX 2 /* edits between a word and what is offered for it */

void suggest_init(struct suggestion *s, struct slice word);
void suggest_offer(struct suggestion *s, struct slice known);
/* Insertions, deletions, changes (Levenshtein), case ignored; SUGGEST_MAX + 1 for any more. */
unsigned suggest_distance(struct slice a, struct slice b);
