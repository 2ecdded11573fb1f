/* SPDX-License-Identifier: ISC */
#include "capture/link.h"

#include <string.h>

enum link_type { /* https://www.tcpdump.org/linktypes.html */
                 LINK_NULL = 0,
                 LINK_ETHERNET = 1,
                 LINK_PPP = 9,
                 LINK_RAW_BSD = 12,
                 LINK_RAW_OPENBSD = 14,
                 LINK_PPP_HDLC = 50,
                 LINK_PPP_ETHER = 51,
                 LINK_RAW = 101,
                 LINK_C_HDLC = 104,
                 LINK_80211 = 105,
                 LINK_LOOP = 108,
                 LINK_SLL = 113,
                 LINK_80211_RADIOTAP = 127,
                 LINK_PPI = 192,
                 LINK_IPV4 = 228,
                 LINK_SLL2 = 276,
};

enum ether_type {
    ETHER_802_3_MAX = 1500, /* up to here it is a length (IEEE 802.3 §3.2.6) */
    ETHER_IPV4 = 0x0800,
    ETHER_VLAN = 0x8100,
    ETHER_MPLS = 0x8847,
    ETHER_MPLS_MULTICAST = 0x8848,
    ETHER_PPPOE = 0x8864,
    ETHER_QINQ = 0x88a8,
    ETHER_QINQ_OLD = 0x9100, /* before 802.1ad there were these */
    ETHER_QINQ_OLDER = 0x9200,
};

enum { TAGS_MAX = 16, PPP_IPV4 = 0x0021, SLL_OUTGOING = 4, SAP_IP = 0x06 };

static uint16_t be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

const uint8_t *capture_link_take(struct capture_link *link, size_t n)
{
    if (link->at > link->end || link->end - link->at < n)
        return NULL;
    link->at += n;
    return link->frame.p + link->at - n;
}

void capture_link_fcs(struct capture_link *link, size_t n)
{
    size_t uncaptured = link->wire - link->end;
    link->wire -= n < link->wire ? n : link->wire;
    if (n > uncaptured)
        link->end -= n - uncaptured < link->end ? n - uncaptured : link->end;
    if (link->wire < link->end)
        link->wire = link->end;
}

/* RFC 1661 §2, RFC 1662 §3.1: address and control may be there, and the protocol in one octet. */
static bool parse_ppp(struct capture_link *link)
{
    const uint8_t *p = capture_link_take(link, 1);
    if (p && *p == 0xff) {
        if (!capture_link_take(link, 1))
            return false;
        p = capture_link_take(link, 1);
    }
    if (!p || *p & 1)
        return p && *p == PPP_IPV4;
    const uint8_t *low = capture_link_take(link, 1);
    return low && *p == 0 && *low == PPP_IPV4;
}

/* RFC 3032 §2.1; what is inside is not said: an IPv4 header is told by its version. */
static bool parse_mpls(struct capture_link *link)
{
    const uint8_t *p = NULL;
    for (int i = 0; i < TAGS_MAX; i++) {
        p = capture_link_take(link, 4);
        if (!p || p[2] & 1)
            return p;
    }
    return false;
}

static bool parse_tag(struct capture_link *link, uint16_t *type, struct capture_packet *out)
{
    const uint8_t *p = capture_link_take(link, 4);
    if (!p)
        return false;
    if (out->vlan_n < CAPTURE_VLANS_MAX)
        out->vlan[out->vlan_n++] = be16(p) & 0x0fff;
    *type = be16(p + 2);
    return true;
}

static bool is_tag(uint16_t type)
{
    return type == ETHER_VLAN || type == ETHER_QINQ || type == ETHER_QINQ_OLD ||
           type == ETHER_QINQ_OLDER;
}

/* What an EtherType announces, except a length. */
static bool parse_type(struct capture_link *link, uint16_t type)
{
    switch (type) {
    case ETHER_IPV4: return true;
    case ETHER_MPLS:
    case ETHER_MPLS_MULTICAST: return parse_mpls(link);
    case ETHER_PPPOE: /* RFC 2516 §4: version, code, session, length */
        return capture_link_take(link, 6) && parse_ppp(link);
    default: return false;
    }
}

