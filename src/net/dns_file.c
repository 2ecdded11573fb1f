/* SPDX-License-Identifier: ISC */
#include "net/dns_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "net/zone.h"

#define FILE_MAX   ((size_t)64 * 1024 * 1024)
#define MEMORY_MAX ((size_t)1024 * 1024 * 1024)

enum {
    CNAMES_MAX = 8,
    NEGATIVE_TTL = 3600,
    TYPE_CNAME = 5,
    KEY_MAX = ZONE_NAME_MAX + 2, /* and "*" below it */
    ANY_TYPE = 0x10000,          /* "NAME !word" */
    PASSED_OVER = 0x10001        /* a type that is not understood: the name exists */
};

/* A name with its labels turned round and \1 between them: what is below a name stands behind it. */
struct key {
    uint8_t octets[KEY_MAX];
    size_t n;
};

struct entry {
    struct slice key;
    uint32_t type; /* or one of the above */
    enum postern_dns_answer answer;
    uint32_t ttl;
    struct slice rdata;
    size_t order;
};

/* What one name has of one type. */
struct set {
    struct slice key;
    uint32_t type, ttl;
    enum postern_dns_answer answer;
    const struct postern_octets *rdata;
    size_t rdata_n;
};

struct dns_file {
    struct arena arena;
    struct set *sets; /* by key and type */
    size_t n;
};

/* ---- keys ---- */

static bool key_of(struct slice name, struct key *out)
{
    struct slice rest = name, label;
    bool more = name.n > 0;
    out->n = 0;
    if (name.n > ZONE_NAME_MAX)
        return false;
    while (more) {
        more = slice_cut_last(rest, '.', &rest, &label);
        if (!more)
            label = rest;
        for (size_t i = 0; i < label.n; i++)
            out->octets[out->n++] = ascii_lower(label.p[i]);
        if (more)
            out->octets[out->n++] = 1;
    }
    return true;
}

static struct slice key_slice(const struct key *key)
{
    return (struct slice){ key->octets, key->n };
}

/* The key without its last label; the root's is empty. */
static struct slice key_above(struct slice key)
{
    struct slice above, label;
    return slice_cut_last(key, 1, &above, &label) ? above : slice_first(key, 0);
}

static int compare(struct slice a, uint32_t a_type, struct slice b, uint32_t b_type)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    if (order == 0)
        order = (a.n > b.n) - (a.n < b.n);
    return order ? order : (a_type > b_type) - (a_type < b_type);
}

/* ---- reading ---- */

struct list {
    struct entry *entries;
    size_t n, cap;
};

static struct entry *list_add(struct list *list)
{
    if (list->n == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 64;
        struct entry *grown = realloc(list->entries, cap * sizeof *grown);
        if (!grown)
            return NULL;
        list->entries = grown;
        list->cap = cap;
    }
    struct entry *added = &list->entries[list->n];
    *added = (struct entry){ .order = list->n++ };
    return added;
}

static bool answer_of_word(struct slice word, enum postern_dns_answer *out)
{
    static const struct {
        const char *word;
        enum postern_dns_answer answer;
    } words[] = {
        { "!servfail", POSTERN_DNS_SERVFAIL }, { "!timeout", POSTERN_DNS_TIMEOUT },
        { "!bogus", POSTERN_DNS_BOGUS },       { "!nodata", POSTERN_DNS_NODATA },
        { "!nxdomain", POSTERN_DNS_NXDOMAIN },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (slice_equal_nocase(word, slice_of_str(words[i].word))) {
            *out = words[i].answer;
            return true;
        }
    }
    return false;
}

/* NULL, or what is wrong. */
static const char *add_record(struct dns_file *f, struct list *list, const struct zone_record *r)
{
    struct key key;
    struct entry *e = list_add(list);
    if (!e || !key_of(r->name, &key) || !arena_copy(&f->arena, key_slice(&key), &e->key))
        return "too large";
    e->ttl = r->ttl;
    e->rdata = r->rdata;
    e->type = r->type ? r->type : PASSED_OVER;
    if (r->word.n == 0)
        return NULL;
    if (r->type_text.n == 0)
        e->type = ANY_TYPE;
    return answer_of_word(r->word, &e->answer) ? NULL : "a forced answer that is not known";
}

