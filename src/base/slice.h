/* SPDX-License-Identifier: ISC
 *
 * base/slice: bytes that belong to someone else.
 *
 * A slice never owns memory and may hold any byte, NUL included. The empty slice may
 * have a null pointer; every function here accepts it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attribute.h"

struct slice {
    const uint8_t *p;
    size_t n;
};

/* What was wrong with an input, and where: the answer of every parser that says no. */
struct fault {
    size_t at;        /* byte offset in the input */
    const char *what; /* static text, for logs, replies and tests */
};

#define SLICE_INIT(lit)                            \
    {                                              \
        (const uint8_t *)("" lit), sizeof(lit) - 1 \
    }
#define SLICE(lit) ((struct slice)SLICE_INIT(lit))

/* For "%.*s": the text must have been checked or escaped before. */
#define SLICE_ARG(s) (int)(s).n, (const char *)(s).p

struct slice slice_of_str(const char *text); /* NULL gives the empty slice */
bool slice_equal(struct slice a, struct slice b);
bool slice_equal_nocase(struct slice a, struct slice b); /* ASCII only */
bool slice_starts(struct slice s, struct slice prefix);
bool slice_starts_nocase(struct slice s, struct slice prefix);
bool slice_ends_nocase(struct slice s, struct slice suffix);
bool slice_has(struct slice s, uint8_t byte);
int slice_compare(struct slice a, struct slice b); /* as memcmp, the shorter first */

/* The part of s from offset at (all of it is cut when at is past the end), at most n bytes. */
struct slice slice_from(struct slice s, size_t at);
struct slice slice_first(struct slice s, size_t n);
/* Copies as much of s as fits into room, and returns the copy: a slice of room. */
struct slice slice_keep(struct slice s, void *room, size_t size);
/* Without the spaces and tabs at its ends, or at its end only. */
struct slice slice_trim(struct slice s);
struct slice slice_trim_end(struct slice s);

/* Splits s at the first `at`. Without one, head is all of s, tail is empty and the result false. */
bool slice_cut(struct slice s, uint8_t at, struct slice *head, struct slice *tail);
/* The same at the last `at`. Without one, head is all of s, tail is empty and the result false. */
bool slice_cut_last(struct slice s, uint8_t at, struct slice *head, struct slice *tail);

/* Decimal digits only, at least one, min <= value <= max; otherwise false and *out untouched. */
MUST_USE bool slice_to_u64(struct slice s, uint64_t min, uint64_t max, uint64_t *out);
MUST_USE bool slice_to_u32(struct slice s, uint32_t min, uint32_t max, uint32_t *out);

/* True when s is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, <= U+10FFFF). */
bool slice_is_utf8(struct slice s);
/* Octets of the character at the front, 0 when it is none of that kind. */
size_t slice_utf8_first(struct slice s);
bool slice_is_ascii(struct slice s);

uint8_t ascii_lower(uint8_t c);
uint8_t ascii_upper(uint8_t c);

/* Glob match, ASCII case ignored: '*' any run, '?' one byte. Linear in pattern times text. */
bool slice_glob_nocase(struct slice pattern, struct slice text);
