/* SPDX-License-Identifier: ISC */
#include "cmd/dkim_tables.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "message/domain.h"

struct key { /* of the KeyTable: NAME DOMAIN:SELECTOR:PATH */
    struct slice name, domain, selector, path;
    size_t line;
};

enum reach { REACH_OWN = 1, REACH_BELOW = 2 };

struct row { /* of milter.sign */
    const char *domain, *selector, *path, *identity;
    unsigned reach;
    size_t line, order;
};

struct import {
    const struct dkim_table *keys_table, *table; /* table: whose lines become rows */
    struct arena arena;
    struct key *keys;
    size_t keys_n;
    struct row *rows;
    size_t rows_n, rows_room;
    struct dkim_import *out;
};

/* ---- lines ---- */

static bool white(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct slice take_word(struct slice *rest)
{
    size_t n = 0, skip = 0;
    while (skip < rest->n && white(rest->p[skip]))
        skip++;
    *rest = slice_from(*rest, skip);
    while (n < rest->n && !white(rest->p[n]))
        n++;
    struct slice word = slice_first(*rest, n);
    *rest = slice_from(*rest, n);
    return word;
}

/* The next line that has a name: its name, and what is behind it. Comments begin with "#". */
static bool next_line(struct slice *text, size_t *line, struct slice *name, struct slice *value)
{
    while (text->n) {
        struct slice one, rest;
        (void)slice_cut(*text, '\n', &one, &rest);
        *text = rest;
        ++*line;
        (void)slice_cut(one, '#', &one, &rest);
        *name = take_word(&one);
        *value = take_word(&one);
        if (name->n)
            return true;
    }
    return false;
}

static void say(struct import *i, const struct dkim_table *table, size_t line, const char *what)
{
    buf_printf(&i->out->notes, "%s:%zu: %s\n", table->name, line, what);
}

static bool refuse(struct import *i, size_t line, const char *what)
{
    say(i, i->table, line, what);
    i->out->unmapped++;
    return true;
}

/* ---- the KeyTable ---- */

static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    int by_name = slice_compare(x->name, y->name);
    return by_name ? by_name : (x->line > y->line) - (x->line < y->line);
}

