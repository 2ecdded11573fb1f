/* SPDX-License-Identifier: ISC */
#include "conf/policy_internal.h"
#include "conf/policy_selector.h"

#define RULE(member) offsetof(struct conf_rule, member)

/* Until all is read: then the policy's. */
#define REFUSE_AT_NOT_SET ((enum conf_refuse_at)7)

static const char *const thens[] = { "allow", "deny", "require", NULL };
static const char *const devices[] = { "new",     "pending",  "known", "approved",
                                       "revoked", "licensed", NULL };
static const char *const presences[] = { "either", "present", "absent", NULL };
static const char *const refuse_ats[] = { "auth", "mail", NULL };

/* clang-format off */
static const struct key keys[] = {
    { "policy.rules.name", NULL, "none; a rule needs one", KEY_TEXT, true, 0, 0, RULE(name), 0, &form_name, NULL,
      "What the log, alerts and postern policy explain call it." },
    { "policy.rules.then", NULL, "none; a rule needs one", KEY_CHOICE, true, 0, 0, RULE(then), 0, NULL, thens,
      "allow: no later rule and no limit refuses. deny: refused, whatever the password. "
      "require: of those whom account, group and network select, type, token, device and clientid are demanded; "
      "who has them goes on to the next rule." },
    SELECTOR_ROWS("policy.rules", conf_rule),
    SELECTOR_LIST("policy.rules.token", conf_rule, token, &form_token,
      "Pseudonyms of tokens, as postern device list shows them; never the tokens."),
    { "policy.rules.device", NULL, "everyone", KEY_BITS, true, 1, (1u << (CONF_DEVICE_LICENSED + 1)) - 1, RULE(who.device), 0, NULL, devices,
      "What the registry knows of the identity for this account; known ones are those approved, too." },
    { "policy.rules.clientid", "either", NULL, KEY_CHOICE, true, 0, 0, RULE(who.clientid), 0, NULL, presences,
      "Whether an identity is presented." },
    { "policy.rules.refuse-at", NULL, "as policy.refuse-at", KEY_CHOICE, true, 0, 0, RULE(refuse_at), 0, NULL, refuse_ats,
      "When a refusal is said." },
    { "policy.rules.dry-run", "no", NULL, KEY_BOOL, true, 0, 0, RULE(dry_run), 0, NULL, NULL,
      "Only log what the rule would have done; the next rules are asked." },
};
/* clang-format on */

static bool is_unsaid(const struct conf *conf, const struct key *key, const void *entry)
{
    const struct conf_rule *rule = entry;
    return key->offset == RULE(refuse_at) && rule->refuse_at == conf->policy.refuse_at;
}

const struct record conf_record_rule = { sizeof(struct conf_rule), keys, ARRAY_SIZE(keys), 2,
                                         is_unsaid };

static bool demands(const struct conf_selector *who)
{
    return who->type.n || who->token.n || who->device || who->clientid != CONF_CLIENTID_EITHER;
}

/* Of the rule alone. */
static bool check_rule(struct reading *r, const struct conf_rule *rule, const struct node *n)
{
    const struct conf_selector *who = &rule->who;
    if (rule->then == CONF_RULE_REQUIRE && !demands(who))
        return conf_fault(r->why, conf_record_place(n, "then"), "policy.rules.then",
                          "\"require\" demands nothing: set type, token, device or clientid");
    if (rule->then == CONF_RULE_ALLOW && rule->refuse_at != REFUSE_AT_NOT_SET)
        return conf_fault(r->why, conf_record_place(n, "refuse-at"), "policy.rules.refuse-at",
                          "a rule that allows refuses nobody");
    if (who->clientid == CONF_CLIENTID_ABSENT && (who->type.n || who->token.n || who->device))
        return conf_fault(r->why, conf_record_place(n, "clientid"), "policy.rules.clientid",
                          "without an identity there is no type, token or device");
    return true;
}

static bool is_for_all(const struct conf_rule *rule)
{
    const struct conf_selector *who = &rule->who;
    return rule->then != CONF_RULE_REQUIRE && !rule->dry_run && !demands(who) && !who->account.n &&
           !who->group.n && !who->network.n;
}

/* Of the rule among those before it. */
static bool check_order(struct reading *r, const struct conf_rule *rule, const struct node *n)
{
    const struct conf_policy *policy = &r->conf->policy;
    for (size_t i = 0; i < policy->rules_n; i++) {
        const struct conf_rule *before = &policy->rules[i];
        if (slice_equal(slice_of_str(before->name), slice_of_str(rule->name)))
            return conf_fault(r->why, conf_record_place(n, "name"), "policy.rules.name",
                              "\"%s\" is the name of another rule, at %s:%u:%u", rule->name,
                              before->place.file, before->place.line, before->place.column);
        if (is_for_all(before))
            return conf_fault(r->why, &n->place, "policy.rules",
                              "never reached: \"%s\" before it is about everyone", before->name);
    }
    return true;
}

bool conf_rules_read(struct reading *r, const struct key *key, const struct node *n)
{
    struct conf_policy *policy = &r->conf->policy;
    struct conf_rule blank = { .refuse_at = REFUSE_AT_NOT_SET };
    if (n->kind != NODE_LIST)
        return value_unexpected(r, key, n);
    if (n->n > key->max)
        return conf_fault(r->why, &n->place, key->path, "more than %zu elements", (size_t)key->max);
    policy->rules = value_array(r, key->path, n, sizeof *policy->rules);
    if (!policy->rules || !conf_record_init(r, &conf_record_rule, &blank))
        return false;
    for (const struct node *c = n->first; c; c = c->next) {
        struct conf_rule *rule = &policy->rules[policy->rules_n];
        *rule = blank;
        rule->place = c->place;
        if (!conf_record_read(r, key, c, rule) || !check_rule(r, rule, c) ||
            !check_order(r, rule, c))
            return false;
        policy->rules_n++;
    }
    return true;
}

bool conf_rules_finish(struct reading *r)
{
    struct conf_policy *policy = &r->conf->policy;
    for (size_t i = 0; i < policy->rules_n; i++) {
        struct conf_rule *rule = &policy->rules[i];
        if (rule->refuse_at == REFUSE_AT_NOT_SET)
            rule->refuse_at = policy->refuse_at;
        if (!conf_selector_check(r, "policy.rules.group", &rule->who))
            return false;
    }
    return true;
}
