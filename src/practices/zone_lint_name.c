/* SPDX-License-Identifier: ISC
 *
 * zone_lint: which names lack practices (§4.1: "Bona fide subdomains SHOULD publish separate SSP
 * records; otherwise, hostnames and other identifiers in subdomains will result in the Verifier not
 * finding the SSP record").
 */
#include "practices/zone_lint_internal.h"

/* Names of hosts and domains; others stand in no address. */
static bool may_be_in_address(struct slice name)
{
    struct slice label, rest = name;
    for (bool more = name.n > 0; more;) {
        more = slice_cut(rest, '.', &label, &rest);
        if (slice_starts(label, SLICE("_")) || slice_equal(label, SLICE("*")))
            return false;
    }
    return name.n > 0;
}

static bool has_practices(const struct lint *l, struct slice name)
{
    const struct lint_node *node = lint_find(l, name);
    return node && node->has_practices;
}

/* Without a record of its own a name has its parent's, if that is of this zone (§4.3 step 11). */
static const struct lint_node *parent_with_practices(const struct lint *l, struct slice name)
{
    const struct lint_node *above = name.n > l->apex.n ? lint_find(l, lint_parent(name)) : NULL;
    return above && above->has_practices ? above : NULL;
}

static const char *what_it_has(const struct lint_node *node)
{
    if (node->has_keys)
        return node->mail ? " has DKIM keys and receives mail, but" : " has DKIM keys, but";
    if (node->mail)
        return " receives mail, but";
    return node->address ? " has addresses, but" : "";
}

/* A domain in its own right: it signs, receives mail, or is the zone's. */
static void lint_domain(struct lint *l, const struct lint_node *node)
{
    const struct lint_node *above = parent_with_practices(l, node->name);
    const struct lint_where where = { node->name, 0, ZONE_LINT_WARNING,
                                      node->has_keys ? "keys-without-practices" : "no-practices" };
    const char *has = what_it_has(node);
    if (above && !above->practices.own_only)
        lint_say(
            l, &where,
            "%.*s%s publishes no practices: those of %.*s apply, but not to names below (§4.1).",
            SLICE_ARG(node->name), has, SLICE_ARG(above->name));
    else if (above)
        lint_say(l, &where,
                 "%.*s%s publishes no practices, and those of %.*s do not apply (t=s, §4.2).",
                 SLICE_ARG(node->name), has, SLICE_ARG(above->name));
    else
        lint_say(l, &where, "%.*s%s publishes no practices.", SLICE_ARG(node->name), has);
}

/* A host has its parent's practices; what is said is said of the parent, once. */
static void lint_host(struct lint *l, const struct lint_node *node)
{
    struct slice parent = lint_parent(node->name);
    const struct lint_node *above = lint_find(l, parent);
    if (has_practices(l, parent)) {
        if (above->practices.own_only)
            lint_say(
                l, &(struct lint_where){ parent, above->line, ZONE_LINT_NOTE, "not-inherited" },
                "Practices of %.*s are its own (t=s): hosts below it, %.*s for one, have none.",
                SLICE_ARG(parent), SLICE_ARG(node->name));
        return;
    }
    if (parent.n <= l->apex.n || (above && (above->mail || above->has_keys)))
        return; /* is said of the parent itself */
    lint_say(l, &(struct lint_where){ parent, node->line, ZONE_LINT_WARNING, "not-covered" },
             "Hosts below %.*s, %.*s for one, have no practices: publish a record at %.*s, since "
             "verifiers look one level up and no further (§4.1).",
             SLICE_ARG(parent), SLICE_ARG(node->name), SLICE_ARG(parent));
}

void lint_coverage(struct lint *l, const struct lint_node *node)
{
    if (node->has_practices || !may_be_in_address(node->name))
        return;
    bool apex = slice_equal(node->name, l->apex);
    if (node->mail || node->has_keys || apex)
        lint_domain(l, node);
    else if (node->address)
        lint_host(l, node);
}