static bool read_records(struct dns_file *f, struct list *list, struct zone_reader *zone,
                         struct buf *why)
{
    struct zone_record record;
    struct fault fault;
    int rc;
    while ((rc = zone_read(zone, &record, &fault)) == 1) {
        fault.what = add_record(f, list, &record);
        if (fault.what)
            break;
    }
    if (rc != 0)
        buf_printf(why, "%zu: %s", rc < 0 ? zone->line : record.line, fault.what);
    return rc == 0;
}

/* A forced answer stands before the records that it hides. */
static int by_key(const void *a_, const void *b_)
{
    const struct entry *a = a_, *b = b_;
    int order = compare(a->key, a->type, b->key, b->type);
    if (order == 0)
        order = (b->answer != POSTERN_DNS_DATA) - (a->answer != POSTERN_DNS_DATA);
    return order ? order : (a->order > b->order) - (a->order < b->order);
}

static bool has_rdata(const struct postern_octets *rdata, size_t n, struct slice one)
{
    for (size_t i = 0; i < n; i++)
        if (slice_equal((struct slice){ rdata[i].p, rdata[i].n }, one))
            return true;
    return false;
}

/* Entries of one name and type, n of them. The same record twice is one (RFC 2181 §5). */
static bool make_set(struct dns_file *f, const struct entry *e, size_t n, struct set *out)
{
    struct postern_octets *rdata = arena_alloc(&f->arena, n * sizeof *rdata);
    *out = (struct set){ .key = e->key, .type = e->type, .ttl = e->ttl, .answer = e->answer };
    if (!rdata)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!has_rdata(rdata, out->rdata_n, e[i].rdata))
            rdata[out->rdata_n++] = (struct postern_octets){ e[i].rdata.p, e[i].rdata.n };
    out->rdata = rdata;
    return true;
}

static bool make_sets(struct dns_file *f, const struct list *list)
{
    f->sets = arena_alloc(&f->arena, list->n * sizeof *f->sets);
    if (!f->sets)
        return false;
    for (size_t i = 0, n; i < list->n; i += n) {
        const struct entry *e = list->entries + i;
        for (n = 1; i + n < list->n && compare(e->key, e->type, e[n].key, e[n].type) == 0;)
            n++;
        if (!make_set(f, e, n, &f->sets[f->n++]))
            return false;
    }
    return true;
}

struct dns_file *dns_file_parse(const char *name, struct slice text, uint16_t rrtype,
                                struct buf *why)
{
    struct dns_file *f = calloc(1, sizeof *f);
    struct list list = { 0 };
    struct zone_reader zone;
    if (!f)
        return NULL;
    arena_init(&f->arena, MEMORY_MAX);
    zone_reader_init(&zone, text, (struct slice){ 0 }, rrtype, &f->arena);
    zone.answers = true;
    buf_printf(why, "%s:", name);
    bool ok = read_records(f, &list, &zone, why);
    if (ok && list.n) {
        qsort(list.entries, list.n, sizeof *list.entries, by_key);
        ok = make_sets(f, &list);
        if (!ok)
            buf_append_str(why, " too large");
    }
    free(list.entries);
    if (ok) {
        buf_consume(why, buf_size(why));
        return f;
    }
    dns_file_free(f);
    return NULL;
}

void dns_file_free(struct dns_file *f)
{
    if (f)
        arena_clear(&f->arena);
    free(f);
}

/* 0, or -errno. */
static int read_file(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = 1;
    while (fd >= 0 && n > 0) {
        uint8_t *room = buf_reserve(out, 65536);
        if (!room) {
            errno = EFBIG;
            n = -1;
            break;
        }
        n = read(fd, room, 65536);
        if (n > 0)
            buf_grew(out, (size_t)n);
        else if (n < 0 && errno == EINTR)
            n = 1;
    }
    int rc = fd < 0 || n < 0 ? -errno : 0;
    if (fd >= 0)
        (void)close(fd); /* it was only read */
    return rc;
}

struct dns_file *dns_file_load(const char *path, uint16_t rrtype, struct buf *why)
{
    struct buf text;
    struct dns_file *f = NULL;
    buf_init(&text, FILE_MAX);
    int rc = read_file(path, &text);
    if (rc)
        buf_printf(why, "%s: %s", path, err_text(rc));
    else
        f = dns_file_parse(path, buf_slice(&text), rrtype, why);
    buf_clear(&text);
    return f;
}

