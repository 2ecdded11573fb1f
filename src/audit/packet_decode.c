/* SPDX-License-Identifier: ISC */
#include "audit/packet_decode.h"

#include "base/clock.h"
#include "base/reader.h"
#include "dhcp/client_id.h"
#include "dhcp/fqdn.h"
#include "dhcp/location.h"
#include "dhcp/name.h"
#include "dhcp/relay.h"
#include "dhcp/vendor.h"

#define UUID_SIZE     16
#define DEGREE_PLACES 9 /* 25 bits behind the point are 3e-8 degrees */

static void put_hex(struct audit_json *j, const char *key, struct slice octets)
{
    audit_json_key(j, key);
    audit_json_hex(j, octets);
}

static void put_hardware(struct audit_json *j, struct slice octets)
{
    struct buf text;
    buf_init(&text, AUDIT_DECODE_TEXT_MAX);
    dhcp_colon_text(&text, octets);
    audit_json_key(j, "hardware");
    audit_json_text(j, buf_slice(&text));
    buf_clear(&text);
}

static void put_time(struct audit_json *j, int64_t us)
{
    struct buf text;
    buf_init(&text, 64);
    clock_write_rfc3339(&text, us);
    audit_json_key(j, "time");
    audit_json_text(j, buf_slice(&text));
    buf_clear(&text);
}

/* RFC 9562 §4: 8-4-4-4-12 digits, as the octets stand. */
static void put_uuid(struct audit_json *j, struct slice octets)
{
    struct buf text;
    buf_init(&text, 64);
    for (size_t i = 0; i < octets.n; i++)
        buf_printf(&text, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x",
                   (unsigned)octets.p[i]);
    audit_json_key(j, "uuid");
    audit_json_text(j, buf_slice(&text));
    buf_clear(&text);
}

/* ---- client identifiers ---- */

static const char *duid_name(uint16_t type)
{
    static const char *const names[] = { NULL, "LLT", "EN", "LL", "UUID" };
    return type < ARRAY_SIZE(names) ? names[type] : NULL;
}

static void put_duid(struct audit_json *j, const struct dhcp_duid *duid)
{
    audit_json_key(j, "duid");
    audit_json_object(j);
    audit_decode_number(j, "type", duid->type);
    audit_decode_str(j, "name", duid_name(duid->type));
    switch (duid->type) {
    case DHCP_DUID_LLT:
    case DHCP_DUID_LL:
        audit_decode_number(j, "hardware-type", duid->hardware_type);
        if (duid->type == DHCP_DUID_LLT)
            put_time(j, dhcp_duid_time_us(duid));
        put_hardware(j, duid->hardware);
        break;
    case DHCP_DUID_EN:
        audit_decode_number(j, "enterprise", duid->enterprise);
        put_hex(j, "hex", duid->id);
        break;
    case DHCP_DUID_UUID: put_uuid(j, duid->id); break;
    default: put_hex(j, "hex", duid->id); break;
    }
    audit_json_end(j);
}

void audit_decode_client_id(struct audit_json *j, struct slice value)
{
    static const char *const forms[] = { [DHCP_CLIENT_ID_HARDWARE] = "hardware",
                                         [DHCP_CLIENT_ID_OPAQUE] = "opaque",
                                         [DHCP_CLIENT_ID_DUID] = "duid" };
    struct dhcp_client_id id;
    struct fault why;
    if (!dhcp_client_id_parse(value, &id, &why))
        return;
    audit_decode_str(j, "form", forms[id.form]);
    audit_decode_number(j, "type", id.type);
    switch (id.form) {
    case DHCP_CLIENT_ID_HARDWARE: put_hardware(j, id.hardware); break;
    case DHCP_CLIENT_ID_OPAQUE: audit_decode_octets(j, "text", slice_from(value, 1)); break;
    case DHCP_CLIENT_ID_DUID:
        audit_decode_number(j, "iaid", id.iaid);
        put_duid(j, &id.duid);
        break;
    }
}

/* RFC 4578 §2.3: type 0 and a GUID. */
void audit_decode_uuid(struct audit_json *j, struct slice value)
{
    if (!value.n)
        return;
    audit_decode_number(j, "type", value.p[0]);
    if (value.n == 1 + UUID_SIZE)
        put_uuid(j, slice_from(value, 1));
}

