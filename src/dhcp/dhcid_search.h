/* SPDX-License-Identifier: ISC
 *
 * dhcp/dhcid_search: RFC 7819 §5.7 calls SHA-256 irreversible; over a hardware address it is not.
 * Tries the 2^24 addresses of one OUI: type 0 over htype 1, type 1 over 01 and the address, type 2
 * over a DUID-LL of it. Pure.
 */
#pragma once

#include "dhcp/dhcid.h"

struct dhcid_search; /* one record and name; of one thread */
/* NULL: out of memory, or a type or digest that nobody knows. */
struct dhcid_search *dhcid_search_new(const struct dhcp_dhcid *record, struct slice name_wire);
void dhcid_search_free(struct dhcid_search *search);
/* Tries suffixes from..to-1 of an OUI. 1: *out is the address; 0: none of them; negative: failed. */
MUST_USE int dhcid_search_range(struct dhcid_search *search, const uint8_t oui[3], uint32_t from,
                                uint32_t to, uint8_t out[6]);
