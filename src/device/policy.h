/* SPDX-License-Identifier: ISC
 *
 * device/policy: what CLIENTID is for (draft-storey-smtp-client-id-13 §6): may this attempt go on?
 *
 * A pure core: facts in; verdict, effects and reasons out. It reads no clock, no store and no
 * network; its memory is the counters that are passed in. Asked twice for each AUTH: before the
 * password is looked at (it may delay or refuse without touching it) and after (facts + outcome).
 * Nothing is refused for a CLIENTID before AUTH (§6.1).
 *
 * Files: policy.c (compiled from the configuration, with policy_limit.c: what a limit is to whom),
 * attempt.c (who is judged), rule.c (access rules), limit.c (scope keys, counting, what is held),
 * judge.c (before, after), reserve.c (guesses under way), sends.c (messages, connections), places.c (one token, two places),
 * attack.c (attack mode by hand), explain.c.
 *
 * Who is judged, and by which budget ("class"):
 *   known    the token is a known or approved device of the account, or a licence that enrols
 *   place    not known, but the account has succeeded from this network before
 *   unknown  presents an identity, neither of the above          } strangers: they share
 *   absent   presents none, nor is it at a known place           } one budget an account
 * Classes never share a count. Known devices and places are moreover counted alone by limits of
 * `of: all`: their own device or place is part of the scope, so nobody else's acts can reach them.
 */
#pragma once

#include "conf/conf.h"
#include "device/counters.h"
#include "device/device.h"

struct policy;

/* Compiles; the configuration must outlive it. NULL: *why has file:line: what is wrong. Most of
 * what contradicts itself conf has refused already; here: too many limits, what is no network. */
struct policy *policy_new(const struct conf *conf, const struct counters *counters,
                          struct buf *why);
void policy_free(struct policy *policy); /* NULL is fine */

enum policy_class { POLICY_KNOWN, POLICY_PLACE, POLICY_UNKNOWN, POLICY_ABSENT };
const char *policy_class_text(enum policy_class c); /* "known", "place", "unknown", "absent" */

enum policy_outcome { POLICY_FAILED, POLICY_OK };

/* The facts of one attempt. Slices and pointers live as long as it. */
struct policy_attempt {
    const struct device_facts *registry; /* what the store says */
    struct slice type;                   /* upper case; empty: no identity presented */
    const struct pseudonym *token;       /* NULL: none */
    size_t
        tokens_n; /* token points to so many: behind it those of older keys, which rules may name;
                      * 0 is 1 */
    struct address peer;
    struct device_location where;            /* of peer */
    bool alert_on_failure, alert_on_success; /* flags 6 and 7 of the type */
    uint64_t guess;    /* keyed hash of account and password, set before policy_before where it is
                     * there: a repeated one is no pressure; 0: the mechanism hides it */
    uint64_t password; /* keyed hash of the password alone, for limits per password; 0: hidden */
    bool refused; /* for policy_after: before said REFUSE at MAIL, and the password was looked at */
    int64_t wall_us;
    /* Made by policy_attempt_init. */
    enum policy_class class;
    bool assumed;   /* PLACE only because the store is gone and `store-failure: open` */
    bool exists;    /* the account has succeeded before */
    bool history;   /* so it has, or it cannot be told: nobody is its beginning */
    bool returns;   /* the place is known, or was a moment ago */
    bool is_new;    /* the identity has never succeeded with this account */
    unsigned words; /* 1 << enum conf_device_word */
    struct device_network network;
    uint64_t account_hash, token_hash, type_hash, ip_hash, network_hash;
};
/* Completes an attempt whose first part is filled in. */
void policy_attempt_init(const struct policy *policy, const struct counters *counters,
                         struct policy_attempt *a);

enum policy_action { POLICY_ACCEPT, POLICY_REFUSE };

enum policy_effect {                                /* what the caller does besides answering */
                     POLICY_LEARN_PLACE = 1 << 0,   /* after a success */
                     POLICY_RECORD_DEVICE = 1 << 1, /* after a success: with `enrol` */
                     POLICY_REVOKE_DEVICE = 1 << 2, /* until revoke_until_us */
};

