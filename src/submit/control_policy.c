/* SPDX-License-Identifier: ISC
 *
 * Requests about the policy: its state, attack mode by hand, and why it says what it says.
 */
#include "base/attribute.h"
#include "base/clock.h"
#include "net/address.h"
#include "submit/control_internal.h"

#define ATTACK_FOR     INT64_C(3600)        /* seconds, when nothing is said */
#define ATTACK_FOR_MAX (INT64_C(3) * 86400) /* as long as a hold can be */

/* ---- attack mode ---- */

/* Of whom: an account, a network, or all. */
static bool read_scope(struct control_call *call, struct policy_attack *out)
{
    bool account = json_object_get(call->request, "account") != NULL;
    bool network = json_object_get(call->request, "network") != NULL;
    if (account && network) {
        control_refuse(call, "an account or a network, not both");
        return false;
    }
    out->scope =
        account ? POLICY_ATTACK_ACCOUNT : (network ? POLICY_ATTACK_NETWORK : POLICY_ATTACK_ALL);
    if (account)
        return control_account(call, false, &out->account);
    return !network || control_network(call, &out->network);
}

static bool read_mode(struct control_call *call, struct policy_attack *out, bool *on)
{
    struct slice mode;
    if (!control_text(call, "mode", 32, true, &mode))
        return false;
    *on = !slice_equal(mode, SLICE("off"));
    out->require_clientid = slice_equal(mode, SLICE("require-clientid"));
    if (!*on || out->require_clientid || slice_equal(mode, SLICE("known-devices-only")))
        return true;
    control_refuse(call, "mode must be known-devices-only, require-clientid or off");
    return false;
}

static bool name_scope(json_t *o, const struct policy_attack *attack)
{
    char network[DEVICE_NETWORK_TEXT_MAX];
    switch (attack->scope) {
    case POLICY_ATTACK_ALL: return json_object_set_new(o, "scope", json_string("all")) == 0;
    case POLICY_ATTACK_ACCOUNT:
        return json_object_set_new(
                   o, "account",
                   json_stringn((const char *)attack->account.p, attack->account.n)) == 0;
    case POLICY_ATTACK_NETWORK:
        return json_object_set_new(
                   o, "network", json_string(device_network_text(&attack->network, network))) == 0;
    }
    return false;
}

/* One entry of the list of what is in force; both modes may be. */
static bool add_active(const struct control_call *call, struct policy_attack attack, json_t *list)
{
    static const char *const modes[] = { "known-devices-only", "require-clientid" };
    const struct control_context *context = call->context;
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        attack.require_clientid = i == 1;
        if (!policy_attack_active(context->policy, context->counters, &attack, call->wall_us))
            continue;
        json_t *one = json_pack("{s:s}", "mode", modes[i]);
        bool good = one && name_scope(one, &attack);
        if (json_array_append_new(list, one) || !good)
            return false;
    }
    return true;
}

static json_t *list_active(const struct control_call *call, const struct policy_attack *asked)
{
    json_t *list = json_array();
    bool good =
        list && add_active(call, (struct policy_attack){ .scope = POLICY_ATTACK_ALL }, list);
    if (good && asked->scope != POLICY_ATTACK_ALL)
        good = add_active(call, *asked, list);
    if (good)
        return list;
    json_decref(list);
    return NULL;
}

static void set(const struct control_call *call, struct policy_attack attack)
{
    policy_attack_set(call->context->policy, call->context->counters, &attack, call->wall_us);
}

void control_policy_attack(struct control_call *call)
{
    struct policy_attack attack = { 0 };
    int64_t seconds = ATTACK_FOR;
    bool on = false;
    if (!read_scope(call, &attack) || !read_mode(call, &attack, &on) ||
        !control_number(call, "for", ATTACK_FOR_MAX, &seconds))
        return;
    if (on)
        attack.until_us = call->wall_us + seconds * US_PER_S;
    set(call, attack);
    if (!on) { /* both modes */
        attack.require_clientid = true;
        set(call, attack);
    }
    json_t *fields = json_pack("{s:o}", "attack", list_active(call, &attack));
    if (fields && on && json_object_set_new(fields, "seconds", json_integer(seconds))) {
        json_decref(fields);
        fields = NULL;
    }
    control_done(call, fields);
}

/* ---- status ---- */

static json_t *describe_counters(const struct control_call *call)
{
    static const char *const areas[] = { "known", "account", "stranger" };
    struct counters_use use;
    json_t *o = json_pack("{s:I}", "bytes", (json_int_t)counters_bytes(call->context->counters));
    counters_use(call->context->counters, call->wall_us, &use);
    for (size_t i = 0; i < ARRAY_SIZE(areas); i++) {
        json_t *area = json_pack("{s:I, s:I}", "slots", (json_int_t)use.slots[i], "live",
                                 (json_int_t)use.live[i]);
        if (json_object_set_new(o, areas[i], area)) {
            json_decref(o);
            return NULL;
        }
    }
    return o;
}

