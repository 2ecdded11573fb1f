/* SPDX-License-Identifier: ISC
 *
 * The two questions of an AUTH: before the password is looked at, and after.
 */
#include "device/policy_internal.h"

#include <string.h>

/* ---- the verdict ---- */

static uint8_t weight_of(const struct policy_reason *reason, bool refuses)
{
    if (reason->dry_run)
        return 0;
    if (refuses)
        return 5;
    if (reason->then & THEN_REFUSES)
        return 4;
    if (reason->then & CONF_THEN_DELAY)
        return 3;
    return reason->then & CONF_THEN_ALERT ? 2 : 1;
}

static bool said_already(const struct policy_verdict *out, const struct policy_reason *reason)
{
    for (size_t i = 0; i < out->reasons_n; i++)
        if (out->reasons[i].name == reason->name && out->reasons[i].dry_run == reason->dry_run)
            return true;
    return false;
}

static void put_reason(struct policy_run *r, const struct policy_reason *reason, bool refuses)
{
    struct policy_verdict *out = r->out;
    uint8_t weight = weight_of(reason, refuses);
    size_t at = 0;
    if (said_already(out, reason))
        return;
    while (at < out->reasons_n && r->weight[at] >= weight)
        at++;
    if (at == POLICY_REASONS_MAX)
        return;
    if (out->reasons_n < POLICY_REASONS_MAX)
        out->reasons_n++;
    for (size_t i = out->reasons_n - 1; i > at; i--) {
        out->reasons[i] = out->reasons[i - 1];
        r->weight[i] = r->weight[i - 1];
    }
    out->reasons[at] = *reason;
    r->weight[at] = weight;
}

void policy_reason_add(struct policy_run *r, struct policy_reason reason)
{
    put_reason(r, &reason, false);
}

void policy_refuse(struct policy_run *r, enum conf_refuse_at at, struct policy_reason reason)
{
    if (r->out->action != POLICY_REFUSE || at == CONF_REFUSE_AT_AUTH)
        r->out->refuse_at = at;
    r->out->action = POLICY_REFUSE;
    put_reason(r, &reason, true);
}

static unsigned gravity(enum device_alert alert)
{
    switch (alert) {
    case DEVICE_ALERT_NONE:
    case DEVICE_ALERT_COUNT: return 0;
    case DEVICE_ALERT_NEW_DEVICE: return 1;
    case DEVICE_ALERT_LIMIT: return 2;
    case DEVICE_ALERT_ATTACK: return 3;
    case DEVICE_ALERT_MANY_ACCOUNTS: return 4;
    case DEVICE_ALERT_WRONG_DEVICE: return 5;
    case DEVICE_ALERT_TWO_PLACES: return 6;
    case DEVICE_ALERT_REVOKED: return 7;
    }
    return 0;
}

void policy_alert_raise(struct policy_run *r, enum device_alert alert)
{
    if (gravity(alert) > gravity(r->out->alert))
        r->out->alert = alert;
}

struct policy_run policy_run_begin(const struct policy *policy, const struct counters *read,
                                   struct counters *write, const struct policy_attempt *a,
                                   struct policy_verdict *out)
{
    *out = (struct policy_verdict){ .refuse_at = policy->conf->refuse_at };
    struct policy_run r = { .policy = policy,
                            .read = read,
                            .write = write,
                            .a = a,
                            .out = out,
                            .column = policy_column_of(a) };
    policy_scopes_begin(&r);
    return r;
}

static struct policy_reason built_in(const char *name, unsigned then)
{
    return (struct policy_reason){ .name = name, .then = then };
}

/* ---- before ---- */

/* Always, whatever a rule allows: a revocation is about this device. */
static void refuse_revoked(struct policy_run *r)
{
    const struct policy_attempt *a = r->a;
    bool revoked = policy_presents(a) && a->registry->device == DEVICE_REVOKED;
    if (!revoked && r->policy->revokes && policy_presents(a))
        revoked = counters_held(r->read, COUNTERS_KNOWN, policy_hold_revoked(a), a->wall_us);
    if (revoked)
        policy_refuse(r, r->policy->conf->refuse_at, built_in("revoked-device", CONF_THEN_REFUSE));
}

void policy_run_before(struct policy_run *r)
{
    refuse_revoked(r);
    policy_rules_apply(r);
    policy_attack_apply(r);
    policy_limits_held(r);
    policy_limits_count(r, PHASE_BEFORE, POLICY_FAILED, true);
}

void policy_before(const struct policy *policy, struct counters *counters,
                   const struct policy_attempt *a, struct policy_verdict *out)
{
    struct policy_run r = policy_run_begin(policy, counters, counters, a, out);
    policy_run_before(&r);
}

/* ---- after ---- */