#define POLICY_REASONS_MAX 8
struct policy_reason {
    const char *name; /* of the rule or limit, or of the built-in check ("unknown-device", ...) */
    uint32_t counted, above; /* of a limit */
    bool dry_run;            /* it would have */
    bool
        tripped; /* a limit: now, by this attempt (it is said once); false: it holds since before */
    unsigned then; /* of enum conf_limit_then; rules and checks: CONF_THEN_REFUSE or LOG */
};

struct policy_verdict {
    enum policy_action action;
    enum conf_refuse_at refuse_at; /* of a refusal */
    int64_t delay_us;              /* before the password is looked at; 0: none; at most 20s */
    unsigned effects;              /* of enum policy_effect */
    enum device_alert alert;       /* the gravest, or NONE */
    int64_t revoke_until_us;
    struct policy_reason reasons[POLICY_REASONS_MAX]; /* the gravest first */
    size_t reasons_n;
};

/* Before the password is looked at. Counts attempts. A refusal here counts as an attempt, and as
 * pressure on what is held; the password is not counted as a guess. */
void policy_before(const struct policy *policy, struct counters *counters,
                   const struct policy_attempt *a, struct policy_verdict *out);
/* After the backend has answered. Counts failures, distinct guesses, accounts, tokens, networks. */
void policy_after(const struct policy *policy, struct counters *counters,
                  const struct policy_attempt *a, enum policy_outcome outcome,
                  struct policy_verdict *out);
/* An authenticated session sends: amount messages (at MAIL) or recipients (each RCPT). */
void policy_sends(const struct policy *policy, struct counters *counters,
                  const struct policy_attempt *a, enum conf_count what, uint32_t amount,
                  struct policy_verdict *out);

/* What a session holds open, by limits of `count: connections` and for overlapping sessions: taken
 * at its AUTH, given back when it ends. */
#define POLICY_HELD_MAX 12
struct policy_held {
    uint64_t keys[POLICY_HELD_MAX];
    size_t n;
};
/* After policy_before accepted, with what it then holds; empty on input. A connection above a limit
 * is refused (verdict), and then nothing is held. What it adds to the verdict of `before` is the
 * caller's: it begins a verdict of its own. */
typedef void policy_taking(const struct policy *policy, struct counters *counters,
                           const struct policy_attempt *a, uint32_t column,
                           struct policy_held *held, struct policy_verdict *out);
policy_taking policy_hold;
/* Behind policy_hold: the guess that is now under way takes its part of the limits on failures until
 * policy_release, which is due when its outcome is known. Refused (verdict) when so many are under
 * way that they would pass a limit; nothing is held then. A verdict of its own, too. */
policy_taking policy_reserve;
void policy_release(struct counters *counters, uint32_t column, struct policy_held *held);

/* What has succeeded in the last day is remembered until the store knows it; a device that is
 * revoked or forgotten, a place, or (token and network NULL) an account must go here too. */
void policy_forget(struct counters *counters, struct slice account, struct slice type,
                   const struct pseudonym *token, const struct device_network *network);

/* Attack mode by hand (`postern policy attack`): of an account, of a network, or of all. */
enum policy_attack_scope { POLICY_ATTACK_ALL, POLICY_ATTACK_ACCOUNT, POLICY_ATTACK_NETWORK };
struct policy_attack {
    enum policy_attack_scope scope;
    struct slice account; /* canonical */
    struct device_network network;
    bool require_clientid; /* else: known devices (and places) only */
    int64_t until_us;      /* 0: ends it */
};
void policy_attack_set(const struct policy *policy, struct counters *counters,
                       const struct policy_attack *attack, int64_t wall_us);
bool policy_attack_active(const struct policy *policy, const struct counters *counters,
                          const struct policy_attack *attack, int64_t wall_us);

/* Every rule and limit: whether it is about this attempt, what was counted, what it would do, and
 * the verdict of before and after. Counts nothing. As JSON: the one form that the tools print. */
struct json_t;
MUST_USE struct json_t *policy_explain(const struct policy *policy, const struct counters *counters,
                                       const struct policy_attempt *a, enum policy_outcome outcome);
