/* SPDX-License-Identifier: ISC
 *
 * dhcp/text: an option's value in words, for people. Pure. Not for secrets: what it writes is in clear.
 */
#pragma once

#include "base/buf.h"

/* One line without control characters: "1 3 6 15" of 55, "01:02:..." of 61, decoded as far as the
 * option's own definition goes, hex for what nobody knows. */
void dhcp_option_text(struct buf *out, uint8_t code, struct slice value);
/* Octets of strangers as text: printable UTF-8 stays, the rest and backslashes as \xNN. */
void dhcp_octets_text(struct buf *out, struct slice octets);
/* "0102ff"; "00112233-4455-6677-8899-aabbccddeeff" */
void dhcp_hex_text(struct buf *out, struct slice octets);
void dhcp_uuid_text(struct buf *out, struct slice octets);
/* "IAID 1 DUID-LLT 02:.. 2019-03-01T10:00:00Z", "IAID 1 DUID-EN 43793 ...", "01:02:..."; a DUID alone
 * (RFC 6925's relay-id) the same without IAID. */
void dhcp_client_id_text(struct buf *out, struct slice value);
void dhcp_duid_text(struct buf *out, struct slice value);
/* "client, DE, city Bonn, house-number 7"; "latitude -33.8688 +-0.0010, longitude ..." in degrees, south
 * and west negative, with four decimals. Hex when it cannot be read. */
void dhcp_civic_text(struct buf *out, struct slice value);
void dhcp_geo_text(struct buf *out, struct slice value, bool loc);
