/* SPDX-License-Identifier: ISC */
#include "conf/read.h"

static bool add_bit(struct reading *r, const struct key *key, unsigned *bits, bool alone,
                    const struct node *n)
{
    const char *words[KEY_BITS_MAX + 2];
    unsigned value[KEY_BITS_MAX + 1];
    key_bit_words(key, words, value);
    int i = value_word(r, key->path, words, n);
    if (i < 0)
        return false;
    if (value[i] == 0 && !alone)
        return conf_fault(r->why, &n->place, key->path, "\"%s\" stands alone", words[i]);
    if (*bits & value[i])
        return conf_fault(r->why, &n->place, key->path, "\"%s\" is listed twice", words[i]);
    *bits |= value[i];
    return true;
}

/* A single word is a list of one. */
bool conf_bits_read(struct reading *r, const struct key *key, const struct node *n)
{
    unsigned bits = 0;
    if (n->kind == NODE_MAP || (n->kind == NODE_LIST && n->n == 0))
        return value_unexpected(r, key, n);
    if (n->kind == NODE_SCALAR && !add_bit(r, key, &bits, true, n))
        return false;
    for (const struct node *c = n->first; c; c = c->next)
        if (!add_bit(r, key, &bits, n->n == 1, c))
            return false;
    *(unsigned *)(void *)((char *)r->base + key->offset) = bits;
    return true;
}
