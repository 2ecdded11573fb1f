/* SPDX-License-Identifier: ISC */
#include "dhcp/text.h"

#include "base/reader.h"
#include "dhcp/fqdn.h"
#include "dhcp/name.h"
#include "dhcp/relay.h"
#include "dhcp/vendor.h"

/* How an option's value is written. One that is not as long as its kind needs is written in hex. */
enum kind {
    HEX,
    TEXT,
    ADDRESSES, /* of four octets each */
    NUMBERS_8,
    NUMBERS_16,
    NUMBERS_32,
    SPECIAL, /* a function of its own */
};

/* clang-format off */
static const uint8_t kinds[256] = {
    [1] = ADDRESSES, [2] = NUMBERS_32, [3] = ADDRESSES, [4] = ADDRESSES, [5] = ADDRESSES,
    [6] = ADDRESSES, [7] = ADDRESSES, [8] = ADDRESSES, [9] = ADDRESSES, [10] = ADDRESSES,
    [11] = ADDRESSES, [12] = TEXT, [13] = NUMBERS_16, [14] = TEXT, [15] = TEXT, [16] = ADDRESSES,
    [17] = TEXT, [18] = TEXT, [19] = NUMBERS_8, [20] = NUMBERS_8, [21] = ADDRESSES, [22] = NUMBERS_16,
    [23] = NUMBERS_8, [24] = NUMBERS_32, [25] = NUMBERS_16, [26] = NUMBERS_16, [27] = NUMBERS_8,
    [28] = ADDRESSES, [29] = NUMBERS_8, [30] = NUMBERS_8, [31] = NUMBERS_8, [32] = ADDRESSES,
    [33] = ADDRESSES, [34] = NUMBERS_8, [35] = NUMBERS_32, [36] = NUMBERS_8, [37] = NUMBERS_8,
    [38] = NUMBERS_32, [39] = NUMBERS_8, [40] = TEXT, [41] = ADDRESSES, [42] = ADDRESSES,
    [43] = SPECIAL, [44] = ADDRESSES, [45] = ADDRESSES, [46] = NUMBERS_8, [47] = TEXT,
    [48] = ADDRESSES, [49] = ADDRESSES, [50] = ADDRESSES, [51] = NUMBERS_32, [52] = NUMBERS_8,
    [53] = SPECIAL, [54] = ADDRESSES, [55] = NUMBERS_8, [56] = TEXT, [57] = NUMBERS_16,
    [58] = NUMBERS_32, [59] = NUMBERS_32, [60] = TEXT, [61] = SPECIAL, [62] = TEXT, [64] = TEXT,
    [65] = ADDRESSES, [66] = TEXT, [67] = TEXT, [68] = ADDRESSES, [69] = ADDRESSES, [70] = ADDRESSES,
    [71] = ADDRESSES, [72] = ADDRESSES, [73] = ADDRESSES, [74] = ADDRESSES, [75] = ADDRESSES,
    [76] = ADDRESSES, [77] = SPECIAL, [81] = SPECIAL, [82] = SPECIAL, [85] = ADDRESSES, [86] = TEXT,
    [87] = TEXT, [89] = ADDRESSES, [91] = NUMBERS_32, [92] = ADDRESSES, [93] = SPECIAL,
    [94] = SPECIAL, [97] = SPECIAL, [98] = TEXT, [99] = SPECIAL, [100] = TEXT, [101] = TEXT,
    [108] = NUMBERS_32, [112] = ADDRESSES, [113] = TEXT, [114] = TEXT, [116] = NUMBERS_8,
    [117] = NUMBERS_16, [118] = ADDRESSES, [121] = SPECIAL, [123] = SPECIAL, [124] = SPECIAL,
    [125] = SPECIAL, [136] = ADDRESSES, [138] = ADDRESSES, [144] = SPECIAL, [145] = NUMBERS_8,
    [147] = TEXT, [150] = ADDRESSES, [151] = SPECIAL, [152] = NUMBERS_32, [153] = NUMBERS_32,
    [154] = NUMBERS_32, [155] = NUMBERS_32, [156] = SPECIAL, [157] = NUMBERS_8, [161] = TEXT,
    [209] = TEXT, [210] = TEXT, [211] = NUMBERS_32, [249] = SPECIAL, [252] = TEXT,
};
/* clang-format on */

static void put_address(struct buf *out, uint32_t address)
{
    char text[16];
    buf_append_str(out, dhcp_address_text(address, text));
}

/* Text as clients send it: some put a C string's NUL behind it (RFC 2132 §2: "SHOULD NOT"). */
static void put_text(struct buf *out, struct slice value)
{
    while (value.n && value.p[value.n - 1] == 0)
        value.n--;
    dhcp_octets_text(out, value);
}

/* What has a name, or its number. */
static void put_named(struct buf *out, const char *name, unsigned number)
{
    if (name)
        buf_append_str(out, name);
    else
        buf_printf(out, "%u", number);
}

