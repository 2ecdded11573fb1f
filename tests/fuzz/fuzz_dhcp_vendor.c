/* SPDX-License-Identifier: ISC */
#include "dhcp/vendor.h"
#include "property.h"

static void check_vendors(struct slice in)
{
    struct dhcp_vendor_item item;
    struct fault why = { 0 };
    size_t at = 0, read = 0;
    int result;
    while ((result = dhcp_vendor_next(in, &at, &item, &why)) > 0) {
        must(inside(in, item.data) && item.at == read && in.p[item.at + 4] == item.data.n);
        read += 5 + item.data.n;
        must(at == read && at <= in.n);
    }
    must(result == 0 ? at == in.n : is_fault(in, &why) && why.at == at && at < in.n);
}

static void check_classes(struct slice in)
{
    struct slice item;
    struct fault why = { 0 };
    size_t at = 0, read = 0;
    bool empty = false;
    int result;
    while ((result = dhcp_user_class_next(in, &at, &item, &why)) > 0) {
        must(inside(in, item) && in.p[read] == item.n);
        read += 1 + item.n;
        must(at == read && at <= in.n);
        empty |= item.n == 0;
    }
    must(result == 0 ? at == in.n : is_fault(in, &why) && why.at == at && at < in.n);
    must(dhcp_user_class_is_list(in) == (result == 0 && in.n > 0 && !empty));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    check_vendors(in);
    check_classes(in);
    return 0;
}
