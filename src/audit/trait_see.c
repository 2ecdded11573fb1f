/* SPDX-License-Identifier: ISC
 *
 * RFC 7819 §3: the fields and options that carry identifiers, and by whom they are disclosed.
 */
#include "audit/trait_see.h"

#include <string.h>

#include "dhcp/fqdn.h"

#define FROM_CLIENT AUDIT_BY_CLIENT
#define FROM_SERVER AUDIT_BY_SERVER
#define FROM_QUERY  AUDIT_BY_LEASEQUERY
#define FROM_ALL    (FROM_CLIENT | FROM_SERVER | FROM_QUERY)

/* What a server says about itself (60, 43, 125 in its answers) is no identifier of the client. */
/* clang-format off */
static const struct row {
    uint8_t code, kind, by;
} rows[] = {
    { DHCP_O_HOST_NAME,           ID_HOST_NAME,         FROM_ALL },                  /* RFC 7819 §2 */
    { DHCP_O_VENDOR_SPECIFIC,     ID_VENDOR_SPECIFIC,   FROM_CLIENT },               /* §3.5 */
    { DHCP_O_REQUESTED_ADDRESS,   ID_REQUESTED_ADDRESS, FROM_CLIENT },               /* §3.2 */
    { DHCP_O_PARAMETER_LIST,      ID_PARAMETER_LIST,    FROM_CLIENT },               /* §3.4 */
    { DHCP_O_MAX_SIZE,            ID_MAX_MESSAGE_SIZE,  FROM_CLIENT },
    { DHCP_O_VENDOR_CLASS,        ID_VENDOR_CLASS,      FROM_CLIENT | FROM_QUERY },  /* §3.5 */
    { DHCP_O_CLIENT_ID,           ID_CLIENT_ID,         FROM_ALL },                  /* §3.1 */
    { DHCP_O_USER_CLASS,          ID_USER_CLASS,        FROM_CLIENT | FROM_QUERY },
    { DHCP_O_FQDN,                ID_CLIENT_FQDN,       FROM_ALL },                  /* §3.3 */
    { DHCP_O_CLIENT_ARCHITECTURE, ID_ARCHITECTURE,      FROM_CLIENT },               /* §3.8 */
    { DHCP_O_CLIENT_INTERFACE,    ID_CLIENT_INTERFACE,  FROM_CLIENT },
    { DHCP_O_CLIENT_UUID,         ID_CLIENT_UUID,       FROM_ALL },
    { DHCP_O_CIVIC,               ID_CIVIC_LOCATION,    FROM_ALL },                  /* §3.6 */
    { DHCP_O_GEOCONF,             ID_GEOCONF,           FROM_ALL },                  /* §3.7 */
    { DHCP_O_GEOLOC,              ID_GEOLOC,            FROM_ALL },                  /* §3.7 */
    { DHCP_O_VI_CLASS,            ID_VI_CLASS,          FROM_CLIENT | FROM_QUERY },  /* §3.5 */
    { DHCP_O_VI_INFORMATION,      ID_VI_INFORMATION,    FROM_CLIENT },               /* §3.5 */
    { DHCP_O_MUD_URL,             ID_MUD_URL,           FROM_CLIENT },
};
/* clang-format on */

static const struct row *row_of(uint8_t code)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].code == code)
            return &rows[i];
    return NULL;
}

/* RFC 4702 §2: client and server set flags and codes of their own; the name is what is disclosed. */
static int see_fqdn(const struct audit_seen *seen, const struct dhcp_option *option)
{
    uint8_t octets[AUDIT_VALUE_MAX];
    struct slice value = slice_keep(option->value, octets, sizeof octets);
    if (value.n < 3)
        return 0;
    octets[0] &= DHCP_FQDN_E;
    octets[1] = octets[2] = 0;
    return audit_trait_note(seen, ID_CLIENT_FQDN, value, audit_place_of(seen->message, option));
}

/* RFC 4388 §6.1: the other addresses of the client that was asked about. */
static int see_associated(const struct audit_seen *seen, const struct dhcp_option *option)
{
    int err = 0;
    for (size_t at = 0; at + 4 <= option->value.n && err == 0; at += 4) {
        size_t offset = dhcp_option_offset(seen->message->packet, option, at);
        err = audit_trait_note(seen, ID_ASSIGNED_ADDRESS,
                               slice_first(slice_from(option->value, at), 4),
                               audit_place_at(seen->message, offset, 4));
    }
    return err;
}

