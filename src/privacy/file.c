/* SPDX-License-Identifier: ISC
 *
 * The secret file on disk. A new one is written whole under another name and linked to its own:
 * whoever starts at the same moment finds either nothing or all of it, and the second to link uses
 * the first one's key.
 */
#include "privacy/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/err.h"

static void close_fd(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd); /* what was written is synced before */
}

static int read_all(int fd, uint8_t *text, size_t *out)
{
    size_t n = 0;
    for (;;) {
        ssize_t got = read(fd, text + n, SECRET_FILE_MAX - n);
        if (got < 0 && errno != EINTR)
            return -errno;
        if (got > 0)
            n += (size_t)got;
        if (n == SECRET_FILE_MAX)
            return ERR_TOO_BIG;
        if (got == 0)
            break;
    }
    *out = n;
    return 0;
}

static int write_all(int fd, struct slice bytes)
{
    while (bytes.n) {
        ssize_t put = write(fd, bytes.p, bytes.n);
        if (put < 0 && errno != EINTR)
            return -errno;
        if (put > 0)
            bytes = slice_from(bytes, (size_t)put);
    }
    return fsync(fd) ? -errno : 0;
}

/* The group may read (as with Debian's ssl-cert), nobody else anything. */
static bool check_mode(const char *path, const struct stat *st, struct buf *why)
{
    if (!S_ISREG(st->st_mode))
        buf_printf(why, "%s: not a file", path);
    else if (st->st_mode & S_IRWXO)
        buf_printf(why, "%s: %s (mode %04o); chmod o= it, and think of its keys as known", path,
                   err_text(ERR_OPEN_MODE), (unsigned)st->st_mode & 07777);
    else if (st->st_mode & S_IWGRP)
        buf_printf(why, "%s: its group can change it (mode %04o); chmod g-w it", path,
                   (unsigned)st->st_mode & 07777);
    else
        return true;
    return false;
}

static bool parse_file(const char *path, struct slice text, struct secret_keys *out,
                       struct buf *why)
{
    struct fault fault = { 0 };
    unsigned line = 1;
    if (secret_keys_parse(text, out, &fault))
        return true;
    for (size_t i = 0; i < fault.at && i < text.n; i++)
        line += text.p[i] == '\n';
    buf_printf(why, "%s:%u: %s", path, line, fault.what);
    return false;
}

/* 1: read; 0: there is none; -1: it cannot be used, *why says why. */
static int read_file(const char *path, uint8_t *text, struct secret_keys *out, struct buf *why)
{
    struct stat st = { 0 };
    size_t n = 0;
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return 0;
    int error = fd < 0 || fstat(fd, &st) ? -errno : 0;
    if (!error && !check_mode(path, &st, why))
        return -1;
    if (!error)
        error = read_all(fd, text, &n);
    if (error) {
        buf_printf(why, "%s: cannot be read: %s", path, err_text(error));
        return -1;
    }
    return parse_file(path, (struct slice){ text, n }, out, why) ? 1 : -1;
}

static int sync_directory_of(const char *path)
{
    char directory[PATH_MAX];
    struct slice head, tail, whole = slice_of_str(path);
    if (!slice_cut_last(whole, '/', &head, &tail))
        head = SLICE(".");
    else if (head.n == 0)
        head = SLICE("/");
    (void)snprintf(directory, sizeof directory, "%.*s", SLICE_ARG(head));
    CLEANUP(close_fd) int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 || fsync(fd) ? -errno : 0;
}

/* A file of the same directory with these bytes, synced; its name is left in `name`. */
static int write_beside(const char *path, struct slice text, char name[PATH_MAX])
{
    int n = snprintf(name, PATH_MAX, "%s.XXXXXX", path);
    if (n < 0 || n >= PATH_MAX)
        return -ENAMETOOLONG;
    CLEANUP(close_fd) int fd = mkostemp(name, O_CLOEXEC); /* O_EXCL, 0600 */
    if (fd < 0)
        return -errno;
    int error = write_all(fd, text);
    if (error)
        (void)unlink(name); /* the error says enough */
    return error;
}

static int create_file(const char *path, uint8_t *text)
{
    char name[PATH_MAX];
    struct secret_keys keys = { .n = 1, .at[0].number = 1 };
    randombytes_buf(keys.at[0].bytes, SECRET_KEY_BYTES);
    struct buf out;
    buf_init(&out, SECRET_FILE_MAX);
    secret_keys_write(&out, &keys);
    sodium_memzero(&keys, sizeof keys);
    struct slice whole = buf_slice(&out);
    bool failed = out.failed;
    if (!failed)
        memcpy(text, whole.p, whole.n);
    buf_wipe(&out);
    if (failed)
        return -ENOMEM;
    int error = write_beside(path, (struct slice){ text, whole.n }, name);
    if (error)
        return error;
    if (link(name, path) && errno != EEXIST) /* EEXIST: another was first, its key holds */
        error = -errno;
    (void)unlink(name); /* left behind it does no harm */
    return error ? error : sync_directory_of(path);
}

bool secret_file_open(const char *path, uint8_t *text, struct secret_keys *out, struct buf *why)
{
    int found = read_file(path, text, out, why);
    if (found)
        return found > 0;
    int error = create_file(path, text);
    if (!error)
        found = read_file(path, text, out, why);
    else
        buf_printf(why, "%s: cannot be created: %s", path, err_text(error));
    return !error && found > 0;
}
