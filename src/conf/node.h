/* SPDX-License-Identifier: ISC
 *
 * conf/node: a YAML text as a tree of nodes that know their line and column.
 *
 * Less than YAML: no anchors, aliases, tags or second documents, keys are scalars, nesting is
 * bounded, text has no control characters. Pure; all is copied into the arena.
 */
#pragma once

#include "conf/conf.h"

#define NODE_DEPTH_MAX 8
#define NODE_PATH_MAX  ((NODE_DEPTH_MAX + 1) * 66)

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
    enum node_kind kind;
    bool plain;        /* of a scalar: not quoted */
    struct slice key;  /* of an entry of a map, NUL behind it */
    struct slice text; /* of a scalar, NUL behind it */
    struct conf_place key_place, place;
    struct node *parent, *first, *last, *next;
    size_t n; /* children */
};

/* file: named in places; NULL for a default. NULL: *why says what and where. A text without
 * anything in it gives an empty map. */
MUST_USE struct node *node_read(const char *file, struct slice text, struct arena *arena,
                                struct buf *why);

/* Empty, "~" or "null" without quotes: there is a key, and no value. */
bool node_is_null(const struct node *n);
/* "submission.limits.errors": the keys from the top to n, long ones cut. Returns out. */
const char *node_path(const struct node *n, char out[NODE_PATH_MAX]);
/* The entry of the same map that has n's key and stands before it, or NULL. */
const struct node *node_twin(const struct node *n);
/* Text for a message: at most 64 bytes of it, cut between characters. */
struct slice node_shown(struct slice text);
