/* SPDX-License-Identifier: ISC
 *
 * `postern policy explain`: every rule and limit about one attempt, and the verdict. Counts nothing.
 */
#include <jansson.h>

#include "device/policy_internal.h"

/* Words of the configuration, in the order of their bits. */
static const char *const then_words[] = {
    "log",           "alert", "delay", "refuse", "known-devices-only", "require-clientid",
    "revoke-device", NULL
};
static const char *const per_words[] = { "account", "token", "type", "ip", "network", "all", NULL };
static const char *const device_words[] = { "new",     "pending",  "known", "approved",
                                            "revoked", "licensed", NULL };
static const char *const count_words[] = { "attempts",    "failures", "failed-passwords",
                                           "accounts",    "tokens",   "networks",
                                           "connections", "messages", "recipients" };
static const char *const of_words[] = { "all", "known", "place", "unknown", "absent" };
static const char *const outcome_words[] = { "any", "failed", "ok" };
static const char *const rule_words[] = { "allow", "deny", "require" };

static void set(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value); /* out of memory: the member is missing */
}

static void set_text(json_t *object, const char *key, const char *text)
{
    set(object, key, json_string(text));
}

static json_t *words(unsigned bits, const char *const *names)
{
    json_t *list = json_array();
    for (unsigned i = 0; names[i]; i++)
        if (bits & (1u << i))
            (void)json_array_append_new(list, json_string(names[i]));
    return list;
}

static json_t *whole(uint64_t n)
{
    return json_integer((json_int_t)n);
}

/* ---- facts ---- */

static json_t *facts(const struct policy *policy, const struct policy_attempt *a)
{
    const struct device_facts *f = a->registry;
    char network[DEVICE_NETWORK_TEXT_MAX], ip[ADDRESS_TEXT_MAX];
    json_t *o = json_object();
    set_text(o, "ip", address_text(&a->peer, ip));
    set_text(o, "network", device_network_text(&a->network, network));
    set(o, "clientid", json_boolean(policy_presents(a)));
    set(o, "device", words(a->words, device_words));
    set(o, "new", json_boolean(a->is_new));
    set(o, "place-known", json_boolean(a->returns));
    set(o, "account-has-history", json_boolean(a->history));
    set(o, "devices", whole(f->devices));
    set(o, "guess-hidden", json_boolean(a->guess == 0));
    set(o, "store-failed", json_boolean(f->failed));
    if (policy_presents(a) && a->class != POLICY_KNOWN)
        set_text(o, "would-enrol-as", device_state_text(policy_enrols(policy, a)));
    if (a->where.country[0])
        set_text(o, "country", a->where.country);
    if (a->where.name[0])
        set_text(o, "place", a->where.name);
    if (a->where.as)
        set(o, "as", whole(a->where.as));
    return o;
}

/* ---- rules ---- */

static json_t *rules(const struct policy_run *r)
{
    enum policy_rule_match match;
    const struct policy_rule *decided = policy_rule_find(r->policy, r->a, &match);
    bool over = false;
    json_t *list = json_array();
    for (size_t i = 0; i < r->policy->rules_n; i++) {
        const struct policy_rule *rule = &r->policy->rules[i];
        json_t *o = json_object();
        set_text(o, "name", rule->conf->name);
        set_text(o, "then", rule_words[rule->conf->then]);
        set(o, "selects", json_boolean(policy_selector_selects(&rule->who, r->a)));
        set(o, "met", json_boolean(policy_selector_demand_met(&rule->who, r->a)));
        set(o, "matches", json_boolean(policy_rule_ask(rule, r->a) != RULE_PASSES));
        set(o, "asked", json_boolean(!over));
        set(o, "decides", json_boolean(rule == decided));
        set(o, "dry-run", json_boolean(rule->conf->dry_run));
        (void)json_array_append_new(list, o);
        over |= rule == decided;
    }
    return list;
}

/* ---- limits ---- */

static const char *why_not(const struct policy_run *r, const struct policy_limit *l)
{
    const struct policy_attempt *a = r->a;
    const struct policy_reach *reach = &l->reach[r->column];
    if (!reach->counts && !reach->mode)
        return "of: another class";
    if ((l->conf->per & (CONF_PER_TOKEN | CONF_PER_TYPE)) && !policy_presents(a))
        return "per: no identity is presented";
    if ((l->conf->per & CONF_PER_PASSWORD) && !a->password)
        return "per: the mechanism hides the password";
    if ((l->conf->per & (CONF_PER_IP | CONF_PER_NETWORK)) && !a->network.family)
        return "per: the peer has no address";
    if (!policy_selector_has(&l->who, a))
        return "not selected";
    if (!reach->counts)
        return "counts another class; its attack mode is about this one too";
    return NULL;
}

static const char *note_of(const struct policy_run *r, const struct policy_limit *l)
{
    if (l->conf->count == CONF_COUNT_FAILED_PASSWORDS && r->a->guess == 0)
        return "the mechanism hides the password: failures are counted";
    if (l->reach[r->column].alone)
        return r->a->class == POLICY_KNOWN ? "this device is counted alone"
                                           : "this place is counted alone";
    if (policy_is_stranger(r->a) && l->conf->of != CONF_OF_ABSENT)
        return "strangers share this budget";
    return NULL;
}

static uint64_t counted(const struct policy_run *r, const struct policy_scope *s)
{
    const struct conf_limit *conf = s->limit->conf;
    if (conf->count == CONF_COUNT_CONNECTIONS)
        return counters_gauge(r->read, counters_mix(s->key, SALT_GAUGE));
    return counters_read(r->read, s->area, s->key, conf->within_us, r->a->wall_us);
}

