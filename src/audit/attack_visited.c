/* SPDX-License-Identifier: ISC
 *
 * RFC 7819 §5.4, finding previously visited networks: the addresses that claim.c noted. One that the same network
 * confirms was its own; one from outside the network's subnet, or that the client was seen to have elsewhere, is
 * another network's; one inside it that is refused may be either.
 */
#include "audit/attack_internal.h"

enum whereabouts { INSIDE, OUTSIDE, UNKNOWN };

#define PREFIX_24 0xffffff00
#define PREFIX_16 0xffff0000

/* Nobody told a mask: what is near an address of this network is taken to be of it, what is far is not. */
static enum whereabouts guess(uint32_t address, uint32_t reference)
{
    if (!reference)
        return UNKNOWN;
    if ((address & PREFIX_24) == (reference & PREFIX_24))
        return INSIDE;
    return (address & PREFIX_16) == (reference & PREFIX_16) ? UNKNOWN : OUTSIDE;
}

static enum whereabouts where(const struct audit *audit, const struct audit_claim *claim)
{
    const struct audit_network *network = &audit->networks[claim->network];
    if (network->mask && !network->guessed)
        return audit_network_has(audit, claim->network, claim->address) ? INSIDE : OUTSIDE;
    enum whereabouts found = guess(claim->address, network->subnet);
    if (found == UNKNOWN)
        found = guess(claim->address, claim->given);
    return found == UNKNOWN ? guess(claim->address, claim->server) : found;
}

/* It, or another address of the same device, had it there before. */
static bool had_elsewhere(const struct audit *audit, const struct audit_client *client,
                          const struct audit_claim *claim, uint32_t *network)
{
    const struct audit_stay *stay = audit_stay_with(client, claim->address, claim->network);
    if (claim->from_known && audit->clients[claim->from_client]->device == client->device) {
        *network = claim->from;
        return true;
    }
    /* The file of that network may have been read later. */
    if (!stay || (stay->first_us != AUDIT_NO_TIME && claim->time_us != AUDIT_NO_TIME &&
                  stay->first_us > claim->time_us))
        return false;
    *network = stay->network;
    return true;
}

enum { NETWORKS_SEARCHED = 256 };

/* The only network among the captures whose subnet has it; UINT32_MAX: none, or several. */
static uint32_t network_with(const struct audit *audit, const struct audit_claim *claim)
{
    uint32_t found = UINT32_MAX;
    size_t n = audit->networks_n < NETWORKS_SEARCHED ? audit->networks_n : NETWORKS_SEARCHED;
    for (uint32_t i = 0; i < n; i++) {
        if (i == claim->network || !audit_network_has(audit, i, claim->address))
            continue;
        if (found != UINT32_MAX)
            return UINT32_MAX;
        found = i;
    }
    return found;
}

static const char *exposed_text(const struct audit_claim *claim, bool known)
{
    if (claim->in_ciaddr)
        return known ? "it still uses (ciaddr) the address that it had on another network"
                     : "it still uses (ciaddr) an address of another network";
    if (claim->init_reboot)
        return known ? "it asks (INIT-REBOOT) for the address that it had on another network"
                     : "it asks (INIT-REBOOT) for an address of another network";
    return known ? "it asks (50) for the address that it had on another network"
                 : "it asks (50) for an address of another network";
}

static const char *outcome_text(const struct audit_claim *claim)
{
    switch (claim->outcome) {
    case AUDIT_CLAIM_REFUSED: return "this network refuses that address";
    case AUDIT_CLAIM_OTHER: return "this network gives it another address";
    case AUDIT_CLAIM_OPEN:
    case AUDIT_CLAIM_CONFIRMED: break;
    }
    return NULL;
}

static void prove(struct audit_judge *judge, const struct audit_claim *claim,
                  enum audit_verdict verdict, const char *what, uint32_t network)
{
    const char *outcome = outcome_text(claim);
    audit_prove(judge, &(struct audit_proof){ .verdict = verdict,
                                              .place = claim->place,
                                              .what = what,
                                              .value = saying_address(claim->in_ciaddr
                                                                          ? ID_CURRENT_ADDRESS
                                                                          : ID_REQUESTED_ADDRESS,
                                                                      claim->address),
                                              .other = saying_network(judge->audit, network) });
    if (outcome)
        audit_prove(judge, &(struct audit_proof){ .verdict = verdict,
                                                  .place = claim->outcome_place,
                                                  .what = outcome });
}

static void judge_claim(struct audit_judge *judge, const struct audit_claim *claim)
{
    enum whereabouts it_is = where(judge->audit, claim);
    uint32_t network = UINT32_MAX;
    bool known = had_elsewhere(judge->audit, judge->client, claim, &network);
    bool silent = claim->outcome == AUDIT_CLAIM_OPEN;
    if (claim->outcome == AUDIT_CLAIM_CONFIRMED)
        return;
    if (claim->in_ciaddr && silent && it_is != OUTSIDE && !known)
        return; /* in use where it is: a renewal whose answer was not seen */
    if (!known && it_is == OUTSIDE)
        network = claim->from_known ? claim->from : network_with(judge->audit, claim);
    if (it_is == OUTSIDE || (known && !(claim->in_ciaddr && silent)))
        prove(judge, claim, AUDIT_EXPOSED, exposed_text(claim, known), network);
    else
        prove(judge, claim, AUDIT_POSSIBLE,
              it_is == INSIDE ? "it brings along an address of this network's subnet that this "
                                "network did not confirm"
                              : "it brings along an address that it may have from another network",
              UINT32_MAX);
}

void audit_judge_visited(struct audit_judge *judge)
{
    const struct audit_claims *claims = judge->client->claims;
    for (size_t i = 0; claims && i < claims->n; i++)
        judge_claim(judge, &claims->at[i]);
}
