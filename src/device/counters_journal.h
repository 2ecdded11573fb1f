/* SPDX-License-Identifier: ISC
 *
 * device/counters_journal: the bytes of the files `counters` and `counters.journal`. Pure.
 *
 * A file is a head of 128 bytes and batches; `counters` has one batch, the journal any number. A
 * batch is a head of 128 bytes, its records in rising order (4 bytes number of a line, 64 bytes
 * line), a keyed checksum of both (BLAKE2b-128), and zeros up to a multiple of 128, so that no head
 * lies across a page: after a crash it is there or it is not. Numbers are the machine's own: the
 * files do not travel.
 */
#pragma once

#include "base/slice.h"

#define JOURNAL_HEAD    128
#define JOURNAL_RECORD  68
#define JOURNAL_SUM     16
#define JOURNAL_VERSION 1

enum journal_kind { JOURNAL_SNAPSHOT, JOURNAL_CHANGES };

/* What the counters at hand look like: files of others are not for them. */
struct journal_form {
    uint32_t lines[4]; /* of each area */
    const uint8_t *key;
};

struct journal_batch {
    uint64_t generation; /* of the snapshot that it follows */
    uint64_t number;     /* from 0 */
    int64_t wall_us;
    int64_t switches[8];
    uint32_t count;         /* of records */
    const uint8_t *records; /* when read: in the file */
};

/* Record i of a batch that was read: the number of a line, and its 64 bytes. */
const uint8_t *journal_record(const struct journal_batch *batch, uint32_t i, uint32_t *number);

/* The size of a batch with that many records. */
uint64_t journal_batch_size(uint32_t count);

void journal_head_write(uint8_t out[JOURNAL_HEAD], const struct journal_form *form,
                        enum journal_kind kind, uint64_t generation);
void journal_batch_head_write(uint8_t out[JOURNAL_HEAD], const uint8_t *key,
                              const struct journal_batch *batch);
/* The checksum of a batch: of everything before it. */
void journal_sum(uint8_t out[JOURNAL_SUM], const uint8_t *key, struct slice before);

enum journal_answer {
    JOURNAL_WHOLE,
    JOURNAL_TORN,    /* all but the last batch, which was being written (the journal only) */
    JOURNAL_OTHER,   /* of counters of another size or key, or of another version */
    JOURNAL_CORRUPT, /* *why */
};

/* Reads a file. each: called for each batch, or NULL: only checks. Batches before a torn or corrupt
 * one have been handed out; so check first. generation: 0 when there is not even a head. */
enum journal_answer journal_walk(struct slice file, const struct journal_form *form,
                                 enum journal_kind kind, uint64_t *generation,
                                 void (*each)(void *context, const struct journal_batch *batch),
                                 void *context, struct fault *why);
