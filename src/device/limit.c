/* SPDX-License-Identifier: ISC
 *
 * Limits: the keys of their scopes, counting, and what is held once they trip.
 */
#include "device/policy_internal.h"

#define BATCH         32
#define DAY_US        (86400 * INT64_C(1000000))
#define REVOKED_US    (60 * INT64_C(1000000)) /* until the store knows */
#define SAID_AGAIN_US (60 * INT64_C(1000000)) /* of connections: a trip is said once in so long */

/* ---- keys ---- */

bool policy_limit_applies(const struct policy_limit *l, const struct policy_attempt *a)
{
    unsigned per = l->conf->per;
    if ((per & CONF_PER_ACCOUNT) && !a->registry->account[0])
        return false; /* a mechanism that hides the name: they are not one account */
    if ((per & (CONF_PER_TOKEN | CONF_PER_TYPE)) && !policy_presents(a))
        return false;
    if ((per & CONF_PER_PASSWORD) && !a->password)
        return false; /* the mechanism hides it */
    if ((per & (CONF_PER_IP | CONF_PER_NETWORK)) && !a->network.family)
        return false; /* a UNIX socket is nowhere */
    return policy_selector_has(&l->who, a);
}

static uint64_t scope_hash(const struct policy_attempt *a, unsigned per)
{
    uint64_t hash = per;
    if (per & CONF_PER_ACCOUNT)
        hash = counters_mix(hash, a->account_hash);
    if (per & CONF_PER_TOKEN)
        hash = counters_mix(hash, a->token_hash);
    if (per & CONF_PER_TYPE)
        hash = counters_mix(hash, a->type_hash);
    if (per & CONF_PER_IP)
        hash = counters_mix(hash, a->ip_hash);
    if (per & CONF_PER_NETWORK)
        hash = counters_mix(hash, a->network_hash);
    if (per & CONF_PER_PASSWORD)
        hash = counters_mix(hash, a->password);
    return hash;
}

void policy_scopes_begin(struct policy_run *r)
{
    uint64_t own = r->a->class == POLICY_KNOWN ? policy_device_hash(r->a) : policy_place_hash(r->a);
    for (size_t i = 0; i < r->policy->per_n; i++) {
        r->scope[i][0] = scope_hash(r->a, r->policy->per[i].bits);
        r->scope[i][1] = counters_mix(r->scope[i][0], own);
    }
}

/* Where strangers are counted: what they cannot invent has an area of its own. */
static enum counters_area strangers_area(const struct policy_limit *l,
                                         const struct policy_attempt *a)
{
    bool real = l->conf->per == CONF_PER_ALL || (l->conf->per == CONF_PER_ACCOUNT && a->exists);
    return real ? COUNTERS_ACCOUNT : COUNTERS_STRANGER;
}

static enum counters_area area_of(const struct policy_limit *l, const struct policy_run *r,
                                  bool strangers)
{
    const struct policy_reach *reach = &l->reach[r->column];
    if (strangers || (reach->stranger && !reach->alone))
        return strangers_area(l, r->a);
    return reach->stranger ? COUNTERS_STRANGER : COUNTERS_KNOWN;
}

struct policy_scope policy_scope_of(const struct policy_run *r, const struct policy_limit *l,
                                    bool strangers)
{
    const struct policy_reach *reach = &l->reach[r->column];
    struct policy_scope s = { .limit = l, .strangers = strangers };
    s.area = area_of(l, r, strangers);
    s.key = counters_mix(r->scope[l->per][reach->alone && !strangers], l->seed);
    return s;
}

static uint64_t hold_key(const struct policy_scope *s)
{
    return counters_mix(s->key, s->limit->hold_seed);
}

/* Something is held for this scope: limits of the same scope are looked at only then. */
static uint64_t guard_key(const struct policy_run *r, const struct policy_limit *l)
{
    return counters_mix(r->scope[l->per][l->reach[r->column].alone], SALT_GUARD);
}

static bool is_guarded(struct policy_run *r, const struct policy_limit *l)
{
    uint8_t *asked = &r->guard[l->per][l->reach[r->column].alone];
    if (r->a->registry->failed)
        return true; /* the area may be another one */
    if (*asked == NOT_ASKED)
        *asked = counters_held(r->read, area_of(l, r, false), guard_key(r, l), r->a->wall_us)
                     ? ASKED_YES
                     : ASKED_NO;
    return *asked == ASKED_YES;
}

