/* SPDX-License-Identifier: ISC
 *
 * Guesses that are under way: a limit on an account's failures is one on those who have failed and
 * those who may yet, or a thousand guesses at one time would all find it open. Not so the limits of
 * an address or of all: on the day the gate is switched on, everybody behind a webmail server is a
 * stranger, and fifty of them who log in at one time are no attack. Nor an account in its beginning.
 */
#include "device/policy_internal.h"

static bool reserves(const struct policy_limit *l, enum policy_column column)
{
    enum conf_count count = l->conf->count;
    if (count != CONF_COUNT_FAILED_PASSWORDS && count != CONF_COUNT_FAILURES)
        return false;
    return (l->conf->per & CONF_PER_ACCOUNT) && !l->conf->dry_run &&
           (l->reach[column].own & THEN_REFUSES);
}

/* A guess that was counted already adds nothing when it fails again. */
static bool adds(struct policy_run *r, struct policy_scope *s)
{
    return policy_scope_item(r, POLICY_FAILED, s) && policy_scope_is_first(r, s);
}

static void reserve(struct policy_run *r, struct policy_scope *s, struct counters *counters,
                    uint32_t column, struct policy_held *held)
{
    const struct conf_limit *conf = s->limit->conf;
    uint64_t key = counters_mix(s->key, SALT_PENDING);
    if (held->n == POLICY_HELD_MAX || !adds(r, s))
        return;
    held->keys[held->n++] = key;
    counters_gauge_add(counters, column, key, 1);
    uint32_t failed = counters_read(r->read, s->area, s->key, conf->within_us, r->a->wall_us);
    uint32_t n = failed + counters_gauge(r->read, key);
    if (n > conf->above + 1) /* the one that trips may pass */
        policy_refuse(
            r, r->policy->conf->refuse_at,
            (struct policy_reason){
                .name = conf->name, .counted = n, .above = conf->above, .then = conf->then });
}

void policy_reserve(const struct policy *policy, struct counters *counters,
                    const struct policy_attempt *a, uint32_t column, struct policy_held *held,
                    struct policy_verdict *out)
{
    struct policy_run r = policy_run_begin(policy, counters, NULL, a, out);
    const struct policy_list *list = &policy->list[PHASE_AFTER][r.column];
    if (!a->history || policy_rules_allow(policy, a))
        return;
    for (size_t i = 0; i < list->n; i++) {
        const struct policy_limit *l = &policy->limits[list->at[i]];
        if (!reserves(l, r.column) || !policy_limit_applies(l, a))
            continue;
        struct policy_scope s = policy_scope_of(&r, l, false);
        reserve(&r, &s, counters, column, held);
    }
    if (out->action == POLICY_REFUSE)
        policy_release(counters, column, held);
}