/* ---- finding ---- */

/* The first set that does not stand before (key, type). */
static size_t lower_bound(const struct dns_file *f, struct slice key, uint32_t type)
{
    size_t low = 0, high = f->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(f->sets[middle].key, f->sets[middle].type, key, type) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct set *find_set(const struct dns_file *f, struct slice key, uint32_t type)
{
    size_t i = lower_bound(f, key, type);
    return i < f->n && compare(f->sets[i].key, f->sets[i].type, key, type) == 0 ? &f->sets[i]
                                                                                : NULL;
}

/* A line holds the name, or a name below it. */
static bool exists(const struct dns_file *f, struct slice key)
{
    size_t i = lower_bound(f, key, 0);
    return key.n == 0 || (i < f->n && slice_starts(f->sets[i].key, key) &&
                          (f->sets[i].key.n == key.n || f->sets[i].key.p[key.n] == 1));
}

/* RFC 4592 §3.3.1: the wildcard below the closest name that exists answers for the name. */
static bool to_wildcard(const struct dns_file *f, struct key *key)
{
    struct slice encloser = key_above(key_slice(key));
    while (!exists(f, encloser))
        encloser = key_above(encloser);
    key->n = encloser.n;
    if (key->n)
        key->octets[key->n++] = 1;
    key->octets[key->n++] = '*';
    return exists(f, key_slice(key));
}

/* The answer for key itself; NULL with *out as it is to be: no such set. */
static const struct set *find_answer(const struct dns_file *f, struct slice key, uint16_t type)
{
    const struct set *any = find_set(f, key, ANY_TYPE), *own = find_set(f, key, type);
    if (own && (own->answer != POSTERN_DNS_DATA || !any))
        return own;
    return any ? any : find_set(f, key, TYPE_CNAME);
}

static void negative(struct postern_dns_response *out, bool nxdomain, bool alias)
{
    *out = (struct postern_dns_response){
        .answer = nxdomain && !alias ? POSTERN_DNS_NXDOMAIN : POSTERN_DNS_NODATA,
        .ttl = NEGATIVE_TTL,
        .dangling = nxdomain && alias,
    };
}

/* True: *out is the answer; false: the key is that of an alias's target. */
static bool step(const struct dns_file *f, struct key *key, uint16_t type, bool alias,
                 struct postern_dns_response *out)
{
    uint8_t room[ZONE_NAME_MAX];
    struct slice target;
    size_t at = 0;
    bool there = exists(f, key_slice(key)) || to_wildcard(f, key);
    const struct set *set = there ? find_answer(f, key_slice(key), type) : NULL;
    if (!set || set->answer == POSTERN_DNS_NODATA || set->answer == POSTERN_DNS_NXDOMAIN) {
        negative(out, set ? set->answer == POSTERN_DNS_NXDOMAIN : !there, alias);
        return true;
    }
    if (set->answer == POSTERN_DNS_DATA && set->type != type) {
        struct slice rdata = { set->rdata[0].p, set->rdata[0].n };
        if (zone_name_of_wire(rdata, &at, room, &target) && key_of(target, key))
            return false;
        *out = (struct postern_dns_response){ .answer = POSTERN_DNS_SERVFAIL,
                                              .why = "an alias that is no name" };
        return true;
    }
    *out = (struct postern_dns_response){ .answer = set->answer, .ttl = set->ttl };
    if (set->answer == POSTERN_DNS_DATA) {
        out->rdata = set->rdata;
        out->rdata_n = set->rdata_n;
    } else {
        out->why = "the DNS file says so";
    }
    return true;
}

void dns_file_find(const struct dns_file *f, const char *name, uint16_t type,
                   struct postern_dns_response *out)
{
    struct slice text = slice_of_str(name);
    struct key key;
    if (text.n && text.p[text.n - 1] == '.')
        text.n--;
    if (!key_of(text, &key)) {
        negative(out, true, false);
        return;
    }
    for (unsigned aliases = 0; aliases <= CNAMES_MAX; aliases++)
        if (step(f, &key, type, aliases > 0, out))
            return;
    *out =
        (struct postern_dns_response){ .answer = POSTERN_DNS_SERVFAIL, .why = "too many aliases" };
}
