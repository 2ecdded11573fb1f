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
/* "DUID-LLT 02:.. 2019-03-01T10:00:00Z", "IAID 1 DUID-EN 43793 ...", "01:02:..." */
void dhcp_client_id_text(struct buf *out, struct slice value);
/* "client, DE, city Bonn, house-number 7"; "50.7374N ..." with 4 decimals and uncertainty. */
void dhcp_civic_text(struct buf *out, struct slice value);
void dhcp_geo_text(struct buf *out, struct slice value, bool loc);
