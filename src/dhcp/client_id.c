/* SPDX-License-Identifier: ISC */
#include "dhcp/client_id.h"

#include "base/reader.h"

enum {
    DUID_MAX = 130, /* RFC 8415 §11.1: the type and 128 octets */
    UUID_SIZE = 16,
    TYPE_DUID = 255, /* RFC 4361 §6.1 */
};
#define EPOCH_2000 INT64_C(946684800) /* RFC 8415 §11.2: midnight (UTC), January 1, 2000 */

static bool fails(struct fault *why, size_t at, const char *what)
{
    *why = (struct fault){ .at = at, .what = what };
    return false;
}

static struct slice all_left(struct reader *in)
{
    return reader_bytes(in, reader_left(in));
}

/* Each type's fields behind the type; what is left is variable (RFC 8415 §11.2 to §11.5). */
static struct slice read_fields(struct reader *in, struct dhcp_duid *out)
{
    switch (out->type) {
    case DHCP_DUID_LLT:
        out->hardware_type = reader_be16(in);
        out->time = reader_be32(in);
        return out->hardware = all_left(in);
    case DHCP_DUID_LL: out->hardware_type = reader_be16(in); return out->hardware = all_left(in);
    case DHCP_DUID_EN: out->enterprise = reader_be32(in); return out->id = all_left(in);
    default: return out->id = all_left(in);
    }
}

bool dhcp_duid_parse(struct slice octets, struct dhcp_duid *out, struct fault *why)
{
    struct reader in = reader_of(octets);
    struct dhcp_duid duid = { .type = reader_be16(&in), .whole = octets };
    struct slice rest = read_fields(&in, &duid);
    if (in.bad || rest.n == 0)
        return fails(why, octets.n, "a DUID too short for its type");
    if (octets.n > DUID_MAX)
        return fails(why, DUID_MAX, "a DUID longer than 130 octets");
    if (duid.type == DHCP_DUID_UUID && rest.n != UUID_SIZE)
        return fails(why, octets.n, "a DUID-UUID without a UUID's 16 octets");
    *out = duid;
    return true;
}

int64_t dhcp_duid_time_us(const struct dhcp_duid *duid)
{
    return (EPOCH_2000 + duid->time) * 1000000;
}

/* How long the addresses of a hardware type are (IANA, "Hardware Types"); 0: who knows. A text sent
 * without a type in front begins with one of the many others. */
static size_t hardware_size(uint8_t type)
{
    switch (type) {
    case 1:             /* Ethernet */
    case 6: return 6;   /* IEEE 802 */
    case 24:            /* IEEE 1394 (RFC 2855 §3) */
    case 27: return 8;  /* EUI-64 */
    case 32: return 20; /* InfiniBand (RFC 4391 §9.1.1) */
    default: return 0;
    }
}

/* 255, IAID (4), DUID (RFC 4361 §6.1). */
static bool read_iaid_duid(struct slice value, struct dhcp_client_id *out, struct fault *why)
{
    struct reader in = reader_of(slice_from(value, 1));
    uint32_t iaid = reader_be32(&in);
    if (in.bad)
        return fails(why, value.n, "a client identifier of type 255 without its IAID");
    if (!dhcp_duid_parse(all_left(&in), &out->duid, why)) {
        why->at += 5;
        return false;
    }
    out->iaid = iaid;
    out->form = DHCP_CLIENT_ID_DUID;
    return true;
}

bool dhcp_client_id_parse(struct slice value, struct dhcp_client_id *out, struct fault *why)
{
    if (value.n == 0)
        return fails(why, 0, "an empty client identifier");
    *out = (struct dhcp_client_id){ DHCP_CLIENT_ID_OPAQUE, .type = value.p[0], .whole = value };
    if (out->type == TYPE_DUID) {
        (void)read_iaid_duid(value, out, why); /* else it stays opaque, and *why says why */
        return true;
    }
    struct slice rest = slice_from(value, 1);
    if (rest.n && rest.n == hardware_size(out->type)) {
        out->form = DHCP_CLIENT_ID_HARDWARE;
        out->hardware = rest;
    }
    return true;
}
