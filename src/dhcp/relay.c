/* SPDX-License-Identifier: ISC */
#include "dhcp/relay.h"

/* SubOpt (1) Len (1) Sub-option Value. No pad and no END (RFC 3046 §2.0). */
int dhcp_sub_next(struct slice value, size_t *at, struct dhcp_sub *out, struct fault *why)
{
    struct slice rest = slice_from(value, *at);
    if (rest.n == 0)
        return 0;
    if (rest.n < 2 || rest.p[1] > rest.n - 2) {
        *why = (struct fault){ .at = *at, .what = "a sub-option overruns" };
        return -1;
    }
    *out = (struct dhcp_sub){ rest.p[0], *at, { rest.p + 2, rest.p[1] } };
    *at += 2 + out->value.n;
    return 1;
}

bool dhcp_sub_find(struct slice value, uint8_t code, struct dhcp_sub *out)
{
    struct dhcp_sub sub;
    struct fault why;
    size_t at = 0;
    while (dhcp_sub_next(value, &at, &sub, &why) > 0) {
        if (sub.code == code) {
            *out = sub;
            return true;
        }
    }
    return false;
}
