/* SPDX-License-Identifier: ISC
 *
 * dhcp/fqdn: the Client FQDN option, 81 (RFC 4702 §2). Pure.
 */
#pragma once

#include "base/slice.h"

enum { DHCP_FQDN_S = 1, DHCP_FQDN_O = 2, DHCP_FQDN_E = 4, DHCP_FQDN_N = 8 };
#define DHCP_FQDN_TEXT_MAX 1024 /* each of 255 octets as "\ddd" */

struct dhcp_fqdn {
    uint8_t flags, rcode1, rcode2;
    bool complete; /* wire form with a root, or a final dot */
    char name
        [DHCP_FQDN_TEXT_MAX]; /* labels with dots, none at the end; NUL-terminated. Octets that are
                                    * no printable ASCII, dots and backslashes inside a label stand as
                                    * RFC 1035 §5.1 has them */
    uint16_t name_n;
};
/* What can be read of the name is in *out even when it is false: shorter than 3, S and N together, a
 * label that overruns, a compression pointer, octets behind the root. */
MUST_USE bool dhcp_fqdn_check(struct slice value,
                              struct fault *why); /* the same, reading nothing */
MUST_USE bool dhcp_fqdn_parse(struct slice value, struct dhcp_fqdn *out, struct fault *why);
