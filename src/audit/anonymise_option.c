/* SPDX-License-Identifier: ISC */
#include "audit/anonymise_option.h"

#include <string.h>

#include "base/reader.h"
#include "dhcp/name.h"
#include "dhcp/vendor.h"

typedef void replace_fn(const struct anonymise_map *map, const struct anonymise_owner *owner,
                        uint8_t *value, size_t n);

static void addresses(const struct anonymise_map *map, const struct anonymise_owner *owner UNUSED,
                      uint8_t *value, size_t n)
{
    anonymise_addresses(map, value, n);
}

static void text(const struct anonymise_map *map, const struct anonymise_owner *owner UNUSED,
                 uint8_t *value, size_t n)
{
    anonymise_text(map, value, n);
}

static void names(const struct anonymise_map *map, const struct anonymise_owner *owner UNUSED,
                  uint8_t *value, size_t n)
{
    anonymise_names(map, value, n);
}

static void geo(const struct anonymise_map *map, const struct anonymise_owner *owner UNUSED,
                uint8_t *value, size_t n)
{
    anonymise_geo(map, value, n);
}

/* 60: software, and sometimes more than that. */
static void vendor_class(const struct anonymise_map *map, const struct anonymise_owner *owner,
                         uint8_t *value, size_t n)
{
    if (!map->keep_vendor)
        anonymise_owned(map, owner, value, n);
}

/* 81 (RFC 4702 §2): flags and codes stay. */
static void fqdn(const struct anonymise_map *map, const struct anonymise_owner *owner UNUSED,
                 uint8_t *value, size_t n)
{
    enum { HEAD = 3, WIRE = 4 };
    if (n <= HEAD)
        return;
    if (value[0] & WIRE)
        anonymise_names(map, value + HEAD, n - HEAD);
    else
        anonymise_text(map, value + HEAD, n - HEAD);
}

/* 99 (RFC 4776 §3.1): what, country, elements. */
static void civic(const struct anonymise_map *map, const struct anonymise_owner *owner UNUSED,
                  uint8_t *value, size_t n)
{
    enum { HEAD = 3 };
    if (n > 1)
        anonymise_text(map, value + 1, n < HEAD ? n - 1 : HEAD - 1);
    for (size_t at = HEAD; at + 2 < n;) {
        size_t left = n - at - 2, size = value[at + 1] < left ? value[at + 1] : left;
        anonymise_text(map, value + at + 2, size);
        at += 2 + size;
    }
}

/* 77 (RFC 3004 §4), or bare text. */
static void user_class(const struct anonymise_map *map, const struct anonymise_owner *owner,
                       uint8_t *value, size_t n)
{
    struct slice item, whole = { value, n };
    struct fault why;
    size_t at = 0;
    if (!dhcp_user_class_is_list(whole)) {
        anonymise_owned(map, owner, value, n);
        return;
    }
    while (dhcp_user_class_next(whole, &at, &item, &why) > 0)
        anonymise_owned(map, owner, value + (item.p - whole.p), item.n);
}

/* Codes and lengths stay as far as they fit, what is in them is replaced. */
static void subs(const struct anonymise_map *map, const struct anonymise_owner *owner,
                 uint8_t *value, size_t n)
{
    for (size_t at = 0; at + 2 < n;) {
        size_t left = n - at - 2, size = value[at + 1] < left ? value[at + 1] : left;
        anonymise_owned(map, owner, value + at + 2, size);
        at += 2 + size;
    }
}

/* 43 (RFC 2132 §8.4) may be sub-options, and need not be. */
static void vendor_specific(const struct anonymise_map *map, const struct anonymise_owner *owner,
                            uint8_t *value, size_t n)
{
    size_t at = 0;
    while (at + 1 < n && value[at] != 0 && value[at] != UINT8_MAX)
        at += 2u + value[at + 1];
    bool ended = at == n || (at + 1 == n && value[at] == UINT8_MAX);
    (ended ? subs : anonymise_owned)(map, owner, value, n);
}

/* 124, 125 (RFC 3925 §3, §4): enterprise number, length, data. */
static void vendor_items(const struct anonymise_map *map, const struct anonymise_owner *owner,
                         uint8_t *value, size_t n, replace_fn *data)
{
    enum { HEAD = 5 };
    for (size_t at = 0; at + HEAD < n;) {
        size_t left = n - at - HEAD,
               size = value[at + HEAD - 1] < left ? value[at + HEAD - 1] : left;
        data(map, owner, value + at + HEAD, size);
        at += HEAD + size;
    }
}

static void vi_class(const struct anonymise_map *map, const struct anonymise_owner *owner,
                     uint8_t *value, size_t n)
{
    vendor_items(map, owner, value, n, vendor_class);
}

static void vi_information(const struct anonymise_map *map, const struct anonymise_owner *owner,
                           uint8_t *value, size_t n)
{
    vendor_items(map, owner, value, n, subs);
}

/* 121 and 249 (RFC 3442): the octets of a destination that its width takes, and a router. */
static void routes(const struct anonymise_map *map, const struct anonymise_owner *owner UNUSED,
                   uint8_t *value, size_t n)
{
    for (size_t at = 0; at < n;) {
        uint8_t to[4] = { 0 };
        size_t width = (value[at] + 7u) / 8, left = n - at - 1;
        if (width > 4 || left < width + 4) {
            anonymise_octets(map, "rest", value + at + 1, left);
            return;
        }
        memcpy(to, value + at + 1, width);
        anonymise_addresses(map, to, sizeof to);
        memcpy(value + at + 1, to, width);
        anonymise_addresses(map, value + at + 1 + width, 4);
        at += 1 + width + 4;
    }
}

