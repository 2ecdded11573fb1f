/* SPDX-License-Identifier: ISC */
#include "dkim/header.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dkim/canon.h"
#include "dkim/digest.h"

struct header_name {
    uint32_t first, n; /* of order */
    uint32_t left;     /* that this signature has not covered yet */
};

void header_init(struct header *h)
{
    *h = (struct header){ 0 };
    buf_init(&h->text, HEADER_MAX);
}

void header_clear(struct header *h)
{
    buf_clear(&h->text);
    free(h->fields);
    free(h->order);
    free(h->names);
    free(h->relaxed);
    header_init(h);
}

struct slice header_field(const struct header *h, size_t i)
{
    return slice_first(slice_from(buf_slice(&h->text), h->fields[i].at), h->fields[i].n);
}

struct slice header_field_name(const struct header *h, size_t i)
{
    return slice_first(header_field(h, i), h->fields[i].name_n);
}

/* FNV-1a. Names that fall together cost a comparison of names, no more: the order is by name, too. */
static uint32_t hash_name(struct slice name)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < name.n; i++)
        hash = (hash ^ ascii_lower(name.p[i])) * 16777619U;
    return hash;
}

static struct slice without_line_end(struct slice field)
{
    if (field.n >= 2 && field.p[field.n - 2] == '\r' && field.p[field.n - 1] == '\n')
        field.n -= 2;
    return field;
}

static bool grow_fields(struct header *h)
{
    size_t room = h->room ? h->room * 2 : 32;
    struct header_field *more = realloc(h->fields, room * sizeof *more);
    if (!more)
        return false;
    h->fields = more;
    h->room = room;
    return true;
}

int header_add(struct header *h, struct slice field)
{
    field = without_line_end(field);
    if (h->n == HEADER_FIELDS_MAX || field.n + CANON_FIELD_MORE > HEADER_MAX - buf_size(&h->text))
        return -E2BIG;
    if (h->n == h->room && !grow_fields(h))
        return -ENOMEM;
    struct slice name = canon_field_name(field);
    struct header_field *f = h->fields + h->n;
    *f = (struct header_field){ .at = (uint32_t)buf_size(&h->text),
                                .n = (uint32_t)field.n,
                                .name_n = (uint32_t)name.n,
                                .hash = hash_name(name) };
    buf_append(&h->text, field);
    buf_append(&h->text, SLICE("\r\n"));
    if (h->text.failed)
        return -ENOMEM;
    h->n++;
    return 0;
}

/* ---- fields by name ---- */

static int compare_names(const struct header *h, const struct header_field *f, struct slice name,
                         uint32_t hash)
{
    if (f->hash != hash)
        return f->hash < hash ? -1 : 1;
    if (f->name_n != name.n)
        return f->name_n < name.n ? -1 : 1;
    struct slice own = header_field_name(h, (size_t)(f - h->fields));
    for (size_t i = 0; i < name.n; i++) {
        int difference = ascii_lower(own.p[i]) - ascii_lower(name.p[i]);
        if (difference)
            return difference;
    }
    return 0;
}

static int compare_fields(const void *a, const void *b, void *owner)
{
    const struct header *h = owner;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    int names = compare_names(h, h->fields + i, header_field_name(h, j), h->fields[j].hash);
    if (names)
        return names;
    return i < j ? -1 : i > j;
}

static bool same_name(const struct header *h, uint32_t i, uint32_t j)
{
    return compare_names(h, h->fields + i, header_field_name(h, j), h->fields[j].hash) == 0;
}

int header_end(struct header *h)
{
    h->order = calloc(h->n + 1, sizeof *h->order);
    h->names = calloc(h->n + 1, sizeof *h->names);
    if (!h->order || !h->names)
        return -ENOMEM;
    for (size_t i = 0; i < h->n; i++)
        h->order[i] = (uint32_t)i;
    qsort_r(h->order, h->n, sizeof *h->order, compare_fields, h);
    for (size_t i = 0; i < h->n; i++) {
        if (i == 0 || !same_name(h, h->order[i - 1], h->order[i]))
            h->names[h->names_n++].first = (uint32_t)i;
        h->names[h->names_n - 1].n++;
    }
    return 0;
}

