/* SPDX-License-Identifier: ISC
 *
 * RFC 7819 §5.10, while messages pass: who asks about whom (RFC 4388, 6926, 7724), and what the answers tell.
 */
#include "audit/attack_leasequery_see.h"

#include <errno.h>

#include "audit/audit_internal.h"

enum { CLIENT_ID_MAX = 255 };

static struct audit_asked *asked_of(struct audit *audit)
{
    if (!audit->asked)
        audit->asked = arena_alloc(&audit->memory, sizeof *audit->asked);
    return audit->asked;
}

/* Its type (53) stands for a message. */
static struct audit_place type_of(const struct audit_message *message)
{
    const struct dhcp_option *type = dhcp_packet_option(message->packet, DHCP_O_TYPE);
    return type ? audit_place_of(message, type) : audit_place_at(message, 0, 1);
}

/* RFC 4388 §6.2: giaddr is who asks and where the answer goes; over TCP it is the peer (RFC 6926 §6.2). */
static uint32_t requestor_of(const struct audit_message *message)
{
    const struct capture_message *captured = message->captured;
    if (captured->kind == CAPTURE_UDP && message->packet->giaddr)
        return message->packet->giaddr;
    return message->sender == AUDIT_FROM_REQUESTOR ? captured->source : captured->destination;
}

/* ---- DHCPTLS (RFC 7724 §5.1, §8.2.1) ---- */

static struct audit_hidden *tls_with(struct audit_asked *asked, uint32_t requestor, uint32_t server,
                                     uint16_t port)
{
    for (size_t i = 0; i < AUDIT_HIDDEN_MAX; i++)
        if (asked->hidden[i].place.frame && asked->hidden[i].requestor == requestor &&
            asked->hidden[i].server == server && asked->hidden[i].port == port)
            return &asked->hidden[i];
    return NULL;
}

static void see_tls(struct audit_asked *asked, const struct audit_message *message)
{
    const struct capture_message *captured = message->captured;
    bool question = message->sender == AUDIT_FROM_REQUESTOR;
    uint32_t requestor = question ? captured->source : captured->destination;
    uint32_t server = question ? captured->destination : captured->source;
    uint16_t port = question ? captured->source_port : captured->destination_port;
    struct slice status = dhcp_packet_value(message->packet, DHCP_O_STATUS);
    struct audit_hidden *tls = tls_with(asked, requestor, server, port);
    if (!tls) {
        tls = &asked->hidden[asked->hidden_next++ % AUDIT_HIDDEN_MAX];
        *tls = (struct audit_hidden){ .requestor = requestor,
                                      .server = server,
                                      .network = message->network,
                                      .port = port,
                                      .place = type_of(message) };
    }
    if (!question)
        tls->refused = status.n && status.p[0] != 0;
}

/* ---- what is noted with the client ---- */

static struct audit_query *query_of(struct audit_noted *noted, uint32_t requestor, uint8_t type)
{
    for (size_t i = 0; i < noted->queries_n; i++)
        if (noted->queries[i].requestor == requestor && noted->queries[i].type == type)
            return &noted->queries[i];
    if (noted->queries_n == AUDIT_QUERIES_MAX) {
        noted->queries_dropped++;
        return NULL;
    }
    struct audit_query *query = &noted->queries[noted->queries_n++];
    query->requestor = requestor;
    query->type = type;
    return query;
}

static int note_question(struct audit *audit, struct audit_client *client,
                         const struct audit_pending *question)
{
    struct audit_noted *noted = audit_noted_of(audit, client);
    if (!noted)
        return -ENOMEM;
    struct audit_query *query = query_of(noted, question->requestor, question->type);
    if (query && !query->has_asked) {
        query->has_asked = true;
        query->asked = question->place;
    }
    return 0;
}

static void tell(struct audit_query *query, enum audit_told what, struct audit_place place)
{
    if (!query->told[what].n)
        query->told[what] = place;
}

static void tell_option(struct audit_query *query, enum audit_told what,
                        const struct audit_message *message, uint8_t code)
{
    const struct dhcp_option *option = dhcp_packet_option(message->packet, code);
    if (option)
        tell(query, what, audit_place_of(message, option));
}

/* RFC 4388 §6.4.2, RFC 6926 §6.3. */
static void note_told(struct audit_query *query, const struct audit_message *message)
{
    const struct dhcp_packet *packet = message->packet;
    if (packet->ciaddr) {
        tell(query, AUDIT_TOLD_ADDRESS, audit_place_at(message, 12, 4));
        query->address = query->address ? query->address : packet->ciaddr;
    }
    if (packet->chaddr.n)
        tell(query, AUDIT_TOLD_HARDWARE, audit_place_at(message, 28, packet->chaddr.n));
    tell_option(query, AUDIT_TOLD_CLIENT_ID, message, DHCP_O_CLIENT_ID);
    tell_option(query, AUDIT_TOLD_RELAY, message, DHCP_O_RELAY_AGENT);
    tell_option(query, AUDIT_TOLD_TIMES, message, DHCP_O_LAST_TRANSACTION);
    tell_option(query, AUDIT_TOLD_TIMES, message, DHCP_O_LEASE_TIME);
}

