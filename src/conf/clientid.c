/* SPDX-License-Identifier: ISC */
#include "conf/read.h"

const char *const clientid_flags[] = { "ignore", "session",          "system-log",       "user-log",
                                       "auth",   "alert-on-failure", "alert-on-success", NULL };

static bool add_flag(struct reading *r, const char *path, unsigned *flags, const struct node *n)
{
    int bit = value_word(r, path, clientid_flags, n);
    if (bit < 0)
        return false;
    if (*flags & 1u << bit)
        return conf_fault(r->why, &n->place, path, "\"%s\" is listed twice", clientid_flags[bit]);
    *flags |= 1u << bit;
    if (*flags & CONF_CLIENTID_IGNORE && *flags != CONF_CLIENTID_IGNORE)
        return conf_fault(r->why, &n->place, path, "\"ignore\" stands alone");
    return true;
}

static bool read_flags(struct reading *r, const char *path, unsigned *flags, const struct node *n)
{
    if (n->kind != NODE_LIST)
        return add_flag(r, path, flags, n);
    if (n->n == 0)
        return conf_fault(r->why, &n->place, path, "no flag; \"ignore\" is one");
    for (const struct node *c = n->first; c; c = c->next)
        if (!add_flag(r, path, flags, c))
            return false;
    return true;
}

static bool check_repeated(struct reading *r, const char *path, const struct node *n)
{
    const struct conf_clientid *rules = &r->conf->clientid;
    for (size_t i = 0; i < rules->n; i++) {
        const struct conf_place *first = &rules->at[i].place;
        if (slice_equal_nocase(slice_of_str(rules->at[i].pattern), n->key))
            return conf_fault(r->why, &n->key_place, path, "set twice, first at %s:%u:%u",
                              first->file, first->line, first->column);
    }
    return true;
}

static bool read_rule(struct reading *r, struct conf_clientid_rule *out, const struct node *n)
{
    char path[NODE_PATH_MAX];
    const char *what = form_type.check(n->key);
    node_path(n, path);
    if (what)
        return conf_fault(r->why, &n->key_place, path, "%s", what);
    if (!check_repeated(r, path, n))
        return false;
    out->place = n->key_place;
    out->pattern = arena_str(&r->conf->arena, n->key);
    if (!out->pattern)
        return conf_fault(r->why, &n->place, path, READING_NO_MEMORY);
    return read_flags(r, path, &out->flags, n);
}

/* Rules of a further file, and the default, are added behind those there are. */
bool clientid_read(struct reading *r, const struct key *key, const struct node *n)
{
    struct conf_clientid *rules = &r->conf->clientid;
    if (node_is_null(n))
        return true;
    if (n->kind != NODE_MAP)
        return value_unexpected(r, key, n);
    size_t room = (size_t)key->max + (n->place.file == NULL) - rules->n; /* one for the default */
    if (n->n > room)
        return conf_fault(r->why, &n->place, key->path, "more than %zu patterns", (size_t)key->max);
    struct conf_clientid_rule *at = rules->at;
    if (!at)
        at = arena_alloc(&r->conf->arena, ((size_t)key->max + 1) * sizeof *at);
    if (!at)
        return conf_fault(r->why, &n->place, key->path, READING_NO_MEMORY);
    rules->at = at;
    for (const struct node *c = n->first; c; c = c->next) {
        if (!read_rule(r, &at[rules->n], c))
            return false;
        rules->n++;
    }
    return true;
}

bool clientid_has_all(const struct conf_clientid *rules)
{
    for (size_t i = 0; i < rules->n; i++)
        if (slice_equal(slice_of_str(rules->at[i].pattern), SLICE("*")))
            return true;
    return false;
}

unsigned conf_clientid_flags(const struct conf_clientid *rules, struct slice type)
{
    for (size_t i = 0; i < rules->n; i++)
        if (slice_glob_nocase(slice_of_str(rules->at[i].pattern), type))
            return rules->at[i].flags;
    return 0;
}
