/* SPDX-License-Identifier: ISC
 *
 * dhcp/dhcid: the DHCID resource record (RFC 4701 §3.3): what DNS tells of a client's identifier.
 * Pure.
 */
#pragma once

#include "base/slice.h"

enum dhcp_dhcid_type { DHCP_DHCID_HARDWARE = 0, DHCP_DHCID_CLIENT_ID = 1, DHCP_DHCID_DUID = 2 };
enum { DHCP_DHCID_DIGEST = 32, DHCP_DHCID_NAME_MAX = 255 };

struct dhcp_dhcid {
    uint16_t type;
    uint8_t digest_type; /* 1: SHA-256 */
    uint8_t digest[DHCP_DHCID_DIGEST];
};
MUST_USE bool dhcp_dhcid_parse(struct slice rdata, struct dhcp_dhcid *out, struct fault *why);
/* "client.example.com" to its canonical wire form (RFC 4034 §6.2); false: no DNS name. */
MUST_USE bool dhcp_dhcid_name(struct slice text, uint8_t out[DHCP_DHCID_NAME_MAX], size_t *n);
/* SHA-256 of identifier and name. 0, or ERR_CRYPTO. identifier: htype and chaddr, all of option 61,
 * or the DUID, by type. */
MUST_USE int dhcp_dhcid_digest(struct slice identifier, struct slice name,
                               uint8_t out[DHCP_DHCID_DIGEST]);
