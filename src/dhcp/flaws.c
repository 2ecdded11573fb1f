/* SPDX-License-Identifier: ISC */
#include "dhcp/flaws.h"

#include "dhcp/fqdn.h"
#include "dhcp/location.h"
#include "dhcp/name.h"
#include "dhcp/relay.h"
#include "dhcp/vendor.h"

enum { OP_AT = 0, HLEN_AT = 2 };

void dhcp_flaw(struct dhcp_packet *packet, size_t at, const char *what)
{
    if (packet->flaws_n < DHCP_FLAWS_MAX)
        packet->flaws[packet->flaws_n++] = (struct fault){ .at = at, .what = what };
}

/* A BOOTP message without a cookie, of RFC 951's 300 octets or fewer, has nothing wrong with it. */
void dhcp_flaws_fixed(struct dhcp_packet *packet)
{
    if (packet->whole.n < DHCP_FIXED_SIZE)
        dhcp_flaw(packet, packet->whole.n, "short: cut inside its fixed part");
    if (packet->whole.n > OP_AT && packet->op != DHCP_BOOTREQUEST && packet->op != DHCP_BOOTREPLY)
        dhcp_flaw(packet, OP_AT, "op is neither request nor reply");
    if (packet->hlen > DHCP_CHADDR_MAX)
        dhcp_flaw(packet, HLEN_AT, "hlen is more than 16");
}

/* The lengths that RFC 2132 and its successors give: exactly n octets, or n once or more. 52, 61, 81 and
 * lists with lengths of their own are looked at elsewhere. */
struct length {
    enum { ANY, EXACT, MULTIPLE } rule;
    uint8_t n;
};

/* clang-format off */
#define EXACTLY(n) { EXACT, n }
#define MANY(n)    { MULTIPLE, n }

static const struct length lengths[256] = {
    [1] = EXACTLY(4), [2] = EXACTLY(4), [3] = MANY(4), [4] = MANY(4), [5] = MANY(4), [6] = MANY(4),
    [7] = MANY(4), [8] = MANY(4), [9] = MANY(4), [10] = MANY(4), [11] = MANY(4), [13] = EXACTLY(2),
    [16] = EXACTLY(4), [19] = EXACTLY(1), [20] = EXACTLY(1), [21] = MANY(8), [22] = EXACTLY(2),
    [23] = EXACTLY(1), [24] = EXACTLY(4), [25] = MANY(2), [26] = EXACTLY(2), [27] = EXACTLY(1),
    [28] = EXACTLY(4), [29] = EXACTLY(1), [30] = EXACTLY(1), [31] = EXACTLY(1), [32] = EXACTLY(4),
    [33] = MANY(8), [34] = EXACTLY(1), [35] = EXACTLY(4), [36] = EXACTLY(1), [37] = EXACTLY(1),
    [38] = EXACTLY(4), [39] = EXACTLY(1), [41] = MANY(4), [42] = MANY(4), [44] = MANY(4),
    [45] = MANY(4), [46] = EXACTLY(1), [48] = MANY(4), [49] = MANY(4), [50] = EXACTLY(4),
    [51] = EXACTLY(4), [53] = EXACTLY(1), [54] = EXACTLY(4), [57] = EXACTLY(2), [58] = EXACTLY(4),
    [59] = EXACTLY(4), [65] = MANY(4), [69] = MANY(4), [70] = MANY(4), [71] = MANY(4),
    [72] = MANY(4), [73] = MANY(4), [74] = MANY(4), [75] = MANY(4), [76] = MANY(4),
    [80] = EXACTLY(0), [91] = EXACTLY(4), [92] = MANY(4), [93] = MANY(2), [94] = EXACTLY(3),
    [97] = EXACTLY(17), [108] = EXACTLY(4), [116] = EXACTLY(1), [118] = EXACTLY(4),
    [152] = EXACTLY(4), [153] = EXACTLY(4), [154] = EXACTLY(4), [155] = EXACTLY(4),
    [156] = EXACTLY(1), [157] = EXACTLY(1),
};
/* clang-format on */

