/* SPDX-License-Identifier: ISC
 *
 * The ladder: what two clients have in common, as log-likelihood ratios (natural logarithms):
 *
 *     ln P(they have it in common | one device) - ln P(they have it in common | two devices)
 *
 * One function per rung, the strongest first. The first probability is never far from 1 and matters little; the
 * second is what the numbers below are about. They are estimates with reasons, not measurements; what they come
 * to was measured with real clients (bench/linking.md).
 */
#include <math.h>
#include <string.h>

#include "audit/link_internal.h"

/* A DUID, UUID or opaque client-id is made to be unique (RFC 8415 §11, RFC 4122): one in 10^9 pairs would share
 * one by accident. Copies of images do; those are known by being active at once (link_presence.c). Below 8 octets
 * it is as unlikely as it is long: 2.5 nats (3.6 bits) an octet, as serial numbers are digits. */
#define DUID_RATIO       20.7
#define DUID_OCTET_RATIO 2.5
/* 48 bits by chance never; but relays, docks and bridges lend their addresses: one in 10^7. */
#define HARDWARE_RATIO 16.1
/* Two devices with one name that is neither a system's nor a maker's: one in 10^5 pairs, if nothing is known of it. */
#define NAME_RARE 1e-5
/* 24 bits match by chance with one in 1.7 * 10^7; less, as makers number boxes and batches come together. */
#define TAIL_RATIO 13.8
/* An address out of a pool of some 250, that just this one had before. The client's word alone counts for a half:
 * a pool is used by turns, and the address may have been its own before the capture began. */
#define ADDRESS_RATIO 4.8
/* The same, of another network than the one where it is asked for: no server there can have suggested it. Unless
 * that network has it as well, as every other home has 192.168.1.0/24. */
#define ADDRESS_ELSEWHERE_RATIO 6.9
#define ADDRESS_REUSED_RATIO    1.0
/* Both bring one address along that nobody here ever gave: from one place, at least. */
#define ADDRESS_BOTH_RATIO 4.0
/* A device that leaves is back at once with another address: one in ten. Against it stands how many others of its
 * kind come in that time anyhow; the prior is taken out, as that is counted instead of supposed. */
#define HABIT_SAME 0.1

static bool takes(struct link_ladder *out, enum audit_link_kind kind, double ratio)
{
    unsigned bit = 1u << kind;
    if (out->kinds & bit && out->steps[kind].ratio >= ratio)
        return false;
    out->kinds |= bit;
    return true;
}

static void step_traits(struct link_ladder *out, enum audit_link_kind kind, double ratio,
                        const char *what, const struct audit_trait *const at[2])
{
    if (takes(out, kind, ratio))
        out->steps[kind] = (struct link_step){ .ratio = ratio,
                                               .what = what,
                                               .at_a = at[0]->first,
                                               .at_b = at[1]->first,
                                               .value_a = at[0]->value,
                                               .value_b = at[1]->value };
}

static bool by_client(const struct audit_trait *trait)
{
    return trait->by & AUDIT_BY_CLIENT;
}

/* --- the same DUID, UUID or opaque client-id ------------------------------------------------- */

static void rung_duid(const struct audit_trait *ta, const struct audit_client *b,
                      struct link_ladder *out)
{
    struct slice identity = link_identity(ta->value);
    if (identity.n == 0)
        return;
    for (const struct audit_trait *tb = b->traits; tb; tb = tb->next) {
        if (!by_client(tb) || !slice_equal(identity, link_identity(tb->value)))
            continue;
        bool uuid = ta->value->kind == ID_CLIENT_UUID;
        bool opaque = !uuid && ta->value->octets.p[0] != 255;
        double ratio =
            opaque ? fmin(DUID_RATIO, DUID_OCTET_RATIO * (double)identity.n) : DUID_RATIO;
        step_traits(out, AUDIT_LINK_DUID, ratio,
                    uuid     ? "both have the same UUID"
                    : opaque ? "both have the same client-id"
                             : "both have the same DUID",
                    (const struct audit_trait *const[2]){ ta, tb });
    }
}

/* --- a client-id that carries the other's hardware address ----------------------------------- */

