/* SPDX-License-Identifier: ISC
 *
 * Two hardware addresses active at once on one link are two interfaces. For weak evidence that is the end; when
 * both show one DUID, UUID or client-id, it is one device with two interfaces, or somebody's copy of it.
 */
#include "audit/link_internal.h"

#include <stdlib.h>
#include <string.h>

#include "dhcp/client_id.h"

/* The last of a full table has grown over silence, and proves nothing. */
static size_t spans_sure(const struct audit_stay *stay)
{
    return stay->spans_n == AUDIT_SPANS_MAX ? AUDIT_SPANS_MAX - 1 : stay->spans_n;
}

static bool overlap(const struct audit_stay *a, const struct audit_stay *b)
{
    for (size_t i = 0; i < spans_sure(a); i++)
        for (size_t k = 0; k < spans_sure(b); k++)
            if (a->spans[i].from_us <= b->spans[k].to_us &&
                b->spans[k].from_us <= a->spans[i].to_us)
                return true;
    return false;
}

bool link_at_once(const struct audit_client *a, const struct audit_client *b,
                  struct audit_place *at_a, struct audit_place *at_b)
{
    for (const struct audit_stay *stay = a->stays; stay; stay = stay->next) {
        const struct audit_stay *other = audit_stay_of(b, stay->network);
        if (!other || stay->first_us == AUDIT_NO_TIME || other->first_us == AUDIT_NO_TIME ||
            !overlap(stay, other))
            continue;
        *at_a = stay->first;
        *at_b = other->first;
        return true;
    }
    return false;
}

bool link_active_together(const struct audit_client *a, const struct audit_client *b)
{
    for (const struct audit_stay *stay = a->stays; stay; stay = stay->next)
        for (const struct audit_stay *other = b->stays; other; other = other->next)
            if (overlap(stay, other))
                return true;
    return false;
}

static bool has(const struct audit_client *client, const struct audit_value *value)
{
    for (const struct audit_trait *trait = client->traits; trait; trait = trait->next)
        if (trait->value == value && trait->by & AUDIT_BY_CLIENT)
            return true;
    return false;
}

bool link_differ(const struct audit_client *a, const struct audit_client *b,
                 enum identifier_kind kind)
{
    bool a_said = false, b_said = false;
    for (const struct audit_trait *trait = a->traits; trait; trait = trait->next) {
        if (trait->value->kind != kind || !(trait->by & AUDIT_BY_CLIENT))
            continue;
        a_said = true;
        if (has(b, trait->value))
            return false;
    }
    for (const struct audit_trait *trait = b->traits; trait; trait = trait->next)
        b_said = b_said || (trait->value->kind == kind && trait->by & AUDIT_BY_CLIENT);
    return a_said && b_said;
}

static bool has_name(const struct audit_client *client, const struct link_name *name, bool *said)
{
    struct link_name own;
    for (const struct audit_trait *trait = client->traits; trait; trait = trait->next) {
        if (!link_name_of(trait, &own))
            continue;
        *said = true;
        if (own.n == name->n && memcmp(own.text, name->text, own.n) == 0)
            return true;
    }
    return false;
}

bool link_names_differ(const struct audit_client *a, const struct audit_client *b)
{
    struct link_name name;
    bool a_said = false, b_said = false;
    for (const struct audit_trait *trait = a->traits; trait; trait = trait->next) {
        if (!link_name_of(trait, &name))
            continue;
        a_said = true;
        if (has_name(b, &name, &b_said))
            return false;
    }
    return a_said && b_said;
}

/* The whole option 61 is the same: for a server one client. Interfaces of one device differ in their IAID
 * (RFC 4361 §6.1), and an opaque client-id is meant for one interface (RFC 2132 §9.14). */
static bool same_client_id(const struct audit_client *a, const struct audit_client *b)
{
    for (const struct audit_trait *trait = a->traits; trait; trait = trait->next)
        if (trait->value->kind == ID_CLIENT_ID && has(b, trait->value) &&
            link_identity(trait->value).n)
            return true;
    return false;
}

/* Interfaces that a maker put on one board have addresses in a row. */
static bool same_board(const struct audit_client *a, const struct audit_client *b)
{
    if (a->hlen != 6 || b->hlen != 6 || memcmp(a->hardware, b->hardware, 5) != 0)
        return false;
    return abs(a->hardware[5] - b->hardware[5]) <= 8;
}

/* How many show this identity: a device has a few interfaces, an image that was copied has any number. */
static size_t sharers(const struct link_work *work, const struct audit_client *a,
                      const struct audit_client *b)
{
    size_t most = 0, first;
    for (const struct audit_trait *trait = a->traits; trait; trait = trait->next) {
        struct slice identity = link_identity(trait->value);
        if (identity.n == 0 || !(trait->by & AUDIT_BY_CLIENT) || !has(b, trait->value))
            continue;
        size_t n = link_items_find(work, LINK_KEY_IDENTITY, identity, &first) - first;
        most = n > most ? n : most;
    }
    return most;
}

/* Points for two interfaces (below 0: for a copy), each as strong as two weaker ones can outvote. */
enum audit_link_reading link_reading(const struct link_work *work, const struct audit_client *a,
                                     const struct audit_client *b)
{
    int points = 0;
    points -= same_client_id(a, b) ? 2 : 0;
    points -= link_names_differ(a, b) ? 3 : 0;
    points -= link_differ(a, b, ID_VENDOR_CLASS) ? 2 : 0;
    points -= link_differ(a, b, ID_PARAMETER_LIST) ? 1 : 0;
    points -= sharers(work, a, b) > 4 ? 3 : 0;
    points += same_board(a, b) ? 3 : 0;
    return points < 0 ? AUDIT_LINK_CLONED : AUDIT_LINK_TWO_INTERFACES;
}
