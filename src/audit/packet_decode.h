/* SPDX-License-Identifier: ISC
 *
 * audit/packet_decode: the options that have parts, as members of a JSON object. Pure. Nothing is written of
 * a value that is not what its definition asks for.
 */
#pragma once

#include "audit/json.h"

#define AUDIT_DECODE_TEXT_MAX ((size_t)1 << 19) /* of 64 KiB, each octet escaped */

void audit_decode_octets(struct audit_json *j, const char *key, struct slice octets);
void audit_decode_number(struct audit_json *j, const char *key, uint64_t number);
void audit_decode_str(struct audit_json *j, const char *key, const char *text);

void audit_decode_client_id(struct audit_json *j, struct slice value);       /* 61 */
void audit_decode_uuid(struct audit_json *j, struct slice value);            /* 97 */
void audit_decode_fqdn(struct audit_json *j, struct slice value);            /* 81 */
void audit_decode_user_class(struct audit_json *j, struct slice value);      /* 77 */
void audit_decode_vi_class(struct audit_json *j, struct slice value);        /* 124 */
void audit_decode_vi_information(struct audit_json *j, struct slice value);  /* 125 */
void audit_decode_vendor_specific(struct audit_json *j, struct slice value); /* 43 */
void audit_decode_relay(struct audit_json *j, struct slice value);           /* 82 */
void audit_decode_civic(struct audit_json *j, struct slice value);           /* 99 */
void audit_decode_geo(struct audit_json *j, struct slice value, bool loc);   /* 123, 144 */
void audit_decode_names(struct audit_json *j, struct slice value); /* RFC 1035 §3.1, §4.1.4 */
void audit_decode_sip(struct audit_json *j, struct slice value);   /* 120 */
