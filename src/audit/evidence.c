/* SPDX-License-Identifier: ISC
 *
 * Findings: bounded, each item once.
 */
#include "audit/attack_internal.h"

#include <errno.h>
#include <string.h>

bool audit_place_equal(const struct audit_place *a, const struct audit_place *b)
{
    return a->file == b->file && a->frame == b->frame && a->at == b->at && a->n == b->n;
}

/* Room for n items; what was there stays. */
static int grow(struct audit *audit, struct audit_findings *findings, uint16_t n)
{
    if (n <= findings->size)
        return 0;
    struct audit_evidence *at = arena_alloc(&audit->memory, n * sizeof *at);
    if (!at)
        return -ENOMEM;
    if (findings->n)
        memcpy(at, findings->at, findings->n * sizeof *at);
    findings->at = at;
    findings->size = n;
    return 0;
}

int audit_evidence_add(struct audit *audit, struct audit_findings *to,
                       const struct audit_evidence *evidence)
{
    for (size_t i = 0; i < to->n; i++)
        if (audit_place_equal(&to->at[i].place, &evidence->place) &&
            strcmp(to->at[i].what, evidence->what) == 0)
            return 0;
    if (to->n == AUDIT_EVIDENCE_MAX) {
        to->dropped++;
        return 0;
    }
    if (to->n == to->size) {
        int err = grow(audit, to, to->size ? (uint16_t)(to->size * 2) : 1);
        if (err < 0)
            return err;
    }
    to->at[to->n++] = *evidence;
    return 0;
}

int audit_findings_set(struct audit *audit, struct audit_findings *to,
                       const struct audit_evidence *at, uint16_t n)
{
    to->n = 0;
    to->dropped = 0;
    int err = grow(audit, to, n);
    if (err < 0)
        return err;
    if (n)
        memcpy(to->at, at, n * sizeof *at);
    to->n = n;
    return 0;
}