void control_policy_status(struct control_call *call)
{
    struct policy_attack asked = { 0 };
    const struct conf_policy *conf = &call->context->conf->policy;
    if (!read_scope(call, &asked))
        return;
    control_done(call, json_pack("{s:o, s:o, s:I, s:I}", "attack", list_active(call, &asked),
                                 "counters", describe_counters(call), "rules",
                                 (json_int_t)conf->rules_n, "limits", (json_int_t)conf->limits_n));
}

/* ---- explain ---- */

struct subject {
    struct slice account; /* as it was typed */
    struct slice type;
    struct pseudonym token;
    struct address peer;
    enum policy_outcome outcome;
};

static bool read_identity(struct control_call *call, struct subject *out)
{
    struct slice token;
    if (!json_object_get(call->request, "type"))
        return true;
    return control_type(call, &out->type) &&
           control_text(call, "token", PSEUDONYM_TEXT_MAX, true, &token) &&
           control_token(call, token, &out->token);
}

static bool read_subject(struct control_call *call, struct subject *out)
{
    struct slice ip, outcome;
    if (!control_text(call, "account", DEVICE_ACCOUNT_MAX, true, &out->account) ||
        !read_identity(call, out) || !control_text(call, "ip", ADDRESS_TEXT_MAX, true, &ip) ||
        !control_text(call, "outcome", 8, false, &outcome))
        return false;
    if (!address_parse_ip(ip, 0, &out->peer)) {
        control_refuse(call, "ip is no address");
        return false;
    }
    out->outcome = slice_equal(outcome, SLICE("ok")) ? POLICY_OK : POLICY_FAILED;
    if (outcome.n == 0 || out->outcome == POLICY_OK || slice_equal(outcome, SLICE("fail")))
        return true;
    control_refuse(call, "outcome must be ok or fail");
    return false;
}

static void read_facts(const struct control_call *call, const struct subject *subject,
                       struct device_facts *out)
{
    const struct conf *conf = call->context->conf;
    struct device_question question = {
        .typed = subject->account,
        .realm = slice_of_str(conf->submission.realm),
        .type = subject->type,
        .tokens = &subject->token,
        .tokens_n = subject->type.n ? 1 : 0,
        .network = device_network_of(&subject->peer),
        .device_age_us = conf->policy.device_age_us,
        .place_age_us = conf->policy.place_age_us,
        .wall_us = call->wall_us,
    };
    device_facts_read(call->context->store, &question, out);
}

static void prepare(const struct control_call *call, const struct subject *subject,
                    const struct device_facts *facts, struct policy_attempt *out)
{
    const struct control_context *context = call->context;
    unsigned flags = conf_clientid_flags(&context->conf->clientid, subject->type);
    *out = (struct policy_attempt){
        .registry = facts,
        .type = subject->type,
        .token = subject->type.n ? &subject->token : NULL,
        .peer = subject->peer,
        .alert_on_failure = subject->type.n && flags & CONF_CLIENTID_ALERT_ON_FAILURE,
        .alert_on_success = subject->type.n && flags & CONF_CLIENTID_ALERT_ON_SUCCESS,
        .guess = 1, /* one that was not made before */
        .wall_us = call->wall_us,
    };
    if (context->locations)
        locations_find(context->locations, &subject->peer, &out->where);
    policy_attempt_init(context->policy, context->counters, out);
}

static json_t *name_identity(json_t *told, const struct subject *subject)
{
    char token[PSEUDONYM_TEXT_MAX];
    const char *type = (const char *)subject->type.p;
    if (!told || subject->type.n == 0)
        return told;
    if (json_object_set_new(told, "type", json_stringn(type, subject->type.n)) == 0 &&
        json_object_set_new(told, "pseudonym",
                            json_string(pseudonym_text(&subject->token, token))) == 0)
        return told;
    json_decref(told);
    return NULL;
}

void control_policy_explain(struct control_call *call)
{
    const struct control_context *context = call->context;
    struct subject subject = { 0 };
    struct device_facts facts;
    struct policy_attempt attempt;
    if (!read_subject(call, &subject))
        return;
    read_facts(call, &subject, &facts);
    prepare(call, &subject, &facts, &attempt);
    json_t *told = policy_explain(context->policy, context->counters, &attempt, subject.outcome);
    control_done(call, name_identity(told, &subject));
}
