/* SPDX-License-Identifier: ISC */
#include "dhcp/text.h"

#include "dhcp/client_id.h"
#include "dhcp/name.h"

/* Day of the calendar from days since 2000-03-01, in eras of 400 years: no libc, whose gmtime() asks for
 * a time zone. For 2000 to 2400. */
static void put_day(struct buf *out, uint32_t days)
{
    uint32_t leap = (days - days / 1460 + days / 36524) / 365; /* years of whole days behind us */
    uint32_t day = days - (365 * leap + leap / 4 - leap / 100);
    uint32_t month = (5 * day + 2) / 153; /* from March: months of 31, 30, 31, 30, 31 days */
    uint32_t since = day - (153 * month + 2) / 5;
    uint32_t year = 2000 + leap + (month >= 10);
    buf_printf(out, "%04u-%02u-%02u", year, month < 10 ? month + 3 : month - 9, since + 1);
}

/* "2019-03-01T10:00:00Z", of a DUID's seconds since 2000-01-01. */
static void put_second(struct buf *out, uint32_t seconds)
{
    const uint32_t before_march = 31 + 29;
    uint32_t days = seconds / 86400, rest = seconds % 86400;
    if (days < before_march)
        buf_printf(out, "2000-%02u-%02u", days / 31 + 1, days % 31 + 1);
    else
        put_day(out, days - before_march);
    buf_printf(out, "T%02u:%02u:%02uZ", rest / 3600, rest / 60 % 60, rest % 60);
}

static void put_duid(struct buf *out, const struct dhcp_duid *duid)
{
    switch (duid->type) {
    case DHCP_DUID_LLT:
        buf_append_str(out, "DUID-LLT ");
        dhcp_colon_text(out, duid->hardware);
        buf_append_byte(out, ' ');
        put_second(out, duid->time);
        break;
    case DHCP_DUID_LL:
        buf_append_str(out, "DUID-LL ");
        dhcp_colon_text(out, duid->hardware);
        break;
    case DHCP_DUID_EN:
        buf_printf(out, "DUID-EN %u ", duid->enterprise);
        dhcp_colon_text(out, duid->id);
        break;
    case DHCP_DUID_UUID:
        buf_append_str(out, "DUID-UUID ");
        dhcp_uuid_text(out, duid->id);
        break;
    default:
        buf_printf(out, "DUID type %u ", duid->type);
        dhcp_colon_text(out, duid->id);
        break;
    }
}

void dhcp_duid_text(struct buf *out, struct slice value)
{
    struct dhcp_duid duid;
    struct fault why;
    if (dhcp_duid_parse(value, &duid, &why))
        put_duid(out, &duid);
    else
        dhcp_colon_text(out, value);
}

void dhcp_client_id_text(struct buf *out, struct slice value)
{
    struct dhcp_client_id id;
    struct fault why;
    if (dhcp_client_id_parse(value, &id, &why) && id.form == DHCP_CLIENT_ID_DUID) {
        buf_printf(out, "IAID %u ", id.iaid);
        put_duid(out, &id.duid);
    } else {
        dhcp_colon_text(out, value);
    }
}
