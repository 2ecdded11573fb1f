/* SPDX-License-Identifier: ISC
 *
 * The keeper's side of counters_snapshot.h: writing. What is on disk is never made worse: a batch
 * that could not be written whole is cut off again, and its lines stay marked as changed.
 */
#include "device/counters_snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/clock.h"
#include "base/err.h"
#include "device/counters_internal.h"
#include "device/counters_journal.h"

#define SNAPSHOT     COUNTERS_SNAPSHOT
#define SNAPSHOT_NEW COUNTERS_SNAPSHOT ".new"
#define JOURNAL      COUNTERS_JOURNAL
#define BLOCK        (UINT32_C(256) << 10) /* written at once */
#define MODE         0600

struct counters_file {
    struct counters *c;
    int dir, journal;          /* descriptors; journal -1: a snapshot must come first */
    uint64_t size, generation; /* of the journal; size: what is synced */
    uint64_t number;           /* of the next batch */
    size_t words;
    uint64_t *taken; /* the bits of the lines that are being written */
    int64_t switches[SWITCHES];
};

/* ---- one batch ---- */

struct writer {
    const struct counters_file *f;
    int fd, error;
    size_t n;
    crypto_generichash_state sum;
    uint8_t block[BLOCK];
};

static void flush(struct writer *w)
{
    struct slice rest = { w->block, w->n };
    while (rest.n && !w->error) {
        ssize_t put = write(w->fd, rest.p, rest.n);
        if (put < 0 && errno != EINTR)
            w->error = -errno;
        if (put > 0)
            rest = slice_from(rest, (size_t)put);
    }
    w->n = 0;
}

static void put(struct writer *w, const void *bytes, size_t n)
{
    if (n > sizeof w->block - w->n)
        flush(w);
    memcpy(w->block + w->n, bytes, n);
    w->n += n;
}

static void put_summed(struct writer *w, const void *bytes, size_t n)
{
    (void)crypto_generichash_update(&w->sum, bytes, n);
    put(w, bytes, n);
}

static void put_line(struct writer *w, uint32_t number)
{
    uint8_t record[JOURNAL_RECORD];
    memcpy(record, &number, sizeof number);
    for (size_t i = 0; i < LINE_SLOTS; i++) {
        uint64_t word = atomic_load(&w->f->c->lines[number].slot[i]);
        memcpy(record + sizeof number + i * sizeof word, &word, sizeof word);
    }
    put_summed(w, record, sizeof record);
}

static void put_taken(struct writer *w)
{
    for (size_t i = 0; i < w->f->words; i++)
        for (uint64_t bits = w->f->taken[i]; bits; bits &= bits - 1)
            put_line(w, (uint32_t)(i * 64 + (size_t)__builtin_ctzll(bits)));
}

static uint32_t taken_count(const struct counters_file *f)
{
    uint32_t n = 0;
    for (size_t i = 0; i < f->words; i++)
        n += (uint32_t)__builtin_popcountll(f->taken[i]);
    return n;
}

static void switches_now(const struct counters *c, int64_t out[SWITCHES])
{
    for (unsigned i = 0; i < SWITCHES; i++)
        out[i] = counters_switched(c, i);
}

/* Writes and syncs the lines that are taken as one batch. */
static int write_batch(const struct counters_file *f, int fd, struct journal_batch *batch)
{
    static const uint8_t zeros[JOURNAL_HEAD];
    uint8_t head[JOURNAL_HEAD], sum[JOURNAL_SUM];
    struct writer *w = calloc(1, sizeof *w);
    if (!w)
        return -ENOMEM;
    w->f = f;
    w->fd = fd;
    batch->wall_us = clock_wall_us();
    batch->count = taken_count(f);
    (void)crypto_generichash_init(&w->sum, f->c->key, sizeof f->c->key, JOURNAL_SUM);
    journal_batch_head_write(head, f->c->key, batch);
    put_summed(w, head, sizeof head);
    put_taken(w);
    (void)crypto_generichash_final(&w->sum, sum, sizeof sum);
    put(w, sum, sizeof sum);
    size_t n = JOURNAL_HEAD + (size_t)batch->count * JOURNAL_RECORD + sizeof sum;
    put(w, zeros, (size_t)journal_batch_size(batch->count) - n);
    flush(w);
    int error = w->error;
    free(w);
    return error ? error : fdatasync(fd) ? -errno : 0;
}

/* ---- which lines ---- */

static void take_changed(struct counters_file *f)
{
    for (size_t i = 0; i < f->words; i++)
        f->taken[i] = atomic_load_explicit(&f->c->dirty[i], memory_order_relaxed)
                          ? atomic_exchange(&f->c->dirty[i], 0)
                          : 0;
}

static void give_back(struct counters_file *f)
{
    for (size_t i = 0; i < f->words; i++)
        if (f->taken[i])
            (void)atomic_fetch_or(&f->c->dirty[i], f->taken[i]);
}

static bool line_used(const struct line *line)
{
    uint64_t all = 0;
    for (size_t i = 0; i < LINE_SLOTS; i++)
        all |= atomic_load(&line->slot[i]);
    return all != 0;
}