static const struct audit_pending *question_of(const struct audit_asked *asked,
                                               const struct audit_message *message,
                                               uint32_t requestor)
{
    const struct audit_pending *found = NULL;
    for (size_t i = 0; i < AUDIT_PENDING_MAX && !found; i++) {
        const struct audit_pending *p =
            &asked->pending[(asked->pending_next + AUDIT_PENDING_MAX - 1 - i) % AUDIT_PENDING_MAX];
        if (p->type && p->xid == message->packet->xid && p->requestor == requestor &&
            p->file == message->file)
            found = p;
    }
    return found;
}

static int note_answer(struct audit *audit, struct audit_client *client,
                       const struct audit_message *message)
{
    uint32_t requestor = requestor_of(message);
    const struct audit_pending *question = question_of(audit->asked, message, requestor);
    struct audit_noted *noted = audit_noted_of(audit, client);
    if (!noted)
        return -ENOMEM;
    if (question) {
        int err = note_question(audit, client, question);
        if (err < 0)
            return err;
    }
    struct audit_query *query = query_of(noted, requestor, question ? question->type : 0);
    if (!query)
        return 0;
    if (!query->has_answered ||
        (message->packet->type == DHCP_LEASEACTIVE && query->answer != DHCP_LEASEACTIVE)) {
        query->has_answered = true;
        query->answer = message->packet->type;
        query->answered = type_of(message);
    }
    if (message->packet->type == DHCP_LEASEACTIVE)
        note_told(query, message);
    return 0;
}

/* Its client may be told by the answer, or be seen later. */
static int note_unresolved(struct audit *audit, const struct audit_message *message,
                           const struct audit_pending *question)
{
    struct audit_asked *asked = audit->asked;
    struct slice id =
        slice_first(dhcp_packet_value(message->packet, DHCP_O_CLIENT_ID), CLIENT_ID_MAX);
    struct audit_unresolved unresolved = { .address = message->packet->ciaddr,
                                           .requestor = question->requestor,
                                           .type = question->type,
                                           .place = question->place };
    if ((!id.n && !unresolved.address) || asked->unresolved_n == AUDIT_UNRESOLVED_MAX)
        return 0;
    if (!audit_keep(audit, id, &unresolved.client_id))
        return -ENOMEM;
    asked->unresolved[asked->unresolved_n++] = unresolved;
    return 0;
}

static int see_question(struct audit *audit, struct audit_client *client,
                        const struct audit_message *message)
{
    struct audit_asked *asked = audit->asked;
    struct audit_pending *question = &asked->pending[asked->pending_next++ % AUDIT_PENDING_MAX];
    *question = (struct audit_pending){ .file = message->file,
                                        .xid = message->packet->xid,
                                        .requestor = requestor_of(message),
                                        .type = message->packet->type,
                                        .place = type_of(message) };
    return client ? note_question(audit, client, question)
                  : note_unresolved(audit, message, question);
}

int audit_leasequeries_see(struct audit *audit, struct audit_client *client,
                           const struct audit_message *message)
{
    struct audit_asked *asked = asked_of(audit);
    if (!asked)
        return -ENOMEM;
    if (message->packet->type == DHCP_TLS) {
        see_tls(asked, message);
        return 0;
    }
    if (message->sender == AUDIT_FROM_REQUESTOR)
        return see_question(audit, client, message);
    return client ? note_answer(audit, client, message) : 0;
}

static struct audit_client *client_of(const struct audit *audit,
                                      const struct audit_unresolved *about)
{
    uint32_t network;
    if (about->client_id.n) {
        const struct audit_value *value = audit_value_find(audit, ID_CLIENT_ID, about->client_id);
        return value && value->traits ? value->traits->client : NULL;
    }
    return audit_holder(audit, about->address, &network);
}

/* The server has its lease, or is on its network. */
bool audit_is_hidden_for(const struct audit_client *client, const struct audit_hidden *tls)
{
    for (const struct audit_stay *stay = client->stays; stay; stay = stay->next) {
        if (stay->network == tls->network)
            return true;
        for (size_t i = 0; i < stay->leases_n; i++)
            if (stay->leases[i].server && stay->leases[i].server == tls->server)
                return true;
    }
    return false;
}

static bool serves_any(const struct audit *audit, const struct audit_hidden *tls)
{
    for (size_t i = 0; i < audit->clients_n; i++)
        if (audit_is_hidden_for(audit->clients[i], tls))
            return true;
    return false;
}

int audit_leasequeries_resolve(struct audit *audit)
{
    int err = 0;
    for (size_t i = 0; audit->asked && i < AUDIT_HIDDEN_MAX; i++)
        if (audit->asked->hidden[i].place.frame)
            audit->asked->hidden[i].serves = serves_any(audit, &audit->asked->hidden[i]);
    for (size_t i = 0; audit->asked && i < audit->asked->unresolved_n && err == 0; i++) {
        struct audit_unresolved *about = &audit->asked->unresolved[i];
        struct audit_client *client = about->resolved ? NULL : client_of(audit, about);
        if (!client)
            continue;
        about->resolved = true;
        err = note_question(audit, client,
                            &(struct audit_pending){ .requestor = about->requestor,
                                                     .type = about->type,
                                                     .place = about->place });
    }
    return err;
}
