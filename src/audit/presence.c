/* SPDX-License-Identifier: ISC
 *
 * Stays, spans, leases; and who holds an address.
 */
#include "audit/audit_internal.h"

#include <errno.h>
#include <string.h>

#define HOUR_US INT64_C(3600000000)

struct audit_stay *audit_stay_of(const struct audit_client *client, uint32_t network)
{
    for (struct audit_stay *stay = client->stays; stay; stay = stay->next)
        if (stay->network == network)
            return stay;
    return NULL;
}

struct audit_stay *audit_stay_with(const struct audit_client *client, uint32_t address,
                                   uint32_t but)
{
    for (struct audit_stay *stay = client->stays; stay; stay = stay->next)
        for (size_t i = 0; i < stay->leases_n; i++)
            if (stay->network != but && stay->leases[i].address == address &&
                !stay->leases[i].offered_only && !stay->leases[i].claimed_only)
                return stay;
    return NULL;
}

/* *out NULL: there are too many already. */
static int stay_at(struct audit *audit, struct audit_client *client, uint32_t network,
                   struct audit_stay **out)
{
    struct audit_stay **at = &client->stays;
    size_t n = 0;
    *out = NULL;
    for (; *at && (*at)->network != network; at = &(*at)->next)
        n++;
    if (!*at && n == AUDIT_STAYS_MAX) {
        client->dropped++;
        return 0;
    }
    if (!*at) {
        *at = arena_alloc(&audit->memory, sizeof **at);
        if (!*at)
            return -ENOMEM;
        (*at)->network = network;
        (*at)->first_us = (*at)->last_us = AUDIT_NO_TIME;
        audit->networks[network].clients++;
    }
    *out = *at;
    return 0;
}

/* Room for one more, in the audit's memory; what was there before stays behind in it. */
static int more(struct audit *audit, void **array, uint16_t *size, size_t item)
{
    uint16_t grown = *size ? (uint16_t)(*size * 2) : 1;
    void *at = arena_alloc(&audit->memory, grown * item);
    if (!at)
        return -ENOMEM;
    if (*size)
        memcpy(at, *array, *size * item);
    *array = at;
    *size = grown;
    return 0;
}

static int64_t later(int64_t time_us, int64_t by_us)
{
    int64_t sum;
    return __builtin_add_overflow(time_us, by_us, &sum) ? INT64_MAX : sum;
}

/* How long it may keep silent and yet be there. */
static int64_t end_of_span(const struct audit_stay *stay, const struct audit_span *span)
{
    int64_t end = later(span->to_us, HOUR_US);
    for (size_t i = 0; i < stay->leases_n; i++) {
        const struct audit_lease *lease = &stay->leases[i];
        bool of_span = lease->last_us != AUDIT_NO_TIME && lease->last_us >= span->from_us &&
                       lease->last_us <= span->to_us;
        if (of_span && !lease->offered_only && lease->until_us > end)
            end = lease->until_us;
    }
    return end;
}

static bool joins(const struct audit_stay *stay, struct audit_span *span, int64_t time_us)
{
    bool last = span == &stay->spans[stay->spans_n - 1];
    if (time_us >= span->from_us && time_us <= span->to_us)
        return true;
    if (time_us > span->to_us && !(last && stay->gone) && time_us <= end_of_span(stay, span)) {
        span->to_us = time_us;
        return true;
    }
    /* Files need not come in the order of time. */
    if (time_us < span->from_us && later(time_us, HOUR_US) >= span->from_us) {
        span->from_us = time_us;
        return true;
    }
    return false;
}

static int see_span(struct audit *audit, struct audit_stay *stay, int64_t time_us)
{
    for (size_t i = stay->spans_n; i > 0; i--)
        if (joins(stay, &stay->spans[i - 1], time_us))
            return 0;
    if (stay->spans_n == AUDIT_SPANS_MAX) {
        struct audit_span *last = &stay->spans[AUDIT_SPANS_MAX - 1];
        if (time_us < last->from_us)
            last->from_us = time_us;
        if (time_us > last->to_us)
            last->to_us = time_us;
        return 0;
    }
    if (stay->spans_n == stay->spans_size) {
        int err = more(audit, (void **)&stay->spans, &stay->spans_size, sizeof *stay->spans);
        if (err < 0)
            return err;
    }
    stay->spans[stay->spans_n++] = (struct audit_span){ time_us, time_us };
    stay->gone = false;
    return 0;
}