static void hold(const struct policy_run *r, const struct policy_scope *s, int64_t for_us)
{
    int64_t until = r->a->wall_us + for_us;
    counters_hold(r->write, s->area, hold_key(s), until, r->a->wall_us);
    if (!s->strangers && (s->limit->conf->then & THEN_ACTS))
        counters_hold(r->write, s->area, guard_key(r, s->limit), until, r->a->wall_us);
}

static unsigned fits(const struct policy_attempt *a, unsigned bits)
{
    return policy_presents(a) ? bits & ~(unsigned)CONF_THEN_REQUIRE_CLIENTID : bits;
}

/* An identity that is no known device cannot be revoked: the token is refused for a while, of
 * strangers everywhere, of a known place there. */
static struct policy_scope token_scope(const struct policy_run *r, const struct policy_limit *l)
{
    struct policy_scope s = { .limit = l, .area = COUNTERS_STRANGER };
    s.key = counters_mix(counters_mix(l->seed, r->a->token_hash), SALT_TOKEN);
    if (!policy_is_stranger(r->a)) {
        s.area = COUNTERS_KNOWN;
        s.key = counters_mix(s.key, policy_place_hash(r->a));
    }
    s.holds = CONF_THEN_REVOKE_DEVICE;
    return s;
}

size_t policy_scopes_held(const struct policy_run *r, const struct policy_limit *l,
                          enum policy_phase phase, struct policy_scope out[POLICY_SCOPES])
{
    const struct policy_reach *reach = &l->reach[r->column];
    unsigned phase_bits = policy_limit_holds(l->conf, phase);
    unsigned own = fits(r->a, reach->own & phase_bits), mode = fits(r->a, reach->mode & phase_bits);
    size_t n = 0;
    if (!policy_limit_applies(l, r->a))
        return 0;
    if (own) {
        out[n] = policy_scope_of(r, l, false);
        out[n++].holds = own;
    }
    if (mode) {
        out[n] = policy_scope_of(r, l, true);
        out[n++].holds = mode;
    }
    if ((l->conf->then & phase_bits & CONF_THEN_REVOKE_DEVICE) && reach->counts &&
        r->column != COLUMN_KNOWN && policy_presents(r->a))
        out[n++] = token_scope(r, l);
    return n;
}

/* ---- what is held ---- */

bool policy_scope_is_held(const struct policy_run *r, const struct policy_scope *s)
{
    if (counters_held(r->read, s->area, hold_key(s), r->a->wall_us))
        return true;
    /* Without the store nobody knows which accounts exist, but what held still holds. */
    return r->a->registry->failed && s->limit->conf->per == CONF_PER_ACCOUNT &&
           s->area == COUNTERS_STRANGER &&
           counters_held(r->read, COUNTERS_ACCOUNT, hold_key(s), r->a->wall_us);
}

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
    return v < low ? low : v > high ? high : v;
}

static bool presses_anew(struct policy_run *r, const struct policy_scope *s, int64_t within)
{
    const struct policy_limit *l = s->limit;
    uint8_t *asked = &r->guess[l->per][l->reach[r->column].alone];
    uint64_t key = counters_mix(r->scope[l->per][l->reach[r->column].alone], SALT_PRESSURE);
    if (!r->a->guess)
        return true;
    if (*asked == NOT_ASKED)
        *asked = counters_first(r->write, COUNTERS_STRANGER, counters_mix(key, r->a->guess), within,
                                r->a->wall_us)
                     ? ASKED_YES
                     : ASKED_NO;
    return *asked == ASKED_YES;
}

/* Hysteresis: while different guesses keep coming, half as many as tripped it, it stays. */
static void press(struct policy_run *r, const struct policy_scope *s)
{
    const struct conf_limit *conf = s->limit->conf;
    int64_t within = clamp(conf->for_us, COUNTERS_WITHIN_MIN_US, COUNTERS_WITHIN_MAX_US);
    uint64_t key = counters_mix(s->key, SALT_PRESSURE);
    if (!r->write || !policy_is_stranger(r->a) || !presses_anew(r, s, within))
        return;
    if (counters_add(r->write, s->area, key, within, 1, r->a->wall_us) > conf->above / 2)
        hold(r, s, conf->for_us);
}