static json_t *state(const struct policy_run *r, const struct policy_limit *l)
{
    struct policy_scope scopes[POLICY_SCOPES], s = policy_scope_of(r, l, false);
    size_t n = policy_scopes_held(r, l, PHASE_HELD, scopes);
    bool held = l->reach[r->column].counts && policy_scope_is_held(r, &s);
    for (size_t i = 0; i < n; i++)
        held |= policy_scope_is_held(r, &scopes[i]);
    json_t *o = json_object();
    set(o, "counted", whole(counted(r, &s)));
    set(o, "held", json_boolean(held));
    if (l->conf->success_below) {
        struct policy_ratio ratio = policy_scope_ratio(r, &s);
        set(o, "attempts", whole(ratio.attempts));
        set(o, "successes", whole(ratio.successes));
        set(o, "success-below", whole(l->conf->success_below));
    }
    return o;
}

static json_t *limit(const struct policy_run *r, const struct policy_limit *l)
{
    const struct conf_limit *conf = l->conf;
    const char *excuse = why_not(r, l), *note = excuse ? NULL : note_of(r, l);
    bool about =
        policy_limit_applies(l, r->a) && (l->reach[r->column].counts || l->reach[r->column].mode);
    json_t *o = json_object();
    set_text(o, "name", conf->name);
    set(o, "applies", json_boolean(!excuse));
    if (excuse)
        set_text(o, "why-not", excuse);
    set_text(o, "count", count_words[conf->count]);
    set(o, "scope", words(conf->per, per_words));
    set_text(o, "of", of_words[conf->of]);
    set_text(o, "outcome", outcome_words[conf->outcome]);
    set(o, "above", whole(conf->above));
    set(o, "within", json_integer(conf->within_us / 1000000));
    set(o, "then", words(conf->then, then_words));
    set(o, "for", json_integer(conf->for_us / 1000000));
    set(o, "dry-run", json_boolean(conf->dry_run));
    if (about)
        (void)json_object_update_new(o, state(r, l));
    if (note)
        set_text(o, "note", note);
    return o;
}

static json_t *limits(const struct policy_run *r)
{
    json_t *list = json_array();
    for (size_t i = 0; i < r->policy->limits_n; i++)
        (void)json_array_append_new(list, limit(r, &r->policy->limits[i]));
    return list;
}

/* ---- the verdict ---- */

static json_t *reason(const struct policy_reason *from)
{
    json_t *o = json_object();
    set_text(o, "name", from->name);
    set(o, "then", words(from->then, then_words));
    if (from->above || from->counted) {
        set(o, "counted", whole(from->counted));
        set(o, "above", whole(from->above));
    }
    set(o, "dry-run", json_boolean(from->dry_run));
    set(o, "tripped", json_boolean(from->tripped));
    return o;
}

static json_t *effects(unsigned bits)
{
    static const char *const names[] = { "learn-place", "record-device", "revoke-device", NULL };
    return words(bits, names);
}

static json_t *verdict(const struct policy_verdict *v)
{
    json_t *o = json_object(), *list = json_array();
    set_text(o, "action", v->action == POLICY_REFUSE ? "refuse" : "accept");
    if (v->action == POLICY_REFUSE)
        set_text(o, "refuse-at", v->refuse_at == CONF_REFUSE_AT_MAIL ? "mail" : "auth");
    set(o, "delay-ms", json_integer(v->delay_us / 1000));
    set_text(o, "alert", device_alert_text(v->alert));
    set(o, "effects", effects(v->effects));
    for (size_t i = 0; i < v->reasons_n; i++)
        (void)json_array_append_new(list, reason(&v->reasons[i]));
    set(o, "reasons", list);
    return o;
}

static json_t *attack(const struct policy_run *r)
{
    struct policy_modes modes = policy_attack_modes(r);
    json_t *o = json_object();
    set(o, "known-devices-only", json_boolean(modes.known_only));
    set(o, "require-clientid", json_boolean(modes.require_clientid));
    return o;
}

/* After a refusal at AUTH the password is not looked at: there is no after. */
static json_t *verdicts(const struct policy *policy, const struct counters *counters,
                        const struct policy_attempt *a, enum policy_outcome outcome)
{
    struct policy_attempt later = *a;
    struct policy_verdict v;
    struct policy_run r = policy_run_begin(policy, counters, NULL, a, &v);
    json_t *o = json_object();
    policy_run_before(&r);
    set(o, "before", verdict(&v));
    later.refused = v.action == POLICY_REFUSE;
    if (later.refused && v.refuse_at == CONF_REFUSE_AT_AUTH)
        return o;
    r = policy_run_begin(policy, counters, NULL, &later, &v);
    policy_run_after(&r, outcome);
    set(o, "after", verdict(&v));
    return o;
}

struct json_t *policy_explain(const struct policy *policy, const struct counters *counters,
                              const struct policy_attempt *a, enum policy_outcome outcome)
{
    struct policy_verdict unused;
    struct policy_run r = policy_run_begin(policy, counters, NULL, a, &unused);
    json_t *o = json_object();
    if (!o)
        return NULL;
    set_text(o, "account", a->registry->account);
    set_text(o, "class", policy_class_text(a->class));
    set_text(o, "outcome", outcome == POLICY_OK ? "ok" : "failed");
    set(o, "facts", facts(policy, a));
    set(o, "rules", rules(&r));
    set(o, "limits", limits(&r));
    set(o, "attack", attack(&r));
    set(o, "verdict", verdicts(policy, counters, a, outcome));
    return o;
}