/* An octet or more that say how the rest is meant, then opaque octets: 78 to 79, 97, 90, 151, 221. */
static void behind(const struct anonymise_map *map, const struct anonymise_owner *owner,
                   uint8_t *value, size_t n, size_t head)
{
    if (n > head)
        anonymise_owned(map, owner, value + head, n - head);
}

static void behind_one(const struct anonymise_map *map, const struct anonymise_owner *owner,
                       uint8_t *value, size_t n)
{
    behind(map, owner, value, n, 1);
}

/* 90 (RFC 3118 §2): protocol, algorithm, replay detection method. */
static void behind_three(const struct anonymise_map *map, const struct anonymise_owner *owner,
                         uint8_t *value, size_t n)
{
    behind(map, owner, value, n, 3);
}

static void slp_agents(const struct anonymise_map *map, const struct anonymise_owner *owner UNUSED,
                       uint8_t *value, size_t n)
{
    if (n > 1)
        anonymise_addresses(map, value + 1, n - 1);
}

/* 120 (RFC 3361 §3): names behind 0, addresses behind 1. */
static void sip(const struct anonymise_map *map, const struct anonymise_owner *owner UNUSED,
                uint8_t *value, size_t n)
{
    if (n > 1)
        (value[0] == 0 ? anonymise_names : anonymise_addresses)(map, value + 1, n - 1);
}

/* 161 (RFC 8520 §10), 114 (RFC 8910): the scheme tells nobody's name. */
static void url(const struct anonymise_map *map, const struct anonymise_owner *owner UNUSED,
                uint8_t *value, size_t n)
{
    static const struct slice schemes[] = { SLICE_INIT("https://"), SLICE_INIT("http://") };
    size_t head = 0;
    for (size_t i = 0; !head && i < ARRAY_SIZE(schemes); i++)
        if (slice_starts_nocase((struct slice){ value, n }, schemes[i]))
            head = schemes[i].n;
    anonymise_text(map, value + head, n - head);
}

/* clang-format off */
static replace_fn *const replacers[256] = {
    [3] = addresses, [4] = addresses, [5] = addresses, [6] = addresses, [7] = addresses, [8] = addresses,
    [9] = addresses, [10] = addresses, [11] = addresses, [12] = text, [14] = text, [15] = text, [16] = addresses,
    [17] = text, [18] = text, [21] = addresses, [28] = addresses, [32] = addresses, [33] = addresses, [40] = text,
    [41] = addresses, [42] = addresses, [43] = vendor_specific, [44] = addresses, [45] = addresses, [47] = text,
    [48] = addresses, [49] = addresses, [50] = addresses, [54] = addresses, [56] = text, [60] = vendor_class,
    [61] = anonymise_client_id, [62] = text, [64] = text, [65] = addresses, [66] = text, [67] = text,
    [68] = addresses, [69] = addresses, [70] = addresses, [71] = addresses, [72] = addresses, [73] = addresses,
    [74] = addresses, [75] = addresses, [76] = addresses, [77] = user_class, [78] = slp_agents, [79] = behind_one,
    [81] = fqdn, [82] = anonymise_relay, [85] = addresses, [86] = text, [87] = text, [88] = names,
    [89] = addresses, [90] = behind_three, [92] = addresses, [95] = text, [97] = behind_one, [98] = text,
    [99] = civic, [100] = text, [101] = text, [112] = addresses, [113] = text, [114] = url, [118] = addresses,
    [119] = names, [120] = sip, [121] = routes, [123] = geo, [124] = vi_class, [125] = vi_information,
    [136] = addresses, [137] = names, [138] = addresses, [144] = geo, [148] = addresses, [150] = addresses,
    [151] = behind_one, [161] = url, [209] = text, [210] = text, [213] = names, [221] = behind_one, [249] = routes,
    [252] = url,
};

/* Numbers, switches, codes and times: how many octets of them stay as they are. */
static const uint8_t kept[256] = {
    [1] = 4, [2] = 4, [13] = 2, [19] = 1, [20] = 1, [22] = 2, [23] = 1, [24] = 4, [25] = 32, [26] = 2, [27] = 1,
    [29] = 1, [30] = 1, [31] = 1, [34] = 1, [35] = 4, [36] = 1, [37] = 1, [38] = 4, [39] = 1, [46] = 1, [51] = 4,
    [52] = 1, [53] = 2, [55] = 255, [57] = 2, [58] = 4, [59] = 4, [91] = 4, [93] = 32, [94] = 3, [108] = 4,
    [116] = 1, [117] = 32, [145] = 16, [152] = 4, [153] = 4, [154] = 4, [155] = 4, [156] = 1, [157] = 1, [208] = 4,
    [211] = 4,
};
/* clang-format on */

void anonymise_option(const struct anonymise_map *map, const struct anonymise_owner *owner,
                      uint8_t code, uint8_t *value, size_t n)
{
    if (replacers[code])
        replacers[code](map, owner, value, n);
    else if (n > kept[code])
        behind(map, owner, value, n, kept[code]);
}
