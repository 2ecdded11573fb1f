/* SPDX-License-Identifier: ISC */
#include "base/buf.h"
#include "dhcp/location.h"
#include "dhcp/text.h"
#include "property.h"

static void check_civic(struct slice in)
{
    struct dhcp_civic civic;
    struct dhcp_civic_element element;
    struct fault why = { 0 };
    size_t at = 0, read = 3;
    int result;
    if (!dhcp_civic_parse(in, &civic, &why)) {
        must(in.n < 3 && is_fault(in, &why));
        return;
    }
    must(civic.country[2] == 0 && civic.country[0] > 0x20 && civic.country[1] > 0x20);
    while ((result = dhcp_civic_next(&civic, &at, &element, &why)) > 0) {
        must(inside(in, element.text) && element.at == read && in.p[read] == element.type);
        read += 2 + element.text.n;
        must(at + 3 == read);
    }
    must(result == 0 ? read == in.n : is_fault(in, &why) && why.at == read);
}

static void check_geo(struct slice in, bool loc)
{
    struct dhcp_geo geo;
    struct fault why = { 0 };
    if (!dhcp_geo_parse(in, loc, &geo, &why)) {
        must(is_fault(in, &why));
        return;
    }
    must(in.n == 16 && geo.loc == loc);
    must(geo.latitude >= -90 && geo.latitude <= 90);
    must(geo.longitude >= -180 && geo.longitude <= 180);
    must(geo.altitude >= -2097152 && geo.altitude < 2097152);
    must(geo.latitude_uncertainty > 0 && geo.longitude_uncertainty > 0);
    must(geo.altitude_type < 16 && geo.latitude_resolution < 64 && geo.altitude_resolution < 64);
}

/* One line, whatever it was. */
static void check_text(const struct buf *text)
{
    struct slice line = buf_slice(text);
    must(!text->failed && slice_is_utf8(line));
    for (size_t i = 0; i < line.n; i++)
        must(line.p[i] >= 0x20 && line.p[i] != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = { data, size };
    struct buf text;
    buf_init(&text, 64 * size + 4096);
    check_civic(in);
    check_geo(in, false);
    check_geo(in, true);
    dhcp_civic_text(&text, in);
    dhcp_geo_text(&text, in, true);
    dhcp_geo_text(&text, in, false);
    check_text(&text);
    buf_clear(&text);
    return 0;
}
