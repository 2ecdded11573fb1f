/* SPDX-License-Identifier: ISC */
#include "device/counters_snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "device/counters_internal.h"
#include "device/counters_journal.h"

#define SNAPSHOT     COUNTERS_SNAPSHOT
#define JOURNAL      COUNTERS_JOURNAL
#define SNAPSHOT_BAD "counters.bad"
#define JOURNAL_BAD  "counters.journal.bad"

void counters_form(const struct counters *c, struct journal_form *out)
{
    for (size_t i = 0; i < AREAS; i++)
        out->lines[i] = c->areas[i].n;
    out->key = c->key;
}

/* ---- loading ---- */

struct file {
    uint8_t *p; /* NULL: there is none */
    size_t n;
};

static void file_free(struct file *f)
{
    free(f->p);
    f->p = NULL;
}

static void close_fd(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd); /* what was written is synced before */
}

static int read_whole(int fd, struct file *out)
{
    size_t n = 0;
    while (n < out->n) {
        ssize_t got = read(fd, out->p + n, out->n - n);
        if (got < 0 && errno != EINTR)
            return -errno;
        if (got == 0)
            break;
        if (got > 0)
            n += (size_t)got;
    }
    out->n = n;
    return 0;
}

/* Nothing of ours is longer than a snapshot of all lines and as much again: what is, is left
 * unread and will not check. */
static int read_file(int dir, const char *name, uint64_t most, struct file *out)
{
    CLEANUP(close_fd) int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;
    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    if (fstat(fd, &st) != 0)
        return -errno;
    out->n = (uint64_t)st.st_size > most ? (size_t)most : (size_t)st.st_size;
    out->p = malloc(out->n + 1);
    return out->p ? read_whole(fd, out) : -ENOMEM;
}

/* When a slot is over, told from the time at which its line was saved; 0 when that is past, or so
 * far ahead that the clock must have been another. */
static uint64_t slot_since(uint64_t word, uint32_t saved, uint32_t now)
{
    if (!slot_live(word, saved))
        return 0;
    int64_t left = (int64_t)saved + slot_left(word, saved) - now;
    return left > 0 && left <= HOLD_MAX ? word : 0;
}

struct filling {
    struct counters *c;
    uint32_t now;
};

static void fill_line(const struct filling *f, const struct journal_batch *batch, uint32_t i)
{
    uint32_t number;
    const uint8_t *bytes = journal_record(batch, i, &number);
    for (size_t at = 0; at < LINE_SLOTS; at++) {
        uint64_t word;
        memcpy(&word, bytes + at * sizeof word, sizeof word);
        atomic_store_explicit(&f->c->lines[number].slot[at],
                              slot_since(word, units_of(batch->wall_us), f->now),
                              memory_order_relaxed);
    }
}

static void fill(void *context, const struct journal_batch *batch)
{
    const struct filling *f = context;
    for (uint32_t i = 0; i < batch->count; i++)
        fill_line(f, batch, i);
    for (unsigned i = 0; i < SWITCHES; i++)
        counters_switch(f->c, i, batch->switches[i]);
}

struct pair {
    int dir;
    const char *directory;
    struct file snapshot, journal;
};

static void pair_clear(struct pair *p)
{
    close_fd(&p->dir);
    file_free(&p->snapshot);
    file_free(&p->journal);
}

static int set_aside_one(const struct pair *p, const struct file *f, const char *from,
                         const char *to)
{
    return f->p && renameat(p->dir, from, p->dir, to) != 0 ? -errno : 0;
}

static int set_aside(const struct pair *p, const char *name, const struct fault *fault,
                     struct buf *why)
{
    int r = set_aside_one(p, &p->snapshot, SNAPSHOT, SNAPSHOT_BAD);
    int s = set_aside_one(p, &p->journal, JOURNAL, JOURNAL_BAD);
    buf_printf(why, "%s/%s: at byte %zu %s: counting starts empty; ", p->directory, name, fault->at,
               fault->what);
    if (r == 0 && s == 0)
        buf_printf(why, "what was there is kept as %s/counters*.bad", p->directory);
    else
        buf_printf(why, "what was there could not be kept as counters*.bad: %s",
                   err_text(r ? r : s));
    return ERR_FORMAT;
}

/* A journal of another generation is what a stop between the two renewals leaves: older than the
 * snapshot, and all in it. */
static int load_journal(const struct pair *p, const struct journal_form *form, uint64_t generation,
                        struct filling *f, struct buf *why)
{
    struct slice bytes = { p->journal.p, p->journal.n };
    struct fault fault;
    uint64_t follows;
    enum journal_answer answer =
        journal_walk(bytes, form, JOURNAL_CHANGES, &follows, NULL, NULL, &fault);
    if (answer == JOURNAL_CORRUPT)
        return set_aside(p, JOURNAL, &fault, why);
    bool use = answer != JOURNAL_OTHER && follows == generation;
    bytes.n = use ? bytes.n : 0;
    fault.at = 0;
    f->now = units_of(clock_wall_us());
    (void)journal_walk((struct slice){ p->snapshot.p, p->snapshot.n }, form, JOURNAL_SNAPSHOT,
                       &generation, fill, f, &fault);
    (void)journal_walk(bytes, form, JOURNAL_CHANGES, &follows, fill, f, &fault);
    return 1;
}

static int load_pair(const struct pair *p, struct counters *c, struct buf *why)
{
    struct journal_form form;
    struct filling f = { .c = c };
    struct fault fault;
    uint64_t generation;
    counters_form(c, &form);
    switch (journal_walk((struct slice){ p->snapshot.p, p->snapshot.n }, &form, JOURNAL_SNAPSHOT,
                         &generation, NULL, NULL, &fault)) {
    case JOURNAL_WHOLE: return load_journal(p, &form, generation, &f, why);
    case JOURNAL_OTHER:
        buf_printf(why,
                   "%s/" SNAPSHOT ": of another size of memory, secret or version: counting starts "
                   "anew",
                   p->directory);
        return 0;
    case JOURNAL_TORN:
    case JOURNAL_CORRUPT: break;
    }
    return set_aside(p, SNAPSHOT, &fault, why);
}

static int cannot(const char *directory, const char *name, int error, struct buf *why)
{
    buf_printf(why, "%s/%s: %s: counting starts empty", directory, name, err_text(error));
    return error;
}

int counters_load(struct counters *c, const char *directory, struct buf *why)
{
    CLEANUP(pair_clear) struct pair p = { .directory = directory };
    uint64_t most = 2 * (JOURNAL_HEAD + journal_batch_size(c->lines_n));
    p.dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (p.dir < 0)
        return cannot(directory, SNAPSHOT, -errno, why);
    int r = read_file(p.dir, SNAPSHOT, most, &p.snapshot);
    if (r < 0)
        return cannot(directory, SNAPSHOT, r, why);
    r = read_file(p.dir, JOURNAL, most, &p.journal);
    if (r < 0)
        return cannot(directory, JOURNAL, r, why);
    if (p.snapshot.p)
        return load_pair(&p, c, why);
    if (p.journal.p)
        buf_printf(why, "%s/" JOURNAL ": without its " SNAPSHOT ": counting starts empty",
                   directory);
    return 0;
}
