/* SPDX-License-Identifier: ISC */
#include "property.h"

#include "net/dns_file.h"

static void check(const struct postern_dns_response *r)
{
    must((r->answer == POSTERN_DNS_DATA) == (r->rdata_n > 0));
    must(!r->dangling || r->answer == POSTERN_DNS_NODATA);
    must(r->answer != POSTERN_DNS_SERVFAIL || r->why);
}

/* First line: a name to ask for; the rest: the file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size }, name, text;
    struct postern_dns_response one, other;
    struct arena arena;
    struct buf why;
    (void)slice_cut(in, '\n', &name, &text);
    arena_init(&arena, 1 << 20);
    buf_init(&why, 4096);
    const char *ask = arena_str(&arena, name);
    struct dns_file *f = dns_file_parse("file", text, 65280, &why);
    must(f ? buf_size(&why) == 0 : buf_size(&why) > 0);
    if (f && ask) {
        dns_file_find(f, ask, 16, &one);
        check(&one);
        dns_file_find(f, ask, 65280, &other);
        check(&other);
        /* A name is there for all types or for none, but for forced answers */
        if (!slice_has(text, '!') && one.answer == POSTERN_DNS_NXDOMAIN)
            must(other.answer == POSTERN_DNS_NXDOMAIN);
    }
    dns_file_free(f);
    buf_clear(&why);
    arena_clear(&arena);
    return 0;
}
