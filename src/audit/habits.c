/* SPDX-License-Identifier: ISC
 *
 * What the header of IP and DHCP tells of a client by how it changes (A16 of the facts; RFC 7819 §5.2).
 */
#include "audit/audit_internal.h"

#include <errno.h>

#define STEP_MAX 64 /* a counter that others use too has moved on by so much at most */

static void see_xid(struct audit_client *client, const struct audit_message *message)
{
    struct audit_habits *habits = &client->habits;
    uint32_t xid = message->packet->xid, step = xid - habits->last_xid;
    bool first = habits->exchanges == 0;
    if (client->notes->exchanges == client->notes->habits_exchange)
        return;
    client->notes->habits_exchange = client->notes->exchanges;
    habits->exchanges++;
    if (!first && step == 0)
        habits->xid_repeats = true;
    if (habits->exchanges == 2)
        habits->xid_sequential = true;
    if (step == 0 || step > STEP_MAX)
        habits->xid_sequential = false;
    habits->last_xid = xid;
    client->notes->secs_seen = false;
}

static void see_secs(struct audit_client *client, const struct dhcp_packet *packet)
{
    if (packet->secs > client->notes->last_secs && client->notes->secs_seen)
        client->habits.secs_counts = true;
    if (packet->secs > client->habits.secs_max)
        client->habits.secs_max = packet->secs;
    client->notes->last_secs = packet->secs;
    client->notes->secs_seen = true;
}

/* Of datagrams that the client sent itself, not a relay agent. */
static void see_ip(struct audit_client *client, const struct capture_message *captured)
{
    struct audit_habits *habits = &client->habits;
    uint16_t step = (uint16_t)(captured->ip_id - habits->last_ip_id);
    uint32_t before = client->notes->own++;
    if (before == 0) {
        habits->ip_id_zero = true;
        habits->ttl = captured->ttl;
    }
    if (captured->ttl != habits->ttl)
        habits->ttl_varies = true;
    if (captured->ip_id)
        habits->ip_id_zero = false;
    if (before == 1)
        habits->ip_id_sequential = true;
    if (step == 0 || step > STEP_MAX)
        habits->ip_id_sequential = false;
    habits->last_ip_id = captured->ip_id;
}

void audit_habits_see(struct audit_client *client, const struct audit_message *message)
{
    const struct dhcp_packet *packet = message->packet;
    if (message->sender != AUDIT_FROM_CLIENT)
        return;
    see_xid(client, message);
    see_secs(client, packet);
    if (packet->flags & DHCP_BROADCAST)
        client->habits.broadcast = true;
    if (packet->giaddr == 0 && message->captured->kind == CAPTURE_UDP)
        see_ip(client, message->captured);
}

/* As many hops away as there are relays and routers in between: systems begin with one of these. */
static uint8_t first_ttl(uint8_t ttl)
{
    return ttl == 0 ? 0 : ttl <= 32 ? 32 : ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255;
}

/* They are one identifier (audit_value_text tells what the bits are), and change as more is seen: values of this
 * kind have no list of their traits. */
int audit_habits_trait(struct audit *audit, struct audit_client *client)
{
    const struct audit_habits *habits = &client->habits;
    const uint8_t octets[2] = {
        first_ttl(habits->ttl),
        (uint8_t)(habits->ttl_varies | habits->secs_counts << 1 | habits->xid_sequential << 2 |
                  habits->xid_repeats << 3 | habits->ip_id_zero << 4 |
                  habits->ip_id_sequential << 5 | habits->broadcast << 6),
    };
    struct audit_trait **end = &client->traits;
    if (habits->exchanges == 0)
        return 0;
    struct audit_value *value =
        audit_value_of(audit, ID_HEADER_HABITS, (struct slice){ octets, sizeof octets });
    if (!value)
        return -ENOMEM;
    while (*end && (*end)->kind != ID_HEADER_HABITS)
        end = &(*end)->next;
    if (!*end) {
        *end = arena_alloc(&audit->memory, sizeof **end);
        if (!*end)
            return -ENOMEM;
        **end = (struct audit_trait){ .kind = ID_HEADER_HABITS,
                                      .client = client,
                                      .by = AUDIT_BY_CLIENT,
                                      .network = client->notes->network };
        if (client->stays)
            (*end)->first = client->stays->first;
    } else {
        (*end)->value->clients--;
    }
    (*end)->value = value;
    (*end)->first_us = client->first_us;
    (*end)->last_us = client->last_us;
    (*end)->last = client->stays ? client->stays->last : (*end)->first;
    (*end)->count = habits->exchanges;
    (*end)->sightings = (uint16_t)(habits->exchanges < UINT16_MAX ? habits->exchanges : UINT16_MAX);
    value->clients++;
    return 0;
}
