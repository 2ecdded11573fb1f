/* SPDX-License-Identifier: ISC
 *
 * capture/link: what stands in front of the IPv4 header, by link type. Pure. Only for this room.
 */
#pragma once

#include "capture/packet.h"

/* One frame while its headers are taken off. */
struct capture_link {
    struct slice frame; /* all that was captured */
    size_t at;          /* of what is not read yet; in the end, of the IP header */
    size_t end;         /* of what was captured without frame check sequence */
    size_t wire;        /* as end, of what was on the wire */
};

/* True: *out_link says where an IP packet begins, and the stations and VLANs of *out_packet are set. */
MUST_USE bool capture_link_parse(const struct capture_frame *frame, struct capture_link *out_link,
                                 struct capture_packet *out_packet);

/* IEEE 802.11, from a frame control at link->at on. padded: the header is padded to 32 bits. */
MUST_USE bool capture_link_wireless(struct capture_link *link, bool padded,
                                    struct capture_packet *out);
/* With radiotap or PPI in front. */
MUST_USE bool capture_link_radiotap(struct capture_link *link, struct capture_packet *out);
/* *out_link_type: of what is behind the PPI header. */
MUST_USE bool capture_link_ppi(struct capture_link *link, uint32_t *out_link_type);
/* IEEE 802.2 LLC, with or without SNAP, then as an EtherType says. */
MUST_USE bool capture_link_llc(struct capture_link *link, struct capture_packet *out);

/* n more octets, or NULL. */
const uint8_t *capture_link_take(struct capture_link *link, size_t n);
/* The last n octets on the wire are a frame check sequence. */
void capture_link_fcs(struct capture_link *link, size_t n);
