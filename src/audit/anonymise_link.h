/* SPDX-License-Identifier: ISC
 *
 * audit/anonymise_link: what stands in front of a network packet: stations replaced, signal and clock zeroed. Pure.
 */
#pragma once

#include "audit/anonymise_map.h"

struct anonymise_link {
    size_t at;     /* of what is behind the header; all that was captured when nothing is known */
    uint16_t type; /* an EtherType; 0: none */
    size_t mac_at; /* of the frame that a check sequence is of */
    bool fcs;      /* the last four octets on the wire are one */
};

void anonymise_link(const struct anonymise_map *map, uint32_t link_type, uint8_t *data, size_t n,
                    struct anonymise_link *out);
/* RFC 826: the four addresses of an ARP packet, the rest zeroed. */
void anonymise_arp(const struct anonymise_map *map, uint8_t *data, size_t n);
/* Of IEEE 802.3 and 802.11. */
uint32_t anonymise_crc32(struct slice octets);
/* RFC 1071: the sum of 16-bit words, to be folded by anonymise_fold. Only the last of several may be odd. */
uint32_t anonymise_sum(uint32_t sum, struct slice octets);
uint16_t anonymise_fold(uint32_t sum);
