/* SPDX-License-Identifier: ISC
 *
 * Networks: the operator's, each file's, and the subnets within a file that nobody named. A subnet is told by an
 * answer: the address given and option 1. The address of a relay agent (giaddr, 82.5) tells it too, its mask is
 * a guess until an answer comes.
 */
#include "audit/audit_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dhcp/relay.h"

#define GUESSED_MASK 0xffffff00U

static int64_t add_network(struct audit *audit, struct audit_network network)
{
    struct slice kept;
    int err = audit_grow((void **)&audit->networks, &audit->index->networks_size, audit->networks_n,
                         sizeof *audit->networks);
    if (err < 0)
        return err;
    if (!audit_keep(audit, network.name, &kept))
        return -ENOMEM;
    network.name = kept;
    audit->networks[audit->networks_n] = network;
    return (int64_t)audit->networks_n++;
}

int64_t audit_network_add(struct audit *audit, struct slice name, bool named)
{
    for (size_t i = 0; i < audit->networks_n; i++)
        if (named && audit->networks[i].named && slice_equal(audit->networks[i].name, name))
            return (int64_t)i;
    return add_network(audit,
                       (struct audit_network){ .name = name, .named = named, .file = UINT32_MAX });
}

int64_t audit_file_add(struct audit *audit, struct slice name, int64_t network)
{
    struct slice kept;
    bool by_subnet = network < 0;
    int err = audit_grow((void **)&audit->files, &audit->index->files_size, audit->files_n,
                         sizeof *audit->files);
    if (err < 0)
        return err;
    if (!audit_keep(audit, name, &kept))
        return -ENOMEM;
    if (by_subnet)
        network = add_network(
            audit, (struct audit_network){ .name = kept, .file = (uint32_t)audit->files_n });
    if (network < 0)
        return network;
    audit->files[audit->files_n] =
        (struct audit_file){ .name = kept, .network = (uint32_t)network, .by_subnet = by_subnet };
    return (int64_t)audit->files_n++;
}

static bool holds(const struct audit_network *network, uint32_t address)
{
    if (network->mask && (address & network->mask) == network->subnet)
        return true;
    for (size_t i = 0; i < network->more_n; i++)
        if ((address & network->more[i].mask) == network->more[i].subnet)
            return true;
    return false;
}

bool audit_network_has(const struct audit *audit, uint32_t network, uint32_t address)
{
    const struct audit_network *at = &audit->networks[network];
    return !at->guessed && holds(at, address);
}

/* RFC 950: ones, then zeros. Some servers give every client a subnet of its own (/32): that tells nothing of
 * where it is, and so does one that is most of the world. */
static bool is_mask(uint32_t mask)
{
    uint32_t zeros = ~mask;
    return (zeros & (zeros + 1)) == 0 && mask >= 0xff000000 && mask <= 0xfffffffc;
}

static unsigned mask_bits(uint32_t mask)
{
    return (unsigned)__builtin_popcount(mask);
}

static int give_name(struct audit *audit, struct audit_network *network)
{
    char subnet[16], tail[24];
    struct slice file = audit->files[network->file].name;
    int n = snprintf(tail, sizeof tail, " %s/%u", dhcp_address_text(network->subnet, subnet),
                     mask_bits(network->mask));
    uint8_t *name = arena_alloc(&audit->memory, file.n + (size_t)n);
    if (!name)
        return -ENOMEM;
    if (file.n)
        memcpy(name, file.p, file.n);
    memcpy(name + file.n, tail, (size_t)n);
    network->name = (struct slice){ name, file.n + (size_t)n };
    return 0;
}

struct subnet {
    uint32_t address, mask; /* an address in it */
    bool guessed;
};

/* Of the file's networks the one with this address in it; -1: none. The newest are looked at first. */
static int64_t find_in_file(const struct audit *audit, uint32_t file, uint32_t address)
{
    const struct audit_file *of = &audit->files[file];
    for (uint32_t at = of->subnets; at; at = audit->networks[at - 1].next)
        if (holds(&audit->networks[at - 1], address))
            return at - 1;
    return holds(&audit->networks[of->network], address) ? (int64_t)of->network : -1;
}

/* A relay agent's address had to do until now. */
static int settle(struct audit *audit, struct audit_network *network, const struct subnet *it)
{
    if (!network->guessed || it->guessed)
        return 0;
    network->subnet = it->address & it->mask;
    network->mask = it->mask;
    network->guessed = false;
    return audit->files[network->file].subnets ? give_name(audit, network) : 0;
}