static void delay(struct policy_run *r, const struct policy_scope *s, struct policy_reason reason)
{
    int64_t us = clamp(s->limit->conf->delay_us, 0, POLICY_DELAY_MAX);
    if (us > r->out->delay_us)
        r->out->delay_us = us;
    policy_reason_add(r, reason);
}

static void act_held(struct policy_run *r, const struct policy_scope *s)
{
    const struct conf_limit *conf = s->limit->conf;
    struct policy_reason reason = {
        .name = conf->name, .above = conf->above, .dry_run = conf->dry_run, .then = conf->then
    };
    reason.counted = counters_read(r->read, s->area, s->key, conf->within_us, r->a->wall_us);
    if (r->allowed)
        return;
    if (s->holds & THEN_REFUSES)
        press(r, s);
    if (conf->dry_run)
        policy_reason_add(r, reason);
    else if (s->holds & THEN_REFUSES)
        policy_refuse(r, r->policy->conf->refuse_at, reason);
    else
        delay(r, s, reason);
}

bool policy_scope_act(struct policy_run *r, const struct policy_scope *s)
{
    bool held = policy_scope_is_held(r, s);
    if (held)
        act_held(r, s);
    return held;
}

static void prefetch_guards(const struct policy_run *r, const struct policy_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct policy_limit *l = &r->policy->limits[list->at[i]];
        counters_prefetch(r->read, area_of(l, r, false), guard_key(r, l));
    }
}

void policy_limits_held(struct policy_run *r)
{
    const struct policy_list *list = &r->policy->list[PHASE_HELD][r->column];
    prefetch_guards(r, list);
    for (size_t i = 0; i < list->n; i++) {
        const struct policy_limit *l = &r->policy->limits[list->at[i]];
        struct policy_scope scopes[POLICY_SCOPES];
        bool others = l->reach[r->column].mode || (l->conf->then & CONF_THEN_REVOKE_DEVICE);
        if (!others && !is_guarded(r, l))
            continue;
        size_t n = policy_scopes_held(r, l, PHASE_HELD, scopes);
        for (size_t j = 0; j < n; j++)
            (void)policy_scope_act(r, &scopes[j]);
    }
}

/* ---- tripping ---- */

void policy_revoke(struct policy_run *r, int64_t until_us)
{
    const struct policy_attempt *a = r->a;
    int64_t hold = a->wall_us + REVOKED_US;
    r->out->effects |= POLICY_REVOKE_DEVICE;
    r->out->revoke_until_us = until_us;
    policy_alert_raise(r, DEVICE_ALERT_REVOKED);
    if (!r->write)
        return;
    if (until_us && until_us < hold)
        hold = until_us;
    counters_hold(r->write, COUNTERS_KNOWN, policy_hold_revoked(a), hold, a->wall_us);
    policy_forget(r->write, slice_of_str(a->registry->account), a->type, a->token, NULL);
}

static enum device_alert alert_of(const struct conf_limit *conf)
{
    if (conf->then & THEN_MODES)
        return DEVICE_ALERT_ATTACK;
    if (conf->count == CONF_COUNT_ACCOUNTS && (conf->per & CONF_PER_TOKEN))
        return DEVICE_ALERT_MANY_ACCOUNTS;
    return DEVICE_ALERT_LIMIT;
}

/* False: there is nothing here to revoke. */
static bool trip_revoke(struct policy_run *r, const struct policy_scope *s)
{
    const struct conf_limit *conf = s->limit->conf;
    int64_t until = r->a->wall_us + conf->for_us;
    if (!(conf->then & CONF_THEN_REVOKE_DEVICE) || !policy_presents(r->a) || r->allowed)
        return false;
    if (r->column != COLUMN_KNOWN) {
        struct policy_scope token = token_scope(r, s->limit);
        if (r->write)
            counters_hold(r->write, token.area, hold_key(&token), until, r->a->wall_us);
    } else if (!conf->dry_run)
        policy_revoke(r, until);
    return true;
}

