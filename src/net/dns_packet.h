/* SPDX-License-Identifier: ISC
 *
 * net/dns_packet: what one DNS answer says about its question (RFC 1035 §4, RFC 2308). Pure.
 *
 * Aliases are followed inside the answer. NXDOMAIN behind an alias is NODATA with `dangling`: the
 * name that was asked for exists, and RFC 8020 §2 speaks of the last name only.
 */
#pragma once

#include "base/arena.h"
#include "base/slice.h"
#include "postern/dns.h"

#define DNS_PACKET_ALIASES_MAX 16

/* type: the one that was asked for. out: data, nodata, nxdomain, or servfail (with `why`); it points
 * into packet and arena. Names inside RDATA (MX, NS, CNAME, PTR) are written out. On false *why says
 * what is wrong with the packet. */
MUST_USE bool dns_packet_read(struct slice packet, uint16_t type, struct arena *arena,
                              struct postern_dns_response *out, struct fault *why);