static size_t size_of(enum kind kind)
{
    switch (kind) {
    case HEX:
    case TEXT:
    case SPECIAL:
    case NUMBERS_8: return 1;
    case NUMBERS_16: return 2;
    case NUMBERS_32:
    case ADDRESSES: return 4;
    }
    return 1;
}

static void put_list(struct buf *out, enum kind kind, struct slice value)
{
    struct reader in = reader_of(value);
    size_t size = size_of(kind);
    for (size_t i = 0; i < value.n / size; i++) {
        uint32_t number = size == 1   ? reader_u8(&in)
                          : size == 2 ? reader_be16(&in)
                                      : reader_be32(&in);
        if (i > 0)
            buf_append_byte(out, ' ');
        if (kind == ADDRESSES)
            put_address(out, number);
        else
            buf_printf(out, "%u", number);
    }
}

/* What nearly always is text, else hex. */
static void put_text_or_hex(struct buf *out, struct slice value)
{
    bool shown = value.n > 0;
    for (size_t i = 0; i < value.n; i++)
        shown &= value.p[i] >= 0x20 && value.p[i] < 0x7f;
    if (shown)
        dhcp_octets_text(out, value);
    else
        dhcp_colon_text(out, value);
}

static void put_relay_sub(struct buf *out, const struct dhcp_sub *sub)
{
    struct reader in = reader_of(sub->value);
    put_named(out, dhcp_relay_name(sub->code), sub->code);
    buf_append_byte(out, ' ');
    bool address =
        sub->code == DHCP_RELAY_LINK_SELECTION || sub->code == DHCP_RELAY_SERVER_OVERRIDE;
    if (address && sub->value.n == 4)
        put_address(out, reader_be32(&in));
    else if (sub->code == DHCP_RELAY_RELAY_ID)
        dhcp_duid_text(out, sub->value); /* RFC 6925 §4 */
    else
        put_text_or_hex(out, sub->value);
}

/* Sub-options with their numbers. False: they are none, and nothing of use was written. */
static bool put_subs(struct buf *out, struct slice value, bool relay)
{
    struct dhcp_sub sub;
    struct fault why;
    size_t at = 0;
    int result;
    while ((result = dhcp_sub_next(value, &at, &sub, &why)) > 0) {
        if (sub.at > 0)
            buf_append_str(out, ", ");
        if (relay) {
            put_relay_sub(out, &sub);
        } else {
            buf_printf(out, "%u ", sub.code);
            put_text_or_hex(out, sub.value);
        }
    }
    if (result < 0 && at > 0)
        buf_append_str(out, ", ");
    if (result < 0)
        dhcp_colon_text(out, slice_from(value, at));
    return true;
}

/* RFC 2132 §8.4: "encapsulated vendor-specific options" end as options do, or are anything. */
static bool is_encapsulated(struct slice value, size_t *end)
{
    struct dhcp_sub sub;
    struct fault why;
    size_t at = 0;
    *end = value.n;
    for (;;) {
        if (at < value.n && value.p[at] == 255) {
            *end = at;
            return at > 0;
        }
        int result = dhcp_sub_next(value, &at, &sub, &why);
        if (result <= 0)
            return result == 0 && value.n > 0;
    }
}

static bool put_vendor_specific(struct buf *out, struct slice value)
{
    size_t end;
    if (is_encapsulated(value, &end))
        return put_subs(out, slice_first(value, end), false);
    put_text_or_hex(out, value);
    return true;
}

static bool put_type(struct buf *out, struct slice value)
{
    if (value.n == 0)
        return false;
    put_named(out, dhcp_type_name(value.p[0]), value.p[0]);
    return true;
}

static bool put_user_class(struct buf *out, struct slice value)
{
    struct slice item;
    struct fault why;
    size_t at = 0;
    if (!dhcp_user_class_is_list(value)) {
        put_text(out, value);
        return true;
    }
    while (dhcp_user_class_next(value, &at, &item, &why) > 0) {
        put_text(out, item);
        if (at < value.n)
            buf_append_str(out, ", ");
    }
    return true;
}

static bool put_fqdn(struct buf *out, struct slice value)
{
    static const char letters[] = { 'S', 'O', 'E', 'N' };
    struct dhcp_fqdn fqdn;
    struct fault why;
    if (!dhcp_fqdn_parse(value, &fqdn, &why) && value.n < 3)
        return false;
    buf_append_str(out, fqdn.name);
    buf_append_str(out, fqdn.name_n ? " (" : "(");
    for (size_t i = 0; i < 4; i++) {
        buf_append_byte(out, fqdn.flags >> i & 1 ? (uint8_t)letters[i] : '-');
    }
    buf_append_byte(out, ')');
    return true;
}

