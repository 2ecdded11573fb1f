/* SPDX-License-Identifier: ISC
 *
 * cmd/dkim_report: what `postern dkim verify` says of one message. Pure.
 */
#pragma once

#include "cmd/report.h"
#include "postern/dkim.h"
#include "postern/practices.h"

struct dkim_report_signature {
    const struct postern_dkim_signature *s;
    bool originator;                   /* on behalf of the From address (draft §2.7) */
    struct postern_dkim_hashed hashed; /* all empty: not known */
    bool hinted;                       /* the body was looked into */
    const char *hint;                  /* what of it; NULL: none */
};

struct dkim_report {
    const char *file;
    uint64_t number; /* in an mbox, from 1; 0: the file is the message */
    enum postern_dkim_result result;
    enum postern_originator_fault originator_fault;
    const char *address, *domain; /* of From; NULL: see originator_fault */
    unsigned faults;              /* of enum postern_message_fault */
    const struct dkim_report_signature *signatures;
    size_t signatures_n;
};

/* One line (postern-dkim(1), JSON). False: no memory. */
MUST_USE bool dkim_report_json(const struct dkim_report *r, struct buf *out);
/* For people. brief: one line. */
void dkim_report_text(const struct dkim_report *r, bool brief, struct buf *out);

/* ---- what both commands share ---- */

/* "FILE", "FILE[3]". */
void report_file(struct buf *out, const char *file, uint64_t number);
/* {"file": ..., "message": ...}: how each line begins. NULL without memory. */
json_t *report_begin(const char *file, uint64_t number);
/* Names of faults, as JSON: NULL without memory. */
json_t *report_faults(unsigned faults);
void report_faults_text(unsigned faults, struct buf *out);
/* "  1. d=... s=... a=... i=...: pass, ..." */
void report_signature(struct buf *out, size_t i, const struct postern_dkim_signature *s,
                      bool originator);
