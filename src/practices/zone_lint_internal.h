/* SPDX-License-Identifier: ISC
 *
 * zone_lint_internal: a zone by its names, and what its rules share.
 */
#pragma once

#include "practices/practices_internal.h"
#include "practices/ssp_record.h"
#include "practices/zone_lint.h"

enum { TYPE_A = 1, TYPE_NS = 2, TYPE_CNAME = 5, TYPE_SOA = 6, TYPE_AAAA = 28 };

struct lint_entry {
    const struct zone_lint_record *record;
};

struct lint_node {
    struct slice name;
    size_t line;                      /* the first one */
    const struct lint_entry *records; /* of this name, in the order of the zone */
    size_t n;
    bool mail, address, delegation; /* MX; A or AAAA; NS below the apex */
    bool has_users;                 /* there are names below _user.NAME */
    bool has_keys;                  /* and below _domainkey.NAME */
    bool has_practices;             /* exactly one DKIMP record that can be read */
    struct ssp_record practices;
};

struct lint {
    struct arena *arena;
    struct slice apex;
    uint16_t rrtype;
    struct lint_node *nodes; /* by name */
    size_t n;
    struct zone_lint_finding *findings;
    size_t findings_n, findings_cap;
    bool failed; /* out of memory */
};

/* NULL: no record has the name. */
struct lint_node *lint_find(const struct lint *l, struct slice name);
/* The name without its first label; empty for a name of one. */
struct slice lint_parent(struct slice name);
/* name is HEAD.LABEL.TAIL, HEAD of one label or more. */
bool lint_split(struct slice name, struct slice label, struct slice *head, struct slice *tail);
/* Is name the apex or below it, and not at or below a delegation? */
bool lint_is_ours(const struct lint *l, struct slice name);

/* One more finding; line 0: that of the name's first record. */
struct lint_where {
    struct slice name;
    size_t line;
    enum zone_lint_severity severity;
    const char *code;
};
void lint_say(struct lint *l, const struct lint_where *where, const char *format, ...) PRINTF(3, 4);

/* The rules: of records, which also fill practices; and of names. */
void lint_practices(struct lint *l, struct lint_node *node);
void lint_keys(struct lint *l, const struct lint_node *node);
void lint_user(struct lint *l, const struct lint_node *node);
void lint_wildcard(struct lint *l, const struct lint_node *node);
void lint_coverage(struct lint *l, const struct lint_node *node);
