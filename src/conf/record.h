/* SPDX-License-Identifier: ISC
 *
 * conf/record: an entry of a list that has keys of its own, such as a rule. Internal.
 *
 * Its keys are rows as those of the file, with offsets in the entry's struct; a row's path is that
 * of the list and its own name ("policy.limits.above").
 */
#pragma once

#include "conf/keys.h"

struct record {
    size_t size; /* of the struct */
    const struct key *keys;
    size_t keys_n;
    unsigned required; /* so many of the first keys must be given */
    /* Whether a key without a default holds what it would when left out; NULL: none does. */
    bool (*is_unsaid)(const struct conf *conf, const struct key *key, const void *entry);
};

extern const struct record conf_record_rule, conf_record_limit, conf_record_sign,
    conf_record_mail_list;

/* NULL: a key of that type is no list of records. */
const struct record *conf_record_of(enum key_type type);
/* The entries that a key of conf holds (rules, limits), one behind the other; *n of them. */
const void *conf_record_entries(const struct conf *conf, enum key_type type, size_t *n);

struct reading;
struct node;

/* Every row's default into out, which is all zero. */
MUST_USE bool conf_record_init(struct reading *r, const struct record *record, void *out);
/* The keys of n into out, over what it holds. */
MUST_USE bool conf_record_read(struct reading *r, const struct key *list, const struct node *n,
                               void *out);
/* The node of a key of an entry, NULL: not given. */
const struct node *conf_record_node(const struct node *entry, const char *name);
/* Where a fault of a key of an entry is: at its value, or at the entry. */
const struct conf_place *conf_record_place(const struct node *entry, const char *name);
