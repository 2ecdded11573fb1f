/* SPDX-License-Identifier: ISC
 *
 * conf/read: what the parts of the reader share while a configuration is read. Internal.
 */
#pragma once

#include "conf/keys.h"
#include "conf/node.h"

struct reading {
    struct conf *conf;
    void *base; /* what the offsets of the keys being read are in: conf, or a part of a list */
    struct arena nodes; /* of the file being read */
    struct buf *why;
    struct conf_list includes;
    const char *no_include; /* why `include` is a fault now; NULL: it is none */
};

#define READING_NO_MEMORY "out of memory"

/* Stores n's value at key's offset in r->base. False: r->why has it. */
MUST_USE bool value_read(struct reading *r, const struct key *key, const struct node *n);
/* The parts of value_read that are more than a value, each in a file of its own. */
MUST_USE bool certificates_read(struct reading *r, const struct key *key, const struct node *n);
MUST_USE bool clientid_read(struct reading *r, const struct key *key, const struct node *n);
MUST_USE bool conf_bits_read(struct reading *r, const struct key *key, const struct node *n);
MUST_USE bool conf_enrol_read(struct reading *r, const struct key *key, const struct node *n);
MUST_USE bool conf_groups_read(struct reading *r, const struct key *key, const struct node *n);
MUST_USE bool conf_rules_read(struct reading *r, const struct key *key, const struct node *n);
MUST_USE bool conf_limits_read(struct reading *r, const struct key *key, const struct node *n);
MUST_USE bool conf_locations_read(struct reading *r, const struct key *key, const struct node *n);
MUST_USE bool conf_sign_read(struct reading *r, const struct key *key, const struct node *n);
MUST_USE bool conf_mail_lists_read(struct reading *r, const struct key *key, const struct node *n);
/* What needs all of the policy: when every file is read and every default. */
MUST_USE bool conf_policy_check(struct reading *r);
MUST_USE bool conf_alerts_check(struct reading *r);
MUST_USE bool conf_milter_check(struct reading *r);
bool clientid_has_all(const struct conf_clientid *rules); /* a rule "*" */

/* A text that is not null, of a form; NULL: r->why has it. The copy lives in r->conf. */
const char *value_text(struct reading *r, const char *path, const struct form *form,
                       const struct node *n);
/* key's default, as it would stand in a file, into r->base. */
MUST_USE bool value_default(struct reading *r, const struct key *key);
/* "expected ..., not a list". Returns false. */
bool value_unexpected(struct reading *r, const struct key *key, const struct node *n);
/* "set twice, first at ...". Returns false. */
bool value_twice(struct reading *r, const char *path, const struct conf_place *at,
                 const struct conf_place *first);
/* The words of a flags' list or choice: the index of n's text, or -1 with r->why saying so. */
int value_word(struct reading *r, const char *path, const char *const *words, const struct node *n);
/* The entries of a map whose names are of a form, each given once. */
MUST_USE bool value_names(struct reading *r, const struct key *key, const struct form *form,
                          const struct node *n);
/* An array of n elements in r->conf; NULL: r->why has it. */
void *value_array(struct reading *r, const char *path, const struct node *n, size_t size);

/* The name that stands in for `hostname`. lookup: a short one may be asked for its full name. */
const char *hostname_of_system(struct arena *arena, bool lookup);

/* clientid.c: the names of enum conf_clientid_flag, bit 0 first. */
extern const char *const clientid_flags[];
