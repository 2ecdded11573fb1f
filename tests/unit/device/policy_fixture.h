/* SPDX-License-Identifier: ISC
 *
 * A policy from a few lines of YAML, counters, and attempts by who, whence and with what. The
 * registry is a struct that each test fills in.
 */
#pragma once

#include "check.h"

#include <stdio.h>

#include "base/check.h"
#include "device/policy.h"

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define START  (INT64_C(1900000000) * SECOND)

/* Switches off what is shipped, so that a test sees its own limits only. */
#define NO_SHIPPED                                                                          \
    "  - {name: known-device-guesses, then: off}\n  - {name: place-guesses, then: off}\n"   \
    "  - {name: stranger-slowdown, then: off}\n  - {name: stranger-guesses, then: off}\n"   \
    "  - {name: stranger-guesses-day, then: off}\n  - {name: stranger-tokens, then: off}\n" \
    "  - {name: token-accounts, then: off}\n  - {name: token-opened, then: off}\n"          \
    "  - {name: address-guesses, then: off}\n  - {name: address-accounts, then: off}\n"     \
    "  - {name: network-guesses, then: off}\n  - {name: network-novelty, then: off}\n"      \
    "  - {name: gate-novelty, then: off}\n  - {name: device-connections, then: off}\n"      \
    "  - {name: stranger-recipients, then: off}\n  - {name: popular-guesses, then: off}\n"  \
    "  - {name: popular-guesses-here, then: off}\n"
#define LIMITS(own) "policy:\n  limits:\n" NO_SHIPPED own

struct rig {
    struct conf *conf;
    struct policy *policy;
    struct counters *counters;
    int64_t now;
};

static struct rig rig;

static inline void rig_policy(const char *yaml)
{
    struct buf why;
    buf_init(&why, 4096);
    policy_free(rig.policy);
    conf_free(rig.conf);
    rig.conf = conf_parse("t.yaml", guarded(slice_of_str(yaml)), &why);
    if (!rig.conf)
        fail_msg("%.*s\n%s", (int)buf_size(&why), (const char *)buf_slice(&why).p, yaml);
    rig.policy = policy_new(rig.conf, rig.counters, &why);
    if (!rig.policy)
        fail_msg("%.*s\n%s", (int)buf_size(&why), (const char *)buf_slice(&why).p, yaml);
    buf_clear(&why);
}

static inline void rig_start(const char *yaml)
{
    static const uint8_t key[16] = "a key of a test";
    rig.counters = counters_new((uint64_t)8 << 20, 4, key);
    assert_non_null(rig.counters);
    rig.now = START;
    rig_policy(yaml);
}

static inline int rig_stop(void **state)
{
    (void)state;
    policy_free(rig.policy);
    conf_free(rig.conf);
    counters_free(rig.counters);
    rig = (struct rig){ 0 };
    return 0;
}

/* One who tries. */
struct who {
    struct device_facts facts;
    char ip[ADDRESS_TEXT_MAX]; /* "": a UNIX socket */
    unsigned token;            /* number of a token; 0: presents none */
    const char *type;
    uint64_t guess;
    struct device_location where;
    bool alert_on_failure, alert_on_success, refused;
};

static inline struct who stranger(const char *account, const char *ip, unsigned token)
{
    struct who w = { .token = token, .type = "UUID", .guess = 1 };
    (void)snprintf(w.ip, sizeof w.ip, "%s", ip ? ip : "");
    (void)snprintf(w.facts.account, sizeof w.facts.account, "%s", account);
    w.facts.account_known = true;
    w.facts.has_places = true;
    return w;
}

static inline struct who at_place(const char *account, const char *ip, unsigned token)
{
    struct who w = stranger(account, ip, token);
    w.facts.place_known = true;
    return w;
}

static inline struct who device(const char *account, const char *ip, unsigned token)
{
    struct who w = stranger(account, ip, token);
    w.facts.device = DEVICE_KNOWN;
    w.facts.devices = 1;
    return w;
}

static inline struct who beginner(const char *account, const char *ip, unsigned token)
{
    struct who w = stranger(account, ip, token);
    w.facts.account_known = w.facts.has_places = false;
    return w;
}

static inline struct pseudonym token_of(unsigned number)
{
    struct pseudonym p = { .key = 1 };
    memcpy(p.bytes, &number, sizeof number);
    return p;
}

struct asked {
    struct policy_attempt a;
    struct pseudonym token;
};

static inline void ask(struct asked *q, const struct who *w)
{
    *q = (struct asked){ .token = token_of(w->token) };
    q->a = (struct policy_attempt){
        .registry = &w->facts,
        .where = w->where,
        .guess = w->guess,
        .password = w->guess,
        .refused = w->refused,
        .alert_on_failure = w->alert_on_failure,
        .alert_on_success = w->alert_on_success,
        .wall_us = rig.now,
    };
    if (w->token) {
        q->a.type = slice_of_str(w->type);
        q->a.token = &q->token;
    }
    if (w->ip[0])
        assert_true(address_parse_ip(slice_of_str(w->ip), 1234, &q->a.peer));
    policy_attempt_init(rig.policy, rig.counters, &q->a);
}

static inline struct policy_verdict before(const struct who *w)
{
    struct asked q;
    struct policy_verdict v;
    ask(&q, w);
    policy_before(rig.policy, rig.counters, &q.a, &v);
    return v;
}

static inline struct policy_verdict after(const struct who *w, enum policy_outcome outcome)
{
    struct asked q;
    struct policy_verdict v;
    ask(&q, w);
    policy_after(rig.policy, rig.counters, &q.a, outcome, &v);
    return v;
}

/* Both questions, as a session asks them. right: whether the password is right. */
struct signed_in {
    struct policy_verdict before, after;
    bool looked; /* at the password */
    bool in;     /* 235 */
};

static inline struct signed_in sign_in(struct who *w, bool right, uint64_t guess)
{
    struct signed_in s = { 0 };
    w->guess = guess;
    w->refused = false;
    s.before = before(w);
    if (s.before.action == POLICY_REFUSE && s.before.refuse_at == CONF_REFUSE_AT_AUTH)
        return s;
    s.looked = true;
    w->refused = s.before.action == POLICY_REFUSE;
    s.after = after(w, right ? POLICY_OK : POLICY_FAILED);
    s.in = right && s.after.action == POLICY_ACCEPT;
    return s;
}

static inline const struct policy_reason *reason(const struct policy_verdict *v, const char *name)
{
    for (size_t i = 0; i < v->reasons_n; i++)
        if (strcmp(v->reasons[i].name, name) == 0)
            return &v->reasons[i];
    return NULL;
}
