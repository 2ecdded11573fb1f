/* SPDX-License-Identifier: ISC
 *
 * postern/dhcp.h over this room: the same parsers with other names.
 */
#include "postern/dhcp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dhcp/client_id.h"
#include "dhcp/dhcid.h"
#include "dhcp/fqdn.h"
#include "dhcp/location.h"
#include "dhcp/name.h"
#include "dhcp/packet.h"
#include "dhcp/relay.h"
#include "dhcp/text.h"

#define TEXT_MAX ((size_t)2 << 20) /* 65535 octets of sub-options of 82, each with its name */

/* The message and as many octets again: the room for options in pieces. */
struct postern_dhcp {
    struct dhcp_packet packet;
    struct postern_dhcp_fields fields;
    uint8_t octets[];
};

static struct slice in_slice(const void *p, size_t n)
{
    return (struct slice){ n ? p : NULL, n };
}

static struct postern_octets out_octets(struct slice s)
{
    return (struct postern_octets){ s.p, s.n };
}

/* What a parser said, as the caller wants it. */
static int answer(bool good, const struct fault *fault, const char **why)
{
    if (!good && why)
        *why = fault->what;
    return good;
}

/* ---- messages ---- */

static void fill_fields(struct postern_dhcp *m)
{
    const struct dhcp_packet *p = &m->packet;
    m->fields = (struct postern_dhcp_fields){
        .op = p->op,
        .htype = p->htype,
        .hlen = p->hlen,
        .hops = p->hops,
        .xid = p->xid,
        .secs = p->secs,
        .flags = p->flags,
        .ciaddr = p->ciaddr,
        .yiaddr = p->yiaddr,
        .siaddr = p->siaddr,
        .giaddr = p->giaddr,
        .chaddr = out_octets(p->chaddr),
        .sname = out_octets(p->sname),
        .file = out_octets(p->file),
        .cookie = p->cookie,
        .type = p->type,
    };
}

struct postern_dhcp *postern_dhcp_new(const void *message, size_t n)
{
    struct postern_dhcp *m = n <= UINT16_MAX ? malloc(sizeof *m + 2 * n) : NULL;
    if (!m)
        return NULL;
    if (n)
        memcpy(m->octets, message, n);
    dhcp_packet_parse((struct slice){ m->octets, n }, m->octets + n, &m->packet);
    fill_fields(m);
    return m;
}

void postern_dhcp_free(struct postern_dhcp *m)
{
    free(m);
}

const struct postern_dhcp_fields *postern_dhcp_fields(const struct postern_dhcp *m)
{
    return &m->fields;
}

const char *postern_dhcp_type_text(unsigned type)
{
    return type <= UINT8_MAX ? dhcp_type_name((uint8_t)type) : NULL;
}

static void fill_option(const struct dhcp_option *option, struct postern_dhcp_option *out)
{
    *out = (struct postern_dhcp_option){
        .code = option->code,
        .name = dhcp_option_name(option->code),
        .area = (enum postern_dhcp_area)option->area,
        .pieces = option->pieces,
        .at = option->at,
        .value = out_octets(option->value),
    };
}

size_t postern_dhcp_options(const struct postern_dhcp *m)
{
    return m->packet.options_n;
}

int postern_dhcp_option(const struct postern_dhcp *m, size_t i, struct postern_dhcp_option *out)
{
    if (i >= m->packet.options_n)
        return 0;
    fill_option(&m->packet.options[i], out);
    return 1;
}

int postern_dhcp_option_find(const struct postern_dhcp *m, unsigned code,
                             struct postern_dhcp_option *out)
{
    const struct dhcp_option *option =
        code <= UINT8_MAX ? dhcp_packet_option(&m->packet, (uint8_t)code) : NULL;
    if (!option)
        return 0;
    fill_option(option, out);
    return 1;
}

char *postern_dhcp_option_text(unsigned code, const void *value, size_t n)
{
    struct buf text;
    buf_init(&text, TEXT_MAX);
    if (code <= UINT8_MAX && n <= UINT16_MAX)
        dhcp_option_text(&text, (uint8_t)code, in_slice(value, n));
    buf_append_byte(&text, 0);
    struct slice line = buf_slice(&text);
    char *copy = text.failed ? NULL : malloc(line.n);
    if (copy)
        memcpy(copy, line.p, line.n);
    buf_clear(&text);
    return copy;
}

size_t postern_dhcp_flaws(const struct postern_dhcp *m)
{
    return m->packet.flaws_n;
}

int postern_dhcp_flaw(const struct postern_dhcp *m, size_t i, struct postern_dhcp_flaw *out)
{
    if (i >= m->packet.flaws_n)
        return 0;
    *out = (struct postern_dhcp_flaw){ m->packet.flaws[i].at, m->packet.flaws[i].what };
    return 1;
}

/* ---- values of options ---- */

