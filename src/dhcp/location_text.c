/* SPDX-License-Identifier: ISC */
#include "dhcp/text.h"

#include "dhcp/location.h"
#include "dhcp/name.h"

/* A number with four digits behind the point, a tie to the even one. Not printf's: its point is the
 * locale's, and this is also libpostern's. All that come here are below 2^31. */
static void put_decimal(struct buf *out, double number)
{
    double scaled = (number < 0 ? -number : number) * 10000;
    uint64_t whole = (uint64_t)scaled;
    double rest = scaled - (double)whole;
    if (rest > 0.5 || (rest == 0.5 && whole % 2))
        whole++;
    buf_printf(out, "%s%llu.%04llu", number < 0 && whole ? "-" : "",
               (unsigned long long)(whole / 10000), (unsigned long long)(whole % 10000));
}

static void put_uncertainty(struct buf *out, double number)
{
    buf_append_str(out, " +-");
    put_decimal(out, number < 0.0001 ? 0.0001 : number);
}

static void put_what(struct buf *out, uint8_t what)
{
    static const char *const names[] = { "server", "network element", "client" };
    if (what < ARRAY_SIZE(names))
        buf_append_str(out, names[what]);
    else
        buf_printf(out, "what %u", what);
}

void dhcp_civic_text(struct buf *out, struct slice value)
{
    struct dhcp_civic civic;
    struct dhcp_civic_element element;
    struct fault why;
    size_t at = 0;
    if (!dhcp_civic_parse(value, &civic, &why)) {
        dhcp_colon_text(out, value);
        return;
    }
    put_what(out, civic.what);
    buf_append_str(out, ", ");
    buf_append_str(out, civic.country);
    while (dhcp_civic_next(&civic, &at, &element, &why) > 0) {
        const char *name = dhcp_civic_name(element.type);
        buf_append_str(out, ", ");
        if (name)
            buf_append_str(out, name);
        else
            buf_printf(out, "type %u", element.type);
        buf_append_byte(out, ' ');
        dhcp_octets_text(out, element.text);
    }
}

static void put_altitude(struct buf *out, const struct dhcp_geo *geo)
{
    buf_append_str(out, ", altitude ");
    put_decimal(out, geo->altitude);
    put_uncertainty(out, geo->altitude_uncertainty);
    buf_append_str(out, geo->altitude_type == 1   ? " m"
                        : geo->altitude_type == 2 ? " floors"
                                                  : " ?");
}

void dhcp_geo_text(struct buf *out, struct slice value, bool loc)
{
    static const char *const datums[] = { NULL, "WGS84", "NAD83/NAVD88", "NAD83/MLLW" };
    struct dhcp_geo geo;
    struct fault why;
    if (!dhcp_geo_parse(value, loc, &geo, &why)) {
        dhcp_colon_text(out, value);
        return;
    }
    buf_append_str(out, "latitude ");
    put_decimal(out, geo.latitude);
    put_uncertainty(out, geo.latitude_uncertainty);
    buf_append_str(out, ", longitude ");
    put_decimal(out, geo.longitude);
    put_uncertainty(out, geo.longitude_uncertainty);
    if (geo.altitude_type)
        put_altitude(out, &geo);
    if (geo.datum >= 1 && geo.datum < ARRAY_SIZE(datums))
        buf_printf(out, ", %s", datums[geo.datum]);
}
