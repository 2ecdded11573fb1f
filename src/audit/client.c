/* SPDX-License-Identifier: ISC
 *
 * Clients: known by htype and chaddr; those without hardware address (hlen 0, RFC 4390 §2.1) by option 61. And
 * their exchanges: what has one xid, until it has its ACK or nothing more is heard.
 */
#include "audit/audit_internal.h"

#include <errno.h>
#include <string.h>

static uint64_t hardware_hash(const struct audit *audit, uint8_t htype, struct slice chaddr)
{
    return audit_hash(audit->index->key, (uint64_t)AUDIT_TAG_CLIENT << 16 | htype, chaddr);
}

struct audit_client *audit_client_find(const struct audit *audit, uint8_t htype,
                                       struct slice chaddr)
{
    struct audit_client *client;
    size_t probe = 0;
    uint64_t hash = hardware_hash(audit, htype, chaddr);
    while ((client = audit_table_next(&audit->index->clients, hash, &probe)))
        if (client->htype == htype && client->hlen &&
            slice_equal((struct slice){ client->hardware, client->hlen }, chaddr))
            return client;
    return NULL;
}

static struct audit_client *find_nameless(const struct audit *audit, struct slice client_id)
{
    struct audit_client *client;
    size_t probe = 0;
    uint64_t hash = audit_hash(audit->index->key, AUDIT_TAG_CLIENT_ID, client_id);
    while ((client = audit_table_next(&audit->index->clients, hash, &probe)))
        if (client->hlen == 0 && slice_equal(client->client_id, client_id))
            return client;
    return NULL;
}

/* *out NULL: beyond the cap, which is counted. */
static int make(struct audit *audit, uint64_t hash, struct audit_client **out)
{
    struct made {
        struct audit_client client;
        struct audit_notes notes;
    } * made;
    *out = NULL;
    if (audit->clients_n >= audit->options.clients_max) {
        audit->clients_beyond++;
        return 0;
    }
    int err = audit_grow((void **)&audit->clients, &audit->index->clients_size, audit->clients_n,
                         sizeof(struct audit_client *));
    if (err < 0)
        return err;
    made = arena_alloc(&audit->memory, sizeof *made);
    if (!made || audit_table_add(&audit->index->clients, hash, &made->client) < 0)
        return -ENOMEM;
    made->client.notes = &made->notes;
    made->client.number = made->client.device = (uint32_t)audit->clients_n;
    made->client.first_us = made->client.last_us = AUDIT_NO_TIME;
    made->notes.exchange_us = AUDIT_NO_TIME;
    made->notes.file = UINT32_MAX;
    audit->clients[audit->clients_n++] = *out = &made->client;
    return 0;
}

static int by_hardware(struct audit *audit, const struct dhcp_packet *packet,
                       struct audit_client **out)
{
    struct slice chaddr = packet->chaddr;
    *out = audit_client_find(audit, packet->htype, chaddr);
    if (*out)
        return 0;
    int err = make(audit, hardware_hash(audit, packet->htype, chaddr), out);
    if (err < 0 || !*out)
        return err;
    (*out)->htype = packet->htype;
    (*out)->hlen = (uint8_t)chaddr.n;
    memcpy((*out)->hardware, chaddr.p, chaddr.n);
    return 0;
}

static struct audit_client *by_xid(const struct audit *audit, uint32_t xid)
{
    for (size_t i = 0; i < AUDIT_NAMELESS_MAX; i++)
        if (audit->index->nameless[i].client && audit->index->nameless[i].xid == xid)
            return audit->index->nameless[i].client;
    return NULL;
}

/* Servers did not echo option 61 before RFC 6842: their answers are known by the xid. */
static int by_client_id(struct audit *audit, const struct dhcp_packet *packet,
                        struct audit_client **out)
{
    struct audit_index *index = audit->index;
    struct slice client_id = dhcp_packet_value(packet, DHCP_O_CLIENT_ID), kept;
    *out = by_xid(audit, packet->xid);
    if (client_id.n == 0)
        return 0;
    if (*out && slice_equal((*out)->client_id, client_id))
        return 0;
    *out = find_nameless(audit, client_id);
    if (!*out) {
        uint64_t hash = audit_hash(index->key, AUDIT_TAG_CLIENT_ID, client_id);
        int err = make(audit, hash, out);
        if (err < 0 || !*out)
            return err;
        if (!audit_keep(audit, client_id, &kept))
            return -ENOMEM;
        (*out)->client_id = kept;
    }
    index->nameless[index->nameless_next++ % AUDIT_NAMELESS_MAX] =
        (struct audit_nameless){ packet->xid, *out };
    return 0;
}