void audit_decode_fqdn(struct audit_json *j, struct slice value)
{
    static const struct {
        const char *name;
        uint8_t bit;
    } bits[] = {
        { "s", DHCP_FQDN_S }, { "o", DHCP_FQDN_O }, { "e", DHCP_FQDN_E }, { "n", DHCP_FQDN_N }
    };
    struct dhcp_fqdn it = { 0 };
    struct fault why = { 0 };
    if (value.n < 3)
        return;
    if (!dhcp_fqdn_parse(value, &it, &why)) /* what can be read of it follows */
        audit_decode_str(j, "fault", why.what);
    audit_decode_number(j, "flags", it.flags);
    for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
        audit_json_key(j, bits[i].name);
        audit_json_bool(j, it.flags & bits[i].bit);
    }
    audit_decode_number(j, "rcode1", it.rcode1);
    audit_decode_number(j, "rcode2", it.rcode2);
    audit_json_key(j, "fqdn");
    audit_json_text(j, (struct slice){ (const uint8_t *)it.name, it.name_n });
    audit_json_key(j, "complete");
    audit_json_bool(j, it.complete);
}

/* ---- vendors ---- */

void audit_decode_user_class(struct audit_json *j, struct slice value)
{
    struct slice item;
    struct fault why;
    size_t at = 0;
    if (!dhcp_user_class_is_list(value)) {
        audit_decode_octets(j, "text", value);
        return;
    }
    audit_json_key(j, "items");
    audit_json_array(j);
    while (dhcp_user_class_next(value, &at, &item, &why) > 0) {
        audit_json_object(j);
        audit_decode_octets(j, "text", item);
        audit_json_end(j);
    }
    audit_json_end(j);
}

static bool subs_fit(struct slice value)
{
    struct dhcp_sub sub;
    struct fault why;
    size_t at = 0;
    int got;
    do
        got = dhcp_sub_next(value, &at, &sub, &why);
    while (got > 0);
    return got == 0;
}

static void put_subs(struct audit_json *j, struct slice value)
{
    struct dhcp_sub sub;
    struct fault why;
    size_t at = 0;
    audit_json_key(j, "sub-options");
    audit_json_array(j);
    while (dhcp_sub_next(value, &at, &sub, &why) > 0) {
        audit_json_object(j);
        audit_decode_number(j, "code", sub.code);
        put_hex(j, "hex", sub.value);
        audit_json_end(j);
    }
    audit_json_end(j);
}

void audit_decode_vendor_specific(struct audit_json *j, struct slice value)
{
    if (value.n && subs_fit(value))
        put_subs(j, value);
}

static void vendor_items(struct audit_json *j, struct slice value, bool information)
{
    struct dhcp_vendor_item item;
    struct fault why;
    size_t at = 0;
    audit_json_key(j, "items");
    audit_json_array(j);
    while (dhcp_vendor_next(value, &at, &item, &why) > 0) {
        audit_json_object(j);
        audit_decode_number(j, "enterprise", item.enterprise);
        put_hex(j, "hex", item.data);
        if (!information)
            audit_decode_octets(j, "text", item.data);
        else if (subs_fit(item.data))
            put_subs(j, item.data);
        audit_json_end(j);
    }
    audit_json_end(j);
}

void audit_decode_vi_class(struct audit_json *j, struct slice value)
{
    vendor_items(j, value, false);
}

void audit_decode_vi_information(struct audit_json *j, struct slice value)
{
    vendor_items(j, value, true);
}

/* ---- relay agents ---- */