/* What only tells needs no `for`: then it is told once in a window. */
static int64_t hold_time(const struct conf_limit *conf)
{
    if (conf->for_us)
        return conf->for_us;
    return conf->within_us ? conf->within_us : SAID_AGAIN_US;
}

void policy_limit_trip(struct policy_run *r, const struct policy_scope *s, uint32_t counted,
                       bool acts)
{
    const struct conf_limit *conf = s->limit->conf;
    unsigned own = fits(r->a, s->limit->reach[r->column].own);
    bool already = policy_scope_is_held(r, s), longer = conf->then & THEN_ACTS;
    struct policy_reason reason = { conf->name,    counted,  conf->above,
                                    conf->dry_run, !already, conf->then };
    if (r->write && (!already || longer)) /* what only tells is told again when its time is over */
        hold(r, s, hold_time(conf));
    bool revoked = trip_revoke(r, s);
    if (!already && (conf->then & CONF_THEN_ALERT) && !conf->dry_run)
        policy_alert_raise(r, alert_of(conf));
    acts &= !conf->dry_run && !r->allowed;
    if (acts && (revoked || (own & THEN_REFUSES)))
        policy_refuse(r, r->policy->conf->refuse_at, reason);
    else if (acts && (own & CONF_THEN_DELAY))
        delay(r, s, reason);
    else if (!already)
        policy_reason_add(r, reason);
}

/* ---- counting ---- */

static bool outcome_counts(const struct conf_limit *l, enum policy_outcome outcome)
{
    if (l->count == CONF_COUNT_FAILURES || l->count == CONF_COUNT_FAILED_PASSWORDS)
        return outcome == POLICY_FAILED;
    switch (l->outcome) {
    case CONF_OUTCOME_ANY: return true;
    case CONF_OUTCOME_FAILED: return outcome == POLICY_FAILED;
    case CONF_OUTCOME_OK: return outcome == POLICY_OK;
    }
    return false;
}

/* A guess is marked once for all limits of a scope and for the longest of their windows: what is
 * tried again tells nothing new. */
static uint64_t guess_mark(const struct policy_run *r, const struct policy_scope *s)
{
    const struct policy_limit *l = s->limit;
    uint64_t scope = r->scope[l->per][l->reach[r->column].alone];
    unsigned class = policy_is_stranger(r->a) ? POLICY_UNKNOWN : r->a->class;
    return counters_mix(counters_mix(scope, SALT_MARK + class), r->a->guess);
}

bool policy_scope_item(const struct policy_run *r, enum policy_outcome outcome,
                       struct policy_scope *s)
{
    const struct policy_attempt *a = r->a;
    const struct conf_limit *l = s->limit->conf;
    uint64_t item = 0;
    if (!outcome_counts(l, outcome))
        return false;
    switch (l->count) {
    case CONF_COUNT_FAILED_PASSWORDS: s->mark = a->guess ? guess_mark(r, s) : 0; return true;
    case CONF_COUNT_ACCOUNTS: item = a->account_hash; break;
    case CONF_COUNT_TOKENS:
        if (!policy_presents(a))
            return false;
        item = a->token_hash;
        break;
    case CONF_COUNT_NETWORKS:
        if (!a->network.family)
            return false;
        item = a->network_hash;
        break;
    case CONF_COUNT_ATTEMPTS:
    case CONF_COUNT_FAILURES:
    case CONF_COUNT_CONNECTIONS:
    case CONF_COUNT_MESSAGES:
    case CONF_COUNT_RECIPIENTS: break;
    }
    s->mark = item ? counters_mix(counters_mix(s->key, SALT_MARK), item) : 0;
    return true;
}

/* Whoever can invent tokens and guesses leaves the marks of them where all that is invented goes. */
static enum counters_area mark_area(const struct policy_scope *s)
{
    return s->area == COUNTERS_KNOWN ? COUNTERS_KNOWN : COUNTERS_STRANGER;
}

static bool mark(const struct policy_run *r, const struct policy_scope *s, int64_t within)
{
    if (!r->write)
        return counters_would_be_first(r->read, mark_area(s), s->mark, within, r->a->wall_us);
    return counters_first(r->write, mark_area(s), s->mark, within, r->a->wall_us);
}

