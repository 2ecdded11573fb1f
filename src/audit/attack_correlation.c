/* SPDX-License-Identifier: ISC
 *
 * RFC 7819 §5.8, correlation of activities over time: two sightings (exchanges) that a stable identifier joins, of one
 * hardware address or of several. A locally administered address joins what one network sees of it for as long as it
 * is kept: that is possible; on two networks it is exposed, for there it should have been another.
 */
#include "audit/attack_internal.h"

static void prove_again(struct audit_judge *judge, const struct audit_trait *trait,
                        enum audit_verdict verdict, const char *what)
{
    audit_prove(judge, &(struct audit_proof){ .verdict = verdict,
                                              .place = trait->first,
                                              .what = what,
                                              .value = saying_value(trait->value) });
    audit_prove(judge, &(struct audit_proof){ .verdict = verdict,
                                              .place = trait->last,
                                              .what = "and here it is again" });
}

static void prove_identity(struct audit_judge *judge, const struct audit_trait *trait)
{
    enum audit_verdict verdict = audit_identity_of(trait).verdict;
    if (verdict == AUDIT_NOT_SEEN)
        return;
    if (trait->sightings >= 2)
        prove_again(judge, trait, verdict,
                    verdict == AUDIT_EXPOSED
                        ? "the same identifier joins two sightings of it"
                        : "something that many have joins two sightings of it");
    else
        audit_prove(judge, &(struct audit_proof){
                               .verdict = AUDIT_POSSIBLE,
                               .place = trait->first,
                               .what = "it was seen once, with an identifier that joins it with "
                                       "every other sighting",
                               .value = saying_value(trait->value) });
}

/* RFC 7844 §3.4: a random address joins nothing beyond the stay for which it was made. */
static void prove_hardware(struct audit_judge *judge)
{
    const struct audit_trait *trait = audit_trait_first(judge->client, ID_HARDWARE_ADDRESS);
    for (; trait; trait = audit_trait_next(trait)) {
        if (trait->several_networks)
            prove_again(judge, trait, AUDIT_EXPOSED,
                        "the same hardware address joins sightings of it on several networks");
        else if (trait->sightings >= 2)
            prove_again(judge, trait, AUDIT_POSSIBLE,
                        "its hardware address joins sightings of it for as long as it is kept");
    }
}

/* Two devices at once with one identity: what joins them joins them wrongly, too. */
static void prove_link(struct audit_judge *judge, const struct audit_link *link)
{
    audit_prove_link(judge, link,
                     audit_link_join(link) == AUDIT_JOIN_IDENTITY ? AUDIT_EXPOSED : AUDIT_POSSIBLE);
}

void audit_judge_correlation(struct audit_judge *judge)
{
    const struct audit_link *link;
    uint32_t at = 0;
    for (size_t i = 0; i < AUDIT_IDENTITY_KINDS; i++) {
        const struct audit_trait *trait = audit_trait_first(judge->client, audit_identity_kinds[i]);
        for (; trait; trait = audit_trait_next(trait))
            prove_identity(judge, trait);
    }
    while ((link = audit_judge_link(judge, &at)))
        prove_link(judge, link);
    prove_hardware(judge);
}
