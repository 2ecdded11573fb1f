/* SPDX-License-Identifier: ISC
 *
 * cmd/dkim_zone: a key record as a line of a zone (RFC 1035 §5, RFC 6376 §3.6.2). Pure.
 */
#pragma once

#include "base/buf.h"

/* "SELECTOR._domainkey.DOMAIN. TTL IN TXT "..." "..."", no newline: strings of at most 255 octets,
 * which readers join without a space. */
void dkim_zone_line(struct buf *out, const char *selector, const char *domain, uint32_t ttl,
                    struct slice record);
/* The record with t= for the flags; without any it stays as it is. */
void dkim_zone_record(struct buf *out, struct slice record, bool testing, bool exact_domain);
