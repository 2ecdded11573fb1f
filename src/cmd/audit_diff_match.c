/* SPDX-License-Identifier: ISC
 *
 * Which client of the one audit is which of the other. An id is the hardware address under the same key; when that has
 * changed, what the client itself says it is.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/audit_diff.h"

struct key { /* what one client is found by */
    const char *kind, *value;
    struct diff_client *client;
};

struct keys {
    struct key *at; /* sorted */
    size_t n;
};

static int compare(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    int order = strcmp(x->kind, y->kind);
    return order ? order : strcmp(x->value, y->value);
}

static void pair(struct diff_client *old, struct diff_client *new)
{
    old->other = new;
    new->other = old;
}

static bool names_device(const char *kind)
{
    static const enum identifier_kind kinds[] = { ID_CLIENT_UUID, ID_CLIENT_ID, ID_CLIENT_FQDN,
                                                  ID_HOST_NAME };
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (strcmp(kind, identifier_exposure(kinds[i])->name) == 0)
            return true;
    return false;
}

static size_t put_values(struct diff_client *client, struct key *to)
{
    size_t n = 0;
    for (size_t i = 0; i < client->identifiers_n; i++) {
        const struct diff_identifier *id = &client->identifiers[i];
        if (!names_device(id->kind) || !id->value[0])
            continue;
        if (to)
            to[n] = (struct key){ id->kind, id->value, client };
        n++;
    }
    return n;
}

/* by_id: one key for each client; else its values, of those without a partner. */
static size_t put_keys(struct diff_side *side, bool by_id, struct key *to)
{
    size_t n = 0;
    for (size_t i = 0; i < side->n; i++) {
        struct diff_client *client = &side->clients[i];
        if (by_id && to)
            to[n] = (struct key){ "", client->id, client };
        if (by_id)
            n++;
        else if (!client->other)
            n += put_values(client, to ? to + n : NULL);
    }
    return n;
}

/* Without memory there are none: fewer clients are recognised. */
static struct keys keys_of(struct diff_side *side, bool by_id)
{
    struct keys keys = { .n = put_keys(side, by_id, NULL) };
    keys.at = calloc(keys.n ? keys.n : 1, sizeof *keys.at);
    if (!keys.at)
        return (struct keys){ 0 };
    (void)put_keys(side, by_id, keys.at); /* as many as were counted */
    qsort(keys.at, keys.n, sizeof *keys.at, compare);
    return keys;
}

static bool is_alone(const struct keys *keys, const struct key *key)
{
    size_t i = (size_t)(key - keys->at);
    return (i == 0 || compare(key - 1, key) != 0) &&
           (i + 1 >= keys->n || compare(key, key + 1) != 0);
}

static void match_keys(struct diff_side *old, struct diff_side *new, bool by_id)
{
    struct keys of_old = keys_of(old, by_id), of_new = keys_of(new, by_id);
    for (size_t i = 0; i < of_old.n && of_new.n; i++) {
        const struct key *key = &of_old.at[i];
        const struct key *other = bsearch(key, of_new.at, of_new.n, sizeof *key, compare);
        if (other && !key->client->other && !other->client->other && is_alone(&of_old, key) &&
            is_alone(&of_new, other))
            pair(key->client, other->client);
    }
    free(of_old.at);
    free(of_new.at);
}

/* The only client without a partner; NULL: none, or several. */
static struct diff_client *last_one(struct diff_side *side)
{
    struct diff_client *last = NULL;
    for (size_t i = 0; i < side->n; i++) {
        if (side->clients[i].other)
            continue;
        if (last)
            return NULL;
        last = &side->clients[i];
    }
    return last;
}

void diff_match(struct diff_side *old, struct diff_side *new)
{
    match_keys(old, new, true);
    match_keys(old, new, false);
    struct diff_client *a = last_one(old), *b = last_one(new);
    if (a && b)
        pair(a, b);
}

int diff_verdict(const struct diff_client *old, const struct diff_client *new, size_t attack)
{
    return (int)old->verdicts[attack] - (int)new->verdicts[attack];
}

int diff_grade(const struct diff_client *old, const struct diff_client *new)
{
    if (old->grade == '-' || new->grade == '-')
        return 0;
    return old->grade - new->grade;
}

const struct diff_identifier *diff_find(const struct diff_client *client, const char *kind)
{
    for (size_t i = 0; i < client->identifiers_n; i++)
        if (strcmp(client->identifiers[i].kind, kind) == 0)
            return &client->identifiers[i];
    return NULL;
}
