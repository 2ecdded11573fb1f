/* SPDX-License-Identifier: ISC
 *
 * In a file whose subnets are networks, a client's message does not say where it was sent: its answer does. So
 * it waits for that (bounded, in the client's order), and the parts of the audit see it with its network.
 */
#include "audit/audit_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int deliver_on(struct audit *audit, struct audit_client *client,
                      struct audit_message *message, int64_t network)
{
    if (network < 0)
        return (int)network;
    message->network = (uint32_t)network;
    audit_network_learn(audit, message);
    return audit_deliver(audit, client, message);
}

static int release_one(struct audit *audit, struct audit_held *held, int64_t network)
{
    struct audit_index *index = audit->index;
    struct audit_client *client = held->client;
    held->client = NULL;
    dhcp_packet_parse(held->captured.payload, index->held_room, &index->held_packet);
    struct audit_message message =
        audit_message_of(held->file, &held->captured, &index->held_packet);
    if (network < 0)
        network = audit_network_guess(audit, client, &message);
    return deliver_on(audit, client, &message, network);
}

/* network -1: not told. */
static int release(struct audit *audit, struct audit_client *client, int64_t network)
{
    int err = 0;
    for (size_t i = 0; i < client->notes->held_n && err == 0; i++)
        err = release_one(audit, audit->index->held[client->notes->held[i]], network);
    client->notes->held_n = 0;
    return err;
}

int audit_held_release(struct audit *audit)
{
    struct audit_index *index = audit->index;
    int err = 0;
    for (size_t i = 0; i < index->held_n && err == 0; i++) {
        struct audit_client *client = index->held[(index->held_next + i) % index->held_n]->client;
        if (client)
            err = release(audit, client, -1);
    }
    return err;
}

static int hold(struct audit *audit, struct audit_client *client,
                const struct audit_message *message)
{
    struct audit_index *index = audit->index;
    if (index->held_next == index->held_n) {
        struct audit_held *made = arena_alloc(&audit->memory, sizeof *made);
        if (!made)
            return -ENOMEM;
        index->held[index->held_n++] = made;
    }
    struct audit_held *held = index->held[index->held_next];
    int err = client->notes->held_n == AUDIT_HELD_PER_CLIENT ? release(audit, client, -1) : 0;
    if (err == 0 && held->client)
        err = release(audit, held->client, -1);
    if (err < 0)
        return err;
    struct slice payload = message->captured->payload;
    held->captured = *message->captured;
    held->captured.payload = slice_keep(payload, held->octets, sizeof held->octets);
    held->client = client;
    held->file = message->file;
    client->notes->held[client->notes->held_n++] = (uint16_t)index->held_next;
    index->held_next = (index->held_next + 1) % AUDIT_HELD_MAX;
    return 0;
}

/* Something that is answered. */
static bool is_question(const struct audit_message *message)
{
    uint8_t type = message->packet->type;
    return message->sender == AUDIT_FROM_CLIENT &&
           (type == DHCP_DISCOVER || type == DHCP_REQUEST || type == DHCP_INFORM ||
            type == DHCP_BOOTP) &&
           message->captured->payload.n <= AUDIT_HELD_SIZE;
}

int audit_place_message(struct audit *audit, struct audit_client *client,
                        struct audit_message *message)
{
    const struct audit_file *file = &audit->files[message->file];
    if (!file->by_subnet)
        return deliver_on(audit, client, message, file->network);
    int64_t network = audit_network_told(audit, message);
    bool told = network >= 0;
    if (network == -ENOMEM)
        return -ENOMEM;
    if (!told && client && client->notes->told && client->notes->held_n == 0 &&
        audit_exchange_goes_on(client, message))
        return deliver_on(audit, client, message, client->notes->network);
    if (!told && client && is_question(message))
        return hold(audit, client, message);
    int err = client ? release(audit, client, network) : 0;
    if (!told)
        network = audit_network_guess(audit, client, message);
    if (err == 0)
        err = deliver_on(audit, client, message, network);
    if (err == 0 && client && told)
        client->notes->told = true;
    return err;
}
