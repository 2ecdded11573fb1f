/* SPDX-License-Identifier: ISC
 *
 * RFC 7844 §3, rule by rule, over one message of a client's own: who the client is (A6, A8, A9, A11, A12).
 */
#include <errno.h>

#include "audit/conduct_internal.h"
#include "dhcp/client_id.h"
#include "dhcp/fqdn.h"

/* Notes the address for audit_conduct_judge, which knows the links. */
static enum conduct_verdict not_seen_given(struct conduct_view *v)
{
    struct audit_conduct *c = v->conduct;
    if (c->claim)
        return CONDUCT_CANNOT_TELL;
    c->claim = arena_alloc(&v->audit->memory, sizeof *c->claim);
    if (c->claim)
        *c->claim = (struct conduct_claim){ .address = v->packet->ciaddr,
                                            .network = v->message->network,
                                            .place = audit_place_at(v->message, 12, 4) };
    else
        v->error = -ENOMEM;
    return CONDUCT_CANNOT_TELL;
}

/* A6, §3.2: "MUST NOT include in the message a Client IP address that has been obtained with a different
 * link-layer address". */
enum conduct_verdict conduct_client_address(struct conduct_view *v)
{
    uint32_t address = v->packet->ciaddr;
    if (address == 0)
        return CONDUCT_NOT_ABOUT;
    if (conduct_was_given(v->conduct, address, v->message->network))
        return CONDUCT_CONFORMS;
    const struct audit_client *holder = audit_holder_on(v->audit, v->message->network, address);
    if (!holder || holder == v->client)
        return not_seen_given(v);
    struct audit_place place = audit_place_at(v->message, 12, 4);
    v->error = conduct_prove(v->audit, v->conduct, ADDRESS_OF_ANOTHER, &place);
    return CONDUCT_VIOLATES;
}

static bool is_ethernet(const struct dhcp_packet *packet)
{
    return packet->htype == 1 && packet->chaddr.n == 6;
}

static enum conduct_verdict chaddr_violates(struct conduct_view *v, enum conduct_what what)
{
    struct audit_place place = audit_place_at(v->message, 28, v->packet->chaddr.n);
    int error = conduct_prove(v->audit, v->conduct, what, &place);
    if (error)
        v->error = error;
    return CONDUCT_VIOLATES;
}

/* A8, §3.4: "If the hardware address is reset to a new randomized value, the DHCP client SHOULD use the new
 * randomized value in the DHCP messages". Behind a relay agent the frame is the agent's. */
enum conduct_verdict conduct_hardware_address(struct conduct_view *v)
{
    const struct capture_message *frame = v->message->captured;
    bool relayed = v->packet->giaddr || v->packet->hops;
    enum conduct_verdict verdict = CONDUCT_CONFORMS;
    if (!is_ethernet(v->packet))
        return CONDUCT_CANNOT_TELL;
    if (!(v->packet->chaddr.p[0] & 2))
        verdict = chaddr_violates(v, HARDWARE_UNIVERSAL);
    if (relayed || !frame->has_hardware)
        return verdict == CONDUCT_VIOLATES ? verdict : CONDUCT_CANNOT_TELL;
    if (!slice_equal(v->packet->chaddr, (struct slice){ frame->source_hardware, 6 }))
        verdict = chaddr_violates(v, HARDWARE_NOT_IN_USE);
    return verdict;
}

/* RFC 4361 identifiers are made to stay when hardware addresses change; only a DUID-LL of the address in use may be
 * made from it, and nobody can tell. */
static enum conduct_verdict judge_duid(struct conduct_view *v, const struct dhcp_duid *duid,
                                       const struct dhcp_option *option)
{
    switch (duid->type) {
    case DHCP_DUID_LLT: return conduct_violates(v, ID_DUID_LLT, option);
    case DHCP_DUID_EN: return conduct_violates(v, ID_DUID_EN, option);
    case DHCP_DUID_UUID: return conduct_violates(v, ID_DUID_UUID, option);
    case DHCP_DUID_LL:
        if (slice_equal(duid->hardware, v->packet->chaddr))
            return CONDUCT_CANNOT_TELL;
        return conduct_violates(v, ID_DUID_LL_OTHER, option);
    default: return CONDUCT_CANNOT_TELL;
    }
}

