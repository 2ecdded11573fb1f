/* SPDX-License-Identifier: ISC
 *
 * The search: exact tests by hash and partial ones in turn bring up candidates; each gets a score by all of its
 * tests. Signs that speak for it are joined as independent (1 - product of what each leaves open), a sign that
 * several systems of one source share is divided among them, and a sign that should be there and is another one
 * speaks against it.
 */
#include <string.h>

#include "audit/fingerprint_internal.h"

enum { CANDIDATES_MAX = 512 };

struct candidate {
    uint32_t print;
    double sign[PRINT_KINDS]; /* 0 to 1: how much it says */
    double against;           /* factor */
};

struct search {
    const struct fingerprints *prints;
    const struct fingerprint_habit *habit;
    struct candidate at[CANDIDATES_MAX];
    size_t n;
};

/* What a test that holds says when nobody else has it. */
static const struct {
    double exact, partial;
} says[PRINT_KINDS] = {
    [PRINT_VENDOR_CLASS] = { 0.9, 0.8 }, [PRINT_PARAMETERS] = { 0.7, 0.35 },
    [PRINT_ORDER] = { 0.35, 0.15 },      [PRINT_MAX_SIZE] = { 0.1, 0.1 },
    [PRINT_TTL] = { 0.05, 0.05 },
};
#define SAME_SET   0.3 /* a parameter list with the right codes in another order */
#define LEAST_SAID 0.2 /* a lower score is none */

/* FNV-1a: looked up in a sorted array, so equal hashes cost little, whoever makes them. */
uint32_t print_hash(enum print_kind kind, struct slice octets)
{
    uint32_t h = 2166136261u ^ (uint32_t)kind;
    for (size_t i = 0; i < octets.n; i++)
        h = (h ^ octets.p[i]) * 16777619u;
    return h;
}

uint32_t print_set_hash(struct slice codes)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < codes.n; i++)
        h += (codes.p[i] + 1u) * 2654435761u;
    return h;
}

static bool same_set(struct slice a, struct slice b)
{
    uint16_t count[256] = { 0 };
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        count[a.p[i]]++;
    for (size_t i = 0; i < b.n; i++)
        if (count[b.p[i]]-- == 0)
            return false;
    return true;
}

static struct slice habit_octets(const struct fingerprint_habit *habit, enum print_kind kind)
{
    switch (kind) {
    case PRINT_VENDOR_CLASS: return habit->vendor_class;
    case PRINT_PARAMETERS: return habit->parameters;
    case PRINT_ORDER: return habit->order;
    case PRINT_MAX_SIZE:
    case PRINT_TTL:
    case PRINT_KINDS: break;
    }
    return (struct slice){ 0 };
}

static bool somewhere_in(struct slice octets, struct slice in)
{
    return octets.n && in.n >= octets.n && memmem(in.p, in.n, octets.p, octets.n) != NULL;
}

/* How much it says; 0: it does not hold. */
static double test_says(const struct print_test *t, const struct fingerprint_habit *habit)
{
    struct slice octets = habit_octets(habit, t->kind);
    double weight = (double)t->weight / PRINT_FULL_WEIGHT;
    if (t->kind == PRINT_MAX_SIZE)
        return t->number == habit->max_size ? says[t->kind].exact * weight : 0;
    if (t->kind == PRINT_TTL)
        return t->number == habit->ttl ? says[t->kind].exact * weight : 0;
    if (t->partial)
        return somewhere_in(t->octets, octets) ? says[t->kind].partial * weight : 0;
    if (slice_equal(t->octets, octets))
        return says[t->kind].exact * weight;
    if (t->kind == PRINT_PARAMETERS && octets.n >= PRINT_SET_MIN && same_set(t->octets, octets))
        return SAME_SET * weight;
    return 0;
}

static bool for_this_message(const struct print_test *t, const struct fingerprint_habit *habit)
{
    return t->type == 0 || habit->type == 0 || t->type == habit->type;
}

/* What it asks for and finds otherwise. A vendor class that is kept back says less than another one. */
static double speaks_against(const struct candidate *c, const struct print *print,
                             const bool asked[PRINT_KINDS], const struct fingerprint_habit *habit)
{
    double factor = print->silent && habit->vendor_class.n ? 0.5 : 1;
    if (asked[PRINT_VENDOR_CLASS] && c->sign[PRINT_VENDOR_CLASS] == 0)
        factor *= habit->vendor_class.n ? 0.4 : 0.7;
    if (asked[PRINT_PARAMETERS] && c->sign[PRINT_PARAMETERS] == 0 && habit->parameters.n)
        factor *= 0.6;
    if (asked[PRINT_ORDER] && c->sign[PRINT_ORDER] == 0 && habit->order.n)
        factor *= 0.9;
    return factor;
}

static void judge(struct search *s, struct candidate *c)
{
    const struct print *print = &s->prints->prints[c->print];
    bool asked[PRINT_KINDS] = { 0 };
    for (uint32_t i = 0; i < print->tests; i++) {
        const struct print_test *t = &s->prints->tests[print->first + i];
        double said;
        if (!for_this_message(t, s->habit))
            continue;
        asked[t->kind] = true;
        said = test_says(t, s->habit);
        if (said > c->sign[t->kind])
            c->sign[t->kind] = said;
    }
    c->against = speaks_against(c, print, asked, s->habit);
}

