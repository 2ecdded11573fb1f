/* SPDX-License-Identifier: ISC */
#include "auth/passwd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <crypt.h>

#include "auth/sasl.h"
#include "auth/verifier.h"
#include "base/err.h"
#include "base/secret.h"

struct passwd_file {
    uint8_t *text; /* our copy; entries point into it, hashes are ended by a NUL */
    size_t text_n;
    struct passwd_entry *entries; /* sorted by name, ASCII case ignored */
    size_t n, cap, scram_n;
};

static int compare_names(struct slice a, struct slice b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    for (size_t i = 0; i < n; i++) {
        int difference = ascii_lower(a.p[i]) - ascii_lower(b.p[i]);
        if (difference)
            return difference;
    }
    return a.n < b.n ? -1 : a.n > b.n;
}

static int compare_entries(const void *a, const void *b)
{
    const struct passwd_entry *x = a, *y = b;
    return compare_names(x->name, y->name);
}

/* 13 characters of traditional DES (crypt(5)); without this "name:password" would pass for it. */
static bool is_hash(const char *hash)
{
    size_t n = strlen(hash);
    if (hash[0] != '$' && hash[0] != '_' && n != 13)
        return false;
    return crypt_checksalt(hash) != CRYPT_SALT_INVALID;
}

static const char *check_name(struct slice name)
{
    if (name.n == 0 || name.n > SASL_NAME_MAX)
        return "a name has 1 to 255 bytes";
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] <= ' ' || name.p[i] == 0x7f)
            return "a name has no spaces or control characters";
    return slice_is_utf8(name) ? NULL : "name is not UTF-8";
}

/* field: followed, in our copy, by a byte that may become NUL. */
static const char *read_hash(struct slice field, struct passwd_entry *entry)
{
    if (field.n == 0 || field.p[0] == '*' || field.p[0] == '!') /* locked, as in shadow(5) */
        return NULL;
    if (slice_has(field, 0))
        return "NUL in a password hash";
    if (field.p[0] == '{')
        return "{SCHEME} prefixes are not known here, only hashes of crypt(3)";
    entry->hash = (const char *)field.p;
    return is_hash(entry->hash) ? NULL : "not a password hash that crypt(3) knows";
}

/* line = name ":" [hash] [":" verifier] / name ":" verifier. The verifier itself has colons. */
static const char *read_line(struct passwd_file *file, size_t at, size_t n,
                             struct passwd_entry *entry)
{
    struct slice line = { file->text + at, n }, rest, hash, verifier = { 0 };
    struct fault why;
    if (!slice_cut(line, ':', &entry->name, &rest))
        return "not name:hash[:verifier]";
    const char *wrong = check_name(entry->name);
    if (wrong)
        return wrong;
    if (slice_starts(rest, SLICE("SCRAM-"))) {
        hash = (struct slice){ 0 };
        verifier = rest;
    } else {
        (void)slice_cut(rest, ':', &hash, &verifier); /* without one there is no verifier */
    }
    if (hash.n)
        file->text[hash.p - file->text + hash.n] = 0; /* was ":", "\n" or our own end */
    wrong = read_hash(hash, entry);
    if (wrong || verifier.n == 0)
        return wrong;
    return scram_verifier_parse(verifier, &entry->scram, &why) ? NULL : why.what;
}

static bool add_entry(struct passwd_file *file, const struct passwd_entry *entry)
{
    if (file->n == file->cap) {
        size_t cap = file->cap ? file->cap * 2 : 16;
        struct passwd_entry *grown = calloc(cap, sizeof *grown);
        if (!grown)
            return false;
        if (file->n)
            memcpy(grown, file->entries, file->n * sizeof *grown);
        if (file->n)
            secret_wipe(file->entries, file->n * sizeof *grown);
        free(file->entries);
        file->entries = grown;
        file->cap = cap;
    }
    file->entries[file->n++] = *entry;
    file->scram_n += entry->scram.present;
    return true;
}

static const char *read_lines(struct passwd_file *file, unsigned *line_number)
{
    for (size_t at = 0; at < file->text_n;) {
        const uint8_t *line = file->text + at, *end = memchr(line, '\n', file->text_n - at);
        size_t n = end ? (size_t)(end - line) : file->text_n - at;
        struct passwd_entry entry = { 0 };
        ++*line_number;
        if (n && *line != '#') {
            const char *wrong = read_line(file, at, n, &entry);
            if (!wrong && !add_entry(file, &entry))
                wrong = "out of memory";
            secret_wipe(&entry.scram, sizeof entry.scram);
            if (wrong)
                return wrong;
        }
        at += n + 1;
    }
    return NULL;
}