/* RFC 1042: SNAP with an EtherType in it; or IP's own service access point. */
static bool parse_llc(struct capture_link *link, uint16_t *out_type)
{
    const uint8_t *p = capture_link_take(link, 3);
    if (p && p[0] == SAP_IP && p[1] == SAP_IP) {
        *out_type = ETHER_IPV4;
        return true;
    }
    if (!p || memcmp(p, "\xaa\xaa\x03", 3) != 0)
        return false;
    p = capture_link_take(link, 5);
    /* 00-00-F8 is the bridge tunnel of 802.1H */
    if (!p || (memcmp(p, "\0\0\0", 3) != 0 && memcmp(p, "\0\0\xf8", 3) != 0))
        return false;
    *out_type = be16(p + 3);
    return true;
}

/* Tags, then what is in them; a length has 802.2 LLC behind it. */
static bool parse_typed(struct capture_link *link, uint16_t type, struct capture_packet *out)
{
    bool llc = false;
    for (int i = 0; i < TAGS_MAX; i++) {
        if (is_tag(type)) {
            if (!parse_tag(link, &type, out))
                return false;
        } else if (type <= ETHER_802_3_MAX && !llc) {
            llc = true;
            if (!parse_llc(link, &type))
                return false;
        } else {
            return parse_type(link, type);
        }
    }
    return false;
}

bool capture_link_llc(struct capture_link *link, struct capture_packet *out)
{
    return parse_typed(link, 0, out);
}

static bool parse_ethernet(struct capture_link *link, struct capture_packet *out)
{
    const uint8_t *p = capture_link_take(link, 14);
    if (!p)
        return false;
    out->has_source = out->has_destination = true;
    memcpy(out->destination, p, 6);
    memcpy(out->source, p + 6, 6);
    return parse_typed(link, be16(p + 12), out);
}

static void set_source(const uint8_t *address, size_t n, struct capture_packet *out)
{
    out->has_source = n == 6;
    if (out->has_source)
        memcpy(out->source, address, 6);
}

/* https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html */
static bool parse_sll(struct capture_link *link, struct capture_packet *out)
{
    const uint8_t *p = capture_link_take(link, 16);
    if (!p)
        return false;
    out->outgoing = be16(p) == SLL_OUTGOING;
    set_source(p + 6, be16(p + 4), out);
    return parse_typed(link, be16(p + 14), out);
}

/* https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html */
static bool parse_sll2(struct capture_link *link, struct capture_packet *out)
{
    const uint8_t *p = capture_link_take(link, 20);
    if (!p)
        return false;
    out->outgoing = p[10] == SLL_OUTGOING;
    set_source(p + 12, p[11], out);
    return parse_typed(link, be16(p), out);
}

/* The address family, in the byte order of whoever wrote it or of the network. */
static bool parse_loopback(struct capture_link *link, bool network)
{
    const uint8_t *p = capture_link_take(link, 4);
    return p && (memcmp(p, "\0\0\0\2", 4) == 0 || (!network && memcmp(p, "\2\0\0\0", 4) == 0));
}

static bool parse_c_hdlc(struct capture_link *link)
{
    const uint8_t *p = capture_link_take(link, 4);
    return p && parse_type(link, be16(p + 2));
}

static bool parse_link(struct capture_link *link, uint32_t type, struct capture_packet *out)
{
    switch (type) {
    case LINK_ETHERNET: return parse_ethernet(link, out);
    case LINK_SLL: return parse_sll(link, out);
    case LINK_SLL2: return parse_sll2(link, out);
    case LINK_RAW:
    case LINK_RAW_BSD:
    case LINK_RAW_OPENBSD:
    case LINK_IPV4: return true;
    case LINK_NULL: return parse_loopback(link, false);
    case LINK_LOOP: return parse_loopback(link, true);
    case LINK_80211: return capture_link_wireless(link, false, out);
    case LINK_80211_RADIOTAP: return capture_link_radiotap(link, out);
    case LINK_PPP:
    case LINK_PPP_HDLC: return parse_ppp(link);
    case LINK_PPP_ETHER: return parse_type(link, ETHER_PPPOE);
    case LINK_C_HDLC: return parse_c_hdlc(link);
    default: return false;
    }
}

bool capture_link_parse(const struct capture_frame *frame, struct capture_link *out_link,
                        struct capture_packet *out_packet)
{
    uint32_t type = frame->link;
    struct capture_link link = {
        .frame = frame->data,
        .end = frame->data.n,
        .wire = frame->length > frame->data.n ? frame->length : frame->data.n,
    };
    if (frame->fcs)
        capture_link_fcs(&link, frame->fcs);
    if (type == LINK_PPI && !capture_link_ppi(&link, &type))
        return false;
    if (!parse_link(&link, type, out_packet))
        return false;
    *out_link = link;
    return true;
}
