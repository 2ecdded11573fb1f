/* SPDX-License-Identifier: ISC */
#include "property.h"

#include "base/buf.h"
#include "practices/dmarc_record.h"

static bool same(const struct dmarc_record *a, const struct dmarc_record *b)
{
    return a->p == b->p && a->sp == b->sp && a->np == b->np && a->psd == b->psd &&
           a->strict == b->strict && a->testing == b->testing &&
           a->without_effect == b->without_effect;
}

/* Unknown tags, broken ones and white space change nothing. */
static void check_noise(struct slice in, const struct dmarc_record *r)
{
    struct dmarc_record again;
    struct buf noisy;
    buf_init(&noisy, SIZE_MAX / 2);
    buf_append(&noisy, in);
    buf_append_str(&noisy, " ;\tx_1 = y; junk; p=none; sp");
    must(dmarc_record_parse(buf_slice(&noisy), &again));
    must(again.psd == r->psd && again.strict == r->strict && again.testing == r->testing);
    must(r->p == DMARC_NONE || same(r, &again)); /* or p= is the one that was added */
    buf_clear(&noisy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    struct dmarc_record r = { 0 };
    if (!dmarc_record_parse(in, &r))
        return 0;
    must(slice_starts(in, SLICE("v")));
    must(r.p <= DMARC_REJECT && r.sp <= DMARC_REJECT && r.np <= DMARC_REJECT);
    must(!r.without_effect || (r.p == DMARC_NONE && r.sp == DMARC_NONE && r.np == DMARC_NONE));
    must(r.has_sp || r.sp == r.p);
    must(r.has_np || r.np == r.sp);
    check_noise(in, &r);
    return 0;
}
