/* SPDX-License-Identifier: ISC
 *
 * audit/report: what an audit found, as text for a terminal, as JSON, as a page. Pure: octets go to write(),
 * a piece at a time, as a report on a million clients is longer than memory. Values are shown as the mask
 * has them.
 */
#pragma once

#include "audit/audit.h"
#include "audit/mask.h"

struct audit_source { /* how a file or interface was read */
    uint64_t frames, octets, messages, losses, outside;
    int64_t first_us, last_us; /* AUDIT_NO_TIME */
    const char *error;         /* NULL: it was whole */
};

struct audit_report {
    const struct audit *audit;
    const struct audit_mask *mask;
    const struct audit_source *sources; /* one for each of audit.files */
    const struct audit_client *only;    /* NULL: all clients */
    size_t columns;                     /* of the terminal, for text; less than 80 counts as 80 */
    int (*write)(void *owner, struct slice octets); /* 0 or negative */
    void *owner;
};

/* After audit_finish. 0, -ENOMEM, or what write said. */
MUST_USE int audit_report_text(const struct audit_report *report);
MUST_USE int audit_report_json(const struct audit_report *report);
MUST_USE int audit_report_html(const struct audit_report *report);

/* By "c-..." (or a beginning of it that fits one client only), or a hardware address with colons or hyphens.
 * NULL: none, or several. */
const struct audit_client *audit_report_find(const struct audit *audit,
                                             const struct audit_mask *mask, struct slice name);
