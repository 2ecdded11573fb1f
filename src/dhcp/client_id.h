/* SPDX-License-Identifier: ISC
 *
 * dhcp/client_id: option 61 in its forms (RFC 2132 §9.14, RFC 4361 §6.1) and DUIDs (RFC 8415 §11).
 * Pure; slices point into the input.
 */
#pragma once

#include "base/slice.h"

enum dhcp_duid_type { DHCP_DUID_LLT = 1, DHCP_DUID_EN = 2, DHCP_DUID_LL = 3, DHCP_DUID_UUID = 4 };

struct dhcp_duid {
    uint16_t type;          /* may be none of enum dhcp_duid_type */
    uint16_t hardware_type; /* LLT, LL */
    uint32_t time;          /* LLT: seconds since 2000-01-01 UTC */
    uint32_t enterprise;    /* EN */
    struct slice hardware;  /* LLT, LL: the link-layer address */
    struct slice id; /* EN: identifier; UUID: 16 octets; unknown types: all behind the type */
    struct slice whole;
};
/* False: too short for its type, or longer than RFC 8415 §11.1 allows (130 octets). */
MUST_USE bool dhcp_duid_parse(struct slice octets, struct dhcp_duid *out, struct fault *why);
/* DUID-LLT's time as microseconds since 1970. */
int64_t dhcp_duid_time_us(const struct dhcp_duid *duid);

enum dhcp_client_id_form {
    DHCP_CLIENT_ID_HARDWARE, /* type 1 to 254 and a hardware address of the length that the type has
                              * (type 1: 6 octets) */
    DHCP_CLIENT_ID_OPAQUE,   /* type 0, or what is none of the others */
    DHCP_CLIENT_ID_DUID,     /* 255, IAID, DUID (RFC 4361) */
};

struct dhcp_client_id {
    enum dhcp_client_id_form form;
    uint8_t type;          /* its first octet */
    struct slice hardware; /* HARDWARE */
    uint32_t iaid;         /* DUID */
    struct dhcp_duid duid; /* DUID */
    struct slice whole;
};
/* False: empty. A 255 whose DUID cannot be read is OPAQUE, with *why set. */
MUST_USE bool dhcp_client_id_parse(struct slice value, struct dhcp_client_id *out,
                                   struct fault *why);
