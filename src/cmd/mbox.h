/* SPDX-License-Identifier: ISC
 *
 * cmd/mbox: where the messages of an mbox begin and end, and what quoting hid (mboxrd). Pure.
 *
 * A message begins behind a line "From " that stands at the beginning or behind an empty line and
 * has a time of day, or nothing but one word, behind it: what programs write (RFC 4155). Sentences
 * that begin so, which some programs leave as they are, mostly do not. Content-Length is not looked
 * at: who sent the message wrote it.
 */
#pragma once

#include "base/buf.h"

#define MBOX_LINE_KEPT 256 /* octets of a line that are looked at */

struct mbox_scan {
    uint64_t at;      /* octets taken so far */
    uint64_t line_at; /* where the line began */
    uint64_t text_at; /* where the last line before it ended, its line end left out */
    bool blank;       /* nothing is before this line, or an empty one */
    bool maybe;       /* so far it could be a From_ line */
    bool cr;
    size_t line_n; /* of the line so far, and what is kept of it */
    uint8_t line[MBOX_LINE_KEPT];
    /* Of the last From_ line found: */
    uint64_t before; /* where the message before it ends, the empty line left out */
    uint64_t behind; /* where its own message begins */
};

void mbox_scan_init(struct mbox_scan *s);
/* Takes octets up to the end of the next From_ line (*found is true), or all. Returns how many. */
size_t mbox_scan(struct mbox_scan *s, struct slice octets, bool *found);

/* ">From ", with any number of ">", loses one of them. */
struct mbox_unquote {
    bool start;      /* a line begins */
    bool held;       /* the first ">" of the line is held back */
    uint8_t matched; /* octets of "From " met at the beginning, held back */
};

void mbox_unquote_init(struct mbox_unquote *u);
void mbox_unquote(struct mbox_unquote *u, struct slice octets, struct buf *out);
void mbox_unquote_end(struct mbox_unquote *u, struct buf *out);
