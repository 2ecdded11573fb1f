/* SPDX-License-Identifier: ISC */
#include "net/dns_packet.h"
#include "property.h"

/* RDATA lies in the packet, or in the arena where a name was written out. */
static void check_rdata(struct slice packet, uint16_t type, const struct postern_dns_response *r)
{
    bool has_name = type == 2 || type == 5 || type == 12 || type == 15;
    for (size_t i = 0; i < r->rdata_n; i++) {
        struct slice rdata = { r->rdata[i].p, r->rdata[i].n };
        must(has_name ? rdata.n >= 1 && rdata.n <= 257 : inside(packet, rdata));
    }
}

static void check_answer(struct slice packet, uint16_t type, const struct postern_dns_response *r)
{
    must((r->answer == POSTERN_DNS_DATA) == (r->rdata_n > 0));
    must((r->rdata != NULL) == (r->rdata_n > 0));
    must(r->answer != POSTERN_DNS_BOGUS && r->answer != POSTERN_DNS_TIMEOUT && !r->secure);
    must(!r->dangling || r->answer == POSTERN_DNS_NODATA);
    must(r->ttl <= INT32_MAX);
    check_rdata(packet, type, r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t types[] = { 16, 15, 65280, 5, 48 };
    struct slice packet = { data, size };
    uint16_t type = types[choice(&packet) % ARRAY_SIZE(types)];
    struct postern_dns_response out = { 0 };
    struct fault why = { 0 };
    struct arena arena;
    arena_init(&arena, (size_t)256 * 1024);
    if (dns_packet_read(packet, type, &arena, &out, &why))
        check_answer(packet, type, &out);
    else
        must(is_fault(packet, &why) && !out.rdata);
    arena_clear(&arena);
    return 0;
}
