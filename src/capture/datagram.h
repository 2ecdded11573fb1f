/* SPDX-License-Identifier: ISC
 *
 * capture/datagram: the UDP datagram in an IP packet's payload (RFC 768), with what does not fit. Pure.
 * Only for this room.
 */
#pragma once

#include "capture/capture.h"

/* The two ports, when the payload has them: true. */
MUST_USE bool capture_datagram_ports(struct slice ip_payload, uint16_t *out_source,
                                     uint16_t *out_destination);
/* Payload and faults of a datagram whose ports were read, the packet's payload. */
void capture_datagram_read(const struct capture_packet *packet, struct capture_message *out);
/* One more fault, if there is room. */
void capture_message_fault(struct capture_message *message, const char *what, size_t at);
