/* SPDX-License-Identifier: ISC */
#include "audit/server_given.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/allocation.h"

enum {
    OFFER_HELD_S = 60
}; /* how long an offer that nobody took keeps its address; no server says */

static uint32_t slot_of(const struct server_seen *seen, uint32_t client, uint32_t network)
{
    uint64_t mixed = ((uint64_t)client << 32 | network) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(mixed >> 32) & (seen->slots_n - 1);
}

static struct audit_given *given_find(const struct audit_server *server, uint32_t client,
                                      uint32_t network)
{
    const struct server_seen *seen = server->seen;
    if (seen->slots_n == 0)
        return NULL;
    for (uint32_t at = slot_of(seen, client, network); seen->slots[at];
         at = (at + 1) & (seen->slots_n - 1)) {
        struct audit_given *given = &server->allocation.given[seen->slots[at] - 1];
        if (given->client == client && given->network == network)
            return given;
    }
    return NULL;
}

static void put_in_slot(struct server_seen *seen, const struct audit_given *given, uint32_t index)
{
    uint32_t at = slot_of(seen, given->client, given->network);
    while (seen->slots[at])
        at = (at + 1) & (seen->slots_n - 1);
    seen->slots[at] = index + 1;
}

/* Doubles both tables; what was outgrown stays in the audit's memory. */
static int grow(struct audit *audit, struct audit_server *server)
{
    struct server_seen *seen = server->seen;
    struct audit_allocation *a = &server->allocation;
    uint32_t size = seen->given_size ? 2 * seen->given_size : 16;
    struct audit_given *given = arena_alloc(&audit->memory, size * sizeof(*given));
    uint32_t *slots = arena_alloc(&audit->memory, 2 * (size_t)size * sizeof(*slots));
    if (!given || !slots)
        return -ENOMEM;
    if (a->given_n > 0)
        memcpy(given, a->given, a->given_n * sizeof(*given));
    a->given = given;
    seen->given_size = size;
    seen->slots = slots;
    seen->slots_n = 2 * size;
    for (uint32_t i = 0; i < a->given_n; i++)
        put_in_slot(seen, &given[i], i);
    return 0;
}

static int64_t end_of_lease(const struct audit_message *m)
{
    uint32_t seconds = OFFER_HELD_S;
    if (m->time_us == AUDIT_NO_TIME)
        return AUDIT_NO_TIME;
    if (m->packet->type == DHCP_ACK && !dhcp_packet_address(m->packet, DHCP_O_LEASE_TIME, &seconds))
        return AUDIT_NO_TIME;
    return m->time_us + (int64_t)seconds * 1000000;
}

/* The client's DISCOVER had named it (50), or it came with it (INIT-REBOOT, a renewal). */
static bool was_wished(const struct audit_client *client, const struct audit_message *m)
{
    const struct audit_claims *claims = client->claims;
    for (size_t i = 0; claims && i < claims->n; i++)
        if (claims->at[i].xid == m->packet->xid && claims->at[i].address == m->packet->yiaddr)
            return true;
    return m->packet->ciaddr != 0;
}

/* As option 1 tells it, or else as the relay agent's address does (RFC 2131 §4.3.1); 0: the server's own link. */
static uint32_t subnet_of(const struct dhcp_packet *packet)
{
    uint32_t mask;
    if (dhcp_packet_address(packet, DHCP_O_SUBNET_MASK, &mask) && mask)
        return packet->yiaddr & mask;
    return packet->giaddr;
}

static void came_again(struct audit_given *given, const struct audit_message *m)
{
    bool same = given->address == m->packet->yiaddr;
    given->returned_same = same && (given->returned_same || !given->returned);
    given->returned = true;
}

static int first_time(struct audit *audit, const struct audit_client *client,
                      const struct audit_message *m, struct audit_server *server)
{
    struct audit_allocation *a = &server->allocation;
    if (a->given_n == server->seen->given_size) {
        int rc = grow(audit, server);
        if (rc != 0)
            return rc;
    }
    struct audit_given *given = &a->given[a->given_n];
    *given = (struct audit_given){
        .address = m->packet->yiaddr,
        .client = client->number,
        .network = m->network,
        .subnet = subnet_of(m->packet),
        .xid = m->packet->xid,
        .wished = was_wished(client, m),
        .time_us = m->time_us,
        .until_us = end_of_lease(m),
        .place = audit_place_at(m, 16, 4), /* yiaddr */
    };
    put_in_slot(server->seen, given, (uint32_t)a->given_n++);
    return 0;
}

