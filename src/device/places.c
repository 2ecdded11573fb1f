/* SPDX-License-Identifier: ISC
 *
 * One token, two places (draft-storey-smtp-client-id-13 §6.2-4): a person may be anywhere, a device
 * in one place only. What cannot be told (no position, an address that no database knows) is no
 * travel.
 */
#include "device/policy_internal.h"

#include <string.h>

#include "device/location.h"

#define HOUR_US 3.6e9

static bool same_name(const struct device_location *a, const struct device_location *b)
{
    return a->name[0] && strncmp(a->name, b->name, sizeof a->name) == 0;
}

static bool related(const struct device_location *a, const struct device_location *b)
{
    return (a->as && a->as == b->as) || same_name(a, b);
}

bool policy_travels(const struct policy *policy, const struct policy_attempt *a)
{
    const struct device_facts *f = a->registry;
    const struct device_location *was = &f->last_location, *is = &a->where;
    int64_t elapsed = a->wall_us - f->last_us;
    if (f->last_us <= 0 || elapsed < 0 || !location_has_position(was) || !location_has_position(is))
        return false;
    if (device_network_equal(&f->last_network, &a->network) || related(was, is))
        return false;
    double km = location_distance(was, is) - was->radius - is->radius;
    return km >= policy->conf->two_places.kilometres &&
           km > policy->conf->two_places.speed * ((double)elapsed / HOUR_US);
}

/* ---- sessions that overlap ---- */

enum { GAUGE_TOKEN, GAUGE_NETWORK, GAUGE_AS, GAUGE_NAME };

static uint64_t gauge_key(const struct policy_attempt *a, unsigned kind, uint64_t value)
{
    uint64_t key = counters_mix(a->token_hash, SALT_GAUGE + kind);
    return value ? counters_mix(key, value) : key;
}

/* Names are compared by a plain hash: they are the operator's. */
static uint64_t name_hash(const struct device_location *where)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < sizeof where->name && where->name[i]; i++)
        h = (h ^ (uint8_t)where->name[i]) * UINT64_C(0x100000001b3);
    return h | 1;
}

size_t policy_token_gauges(const struct policy_attempt *a, uint64_t keys[POLICY_TOKEN_GAUGES])
{
    size_t n = 0;
    if (!policy_presents(a) || !a->network.family)
        return 0;
    keys[n++] = gauge_key(a, GAUGE_TOKEN, 0);
    keys[n++] = gauge_key(a, GAUGE_NETWORK, a->network_hash | 1);
    if (a->where.as)
        keys[n++] = gauge_key(a, GAUGE_AS, a->where.as);
    if (a->where.name[0])
        keys[n++] = gauge_key(a, GAUGE_NAME, name_hash(&a->where));
    return n;
}

/* More is open with this token than from networks that are one with this one. A network lies in
 * one autonomous system; what is in both that and the named place is counted twice, which can
 * only hide an overlap. */
bool policy_overlaps(const struct policy_run *r)
{
    const struct policy_attempt *a = r->a;
    if (!r->policy->conf->two_places.overlap || !policy_presents(a) || !a->network.family)
        return false;
    uint32_t open = counters_gauge(r->read, gauge_key(a, GAUGE_TOKEN, 0));
    if (open < 2)
        return false;
    uint64_t here = counters_gauge(r->read, gauge_key(a, GAUGE_NETWORK, a->network_hash | 1));
    if (a->where.as) {
        uint32_t same = counters_gauge(r->read, gauge_key(a, GAUGE_AS, a->where.as));
        here = same > here ? same : here;
    }
    if (a->where.name[0]) {
        uint32_t same = counters_gauge(r->read, gauge_key(a, GAUGE_NAME, name_hash(&a->where)));
        bool only_name = !a->where.as && same >= here;
        here = only_name ? same : here + same - 1;
    }
    return open > here;
}

/* ---- what comes of it ---- */

void policy_places_apply(struct policy_run *r)
{
    const struct policy_attempt *a = r->a;
    unsigned then = r->policy->conf->two_places.then;
    struct policy_reason reason = { .name = "two-places", .tripped = true, .then = then };
    bool refuses = then & (CONF_THEN_REFUSE | CONF_THEN_REVOKE_DEVICE);
    if (!then || !policy_presents(a) || !(policy_travels(r->policy, a) || policy_overlaps(r)))
        return;
    if (then & CONF_THEN_ALERT)
        policy_alert_raise(r, DEVICE_ALERT_TWO_PLACES);
    if (r->allowed || !refuses) {
        policy_reason_add(r, reason);
        return;
    }
    if ((then & CONF_THEN_REVOKE_DEVICE) && a->class == POLICY_KNOWN)
        policy_revoke(r, 0);
    policy_refuse(r, r->policy->conf->refuse_at, reason);
}