static void rung_hardware(const struct audit_trait *ta, const struct audit_client *a,
                          const struct audit_client *b, struct link_ladder *out)
{
    struct slice carried = link_carried(a, ta->value);
    if (carried.n == 0)
        return;
    if (slice_equal(carried, (struct slice){ b->hardware, b->hlen }) &&
        takes(out, AUDIT_LINK_OTHER_HARDWARE, HARDWARE_RATIO))
        out->steps[AUDIT_LINK_OTHER_HARDWARE] =
            (struct link_step){ .ratio = HARDWARE_RATIO,
                                .what = "the client-id of one holds the other's hardware address",
                                .at_a = ta->first,
                                .at_b = b->stays ? b->stays->first : ta->first,
                                .value_a = ta->value,
                                .value_b = ta->value };
    for (const struct audit_trait *tb = b->traits; tb; tb = tb->next)
        if (by_client(tb) && slice_equal(carried, link_carried(b, tb->value)))
            step_traits(out, AUDIT_LINK_OTHER_HARDWARE, HARDWARE_RATIO,
                        "the client-ids of both hold one further hardware address",
                        (const struct audit_trait *const[2]){ ta, tb });
}

/* --- the same host name ---------------------------------------------------------------------- */

static void rung_name(const struct link_work *work, const struct audit_trait *ta,
                      const struct audit_client *b, struct link_ladder *out)
{
    struct link_name name, other;
    if (!link_name_of(ta, &name))
        return;
    for (const struct audit_trait *tb = b->traits; tb; tb = tb->next) {
        if (!link_name_of(tb, &other) || other.n != name.n ||
            memcmp(name.text, other.text, name.n) != 0)
            continue;
        double share = link_name_share(work, (struct slice){ (const uint8_t *)name.text, name.n });
        if (share < 0)
            return;
        step_traits(out, AUDIT_LINK_NAME, log(0.9 / fmax(NAME_RARE, share)),
                    "both have the same host name", (const struct audit_trait *const[2]){ ta, tb });
        return;
    }
}

/* --- a host name that ends in the other's hardware address ----------------------------------- */

static void rung_name_tail(const struct audit_trait *ta, const struct audit_client *a,
                           const struct audit_client *b, struct link_ladder *out)
{
    struct link_name name;
    uint8_t tail[3];
    if (b->hlen != 6 || !link_name_of(ta, &name) ||
        !link_name_tail((struct slice){ (const uint8_t *)name.text, name.n }, tail) ||
        memcmp(tail, b->hardware + 3, 3) != 0 || memcmp(tail, a->hardware + 3, 3) == 0)
        return;
    if (takes(out, AUDIT_LINK_NAME_TAIL, TAIL_RATIO))
        out->steps[AUDIT_LINK_NAME_TAIL] =
            (struct link_step){ .ratio = TAIL_RATIO,
                                .what = "the host name of one ends in the other's hardware address",
                                .at_a = ta->first,
                                .at_b = b->stays ? b->stays->first : ta->first,
                                .value_a = ta->value,
                                .value_b = ta->value };
}

/* --- an address that the other had before ---------------------------------------------------- */

/* Nothing says that the client had it of its own accord, before it came along with it. */
static bool had_itself(const struct audit_client *client, const struct audit_claim *claim)
{
    for (const struct audit_stay *stay = client->stays; stay; stay = stay->next)
        for (size_t i = 0; i < stay->leases_n; i++) {
            const struct audit_lease *lease = &stay->leases[i];
            if (lease->address == claim->address && lease->first_us < claim->time_us)
                return true;
        }
    return false;
}

static void step_claim(struct link_ladder *out, double ratio, const char *what,
                       const struct link_step *like)
{
    if (!takes(out, AUDIT_LINK_ADDRESS, ratio))
        return;
    out->steps[AUDIT_LINK_ADDRESS] = *like;
    out->steps[AUDIT_LINK_ADDRESS].ratio = ratio;
    out->steps[AUDIT_LINK_ADDRESS].what = what;
}

static double address_ratio(const struct audit *audit, const struct audit_claim *claim,
                            bool elsewhere)
{
    if (!elsewhere)
        return ADDRESS_RATIO;
    return audit_network_has(audit, claim->network, claim->address) ? ADDRESS_REUSED_RATIO
                                                                    : ADDRESS_ELSEWHERE_RATIO;
}

