/* SPDX-License-Identifier: ISC
 *
 * cmd/practices_report: what `postern practices check` and `lookup` say: step by step, or as JSON.
 * Pure.
 */
#pragma once

#include "cmd/dkim_report.h"

struct practices_report {
    struct dkim_report mail; /* of a check; file NULL: a lookup, of a message without signatures */
    enum postern_practices_kind kind;
    uint16_t rrtype;
    const char *asked_for; /* lookup: the domain or address */
    const struct postern_practices_outcome *outcome;
};

MUST_USE bool practices_report_json(const struct practices_report *r, struct buf *out);
void practices_report_text(const struct practices_report *r, bool brief, struct buf *out);
/* "DKIMP", "TXT", "MX", "TYPE1234". */
void practices_report_type(struct buf *out, uint16_t type, uint16_t rrtype);
