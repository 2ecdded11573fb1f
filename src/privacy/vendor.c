/* SPDX-License-Identifier: ISC */
#include "privacy/vendor.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

#define FILE_MAX    (32u << 20)
#define ENTRIES_MAX 200000

struct entry {
    uint8_t oui[3];
    uint32_t at, n; /* of the name in the text */
};

struct vendors {
    struct buf text;
    struct entry *at; /* by oui */
    size_t n;
};

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = ascii_upper(c);
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* XX-XX-XX */
static bool read_oui(struct slice text, uint8_t oui[3])
{
    uint8_t got[3];
    if (text.n != 8 || text.p[2] != '-' || text.p[5] != '-')
        return false;
    for (size_t i = 0; i < 3; i++) {
        int high = hex_value(text.p[3 * i]), low = hex_value(text.p[3 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        got[i] = (uint8_t)(high << 4 | low);
    }
    memcpy(oui, got, sizeof got);
    return true;
}

bool vendor_line(struct slice line, uint8_t oui[3], struct slice *name)
{
    struct slice rest = slice_trim(slice_from(line, 8)), text;
    uint8_t got[3];
    if (!slice_starts(rest, SLICE("(hex)")) || !read_oui(slice_first(line, 8), got))
        return false;
    if (rest.n && rest.p[rest.n - 1] == '\r')
        rest.n--;
    text = slice_trim(slice_from(rest, strlen("(hex)")));
    if (text.n == 0)
        return false;
    memcpy(oui, got, sizeof got);
    *name = text;
    return true;
}

static bool read_file(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = -1;
    uint8_t *room;
    if (fd < 0)
        return false;
    while ((room = buf_reserve(out, 65536)) != NULL && (n = read(fd, room, 65536)) > 0)
        buf_grew(out, (size_t)n);
    (void)close(fd); /* only read from */
    return n == 0 && !out->failed;
}

static int compare(const void *a, const void *b)
{
    return memcmp(((const struct entry *)a)->oui, ((const struct entry *)b)->oui, 3);
}

/* The same prefix by place in the list: qsort() keeps no order. */
static int compare_stable(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = compare(a, b);
    return order ? order : (x->at > y->at) - (x->at < y->at);
}

/* The list has a few prefixes under two names: the first one's stands. */
static void drop_repeated(struct vendors *v)
{
    size_t kept = 0;
    for (size_t i = 0; i < v->n; i++)
        if (kept == 0 || compare(&v->at[i], &v->at[kept - 1]) != 0)
            v->at[kept++] = v->at[i];
    v->n = kept;
}

static bool index_lines(struct vendors *v)
{
    struct slice rest = buf_slice(&v->text), line, name;
    const uint8_t *start = rest.p;
    struct entry e;
    v->at = calloc(ENTRIES_MAX, sizeof *v->at);
    if (!v->at)
        return false;
    while (rest.n && v->n < ENTRIES_MAX) {
        (void)slice_cut(rest, '\n', &line, &rest); /* the last line may have no end */
        if (!vendor_line(line, e.oui, &name))
            continue;
        e.at = (uint32_t)(name.p - start);
        e.n = (uint32_t)name.n;
        v->at[v->n++] = e;
    }
    qsort(v->at, v->n, sizeof *v->at, compare_stable);
    drop_repeated(v);
    return true;
}

struct vendors *vendors_open(const char *path)
{
    struct vendors *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    buf_init(&v->text, FILE_MAX);
    if (read_file(path, &v->text) && index_lines(v))
        return v;
    vendors_free(v);
    return NULL;
}

void vendors_free(struct vendors *vendors)
{
    if (!vendors)
        return;
    free(vendors->at);
    buf_clear(&vendors->text);
    free(vendors);
}

struct slice vendors_find(const struct vendors *vendors, const uint8_t oui[3])
{
    struct entry key = { .oui = { oui[0], oui[1], oui[2] } };
    if (!vendors || vendors->n == 0)
        return (struct slice){ 0 };
    const struct entry *e = bsearch(&key, vendors->at, vendors->n, sizeof key, compare);
    if (!e)
        return (struct slice){ 0 };
    return slice_first(slice_from(buf_slice(&vendors->text), e->at), e->n);
}

size_t vendors_count(const struct vendors *vendors)
{
    return vendors ? vendors->n : 0;
}

void vendors_prefix(const struct vendors *vendors, size_t i, uint8_t oui[3])
{
    memcpy(oui, vendors->at[i].oui, 3);
}

bool vendor_is_local(const uint8_t oui[3])
{
    return oui[0] & 2;
}