static bool put_architectures(struct buf *out, struct slice value)
{
    struct reader in = reader_of(value);
    if (value.n == 0 || value.n % 2)
        return false;
    while (reader_left(&in)) {
        uint16_t it = reader_be16(&in);
        put_named(out, dhcp_architecture_name(it), it);
        if (reader_left(&in))
            buf_append_str(out, ", ");
    }
    return true;
}

/* RFC 4578 §2.2: type 1, UNDI, with its version. */
static bool put_interface(struct buf *out, struct slice value)
{
    if (value.n != 3 || value.p[0] != 1)
        return false;
    buf_printf(out, "UNDI %u.%u", value.p[1], value.p[2]);
    return true;
}

/* RFC 4578 §2.3: type 0 and a GUID. */
static bool put_machine(struct buf *out, struct slice value)
{
    if (value.n != 17 || value.p[0] != 0)
        return false;
    dhcp_uuid_text(out, slice_from(value, 1));
    return true;
}

static bool put_vendors(struct buf *out, struct slice value, bool subs)
{
    struct dhcp_vendor_item item;
    struct fault why;
    size_t at = 0, end;
    while (dhcp_vendor_next(value, &at, &item, &why) > 0) {
        buf_printf(out, "%s%u ", item.at ? "; " : "", item.enterprise);
        if (subs && is_encapsulated(item.data, &end))
            (void)put_subs(out, slice_first(item.data, end), false);
        else
            put_text_or_hex(out, item.data);
    }
    if (at < value.n && at > 0)
        buf_append_str(out, "; ");
    if (at < value.n)
        dhcp_colon_text(out, slice_from(value, at));
    return true;
}

/* RFC 6926 §6.2.2. */
static bool put_status(struct buf *out, struct slice value)
{
    if (value.n == 0)
        return false;
    put_named(out, dhcp_status_name(value.p[0]), value.p[0]);
    if (value.n > 1)
        buf_append_str(out, ": ");
    put_text(out, slice_from(value, 1));
    return true;
}

static bool put_state(struct buf *out, struct slice value)
{
    if (value.n != 1)
        return false;
    put_named(out, dhcp_state_name(value.p[0]), value.p[0]);
    return true;
}

/* RFC 3442: width of the mask, as many octets of the destination as it needs, router. */
static bool put_routes(struct buf *out, struct slice value)
{
    struct reader in = reader_of(value);
    size_t start = buf_size(out);
    while (reader_left(&in) && !in.bad) {
        uint8_t width = reader_u8(&in);
        uint32_t to = 0;
        for (unsigned i = 0; i < (width + 7u) / 8 && i < 4; i++)
            to |= (uint32_t)reader_u8(&in) << (24 - 8 * i);
        uint32_t router = reader_be32(&in);
        if (in.bad || width > 32)
            break;
        if (buf_size(out) > start)
            buf_append_str(out, ", ");
        put_address(out, to);
        buf_printf(out, "/%u via ", width);
        put_address(out, router);
    }
    return buf_size(out) > start;
}

static bool put_special(struct buf *out, uint8_t code, struct slice value)
{
    switch (code) {
    case DHCP_O_VENDOR_SPECIFIC: return put_vendor_specific(out, value);
    case DHCP_O_TYPE: return put_type(out, value);
    case DHCP_O_CLIENT_ID: dhcp_client_id_text(out, value); return true;
    case DHCP_O_USER_CLASS: return put_user_class(out, value);
    case DHCP_O_FQDN: return put_fqdn(out, value);
    case DHCP_O_RELAY_AGENT: return put_subs(out, value, true);
    case DHCP_O_CLIENT_ARCHITECTURE: return put_architectures(out, value);
    case DHCP_O_CLIENT_INTERFACE: return put_interface(out, value);
    case DHCP_O_CLIENT_UUID: return put_machine(out, value);
    case DHCP_O_CIVIC: dhcp_civic_text(out, value); return true;
    case DHCP_O_GEOCONF:
    case DHCP_O_GEOLOC: dhcp_geo_text(out, value, code == DHCP_O_GEOLOC); return true;
    case DHCP_O_VI_CLASS: return put_vendors(out, value, false);
    case DHCP_O_VI_INFORMATION: return put_vendors(out, value, true);
    case DHCP_O_STATUS: return put_status(out, value);
    case DHCP_O_STATE: return put_state(out, value);
    default: return put_routes(out, value); /* 121, and 249 as Microsoft's clients ask for it */
    }
}

void dhcp_option_text(struct buf *out, uint8_t code, struct slice value)
{
    enum kind kind = kinds[code];
    bool written = false;
    if (kind == SPECIAL)
        written = put_special(out, code, value);
    else if (kind == TEXT)
        put_text(out, value);
    else if (kind != HEX && value.n % size_of(kind) == 0)
        put_list(out, kind, value);
    else
        dhcp_colon_text(out, value);
    if (kind == SPECIAL && !written)
        dhcp_colon_text(out, value);
}
