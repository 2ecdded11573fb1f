/* SPDX-License-Identifier: ISC
 *
 * RFC 7819 §5.6, pervasive monitoring: who listens on several networks recognises a client; and what a listener on k
 * of the n networks learns of all of them. A device that was seen on m of n networks is missed by all C(n-m, k) choices
 * out of C(n, k), so that the mean over all choices is exact without making any.
 */
#include "audit/attack_internal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

void audit_judge_pervasive(struct audit_judge *judge)
{
    static const struct audit_networks_texts texts = {
        .own = "it is recognised on several networks by its hardware address, and on this one",
        .linked =
            "it is recognised on this network by an identifier under another hardware address",
        .weak = "it may be recognised on this network under another hardware address",
    };
    audit_prove_networks(judge, &texts);
    for (size_t i = 0; i < AUDIT_IDENTITY_KINDS; i++) {
        const struct audit_trait *trait = audit_trait_first(judge->client, audit_identity_kinds[i]);
        for (; trait; trait = audit_trait_next(trait))
            if (audit_identity_of(trait).verdict == AUDIT_EXPOSED)
                audit_prove(judge, &(struct audit_proof){ .verdict = AUDIT_POSSIBLE,
                                                          .place = audit_shown_place(trait),
                                                          .what = "by this identifier it would be "
                                                                  "recognised on every network",
                                                          .value = saying_value(trait->value) });
    }
}

/* ---- the listener on k of n networks ---- */

struct tally {         /* by number of networks: devices seen on so many */
    uint64_t *devices; /* all of them */
    uint64_t *named;   /* with a name there */
    uint64_t all;
    size_t n; /* networks */
};

static bool has_name(const struct audit_client *client)
{
    static const enum identifier_kind kinds[] = { ID_HOST_NAME, ID_CLIENT_FQDN };
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        for (const struct audit_trait *t = audit_trait_first(client, kinds[i]); t;
             t = audit_trait_next(t))
            if (audit_identity_of(t).verdict == AUDIT_EXPOSED)
                return true;
    return false;
}

/* A device's stay; named: it has its name there. Sorted, the named one of a network comes first. */
struct seen {
    uint32_t device, network;
    bool named;
};

static int compare_seen(const void *x, const void *y)
{
    const struct seen *a = x, *b = y;
    if (a->device != b->device)
        return a->device < b->device ? -1 : 1;
    if (a->network != b->network)
        return a->network < b->network ? -1 : 1;
    return (int)b->named - (int)a->named;
}

static size_t count_stays(const struct audit *audit)
{
    size_t n = 0;
    for (size_t i = 0; i < audit->clients_n; i++)
        for (const struct audit_stay *stay = audit->clients[i]->stays; stay; stay = stay->next)
            n++;
    return n;
}

static void list_stays(const struct audit *audit, struct seen *out)
{
    for (size_t i = 0; i < audit->clients_n; i++) {
        const struct audit_client *client = audit->clients[i];
        bool named = has_name(client);
        for (const struct audit_stay *stay = client->stays; stay; stay = stay->next)
            *out++ = (struct seen){ client->device, stay->network, named };
    }
}

/* seen is sorted by device, then network. */
static void count_devices(const struct seen *seen, size_t n, struct tally *out)
{
    for (size_t i = 0; i < n;) {
        size_t networks = 0, named = 0, first = i;
        for (; i < n && seen[i].device == seen[first].device; i++) {
            if (i > first && seen[i].network == seen[i - 1].network)
                continue;
            networks++;
            named += seen[i].named;
        }
        out->devices[networks]++;
        out->named[named]++;
        out->all++;
    }
}

/* The chance that none of m networks is among k of n: C(n-m, k) / C(n, k). */
static double missed(size_t n, size_t m, size_t k)
{
    double chance = 1;
    if (m + k > n)
        return 0;
    for (size_t i = 0; i < m; i++)
        chance *= (double)(n - k - i) / (double)(n - i);
    return chance;
}

/* The chance that just one of m networks is. */
static double seen_once(size_t n, size_t m, size_t k)
{
    if (m == 0 || m - 1 + k > n)
        return 0;
    /* m times: this one is among the k, the m - 1 others are among the rest */
    double chance = (double)m * (double)k / (double)n;
    for (size_t i = 0; i + 1 < m; i++)
        chance *= (double)(n - k - i) / (double)(n - 1 - i);
    return chance;
}

static struct audit_listener listen_on(const struct tally *tally, size_t k)
{
    struct audit_listener out = { .networks = (uint32_t)k };
    for (size_t m = 1; m <= tally->n; m++) {
        if (!tally->devices[m] && !tally->named[m])
            continue;
        double share = 1 - missed(tally->n, m, k);
        out.devices += (double)tally->devices[m] * share;
        out.named += (double)tally->named[m] * share;
        out.followed += (double)tally->devices[m] * fmax(0, share - seen_once(tally->n, m, k));
    }
    if (tally->all) {
        out.devices /= (double)tally->all;
        out.named /= (double)tally->all;
        out.followed /= (double)tally->all;
    }
    return out;
}

/* 1 to 20, then a quarter more each time, and n. */
static size_t next_k(size_t k, size_t n)
{
    size_t next = k < 20 ? k + 1 : k + k / 4;
    return next > n && k < n ? n : next;
}

static int report(struct audit *audit, const struct tally *tally)
{
    size_t rows = 0;
    for (size_t k = 1; k <= tally->n; k = next_k(k, tally->n))
        rows++;
    if (rows > audit->listeners_size) {
        struct audit_listener *at = arena_alloc(&audit->memory, rows * sizeof *at);
        if (!at)
            return -ENOMEM;
        audit->listeners = at;
        audit->listeners_size = rows;
    }
    audit->listeners_n = 0;
    for (size_t k = 1; k <= tally->n; k = next_k(k, tally->n))
        audit->listeners[audit->listeners_n++] = listen_on(tally, k);
    return 0;
}

/* Networks on which anybody was seen: a file's own one may be empty when its subnets are networks. */
static size_t count_networks(const struct audit *audit)
{
    size_t n = 0;
    for (size_t i = 0; i < audit->networks_n; i++)
        n += audit->networks[i].clients > 0;
    return n;
}

int audit_listeners_judge(struct audit *audit)
{
    size_t stays = count_stays(audit), networks = count_networks(audit);
    struct tally tally = { .n = networks };
    int err = -ENOMEM;
    audit->listeners_n = 0;
    if (stays == 0 || networks == 0)
        return 0;
    struct seen *seen = calloc(stays, sizeof *seen);
    tally.devices = calloc(networks + 1, sizeof *tally.devices);
    tally.named = calloc(networks + 1, sizeof *tally.named);
    if (seen && tally.devices && tally.named) {
        list_stays(audit, seen);
        qsort(seen, stays, sizeof *seen, compare_seen);
        count_devices(seen, stays, &tally);
        err = report(audit, &tally);
    }
    free(seen);
    free(tally.devices);
    free(tally.named);
    return err;
}
