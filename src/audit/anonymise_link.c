/* SPDX-License-Identifier: ISC */
#include "audit/anonymise_link.h"

#include <string.h>

enum link_type { /* https://www.tcpdump.org/linktypes.html */
                 LINK_NULL = 0,
                 LINK_ETHERNET = 1,
                 LINK_80211 = 105,
                 LINK_LOOP = 108,
                 LINK_SLL = 113,
                 LINK_80211_RADIOTAP = 127,
                 LINK_PPI = 192,
                 LINK_SLL2 = 276,
};

enum {
    STATION = 6,
    TAGS_MAX = 16,
    VLAN = 0x8100,
    QINQ = 0x88a8,
    QINQ_OLD = 0x9100,
    QINQ_OLDER = 0x9200
};

static uint16_t be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint16_t le16(const uint8_t *p)
{
    return (uint16_t)(p[1] << 8 | p[0]);
}

uint32_t anonymise_crc32(struct slice octets)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < octets.n; i++) {
        crc ^= octets.p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

uint32_t anonymise_sum(uint32_t sum, struct slice octets)
{
    for (size_t i = 0; i + 1 < octets.n; i += 2)
        sum += be16(octets.p + i);
    if (octets.n % 2)
        sum += (uint32_t)octets.p[octets.n - 1] << 8;
    return (sum & 0xffff) + (sum >> 16);
}

uint16_t anonymise_fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

/* ---- Ethernet, and what looks like it ---- */

static void skip_tags(const uint8_t *data, size_t n, struct anonymise_link *out)
{
    for (int i = 0; i < TAGS_MAX; i++) {
        bool tag = out->type == VLAN || out->type == QINQ || out->type == QINQ_OLD ||
                   out->type == QINQ_OLDER;
        if (!tag || n - out->at < 4)
            return;
        out->type = be16(data + out->at + 2);
        out->at += 4;
    }
}

static bool ethernet(const struct anonymise_map *map, uint8_t *data, size_t n,
                     struct anonymise_link *out)
{
    if (n < 14)
        return false;
    anonymise_hardware(map, data, STATION);
    anonymise_hardware(map, data + STATION, STATION);
    *out = (struct anonymise_link){ .at = 14, .type = be16(data + 12) };
    skip_tags(data, n, out);
    return true;
}

/* An address in a field of eight octets. */
static void station(const struct anonymise_map *map, uint8_t field[8], size_t n)
{
    size_t used = n < 8 ? n : 8;
    anonymise_hardware(map, field, used);
    memset(field + used, 0, 8 - used);
}

static bool cooked(const struct anonymise_map *map, uint8_t *data, size_t n,
                   struct anonymise_link *out)
{
    if (n < 16)
        return false;
    station(map, data + 6, be16(data + 4));
    *out = (struct anonymise_link){ .at = 16, .type = be16(data + 14) };
    skip_tags(data, n, out);
    return true;
}

static bool cooked2(const struct anonymise_map *map, uint8_t *data, size_t n,
                    struct anonymise_link *out)
{
    if (n < 20)
        return false;
    station(map, data + 12, data[11]);
    *out = (struct anonymise_link){ .at = 20, .type = be16(data) };
    skip_tags(data, n, out);
    return true;
}

/* ---- IEEE 802.11 ---- */

/* RFC 1042. */
static void snap(const uint8_t *data, size_t n, struct anonymise_link *out)
{
    if (n - out->at >= 8 && memcmp(data + out->at, "\xaa\xaa\x03\0\0\0", 6) == 0) {
        out->type = be16(data + out->at + 6);
        out->at += 8;
        skip_tags(data, n, out);
    }
}

static size_t header_size(const uint8_t *h)
{
    enum { DS = 0x03, QOS = 0x08, ORDER = 0x80, DATA = 2 };
    size_t size = 24;
    if ((h[0] >> 2 & 3) != DATA)
        return size;
    size += (h[1] & DS) == DS ? STATION : 0;
    if (h[0] >> 4 & QOS)
        size += h[1] & ORDER ? 6 : 2;
    return size;
}

/* §9.3.1: control frames have one station or two. */
static size_t stations(const uint8_t *h, size_t n)
{
    enum { CONTROL = 1, CTS = 12, ACK = 13, SHORT = 10 };
    if ((h[0] >> 2 & 3) != CONTROL)
        return n >= 24 ? 3 : 0;
    unsigned subtype = h[0] >> 4;
    return n < SHORT ? 0 : n < SHORT + STATION || subtype == CTS || subtype == ACK ? 1 : 2;
}

static bool wireless(const struct anonymise_map *map, uint8_t *data, size_t n, bool padded,
                     struct anonymise_link *out)
{
    enum { DATA = 2, SUBTYPE_NULL = 4, PROTECTED = 0x40, AMSDU = 0x80, SUBFRAME = 14 };
    uint8_t *h = data + out->at;
    size_t left = n - out->at, several = left < 4 ? 0 : stations(h, left);
    for (size_t i = 0; i < several; i++)
        anonymise_hardware(map, h + 4 + STATION * i, STATION);
    if (several < 3) {
        out->at += several ? 4 + STATION * several : 0;
        return several;
    }
    size_t size = header_size(h);
    if (left < size)
        return false;
    if ((h[0] >> 2 & 3) != DATA) {
        out->at += size;
        return true;
    }
    bool four = (h[1] & 3) == 3, aggregate = h[0] & 0x80 && h[four ? 30 : 24] & AMSDU;
    if (four)
        anonymise_hardware(map, h + 24, STATION);
    out->at += padded ? (size + 3) / 4 * 4 : size;
    if (out->at > n)
        return false;
    if (h[0] >> 4 & SUBTYPE_NULL || h[1] & PROTECTED)
        return true;
    if (aggregate && n - out->at >= SUBFRAME) {
        anonymise_hardware(map, data + out->at, STATION);
        anonymise_hardware(map, data + out->at + STATION, STATION);
        out->at += SUBFRAME;
    }
    snap(data, n, out);
    return true;
}

/* radiotap.org: bitmaps, then fields; only the flags are kept: clock, signal and channel say where it was. */
static bool radiotap(const struct anonymise_map *map, uint8_t *data, size_t n,
                     struct anonymise_link *out)
{
    enum { TSFT = 1, FLAGS = 2, HAS_FCS = 0x10, PADDED = 0x20 };
    size_t size = n < 8 ? 0 : le16(data + 2), at = 8;
    if (size < 8 || size > n)
        return false;
    while (data[at - 1] & 0x80 && at + 4 <= size)
        at += 4;
    size_t fields = at, flags_at = data[4] & TSFT ? (at + 7) / 8 * 8 + 8 : at;
    uint8_t flags = data[4] & FLAGS && flags_at < size ? data[flags_at] : 0;
    memset(data + fields, 0, size - fields);
    if (data[4] & FLAGS && flags_at < size)
        data[flags_at] = flags;
    *out = (struct anonymise_link){ .at = size, .mac_at = size, .fcs = flags & HAS_FCS };
    return wireless(map, data, n, flags & PADDED, out);
}

/* PPI: fields of type and length; GPS may be among them. */
static bool ppi(const struct anonymise_map *map, uint8_t *data, size_t n,
                struct anonymise_link *out)
{
    enum { COMMON = 2, COMMON_FLAGS = 8 };
    size_t size = n < 8 ? 0 : le16(data + 2), at = 8;
    bool fcs = false;
    if (size < 8 || size > n || (le16(data + 4) != LINK_80211 && le16(data + 4) != LINK_ETHERNET))
        return false;
    while (size - at >= 4) {
        size_t field = le16(data + at + 2);
        if (field > size - at - 4)
            break;
        bool common = le16(data + at) == COMMON && field >= 10;
        uint8_t flags = common ? data[at + 4 + COMMON_FLAGS] : 0;
        memset(data + at + 4, 0, field);
        if (common)
            data[at + 4 + COMMON_FLAGS] = flags;
        fcs |= flags & 1;
        at += 4 + field;
    }
    memset(data + at, 0, size - at);
    struct anonymise_link inner = { 0 };
    bool fine = le16(data + 4) == LINK_80211 ? wireless(map, data + size, n - size, false, &inner)
                                             : ethernet(map, data + size, n - size, &inner);
    *out = (struct anonymise_link){
        .at = size + inner.at, .type = inner.type, .mac_at = size, .fcs = fcs
    };
    return fine;
}

static bool known(const struct anonymise_map *map, uint32_t link_type, uint8_t *data, size_t n,
                  struct anonymise_link *out)
{
    switch (link_type) {
    case LINK_ETHERNET: return ethernet(map, data, n, out);
    case LINK_SLL: return cooked(map, data, n, out);
    case LINK_SLL2: return cooked2(map, data, n, out);
    case LINK_80211: return wireless(map, data, n, false, out);
    case LINK_80211_RADIOTAP: return radiotap(map, data, n, out);
    case LINK_PPI: return ppi(map, data, n, out);
    case LINK_NULL:
    case LINK_LOOP: out->at = n < 4 ? n : 4; return true;
    default: return true; /* a packet without stations, or nothing that we know */
    }
}

void anonymise_link(const struct anonymise_map *map, uint32_t link_type, uint8_t *data, size_t n,
                    struct anonymise_link *out)
{
    *out = (struct anonymise_link){ 0 };
    if (!known(map, link_type, data, n, out))
        out->type = 0;
}

void anonymise_arp(const struct anonymise_map *map, uint8_t *data, size_t n)
{
    static const uint8_t kind[] = { 0, 1, 8, 0, STATION, 4 };
    enum { SIZE = 28 };
    bool fine = n >= SIZE && memcmp(data, kind, sizeof kind) == 0;
    for (size_t at = 8; fine && at < SIZE; at += STATION + 4) {
        anonymise_hardware(map, data + at, STATION);
        anonymise_addresses(map, data + at + STATION, 4);
    }
    size_t from = fine ? SIZE : 0;
    if (n > from)
        memset(data + from, 0, n - from);
}
