/* SPDX-License-Identifier: ISC
 *
 * cmd/audit_diff: two audits beside each other: what is compared of each client.
 */
#pragma once

#include "audit/attack.h"
#include "audit/mask.h"
#include "cmd/tool.h"

struct diff_identifier {   /* a value that was disclosed */
    const char *kind;      /* of identifier_exposure() */
    char *value;           /* as the report shows it */
    const char *stability; /* static */
    double bits;
};

struct diff_client {
    char *id, *hardware;
    char grade; /* '-': none */
    double bits;
    enum audit_verdict verdicts[AUDIT_ATTACKS];
    struct diff_identifier *identifiers;
    size_t identifiers_n;
    struct diff_client *other; /* on the other side; NULL: it is not there */
};

struct diff_side {
    const char *name;
    struct diff_client *clients;
    size_t n;
};

/* A capture, a directory of them, or a report of --json. Each an exit code; it was said what is wrong. */
MUST_USE int diff_side_read(const struct tool *tool, const char *path, struct audit_mask *mask,
                            struct diff_side *out);
void diff_side_clear(struct diff_side *side);

/* Who is who: the same id; a stable value that one client on each side has; the one that is left on each side. */
void diff_match(struct diff_side *old, struct diff_side *new);
/* Negative: worse. */
int diff_verdict(const struct diff_client *old, const struct diff_client *new, size_t attack);
int diff_grade(const struct diff_client *old, const struct diff_client *new);
/* The first of this kind; NULL: it does not disclose it. */
const struct diff_identifier *diff_find(const struct diff_client *client, const char *kind);
