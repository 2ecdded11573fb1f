/* SPDX-License-Identifier: ISC */
#include "cmd/mailbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

#define PATH_LONGEST 4096

struct mailbox_file {
    atomic_uint holds;
    int fd;
};

/* A folder that is being walked: names in order, one NUL-terminated string behind the other. */
struct folder {
    char *path;
    char **names;
    size_t n, at;
};

struct mailbox {
    char *const *names;
    size_t names_n, names_at;
    struct folder folders[MAILBOX_DEPTH];
    size_t depth;
    struct mailbox_file *mbox; /* whose messages are given; NULL: none */
    char *mbox_name;
    uint64_t number; /* of the message that is given next */
    uint64_t begins; /* where it begins */
    struct mbox_scan scan;
    uint8_t block[MAILBOX_BLOCK];
    size_t block_n, block_at;
};

/* ---- open files ---- */

static struct mailbox_file *file_new(int fd)
{
    struct mailbox_file *f = malloc(sizeof *f);
    if (f) {
        atomic_init(&f->holds, 1);
        f->fd = fd;
    }
    return f;
}

static struct mailbox_file *file_hold(struct mailbox_file *f)
{
    atomic_fetch_add(&f->holds, 1);
    return f;
}

static void file_free(struct mailbox_file *f)
{
    if (!f || atomic_fetch_sub(&f->holds, 1) != 1)
        return;
    (void)close(f->fd); /* only read from */
    free(f);
}