/* The first subnet of a file is its network; with the second, each has a name of its own. */
static int64_t make_subnet(struct audit *audit, uint32_t file, const struct subnet *it)
{
    struct audit_file *of = &audit->files[file];
    struct audit_network *first = &audit->networks[of->network];
    if (!first->mask) {
        first->subnet = it->address & it->mask;
        first->mask = it->mask;
        first->guessed = it->guessed;
        return of->network;
    }
    if (audit->index->subnets == AUDIT_NETWORKS_MAX)
        return of->network;
    if (!of->subnets && give_name(audit, first) < 0)
        return -ENOMEM;
    int64_t made = add_network(audit, (struct audit_network){ .file = file,
                                                              .subnet = it->address & it->mask,
                                                              .mask = it->mask,
                                                              .guessed = it->guessed,
                                                              .next = of->subnets });
    if (made < 0)
        return made;
    audit->index->subnets++;
    of->subnets = (uint32_t)made + 1;
    return give_name(audit, &audit->networks[made]) < 0 ? -ENOMEM : made;
}

static int64_t subnet_of(struct audit *audit, uint32_t file, struct subnet it)
{
    int64_t found = find_in_file(audit, file, it.address);
    if (found < 0)
        return make_subnet(audit, file, &it);
    int err = settle(audit, &audit->networks[found], &it);
    return err < 0 ? err : found;
}

/* RFC 3527 §3: the relay agent serves another subnet than its own address is in. 0: no relay agent. */
static uint32_t relay_address(const struct dhcp_packet *packet)
{
    struct dhcp_sub sub;
    struct slice information = dhcp_packet_value(packet, DHCP_O_RELAY_AGENT);
    if (dhcp_sub_find(information, DHCP_RELAY_LINK_SELECTION, &sub) && sub.value.n == 4)
        return (uint32_t)sub.value.p[0] << 24 | (uint32_t)sub.value.p[1] << 16 |
               (uint32_t)sub.value.p[2] << 8 | sub.value.p[3];
    return packet->giaddr;
}

/* An OFFER or ACK with an address and a mask; the ACK of an INFORM has it in ciaddr (RFC 2131 §4.3.5). */
static bool answer_tells(const struct audit_message *message, uint32_t *address, uint32_t *mask)
{
    const struct dhcp_packet *packet = message->packet;
    if (message->sender != AUDIT_FROM_SERVER || packet->type == DHCP_NAK)
        return false;
    *address = packet->yiaddr ? packet->yiaddr : packet->ciaddr;
    *mask = 0;
    if (dhcp_packet_address(packet, DHCP_O_SUBNET_MASK, mask) && !is_mask(*mask))
        *mask = 0;
    return *address != 0;
}

void audit_network_learn(struct audit *audit, const struct audit_message *message)
{
    struct audit_network *network = &audit->networks[message->network];
    uint32_t address, mask;
    if (!answer_tells(message, &address, &mask) || !mask || holds(network, address))
        return;
    if (!network->mask) {
        network->subnet = address & mask;
        network->mask = mask;
    } else if (network->more_n < AUDIT_SUBNETS_MAX) {
        network->more[network->more_n++] = (struct audit_subnet){ address & mask, mask };
    }
}

int64_t audit_network_told(struct audit *audit, const struct audit_message *message)
{
    const struct dhcp_packet *packet = message->packet;
    uint32_t address, mask;
    int64_t found = -1;
    if (message->sender != AUDIT_FROM_SERVER)
        return -1;
    if (answer_tells(message, &address, &mask)) {
        if (mask)
            return subnet_of(audit, message->file, (struct subnet){ address, mask, false });
        found = find_in_file(audit, message->file, address);
    }
    if (found < 0 && relay_address(packet))
        found = find_in_file(audit, message->file, relay_address(packet));
    if (found < 0 && message->server_id && !packet->giaddr)
        found = find_in_file(audit, message->file, message->server_id);
    return found;
}

int64_t audit_network_guess(struct audit *audit, const struct audit_client *client,
                            const struct audit_message *message)
{
    uint32_t relay = relay_address(message->packet);
    bool leasequery =
        message->sender == AUDIT_FROM_REQUESTOR || message->sender == AUDIT_TO_REQUESTOR;
    if (relay && !leasequery)
        return subnet_of(audit, message->file, (struct subnet){ relay, GUESSED_MASK, true });
    if (client && client->notes->file == message->file)
        return client->notes->network;
    return audit->files[message->file].network;
}