static int see_option(const struct audit_seen *seen, const struct dhcp_option *option)
{
    if (option->code == DHCP_O_RELAY_AGENT)
        return audit_see_relay(seen, option);
    if (option->code == DHCP_O_ASSOCIATED_IP && seen->message->sender == AUDIT_TO_REQUESTOR)
        return see_associated(seen, option);
    const struct row *row = row_of(option->code);
    if (!row || !(row->by & seen->by))
        return 0;
    /* A question names the client by 61; all else in it is the requestor's own (RFC 4388 §6.2). */
    if (seen->message->sender == AUDIT_FROM_REQUESTOR && option->code != DHCP_O_CLIENT_ID)
        return 0;
    if (row->kind == ID_CLIENT_FQDN)
        return see_fqdn(seen, option);
    if (row->kind == ID_REQUESTED_ADDRESS && option->value.n != 4)
        return 0;
    return audit_trait_note(seen, (enum identifier_kind)row->kind, option->value,
                            audit_place_of(seen->message, option));
}

/* RFC 7844 §3.1: of all options but 82, which a relay agent adds. */
static int see_order(const struct audit_seen *seen)
{
    const struct dhcp_packet *packet = seen->message->packet;
    uint8_t codes[DHCP_OPTIONS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < packet->options_n; i++)
        if (packet->options[i].code != DHCP_O_RELAY_AGENT)
            codes[n++] = packet->options[i].code;
    size_t at = n ? packet->options[0].at : 0;
    size_t end = packet->whole.n;
    return audit_trait_note(seen, ID_OPTION_ORDER, (struct slice){ codes, n },
                            audit_place_at(seen->message, at, end > at ? end - at : 0));
}

static int see_address(const struct audit_seen *seen, enum identifier_kind kind, uint32_t address,
                       size_t at)
{
    const uint8_t octets[4] = { (uint8_t)(address >> 24), (uint8_t)(address >> 16),
                                (uint8_t)(address >> 8), (uint8_t)address };
    if (address == 0)
        return 0;
    return audit_trait_note(seen, kind, (struct slice){ octets, sizeof octets },
                            audit_place_at(seen->message, at, sizeof octets));
}

/* §3.2: htype and chaddr, of a client that has one. */
static int see_hardware(const struct audit_seen *seen)
{
    const struct audit_client *client = seen->client;
    uint8_t octets[1 + sizeof client->hardware] = { client->htype };
    struct slice chaddr = seen->message->packet->chaddr;
    if (chaddr.n == 0 || chaddr.n > client->hlen)
        return 0;
    memcpy(octets + 1, chaddr.p, chaddr.n);
    return audit_trait_note(seen, ID_HARDWARE_ADDRESS, (struct slice){ octets, 1 + chaddr.n },
                            audit_place_at(seen->message, 28, chaddr.n));
}

static int see_header(const struct audit_seen *seen)
{
    const struct dhcp_packet *packet = seen->message->packet;
    int err = see_hardware(seen);
    if (err < 0)
        return err;
    switch (seen->message->sender) {
    case AUDIT_FROM_CLIENT: return see_address(seen, ID_CURRENT_ADDRESS, packet->ciaddr, 12);
    case AUDIT_FROM_SERVER: return see_address(seen, ID_ASSIGNED_ADDRESS, packet->yiaddr, 16);
    case AUDIT_FROM_REQUESTOR: return 0;
    case AUDIT_TO_REQUESTOR: /* RFC 4388 §6.4.2: the address that the client has */
        if (packet->type != DHCP_LEASEACTIVE)
            return 0;
        return see_address(seen, ID_ASSIGNED_ADDRESS, packet->ciaddr, 12);
    }
    return 0;
}

static enum audit_discloser discloser(enum audit_sender sender)
{
    switch (sender) {
    case AUDIT_FROM_CLIENT: return AUDIT_BY_CLIENT;
    case AUDIT_FROM_SERVER: return AUDIT_BY_SERVER;
    case AUDIT_FROM_REQUESTOR:
    case AUDIT_TO_REQUESTOR: return AUDIT_BY_LEASEQUERY;
    }
    return AUDIT_BY_CLIENT;
}

int audit_traits_see(struct audit *audit, struct audit_client *client,
                     const struct audit_message *message)
{
    const struct dhcp_packet *packet = message->packet;
    struct audit_seen seen = { audit, client, message, discloser(message->sender), false };
    int err = see_header(&seen);
    for (size_t i = 0; i < packet->options_n && err == 0; i++)
        err = see_option(&seen, &packet->options[i]);
    if (err == 0 && message->sender == AUDIT_FROM_CLIENT)
        err = see_order(&seen);
    return err;
}