static ssize_t read_at(int fd, void *room, size_t n, uint64_t at)
{
    ssize_t got;
    do
        got = pread(fd, room, n, (off_t)at);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

/* ---- what has no size: through a file without a name ---- */

static int nameless_file(void)
{
    const char *base = secure_getenv("TMPDIR");
    char path[PATH_LONGEST];
    if (!base || !*base)
        base = "/tmp";
    int fd = open(base, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    (void)snprintf(path, sizeof path, "%s/postern-mail-XXXXXX", base);
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        (void)unlink(path); /* was made here, a moment ago */
    return fd < 0 ? -errno : fd;
}

static int write_all(int fd, struct slice octets)
{
    while (octets.n) {
        ssize_t n = write(fd, octets.p, octets.n);
        if (n < 0 && errno != EINTR)
            return -errno;
        octets = slice_from(octets, n > 0 ? (size_t)n : 0);
    }
    return 0;
}

/* *fd becomes the copy. */
static int keep_stream(struct mailbox *m, int *fd)
{
    int copy = nameless_file(), error = copy < 0 ? copy : 0;
    ssize_t n = 1;
    while (!error && n > 0) {
        n = read(*fd, m->block, sizeof m->block);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n < 0)
            error = -errno;
        else
            error = write_all(copy, (struct slice){ m->block, (size_t)n });
    }
    (void)close(*fd); /* only read from */
    *fd = copy;
    if (error && copy >= 0) {
        (void)close(copy); /* nobody will read it */
        *fd = -1;
    }
    return error;
}

/* ---- folders ---- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void folder_clear(struct folder *f)
{
    for (size_t i = f->at; i < f->n; i++)
        free(f->names[i]);
    free(f->names);
    free(f->path);
    *f = (struct folder){ 0 };
}

static bool folder_add(struct folder *f, size_t *room, const char *name)
{
    if (f->n == *room) {
        size_t more = *room ? *room * 2 : 64;
        char **names = realloc(f->names, more * sizeof *names);
        if (!names)
            return false;
        f->names = names;
        *room = more;
    }
    f->names[f->n] = strdup(name);
    return f->names[f->n] && ++f->n;
}

/* A Maildir is known by its folders: only what was delivered counts, not what is in tmp. */
static bool is_maildir(const char *path)
{
    char sub[PATH_LONGEST];
    struct stat st;
    static const char *const folders[] = { "cur", "new" };
    for (size_t i = 0; i < 2; i++) {
        int n = snprintf(sub, sizeof sub, "%s/%s", path, folders[i]);
        if (n < 0 || (size_t)n >= sizeof sub || stat(sub, &st) || !S_ISDIR(st.st_mode))
            return false;
    }
    return true;
}

static int folder_list(struct folder *f, DIR *dir)
{
    size_t room = 0;
    bool fine = true;
    errno = 0;
    for (struct dirent *e; fine && (e = readdir(dir)) != NULL; errno = 0)
        fine = e->d_name[0] == '.' || folder_add(f, &room, e->d_name);
    if (!fine)
        return -ENOMEM;
    if (errno)
        return -errno;
    if (f->n)
        qsort(f->names, f->n, sizeof *f->names, compare_names);
    return 0;
}

static int folder_open(struct mailbox *m, const char *path)
{
    struct folder f = { .path = strdup(path) };
    size_t room = 0;
    int error = m->depth == MAILBOX_DEPTH ? -ELOOP : f.path ? 0 : -ENOMEM;
    if (!error && is_maildir(path)) {
        error = folder_add(&f, &room, "new") && folder_add(&f, &room, "cur") ? 0 : -ENOMEM;
    } else if (!error) {
        DIR *dir = opendir(path);
        error = dir ? folder_list(&f, dir) : -errno;
        if (dir)
            (void)closedir(dir); /* only read from */
    }
    if (error)
        folder_clear(&f);
    else
        m->folders[m->depth++] = f;
    return error;
}

/* ---- an mbox ---- */

static void mbox_close(struct mailbox *m)
{
    file_free(TAKE(m->mbox));
    free(TAKE(m->mbox_name));
}

/* Up to the next From_ line: 1, or 0: there is none. */
static int mbox_find(struct mailbox *m)
{
    bool found = false;
    while (!found) {
        if (m->block_at == m->block_n) {
            ssize_t n = read_at(m->mbox->fd, m->block, sizeof m->block, m->scan.at);
            if (n <= 0)
                return (int)n;
            m->block_n = (size_t)n;
            m->block_at = 0;
        }
        struct slice rest = { m->block + m->block_at, m->block_n - m->block_at };
        m->block_at += mbox_scan(&m->scan, rest, &found);
    }
    return 1;
}

static int mbox_next(struct mailbox *m, struct mailbox_message *out)
{
    int found = mbox_find(m);
    out->name = strdup(m->mbox_name);
    out->number = m->number++;
    out->file = file_hold(m->mbox);
    out->at = m->begins;
    out->end = found == 1 ? m->scan.before : UINT64_MAX;
    m->begins = m->scan.behind;
    if (found != 1)
        mbox_close(m);
    return found < 0 ? found : out->name ? 1 : -ENOMEM;
}

/* fd is taken. The first From_ line counts whatever it looks like. */
static int mbox_open(struct mailbox *m, const char *name, struct mailbox_file *file)
{
    m->mbox = file;
    m->mbox_name = strdup(name);
    m->number = 1;
    m->block_n = m->block_at = 0;
    mbox_scan_init(&m->scan);
    uint8_t *lf = NULL;
    ssize_t n = read_at(file->fd, m->block, sizeof m->block, 0);
    if (n > 0)
        lf = memchr(m->block, '\n', (size_t)n);
    if (n >= 0 && m->mbox_name) {
        m->scan.at = m->scan.line_at = m->scan.text_at =
            lf ? (uint64_t)(lf - m->block) + 1 : (uint64_t)n;
        m->scan.blank = false;
        m->begins = m->scan.at;
        return 0;
    }
    mbox_close(m);
    return n < 0 ? (int)n : -ENOMEM;
}

/* ---- a name ---- */

static int open_file(struct mailbox *m, const char *name, int *fd)
{
    struct stat st;
    *fd = strcmp(name, "-") == 0 ? dup(STDIN_FILENO) : open(name, O_RDONLY | O_CLOEXEC);
    if (*fd < 0 || fstat(*fd, &st))
        return -errno;
    if (S_ISDIR(st.st_mode))
        return 1;
    if (S_ISREG(st.st_mode))
        return 0;
    return keep_stream(m, fd);
}

/* A regular file: a message, or an mbox. 1, 0: an mbox was opened, or negative. */
static int take_file(struct mailbox *m, const char *name, int fd, struct mailbox_message *out)
{
    uint8_t head[5];
    struct mailbox_file *file = file_new(fd);
    if (!file) {
        (void)close(fd); /* only read from */
        return -ENOMEM;
    }
    ssize_t n = read_at(fd, head, sizeof head, 0);
    if (n == sizeof head && memcmp(head, "From ", sizeof head) == 0)
        return mbox_open(m, name, file);
    out->file = file;
    out->end = UINT64_MAX;
    return n < 0 ? (int)n : 1;
}

/* 1: a message; 0: a folder, an mbox, or nothing to read here; negative. */
static int take_name(struct mailbox *m, const char *name, struct mailbox_message *out)
{
    int fd, result = open_file(m, name, &fd);
    if (result == 0)
        result = take_file(m, name, fd, out);
    else if (fd >= 0) {
        (void)close(fd); /* only read from */
        result = result == 1 ? folder_open(m, name) : result;
    }
    if (result == 0)
        return 0;
    out->name = strdup(name);
    return result == 1 && !out->name ? -ENOMEM : result;
}

/* The next of the innermost folder. What is no file and no folder there is passed over, and so is a
 * link to a folder: it might lead back. */
static int take_entry(struct mailbox *m, struct mailbox_message *out)
{
    struct folder *f = &m->folders[m->depth - 1];
    char path[PATH_LONGEST];
    struct stat st;
    if (f->at == f->n) {
        folder_clear(f);
        m->depth--;
        return 0;
    }
    char *entry = f->names[f->at++];
    int n = snprintf(path, sizeof path, "%s/%s", f->path, entry);
    free(entry);
    if (n < 0 || (size_t)n >= sizeof path)
        return -ENAMETOOLONG;
    bool link = lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
    bool file = stat(path, &st) || S_ISREG(st.st_mode);
    if (!file && (link || !S_ISDIR(st.st_mode)))
        return 0;
    return take_name(m, path, out);
}

struct mailbox *mailbox_new(char *const *names, size_t n)
{
    struct mailbox *m = calloc(1, sizeof *m);
    if (m) {
        m->names = names;
        m->names_n = n;
    }
    return m;
}

void mailbox_free(struct mailbox *m)
{
    if (!m)
        return;
    while (m->depth)
        folder_clear(&m->folders[--m->depth]);
    mbox_close(m);
    free(m);
}

int mailbox_next(struct mailbox *m, struct mailbox_message *out)
{
    int result = 0;
    *out = (struct mailbox_message){ 0 };
    while (result == 0) {
        if (m->mbox)
            result = mbox_next(m, out);
        else if (m->depth)
            result = take_entry(m, out);
        else if (m->names_at < m->names_n)
            result = take_name(m, m->names[m->names_at++], out);
        else
            return 0;
    }
    return result;
}

void mailbox_message_clear(struct mailbox_message *message)
{
    file_free(message->file);
    free(message->name);
    *message = (struct mailbox_message){ 0 };
}

/* ---- reading one ---- */

void mailbox_read_start(struct mailbox_reader *r, const struct mailbox_message *message)
{
    *r = (struct mailbox_reader){ .message = message, .at = message->at };
    mbox_unquote_init(&r->unquote);
    buf_init(&r->text, 2 * MAILBOX_BLOCK);
}

static ssize_t read_block(struct mailbox_reader *r)
{
    uint64_t left = r->message->end - r->at;
    if (!r->block)
        r->block = malloc(MAILBOX_BLOCK);
    if (!r->block)
        return -ENOMEM;
    ssize_t n = read_at(r->message->file->fd, r->block,
                        left < MAILBOX_BLOCK ? (size_t)left : MAILBOX_BLOCK, r->at);
    if (n > 0)
        r->at += (uint64_t)n;
    return n;
}

int mailbox_read(struct mailbox_reader *r, struct slice *out)
{
    ssize_t n = r->ended ? 0 : read_block(r);
    if (n < 0)
        return (int)n;
    struct slice block = { r->block, (size_t)n };
    bool last = n == 0 && !r->ended;
    r->ended = r->ended || last;
    if (r->message->number == 0) {
        *out = block;
        return n > 0;
    }
    buf_consume(&r->text, buf_size(&r->text));
    if (last)
        mbox_unquote_end(&r->unquote, &r->text);
    else
        mbox_unquote(&r->unquote, block, &r->text);
    *out = buf_slice(&r->text);
    return r->text.failed ? -ENOMEM : !r->ended || out->n > 0;
}

void mailbox_read_end(struct mailbox_reader *r)
{
    buf_clear(&r->text);
    free(r->block);
    *r = (struct mailbox_reader){ 0 };
}
