/* SPDX-License-Identifier: ISC
 *
 * capture/ports: a set of ports, one bit each. Only for this room.
 */
#pragma once

#include "base/slice.h"

struct capture_ports {
    uint64_t bits[65536 / 64];
};

static inline void capture_ports_add(struct capture_ports *ports, uint16_t port)
{
    ports->bits[port / 64] |= UINT64_C(1) << port % 64;
}

static inline bool capture_ports_has(const struct capture_ports *ports, uint16_t port)
{
    return ports->bits[port / 64] >> port % 64 & 1;
}

/* Source and destination are the first four octets of UDP and of TCP headers alike. */
static inline bool capture_ports_want(const struct capture_ports *ports, const uint8_t *header)
{
    return capture_ports_has(ports, (uint16_t)(header[0] << 8 | header[1])) ||
           capture_ports_has(ports, (uint16_t)(header[2] << 8 | header[3]));
}
