/* SPDX-License-Identifier: ISC
 *
 * dhcp/location: where something is: civic addresses, 99 (RFC 4776 §3), and coordinates, 123 and 144
 * (RFC 6225 §2). Pure.
 */
#pragma once

#include "base/slice.h"

enum dhcp_civic_what { DHCP_CIVIC_SERVER, DHCP_CIVIC_NETWORK, DHCP_CIVIC_CLIENT };

struct dhcp_civic {
    uint8_t what; /* may be none of enum dhcp_civic_what */
    char country[3];
    struct slice elements; /* for dhcp_civic_next */
};
MUST_USE bool dhcp_civic_parse(struct slice value, struct dhcp_civic *out, struct fault *why);

struct dhcp_civic_element {
    uint8_t type;
    size_t at;         /* of the element in the option's value */
    struct slice text; /* UTF-8 when it is as it should be */
};
/* 1; 0 at the end; -1 when one overruns (*why). *at starts at 0. */
int dhcp_civic_next(const struct dhcp_civic *civic, size_t *at, struct dhcp_civic_element *out,
                    struct fault *why);

struct dhcp_geo {
    bool loc;                     /* 144, else 123 */
    double latitude, longitude;   /* degrees */
    double latitude_uncertainty;  /* degrees; 144's, or from 123's resolution */
    double longitude_uncertainty; /* the same */
    uint8_t latitude_resolution, longitude_resolution; /* the 6 bits as they stand */
    uint8_t altitude_type;                             /* 0 none, 1 metres, 2 floors */
    uint8_t altitude_resolution;
    double altitude;
    double altitude_uncertainty;
    uint8_t version; /* 144 */
    uint8_t datum;   /* 1 WGS84, 2 NAD83/NAVD88, 3 NAD83/MLLW */
};
/* loc: the option is 144. False: not 16 octets, or out of the world. */
MUST_USE bool dhcp_geo_parse(struct slice value, bool loc, struct dhcp_geo *out, struct fault *why);
