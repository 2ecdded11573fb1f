/* SPDX-License-Identifier: ISC
 *
 * audit/fingerprint_internal: what the table and the three readers fill, and the search looks through: a print
 * is one system and the tests that speak for it.
 */
#pragma once

#include "audit/fingerprint.h"
#include "base/arena.h"

enum {
    PRINTS_MAX = 65536,
    PRINT_TESTS_MAX = 1 << 19,
    PRINT_TESTS_EACH = 1024, /* of one print */
    PRINT_CODES_MAX = 255,   /* of one list */
    PRINT_FILE_MAX = 16 << 20,
    PRINT_SOURCES_MAX = 64, /* files */
    PRINT_SET_MIN = 5,      /* codes from which on a list in another order tells something */
    PRINT_FULL_WEIGHT = 5,  /* Satori's scale */
    PRINT_MEMORY_MAX = 256 << 20,
};

enum print_kind {
    PRINT_VENDOR_CLASS,
    PRINT_PARAMETERS,
    PRINT_ORDER,
    PRINT_MAX_SIZE,
    PRINT_TTL,
    PRINT_KINDS
};

struct print_test {
    enum print_kind kind;
    uint8_t type;         /* of message; 0: any */
    bool partial;         /* octets need only be somewhere in the habit's */
    uint8_t weight;       /* 1 to PRINT_FULL_WEIGHT */
    uint16_t number;      /* MAX_SIZE, TTL */
    struct slice octets;  /* the others */
    uint32_t print, hash; /* filled in by print_test */
};

struct print {
    const char *system, *device;
    uint32_t first, tests; /* in fingerprints.tests */
    uint16_t source;
    bool silent; /* it sends no vendor class */
};

struct print_key { /* of an exact test: its hash, and where it is */
    uint32_t hash, test;
};

struct fingerprints {
    struct arena texts;
    struct print *prints;
    struct print_test *tests;
    struct print_key *keys; /* by hash */
    uint32_t *loose;        /* partial tests */
    size_t prints_n, prints_size, tests_n, tests_size, keys_n, keys_size, loose_n, loose_size;
    const char *sources[PRINT_SOURCES_MAX]; /* 0: our own table */
    uint16_t sources_n;
};

/* The next print; its tests follow. 0, -ENOMEM, ERR_FULL. */
MUST_USE int print_add(struct fingerprints *prints, struct slice system, struct slice device);
/* A test of the last print; octets are copied. Tests with nothing in them are passed over. */
MUST_USE int print_test(struct fingerprints *prints, const struct print_test *test);
/* fingerprint_find.c: of the octets of a test; of a list's codes in any order. */
uint32_t print_hash(enum print_kind kind, struct slice octets);
uint32_t print_set_hash(struct slice codes);
/* Before the first search, and after each change. */
MUST_USE int prints_index(struct fingerprints *prints);
/* "1,3,6"; blanks around numbers are fine. Order: 0 and 255, no options, are left out. False: no such list. */
MUST_USE bool print_codes(struct slice text, enum print_kind kind, uint8_t out[PRINT_CODES_MAX],
                          size_t *n);
/* As print_codes and print_test. ERR_FORMAT: no such list. */
MUST_USE int print_test_codes(struct fingerprints *prints, struct print_test test,
                              struct slice text);

MUST_USE int prints_own(struct fingerprints *prints); /* fingerprint_table.c */

struct print_lines { /* a text line by line */
    struct slice rest, line;
    uint32_t number;
};
bool print_lines_next(struct print_lines *lines);

/* The three forms. 0; negative with *why "NAME:LINE: ...". Lists that cannot be read in Satori's and fingerbank's,
 * which have some, are passed over, and the first is told in *why. */
MUST_USE int prints_satori(struct fingerprints *prints, struct slice text, const char *name,
                           struct buf *why);
MUST_USE int prints_prads(struct fingerprints *prints, struct slice text, const char *name,
                          struct buf *why);
MUST_USE int prints_bank(struct fingerprints *prints, struct slice text, const char *name,
                         struct buf *why);
void print_fault(struct buf *why, const char *name, uint64_t line, const char *what);

/* What a vendor class says of itself; *outright: there is no more to say, else other signs may tell more.
 * False when it is none of those known. */
MUST_USE bool print_vendor_words(struct slice vendor_class, struct fingerprint_guess *out,
                                 bool *outright);
