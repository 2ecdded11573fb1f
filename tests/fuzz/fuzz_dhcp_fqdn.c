/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "dhcp/dhcid.h"
#include "dhcp/fqdn.h"
#include "property.h"

/* The name reads back as the labels that it was made of (in lower case). */
static void check_again(struct slice value, const struct dhcp_fqdn *fqdn)
{
    uint8_t wire[DHCP_DHCID_NAME_MAX];
    size_t n = 0;
    struct slice labels = slice_from(value, 3);
    if (fqdn->name_n == 0)
        return;
    must(dhcp_dhcid_name((struct slice){ (const uint8_t *)fqdn->name, fqdn->name_n }, wire, &n));
    struct slice again = { wire, fqdn->complete ? n : n - 1 };
    must(slice_equal_nocase(again, labels));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    struct dhcp_fqdn fqdn;
    struct fault why = { 0 }, again = { 0 };
    memset(&fqdn, 0xa5, sizeof fqdn);
    bool good = dhcp_fqdn_parse(in, &fqdn, &why);
    must(fqdn.name_n < sizeof fqdn.name && strlen(fqdn.name) == fqdn.name_n);
    for (size_t i = 0; i < fqdn.name_n; i++)
        must(fqdn.name[i] > 0x20 && fqdn.name[i] < 0x7f);
    must(good || is_fault(in, &why));
    must(dhcp_fqdn_check(in, &again) == good && again.at == why.at);
    if (good && fqdn.flags & DHCP_FQDN_E)
        check_again(in, &fqdn);
    return 0;
}
