/* SPDX-License-Identifier: ISC */
#include "conf/policy_selector.h"

#include "conf/read.h"
#include "conf/suggest.h"

static bool has_group(const struct conf_policy *policy, struct slice name)
{
    for (size_t i = 0; i < policy->groups_n; i++)
        if (slice_equal(slice_of_str(policy->groups[i].name), name))
            return true;
    return false;
}

static bool say_no_group(struct reading *r, const char *path, const struct conf_place *place,
                         struct slice name)
{
    const struct conf_policy *policy = &r->conf->policy;
    struct suggestion near;
    suggest_init(&near, name);
    for (size_t i = 0; i < policy->groups_n; i++)
        suggest_offer(&near, slice_of_str(policy->groups[i].name));
    (void)conf_fault(r->why, place, path, "\"%.*s\" is no group of policy.groups",
                     SLICE_ARG(node_shown(name)));
    if (near.best.n)
        buf_printf(r->why, "; did you mean \"%.*s\"?", SLICE_ARG(near.best));
    return false;
}

bool conf_selector_check(struct reading *r, const char *path, const struct conf_selector *who)
{
    for (size_t i = 0; i < who->group.n; i++) {
        struct slice name = slice_of_str(who->group.at[i]);
        if (!has_group(&r->conf->policy, name))
            return say_no_group(r, path, &who->group.place[i], name);
    }
    return true;
}
