/* SPDX-License-Identifier: ISC */
#include "conf/record.h"

#include "conf/read.h"
#include "conf/suggest.h"

const struct record *conf_record_of(enum key_type type)
{
    if (type == KEY_RULES)
        return &conf_record_rule;
    if (type == KEY_SIGN)
        return &conf_record_sign;
    if (type == KEY_MAIL_LISTS)
        return &conf_record_mail_list;
    return type == KEY_LIMITS ? &conf_record_limit : NULL;
}

const void *conf_record_entries(const struct conf *conf, enum key_type type, size_t *n)
{
    *n = type == KEY_RULES ? conf->policy.rules_n : conf->policy.limits_n;
    return type == KEY_RULES ? (const void *)conf->policy.rules : conf->policy.limits;
}

static bool say_unknown(struct reading *r, const struct record *record, const char *path,
                        const struct node *n)
{
    struct suggestion near;
    suggest_init(&near, n->key);
    for (size_t i = 0; i < record->keys_n; i++)
        suggest_offer(&near, key_name(&record->keys[i]));
    (void)conf_fault(r->why, &n->key_place, path, "unknown key; ");
    if (near.best.n) {
        buf_printf(r->why, "did you mean \"%.*s\"?", SLICE_ARG(near.best));
        return false;
    }
    buf_append_str(r->why, "known here: ");
    for (size_t i = 0; i < record->keys_n; i++)
        buf_printf(r->why, "%s%.*s", i ? ", " : "", SLICE_ARG(key_name(&record->keys[i])));
    return false;
}

static const struct key *find_key(const struct record *record, struct slice name)
{
    for (size_t i = 0; i < record->keys_n; i++)
        if (slice_equal(key_name(&record->keys[i]), name))
            return &record->keys[i];
    return NULL;
}

static bool read_key(struct reading *r, const struct record *record, const struct node *n)
{
    char path[NODE_PATH_MAX];
    const struct key *key = find_key(record, n->key);
    const struct node *twin = node_twin(n);
    node_path(n, path);
    if (!key)
        return say_unknown(r, record, path, n);
    if (twin)
        return value_twice(r, path, &n->key_place, &twin->key_place);
    return value_read(r, key, n);
}

static bool read_keys(struct reading *r, const struct record *record, const struct node *entry)
{
    for (const struct node *n = entry->first; n; n = n->next)
        if (!read_key(r, record, n))
            return false;
    for (unsigned i = 0; i < record->required; i++) {
        struct slice name = key_name(&record->keys[i]);
        if (!conf_record_node(entry,
                              (const char *)name.p)) /* the end of a path: a NUL is behind it */
            return conf_fault(r->why, &entry->place, record->keys[i].path, "missing");
    }
    return true;
}

bool conf_record_init(struct reading *r, const struct record *record, void *out)
{
    void *outer = r->base;
    bool fine = true;
    r->base = out;
    for (size_t i = 0; fine && i < record->keys_n; i++)
        fine = !record->keys[i].fallback || value_default(r, &record->keys[i]);
    r->base = outer;
    return fine;
}

bool conf_record_read(struct reading *r, const struct key *list, const struct node *n, void *out)
{
    void *outer = r->base;
    if (n->kind != NODE_MAP)
        return value_unexpected(r, list, n);
    r->base = out;
    bool fine = read_keys(r, conf_record_of(list->type), n);
    r->base = outer;
    return fine;
}

const struct node *conf_record_node(const struct node *entry, const char *name)
{
    for (const struct node *n = entry->first; n; n = n->next)
        if (slice_equal(n->key, slice_of_str(name)))
            return n;
    return NULL;
}

const struct conf_place *conf_record_place(const struct node *entry, const char *name)
{
    const struct node *n = conf_record_node(entry, name);
    return n ? &n->place : &entry->place;
}