/* The right password from one who may not come in: §7's flag 6, and news to the owner. */
static void tell_right_password(struct policy_run *r)
{
    const struct policy_attempt *a = r->a;
    if (a->alert_on_failure || (a->history && a->class != POLICY_KNOWN) ||
        a->registry->device == DEVICE_REVOKED)
        policy_alert_raise(r, DEVICE_ALERT_WRONG_DEVICE);
}

/* May a device or place without a record come in? A first success is a beginning: trust on first
 * use. From a known place a device comes in when it becomes known by that. */
static bool is_welcome(const struct policy_run *r)
{
    const struct policy_attempt *a = r->a;
    if (a->class == POLICY_KNOWN || !a->history || a->assumed)
        return true;
    return a->returns && (!policy_presents(a) || policy_enrols(r->policy, a) == DEVICE_KNOWN);
}

/* Whether the owner is to hear of it: an identity never seen, or a stranger at a new place. */
static bool is_news(const struct policy_attempt *a)
{
    if (a->class == POLICY_KNOWN || !a->history || a->assumed)
        return false;
    return a->class == POLICY_PLACE ? a->is_new : true;
}

/* Nothing is known of a stranger while the store is gone, and the operator wants none then. */
static bool shut(const struct policy_run *r)
{
    return r->a->registry->failed && r->a->class >= POLICY_UNKNOWN &&
           r->policy->conf->store_failure == CONF_STORE_FAILURE_CLOSED;
}

static void judge_unknown(struct policy_run *r)
{
    static const char name[] = "unknown-device";
    if (r->allowed)
        return;
    if (shut(r)) {
        policy_refuse(r, r->policy->conf->refuse_at, built_in("store-failure", CONF_THEN_REFUSE));
        return;
    }
    switch (r->policy->conf->unknown_device) {
    case CONF_UNKNOWN_ACCEPT: return;
    case CONF_UNKNOWN_ALERT:
        if (!is_news(r->a))
            return;
        policy_alert_raise(r, DEVICE_ALERT_NEW_DEVICE);
        policy_reason_add(r, built_in(name, CONF_THEN_ALERT));
        return;
    case CONF_UNKNOWN_REFUSE:
        if (is_welcome(r))
            return;
        policy_alert_raise(r, DEVICE_ALERT_WRONG_DEVICE);
        policy_refuse(r, r->policy->conf->refuse_at, built_in(name, CONF_THEN_REFUSE));
        return;
    }
}

/* Where the token was in two places, or strangers came while the store is gone and they are not
 * wanted, nothing is learned. A known device does not vouch for what is around it. */
static bool learns(const struct policy_run *r)
{
    if (r->out->alert == DEVICE_ALERT_TWO_PLACES || r->out->alert == DEVICE_ALERT_REVOKED)
        return false;
    return !r->a->assumed || r->policy->conf->unknown_device != CONF_UNKNOWN_REFUSE;
}

static void let_in(struct policy_run *r)
{
    const struct policy_attempt *a = r->a;
    bool known = a->class == POLICY_KNOWN;
    if (a->alert_on_success && a->is_new)
        policy_alert_raise(r, DEVICE_ALERT_NEW_DEVICE);
    if (policy_presents(a) && (known || learns(r)))
        r->out->effects |= POLICY_RECORD_DEVICE;
    if (learns(r) && (!known || a->returns))
        r->out->effects |= POLICY_LEARN_PLACE;
    if (r->write)
        policy_remember(r->write, a,
                        (r->out->effects & POLICY_RECORD_DEVICE) &&
                            (known || policy_enrols(r->policy, a) == DEVICE_KNOWN),
                        r->out->effects & POLICY_LEARN_PLACE);
}

static void judge_success(struct policy_run *r)
{
    const struct policy_attempt *a = r->a;
    refuse_revoked(r);
    if (a->refused)
        policy_refuse(r, CONF_REFUSE_AT_MAIL, built_in("refused-before", CONF_THEN_REFUSE));
    policy_places_apply(r);
    judge_unknown(r);
    if (r->out->action == POLICY_REFUSE)
        tell_right_password(r);
    else
        let_in(r);
}

void policy_run_after(struct policy_run *r, enum policy_outcome outcome)
{
    r->allowed = policy_rules_allow(r->policy, r->a);
    policy_limits_count(r, PHASE_AFTER, outcome, outcome == POLICY_OK);
    if (outcome == POLICY_OK)
        judge_success(r);
}

void policy_after(const struct policy *policy, struct counters *counters,
                  const struct policy_attempt *a, enum policy_outcome outcome,
                  struct policy_verdict *out)
{
    struct policy_run r = policy_run_begin(policy, counters, counters, a, out);
    policy_run_after(&r, outcome);
}
