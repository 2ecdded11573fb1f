/* SPDX-License-Identifier: ISC
 *
 * RFC 7819 §5.3, finding location information: civic and geographic locations (99, 123, 144) wherever they stand, and
 * what option 82 tells of the place where the client is attached, by whom it was seen: a client and all that share its
 * link, or only who can listen between relay agent and server.
 */
#include "audit/attack_internal.h"

#include <errno.h>

#include "audit/trait_see.h"
#include "dhcp/location.h"
#include "dhcp/relay.h"

/* RFC 4776, RFC 6225: what nobody can decode is at most a possible location. */
static bool is_located(const struct audit_value *value)
{
    struct dhcp_civic civic;
    struct dhcp_civic_element element;
    struct dhcp_geo geo;
    struct fault why;
    size_t at = 0;
    if (value->kind == ID_CIVIC_LOCATION)
        return dhcp_civic_parse(value->octets, &civic, &why) &&
               (civic.country[0] || dhcp_civic_next(&civic, &at, &element, &why) == 1);
    bool loc = value->kind == ID_GEOLOC;
    if (!dhcp_geo_parse(value->octets, loc, &geo, &why))
        return false;
    /* RFC 6225 §2.3.1: of 123, no bit is known. */
    return loc || geo.latitude_resolution || geo.longitude_resolution;
}

static const char *location_text(const struct audit_trait *trait)
{
    if (trait->by & AUDIT_BY_SERVER)
        return "a server tells on the link where the client is";
    if (trait->by & AUDIT_BY_CLIENT)
        return "the client tells itself where it is";
    return "the answer to a leasequery tells where the client is";
}

static void prove_locations(struct audit_judge *judge, enum identifier_kind kind)
{
    const struct audit_trait *trait = audit_trait_first(judge->client, kind);
    for (; trait; trait = audit_trait_next(trait)) {
        bool located = is_located(trait->value);
        audit_prove(judge, &(struct audit_proof){
                               .verdict = located ? AUDIT_EXPOSED : AUDIT_POSSIBLE,
                               .place = trait->first,
                               .what = located ? location_text(trait)
                                               : "a location is told that cannot be decoded",
                               .value = saying_value(trait->value) });
    }
}

/* clang-format off */
static const struct row {
    enum identifier_kind kind;
    enum audit_verdict verdict;
    const char *on_link, *behind, *asked;
} rows[] = {
    { ID_CIRCUIT_ID, AUDIT_EXPOSED,
      "its circuit-id (82.1), where it is attached, reaches the client's link",
      "its circuit-id (82.1), where it is attached, is seen between relay agent and server",
      "the answer to a leasequery tells its circuit-id (82.1), where it is attached" },
    { ID_REMOTE_ID, AUDIT_EXPOSED,
      "its remote-id (82.2), what it is attached to, reaches the client's link",
      "its remote-id (82.2), what it is attached to, is seen between relay agent and server",
      "the answer to a leasequery tells its remote-id (82.2), what it is attached to" },
    { ID_SUBSCRIBER_ID, AUDIT_EXPOSED,
      "its subscriber-id (82.6), whose place is in the provider's books, reaches the client's link",
      "its subscriber-id (82.6), whose place is in the provider's books, is seen between relay agent and server",
      "the answer to a leasequery tells its subscriber-id (82.6), whose place is in the provider's books" },
    { ID_LINK_SELECTION, AUDIT_EXPOSED,
      "its subnet (82.5, link-selection) reaches the client's link",
      "its subnet (82.5, link-selection) is seen between relay agent and server",
      "the answer to a leasequery tells its subnet (82.5, link-selection)" },
    { ID_RELAY_INFORMATION, AUDIT_POSSIBLE,
      "relay agent information (82) reaches the client's link",
      "relay agent information (82) is seen between relay agent and server",
      "the answer to a leasequery has relay agent information (82)" },
};
/* clang-format on */

/* Of the message that went to the client, when it did. */
struct audit_place audit_shown_place(const struct audit_trait *trait)
{
    const struct audit_noted *noted = trait->client->noted;
    if (!trait->to_client || !noted)
        return trait->first;
    const struct audit_place *shown = &noted->shown[trait->value->kind - ID_CIRCUIT_ID];
    return shown->n ? *shown : trait->first;
}

/* RFC 3046 §2.2: a relay agent takes option 82 away before an answer reaches the client; to_client: it has not. */
static void prove_attachment(struct audit_judge *judge, const struct row *row)
{
    const struct audit_trait *trait = audit_trait_first(judge->client, row->kind);
    for (; trait; trait = audit_trait_next(trait)) {
        bool asked = !(trait->by & ~AUDIT_BY_LEASEQUERY);
        audit_prove(judge, &(struct audit_proof){ .verdict = row->verdict,
                                                  .place = audit_shown_place(trait),
                                                  .what = trait->to_client ? row->on_link
                                                          : asked          ? row->asked
                                                                           : row->behind,
                                                  .value = saying_value(trait->value) });
    }
}

/* A trait knows that it was shown, not where; what proves it is the message that went to the client. */
int audit_shown_see(struct audit *audit, struct audit_client *client,
                    const struct audit_message *message)
{
    const struct dhcp_packet *packet = message->packet;
    const struct dhcp_option *option = dhcp_packet_option(packet, DHCP_O_RELAY_AGENT);
    bool reaches_client = message->sender == AUDIT_FROM_SERVER &&
                          (packet->giaddr == 0 || message->captured->destination_port == 68);
    struct dhcp_sub sub;
    struct fault why;
    size_t at = 0;
    if (!option || !reaches_client)
        return 0;
    struct audit_noted *noted = audit_noted_of(audit, client);
    if (!noted)
        return -ENOMEM;
    while (dhcp_sub_next(option->value, &at, &sub, &why) == 1) {
        struct audit_place *shown = &noted->shown[audit_relay_kind(sub.code) - ID_CIRCUIT_ID];
        if (!shown->n)
            *shown = audit_place_at(message, dhcp_option_offset(packet, option, sub.at),
                                    sub.value.n + 2);
    }
    return 0;
}

void audit_judge_location(struct audit_judge *judge)
{
    prove_locations(judge, ID_CIVIC_LOCATION);
    prove_locations(judge, ID_GEOCONF);
    prove_locations(judge, ID_GEOLOC);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        prove_attachment(judge, &rows[i]);
}
