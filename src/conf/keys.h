/* SPDX-License-Identifier: ISC
 *
 * conf/keys: the one table of keys. Whatever knows a key's name, bounds or default asks here.
 *
 * A section is what stands before the last dot of a key. Another service's section is more rows
 * (those of one section together) and more members of struct conf.
 */
#pragma once

#include "conf/conf.h"
#include "conf/form.h"
#include "conf/unit.h"

enum key_type {                   /* and the member it is stored in */
                KEY_TEXT,         /* const char *, of a form */
                KEY_CHOICE,       /* an enum whose values count the words */
                KEY_BOOL,         /* bool */
                KEY_COUNT,        /* uint32_t; with words[0] standing for 0 */
                KEY_OCTETS_SHORT, /* uint32_t, with K, M, G */
                KEY_OCTETS,       /* uint64_t, with K, M, G */
                KEY_TIME,         /* int64_t microseconds, with ms, s, m, h, d */
                KEY_LIST,         /* struct conf_list, of a form; min and max count the elements */
                KEY_CERTIFICATES, /* struct conf_tls */
                KEY_CLIENTID_RULES, /* struct conf_clientid */
                KEY_BITS,       /* unsigned: words[i] is bit i, max has those allowed; with min 0
                                       the word "off" stands for none of them */
                KEY_ENROL,      /* enum conf_enrol, and policy.enrol_first */
                KEY_GROUPS,     /* policy.groups */
                KEY_RULES,      /* policy.rules */
                KEY_LIMITS,     /* policy.limits */
                KEY_LOCATIONS,  /* policy.locations.table */
                KEY_MODE,       /* uint32_t, octal, of form_mode */
                KEY_SIGN,       /* milter.sign; min and max count the domains */
                KEY_MAIL_LISTS, /* milter.lists */
                KEY_INCLUDE,    /* nowhere: read at once */
};

struct key {
    const char *path;     /* "submission.limits.errors" */
    const char *fallback; /* the default as it would stand in the file; NULL: none */
    const char *absent;   /* what holds without value and default, for the manual */
    enum key_type type;
    bool reload; /* SIGHUP takes a change up; otherwise, KEY_TEXT, KEY_OCTETS and KEY_MODE only, a
                  restart */
    uint64_t min, max;
    size_t offset;            /* in struct conf */
    size_t place_offset;      /* of a struct conf_place to be set too; 0: none */
    const struct form *form;  /* of KEY_TEXT and KEY_LIST */
    const char *const *words; /* NULL behind the last */
    const char *help;
};

extern const struct key conf_keys[];
extern const size_t conf_key_count;

const struct key *key_find(struct slice path); /* NULL: none of that name */
size_t key_index(const struct key *key);
bool key_is_section(struct slice path); /* "" is the whole file */
/* The part of key's path behind "section.": false when it is not in that section. */
bool key_in_section(const struct key *key, struct slice section, struct slice *rest);
/* "above" of "policy.limits.above". */
struct slice key_name(const struct key *key);
#define KEY_BITS_MAX 16
/* The words of a KEY_BITS that may stand, NULL behind the last; value: of each. */
void key_bit_words(const struct key *key, const char *out[KEY_BITS_MAX + 2],
                   unsigned value[KEY_BITS_MAX + 1]);
/* "a time from 1s to 30s, with its unit (ms, s, m, h, d)": what a value must be. */
void key_expects(const struct key *key, struct buf *out);
enum unit key_unit(enum key_type type);
