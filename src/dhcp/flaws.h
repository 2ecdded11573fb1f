/* SPDX-License-Identifier: ISC
 *
 * dhcp/flaws: what is wrong with a message beyond the walk over its options, which packet.c does. Of
 * this room only; pure.
 *
 * A flaw's offset is that of the octet that is wrong: hlen, the code octet of an option or of a
 * sub-option of 82, the start of an item of 99, 124 and 125; for what is cut or without END, where it
 * stops.
 */
#pragma once

#include "dhcp/packet.h"

void dhcp_flaw(struct dhcp_packet *packet, size_t at, const char *what);
void dhcp_flaws_fixed(struct dhcp_packet *packet);
void dhcp_flaws_options(struct dhcp_packet *packet);
