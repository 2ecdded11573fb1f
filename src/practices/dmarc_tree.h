/* SPDX-License-Identifier: ISC
 *
 * practices/dmarc_tree: the DNS Tree Walk (RFC 9989 §4.10) and what it finds (§4.10.2). Pure.
 *
 * What DNS said is kept by name, so that walks from several names ask for each name once. One walk
 * has at most DMARC_WALK_MAX names.
 */
#pragma once

#include "message/domain.h"
#include "practices/dmarc_record.h"

#define DMARC_WALK_MAX  8
#define DMARC_NAMES_MAX 24 /* of all walks of one check */

struct dmarc_node {
    struct domain name; /* without "_dmarc." */
    struct dmarc_record record;
    bool has_record;    /* exactly one there is */
    bool failed;        /* DNS could not say */
    bool may_not_exist; /* NXDOMAIN: there is no such name as _dmarc.NAME, and perhaps not NAME */
};

struct dmarc_tree {
    size_t n;
    struct dmarc_node nodes[DMARC_NAMES_MAX];
};

/* NULL: not asked yet. */
const struct dmarc_node *dmarc_tree_find(const struct dmarc_tree *tree, const struct domain *name);
/* A node to be filled, its name set. NULL: there are too many. */
struct dmarc_node *dmarc_tree_add(struct dmarc_tree *tree, const struct domain *name);

enum dmarc_walk {
    DMARC_WALK_ASK,   /* for `next` */
    DMARC_WALK_ENDED, /* organizational and suffix are set */
    DMARC_WALK_FAILED /* DNS could not say for `next` */
};

struct dmarc_walked {
    struct domain next;
    struct domain organizational;
    const struct dmarc_node
        *suffix; /* a Public Suffix Domain above the start; NULL: none was met */
};

/* The walk from start, as far as the tree goes. */
enum dmarc_walk dmarc_tree_walk(const struct dmarc_tree *tree, const struct domain *start,
                                struct dmarc_walked *out);
