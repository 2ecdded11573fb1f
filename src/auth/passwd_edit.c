/* SPDX-License-Identifier: ISC
 *
 * The writing half of auth/passwd.h: one account changed, every other byte left as it was.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <crypt.h>
#include <sodium.h>

#include "auth/passwd.h"
#include "auth/sasl.h"
#include "auth/verifier.h"
#include "base/err.h"
#include "base/secret.h"

#define LOCK_TRIES 100

struct edit {
    char path[PATH_MAX]; /* links followed: the file itself is replaced, never a link to it */
    int lock;            /* the old file, held with flock until the new one stands */
    struct stat old;
    struct buf text, changed;
};

static int fail(struct buf *why, const char *path, int error)
{
    buf_printf(why, "%s: %s", path, err_text(error));
    return error;
}

/* The file that was locked may have been replaced while we waited: then once more. */
static int lock_current(struct edit *e, bool create)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        struct stat now;
        e->lock = open(e->path, O_RDWR | O_CLOEXEC | O_NONBLOCK | (create ? O_CREAT : 0), 0600);
        if (e->lock < 0)
            return errno == ENOENT ? ERR_NOT_FOUND : -errno;
        if (flock(e->lock, LOCK_EX) == 0 && fstat(e->lock, &e->old) == 0 &&
            stat(e->path, &now) == 0 && now.st_dev == e->old.st_dev && now.st_ino == e->old.st_ino)
            return S_ISREG(now.st_mode) ? 0 : ERR_FORMAT;
        (void)close(e->lock); /* not ours any more */
        e->lock = -1;
    }
    return -EBUSY;
}

static int read_text(struct edit *e)
{
    if (e->old.st_size > PASSWD_FILE_MAX)
        return ERR_TOO_BIG;
    for (;;) {
        uint8_t *room = buf_reserve(&e->text, 4096);
        if (!room)
            return ERR_TOO_BIG;
        ssize_t n = read(e->lock, room, 4096);
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n == 0)
            return 0;
        if (n > 0)
            buf_grew(&e->text, (size_t)n);
    }
}

static int edit_open(struct edit *e, const char *path, bool create, struct buf *why)
{
    *e = (struct edit){ .lock = -1 };
    buf_init(&e->text, (size_t)PASSWD_FILE_MAX + 4096);
    buf_init(&e->changed, (size_t)PASSWD_FILE_MAX + 8192);
    if (!realpath(path, e->path)) {
        if (errno != ENOENT || strlen(path) >= sizeof e->path)
            return fail(why, path, -errno);
        memcpy(e->path, path, strlen(path) + 1);
    }
    int error = lock_current(e, create);
    if (!error)
        error = read_text(e);
    if (error)
        return fail(why, path, error);
    struct passwd_file *file = passwd_parse(path, buf_slice(&e->text), why);
    passwd_free(file); /* only asked whether it can be trusted */
    return file ? 0 : ERR_FORMAT;
}

static void edit_close(struct edit *e)
{
    if (e->lock >= 0)
        (void)close(e->lock); /* nothing was written through it */
    buf_wipe(&e->text);
    buf_wipe(&e->changed);
}

/* Copies every line; the one of this account is replaced by `line` (empty: left out), or `line` is
 * added at the end. Returns whether the account was there. */
static bool change_lines(struct edit *e, struct slice name, struct slice line)
{
    struct slice rest = buf_slice(&e->text), one, old, after;
    bool found = false;
    while (rest.n) {
        (void)slice_cut(rest, '\n', &one, &rest); /* the last line may lack its newline */
        bool ours = one.n && one.p[0] != '#' && slice_cut(one, ':', &old, &after) &&
                    slice_equal_nocase(old, name);
        found = found || ours;
        if (ours && line.n == 0)
            continue;
        buf_append(&e->changed, ours ? line : one);
        buf_append_byte(&e->changed, '\n');
    }
    if (!found && line.n) {
        buf_append(&e->changed, line);
        buf_append_byte(&e->changed, '\n');
    }
    return found;
}

static int write_all(int fd, struct slice bytes)
{
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0)
            bytes = slice_from(bytes, (size_t)n);
    }
    return 0;
}

static int sync_directory(const char *path)
{
    char copy[PATH_MAX];
    memcpy(copy, path, strlen(path) + 1);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = fd < 0 || fsync(fd) != 0 ? -errno : 0;
    if (fd >= 0)
        (void)close(fd); /* only synced */
    return error;
}

