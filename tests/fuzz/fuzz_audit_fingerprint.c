/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "audit/fingerprint.h"
#include "property.h"

static struct slice take(struct slice *in)
{
    size_t n = choice(in);
    struct slice part = slice_first(*in, n);
    *in = slice_from(*in, part.n);
    return part;
}

static void must_be_text(const char *text, size_t size)
{
    size_t n = strnlen(text, size);
    must(n < size);
    for (size_t i = 0; i < n; i++)
        must(text[i] >= 0x20 && text[i] < 0x7f);
}

/* Any habit: a guess is printable text with a score in its range, and the same one when asked again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fingerprints *prints;
    struct slice in = { data, size };
    struct fingerprint_habit habit = { .type = choice(&in), .ttl = choice(&in) };
    struct fingerprint_guess guess = { 0 }, again = { 0 };
    if (!prints)
        prints = fingerprints_new();
    must(prints != NULL);
    habit.max_size = (uint16_t)(choice(&in) << 8 | choice(&in));
    habit.vendor_class = take(&in);
    habit.parameters = take(&in);
    habit.order = take(&in);
    if (!fingerprints_find(prints, &habit, &guess))
        return 0;
    must(guess.score > 0 && guess.score <= 1 && guess.by);
    must_be_text(guess.system, sizeof guess.system);
    must_be_text(guess.device, sizeof guess.device);
    must_be_text(guess.source, sizeof guess.source);
    must(fingerprints_find(prints, &habit, &again) && strcmp(guess.system, again.system) == 0);
    return 0;
}
