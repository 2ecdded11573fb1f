/* SPDX-License-Identifier: ISC
 *
 * zone_internal: what reading lines and reading RDATA share.
 */
#pragma once

#include "base/buf.h"
#include "net/zone.h"

struct zone_token {
    struct slice text; /* as written, escapes and all, without its quotes */
    bool quoted;
};

/* One entry, which parentheses may spread over several lines. */
struct zone_entry {
    struct zone_reader *r;
    struct fault *why;
    unsigned depth; /* of parentheses */
    bool ended;
};

/* 1: a token; 0: the entry has ended; -1: a fault. */
MUST_USE int zone_token_next(struct zone_entry *e, struct zone_token *out);
/* Always false: *why is set. */
bool zone_fault(struct zone_entry *e, const char *what);
/* One octet of text behind *i, escapes undone. False: a broken escape. *escaped: it was one. */
MUST_USE bool zone_octet(struct slice text, size_t *i, uint8_t *out, bool *escaped);
MUST_USE bool zone_number(struct zone_entry *e, struct slice text, uint32_t max, uint32_t *out);
/* A period: digits, with units as BIND has them (1h30m). */
MUST_USE bool zone_period(struct slice text, uint32_t *out);
/* text, "@" or relative to the origin, to wire form. */
MUST_USE bool zone_name_wire(struct zone_entry *e, struct slice text, struct buf *wire);

/* Reads the rest of the entry as RDATA of out->type, and appends its wire form. Sets out->type to 0
 * where it passed over what it does not understand, and out->word. */
MUST_USE bool zone_rdata(struct zone_entry *e, struct zone_record *out, struct buf *wire);
