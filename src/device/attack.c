/* SPDX-License-Identifier: ISC
 *
 * Attack mode by hand (§6.2-1, 2): only identities, or only known devices and places, for an
 * account, a network or everybody. Limits set it off by holding their own keys (limit.c).
 */
#include "device/policy_internal.h"

enum { SWITCH_KNOWN_ONLY, SWITCH_REQUIRE };

static uint64_t salted(uint64_t hash, bool require)
{
    return counters_mix(hash, require ? SALT_REQUIRE : SALT_KNOWN_ONLY);
}

static uint64_t key_of(const struct counters *c, const struct policy_attack *attack)
{
    uint64_t hash = attack->scope == POLICY_ATTACK_ACCOUNT
                        ? policy_hash_account(c, attack->account)
                        : policy_hash_network(c, &attack->network);
    return salted(hash, attack->require_clientid);
}

void policy_attack_set(const struct policy *policy, struct counters *counters,
                       const struct policy_attack *attack, int64_t wall_us)
{
    (void)policy; /* attack mode outlives a reload */
    if (attack->scope == POLICY_ATTACK_ALL)
        counters_switch(counters, attack->require_clientid ? SWITCH_REQUIRE : SWITCH_KNOWN_ONLY,
                        attack->until_us);
    else
        counters_hold(counters, COUNTERS_ACCOUNT, key_of(counters, attack), attack->until_us,
                      wall_us);
}

bool policy_attack_active(const struct policy *policy, const struct counters *counters,
                          const struct policy_attack *attack, int64_t wall_us)
{
    (void)policy;
    if (attack->scope == POLICY_ATTACK_ALL)
        return counters_switched(counters, attack->require_clientid ? SWITCH_REQUIRE
                                                                    : SWITCH_KNOWN_ONLY) > wall_us;
    return counters_held(counters, COUNTERS_ACCOUNT, key_of(counters, attack), wall_us);
}

static bool is_on(const struct policy_run *r, bool require)
{
    const struct policy_attempt *a = r->a;
    uint64_t account = salted(a->account_hash, require), network = salted(a->network_hash, require);
    return counters_switched(r->read, require ? SWITCH_REQUIRE : SWITCH_KNOWN_ONLY) > a->wall_us ||
           counters_held(r->read, COUNTERS_ACCOUNT, account, a->wall_us) ||
           counters_held(r->read, COUNTERS_ACCOUNT, network, a->wall_us);
}

struct policy_modes policy_attack_modes(const struct policy_run *r)
{
    return (struct policy_modes){ is_on(r, false), is_on(r, true) };
}

/* A known device has an identity: neither mode reaches it, and it need not be asked. */
void policy_attack_apply(struct policy_run *r)
{
    if (r->allowed || r->a->class == POLICY_KNOWN)
        return;
    if (policy_is_stranger(r->a) && is_on(r, false))
        policy_refuse(
            r, r->policy->conf->refuse_at,
            (struct policy_reason){ .name = "attack-mode", .then = CONF_THEN_KNOWN_DEVICES_ONLY });
    if (!policy_presents(r->a) && is_on(r, true))
        policy_refuse(
            r, r->policy->conf->refuse_at,
            (struct policy_reason){ .name = "attack-mode", .then = CONF_THEN_REQUIRE_CLIENTID });
}
