/* SPDX-License-Identifier: ISC
 *
 * audit/dns: DNS updates (RFC 2136, RFC 4703) that a capture has beside DHCP: what became of a client's name and address
 * (RFC 7819 §4.1, §5.7).
 */
#pragma once

#include "audit/evidence.h"

struct audit;
struct capture_message;

enum {
    AUDIT_DNS_PORT = 53,
    AUDIT_DNS_MAX = 65536, /* records that are kept */
    AUDIT_DNS_RECORDS = 64 /* of one update that are looked at */
};

struct audit_dns_record { /* that an update adds */
    uint32_t address;     /* 0: none was told for this name */
    int32_t dhcid;        /* its type; -1: this is no DHCID */
    struct slice name;
    struct audit_place place;
};

/* A message from or to port 53, and not from or to one of DHCP's. */
bool audit_dns_is(const struct capture_message *captured);
/* 0 or -ENOMEM. What is no update is passed over. */
MUST_USE int audit_dns_see(struct audit *audit, uint32_t file,
                           const struct capture_message *captured);
/* Gives each client that holds one of the addresses its evidence (audit_client.dns). 0 or -ENOMEM. */
MUST_USE int audit_dns_judge(struct audit *audit);
