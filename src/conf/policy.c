/* SPDX-License-Identifier: ISC */
#include "conf/policy_internal.h"

#define ENROL_FIRST_MAX 1000

/* open, closed, or first-N. */
bool conf_enrol_read(struct reading *r, const struct key *key, const struct node *n)
{
    struct conf_policy *policy = &r->conf->policy;
    bool text = n->kind == NODE_SCALAR;
    if (text && slice_equal(n->text, SLICE("open")))
        policy->enrol = CONF_ENROL_OPEN;
    else if (text && slice_equal(n->text, SLICE("closed")))
        policy->enrol = CONF_ENROL_CLOSED;
    else if (text && slice_starts(n->text, SLICE("first-")) && n->text.p[6] != '0' &&
             slice_to_u32(slice_from(n->text, 6), 1, ENROL_FIRST_MAX, &policy->enrol_first))
        policy->enrol = CONF_ENROL_FIRST;
    else
        return value_unexpected(r, key, n);
    return true;
}

static bool read_group(struct reading *r, struct conf_group *group, const struct node *n)
{
    const struct key patterns = {
        .path = "policy.groups",
        .type = KEY_LIST,
        .min = 1,
        .max = 10000,
        .offset = offsetof(struct conf_group, account),
        .form = &form_account,
    };
    void *outer = r->base;
    group->place = n->key_place;
    group->name = arena_str(&r->conf->arena, n->key);
    if (!group->name)
        return conf_fault(r->why, &n->place, patterns.path, READING_NO_MEMORY);
    r->base = group;
    bool fine = value_read(r, &patterns, n);
    r->base = outer;
    return fine;
}

bool conf_groups_read(struct reading *r, const struct key *key, const struct node *n)
{
    struct conf_policy *policy = &r->conf->policy;
    if (!value_names(r, key, &form_name, n))
        return false;
    policy->groups = value_array(r, key->path, n, sizeof *policy->groups);
    if (!policy->groups)
        return false;
    for (const struct node *c = n->first; c; c = c->next)
        if (!read_group(r, &policy->groups[policy->groups_n++], c))
            return false;
    return true;
}

bool conf_locations_read(struct reading *r, const struct key *key, const struct node *n)
{
    struct conf_policy *policy = &r->conf->policy;
    if (!value_names(r, key, &form_network, n))
        return false;
    policy->locations.table = value_array(r, key->path, n, sizeof *policy->locations.table);
    if (!policy->locations.table)
        return false;
    for (const struct node *c = n->first; c; c = c->next) {
        struct conf_location *at = &policy->locations.table[policy->locations.table_n++];
        at->place = c->key_place;
        at->network = arena_str(&r->conf->arena, c->key);
        at->name = value_text(r, key->path, &form_label, c);
        if (!at->network && at->name)
            return conf_fault(r->why, &c->place, key->path, READING_NO_MEMORY);
        if (!at->name)
            return false;
    }
    return true;
}

static bool check_devices(struct reading *r)
{
    const struct conf_policy *policy = &r->conf->policy;
    struct conf_place at = conf_place_of(r->conf, "policy.enrol");
    const char *key = "policy.enrol";
    if (!at.file) {
        at = conf_place_of(r->conf, "policy.devices");
        key = "policy.devices";
    }
    if (policy->enrol == CONF_ENROL_FIRST && policy->enrol_first > policy->devices)
        return conf_fault(r->why, &at, key, "first-%u of at most %u devices", policy->enrol_first,
                          policy->devices);
    return true;
}

bool conf_policy_check(struct reading *r)
{
    return check_devices(r) && conf_rules_finish(r) && conf_limits_finish(r);
}
