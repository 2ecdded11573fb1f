/* SPDX-License-Identifier: ISC
 *
 * Servers are known by option 54 on their link: two homes' 192.168.1.1 are two servers.
 */
#include "audit/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/allocation.h"
#include "audit/audit_internal.h"
#include "audit/server_given.h"
#include "audit/server_said.h"

enum {
    SERVERS_MAX = 1024, /* a flood of made-up ones is not told apart beyond */
    RELAYS_MAX = 4096,
};

static const char *const strategy_texts[] = {
    [AUDIT_STRATEGY_UNKNOWN] = "unknown", [AUDIT_STRATEGY_ITERATIVE] = "iterative",
    [AUDIT_STRATEGY_LRU] = "lru",         [AUDIT_STRATEGY_IDENTIFIER] = "identifier",
    [AUDIT_STRATEGY_HASH] = "hash",       [AUDIT_STRATEGY_UNPREDICTABLE] = "unpredictable",
};

const char *audit_strategy_text(enum audit_strategy strategy)
{
    return strategy_texts[strategy];
}

/* NULL with 0: there are too many. */
static int server_of(struct audit *audit, uint32_t id, uint32_t network, struct audit_server **out)
{
    *out = NULL;
    for (size_t i = 0; i < audit->servers_n; i++)
        if (audit->servers[i].id == id && audit->servers[i].network == network) {
            *out = &audit->servers[i];
            return 0;
        }
    if (audit->servers_n == SERVERS_MAX)
        return 0;
    struct server_seen *seen = arena_alloc(&audit->memory, sizeof(*seen));
    if (!seen || audit_grow((void **)&audit->servers, &audit->index->servers_size, audit->servers_n,
                            sizeof(*audit->servers)) != 0)
        return -ENOMEM;
    *out = &audit->servers[audit->servers_n++];
    **out = (struct audit_server){ .id = id, .network = network, .seen = seen };
    return 0;
}

static struct audit_relay *relay_find(const struct audit *audit, uint32_t address)
{
    for (size_t i = 0; i < audit->relays_n; i++)
        if (audit->relays[i].address == address)
            return &audit->relays[i];
    return NULL;
}

bool audit_is_relay(const struct audit *audit, uint32_t address)
{
    return relay_find(audit, address) != NULL;
}

static int relay_of(struct audit *audit, const struct audit_message *m, struct audit_relay **out)
{
    *out = relay_find(audit, m->packet->giaddr);
    if (*out || audit->relays_n == RELAYS_MAX)
        return 0;
    if (audit_grow((void **)&audit->relays, &audit->index->relays_size, audit->relays_n,
                   sizeof(*audit->relays)) != 0)
        return -ENOMEM;
    *out = &audit->relays[audit->relays_n++];
    **out = (struct audit_relay){ .address = m->packet->giaddr, .network = m->network };
    return 0;
}

static int see_client(struct audit *audit, const struct audit_client *client,
                      const struct audit_message *m)
{
    struct audit_relay *relay = NULL;
    int rc = m->packet->giaddr ? relay_of(audit, m, &relay) : 0;
    if (rc == 0 && relay) {
        relay->messages++;
        rc = server_said_by_relay(audit, m, &relay->added);
    }
    if (rc != 0 || !client || m->packet->type != DHCP_RELEASE || m->server_id == 0)
        return rc;
    struct audit_server *server;
    rc = server_of(audit, m->server_id, audit->files[m->file].network, &server);
    if (rc == 0 && server)
        server_given_released(server, client, m);
    return rc;
}

static void note_direct(struct audit_server *server, const struct audit_message *m)
{
    const struct capture_message *captured = m->captured;
    server->direct = true;
    server->link = m->network;
    if (server->has_hardware || !captured->has_hardware)
        return;
    server->has_hardware = true;
    memcpy(server->hardware, captured->source_hardware, sizeof(server->hardware));
}

static int see_server(struct audit *audit, struct audit_client *client,
                      const struct audit_message *m)
{
    struct audit_server *server = NULL;
    struct audit_relay *relay = NULL;
    bool to_client = m->captured->destination_port == 68;
    int rc =
        m->server_id ? server_of(audit, m->server_id, audit->files[m->file].network, &server) : 0;
    if (rc == 0 && m->packet->giaddr && to_client)
        rc = relay_of(audit, m, &relay);
    if (rc == 0 && to_client && relay)
        rc = server_said_to_client(audit, m, &relay->added);
    if (rc != 0 || !server)
        return rc;
    server->messages++;
    if (m->packet->giaddr == 0)
        note_direct(server, m);
    if (to_client && m->packet->giaddr == 0)
        rc = server_said_to_client(audit, m, &server->leaked);
    if (!client) /* of nobody known: beyond the cap, or without hardware address and client-id */
        return rc;
    if (rc == 0)
        rc = server_said_unasked(audit, client, m, server);
    return rc == 0 ? server_given_see(audit, client, m, server) : rc;
}

/* What it tells is 5.10's: attack_leasequery.c. */
static int see_leasequery_answer(struct audit *audit, const struct audit_message *m)
{
    struct audit_server *server = NULL;
    int rc =
        m->server_id ? server_of(audit, m->server_id, audit->files[m->file].network, &server) : 0;
    if (server)
        server->messages++;
    return rc;
}

int audit_servers_see(struct audit *audit, struct audit_client *client,
                      const struct audit_message *m)
{
    switch (m->sender) {
    case AUDIT_FROM_CLIENT: return see_client(audit, client, m);
    case AUDIT_FROM_SERVER: return see_server(audit, client, m);
    case AUDIT_TO_REQUESTOR: return see_leasequery_answer(audit, m);
    case AUDIT_FROM_REQUESTOR: return 0;
    }
    return 0;
}

/* RFC 7819 speaks of clients; a second server on a link is how they are led astray. The busiest is taken for the
 * proper one. */
static void judge_rogue(struct audit *audit)
{
    for (size_t i = 0; i < audit->servers_n; i++) {
        struct audit_server *it = &audit->servers[i];
        it->rogue = false;
        for (size_t k = 0; k < audit->servers_n; k++) {
            const struct audit_server *other = &audit->servers[k];
            if (k != i && it->direct && other->direct && it->link == other->link &&
                (other->messages > it->messages || (other->messages == it->messages && k < i)))
                it->rogue = true;
        }
    }
}

int audit_servers_judge(struct audit *audit)
{
    judge_rogue(audit);
    for (size_t i = 0; i < audit->servers_n; i++) {
        int rc = server_given_judge(audit, &audit->servers[i]);
        if (rc != 0)
            return rc;
    }
    return server_given_moved(audit);
}
