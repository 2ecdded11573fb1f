/* SPDX-License-Identifier: ISC */
#include "audit/packet_option.h"

#include <stdio.h>

#include "audit/packet_decode.h"
#include "base/reader.h"
#include "dhcp/name.h"
#include "dhcp/text.h"

/* ---- what many options are ---- */

void audit_decode_octets(struct audit_json *j, const char *key, struct slice octets)
{
    struct buf text;
    buf_init(&text, AUDIT_DECODE_TEXT_MAX);
    dhcp_octets_text(&text, octets);
    audit_json_key(j, key);
    audit_json_text(j, buf_slice(&text));
    j->out->failed |= text.failed;
    buf_clear(&text);
}

void audit_decode_number(struct audit_json *j, const char *key, uint64_t number)
{
    audit_json_key(j, key);
    audit_json_uint(j, number);
}

void audit_decode_str(struct audit_json *j, const char *key, const char *text)
{
    audit_json_key(j, key);
    audit_json_str(j, text);
}

static void put_address(struct audit_json *j, uint32_t address)
{
    char text[16];
    audit_json_str(j, dhcp_address_text(address, text));
}

static void address(struct audit_json *j, struct slice value)
{
    struct reader r = reader_of(value);
    if (value.n != 4)
        return;
    audit_json_key(j, "address");
    put_address(j, reader_be32(&r));
}

static void addresses(struct audit_json *j, struct slice value)
{
    struct reader r = reader_of(value);
    if (!value.n || value.n % 4)
        return;
    audit_json_key(j, "addresses");
    audit_json_array(j);
    while (reader_left(&r))
        put_address(j, reader_be32(&r));
    audit_json_end(j);
}

/* RFC 2132 §4.3, §5.8: two addresses each. */
static void pairs(struct audit_json *j, struct slice value)
{
    struct reader r = reader_of(value);
    if (!value.n || value.n % 8)
        return;
    audit_json_key(j, "pairs");
    audit_json_array(j);
    while (reader_left(&r)) {
        audit_json_array(j);
        put_address(j, reader_be32(&r));
        put_address(j, reader_be32(&r));
        audit_json_end(j);
    }
    audit_json_end(j);
}

static void u8(struct audit_json *j, struct slice value)
{
    if (value.n == 1)
        audit_decode_number(j, "value", value.p[0]);
}

static void u16(struct audit_json *j, struct slice value)
{
    struct reader r = reader_of(value);
    if (value.n == 2)
        audit_decode_number(j, "value", reader_be16(&r));
}

static void u32(struct audit_json *j, struct slice value)
{
    struct reader r = reader_of(value);
    if (value.n == 4)
        audit_decode_number(j, "value", reader_be32(&r));
}

static void i32(struct audit_json *j, struct slice value)
{
    struct reader r = reader_of(value);
    if (value.n != 4)
        return;
    audit_json_key(j, "value");
    audit_json_int(j, (int32_t)reader_be32(&r));
}

static void numbers(struct audit_json *j, const char *key, struct slice value, size_t size)
{
    struct reader r = reader_of(value);
    if (!value.n || value.n % size)
        return;
    audit_json_key(j, key);
    audit_json_array(j);
    while (reader_left(&r))
        audit_json_uint(j, size == 2 ? reader_be16(&r) : reader_u8(&r));
    audit_json_end(j);
}

static void codes(struct audit_json *j, struct slice value)
{
    numbers(j, "codes", value, 1);
}

static void u8s(struct audit_json *j, struct slice value)
{
    numbers(j, "values", value, 1);
}

static void u16s(struct audit_json *j, struct slice value)
{
    numbers(j, "values", value, 2);
}

static void text(struct audit_json *j, struct slice value)
{
    audit_decode_octets(j, "text", value);
}

/* ---- those with a shape of their own ---- */

static void message_type(struct audit_json *j, struct slice value)
{
    if (!value.n)
        return;
    audit_decode_number(j, "value", value.p[0]);
    audit_decode_str(j, "type", value.p[0] ? dhcp_type_name(value.p[0]) : NULL);
}

/* RFC 4578 §2.1 */
static void architectures(struct audit_json *j, struct slice value)
{
    struct reader r = reader_of(value);
    if (!value.n || value.n % 2)
        return;
    audit_json_key(j, "architectures");
    audit_json_array(j);
    while (reader_left(&r)) {
        uint16_t it = reader_be16(&r);
        audit_json_object(j);
        audit_decode_number(j, "value", it);
        audit_decode_str(j, "name", dhcp_architecture_name(it));
        audit_json_end(j);
    }
    audit_json_end(j);
}

/* RFC 4578 §2.2 */
static void client_interface(struct audit_json *j, struct slice value)
{
    if (value.n != 3)
        return;
    audit_decode_number(j, "type", value.p[0]);
    audit_decode_number(j, "major", value.p[1]);
    audit_decode_number(j, "minor", value.p[2]);
}

/* RFC 6926 §6.2.2: a code, and words about it. */
static void status(struct audit_json *j, struct slice value)
{
    if (!value.n)
        return;
    audit_decode_number(j, "status", value.p[0]);
    audit_decode_str(j, "status-name", dhcp_status_name(value.p[0]));
    text(j, slice_from(value, 1));
}

static void state(struct audit_json *j, struct slice value)
{
    if (value.n != 1)
        return;
    audit_decode_number(j, "state", value.p[0]);
    audit_decode_str(j, "state-name", dhcp_state_name(value.p[0]));
}

