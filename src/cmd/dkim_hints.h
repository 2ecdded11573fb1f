/* SPDX-License-Identifier: ISC
 *
 * cmd/dkim_hints: why a body is not the one that was signed: it is tried without what is known to
 * happen to mail on its way. Pure.
 */
#pragma once

#include "base/buf.h"
#include "cmd/mbox.h"
#include "dkim/canon.h"
#include "dkim/digest.h"

enum dkim_change {
    DKIM_CHANGE_LINES,  /* bare CR and LF taken for line ends */
    DKIM_CHANGE_SPACE,  /* white space at the ends of lines */
    DKIM_CHANGE_FROM,   /* ">From " (RFC 4155) */
    DKIM_CHANGE_DOTS,   /* ".." of SMTP (RFC 5321 §4.5.2) */
    DKIM_CHANGE_BEHIND, /* lines behind it: a footer */
    DKIM_CHANGE_CANON,  /* the other canonicalisation fits */
    DKIM_CHANGES
};

struct dkim_trial {
    struct canon_body canon;
    struct digest digest;
};

struct dkim_hints {
    uint8_t wanted[DIGEST_SIZE];
    struct dkim_trial trials[DKIM_CHANGES];
    struct buf text; /* what a trial made of a slice */
    struct mbox_unquote unquote;
    bool cr, line_start, dot; /* of the trials that look at lines */
    struct buf space;         /* held back: it may end a line */
    bool content;             /* BEHIND: the line has something in it */
    uint8_t last;
    uint64_t lines, lines_fit; /* canonical lines; those that were signed */
    bool fits, space_lost;
};

/* signed_hash: DIGEST_SIZE octets. */
void dkim_hints_init(struct dkim_hints *h, enum postern_dkim_canon how, const uint8_t *signed_hash);
void dkim_hints_feed(struct dkim_hints *h, struct slice octets);
/* After the end: one line into out; false: nothing that is tried here explains it. */
bool dkim_hints_end(struct dkim_hints *h, struct buf *out);
void dkim_hints_clear(struct dkim_hints *h);

/* c= of what was hashed of a header: the body's canonicalisation. False: it cannot be told. */
bool dkim_hints_canon(struct slice hashed_header, enum postern_dkim_canon *out);