static uint64_t holder_hash(const struct audit *audit, uint32_t address)
{
    return audit_hash(audit->index->key, (uint64_t)AUDIT_TAG_HOLDER << 32 | address, SLICE(""));
}

static struct audit_holding *holding(const struct audit *audit, uint32_t network, uint32_t address)
{
    struct audit_holding *at;
    size_t probe = 0;
    uint64_t hash = holder_hash(audit, address);
    while ((at = audit_table_next(&audit->index->holders, hash, &probe)))
        if (at->address == address && at->network == network)
            return at;
    return NULL;
}

struct audit_client *audit_holder_on(const struct audit *audit, uint32_t network, uint32_t address)
{
    const struct audit_holding *at = holding(audit, network, address);
    return at ? at->client : NULL;
}

struct audit_client *audit_holder(const struct audit *audit, uint32_t address, uint32_t *network)
{
    const struct audit_holding *at, *last = NULL;
    size_t probe = 0;
    uint64_t hash = holder_hash(audit, address);
    while ((at = audit_table_next(&audit->index->holders, hash, &probe)))
        if (at->address == address && (!last || at->turn > last->turn))
            last = at;
    if (!last)
        return NULL;
    *network = last->network;
    return last->client;
}

/* What only a client says of itself does not put out one whom a server named. */
static int hold(struct audit *audit, struct audit_client *client, const struct audit_stay *stay,
                const struct audit_lease *lease)
{
    struct audit_holding *at = holding(audit, stay->network, lease->address);
    if (at && lease->claimed_only && !at->claimed_only)
        return 0;
    if (!at) {
        at = arena_alloc(&audit->memory, sizeof *at);
        if (!at || audit_table_add(&audit->index->holders, holder_hash(audit, lease->address), at))
            return -ENOMEM;
    }
    *at = (struct audit_holding){ .address = lease->address,
                                  .network = stay->network,
                                  .client = client,
                                  .claimed_only = lease->claimed_only,
                                  .turn = audit->messages };
    return 0;
}

/* The lease's own, one more, or NULL (*err 0) when there are too many. */
static struct audit_lease *lease_of(struct audit *audit, struct audit_stay *stay,
                                    const struct audit_lease *like, int *err)
{
    *err = 0;
    for (size_t i = 0; i < stay->leases_n; i++)
        if (stay->leases[i].address == like->address)
            return &stay->leases[i];
    if (stay->leases_n == AUDIT_LEASES_MAX)
        return NULL;
    if (stay->leases_n == stay->leases_size)
        *err = more(audit, (void **)&stay->leases, &stay->leases_size, sizeof *stay->leases);
    if (*err < 0)
        return NULL;
    struct audit_lease *lease = &stay->leases[stay->leases_n++];
    *lease = *like;
    return lease;
}

static int see_lease(struct audit *audit, struct audit_client *client, struct audit_stay *stay,
                     const struct audit_lease *said)
{
    int err;
    struct audit_lease *lease = lease_of(audit, stay, said, &err);
    if (!lease) {
        client->dropped += err == 0;
        return err;
    }
    if (!said->offered_only) {
        lease->offered_only = false;
        lease->claimed_only = lease->claimed_only && said->claimed_only;
        lease->last_us = said->last_us;
        if (!said->claimed_only) {
            lease->server = said->server;
            lease->until_us = said->until_us;
        }
        return hold(audit, client, stay, said);
    }
    return 0;
}

static int64_t until(const struct audit_message *message)
{
    uint32_t seconds = 0;
    if (message->time_us == AUDIT_NO_TIME ||
        !dhcp_packet_address(message->packet, DHCP_O_LEASE_TIME, &seconds))
        return message->time_us;
    if (seconds == UINT32_MAX) /* RFC 2131 §3.3: for ever */
        return INT64_MAX;
    return later(message->time_us, (int64_t)seconds * 1000000);
}

