/* SPDX-License-Identifier: ISC */
#include "dhcp/relay.h"
#include "property.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    struct dhcp_sub sub, first;
    struct fault why = { 0 };
    size_t at = 0, read = 0;
    bool seen[256] = { false };
    int result;
    while ((result = dhcp_sub_next(in, &at, &sub, &why)) > 0) {
        must(inside(in, sub.value) && sub.at == read && in.p[sub.at] == sub.code);
        read += 2 + sub.value.n;
        must(at == read && at <= in.n);
        if (!seen[sub.code])
            must(dhcp_sub_find(in, sub.code, &first) && first.at == sub.at);
        seen[sub.code] = true;
    }
    must(result == 0 ? at == in.n : is_fault(in, &why) && why.at == at && at < in.n);
    must(dhcp_sub_find(in, (uint8_t)size, &first) == seen[(uint8_t)size]);
    return 0;
}
