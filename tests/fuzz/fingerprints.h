/* SPDX-License-Identifier: ISC
 *
 * Any bytes as a file of fingerprints of one form: what holds of all three.
 */
#pragma once

#include <string.h>

#include "audit/fingerprint_internal.h"
#include "property.h"

/* What was read is found by its own habit, unless it says too little or another says more. */
static void find_again(const struct fingerprints *p, const struct print_test *t)
{
    struct fingerprint_habit habit = { .type = t->type };
    struct fingerprint_guess guess = { 0 };
    if (t->kind == PRINT_PARAMETERS)
        habit.parameters = t->octets;
    if (t->kind == PRINT_ORDER)
        habit.order = t->octets;
    if (t->kind == PRINT_VENDOR_CLASS)
        habit.vendor_class = t->octets;
    if (fingerprints_find(p, &habit, &guess))
        must(guess.score > 0 && guess.score <= 1 && strlen(guess.system) < sizeof guess.system &&
             strlen(guess.device) < sizeof guess.device && guess.by && guess.source[0]);
}

/* Faults have a line, tests belong to their prints, the index is in order. */
static void fuzz_fingerprints(int (*read)(struct fingerprints *prints, struct slice text,
                                          const char *name, struct buf *why),
                              struct slice text)
{
    struct fingerprints *p = calloc(1, sizeof *p);
    struct buf why CLEANUP(buf_clear);
    must(p != NULL);
    buf_init(&why, 4096);
    arena_init(&p->texts, PRINT_MEMORY_MAX);
    p->sources[p->sources_n++] = "x";
    int error = read(p, text, "x", &why);
    must(error == 0 || buf_size(&why) > 0);
    must(buf_size(&why) == 0 || slice_starts(buf_slice(&why), SLICE("x:")));
    must(prints_index(p) == 0);
    for (size_t i = 0; i < p->tests_n; i++) {
        const struct print_test *t = &p->tests[i];
        must(t->print < p->prints_n && t->octets.n <= text.n && t->weight > 0);
        must(i >= p->prints[t->print].first &&
             i < p->prints[t->print].first + p->prints[t->print].tests);
    }
    for (size_t i = 1; i < p->keys_n; i++)
        must(p->keys[i - 1].hash <= p->keys[i].hash);
    for (size_t i = 0; i < p->tests_n && i < 32; i++)
        find_again(p, &p->tests[i]);
    fingerprints_free(p);
}
