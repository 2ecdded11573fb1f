/* SPDX-License-Identifier: ISC */
#include "practices/dmarc_tree.h"

#define LABELS_ASKED (DMARC_WALK_MAX - 1U) /* of the longest name behind the first one */

const struct dmarc_node *dmarc_tree_find(const struct dmarc_tree *tree, const struct domain *name)
{
    for (size_t i = 0; i < tree->n; i++)
        if (domain_equal(&tree->nodes[i].name, name))
            return &tree->nodes[i];
    return NULL;
}

struct dmarc_node *dmarc_tree_add(struct dmarc_tree *tree, const struct domain *name)
{
    if (tree->n == DMARC_NAMES_MAX)
        return NULL;
    struct dmarc_node *added = &tree->nodes[tree->n++];
    *added = (struct dmarc_node){ .name = *name };
    return added;
}

/* The last labels of a name that has more. */
static void cut_to(struct domain *name, unsigned labels)
{
    while (domain_labels(name) > labels && domain_parent(name, name))
        ;
}

/* §4.10 steps 3, 4 and 7. False: no labels remain. */
static bool step_up(const struct domain *start, struct domain *name)
{
    if (domain_equal(name, start) && domain_labels(name) > LABELS_ASKED) {
        cut_to(name, LABELS_ASKED);
        return true;
    }
    return domain_parent(name, name);
}

/* §4.10.2, where the walk was stopped by a psd tag (§4.10 steps 2 and 6). */
static void on_stop(const struct dmarc_node *node, const struct domain *start,
                    struct dmarc_walked *out)
{
    out->organizational = node->name;
    if (node->record.psd == DMARC_PSD_NO || domain_equal(&node->name, start))
        return; /* rule 1; rule 3: "other than the one for the domain where the tree walk started" */
    out->suffix = node; /* rule 2: one label below, on the way to the start */
    out->organizational = *start;
    cut_to(&out->organizational, domain_labels(&node->name) + 1);
}

enum dmarc_walk dmarc_tree_walk(const struct dmarc_tree *tree, const struct domain *start,
                                struct dmarc_walked *out)
{
    struct domain name = *start;
    *out = (struct dmarc_walked){ .organizational = *start };
    do {
        const struct dmarc_node *node = dmarc_tree_find(tree, &name);
        out->next = name;
        if (!node || node->failed)
            return node ? DMARC_WALK_FAILED : DMARC_WALK_ASK;
        if (node->has_record && node->record.psd != DMARC_PSD_UNKNOWN) {
            on_stop(node, start, out);
            return DMARC_WALK_ENDED;
        }
        if (node->has_record)
            out->organizational = name; /* rule 3: the fewest labels */
    } while (step_up(start, &name));
    return DMARC_WALK_ENDED;
}