static struct passwd_file *copy_of(struct slice text)
{
    struct passwd_file *file = calloc(1, sizeof *file);
    if (!file)
        return NULL;
    file->text = malloc(text.n + 1);
    if (!file->text) {
        free(file);
        return NULL;
    }
    if (text.n)
        memcpy(file->text, text.p, text.n);
    file->text[text.n] = 0;
    file->text_n = text.n;
    return file;
}

static const struct passwd_entry *find_twice(const struct passwd_file *file)
{
    for (size_t i = 1; i < file->n; i++)
        if (compare_entries(&file->entries[i - 1], &file->entries[i]) == 0)
            return &file->entries[i];
    return NULL;
}

/* The line of an entry: newlines before it, and the NULs that replaced some, both end lines; a NUL
 * may also have replaced a colon, so count from the text as it was. */
static unsigned line_of(struct slice text, const struct passwd_file *file,
                        const struct passwd_entry *entry)
{
    unsigned line = 1;
    for (size_t i = 0; i < (size_t)(entry->name.p - file->text); i++)
        line += text.p[i] == '\n';
    return line;
}

struct passwd_file *passwd_parse(const char *name, struct slice text, struct buf *why)
{
    unsigned line = 0;
    struct passwd_file *file = text.n <= PASSWD_FILE_MAX ? copy_of(text) : NULL;
    if (!file) {
        buf_printf(why, "%s: %s", name, err_text(text.n > PASSWD_FILE_MAX ? ERR_TOO_BIG : -ENOMEM));
        return NULL;
    }
    const char *wrong = read_lines(file, &line);
    if (!wrong) {
        if (file->n)
            qsort(file->entries, file->n, sizeof *file->entries, compare_entries);
        const struct passwd_entry *twice = find_twice(file);
        if (!twice)
            return file;
        line = line_of(text, file, twice);
        wrong = "the name stands in the file twice";
    }
    buf_printf(why, "%s:%u: %s", name, line, wrong);
    passwd_free(file);
    return NULL;
}

static void *refuse(struct buf *why, const char *path, const char *what)
{
    buf_printf(why, "%s: %s", path, what);
    return NULL;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd); /* only read from */
}

static int read_all(int fd, size_t expected, struct buf *out)
{
    for (;;) {
        size_t want = buf_size(out) < expected ? expected - buf_size(out) + 1 : 4096;
        uint8_t *room = buf_reserve(out, want);
        if (!room)
            return ERR_TOO_BIG;
        ssize_t n = read(fd, room, want);
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n == 0)
            return 0;
        if (n > 0)
            buf_grew(out, (size_t)n);
    }
}

struct passwd_file *passwd_load(const char *path, struct buf *why)
{
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0)
        return refuse(why, path, err_text(-errno));
    if (!S_ISREG(st.st_mode))
        return refuse(why, path, "not a regular file");
    if (st.st_mode & S_IRWXO) {
        buf_printf(why, "%s: others than its owner and group can use it: chmod o= %s", path, path);
        return NULL;
    }
    if (st.st_size > PASSWD_FILE_MAX)
        return refuse(why, path, err_text(ERR_TOO_BIG));
    CLEANUP(buf_wipe) struct buf text;
    buf_init(&text, (size_t)PASSWD_FILE_MAX + 4096);
    int error = read_all(fd, (size_t)st.st_size, &text);
    if (error)
        return refuse(why, path, err_text(error));
    return passwd_parse(path, buf_slice(&text), why);
}

void passwd_free(struct passwd_file *file)
{
    if (!file)
        return;
    secret_wipe(file->text, file->text_n);
    if (file->cap)
        secret_wipe(file->entries, file->cap * sizeof *file->entries);
    free(file->text);
    free(file->entries);
    free(file);
}

const struct passwd_entry *passwd_find(const struct passwd_file *file, struct slice name)
{
    struct passwd_entry key = { .name = name };
    return file->n ? bsearch(&key, file->entries, file->n, sizeof key, compare_entries) : NULL;
}

size_t passwd_count(const struct passwd_file *file)
{
    return file->n;
}

const struct passwd_entry *passwd_at(const struct passwd_file *file, size_t i)
{
    return &file->entries[i];
}

bool passwd_has_scram(const struct passwd_file *file)
{
    return file->scram_n > 0;
}
