/* SPDX-License-Identifier: ISC
 *
 * RFC 7819 §5.5, finding a stable identity. A universally administered hardware address is one (§2), as are
 * opaque client-ids and those of RFC 4361, the UUID, FQDN and host name, and a subscriber-id that reaches the client.
 * A client-id that only repeats the client's own locally administered address adds nothing to it: it goes when the
 * address goes (RFC 7844 §3.5).
 */
#include "audit/attack_internal.h"

#include "audit/host_name.h"
#include "dhcp/client_id.h"

const enum identifier_kind audit_identity_kinds[AUDIT_IDENTITY_KINDS] = {
    ID_CLIENT_ID,      ID_CLIENT_UUID, ID_HARDWARE_ADDRESS, ID_SUBSCRIBER_ID,
    ID_VI_INFORMATION, ID_CLIENT_FQDN, ID_HOST_NAME,        ID_REMOTE_ID,
};

static struct audit_identity none(void)
{
    return (struct audit_identity){ .verdict = AUDIT_NOT_SEEN };
}

static struct audit_identity exposed(const char *what)
{
    return (struct audit_identity){ AUDIT_EXPOSED, what };
}

static struct audit_identity possible(const char *what)
{
    return (struct audit_identity){ AUDIT_POSSIBLE, what };
}

static struct slice own_hardware(const struct audit_client *client)
{
    return (struct slice){ client->hardware, client->hlen };
}

/* IEEE 802: the second lowest bit of the first octet. */
static bool is_local(struct slice hardware)
{
    return hardware.n && hardware.p[0] & 2;
}

static bool is_zero(struct slice octets)
{
    for (size_t i = 0; i < octets.n; i++)
        if (octets.p[i])
            return false;
    return true;
}

/* The digits of the address and nothing else, in whatever dress; some clients write them out. */
static bool spells(struct slice text, struct slice hardware)
{
    size_t digits = 0;
    if (!audit_host_name_has(text, hardware))
        return false;
    for (size_t i = 0; i < text.n; i++)
        digits += text.p[i] != '-' && text.p[i] != ':' && text.p[i] != '.' && text.p[i] != '_';
    return digits == hardware.n * 2;
}

/* All of it is the client's own address, perhaps behind a type octet (RFC 2132 §9.14). */
static bool repeats(struct slice id, struct slice hardware)
{
    if (hardware.n == 0)
        return false;
    struct slice behind = slice_from(id, 1);
    return slice_equal(id, hardware) || slice_equal(behind, hardware) || spells(id, hardware) ||
           spells(behind, hardware);
}

static struct audit_identity of_duid(const struct dhcp_duid *duid)
{
    switch (duid->type) {
    case DHCP_DUID_LLT:
        return exposed("its client-id (61) has a DUID-LLT: the hardware address and the time of "
                       "its first boot, for good (RFC 4361)");
    case DHCP_DUID_EN:
        return exposed(
            "its client-id (61) has a DUID-EN, made once for the installation (RFC 4361)");
    case DHCP_DUID_LL:
        return exposed("its client-id (61) has a DUID-LL, which stays when the hardware address "
                       "changes (RFC 4361)");
    case DHCP_DUID_UUID:
        return exposed("its client-id (61) has a DUID-UUID, the machine's own (RFC 4361)");
    default: return exposed("its client-id (61) has a DUID (RFC 4361)");
    }
}

static struct audit_identity of_client_id(const struct audit_trait *trait)
{
    struct slice own = own_hardware(trait->client);
    struct dhcp_client_id id;
    struct fault why;
    if (!dhcp_client_id_parse(trait->value->octets, &id, &why))
        return none();
    if (id.form == DHCP_CLIENT_ID_DUID)
        return of_duid(&id.duid);
    if (repeats(id.whole, own))
        return is_local(own) ? none()
                             : exposed("its client-id (61) repeats its universally administered "
                                       "hardware address");
    if (id.form == DHCP_CLIENT_ID_HARDWARE)
        return is_local(id.hardware)
                   ? exposed("its client-id (61) carries another hardware address, which stays "
                             "when its own changes")
                   : exposed("its client-id (61) carries another, universally administered "
                             "hardware address");
    return exposed("its client-id (61) is opaque: it stays when the hardware address changes");
}

