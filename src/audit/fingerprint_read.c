/* SPDX-License-Identifier: ISC
 *
 * A file of fingerprints: read whole, its form told by what it holds.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "audit/fingerprint_internal.h"
#include "base/err.h"

void print_fault(struct buf *why, const char *name, uint64_t line, const char *what)
{
    buf_printf(why, "%s:%" PRIu64 ": %s", name, line, what);
}

bool print_lines_next(struct print_lines *lines)
{
    if (lines->rest.n == 0)
        return false;
    (void)slice_cut(lines->rest, '\n', &lines->line, &lines->rest); /* the last may have no end */
    if (lines->line.n && lines->line.p[lines->line.n - 1] == '\r')
        lines->line.n--;
    lines->number++;
    return true;
}

static bool starts_with_sections(struct slice text)
{
    struct print_lines lines = { .rest = text };
    while (print_lines_next(&lines)) {
        struct slice line = slice_trim(lines.line);
        if (line.n && line.p[0] != '#')
            return line.p[0] == '[';
    }
    return false;
}

static struct slice without_mark(struct slice text)
{
    struct slice mark = SLICE("\xef\xbb\xbf");
    return slice_starts(text, mark) ? slice_from(text, mark.n) : text;
}

static bool is_xml(struct slice text)
{
    struct slice rest = text;
    while (rest.n && (rest.p[0] == ' ' || (rest.p[0] >= '\t' && rest.p[0] <= '\r')))
        rest = slice_from(rest, 1);
    return slice_starts(rest, SLICE("<"));
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

int fingerprints_parse(struct fingerprints *prints, struct slice text, const char *name,
                       struct buf *why)
{
    struct slice plain = without_mark(text);
    size_t before = prints->prints_n;
    int error;
    if (prints->sources_n >= PRINT_SOURCES_MAX) {
        buf_printf(why, "%s: more than %d files of fingerprints", name, PRINT_SOURCES_MAX - 1);
        return ERR_FULL;
    }
    prints->sources[prints->sources_n] = arena_str(&prints->texts, slice_of_str(last_part(name)));
    if (!prints->sources[prints->sources_n])
        return -ENOMEM;
    prints->sources_n++;
    if (is_xml(plain))
        error = prints_satori(prints, plain, name, why);
    else if (starts_with_sections(plain))
        error = prints_bank(prints, plain, name, why);
    else
        error = prints_prads(prints, plain, name, why);
    if (error == 0 && prints->prints_n == before) {
        buf_clear(why);
        print_fault(why, name, 1,
                    "no fingerprints: neither Satori's, PRADS' nor fingerbank's form");
        error = ERR_FORMAT;
    }
    int indexed = prints_index(prints); /* what came before a fault stays and must be sound */
    return error ? error : indexed;
}

static int read_all(int fd, struct buf *out)
{
    for (;;) {
        uint8_t *room = buf_reserve(out, 65536);
        if (!room)
            return ERR_TOO_BIG;
        ssize_t n = read(fd, room, 65536);
        if (n < 0)
            return -errno;
        if (n == 0)
            return 0;
        buf_grew(out, (size_t)n);
    }
}

int fingerprints_read(struct fingerprints *prints, const char *path, struct buf *why)
{
    struct buf text CLEANUP(buf_clear);
    int fd = open(path, O_RDONLY | O_CLOEXEC), error;
    buf_init(&text, PRINT_FILE_MAX + 65536);
    error = fd < 0 ? -errno : read_all(fd, &text);
    if (fd >= 0)
        (void)close(fd); /* only read from */
    if (error == 0 && buf_size(&text) > PRINT_FILE_MAX)
        error = ERR_TOO_BIG;
    if (error) {
        buf_printf(why, "%s: %s", path, err_text(error));
        return error;
    }
    return fingerprints_parse(prints, buf_slice(&text), path, why);
}
