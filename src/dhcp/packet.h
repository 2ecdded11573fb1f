/* SPDX-License-Identifier: ISC
 *
 * dhcp/packet: a DHCPv4 message: its fixed part, and its options in order (RFC 2131 §2, §4.1; RFC 951).
 *
 * Pure: no I/O, no clock, no allocation, no failure: any bytes, however few, are a message, and what
 * is wrong with them is listed. Fields that are cut off are zero, slices are cut short. Slices point
 * into the message, or into the caller's room where an option came in pieces (RFC 3396); they live
 * as long as both. Offsets count from the op octet.
 */
#pragma once

#include "base/slice.h"

enum {
    DHCP_FIXED_SIZE = 236, /* op to file; then the cookie */
    DHCP_COOKIE = 0x63825363,
    DHCP_OPTIONS_AT = 240,
    DHCP_SNAME_AT = 44,
    DHCP_FILE_AT = 108,
    DHCP_CHADDR_MAX = 16,   /* octets */
    DHCP_OPTIONS_MAX = 254, /* codes 1 to 254, each once */
    /* All that break a rule of their own: 52 in an overloaded field up to 96 times, others fewer than 32;
     * what room is left is for options of a wrong length. */
    DHCP_FLAWS_MAX = 128,
    DHCP_BROADCAST = 0x8000, /* flags */
};

enum dhcp_op { DHCP_BOOTREQUEST = 1, DHCP_BOOTREPLY = 2 };

enum dhcp_type {                 /* option 53 (RFC 2132 §9.6, 3203, 4388, 6926, 7724) */
                 DHCP_BOOTP = 0, /* no option 53, or no cookie */
                 DHCP_DISCOVER = 1,
                 DHCP_OFFER,
                 DHCP_REQUEST,
                 DHCP_DECLINE,
                 DHCP_ACK,
                 DHCP_NAK,
                 DHCP_RELEASE,
                 DHCP_INFORM,
                 DHCP_FORCERENEW,
                 DHCP_LEASEQUERY,
                 DHCP_LEASEUNASSIGNED,
                 DHCP_LEASEUNKNOWN,
                 DHCP_LEASEACTIVE,
                 DHCP_BULKLEASEQUERY,
                 DHCP_LEASEQUERYDONE,
                 DHCP_ACTIVELEASEQUERY,
                 DHCP_LEASEQUERYSTATUS,
                 DHCP_TLS,
};

enum dhcp_area { DHCP_IN_OPTIONS, DHCP_IN_FILE, DHCP_IN_SNAME }; /* where an option stands (52) */

struct dhcp_option {
    uint8_t code;
    uint8_t area;       /* enum dhcp_area, of the first piece */
    uint16_t pieces;    /* 1, or more when it was joined (RFC 3396) */
    uint32_t at;        /* offset of the first piece's code octet */
    struct slice value; /* of all pieces */
};

struct dhcp_packet {
    struct slice whole; /* the message */
    uint8_t op, htype, hlen, hops;
    uint32_t xid;
    uint16_t secs, flags;
    uint32_t ciaddr, yiaddr, siaddr, giaddr; /* host order: 192.0.2.1 is 0xc0000201 */
    struct slice chaddr;                     /* min(hlen, 16) octets, fewer when cut */
    struct slice sname, file;                /* the 64 and 128 octets as they stand */
    bool cookie;
    uint8_t overload; /* 52 when it is 1 to 3, else 0 */
    uint8_t type;     /* the first octet of 53; 0: none. May be none of enum dhcp_type */
    /* As RFC 2131 §4.1 orders them: the option field, file, sname. 0 and 255 are never listed, what
     * does not fit is left out and is a flaw. */
    uint16_t options_n, flaws_n;
    struct dhcp_option options[DHCP_OPTIONS_MAX];
    uint8_t index[256]; /* of options by code, plus 1; 0: absent */
    /* "no END", "empty option 53": static texts. Flaws beyond DHCP_FLAWS_MAX are dropped. */
    struct fault flaws[DHCP_FLAWS_MAX];
};

/* room: as many octets as message has, for options that came in pieces. */
void dhcp_packet_parse(struct slice message, uint8_t *room, struct dhcp_packet *out);
/* NULL when it is not there. */
const struct dhcp_option *dhcp_packet_option(const struct dhcp_packet *packet, uint8_t code);
/* Its value; a null slice when it is not there. */
struct slice dhcp_packet_value(const struct dhcp_packet *packet, uint8_t code);
/* The value as one address in host order; false when it is not there or shorter than 4. */
MUST_USE bool dhcp_packet_address(const struct dhcp_packet *packet, uint8_t code, uint32_t *out);
/* Where octet i of an option's value stands in the message: the code octet + 2 + i for an option in
 * one piece; for others it is found piece by piece. */
size_t dhcp_option_offset(const struct dhcp_packet *packet, const struct dhcp_option *option,
                          size_t i);
