/* SPDX-License-Identifier: ISC
 *
 * What a limit is to whom, found out once.
 */
#include "device/policy_internal.h"

#define BIT(column) (1u << (column))

static bool is_sent(enum conf_count count)
{
    return count == CONF_COUNT_MESSAGES || count == CONF_COUNT_RECIPIENTS;
}

/* ---- reach ---- */

static unsigned columns_of(enum conf_of of)
{
    const unsigned unknown = BIT(COLUMN_UNKNOWN) | BIT(COLUMN_ASSUMED_UNKNOWN);
    const unsigned absent = BIT(COLUMN_ABSENT) | BIT(COLUMN_ASSUMED_ABSENT);
    const unsigned assumed = BIT(COLUMN_ASSUMED_UNKNOWN) | BIT(COLUMN_ASSUMED_ABSENT);
    switch (of) {
    case CONF_OF_ALL: return BIT(COLUMN_KNOWN) | BIT(COLUMN_PLACE) | unknown | absent;
    case CONF_OF_KNOWN: return BIT(COLUMN_KNOWN);
    case CONF_OF_PLACE: return BIT(COLUMN_PLACE) | assumed;
    case CONF_OF_UNKNOWN: return unknown | absent;
    case CONF_OF_ABSENT: return absent;
    }
    return 0;
}

/* What one's own budget does to one. */
static unsigned own_bits(enum conf_of of, enum policy_column column)
{
    const unsigned plain = CONF_THEN_DELAY | CONF_THEN_REFUSE;
    switch (column) {
    case COLUMN_KNOWN: return plain;
    case COLUMN_PLACE: return plain | CONF_THEN_REQUIRE_CLIENTID;
    case COLUMN_UNKNOWN: return plain | CONF_THEN_KNOWN_DEVICES_ONLY;
    case COLUMN_ABSENT: return plain | THEN_MODES;
    case COLUMN_ASSUMED_UNKNOWN:
    case COLUMN_ASSUMED_ABSENT: /* a place to everything but attack mode */
        return of == CONF_OF_PLACE || of == CONF_OF_ALL ? plain | CONF_THEN_REQUIRE_CLIENTID
                                                        : THEN_MODES;
    case COLUMN_COUNT: break;
    }
    return 0;
}

/* What strangers can do to one: attack mode only, and nothing to a known device. */
static unsigned mode_bits(enum conf_of of, enum policy_column column)
{
    bool strangers = of == CONF_OF_ALL || of == CONF_OF_UNKNOWN || of == CONF_OF_ABSENT;
    switch (column) {
    case COLUMN_KNOWN: return 0;
    case COLUMN_PLACE: return strangers ? CONF_THEN_REQUIRE_CLIENTID : 0;
    case COLUMN_UNKNOWN: return of == CONF_OF_ABSENT ? CONF_THEN_KNOWN_DEVICES_ONLY : 0;
    case COLUMN_ABSENT: return 0;
    case COLUMN_ASSUMED_UNKNOWN:
    case COLUMN_ASSUMED_ABSENT: return strangers ? THEN_MODES : 0;
    case COLUMN_COUNT: break;
    }
    return 0;
}

static struct policy_reach reach_of(const struct conf_limit *l, enum policy_column column)
{
    struct policy_reach reach = { .counts = columns_of(l->of) & BIT(column) };
    reach.stranger = column != COLUMN_KNOWN && column != COLUMN_PLACE;
    reach.alone = l->of == CONF_OF_ALL && column != COLUMN_UNKNOWN && column != COLUMN_ABSENT;
    if (reach.counts)
        reach.own = l->then & own_bits(l->of, column);
    reach.mode = l->then & mode_bits(l->of, column);
    if (reach.counts && reach.stranger && !reach.alone)
        reach.mode &= ~reach.own; /* one key */
    return reach;
}

/* ---- seeds ---- */

/* What is counted, so that a reload keeps the counts of a limit whose counting is the same. */
static uint64_t seed_of(const struct counters *c, const struct conf_limit *l)
{
    const int64_t numbers[] = { l->count, l->per, l->of, l->outcome, l->within_us };
    struct slice bytes = { (const uint8_t *)numbers, sizeof numbers };
    return counters_mix(counters_hash(c, TAG_LIMIT, slice_of_str(l->name)),
                        counters_hash(c, TAG_LIMIT, bytes));
}

static uint64_t hold_seed_of(const struct counters *c, const struct conf_limit *l)
{
    const int64_t numbers[] = { l->then, l->dry_run };
    struct slice bytes = { (const uint8_t *)numbers, sizeof numbers };
    return counters_hash(c, TAG_LIMIT, bytes);
}

void policy_limit_compile(const struct counters *c, const struct conf_limit *conf,
                          struct policy_limit *out)
{
    out->conf = conf;
    out->seed = seed_of(c, conf);
    out->hold_seed = hold_seed_of(c, conf);
    for (unsigned i = 0; i < COLUMN_COUNT; i++)
        out->reach[i] = reach_of(conf, (enum policy_column)i);
}

/* ---- phases ---- */

static enum policy_phase phase_of(const struct conf_limit *l)
{
    switch (l->count) {
    case CONF_COUNT_ATTEMPTS: return l->outcome == CONF_OUTCOME_ANY ? PHASE_BEFORE : PHASE_AFTER;
    case CONF_COUNT_FAILURES:
    case CONF_COUNT_FAILED_PASSWORDS:
    case CONF_COUNT_ACCOUNTS:
    case CONF_COUNT_TOKENS:
    case CONF_COUNT_NETWORKS: return PHASE_AFTER;
    case CONF_COUNT_CONNECTIONS: return PHASE_OPEN;
    case CONF_COUNT_MESSAGES:
    case CONF_COUNT_RECIPIENTS: return PHASE_SENDS;
    }
    return PHASE_AFTER;
}

bool policy_limit_counts(const struct policy_limit *l, enum policy_phase phase)
{
    return phase_of(l->conf) == phase;
}

unsigned policy_limit_holds(const struct conf_limit *l, enum policy_phase phase)
{
    if (phase == PHASE_SENDS)
        return is_sent(l->count) ? THEN_ACTS : 0;
    if (phase != PHASE_HELD)
        return 0;
    /* Who sends too much cannot send, and who has too much open cannot open more; both may still
     * sign in, unless attack mode came of it. */
    if (is_sent(l->count) || l->count == CONF_COUNT_CONNECTIONS)
        return THEN_MODES | CONF_THEN_REVOKE_DEVICE;
    return THEN_ACTS;
}

bool policy_limit_in(const struct policy_limit *l, enum policy_phase phase,
                     enum policy_column column)
{
    const struct policy_reach *reach = &l->reach[column];
    unsigned bits = reach->own | reach->mode;
    if (reach->counts && column != COLUMN_KNOWN)
        bits |= l->conf->then & CONF_THEN_REVOKE_DEVICE; /* the token is held */
    if (phase == PHASE_HELD)
        return bits & policy_limit_holds(l->conf, phase);
    /* The ratio of a limit on attempts is learned after. */
    return reach->counts &&
           (policy_limit_counts(l, phase) || (phase == PHASE_AFTER && l->conf->success_below &&
                                              l->conf->count == CONF_COUNT_ATTEMPTS));
}
