/* SPDX-License-Identifier: ISC */
#include "dhcp/vendor.h"

#include "base/reader.h"

/* enterprise-number (4) data-len (1) data (RFC 3925 §3, §4). */
int dhcp_vendor_next(struct slice value, size_t *at, struct dhcp_vendor_item *out,
                     struct fault *why)
{
    struct reader in = reader_of(slice_from(value, *at));
    if (reader_left(&in) == 0)
        return 0;
    uint32_t enterprise = reader_be32(&in);
    uint8_t n = reader_u8(&in);
    struct slice data = reader_bytes(&in, n);
    if (in.bad) {
        *why = (struct fault){ .at = *at, .what = "an enterprise's data overruns" };
        return -1;
    }
    *out = (struct dhcp_vendor_item){ enterprise, *at, data };
    *at += 5 + data.n;
    return 1;
}

/* UC_Len (1) User_Class_Data (RFC 3004 §4). */
int dhcp_user_class_next(struct slice value, size_t *at, struct slice *out, struct fault *why)
{
    struct slice rest = slice_from(value, *at);
    if (rest.n == 0)
        return 0;
    if (rest.p[0] > rest.n - 1) {
        *why = (struct fault){ .at = *at, .what = "a user class overruns" };
        return -1;
    }
    *out = (struct slice){ rest.p + 1, rest.p[0] };
    *at += 1 + out->n;
    return 1;
}

bool dhcp_user_class_is_list(struct slice value)
{
    struct slice item;
    struct fault why;
    size_t at = 0;
    int result;
    while ((result = dhcp_user_class_next(value, &at, &item, &why)) > 0)
        if (item.n == 0) /* RFC 3004 §4: a user class is one octet at least */
            return false;
    return result == 0 && value.n > 0;
}