/* RFC 6926 §6.2.8: bit 0 says REMOTE. */
static void data_source(struct audit_json *j, struct slice value)
{
    if (value.n != 1)
        return;
    audit_decode_number(j, "value", value.p[0]);
    audit_json_key(j, "remote");
    audit_json_bool(j, value.p[0] & 1);
}

/* RFC 2610 §2: a mandatory octet and the agents' addresses. */
static void slp_agents(struct audit_json *j, struct slice value)
{
    if (value.n % 4 != 1)
        return;
    audit_decode_number(j, "value", value.p[0]);
    addresses(j, slice_from(value, 1));
}

/* RFC 3442: width, the octets of the destination that it takes, router. */
static bool next_route(struct reader *r, uint32_t *to, uint8_t *width, uint32_t *via)
{
    *width = reader_u8(r);
    *to = 0;
    for (unsigned i = 0; i < (*width + 7u) / 8 && i < 4; i++)
        *to |= (uint32_t)reader_u8(r) << (24 - 8 * i);
    *via = reader_be32(r);
    return *width <= 32 && !r->bad;
}

static bool are_routes(struct slice value)
{
    struct reader r = reader_of(value);
    uint32_t to, via;
    uint8_t width;
    bool fine = value.n;
    while (fine && reader_left(&r))
        fine = next_route(&r, &to, &width, &via);
    return fine;
}

static void route(struct audit_json *j, uint32_t to, uint8_t width, uint32_t via)
{
    char address[16], prefix[20];
    (void)snprintf(prefix, sizeof prefix, "%s/%u", dhcp_address_text(to, address), (unsigned)width);
    audit_json_object(j);
    audit_decode_str(j, "to", prefix);
    audit_json_key(j, "via");
    put_address(j, via);
    audit_json_end(j);
}

static void routes(struct audit_json *j, struct slice value)
{
    struct reader r = reader_of(value);
    uint32_t to, via;
    uint8_t width;
    if (!are_routes(value))
        return;
    audit_json_key(j, "routes");
    audit_json_array(j);
    while (reader_left(&r) && next_route(&r, &to, &width, &via))
        route(j, to, width, via);
    audit_json_end(j);
}

static void geoconf(struct audit_json *j, struct slice value)
{
    audit_decode_geo(j, value, false);
}

static void geoloc(struct audit_json *j, struct slice value)
{
    audit_decode_geo(j, value, true);
}

typedef void decode_fn(struct audit_json *j, struct slice value);

/* clang-format off */
static decode_fn *const decoders[256] = {
    [1] = address, [2] = i32, [3] = addresses, [4] = addresses, [5] = addresses, [6] = addresses, [7] = addresses,
    [8] = addresses, [9] = addresses, [10] = addresses, [11] = addresses, [12] = text, [13] = u16, [14] = text,
    [15] = text, [16] = address, [17] = text, [18] = text, [19] = u8, [20] = u8, [21] = pairs, [22] = u16,
    [23] = u8, [24] = u32, [25] = u16s, [26] = u16, [27] = u8, [28] = address, [29] = u8, [30] = u8, [31] = u8,
    [32] = address, [33] = pairs, [34] = u8, [35] = u32, [36] = u8, [37] = u8, [38] = u32, [39] = u8, [40] = text,
    [41] = addresses, [42] = addresses, [43] = audit_decode_vendor_specific, [44] = addresses, [45] = addresses,
    [46] = u8, [47] = text, [48] = addresses, [49] = addresses, [50] = address, [51] = u32, [52] = u8,
    [53] = message_type, [54] = address, [55] = codes, [56] = text, [57] = u16, [58] = u32, [59] = u32, [60] = text,
    [61] = audit_decode_client_id, [62] = text, [64] = text, [65] = addresses, [66] = text, [67] = text,
    [68] = addresses, [69] = addresses, [70] = addresses, [71] = addresses, [72] = addresses, [73] = addresses,
    [74] = addresses, [75] = addresses, [76] = addresses, [77] = audit_decode_user_class, [78] = slp_agents,
    [81] = audit_decode_fqdn, [82] = audit_decode_relay, [85] = addresses, [86] = text, [87] = text,
    [88] = audit_decode_names, [89] = addresses, [91] = u32, [92] = addresses, [93] = architectures,
    [94] = client_interface, [95] = text, [97] = audit_decode_uuid, [98] = text, [99] = audit_decode_civic,
    [100] = text, [101] = text, [108] = u32, [112] = addresses, [113] = text, [114] = text, [116] = u8,
    [117] = u16s, [118] = address, [119] = audit_decode_names, [120] = audit_decode_sip, [121] = routes,
    [123] = geoconf, [124] = audit_decode_vi_class, [125] = audit_decode_vi_information, [136] = addresses,
    [137] = audit_decode_names, [138] = addresses, [144] = geoloc, [145] = u8s, [148] = addresses, [150] = addresses,
    [151] = status, [152] = u32, [153] = u32, [154] = u32, [155] = u32, [156] = state, [157] = data_source,
    [161] = text, [209] = text, [210] = text, [211] = u32, [213] = audit_decode_names, [249] = routes, [252] = text,
};
/* clang-format on */

void audit_option_json(struct audit_json *j, uint8_t code, struct slice value)
{
    if (decoders[code])
        decoders[code](j, value);
}
