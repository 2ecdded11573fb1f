/* SPDX-License-Identifier: ISC
 *
 * audit/packet_option: what an option's value says, as members of a JSON object. Pure.
 *
 * The object has "code", "name" and "hex" already: no member here is called so. What a value is, is said by the
 * members that are there; one whose octets are not what its definition asks for has none:
 *   address | addresses [..]       dotted
 *   value | values [..]            numbers; 2 is signed
 *   text                           octets that are no printable UTF-8, and backslashes, as \xNN
 *   pairs [[a, b]..]               21, 33: addresses
 *   routes [{to, via}..]           121, 249: "10.0.0.0/8", an address
 *   names [..]                     88, 119, 120, 137, 213: domain names
 *   value, type                    53
 *   codes [..]                     55
 *   form, type, hardware | iaid, duid | text      61: form is hardware, opaque or duid
 *   flags, s, o, e, n, rcode1, rcode2, fqdn, complete (and fault)   81
 *   sub-options [{code, name, hex, ..}..]         82; 43 when its lengths add up
 *   items [..]                     77: {text}; 124, 125: {enterprise, hex, text | sub-options}
 *   architectures [{value, name}..], type major minor, type uuid     93, 94, 97
 *   what, country, elements [{type, name, text}..]                   99
 *   latitude, longitude, .. (see geo() in packet_decode.c)           123, 144
 *   status, status-name, text; state, state-name; value, remote                   151, 156, 157
 * A DUID is {type, name, hardware-type, time, hardware | enterprise, hex | uuid}.
 */
#pragma once

#include "audit/json.h"

void audit_option_json(struct audit_json *j, uint8_t code, struct slice value);
