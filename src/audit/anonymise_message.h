/* SPDX-License-Identifier: ISC
 *
 * audit/anonymise_message: a DHCP message, rewritten in place: every identifier replaced, every length, code, type
 * and time kept, so that an audit of the copy finds what it found before. Pure.
 *
 * Kept as they are: op, htype, hlen, hops, secs, flags, xid (unless it is a piece of the hardware address). What no
 * reader sees (behind END, in a field's rest, a BOOTP vendor area) becomes zeros.
 */
#pragma once

#include "audit/anonymise_map.h"
#include "dhcp/packet.h"

#define ANONYMISE_MESSAGE_MAX 65535

struct anonymise_room { /* for one message at a time */
    struct dhcp_packet packet;
    uint8_t joined[ANONYMISE_MESSAGE_MAX + 1], values[ANONYMISE_MESSAGE_MAX + 1],
        out[ANONYMISE_MESSAGE_MAX + 1];
};

/* n: at most ANONYMISE_MESSAGE_MAX. room->packet is the message as it was. */
void anonymise_message(const struct anonymise_map *map, struct anonymise_room *room,
                       uint8_t *message, size_t n);
