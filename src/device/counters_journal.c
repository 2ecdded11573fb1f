/* SPDX-License-Identifier: ISC */
#include "device/counters_journal.h"

#include <string.h>

#include <sodium.h>

#define MAGIC UINT64_C(0x53544e554f435450)

struct file_head {
    uint64_t magic;
    uint32_t version, kind;
    uint64_t generation;
    uint32_t lines[4];
    uint64_t key_check; /* says nothing about the key, but whether it is the same */
    uint8_t zeros[72];
    uint64_t check; /* without the key: a file of another key is no corrupt one */
};

struct batch_head {
    uint64_t magic, generation, number;
    int64_t wall_us;
    int64_t switches[8];
    uint32_t count, zero;
    uint8_t zeros[16];
    uint64_t check;
};

_Static_assert(sizeof(struct file_head) == JOURNAL_HEAD, "no padding");
_Static_assert(sizeof(struct batch_head) == JOURNAL_HEAD, "no padding");

static const uint8_t no_key[16];

static uint64_t siphash(struct slice s, const uint8_t *key)
{
    uint64_t h;
    (void)crypto_shorthash((uint8_t *)&h, s.p, s.n, key);
    return h;
}

static struct slice but_check(const uint8_t *head)
{
    return (struct slice){ head, JOURNAL_HEAD - sizeof(uint64_t) };
}

uint64_t journal_batch_size(uint32_t count)
{
    uint64_t n = JOURNAL_HEAD + (uint64_t)count * JOURNAL_RECORD + JOURNAL_SUM;
    return (n + JOURNAL_HEAD - 1) / JOURNAL_HEAD * JOURNAL_HEAD;
}

static void file_head_make(struct file_head *h, const struct journal_form *form,
                           enum journal_kind kind)
{
    memset(h, 0, sizeof *h);
    h->magic = MAGIC;
    h->version = JOURNAL_VERSION;
    h->kind = kind;
    memcpy(h->lines, form->lines, sizeof h->lines);
    h->key_check = siphash(SLICE("counters"), form->key);
}

void journal_head_write(uint8_t out[JOURNAL_HEAD], const struct journal_form *form,
                        enum journal_kind kind, uint64_t generation)
{
    struct file_head h;
    file_head_make(&h, form, kind);
    h.generation = generation;
    h.check = siphash(but_check((const uint8_t *)&h), no_key);
    memcpy(out, &h, sizeof h);
}

void journal_batch_head_write(uint8_t out[JOURNAL_HEAD], const uint8_t *key,
                              const struct journal_batch *batch)
{
    struct batch_head h;
    memset(&h, 0, sizeof h);
    h.magic = MAGIC;
    h.generation = batch->generation;
    h.number = batch->number;
    h.wall_us = batch->wall_us;
    memcpy(h.switches, batch->switches, sizeof h.switches);
    h.count = batch->count;
    h.check = siphash(but_check((const uint8_t *)&h), key);
    memcpy(out, &h, sizeof h);
}

void journal_sum(uint8_t out[JOURNAL_SUM], const uint8_t *key, struct slice before)
{
    (void)crypto_generichash(out, JOURNAL_SUM, before.p, before.n, key, 16);
}

/* ---- reading ---- */

struct walk {
    struct slice file;
    size_t at;
    const struct journal_form *form;
    enum journal_kind kind;
    uint64_t generation, number, lines;
    void (*each)(void *context, const struct journal_batch *batch);
    void *context;
    struct fault *why;
};

static bool zeros(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i])
            return false;
    return true;
}

static enum journal_answer corrupt(const struct walk *w, size_t at, const char *what)
{
    *w->why = (struct fault){ .at = at, .what = what };
    return JOURNAL_CORRUPT;
}

/* The end of a journal may be half written, but a snapshot was synced before it got its name. */
static enum journal_answer torn(const struct walk *w, const char *what)
{
    return w->kind == JOURNAL_CHANGES ? JOURNAL_TORN : corrupt(w, w->at, what);
}

static enum journal_answer read_file_head(struct walk *w)
{
    struct file_head h, want;
    struct slice head = slice_first(w->file, JOURNAL_HEAD);
    if (head.n < JOURNAL_HEAD || zeros(head))
        return torn(w, "it has no head");
    memcpy(&h, head.p, sizeof h);
    if (h.magic != MAGIC)
        return corrupt(w, 0, "it is no file of counters");
    if (h.version != JOURNAL_VERSION)
        return JOURNAL_OTHER;
    if (h.check != siphash(but_check(head.p), no_key))
        return corrupt(w, 0, "the checksum of its head is wrong");
    file_head_make(&want, w->form, w->kind);
    if (h.kind != want.kind || !zeros((struct slice){ h.zeros, sizeof h.zeros }))
        return corrupt(w, 0, "its head is not as it should be");
    if (memcmp(h.lines, want.lines, sizeof h.lines) != 0 || h.key_check != want.key_check)
        return JOURNAL_OTHER;
    w->generation = h.generation;
    w->at = JOURNAL_HEAD;
    return JOURNAL_WHOLE;
}