/* RFC 2131 §4.3.2 RENEWING, §4.3.5: it speaks from the address, to the server that it has it from. */
static bool uses_ciaddr(const struct audit_message *message)
{
    const struct dhcp_packet *packet = message->packet;
    if (packet->ciaddr == 0 || message->sender != AUDIT_FROM_CLIENT)
        return false;
    return packet->type == DHCP_INFORM ||
           (packet->type == DHCP_REQUEST && message->captured->source == packet->ciaddr &&
            message->captured->destination != UINT32_MAX);
}

/* A ciaddr that cannot be of this network was brought along (RFC 7819 §5.4), not held here. */
static bool may_be_here(const struct audit *audit, uint32_t network, uint32_t address)
{
    return !audit->networks[network].mask || audit->networks[network].guessed ||
           audit_network_has(audit, network, address);
}

static bool said_of_lease(const struct audit *audit, const struct audit_message *message,
                          struct audit_lease *out)
{
    const struct dhcp_packet *packet = message->packet;
    size_t at = packet->yiaddr ? 16 : 12;
    *out = (struct audit_lease){ .address = packet->yiaddr ? packet->yiaddr : packet->ciaddr,
                                 .server = message->server_id,
                                 .first_us = message->time_us,
                                 .last_us = message->time_us,
                                 .until_us = until(message),
                                 .place = audit_place_at(message, at, 4) };
    if (out->address == 0)
        return false;
    if (message->sender == AUDIT_FROM_SERVER) {
        out->offered_only = packet->type == DHCP_OFFER;
        return packet->type == DHCP_OFFER || packet->type == DHCP_ACK || packet->type == DHCP_BOOTP;
    }
    out->claimed_only = true;
    out->address = packet->ciaddr;
    out->place = audit_place_at(message, 12, 4);
    out->until_us = message->time_us;
    return uses_ciaddr(message) && may_be_here(audit, message->network, packet->ciaddr);
}

/* RELEASE names it in ciaddr, DECLINE in option 50 (RFC 2131 §4.4.4, §4.4.6). */
static void see_end(struct audit_stay *stay, const struct audit_message *message)
{
    const struct dhcp_packet *packet = message->packet;
    uint32_t address = packet->ciaddr;
    bool declined = packet->type == DHCP_DECLINE;
    if (message->sender != AUDIT_FROM_CLIENT || (packet->type != DHCP_RELEASE && !declined))
        return;
    if (declined && !dhcp_packet_address(packet, DHCP_O_REQUESTED_ADDRESS, &address))
        return;
    for (size_t i = 0; i < stay->leases_n; i++)
        if (stay->leases[i].address == address)
            stay->leases[i].until_us = message->time_us;
    if (!declined)
        stay->gone = true;
}

/* The direct and the relayed copies of one exchange are one sighting. */
static void see_sighting(const struct audit_client *client, struct audit_stay *stay)
{
    if (stay->exchange == client->notes->exchanges)
        return;
    stay->exchange = client->notes->exchanges;
    stay->sightings++;
}

int audit_presence_see(struct audit *audit, struct audit_client *client,
                       const struct audit_message *message)
{
    struct audit_stay *stay;
    struct audit_lease said;
    /* What a leasequery tells is no word from the client. */
    if (message->sender != AUDIT_FROM_CLIENT && message->sender != AUDIT_FROM_SERVER)
        return 0;
    int err = stay_at(audit, client, message->network, &stay);
    if (err < 0 || !stay)
        return err;
    struct audit_place place = audit_place_at(message, 0, 0);
    if (stay->messages++ == 0)
        stay->first = place;
    stay->last = place;
    see_sighting(client, stay);
    if (message->time_us != AUDIT_NO_TIME) {
        if (stay->first_us == AUDIT_NO_TIME || message->time_us < stay->first_us)
            stay->first_us = message->time_us;
        if (stay->last_us == AUDIT_NO_TIME || message->time_us > stay->last_us)
            stay->last_us = message->time_us;
        err = see_span(audit, stay, message->time_us);
    }
    if (err == 0 && said_of_lease(audit, message, &said))
        err = see_lease(audit, client, stay, &said);
    see_end(stay, message);
    return err;
}