static bool fits(struct length length, size_t n)
{
    switch (length.rule) {
    case ANY: return true;
    case EXACT: return n == length.n;
    case MULTIPLE: return length.n > 0 && n >= length.n && n % length.n == 0;
    }
    return true;
}

static void check_length(struct dhcp_packet *packet, const struct dhcp_option *option)
{
    /* What was joined of several is longer than it should be because of that. */
    if (option->pieces == 1 && !fits(lengths[option->code], option->value.n))
        dhcp_flaw(packet, option->at, dhcp_option_wrong_length(option->code));
}

static void flaw_inside(struct dhcp_packet *packet, const struct dhcp_option *option,
                        const struct fault *why)
{
    dhcp_flaw(packet, dhcp_option_offset(packet, option, why->at), why->what);
}

/* RFC 3046 §2.0. */
static void check_relay(struct dhcp_packet *packet, const struct dhcp_option *option)
{
    struct dhcp_sub sub;
    struct fault why;
    size_t at = 0;
    int result;
    while ((result = dhcp_sub_next(option->value, &at, &sub, &why)) > 0)
        continue;
    if (result < 0)
        flaw_inside(packet, option, &why);
}

/* RFC 3925 §3, §4; what a vendor puts into 125's items is his. */
static void check_vendor(struct dhcp_packet *packet, const struct dhcp_option *option)
{
    struct dhcp_vendor_item item;
    struct fault why;
    size_t at = 0;
    int result;
    while ((result = dhcp_vendor_next(option->value, &at, &item, &why)) > 0)
        continue;
    if (result < 0)
        flaw_inside(packet, option, &why);
}

/* RFC 4776 §3.1. */
static void check_civic(struct dhcp_packet *packet, const struct dhcp_option *option)
{
    struct dhcp_civic civic;
    struct dhcp_civic_element element;
    struct fault why;
    size_t at = 0;
    int result;
    if (!dhcp_civic_parse(option->value, &civic, &why)) {
        dhcp_flaw(packet, option->at, why.what);
        return;
    }
    while ((result = dhcp_civic_next(&civic, &at, &element, &why)) > 0)
        continue;
    if (result < 0)
        flaw_inside(packet, option, &why);
}

static void check_geo(struct dhcp_packet *packet, const struct dhcp_option *option)
{
    struct dhcp_geo geo;
    struct fault why;
    if (!dhcp_geo_parse(option->value, option->code == DHCP_O_GEOLOC, &geo, &why))
        dhcp_flaw(packet, option->at, why.what);
}

static void check_fqdn(struct dhcp_packet *packet, const struct dhcp_option *option)
{
    struct fault why;
    if (!dhcp_fqdn_check(option->value, &why))
        dhcp_flaw(packet, option->at, why.what);
}

/* What has a rule of its own. */
static void check_rule(struct dhcp_packet *packet, const struct dhcp_option *option)
{
    switch (option->code) {
    case DHCP_O_TYPE:
        if (option->value.n == 0)
            dhcp_flaw(packet, option->at, "empty option 53 (DHCP Msg Type)");
        break;
    case DHCP_O_CLIENT_ID:
        if (option->value.n == 0)
            dhcp_flaw(packet, option->at, "empty option 61 (Client Id)");
        break;
    case DHCP_O_FQDN: check_fqdn(packet, option); break;
    case DHCP_O_RELAY_AGENT: check_relay(packet, option); break;
    case DHCP_O_CIVIC: check_civic(packet, option); break;
    case DHCP_O_GEOCONF:
    case DHCP_O_GEOLOC: check_geo(packet, option); break;
    case DHCP_O_VI_CLASS:
    case DHCP_O_VI_INFORMATION: check_vendor(packet, option); break;
    default: break;
    }
}

/* What the rules name comes before lengths that a rule does not: the list has an end. */
void dhcp_flaws_options(struct dhcp_packet *packet)
{
    for (size_t i = 0; i < packet->options_n; i++)
        check_rule(packet, &packet->options[i]);
    for (size_t i = 0; i < packet->options_n; i++)
        if (packet->options[i].code != DHCP_O_TYPE || packet->options[i].value.n)
            check_length(packet, &packet->options[i]);
}