/* All lines with something in them: a journal before this snapshot is not needed any more. */
static void add_used(struct counters_file *f)
{
    for (uint32_t i = 0; i < f->c->lines_n; i++)
        if (line_used(f->c->lines + i))
            f->taken[i / 64] |= UINT64_C(1) << (i % 64);
}

/* ---- the files ---- */

static int write_file_head(const struct counters_file *f, int fd, enum journal_kind kind)
{
    uint8_t head[JOURNAL_HEAD];
    struct journal_form form;
    counters_form(f->c, &form);
    journal_head_write(head, &form, kind, f->generation);
    ssize_t put = write(fd, head, sizeof head);
    if (put < 0)
        return -errno;
    return put == sizeof head ? 0 : -ENOSPC;
}

static void journal_end(struct counters_file *f)
{
    if (f->journal >= 0)
        (void)close(f->journal);
    f->journal = -1;
}

/* In place: until its head is there the journal is an empty or older one, and the snapshot says
 * all. */
static int journal_begin(struct counters_file *f)
{
    f->journal = openat(f->dir, JOURNAL, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, MODE);
    if (f->journal < 0)
        return -errno;
    int r = write_file_head(f, f->journal, JOURNAL_CHANGES);
    if (r == 0 && (fdatasync(f->journal) != 0 || fsync(f->dir) != 0))
        r = -errno;
    if (r != 0) {
        journal_end(f);
        return r;
    }
    f->size = JOURNAL_HEAD;
    f->number = 0;
    return 0;
}

/* Once it has its name the old journal is of no use, synced or not. */
static int snapshot_name(struct counters_file *f)
{
    if (renameat(f->dir, SNAPSHOT_NEW, f->dir, SNAPSHOT) != 0)
        return -errno;
    journal_end(f);
    return fsync(f->dir) ? -errno : 0;
}

static int snapshot_write(struct counters_file *f)
{
    struct journal_batch batch = { .generation = f->generation };
    int fd =
        openat(f->dir, SNAPSHOT_NEW, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, MODE);
    if (fd < 0)
        return -errno;
    switches_now(f->c, batch.switches);
    int r = write_file_head(f, fd, JOURNAL_SNAPSHOT);
    if (r == 0)
        r = write_batch(f, fd, &batch);
    if (close(fd) != 0 && r == 0)
        r = -errno;
    if (r == 0)
        r = snapshot_name(f);
    if (r != 0)
        (void)unlinkat(f->dir, SNAPSHOT_NEW, 0);
    else
        memcpy(f->switches, batch.switches, sizeof f->switches);
    return r;
}

/* A new snapshot and an empty journal. Until the new name is synced the old two stand. */
static int begin_anew(struct counters_file *f)
{
    uint64_t before = f->generation;
    take_changed(f);
    add_used(f);
    do
        randombytes_buf(&f->generation, sizeof f->generation);
    while (f->generation == 0);
    int r = snapshot_write(f);
    if (r != 0) {
        f->generation = before;
        give_back(f);
        return r;
    }
    return journal_begin(f);
}

/* What is half written is cut off; when even that fails, only a new snapshot can follow. */
static void cut_back(struct counters_file *f)
{
    if (ftruncate(f->journal, (off_t)f->size) == 0 &&
        lseek(f->journal, (off_t)f->size, SEEK_SET) == (off_t)f->size)
        return;
    journal_end(f);
}

static int append(struct counters_file *f)
{
    struct journal_batch batch = { .generation = f->generation, .number = f->number };
    take_changed(f);
    switches_now(f->c, batch.switches);
    if (taken_count(f) == 0 && memcmp(batch.switches, f->switches, sizeof f->switches) == 0)
        return 0;
    int r = write_batch(f, f->journal, &batch);
    if (r != 0) {
        give_back(f);
        cut_back(f);
        return r;
    }
    f->size += journal_batch_size(batch.count);
    f->number++;
    memcpy(f->switches, batch.switches, sizeof f->switches);
    return 0;
}

int counters_file_save(struct counters_file *f)
{
    if (f->journal < 0)
        return begin_anew(f);
    int r = append(f);
    if (r == 0 && f->size > f->c->bytes / 2)
        r = begin_anew(f);
    return r;
}

static void file_free(struct counters_file *f)
{
    journal_end(f);
    if (f->dir >= 0)
        (void)close(f->dir);
    free(f->taken);
    free(f);
}

static int file_begin(struct counters_file *f, const char *directory)
{
    f->dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (f->dir < 0)
        return -errno;
    f->words = ((size_t)f->c->lines_n + 63) / 64;
    f->taken = calloc(f->words, sizeof *f->taken);
    return f->taken ? begin_anew(f) : -ENOMEM;
}

struct counters_file *counters_file_open(struct counters *c, const char *directory, struct buf *why)
{
    struct counters_file *f = calloc(1, sizeof *f);
    if (!f) {
        buf_append_str(why, err_text(-ENOMEM));
        return NULL;
    }
    f->c = c;
    f->dir = f->journal = -1;
    int r = file_begin(f, directory);
    if (r != 0) {
        buf_printf(why, "%s/" SNAPSHOT ": %s: the counters are not saved", directory, err_text(r));
        file_free(f);
        return NULL;
    }
    return f;
}

void counters_file_close(struct counters_file *f)
{
    if (!f)
        return;
    int r = counters_file_save(f);
    (void)r; /* nobody is left who could try again */
    file_free(f);
}
