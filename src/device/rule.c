/* SPDX-License-Identifier: ISC
 *
 * Access rules: the first that matches decides.
 */
#include "device/policy_internal.h"

static bool patterns_have(const struct policy_patterns *p, struct slice text)
{
    for (size_t i = 0; i < p->n; i++)
        if (slice_glob_nocase(p->at[i], text))
            return true;
    return !p->given;
}

static bool networks_have(const struct policy_selector *s, const struct address *peer)
{
    for (size_t i = 0; i < s->network_n; i++)
        if (network_has(&s->network[i], peer))
            return true;
    return s->network_n == 0;
}

/* By any key of the secret file that the caller still has. */
static bool tokens_have(const struct policy_selector *s, const struct policy_attempt *a)
{
    size_t n = !a->token ? 0 : a->tokens_n ? a->tokens_n : 1;
    for (size_t i = 0; i < s->token_n; i++)
        for (size_t j = 0; j < n; j++)
            if (pseudonym_equal(&s->token[i], &a->token[j]))
                return true;
    return s->token_n == 0;
}

static bool clientid_is(const struct policy_selector *s, const struct policy_attempt *a)
{
    return s->clientid == CONF_CLIENTID_EITHER ||
           (s->clientid == CONF_CLIENTID_PRESENT) == policy_presents(a);
}

bool policy_selector_selects(const struct policy_selector *s, const struct policy_attempt *a)
{
    if (s->for_all)
        return true;
    struct slice account = slice_of_str(a->registry->account);
    return patterns_have(&s->account, account) && patterns_have(&s->group, account) &&
           networks_have(s, &a->peer);
}

bool policy_selector_demand_met(const struct policy_selector *s, const struct policy_attempt *a)
{
    if (s->for_all)
        return true;
    if (s->type.given && !(policy_presents(a) && patterns_have(&s->type, a->type)))
        return false;
    return tokens_have(s, a) && clientid_is(s, a) && (!s->device || (s->device & a->words));
}

bool policy_selector_has(const struct policy_selector *s, const struct policy_attempt *a)
{
    return s->for_all || (policy_selector_selects(s, a) && policy_selector_demand_met(s, a));
}

enum policy_rule_match policy_rule_ask(const struct policy_rule *rule,
                                       const struct policy_attempt *a)
{
    if (!policy_selector_selects(&rule->who, a))
        return RULE_PASSES;
    bool met = policy_selector_demand_met(&rule->who, a);
    switch (rule->conf->then) {
    case CONF_RULE_ALLOW: return met ? RULE_ALLOWS : RULE_PASSES;
    case CONF_RULE_DENY: return met ? RULE_REFUSES : RULE_PASSES;
    case CONF_RULE_REQUIRE: return met ? RULE_PASSES : RULE_REFUSES;
    }
    return RULE_PASSES;
}

const struct policy_rule *policy_rule_find(const struct policy *policy,
                                           const struct policy_attempt *a,
                                           enum policy_rule_match *out)
{
    *out = RULE_PASSES;
    for (size_t i = 0; i < policy->rules_n; i++) {
        enum policy_rule_match match = policy_rule_ask(&policy->rules[i], a);
        if (match == RULE_PASSES || policy->rules[i].conf->dry_run)
            continue;
        *out = match;
        return &policy->rules[i];
    }
    return NULL;
}

bool policy_rules_allow(const struct policy *policy, const struct policy_attempt *a)
{
    enum policy_rule_match match;
    (void)policy_rule_find(policy, a, &match); /* match says it all */
    return match == RULE_ALLOWS;
}

/* The first dry run that would have decided before the one that did. */
static void say_dry_run(struct policy_run *r, const struct policy_rule *decided)
{
    for (size_t i = 0; i < r->policy->rules_n && &r->policy->rules[i] != decided; i++) {
        const struct policy_rule *rule = &r->policy->rules[i];
        enum policy_rule_match match = policy_rule_ask(rule, r->a);
        if (match == RULE_PASSES)
            continue;
        policy_reason_add(r,
                          (struct policy_reason){ .name = rule->conf->name,
                                                  .dry_run = true,
                                                  .then = match == RULE_REFUSES ? CONF_THEN_REFUSE
                                                                                : CONF_THEN_LOG });
        return;
    }
}

void policy_rules_apply(struct policy_run *r)
{
    enum policy_rule_match match;
    if (r->policy->rules_n == 0)
        return;
    const struct policy_rule *rule = policy_rule_find(r->policy, r->a, &match);
    say_dry_run(r, rule);
    if (match == RULE_PASSES)
        return;
    r->allowed = match == RULE_ALLOWS;
    if (match == RULE_REFUSES)
        policy_refuse(r, rule->conf->refuse_at,
                      (struct policy_reason){ .name = rule->conf->name, .then = CONF_THEN_REFUSE });
    else
        policy_reason_add(
            r, (struct policy_reason){ .name = rule->conf->name, .then = CONF_THEN_LOG });
}
