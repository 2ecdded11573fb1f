/* SPDX-License-Identifier: ISC
 *
 * dhcp/vendor: lists with lengths in options 77 (RFC 3004), 124 and 125 (RFC 3925). Pure.
 */
#pragma once

#include "base/slice.h"

struct dhcp_vendor_item {
    uint32_t enterprise; /* 124, 125 */
    size_t at;           /* of the item in the value */
    struct slice data;   /* 125: sub-options, for dhcp_sub_next */
};
/* 124 and 125, item by item: 1; 0 at the end; -1 when one overruns (*why). */
int dhcp_vendor_next(struct slice value, size_t *at, struct dhcp_vendor_item *out,
                     struct fault *why);
/* 77, item by item, as above. Microsoft's clients send bare text: see dhcp_user_class_is_list. */
int dhcp_user_class_next(struct slice value, size_t *at, struct slice *out, struct fault *why);
/* The lengths of RFC 3004 add up. */
bool dhcp_user_class_is_list(struct slice value);