static enum journal_answer read_batch_head(const struct walk *w, struct journal_batch *out)
{
    struct batch_head h;
    struct slice head = slice_first(slice_from(w->file, w->at), JOURNAL_HEAD);
    if (head.n < JOURNAL_HEAD || zeros(head))
        return torn(w, "it ends too early");
    memcpy(&h, head.p, sizeof h);
    if (h.magic != MAGIC || h.check != siphash(but_check(head.p), w->form->key))
        return corrupt(w, w->at, "the checksum of a batch's head is wrong");
    if (h.generation != w->generation || h.number != w->number || h.count > w->lines || h.zero ||
        !zeros((struct slice){ h.zeros, sizeof h.zeros }))
        return corrupt(w, w->at, "a batch is not the next one");
    *out = (struct journal_batch){
        .generation = h.generation, .number = h.number, .wall_us = h.wall_us, .count = h.count
    };
    memcpy(out->switches, h.switches, sizeof h.switches);
    return JOURNAL_WHOLE;
}

const uint8_t *journal_record(const struct journal_batch *batch, uint32_t i, uint32_t *number)
{
    const uint8_t *record = batch->records + (size_t)i * JOURNAL_RECORD;
    memcpy(number, record, sizeof *number);
    return record + sizeof *number;
}

/* In rising order, so that nothing is there twice; and within the memory. */
static bool records_fit(const struct walk *w, const struct journal_batch *batch)
{
    uint64_t least = 0;
    for (uint32_t i = 0; i < batch->count; i++) {
        uint32_t number;
        (void)journal_record(batch, i, &number);
        if (number < least || number >= w->lines)
            return false;
        least = (uint64_t)number + 1;
    }
    return true;
}

static enum journal_answer read_batch(struct walk *w)
{
    struct journal_batch batch;
    uint8_t sum[JOURNAL_SUM];
    enum journal_answer answer = read_batch_head(w, &batch);
    if (answer != JOURNAL_WHOLE)
        return answer;
    struct slice rest = slice_from(w->file, w->at);
    uint64_t size = journal_batch_size(batch.count);
    if (size > rest.n)
        return torn(w, "it ends too early");
    size_t before = JOURNAL_HEAD + (size_t)batch.count * JOURNAL_RECORD;
    journal_sum(sum, w->form->key, slice_first(rest, before));
    if (memcmp(sum, rest.p + before, sizeof sum) != 0)
        return size == rest.n ? torn(w, "its checksum is wrong")
                              : corrupt(w, w->at, "the checksum of a batch is wrong");
    batch.records = rest.p + JOURNAL_HEAD;
    if (!records_fit(w, &batch) ||
        !zeros(slice_from(slice_first(rest, (size_t)size), before + JOURNAL_SUM)))
        return corrupt(w, w->at, "a batch has what cannot be");
    if (w->each)
        w->each(w->context, &batch);
    w->at += (size_t)size;
    w->number++;
    return JOURNAL_WHOLE;
}

static enum journal_answer read_batches(struct walk *w)
{
    enum journal_answer answer = JOURNAL_WHOLE;
    if (w->kind == JOURNAL_SNAPSHOT) {
        answer = read_batch(w);
        if (answer == JOURNAL_WHOLE && w->at != w->file.n)
            return corrupt(w, w->at, "it is too long");
        return answer;
    }
    while (answer == JOURNAL_WHOLE && w->at < w->file.n)
        answer = read_batch(w);
    return answer;
}

enum journal_answer journal_walk(struct slice file, const struct journal_form *form,
                                 enum journal_kind kind, uint64_t *generation,
                                 void (*each)(void *context, const struct journal_batch *batch),
                                 void *context, struct fault *why)
{
    struct walk w = {
        .file = file, .form = form, .kind = kind, .each = each, .context = context, .why = why
    };
    for (size_t i = 0; i < 4; i++)
        w.lines += form->lines[i];
    enum journal_answer answer = read_file_head(&w);
    if (answer == JOURNAL_WHOLE)
        answer = read_batches(&w);
    *generation = w.generation;
    return answer;
}
