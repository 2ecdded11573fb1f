/* SPDX-License-Identifier: ISC
 *
 * RDATA, and behind it a name's text.
 */
#include <string.h>

#include "dhcp/dhcid_search.h"
#include "property.h"

/* A name's labels end with the root and fill it. */
static void check_wire(const uint8_t *wire, size_t n)
{
    size_t at = 0;
    must(n >= 3 && n <= DHCP_DHCID_NAME_MAX);
    while (wire[at] != 0) {
        must(wire[at] <= 63);
        for (size_t i = 1; i <= wire[at]; i++)
            must(ascii_lower(wire[at + i]) == wire[at + i]);
        at += 1 + (size_t)wire[at];
        must(at < n);
    }
    must(at + 1 == n);
}

/* What is made of an address is found again, and at that address. */
static void check_search(const struct dhcp_dhcid *record, struct slice name, const uint8_t mac[6])
{
    struct dhcp_dhcid made = { .type = record->type % 3, .digest_type = 1 };
    uint8_t identifier[10] = { 0, 3, 0, 1 }, found[6];
    size_t head = made.type == DHCP_DHCID_DUID ? 4 : 1;
    uint32_t suffix = (uint32_t)mac[3] << 16 | (uint32_t)mac[4] << 8 | mac[5];
    if (head == 1)
        identifier[0] = 1;
    memcpy(identifier + head, mac, 6);
    must(dhcp_dhcid_digest((struct slice){ identifier, head + 6 }, name, made.digest) == 0);
    struct dhcid_search *search = dhcid_search_new(&made, name);
    must(search != NULL);
    must(dhcid_search_range(search, mac, suffix, suffix + 1, found) == 1);
    must(memcmp(found, mac, 6) == 0);
    must(dhcid_search_range(search, mac, suffix & ~7u, suffix, found) == 0);
    dhcid_search_free(search);
    search = dhcid_search_new(record, name);
    must((search != NULL) == (record->type < 3 && record->digest_type == 1));
    dhcid_search_free(search);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    struct slice rdata = slice_first(in, 35), text = slice_from(in, 35);
    struct dhcp_dhcid record;
    struct fault why = { 0 };
    uint8_t wire[DHCP_DHCID_NAME_MAX];
    size_t n = 0;
    bool good = dhcp_dhcid_parse(rdata, &record, &why);
    must(good == (rdata.n == 35) && (good || is_fault(rdata, &why)));
    if (!dhcp_dhcid_name(text, wire, &n))
        return 0;
    check_wire(wire, n);
    must(good); /* there is a name only behind it */
    check_search(&record, (struct slice){ wire, n }, record.digest);
    return 0;
}
