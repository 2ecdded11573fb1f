/* SPDX-License-Identifier: ISC
 *
 * A value in words, and the hardware address in it. In clear: reports mask it (mask.c).
 */
#include "audit/trait.h"

#include <string.h>

#include "dhcp/client_id.h"
#include "dhcp/fqdn.h"
#include "dhcp/location.h"
#include "dhcp/name.h"
#include "dhcp/text.h"

static void address_text(struct buf *out, struct slice octets)
{
    if (octets.n == 4)
        buf_printf(out, "%u.%u.%u.%u", octets.p[0], octets.p[1], octets.p[2], octets.p[3]);
    else
        dhcp_colon_text(out, octets);
}

static bool is_printable(struct slice octets)
{
    for (size_t i = 0; i < octets.n; i++)
        if (octets.p[i] < 0x20 || octets.p[i] == 0x7f)
            return false;
    return slice_is_utf8(octets);
}

/* What access networks put there is text, or numbers of their own. */
static void line_text(struct buf *out, struct slice octets)
{
    if (is_printable(octets))
        dhcp_octets_text(out, octets);
    else
        dhcp_colon_text(out, octets);
}

static void fqdn_text(struct buf *out, struct slice octets)
{
    struct dhcp_fqdn fqdn;
    struct fault why;
    bool whole = dhcp_fqdn_parse(octets, &fqdn, &why); /* what can be read is there in any case */
    buf_append(out, (struct slice){ (const uint8_t *)fqdn.name, fqdn.name_n });
    if (!whole && !fqdn.name_n)
        dhcp_colon_text(out, octets);
}

/* Its code and length stand in front of it. */
static void relay_text(struct buf *out, struct slice octets)
{
    const char *name = octets.n ? dhcp_relay_name(octets.p[0]) : NULL;
    if (name)
        buf_append_str(out, name);
    else if (octets.n)
        buf_printf(out, "sub-option %u", octets.p[0]);
    if (octets.n > 2)
        buf_append_str(out, " ");
    line_text(out, slice_from(octets, 2));
}

/* As habits.c composes it. */
static void habits_text(struct buf *out, struct slice octets)
{
    static const char *const words[] = { "TTL varies",      "secs counts", "xid counts up",
                                         "xid repeats",     "IP ID 0",     "IP ID counts up",
                                         "broadcast wanted" };
    if (octets.n != 2)
        return;
    buf_printf(out, "TTL %u", octets.p[0]);
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (octets.p[1] >> i & 1)
            buf_printf(out, ", %s", words[i]);
}

/* 0: it is no option's whole value. */
static uint8_t option_of(enum identifier_kind kind)
{
    switch ((unsigned)kind) {
    case ID_PARAMETER_LIST:
    case ID_OPTION_ORDER: return DHCP_O_PARAMETER_LIST;
    case ID_VENDOR_CLASS: return DHCP_O_VENDOR_CLASS;
    case ID_VENDOR_SPECIFIC: return DHCP_O_VENDOR_SPECIFIC;
    case ID_USER_CLASS: return DHCP_O_USER_CLASS;
    case ID_VI_CLASS: return DHCP_O_VI_CLASS;
    case ID_VI_INFORMATION: return DHCP_O_VI_INFORMATION;
    case ID_ARCHITECTURE: return DHCP_O_CLIENT_ARCHITECTURE;
    case ID_CLIENT_INTERFACE: return DHCP_O_CLIENT_INTERFACE;
    case ID_CLIENT_UUID: return DHCP_O_CLIENT_UUID;
    case ID_MUD_URL: return DHCP_O_MUD_URL;
    case ID_MAX_MESSAGE_SIZE: return DHCP_O_MAX_SIZE;
    default: return 0;
    }
}

void audit_value_text(const struct audit_value *value, struct buf *out)
{
    uint8_t code = option_of(value->kind);
    switch ((unsigned)value->kind) {
    case ID_HARDWARE_ADDRESS: dhcp_colon_text(out, slice_from(value->octets, 1)); return;
    case ID_CLIENT_ID: dhcp_client_id_text(out, value->octets); return;
    case ID_CLIENT_ADDRESS:
    case ID_ASSIGNED_ADDRESS:
    case ID_CURRENT_ADDRESS:
    case ID_REQUESTED_ADDRESS:
    case ID_LINK_SELECTION:
    case ID_SERVER_ADDRESS: address_text(out, value->octets); return;
    case ID_CLIENT_FQDN: fqdn_text(out, value->octets); return;
    case ID_CIVIC_LOCATION: dhcp_civic_text(out, value->octets); return;
    case ID_GEOCONF:
    case ID_GEOLOC: dhcp_geo_text(out, value->octets, value->kind == ID_GEOLOC); return;
    case ID_CIRCUIT_ID:
    case ID_REMOTE_ID:
    case ID_SUBSCRIBER_ID: line_text(out, value->octets); return;
    case ID_RELAY_INFORMATION: relay_text(out, value->octets); return;
    case ID_HEADER_HABITS: habits_text(out, value->octets); return;
    default: break;
    }
    if (code)
        dhcp_option_text(out, code, value->octets);
    else
        dhcp_octets_text(out, value->octets);
}

static bool take(struct slice hardware, uint8_t out[6])
{
    if (hardware.n != 6)
        return false;
    memcpy(out, hardware.p, 6);
    return true;
}

static bool hex_digit(uint8_t c, uint8_t *out)
{
    c = ascii_lower(c);
    if (c >= '0' && c <= '9')
        *out = (uint8_t)(c - '0');
    else if (c >= 'a' && c <= 'f')
        *out = (uint8_t)(c - 'a' + 10);
    else
        return false;
    return true;
}

/* Cisco's clients send type 0 and "cisco-aabb.ccdd.eeff-Gi0/1". */
static bool cisco_hardware(struct slice id, uint8_t out[6])
{
    static const uint8_t at[12] = { 0, 1, 2, 3, 5, 6, 7, 8, 10, 11, 12, 13 };
    uint8_t digits[12], hardware[6];
    if (!slice_starts_nocase(id, SLICE("\0cisco-")) || id.n < 7 + 14)
        return false;
    struct slice text = slice_from(id, 7);
    for (size_t i = 0; i < sizeof at; i++)
        if (!hex_digit(text.p[at[i]], &digits[i]))
            return false;
    for (size_t i = 0; i < sizeof hardware; i++)
        hardware[i] = (uint8_t)(digits[2 * i] << 4 | digits[2 * i + 1]);
    memcpy(out, hardware, sizeof hardware);
    return text.p[4] == '.' && text.p[9] == '.';
}

static bool client_id_hardware(struct slice octets, uint8_t out[6])
{
    struct dhcp_client_id id;
    struct fault why;
    if (!dhcp_client_id_parse(octets, &id, &why))
        return false;
    switch (id.form) {
    case DHCP_CLIENT_ID_HARDWARE: return take(id.hardware, out);
    case DHCP_CLIENT_ID_DUID:
        return (id.duid.type == DHCP_DUID_LLT || id.duid.type == DHCP_DUID_LL) &&
               take(id.duid.hardware, out);
    case DHCP_CLIENT_ID_OPAQUE: return cisco_hardware(octets, out);
    }
    return false;
}

bool audit_value_hardware(const struct audit_value *value, uint8_t out[6])
{
    if (value->kind == ID_HARDWARE_ADDRESS)
        return take(slice_from(value->octets, 1), out);
    return value->kind == ID_CLIENT_ID && client_id_hardware(value->octets, out);
}
