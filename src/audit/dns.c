/* SPDX-License-Identifier: ISC */
#include "audit/dns.h"

#include <errno.h>
#include <string.h>

#include "audit/audit_internal.h"
#include "audit/dns_update.h"

static bool is_dhcp(uint16_t port)
{
    return port == 67 || port == 68;
}

bool audit_dns_is(const struct capture_message *captured)
{
    uint16_t from = captured->source_port, to = captured->destination_port;
    return captured->kind != CAPTURE_LOSS && (from == AUDIT_DNS_PORT || to == AUDIT_DNS_PORT) &&
           !is_dhcp(from) && !is_dhcp(to);
}

static int keep(struct audit *audit, const struct dns_update_record *record, uint32_t address,
                struct audit_place place)
{
    struct audit_dns_record kept = { .address = address, .dhcid = -1, .place = place };
    if (audit->dns_n == AUDIT_DNS_MAX)
        return 0;
    int err = audit_grow((void **)&audit->dns, &audit->index->dns_size, audit->dns_n,
                         sizeof(*audit->dns));
    if (err != 0 || !audit_keep(audit, slice_of_str(record->name), &kept.name))
        return -ENOMEM;
    if (record->kind == DNS_UPDATE_DHCID && record->dhcid.n >= 2)
        kept.dhcid = record->dhcid.p[0] << 8 | record->dhcid.p[1];
    audit->dns[audit->dns_n++] = kept;
    return 0;
}

/* RFC 4703 §5.3.1 adds address and DHCID of one name in one update. */
static uint32_t address_of_name(struct slice message, const char *name)
{
    struct dns_update update;
    struct dns_update_record record;
    if (!dns_update_open(message, &update))
        return 0;
    while (dns_update_next(&update, &record))
        if (record.kind == DNS_UPDATE_ADDRESS && strcmp(record.name, name) == 0)
            return record.address;
    return 0;
}

int audit_dns_see(struct audit *audit, uint32_t file, const struct capture_message *captured)
{
    struct dns_update update;
    struct dns_update_record record;
    if (!dns_update_open(captured->payload, &update))
        return 0;
    for (unsigned i = 0; i < AUDIT_DNS_RECORDS && dns_update_next(&update, &record); i++) {
        struct audit_place place = { .file = file,
                                     .frame = captured->frame,
                                     .at = (uint16_t)record.at,
                                     .n = (uint16_t)record.n };
        uint32_t address = record.kind == DNS_UPDATE_DHCID
                               ? address_of_name(captured->payload, record.name)
                               : record.address;
        int err = address ? keep(audit, &record, address, place) : 0;
        if (err != 0)
            return err;
    }
    return 0;
}

/* RFC 4701 §3.3; over a hardware address the digest is no secret: dhcp/dhcid_search.h. */
static const char *what_of(const struct audit_dns_record *record)
{
    switch (record->dhcid) {
    case -1: return "a DNS update publishes its name and address";
    case 0:
        return "a DNS update publishes a DHCID over its hardware address, which `postern audit "
               "dhcid` recovers";
    case 1:
        return "a DNS update publishes a DHCID over its client-id; `postern audit dhcid` "
               "recovers a hardware address in it";
    case 2:
        return "a DNS update publishes a DHCID over its DUID; `postern audit dhcid` recovers "
               "the hardware address of a DUID-LL";
    default: return "a DNS update publishes a DHCID";
    }
}

int audit_dns_judge(struct audit *audit)
{
    for (size_t i = 0; i < audit->dns_n; i++) {
        const struct audit_dns_record *record = &audit->dns[i];
        uint32_t network;
        struct audit_client *client = audit_holder(audit, record->address, &network);
        if (!client)
            continue;
        char text[16];
        struct audit_evidence e = { .place = record->place,
                                    .what = what_of(record),
                                    .value = { ID_CLIENT_FQDN, record->name },
                                    .other = { .kind = ID_ASSIGNED_ADDRESS } };
        if (!audit_keep(audit, slice_of_str(dhcp_address_text(record->address, text)),
                        &e.other.text))
            return -ENOMEM;
        int err = audit_evidence_add(audit, &client->dns, &e);
        if (err != 0)
            return err;
    }
    return 0;
}