static void relay_sub(struct audit_json *j, const struct dhcp_sub *sub)
{
    struct dhcp_duid duid;
    struct fault why;
    char text[16];
    switch ((enum dhcp_relay_sub)sub->code) {
    case DHCP_RELAY_CIRCUIT_ID:
    case DHCP_RELAY_REMOTE_ID:
    case DHCP_RELAY_SUBSCRIBER_ID: audit_decode_octets(j, "text", sub->value); break;
    case DHCP_RELAY_LINK_SELECTION:
    case DHCP_RELAY_SERVER_OVERRIDE:
        if (sub->value.n == 4) {
            struct reader r = reader_of(sub->value);
            audit_decode_str(j, "address", dhcp_address_text(reader_be32(&r), text));
        }
        break;
    case DHCP_RELAY_RELAY_ID:
        if (dhcp_duid_parse(sub->value, &duid, &why))
            put_duid(j, &duid);
        break;
    case DHCP_RELAY_BSSID: put_hardware(j, sub->value); break;
    case DHCP_RELAY_DOCSIS:
    case DHCP_RELAY_RADIUS:
    case DHCP_RELAY_AUTHENTICATION:
    case DHCP_RELAY_VENDOR:
    case DHCP_RELAY_FLAGS: break;
    }
}

void audit_decode_relay(struct audit_json *j, struct slice value)
{
    struct dhcp_sub sub;
    struct fault why;
    size_t at = 0;
    audit_json_key(j, "sub-options");
    audit_json_array(j);
    while (dhcp_sub_next(value, &at, &sub, &why) > 0) {
        audit_json_object(j);
        audit_decode_number(j, "code", sub.code);
        audit_decode_str(j, "name", dhcp_relay_name(sub.code));
        put_hex(j, "hex", sub.value);
        relay_sub(j, &sub);
        audit_json_end(j);
    }
    audit_json_end(j);
}

/* ---- places ---- */

void audit_decode_civic(struct audit_json *j, struct slice value)
{
    static const char *const whats[] = { [DHCP_CIVIC_SERVER] = "server",
                                         [DHCP_CIVIC_NETWORK] = "network",
                                         [DHCP_CIVIC_CLIENT] = "client" };
    struct dhcp_civic_element element;
    struct dhcp_civic civic;
    struct fault why;
    size_t at = 0;
    if (!dhcp_civic_parse(value, &civic, &why))
        return;
    audit_json_key(j, "what");
    if (civic.what < ARRAY_SIZE(whats))
        audit_json_str(j, whats[civic.what]);
    else
        audit_json_uint(j, civic.what);
    audit_decode_octets(j, "country", slice_of_str(civic.country));
    audit_json_key(j, "elements");
    audit_json_array(j);
    while (dhcp_civic_next(&civic, &at, &element, &why) > 0) {
        audit_json_object(j);
        audit_decode_number(j, "type", element.type);
        audit_decode_str(j, "name", dhcp_civic_name(element.type));
        audit_decode_octets(j, "text", element.text);
        audit_json_end(j);
    }
    audit_json_end(j);
}

static void put_degrees(struct audit_json *j, const char *key, double number)
{
    audit_json_key(j, key);
    audit_json_number(j, number, DEGREE_PLACES);
}

static void put_altitude(struct audit_json *j, const struct dhcp_geo *geo)
{
    static const char *const units[] = { NULL, "metres", "floors" };
    audit_decode_number(j, "altitude-type", geo->altitude_type);
    audit_decode_str(j, "altitude-unit",
                     geo->altitude_type < ARRAY_SIZE(units) ? units[geo->altitude_type] : NULL);
    put_degrees(j, "altitude", geo->altitude);
    put_degrees(j, "altitude-uncertainty", geo->altitude_uncertainty);
    audit_decode_number(j, "altitude-resolution", geo->altitude_resolution);
}

void audit_decode_geo(struct audit_json *j, struct slice value, bool loc)
{
    struct dhcp_geo geo;
    struct fault why;
    if (!dhcp_geo_parse(value, loc, &geo, &why))
        return;
    put_degrees(j, "latitude", geo.latitude);
    put_degrees(j, "longitude", geo.longitude);
    put_degrees(j, "latitude-uncertainty", geo.latitude_uncertainty);
    put_degrees(j, "longitude-uncertainty", geo.longitude_uncertainty);
    audit_decode_number(j, "latitude-resolution", geo.latitude_resolution);
    audit_decode_number(j, "longitude-resolution", geo.longitude_resolution);
    put_altitude(j, &geo);
    audit_decode_number(j, "datum", geo.datum);
    if (loc)
        audit_decode_number(j, "version", geo.version);
}
