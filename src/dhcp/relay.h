/* SPDX-License-Identifier: ISC
 *
 * dhcp/relay: the sub-options of Relay Agent Information, 82 (RFC 3046 §2, and its successors). Pure;
 * the same walk serves vendor-specific information, 43 (RFC 2132 §8.4).
 */
#pragma once

#include "base/slice.h"

enum dhcp_relay_sub {
    DHCP_RELAY_CIRCUIT_ID = 1,
    DHCP_RELAY_REMOTE_ID = 2,
    DHCP_RELAY_DOCSIS = 4,
    DHCP_RELAY_LINK_SELECTION = 5,
    DHCP_RELAY_SUBSCRIBER_ID = 6,
    DHCP_RELAY_RADIUS = 7,
    DHCP_RELAY_AUTHENTICATION = 8,
    DHCP_RELAY_VENDOR = 9,
    DHCP_RELAY_FLAGS = 10,
    DHCP_RELAY_SERVER_OVERRIDE = 11,
    DHCP_RELAY_RELAY_ID = 12,
    DHCP_RELAY_BSSID = 16,
};

struct dhcp_sub {
    uint8_t code;
    size_t at; /* of its code octet in the value */
    struct slice value;
};
/* The next sub-option from *at, which moves on: 1; 0 at the end; -1 when one overruns (*why). */
int dhcp_sub_next(struct slice value, size_t *at, struct dhcp_sub *out, struct fault *why);
/* The first with this code; false when there is none in what can be read. */
MUST_USE bool dhcp_sub_find(struct slice value, uint8_t code, struct dhcp_sub *out);
