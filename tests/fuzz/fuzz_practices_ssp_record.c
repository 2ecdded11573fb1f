/* SPDX-License-Identifier: ISC */
#include "property.h"

#include "practices/ssp_record.h"

/* What was skipped stands in the record. */
static void check_skipped(struct slice in, const struct ssp_record *r)
{
    must(r->skipped_n <= SSP_SKIPPED_MAX);
    for (size_t i = 0; i < r->skipped_n; i++)
        must(r->skipped[i].what && inside(in, r->skipped[i].text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    struct ssp_record r = { 0 };
    struct fault why = { 0 };
    if (!ssp_record_parse(in, &r, &why)) {
        must(is_fault(in, &why));
        return 0;
    }
    must(slice_is_ascii(in) && slice_has(in, '='));
    must(r.p >= SSP_UNKNOWN && r.p <= SSP_STRICT && ssp_practice_text(r.p));
    must(r.has_u || !r.user);
    check_skipped(in, &r);
    return 0;
}