static bool all_zero(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i])
            return false;
    return true;
}

/* RFC 4388 §6.2: a query by client identifier or address leaves chaddr zero; the client is one that was seen
 * with it. */
static struct audit_client *asked_about(const struct audit *audit, const struct dhcp_packet *packet)
{
    struct slice client_id = dhcp_packet_value(packet, DHCP_O_CLIENT_ID);
    uint32_t network;
    if (client_id.n) {
        const struct audit_value *value = audit_value_find(audit, ID_CLIENT_ID, client_id);
        if (value && value->traits)
            return value->traits->client;
    }
    return packet->ciaddr ? audit_holder(audit, packet->ciaddr, &network) : NULL;
}

int audit_client_of(struct audit *audit, const struct audit_message *message,
                    struct audit_client **out)
{
    const struct dhcp_packet *packet = message->packet;
    bool query = message->sender == AUDIT_FROM_REQUESTOR || message->sender == AUDIT_TO_REQUESTOR;
    *out = NULL;
    if (packet->op != DHCP_BOOTREQUEST && packet->op != DHCP_BOOTREPLY)
        return 0;
    if (packet->chaddr.n < packet->hlen && packet->chaddr.n < sizeof(*out)->hardware)
        return 0; /* cut off: whose it is, nobody can tell */
    if (query && all_zero(packet->chaddr)) {
        *out = asked_about(audit, packet);
        return 0;
    }
    if (packet->chaddr.n)
        return by_hardware(audit, packet, out);
    return by_client_id(audit, packet, out);
}

static bool is_over(const struct audit_notes *notes, int64_t time_us)
{
    if (time_us == AUDIT_NO_TIME || notes->exchange_us == AUDIT_NO_TIME)
        return false;
    int64_t pause;
    if (__builtin_sub_overflow(time_us, notes->exchange_us, &pause))
        return true;
    return pause > AUDIT_EXCHANGE_US || pause < -AUDIT_EXCHANGE_US;
}

/* A DISCOVER behind an ACK begins anew, even when the client never changes its xid. The copy that a relay
 * agent passed on is of the same exchange: it has the same xid. */
bool audit_exchange_goes_on(const struct audit_client *client, const struct audit_message *message)
{
    const struct audit_notes *notes = client->notes;
    if (notes->exchanges == 0 || notes->file != message->file ||
        notes->xid != message->packet->xid || is_over(notes, message->time_us))
        return false;
    return !(notes->closed && message->sender == AUDIT_FROM_CLIENT &&
             message->packet->type == DHCP_DISCOVER);
}

/* A late answer to the exchange before. */
static bool is_late(const struct audit_notes *notes, const struct audit_message *message)
{
    return message->sender == AUDIT_FROM_SERVER && notes->exchanges > 1 &&
           notes->file == message->file && notes->last_xid == message->packet->xid &&
           !is_over(notes, message->time_us);
}

void audit_exchange_see(struct audit_client *client, const struct audit_message *message)
{
    struct audit_notes *notes = client->notes;
    const struct dhcp_packet *packet = message->packet;
    if (message->sender != AUDIT_FROM_CLIENT && message->sender != AUDIT_FROM_SERVER)
        return;
    if (is_late(notes, message))
        return;
    if (!audit_exchange_goes_on(client, message)) {
        notes->exchanges++;
        notes->last_xid = notes->xid;
        notes->xid = packet->xid;
        notes->closed = notes->told = false;
    }
    if (packet->op == DHCP_BOOTREPLY && (packet->type == DHCP_ACK || packet->type == DHCP_NAK))
        notes->closed = true;
    notes->file = message->file;
    notes->network = message->network;
    if (message->time_us != AUDIT_NO_TIME)
        notes->exchange_us = message->time_us;
}
