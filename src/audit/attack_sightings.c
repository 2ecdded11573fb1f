/* SPDX-License-Identifier: ISC
 *
 * Where a client was seen, under its own hardware address and under those that links join it with: what
 * RFC 7819 §5.6, §5.8 and §5.9 have in common.
 */
#include "audit/attack_internal.h"

enum audit_join audit_link_join(const struct audit_link *link)
{
    const unsigned identity = 1U << AUDIT_LINK_DUID | 1U << AUDIT_LINK_OTHER_HARDWARE |
                              1U << AUDIT_LINK_NAME | 1U << AUDIT_LINK_NAME_TAIL;
    if (link->reading == AUDIT_LINK_CLONED)
        return AUDIT_JOIN_NONE;
    return link->kinds & identity ? AUDIT_JOIN_IDENTITY : AUDIT_JOIN_WEAK;
}

const struct audit_client *audit_link_other(const struct audit_judge *judge,
                                            const struct audit_link *link)
{
    return judge->audit->clients[link->a == judge->client->number ? link->b : link->a];
}

/* A network that the client itself was not seen on. */
static const struct audit_stay *stay_elsewhere(const struct audit_client *client,
                                               const struct audit_client *other)
{
    for (const struct audit_stay *stay = other->stays; stay && client->stays; stay = stay->next)
        if (!audit_stay_of(client, stay->network))
            return stay;
    return NULL;
}

/* The strongest of the link's evidence that has octets, at both ends; the reading of it has none. */
void audit_prove_link(struct audit_judge *judge, const struct audit_link *link,
                      enum audit_verdict verdict)
{
    char room[48];
    size_t ends = 0;
    for (size_t i = 0; i < link->evidence.n && ends < 2; i++) {
        const struct audit_evidence *evidence = &link->evidence.at[i];
        if (!evidence->place.n)
            continue;
        ends++;
        audit_prove(judge, &(struct audit_proof){
                               .verdict = verdict,
                               .place = evidence->place,
                               .what = evidence->what,
                               .value = saying_kept(evidence->value.kind, evidence->value.text),
                               .other = saying_hardware(audit_link_other(judge, link), room) });
    }
}

/* Its first message there, and chaddr in it (RFC 2131 §2). */
static struct audit_place sighting(const struct audit_client *client, const struct audit_stay *stay)
{
    struct audit_place place = stay->first;
    place.at = client->hlen ? 28 : 0;
    place.n = client->hlen;
    return place;
}

static void prove_own(struct audit_judge *judge, const char *what)
{
    const struct audit_stay *stay = judge->client->stays;
    if (!stay || !stay->next)
        return;
    for (; stay; stay = stay->next)
        audit_prove(judge,
                    &(struct audit_proof){ .verdict = AUDIT_EXPOSED,
                                           .place = sighting(judge->client, stay),
                                           .what = what,
                                           .value = saying_network(judge->audit, stay->network) });
}

void audit_prove_networks(struct audit_judge *judge, const struct audit_networks_texts *texts)
{
    const struct audit_link *link;
    char room[48];
    uint32_t at = 0;
    prove_own(judge, texts->own);
    while ((link = audit_judge_link(judge, &at))) {
        const struct audit_client *other = audit_link_other(judge, link);
        const struct audit_stay *stay = stay_elsewhere(judge->client, other);
        enum audit_join join = audit_link_join(link);
        if (!stay || join == AUDIT_JOIN_NONE)
            continue;
        enum audit_verdict verdict = join == AUDIT_JOIN_IDENTITY ? AUDIT_EXPOSED : AUDIT_POSSIBLE;
        audit_prove_link(judge, link, verdict);
        audit_prove(judge, &(struct audit_proof){
                               .verdict = verdict,
                               .place = sighting(other, stay),
                               .what = join == AUDIT_JOIN_IDENTITY ? texts->linked : texts->weak,
                               .value = saying_network(judge->audit, stay->network),
                               .other = saying_hardware(other, room) });
    }
}
