/* SPDX-License-Identifier: ISC
 *
 * IEEE 802.11 frames, and the headers that capturing puts in front of them: radiotap (radiotap.org) and PPI.
 * What is encrypted cannot be read; of an aggregate (A-MSDU) only the first part is.
 */
#include <string.h>

#include "capture/link.h"

enum {
    FRAME_DATA = 2,     /* type, IEEE 802.11 §9.2.4.1.3 */
    SUBTYPE_NULL = 0x4, /* carries nothing */
    SUBTYPE_QOS = 0x8,
    TO_DS = 0x01,
    FROM_DS = 0x02,
    MORE_FRAGMENTS = 0x04,
    PROTECTED = 0x40,
    ORDER = 0x80, /* of QoS data: an HT control field */
    AMSDU = 0x80,
    RADIOTAP_TSFT = 1 << 0,
    RADIOTAP_FLAGS = 1 << 1,
    RADIOTAP_HAS_FCS = 0x10,
    RADIOTAP_PADDED = 0x20,
    PPI_80211_COMMON = 2,
    FCS = 4,
};

static uint16_t le16(const uint8_t *p)
{
    return (uint16_t)(p[1] << 8 | p[0]);
}

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)le16(p + 2) << 16 | le16(p);
}

/* §9.3.2.1, table 9-60: which address is whose, by the two bits. h: from the first address on. */
static void set_stations(uint8_t flags, const uint8_t *h, const uint8_t *fourth,
                         struct capture_packet *out)
{
    const uint8_t *source = h + 6, *destination = h;
    if (flags & TO_DS)
        destination = h + 12;
    if (flags & FROM_DS)
        source = flags & TO_DS ? fourth : h + 12;
    out->has_source = out->has_destination = true;
    memcpy(out->source, source, 6);
    memcpy(out->destination, destination, 6);
}

/* Subframe header: destination, source, length (§9.3.2.2). */
static bool parse_aggregate(struct capture_link *link, struct capture_packet *out)
{
    const uint8_t *p = capture_link_take(link, 14);
    if (!p)
        return false;
    memcpy(out->destination, p, 6);
    memcpy(out->source, p + 6, 6);
    return capture_link_llc(link, out);
}

bool capture_link_wireless(struct capture_link *link, bool padded, struct capture_packet *out)
{
    size_t start = link->at;
    const uint8_t *h = capture_link_take(link, 24), *qos = NULL;
    if (!h)
        return false;
    const uint8_t *fourth = h;
    uint8_t subtype = h[0] >> 4, flags = h[1];
    if ((h[0] & 3) != 0 || (h[0] >> 2 & 3) != FRAME_DATA || subtype & SUBTYPE_NULL ||
        flags & (PROTECTED | MORE_FRAGMENTS))
        return false;
    if ((flags & (TO_DS | FROM_DS)) == (TO_DS | FROM_DS) && !(fourth = capture_link_take(link, 6)))
        return false;
    if (subtype & SUBTYPE_QOS) {
        if (!(qos = capture_link_take(link, 2)) || (flags & ORDER && !capture_link_take(link, 4)))
            return false;
    }
    if (padded && !capture_link_take(link, (4 - (link->at - start) % 4) % 4))
        return false;
    set_stations(flags, h + 4, fourth, out);
    if (qos && *qos & AMSDU)
        return parse_aggregate(link, out);
    return capture_link_llc(link, out);
}

/* The flags field stands behind the bitmaps and the clock; 0 without one. */
static uint8_t radiotap_flags(const uint8_t *h, size_t n)
{
    size_t at = 4;
    uint32_t present = le32(h + 4);
    if (!(present & RADIOTAP_FLAGS))
        return 0;
    do { /* each bitmap's top bit says that there is another */
        at += 4;
        if (at > n)
            return 0;
    } while (le32(h + at - 4) >> 31 && n - at >= 4);
    if (present & RADIOTAP_TSFT)
        at = (at + 7) / 8 * 8 + 8;
    return at < n ? h[at] : 0;
}

bool capture_link_radiotap(struct capture_link *link, struct capture_packet *out)
{
    size_t start = link->at;
    const uint8_t *h = capture_link_take(link, 8);
    if (!h)
        return false;
    size_t n = le16(h + 2);
    if (n < 8 || !capture_link_take(link, n - 8))
        return false;
    uint8_t flags = radiotap_flags(link->frame.p + start, n);
    if (flags & RADIOTAP_HAS_FCS)
        capture_link_fcs(link, FCS);
    return capture_link_wireless(link, flags & RADIOTAP_PADDED, out);
}

/* PPI: version, flags, length, link type; then fields of type and length. */
bool capture_link_ppi(struct capture_link *link, uint32_t *out_link_type)
{
    const uint8_t *h = capture_link_take(link, 8);
    if (!h)
        return false;
    size_t n = le16(h + 2), at = 8;
    if (n < 8 || !capture_link_take(link, n - 8))
        return false;
    while (n - at >= 4) {
        size_t field = le16(h + at + 2);
        if (field > n - at - 4)
            break;
        if (le16(h + at) == PPI_80211_COMMON && field >= 10 && h[at + 12] & 1)
            capture_link_fcs(link, FCS);
        at += 4 + field;
    }
    *out_link_type = le32(h + 4);
    return true;
}