bool policy_scope_is_first(struct policy_run *r, const struct policy_scope *s)
{
    const struct policy_limit *l = s->limit;
    uint8_t *asked = &r->guess[l->per][l->reach[r->column].alone];
    if (!s->mark)
        return true;
    if (l->conf->count != CONF_COUNT_FAILED_PASSWORDS)
        return mark(r, s, l->conf->within_us);
    if (*asked == NOT_ASKED)
        *asked = mark(r, s, r->policy->per[l->per].guess_within_us) ? ASKED_YES : ASKED_NO;
    return *asked == ASKED_YES;
}

struct policy_ratio policy_scope_ratio(const struct policy_run *r, const struct policy_scope *s)
{
    int64_t within = s->limit->conf->within_us, now = r->a->wall_us;
    return (struct policy_ratio){
        counters_read(r->read, s->area, counters_mix(s->key, SALT_ATTEMPTS), within, now),
        counters_read(r->read, s->area, counters_mix(s->key, SALT_SUCCESSES), within, now),
    };
}

static void count_ratio(const struct policy_run *r, const struct policy_scope *s,
                        enum policy_outcome outcome)
{
    int64_t within = s->limit->conf->within_us, now = r->a->wall_us;
    if (!r->write)
        return;
    (void)counters_add(r->write, s->area, counters_mix(s->key, SALT_ATTEMPTS), within, 1, now);
    if (outcome == POLICY_OK)
        (void)counters_add(r->write, s->area, counters_mix(s->key, SALT_SUCCESSES), within, 1, now);
}

static bool too_few_succeed(const struct policy_run *r, const struct policy_scope *s)
{
    uint32_t below = s->limit->conf->success_below;
    if (below == 0)
        return true;
    struct policy_ratio ratio = policy_scope_ratio(r, s);
    return (uint64_t)ratio.successes * 100 < (uint64_t)below * ratio.attempts;
}

void policy_scope_add(struct policy_run *r, const struct policy_scope *s, uint32_t amount,
                      bool acts)
{
    const struct conf_limit *conf = s->limit->conf;
    int64_t within = conf->within_us, now = r->a->wall_us;
    uint32_t n = r->write ? counters_add(r->write, s->area, s->key, within, amount, now)
                          : counters_read(r->read, s->area, s->key, within, now) + amount;
    if (n > conf->above && too_few_succeed(r, s))
        policy_limit_trip(r, s, n, acts);
}

static void prefetch(const struct policy_run *r, const struct policy_scope *s)
{
    counters_prefetch(r->read, s->area, s->key);
    if (s->mark)
        counters_prefetch(r->read, mark_area(s), s->mark);
    if (s->limit->conf->success_below)
        counters_prefetch(r->read, s->area, counters_mix(s->key, SALT_ATTEMPTS));
}

/* A repeated guess, account, token or network trips nothing: it adds nothing. */
static void count_one(struct policy_run *r, const struct policy_scope *s, enum policy_phase phase,
                      enum policy_outcome outcome, bool counts, bool acts)
{
    if (phase == PHASE_AFTER && s->limit->conf->success_below)
        count_ratio(r, s, outcome);
    if (counts && policy_scope_is_first(r, s))
        policy_scope_add(r, s, 1, acts);
}

void policy_limits_count(struct policy_run *r, enum policy_phase phase, enum policy_outcome outcome,
                         bool acts)
{
    const struct policy_list *list = &r->policy->list[phase][r->column];
    struct policy_scope scopes[BATCH];
    bool counts[BATCH];
    for (size_t i = 0; i < list->n;) {
        size_t n = 0;
        for (; i < list->n && n < BATCH; i++) {
            const struct policy_limit *l = &r->policy->limits[list->at[i]];
            if (!policy_limit_applies(l, r->a))
                continue;
            scopes[n] = policy_scope_of(r, l, false);
            counts[n] = policy_limit_counts(l, phase) && policy_scope_item(r, outcome, &scopes[n]);
            if (!counts[n] && !l->conf->success_below)
                continue;
            prefetch(r, &scopes[n++]);
        }
        for (size_t j = 0; j < n; j++)
            count_one(r, &scopes[j], phase, outcome, counts[j], acts);
    }
}
