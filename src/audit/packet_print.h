/* SPDX-License-Identifier: ISC
 *
 * audit/packet_print: one message as it was read, for people and for programs. Pure. Everything in clear.
 */
#pragma once

#include "audit/json.h"
#include "capture/capture.h"
#include "dhcp/packet.h"

/* No line is longer than a message of 64 KiB, whose every octet may be an option's or an escape. */
#define AUDIT_PACKET_LINE_MAX ((size_t)16 << 20)

/* One object on a line of its own, newline included. file: the capture's name as given. Not for CAPTURE_LOSS. */
void audit_packet_json(struct buf *out, const char *file, const struct capture_message *captured,
                       const struct dhcp_packet *packet);
/* The same in a few lines: who to whom, the fields that are not zero, an option a line, what is malformed. */
void audit_packet_text(struct buf *out, const char *file, const struct capture_message *captured,
                       const struct dhcp_packet *packet);
/* Of CAPTURE_LOSS, which is no message. */
void audit_packet_text_loss(struct buf *out, const char *file,
                            const struct capture_message *captured);

/* "DISCOVER"; its number when it has no name; "BOOTP". Returns it, NUL-terminated. */
const char *audit_packet_type(const struct dhcp_packet *packet, char out[4]);
/* All that is malformed of a message, the packet around it included, by offset. Returns how many. */
enum { AUDIT_PACKET_FAULTS_MAX = DHCP_FLAWS_MAX + CAPTURE_FAULTS_MAX };
size_t audit_packet_faults(const struct capture_message *captured, const struct dhcp_packet *packet,
                           struct fault out[AUDIT_PACKET_FAULTS_MAX]);