/* A9, §3.5: "In contradiction to [RFC4361], when using the anonymity profile, DHCP clients MUST use client
 * identifiers based solely on the link-layer address that will be used in the underlying connection". What an
 * opaque one is made from cannot be seen. */
enum conduct_verdict conduct_client_id(struct conduct_view *v)
{
    const struct dhcp_option *option = dhcp_packet_option(v->packet, DHCP_O_CLIENT_ID);
    struct dhcp_client_id id;
    struct fault why;
    if (!option)
        return CONDUCT_CONFORMS;
    v->conduct->has_client_id = true;
    if (!dhcp_client_id_parse(option->value, &id, &why))
        return CONDUCT_CANNOT_TELL; /* empty: named as malformed */
    switch (id.form) {
    case DHCP_CLIENT_ID_HARDWARE:
        if (slice_equal(id.hardware, v->packet->chaddr))
            return CONDUCT_CONFORMS;
        return conduct_violates(v, ID_OTHER_HARDWARE, option);
    case DHCP_CLIENT_ID_DUID: return judge_duid(v, &id.duid, option);
    case DHCP_CLIENT_ID_OPAQUE: break;
    }
    return CONDUCT_CANNOT_TELL;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The name that §3.7 allows is hexadecimal: of the hardware address, or of a hash of it and a secret. */
static enum conduct_verdict judge_name(const struct conduct_view *v, struct slice name)
{
    bool own = name.n == 2 * v->packet->chaddr.n;
    if (name.n < 8)
        return CONDUCT_VIOLATES;
    for (size_t i = 0; i < name.n; i++) {
        int digit = hex_digit(name.p[i]);
        if (digit < 0)
            return CONDUCT_VIOLATES;
        if (own) {
            uint8_t octet = v->packet->chaddr.p[i / 2];
            own = digit == (i % 2 ? octet & 15 : octet >> 4);
        }
    }
    return own ? CONDUCT_CONFORMS : CONDUCT_CANNOT_TELL;
}

/* A11, §3.7: "SHOULD NOT send the Host Name option. If they choose to send the option", it is one that is made
 * from the hardware address. */
enum conduct_verdict conduct_host_name(struct conduct_view *v)
{
    const struct dhcp_option *option = dhcp_packet_option(v->packet, DHCP_O_HOST_NAME);
    enum conduct_verdict verdict = option ? judge_name(v, option->value) : CONDUCT_CONFORMS;
    return verdict == CONDUCT_VIOLATES ? conduct_violates(v, NAME_SENT, option) : verdict;
}

/* The first label, in wire form or as text (RFC 4702 §2.3). */
static struct slice first_label(struct slice fqdn)
{
    struct slice name = slice_from(fqdn, 3), label, rest;
    if (fqdn.n > 3 && (fqdn.p[0] & DHCP_FQDN_E))
        return slice_first(slice_from(name, 1), name.p[0]);
    (void)slice_cut(name, '.', &label, &rest); /* it may be one label */
    return label;
}

/* A12, §3.8: "SHOULD NOT include the Client FQDN option"; "MAY include a special-purpose FQDN using the same host
 * name as in the Host Name option". */
enum conduct_verdict conduct_fqdn(struct conduct_view *v)
{
    const struct dhcp_option *option = dhcp_packet_option(v->packet, DHCP_O_FQDN);
    enum conduct_verdict verdict =
        option ? judge_name(v, first_label(option->value)) : CONDUCT_CONFORMS;
    return verdict == CONDUCT_VIOLATES ? conduct_violates(v, FQDN_SENT, option) : verdict;
}