static size_t count_lines(struct slice text)
{
    size_t n = 1;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

static bool read_keys(struct import *i)
{
    struct slice text = i->keys_table->text, name, value, rest;
    size_t line = 0;
    i->keys = arena_alloc(&i->arena, count_lines(text) * sizeof *i->keys);
    while (i->keys && next_line(&text, &line, &name, &value)) {
        struct key *k = &i->keys[i->keys_n];
        *k = (struct key){ .name = name, .line = line };
        if (slice_cut(value, ':', &k->domain, &rest) &&
            slice_cut(rest, ':', &k->selector, &k->path))
            i->keys_n++;
        else
            say(i, i->keys_table, line, "not NAME DOMAIN:SELECTOR:PATH");
    }
    if (i->keys && i->keys_n)
        qsort(i->keys, i->keys_n, sizeof *i->keys, compare_keys);
    return i->keys != NULL;
}

/* The first of that name. */
static const struct key *find_key(const struct import *i, struct slice name)
{
    size_t low = 0, high = i->keys_n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (slice_compare(i->keys[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < i->keys_n && slice_equal(i->keys[low].name, name) ? &i->keys[low] : NULL;
}

/* ---- rows ---- */

/* "%" stands for the domain of the sender. NULL: no memory. */
static const char *replace(struct import *i, struct slice text, const char *domain)
{
    struct buf out;
    buf_init(&out, 8192);
    for (size_t k = 0; k < text.n; k++)
        if (text.p[k] == '%')
            buf_append_str(&out, domain);
        else
            buf_append_byte(&out, text.p[k]);
    const char *copy = out.failed ? NULL : arena_str(&i->arena, buf_slice(&out));
    buf_clear(&out);
    return copy;
}

static bool add_row(struct import *i, const struct row *row)
{
    if (i->rows_n == i->rows_room) {
        size_t room = i->rows_room ? i->rows_room * 2 : 64;
        struct row *rows = realloc(i->rows, room * sizeof *rows);
        if (!rows)
            return false;
        i->rows = rows;
        i->rows_room = room;
    }
    i->rows[i->rows_n] = *row;
    i->rows[i->rows_n].order = i->rows_n;
    i->rows_n++;
    return true;
}

static bool is_path(struct slice text)
{
    return slice_starts(text, SLICE("/")) || slice_starts(text, SLICE("./")) ||
           slice_starts(text, SLICE("../"));
}

/* An identity in or under the domain; the others OpenDKIM leaves out. */
static const char *identity_of(struct import *i, struct slice text, const struct domain *domain,
                               size_t line)
{
    struct slice local, host;
    struct domain at;
    if (text.n == 0)
        return NULL;
    const char *identity = replace(i, text, domain->text);
    bool fits = identity && slice_cut_last(slice_of_str(identity), '@', &local, &host) &&
                domain_parse(host, &at) && domain_within(&at, domain);
    if (!fits)
        say(i, i->table, line, "the identity is not in the domain, and is left out");
    return fits ? identity : NULL;
}

static bool map_key(struct import *i, const struct key *k, struct row row,
                    const struct domain *domain, struct slice identity)
{
    struct domain own, selector;
    bool any = slice_equal(k->domain, SLICE("%"));
    if (any && row.reach == REACH_BELOW)
        return refuse(i, row.line, "each domain below would sign for itself: name them");
    if (!any && (!domain_parse(k->domain, &own) || !domain_equal(&own, domain)))
        return refuse(i, row.line,
                      "the key is another domain's: a milter of ours signs for its own");
    if (!domain_parse(k->selector, &selector))
        return refuse(i, row.line, "the selector is no DNS name");
    if (!is_path(k->path))
        return refuse(i, row.line, "the key stands in the KeyTable: write it to a file");
    row.domain = arena_str(&i->arena, slice_of_str(domain->text));
    row.selector = arena_str(&i->arena, slice_of_str(selector.text));
    row.path = replace(i, k->path, domain->text);
    row.identity = identity_of(i, identity, domain, row.line);
    return row.domain && row.selector && row.path && add_row(i, &row);
}

/* ---- the SigningTable ---- */

static bool plain(struct slice text)
{
    static const struct slice special = SLICE_INIT("*?[](){}|^$+\\");
    for (size_t k = 0; k < text.n; k++)
        if (slice_has(special, text.p[k]))
            return false;
    return true;
}

/* NULL: *domain and *reach say whom the pattern means; else why there is no such domain. */
static const char *read_pattern(struct slice pattern, struct domain *domain, unsigned *reach)
{
    struct slice local, host = pattern;
    bool address = slice_cut_last(pattern, '@', &local, &host);
    if (!address)
        host = pattern;
    *reach = REACH_OWN;
    if (address && !slice_equal(local, SLICE("*")))
        return plain(local) ? "signs for one user: a milter of ours signs for whole domains"
                            : "patterns of users cannot be mapped";
    if (slice_equal(host, SLICE("*")))
        return "signs for every domain: name them";
    if (slice_starts(host, SLICE("*."))) {
        host = slice_from(host, 2);
        *reach = REACH_BELOW;
    } else if (slice_starts(host, SLICE("."))) {
        host = slice_from(host, 1);
        *reach = REACH_BELOW;
    }
    if (!plain(host))
        return "such patterns cannot be mapped";
    return domain_parse(host, domain) ? NULL : "no domain";
}

static bool map_line(struct import *i, size_t line, struct slice pattern, struct slice value)
{
    struct slice name, identity = { 0 };
    struct domain domain;
    struct row row = { .line = line };
    (void)slice_cut(value, ':', &name, &identity);
    const char *why = read_pattern(pattern, &domain, &row.reach);
    if (why)
        return refuse(i, line, why);
    if (name.n == 0)
        return refuse(i, line, "names no key");
    const struct key *key = find_key(i, name);
    if (!key)
        return refuse(i, line, "the KeyTable has no such key");
    return map_key(i, key, row, &domain, identity);
}

static bool map_signing(struct import *i)
{
    struct slice text = i->table->text, pattern, value;
    size_t line = 0;
    bool fine = true;
    while (fine && next_line(&text, &line, &pattern, &value))
        fine = map_line(i, line, pattern, value);
    return fine;
}

/* Without a SigningTable: each key for its own domain. */
static bool map_keys(struct import *i)
{
    bool fine = true;
    for (size_t n = 0; fine && n < i->keys_n; n++) {
        const struct key *k = &i->keys[n];
        struct row row = { .line = k->line, .reach = REACH_OWN };
        struct domain domain;
        if (domain_parse(k->domain, &domain))
            fine = map_key(i, k, row, &domain, (struct slice){ 0 });
        else
            (void)refuse(i, k->line, "which domain it signs for is in the SigningTable");
    }
    return fine;
}

/* ---- writing ---- */

static int compare_rows(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int by_domain = strcmp(x->domain, y->domain);
    return by_domain ? by_domain : (x->order > y->order) - (x->order < y->order);
}

static bool same(const struct row *a, const struct row *b)
{
    const char *x = a->identity ? a->identity : "", *y = b->identity ? b->identity : "";
    return strcmp(a->domain, b->domain) == 0 && strcmp(a->selector, b->selector) == 0 &&
           strcmp(a->path, b->path) == 0 && strcmp(x, y) == 0;
}

/* "example.com" and ".example.com" with one key are one row. */
static void merge_rows(struct import *i)
{
    size_t kept = 0;
    for (size_t n = 0; n < i->rows_n; n++) {
        struct row *row = &i->rows[n];
        size_t k = kept;
        while (k && strcmp(i->rows[k - 1].domain, row->domain) == 0 && !same(&i->rows[k - 1], row))
            k--;
        if (k && same(&i->rows[k - 1], row))
            i->rows[k - 1].reach |= row->reach;
        else
            i->rows[kept++] = *row;
    }
    i->rows_n = kept;
}

static bool bare(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '.' || c == '_' || c == '-';
}

static void put_scalar(struct buf *out, const char *text)
{
    struct slice s = slice_of_str(text);
    bool quoted = s.n == 0 || s.p[0] == '-' || s.p[0] == '.';
    for (size_t k = 0; k < s.n; k++)
        quoted = quoted || !bare(s.p[k]);
    if (!quoted) {
        buf_append(out, s);
        return;
    }
    buf_append_byte(out, '"');
    for (size_t k = 0; k < s.n; k++)
        if (s.p[k] < 0x20 || s.p[k] == 0x7f)
            buf_printf(out, "\\x%02x", s.p[k]);
        else if (s.p[k] == '"' || s.p[k] == '\\')
            buf_printf(out, "\\%c", s.p[k]);
        else
            buf_append_byte(out, s.p[k]);
    buf_append_byte(out, '"');
}

static void put_row(struct import *i, const struct row *row)
{
    struct buf *out = &i->out->yaml;
    buf_append_str(out, "{selector: ");
    put_scalar(out, row->selector);
    buf_append_str(out, ", key: ");
    put_scalar(out, row->path);
    if (row->identity) {
        buf_append_str(out, ", identity: ");
        put_scalar(out, row->identity);
    }
    if (row->reach & REACH_BELOW)
        buf_append_str(out, ", subdomains: yes");
    buf_append_str(out, "}\n");
    if (row->reach == REACH_BELOW)
        say(i, i->table, row->line, "signs for the domain itself, too, now");
    i->out->mapped++;
}

/* rows[at] to rows[end - 1] are one domain's. */
static void put_domain(struct import *i, size_t at, size_t end)
{
    struct buf *out = &i->out->yaml;
    buf_append_str(out, "    ");
    put_scalar(out, i->rows[at].domain);
    buf_append_str(out, end - at == 1 ? ": " : ":\n");
    for (size_t n = at; n < end; n++) {
        if (end - at > 1)
            buf_append_str(out, "      - ");
        put_row(i, &i->rows[n]);
    }
    if (end - at > 1)
        say(i, i->table, i->rows[at + 1].line,
            "another key of a domain: both sign (as with MultipleSignatures yes)");
}

static void put_rows(struct import *i)
{
    if (i->rows_n)
        qsort(i->rows, i->rows_n, sizeof *i->rows, compare_rows);
    merge_rows(i);
    buf_append_str(&i->out->yaml, i->rows_n ? "milter:\n  sign:\n" : "milter:\n  sign: {}\n");
    for (size_t at = 0, end; at < i->rows_n; at = end) {
        end = at + 1;
        while (end < i->rows_n && strcmp(i->rows[end].domain, i->rows[at].domain) == 0)
            end++;
        put_domain(i, at, end);
    }
}

bool dkim_tables_import(const struct dkim_table *keys, const struct dkim_table *signing,
                        struct dkim_import *out)
{
    struct import i = { .keys_table = keys, .table = signing ? signing : keys, .out = out };
    *out = (struct dkim_import){ 0 };
    buf_init(&out->yaml, 8 * DKIM_TABLE_MAX);
    buf_init(&out->notes, 8 * DKIM_TABLE_MAX);
    arena_init(&i.arena, 32 * DKIM_TABLE_MAX);
    bool fine = read_keys(&i) && (signing ? map_signing(&i) : map_keys(&i));
    if (fine)
        put_rows(&i);
    free(i.rows);
    arena_clear(&i.arena);
    return fine && !out->yaml.failed && !out->notes.failed;
}
