/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "capture/input.h"
#include "cmd/audit.h"

#define SOURCES_MAX 1000000 /* of a directory gone wild */

static bool add(struct audit_sources *sources, const char *path)
{
    if (sources->n == SOURCES_MAX)
        return false;
    if ((sources->n & (sources->n - 1)) == 0) { /* full at each power of two */
        char **grown = realloc(sources->paths, (sources->n ? 2 * sources->n : 1) * sizeof *grown);
        if (!grown)
            return false;
        sources->paths = grown;
    }
    sources->paths[sources->n] = strdup(path);
    if (!sources->paths[sources->n])
        return false;
    sources->n++;
    return true;
}

void audit_sources_clear(struct audit_sources *sources)
{
    for (size_t i = 0; i < sources->n; i++)
        free(sources->paths[i]);
    free(sources->paths);
    *sources = (struct audit_sources){ 0 };
}

/* pcap in either order with micro- or nanoseconds, Kuznetzov's and Ixia's; pcapng's section header. */
static bool is_capture(struct slice head)
{
    static const uint8_t magics[][4] = {
        { 0xa1, 0xb2, 0xc3, 0xd4 }, { 0xd4, 0xc3, 0xb2, 0xa1 }, { 0xa1, 0xb2, 0x3c, 0x4d },
        { 0x4d, 0x3c, 0xb2, 0xa1 }, { 0xa1, 0xb2, 0xcd, 0x34 }, { 0x34, 0xcd, 0xb2, 0xa1 },
        { 0x0a, 0x0d, 0x0d, 0x0a }, { 0x1c, 0x00, 0x01, 0xac }, { 0xac, 0x01, 0x00, 0x1c },
        { 0x1c, 0x00, 0x01, 0xab }, { 0xab, 0x01, 0x00, 0x1c },
    };
    for (size_t i = 0; head.n >= 4 && i < ARRAY_SIZE(magics); i++)
        if (memcmp(head.p, magics[i], 4) == 0)
            return true;
    return false;
}

static bool ends_with(struct slice name, struct slice end)
{
    return name.n > end.n && memcmp(name.p + name.n - end.n, end.p, end.n) == 0;
}

/* A file that is called a capture is to be one: if it is none, whoever opens it will say so. */
static bool is_called_capture(struct slice name)
{
    static const struct slice ends[] = { SLICE_INIT(".pcap"), SLICE_INIT(".pcapng"),
                                         SLICE_INIT(".cap") };
    if (ends_with(name, SLICE(".gz")))
        name = slice_first(name, name.n - 3);
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
        if (ends_with(name, ends[i]))
            return true;
    return false;
}

/* What cannot be read or unpacked is taken, too: whoever opens it will say why. */
static bool is_wanted(const char *path)
{
    struct stat st;
    struct buf why;
    struct slice head;
    if (stat(path, &st) != 0)
        return true;
    if (!S_ISREG(st.st_mode))
        return false;
    buf_init(&why, 1024);
    struct capture_input *in = capture_input_open(path, &why);
    buf_clear(&why);
    if (!in)
        return true;
    int got = capture_input_peek(in, 4, &head);
    bool wanted = got < 0 || (got > 0 && is_capture(head)) || is_called_capture(slice_of_str(path));
    capture_input_close(in);
    return wanted;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_entry(const char *directory, const char *name, struct audit_sources *out)
{
    struct buf path;
    size_t n = strlen(directory);
    buf_init(&path, PATH_MAX);
    buf_printf(&path, "%s%s%s", directory, n && directory[n - 1] == '/' ? "" : "/", name);
    buf_append_byte(&path, 0);
    int error = path.failed ? -ENAMETOOLONG : 0;
    if (!error && is_wanted((const char *)buf_slice(&path).p))
        error = add(out, (const char *)buf_slice(&path).p) ? 0 : -ENOMEM;
    buf_clear(&path);
    return error;
}

static int add_entries(DIR *directory, const char *path, struct audit_sources *out)
{
    int error = 0;
    while (!error) {
        errno = 0;
        const struct dirent *entry = readdir(directory);
        if (!entry)
            return -errno;
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            error = add_entry(path, entry->d_name, out);
    }
    return error;
}

static int add_directory(const char *path, struct audit_sources *out, struct buf *why)
{
    size_t before = out->n;
    DIR *directory = opendir(path);
    int error = directory ? add_entries(directory, path, out) : -errno;
    if (directory)
        (void)closedir(directory); /* it was only read */
    if (buf_size(why) && (error || out->n == before))
        buf_append_str(why, "; ");
    if (error) {
        buf_printf(why, "%s: %s", path, err_text(error));
        return error;
    }
    if (out->n == before) {
        buf_printf(why, "%s: there is no capture in this directory", path);
        return ERR_NOT_FOUND;
    }
    qsort(out->paths + before, out->n - before, sizeof *out->paths, by_name);
    return 0;
}

static bool is_directory(const char *name)
{
    struct stat st;
    return strcmp(name, "-") != 0 && stat(name, &st) == 0 && S_ISDIR(st.st_mode);
}

int audit_sources_find(char *const *names, size_t n, struct audit_sources *out, struct buf *why)
{
    int result = 0;
    *out = (struct audit_sources){ 0 };
    for (size_t i = 0; i < n && result != -ENOMEM; i++) {
        int error = 0;
        if (is_directory(names[i]))
            error = add_directory(names[i], out, why);
        else if (!add(out, names[i])) {
            buf_append_str(why, "out of memory");
            error = -ENOMEM;
        }
        result = error == -ENOMEM || !result ? error : result;
    }
    if (result == -ENOMEM)
        audit_sources_clear(out);
    return result;
}

bool audit_port_add(struct capture_filter *filter, const char *text)
{
    uint32_t port;
    if (filter->ports_n == CAPTURE_PORTS_MAX ||
        !slice_to_u32(slice_of_str(text), 1, UINT16_MAX, &port))
        return false;
    filter->ports[filter->ports_n++] = (uint16_t)port;
    return true;
}