static struct header_name *find_name(const struct header *h, struct slice name)
{
    uint32_t hash = hash_name(name);
    size_t low = 0, high = h->names_n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct header_field *f = h->fields + h->order[h->names[middle].first];
        int order = compare_names(h, f, name, hash);
        if (order == 0)
            return h->names + middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

size_t header_count(const struct header *h, struct slice name)
{
    const struct header_name *found = find_name(h, name);
    return found ? found->n : 0;
}

/* ---- what a signature hashes ---- */

/* Where canonical octets go. Runs that lie side by side become one: relaxed forms mostly do. */
struct hashing {
    struct digest digest;
    struct slice run;
    struct buf *kept;
};

static void hash_run(struct hashing *to)
{
    digest_add(&to->digest, to->run);
    if (to->kept)
        buf_append(to->kept, to->run);
    to->run.n = 0;
}

static void hash_octets(struct hashing *to, struct slice octets)
{
    if (to->run.n && to->run.p + to->run.n == octets.p) {
        to->run.n += octets.n;
        return;
    }
    hash_run(to);
    to->run = octets;
}

static struct slice relaxed_form(struct header *h, struct header_field *f)
{
    if (!f->relaxed_n) {
        struct slice field = header_field(h, (size_t)(f - h->fields));
        f->relaxed_at = (uint32_t)h->relaxed_n;
        f->relaxed_n =
            (uint32_t)canon_field(POSTERN_DKIM_RELAXED, field, h->relaxed + h->relaxed_n);
        h->relaxed_n += f->relaxed_n;
    }
    return (struct slice){ h->relaxed + f->relaxed_at, f->relaxed_n };
}

static void hash_field(struct header *h, enum postern_dkim_canon how, size_t i, struct hashing *to)
{
    if (how == POSTERN_DKIM_RELAXED) {
        hash_octets(to, relaxed_form(h, h->fields + i));
        return;
    }
    const struct header_field *f = h->fields + i;
    hash_octets(to, slice_first(slice_from(buf_slice(&h->text), f->at), f->n + 2));
}

/* §5.4.2: each name takes the lowest field that is not taken yet. */
static void hash_covered(struct header *h, const struct header_cover *cover, struct hashing *to)
{
    for (size_t i = 0; i < h->names_n; i++)
        h->names[i].left = h->names[i].n;
    for (size_t i = 0; i < cover->names_n; i++) {
        struct header_name *name = find_name(h, cover->names[i]);
        if (name && name->left && h->order[name->first + name->left - 1] == cover->self)
            name->left--;
        if (name && name->left)
            hash_field(h, cover->how, h->order[name->first + --name->left], to);
    }
}

/* §3.7: last the DKIM-Signature field, its b= empty, without CRLF behind it. */
static bool hash_self(const struct header_cover *cover, struct hashing *to)
{
    size_t n = cover->before.n + cover->after.n;
    uint8_t *whole = malloc(2 * n + CANON_FIELD_MORE + 1);
    if (!whole)
        return false;
    uint8_t *form = whole + n;
    memcpy(whole, cover->before.p, cover->before.n);
    if (cover->after.n)
        memcpy(whole + cover->before.n, cover->after.p, cover->after.n);
    size_t form_n = canon_field(cover->how, (struct slice){ whole, n }, form);
    hash_octets(to, (struct slice){ form, form_n - CANON_FIELD_MORE });
    hash_run(to);
    free(whole);
    return true;
}

int header_hash(struct header *h, const struct header_cover *cover, struct buf *kept, uint8_t *out)
{
    struct hashing to = { .kept = kept };
    if (!h->relaxed && cover->how == POSTERN_DKIM_RELAXED)
        h->relaxed = malloc(buf_size(&h->text) + 1);
    if (!h->relaxed && cover->how == POSTERN_DKIM_RELAXED)
        return -ENOMEM;
    digest_init(&to.digest);
    hash_covered(h, cover, &to);
    if (!hash_self(cover, &to))
        return -ENOMEM;
    digest_read(&to.digest, out);
    return kept && kept->failed ? -ENOMEM : 0;
}
