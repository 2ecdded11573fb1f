/* SPDX-License-Identifier: ISC */
#include "capture/packet.h"
#include "property.h"

/* The first octet chooses; the second cuts the frame, or adds a frame check sequence. */
static const uint32_t links[] = { 1,   0,   9,   12,  50,  51,  101, 104,
                                  105, 108, 113, 127, 192, 228, 276, 147 };

static void check(const struct capture_frame *frame, const struct capture_packet *p)
{
    must(p->payload.n == 0 || p->payload.p == frame->data.p + p->payload_at);
    must(inside(frame->data, p->payload) && p->payload_at <= frame->data.n);
    must(p->ip_at + 20 <= p->payload_at && p->payload_at <= p->ip_at + 60);
    must(p->payload_at + p->payload.n + p->missing <= frame->length);
    must(p->missing == 0 || frame->data.n < frame->length);
    must(p->vlan_n <= CAPTURE_VLANS_MAX && p->fragment == (p->more || p->fragment_at));
    must(frame->data.p[p->ip_at] >> 4 == 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = { data, size };
    uint32_t link = links[choice(&bytes) % ARRAY_SIZE(links)];
    uint8_t more = choice(&bytes);
    struct capture_frame frame = { .link = link,
                                   .data = bytes,
                                   .length = (uint32_t)bytes.n + (more & 63),
                                   .fcs = more & 64 ? 4 : 0 };
    struct capture_packet packet;
    if (bytes.n && capture_packet_parse(&frame, &packet))
        check(&frame, &packet);
    return 0;
}
