/* SPDX-License-Identifier: ISC */
#include "property.h"

#include "smtp/line.h"

/* What arrives byte by byte gives the line that it gives at once. */
static void drip(struct slice in, size_t max, enum smtp_line_result whole, size_t whole_taken)
{
    struct slice line;
    size_t taken;
    for (size_t n = 0; n < in.n; n++) {
        enum smtp_line_result got = smtp_line_next(slice_first(in, n), max, &line, &taken);
        if (got == SMTP_LINE_MORE)
            continue;
        must(got == whole && taken <= whole_taken);
        must(taken == whole_taken || got == SMTP_LINE_LONG);
        return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size }, line;
    size_t max = 1 + choice(&in), taken;
    enum smtp_line_result got = smtp_line_next(in, max, &line, &taken);
    must(inside(in, line) && taken <= in.n);
    must((got == SMTP_LINE_MORE) == (taken == 0));
    must(!slice_has(line, '\n'));
    if (got == SMTP_LINE_DONE)
        must(taken == line.n + 2 && taken <= max && !slice_has(line, '\r'));
    if (got == SMTP_LINE_BARE)
        must(in.p[taken - 1] == '\n' && taken <= max);
    drip(in, max, got, taken);
    return 0;
}
