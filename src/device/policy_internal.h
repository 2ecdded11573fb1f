/* SPDX-License-Identifier: ISC
 *
 * device/policy: what its files share. See policy.h.
 */
#pragma once

#include "base/arena.h"
#include "device/policy.h"

#define POLICY_LIMITS_MAX 128
#define POLICY_SCOPES_MAX 32 /* sets of conf_per: five bits, and "all" */
#define POLICY_DELAY_MAX  (20 * INT64_C(1000000))

/* ---- compiled ---- */

struct policy_patterns {
    struct slice *at;
    size_t n;
    bool given;
};

struct policy_selector { /* conf_selector, ready to be asked */
    struct policy_patterns account, group, type;
    struct network *network;
    size_t network_n;
    struct pseudonym *token;
    size_t token_n;
    unsigned device;
    unsigned clientid;
    bool for_all; /* nothing given */
};

struct policy_rule {
    const struct conf_rule *conf;
    struct policy_selector who;
};

/* Columns: the four classes, and those taken for a place because the store is gone. */
enum policy_column {
    COLUMN_KNOWN,
    COLUMN_PLACE,
    COLUMN_UNKNOWN,
    COLUMN_ABSENT,
    COLUMN_ASSUMED_UNKNOWN,
    COLUMN_ASSUMED_ABSENT,
    COLUMN_COUNT,
};

/* What one limit is to one column. `own`: by the key of one's own class; `mode`: by the strangers'
 * key of the same scope, for attack mode that strangers set off. Bits of enum conf_limit_then. */
struct policy_reach {
    bool counts, alone; /* alone: the own device or place is part of the key */
    bool stranger;      /* counted in the strangers' areas */
    unsigned own, mode;
};

struct policy_limit {
    const struct conf_limit *conf;
    uint8_t per; /* of policy.per */
    struct policy_selector who;
    uint64_t seed, hold_seed;
    struct policy_reach reach[COLUMN_COUNT];
};

enum policy_phase {
    PHASE_HELD,   /* what holds may act at AUTH */
    PHASE_BEFORE, /* counted before the password */
    PHASE_AFTER,
    PHASE_OPEN,  /* connections */
    PHASE_SENDS, /* messages and recipients */
    PHASE_COUNT,
};

struct policy_list {
    uint16_t n;
    uint8_t at[POLICY_LIMITS_MAX]; /* of limits */
};

struct policy {
    struct arena arena;
    const struct conf_policy *conf;
    struct policy_rule *rules;
    size_t rules_n;
    struct policy_limit *limits;
    size_t limits_n;
    struct policy_list list[PHASE_COUNT][COLUMN_COUNT];
    struct {
        unsigned bits;           /* of conf_per */
        int64_t guess_within_us; /* how long a guess is remembered as one that was made */
    } per[POLICY_SCOPES_MAX];    /* each that a limit has */
    size_t per_n;
    bool revokes; /* something may revoke a device */
};

MUST_USE bool policy_selector_compile(struct policy *p, const struct conf_selector *from,
                                      struct policy_selector *out, struct buf *why);
/* Finds out what a limit is to each column. */
void policy_limit_compile(const struct counters *c, const struct conf_limit *conf,
                          struct policy_limit *out);
bool policy_limit_in(const struct policy_limit *l, enum policy_phase phase,
                     enum policy_column column);
/* Whether it counts in this phase (a limit on attempts learns its ratio in another). */
bool policy_limit_counts(const struct policy_limit *l, enum policy_phase phase);
/* The bits whose hold acts in this phase. */
unsigned policy_limit_holds(const struct conf_limit *conf, enum policy_phase phase);

#define THEN_MODES   (CONF_THEN_KNOWN_DEVICES_ONLY | CONF_THEN_REQUIRE_CLIENTID)
#define THEN_REFUSES (CONF_THEN_REFUSE | THEN_MODES | CONF_THEN_REVOKE_DEVICE)
#define THEN_ACTS    (THEN_REFUSES | CONF_THEN_DELAY)

/* Tags of counters_hash, and salts of counters_mix: each use of a key is another key. */
enum policy_tag { TAG_ACCOUNT = 0x706f6c01, TAG_TYPE, TAG_TOKEN, TAG_IP, TAG_NETWORK, TAG_LIMIT };
#define SALT(n)         (UINT64_C(0x9e3779b97f4a7c15) * (2 * (n) + 1))
#define SALT_MARK       SALT(1)
#define SALT_PRESSURE   SALT(2)
#define SALT_ATTEMPTS   SALT(3)
#define SALT_SUCCESSES  SALT(4)
#define SALT_REVOKED    SALT(5)
#define SALT_TOKEN      SALT(6)
#define SALT_GAUGE      SALT(7)
#define SALT_DEVICE     SALT(8)
#define SALT_PLACE      SALT(9)
#define SALT_HISTORY    SALT(10)
#define SALT_REMEMBERED SALT(11)
#define SALT_KNOWN_ONLY SALT(12)
#define SALT_REQUIRE    SALT(13)
#define SALT_GUARD      SALT(14)
#define SALT_PENDING    SALT(15)

/* ---- one question ---- */

enum policy_asked { NOT_ASKED, ASKED_NO, ASKED_YES };

/* write NULL: nothing is counted, and what would have been is one more (explain). */
struct policy_run {
    const struct policy *policy;
    const struct counters *read;
    struct counters *write;
    const struct policy_attempt *a;
    struct policy_verdict *out;
    enum policy_column column;
    bool allowed; /* a rule allows: nothing refuses or delays */
    /* By policy.per; [1]: with the own device or place in it. What is asked once is kept. */
    uint64_t scope[POLICY_SCOPES_MAX][2];
    uint8_t guard[POLICY_SCOPES_MAX][2]; /* enum policy_asked */
    uint8_t guess[POLICY_SCOPES_MAX][2]; /* new? before: as pressure; after: as a guess */
    uint8_t weight[POLICY_REASONS_MAX];
};

