/* SPDX-License-Identifier: ISC */
#include "property.h"

#include "practices/adsp_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    struct adsp_record r = { 0 };
    struct fault why = { 0 };
    if (!adsp_record_parse(in, &r, &why)) {
        must(is_fault(in, &why));
        return 0;
    }
    must(slice_starts(in, SLICE("dkim")) && !slice_has(in, '\n') && !slice_has(in, 0));
    must(r.practice <= ADSP_DISCARDABLE && adsp_practice_text(r.practice));
    must(!r.other_value || r.practice == ADSP_UNKNOWN);
    return 0;
}
