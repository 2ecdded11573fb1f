/* SPDX-License-Identifier: ISC
 *
 * The files of the counters: whatever stands in them, what is handed out lies in the file and in
 * the memory, nothing is handed out that the check before did not see, and where something is wrong
 * is said. Sealed inputs (their checksums made right) reach what lies behind the checksums.
 */
#include "property.h"

#include <string.h>

#include "base/buf.h"
#include "device/counters_journal.h"

#define LINES 32

static const uint8_t key[16] = "0123456789abcde";
static const struct journal_form form = { .lines = { 4, 8, 16, 4 }, .key = key };

struct seen {
    struct slice file;
    uint64_t batches;
};

static void on_batch(void *context, const struct journal_batch *batch)
{
    struct seen *seen = context;
    uint32_t number, least = 0;
    must(batch->number == seen->batches++ && batch->count <= LINES);
    for (uint32_t i = 0; i < batch->count; i++) {
        struct slice line = { journal_record(batch, i, &number), JOURNAL_RECORD - 4 };
        must(inside(seen->file, line) && number < LINES && number >= least);
        least = number + 1;
    }
}

/* A batch: its head from the first bytes of the input, its records from the rest. */
static void seal_batch(struct buf *out, struct slice *in, uint64_t number)
{
    struct journal_batch batch = { .generation = 7, .number = number, .wall_us = choice(in) };
    uint8_t head[JOURNAL_HEAD], sum[JOURNAL_SUM];
    uint8_t turn = choice(in);
    batch.count = turn % (LINES + 2);
    batch.number += turn > 240;
    size_t start = buf_size(out), n = (size_t)batch.count * JOURNAL_RECORD;
    journal_batch_head_write(head, key, &batch);
    buf_append(out, (struct slice){ head, sizeof head });
    for (uint32_t i = 0; i < batch.count; i++) {
        uint32_t line = i + (choice(in) & 1);
        buf_append(out, (struct slice){ (const uint8_t *)&line, sizeof line });
        for (size_t at = 4; at < JOURNAL_RECORD; at++)
            buf_append_byte(out, (uint8_t)at);
    }
    journal_sum(sum, key, slice_from(buf_slice(out), start));
    buf_append(out, (struct slice){ sum, sizeof sum });
    for (size_t pad = JOURNAL_HEAD + n + sizeof sum; pad < journal_batch_size(batch.count); pad++)
        buf_append_byte(out, turn == 239);
}

static void seal(struct buf *out, struct slice in, enum journal_kind kind)
{
    uint8_t head[JOURNAL_HEAD];
    journal_head_write(head, &form, kind, 7);
    buf_append(out, (struct slice){ head, sizeof head });
    for (uint64_t number = 0; in.n && number < 4; number++)
        seal_batch(out, &in, number);
    buf_append(out, in); /* the rest: a torn end */
}

static void walk(struct slice file, enum journal_kind kind)
{
    struct seen seen = { .file = file };
    struct fault why = { 0 };
    uint64_t generation, again;
    enum journal_answer answer = journal_walk(file, &form, kind, &generation, NULL, NULL, &why);
    must(answer != JOURNAL_CORRUPT || is_fault(file, &why));
    must(answer != JOURNAL_TORN || kind == JOURNAL_CHANGES);
    must(answer == journal_walk(file, &form, kind, &again, on_batch, &seen, &why));
    must(generation == again);
    must(answer != JOURNAL_WHOLE || kind == JOURNAL_CHANGES || seen.batches == 1);
    must(answer != JOURNAL_OTHER || seen.batches == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    struct buf out;
    uint8_t how = choice(&in);
    enum journal_kind kind = how & 1 ? JOURNAL_CHANGES : JOURNAL_SNAPSHOT;
    buf_init(&out, 1 << 20);
    if (how & 2) {
        seal(&out, in, kind);
        in = buf_slice(&out);
    }
    walk(in, kind);
    buf_clear(&out);
    return 0;
}
