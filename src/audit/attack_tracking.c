/* SPDX-License-Identifier: ISC
 *
 * RFC 7819 §5.9, location tracking: sightings that are joined, on different networks or with different locations; the
 * draft's trail of names (tomek-laptop in one domain after the other), and its probing for a name that is known.
 */
#include "audit/attack_internal.h"

#include "audit/host_name.h"
#include "dhcp/location.h"

static const enum identifier_kind location_kinds[] = { ID_CIVIC_LOCATION, ID_GEOCONF,
                                                       ID_GEOLOC,         ID_CIRCUIT_ID,
                                                       ID_REMOTE_ID,      ID_LINK_SELECTION };

/* RFC 4776 §3.1: where the client is and where the server is are no two places of the client. */
static bool is_comparable(const struct audit_value *a, const struct audit_value *b)
{
    struct dhcp_civic one, other;
    struct fault why;
    if (a == b)
        return false;
    if (a->kind != ID_CIVIC_LOCATION)
        return true;
    return dhcp_civic_parse(a->octets, &one, &why) && dhcp_civic_parse(b->octets, &other, &why) &&
           one.what == other.what;
}

/* Two servers, or two relay agents of one link, may say so differently of one exchange. */
static bool at_different_times(const struct audit_trait *a, const struct audit_trait *b)
{
    return a->client != b->client || a->exchange != b->exchange;
}

/* What a stable identifier joins (5.8); an address that lasts for this stay only may be followed while it lasts. */
static enum audit_verdict joined(const struct audit_judge *judge)
{
    return judge->client->attacks[AUDIT_5_8_CORRELATION].verdict == AUDIT_EXPOSED ? AUDIT_EXPOSED
                                                                                  : AUDIT_POSSIBLE;
}

static void prove_place(struct audit_judge *judge, const struct audit_trait *trait)
{
    char room[48];
    struct audit_proof proof = { .verdict = joined(judge),
                                 .place = trait->first,
                                 .what = "it was seen at this place, and at another",
                                 .value = saying_value(trait->value) };
    if (trait->client != judge->client) {
        proof.what = "it was seen at this place under another hardware address";
        proof.other = saying_hardware(trait->client, room);
    }
    audit_prove(judge, &proof);
}

/* Every pair of a's own traits with b's; at most 8 by 8. */
static void prove_places(struct audit_judge *judge, const struct audit_client *other,
                         enum identifier_kind kind)
{
    const struct audit_trait *a = audit_trait_first(judge->client, kind);
    for (; a; a = audit_trait_next(a)) {
        const struct audit_trait *b = audit_trait_first(other, kind);
        for (; b; b = audit_trait_next(b))
            if (is_comparable(a->value, b->value) && at_different_times(a, b)) {
                prove_place(judge, a);
                prove_place(judge, b);
            }
    }
}

static void prove_locations(struct audit_judge *judge)
{
    const struct audit_link *link;
    for (size_t i = 0; i < ARRAY_SIZE(location_kinds); i++) {
        uint32_t at = 0;
        prove_places(judge, judge->client, location_kinds[i]);
        while ((link = audit_judge_link(judge, &at)))
            if (audit_link_join(link) == AUDIT_JOIN_IDENTITY)
                prove_places(judge, audit_link_other(judge, link), location_kinds[i]);
    }
}

static bool same_label_elsewhere(struct slice a, struct slice b)
{
    struct slice label_a, label_b, domain_a, domain_b;
    return slice_cut(a, '.', &label_a, &domain_a) && slice_cut(b, '.', &label_b, &domain_b) &&
           slice_equal_nocase(label_a, label_b) && !slice_equal_nocase(domain_a, domain_b);
}

static void prove_trail_with(struct audit_judge *judge, const struct audit_client *other)
{
    const struct audit_trait *a = audit_trait_first(judge->client, ID_CLIENT_FQDN);
    for (; a; a = audit_trait_next(a)) {
        struct dhcp_fqdn room_a, room_b;
        struct slice name = audit_fqdn_name(a->value, &room_a);
        const struct audit_trait *b = audit_trait_first(other, ID_CLIENT_FQDN);
        for (; b; b = audit_trait_next(b)) {
            struct slice next = audit_fqdn_name(b->value, &room_b);
            if (!same_label_elsewhere(name, next))
                continue;
            audit_prove(judge,
                        &(struct audit_proof){ .verdict = AUDIT_EXPOSED,
                                               .place = a->first,
                                               .what = "its names lead from one domain to another",
                                               .value = saying_value(a->value),
                                               .other = saying_value(b->value) });
            audit_prove(judge,
                        &(struct audit_proof){ .verdict = AUDIT_EXPOSED,
                                               .place = b->first,
                                               .what = "and this is its name in the other domain",
                                               .value = saying_value(b->value) });
        }
    }
}

static void prove_trail(struct audit_judge *judge)
{
    const struct audit_link *link;
    uint32_t at = 0;
    prove_trail_with(judge, judge->client);
    while ((link = audit_judge_link(judge, &at)))
        if (audit_link_join(link) == AUDIT_JOIN_IDENTITY)
            prove_trail_with(judge, audit_link_other(judge, link));
}

/* §5.9: whoever knows the name asks DNS for it in every place where the client may be, and probes the address. */
static void prove_probing(struct audit_judge *judge, const struct audit_trait *trait,
                          struct slice name UNUSED)
{
    if (audit_identity_of(trait).verdict == AUDIT_EXPOSED)
        audit_prove(judge, &(struct audit_proof){ .verdict = AUDIT_POSSIBLE,
                                                  .place = trait->first,
                                                  .what = "whoever knows its name can look for it "
                                                          "in the DNS of each network",
                                                  .value = saying_value(trait->value) });
}

void audit_judge_tracking(struct audit_judge *judge)
{
    static const struct audit_networks_texts texts = {
        .own = "its hardware address was seen on this network, and on another",
        .linked = "its identifier was seen on this network under another hardware address",
        .weak = "its ways were seen on this network under another hardware address",
    };
    audit_prove_networks(judge, &texts);
    prove_locations(judge);
    prove_trail(judge);
    audit_each_name(judge, prove_probing);
}
