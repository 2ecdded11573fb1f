/* SPDX-License-Identifier: ISC
 *
 * capture/packet: a frame to the IPv4 packet in it: Ethernet with 802.1Q and QinQ, raw IP, Linux cooked
 * v1 and v2, 802.11 with radiotap, PPI or bare, loopback. Pure; slices point into the frame.
 */
#pragma once

#include "capture/records.h"

enum { CAPTURE_VLANS_MAX = 4 };

struct capture_packet {
    bool has_source, has_destination; /* the link layer says which station */
    uint8_t source[6], destination[6];
    uint16_t vlan[CAPTURE_VLANS_MAX]; /* outermost first */
    uint8_t vlan_n;
    bool outgoing;                                /* Linux cooked: sent by the capturing host */
    size_t ip_at;                                 /* offset of the IP header in the frame */
    uint32_t source_address, destination_address; /* host order */
    uint8_t protocol, ttl;
    uint16_t id;
    bool fragment;        /* not the whole datagram */
    bool more;            /* MF */
    uint16_t fragment_at; /* octets */
    struct slice payload; /* behind the IP header, cut at its length, padding gone */
    size_t payload_at;    /* offset in the frame */
    size_t missing;       /* octets that the snap length has cut from the payload */
    bool cut;             /* the frame, by the snap length, even if only behind the payload */
    /* IP total length says more than the frame had on the wire, or less than headers take: the frame's length
     * is used then. */
    bool length_wrong;
};
/* False: no IPv4, or too little of it to tell ports. */
MUST_USE bool capture_packet_parse(const struct capture_frame *frame, struct capture_packet *out);
