/* SPDX-License-Identifier: ISC */
#include "audit/fingerprint_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* Room for one more; doubles. */
static bool grow(void **at, size_t *size, size_t n, size_t each)
{
    size_t more = *size ? *size * 2 : 256;
    if (n < *size)
        return true;
    void *room = reallocarray(*at, more, each);
    if (!room)
        return false;
    *at = room;
    *size = more;
    return true;
}

struct fingerprints *fingerprints_new(void)
{
    struct fingerprints *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    arena_init(&p->texts, PRINT_MEMORY_MAX);
    p->sources[p->sources_n++] = "postern";
    if (prints_own(p) == 0 && prints_index(p) == 0)
        return p;
    fingerprints_free(p);
    return NULL;
}

void fingerprints_free(struct fingerprints *prints)
{
    if (!prints)
        return;
    free(prints->prints);
    free(prints->tests);
    free(prints->keys);
    free(prints->loose);
    arena_clear(&prints->texts);
    free(prints);
}

size_t fingerprints_count(const struct fingerprints *prints)
{
    return prints->prints_n;
}

int print_add(struct fingerprints *prints, struct slice system, struct slice device)
{
    size_t max = sizeof((struct fingerprint_guess *)0)->system - 1;
    struct print *p;
    if (prints->prints_n >= PRINTS_MAX)
        return ERR_FULL;
    if (!grow((void **)&prints->prints, &prints->prints_size, prints->prints_n, sizeof *p))
        return -ENOMEM;
    p = &prints->prints[prints->prints_n];
    *p = (struct print){ .system = arena_str(&prints->texts, slice_first(system, max)),
                         .device = arena_str(&prints->texts, slice_first(device, max)),
                         .first = (uint32_t)prints->tests_n,
                         .source = (uint16_t)(prints->sources_n - 1) };
    if (!p->system || !p->device)
        return -ENOMEM;
    prints->prints_n++;
    return 0;
}

int print_test(struct fingerprints *prints, const struct print_test *test)
{
    struct print *p = &prints->prints[prints->prints_n - 1];
    struct print_test *t;
    if (test->octets.n == 0 && test->number == 0)
        return 0;
    if (prints->tests_n >= PRINT_TESTS_MAX || p->tests >= PRINT_TESTS_EACH)
        return ERR_FULL;
    if (!grow((void **)&prints->tests, &prints->tests_size, prints->tests_n, sizeof *t))
        return -ENOMEM;
    t = &prints->tests[prints->tests_n];
    *t = *test;
    t->print = (uint32_t)(prints->prints_n - 1);
    if (!arena_copy(&prints->texts, test->octets, &t->octets))
        return -ENOMEM;
    prints->tests_n++;
    p->tests++;
    return 0;
}

/* One number with blanks around it, and the comma behind it. */
static bool next_code(struct slice *rest, uint32_t *out)
{
    struct slice head, tail;
    (void)slice_cut(*rest, ',', &head, &tail); /* the last number has no comma */
    *rest = tail;
    return slice_to_u32(slice_trim(head), 0, 255, out);
}

bool print_codes(struct slice text, enum print_kind kind, uint8_t out[PRINT_CODES_MAX], size_t *n)
{
    struct slice rest = slice_trim(text);
    uint32_t code;
    size_t got = 0;
    while (rest.n) {
        if (!next_code(&rest, &code))
            return false;
        if (kind == PRINT_ORDER && (code == 0 || code == 255))
            continue;
        if (got == PRINT_CODES_MAX)
            return false;
        out[got++] = (uint8_t)code;
    }
    *n = got;
    return true;
}

int print_test_codes(struct fingerprints *prints, struct print_test test, struct slice text)
{
    uint8_t codes[PRINT_CODES_MAX] = { 0 };
    size_t n;
    if (!print_codes(text, test.kind, codes, &n))
        return ERR_FORMAT;
    test.octets = (struct slice){ codes, n };
    return print_test(prints, &test);
}

static int by_hash(const void *a, const void *b)
{
    uint32_t x = ((const struct print_key *)a)->hash, y = ((const struct print_key *)b)->hash;
    return (x > y) - (x < y);
}

static int add_key(struct fingerprints *prints, uint32_t hash, size_t test)
{
    if (!grow((void **)&prints->keys, &prints->keys_size, prints->keys_n, sizeof *prints->keys))
        return -ENOMEM;
    prints->keys[prints->keys_n++] = (struct print_key){ hash, (uint32_t)test };
    return 0;
}

static int add_loose(struct fingerprints *prints, size_t test)
{
    if (!grow((void **)&prints->loose, &prints->loose_size, prints->loose_n, sizeof(uint32_t)))
        return -ENOMEM;
    prints->loose[prints->loose_n++] = (uint32_t)test;
    return 0;
}

/* Numbers have no key: they only speak for a print that something else has brought up. */
static int index_test(struct fingerprints *prints, size_t i)
{
    struct print_test *t = &prints->tests[i];
    int error = 0;
    if (t->kind == PRINT_MAX_SIZE || t->kind == PRINT_TTL)
        return 0;
    if (t->partial)
        return add_loose(prints, i);
    t->hash = print_hash(t->kind, t->octets);
    error = add_key(prints, t->hash, i);
    if (error == 0 && t->kind == PRINT_PARAMETERS && t->octets.n >= PRINT_SET_MIN)
        error = add_key(prints, print_set_hash(t->octets), i);
    return error;
}

int prints_index(struct fingerprints *prints)
{
    prints->keys_n = prints->loose_n = 0;
    for (size_t i = 0; i < prints->tests_n; i++) {
        int error = index_test(prints, i);
        if (error)
            return error;
    }
    if (prints->keys_n)
        qsort(prints->keys, prints->keys_n, sizeof *prints->keys, by_hash);
    return 0;
}
