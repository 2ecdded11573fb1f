/* SPDX-License-Identifier: ISC
 *
 * What an authenticated session does and holds: messages, recipients, connections.
 */
#include "device/policy_internal.h"

static struct policy_run begin(const struct policy *policy, struct counters *counters,
                               const struct policy_attempt *a, struct policy_verdict *out)
{
    struct policy_run r = policy_run_begin(policy, counters, counters, a, out);
    r.allowed = policy_rules_allow(policy, a);
    return r;
}

/* What is refused is not sent, and not counted. */
static void count(struct policy_run *r, const struct policy_limit *l, uint32_t amount)
{
    struct policy_scope held[POLICY_SCOPES];
    size_t n = policy_scopes_held(r, l, PHASE_SENDS, held);
    bool refused = false;
    for (size_t i = 0; i < n; i++)
        refused |= policy_scope_act(r, &held[i]) && (held[i].holds & THEN_REFUSES);
    if (refused && !r->allowed && !l->conf->dry_run)
        return;
    struct policy_scope s = policy_scope_of(r, l, false);
    policy_scope_add(r, &s, amount, true);
}

void policy_sends(const struct policy *policy, struct counters *counters,
                  const struct policy_attempt *a, enum conf_count what, uint32_t amount,
                  struct policy_verdict *out)
{
    struct policy_run r = begin(policy, counters, a, out);
    const struct policy_list *list = &policy->list[PHASE_SENDS][r.column];
    out->refuse_at = CONF_REFUSE_AT_MAIL;
    for (size_t i = 0; i < list->n; i++) {
        const struct policy_limit *l = &policy->limits[list->at[i]];
        if (l->conf->count == what && policy_limit_applies(l, a))
            count(&r, l, amount);
    }
    if (out->action == POLICY_REFUSE)
        out->refuse_at = CONF_REFUSE_AT_MAIL;
}

static uint64_t take(struct counters *c, uint32_t column, uint64_t key, struct policy_held *held)
{
    if (held->n == POLICY_HELD_MAX)
        return 0;
    held->keys[held->n++] = key;
    counters_gauge_add(c, column, key, 1);
    return counters_gauge(c, key);
}

void policy_hold(const struct policy *policy, struct counters *counters,
                 const struct policy_attempt *a, uint32_t column, struct policy_held *held,
                 struct policy_verdict *out)
{
    struct policy_run r = begin(policy, counters, a, out);
    const struct policy_list *list = &policy->list[PHASE_OPEN][r.column];
    uint64_t keys[POLICY_TOKEN_GAUGES];
    size_t n = policy->conf->two_places.overlap ? policy_token_gauges(a, keys) : 0;
    for (size_t i = 0; i < n; i++)
        (void)take(counters, column, keys[i], held);
    for (size_t i = 0; i < list->n; i++) {
        const struct policy_limit *l = &policy->limits[list->at[i]];
        if (!policy_limit_applies(l, a))
            continue;
        struct policy_scope s = policy_scope_of(&r, l, false);
        uint64_t open = take(counters, column, counters_mix(s.key, SALT_GAUGE), held);
        if (open > l->conf->above)
            policy_limit_trip(&r, &s, (uint32_t)open, true);
    }
    if (out->action == POLICY_REFUSE)
        policy_release(counters, column, held);
}

void policy_release(struct counters *counters, uint32_t column, struct policy_held *held)
{
    for (size_t i = 0; i < held->n; i++)
        counters_gauge_add(counters, column, held->keys[i], -1);
    held->n = 0;
}
