/* SPDX-License-Identifier: ISC
 *
 * audit/dns_update: what a DNS UPDATE (RFC 2136) publishes of a client: name, address, DHCID (RFC 4703). Pure;
 * any bytes will do.
 */
#pragma once

#include "base/slice.h"

#define DNS_UPDATE_NAME_MAX 1024 /* each of 255 octets as "\ddd" */

enum dns_update_kind { DNS_UPDATE_ADDRESS, DNS_UPDATE_POINTER, DNS_UPDATE_DHCID };

struct dns_update_record { /* that is added; removals are passed over */
    enum dns_update_kind kind;
    char name[DNS_UPDATE_NAME_MAX]; /* the host's: of a pointer, what it points to; no final dot */
    uint32_t address;               /* ADDRESS; POINTER: 0 when its owner is no in-addr.arpa name */
    struct slice dhcid;             /* DHCID: RDATA */
    size_t at, n;                   /* the record's octets */
};

struct dns_update {
    struct slice message;
    size_t at;
    uint32_t left;
};
/* False: no UPDATE request, or damaged before its update section. */
MUST_USE bool dns_update_open(struct slice message, struct dns_update *out);
/* The next record of the three kinds; false at the end, or where it is damaged. */
MUST_USE bool dns_update_next(struct dns_update *update, struct dns_update_record *out);