static struct audit_identity of_hardware(const struct audit_trait *trait)
{
    struct slice own = own_hardware(trait->client);
    if (is_zero(own) || is_local(own))
        return none();
    if (own.n == 6 && own.p[0] & 1) /* a group address is nobody's */
        return none();
    return exposed("its hardware address (chaddr) is universally administered: the machine's for "
                   "good");
}

/* RFC 7844 §3.7: a name made of the address in use tells no more than the address. */
static struct audit_identity of_name(const struct audit_trait *trait, struct slice name,
                                     const char *stable)
{
    struct slice own = own_hardware(trait->client), label = audit_host_label(name);
    struct audit_host_name read;
    if (label.n == 0)
        return none();
    audit_host_name_read(name, &read);
    if (audit_host_name_has(label, own))
        return is_local(own) ? none() : exposed("its name holds its hardware address");
    if (read.generic)
        return possible("its name is one that many have");
    if (!(trait->by & AUDIT_BY_CLIENT))
        return possible("a server gives it a name");
    return exposed(stable);
}

static struct audit_identity of_fqdn(const struct audit_trait *trait)
{
    struct dhcp_fqdn room;
    return of_name(trait, audit_fqdn_name(trait->value, &room),
                   "its FQDN (81) is its own on every network");
}

static struct audit_identity of_uuid(const struct audit_trait *trait)
{
    /* RFC 4578 §2.3: a type octet, 0 for a GUID. */
    if (is_zero(trait->value->octets))
        return none();
    return exposed("its machine identifier (97) is the hardware's for good");
}

static struct audit_identity of_subscriber(const struct audit_trait *trait)
{
    if (trait->to_client)
        return exposed(
            "its subscriber-id (82.6), the customer's for good, reaches the client's link");
    return possible("its subscriber-id (82.6), the customer's for good, is seen between relay "
                    "agent and server");
}

static struct audit_identity of_remote(const struct audit_trait *trait)
{
    if (trait->to_client)
        return possible(
            "its remote-id (82.2), the modem's or the user's, reaches the client's link");
    return none();
}

/* TR-069: enterprise 3561, sub-option 2 is the device's serial number. */
static struct audit_identity of_information(const struct audit_trait *trait)
{
    struct slice octets = trait->value->octets;
    if (!slice_starts(octets, SLICE("\0\0\x0d\xe9")))
        return none();
    for (size_t at = 5; at + 1 < octets.n; at += 2 + (size_t)octets.p[at + 1])
        if (octets.p[at] == 2 && octets.p[at + 1])
            return exposed("its vendor-identifying information (125) has a serial number");
    return none();
}

struct audit_identity audit_identity_of(const struct audit_trait *trait)
{
    if (trait->value->kind == ID_CLIENT_ID)
        return of_client_id(trait);
    if (trait->value->kind == ID_CLIENT_UUID)
        return of_uuid(trait);
    if (trait->value->kind == ID_HARDWARE_ADDRESS)
        return of_hardware(trait);
    if (trait->value->kind == ID_SUBSCRIBER_ID)
        return of_subscriber(trait);
    if (trait->value->kind == ID_VI_INFORMATION)
        return of_information(trait);
    if (trait->value->kind == ID_CLIENT_FQDN)
        return of_fqdn(trait);
    if (trait->value->kind == ID_HOST_NAME)
        return of_name(trait, trait->value->octets,
                       "its host name (12) is its own on every network");
    if (trait->value->kind == ID_REMOTE_ID)
        return of_remote(trait);
    return none();
}

void audit_judge_identity(struct audit_judge *judge)
{
    for (size_t i = 0; i < AUDIT_IDENTITY_KINDS; i++) {
        const struct audit_trait *trait = audit_trait_first(judge->client, audit_identity_kinds[i]);
        for (; trait; trait = audit_trait_next(trait)) {
            struct audit_identity identity = audit_identity_of(trait);
            audit_prove(judge, &(struct audit_proof){ .verdict = identity.verdict,
                                                      .place = audit_shown_place(trait),
                                                      .what = identity.what,
                                                      .value = saying_value(trait->value) });
        }
    }
}