struct policy_run policy_run_begin(const struct policy *policy, const struct counters *read,
                                   struct counters *write, const struct policy_attempt *a,
                                   struct policy_verdict *out);
void policy_run_before(struct policy_run *r);
void policy_run_after(struct policy_run *r, enum policy_outcome outcome);

/* The gravest first; the least grave go when there are too many. */
void policy_reason_add(struct policy_run *r, struct policy_reason reason);
void policy_alert_raise(struct policy_run *r, enum device_alert alert);
void policy_refuse(struct policy_run *r, enum conf_refuse_at at, struct policy_reason reason);

/* ---- who ---- */

enum policy_column policy_column_of(const struct policy_attempt *a);
static inline bool policy_is_stranger(const struct policy_attempt *a)
{
    return a->assumed || a->class == POLICY_UNKNOWN || a->class == POLICY_ABSENT;
}
static inline bool policy_presents(const struct policy_attempt *a)
{
    return a->token != NULL;
}
uint64_t policy_hash_account(const struct counters *c, struct slice account);
uint64_t policy_hash_network(const struct counters *c, const struct device_network *n);
uint64_t policy_device_hash(const struct policy_attempt *a); /* account and token */
uint64_t policy_place_hash(const struct policy_attempt *a);  /* account and network */
uint64_t policy_hold_revoked(const struct policy_attempt *a);
enum device_state policy_enrols(const struct policy *policy, const struct policy_attempt *a);
void policy_remember(struct counters *c, const struct policy_attempt *a, bool device, bool place);

/* ---- rules ---- */

bool policy_selector_has(const struct policy_selector *s, const struct policy_attempt *a);
/* account, group and network only; the rest only */
bool policy_selector_selects(const struct policy_selector *s, const struct policy_attempt *a);
bool policy_selector_demand_met(const struct policy_selector *s, const struct policy_attempt *a);
enum policy_rule_match { RULE_PASSES, RULE_ALLOWS, RULE_REFUSES };
enum policy_rule_match policy_rule_ask(const struct policy_rule *rule,
                                       const struct policy_attempt *a);
/* The first that decides and is no dry run; NULL: none. */
const struct policy_rule *policy_rule_find(const struct policy *policy,
                                           const struct policy_attempt *a,
                                           enum policy_rule_match *out);
/* An `allow` decides: nothing refuses or delays. */
bool policy_rules_allow(const struct policy *policy, const struct policy_attempt *a);
void policy_rules_apply(struct policy_run *r);

/* ---- limits ---- */

struct policy_scope {
    const struct policy_limit *limit;
    enum counters_area area;
    uint64_t key;
    uint64_t mark;  /* of a distinct count; 0: each counts */
    bool strangers; /* by the strangers' key, whoever asks */
    unsigned holds; /* bits of enum conf_limit_then that act on this attempt while it is held */
};

/* Whether the attempt has what the scope is made of, and is selected. */
bool policy_limit_applies(const struct policy_limit *l, const struct policy_attempt *a);
/* The hashes of all scopes of the policy. */
void policy_scopes_begin(struct policy_run *r);
/* The key of a limit for this column; strangers: that of strangers, whoever asks. */
struct policy_scope policy_scope_of(const struct policy_run *r, const struct policy_limit *l,
                                    bool strangers);
/* Up to POLICY_SCOPES keys of one limit whose holds act on the attempt. */
#define POLICY_SCOPES 3
size_t policy_scopes_held(const struct policy_run *r, const struct policy_limit *l,
                          enum policy_phase phase, struct policy_scope out[POLICY_SCOPES]);
bool policy_scope_is_held(const struct policy_run *r, const struct policy_scope *s);
/* False: this attempt with this outcome has nothing of what is counted. */
bool policy_scope_item(const struct policy_run *r, enum policy_outcome outcome,
                       struct policy_scope *s);
/* Whether what is counted is new in the scope; marks it as seen, but in a run that counts nothing. */
bool policy_scope_is_first(struct policy_run *r, const struct policy_scope *s);
struct policy_ratio {
    uint32_t attempts, successes;
};
struct policy_ratio policy_scope_ratio(const struct policy_run *r, const struct policy_scope *s);

void policy_limits_held(struct policy_run *r);
/* When s is held, what that does to the attempt in this phase. */
bool policy_scope_act(struct policy_run *r, const struct policy_scope *s);
/* acts: what trips may refuse or delay at once. */
void policy_limits_count(struct policy_run *r, enum policy_phase phase, enum policy_outcome outcome,
                         bool acts);
/* amount more of what s counts. */
void policy_scope_add(struct policy_run *r, const struct policy_scope *s, uint32_t amount,
                      bool acts);
void policy_limit_trip(struct policy_run *r, const struct policy_scope *s, uint32_t counted,
                       bool acts);
void policy_revoke(struct policy_run *r, int64_t until_us);

/* ---- attack mode by hand, two places ---- */

struct policy_modes {
    bool known_only, require_clientid;
};
struct policy_modes policy_attack_modes(const struct policy_run *r);
void policy_attack_apply(struct policy_run *r);

/* After a success with a token. False: one device can be there, or it cannot be told. */
bool policy_travels(const struct policy *policy, const struct policy_attempt *a);
bool policy_overlaps(const struct policy_run *r);
void policy_places_apply(struct policy_run *r);
/* The gauges of one token: at most POLICY_TOKEN_GAUGES keys. */
#define POLICY_TOKEN_GAUGES 4
size_t policy_token_gauges(const struct policy_attempt *a, uint64_t keys[POLICY_TOKEN_GAUGES]);
