/* SPDX-License-Identifier: ISC
 *
 * The IPv4 header (RFC 791 §3.1), behind what link.c has taken off.
 */
#include "capture/packet.h"

#include "capture/link.h"

enum {
    IP_HEADER = 20,
    UDP_PORTS = 4, /* octets */
    TCP = 6,
    UDP = 17,
    MORE_FRAGMENTS = 0x2000,
    OFFSET_MASK = 0x1fff,
};

static uint16_t be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)be16(p) << 16 | be16(p + 2);
}

/* The datagram's length by its header; *out_wrong when that cannot be, not even with the ports of a UDP
 * header. 0 is what a capture before segmentation in hardware has, of TCP only: the frame's length it is. */
static size_t datagram_length(const uint8_t *ip, size_t header, size_t on_wire, bool *out_wrong)
{
    size_t total = be16(ip + 2), least = header;
    bool fragment = be16(ip + 6) & (MORE_FRAGMENTS | OFFSET_MASK);
    if (total == 0 && ip[9] == TCP)
        return on_wire;
    if (ip[9] == UDP && !fragment)
        least += UDP_PORTS;
    *out_wrong = total < least || total > on_wire;
    return *out_wrong ? on_wire : total;
}

static bool parse_ip(const struct capture_link *link, struct slice frame,
                     struct capture_packet *out)
{
    struct slice s = slice_from(slice_first(frame, link->end), link->at);
    if (s.n < IP_HEADER || s.p[0] >> 4 != 4)
        return false;
    size_t header = (size_t)(s.p[0] & 15) * 4, on_wire = link->wire - link->at;
    if (header < IP_HEADER || header > s.n)
        return false;
    size_t total = datagram_length(s.p, header, on_wire, &out->length_wrong);
    uint16_t flags = be16(s.p + 6);
    out->ip_at = link->at;
    out->id = be16(s.p + 4);
    out->ttl = s.p[8];
    out->protocol = s.p[9];
    out->source_address = be32(s.p + 12);
    out->destination_address = be32(s.p + 16);
    out->more = flags & MORE_FRAGMENTS;
    out->fragment_at = (uint16_t)((flags & OFFSET_MASK) * 8);
    out->fragment = out->more || out->fragment_at;
    out->payload = slice_from(slice_first(s, total), header);
    out->payload_at = link->at + header;
    out->missing = total > s.n ? total - s.n : 0;
    out->cut = frame.n < link->wire;
    return true;
}

bool capture_packet_parse(const struct capture_frame *frame, struct capture_packet *out)
{
    struct capture_link link;
    struct capture_packet packet = { 0 };
    if (!capture_link_parse(frame, &link, &packet) || !parse_ip(&link, frame->data, &packet))
        return false;
    *out = packet;
    return true;
}
