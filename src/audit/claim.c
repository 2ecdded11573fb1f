/* SPDX-License-Identifier: ISC
 *
 * RFC 7819 §5.4: a client asks for the address that it had before, in option 50 of a DISCOVER or an INIT-REBOOT
 * REQUEST (RFC 2131 §4.3.2), or still has it in ciaddr. Whether it had it here, the network's answer tells.
 */
#include "audit/claim.h"

#include <errno.h>

#include "audit/audit.h"

/* Not the REQUEST that answers an OFFER: its 50 is what this network has just offered. */
static bool read_claim(const struct audit_message *message, struct audit_claim *out)
{
    const struct dhcp_packet *packet = message->packet;
    const struct dhcp_option *requested = dhcp_packet_option(packet, DHCP_O_REQUESTED_ADDRESS);
    bool request = packet->type == DHCP_REQUEST, discover = packet->type == DHCP_DISCOVER;
    *out = (struct audit_claim){ .network = message->network,
                                 .xid = packet->xid,
                                 .time_us = message->time_us };
    if (packet->ciaddr &&
        (request || discover || packet->type == DHCP_INFORM || packet->type == DHCP_RELEASE)) {
        out->address = packet->ciaddr;
        out->in_ciaddr = true;
        out->place = audit_place_at(message, 12, 4);
        return true;
    }
    if (!requested || !dhcp_packet_address(packet, DHCP_O_REQUESTED_ADDRESS, &out->address) ||
        out->address == 0 || packet->ciaddr)
        return false;
    out->place = audit_place_of(message, requested);
    out->in_discover = discover;
    out->init_reboot = request && !message->server_id;
    return out->in_discover || out->init_reboot;
}

/* This network gave it that address in an earlier message. */
static bool had_here(const struct audit_client *client, const struct audit_claim *claim)
{
    const struct audit_stay *stay = audit_stay_of(client, claim->network);
    for (size_t i = 0; stay && i < stay->leases_n; i++) {
        const struct audit_lease *lease = &stay->leases[i];
        bool earlier =
            lease->place.frame != claim->place.frame || lease->place.file != claim->place.file;
        if (lease->address == claim->address && earlier && !lease->claimed_only)
            return true;
    }
    return false;
}

static struct audit_claim *find(struct audit_claims *claims, const struct audit_claim *like)
{
    for (size_t i = 0; claims && i < claims->n; i++)
        if (claims->at[i].address == like->address && claims->at[i].network == like->network)
            return &claims->at[i];
    return NULL;
}

/* Whose it was when it was claimed: its own on another network before anybody's. */
static void find_origin(const struct audit *audit, const struct audit_client *client,
                        struct audit_claim *claim)
{
    const struct audit_stay *stay = audit_stay_with(client, claim->address, claim->network);
    const struct audit_client *holder = client;
    uint32_t network = stay ? stay->network : claim->network;
    if (!stay)
        holder = audit_holder(audit, claim->address, &network);
    if (!holder || network == claim->network)
        return;
    claim->from_known = true;
    claim->from = network;
    claim->from_client = holder->number;
}

static int note_claim(struct audit *audit, struct audit_client *client,
                      const struct audit_claim *claim)
{
    struct audit_claim *known = find(client->claims, claim);
    if (known) {
        known->xid = claim->xid;
        known->in_discover = known->in_discover || claim->in_discover;
        known->init_reboot = known->init_reboot || claim->init_reboot;
        known->in_ciaddr = known->in_ciaddr || claim->in_ciaddr;
        return 0;
    }
    if (had_here(client, claim))
        return 0;
    if (!client->claims)
        client->claims = arena_alloc(&audit->memory, sizeof *client->claims);
    if (!client->claims)
        return -ENOMEM;
    if (client->claims->n == AUDIT_CLAIMS_MAX) {
        client->claims->dropped++;
        return 0;
    }
    known = &client->claims->at[client->claims->n++];
    *known = *claim;
    find_origin(audit, client, known);
    return 0;
}

static void settle(struct audit_claim *claim, enum audit_claim_outcome outcome,
                   const struct audit_message *message, struct audit_place place)
{
    const struct dhcp_packet *packet = message->packet;
    claim->outcome = outcome;
    claim->outcome_place = place;
    claim->given = packet->yiaddr;
    claim->server = message->server_id ? message->server_id : packet->giaddr;
}

/* RFC 2131 §4.3.1, §4.3.2: an OFFER or ACK of that very address confirms it, whichever exchange asked; the ACK of an
 * INFORM has it in ciaddr. A NAK refuses it. */
static void hear_answer(struct audit_claim *claim, const struct audit_message *message)
{
    const struct dhcp_packet *packet = message->packet;
    bool gives = packet->type == DHCP_OFFER || packet->type == DHCP_ACK;
    bool mine = claim->xid == packet->xid;
    uint32_t given = packet->yiaddr ? packet->yiaddr : packet->ciaddr;
    const struct dhcp_option *type = dhcp_packet_option(packet, DHCP_O_TYPE);
    if (claim->outcome == AUDIT_CLAIM_CONFIRMED || claim->network != message->network)
        return;
    if (gives && given == claim->address)
        settle(claim, AUDIT_CLAIM_CONFIRMED, message,
               audit_place_at(message, packet->yiaddr ? 16 : 12, 4));
    else if (gives && mine && packet->yiaddr && claim->outcome == AUDIT_CLAIM_OPEN)
        settle(claim, AUDIT_CLAIM_OTHER, message, audit_place_at(message, 16, 4));
    else if (packet->type == DHCP_NAK && mine && type)
        settle(claim, AUDIT_CLAIM_REFUSED, message, audit_place_of(message, type));
}

int audit_claims_see(struct audit *audit, struct audit_client *client,
                     const struct audit_message *message)
{
    struct audit_claim claim;
    if (message->sender == AUDIT_FROM_CLIENT && read_claim(message, &claim))
        return note_claim(audit, client, &claim);
    if (message->sender == AUDIT_FROM_SERVER && client->claims)
        for (size_t i = 0; i < client->claims->n; i++)
            hear_answer(&client->claims->at[i], message);
    return 0;
}