/* Mode last: fchown clears bits, and until then nobody else may look. */
static int fill(int fd, const struct edit *e)
{
    int error = write_all(fd, buf_slice(&e->changed));
    if (!error && fchown(fd, e->old.st_uid, e->old.st_gid) != 0)
        error = -errno;
    if (!error && fchmod(fd, e->old.st_mode & 07777) != 0)
        error = -errno;
    if (!error && fsync(fd) != 0)
        error = -errno;
    return error;
}

static int edit_commit(struct edit *e)
{
    char beside[PATH_MAX + 8];
    if (e->changed.failed)
        return ERR_TOO_BIG;
    (void)snprintf(beside, sizeof beside, "%s.XXXXXX", e->path);
    int fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int error = fill(fd, e);
    if (close(fd) != 0 && !error)
        error = -errno;
    if (!error && rename(beside, e->path) != 0)
        error = -errno;
    if (error)
        (void)unlink(beside); /* the error that counts is the first */
    return error ? error : sync_directory(e->path);
}

static int append_hash(struct buf *line, const char *password, struct buf *why)
{
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    struct crypt_data *data = calloc(1, sizeof *data);
    const char *hash = NULL;
    if (data && crypt_gensalt_rn("$y$", 0, NULL, 0, setting, sizeof setting))
        hash = crypt_r(password, setting, data);
    int error = hash && hash[0] != '*' ? 0 : ERR_CRYPTO;
    if (error)
        buf_append_str(why, "crypt(3) made no yescrypt hash");
    else
        buf_append_str(line, hash);
    if (data)
        secret_wipe(data, sizeof *data);
    free(data);
    return error;
}

static int append_verifier(struct buf *line, const char *password, struct buf *why)
{
    struct scram_verifier v = { .iterations = SCRAM_ITERATIONS, .salt_n = SCRAM_SALT };
    randombytes_buf(v.salt, v.salt_n);
    if (!scram_verifier_make(&v, password)) {
        buf_append_str(why, "the password has characters that SASLprep (RFC 4013) forbids");
        return ERR_FORMAT;
    }
    scram_verifier_write(&v, line);
    secret_wipe(&v, sizeof v);
    return 0;
}

static int write_line(struct slice name, struct slice password, struct buf *line, struct buf *why)
{
    char text[CRYPT_MAX_PASSPHRASE_SIZE] = { 0 };
    if (password.n >= sizeof text || slice_has(password, 0) || !slice_is_utf8(password)) {
        buf_append_str(why, "a password is UTF-8 of at most 511 bytes");
        return ERR_FORMAT;
    }
    memcpy(text, password.p, password.n);
    buf_append(line, name);
    buf_append_byte(line, ':');
    int error = append_hash(line, text, why);
    buf_append_byte(line, ':');
    if (!error)
        error = append_verifier(line, text, why);
    secret_wipe(text, sizeof text);
    return error;
}

static int check_name(struct slice name, struct buf *why)
{
    bool good = name.n > 0 && name.n <= SASL_NAME_MAX && slice_is_utf8(name) && name.p[0] != '#';
    for (size_t i = 0; good && i < name.n; i++)
        good = name.p[i] > ' ' && name.p[i] != 0x7f && name.p[i] != ':';
    if (!good)
        buf_append_str(why, "a name is UTF-8 of 1 to 255 bytes without spaces, colons, control "
                            "characters, or \"#\" in front");
    return good ? 0 : ERR_FORMAT;
}

int passwd_set(const char *path, struct slice name, struct slice password, struct buf *why)
{
    if (password.n == 0)
        return passwd_remove(path, name, why);
    CLEANUP(buf_wipe) struct buf line;
    buf_init(&line, 4096);
    int error = check_name(name, why);
    if (!error)
        error = write_line(name, password, &line, why);
    if (error)
        return error;
    CLEANUP(edit_close) struct edit e;
    error = edit_open(&e, path, true, why);
    if (error)
        return error;
    (void)change_lines(&e, name, buf_slice(&line)); /* new or changed: both are fine */
    error = edit_commit(&e);
    return error ? fail(why, path, error) : 0;
}

int passwd_remove(const char *path, struct slice name, struct buf *why)
{
    CLEANUP(edit_close) struct edit e;
    int error = edit_open(&e, path, false, why);
    if (error)
        return error;
    if (!change_lines(&e, name, (struct slice){ 0 })) {
        buf_printf(why, "%s: no account of that name", path);
        return ERR_NOT_FOUND;
    }
    error = edit_commit(&e);
    return error ? fail(why, path, error) : 0;
}