static void fill_duid(const struct dhcp_duid *duid, struct postern_duid *out)
{
    *out = (struct postern_duid){
        .type = duid->type,
        .hardware_type = duid->hardware_type,
        .time = duid->type == DHCP_DUID_LLT ? dhcp_duid_time_us(duid) / 1000000 : 0,
        .enterprise = duid->enterprise,
        .hardware = out_octets(duid->hardware),
        .id = out_octets(duid->id),
    };
}

int postern_duid_read(const void *octets, size_t n, struct postern_duid *out, const char **why)
{
    struct dhcp_duid duid;
    struct fault fault;
    bool good = dhcp_duid_parse(in_slice(octets, n), &duid, &fault);
    if (good)
        fill_duid(&duid, out);
    return answer(good, &fault, why);
}

int postern_client_id_read(const void *value, size_t n, struct postern_client_id *out,
                           const char **why)
{
    struct dhcp_client_id id;
    struct fault fault;
    if (!dhcp_client_id_parse(in_slice(value, n), &id, &fault))
        return answer(false, &fault, why);
    *out = (struct postern_client_id){
        .form = (enum postern_client_id_form)id.form,
        .type = id.type,
        .hardware = out_octets(id.hardware),
        .iaid = id.iaid,
    };
    if (id.form == DHCP_CLIENT_ID_DUID)
        fill_duid(&id.duid, &out->duid);
    return 1;
}

int postern_dhcp_relay_next(const void *value, size_t n, size_t *at, struct postern_dhcp_sub *out)
{
    struct dhcp_sub sub;
    struct fault fault;
    int result = dhcp_sub_next(in_slice(value, n), at, &sub, &fault);
    if (result > 0)
        *out = (struct postern_dhcp_sub){ sub.code, dhcp_relay_name(sub.code), sub.at,
                                          out_octets(sub.value) };
    return result;
}

int postern_fqdn_read(const void *value, size_t n, struct postern_fqdn *out, const char **why)
{
    struct dhcp_fqdn fqdn;
    struct fault fault;
    bool good = dhcp_fqdn_parse(in_slice(value, n), &fqdn, &fault);
    out->flags = fqdn.flags;
    out->rcode1 = fqdn.rcode1;
    out->rcode2 = fqdn.rcode2;
    out->complete = fqdn.complete;
    memcpy(out->name, fqdn.name, (size_t)fqdn.name_n + 1);
    return answer(good, &fault, why);
}

int postern_civic_read(const void *value, size_t n, unsigned *what, char country[3],
                       const char **why)
{
    struct dhcp_civic civic;
    struct fault fault;
    bool good = dhcp_civic_parse(in_slice(value, n), &civic, &fault);
    if (good) {
        *what = civic.what;
        memcpy(country, civic.country, sizeof civic.country);
    }
    return answer(good, &fault, why);
}

int postern_civic_next(const void *value, size_t n, size_t *at, struct postern_civic_element *out)
{
    struct dhcp_civic civic;
    struct dhcp_civic_element element;
    struct fault fault;
    if (!dhcp_civic_parse(in_slice(value, n), &civic, &fault))
        return -1;
    int result = dhcp_civic_next(&civic, at, &element, &fault);
    if (result > 0)
        *out = (struct postern_civic_element){ element.type, dhcp_civic_name(element.type),
                                               out_octets(element.text) };
    return result;
}

int postern_geo_read(unsigned code, const void *value, size_t n, struct postern_geo *out,
                     const char **why)
{
    struct dhcp_geo geo;
    struct fault fault;
    bool good = dhcp_geo_parse(in_slice(value, n), code == DHCP_O_GEOLOC, &geo, &fault);
    if (good)
        *out = (struct postern_geo){
            .latitude = geo.latitude,
            .longitude = geo.longitude,
            .latitude_uncertainty = geo.latitude_uncertainty,
            .longitude_uncertainty = geo.longitude_uncertainty,
            .altitude_type = geo.altitude_type,
            .altitude = geo.altitude,
            .altitude_uncertainty = geo.altitude_uncertainty,
            .datum = geo.datum,
        };
    return answer(good, &fault, why);
}

/* ---- DHCID ---- */

int postern_dhcid(unsigned type, const void *identifier, size_t n, const char *fqdn,
                  unsigned char out[POSTERN_DHCID_SIZE])
{
    uint8_t name[DHCP_DHCID_NAME_MAX];
    uint8_t digest[DHCP_DHCID_DIGEST];
    size_t name_n;
    if (type > DHCP_DHCID_DUID || !dhcp_dhcid_name(slice_of_str(fqdn), name, &name_n))
        return -EINVAL;
    if (dhcp_dhcid_digest(in_slice(identifier, n), (struct slice){ name, name_n }, digest))
        return -ENOTSUP;
    out[0] = 0;
    out[1] = (unsigned char)type;
    out[2] = 1; /* SHA-256 */
    memcpy(out + 3, digest, sizeof digest);
    return 0;
}
