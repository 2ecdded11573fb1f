/* SPDX-License-Identifier: ISC
 *
 * practices/zone_lint: what a zone says, and should say, about its mail (draft-allman-dkim-ssp-02
 * §4.1, §4.2; the key records of RFC 6376 §3.6.1 beside). Pure.
 *
 * Only what the zone itself can answer: names at and below a delegation are left out, and so is what
 * the practices of the name above the zone may say.
 */
#pragma once

#include "base/arena.h"
#include "base/slice.h"

struct zone_lint_record {   /* as net/zone reads them */
    struct slice name;      /* absolute, lower case, no final dot */
    uint16_t type;          /* 0: not understood, but the name is there */
    struct slice type_text; /* "DKIMP" as written is a finding: name servers do not know it */
    struct slice rdata;
    size_t line;
};

enum zone_lint_severity {
    ZONE_LINT_NOTE,    /* worth knowing */
    ZONE_LINT_WARNING, /* mail is covered less than it may seem */
    ZONE_LINT_ERROR    /* a record that counts for nothing, or that no server loads */
};
const char *zone_lint_severity_text(enum zone_lint_severity severity); /* "note", ... */

struct zone_lint_finding {
    struct slice name;
    size_t line; /* of the record, or of the first one of the name */
    enum zone_lint_severity severity;
    const char *code; /* static: "no-practices", "broken-record", ... */
    const char *text; /* one sentence, printable */
};

struct zone_lint_zone {
    const struct zone_lint_record *records;
    size_t n;
    struct slice apex; /* empty: the owner of the SOA record, or the shortest name */
    uint16_t rrtype;   /* of DKIMP */
};

/* Findings by line, then by name; they and what they point to live in the arena (names: as long as
 * the records). False: out of memory. */
MUST_USE bool zone_lint(const struct zone_lint_zone *zone, struct arena *arena,
                        const struct zone_lint_finding **out, size_t *out_n);