static void claim_of_lease(const struct link_work *work, const struct audit_claim *claim,
                           const struct audit_client *b, struct link_ladder *out)
{
    struct link_step like = { .at_a = claim->place, .address = claim->address };
    for (const struct audit_stay *stay = b->stays; stay; stay = stay->next)
        for (size_t i = 0; i < stay->leases_n; i++) {
            const struct audit_lease *lease = &stay->leases[i];
            if (lease->address != claim->address || lease->offered_only ||
                lease->first_us > claim->time_us)
                continue;
            like.at_b = lease->place;
            bool elsewhere = stay->network != claim->network;
            step_claim(out,
                       address_ratio(work->audit, claim, elsewhere) -
                           log(link_owners(work, claim->address)),
                       elsewhere ? "one brings along an address that the other had elsewhere"
                                 : "one asks for an address that the other had",
                       &like);
        }
}

static void rung_address(const struct link_work *work, const struct audit_client *a,
                         const struct audit_client *b, struct link_ladder *out)
{
    for (size_t i = 0; a->claims && i < a->claims->n; i++) {
        const struct audit_claim *claim = &a->claims->at[i];
        if (had_itself(a, claim))
            continue;
        claim_of_lease(work, claim, b, out);
        for (size_t k = 0; b->claims && k < b->claims->n; k++) {
            const struct audit_claim *other = &b->claims->at[k];
            if (other->address != claim->address || had_itself(b, other))
                continue;
            struct link_step like = { .at_a = claim->place,
                                      .at_b = other->place,
                                      .address = claim->address };
            step_claim(out, ADDRESS_BOTH_RATIO, "both bring along one address", &like);
        }
    }
}

/* --- fingerprint, and one came when the other had gone --------------------------------------- */

static bool is_local(const struct audit_client *client)
{
    return client->hlen == 6 && client->hardware[0] & 2;
}

/* Option 50 and 54 depend on what was before and on the message; the rest stands as the client was built. */
static bool same_order(struct slice a, struct slice b)
{
    size_t i = 0, k = 0;
    for (;;) {
        while (i < a.n && (a.p[i] == DHCP_O_REQUESTED_ADDRESS || a.p[i] == DHCP_O_SERVER_ID))
            i++;
        while (k < b.n && (b.p[k] == DHCP_O_REQUESTED_ADDRESS || b.p[k] == DHCP_O_SERVER_ID))
            k++;
        if (i == a.n || k == b.n)
            return i == a.n && k == b.n;
        if (a.p[i++] != b.p[k++])
            return false;
    }
}

static bool is_order(const struct audit_trait *trait, uint8_t type)
{
    return trait->kind == ID_OPTION_ORDER && trait->type == type;
}

/* -1: one of them sent no such message; else whether they have an order of options in common. */
static int share_order(const struct audit_client *a, const struct audit_client *b, uint8_t type)
{
    int shared = -1;
    for (const struct audit_trait *ta = a->traits; ta; ta = ta->next)
        for (const struct audit_trait *tb = is_order(ta, type) ? b->traits : NULL; tb;
             tb = tb->next) {
            if (!is_order(tb, type))
                continue;
            if (same_order(ta->value->octets, tb->value->octets))
                return 1;
            shared = 0;
        }
    return shared;
}

static bool speak_alike(const struct audit_client *a, const struct audit_client *b,
                        struct link_habit *habit)
{
    struct link_habit other;
    if (!link_habit_of(a, habit) || !link_habit_of(b, &other) ||
        habit->parameters != other.parameters || habit->vendor_class != other.vendor_class ||
        habit->max_size != other.max_size || habit->ttl != other.ttl)
        return false;
    int shared = share_order(a, b, DHCP_DISCOVER);
    return (shared >= 0 ? shared : share_order(a, b, DHCP_REQUEST)) == 1;
}

