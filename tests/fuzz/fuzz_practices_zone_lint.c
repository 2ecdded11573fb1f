/* SPDX-License-Identifier: ISC */
#include "property.h"

#include <string.h>

#include "practices/zone_lint.h"

enum { RECORDS_MAX = 64 };

static const uint16_t types[] = { 1, 2, 5, 6, 15, 16, 65280, 0 };

/* Lines "NAME T RDATA", T one octet that chooses the type. */
static size_t read_zone(struct slice in, struct zone_lint_record *out)
{
    struct slice line, name, rest;
    size_t n = 0;
    for (bool more = in.n > 0; more && n < RECORDS_MAX; n++) {
        more = slice_cut(in, '\n', &line, &in);
        (void)slice_cut(line, ' ', &name, &rest);
        out[n] = (struct zone_lint_record){ .name = name, .line = n + 1 };
        out[n].type = types[choice(&rest) % 8];
        out[n].rdata = rest;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    struct zone_lint_record records[RECORDS_MAX];
    const struct zone_lint_finding *f = NULL;
    struct arena arena;
    size_t n = 0;
    const struct zone_lint_zone zone = { .records = records,
                                         .n = read_zone(in, records),
                                         .rrtype = 65280 };
    arena_init(&arena, (size_t)16 << 20);
    must(zone_lint(&zone, &arena, &f, &n));
    for (size_t i = 0; i < n; i++) {
        must(f[i].line >= 1 && f[i].line <= zone.n && (i == 0 || f[i].line >= f[i - 1].line));
        must(inside(in, f[i].name) && f[i].code && f[i].text[0]);
        must(zone_lint_severity_text(f[i].severity) != NULL);
    }
    arena_clear(&arena);
    return 0;
}