int server_given_see(struct audit *audit, const struct audit_client *client,
                     const struct audit_message *m, struct audit_server *server)
{
    uint8_t type = m->packet->type;
    if ((type != DHCP_OFFER && type != DHCP_ACK) || m->packet->yiaddr == 0)
        return 0;
    struct audit_given *given = given_find(server, client->number, m->network);
    if (!given)
        return first_time(audit, client, m, server);
    if (type == DHCP_OFFER)
        return 0;
    if (m->packet->xid != given->xid && m->packet->ciaddr == 0)
        came_again(given, m);
    given->xid = m->packet->xid;
    if (given->address == m->packet->yiaddr)
        given->until_us = end_of_lease(m);
    return 0;
}

void server_given_released(struct audit_server *server, const struct audit_client *client,
                           const struct audit_message *m)
{
    struct audit_given *given = given_find(server, client->number, m->network);
    if (given && given->address == m->packet->ciaddr)
        given->until_us = m->time_us;
}

static struct slice client_id_of(const struct audit_client *client)
{
    const struct audit_trait *t = audit_trait_first(client, ID_CLIENT_ID);
    return t ? t->value->octets : client->client_id;
}

static size_t cases_of(const struct audit *audit, const struct audit_allocation *a,
                       struct allocation_case *out)
{
    size_t n = 0;
    for (size_t i = 0; i < a->given_n; i++) {
        const struct audit_given *given = &a->given[i];
        if (given->wished)
            continue;
        const struct audit_client *client = audit->clients[given->client];
        struct allocation_case *it = &out[n++];
        *it = (struct allocation_case){
            .address = given->address,
            .network = given->network,
            .subnet = given->subnet,
            .from_us = given->time_us,
            .until_us = given->until_us,
            .hlen = client->hlen,
            .client_id = client_id_of(client),
        };
        memcpy(it->hardware, client->hardware, sizeof(it->hardware));
    }
    return n;
}

int server_given_judge(const struct audit *audit, struct audit_server *server)
{
    struct audit_allocation *a = &server->allocation;
    a->returning = a->returning_same = 0;
    for (size_t i = 0; i < a->given_n; i++) {
        a->returning += a->given[i].returned;
        a->returning_same += a->given[i].returned && a->given[i].returned_same;
    }
    struct allocation_case *cases = calloc(a->given_n + 1, sizeof(*cases));
    if (!cases)
        return -ENOMEM;
    a->judged = cases_of(audit, a, cases);
    int rc = allocation_infer(cases, a->judged, a);
    free(cases);
    return rc;
}

struct stay { /* one first address of one client */
    uint32_t client, network, offset, server;
};

static int by_client(const void *a, const void *b)
{
    const struct stay *x = a, *y = b;
    if (x->client != y->client)
        return x->client < y->client ? -1 : 1;
    return x->network < y->network ? -1 : x->network > y->network;
}

/* A subnet whose mask nobody told is taken for a /24. */
static uint32_t offset_of(const struct audit *audit, const struct audit_given *given)
{
    uint32_t mask = audit->networks[given->network].mask;
    return given->address & ~(mask ? mask : 0xffffff00);
}

/* stays: of one client, sorted by network. Each counts for its own server. */
static void count_moves(struct audit *audit, const struct stay *stays, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool moved = false, same = false;
        for (size_t k = 0; k < n && k < 64; k++) {
            moved = moved || stays[k].network != stays[i].network;
            same = same ||
                   (stays[k].network != stays[i].network && stays[k].offset == stays[i].offset);
        }
        struct audit_allocation *a = &audit->servers[stays[i].server].allocation;
        a->moved += moved;
        a->moved_same += same;
    }
}

int server_given_moved(struct audit *audit)
{
    size_t all = 0, n = 0;
    for (size_t i = 0; i < audit->servers_n; i++)
        all += audit->servers[i].allocation.given_n;
    struct stay *stays = calloc(all + 1, sizeof(*stays));
    if (!stays)
        return -ENOMEM;
    for (size_t i = 0; i < audit->servers_n; i++) {
        struct audit_allocation *a = &audit->servers[i].allocation;
        a->moved = a->moved_same = 0;
        for (size_t k = 0; k < a->given_n; k++)
            stays[n++] = (struct stay){ a->given[k].client, a->given[k].network,
                                        offset_of(audit, &a->given[k]), (uint32_t)i };
    }
    qsort(stays, n, sizeof(*stays), by_client);
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && stays[to].client == stays[from].client;)
            to++;
        count_moves(audit, &stays[from], to - from);
    }
    free(stays);
    return 0;
}