static void rung_habit(const struct link_work *work, const struct audit_client *a,
                       const struct audit_client *b, struct link_ladder *out)
{
    struct link_habit habit;
    if (!speak_alike(a, b, &habit))
        return;
    for (const struct audit_stay *sa = a->stays; sa; sa = sa->next) {
        const struct audit_stay *sb = audit_stay_of(b, sa->network);
        if (!sb || sa->first_us == AUDIT_NO_TIME || sb->first_us == AUDIT_NO_TIME ||
            sb->first_us < sa->last_us)
            continue;
        double chance =
            link_habit_chance(work, &habit, sa->network, sb->first_us, sb->first_us - sa->last_us);
        double ratio = log(HABIT_SAME / chance) - work->prior;
        /* An address that a maker gave is not one that was changed to. */
        ratio -= is_local(b) ? 0 : 3;
        if (ratio > 0 && takes(out, AUDIT_LINK_HABIT, ratio))
            out->steps[AUDIT_LINK_HABIT] =
                (struct link_step){ .ratio = ratio,
                                    .what = "one came when the other had gone, and speaks the same",
                                    .at_a = sa->last,
                                    .at_b = sb->first };
    }
}

/* With few clients nobody knows how common a way of speaking is: below even odds. With many it convinces, but
 * never beyond 9 in 10. */
static void limit_habit(const struct link_work *work, struct link_ladder *out)
{
    double most = work->audit->clients_n < 20 ? -work->prior - 0.1 : -work->prior + 2.2;
    if (out->kinds & 1u << AUDIT_LINK_HABIT && out->steps[AUDIT_LINK_HABIT].ratio > most)
        out->steps[AUDIT_LINK_HABIT].ratio = most;
}

/* --- what speaks against it ------------------------------------------------------------------ */

/* An identity that holds its own hardware address changes with it, and says nothing of another. */
static bool has_lasting_identity(const struct audit_client *client)
{
    for (const struct audit_trait *trait = client->traits; trait; trait = trait->next) {
        struct slice identity = link_identity(trait->value);
        if (!by_client(trait) || identity.n == 0)
            continue;
        bool own =
            client->hlen && identity.n >= client->hlen &&
            memcmp(identity.p + identity.n - client->hlen, client->hardware, client->hlen) == 0;
        if (!own)
            return true;
    }
    return false;
}

static bool has_name(const struct audit_client *client)
{
    struct link_name name;
    for (const struct audit_trait *trait = client->traits; trait; trait = trait->next)
        if (link_name_of(trait, &name))
            return true;
    return false;
}

static double against(const struct audit_client *a, const struct audit_client *b)
{
    double ratio = 0;
    bool a_lasts = has_lasting_identity(a), b_lasts = has_lasting_identity(b);
    if (a_lasts && b_lasts) /* and it is not the same */
        ratio -= 6;
    else if (a_lasts || b_lasts) /* who sends one does so everywhere */
        ratio -= 3;
    if (link_names_differ(a, b)) /* names are changed rarely */
        ratio -= 4;
    else if (has_name(a) != has_name(b))
        ratio -= 3;
    if (link_differ(a, b, ID_VENDOR_CLASS)) /* another system, or a newer version */
        ratio -= 1.5;
    if (link_differ(a, b, ID_PARAMETER_LIST))
        ratio -= 1.5;
    return ratio;
}

/* Rungs that are no symmetrical matter are looked at from both sides; then the places change sides as well. */
static void climb_from(const struct link_work *work, const struct audit_client *a,
                       const struct audit_client *b, struct link_ladder *out)
{
    for (const struct audit_trait *trait = a->traits; trait; trait = trait->next) {
        if (!by_client(trait))
            continue;
        rung_duid(trait, b, out);
        rung_hardware(trait, a, b, out);
        rung_name(work, trait, b, out);
        rung_name_tail(trait, a, b, out);
    }
    rung_address(work, a, b, out);
    rung_habit(work, a, b, out);
}

void link_climb(const struct link_work *work, const struct audit_client *a,
                const struct audit_client *b, struct link_ladder *out)
{
    struct link_ladder back = { .kinds = 0 };
    *out = back;
    climb_from(work, a, b, out);
    climb_from(work, b, a, &back);
    for (unsigned kind = 0; kind < AUDIT_LINK_KINDS; kind++) {
        struct link_step *step = &back.steps[kind];
        if (!(back.kinds & 1u << kind) || !takes(out, kind, step->ratio))
            continue;
        out->steps[kind] = *step;
        out->steps[kind].at_a = step->at_b;
        out->steps[kind].at_b = step->at_a;
        out->steps[kind].value_a = step->value_b;
        out->steps[kind].value_b = step->value_a;
    }
    limit_habit(work, out);
    if (!(out->kinds & LINK_STRONG))
        out->against = against(a, b);
}
