/* SPDX-License-Identifier: ISC */
#include "audit/dns_update.h"
#include "base/check.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Records lie one behind the other in the message; names are text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dns_update u;
    if (!dns_update_open((struct slice){ data, size }, &u))
        return 0;
    struct dns_update_record r;
    size_t behind = 12;
    while (dns_update_next(&u, &r)) {
        CHECK(r.at >= behind && r.n >= 11 && r.at + r.n <= size);
        behind = r.at + r.n;
        CHECK(strnlen(r.name, sizeof(r.name)) < sizeof(r.name));
        CHECK(r.dhcid.n == 0 || (r.dhcid.p >= data && r.dhcid.p + r.dhcid.n <= data + size));
    }
    return 0;
}
