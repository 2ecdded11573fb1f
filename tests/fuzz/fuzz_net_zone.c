/* SPDX-License-Identifier: ISC */
#include "property.h"

#include "base/buf.h"
#include "net/zone.h"

/* What was read, written in RFC 3597's form, reads as the same. */
static void check_again(const struct zone_record *record, struct arena *arena)
{
    struct zone_reader r;
    struct zone_record again;
    struct fault why;
    struct buf line;
    buf_init(&line, 1 << 20);
    buf_printf(&line, "%.*s. %u TYPE%u \\# %zu ", SLICE_ARG(record->name), record->ttl,
               record->type, record->rdata.n);
    for (size_t i = 0; i < record->rdata.n; i++)
        buf_printf(&line, "%02x", record->rdata.p[i]);
    must(!line.failed);
    zone_reader_init(&r, buf_slice(&line), SLICE("elsewhere.example"), 65280, arena);
    must(zone_read(&r, &again, &why) == 1);
    must(slice_equal(again.name, record->name) && slice_equal(again.rdata, record->rdata));
    must(again.ttl == record->ttl && again.type == record->type);
    must(zone_read(&r, &again, &why) == 0);
    buf_clear(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    struct arena arena;
    struct zone_reader r;
    struct zone_record record;
    struct fault why = { 0 };
    size_t line = 0, at = 0, entries = 0;
    uint8_t first = choice(&in);
    int rc;
    arena_init(&arena, 1 << 24);
    zone_reader_init(&r, in, SLICE("example.org"), 65280, &arena);
    r.answers = first & 1;
    while ((rc = zone_read(&r, &record, &why)) != 0) {
        must(++entries <= in.n + 1 && r.at >= at && r.at <= in.n && r.line >= line);
        at = r.at;
        line = r.line;
        if (rc < 0) {
            must(is_fault(in, &why));
            continue;
        }
        must(record.line >= 1 && record.line <= r.line && record.ttl <= INT32_MAX);
        must(record.word.n == 0 || (first & 1));
        if (record.type && !record.word.n)
            check_again(&record, &arena);
    }
    arena_clear(&arena);
    return 0;
}