static void bring_up(struct search *s, uint32_t print)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->at[i].print == print)
            return;
    if (s->n < CANDIDATES_MAX) {
        s->at[s->n] = (struct candidate){ .print = print, .against = 1 };
        judge(s, &s->at[s->n++]);
    }
}

static void bring_up_hash(struct search *s, uint32_t hash)
{
    const struct print_key *keys = s->prints->keys;
    size_t low = 0, high = s->prints->keys_n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (keys[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < s->prints->keys_n && keys[low].hash == hash; low++) {
        const struct print_test *t = &s->prints->tests[keys[low].test];
        if (for_this_message(t, s->habit) && test_says(t, s->habit) > 0)
            bring_up(s, t->print);
    }
}

static void bring_up_all(struct search *s)
{
    const struct fingerprint_habit *habit = s->habit;
    if (habit->vendor_class.n)
        bring_up_hash(s, print_hash(PRINT_VENDOR_CLASS, habit->vendor_class));
    if (habit->parameters.n) {
        bring_up_hash(s, print_hash(PRINT_PARAMETERS, habit->parameters));
        bring_up_hash(s, print_set_hash(habit->parameters));
    }
    for (size_t i = 0; i < s->prints->loose_n; i++) {
        const struct print_test *t = &s->prints->tests[s->prints->loose[i]];
        if (for_this_message(t, habit) && test_says(t, habit) > 0)
            bring_up(s, t->print);
    }
    if (habit->order.n)
        bring_up_hash(s, print_hash(PRINT_ORDER, habit->order));
}

/* How many of one source have this sign as strongly. */
static double sharers(const struct search *s, const struct candidate *c, enum print_kind kind)
{
    uint16_t source = s->prints->prints[c->print].source;
    double n = 0;
    for (size_t i = 0; i < s->n; i++)
        n += s->prints->prints[s->at[i].print].source == source &&
             s->at[i].sign[kind] >= c->sign[kind];
    return n;
}

static double score(const struct search *s, const struct candidate *c, enum print_kind *strongest)
{
    double open = 1, most = 0;
    for (enum print_kind kind = 0; kind < PRINT_KINDS; kind++) {
        double sign = c->sign[kind];
        if (sign == 0)
            continue;
        if (kind != PRINT_MAX_SIZE && kind != PRINT_TTL)
            sign /= sharers(s, c, kind);
        open *= 1 - sign;
        if (sign > most) {
            most = sign;
            *strongest = kind;
        }
    }
    return (1 - open) * c->against;
}

static const char *const kind_texts[PRINT_KINDS] = {
    [PRINT_VENDOR_CLASS] = "vendor class",
    [PRINT_PARAMETERS] = "parameter list",
    [PRINT_ORDER] = "option order",
    [PRINT_MAX_SIZE] = "maximum size",
    [PRINT_TTL] = "TTL",
};

static void keep_text(const char *text, char *out, size_t size)
{
    struct slice kept = slice_keep(slice_of_str(text), out, size - 1);
    out[kept.n] = '\0';
}

/* It has the class, and either nobody else does or its lists say which of those who do it is. */
static bool is_of_class(const struct search *s, const struct candidate *c)
{
    if (c->sign[PRINT_VENDOR_CLASS] == 0)
        return false;
    return c->sign[PRINT_PARAMETERS] > 0 || c->sign[PRINT_ORDER] > 0 ||
           sharers(s, c, PRINT_VENDOR_CLASS) == 1;
}

static bool best(const struct search *s, struct fingerprint_guess *out, bool *of_class)
{
    const struct candidate *found = NULL;
    double most = LEAST_SAID;
    enum print_kind strongest = PRINT_TTL, by = PRINT_TTL;
    for (size_t i = 0; i < s->n; i++) {
        double it = score(s, &s->at[i], &strongest);
        if (it > most) {
            most = it;
            by = strongest;
            found = &s->at[i];
        }
    }
    if (!found)
        return false;
    const struct print *print = &s->prints->prints[found->print];
    keep_text(print->system, out->system, sizeof out->system);
    keep_text(print->device, out->device, sizeof out->device);
    keep_text(s->prints->sources[print->source], out->source, sizeof out->source);
    out->by = kind_texts[by];
    out->score = most;
    *of_class = is_of_class(s, found);
    return true;
}

/* A vendor class that says it all is believed before any table; one that says a family ("MSFT 5.0") is made
 * more exact by a print that has that class too. */
bool fingerprints_find(const struct fingerprints *prints, const struct fingerprint_habit *habit,
                       struct fingerprint_guess *out)
{
    struct fingerprint_guess said = { .by = kind_texts[PRINT_VENDOR_CLASS], .score = 1 };
    struct fingerprint_guess found = { 0 };
    struct search s = { .prints = prints, .habit = habit };
    bool outright = false, of_class = false;
    bool speaks = print_vendor_words(habit->vendor_class, &said, &outright);
    keep_text(prints->sources[0], said.source, sizeof said.source);
    if (!outright) {
        bring_up_all(&s);
        if (best(&s, &found, &of_class) && (!speaks || of_class)) {
            *out = found;
            return true;
        }
    }
    if (speaks)
        *out = said;
    return speaks;
}
