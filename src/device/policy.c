/* SPDX-License-Identifier: ISC */
#include "device/policy_internal.h"

#include <stdlib.h>

#define POLICY_MEMORY_MAX ((size_t)64 << 20)
#define CONNECTIONS_MAX   (POLICY_HELD_MAX - POLICY_TOKEN_GAUGES)

static bool no_memory(struct buf *why)
{
    buf_append_str(why, "policy: out of memory");
    return false;
}

static bool put_patterns(struct policy *p, const struct conf_list *from, struct policy_patterns *to,
                         size_t room)
{
    if (!to->at)
        to->at = arena_alloc(&p->arena, (room ? room : 1) * sizeof *to->at);
    if (!to->at)
        return false;
    for (size_t i = 0; i < from->n; i++)
        to->at[to->n++] = slice_of_str(from->at[i]);
    to->given = true;
    return true;
}

static const struct conf_group *group_find(const struct conf_policy *conf, struct slice name)
{
    for (size_t i = 0; i < conf->groups_n; i++)
        if (slice_equal(slice_of_str(conf->groups[i].name), name))
            return &conf->groups[i];
    return NULL;
}

/* The patterns of all groups that are named. */
static bool compile_groups(struct policy *p, const struct conf_list *names,
                           struct policy_patterns *out, struct buf *why)
{
    size_t room = 0;
    for (size_t i = 0; i < names->n; i++) {
        const struct conf_group *g = group_find(p->conf, slice_of_str(names->at[i]));
        if (!g)
            return conf_fault(why, &names->place[i], "group", "\"%s\" is no group", names->at[i]);
        room += g->account.n;
    }
    for (size_t i = 0; i < names->n; i++)
        if (!put_patterns(p, &group_find(p->conf, slice_of_str(names->at[i]))->account, out, room))
            return no_memory(why);
    return true;
}

static bool compile_networks(struct policy *p, const struct conf_list *from,
                             struct policy_selector *out, struct buf *why)
{
    if (from->n == 0)
        return true;
    out->network = arena_alloc(&p->arena, from->n * sizeof *out->network);
    if (!out->network)
        return no_memory(why);
    for (size_t i = 0; i < from->n; i++)
        if (!network_parse(slice_of_str(from->at[i]), &out->network[i]))
            return conf_fault(why, &from->place[i], "network", "\"%s\" is no network", from->at[i]);
    out->network_n = from->n;
    return true;
}

static bool compile_tokens(struct policy *p, const struct conf_list *from,
                           struct policy_selector *out, struct buf *why)
{
    if (from->n == 0)
        return true;
    out->token = arena_alloc(&p->arena, from->n * sizeof *out->token);
    if (!out->token)
        return no_memory(why);
    for (size_t i = 0; i < from->n; i++)
        if (!pseudonym_parse(slice_of_str(from->at[i]), &out->token[i]))
            return conf_fault(why, &from->place[i], "token", "\"%s\" is no pseudonym", from->at[i]);
    out->token_n = from->n;
    return true;
}

bool policy_selector_compile(struct policy *p, const struct conf_selector *from,
                             struct policy_selector *out, struct buf *why)
{
    if (from->account.n && !put_patterns(p, &from->account, &out->account, from->account.n))
        return no_memory(why);
    if (from->type.n && !put_patterns(p, &from->type, &out->type, from->type.n))
        return no_memory(why);
    if (!compile_groups(p, &from->group, &out->group, why) ||
        !compile_networks(p, &from->network, out, why) ||
        !compile_tokens(p, &from->token, out, why))
        return false;
    out->device = from->device;
    out->clientid = from->clientid;
    out->for_all = !from->account.n && !from->type.n && !from->group.n && !from->network.n &&
                   !from->token.n && !from->device && from->clientid == CONF_CLIENTID_EITHER;
    return true;
}

/* ---- rules ---- */

static bool compile_rules(struct policy *p, struct buf *why)
{
    const struct conf_policy *conf = p->conf;
    p->rules = arena_alloc(&p->arena, (conf->rules_n + 1) * sizeof *p->rules);
    if (!p->rules)
        return no_memory(why);
    for (size_t i = 0; i < conf->rules_n; i++) {
        struct policy_rule *rule = &p->rules[i];
        rule->conf = &conf->rules[i];
        if (!policy_selector_compile(p, &rule->conf->who, &rule->who, why))
            return false;
        p->rules_n++;
    }
    return true;
}

/* ---- limits ---- */

static void put_in_lists(struct policy *p, size_t at)
{
    for (unsigned phase = 0; phase < PHASE_COUNT; phase++)
        for (unsigned column = 0; column < COLUMN_COUNT; column++) {
            struct policy_list *list = &p->list[phase][column];
            if (policy_limit_in(&p->limits[at], (enum policy_phase)phase,
                                (enum policy_column)column))
                list->at[list->n++] = (uint8_t)at;
        }
}

static void put_scope(struct policy *p, struct policy_limit *l)
{
    size_t at = 0;
    while (at < p->per_n && p->per[at].bits != l->conf->per)
        at++;
    if (at == p->per_n)
        p->per[p->per_n++].bits = l->conf->per;
    if (l->conf->count == CONF_COUNT_FAILED_PASSWORDS &&
        l->conf->within_us > p->per[at].guess_within_us)
        p->per[at].guess_within_us = l->conf->within_us;
    l->per = (uint8_t)at;
}

static bool compile_limit(struct policy *p, const struct counters *c, const struct conf_limit *conf,
                          struct buf *why)
{
    struct policy_limit *l = &p->limits[p->limits_n];
    if (p->limits_n == POLICY_LIMITS_MAX)
        return conf_fault(why, &conf->place, "policy.limits", "more than %d limits",
                          POLICY_LIMITS_MAX);
    if (!policy_selector_compile(p, &conf->who, &l->who, why))
        return false;
    policy_limit_compile(c, conf, l);
    put_scope(p, l);
    p->revokes |= (conf->then & CONF_THEN_REVOKE_DEVICE) != 0;
    put_in_lists(p, p->limits_n++);
    return true;
}

static bool compile_limits(struct policy *p, const struct counters *c, struct buf *why)
{
    const struct conf_policy *conf = p->conf;
    size_t connections = 0;
    p->limits = arena_alloc(&p->arena, (conf->limits_n + 1) * sizeof *p->limits);
    if (!p->limits)
        return no_memory(why);
    for (size_t i = 0; i < conf->limits_n; i++) {
        const struct conf_limit *l = &conf->limits[i];
        if (l->then == 0)
            continue; /* switched off */
        connections += l->count == CONF_COUNT_CONNECTIONS;
        if (connections > CONNECTIONS_MAX)
            return conf_fault(why, &l->place, "policy.limits", "more than %d limits of connections",
                              CONNECTIONS_MAX);
        if (!compile_limit(p, c, l, why))
            return false;
    }
    return true;
}

struct policy *policy_new(const struct conf *conf, const struct counters *counters, struct buf *why)
{
    struct policy *p = calloc(1, sizeof *p);
    if (!p) {
        (void)no_memory(why);
        return NULL;
    }
    arena_init(&p->arena, POLICY_MEMORY_MAX);
    p->conf = &conf->policy;
    p->revokes = (p->conf->two_places.then & CONF_THEN_REVOKE_DEVICE) != 0;
    if (compile_rules(p, why) && compile_limits(p, counters, why))
        return p;
    policy_free(p);
    return NULL;
}

void policy_free(struct policy *policy)
{
    if (!policy)
        return;
    arena_clear(&policy->arena);
    free(policy);
}
