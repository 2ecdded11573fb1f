/* SPDX-License-Identifier: ISC
 *
 * Packets: whatever comes, results lie inside the input; what is written is a whole packet that reads
 * back, without a CR, and as long as it says.
 */
#include "property.h"

#include "milter/wire.h"

#define MAX 4096

static void read_payload(struct slice p)
{
    struct wire_negotiation n;
    struct wire_connect c;
    struct wire_header h;
    struct slice rest = p, s;
    struct fault why;
    if (!wire_negotiation_parse(p, &n, &why))
        must(is_fault(p, &why));
    if (wire_connect_parse(p, &c, &why))
        must(inside(p, c.host) && inside(p, c.address) && !slice_has(c.host, 0));
    else
        must(is_fault(p, &why));
    if (wire_header_parse(p, &h, &why))
        must(inside(p, h.name) && inside(p, h.value) && !slice_has(h.name, 0));
    else
        must(is_fault(p, &why));
    while (wire_string_next(&rest, &s))
        must(inside(p, s) && inside(p, rest) && !slice_has(s, 0));
}

static void write_field(struct slice value)
{
    struct wire_packet packet;
    struct wire_header h;
    struct fault why;
    struct buf out;
    size_t used = 0;
    buf_init(&out, (size_t)1 << 24);
    wire_write_insert(&out, 7, "X-Field", value);
    struct slice all = buf_slice(&out);
    must(!out.failed && wire_packet_parse(all, all.n, &packet, &used) == WIRE_WHOLE);
    must(used == all.n && packet.command == 'i' && !slice_has(packet.payload, '\r'));
    must(wire_header_parse(slice_from(packet.payload, 4), &h, &why));
    must(slice_equal(h.name, SLICE("X-Field")) && !slice_has(h.value, 0) && h.value.n <= value.n);
    buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    struct wire_packet packet;
    size_t used = 0;
    write_field(in);
    while (wire_packet_parse(in, MAX, &packet, &used) == WIRE_WHOLE) {
        must(used > WIRE_LENGTH && used <= in.n && inside(in, packet.payload));
        must(packet.payload.n + WIRE_LENGTH + 1 == used);
        read_payload(packet.payload);
        in = slice_from(in, used);
    }
    return 0;
}
