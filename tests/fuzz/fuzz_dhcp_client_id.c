/* SPDX-License-Identifier: ISC */
#include "dhcp/client_id.h"
#include "property.h"

static void check_duid(struct slice in, const struct dhcp_duid *duid)
{
    must(inside(in, duid->hardware) && inside(in, duid->id) && inside(in, duid->whole));
    must(duid->whole.n >= 3 && duid->whole.n <= 130);
    must((duid->hardware.n > 0) == (duid->type == 1 || duid->type == 3));
    must((duid->id.n > 0) == !(duid->type == 1 || duid->type == 3));
    must(duid->type != 4 || duid->id.n == 16);
    must(dhcp_duid_time_us(duid) >= INT64_C(946684800) * 1000000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    struct dhcp_client_id id;
    struct dhcp_duid duid;
    struct fault why = { 0 };
    if (dhcp_duid_parse(in, &duid, &why))
        check_duid(in, &duid);
    else
        must(is_fault(in, &why));
    why = (struct fault){ 0 };
    if (!dhcp_client_id_parse(in, &id, &why)) {
        must(in.n == 0 && is_fault(in, &why));
        return 0;
    }
    must(id.type == in.p[0] && slice_equal(id.whole, in));
    must((id.form == DHCP_CLIENT_ID_HARDWARE) == (id.hardware.n > 0));
    must(inside(in, id.hardware) && (id.hardware.n == 0 || id.hardware.n == in.n - 1));
    if (id.form == DHCP_CLIENT_ID_DUID)
        check_duid(in, &id.duid);
    must((why.what != NULL) == (id.type == 255 && id.form == DHCP_CLIENT_ID_OPAQUE));
    must(!why.what || is_fault(in, &why));
    return 0;
}
