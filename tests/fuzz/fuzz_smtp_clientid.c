/* SPDX-License-Identifier: ISC */
#include "property.h"

#include "smtp/clientid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    struct clientid id, strict;
    struct fault why = { 0 };
    bool underscore = choice(&in) & 1;
    if (!smtp_clientid_parse(in, underscore, &id, &why)) {
        must(is_fault(in, &why));
        return 0;
    }
    must(id.type.n >= 1 && id.type.n <= CLIENTID_TYPE_MAX);
    must(id.token.n >= 1 && id.token.n <= CLIENTID_TOKEN_MAX);
    must(id.type.p == in.p && id.token.p == in.p + id.type.n + 1);
    must(id.type.n + 1 + id.token.n == in.n && in.p[id.type.n] == ' ');
    for (size_t i = 0; i < id.token.n; i++)
        must(id.token.p[i] >= 0x21 && id.token.p[i] <= 0x7e);
    must(smtp_clientid_parse(in, false, &strict, &why) == !slice_has(id.type, '_'));
    return 0;
}
